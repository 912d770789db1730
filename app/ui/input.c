/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See input.h.
 *
 * Keys are caught at the window, before its own shortcuts see them, as long as the display has the focus in an active window. The
 * mouse is relative: a click takes it, the pointer disappears, and what it moves goes to the guest. Where the pointer can be kept
 * (pointer.h) it never leaves the display; elsewhere it works as far as the pointer is over the display. */
#include "ui/input.h"

#include <linux/input-event-codes.h>
#include <math.h>
#include <string.h>

#include "ui/pointer.h"

enum { MOST_STEP = 1000 };

struct VivaInput {
	VivaDisplay *display; /* whose this is */
	VivaInputOwner functions;
	gpointer owner;
	VivaChord chord;

	GtkWidget *window;	      /* the one with the key controller, NULL: no keyboard */
	GtkEventController *keyboard; /* belongs to `window` */
	gulong active_handler;
	guint8 down[VIVA_KEYS];	      /* 1: the guest was told, 2: a command took it */
	bool chord_alone;	      /* the chord is down, and nothing else was pressed since */

	bool has_pointer;
	VivaPointer *pointer;	      /* keeps the pointer here; NULL: can't be done */
	double last_x, last_y;	      /* logical pixels; NAN: not known */
	double rest_x, rest_y, wheel; /* what is less than a step */
	guint buttons;		      /* bits 1 << VivButton that are down in the guest */
};

static VivMachine *engine(VivaInput *self)
{
	VivaMachine *machine = viva_display_get_machine(self->display);
	return machine ? viva_machine_get_engine(machine) : NULL;
}

static void grab_changed(VivaInput *self)
{
	if (self->functions.grab_changed)
		self->functions.grab_changed(self->owner);
}

bool viva_input_has_keyboard(VivaInput *self)
{
	return self->window != NULL;
}

bool viva_input_has_pointer(VivaInput *self)
{
	return self->has_pointer;
}

void viva_input_set_owner(VivaInput *self, const VivaInputOwner *functions, gpointer owner)
{
	self->functions = *functions;
	self->owner = owner;
}

void viva_input_set_chord(VivaInput *self, VivaChord chord)
{
	self->chord = chord;
}

/* ---- keys ---- */

static void tell_all_up(VivaInput *self)
{
	VivMachine *machine = engine(self);
	memset(self->down, 0, sizeof self->down);
	self->buttons = 0;
	self->chord_alone = false;
	if (machine)
		viv_input_release_all(machine);
}

/* The modifiers of a command were meant for the window. */
static bool run_command(VivaInput *self, guint16 key, guint keyval)
{
	if (!self->functions.command || !viva_chord_is_down(self->chord, self->down) || viva_chord_has(self->chord, key))
		return false;
	guint8 before[VIVA_KEYS];
	memcpy(before, self->down, sizeof before);
	if (!self->functions.command(self->owner, keyval))
		return false;
	VivMachine *machine = engine(self);
	for (guint16 n = 0; n < VIVA_KEYS; n++)
		if (before[n] == 1) {
			if (machine)
				viv_input_key(machine, n, false);
			self->down[n] = self->window ? 2 : 0;
		}
	self->down[key] = self->window ? 2 : 0;
	return true;
}

static gboolean key_pressed(GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, VivaInput *self)
{
	guint16 key = viva_key_from_hardware(keycode);
	VivMachine *machine = engine(self);
	if (!key || !machine)
		return machine != NULL;
	if (self->down[key])
		return TRUE; /* the host's repetition: the guest's keyboard has its own */
	self->chord_alone = false;
	if (run_command(self, key, keyval))
		return TRUE;
	self->down[key] = 1;
	viv_input_key(machine, key, true);
	self->chord_alone = viva_chord_has(self->chord, key) && viva_chord_is_down(self->chord, self->down);
	return TRUE;
}

