/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that a device's chardev writes to, for tests to read back. */
#pragma once

#include <glib/gstdio.h>

#include "char/chardev.h"
#include "fake-machine.h"

typedef struct FakeOutput {
	char *path;
	CharDev *chardev;
} FakeOutput;

static inline FakeOutput fake_output_new(Machine *machine)
{
	FakeOutput output = { .path = NULL };
	g_autoptr(GError) error = NULL;
	int fd = g_file_open_tmp("chardev-XXXXXX", &output.path, &error);
	g_assert_no_error(error);
	g_close(fd, NULL);
	g_autofree char *specification = g_strdup_printf("file:%s", output.path);
	output.chardev = chardev_new(machine, "output", specification, &error);
	g_assert_no_error(error);
	return output;
}

/* Everything that was written; free it. */
static inline char *fake_output_text(const FakeOutput *output)
{
	char *text = NULL;
	g_assert_true(g_file_get_contents(output->path, &text, NULL, NULL));
	return text;
}

/* After the machine's devices. */
static inline void fake_output_free(FakeOutput *output)
{
	chardev_free(output->chardev);
	g_unlink(output->path);
	g_free(output->path);
}
