/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/library-page.h"

#include <glib/gi18n.h>
#include <string.h>

#include "library/archive.h"
#include "ui/card.h"
#include "ui/create-window.h"
#include "ui/errors.h"
#include "ui/settings-window.h"
#include "ui/window.h"
#include "ui/work-row.h"

struct _VivaLibraryPage {
	AdwBin parent;
	GtkSearchBar *search_bar;
	GtkSearchEntry *search_entry;
	GtkWidget *tag_scroller;
	GtkBox *tag_box, *work_box;
	GtkMenuButton *view_button;
	GtkStack *stack;
	GtkGridView *grid;
	GtkListView *list;
	VivaLibrary *library;
	GtkCustomFilter *filter;
	GtkCustomSorter *sorter;
	GtkFilterListModel *filtered;
	GtkSelectionModel *model; /* what the views show */
	char **words;	/* of the search, folded */
	char *tag;	/* NULL: all */
	char *view, *sort; /* the actions' states */
	GPtrArray *deleted; /* VivaEntry: hidden, and not in the trash yet */
};

G_DEFINE_TYPE(VivaLibraryPage, viva_library_page, ADW_TYPE_BIN)

enum { PROP_0, PROP_VIEW, PROP_SORT };

static GtkWindow *window_of(VivaLibraryPage *self)
{
	return GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(self)));
}

static VivaEntry *entry_of(VivaLibraryPage *self, GVariant *id)
{
	return viva_library_find(self->library, g_variant_get_string(id, NULL));
}

/* ---- filter and order ---- */

static char *fold(const char *text)
{
	g_autofree char *normal = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);
	return g_utf8_casefold(normal, -1);
}

static bool says(VivaEntry *entry, const char *word)
{
	const char *const *tags = viva_entry_get_tags(entry);
	g_autofree char *title = fold(viva_entry_get_title(entry));
	if (strstr(title, word))
		return true;
	for (; *tags; tags++) {
		g_autofree char *tag = fold(*tags);
		if (strstr(tag, word))
			return true;
	}
	return false;
}

static gboolean matches(gpointer item, gpointer data)
{
	VivaLibraryPage *self = data;
	if (self->tag && !g_strv_contains(viva_entry_get_tags(item), self->tag))
		return FALSE;
	for (unsigned n = 0; self->words && self->words[n]; n++)
		if (!says(item, self->words[n]))
			return FALSE;
	return TRUE;
}

static int compare(gconstpointer a, gconstpointer b, gpointer data)
{
	VivaLibraryPage *self = data;
	VivaEntry *one = (VivaEntry *)a, *two = (VivaEntry *)b;
	gint64 newer = 0;
	if (!strcmp(self->sort, "last-run"))
		newer = viva_entry_get_last_run(two) - viva_entry_get_last_run(one);
	else if (!strcmp(self->sort, "created"))
		newer = viva_entry_get_created(two) - viva_entry_get_created(one);
	if (newer)
		return newer > 0 ? 1 : -1;
	return g_utf8_collate(viva_entry_get_title(one), viva_entry_get_title(two));
}

/* A view makes a card for each machine, seen or not: the one that isn't shown gets none, and neither does before the window is there. */
static void give_model(VivaLibraryPage *self)
{
	GtkSelectionModel *model = gtk_widget_get_root(GTK_WIDGET(self)) ? self->model : NULL;
	bool list = !strcmp(self->view, "list");
	gtk_grid_view_set_model(self->grid, list ? NULL : model);
	gtk_list_view_set_model(self->list, list ? model : NULL);
}

static void viva_library_page_root(GtkWidget *widget)
{
	GTK_WIDGET_CLASS(viva_library_page_parent_class)->root(widget);
	give_model(VIVA_LIBRARY_PAGE(widget));
}

static void show_right_page(VivaLibraryPage *self)
{
	bool any = g_list_model_get_n_items(G_LIST_MODEL(self->library)), found = g_list_model_get_n_items(G_LIST_MODEL(self->filtered));
	gtk_stack_set_visible_child_name(self->stack, !any ? "empty" : !found ? "nothing" : self->view);
}

