/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The firmware configuration channel, see fw_cfg.h.
 *
 * An item is selected by number; reading goes through its bytes and gives zeros behind them. The DMA interface does the same in
 * one step: the guest writes the address of a descriptor (control, length, address; big endian), the lower half last, and finds
 * in the descriptor's control word what became of it. */
#include "hw/firmware/fw_cfg.h"

#include <inttypes.h>
#include <string.h>

#include "machine/machine.h"

/* Control bits of the descriptor. */
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };
enum { DMA_DESCRIPTOR_SIZE = 16, DMA_CHUNK = 4096, DIRECTORY_ENTRY = 64, MAX_FILES = FW_CFG_WRITE_CHANNEL - FW_CFG_FILE_FIRST };
/* What FW_CFG_ID says: the plain interface and DMA. */
enum { ID_PLAIN = 1, ID_DMA = 2 };
#define DMA_SIGNATURE "QEMU CFG"

typedef struct Item {
	char name[FW_CFG_NAME_SIZE];
	GBytes *data;
	uint8_t *writable; /* instead of data */
	size_t size;
	FwCfgWritten *written;
	FwCfgSelect *select;
	void *owner;
} Item;

typedef struct Kept {
	void *data;
	void (*release)(void *data);
} Kept;

struct FwCfg {
	Device device;
	GHashTable *numbered; /* key -> Item */
	GPtrArray *files;     /* Item, by name */
	GArray *kept;	      /* Kept */
	bool directory_stale;
	uint16_t key;
	uint32_t offset;
	uint64_t dma_address;
	unsigned ports, dma_ports; /* handles */
};

static void item_clear(Item *item)
{
	g_clear_pointer(&item->data, g_bytes_unref);
	g_clear_pointer(&item->writable, g_free);
	item->size = 0;
}

static void item_free(void *pointer)
{
	Item *item = pointer;
	item_clear(item);
	g_free(item);
}

static void item_set(Item *item, GBytes *data)
{
	item_clear(item);
	item->data = g_bytes_ref(data);
	item->size = g_bytes_get_size(data);
}

static const uint8_t *item_data(const Item *item)
{
	return item->writable ? item->writable : item->data ? g_bytes_get_data(item->data, NULL) : NULL;
}

/* ---- the host's side ---- */

FwCfg *fw_cfg_find(Machine *machine)
{
	for (unsigned n = 0; n < machine_device_count(machine); n++) {
		Device *device = machine_device(machine, n);
		if (device->class == &fw_cfg_class)
			return (FwCfg *)device;
	}
	return NULL;
}

void fw_cfg_add_gbytes(FwCfg *cfg, uint16_t key, GBytes *data)
{
	Item *item = g_hash_table_lookup(cfg->numbered, GUINT_TO_POINTER(key));
	if (!item) {
		item = g_new0(Item, 1);
		g_hash_table_insert(cfg->numbered, GUINT_TO_POINTER(key), item);
	}
	item_set(item, data);
}

void fw_cfg_add_bytes(FwCfg *cfg, uint16_t key, const void *data, size_t size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, size);
	fw_cfg_add_gbytes(cfg, key, bytes);
}

void fw_cfg_add_u16(FwCfg *cfg, uint16_t key, uint16_t value)
{
	value = GUINT16_TO_LE(value);
	fw_cfg_add_bytes(cfg, key, &value, sizeof value);
}

void fw_cfg_add_u32(FwCfg *cfg, uint16_t key, uint32_t value)
{
	value = GUINT32_TO_LE(value);
	fw_cfg_add_bytes(cfg, key, &value, sizeof value);
}

void fw_cfg_add_u64(FwCfg *cfg, uint16_t key, uint64_t value)
{
	value = GUINT64_TO_LE(value);
	fw_cfg_add_bytes(cfg, key, &value, sizeof value);
}

static Item *find_file(const FwCfg *cfg, const char *name)
{
	for (unsigned n = 0; n < cfg->files->len; n++) {
		Item *item = g_ptr_array_index(cfg->files, n);
		if (strcmp(item->name, name) == 0)
			return item;
	}
	return NULL;
}

