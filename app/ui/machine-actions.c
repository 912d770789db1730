/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be done with a machine: the actions of its page, and QEMU's chords for some of them. */
#include <glib/gi18n.h>

#include "ui/help-key.h"
#include "ui/machine-page-private.h"
#include "ui/settings-window.h"

enum { MOST_TYPED = 100000 };

static VivMachine *engine(VivaMachinePage *self)
{
	return viva_machine_get_engine(self->machine);
}

/* ---- a machine's life ---- */

static void toggle(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	VivaMachinePage *self = data;
	VivMachine *machine = engine(self);
	switch (viva_machine_get_run(self->machine)) {
	case VIVA_RUN_OFF: viva_machine_start(self->machine); break;
	case VIVA_RUN_RUNNING: viv_machine_pause(machine); break;
	case VIVA_RUN_PAUSED: viv_machine_resume(machine); break;
	case VIVA_RUN_SUSPENDED: viv_machine_power_button(machine); break;
	default: break;
	}
}

static void reset(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	if (engine(data))
		viv_machine_reset(engine(data));
}

static void shut_down(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	if (!engine(data))
		return;
	viv_machine_power_button(engine(data));
	viva_machine_page_toast(data, _("The guest was asked to shut down"));
}

static void power_off_answered(AdwMessageDialog *dialog, const char *response, VivaMachinePage *self)
{
	if (!g_strcmp0(response, "power-off"))
		viva_machine_power_off(self->machine);
}

static void power_off(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	VivaMachinePage *self = data;
	if (!engine(self))
		return;
	GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))), _("Power Off?"),
		_("It is as if the plug were pulled: what the guest hasn’t saved is lost."));
	adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "power-off", _("_Power Off"), NULL);
	adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "power-off", ADW_RESPONSE_DESTRUCTIVE);
	g_signal_connect_object(dialog, "response", G_CALLBACK(power_off_answered), self, 0);
	viva_add_help_key(dialog, "closing");
	gtk_window_present(GTK_WINDOW(dialog));
}

/* ---- keys ---- */

static void send_keys(GSimpleAction *action, GVariant *names, gpointer data)
{
	g_autoptr(GArray) events = viva_keys_for_chord(g_variant_get_string(names, NULL));
	if (events && engine(data))
		viv_input_type(engine(data), (const VivKeyEvent *)events->data, events->len);
}

static void type_text(VivaMachinePage *self, const char *text)
{
	guint unknown;
	g_autoptr(GArray) events = viva_keys_for_text(gtk_widget_get_display(GTK_WIDGET(self)), text, &unknown);
	viv_input_type(engine(self), (const VivKeyEvent *)events->data, events->len);
	if (!unknown)
		return;
	g_autofree char *message = g_strdup_printf(
		ngettext("%u character has no key and was left out", "%u characters have no key and were left out", unknown), unknown);
	viva_machine_page_toast(self, message);
}

static void got_clipboard(GObject *clipboard, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaMachinePage) self = data;
	g_autofree char *text = gdk_clipboard_read_text_finish(GDK_CLIPBOARD(clipboard), result, NULL);
	if (!text || !*text)
		viva_machine_page_toast(self, _("There is no text in the clipboard"));
	else if (strlen(text) > MOST_TYPED)
		viva_machine_page_toast(self, _("The text in the clipboard is too long to be typed"));
	else if (engine(self))
		type_text(self, text);
}

static void type_clipboard(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	if (engine(data))
		gdk_clipboard_read_text_async(gtk_widget_get_clipboard(data), NULL, got_clipboard, g_object_ref(data));
}

/* ---- screen ---- */

static void copy_screen(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	VivaMachinePage *self = data;
	g_autoptr(GdkTexture) texture = viva_display_get_texture(self->display);
	if (!texture)
		return;
	gdk_clipboard_set_texture(gtk_widget_get_clipboard(GTK_WIDGET(self)), texture);
	viva_machine_page_toast(self, _("The screen was copied"));
}

static void got_text(GObject *machine, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaMachinePage) self = data;
	g_autofree char *text = viva_machine_text_finish(VIVA_MACHINE(machine), result, NULL);
	if (!text)
		return;
	if (*text)
		gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(self)), text);
	viva_machine_page_toast(self, *text ? _("The screen’s text was copied") : _("The screen shows a picture, not text"));
}

static void copy_text(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	viva_machine_screen_text_async(((VivaMachinePage *)data)->machine, got_text, g_object_ref(data));
}

static void zoom_by(VivaMachinePage *self, double factor)
{
	viva_display_set_zoom(self->display, viva_display_get_scale(self->display) * factor);
}

static void zoom_in(GSimpleAction *action, GVariant *parameter, gpointer data) { zoom_by(data, 1.25); }
static void zoom_out(GSimpleAction *action, GVariant *parameter, gpointer data) { zoom_by(data, 0.8); }

static void zoom_original(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	viva_display_set_zoom(((VivaMachinePage *)data)->display, 1);
}

/* ---- pages and media ---- */

static void show_page(GSimpleAction *action, GVariant *name, gpointer data)
{
	VivaMachinePage *self = data;
	adw_view_stack_set_visible_child_name(self->stack, g_variant_get_string(name, NULL));
	if (!g_strcmp0(g_variant_get_string(name, NULL), "display"))
		viva_input_grab(viva_display_get_input(self->display));
	else
		gtk_widget_child_focus(adw_view_stack_get_visible_child(self->stack), GTK_DIR_TAB_FORWARD);
}