static void filter_changed(VivaLibraryPage *self)
{
	g_autofree char *text = fold(gtk_editable_get_text(GTK_EDITABLE(self->search_entry)));
	g_strfreev(self->words);
	self->words = g_strsplit_set(text, " \t", -1);
	gtk_filter_changed(GTK_FILTER(self->filter), GTK_FILTER_CHANGE_DIFFERENT);
	show_right_page(self);
}

/* ---- tags ---- */

static char **all_tags(VivaLibraryPage *self)
{
	g_autoptr(GHashTable) tags = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GListModel *model = G_LIST_MODEL(self->library);
	for (guint n = 0; n < g_list_model_get_n_items(model); n++) {
		g_autoptr(VivaEntry) entry = g_list_model_get_item(model, n);
		for (const char *const *tag = viva_entry_get_tags(entry); *tag; tag++)
			g_hash_table_add(tags, g_strdup(*tag));
	}
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(tags), (GCompareFunc)g_utf8_collate);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	for (const GList *name = names; name; name = name->next)
		g_strv_builder_add(builder, name->data);
	return g_strv_builder_end(builder);
}

static void tag_toggled(GtkToggleButton *button, gpointer data)
{
	VivaLibraryPage *self = data;
	if (!gtk_toggle_button_get_active(button))
		return;
	g_free(self->tag);
	self->tag = g_strdup(g_object_get_data(G_OBJECT(button), "tag"));
	filter_changed(self);
}

static void add_tag(VivaLibraryPage *self, const char *label, const char *tag)
{
	GtkWidget *button = gtk_toggle_button_new_with_label(label), *first = gtk_widget_get_first_child(GTK_WIDGET(self->tag_box));
	g_object_set_data_full(G_OBJECT(button), "tag", g_strdup(tag), g_free);
	gtk_toggle_button_set_group(GTK_TOGGLE_BUTTON(button), GTK_TOGGLE_BUTTON(first));
	gtk_toggle_button_set_active(GTK_TOGGLE_BUTTON(button), !g_strcmp0(tag, self->tag));
	gtk_widget_add_css_class(button, "pill");
	gtk_widget_add_css_class(button, "tag");
	g_signal_connect(button, "toggled", G_CALLBACK(tag_toggled), self);
	gtk_box_append(self->tag_box, button);
}

static void show_tags(VivaLibraryPage *self)
{
	g_auto(GStrv) tags = all_tags(self);
	for (GtkWidget *child; (child = gtk_widget_get_first_child(GTK_WIDGET(self->tag_box)));)
		gtk_box_remove(self->tag_box, child);
	if (self->tag && !g_strv_contains((const char *const *)tags, self->tag))
		g_clear_pointer(&self->tag, g_free);
	gtk_widget_set_visible(self->tag_scroller, *tags != NULL);
	if (!*tags)
		return;
	add_tag(self, _("All"), NULL);
	for (unsigned n = 0; tags[n]; n++)
		add_tag(self, tags[n], tags[n]);
}

/* ---- the machines ---- */

static void entry_changed(VivaLibraryPage *self)
{
	show_tags(self);
	gtk_sorter_changed(GTK_SORTER(self->sorter), GTK_SORTER_CHANGE_DIFFERENT);
	filter_changed(self);
}

static void watch_entry(VivaLibraryPage *self, VivaEntry *entry)
{
	g_signal_handlers_disconnect_by_func(entry, entry_changed, self);
	g_signal_connect_object(entry, "notify::title", G_CALLBACK(entry_changed), self, G_CONNECT_SWAPPED);
	g_signal_connect_object(entry, "notify::tags", G_CALLBACK(entry_changed), self, G_CONNECT_SWAPPED);
}

static void library_changed(VivaLibraryPage *self, guint position, guint removed, guint added)
{
	for (guint n = position; n < position + added; n++) {
		g_autoptr(VivaEntry) entry = g_list_model_get_item(G_LIST_MODEL(self->library), n);
		watch_entry(self, entry);
	}
	show_tags(self);
	filter_changed(self);
}

static void set_up_upright(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
	gtk_list_item_set_child(item, GTK_WIDGET(viva_card_new(GTK_ORIENTATION_VERTICAL)));
}

static void set_up_lying(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
	gtk_list_item_set_child(item, GTK_WIDGET(viva_card_new(GTK_ORIENTATION_HORIZONTAL)));
}