/* The one of that name; a new one takes its place in the order. */
static Item *file_for(FwCfg *cfg, const char *name)
{
	cfg->directory_stale = true;
	Item *item = find_file(cfg, name);
	if (item)
		return item;
	g_return_val_if_fail(strlen(name) < FW_CFG_NAME_SIZE && cfg->files->len < MAX_FILES, NULL);
	item = g_new0(Item, 1);
	g_strlcpy(item->name, name, sizeof item->name);
	unsigned place = 0;
	while (place < cfg->files->len && strcmp(((Item *)g_ptr_array_index(cfg->files, place))->name, name) < 0)
		place++;
	g_ptr_array_insert(cfg->files, (int)place, item);
	return item;
}

void fw_cfg_add_file_gbytes(FwCfg *cfg, const char *name, GBytes *data)
{
	Item *item = file_for(cfg, name);
	if (item)
		item_set(item, data);
}

void fw_cfg_add_file(FwCfg *cfg, const char *name, const void *data, size_t size)
{
	g_autoptr(GBytes) bytes = g_bytes_new(data, size);
	fw_cfg_add_file_gbytes(cfg, name, bytes);
}

void fw_cfg_print_roms(const FwCfg *cfg, GString *out)
{
	static const char *const roms[] = { "genroms/", "vgaroms/" }, *const tables[] = { "etc/acpi/", "etc/table-loader" };
	for (unsigned n = 0; n < cfg->files->len; n++) {
		const Item *item = g_ptr_array_index(cfg->files, n);
		for (unsigned k = 0; k < G_N_ELEMENTS(roms); k++)
			if (g_str_has_prefix(item->name, roms[k]))
				g_string_append_printf(out, "fw=%s size=0x%06zx name=\"%s\"\n", item->name, item->size, item->name + strlen(roms[k]));
		for (unsigned k = 0; k < G_N_ELEMENTS(tables); k++)
			if (g_str_has_prefix(item->name, tables[k]))
				g_string_append_printf(out, "/rom@%s size=0x%06zx name=\"%s\"\n", item->name, item->size, item->name);
	}
}

void fw_cfg_add_writable_file(FwCfg *cfg, const char *name, const void *data, size_t size, FwCfgWritten *written, void *owner)
{
	Item *item = file_for(cfg, name);
	if (!item)
		return;
	item_clear(item);
	item->writable = g_malloc0(size ? size : 1);
	if (data)
		memcpy(item->writable, data, size);
	item->size = size;
	item->written = written;
	item->owner = owner;
}

void fw_cfg_add_callback(FwCfg *cfg, const char *name, FwCfgSelect *select, void *owner)
{
	Item *item = file_for(cfg, name);
	if (!item)
		return;
	item->select = select;
	item->owner = owner;
}

static const uint8_t *data_of(const Item *item, size_t *size)
{
	*size = item ? item->size : 0;
	return item ? item_data(item) : NULL;
}

const uint8_t *fw_cfg_file_data(FwCfg *cfg, const char *name, size_t *size)
{
	return data_of(find_file(cfg, name), size);
}

const uint8_t *fw_cfg_data(FwCfg *cfg, uint16_t key, size_t *size)
{
	return data_of(g_hash_table_lookup(cfg->numbered, GUINT_TO_POINTER(key)), size);
}

void fw_cfg_keep(FwCfg *cfg, void *data, void (*release)(void *data))
{
	Kept kept = { data, release };
	g_array_append_val(cfg->kept, kept);
}

void *fw_cfg_kept(const FwCfg *cfg, void (*release)(void *data))
{
	for (unsigned n = 0; n < cfg->kept->len; n++) {
		const Kept *kept = &g_array_index(cfg->kept, Kept, n);
		if (kept->release == release)
			return kept->data;
	}
	return NULL;
}

/* ---- the directory ---- */

static void put_be32(uint8_t *to, uint32_t value)
{
	value = GUINT32_TO_BE(value);
	memcpy(to, &value, sizeof value);
}

