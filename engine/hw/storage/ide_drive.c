/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drives as devices: properties, their place on a channel, geometry, reset, and what a saved machine keeps. */
#include <stdio.h>
#include <string.h>

#include "hw/storage/atapi.h"
#include "machine/machine.h"

/* ---- geometry ---- */

enum { DEFAULT_HEADS = 16, DEFAULT_SECTORS = 63, MAXIMUM_CYLINDERS = 16383, BIOS_CYLINDERS = 1024 };

/* Order of the choices of bios-chs-trans. */
static const char *const translations[] = { "auto", "none", "lba", "large", "rechs", NULL };

static void choose_geometry(IdeDrive *drive)
{
	IdeGeometry *geometry = &drive->geometry;
	uint64_t sectors = block_sectors(drive->block);
	geometry->heads = (uint8_t)(drive->heads ? drive->heads : DEFAULT_HEADS);
	geometry->sectors = (uint8_t)(drive->sectors ? drive->sectors : DEFAULT_SECTORS);
	uint64_t cylinders = sectors / ((unsigned)geometry->heads * geometry->sectors);
	geometry->cylinders = (uint16_t)(drive->cylinders ? drive->cylinders : CLAMP(cylinders, 1, MAXIMUM_CYLINDERS));
	if (drive->translation_wanted)
		geometry->translation = (IdeTranslation)(drive->translation_wanted - 1);
	else
		geometry->translation = geometry->cylinders <= BIOS_CYLINDERS ? IDE_TRANSLATION_NONE : IDE_TRANSLATION_LBA;
}

static void default_parameters(IdeDrive *drive)
{
	drive->current_cylinders = drive->geometry.cylinders;
	drive->current_heads = drive->geometry.heads;
	drive->current_sectors = drive->geometry.sectors;
}

/* ---- reset ---- */

/* ATA/ATAPI-6, 9.12 */
void ide_signature(IdeDrive *drive)
{
	drive->select &= SELECT_UNIT | SELECT_FIXED;
	drive->now.count = drive->now.lba[0] = 1;
	drive->now.lba[1] = drive->atapi ? 0x14 : 0;
	drive->now.lba[2] = drive->atapi ? 0xeb : 0;
	drive->previous = (IdeTaskFile){ .count = 0 };
}

void ide_drive_reset(IdeDrive *drive, bool hard)
{
	enum { DIAGNOSTIC_PASSED = 1, POWER_ACTIVE = 0xff, PIO_MODE0 = 8, UDMA_MODE5 = 0x45, MULTIPLE_DEFAULT = 16 };
	ide_cancel(drive);
	drive->select = SELECT_FIXED;
	ide_signature(drive);
	drive->now.feature = 0;
	drive->error = DIAGNOSTIC_PASSED;
	/* Packet drives aren't DRDY until their first command: how their signature is told from a disk that has these registers. */
	drive->status = drive->atapi ? 0 : STATUS_DRDY | STATUS_DSC;
	drive->power_mode = POWER_ACTIVE;
	drive->asleep = false;
	if (drive->atapi)
		atapi_reset(drive);
	if (!hard && drive->revert_off)
		return;
	drive->multiple = drive->atapi ? 0 : MULTIPLE_DEFAULT;
	drive->no_write_cache = drive->write_cache == OOA_OFF;
	drive->no_look_ahead = drive->revert_off = false;
	default_parameters(drive);
	if (!hard)
		return;
	drive->pio_mode = PIO_MODE0;
	drive->dma_mode = UDMA_MODE5;
	drive->smart_off = false;
}

static void drive_reset(Device *device)
{
	IdeDrive *drive = (IdeDrive *)device;
	ide_drive_reset(drive, true);
	if (drive->channel)
		ide_update_irq(drive->channel);
}

/* ---- place ---- */

static bool is_named(const char *bus, size_t length, const char *name)
{
	return strlen(name) == length && strncmp(bus, name, length) == 0;
}

static bool is_controller_of(const Device *device, const char *bus, unsigned *channel)
{
	if (device->class != &piix3_ide_class || !device->realized)
		return false;
	*channel = IDE_CHANNELS;
	if (!bus)
		return true;
	const char *dot = strrchr(bus, '.');
	if (!dot || (dot[1] != '0' && dot[1] != '1') || dot[2])
		return false;
	if (!is_named(bus, (size_t)(dot - bus), "ide") && !(device->id && is_named(bus, (size_t)(dot - bus), device->id)))
		return false;
	*channel = (unsigned)(dot[1] - '0');
	return true;
}

