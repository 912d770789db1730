/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of a property table's rows (device.h's Property) in a struct: from text and to text, for devices and for boards. */
#pragma once

#include "machine/device.h"

/* By the text that a user wrote. `owner` is whose property it is in messages. False: *error names it, the value and the limits. */
bool property_set(Machine *machine, void *base, const char *owner, const Property *property, const char *value, GError **error);
/* The value as text; free it. */
char *property_get(const void *base, const Property *property);
/* NULL and *error, which names the nearest known one. */
const Property *property_find(const Property *table, const char *owner, const char *name, GError **error);
/* What the table says of its values when nobody did. */
void property_set_defaults(Machine *machine, void *base, const Property *table);
void property_clear(void *base, const Property *table);
/* A line per row: name, type, what it is, default. `table` NULL: nothing. */
void property_print_help(const Property *table, GString *out);
