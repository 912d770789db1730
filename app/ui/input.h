/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keyboard and mouse of a VivaDisplay: its event controllers, and who has what.
 *
 * Signals come as callbacks, since a display has one owner: the machine's page. */
#pragma once

#include "ui/display.h"
#include "ui/keys.h"

G_BEGIN_DECLS

typedef struct VivaInput VivaInput;

typedef struct VivaInputOwner {
	/* The release chord and the key were pressed; false: no such command, the guest gets the key. */
	bool (*command)(gpointer owner, guint keyval);
	/* Keyboard or mouse came or went. */
	void (*grab_changed)(gpointer owner);
	/* The release chord was used. */
	void (*released)(gpointer owner);
} VivaInputOwner;

VivaInput *viva_display_get_input(VivaDisplay *self);

VivaInput *viva_input_new(VivaDisplay *display);
void viva_input_free(VivaInput *self);
void viva_input_set_owner(VivaInput *self, const VivaInputOwner *functions, gpointer owner);
void viva_input_set_chord(VivaInput *self, VivaChord chord);
bool viva_input_has_keyboard(VivaInput *self);
bool viva_input_has_pointer(VivaInput *self);
/* Keyboard and mouse go back to the desktop, and no key stays down in the guest. */
void viva_input_release(VivaInput *self);
/* Takes both, as a click does. */
void viva_input_grab(VivaInput *self);

G_END_DECLS
