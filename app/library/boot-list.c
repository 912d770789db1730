/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/boot-list.h"

#include <glib/gi18n.h>
#include <string.h>

#define DEFAULT_ORDER "cad"
#define OFFERED "cda" /* a second floppy drive and the network, only where an order names them */

VivaBootList viva_boot_list_parse(const char *order)
{
	VivaBootList list = { .count = 0 };
	const char *text = order && *order ? order : DEFAULT_ORDER;
	for (const char *c = text; *c && list.count < VIVA_BOOT_MOST; c++)
		list.items[list.count++] = (VivaBootItem){ *c, true };
	list.on_count = list.count;
	for (const char *c = OFFERED; *c && list.count < VIVA_BOOT_MOST; c++)
		if (!strchr(text, *c))
			list.items[list.count++] = (VivaBootItem){ *c, false };
	return list;
}

char *viva_boot_list_format(const VivaBootList *list)
{
	char *order = g_new0(char, VIVA_BOOT_MOST + 1);
	for (unsigned n = 0; n < list->on_count; n++)
		order[n] = list->items[n].letter;
	return order;
}

static void shift(VivaBootList *list, unsigned from, unsigned to)
{
	VivaBootItem item = list->items[from];
	for (; from < to; from++)
		list->items[from] = list->items[from + 1];
	for (; from > to; from--)
		list->items[from] = list->items[from - 1];
	list->items[to] = item;
}

bool viva_boot_list_move(VivaBootList *list, unsigned from, unsigned to)
{
	if (from >= list->on_count || to >= list->on_count || from == to)
		return false;
	shift(list, from, to);
	return true;
}

bool viva_boot_list_can_switch(const VivaBootList *list, unsigned n)
{
	return n < list->count && (list->items[n].on ? list->on_count > 1 : list->on_count < VIVA_BOOT_MOST_ON);
}

bool viva_boot_list_switch(VivaBootList *list, unsigned n)
{
	if (!viva_boot_list_can_switch(list, n))
		return false;
	bool on = list->items[n].on = !list->items[n].on;
	shift(list, n, on ? list->on_count : list->on_count - 1);
	list->on_count += on ? 1u : -1u;
	return true;
}

const char *viva_boot_letter_title(char letter)
{
	switch (letter) {
	case 'a': return _("Floppy Disk");
	case 'b': return _("Second Floppy Disk");
	case 'c': return _("Hard Disk");
	case 'd': return _("CD or DVD");
	default: return _("Network");
	}
}
