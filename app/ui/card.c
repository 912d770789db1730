/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/card.h"

#include <glib/gi18n.h>

enum { SCREEN_WIDTH = 150, SCREEN_HEIGHT = 100, SMALL_WIDTH = 72, SMALL_HEIGHT = 48 };

struct _VivaCard {
	AdwBin parent;
	GtkBox *box;
	GtkOverlay *screen;
	GtkImage *placeholder;
	GtkPicture *picture;
	GtkLabel *title, *subtitle;
	GtkButton *run;
	GtkMenuButton *menu;
	VivaEntry *entry;
	guint thumbnail_source; /* 0: it was asked for, or there is no entry */
};

G_DEFINE_TYPE(VivaCard, viva_card, ADW_TYPE_BIN)

/* ---- what the machine is ---- */

static char *last_run_text(VivaEntry *entry)
{
	gint64 time = viva_entry_get_last_run(entry);
	if (!time)
		return g_strdup(_("Never Run"));
	g_autoptr(GDateTime) run = g_date_time_new_from_unix_local(time), now = g_date_time_new_now_local();
	gint64 days = (g_date_time_to_unix(now) - time) / (24 * 3600);
	if (days < 1 && g_date_time_get_day_of_month(run) == g_date_time_get_day_of_month(now)) {
		/* Translators: a time such as 14:05 */
		g_autofree char *clock = g_date_time_format(run, "%R");
		return g_strdup_printf(_("Last Run at %s"), clock);
	}
	g_autofree char *date = g_date_time_format(run, "%x");
	/* Translators: a date such as 24/12/2025 */
	return g_strdup_printf(_("Last Run on %s"), date);
}

static char *state_text(VivaEntry *entry)
{
	switch (viva_entry_get_state(entry)) {
	case VIVA_STATE_RUNNING: return g_strdup(_("Running"));
	case VIVA_STATE_PAUSED: return g_strdup(_("Paused"));
	case VIVA_STATE_DAMAGED: return g_strdup_printf(_("Damaged: %s"), viva_entry_get_error(entry));
	case VIVA_STATE_STOPPED: break;
	}
	return last_run_text(entry);
}

