/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 64 KiB of ports: a table from port to mapping. */
#include <string.h>

#include "mem/memory.h"

enum { PORTS = 65536 };

typedef struct PortMap {
	char *name;
	uint16_t first;
	unsigned count;
	PortOps ops;
	void *owner;
	bool used;
} PortMap;

struct PortSpace {
	GArray *maps;		 /* of PortMap; handle - 1 is the index */
	uint16_t by_port[PORTS]; /* handle of the topmost mapping, 0: none */
};

static void clear_map(gpointer data)
{
	g_free(((PortMap *)data)->name);
}

PortSpace *port_space_new(void)
{
	PortSpace *ports = g_new0(PortSpace, 1);
	ports->maps = g_array_new(FALSE, TRUE, sizeof(PortMap));
	g_array_set_clear_func(ports->maps, clear_map);
	return ports;
}

void port_space_free(PortSpace *ports)
{
	if (!ports)
		return;
	g_array_unref(ports->maps);
	g_free(ports);
}

static PortMap *get(const PortSpace *ports, unsigned handle)
{
	return &g_array_index(ports->maps, PortMap, handle - 1);
}

static void claim(PortSpace *ports, unsigned handle)
{
	const PortMap *map = get(ports, handle);
	for (unsigned n = 0; n < map->count && map->first + n < PORTS; n++)
		ports->by_port[map->first + n] = (uint16_t)handle;
}

static unsigned free_handle(PortSpace *ports)
{
	for (unsigned handle = 1; handle <= ports->maps->len; handle++)
		if (!get(ports, handle)->used)
			return handle;
	g_array_set_size(ports->maps, ports->maps->len + 1);
	return ports->maps->len;
}

unsigned port_map(PortSpace *ports, const char *name, uint16_t first, unsigned count, const PortOps *ops, void *owner)
{
	unsigned handle = free_handle(ports);
	PortMap *map = get(ports, handle);
	g_free(map->name);
	*map = (PortMap){ .name = g_strdup(name), .first = first, .count = count, .ops = *ops, .owner = owner, .used = true };
	map->ops.max_size = ops->max_size ? ops->max_size : 1;
	claim(ports, handle);
	return handle;
}

void port_unmap(PortSpace *ports, unsigned handle)
{
	if (!handle || !get(ports, handle)->used)
		return;
	PortMap *map = get(ports, handle);
	map->used = false;
	for (unsigned n = 0; n < map->count && map->first + n < PORTS; n++)
		if (ports->by_port[map->first + n] == handle)
			ports->by_port[map->first + n] = 0;
	/* What lay under it comes back, in the order of handles. */
	for (unsigned other = 1; other <= ports->maps->len; other++) {
		const PortMap *under = get(ports, other);
		for (unsigned n = 0; under->used && n < under->count && under->first + n < PORTS; n++)
			if (!ports->by_port[under->first + n])
				ports->by_port[under->first + n] = (uint16_t)other;
	}
}

/* The mapping that takes all of the access as it is, or NULL. */
static const PortMap *whole(const PortSpace *ports, uint16_t port, unsigned size)
{
	unsigned handle = ports->by_port[port];
	if (!handle || port + size > PORTS)
		return NULL;
	const PortMap *map = get(ports, handle);
	return size <= map->ops.max_size && port + size <= map->first + map->count ? map : NULL;
}

uint32_t port_read(PortSpace *ports, uint16_t port, unsigned size)
{
	const PortMap *map = whole(ports, port, size);
	if (map)
		return map->ops.read ? map->ops.read(map->owner, port, size) : ~0u;
	if (size == 1)
		return 0xff;
	unsigned half = size / 2;
	uint32_t mask = half == 1 ? 0xff : 0xffff;
	return (port_read(ports, port, half) & mask) | (port_read(ports, (uint16_t)(port + half), half) & mask) << (8 * half);
}

void port_write(PortSpace *ports, uint16_t port, uint32_t value, unsigned size)
{
	const PortMap *map = whole(ports, port, size);
	if (map) {
		if (map->ops.write)
			map->ops.write(map->owner, port, value, size);
		return;
	}
	if (size == 1)
		return;
	unsigned half = size / 2;
	uint32_t mask = half == 1 ? 0xff : 0xffff;
	port_write(ports, port, value & mask, half);
	port_write(ports, (uint16_t)(port + half), value >> (8 * half) & mask, half);
}

unsigned port_read_many(PortSpace *ports, uint16_t port, unsigned size, void *to, unsigned count)
{
	const PortMap *map = whole(ports, port, size);
	return map && map->ops.read_many ? map->ops.read_many(map->owner, port, size, to, count) : 0;
}

unsigned port_write_many(PortSpace *ports, uint16_t port, unsigned size, const void *from, unsigned count)
{
	const PortMap *map = whole(ports, port, size);
	return map && map->ops.write_many ? map->ops.write_many(map->owner, port, size, from, count) : 0;
}

void port_space_print(const PortSpace *ports, GString *out)
{
	for (unsigned port = 0; port < PORTS;) {
		unsigned handle = ports->by_port[port], first = port;
		while (port < PORTS && ports->by_port[port] == handle)
			port++;
		if (handle)
			g_string_append_printf(out, "  %016x-%016x (prio 0, i/o): %s\n", first, port - 1, get(ports, handle)->name);
	}
}
