/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/settings-row.h"

#include <glib/gi18n.h>
#include <string.h>

#include "viv-config.h"

typedef struct Row {
	VivaSettings *settings;
	const VivaSetting *setting;
	GtkWidget *widget, *control, *enable, *clear;
	guint rest;   /* of a slider: timer until its value is taken; 0: it is */
	gint64 moved_to;
	bool showing; /* the widgets are being set, not used */
} Row;

static void row_free(gpointer data)
{
	Row *row = data;
	if (row->rest) {
		g_source_remove(row->rest);
		viva_settings_set_number(row->settings, row->setting->path, row->moved_to);
	}
	g_object_unref(row->settings);
	g_free(row);
}

static Row *row_of(GtkWidget *widget)
{
	return g_object_get_data(G_OBJECT(widget), "viva-row");
}

/* ---- parts ---- */

/* Nobody asks when, while the machine is off. */
static bool is_on(VivaEntry *entry)
{
	VivaState state = viva_entry_get_state(entry);
	return state == VIVA_STATE_RUNNING || state == VIVA_STATE_PAUSED;
}

static void entry_state_changed(GtkWidget *label)
{
	gtk_widget_set_visible(label, is_on(viva_settings_get_entry(g_object_get_data(G_OBJECT(label), "settings"))));
}

static void show_row_when(AdwActionRow *row)
{
	VivaSettings *settings = g_object_get_data(G_OBJECT(row), "settings");
	const char *subtitle = g_object_get_data(G_OBJECT(row), "subtitle"), *when = g_object_get_data(G_OBJECT(row), "when");
	bool on = is_on(viva_settings_get_entry(settings));
	g_autofree char *both = on && subtitle ? g_strdup_printf("%s · %s", subtitle, when) : NULL;
	adw_action_row_set_subtitle(row, both ? both : on ? when : subtitle ? subtitle : "");
}

void viva_settings_row_set_when(AdwActionRow *row, VivaSettings *settings, const char *subtitle, bool now)
{
	g_object_set_data_full(G_OBJECT(row), "settings", g_object_ref(settings), g_object_unref);
	g_object_set_data_full(G_OBJECT(row), "subtitle", g_strdup(subtitle), g_free);
	g_object_set_data_full(G_OBJECT(row), "when", g_strdup(now ? _("Now") : _("Next Start")), g_free);
	g_signal_connect_object(viva_settings_get_entry(settings), "notify::state", G_CALLBACK(show_row_when), row, G_CONNECT_SWAPPED);
	show_row_when(row);
}

GtkWidget *viva_settings_when_new(VivaSettings *settings, bool now)
{
	GtkWidget *label = gtk_label_new(now ? _("Now") : _("Next Start"));
	gtk_widget_add_css_class(label, "caption");
	gtk_widget_add_css_class(label, "dim-label");
	gtk_widget_set_valign(label, GTK_ALIGN_CENTER);
	gtk_widget_set_tooltip_text(label, now ? _("Takes effect now") : _("Takes effect at the next start"));
	g_object_set_data_full(G_OBJECT(label), "settings", g_object_ref(settings), g_object_unref);
	g_signal_connect_object(viva_settings_get_entry(settings), "notify::state", G_CALLBACK(entry_state_changed), label, G_CONNECT_SWAPPED);
	entry_state_changed(label);
	return label;
}

AdwPreferencesGroup *viva_settings_group_new(AdwPreferencesPage *page, const char *title, const char *description)
{
	AdwPreferencesGroup *group = g_object_new(ADW_TYPE_PREFERENCES_GROUP, "title", title, "description", description, NULL);
	adw_preferences_page_add(page, group);
	return group;
}

static void set_label(GtkWidget *widget, const char *label)
{
	gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

GtkWidget *viva_settings_button_new(const char *icon, const char *label)
{
	GtkWidget *button = gtk_button_new_from_icon_name(icon);
	gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
	gtk_widget_add_css_class(button, "flat");
	gtk_widget_set_tooltip_text(button, label);
	set_label(button, label);
	return button;
}

GtkWidget *viva_settings_switch_new(GtkWidget *row, const char *title)
{
	GtkWidget *control = gtk_switch_new();
	gtk_widget_set_valign(control, GTK_ALIGN_CENTER);
	set_label(control, title);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), control);
	adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), control);
	return control;
}

