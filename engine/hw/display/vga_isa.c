/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "isa-vga": the VGA core on the ISA bus. Its linear frame buffer lies where VGA BIOSes for ISA cards look for it. */
#include "hw/display/vga.h"
#include "hw/display/vga_core.h"

enum { LINEAR_BASE = 0xe0000000 };

typedef struct IsaVga {
	Device device;
	Vga vga;
	uint32_t memory_mb;
	Region *linear;
} IsaVga;

static bool isa_vga_realize(Device *device, GError **error)
{
	IsaVga *card = (IsaVga *)device;
	Vga *vga = &card->vga;
	if (!vga_init(vga, device->machine, card->memory_mb, error))
		return false;
	vga_map_legacy(vga);
	card->linear = memory_map_ram(machine_memory(device->machine), "vga.vram", vga->ram, 0, LINEAR_BASE, vga->vram_size, true,
				      MEMORY_PRIORITY_DEVICE);
	return true;
}

static void isa_vga_reset(Device *device)
{
	vga_reset(&((IsaVga *)device)->vga);
}

static void isa_vga_unrealize(Device *device)
{
	IsaVga *card = (IsaVga *)device;
	region_free(card->linear);
	vga_free(&card->vga);
}

static void isa_vga_loaded(Device *device, unsigned version)
{
	(void)version;
	vga_loaded(&((IsaVga *)device)->vga);
}

static const Property properties[] = {
	{ "vgamem_mb", PROPERTY_U32, offsetof(IsaVga, memory_mb), "8", "video memory in MiB, made a power of two", VGA_MIN_MEMORY_MB, VGA_MAX_MEMORY_MB,
	  NULL },
	{ NULL, PROPERTY_BOOL, 0, NULL, NULL, 0, 0, NULL },
};

static const StateField state[] = {
	{ "vga", STATE_STRUCT, offsetof(IsaVga, vga), 0, 0, vga_state, sizeof(Vga) },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

const DeviceClass vga_isa_class = {
	.name = "isa-vga",
	.bus = "isa",
	.description = "ISA VGA with Bochs VBE",
	.size = sizeof(IsaVga),
	.properties = properties,
	.state = state,
	.state_version = 1,
	.realize = isa_vga_realize,
	.reset = isa_vga_reset,
	.unrealize = isa_vga_unrealize,
	.loaded = isa_vga_loaded,
};
