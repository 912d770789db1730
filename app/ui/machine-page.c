/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "ui/activity-page.h"
#include "ui/machine-page-private.h"
#include "ui/monitor-page.h"
#include "ui/serial-page.h"
#include "ui/window.h"

G_DEFINE_TYPE(VivaMachinePage, viva_machine_page, ADW_TYPE_BIN)

VivaMachine *viva_machine_page_get_machine(VivaMachinePage *self) { return self->machine; }
VivaDisplay *viva_machine_page_get_display(VivaMachinePage *self) { return self->display; }
GActionGroup *viva_machine_page_get_actions(VivaMachinePage *self) { return G_ACTION_GROUP(self->actions); }

/* ---- messages ---- */

void viva_machine_page_toast(VivaMachinePage *self, const char *text)
{
	GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
	if (VIVA_IS_WINDOW(root))
		viva_toasts_tell(viva_window_get_toasts(VIVA_WINDOW(root)), text);
}

void viva_machine_page_show_error(VivaMachinePage *self, const char *message)
{
	viva_error_bar_set_message(self->error_bar, message);
}

static void failed(VivaMachine *machine, const GError *error, VivaMachinePage *self)
{
	viva_machine_page_show_error(self, error->message);
}

/* ---- state ---- */

static void update_run_button(VivaMachinePage *self, VivaRun run)
{
	const char *icon = "media-playback-start-symbolic", *label = _("Run");
	if (run == VIVA_RUN_RUNNING) {
		icon = "media-playback-pause-symbolic";
		label = _("Pause");
	} else if (run == VIVA_RUN_PAUSED) {
		label = _("Resume");
	} else if (run == VIVA_RUN_SUSPENDED) {
		label = _("Wake Up");
	}
	gtk_button_set_icon_name(GTK_BUTTON(self->run_button), icon);
	gtk_widget_set_tooltip_text(self->run_button, label);
	gtk_accessible_update_property(GTK_ACCESSIBLE(self->run_button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static const char *state_text(VivaRun run)
{
	switch (run) {
	case VIVA_RUN_STARTING: return _("Starting");
	case VIVA_RUN_PAUSED: return _("Paused");
	case VIVA_RUN_SUSPENDED: return _("Asleep");
	case VIVA_RUN_STOPPING: return _("Stopping");
	default: return "";
	}
}

static void update_hint(VivaMachinePage *self)
{
	VivaInput *input = viva_display_get_input(self->display);
	GSettings *settings = viva_application_get_settings(self->application);
	const char *chord = viva_chord_label((VivaChord)g_settings_get_enum(settings, "release-chord"));
	bool pointer = viva_input_has_pointer(input), keyboard = viva_input_has_keyboard(input);
	g_autofree char *text = pointer ? g_strdup_printf(_("Press %s to release keyboard and mouse"), chord)
					: g_strdup_printf(_("Press %s to release the keyboard"), chord);
	viva_input_set_chord(input, (VivaChord)g_settings_get_enum(settings, "release-chord"));
	if (pointer || keyboard)
		gtk_label_set_text(GTK_LABEL(self->hint_label), text);
	gtk_revealer_set_reveal_child(GTK_REVEALER(self->hint), (pointer || keyboard) && !g_settings_get_boolean(settings, "release-chord-used"));
	/* It stays in the title, for those who forgot it. */
	adw_view_switcher_title_set_subtitle(self->switcher_title, pointer || keyboard ? text : state_text(viva_machine_get_run(self->machine)));
	gtk_widget_set_visible(self->unfullscreen_button, self->fullscreen && !pointer && !keyboard);
}

static void update(VivaMachinePage *self)
{
	VivaRun run = viva_machine_get_run(self->machine);
	bool off = !viva_machine_is_on(self->machine);
	VivaEntry *entry = viva_machine_get_entry(self->machine);
	adw_view_switcher_title_set_title(self->switcher_title, viva_entry_get_title(entry));
	adw_status_page_set_title(ADW_STATUS_PAGE(self->off_page), viva_entry_get_title(entry));
	gtk_widget_set_visible(self->off_page, off);
	gtk_widget_set_visible(self->start_button, run == VIVA_RUN_OFF);
	gtk_widget_set_sensitive(self->media_button, !off);
	gtk_widget_set_sensitive(self->keys_button, !off);
	update_run_button(self, run);
	viva_machine_page_update_actions(self);
	update_hint(self);
	if (run == VIVA_RUN_STARTING || run == VIVA_RUN_RUNNING)
		viva_machine_page_show_error(self, NULL);
}

/* The last picture is what the library shows. */
static void keep_thumbnail(VivaMachinePage *self)
{
	if (!gtk_widget_get_mapped(GTK_WIDGET(self->display)))
		return; /* the library has newer ones */
	g_autoptr(GdkTexture) texture = viva_display_get_thumbnail(self->display);
	if (texture)
		viva_entry_set_thumbnail(viva_machine_get_entry(self->machine), texture);
}

static void run_changed(VivaMachine *machine, GParamSpec *spec, VivaMachinePage *self)
{
	VivaRun run = viva_machine_get_run(machine);
	bool had_focus = viva_input_has_keyboard(viva_display_get_input(self->display));
	if (run != VIVA_RUN_RUNNING)
		keep_thumbnail(self);
	if (!viva_machine_is_on(machine)) {
		viva_input_release(viva_display_get_input(self->display));
		viva_display_clear(self->display);
	}
	update(self);
	if (run == VIVA_RUN_OFF && viva_machine_has_installed(machine))
		viva_machine_page_offer_eject(self);
	/* Who has just started the machine wants to type into it. */
	if (run == VIVA_RUN_RUNNING && !had_focus && !g_strcmp0(adw_view_stack_get_visible_child_name(self->stack), "display"))
		viva_input_grab(viva_display_get_input(self->display));
}

static void title_changed(VivaEntry *entry, GParamSpec *spec, VivaMachinePage *self)
{
	update(self);
}

/* ---- keyboard and mouse ---- */

static void grab_changed(gpointer page)
{
	update_hint(page);
}

static void chord_used(gpointer page)
{
	VivaMachinePage *self = page;
	g_settings_set_boolean(viva_application_get_settings(self->application), "release-chord-used", TRUE);
}

static GtkWidget *monitor_new(VivaMachine *machine) { return GTK_WIDGET(viva_monitor_page_new(machine)); }
static GtkWidget *serial_new(VivaMachine *machine) { return GTK_WIDGET(viva_serial_page_new(machine)); }
static GtkWidget *activity_new(VivaMachine *machine) { return GTK_WIDGET(viva_activity_page_new(machine)); }

/* The display's is in the template. */
static const struct {
	const char *name, *title, *icon;
	GtkWidget *(*make)(VivaMachine *machine);
	bool hears; /* from the start; the others are made when they are looked at */
} pages[] = {
	{ "monitor", N_("Monitor"), "utilities-terminal-symbolic", monitor_new, false },
	{ "serial", N_("Serial"), "network-wired-symbolic", serial_new, true },
	{ "activity", N_("Activity"), "power-profile-performance-symbolic", activity_new, false },
};

static void fill_page(VivaMachinePage *self, const char *name)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++) {
		GtkWidget *bin = adw_view_stack_get_child_by_name(self->stack, pages[n].name);
		if (!g_strcmp0(pages[n].name, name) && !adw_bin_get_child(ADW_BIN(bin)))
			adw_bin_set_child(ADW_BIN(bin), pages[n].make(self->machine));
	}
}

static void page_changed(AdwViewStack *stack, GParamSpec *spec, VivaMachinePage *self)
{
	const char *name = adw_view_stack_get_visible_child_name(stack);
	GAction *action = g_action_map_lookup_action(G_ACTION_MAP(self->actions), "page");
	if (action && name)
		g_simple_action_set_state(G_SIMPLE_ACTION(action), g_variant_new_string(name));
	fill_page(self, name);
	if (g_strcmp0(name, "display"))
		viva_input_release(viva_display_get_input(self->display));
}

bool viva_machine_page_search(VivaMachinePage *self)
{
	GtkWidget *bin = adw_view_stack_get_visible_child(self->stack), *page = ADW_IS_BIN(bin) ? adw_bin_get_child(ADW_BIN(bin)) : NULL;
	if (!VIVA_IS_MONITOR_PAGE(page))
		return false;
	viva_monitor_page_search(VIVA_MONITOR_PAGE(page));
	return true;
}

const char *viva_machine_page_get_help(VivaMachinePage *self)
{
	return adw_view_stack_get_visible_child_name(self->stack);
}

void viva_machine_page_set_fullscreen(VivaMachinePage *self, bool fullscreen)
{
	self->fullscreen = fullscreen;
	gtk_widget_set_visible(self->header, !fullscreen);
	gtk_widget_set_visible(GTK_WIDGET(self->switcher_bar), !fullscreen && adw_view_switcher_title_get_title_visible(self->switcher_title));
	update_hint(self);
}

void viva_machine_page_set_narrow(VivaMachinePage *self, bool narrow)
{
	gtk_widget_set_visible(self->media_button, !narrow);
	gtk_widget_set_visible(self->keys_button, !narrow);
	gtk_widget_set_visible(self->fullscreen_button, !narrow);
}

/* ---- the object ---- */

static void settings_changed(GSettings *settings, const char *key, VivaMachinePage *self)
{
	update_hint(self);
	viva_machine_page_update_actions(self);
}

static void add_pages(VivaMachinePage *self)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(pages); n++) {
		GtkWidget *bin = adw_bin_new();
		AdwViewStackPage *page = adw_view_stack_add_titled(self->stack, bin, pages[n].name, _(pages[n].title));
		adw_view_stack_page_set_icon_name(page, pages[n].icon);
		if (pages[n].hears)
			fill_page(self, pages[n].name);
	}
}

