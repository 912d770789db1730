/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PC speaker on the host's sound. A thread makes samples of what port 61 and the timer's counter 2 did, 10 ms at a time, on the
 * virtual clock; it sleeps while the speaker is silent. */
#pragma once

#include "audio/output.h"
#include "base/clock.h"
#include "hw/chipset/pcspk.h"

typedef struct Speaker Speaker;

/* Any thread. `failed` is called once, from the speaker's thread, when the sound can't be had or breaks; it is silent from then on.
 * `clock` may be read until speaker_free(). */
Speaker *speaker_new(
	const Clock *clock, const AudioOutputKind *kind, const char *target, void (*failed)(void *owner, const GError *error), void *owner);
/* Waits for the thread. */
void speaker_free(Speaker *speaker);
/* For pcspk_set_listener(). Any one thread at a time; never waits. */
void speaker_changed(void *speaker, const SpeakerState *state);
/* 0 to 1. Any thread. */
void speaker_set_volume(Speaker *speaker, double volume);

/* The samples of [from_ns, from_ns + count samples) under `state`, which holds from its when_ns on: each is the part of its time for
 * which the speaker's input was high, 0 to 1. For speaker.c and its test. */
double speaker_level(const SpeakerState *state, int64_t from_ns, int64_t to_ns);
