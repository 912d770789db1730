/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What holds for all machines: closing, and the keys that release the keyboard. */
#pragma once

#include "ui/application.h"

G_BEGIN_DECLS

GtkWindow *viva_preferences_new(VivaApplication *application);

G_END_DECLS