static void bind(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
	viva_card_set_entry(VIVA_CARD(gtk_list_item_get_child(item)), gtk_list_item_get_item(item));
}

static void unbind(GtkSignalListItemFactory *factory, GtkListItem *item, gpointer data)
{
	viva_card_set_entry(VIVA_CARD(gtk_list_item_get_child(item)), NULL);
}

static GtkListItemFactory *factory_new(GCallback set_up)
{
	GtkListItemFactory *factory = gtk_signal_list_item_factory_new();
	g_signal_connect(factory, "setup", set_up, NULL);
	g_signal_connect(factory, "bind", G_CALLBACK(bind), NULL);
	g_signal_connect(factory, "unbind", G_CALLBACK(unbind), NULL);
	return factory;
}

static void show_details(VivaLibraryPage *self, VivaEntry *entry)
{
	g_autofree char *heading = g_strdup_printf(_("“%s” Is Damaged"), viva_entry_get_title(entry));
	viva_alert(GTK_WIDGET(self), heading, viva_entry_get_error(entry));
}

static void activated(VivaLibraryPage *self, guint position, GtkWidget *view)
{
	g_autoptr(VivaEntry) entry = g_list_model_get_item(G_LIST_MODEL(self->model), position);
	if (viva_entry_get_state(entry) == VIVA_STATE_DAMAGED)
		show_details(self, entry);
	else
		gtk_widget_activate_action(GTK_WIDGET(self), "win.open", "s", viva_entry_get_id(entry));
}

/* ---- actions ---- */

void viva_library_page_create(VivaLibraryPage *self, GFile *file)
{
	VivaCreateWindow *window = viva_create_window_new(self->library, window_of(self));
	gtk_window_present(GTK_WINDOW(window));
	if (file)
		viva_create_window_take_file(window, file);
}

static void action_new(GtkWidget *widget, const char *name, GVariant *parameter)
{
	viva_library_page_create(VIVA_LIBRARY_PAGE(widget), NULL);
}

void viva_library_page_show_settings(VivaLibraryPage *self, VivaEntry *entry)
{
	VivaSettingsWindow *window = viva_settings_window_new(entry, window_of(self));
	gtk_window_present(GTK_WINDOW(window));
}

static void action_settings(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(widget);
	VivaEntry *entry = entry_of(self, id);
	if (entry && viva_entry_get_config(entry))
		viva_library_page_show_settings(self, entry);
}

static void action_details(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(widget);
	VivaEntry *entry = entry_of(self, id);
	if (entry && viva_entry_get_error(entry))
		show_details(self, entry);
}

/* Copying that goes on, as a row at the window's foot. */
typedef struct Work {
	VivaLibraryPage *page;
	VivaWorkRow *row;
	char *path;  /* of an export */
	char *title; /* likewise, of its machine */
} Work;

static Work *work_new(VivaLibraryPage *self, const char *text, GCancellable *cancellable)
{
	Work *work = g_new0(Work, 1);
	work->page = g_object_ref(self);
	work->row = g_object_ref(viva_work_row_new(text, cancellable));
	gtk_box_append(self->work_box, GTK_WIDGET(work->row));
	return work;
}

static void work_end(Work *work, const char *problem, const GError *error)
{
	gtk_box_remove(work->page->work_box, GTK_WIDGET(work->row));
	if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && gtk_widget_get_root(GTK_WIDGET(work->page)))
		viva_alert(GTK_WIDGET(work->page), problem, error->message);
	g_object_unref(work->row);
	g_object_unref(work->page);
	g_free(work->path);
	g_free(work->title);
	g_free(work);
}

static void cloned(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(GError) error = NULL;
	viva_library_clone_finish(VIVA_LIBRARY(source), result, &error);
	work_end(data, _("The Machine Can’t Be Cloned"), error);
}

static void action_clone(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(widget);
	VivaEntry *entry = entry_of(self, id);
	if (!entry)
		return;
	/* Translators: the title of a copy of a machine */
	g_autofree char *title = g_strdup_printf(_("%s (Copy)"), viva_entry_get_title(entry));
	g_autofree char *text = g_strdup_printf(_("Cloning “%s”"), viva_entry_get_title(entry));
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	Work *work = work_new(self, text, cancellable);
	viva_library_clone_async(self->library, entry, title, viva_work_row_set_progress, work->row, cancellable, cloned, work);
}