static bool take_place(IdeDrive *drive, IdeChannel *channel)
{
	for (unsigned unit = 0; unit < IDE_UNITS; unit++) {
		if (channel->drives[unit] || (drive->unit_wanted >= 0 && (unsigned)drive->unit_wanted != unit))
			continue;
		channel->drives[unit] = drive;
		drive->channel = channel;
		drive->unit = unit;
		return true;
	}
	return false;
}

static bool find_place(IdeDrive *drive, GError **error)
{
	Machine *machine = drive->device.machine;
	bool found = false;
	for (unsigned n = 0; n < machine_device_count(machine); n++) {
		Device *device = machine_device(machine, n);
		unsigned wanted;
		if (!is_controller_of(device, drive->bus, &wanted))
			continue;
		found = true;
		for (unsigned channel = 0; channel < IDE_CHANNELS; channel++)
			if ((wanted == IDE_CHANNELS || wanted == channel) && take_place(drive, &((Piix3Ide *)device)->channels[channel]))
				return true;
	}
	const char *name = drive->device.class->name, *bus = drive->bus ? drive->bus : "any IDE bus";
	if (!found)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV, "%s: there is no bus %s", name, drive->bus ? drive->bus : "for IDE drives");
	else if (drive->unit_wanted >= 0)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s: unit %d of %s is taken", name, drive->unit_wanted, bus);
	else
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s: no place left on %s", name, bus);
	return false;
}

static IdeDrive *drive_at(Machine *machine, unsigned channel, unsigned unit)
{
	for (unsigned n = 0; n < machine_device_count(machine) && channel < IDE_CHANNELS && unit < IDE_UNITS; n++) {
		Device *device = machine_device(machine, n);
		if (device->class == &piix3_ide_class && device->realized)
			return ((Piix3Ide *)device)->channels[channel].drives[unit];
	}
	return NULL;
}

bool ide_drive_place(const Device *device, IdePlace *place)
{
	const IdeDrive *drive = (const IdeDrive *)device;
	if ((device->class != &ide_hd_class && device->class != &ide_cd_class) || !drive->channel)
		return false;
	*place = (IdePlace){ drive->channel->controller->pci.devfn, drive->channel->index, drive->unit, drive->bootindex,
			     drive->lcyls, drive->lheads, drive->lsecs };
	return true;
}

Device *ide_drive_at(Machine *machine, unsigned channel, unsigned unit)
{
	return (Device *)drive_at(machine, channel, unit);
}

bool ide_drive_geometry(Machine *machine, unsigned channel, unsigned unit, IdeGeometry *geometry)
{
	const IdeDrive *drive = drive_at(machine, channel, unit);
	if (!drive || drive->atapi)
		return false;
	*geometry = drive->geometry;
	return true;
}

/* ---- realize ---- */

static void set_texts(IdeDrive *drive, const char *model)
{
	unsigned number = drive->channel->index * IDE_UNITS + drive->unit + 1;
	const char *serial = drive->serial ? drive->serial : block_serial(drive->block);
	if (serial && *serial)
		g_strlcpy(drive->serial_text, serial, sizeof drive->serial_text);
	else
		snprintf(drive->serial_text, sizeof drive->serial_text, "VM%05u", number);
	g_strlcpy(drive->model_text, drive->model ? drive->model : model, sizeof drive->model_text);
	g_strlcpy(drive->version_text, drive->version ? drive->version : "1.0", sizeof drive->version_text);
}

static bool need_block(IdeDrive *drive, GError **error)
{
	if (!drive->block)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: needs drive=ID of a -drive", drive->device.class->name);
	return drive->block;
}

static bool finish_realize(IdeDrive *drive, void (*changed)(void *owner), const char *model, GError **error)
{
	if (!find_place(drive, error))
		return false;
	if (!block_attach(drive->block, changed, drive, error)) {
		drive->channel->drives[drive->unit] = NULL;
		drive->channel = NULL;
		return false;
	}
	set_texts(drive, model);
	return true;
}

