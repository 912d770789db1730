/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The host's sound: 16-bit mono samples go in, as they are to be heard. All calls of one output come from one thread. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { AUDIO_HZ = 48000, AUDIO_CHUNK = AUDIO_HZ / 100 /* samples: 10 ms */ };

typedef struct AudioOutput AudioOutput;

typedef struct AudioOutputKind {
	/* `target` is the kind's own, NULL: the desktop's default. NULL and *error: the host has no such sound. */
	AudioOutput *(*open)(const char *target, GError **error);
	void (*close)(AudioOutput *output);
	/* Never waits: what the host doesn't take in time is lost. False and *error: it broke, and is to be closed. */
	bool (*write)(AudioOutput *output, const int16_t *samples, unsigned count, GError **error);
	/* Nothing comes for a while: give the host its device back until the next write. */
	void (*rest)(AudioOutput *output);
} AudioOutputKind;

/* gst.c: through GStreamer; `target` is a description of a sink, as of gst-launch. */
extern const AudioOutputKind audio_gst;