static void exported(GObject *source, GAsyncResult *result, gpointer data)
{
	Work *work = data;
	g_autoptr(GError) error = NULL;
	GtkWindow *window = window_of(work->page);
	if (viva_library_export_finish(VIVA_LIBRARY(source), result, &error) && VIVA_IS_WINDOW(window)) {
		g_autofree char *name = g_path_get_basename(work->path), *text = g_strdup_printf(_("“%s” exported to “%s”"), work->title, name);
		viva_toasts_tell(viva_window_get_toasts(VIVA_WINDOW(window)), text);
	}
	work_end(work, _("The Machine Can’t Be Exported"), error);
}

void viva_library_page_export(VivaLibraryPage *self, VivaEntry *entry, const char *path)
{
	g_autofree char *text = g_strdup_printf(_("Exporting “%s”"), viva_entry_get_title(entry));
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	Work *work = work_new(self, text, cancellable);
	work->path = g_strdup(path);
	work->title = g_strdup(viva_entry_get_title(entry));
	viva_library_export_async(self->library, entry, path, viva_work_row_set_progress, work->row, cancellable, exported, work);
}

static void export_chosen(GtkNativeDialog *dialog, int response, gpointer data)
{
	VivaLibraryPage *self = data;
	VivaEntry *entry = viva_library_find(self->library, g_object_get_data(G_OBJECT(dialog), "id"));
	g_autoptr(GFile) file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;
	if (entry && file && g_file_peek_path(file))
		viva_library_page_export(self, entry, g_file_peek_path(file));
	g_object_unref(dialog);
}

static void action_export(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(widget);
	VivaEntry *entry = entry_of(self, id);
	if (!entry)
		return;
	GtkFileChooserNative *dialog =
		gtk_file_chooser_native_new(_("Export Machine"), window_of(self), GTK_FILE_CHOOSER_ACTION_SAVE, _("_Export"), _("_Cancel"));
	g_autofree char *title = g_strdelimit(g_strdup(viva_entry_get_title(entry)), G_DIR_SEPARATOR_S, '-');
	g_autofree char *file = g_strconcat(title, VIVA_ARCHIVE_SUFFIX, NULL);
	gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(dialog), file);
	gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(dialog), TRUE);
	g_object_set_data_full(G_OBJECT(dialog), "id", g_variant_dup_string(id, NULL), g_free);
	g_signal_connect_object(dialog, "response", G_CALLBACK(export_chosen), self, 0);
	gtk_native_dialog_show(GTK_NATIVE_DIALOG(dialog));
}

static void action_show_files(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(widget);
	VivaEntry *entry = entry_of(self, id);
	g_autofree char *uri = entry ? g_filename_to_uri(viva_entry_get_folder(entry), NULL, NULL) : NULL;
	if (uri)
		gtk_show_uri(window_of(self), uri, GDK_CURRENT_TIME);
}

/* ---- deleting ---- */

static void trashed(GObject *library, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaLibraryPage) self = data;
	g_autoptr(GError) error = NULL;
	bool ok = viva_library_trash_finish(VIVA_LIBRARY(library), result, &error);
	if (!ok && gtk_widget_get_root(GTK_WIDGET(self)))
		viva_alert(GTK_WIDGET(self), _("The Machine Can’t Be Deleted"), error->message);
	g_application_release(g_application_get_default());
}

/* The application doesn't end before it is done. */
static void trash(VivaLibraryPage *self, VivaEntry *entry)
{
	g_application_hold(g_application_get_default());
	viva_library_trash_async(self->library, entry, trashed, g_object_ref(self));
	g_ptr_array_remove(self->deleted, entry);
}

typedef struct Deletion {
	VivaLibraryPage *page;
	VivaEntry *entry;
} Deletion;

static void deletion_free(gpointer data)
{
	Deletion *deletion = data;
	g_object_unref(deletion->page);
	g_object_unref(deletion->entry);
	g_free(deletion);
}

