/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All classes of devices, for -device, help and dialogs. */
#include "hw/char/parallel.h"
#include "hw/char/serial.h"
#include "hw/chipset/apic.h"
#include "hw/chipset/hpet.h"
#include "hw/chipset/i440fx.h"
#include "hw/chipset/i8237.h"
#include "hw/chipset/i8254.h"
#include "hw/chipset/i8259.h"
#include "hw/chipset/mc146818.h"
#include "hw/chipset/pcspk.h"
#include "hw/chipset/piix3.h"
#include "hw/chipset/piix4_pm.h"
#include "hw/chipset/port92.h"
#include "hw/display/vga.h"
#include "hw/firmware/fw_cfg.h"
#include "hw/input/i8042.h"
#include "hw/misc/debug_exit.h"
#include "hw/misc/debugcon.h"
#include "hw/misc/pvpanic.h"
#include "hw/storage/fdc.h"
#include "hw/storage/ide.h"

const DeviceClass *const device_classes[] = {
	&vga_pci_class, &vga_isa_class, &piix3_ide_class, &ide_hd_class, &ide_cd_class, &isa_fdc_class, &floppy_class, &serial_class,
	&parallel_class, &debugcon_class, &debug_exit_class, &pvpanic_class, &i8042_class, &fw_cfg_class, &i440fx_class, &piix3_class,
	&piix4_pm_class, &lapic_class, &ioapic_class, &i8259_class, &i8254_class, &pcspk_class, &i8237_class, &mc146818_class, &hpet_class,
	&port92_class, &ferr_class, NULL,
};