/* Three numbers that mean something together only. */
static bool check_geometry(const char *names, uint32_t cylinders, uint32_t heads, uint32_t sectors, GError **error)
{
	bool all = cylinders && heads && sectors, none = !cylinders && !heads && !sectors;
	if (!all && !none)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "ide-hd: %s must be given together, each above 0", names);
	return all || none;
}

static bool hd_realize(Device *device, GError **error)
{
	IdeDrive *drive = (IdeDrive *)device;
	if (!need_block(drive, error) || !check_geometry("cyls, heads and secs", drive->cylinders, drive->heads, drive->sectors, error) ||
	    !check_geometry("lcyls, lheads and lsecs", drive->lcyls, drive->lheads, drive->lsecs, error))
		return false;
	if (!block_sectors(drive->block)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "ide-hd: drive '%s' is empty; a hard disk needs an image",
			block_id(drive->block));
		return false;
	}
	if (!finish_realize(drive, NULL, "VIVARIUM HARDDISK", error))
		return false;
	block_set_removable(drive->block, false);
	choose_geometry(drive);
	ide_drive_reset(drive, true);
	return true;
}

static bool cd_realize(Device *device, GError **error)
{
	IdeDrive *drive = (IdeDrive *)device;
	drive->atapi = true;
	if (!need_block(drive, error) || !finish_realize(drive, atapi_changed, "VIVARIUM DVD-ROM", error))
		return false;
	block_set_removable(drive->block, true);
	drive->had_medium = block_has_medium(drive->block);
	ide_drive_reset(drive, true);
	return true;
}

static void drive_unrealize(Device *device)
{
	IdeDrive *drive = (IdeDrive *)device;
	if (drive->request)
		block_cancel(drive->request);
	drive->request = NULL;
	if (drive->channel)
		drive->channel->drives[drive->unit] = NULL;
	block_detach(drive->block);
}

static void drive_loaded(Device *device, unsigned version)
{
	IdeDrive *drive = (IdeDrive *)device;
	(void)version;
	/* What an index or a length is made of is checked: the file may be anybody's. */
	if (drive->transfer == (drive->atapi ? TRANSFER_SECTORS : TRANSFER_CD) || (!drive->atapi && drive->transfer == TRANSFER_PACKET))
		drive->transfer = drive->wait = 0;
	drive->end = MIN(drive->end, IDE_BUFFER_BYTES);
	drive->block_end = MIN(drive->block_end, drive->end);
	drive->position = MIN(drive->position, drive->end);
	drive->sector_bytes = atapi_parts_bytes(drive->sector_parts);
	if (drive->wait != WAIT_DISCARD)
		drive->in_flight = MIN(drive->in_flight, drive->atapi ? atapi_chunk(drive) : MIN(drive->left, IDE_CHUNK_SECTORS));
	drive->multiple = drive->multiple <= 16 ? drive->multiple : 0;
	if (drive->atapi)
		block_set_locked(drive->block, drive->locked);
	ide_resume_request(drive);
}

/* ---- tables ---- */

#define COMMON_PROPERTIES \
	{ "drive", PROPERTY_DRIVE, offsetof(IdeDrive, block), NULL, "the -drive that it is", 0, 0, NULL }, \
	{ "bus", PROPERTY_STRING, offsetof(IdeDrive, bus), NULL, "ide.0 or ide.1; the first with room", 0, 0, NULL }, \
	{ "unit", PROPERTY_I32, offsetof(IdeDrive, unit_wanted), "-1", "0 or 1 on its bus; -1: the first free", 0, 0, NULL }, \
	{ "serial", PROPERTY_STRING, offsetof(IdeDrive, serial), NULL, "serial number, up to 20 characters", 0, 0, NULL }, \
	{ "model", PROPERTY_STRING, offsetof(IdeDrive, model), NULL, "model name, up to 40 characters", 0, 0, NULL }, \
	{ "ver", PROPERTY_STRING, offsetof(IdeDrive, version), NULL, "firmware version, up to 8 characters", 0, 0, NULL }, \
	{ "wwn", PROPERTY_U64, offsetof(IdeDrive, wwn), "0", "world wide name; 0: none", 0, 0, NULL }, \
	{ "bootindex", PROPERTY_I32, offsetof(IdeDrive, bootindex), "-1", "place in the boot order, lower ones first; -1: none", \
		PROPERTY_FROM_MINUS_1, INT32_MAX, NULL }

