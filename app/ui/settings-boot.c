/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings: what the machine boots from: a list to be sorted by dragging or by its buttons, and what else the firmware is told. */
#include <glib/gi18n.h>

#include "library/boot-list.h"
#include "ui/settings-pages.h"

typedef struct Order {
	VivaSettings *settings;
	AdwPreferencesGroup *group;
	GPtrArray *rows; /* GtkWidget, of the group */
	VivaBootList list;
	bool showing;
} Order;

static void order_free(gpointer data)
{
	Order *order = data;
	g_object_unref(order->settings);
	g_ptr_array_unref(order->rows);
	g_free(order);
}

static unsigned place_of(GtkWidget *widget)
{
	return GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(widget), "place"));
}

static void store(Order *order)
{
	g_autofree char *text = viva_boot_list_format(&order->list);
	viva_settings_set_text(order->settings, "boot/order", text);
}

static void focus_row(Order *order, unsigned n)
{
	if (n < order->rows->len)
		gtk_widget_grab_focus(g_ptr_array_index(order->rows, n));
}

static void move(Order *order, unsigned from, unsigned to)
{
	if (!viva_boot_list_move(&order->list, from, to))
		return;
	store(order);
	focus_row(order, to);
}

static void up_clicked(GtkWidget *button, Order *order)
{
	unsigned n = place_of(button);
	move(order, n, n - 1);
}

static void down_clicked(GtkWidget *button, Order *order)
{
	unsigned n = place_of(button);
	move(order, n, n + 1);
}

static gboolean store_later(gpointer data)
{
	GtkWidget *group = data;
	store(g_object_get_data(G_OBJECT(group), "order"));
	g_object_unref(group);
	return G_SOURCE_REMOVE;
}

/* The rows are made anew by the change: not within the signal of a widget in one of them. */
static void switched(GtkWidget *control, GParamSpec *pspec, Order *order)
{
	if (!order->showing && viva_boot_list_switch(&order->list, place_of(control)))
		g_idle_add(store_later, g_object_ref(order->group));
}

/* ---- dragging ---- */

static GdkContentProvider *drag_prepare(GtkDragSource *source, double x, double y, gpointer data)
{
	return gdk_content_provider_new_typed(G_TYPE_UINT, place_of(gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(source))));
}

static void drag_begin(GtkDragSource *source, GdkDrag *drag, gpointer data)
{
	GtkWidget *row = gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(source));
	g_autoptr(GdkPaintable) picture = gtk_widget_paintable_new(row);
	gtk_drag_source_set_icon(source, picture, 0, 0);
}

static gboolean dropped(GtkDropTarget *target, const GValue *value, double x, double y, Order *order)
{
	unsigned to = place_of(gtk_event_controller_get_widget(GTK_EVENT_CONTROLLER(target)));
	if (!viva_boot_list_move(&order->list, g_value_get_uint(value), to))
		return FALSE;
	g_idle_add(store_later, g_object_ref(order->group));
	return TRUE;
}

static void make_draggable(GtkWidget *row, Order *order)
{
	GtkDragSource *source = gtk_drag_source_new();
	GtkDropTarget *target = gtk_drop_target_new(G_TYPE_UINT, GDK_ACTION_MOVE);
	gtk_drag_source_set_actions(source, GDK_ACTION_MOVE);
	g_signal_connect(source, "prepare", G_CALLBACK(drag_prepare), NULL);
	g_signal_connect(source, "drag-begin", G_CALLBACK(drag_begin), NULL);
	g_signal_connect(target, "drop", G_CALLBACK(dropped), order);
	gtk_widget_add_controller(row, GTK_EVENT_CONTROLLER(source));
	gtk_widget_add_controller(row, GTK_EVENT_CONTROLLER(target));
	adw_action_row_add_prefix(ADW_ACTION_ROW(row), gtk_image_new_from_icon_name("list-drag-handle-symbolic"));
}

