/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys between GDK and the guest: by their place on the keyboard, whatever letter the host's layout prints on them. */
#pragma once

#include <gtk/gtk.h>

#include "viv.h"

G_BEGIN_DECLS

/* The key of an event's hardware keycode, as viv_input_key() takes it; 0: none that a PC has. */
guint16 viva_key_from_hardware(guint keycode);

/* What typing the text takes on a guest that has the host's keyboard layout: VivKeyEvent. *unknown is how many characters no key
 * of the layout gives. */
GArray *viva_keys_for_text(GdkDisplay *display, const char *text, guint *unknown);

/* A chord of QEMU's names, "ctrl-alt-delete", pressed and released: VivKeyEvent. NULL: a name is unknown. */
GArray *viva_keys_for_chord(const char *names);
/* The chord as people write it: "Ctrl+Alt+Delete". The caller's. */
char *viva_keys_chord_label(const char *names);

/* How the keyboard and the mouse are taken back from the guest. */
typedef enum { VIVA_CHORD_CTRL_ALT, VIVA_CHORD_CTRL_ALT_SHIFT, VIVA_CHORD_RIGHT_CTRL, VIVA_N_CHORDS } VivaChord;
const char *viva_chord_label(VivaChord chord);
/* Is the key part of it? */
bool viva_chord_has(VivaChord chord, guint16 key);
/* Are all of its keys down? `is_down` has one byte per key. */
bool viva_chord_is_down(VivaChord chord, const guint8 *is_down);

enum { VIVA_KEYS = 768 };

G_END_DECLS