static const Property hd_properties[] = {
	COMMON_PROPERTIES,
	{ "cyls", PROPERTY_U32, offsetof(IdeDrive, cylinders), "0", "cylinders; 0: by the size", 0, 65535, NULL },
	{ "heads", PROPERTY_U32, offsetof(IdeDrive, heads), "0", "heads; 0: 16", 0, 16, NULL },
	{ "secs", PROPERTY_U32, offsetof(IdeDrive, sectors), "0", "sectors of a track; 0: 63", 0, 255, NULL },
	{ "lcyls", PROPERTY_U32, offsetof(IdeDrive, lcyls), "0", "cylinders that the BIOS shall show; 0: its own choice", 0, 1024, NULL },
	{ "lheads", PROPERTY_U32, offsetof(IdeDrive, lheads), "0", "heads likewise", 0, 255, NULL },
	{ "lsecs", PROPERTY_U32, offsetof(IdeDrive, lsecs), "0", "sectors of a track likewise", 0, 63, NULL },
	{ "rotation_rate", PROPERTY_U16, offsetof(IdeDrive, rotation_rate), "0", "revolutions a minute; 0: not told, 1: it is no rotating disk", 0, 0, NULL },
	{ "write-cache", PROPERTY_AUTO, offsetof(IdeDrive, write_cache), "auto", "is the drive's cache on after a reset?", 0, 0, NULL },
	{ "bios-chs-trans", PROPERTY_CHOICE, offsetof(IdeDrive, translation_wanted), "auto", "how the BIOS translates its geometry", 0, 0,
		translations },
	{ .name = NULL },
};

static const Property cd_properties[] = {
	COMMON_PROPERTIES,
	{ .name = NULL },
};

static const StateField task_file_state[] = {
	{ "feature", STATE_U8, offsetof(IdeTaskFile, feature), 0, 0, NULL, 0 },
	{ "count", STATE_U8, offsetof(IdeTaskFile, count), 0, 0, NULL, 0 },
	{ "lba", STATE_U8, offsetof(IdeTaskFile, lba), 3, 0, NULL, 0 },
	{ .name = NULL },
};

static const StateField sense_state[] = {
	{ "key", STATE_U8, offsetof(IdeSense, key), 0, 0, NULL, 0 },
	{ "asc", STATE_U8, offsetof(IdeSense, asc), 0, 0, NULL, 0 },
	{ "ascq", STATE_U8, offsetof(IdeSense, ascq), 0, 0, NULL, 0 },
	{ .name = NULL },
};