static void show(GtkWidget *widget);

/* What was refused isn't shown any longer. */
static void took(const Row *row, bool ok)
{
	if (!ok)
		show(row->widget);
}

/* ---- choosing files ---- */

typedef struct Choosing {
	VivaFileChosen *chosen;
	GObject *owner;
} Choosing;

static void file_chosen(GtkNativeDialog *dialog, int response, gpointer data)
{
	Choosing *choosing = data;
	if (response == GTK_RESPONSE_ACCEPT) {
		g_autoptr(GFile) file = gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog));
		choosing->chosen(file, choosing->owner);
	}
	g_object_unref(choosing->owner);
	g_free(choosing);
	g_object_unref(dialog);
}

void viva_settings_choose_file(GtkWidget *near, const char *title, VivaFileChosen *chosen, GObject *owner)
{
	GtkFileChooserNative *dialog =
		gtk_file_chooser_native_new(title, GTK_WINDOW(gtk_widget_get_root(near)), GTK_FILE_CHOOSER_ACTION_OPEN, _("_Open"), _("_Cancel"));
	Choosing *choosing = g_new(Choosing, 1);
	*choosing = (Choosing){ chosen, g_object_ref(owner) };
	gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
	g_signal_connect(dialog, "response", G_CALLBACK(file_chosen), choosing);
	gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

/* ---- texts ---- */

static void text_applied(GtkWidget *widget)
{
	Row *row = row_of(widget);
	if (viva_settings_set_text(row->settings, row->setting->path, gtk_editable_get_text(GTK_EDITABLE(widget))))
		gtk_widget_remove_css_class(widget, "error");
	else
		gtk_widget_add_css_class(widget, "error");
}

static void make_text(Row *row)
{
	row->widget = adw_entry_row_new();
	adw_entry_row_set_show_apply_button(ADW_ENTRY_ROW(row->widget), TRUE);
	adw_entry_row_add_suffix(ADW_ENTRY_ROW(row->widget), viva_settings_when_new(row->settings, row->setting->now));
	g_signal_connect(row->widget, "apply", G_CALLBACK(text_applied), NULL);
}

static void show_text(Row *row)
{
	const char *text = viva_settings_get_text(row->settings, row->setting->path);
	if (strcmp(text, gtk_editable_get_text(GTK_EDITABLE(row->widget))))
		gtk_editable_set_text(GTK_EDITABLE(row->widget), text);
}

/* ---- flags ---- */

static void add_when(Row *row)
{
	adw_action_row_add_suffix(ADW_ACTION_ROW(row->widget), viva_settings_when_new(row->settings, row->setting->now));
}

static void flag_changed(Row *row)
{
	if (!row->showing)
		took(row, viva_settings_set_flag(row->settings, row->setting->path, gtk_switch_get_active(GTK_SWITCH(row->control))));
}

static void make_flag(Row *row)
{
	row->widget = adw_action_row_new();
	add_when(row);
	row->control = viva_settings_switch_new(row->widget, _(row->setting->title));
	g_signal_connect_swapped(row->control, "notify::active", G_CALLBACK(flag_changed), row);
}

static void show_flag(Row *row)
{
	gtk_switch_set_active(GTK_SWITCH(row->control), viva_settings_get_flag(row->settings, row->setting->path));
}

/* ---- numbers ---- */

static int scale_of(const Row *row)
{
	return MAX(row->setting->scale, 1);
}

static void number_changed(Row *row)
{
	if (row->showing)
		return;
	double value = gtk_spin_button_get_value(GTK_SPIN_BUTTON(row->control));
	took(row, viva_settings_set_number(row->settings, row->setting->path, (gint64)(value * scale_of(row) + 0.5)));
}

static void number_enabled(Row *row)
{
	if (!row->showing)
		took(row, viva_settings_set_number(row->settings, row->setting->path,
				  gtk_switch_get_active(GTK_SWITCH(row->enable)) ? row->setting->suggested : -1));
}

static void make_number(Row *row)
{
	const VivaSetting *setting = row->setting;
	VivMember member = { .maximum = G_MAXINT };
	viv_config_member(setting->path, &member);
	row->widget = adw_action_row_new();
	add_when(row);
	double scale = scale_of(row), step = setting->step != 0 ? setting->step : 1;
	row->control = gtk_spin_button_new_with_range((double)MAX(member.minimum, 0) / scale, (double)member.maximum / scale, step);
	gtk_spin_button_set_digits(GTK_SPIN_BUTTON(row->control), setting->digits);
	gtk_spin_button_set_numeric(GTK_SPIN_BUTTON(row->control), TRUE);
	gtk_widget_set_valign(row->control, GTK_ALIGN_CENTER);
	set_label(row->control, _(setting->title));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row->widget), row->control);
	g_signal_connect_swapped(row->control, "value-changed", G_CALLBACK(number_changed), row);
	if (member.type != VIV_MEMBER_NUMBER_OR_NONE)
		return;
	row->enable = viva_settings_switch_new(row->widget, _(setting->title));
	g_signal_connect_swapped(row->enable, "notify::active", G_CALLBACK(number_enabled), row);
}