/* ---- the list ---- */

static void add_move_button(Order *order, GtkWidget *row, unsigned n, bool up)
{
	const char *title = viva_boot_letter_title(order->list.items[n].letter);
	g_autofree char *label = g_strdup_printf(up ? _("Move Up: %s") : _("Move Down: %s"), title);
	GtkWidget *button = viva_settings_button_new(up ? "go-up-symbolic" : "go-down-symbolic", label);
	gtk_widget_set_sensitive(button, up ? n > 0 : n + 1 < order->list.on_count);
	g_object_set_data(G_OBJECT(button), "place", GUINT_TO_POINTER(n));
	g_signal_connect(button, "clicked", up ? G_CALLBACK(up_clicked) : G_CALLBACK(down_clicked), order);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
}

static void add_row(Order *order, unsigned n)
{
	GtkWidget *row = adw_action_row_new();
	const VivaBootItem *item = &order->list.items[n];
	const char *title = viva_boot_letter_title(item->letter);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
	g_object_set_data(G_OBJECT(row), "place", GUINT_TO_POINTER(n));
	viva_settings_row_set_when(ADW_ACTION_ROW(row), order->settings, NULL, false);
	if (item->on) {
		make_draggable(row, order);
		add_move_button(order, row, n, true);
		add_move_button(order, row, n, false);
	}
	GtkWidget *control = viva_settings_switch_new(row, title);
	gtk_switch_set_active(GTK_SWITCH(control), item->on);
	gtk_widget_set_sensitive(control, viva_boot_list_can_switch(&order->list, n));
	g_object_set_data(G_OBJECT(control), "place", GUINT_TO_POINTER(n));
	g_signal_connect(control, "notify::active", G_CALLBACK(switched), order);
	adw_preferences_group_add(order->group, row);
	g_ptr_array_add(order->rows, row);
}

static void show(AdwPreferencesGroup *group)
{
	Order *order = g_object_get_data(G_OBJECT(group), "order");
	VivaBootList list = viva_boot_list_parse(viva_settings_get_text(order->settings, "boot/order"));
	g_autofree char *old = order->rows->len ? g_object_steal_data(G_OBJECT(group), "shown") : NULL, *new = viva_boot_list_format(&list);
	order->list = list;
	g_object_set_data_full(G_OBJECT(group), "shown", g_strdup(new), g_free);
	if (!g_strcmp0(old, new))
		return; /* rows that stay keep the focus */
	for (unsigned n = 0; n < order->rows->len; n++)
		adw_preferences_group_remove(group, g_ptr_array_index(order->rows, n));
	g_ptr_array_set_size(order->rows, 0);
	order->showing = true;
	for (unsigned n = 0; n < list.count; n++)
		add_row(order, n);
	order->showing = false;
}

static void add_order(AdwPreferencesPage *page, VivaSettings *settings)
{
	Order *order = g_new0(Order, 1);
	order->settings = g_object_ref(settings);
	order->rows = g_ptr_array_new();
	order->group = viva_settings_group_new(page, _("Boot Order"), _("The first from which the machine can boot. Drag the devices, or move them with the buttons."));
	g_object_set_data_full(G_OBJECT(order->group), "order", order, order_free);
	show(order->group);
	g_signal_connect_object(settings, "changed", G_CALLBACK(show), order->group, G_CONNECT_SWAPPED);
}

void viva_settings_boot_page_fill(AdwPreferencesPage *page, VivaSettings *settings)
{
	add_order(page, settings);
	viva_settings_rows_add(viva_settings_group_new(page, NULL, NULL), settings, viva_settings_boot);
	viva_settings_rows_add(viva_settings_group_new(page, _("Start Screen"), NULL), settings, viva_settings_boot_screen);
	viva_settings_rows_add(viva_settings_group_new(page, _("Linux Kernel"), _("Starts a kernel from a file of this computer, without a boot loader.")), settings,
		viva_settings_kernel);
}
