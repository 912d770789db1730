/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names.h"

#include <adwaita.h>
#include <stdbool.h>

static bool has_text(const char *text)
{
	return text && *text;
}

/* Its own, as the accessibility tree has it (GTK_A11Y=test keeps one), or what GTK makes a name from. */
static bool is_named(GtkWidget *widget)
{
	GtkWidget *child = gtk_widget_get_first_child(widget);
	if (gtk_test_accessible_has_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL) ||
		gtk_test_accessible_has_relation(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_RELATION_LABELLED_BY))
		return true;
	if (has_text(gtk_widget_get_tooltip_text(widget)))
		return true;
	if (GTK_IS_BUTTON(widget) && has_text(gtk_button_get_label(GTK_BUTTON(widget))))
		return true;
	if (ADW_IS_PREFERENCES_ROW(widget) && has_text(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(widget))))
		return true;
	if (GTK_IS_SEARCH_ENTRY(widget)) {
		g_autofree char *placeholder = NULL;
		g_object_get(widget, "placeholder-text", &placeholder, NULL);
		if (has_text(placeholder))
			return true;
	}
	for (; child; child = gtk_widget_get_next_sibling(child)) {
		if (GTK_IS_LABEL(child) && has_text(gtk_label_get_text(GTK_LABEL(child))))
			return true;
		if (!GTK_IS_BUTTON(child) && gtk_widget_get_first_child(child) && is_named(child))
			return true;
	}
	return false;
}

static bool is_control(GtkWidget *widget)
{
	return GTK_IS_BUTTON(widget) || GTK_IS_MENU_BUTTON(widget) || GTK_IS_SWITCH(widget) || GTK_IS_SPIN_BUTTON(widget) || GTK_IS_SCALE(widget) ||
	       GTK_IS_ENTRY(widget) || GTK_IS_SEARCH_ENTRY(widget) || GTK_IS_TEXT_VIEW(widget) || GTK_IS_DROP_DOWN(widget) ||
	       GTK_IS_LIST_BOX_ROW(widget) || (GTK_IS_PICTURE(widget) && gtk_picture_get_paintable(GTK_PICTURE(widget)));
}

/* Parts of GTK's and libadwaita's own widgets are theirs to name. */
static bool is_part(GtkWidget *widget)
{
	if (ADW_IS_ABOUT_WINDOW(gtk_widget_get_root(widget)) || GTK_IS_SHORTCUTS_WINDOW(gtk_widget_get_root(widget)))
		return true;
	if (GTK_IS_SEARCH_ENTRY(widget) && ADW_IS_PREFERENCES_WINDOW(gtk_widget_get_root(widget)))
		return true;
	for (GtkWidget *parent = gtk_widget_get_parent(widget); parent; parent = gtk_widget_get_parent(parent))
		if (GTK_IS_MENU_BUTTON(parent) || GTK_IS_SPIN_BUTTON(parent) || GTK_IS_DROP_DOWN(parent) || GTK_IS_WINDOW_CONTROLS(parent) ||
			GTK_IS_SEARCH_ENTRY(parent) || GTK_IS_ENTRY(parent) || GTK_IS_POPOVER(parent) || ADW_IS_ENTRY_ROW(parent) ||
			ADW_IS_VIEW_SWITCHER(parent))
			return true;
	return false;
}

void names_check(GtkWidget *widget)
{
	bool named = !is_control(widget) || !gtk_widget_get_visible(widget) || is_part(widget) || is_named(widget);
	if (!named)
		g_test_message("a %s in a %s has no name", G_OBJECT_TYPE_NAME(widget), G_OBJECT_TYPE_NAME(gtk_widget_get_parent(widget)));
	g_assert_true(named);
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child; child = gtk_widget_get_next_sibling(child))
		names_check(child);
}

void widths_check(GtkWidget *widget, int width)
{
	int least;
	if (!gtk_widget_get_child_visible(widget) || !gtk_widget_get_visible(widget) || GTK_IS_POPOVER(widget))
		return;
	gtk_widget_measure(widget, GTK_ORIENTATION_HORIZONTAL, -1, &least, NULL, NULL, NULL);
	if (least > width)
		g_test_message("a %s needs %d pixels", G_OBJECT_TYPE_NAME(widget), least);
	g_assert_cmpint(least, <=, width);
	for (GtkWidget *child = gtk_widget_get_first_child(widget); child && least > width; child = gtk_widget_get_next_sibling(child))
		widths_check(child, width);
}