static void key_released(GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, VivaInput *self)
{
	guint16 key = viva_key_from_hardware(keycode);
	VivMachine *machine = engine(self);
	if (!key)
		return;
	if (self->down[key] == 1 && machine)
		viv_input_key(machine, key, false);
	self->down[key] = 0;
	if (!self->chord_alone || !viva_chord_has(self->chord, key))
		return;
	viva_input_release(self);
	if (self->functions.released)
		self->functions.released(self->owner);
}

/* ---- who has the keyboard ---- */

static GdkToplevel *toplevel_of(GtkWidget *window)
{
	GdkSurface *surface = gtk_native_get_surface(GTK_NATIVE(window));
	return surface ? GDK_TOPLEVEL(surface) : NULL;
}

static void drop_keyboard(VivaInput *self)
{
	if (!self->window)
		return;
	GtkWidget *window = g_steal_pointer(&self->window);
	GdkToplevel *toplevel = toplevel_of(window);
	if (toplevel)
		gdk_toplevel_restore_system_shortcuts(toplevel);
	gtk_widget_remove_controller(window, self->keyboard);
	self->keyboard = NULL;
	g_object_remove_weak_pointer(G_OBJECT(window), (gpointer *)&self->window);
	tell_all_up(self);
	grab_changed(self);
}

static void take_keyboard(VivaInput *self)
{
	GtkWidget *window = GTK_WIDGET(gtk_widget_get_root(GTK_WIDGET(self->display)));
	if (self->window || !window || !engine(self))
		return;
	self->window = window;
	g_object_add_weak_pointer(G_OBJECT(window), (gpointer *)&self->window);
	self->keyboard = gtk_event_controller_key_new();
	gtk_event_controller_set_propagation_phase(self->keyboard, GTK_PHASE_CAPTURE);
	g_signal_connect(self->keyboard, "key-pressed", G_CALLBACK(key_pressed), self);
	g_signal_connect(self->keyboard, "key-released", G_CALLBACK(key_released), self);
	gtk_widget_add_controller(window, self->keyboard);
	GdkToplevel *toplevel = toplevel_of(window);
	if (toplevel)
		gdk_toplevel_inhibit_system_shortcuts(toplevel, NULL);
	grab_changed(self);
}

static void look_at_focus(VivaInput *self)
{
	GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self->display));
	bool has = root && GTK_IS_WINDOW(root) && gtk_window_is_active(GTK_WINDOW(root)) && gtk_widget_is_focus(GTK_WIDGET(self->display));
	if (has) {
		take_keyboard(self);
	} else {
		drop_keyboard(self);
		if (self->has_pointer)
			viva_input_release(self);
	}
}

static void focus_moved(GObject *object, GParamSpec *spec, VivaInput *self)
{
	look_at_focus(self);
}

static void window_activated(GObject *window, GParamSpec *spec, VivaDisplay *display)
{
	VivaInput *self = viva_display_get_input(display);
	if (self && gtk_widget_get_root(GTK_WIDGET(display)) == GTK_ROOT(window))
		look_at_focus(self);
}

/* The window is another one, or none. */
static void root_changed(GObject *display, GParamSpec *spec, VivaInput *self)
{
	GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(display));
	drop_keyboard(self);
	if (root)
		g_signal_connect_object(root, "notify::is-active", G_CALLBACK(window_activated), display, 0);
}

/* ---- the mouse ---- */

/* Whole counts to the guest; the rest waits. */
static void send_motion(VivaInput *self, double dx, double dy)
{
	VivMachine *machine = engine(self);
	self->rest_x = CLAMP(self->rest_x + dx, -MOST_STEP, MOST_STEP);
	self->rest_y = CLAMP(self->rest_y + dy, -MOST_STEP, MOST_STEP);
	int x = (int)self->rest_x, y = (int)self->rest_y;
	if (!machine || (!x && !y))
		return;
	self->rest_x -= x;
	self->rest_y -= y;
	viv_input_motion(machine, x, y);
}

