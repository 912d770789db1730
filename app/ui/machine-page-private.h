/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the machine's page share. */
#pragma once

#include "ui/input.h"
#include "ui/machine-page.h"

G_BEGIN_DECLS

struct _VivaMachinePage {
	AdwBin parent;
	VivaApplication *application; /* lives longer */
	VivaMachine *machine;
	GSettings *settings;	      /* of this machine */
	GSimpleActionGroup *actions;
	GMenu *main_menu, *media_menu, *keys_menu;
	GMenu *narrow_section;	      /* of the main menu: both of them */
	GPtrArray *drives;	      /* VivaDrive, as last heard; NULL: none */
	char *error;		      /* in the bar; NULL: none */
	bool fullscreen;

	GtkWidget *header, *run_button, *menu_button, *media_button, *keys_button, *fullscreen_button;
	GtkWidget *error_bar, *error_label, *details_button;
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
/* Into the main menu, whose widgets have just been made. */
void viva_machine_page_add_volume(VivaMachinePage *self);
void viva_machine_page_insert(VivaMachinePage *self, const char *drive);
void viva_machine_page_eject(VivaMachinePage *self, const char *drive, bool force);

/* In the page's bar. */
void viva_machine_page_show_error(VivaMachinePage *self, const char *message);
void viva_machine_page_toast(VivaMachinePage *self, const char *text);

G_END_DECLS
