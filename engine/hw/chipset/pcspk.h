/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Port 0x61: the speaker, and what else the AT put there. Under the machine's lock. */
#pragma once

#include "hw/chipset/i8254.h"

typedef struct PcSpeaker PcSpeaker;

extern const DeviceClass pcspk_class;

/* What the speaker does from `when_ns` of the virtual clock on. */
typedef struct SpeakerState {
	int64_t when_ns;
	bool data;	 /* OUT of counter 2 reaches the speaker; false: silent */
	bool gate;	 /* counter 2 counts */
	unsigned mode;	 /* of counter 2, 0-5 */
	unsigned count;	 /* it divides I8254_HZ by; 0: none */
} SpeakerState;

/* Before realizing. */
void pcspk_connect(PcSpeaker *speaker, I8254 *pit);
void pcspk_set_listener(PcSpeaker *speaker, void (*changed)(void *owner, const SpeakerState *state), void *owner);
