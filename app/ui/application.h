/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The application: one process, its library, its windows, and the actions that belong to none of them. */
#pragma once

#include <adwaita.h>

#include "library/library.h"

G_BEGIN_DECLS

#define VIVA_TYPE_APPLICATION (viva_application_get_type())
G_DECLARE_FINAL_TYPE(VivaApplication, viva_application, VIVA, APPLICATION, AdwApplication)

VivaApplication *viva_application_new(void);
VivaLibrary *viva_application_get_library(VivaApplication *self); /* NULL: its folder can't be used */

G_END_DECLS
