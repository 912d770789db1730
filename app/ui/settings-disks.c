/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: drives, and the images in them. */
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

#include "library/document.h"
#include "library/files.h"
#include "ui/errors.h"
#include "ui/help-key.h"
#include "ui/settings-pages.h"
#include "viv-config.h"

enum { DISK_GIB_MOST = 2000, DISK_GIB_SUGGESTED = 20 };

typedef struct Drives {
	VivaSettings *settings;
	AdwPreferencesGroup *group;
	GPtrArray *rows; /* GtkWidget, of the group */
} Drives;

static void drives_free(gpointer data)
{
	Drives *drives = data;
	g_object_unref(drives->settings);
	g_ptr_array_unref(drives->rows);
	g_free(drives);
}

/* ---- one drive: its row knows its number, and the widgets that show it ---- */

typedef struct Drive {
	VivaSettings *settings;
	unsigned number;
	GtkWidget *row, *file, *eject, *read_only, *snapshot, *place;
	bool showing;
} Drive;

static void drive_free(gpointer data)
{
	g_object_unref(((Drive *)data)->settings);
	g_free(data);
}

static JsonObject *drive_of(const Drive *drive)
{
	return viva_settings_get_item(drive->settings, "drives", drive->number);
}

static const char *kind_title(JsonObject *drive)
{
	if (!g_strcmp0(viva_document_get_string(drive, "interface"), "floppy"))
		return _("Floppy Disk");
	return g_strcmp0(viva_document_get_string(drive, "media"), "cdrom") ? _("Hard Disk") : _("CD or DVD");
}

static const char *kind_icon(JsonObject *drive)
{
	if (!g_strcmp0(viva_document_get_string(drive, "interface"), "floppy"))
		return "media-floppy-symbolic";
	return g_strcmp0(viva_document_get_string(drive, "media"), "cdrom") ? "drive-harddisk-symbolic" : "media-optical-symbolic";
}

static void took_file(GFile *file, gpointer row)
{
	Drive *drive = g_object_get_data(G_OBJECT(row), "drive");
	viva_settings_set_item_text(drive->settings, "drives", drive->number, "file", g_file_peek_path(file));
}

static void choose_clicked(Drive *drive)
{
	viva_settings_choose_file(drive->row, _("Choose a Disk Image"), took_file, G_OBJECT(drive->row));
}

static void eject_clicked(Drive *drive)
{
	viva_settings_set_item_text(drive->settings, "drives", drive->number, "file", NULL);
}

static void flag_changed(Drive *drive)
{
	if (drive->showing)
		return;
	bool read_only = gtk_switch_get_active(GTK_SWITCH(drive->read_only));
	if (viva_document_get_bool(drive_of(drive), "read-only") != read_only)
		viva_settings_set_item_flag(drive->settings, "drives", drive->number, "read-only", read_only);
	bool snapshot = gtk_switch_get_active(GTK_SWITCH(drive->snapshot));
	if (viva_document_get_bool(drive_of(drive), "snapshot") != snapshot)
		viva_settings_set_item_flag(drive->settings, "drives", drive->number, "snapshot", snapshot);
}

static gboolean remove_later(gpointer data)
{
	Drive *drive = g_object_get_data(G_OBJECT(data), "drive");
	viva_settings_remove_item(drive->settings, "drives", drive->number);
	g_object_unref(data);
	return G_SOURCE_REMOVE;
}

/* The file stays where it is: what is removed is the drive. */
static void remove_clicked(Drive *drive)
{
	g_idle_add(remove_later, g_object_ref(drive->row));
}

static void place_selected(Drive *drive)
{
	int buses, units, n = (int)adw_combo_row_get_selected(ADW_COMBO_ROW(drive->place));
	JsonObject *object = drive_of(drive);
	if (drive->showing || !viv_interface_places(viva_document_get_string(object, "interface"), &buses, &units))
		return;
	if (viva_document_get_int(object, "bus", 0) * units + viva_document_get_int(object, "unit", 0) != n)
		if (!viva_settings_place_drive(drive->settings, drive->number, n / units, n % units))
			g_signal_emit_by_name(drive->settings, "changed"); /* the choice goes back */
}

