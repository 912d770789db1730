/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/create-window.h"

#include <glib/gi18n.h>
#include <string.h>

#include "library/recipe.h"
#include "ui/error-bar.h"
#include "ui/help-key.h"
#include "ui/settings-row.h"

#define MIB ((guint64)1 << 20)
#define GIB ((guint64)1 << 30)

struct _VivaCreateWindow {
	AdwWindow parent;
	GtkWidget *cancel, *back, *create, *try_group;
	VivaErrorBar *problem;
	GtkStack *stack;
	GtkSpinner *spinner;
	AdwPreferencesGroup *kinds, *hardware;
	AdwEntryRow *name;
	AdwActionRow *os_row, *file_row, *disk_row;
	AdwComboRow *copy_row;
	GtkSpinButton *memory, *cpus, *disk;
	GtkProgressBar *bar;
	VivaLibrary *library;
	VivaRecipe *recipe;	   /* NULL: not chosen yet */
	GCancellable *cancellable; /* of what goes on: looking, making; NULL: nothing */
	bool try_it;
};

G_DEFINE_TYPE(VivaCreateWindow, viva_create_window, ADW_TYPE_WINDOW)

/* ---- pages ---- */

static void show_page(VivaCreateWindow *self, const char *name)
{
	bool review = !strcmp(name, "review"), choose = !strcmp(name, "choose");
	gtk_stack_set_visible_child_name(self->stack, name);
	gtk_widget_set_visible(self->back, review);
	gtk_widget_set_visible(self->cancel, !review);
	gtk_widget_set_visible(self->create, review);
	gtk_spinner_set_spinning(self->spinner, !strcmp(name, "looking"));
	if (!choose && !review)
		viva_error_bar_set_message(self->problem, NULL);
}

static void show_problem(VivaCreateWindow *self, const char *message)
{
	viva_error_bar_set_message(self->problem, message);
}

static const char *source_title(VivaSource source)
{
	switch (source) {
	case VIVA_SOURCE_CD: return _("CD Image");
	case VIVA_SOURCE_FLOPPY: return _("Floppy Image");
	case VIVA_SOURCE_KERNEL: return _("Kernel");
	case VIVA_SOURCE_ARCHIVE: return _("Exported Machine");
	default: return _("Disk Image");
	}
}

static void name_changed(VivaCreateWindow *self)
{
	g_autofree char *name = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->name))));
	gtk_widget_action_set_enabled(GTK_WIDGET(self), "create.create", *name);
}

/* Takes the recipe. */
static void review(VivaCreateWindow *self, VivaRecipe *recipe)
{
	g_autofree char *file = recipe->file ? g_markup_escape_text(recipe->file, -1) : NULL;
	g_autofree char *os = recipe->os_name ? g_markup_escape_text(recipe->os_name, -1) : NULL;
	g_clear_pointer(&self->recipe, viva_recipe_free);
	self->recipe = recipe;
	gtk_editable_set_text(GTK_EDITABLE(self->name), recipe->title);
	gtk_widget_set_visible(GTK_WIDGET(self->os_row), os != NULL);
	adw_action_row_set_subtitle(self->os_row, os ? os : "");
	gtk_widget_set_visible(GTK_WIDGET(self->file_row), file != NULL);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(self->file_row), source_title(recipe->source));
	adw_action_row_set_subtitle(self->file_row, file ? file : "");
	gtk_widget_set_visible(GTK_WIDGET(self->hardware), recipe->source != VIVA_SOURCE_ARCHIVE);
	gtk_widget_set_visible(GTK_WIDGET(self->copy_row), recipe->source == VIVA_SOURCE_DISK);
	adw_combo_row_set_selected(self->copy_row, recipe->copy);
	gtk_spin_button_set_value(self->memory, (double)(recipe->memory_bytes / MIB));
	gtk_spin_button_set_value(self->cpus, recipe->cpus);
	gtk_widget_set_visible(GTK_WIDGET(self->disk_row), recipe->disk_bytes > 0);
	gtk_spin_button_set_value(self->disk, (double)recipe->disk_bytes / (double)GIB);
	show_page(self, "review");
	gtk_widget_grab_focus(self->create);
}

