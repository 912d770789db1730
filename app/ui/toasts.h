/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that come and go at the bottom of a window, one at a time: the overlay child of a GtkOverlay. They look as libadwaita's
 * toasts do, whose own widget lets go of its animation once too often (1.2.2: a message that meets the one before it on its way out).
 *
 * A message stays for five seconds, longer under the pointer or the focus. It gives way to the next one at once: nobody waits for what
 * was said before, and regret is quick. But one that offers something isn't pushed aside by one that only tells. */
#pragma once

#include <adwaita.h>
#include <stdbool.h>

G_BEGIN_DECLS

#define VIVA_TYPE_TOASTS (viva_toasts_get_type())
G_DECLARE_FINAL_TYPE(VivaToasts, viva_toasts, VIVA, TOASTS, AdwBin)

/* Plain text, no markup. */
void viva_toasts_tell(VivaToasts *self, const char *text);

/* With a button, whose label may have a mnemonic. `answer` is called once, when the button was pressed or the message goes without, and
 * not at all where the window goes first; `destroy` afterwards, in any case. */
typedef void VivaToastAnswer(gpointer data, bool pressed);
void viva_toasts_offer(VivaToasts *self, const char *text, const char *button, VivaToastAnswer *answer, gpointer data, GDestroyNotify destroy);

G_END_DECLS