static void show_number(Row *row)
{
	gint64 number = viva_settings_get_number(row->settings, row->setting->path);
	if (row->enable) {
		gtk_switch_set_active(GTK_SWITCH(row->enable), number >= 0);
		gtk_widget_set_visible(row->control, number >= 0);
	}
	if (number >= 0)
		gtk_spin_button_set_value(GTK_SPIN_BUTTON(row->control), (double)number / scale_of(row));
}

/* ---- sliders ---- */

/* A value for each pixel that the pointer passes is none that somebody wants. */
enum { REST_MS = 200 };

static gboolean slider_rested(gpointer data)
{
	Row *row = data;
	row->rest = 0;
	took(row, viva_settings_set_number(row->settings, row->setting->path, row->moved_to));
	return G_SOURCE_REMOVE;
}

static void slider_moved(Row *row)
{
	if (row->showing)
		return;
	row->moved_to = (gint64)(gtk_range_get_value(GTK_RANGE(row->control)) + 0.5);
	g_clear_handle_id(&row->rest, g_source_remove);
	row->rest = g_timeout_add(REST_MS, slider_rested, row);
}

static void make_slider(Row *row)
{
	VivMember member = { .maximum = 1 };
	viv_config_member(row->setting->path, &member);
	row->widget = adw_action_row_new();
	add_when(row);
	row->control = gtk_scale_new_with_range(GTK_ORIENTATION_HORIZONTAL, (double)member.minimum, (double)member.maximum, row->setting->step);
	gtk_widget_set_size_request(row->control, 140, -1);
	gtk_widget_set_hexpand(row->control, TRUE);
	set_label(row->control, _(row->setting->title));
	adw_action_row_add_suffix(ADW_ACTION_ROW(row->widget), row->control);
	g_signal_connect_swapped(row->control, "value-changed", G_CALLBACK(slider_moved), row);
}

static void show_slider(Row *row)
{
	if (!row->rest)
		gtk_range_set_value(GTK_RANGE(row->control), (double)viva_settings_get_number(row->settings, row->setting->path));
}

/* ---- choices ---- */

static void choice_selected(Row *row)
{
	guint n = adw_combo_row_get_selected(ADW_COMBO_ROW(row->widget)), count = 0;
	while (row->setting->choices[count].value)
		count++;
	if (!row->showing && n < count)
		took(row, viva_settings_set_text(row->settings, row->setting->path, row->setting->choices[n].value));
}

static void make_choice(Row *row)
{
	row->widget = adw_combo_row_new();
	const char *subtitle = row->setting->subtitle;
	viva_settings_row_set_when(ADW_ACTION_ROW(row->widget), row->settings, subtitle ? _(subtitle) : NULL, row->setting->now);
	g_signal_connect_swapped(row->widget, "notify::selected", G_CALLBACK(choice_selected), row);
}

