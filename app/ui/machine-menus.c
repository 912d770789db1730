/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header bar's menus that are made as they open: media and keys. */
#include <glib/gi18n.h>

#include "library/install.h"
#include "library/settings.h"
#include "ui/help-key.h"
#include "ui/keys-dialog.h"
#include "ui/machine-page-private.h"
#include "ui/window.h"

/* ---- media ---- */

static const char *kind_name(VivMedium kind)
{
	return kind == VIV_MEDIUM_CD ? _("CD Drive") : _("Floppy Drive");
}

/* GTK 4.8 keeps each section of a menu that it has shown: they go empty. */
static void clear_menu(GMenu *menu)
{
	for (int n = 0; n < g_menu_model_get_n_items(G_MENU_MODEL(menu)); n++) {
		g_autoptr(GMenuModel) section = g_menu_model_get_item_link(G_MENU_MODEL(menu), n, G_MENU_LINK_SECTION);
		if (section)
			g_menu_remove_all(G_MENU(section));
	}
	g_menu_remove_all(menu);
}

static void append_drive(GMenu *menu, const VivaDrive *drive)
{
	g_autoptr(GMenu) section = g_menu_new();
	g_autofree char *name = drive->file ? g_path_get_basename(drive->file) : g_strdup(_("Empty"));
	g_autofree char *title = g_strdup_printf("%s (%s): %s", kind_name(drive->kind), drive->id, name);
	g_autoptr(GMenuItem) insert = g_menu_item_new(drive->file ? _("_Change…") : _("_Insert…"), NULL);
	g_menu_item_set_action_and_target(insert, "machine.insert", "s", drive->id);
	g_menu_append_item(section, insert);
	if (drive->file) {
		g_autoptr(GMenuItem) eject = g_menu_item_new(_("_Eject"), NULL);
		g_menu_item_set_action_and_target(eject, "machine.eject", "s", drive->id);
		g_menu_append_item(section, eject);
	}
	g_menu_append_section(menu, title, G_MENU_MODEL(section));
}

static void got_drives(GObject *machine, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaMachinePage) self = data;
	GPtrArray *drives = viva_machine_drives_finish(VIVA_MACHINE(machine), result, NULL);
	if (!drives)
		return;
	g_clear_pointer(&self->drives, g_ptr_array_unref);
	self->drives = drives;
	GMenu *menu = self->media_menu;
	clear_menu(menu);
	for (guint n = 0; n < drives->len; n++) {
		const VivaDrive *drive = g_ptr_array_index(drives, n);
		if (drive->removable)
			append_drive(menu, drive);
	}
	if (!g_menu_model_get_n_items(G_MENU_MODEL(menu)))
		g_menu_append(menu, _("This Machine Has No Drives for Media"), "machine.none");
}

static void ask_drives(VivaMachinePage *self)
{
	viva_machine_drives_async(self->machine, got_drives, g_object_ref(self));
}

/* What is there is asked when it begins to run, and each time the menu was open: guests eject, too. */
static void media_run_changed(VivaMachine *machine, GParamSpec *spec, VivaMachinePage *self)
{
	if (viva_machine_is_on(machine))
		ask_drives(self);
}

static void media_opened(GObject *button, GParamSpec *spec, VivaMachinePage *self)
{
	if (viva_machine_is_on(self->machine))
		ask_drives(self);
}

typedef struct Change {
	VivaMachinePage *page;
	char *drive, *path; /* path NULL: eject */
} Change;

static Change *change_new(VivaMachinePage *page, const char *drive, const char *path)
{
	Change *change = g_new(Change, 1);
	*change = (Change){ g_object_ref(page), g_strdup(drive), g_strdup(path) };
	return change;
}

static void change_free(Change *change)
{
	g_object_unref(change->page);
	g_free(change->drive);
	g_free(change->path);
	g_free(change);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Change, change_free)

static void force_answered(AdwMessageDialog *dialog, const char *response, Change *change)
{
	if (!g_strcmp0(response, "force"))
		viva_machine_page_eject(change->page, change->drive, true);
}

static void change_gone(gpointer change, GClosure *closure)
{
	change_free(change);
}