static GtkWidget *inner_row_new(Drive *drive, const char *title, const char *subtitle)
{
	GtkWidget *row = adw_action_row_new();
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
	if (subtitle)
		adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), viva_settings_when_new(drive->settings, false));
	adw_expander_row_add_row(ADW_EXPANDER_ROW(drive->row), row);
	return row;
}

static GtkWidget *flag_row_new(Drive *drive, const char *title, const char *subtitle)
{
	GtkWidget *control = viva_settings_switch_new(inner_row_new(drive, title, subtitle), title);
	g_signal_connect_swapped(control, "notify::active", G_CALLBACK(flag_changed), drive);
	return control;
}

static void add_place(Drive *drive)
{
	const char *interface = viva_document_get_string(drive_of(drive), "interface");
	int buses, units;
	drive->place = adw_combo_row_new();
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(drive->place), _("Place"));
	viva_settings_row_set_when(ADW_ACTION_ROW(drive->place), drive->settings, NULL, false);
	g_autoptr(GtkStringList) places = gtk_string_list_new(NULL);
	if (!viv_interface_places(interface, &buses, &units))
		buses = units = 0;
	for (int bus = 0; bus < buses; bus++)
		for (int unit = 0; unit < units; unit++)
			/* Translators: channel and device of an IDE disk; a floppy drive's number */
			gtk_string_list_take(places, buses > 1 ? g_strdup_printf(_("Channel %d, Device %d"), bus, unit) : g_strdup_printf(_("Drive %d"), unit));
	adw_combo_row_set_model(ADW_COMBO_ROW(drive->place), G_LIST_MODEL(places));
	gtk_widget_set_visible(drive->place, buses > 0);
	g_signal_connect_swapped(drive->place, "notify::selected", G_CALLBACK(place_selected), drive);
	adw_expander_row_add_row(ADW_EXPANDER_ROW(drive->row), drive->place);
}

static void add_remove(Drive *drive)
{
	GtkWidget *row = inner_row_new(drive, _("Remove the Drive"), _("The image file stays"));
	GtkWidget *button = viva_settings_button_new("user-trash-symbolic", _("Remove the Drive"));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
	adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), button);
	g_signal_connect_swapped(button, "clicked", G_CALLBACK(remove_clicked), drive);
}

static void show_drive(GtkWidget *row)
{
	Drive *drive = g_object_get_data(G_OBJECT(row), "drive");
	int buses = 1, units = 1;
	if (drive->number >= viva_settings_get_length(drive->settings, "drives"))
		return; /* about to be removed */
	JsonObject *object = drive_of(drive);
	const char *file = viva_document_get_string(object, "file");
	g_autofree char *name = file ? g_path_get_basename(file) : NULL, *escaped = name ? g_markup_escape_text(name, -1) : NULL;
	g_autofree char *whole = file ? g_markup_escape_text(file, -1) : NULL;
	drive->showing = true;
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), kind_title(object));
	adw_expander_row_set_icon_name(ADW_EXPANDER_ROW(row), kind_icon(object));
	adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(row), escaped ? escaped : _("Empty"));
	adw_action_row_set_subtitle(ADW_ACTION_ROW(drive->file), whole ? whole : _("Empty"));
	gtk_widget_set_visible(drive->eject, file != NULL);
	gtk_switch_set_active(GTK_SWITCH(drive->read_only), viva_document_get_bool(object, "read-only"));
	gtk_switch_set_active(GTK_SWITCH(drive->snapshot), viva_document_get_bool(object, "snapshot"));
	if (viv_interface_places(viva_document_get_string(object, "interface"), &buses, &units))
		adw_combo_row_set_selected(ADW_COMBO_ROW(drive->place),
			(guint)(viva_document_get_int(object, "bus", 0) * units + viva_document_get_int(object, "unit", 0)));
	drive->showing = false;
}

