/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the machine's page share. */
#pragma once

#include "ui/input.h"
#include "ui/error-bar.h"
#include "ui/machine-page.h"

G_BEGIN_DECLS

struct _VivaMachinePage {
	AdwBin parent;
	VivaApplication *application; /* lives longer */
	VivaMachine *machine;
	GSettings *settings;	      /* of this machine */
	GSimpleActionGroup *actions;
	GMenu *media_menu, *keys_menu;
	GMenu *narrow_section;	      /* of the main menu: both of them */
	GPtrArray *drives;	      /* VivaDrive, as last heard; NULL: none */
	bool fullscreen;

	GtkWidget *header, *run_button, *menu_button, *media_button, *keys_button, *fullscreen_button;
	VivaErrorBar *error_bar;
	AdwViewStack *stack;
	AdwViewSwitcherTitle *switcher_title;
	AdwViewSwitcherBar *switcher_bar;
	GtkWidget *scroller, *off_page, *start_button, *hint, *hint_label, *unfullscreen_button;
	VivaDisplay *display;
};

/* machine-actions.c: the group "machine", and the commands of the release chord. */
void viva_machine_page_add_actions(VivaMachinePage *self);
void viva_machine_page_update_actions(VivaMachinePage *self);
bool viva_machine_page_command(gpointer page, guint keyval);
/* machine-menus.c: what the header bar's menus are made of, when they open. */
void viva_machine_page_add_menus(VivaMachinePage *self);
void viva_machine_page_remove_menus(VivaMachinePage *self);
void viva_machine_page_insert(VivaMachinePage *self, const char *drive);
/* The machine has installed its system from a disc. */
void viva_machine_page_offer_eject(VivaMachinePage *self);
void viva_machine_page_eject(VivaMachinePage *self, const char *drive, bool force);

/* machine-sound.c: volume and mute. */
void viva_machine_page_add_sound(VivaMachinePage *self);

/* In the page's bar. */
void viva_machine_page_show_error(VivaMachinePage *self, const char *message);
void viva_machine_page_toast(VivaMachinePage *self, const char *text);

G_END_DECLS
