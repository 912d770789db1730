/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The IDE function of the PIIX3 (82371SB, 2.3): legacy ports and interrupts, timing registers that only remember, and the bus
 * master registers in BAR 4. */
#include <string.h>

#include "hw/storage/ide_internal.h"

enum { BMIBA = 4, BMIBA_BYTES = 16, IDETIM = 0x40, SIDETIM = 0x44 };

static bool piix3_ide_realize(Device *device, GError **error)
{
	Piix3Ide *controller = (Piix3Ide *)device;
	PciDevice *pci = &controller->pci;
	if (!pci_device_attach(pci, machine_pci_bus(device->machine), error))
		return false;
	memset(pci->writable + IDETIM, 0xff, 4);
	pci->writable[SIDETIM] = 0xff;
	pci_register_io_bar(pci, BMIBA, "ide-bmdma", BMIBA_BYTES, &ide_master_ops);
	for (unsigned n = 0; n < IDE_CHANNELS; n++) {
		controller->channels[n].controller = controller;
		controller->channels[n].index = n;
		ide_channel_realize(&controller->channels[n]);
	}
	return true;
}

static void piix3_ide_reset(Device *device)
{
	Piix3Ide *controller = (Piix3Ide *)device;
	pci_device_reset(&controller->pci);
	/* IDETIM stays, which has the bits that switch the channels on: when a machine awakes, neither SeaBIOS nor Linux sets them again, and
	 * Linux leaves a channel that is off alone. */
	for (unsigned n = 0; n < IDE_CHANNELS; n++)
		ide_channel_reset(&controller->channels[n]);
}

static void piix3_ide_loaded(Device *device, unsigned version)
{
	(void)version;
	pci_device_loaded(&((Piix3Ide *)device)->pci);
}

static void piix3_ide_unrealize(Device *device)
{
	Piix3Ide *controller = (Piix3Ide *)device;
	for (unsigned n = 0; n < IDE_CHANNELS; n++)
		ide_channel_unrealize(&controller->channels[n]);
	pci_device_detach(&controller->pci);
}

static const Property piix3_ide_properties[] = {
	PCI_PROPERTIES(Piix3Ide, pci),
	{ .name = NULL },
};

static const StateField master_state[] = {
	{ "command", STATE_U8, offsetof(IdeBusMaster, command), 0, 0, NULL, 0 },
	{ "status", STATE_U8, offsetof(IdeBusMaster, status), 0, 0, NULL, 0 },
	{ "table", STATE_U32, offsetof(IdeBusMaster, table), 0, 0, NULL, 0 },
	{ "next", STATE_U32, offsetof(IdeBusMaster, next), 0, 0, NULL, 0 },
	{ "address", STATE_U32, offsetof(IdeBusMaster, address), 0, 0, NULL, 0 },
	{ "left", STATE_U32, offsetof(IdeBusMaster, left), 0, 0, NULL, 0 },
	{ "last", STATE_BOOL, offsetof(IdeBusMaster, last), 0, 0, NULL, 0 },
	{ .name = NULL },
};

static const StateField channel_state[] = {
	{ "irq", STATE_BOOL, offsetof(IdeChannel, irq_level), 0, 0, NULL, 0 },
	{ "control", STATE_U8, offsetof(IdeChannel, control), 0, 0, NULL, 0 },
	{ "select", STATE_U8, offsetof(IdeChannel, select), 0, 0, NULL, 0 },
	{ "master", STATE_STRUCT, offsetof(IdeChannel, master), 1, 0, master_state, sizeof(IdeBusMaster) },
	{ .name = NULL },
};

static const StateField piix3_ide_state[] = {
	PCI_STATE(Piix3Ide, pci),
	{ "channels", STATE_STRUCT, offsetof(Piix3Ide, channels), IDE_CHANNELS, 0, channel_state, sizeof(IdeChannel) },
	{ .name = NULL },
};

static const PciClass piix3_ide_pci = {
	.vendor = 0x8086, .device = 0x7010, .prog_if = 0x80, .class_code = 0x0101, .subsystem_vendor = 0x1af4, .subsystem = 0x1100,
};

const DeviceClass piix3_ide_class = {
	.name = "piix3-ide",
	.bus = "pci",
	.description = "Intel 82371SB (PIIX3) IDE controller",
	.size = sizeof(Piix3Ide),
	.properties = piix3_ide_properties,
	.state = piix3_ide_state,
	.state_version = 1,
	.realize = piix3_ide_realize,
	.reset = piix3_ide_reset,
	.unrealize = piix3_ide_unrealize,
	.loaded = piix3_ide_loaded,
	.bus_class = &piix3_ide_pci,
};
