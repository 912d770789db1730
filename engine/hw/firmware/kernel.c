/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels given directly: what kind of image it is, and what both kinds need. */
#include "hw/firmware/kernel.h"

#include <string.h>

uint16_t image_get16(const uint8_t *at)
{
	uint16_t value;
	memcpy(&value, at, sizeof value);
	return GUINT16_FROM_LE(value);
}

uint32_t image_get32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return GUINT32_FROM_LE(value);
}

void image_put16(uint8_t *at, uint32_t value)
{
	uint16_t little = GUINT16_TO_LE((uint16_t)value);
	memcpy(at, &little, sizeof little);
}

void image_put32(uint8_t *at, uint32_t value)
{
	value = GUINT32_TO_LE(value);
	memcpy(at, &value, sizeof value);
}

GBytes *image_read_file(const char *name, GError **error)
{
	char *data;
	size_t size;
	return g_file_get_contents(name, &data, &size, error) ? g_bytes_new_take(data, size) : NULL;
}

void image_add_rom(const KernelJob *job, const char *name, const void *rom, size_t size)
{
	g_autofree char *file = g_strdup_printf("genroms/%s", name);
	fw_cfg_add_file(job->cfg, file, rom, size);
	g_ptr_array_add(job->roms, g_strdup(name));
}

bool image_error(GError **error, const KernelJob *job, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "kernel '%s': %s", job->kernel, text);
	return false;
}

bool firmware_add_kernel(FwCfg *cfg, const FirmwareInfo *info, GPtrArray *roms, GError **error)
{
	const MachineConfig *config = info->config;
	if (!config->kernel)
		return true;
	KernelJob job = { cfg, info, config->kernel, config->initrd, config->append ? config->append : "", roms };
	g_autofree char *image = NULL;
	size_t size;
	if (!g_file_get_contents(job.kernel, &image, &size, error)) {
		g_prefix_error(error, "kernel: ");
		return false;
	}
	if (linux_recognizes((uint8_t *)image, size))
		return linux_add(&job, (uint8_t *)image, size, error);
	if (multiboot_recognizes((uint8_t *)image, size))
		return multiboot_add(&job, (uint8_t *)image, size, error);
	return image_error(error, &job, "neither a Linux kernel (bzImage, zImage) nor a multiboot one");
}