static GtkWidget *drive_row_new(VivaSettings *settings, unsigned number)
{
	Drive *drive = g_new0(Drive, 1);
	drive->settings = g_object_ref(settings);
	drive->number = number;
	drive->row = adw_expander_row_new();
	g_object_set_data_full(G_OBJECT(drive->row), "drive", drive, drive_free);
	drive->file = inner_row_new(drive, _("Image File"), NULL);
	drive->eject = viva_settings_button_new("media-eject-symbolic", _("Take the Image Out"));
	GtkWidget *choose = viva_settings_button_new("document-open-symbolic", _("Choose an Image"));
	adw_action_row_add_suffix(ADW_ACTION_ROW(drive->file), drive->eject);
	adw_action_row_add_suffix(ADW_ACTION_ROW(drive->file), choose);
	g_signal_connect_swapped(drive->eject, "clicked", G_CALLBACK(eject_clicked), drive);
	g_signal_connect_swapped(choose, "clicked", G_CALLBACK(choose_clicked), drive);
	drive->read_only = flag_row_new(drive, _("Read Only"), _("The guest can’t write"));
	drive->snapshot = flag_row_new(drive, _("Discard Changes"), _("The image is as before when the machine is switched off"));
	add_place(drive);
	add_remove(drive);
	show_drive(drive->row);
	g_signal_connect_object(settings, "changed", G_CALLBACK(show_drive), drive->row, G_CONNECT_SWAPPED);
	return drive->row;
}

/* ---- the list ---- */

static void show(AdwPreferencesGroup *group)
{
	Drives *drives = g_object_get_data(G_OBJECT(group), "drives");
	unsigned count = viva_settings_get_length(drives->settings, "drives");
	if (count == drives->rows->len)
		return; /* each row shows its own changes */
	for (unsigned n = 0; n < drives->rows->len; n++)
		adw_preferences_group_remove(group, g_ptr_array_index(drives->rows, n));
	g_ptr_array_set_size(drives->rows, 0);
	for (unsigned n = 0; n < count; n++) {
		GtkWidget *row = drive_row_new(drives->settings, n);
		adw_preferences_group_add(group, row);
		g_ptr_array_add(drives->rows, row);
	}
}

/* ---- new drives ---- */

static void took_disk(GFile *file, gpointer settings)
{
	viva_settings_add_drive(settings, "ide", "disk", g_file_peek_path(file));
}

static void add_existing(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	Drives *drives = data;
	viva_settings_choose_file(GTK_WIDGET(drives->group), _("Choose a Disk Image"), took_disk, G_OBJECT(drives->settings));
}

static char *free_disk_path(VivaEntry *entry)
{
	for (unsigned n = 1;; n++) {
		g_autofree char *name = g_strdup_printf("disk-%u.img", n);
		char *path = g_build_filename(viva_entry_get_folder(entry), name, NULL);
		if (!g_file_test(path, G_FILE_TEST_EXISTS))
			return path;
		g_free(path);
	}
}

typedef struct NewDisk {
	GtkWidget *group;
	char *path;
	guint64 size;
} NewDisk;

static void new_disk_free(gpointer data)
{
	NewDisk *disk = data;
	g_object_unref(disk->group);
	g_free(disk->path);
	g_free(disk);
}