/* A guest that uses the disc has locked the tray. */
static void offer_force(Change *change, const char *message)
{
	GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(change->page))), _("Eject by Force?"), message);
	adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "force", _("_Eject"), NULL);
	adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "force", ADW_RESPONSE_DESTRUCTIVE);
	g_signal_connect_data(dialog, "response", G_CALLBACK(force_answered), change_new(change->page, change->drive, NULL), change_gone, 0);
	viva_add_help_key(dialog, "media");
	gtk_window_present(GTK_WINDOW(dialog));
}

static void changed(GObject *machine, GAsyncResult *result, gpointer data)
{
	g_autoptr(Change) change = data;
	g_autoptr(GError) error = NULL;
	if (viva_machine_media_finish(VIVA_MACHINE(machine), result, &error)) {
		g_autofree char *name = change->path ? g_path_get_basename(change->path) : NULL;
		g_autofree char *text = name ? g_strdup_printf(_("“%s” was inserted"), name) : g_strdup(_("The medium was ejected"));
		viva_machine_page_toast(change->page, text);
	} else if (!change->path) {
		offer_force(change, error->message);
	} else {
		viva_machine_page_show_error(change->page, error->message);
	}
	ask_drives(change->page);
}

void viva_machine_page_eject(VivaMachinePage *self, const char *drive, bool force)
{
	viva_machine_eject_async(self->machine, drive, force, changed, change_new(self, drive, NULL));
}

static bool is_floppy(VivaMachinePage *self, const char *id)
{
	for (guint n = 0; self->drives && n < self->drives->len; n++) {
		const VivaDrive *drive = g_ptr_array_index(self->drives, n);
		if (!g_strcmp0(drive->id, id))
			return drive->kind == VIV_MEDIUM_FLOPPY;
	}
	return false;
}

static void chosen(GtkNativeDialog *chooser, int response, Change *change)
{
	g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(chooser)) : NULL;
	g_autofree char *path = file ? g_file_get_path(file) : NULL;
	if (path)
		viva_machine_insert_async(change->page->machine, change->drive, path, !is_floppy(change->page, change->drive), changed,
			change_new(change->page, change->drive, path));
	gtk_native_dialog_destroy(chooser);
	g_object_unref(chooser);
}

static void add_filter(GtkFileChooserNative *chooser, const char *name, const char *const *suffixes)
{
	GtkFileFilter *filter = gtk_file_filter_new();
	gtk_file_filter_set_name(filter, name);
	for (; *suffixes; suffixes++)
		gtk_file_filter_add_suffix(filter, *suffixes);
	gtk_file_chooser_add_filter(GTK_FILE_CHOOSER(chooser), filter);
	g_object_unref(filter);
}

void viva_machine_page_insert(VivaMachinePage *self, const char *drive)
{
	static const char *const discs[] = { "iso", "img", NULL }, *const floppies[] = { "img", "ima", "flp", "vfd", NULL };
	bool floppy = is_floppy(self, drive);
	GtkFileChooserNative *chooser = gtk_file_chooser_native_new(_("Insert a Medium"), GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))),
		GTK_FILE_CHOOSER_ACTION_OPEN, _("_Insert"), _("_Cancel"));
	gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(chooser), TRUE);
	add_filter(chooser, floppy ? _("Floppy Images") : _("Disc Images"), floppy ? floppies : discs);
	GtkFileFilter *all = gtk_file_filter_new();
	gtk_file_filter_set_name(all, _("All Files"));
	gtk_file_filter_add_pattern(all, "*");
	gtk_file_chooser_add_filter(GTK_FILE_CHOOSER(chooser), all);
	g_object_unref(all);
	g_signal_connect_data(chooser, "response", G_CALLBACK(chosen), change_new(self, drive, NULL), change_gone, 0);
	gtk_native_dialog_show(GTK_NATIVE_DIALOG(chooser));
}

/* ---- the disc that has done its work ---- */

static void eject_answered(gpointer data, bool pressed)
{
	VivaEntry *entry = data;
	JsonObject *config = viva_entry_get_config(entry);
	g_autoptr(VivaSettings) settings = viva_settings_new(entry);
	g_autoptr(JsonObject) without = pressed && config ? viva_install_without_discs(config) : NULL;
	if (without)
		viva_settings_set_config(settings, without);
}

void viva_machine_page_offer_eject(VivaMachinePage *self)
{
	GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));
	VivaEntry *entry = viva_machine_get_entry(self->machine);
	g_autofree char *text = g_strdup_printf(_("“%s” boots from its disk now"), viva_entry_get_title(entry));
	if (VIVA_IS_WINDOW(root))
		viva_toasts_offer(viva_window_get_toasts(VIVA_WINDOW(root)), text, _("_Eject Disc"), eject_answered, g_object_ref(entry), g_object_unref);
}

