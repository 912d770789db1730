/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Floppy drives and the formats of their media, which an image's size tells. */
#include "hw/storage/fdc_internal.h"
#include "machine/machine.h"

/* In a drive of a given type the first one of its size counts; a drive whose type is open takes the first of all. Rates are those
 * of the drive: a 360K disk passes faster in a 1.2M drive. */
static const FloppyFormat formats[] = {
	{ FLOPPY_144, 18, 80, 2, RATE_500K }, { FLOPPY_144, 20, 80, 2, RATE_500K }, { FLOPPY_144, 21, 80, 2, RATE_500K },
	{ FLOPPY_144, 21, 82, 2, RATE_500K }, { FLOPPY_144, 21, 83, 2, RATE_500K }, { FLOPPY_144, 22, 80, 2, RATE_500K },
	{ FLOPPY_144, 23, 80, 2, RATE_500K }, { FLOPPY_144, 24, 80, 2, RATE_500K },
	{ FLOPPY_288, 36, 80, 2, RATE_1M }, { FLOPPY_288, 39, 80, 2, RATE_1M }, { FLOPPY_288, 40, 80, 2, RATE_1M },
	{ FLOPPY_288, 44, 80, 2, RATE_1M }, { FLOPPY_288, 48, 80, 2, RATE_1M },
	{ FLOPPY_144, 9, 80, 2, RATE_250K }, { FLOPPY_144, 10, 80, 2, RATE_250K }, { FLOPPY_144, 10, 82, 2, RATE_250K },
	{ FLOPPY_144, 10, 83, 2, RATE_250K }, { FLOPPY_144, 13, 80, 2, RATE_250K }, { FLOPPY_144, 14, 80, 2, RATE_250K },
	{ FLOPPY_120, 15, 80, 2, RATE_500K }, { FLOPPY_120, 18, 80, 2, RATE_500K }, { FLOPPY_120, 18, 82, 2, RATE_500K },
	{ FLOPPY_120, 18, 83, 2, RATE_500K }, { FLOPPY_120, 20, 80, 2, RATE_500K }, { FLOPPY_120, 9, 80, 2, RATE_250K },
	{ FLOPPY_120, 11, 80, 2, RATE_250K }, { FLOPPY_120, 9, 40, 2, RATE_300K }, { FLOPPY_120, 9, 40, 1, RATE_300K },
	{ FLOPPY_120, 10, 41, 2, RATE_300K }, { FLOPPY_120, 10, 42, 2, RATE_300K }, { FLOPPY_120, 8, 40, 2, RATE_300K },
	{ FLOPPY_120, 8, 40, 1, RATE_300K },
	/* The same disks in a 3.5" drive, which is how an image of them is mostly used. */
	{ FLOPPY_144, 9, 40, 2, RATE_250K }, { FLOPPY_144, 9, 40, 1, RATE_250K }, { FLOPPY_144, 8, 40, 2, RATE_250K },
	{ FLOPPY_144, 8, 40, 1, RATE_250K }, { FLOPPY_144, 15, 80, 2, RATE_500K },
};

static bool fits(FloppyType drive, const FloppyFormat *format)
{
	return drive == FLOPPY_AUTO || format->type == drive || (drive == FLOPPY_288 && format->type == FLOPPY_144);
}

static uint64_t sectors_of(const FloppyFormat *format)
{
	return (uint64_t)format->sectors * format->tracks * format->heads;
}

/* An exact size, or else the smallest format that holds all of it, or else the largest that there is. */
static const FloppyFormat *find_format(FloppyType drive, uint64_t sectors)
{
	const FloppyFormat *holds = NULL, *largest = NULL;
	for (unsigned n = 0; n < G_N_ELEMENTS(formats); n++) {
		const FloppyFormat *format = &formats[n];
		uint64_t size = sectors_of(format);
		if (!fits(drive, format))
			continue;
		if (size == sectors)
			return format;
		if (size > sectors && (!holds || size < sectors_of(holds)))
			holds = format;
		if (!largest || size > sectors_of(largest))
			largest = format;
	}
	return holds ? holds : largest;
}

static void look_at_medium(Floppy *floppy)
{
	floppy->format = (FloppyFormat){ .type = FLOPPY_NONE };
	if (!block_has_medium(floppy->block) || floppy->type == FLOPPY_NONE)
		return;
	floppy->format = *find_format(floppy->type, block_sectors(floppy->block));
}

bool floppy_has_medium(const Floppy *floppy)
{
	return floppy->format.sectors;
}

/* A step pulse takes the change line back, if there is a disk. */
void floppy_seek(Floppy *floppy, unsigned track)
{
	if (floppy->track == track)
		return;
	floppy->track = (uint8_t)track;
	if (floppy_has_medium(floppy))
		floppy->changed = false;
}

static void medium_changed(void *owner)
{
	Floppy *floppy = owner;
	floppy->changed = true;
	look_at_medium(floppy);
}

/* ---- device ---- */

static const char *const drive_types[] = { "auto", "none", "120", "144", "288", NULL };