/* From the widget's units to the guest's. */
static void pointer_moved(gpointer data, double dx, double dy)
{
	VivaInput *self = data;
	double scale = viva_display_get_scale(self->display), factor = gtk_widget_get_scale_factor(GTK_WIDGET(self->display));
	if (scale > 0)
		send_motion(self, dx * factor / scale, dy * factor / scale);
}

static void drop_pointer(VivaInput *self)
{
	if (!self->has_pointer)
		return;
	self->has_pointer = false;
	g_clear_pointer(&self->pointer, viva_pointer_free);
	gtk_widget_set_cursor(GTK_WIDGET(self->display), NULL);
	grab_changed(self);
}

static void take_pointer(VivaInput *self)
{
	if (self->has_pointer || !engine(self))
		return;
	self->has_pointer = true;
	self->last_x = self->last_y = NAN;
	self->rest_x = self->rest_y = self->wheel = 0;
	self->pointer = viva_pointer_new(GTK_WIDGET(self->display), pointer_moved, self);
	gtk_widget_set_cursor_from_name(GTK_WIDGET(self->display), "none");
	grab_changed(self);
}

void viva_input_release(VivaInput *self)
{
	GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self->display));
	drop_pointer(self);
	if (root && gtk_widget_is_focus(GTK_WIDGET(self->display)))
		gtk_root_set_focus(root, NULL);
	drop_keyboard(self);
}

void viva_input_grab(VivaInput *self)
{
	gtk_widget_grab_focus(GTK_WIDGET(self->display));
	look_at_focus(self);
}

static void moved(GtkEventControllerMotion *controller, double x, double y, VivaInput *self)
{
	if (!self->has_pointer)
		return;
	double dx = x - self->last_x, dy = y - self->last_y;
	self->last_x = x;
	self->last_y = y;
	if (isnan(dx))
		return;
	/* Putting it back is a motion as well, which the guest didn't make. */
	if (self->pointer && viva_pointer_is_own_motion(self->pointer, x, y))
		return;
	pointer_moved(self, dx, dy);
	if (self->pointer)
		viva_pointer_put_back(self->pointer, x, y);
}

/* Where it comes in from, when it can't be kept in. */
static void entered(GtkEventControllerMotion *controller, double x, double y, VivaInput *self)
{
	self->last_x = x;
	self->last_y = y;
}

static int button_of(guint number)
{
	static const struct {
		guint number;
		VivButton button;
	} buttons[] = {
		{ GDK_BUTTON_PRIMARY, VIV_BUTTON_LEFT }, { GDK_BUTTON_MIDDLE, VIV_BUTTON_MIDDLE }, { GDK_BUTTON_SECONDARY, VIV_BUTTON_RIGHT },
		{ 8, VIV_BUTTON_SIDE }, { 9, VIV_BUTTON_EXTRA },
	};
	for (guint n = 0; n < G_N_ELEMENTS(buttons); n++)
		if (buttons[n].number == number)
			return (int)buttons[n].button;
	return -1;
}

/* The click that takes the mouse is not the guest's. */
static void pressed(GtkGestureClick *gesture, int count, double x, double y, VivaInput *self)
{
	int button = button_of(gtk_gesture_single_get_current_button(GTK_GESTURE_SINGLE(gesture)));
	VivMachine *machine = engine(self);
	bool had = self->has_pointer;
	gtk_gesture_set_state(GTK_GESTURE(gesture), GTK_EVENT_SEQUENCE_CLAIMED);
	viva_input_grab(self);
	if (!machine || button < 0)
		return;
	if (!had) {
		take_pointer(self);
		entered(NULL, x, y, self);
		return;
	}
	self->buttons |= 1u << button;
	viv_input_button(machine, (VivButton)button, true);
}

static void button_up(VivaInput *self, guint number)
{
	int button = button_of(number);
	VivMachine *machine = engine(self);
	if (button < 0 || !(self->buttons >> button & 1))
		return;
	self->buttons &= ~(1u << button);
	if (machine)
		viv_input_button(machine, (VivButton)button, false);
}