static void regretted(gpointer data, bool undo)
{
	Deletion *deletion = data;
	if (!g_ptr_array_find(deletion->page->deleted, deletion->entry, NULL)) /* the window went */
		return;
	if (!undo) {
		trash(deletion->page, deletion->entry);
		return;
	}
	viva_library_unhide(deletion->page->library, deletion->entry);
	g_ptr_array_remove(deletion->page->deleted, deletion->entry);
}

static void action_delete(GtkWidget *widget, const char *name, GVariant *id)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(widget);
	g_autoptr(GError) error = NULL;
	VivaEntry *found = entry_of(self, id);
	if (!found)
		return;
	g_autoptr(VivaEntry) entry = g_object_ref(found);
	if (!viva_library_hide(self->library, entry, &error)) {
		viva_alert(widget, _("The Machine Can’t Be Deleted"), error->message);
		return;
	}
	g_ptr_array_add(self->deleted, g_object_ref(entry));
	g_autofree char *text = g_strdup_printf(_("“%s” deleted"), viva_entry_get_title(entry));
	Deletion *deletion = g_new(Deletion, 1);
	*deletion = (Deletion){ g_object_ref(self), g_steal_pointer(&entry) };
	viva_toasts_offer(viva_window_get_toasts(VIVA_WINDOW(window_of(self))), text, _("_Undo"), regretted, deletion, deletion_free);
}

void viva_library_page_search(VivaLibraryPage *self)
{
	gtk_search_bar_set_search_mode(self->search_bar, TRUE);
	gtk_widget_grab_focus(GTK_WIDGET(self->search_entry));
}

static void action_search(GtkWidget *widget, const char *name, GVariant *parameter)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(widget);
	gtk_search_bar_set_search_mode(self->search_bar, !gtk_search_bar_get_search_mode(self->search_bar));
}

/* The menu of the machine that has the focus, for who has no pointer. */
static gboolean open_menu(GtkWidget *widget, GVariant *args, gpointer data)
{
	GtkWidget *focus = gtk_root_get_focus(gtk_widget_get_root(widget));
	GtkWidget *child = focus ? gtk_widget_get_first_child(focus) : NULL, *inside = focus ? gtk_widget_get_ancestor(focus, VIVA_TYPE_CARD) : NULL;
	GtkWidget *card = inside ? inside : child;
	if (!card || !VIVA_IS_CARD(card))
		return FALSE;
	viva_card_open_menu(VIVA_CARD(card));
	return TRUE;
}

/* ---- the widget ---- */

static void set_text(char **text, const GValue *value)
{
	g_free(*text);
	*text = g_value_dup_string(value);
}

static void viva_library_page_set_property(GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(object);
	switch (id) {
	case PROP_VIEW:
		set_text(&self->view, value);
		gtk_menu_button_set_icon_name(self->view_button, strcmp(self->view, "list") ? "view-grid-symbolic" : "view-list-symbolic");
		give_model(self);
		show_right_page(self);
		break;
	case PROP_SORT:
		set_text(&self->sort, value);
		gtk_sorter_changed(GTK_SORTER(self->sorter), GTK_SORTER_CHANGE_DIFFERENT);
		break;
	default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
	}
}

static void viva_library_page_get_property(GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(object);
	switch (id) {
	case PROP_VIEW: g_value_set_string(value, self->view); break;
	case PROP_SORT: g_value_set_string(value, self->sort); break;
	default: G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
	}
}

static gboolean dropped(GtkDropTarget *target, const GValue *value, double x, double y, gpointer data)
{
	const GSList *files = g_value_get_boxed(value);
	GtkWidget *page = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(target));
	if (!files)
		return FALSE;
	viva_library_page_create(VIVA_LIBRARY_PAGE(page), files->data);
	return TRUE;
}

/* What was deleted is deleted, also when the window goes before its toast. */
static void viva_library_page_dispose(GObject *object)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(object);
	for (; self->deleted && self->deleted->len; g_ptr_array_remove_index(self->deleted, 0))
		viva_library_trash(self->library, g_ptr_array_index(self->deleted, 0), NULL);
	g_clear_object(&self->model);
	g_clear_object(&self->filtered);
	g_clear_object(&self->library);
	G_OBJECT_CLASS(viva_library_page_parent_class)->dispose(object);
}