/* win.run does what the button says. */
static void show_run(VivaCard *self, VivaState state)
{
	const char *label = state == VIVA_STATE_RUNNING ? _("Pause") : state == VIVA_STATE_PAUSED ? _("Resume") : _("Run");
	gtk_widget_set_visible(GTK_WIDGET(self->run), state != VIVA_STATE_DAMAGED);
	gtk_button_set_icon_name(self->run, state == VIVA_STATE_RUNNING ? "media-playback-pause-symbolic" : "media-playback-start-symbolic");
	gtk_widget_set_tooltip_text(GTK_WIDGET(self->run), label);
	g_autofree char *name = g_strdup_printf("%s: %s", label, viva_entry_get_title(self->entry));
	gtk_accessible_update_property(GTK_ACCESSIBLE(self->run), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void show_state(VivaCard *self)
{
	VivaState state = viva_entry_get_state(self->entry);
	g_autofree char *text = state_text(self->entry);
	gtk_label_set_text(self->subtitle, text);
	gtk_widget_set_tooltip_text(GTK_WIDGET(self->subtitle), state == VIVA_STATE_DAMAGED ? text : NULL);
	show_run(self, state);
	gtk_image_set_from_icon_name(self->placeholder, state == VIVA_STATE_DAMAGED ? "dialog-warning-symbolic" : "computer-symbolic");
}

static void show_title(VivaCard *self)
{
	const char *title = viva_entry_get_title(self->entry);
	gtk_label_set_text(self->title, title);
	g_autofree char *menu = g_strdup_printf(_("Menu of “%s”"), title);
	gtk_accessible_update_property(GTK_ACCESSIBLE(self->menu), GTK_ACCESSIBLE_PROPERTY_LABEL, menu, -1);
	g_autofree char *screen = g_strdup_printf(_("Screen of “%s”"), title);
	gtk_accessible_update_property(GTK_ACCESSIBLE(self->picture), GTK_ACCESSIBLE_PROPERTY_LABEL, screen, -1);
}

static void show_thumbnail(VivaCard *self)
{
	GdkTexture *thumbnail = viva_entry_get_thumbnail(self->entry);
	gtk_picture_set_paintable(self->picture, GDK_PAINTABLE(thumbnail));
	gtk_widget_set_visible(GTK_WIDGET(self->picture), thumbnail != NULL);
	if (thumbnail)
		gtk_widget_add_css_class(GTK_WIDGET(self->screen), "lit");
	else
		gtk_widget_remove_css_class(GTK_WIDGET(self->screen), "lit");
}

/* The files are read when there is nothing else to do: the first frame doesn't wait for a hundred. */
static gboolean read_thumbnail(gpointer data)
{
	VivaCard *self = data;
	self->thumbnail_source = 0;
	viva_entry_read_thumbnail(self->entry);
	return G_SOURCE_REMOVE;
}

void viva_card_set_entry(VivaCard *self, VivaEntry *entry)
{
	g_clear_handle_id(&self->thumbnail_source, g_source_remove);
	if (self->entry)
		g_signal_handlers_disconnect_by_data(self->entry, self);
	if (!g_set_object(&self->entry, entry) || !entry)
		return;
	/* The target first: an action without one would complain. */
	gtk_actionable_set_action_target(GTK_ACTIONABLE(self->run), "s", viva_entry_get_id(entry));
	gtk_actionable_set_action_name(GTK_ACTIONABLE(self->run), "win.run");
	g_signal_connect_swapped(entry, "notify::title", G_CALLBACK(show_title), self);
	g_signal_connect_swapped(entry, "notify::state", G_CALLBACK(show_state), self);
	g_signal_connect_swapped(entry, "notify::thumbnail", G_CALLBACK(show_thumbnail), self);
	show_title(self);
	show_state(self);
	show_thumbnail(self);
	self->thumbnail_source = g_idle_add_full(G_PRIORITY_LOW, read_thumbnail, self, NULL);
}

/* ---- the menu, made when it is opened: a grid of many cards comes up sooner ---- */

static void add_item(GMenu *menu, const char *label, const char *action, const char *id)
{
	g_autoptr(GMenuItem) item = g_menu_item_new(label, NULL);
	g_menu_item_set_action_and_target(item, action, "s", id);
	g_menu_append_item(menu, item);
}

static void make_menu(GtkMenuButton *button, gpointer data)
{
	VivaCard *self = data;
	const char *id = viva_entry_get_id(self->entry);
	bool damaged = viva_entry_get_state(self->entry) == VIVA_STATE_DAMAGED;
	g_autoptr(GMenu) menu = g_menu_new(), first = g_menu_new(), last = g_menu_new();
	if (damaged)
		add_item(first, _("_Details"), "library.details", id);
	else
		add_item(first, _("_Settings"), "library.settings", id);
	if (!damaged) {
		add_item(first, _("_Clone"), "library.clone", id);
		add_item(first, _("_Export…"), "library.export", id);
	}
	add_item(first, _("Show _Files"), "library.show-files", id);
	add_item(last, _("_Delete"), "library.delete", id);
	g_menu_append_section(menu, NULL, G_MENU_MODEL(first));
	g_menu_append_section(menu, NULL, G_MENU_MODEL(last));
	gtk_menu_button_set_menu_model(button, G_MENU_MODEL(menu));
}

void viva_card_open_menu(VivaCard *self)
{
	gtk_menu_button_popup(self->menu);
}

/* ---- the widget ---- */

static void viva_card_dispose(GObject *object)
{
	viva_card_set_entry(VIVA_CARD(object), NULL);
	G_OBJECT_CLASS(viva_card_parent_class)->dispose(object);
}

static void viva_card_class_init(VivaCardClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->dispose = viva_card_dispose;
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/card.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaCard, box);
	gtk_widget_class_bind_template_child(widget_class, VivaCard, screen);
	gtk_widget_class_bind_template_child(widget_class, VivaCard, placeholder);
	gtk_widget_class_bind_template_child(widget_class, VivaCard, picture);
	gtk_widget_class_bind_template_child(widget_class, VivaCard, title);
	gtk_widget_class_bind_template_child(widget_class, VivaCard, subtitle);
	gtk_widget_class_bind_template_child(widget_class, VivaCard, run);
	gtk_widget_class_bind_template_child(widget_class, VivaCard, menu);
}

static void viva_card_init(VivaCard *self)
{
	gtk_widget_init_template(GTK_WIDGET(self));
	gtk_menu_button_set_create_popup_func(self->menu, make_menu, self, NULL);
	GtkGesture *click = gtk_gesture_click_new();
	gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(click), GDK_BUTTON_SECONDARY);
	g_signal_connect_swapped(click, "pressed", G_CALLBACK(viva_card_open_menu), self);
	gtk_widget_add_controller(GTK_WIDGET(self), GTK_EVENT_CONTROLLER(click));
}

VivaCard *viva_card_new(GtkOrientation orientation)
{
	VivaCard *self = g_object_new(VIVA_TYPE_CARD, NULL);
	bool upright = orientation == GTK_ORIENTATION_VERTICAL;
	gtk_orientable_set_orientation(GTK_ORIENTABLE(self->box), orientation);
	gtk_box_set_spacing(self->box, upright ? 6 : 12);
	gtk_widget_set_size_request(GTK_WIDGET(self->screen), upright ? SCREEN_WIDTH : SMALL_WIDTH, upright ? SCREEN_HEIGHT : SMALL_HEIGHT);
	gtk_image_set_pixel_size(self->placeholder, upright ? 48 : 24);
	return self;
}