static Fdc *find_controller(Machine *machine)
{
	for (unsigned n = 0; n < machine_device_count(machine); n++) {
		Device *device = machine_device(machine, n);
		if (device->class == &isa_fdc_class && device->realized)
			return (Fdc *)device;
	}
	return NULL;
}

Device *fdc_drive_at(Machine *machine, unsigned unit)
{
	const Fdc *fdc = find_controller(machine);
	return fdc && unit < FDC_DRIVES ? (Device *)fdc->drives[unit] : NULL;
}

int fdc_bootindex(Machine *machine, unsigned unit)
{
	const Fdc *fdc = find_controller(machine);
	return fdc && unit < FDC_DRIVES ? fdc->bootindex[unit] : -1;
}

bool fdc_is_at_home(Machine *machine)
{
	const Fdc *fdc = find_controller(machine);
	return fdc && fdc->iobase == 0x3f0;
}

uint8_t fdc_drive_cmos_type(Machine *machine, unsigned unit)
{
	static const uint8_t codes[] = { [FLOPPY_120] = 2, [FLOPPY_144] = 4, [FLOPPY_288] = 5 };
	const Floppy *floppy = (Floppy *)fdc_drive_at(machine, unit);
	return floppy ? codes[floppy->type] : 0;
}

static bool take_place(Floppy *floppy, Fdc *fdc, GError **error)
{
	for (unsigned unit = 0; unit < FDC_DRIVES; unit++) {
		if (fdc->drives[unit] || (floppy->unit_wanted >= 0 && (unsigned)floppy->unit_wanted != unit))
			continue;
		fdc->drives[unit] = floppy;
		floppy->fdc = fdc;
		floppy->unit = unit;
		return true;
	}
	if (floppy->unit_wanted >= 0)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "floppy: unit %d is taken", floppy->unit_wanted);
	else
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "floppy: the controller has two drives already");
	return false;
}

/* The property, the controller's property, the medium, the controller's fallback: the first that says something. */
static void choose_type(Floppy *floppy)
{
	floppy->type = (FloppyType)floppy->type_wanted;
	if (floppy->type == FLOPPY_AUTO)
		floppy->type = (FloppyType)floppy->fdc->type_wanted[floppy->unit];
	if (floppy->type == FLOPPY_AUTO && block_has_medium(floppy->block))
		floppy->type = (FloppyType)find_format(FLOPPY_AUTO, block_sectors(floppy->block))->type;
	if (floppy->type == FLOPPY_AUTO)
		floppy->type = (FloppyType)floppy->fdc->fallback;
	if (floppy->type == FLOPPY_AUTO)
		floppy->type = FLOPPY_288;
}

static bool floppy_realize(Device *device, GError **error)
{
	Floppy *floppy = (Floppy *)device;
	Fdc *fdc = find_controller(device->machine);
	if (!fdc) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV, "floppy: there is no floppy controller");
		return false;
	}
	if (!floppy->block) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "floppy: needs drive=ID of a -drive");
		return false;
	}
	if (!take_place(floppy, fdc, error))
		return false;
	if (!block_attach(floppy->block, medium_changed, floppy, error)) {
		fdc->drives[floppy->unit] = NULL;
		floppy->fdc = NULL;
		return false;
	}
	block_set_removable(floppy->block, true);
	choose_type(floppy);
	medium_changed(floppy);
	return true;
}

static void floppy_unrealize(Device *device)
{
	Floppy *floppy = (Floppy *)device;
	if (floppy->fdc) {
		fdc_cancel(floppy->fdc);
		floppy->fdc->drives[floppy->unit] = NULL;
	}
	block_detach(floppy->block);
}

static void floppy_loaded(Device *device, unsigned version)
{
	(void)version;
	look_at_medium((Floppy *)device);
}

static const Property floppy_properties[] = {
	{ "drive", PROPERTY_DRIVE, offsetof(Floppy, block), NULL, "the -drive that it is", 0, 0, NULL },
	{ "unit", PROPERTY_I32, offsetof(Floppy, unit_wanted), "-1", "0 or 1; -1: the first free", 0, 0, NULL },
	{ "drive-type", PROPERTY_CHOICE, offsetof(Floppy, type_wanted), "auto", "kind of drive: 5.25\" 1.2M, 3.5\" 1.44M or 2.88M", 0, 0, drive_types },
	{ .name = NULL },
};

static const StateField floppy_state[] = {
	{ "track", STATE_U8, offsetof(Floppy, track), 0, 0, NULL, 0 },
	{ "next-id", STATE_U8, offsetof(Floppy, next_id), 0, 0, NULL, 0 },
	{ "changed", STATE_BOOL, offsetof(Floppy, changed), 0, 0, NULL, 0 },
	{ .name = NULL },
};

const DeviceClass floppy_class = {
	.name = "floppy",
	.bus = "floppy",
	.description = "floppy drive",
	.size = sizeof(Floppy),
	.properties = floppy_properties,
	.state = floppy_state,
	.state_version = 1,
	.realize = floppy_realize,
	.unrealize = floppy_unrealize,
	.loaded = floppy_loaded,
};
