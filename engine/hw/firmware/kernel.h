/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels given directly; for this folder alone. The image is prepared here, an option ROM in the guest (rom/) fetches it. */
#pragma once

#include "hw/firmware/parts.h"

typedef struct KernelJob {
	FwCfg *cfg;
	const FirmwareInfo *info;
	const char *kernel, *initrd, *append; /* file names; initrd NULL: none; append never NULL */
	GPtrArray *roms;
} KernelJob;

/* Firmware keeps its own tables in the highest memory below 4 GiB: nothing is placed there. */
enum { FIRMWARE_TOP_BYTES = 512 << 10 };

/* Whether an image is of that kind, and its preparation. `image` may be changed. */
bool linux_recognizes(const uint8_t *image, size_t size);
bool linux_add(const KernelJob *job, uint8_t *image, size_t size, GError **error);
bool multiboot_recognizes(const uint8_t *image, size_t size);
bool multiboot_add(const KernelJob *job, const uint8_t *image, size_t size, GError **error);

/* For both: numbers in images (little endian, any alignment), and a file's whole contents. */
uint16_t image_get16(const uint8_t *at);
uint32_t image_get32(const uint8_t *at);
void image_put16(uint8_t *at, uint32_t value);
void image_put32(uint8_t *at, uint32_t value);
GBytes *image_read_file(const char *name, GError **error);
void image_add_rom(const KernelJob *job, const char *name, const void *rom, size_t size);
bool image_error(GError **error, const KernelJob *job, const char *format, ...) G_GNUC_PRINTF(3, 4); /* false */