static const StateField drive_state[] = {
	{ "now", STATE_STRUCT, offsetof(IdeDrive, now), 1, 0, task_file_state, sizeof(IdeTaskFile) },
	{ "previous", STATE_STRUCT, offsetof(IdeDrive, previous), 1, 0, task_file_state, sizeof(IdeTaskFile) },
	{ "select", STATE_U8, offsetof(IdeDrive, select), 0, 0, NULL, 0 },
	{ "status", STATE_U8, offsetof(IdeDrive, status), 0, 0, NULL, 0 },
	{ "error", STATE_U8, offsetof(IdeDrive, error), 0, 0, NULL, 0 },
	{ "command", STATE_U8, offsetof(IdeDrive, command), 0, 0, NULL, 0 },
	{ "irq", STATE_BOOL, offsetof(IdeDrive, irq), 0, 0, NULL, 0 },
	{ "multiple", STATE_U8, offsetof(IdeDrive, multiple), 0, 0, NULL, 0 },
	{ "dma-mode", STATE_U8, offsetof(IdeDrive, dma_mode), 0, 0, NULL, 0 },
	{ "pio-mode", STATE_U8, offsetof(IdeDrive, pio_mode), 0, 0, NULL, 0 },
	{ "no-write-cache", STATE_BOOL, offsetof(IdeDrive, no_write_cache), 0, 0, NULL, 0 },
	{ "no-look-ahead", STATE_BOOL, offsetof(IdeDrive, no_look_ahead), 0, 0, NULL, 0 },
	{ "smart-off", STATE_BOOL, offsetof(IdeDrive, smart_off), 0, 0, NULL, 0 },
	{ "revert-off", STATE_BOOL, offsetof(IdeDrive, revert_off), 0, 0, NULL, 0 },
	{ "asleep", STATE_BOOL, offsetof(IdeDrive, asleep), 0, 0, NULL, 0 },
	{ "power-mode", STATE_U8, offsetof(IdeDrive, power_mode), 0, 0, NULL, 0 },
	{ "cylinders", STATE_U16, offsetof(IdeDrive, current_cylinders), 0, 0, NULL, 0 },
	{ "heads", STATE_U8, offsetof(IdeDrive, current_heads), 0, 0, NULL, 0 },
	{ "sectors", STATE_U8, offsetof(IdeDrive, current_sectors), 0, 0, NULL, 0 },
	{ "transfer", STATE_U8, offsetof(IdeDrive, transfer), 0, 0, NULL, 0 },
	{ "wait", STATE_U8, offsetof(IdeDrive, wait), 0, 0, NULL, 0 },
	{ "out", STATE_BOOL, offsetof(IdeDrive, out), 0, 0, NULL, 0 },
	{ "dma", STATE_BOOL, offsetof(IdeDrive, dma), 0, 0, NULL, 0 },
	{ "lba48", STATE_BOOL, offsetof(IdeDrive, lba48), 0, 0, NULL, 0 },
	{ "flush-after", STATE_BOOL, offsetof(IdeDrive, flush_after), 0, 0, NULL, 0 },
	{ "position", STATE_U32, offsetof(IdeDrive, position), 0, 0, NULL, 0 },
	{ "block-end", STATE_U32, offsetof(IdeDrive, block_end), 0, 0, NULL, 0 },
	{ "end", STATE_U32, offsetof(IdeDrive, end), 0, 0, NULL, 0 },
	{ "in-flight", STATE_U32, offsetof(IdeDrive, in_flight), 0, 0, NULL, 0 },
	{ "lba", STATE_U64, offsetof(IdeDrive, lba), 0, 0, NULL, 0 },
	{ "left", STATE_U32, offsetof(IdeDrive, left), 0, 0, NULL, 0 },
	{ "packet", STATE_BYTES, offsetof(IdeDrive, packet), IDE_PACKET_BYTES, 0, NULL, 0 },
	{ "sense", STATE_STRUCT, offsetof(IdeDrive, sense), 1, 0, sense_state, sizeof(IdeSense) },
	{ "unit-attention", STATE_U8, offsetof(IdeDrive, unit_attention), 0, 0, NULL, 0 },
	{ "media-event", STATE_U8, offsetof(IdeDrive, media_event), 0, 0, NULL, 0 },
	{ "locked", STATE_BOOL, offsetof(IdeDrive, locked), 0, 0, NULL, 0 },
	{ "had-medium", STATE_BOOL, offsetof(IdeDrive, had_medium), 0, 0, NULL, 0 },
	{ "byte-limit", STATE_U32, offsetof(IdeDrive, byte_limit), 0, 0, NULL, 0 },
	{ "sector-bytes", STATE_U32, offsetof(IdeDrive, sector_bytes), 0, 0, NULL, 0 },
	{ "sector-parts", STATE_U8, offsetof(IdeDrive, sector_parts), 0, 0, NULL, 0 },
	{ "buffer", STATE_BYTES, offsetof(IdeDrive, buffer), IDE_BUFFER_BYTES, 0, NULL, 0 },
	{ .name = NULL },
};

const DeviceClass ide_hd_class = {
	.name = "ide-hd",
	.bus = "ide",
	.description = "IDE hard disk",
	.size = sizeof(IdeDrive),
	.properties = hd_properties,
	.state = drive_state,
	.state_version = 1,
	.realize = hd_realize,
	.reset = drive_reset,
	.unrealize = drive_unrealize,
	.loaded = drive_loaded,
};

const DeviceClass ide_cd_class = {
	.name = "ide-cd",
	.bus = "ide",
	.description = "IDE (ATAPI) CD and DVD drive",
	.size = sizeof(IdeDrive),
	.properties = cd_properties,
	.state = drive_state,
	.state_version = 1,
	.realize = cd_realize,
	.reset = drive_reset,
	.unrealize = drive_unrealize,
	.loaded = drive_loaded,
};
