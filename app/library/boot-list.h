/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The boot order as a list that one sorts and switches: what is on stands in front, in its order. Any thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

enum { VIVA_BOOT_MOST = 5, VIVA_BOOT_MOST_ON = 3 };

typedef struct VivaBootItem {
	char letter; /* of a b c d n, as the configuration has it */
	bool on;
} VivaBootItem;

typedef struct VivaBootList {
	VivaBootItem items[VIVA_BOOT_MOST];
	unsigned count, on_count;
} VivaBootList;

/* NULL: the firmware's own order. Devices that the engine doesn't have are listed only if the order has them. */
VivaBootList viva_boot_list_parse(const char *order);
char *viva_boot_list_format(const VivaBootList *list);
/* To another place among those that are on; false: there is none. */
bool viva_boot_list_move(VivaBootList *list, unsigned from, unsigned to);
/* False: the last one stays on, and only so many can be. */
bool viva_boot_list_can_switch(const VivaBootList *list, unsigned n);
bool viva_boot_list_switch(VivaBootList *list, unsigned n);
/* What users call it; translated, not to be freed. */
const char *viva_boot_letter_title(char letter);

G_END_DECLS