static void viva_machine_page_dispose(GObject *object)
{
	VivaMachinePage *self = VIVA_MACHINE_PAGE(object);
	g_clear_object(&self->settings);
	g_clear_object(&self->actions);
	g_clear_object(&self->machine);
	viva_machine_page_remove_menus(self);
	g_clear_pointer(&self->drives, g_ptr_array_unref);
	G_OBJECT_CLASS(viva_machine_page_parent_class)->dispose(object);
}

static void viva_machine_page_class_init(VivaMachinePageClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->dispose = viva_machine_page_dispose;
	g_type_ensure(VIVA_TYPE_DISPLAY);
	g_type_ensure(VIVA_TYPE_ERROR_BAR);
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/machine-page.ui");
#define CHILD(name) gtk_widget_class_bind_template_child(widget_class, VivaMachinePage, name)
	CHILD(header);
	CHILD(run_button);
	CHILD(menu_button);
	CHILD(media_button);
	CHILD(keys_button);
	CHILD(fullscreen_button);
	CHILD(error_bar);
	CHILD(stack);
	CHILD(switcher_title);
	CHILD(switcher_bar);
	CHILD(scroller);
	CHILD(off_page);
	CHILD(start_button);
	CHILD(hint);
	CHILD(hint_label);
	CHILD(unfullscreen_button);
	CHILD(display);
#undef CHILD
}