static void insert(GSimpleAction *action, GVariant *drive, gpointer data)
{
	viva_machine_page_insert(data, g_variant_get_string(drive, NULL));
}

static void eject(GSimpleAction *action, GVariant *drive, gpointer data)
{
	viva_machine_page_eject(data, g_variant_get_string(drive, NULL), false);
}

static void show_settings(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	VivaMachinePage *self = data;
	VivaEntry *entry = viva_machine_get_entry(self->machine);
	if (viva_entry_get_config(entry))
		gtk_window_present(GTK_WINDOW(viva_settings_window_new(entry, GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))))));
}

/* ---- the tables ---- */

static const GActionEntry entries[] = {
	{ .name = "toggle", .activate = toggle },
	{ .name = "reset", .activate = reset },
	{ .name = "shut-down", .activate = shut_down },
	{ .name = "power-off", .activate = power_off },
	{ .name = "send-keys", .activate = send_keys, .parameter_type = "s" },
	{ .name = "settings", .activate = show_settings },
	{ .name = "type-clipboard", .activate = type_clipboard },
	{ .name = "copy-screen", .activate = copy_screen },
	{ .name = "copy-text", .activate = copy_text },
	{ .name = "zoom-in", .activate = zoom_in },
	{ .name = "zoom-out", .activate = zoom_out },
	{ .name = "zoom-original", .activate = zoom_original },
	{ .name = "insert", .activate = insert, .parameter_type = "s" },
	{ .name = "eject", .activate = eject, .parameter_type = "s" },
	{ .name = "page", .activate = show_page, .parameter_type = "s", .state = "'display'" },
};

/* Those that ask for a machine that is on. */
static const char *const need_machine[] = {
	"reset", "shut-down", "power-off", "send-keys", "type-clipboard", "copy-screen", "copy-text", "insert", "eject",
};

void viva_machine_page_update_actions(VivaMachinePage *self)
{
	VivaRun run = viva_machine_get_run(self->machine);
	bool on = viva_machine_is_on(self->machine);
	for (unsigned n = 0; n < G_N_ELEMENTS(need_machine); n++)
		g_simple_action_set_enabled(G_SIMPLE_ACTION(g_action_map_lookup_action(G_ACTION_MAP(self->actions), need_machine[n])), on);
	g_simple_action_set_enabled(G_SIMPLE_ACTION(g_action_map_lookup_action(G_ACTION_MAP(self->actions), "toggle")), on || run == VIVA_RUN_OFF);
}

void viva_machine_page_add_actions(VivaMachinePage *self)
{
	static const char *const of_machine[] = { "scaling", "smooth" };
	self->actions = g_simple_action_group_new();
	g_action_map_add_action_entries(G_ACTION_MAP(self->actions), entries, G_N_ELEMENTS(entries), self);
	for (unsigned n = 0; n < G_N_ELEMENTS(of_machine); n++) {
		g_autoptr(GAction) action = g_settings_create_action(self->settings, of_machine[n]);
		g_action_map_add_action(G_ACTION_MAP(self->actions), action);
	}
	g_autoptr(GAction) chord = g_settings_create_action(viva_application_get_settings(self->application), "release-chord");
	g_action_map_add_action(G_ACTION_MAP(self->actions), chord);
}

/* QEMU's keys behind its chord. */
static const struct {
	guint keyval;
	const char *action, *target; /* "win.": the window's */
} commands[] = {
	{ GDK_KEY_f, "win.fullscreen", NULL },
	{ GDK_KEY_plus, "machine.zoom-in", NULL },
	{ GDK_KEY_equal, "machine.zoom-in", NULL },
	{ GDK_KEY_KP_Add, "machine.zoom-in", NULL },
	{ GDK_KEY_minus, "machine.zoom-out", NULL },
	{ GDK_KEY_KP_Subtract, "machine.zoom-out", NULL },
	{ GDK_KEY_u, "machine.zoom-original", NULL },
	{ GDK_KEY_0, "machine.zoom-original", NULL },
	{ GDK_KEY_1, "machine.page", "display" },
	{ GDK_KEY_2, "machine.page", "monitor" },
	{ GDK_KEY_3, "machine.page", "serial" },
	{ GDK_KEY_4, "machine.page", "activity" },
	{ GDK_KEY_v, "machine.type-clipboard", NULL },
	{ GDK_KEY_q, "window.close", NULL },
};

bool viva_machine_page_command(gpointer page, guint keyval)
{
	VivaMachinePage *self = page;
	guint lower = gdk_keyval_to_lower(keyval);
	if (lower == GDK_KEY_g) {
		viva_input_release(viva_display_get_input(self->display));
		g_settings_set_boolean(viva_application_get_settings(self->application), "release-chord-used", TRUE);
		return true;
	}
	for (unsigned n = 0; n < G_N_ELEMENTS(commands); n++)
		if (commands[n].keyval == lower)
			return gtk_widget_activate_action_variant(
				GTK_WIDGET(self), commands[n].action, commands[n].target ? g_variant_new_string(commands[n].target) : NULL);
	return false;
}