/* A value that no choice has, such as a date for the clock, is a choice of its own. */
static void show_choice(Row *row)
{
	const char *text = viva_settings_get_text(row->settings, row->setting->path);
	GtkStringList *labels = GTK_STRING_LIST(adw_combo_row_get_model(ADW_COMBO_ROW(row->widget)));
	const VivaChoice *choices = row->setting->choices;
	guint count = 0, selected = GTK_INVALID_LIST_POSITION;
	for (; choices[count].value; count++)
		if (!strcmp(choices[count].value, text))
			selected = count;
	if (!labels || g_list_model_get_n_items(G_LIST_MODEL(labels)) != count + (selected == GTK_INVALID_LIST_POSITION)) {
		g_autoptr(GtkStringList) made = gtk_string_list_new(NULL);
		for (guint n = 0; n < count; n++)
			gtk_string_list_append(made, _(choices[n].label));
		if (selected == GTK_INVALID_LIST_POSITION)
			gtk_string_list_append(made, text);
		adw_combo_row_set_model(ADW_COMBO_ROW(row->widget), G_LIST_MODEL(made));
	}
	adw_combo_row_set_selected(ADW_COMBO_ROW(row->widget), selected == GTK_INVALID_LIST_POSITION ? count : selected);
}

/* ---- files ---- */

static void took_file(GFile *file, gpointer widget)
{
	Row *row = row_of(widget);
	viva_settings_set_text(row->settings, row->setting->path, g_file_peek_path(file));
}

static void choose(GtkWidget *button, GtkWidget *widget)
{
	viva_settings_choose_file(widget, _(row_of(widget)->setting->title), took_file, G_OBJECT(widget));
}

static void clear(GtkWidget *button, GtkWidget *widget)
{
	Row *row = row_of(widget);
	viva_settings_set_text(row->settings, row->setting->path, NULL);
}

static void make_file(Row *row)
{
	row->widget = adw_action_row_new();
	add_when(row);
	g_autofree char *choose_label = g_strdup_printf(_("Choose “%s”"), _(row->setting->title));
	g_autofree char *clear_label = g_strdup_printf(_("Remove “%s”"), _(row->setting->title));
	row->control = viva_settings_button_new("document-open-symbolic", choose_label);
	row->clear = viva_settings_button_new("edit-clear-symbolic", clear_label);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row->widget), row->clear);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row->widget), row->control);
	adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row->widget), row->control);
	g_signal_connect(row->control, "clicked", G_CALLBACK(choose), row->widget);
	g_signal_connect(row->clear, "clicked", G_CALLBACK(clear), row->widget);
}

static void show_file(Row *row)
{
	const char *path = viva_settings_get_text(row->settings, row->setting->path);
	g_autofree char *escaped = g_markup_escape_text(*path ? path : row->setting->subtitle ? _(row->setting->subtitle) : _("None"), -1);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(row->widget), escaped);
	gtk_widget_set_visible(row->clear, *path);
}

/* ---- rows ---- */

static const struct {
	void (*make)(Row *row);
	void (*show)(Row *row);
} kinds[] = {
	[VIVA_SETTING_TEXT] = { make_text, show_text },
	[VIVA_SETTING_FLAG] = { make_flag, show_flag },
	[VIVA_SETTING_NUMBER] = { make_number, show_number },
	[VIVA_SETTING_SLIDER] = { make_slider, show_slider },
	[VIVA_SETTING_CHOICE] = { make_choice, show_choice },
	[VIVA_SETTING_FILE] = { make_file, show_file },
};

static void show(GtkWidget *widget)
{
	Row *row = row_of(widget);
	row->showing = true;
	kinds[row->setting->kind].show(row);
	row->showing = false;
}

GtkWidget *viva_settings_row_new(VivaSettings *settings, const VivaSetting *setting)
{
	Row *row = g_new0(Row, 1);
	row->settings = g_object_ref(settings);
	row->setting = setting;
	kinds[setting->kind].make(row);
	g_object_set_data_full(G_OBJECT(row->widget), "viva-row", row, row_free);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row->widget), _(setting->title));
	if (setting->subtitle && ADW_IS_ACTION_ROW(row->widget) && !ADW_IS_COMBO_ROW(row->widget))
		adw_action_row_set_subtitle(ADW_ACTION_ROW(row->widget), _(setting->subtitle));
	show(row->widget);
	g_signal_connect_object(settings, "changed", G_CALLBACK(show), row->widget, G_CONNECT_SWAPPED);
	return row->widget;
}

void viva_settings_rows_add(AdwPreferencesGroup *group, VivaSettings *settings, const VivaSetting *table)
{
	for (; table->path; table++)
		adw_preferences_group_add(group, viva_settings_row_new(settings, table));
}