static void read_review(VivaCreateWindow *self)
{
	VivaRecipe *recipe = self->recipe;
	g_free(recipe->title);
	recipe->title = g_strstrip(g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->name))));
	recipe->memory_bytes = (guint64)gtk_spin_button_get_value_as_int(self->memory) * MIB;
	recipe->cpus = gtk_spin_button_get_value_as_int(self->cpus);
	if (recipe->disk_bytes) /* whole MiB: disks have whole sectors */
		recipe->disk_bytes = (guint64)(gtk_spin_button_get_value(self->disk) * 1024) * MIB;
	if (recipe->source == VIVA_SOURCE_DISK)
		recipe->copy = adw_combo_row_get_selected(self->copy_row) == 1;
}

/* ---- files ---- */

static void looked(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaCreateWindow) self = data;
	g_autoptr(GError) error = NULL;
	VivaRecipe *recipe = viva_recipe_for_file_finish(result, &error);
	g_clear_object(&self->cancellable);
	if (recipe) {
		review(self, recipe);
	} else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		show_page(self, "choose");
		show_problem(self, error->message);
	}
}

void viva_create_window_take_file(VivaCreateWindow *self, GFile *file)
{
	if (self->cancellable)
		return;
	self->cancellable = g_cancellable_new();
	show_page(self, "looking");
	viva_recipe_for_file_async(file, self->cancellable, looked, g_object_ref(self));
}

static void took_file(GFile *file, gpointer window)
{
	viva_create_window_take_file(window, file);
}

static gboolean dropped(GtkDropTarget *target, const GValue *value, double x, double y, gpointer data)
{
	const GSList *files = g_value_get_boxed(value);
	if (files)
		viva_create_window_take_file(VIVA_CREATE_WINDOW(gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(target))), files->data);
	return files != NULL;
}

/* ---- making ---- */

static void set_progress(double done, gpointer data)
{
	gtk_progress_bar_set_fraction(VIVA_CREATE_WINDOW(data)->bar, done);
}

static gboolean close_made(gpointer window)
{
	gtk_window_destroy(window);
	return G_SOURCE_REMOVE;
}

static void made(GObject *source, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaCreateWindow) self = data;
	g_autoptr(GError) error = NULL;
	VivaEntry *entry = viva_recipe_make_finish(self->library, result, &error);
	g_clear_object(&self->cancellable);
	if (!entry) {
		show_page(self, "review");
		if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
			show_problem(self, error->message);
		return;
	}
	GtkWindow *parent = gtk_window_get_transient_for(GTK_WINDOW(self));
	if (parent)
		gtk_widget_activate_action(GTK_WIDGET(parent), self->try_it ? "win.run" : "win.open", "s", viva_entry_get_id(entry));
	/* Not at once: a machine's page to be made and this window's end are much for one turn of the main loop. */
	g_idle_add_full(G_PRIORITY_DEFAULT, close_made, g_object_ref(self), g_object_unref);
}

static void make(VivaCreateWindow *self)
{
	self->cancellable = g_cancellable_new();
	gtk_progress_bar_set_fraction(self->bar, 0);
	show_page(self, "making");
	viva_recipe_make_async(self->recipe, self->library, set_progress, self, self->cancellable, made, g_object_ref(self));
}

/* ---- actions ---- */

static void action_file(GtkWidget *widget, const char *name, GVariant *parameter)
{
	viva_settings_choose_file(widget, _("Choose a File"), took_file, G_OBJECT(widget));
}

static void action_kind(GtkWidget *widget, const char *name, GVariant *number)
{
	VivaCreateWindow *self = VIVA_CREATE_WINDOW(widget);
	const char *description;
	VivaRecipe *recipe = viva_recipe_kind(g_variant_get_uint32(number), &description);
	viva_error_bar_set_message(self->problem, NULL);
	if (recipe)
		review(self, recipe);
}

static void action_try(GtkWidget *widget, const char *name, GVariant *parameter)
{
	VivaCreateWindow *self = VIVA_CREATE_WINDOW(widget);
	g_clear_pointer(&self->recipe, viva_recipe_free);
	self->recipe = viva_recipe_small_linux();
	self->try_it = true;
	if (self->recipe)
		make(self);
}

static void action_back(GtkWidget *widget, const char *name, GVariant *parameter)
{
	VivaCreateWindow *self = VIVA_CREATE_WINDOW(widget);
	self->try_it = false;
	viva_error_bar_set_message(self->problem, NULL);
	show_page(self, "choose");
}

