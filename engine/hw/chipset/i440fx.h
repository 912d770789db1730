/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host bridge of the board pc: Intel 82441FX (datasheet 290549), PCI 8086:1237 at 00:00.0.
 *
 * It maps all of the board's RAM, the BIOS, and the shadow memory between C0000 and FFFFF. All under the machine's lock. */
#pragma once

#include "hw/pci/pci.h"

typedef struct I440fxMemory {
	RamBlock *ram;	    /* all of it; what doesn't fit below 4 GiB is mapped from there on */
	uint64_t low_bytes; /* i440fx_low_bytes() */
	RamBlock *bios;	    /* ends at 4 GiB; its last 128 KiB end at 1 MiB as well. NULL: none */
} I440fxMemory;

extern const DeviceClass i440fx_class;

/* How much of so much RAM lies below 4 GiB: 3 GiB if it is 3.5 GiB or more, to leave room for devices; no more than `limit`,
 * which is the user's, 0: none. */
uint64_t i440fx_low_bytes(uint64_t ram_bytes, uint64_t limit);
/* Before device_realize(). */
void i440fx_connect(Device *device, const I440fxMemory *memory);
/* The next reset is the one that ends S3: PAM outlives it. Firmware left its state in the shadow area, and starts again there. */
void i440fx_prepare_wake(Device *device);
/* At CPU_EVENT_ENTER_SMM and CPU_EVENT_LEAVE_SMM of processor `cpu`, and with false at its reset: SMRAM is shown while any
 * processor is in SMM. There is one view of memory for all processors, so the others see it too for that time. */
void i440fx_set_smm(Device *device, unsigned cpu, bool in_smm);