static void released(GtkGestureClick *gesture, int count, double x, double y, VivaInput *self)
{
	button_up(self, gtk_gesture_single_get_current_button(GTK_GESTURE_SINGLE(gesture)));
}

static void unpaired_release(GtkGestureClick *gesture, double x, double y, guint button, GdkEventSequence *sequence, VivaInput *self)
{
	button_up(self, button);
}

/* A drag ends the gesture's click, not the button's being down. */
static void gesture_ended(GtkGesture *gesture, GdkEventSequence *sequence, VivaInput *self)
{
	button_up(self, gtk_gesture_single_get_current_button(GTK_GESTURE_SINGLE(gesture)));
}

static gboolean scrolled(GtkEventControllerScroll *controller, double dx, double dy, VivaInput *self)
{
	VivMachine *machine = engine(self);
	if (!self->has_pointer || !machine)
		return FALSE;
	self->wheel += dy;
	while (fabs(self->wheel) >= 1) {
		VivButton button = self->wheel > 0 ? VIV_BUTTON_WHEEL_DOWN : VIV_BUTTON_WHEEL_UP;
		viv_input_button(machine, button, true);
		viv_input_button(machine, button, false);
		self->wheel -= self->wheel > 0 ? 1 : -1;
	}
	return TRUE;
}

/* ---- making ---- */

static void add_mouse(VivaInput *self)
{
	GtkWidget *widget = GTK_WIDGET(self->display);
	GtkEventController *motion = gtk_event_controller_motion_new();
	g_signal_connect(motion, "motion", G_CALLBACK(moved), self);
	g_signal_connect(motion, "enter", G_CALLBACK(entered), self);
	gtk_widget_add_controller(widget, motion);

	GtkGesture *click = gtk_gesture_click_new();
	gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), 0);
	g_signal_connect(click, "pressed", G_CALLBACK(pressed), self);
	g_signal_connect(click, "released", G_CALLBACK(released), self);
	g_signal_connect(click, "unpaired-release", G_CALLBACK(unpaired_release), self);
	g_signal_connect(click, "end", G_CALLBACK(gesture_ended), self);
	gtk_widget_add_controller(widget, GTK_EVENT_CONTROLLER(click));

	GtkEventController *scroll = gtk_event_controller_scroll_new(GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
	g_signal_connect(scroll, "scroll", G_CALLBACK(scrolled), self);
	gtk_widget_add_controller(widget, scroll);
}

static void machine_changed(GObject *display, GParamSpec *spec, VivaInput *self)
{
	drop_pointer(self);
	drop_keyboard(self);
}

VivaInput *viva_input_new(VivaDisplay *display)
{
	VivaInput *self = g_new0(VivaInput, 1);
	self->display = display;
	GtkEventController *focus = gtk_event_controller_focus_new();
	g_signal_connect(focus, "notify::is-focus", G_CALLBACK(focus_moved), self);
	gtk_widget_add_controller(GTK_WIDGET(display), focus);
	g_signal_connect(display, "notify::root", G_CALLBACK(root_changed), self);
	g_signal_connect(display, "notify::machine", G_CALLBACK(machine_changed), self);
	add_mouse(self);
	return self;
}

/* The display is being disposed of: its controllers go with it. */
void viva_input_free(VivaInput *self)
{
	if (!self)
		return;
	memset(&self->functions, 0, sizeof self->functions);
	drop_pointer(self);
	drop_keyboard(self);
	g_signal_handlers_disconnect_by_data(self->display, self);
	GListModel *controllers = gtk_widget_observe_controllers(GTK_WIDGET(self->display));
	for (guint n = g_list_model_get_n_items(controllers); n-- > 0;) {
		g_autoptr(GtkEventController) controller = g_list_model_get_item(controllers, n);
		if (g_signal_handlers_disconnect_by_data(controller, self))
			gtk_widget_remove_controller(GTK_WIDGET(self->display), controller);
	}
	g_object_unref(controllers);
	g_free(self);
}