/* What goes on is ended first; if nothing does, the window closes. */
static void action_cancel(GtkWidget *widget, const char *name, GVariant *parameter)
{
	VivaCreateWindow *self = VIVA_CREATE_WINDOW(widget);
	if (!self->cancellable) {
		gtk_window_close(GTK_WINDOW(self));
		return;
	}
	g_cancellable_cancel(self->cancellable);
	if (!strcmp(gtk_stack_get_visible_child_name(self->stack), "looking"))
		show_page(self, "choose");
}

static void action_create(GtkWidget *widget, const char *name, GVariant *parameter)
{
	VivaCreateWindow *self = VIVA_CREATE_WINDOW(widget);
	read_review(self);
	make(self);
}

/* ---- the window ---- */

static gboolean close_request(GtkWindow *window)
{
	VivaCreateWindow *self = VIVA_CREATE_WINDOW(window);
	if (self->cancellable)
		g_cancellable_cancel(self->cancellable);
	return GTK_WINDOW_CLASS(viva_create_window_parent_class)->close_request(window);
}

static void add_kinds(VivaCreateWindow *self)
{
	const char *description;
	for (unsigned n = 0;; n++) {
		g_autoptr(VivaRecipe) recipe = viva_recipe_kind(n, &description);
		if (!recipe)
			return;
		GtkWidget *row = adw_action_row_new();
		adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), recipe->title);
		adw_action_row_set_subtitle(ADW_ACTION_ROW(row), description);
		adw_action_row_add_prefix(ADW_ACTION_ROW(row), gtk_image_new_from_icon_name("computer-symbolic"));
		adw_action_row_add_suffix(ADW_ACTION_ROW(row), gtk_image_new_from_icon_name("go-next-symbolic"));
		gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
		gtk_actionable_set_action_target(GTK_ACTIONABLE(row), "u", n);
		gtk_actionable_set_action_name(GTK_ACTIONABLE(row), "create.kind");
		adw_preferences_group_add(self->kinds, row);
	}
}

static void viva_create_window_finalize(GObject *object)
{
	VivaCreateWindow *self = VIVA_CREATE_WINDOW(object);
	g_clear_pointer(&self->recipe, viva_recipe_free);
	g_clear_object(&self->cancellable);
	g_clear_object(&self->library);
	G_OBJECT_CLASS(viva_create_window_parent_class)->finalize(object);
}

static void viva_create_window_class_init(VivaCreateWindowClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->finalize = viva_create_window_finalize;
	GTK_WINDOW_CLASS(class)->close_request = close_request;
	g_type_ensure(VIVA_TYPE_ERROR_BAR);
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/create-window.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, cancel);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, back);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, create);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, try_group);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, problem);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, stack);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, spinner);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, kinds);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, hardware);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, name);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, os_row);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, file_row);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, disk_row);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, copy_row);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, memory);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, cpus);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, disk);
	gtk_widget_class_bind_template_child(widget_class, VivaCreateWindow, bar);
	gtk_widget_class_bind_template_callback(widget_class, name_changed);
	gtk_widget_class_bind_template_callback(widget_class, dropped);
	gtk_widget_class_install_action(widget_class, "create.file", NULL, action_file);
	gtk_widget_class_install_action(widget_class, "create.kind", "u", action_kind);
	gtk_widget_class_install_action(widget_class, "create.try", NULL, action_try);
	gtk_widget_class_install_action(widget_class, "create.back", NULL, action_back);
	gtk_widget_class_install_action(widget_class, "create.cancel", NULL, action_cancel);
	gtk_widget_class_install_action(widget_class, "create.create", NULL, action_create);
	gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "create.cancel", NULL);
}

static void viva_create_window_init(VivaCreateWindow *self)
{
	g_autoptr(VivaRecipe) small_linux = viva_recipe_small_linux();
	gtk_widget_init_template(GTK_WIDGET(self));
	viva_add_help_key(GTK_WIDGET(self), "create");
	gtk_window_set_default_widget(GTK_WINDOW(self), self->create);
	gtk_widget_set_visible(self->try_group, small_linux != NULL);
	add_kinds(self);
	show_page(self, "choose");
}

VivaCreateWindow *viva_create_window_new(VivaLibrary *library, GtkWindow *parent)
{
	VivaCreateWindow *self = g_object_new(VIVA_TYPE_CREATE_WINDOW, "transient-for", parent, NULL);
	self->library = g_object_ref(library);
	return self;
}
