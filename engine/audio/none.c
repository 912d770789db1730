/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A build without GStreamer: there is no sound to open. */
#include <gio/gio.h>

#include "audio/output.h"

static AudioOutput *open_output(const char *target, GError **error)
{
	(void)target;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "sound: this program was built without GStreamer");
	return NULL;
}

static void close_output(AudioOutput *output)
{
	(void)output;
}

static bool write_samples(AudioOutput *output, const int16_t *samples, unsigned count, GError **error)
{
	(void)output, (void)samples, (void)count, (void)error;
	return false;
}

const AudioOutputKind audio_gst = { open_output, close_output, write_samples, close_output };
