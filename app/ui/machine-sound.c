/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's volume and mute in its page's menu: members of its configuration, as on the settings' page Sound. */
#include <glib/gi18n.h>

#include "library/settings.h"
#include "ui/machine-page-private.h"

/* Who moves the scale hears it at once; the document is written when it has come to rest. */
enum { REST_MS = 400 };

typedef struct Sound {
	VivaMachinePage *page;
	VivaSettings *settings;
	GtkRange *scale;
	GSimpleAction *muted;
	gint64 moved_to;
	guint rest;   /* timer; 0: the document has what the scale shows */
	bool showing; /* the scale is being set, not moved */
} Sound;

static void store(Sound *sound)
{
	sound->rest = 0;
	viva_settings_set_number(sound->settings, "audio/volume-percent", sound->moved_to);
}

static void sound_free(gpointer data)
{
	Sound *sound = data;
	if (sound->rest) {
		g_source_remove(sound->rest);
		store(sound);
	}
	g_object_unref(sound->settings);
	g_object_unref(sound->muted);
	g_free(sound);
}

static gboolean rested(gpointer sound)
{
	store(sound);
	return G_SOURCE_REMOVE;
}

static void moved(Sound *sound)
{
	if (sound->showing)
		return;
	sound->moved_to = (gint64)(gtk_range_get_value(sound->scale) + 0.5);
	viva_machine_preview_volume(sound->page->machine, (double)sound->moved_to / 100);
	g_clear_handle_id(&sound->rest, g_source_remove);
	sound->rest = g_timeout_add(REST_MS, rested, sound);
}

static void mute(GSimpleAction *action, GVariant *value, gpointer data)
{
	Sound *sound = data;
	viva_settings_set_flag(sound->settings, "audio/muted", g_variant_get_boolean(value));
}

static void show(GtkWidget *scale)
{
	Sound *sound = g_object_get_data(G_OBJECT(scale), "viva-sound");
	bool muted = viva_settings_get_flag(sound->settings, "audio/muted");
	bool none = !g_strcmp0(viva_settings_get_text(sound->settings, "audio/backend"), "none");
	sound->showing = true;
	if (!sound->rest)
		gtk_range_set_value(sound->scale, (double)viva_settings_get_number(sound->settings, "audio/volume-percent"));
	gtk_widget_set_sensitive(scale, !muted && !none);
	g_simple_action_set_state(sound->muted, g_variant_new_boolean(muted));
	g_simple_action_set_enabled(sound->muted, !none);
	sound->showing = false;
}

/* In the menu: a scale takes more room than a header bar of 360 pixels has. */
void viva_machine_page_add_sound(VivaMachinePage *self)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6), *scale = gtk_scale_new_with_range(GTK_ORIENTATION_HORIZONTAL, 0, 100, 5);
	Sound *sound = g_new0(Sound, 1);
	*sound = (Sound){ .page = self, .settings = viva_settings_new(viva_machine_get_entry(self->machine)), .scale = GTK_RANGE(scale),
			  .muted = g_simple_action_new_stateful("muted", NULL, g_variant_new_boolean(FALSE)) };
	g_object_set_data_full(G_OBJECT(scale), "viva-sound", sound, sound_free);
	gtk_widget_set_hexpand(scale, TRUE);
	gtk_widget_set_size_request(scale, 140, -1);
	gtk_widget_set_margin_start(box, 12);
	gtk_accessible_update_property(GTK_ACCESSIBLE(scale), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Volume"), -1);
	gtk_box_append(GTK_BOX(box), gtk_image_new_from_icon_name("audio-volume-high-symbolic"));
	gtk_box_append(GTK_BOX(box), scale);
	gtk_popover_menu_add_child(GTK_POPOVER_MENU(gtk_menu_button_get_popover(GTK_MENU_BUTTON(self->menu_button))), box, "volume");
	g_action_map_add_action(G_ACTION_MAP(self->actions), G_ACTION(sound->muted));
	g_signal_connect(sound->muted, "change-state", G_CALLBACK(mute), sound);
	g_signal_connect_swapped(scale, "value-changed", G_CALLBACK(moved), sound);
	g_signal_connect_object(sound->settings, "changed", G_CALLBACK(show), scale, G_CONNECT_SWAPPED);
	show(scale);
}