static void viva_machine_page_init(VivaMachinePage *self)
{
	gtk_widget_init_template(GTK_WIDGET(self));
}

VivaMachinePage *viva_machine_page_new(VivaApplication *application, VivaMachine *machine)
{
	static const VivaInputOwner input_owner = { viva_machine_page_command, grab_changed, chord_used };
	VivaMachinePage *self = g_object_new(VIVA_TYPE_MACHINE_PAGE, NULL);
	GSettings *settings = viva_application_get_settings(application);
	self->application = application;
	self->machine = g_object_ref(machine);
	self->settings = viva_application_get_machine_settings(application, viva_machine_get_entry(machine));
	viva_error_bar_set_entry(self->error_bar, viva_machine_get_entry(machine));
	viva_machine_page_add_actions(self);
	viva_machine_page_add_menus(self);
	add_pages(self);
	viva_display_set_machine(self->display, machine);
	g_settings_bind(self->settings, "scaling", self->display, "scaling", G_SETTINGS_BIND_DEFAULT);
	g_settings_bind(self->settings, "smooth", self->display, "smooth", G_SETTINGS_BIND_DEFAULT);
	viva_input_set_owner(viva_display_get_input(self->display), &input_owner, self);
	g_signal_connect_object(settings, "changed", G_CALLBACK(settings_changed), self, 0);
	g_signal_connect_object(machine, "notify::run", G_CALLBACK(run_changed), self, 0);
	g_signal_connect_object(machine, "failed", G_CALLBACK(failed), self, 0);
	g_signal_connect_object(viva_machine_get_entry(machine), "notify::title", G_CALLBACK(title_changed), self, 0);
	g_signal_connect_object(self->stack, "notify::visible-child-name", G_CALLBACK(page_changed), self, 0);
	viva_machine_page_add_sound(self);
	update(self);
	if (viva_machine_get_hold_up(machine))
		viva_machine_page_show_error(self, viva_machine_get_hold_up(machine));
	return self;
}