static void make_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	const NewDisk *disk = data;
	GError *error = NULL;
	if (viva_files_make_disk(disk->path, disk->size, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static void disk_made(GObject *settings, GAsyncResult *result, gpointer data)
{
	const NewDisk *disk = g_task_get_task_data(G_TASK(result));
	g_autoptr(GError) error = NULL;
	if (!g_task_propagate_boolean(G_TASK(result), &error))
		viva_alert(disk->group, _("The Disk Can’t Be Made"), error->message);
	else if (!viva_settings_add_drive(VIVA_SETTINGS(settings), "ide", "disk", disk->path))
		g_unlink(disk->path); /* there is no place for it, as the window says */
	g_application_release(g_application_get_default());
}

/* The application doesn't end before it is done. */
static void make_disk(Drives *drives, int gib)
{
	NewDisk *disk = g_new(NewDisk, 1);
	*disk = (NewDisk){ g_object_ref(GTK_WIDGET(drives->group)), free_disk_path(viva_settings_get_entry(drives->settings)), (guint64)gib << 30 };
	g_autoptr(GTask) task = g_task_new(drives->settings, NULL, disk_made, NULL);
	g_application_hold(g_application_get_default());
	g_task_set_task_data(task, disk, new_disk_free);
	g_task_run_in_thread(task, make_in_thread);
}

static void new_disk_answered(AdwMessageDialog *dialog, const char *response, AdwPreferencesGroup *group)
{
	if (!g_strcmp0(response, "create"))
		make_disk(g_object_get_data(G_OBJECT(group), "drives"),
			gtk_spin_button_get_value_as_int(GTK_SPIN_BUTTON(adw_message_dialog_get_extra_child(dialog))));
}

static void add_new(GSimpleAction *action, GVariant *parameter, gpointer data)
{
	Drives *drives = data;
	GtkWidget *dialog = adw_message_dialog_new(GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(drives->group))), _("New Hard Disk"),
		_("The size in GiB that the guest finds. The file grows as the guest writes."));
	GtkWidget *size = gtk_spin_button_new_with_range(1, DISK_GIB_MOST, 1);
	gtk_spin_button_set_value(GTK_SPIN_BUTTON(size), DISK_GIB_SUGGESTED);
	gtk_accessible_update_property(GTK_ACCESSIBLE(size), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Size in GiB"), -1);
	adw_message_dialog_set_extra_child(ADW_MESSAGE_DIALOG(dialog), size);
	adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "create", _("C_reate"), NULL);
	adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "create", ADW_RESPONSE_SUGGESTED);
	adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "create");
	adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
	g_signal_connect_object(dialog, "response", G_CALLBACK(new_disk_answered), drives->group, 0);
	viva_add_help_key(dialog, "media");
	gtk_window_present(GTK_WINDOW(dialog));
}

static void add_empty(GSimpleAction *action, GVariant *kind, gpointer data)
{
	Drives *drives = data;
	bool cd = !strcmp(g_variant_get_string(kind, NULL), "cdrom");
	viva_settings_add_drive(drives->settings, cd ? "ide" : "floppy", cd ? "cdrom" : "disk", NULL);
}

static GtkWidget *add_button_new(void)
{
	g_autoptr(GMenu) menu = g_menu_new();
	g_menu_append(menu, _("_New Hard Disk…"), "drives.new");
	g_menu_append(menu, _("_Existing Hard Disk…"), "drives.existing");
	g_menu_append(menu, _("_CD or DVD Drive"), "drives.empty::cdrom");
	g_menu_append(menu, _("_Floppy Drive"), "drives.empty::floppy");
	GtkWidget *button = gtk_menu_button_new();
	gtk_menu_button_set_icon_name(GTK_MENU_BUTTON(button), "list-add-symbolic");
	gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(button), G_MENU_MODEL(menu));
	gtk_widget_add_css_class(button, "flat");
	gtk_widget_set_tooltip_text(button, _("Add a Drive"));
	gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Add a Drive"), -1);
	return button;
}

static void add_actions(Drives *drives)
{
	static const GActionEntry actions[] = {
		{ .name = "new", .activate = add_new }, { .name = "existing", .activate = add_existing },
		{ .name = "empty", .activate = add_empty, .parameter_type = "s" },
	};
	g_autoptr(GSimpleActionGroup) group = g_simple_action_group_new();
	g_action_map_add_action_entries(G_ACTION_MAP(group), actions, G_N_ELEMENTS(actions), drives);
	gtk_widget_insert_action_group(GTK_WIDGET(drives->group), "drives", G_ACTION_GROUP(group));
}

void viva_settings_disks_page_fill(AdwPreferencesPage *page, VivaSettings *settings)
{
	Drives *drives = g_new0(Drives, 1);
	drives->settings = g_object_ref(settings);
	drives->rows = g_ptr_array_new();
	drives->group = viva_settings_group_new(page, _("Drives"), NULL);
	g_object_set_data_full(G_OBJECT(drives->group), "drives", drives, drives_free);
	add_actions(drives);
	adw_preferences_group_set_header_suffix(drives->group, add_button_new());
	show(drives->group);
	g_signal_connect_object(settings, "changed", G_CALLBACK(show), drives->group, G_CONNECT_SWAPPED);
	viva_settings_rows_add(viva_settings_group_new(page, _("All Disks"), NULL), settings, viva_settings_disks);
}