static void make_directory(FwCfg *cfg)
{
	if (!cfg->directory_stale)
		return;
	size_t size = 4 + (size_t)cfg->files->len * DIRECTORY_ENTRY;
	g_autofree uint8_t *directory = g_malloc0(size);
	put_be32(directory, cfg->files->len);
	for (unsigned n = 0; n < cfg->files->len; n++) {
		const Item *item = g_ptr_array_index(cfg->files, n);
		uint8_t *entry = directory + 4 + n * DIRECTORY_ENTRY; /* size, key, 16 bits reserved, name */
		put_be32(entry, (uint32_t)item->size);
		put_be32(entry + 4, (FW_CFG_FILE_FIRST + n) << 16);
		memcpy(entry + 8, item->name, sizeof item->name);
	}
	fw_cfg_add_bytes(cfg, FW_CFG_DIRECTORY, directory, size);
	cfg->directory_stale = false;
}

/* ---- the guest's side ---- */

/* The item of a selector's value; NULL: there is none. */
static Item *current_item(const FwCfg *cfg)
{
	unsigned key = cfg->key & (unsigned)~FW_CFG_WRITE_CHANNEL;
	if (!(key & FW_CFG_ARCH_LOCAL) && key >= FW_CFG_FILE_FIRST) {
		unsigned n = key - FW_CFG_FILE_FIRST;
		return n < cfg->files->len ? g_ptr_array_index(cfg->files, n) : NULL;
	}
	return g_hash_table_lookup(cfg->numbered, GUINT_TO_POINTER(key));
}

static void select_item(FwCfg *cfg, uint16_t key)
{
	cfg->key = key;
	cfg->offset = 0;
	if ((key & ~FW_CFG_WRITE_CHANNEL) == FW_CFG_DIRECTORY)
		make_directory(cfg);
	const Item *item = current_item(cfg);
	if (item && item->select)
		item->select(item->owner, cfg, item->name);
}

/* How many of `wanted` bytes the item still has. */
static uint32_t left(const FwCfg *cfg, const Item *item, uint32_t wanted)
{
	if (!item || cfg->offset >= item->size)
		return 0;
	return (uint32_t)MIN(item->size - cfg->offset, wanted);
}

static uint32_t read_port(void *owner, uint16_t port, unsigned size)
{
	FwCfg *cfg = owner;
	if (port != FW_CFG_PORT + 1 || size != 1)
		return 0;
	const Item *item = current_item(cfg);
	return left(cfg, item, 1) ? item_data(item)[cfg->offset++] : 0;
}

static void write_port(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	if (port == FW_CFG_PORT && size == 2) /* data is read-only here: writing goes by DMA */
		select_item(owner, (uint16_t)value);
}

/* Zeros behind the item's end. In pieces, so that a long one without memory behind it ends at once. False: the guest's address
 * isn't memory. */
static bool dma_read(FwCfg *cfg, uint64_t to, uint32_t length)
{
	static const uint8_t zeros[DMA_CHUNK];
	Memory *memory = machine_memory(cfg->device.machine);
	const Item *item = current_item(cfg);
	for (uint32_t done = 0, piece; done < length; done += piece) {
		piece = left(cfg, item, MIN(length - done, DMA_CHUNK));
		const uint8_t *from = piece ? item_data(item) + cfg->offset : zeros;
		cfg->offset += piece;
		if (!piece)
			piece = MIN(length - done, DMA_CHUNK);
		if (!memory_write(memory, to + done, from, piece))
			return false;
	}
	return true;
}

static bool dma_write(FwCfg *cfg, uint64_t from, uint32_t length)
{
	Item *item = current_item(cfg);
	if (!item || !item->writable || left(cfg, item, length) != length)
		return false;
	if (!memory_read(machine_memory(cfg->device.machine), from, item->writable + cfg->offset, length))
		return false;
	uint32_t offset = cfg->offset;
	cfg->offset += length;
	if (item->written)
		item->written(item->owner, item->name, offset, length);
	return true;
}

static bool dma_command(FwCfg *cfg, uint32_t control, uint32_t length, uint64_t address)
{
	if (control & DMA_SELECT)
		select_item(cfg, (uint16_t)(control >> 16));
	if (control & DMA_READ)
		return dma_read(cfg, address, length);
	if (control & DMA_WRITE)
		return dma_write(cfg, address, length);
	if (control & DMA_SKIP)
		cfg->offset += left(cfg, current_item(cfg), length);
	return true;
}