static void viva_library_page_finalize(GObject *object)
{
	VivaLibraryPage *self = VIVA_LIBRARY_PAGE(object);
	g_ptr_array_unref(self->deleted);
	g_strfreev(self->words);
	g_free(self->tag);
	g_free(self->view);
	g_free(self->sort);
	G_OBJECT_CLASS(viva_library_page_parent_class)->finalize(object);
}

static void viva_library_page_class_init(VivaLibraryPageClass *class)
{
	GObjectClass *object_class = G_OBJECT_CLASS(class);
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	object_class->get_property = viva_library_page_get_property;
	object_class->set_property = viva_library_page_set_property;
	object_class->dispose = viva_library_page_dispose;
	object_class->finalize = viva_library_page_finalize;
	widget_class->root = viva_library_page_root;
	g_object_class_install_property(object_class, PROP_VIEW, g_param_spec_string("view", NULL, NULL, "grid", G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
	g_object_class_install_property(object_class, PROP_SORT, g_param_spec_string("sort", NULL, NULL, "title", G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/library-page.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, search_bar);
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, search_entry);
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, tag_scroller);
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, tag_box);
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, work_box);
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, view_button);
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, stack);
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, grid);
	gtk_widget_class_bind_template_child(widget_class, VivaLibraryPage, list);
	gtk_widget_class_bind_template_callback(widget_class, filter_changed);
	gtk_widget_class_bind_template_callback(widget_class, activated);
	gtk_widget_class_bind_template_callback(widget_class, dropped);
	gtk_widget_class_add_binding(widget_class, GDK_KEY_Menu, 0, open_menu, NULL);
	gtk_widget_class_add_binding(widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, open_menu, NULL);
	gtk_widget_class_install_action(widget_class, "library.new", NULL, action_new);
	gtk_widget_class_install_action(widget_class, "library.settings", "s", action_settings);
	gtk_widget_class_install_action(widget_class, "library.details", "s", action_details);
	gtk_widget_class_install_action(widget_class, "library.clone", "s", action_clone);
	gtk_widget_class_install_action(widget_class, "library.export", "s", action_export);
	gtk_widget_class_install_action(widget_class, "library.show-files", "s", action_show_files);
	gtk_widget_class_install_action(widget_class, "library.delete", "s", action_delete);
	gtk_widget_class_install_action(widget_class, "library.search", NULL, action_search);
	gtk_widget_class_install_property_action(widget_class, "library.view", "view");
	gtk_widget_class_install_property_action(widget_class, "library.sort", "sort");
}

static void viva_library_page_init(VivaLibraryPage *self)
{
	self->view = g_strdup("grid");
	self->sort = g_strdup("title");
	self->deleted = g_ptr_array_new_with_free_func(g_object_unref);
	self->filter = gtk_custom_filter_new(matches, self, NULL);
	self->sorter = gtk_custom_sorter_new(compare, self, NULL);
	gtk_widget_init_template(GTK_WIDGET(self));
	gtk_search_bar_connect_entry(self->search_bar, GTK_EDITABLE(self->search_entry));
}

static void set_library(VivaLibraryPage *self, VivaLibrary *library)
{
	self->library = g_object_ref(library);
	self->filtered = gtk_filter_list_model_new(G_LIST_MODEL(g_object_ref(library)), GTK_FILTER(self->filter));
	GtkSortListModel *sorted = gtk_sort_list_model_new(G_LIST_MODEL(g_object_ref(self->filtered)), GTK_SORTER(self->sorter));
	self->model = GTK_SELECTION_MODEL(gtk_no_selection_new(G_LIST_MODEL(sorted)));
	g_autoptr(GtkListItemFactory) upright = factory_new(G_CALLBACK(set_up_upright)), lying = factory_new(G_CALLBACK(set_up_lying));
	gtk_grid_view_set_factory(self->grid, upright);
	gtk_list_view_set_factory(self->list, lying);
	g_signal_connect_object(library, "items-changed", G_CALLBACK(library_changed), self, G_CONNECT_SWAPPED);
	library_changed(self, 0, 0, g_list_model_get_n_items(G_LIST_MODEL(library)));
}

VivaLibraryPage *viva_library_page_new(VivaLibrary *library)
{
	VivaLibraryPage *self = g_object_new(VIVA_TYPE_LIBRARY_PAGE, NULL);
	set_library(self, library);
	return self;
}