/* ---- keys ---- */

static void fill_keys(VivaMachinePage *self)
{
	g_autoptr(GMenu) chords = g_menu_new(), others = g_menu_new();
	GMenu *menu = self->keys_menu;
	clear_menu(menu);
	g_auto(GStrv) names = g_settings_get_strv(viva_application_get_settings(self->application), "send-keys");
	for (char **name = names; *name; name++) {
		g_autofree char *label = viva_keys_chord_label(*name);
		g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);
		g_menu_item_set_action_and_target(item, "machine.send-keys", "s", *name);
		g_menu_append_item(chords, item);
	}
	g_menu_append_section(menu, NULL, G_MENU_MODEL(chords));
	g_menu_append(others, _("_Type Clipboard"), "machine.type-clipboard");
	g_menu_append(others, _("_Edit Keys…"), "machine.edit-keys");
	g_menu_append_section(menu, NULL, G_MENU_MODEL(others));
}

static void keys_changed(GSettings *settings, const char *key, VivaMachinePage *self)
{
	fill_keys(self);
}

static void edit_keys(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	VivaMachinePage *self = data;
	GtkWindow *dialog = viva_keys_dialog_new(viva_application_get_settings(self->application));
	gtk_window_set_transient_for(dialog, GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self))));
	gtk_window_present(dialog);
}

/* The application's is for all pages: this one's has its own media and keys. */
static GMenu *copy_menu(GMenuModel *model)
{
	GMenu *copy = g_menu_new();
	for (int n = 0; n < g_menu_model_get_n_items(model); n++) {
		g_autoptr(GMenuItem) item = g_menu_item_new_from_model(model, n);
		g_menu_append_item(copy, item);
	}
	return copy;
}

/* A menu has a widget for each of its items: they are made when it opens first. */
static void give(GtkMenuButton *button, gpointer menu)
{
	if (!gtk_menu_button_get_menu_model(button))
		gtk_menu_button_set_menu_model(button, menu);
}

static void give_later(GtkWidget *button, GMenu *menu)
{
	gtk_menu_button_set_create_popup_func(GTK_MENU_BUTTON(button), give, g_object_ref(menu), g_object_unref);
}

void viva_machine_page_add_menus(VivaMachinePage *self)
{
	static const GActionEntry entries[] = { { .name = "edit-keys", .activate = edit_keys } };
	g_action_map_add_action_entries(G_ACTION_MAP(self->actions), entries, G_N_ELEMENTS(entries), self);
	self->media_menu = g_menu_new();
	self->keys_menu = g_menu_new();
	give_later(self->media_button, self->media_menu);
	give_later(self->keys_button, self->keys_menu);
	/* Where there is no room for the buttons, they are in the main menu. */
	GMenu *section = self->narrow_section = g_menu_new();
	g_menu_append_submenu(section, _("_Media"), G_MENU_MODEL(self->media_menu));
	g_menu_append_submenu(section, _("Send _Keys"), G_MENU_MODEL(self->keys_menu));
	g_autoptr(GMenu) menu = copy_menu(G_MENU_MODEL(gtk_application_get_menu_by_id(GTK_APPLICATION(self->application), "machine-menu")));
	g_menu_insert_section(menu, 1, NULL, G_MENU_MODEL(section));
	gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(self->menu_button), G_MENU_MODEL(menu));
	fill_keys(self);
	g_signal_connect_object(
		viva_application_get_settings(self->application), "changed::send-keys", G_CALLBACK(keys_changed), self, 0);
	g_signal_connect_object(self->machine, "notify::run", G_CALLBACK(media_run_changed), self, 0);
	g_signal_connect_object(self->media_button, "notify::active", G_CALLBACK(media_opened), self, 0);
	media_run_changed(self->machine, NULL, self);
}

void viva_machine_page_remove_menus(VivaMachinePage *self)
{
	GMenu **menus[] = { &self->narrow_section, &self->keys_menu, &self->media_menu };
	for (unsigned n = 0; n < G_N_ELEMENTS(menus); n++) {
		if (*menus[n])
			clear_menu(*menus[n]);
		g_clear_object(menus[n]);
	}
}