static void dma_run(FwCfg *cfg)
{
	struct {
		uint32_t control, length;
		uint64_t address;
	} descriptor;
	G_STATIC_ASSERT(sizeof descriptor == DMA_DESCRIPTOR_SIZE);
	Memory *memory = machine_memory(cfg->device.machine);
	uint64_t at = cfg->dma_address;
	cfg->dma_address = 0;
	bool good = memory_read(memory, at, &descriptor, sizeof descriptor);
	if (good)
		good = dma_command(cfg, GUINT32_FROM_BE(descriptor.control), GUINT32_FROM_BE(descriptor.length),
			GUINT64_FROM_BE(descriptor.address));
	if (!good)
		machine_log_guest_error(cfg->device.machine, "fw_cfg: DMA by the descriptor at 0x%" PRIx64 " failed", at);
	uint32_t result = GUINT32_TO_BE(good ? 0u : (uint32_t)DMA_ERROR);
	memory_write(memory, at, &result, sizeof result);
}

static uint32_t read_dma_port(void *owner, uint16_t port, unsigned size)
{
	(void)owner;
	uint32_t value = 0;
	memcpy(&value, &DMA_SIGNATURE[port - FW_CFG_DMA_PORT], size);
	return value;
}

static void write_dma_port(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	FwCfg *cfg = owner;
	if (size != 4)
		return;
	value = GUINT32_FROM_BE(value);
	if (port == FW_CFG_DMA_PORT) {
		cfg->dma_address = (uint64_t)value << 32;
	} else if (port == FW_CFG_DMA_PORT + 4) {
		cfg->dma_address |= value;
		dma_run(cfg);
	}
}

static const PortOps plain_ports = { read_port, write_port, 2 };
static const PortOps dma_ports = { read_dma_port, write_dma_port, 4 };

/* ---- the device ---- */

static bool realize(Device *device, GError **error)
{
	(void)error;
	FwCfg *cfg = (FwCfg *)device;
	cfg->numbered = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, item_free);
	cfg->files = g_ptr_array_new_with_free_func(item_free);
	cfg->kept = g_array_new(FALSE, FALSE, sizeof(Kept));
	cfg->directory_stale = true;
	fw_cfg_add_bytes(cfg, FW_CFG_SIGNATURE, "QEMU", 4);
	fw_cfg_add_u32(cfg, FW_CFG_ID, ID_PLAIN | ID_DMA);
	PortSpace *ports = machine_ports(device->machine);
	cfg->ports = port_map(ports, "fw_cfg", FW_CFG_PORT, 2, &plain_ports, cfg);
	cfg->dma_ports = port_map(ports, "fw_cfg DMA", FW_CFG_DMA_PORT, 8, &dma_ports, cfg);
	return true;
}

static void reset(Device *device)
{
	FwCfg *cfg = (FwCfg *)device;
	cfg->dma_address = 0;
	select_item(cfg, FW_CFG_SIGNATURE);
}

static void unrealize(Device *device)
{
	FwCfg *cfg = (FwCfg *)device;
	port_unmap(machine_ports(device->machine), cfg->dma_ports);
	port_unmap(machine_ports(device->machine), cfg->ports);
	g_ptr_array_unref(cfg->files);
	g_hash_table_unref(cfg->numbered);
	for (unsigned n = 0; n < cfg->kept->len; n++) {
		const Kept *kept = &g_array_index(cfg->kept, Kept, n);
		kept->release(kept->data);
	}
	g_array_unref(cfg->kept);
}

/* The items themselves are made from the configuration again. */
static const StateField state[] = {
	{ "key", STATE_U16, offsetof(FwCfg, key), 0, 0, NULL, 0 },
	{ "offset", STATE_U32, offsetof(FwCfg, offset), 0, 0, NULL, 0 },
	{ "dma-address", STATE_U64, offsetof(FwCfg, dma_address), 0, 0, NULL, 0 },
	{ 0 },
};

const DeviceClass fw_cfg_class = {
	.name = "fw_cfg",
	.bus = "system",
	.description = "firmware configuration channel",
	.size = sizeof(FwCfg),
	.state = state,
	.state_version = 1,
	.realize = realize,
	.reset = reset,
	.unrealize = unrealize,
};
