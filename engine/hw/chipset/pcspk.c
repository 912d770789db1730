/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Port 0x61, NMI status and control (82371SB, section 3.5.4). */
#include "hw/chipset/pcspk.h"

enum { PORT = 0x61 };
enum { GATE2 = 0x01, DATA = 0x02, WRITABLE = 0x0f, REFRESH = 0x10, OUT2 = 0x20 };

/* The refresh bit toggles with every refresh request, each 18 ticks of the 8254: about 15 microseconds. */
enum { REFRESH_TICKS = 18 };

struct PcSpeaker {
	Device device;
	I8254 *pit;
	uint8_t control;
	unsigned ports;
	void (*changed)(void *owner, const SpeakerState *state);
	void *changed_owner;
};

static int64_t now_ns(const PcSpeaker *speaker)
{
	return clock_now(machine_clock(speaker->device.machine));
}

static void tell(void *owner)
{
	PcSpeaker *speaker = owner;
	if (!speaker->changed)
		return;
	SpeakerState state = { .when_ns = now_ns(speaker), .data = speaker->control & DATA, .gate = speaker->control & GATE2 };
	i8254_tone(speaker->pit, &state.mode, &state.count);
	speaker->changed(speaker->changed_owner, &state);
}

static uint32_t speaker_read(void *owner, uint16_t port, unsigned size)
{
	(void)port;
	(void)size;
	PcSpeaker *speaker = owner;
	bool refresh = clock_ns_to_ticks(now_ns(speaker), I8254_HZ) / REFRESH_TICKS & 1;
	return speaker->control | (refresh ? REFRESH : 0u) | (i8254_out2(speaker->pit) ? OUT2 : 0u);
}

static void speaker_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	(void)port;
	(void)size;
	PcSpeaker *speaker = owner;
	speaker->control = value & WRITABLE;
	i8254_set_gate2(speaker->pit, value & GATE2);
	tell(speaker);
}

void pcspk_connect(PcSpeaker *speaker, I8254 *pit)
{
	speaker->pit = pit;
}

void pcspk_set_listener(PcSpeaker *speaker, void (*changed)(void *owner, const SpeakerState *state), void *owner)
{
	speaker->changed = changed;
	speaker->changed_owner = owner;
}

static bool speaker_realize(Device *device, GError **error)
{
	static const PortOps ops = { speaker_read, speaker_write, 1 };
	(void)error;
	PcSpeaker *speaker = (PcSpeaker *)device;
	i8254_set_listener(speaker->pit, tell, speaker);
	speaker->ports = port_map(machine_ports(device->machine), "pcspk", PORT, 1, &ops, speaker);
	return true;
}

static void speaker_unrealize(Device *device)
{
	PcSpeaker *speaker = (PcSpeaker *)device;
	i8254_set_listener(speaker->pit, NULL, NULL);
	port_unmap(machine_ports(device->machine), speaker->ports);
}

static void speaker_reset(Device *device)
{
	PcSpeaker *speaker = (PcSpeaker *)device;
	speaker->control = 0;
	i8254_set_gate2(speaker->pit, false);
	tell(speaker);
}

static const StateField speaker_state[] = {
	{ "control", STATE_U8, offsetof(PcSpeaker, control), 0, 0, NULL, 0 },
	{ NULL, STATE_BOOL, 0, 0, 0, NULL, 0 },
};

static void speaker_loaded(Device *device, unsigned version)
{
	(void)version;
	tell(device);
}

const DeviceClass pcspk_class = {
	.name = "isa-pcspk",
	.bus = "system",
	.description = "PC speaker",
	.size = sizeof(PcSpeaker),
	.state = speaker_state,
	.state_version = 1,
	.realize = speaker_realize,
	.reset = speaker_reset,
	.unrealize = speaker_unrealize,
	.loaded = speaker_loaded,
};
