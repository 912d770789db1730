/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processor specifications, "MODEL,+feature,-feature,...", taken apart and put together. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

#define VIVA_DEFAULT_CPU "qemu64"

typedef enum { VIVA_FEATURE_OF_MODEL, VIVA_FEATURE_ON, VIVA_FEATURE_OFF } VivaFeatureWish;

/* The caller's; a NULL specification is the default model. */
char *viva_cpu_spec_model(const char *spec);
/* The same wishes for another model. */
char *viva_cpu_spec_with_model(const char *spec, const char *model);
VivaFeatureWish viva_cpu_spec_wish(const char *spec, const char *feature);
char *viva_cpu_spec_with_wish(const char *spec, const char *feature, VivaFeatureWish wish);

G_END_DECLS
