/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about the machine as a whole: its life, keys and mouse, screen, media, and what there is in it. */
#include <string.h>

#include "base/version.h"
#include "disk/block.h"
#include "display/surface.h"
#include "hw/input/input.h"
#include "cpu/block.h"
#include "jit/jit.h"
#include "monitor/command.h"
#include "monitor/info.h"

static void print_error(Monitor *monitor, GError *error)
{
	monitor_print(monitor, "Error: %s\n", error->message);
	g_error_free(error);
}

/* ---- life ---- */

void command_quit(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	monitor->closing = true;
	machine_quit(monitor->machine, 0);
}

void command_stop(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	machine_pause(monitor->machine);
}

void command_cont(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	if (machine_needs_reset(monitor->machine))
		monitor_print(monitor, "Error: the guest has ended; it needs a system_reset before it can go on\n");
	else
		machine_resume(monitor->machine);
}

void command_reset(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	machine_reset(monitor->machine);
}

void command_powerdown(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	machine_power_button(monitor->machine);
}

void command_wakeup(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	if (!machine_wake(monitor->machine))
		monitor_print(monitor, "Error: Unable to wake up: guest is not in suspended state\n");
}

/* ---- keys and mouse ---- */

void monitor_release_keys(void *owner)
{
	Monitor *monitor = owner;
	while (monitor->key_count)
		input_key(monitor->machine, monitor->keys[--monitor->key_count], false);
	input_sync(monitor->machine);
}

void sendkey_cancel(Monitor *monitor)
{
	timer_cancel(&monitor->key_timer);
	if (monitor->key_count)
		monitor_release_keys(monitor);
}

void command_sendkey(Monitor *monitor, const ArgumentValue *arguments)
{
	g_auto(GStrv) names = g_strsplit(arguments[0].text, "-", -1);
	unsigned count = g_strv_length(names);
	int64_t hold_ms = arguments[1].given ? arguments[1].number : 100;
	uint16_t codes[MOST_KEYS];
	if (count > MOST_KEYS || hold_ms < 0 || hold_ms > 3600000) {
		monitor_print(monitor, count > MOST_KEYS ? "too many keys\n" : "invalid hold time\n");
		return;
	}
	for (unsigned n = 0; n < count; n++)
		if (!(codes[n] = input_key_by_name(names[n]))) {
			monitor_print(monitor, "invalid parameter: %s\n", names[n]);
			return;
		}
	sendkey_cancel(monitor);
	for (unsigned n = 0; n < count; n++) {
		monitor->keys[n] = codes[n];
		input_key(monitor->machine, codes[n], true);
	}
	monitor->key_count = count;
	input_sync(monitor->machine);
	timer_set(&monitor->key_timer, clock_now(monitor->machine->clock) + hold_ms * 1000000);
}

void command_mouse_move(Monitor *monitor, const ArgumentValue *arguments)
{
	enum { FARTHEST = 32767 };
	input_motion(monitor->machine, (int)CLAMP(arguments[0].number, -FARTHEST, FARTHEST), (int)CLAMP(arguments[1].number, -FARTHEST, FARTHEST));
	if (arguments[2].given && arguments[2].number) {
		MouseButton wheel = arguments[2].number > 0 ? BUTTON_WHEEL_UP : BUTTON_WHEEL_DOWN;
		input_button(monitor->machine, wheel, true);
		input_button(monitor->machine, wheel, false);
	}
	input_sync(monitor->machine);
}

void command_mouse_button(Monitor *monitor, const ArgumentValue *arguments)
{
	static const MouseButton buttons[] = { BUTTON_LEFT, BUTTON_MIDDLE, BUTTON_RIGHT };
	unsigned state = (unsigned)arguments[0].number & 7;
	for (unsigned n = 0; n < G_N_ELEMENTS(buttons); n++)
		if ((state ^ monitor->buttons) >> n & 1)
			input_button(monitor->machine, buttons[n], state >> n & 1);
	monitor->buttons = state;
	input_sync(monitor->machine);
}

/* ---- screen and media ---- */

void command_screendump(Monitor *monitor, const ArgumentValue *arguments)
{
	GError *error = NULL;
	struct Surface *surface = machine_surface(monitor->machine);
	if (!surface)
		monitor_print(monitor, "Error: the machine has no display adapter\n");
	else if (!surface_save(surface, arguments[0].text, &error))
		print_error(monitor, error);
}

static Block *find_block(Monitor *monitor, const char *id)
{
	Block *block = block_find(monitor->machine, id);
	if (!block)
		monitor_print(monitor, "Error: there is no drive '%s'\n", id);
	return block;
}

void command_eject(Monitor *monitor, const ArgumentValue *arguments)
{
	GError *error = NULL;
	Block *block = find_block(monitor, arguments[1].text);
	if (block && !block_eject(block, arguments[0].given, &error))
		print_error(monitor, error);
}

void command_change(Monitor *monitor, const ArgumentValue *arguments)
{
	static const char *const modes[] = { "retain", "read-only", "read-write", NULL };
	GError *error = NULL;
	const char *mode = arguments[4].given ? arguments[4].text : "retain";
	Block *block = find_block(monitor, arguments[0].text);
	if (!block)
		return;
	if (!g_strv_contains(modes, mode)) {
		monitor_print(monitor, "Error: read-only-mode '%s' is not one of: retain, read-only, read-write\n", mode);
		return;
	}
	bool read_only = !strcmp(mode, "retain") ? block_has_medium(block) && block_read_only(block) : !strcmp(mode, "read-only");
	bool forced = !arguments[1].given || block_eject(block, true, &error);
	if (!forced || !block_change_medium(block, arguments[2].text, arguments[3].given ? arguments[3].text : NULL, read_only, &error))
		print_error(monitor, error);
}

/* ---- info ---- */

void info_status(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	monitor_print(monitor, "VM status: %s\n", machine_state_name(monitor->machine));
}

void info_version(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	monitor_print(monitor, "%s\n", viv_version());
}

void info_cpus(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	for (unsigned n = 0; n < monitor->machine->cpu_count; n++)
		monitor_print(monitor, "%c CPU #%u:%s\n", n == monitor->cpu ? '*' : ' ', n, cpu_has_work(machine_cpu(monitor->machine, n)) ? "" : " (halted)");
}

typedef struct CounterRow {
	uint64_t count;
	const char *name;
} CounterRow;

static void print_rows(Monitor *monitor, const char *title, const CounterRow *rows, unsigned count)
{
	monitor_print(monitor, "%s:\n", title);
	for (unsigned n = 0; n < count; n++)
		monitor_print(monitor, "%12" G_GUINT64_FORMAT " %s\n", rows[n].count, rows[n].name);
}

static void print_counters(Monitor *monitor, const Cpu *cpu)
{
	enum { NS_PER_US = 1000, NS_PER_MS = 1000000 };
	JitCounters c = jit_counters(cpu);
	BlockCounters b = blocks_counters(cpu);
	JitVerified v = jit_verified(cpu);
	const CounterRow code[] = {
		{ c.blocks, "blocks translated now" }, { c.code_bytes, "bytes of code now" }, { c.links, "jumps linked now" },
		{ c.translated, "blocks translated so far" }, { c.linked, "jumps linked so far" }, { c.voided, "blocks void: written to, or dropped" },
		{ c.flushes, "flushes: of everything" }, { c.evictions, "evictions: of the oldest part, for room" }, { c.evicted, "blocks evicted" },
		{ (uint64_t)c.longest_eviction_ns / NS_PER_US, "us for the longest eviction" },
		{ b.decoded, "blocks decoded so far" }, { b.evictions, "evictions of decoded blocks" },
		{ (uint64_t)b.longest_ns / NS_PER_US, "us for the longest of them" },
	};
	const CounterRow time[] = {
		{ (uint64_t)c.translate_ns / NS_PER_MS, "ms translating" }, { (uint64_t)c.run_ns / NS_PER_MS, "ms in translated code, about" },
		{ (uint64_t)c.helpers_ns / NS_PER_MS, "ms interpreting on its behalf, about" },
		{ c.entries, "entries into translated code" }, { c.resumed, "blocks gone on with behind an interpreted instruction" },
		{ c.interpreted, "instructions interpreted on the way" },
	};
	const CounterRow slow[] = {
		{ cpu->slow[SLOW_NEW], "first of a page since a flush" }, { cpu->slow[SLOW_CONFLICT], "another page was in the TLB's place" },
		{ cpu->slow[SLOW_RIGHTS], "the page was there without the right, or not dirty" }, { cpu->slow[SLOW_CROSSING], "over a page's end" },
		{ cpu->slow[SLOW_DEVICE], "to a device" }, { cpu->slow[SLOW_CODE], "stores to a page with code" },
		{ cpu->slow[SLOW_WATCHED], "looked at one by one: breakpoints, alignment checks" },
	};
	const CounterRow verified[] = {
		{ v.blocks, "blocks compared" }, { v.alone, "instructions that can't be repeated" }, { v.unverified, "blocks left to the interpreter" },
	};
	print_rows(monitor, "code", code, G_N_ELEMENTS(code));
	print_rows(monitor, "time", time, G_N_ELEMENTS(time));
	print_rows(monitor, "slow memory accesses", slow, G_N_ELEMENTS(slow));
	if (v.blocks)
		print_rows(monitor, "verified", verified, G_N_ELEMENTS(verified));
}

static void print_jit(Monitor *monitor, unsigned n)
{
	const Cpu *cpu = machine_cpu(monitor->machine, n);
	if (!jit_is_attached(cpu)) {
		monitor_print(monitor, "CPU #%u: everything is interpreted\n", n);
		return;
	}
	monitor_print(monitor, "CPU #%u:\n", n);
	print_counters(monitor, cpu);
	g_autofree char *profile = jit_profile(cpu);
	if (*profile)
		monitor_print(monitor, "interpreted most often:\n%s", profile);
}

void info_jit(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	for (unsigned n = 0; n < monitor->machine->cpu_count; n++)
		print_jit(monitor, n);
}

void info_chardev(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	for (unsigned n = 0; n < monitor->machine->chardevs->len; n++) {
		const CharDev *chardev = g_ptr_array_index(monitor->machine->chardevs, n);
		if (chardev_id(chardev))
			monitor_print(monitor, "%s: filename=%s\n", chardev_id(chardev), chardev_description(chardev));
	}
}

static const char *device_of(Monitor *monitor, const Block *block)
{
	for (unsigned n = 0; n < machine_device_count(monitor->machine); n++) {
		const Device *device = machine_device(monitor->machine, n);
		for (const Property *p = device->class->properties; p && p->name; p++)
			if (p->type == PROPERTY_DRIVE && *(Block *const *)((const uint8_t *)device + p->offset) == block)
				return device->id ? device->id : device->class->name;
	}
	return NULL;
}

static void print_block(Monitor *monitor, const Block *block)
{
	const char *device = device_of(monitor, block);
	if (block_has_medium(block))
		monitor_print(monitor, "%s: %s (%s%s)\n", block_id(block), block_file(block), block_format(block),
			      block_read_only(block) ? ", read-only" : "");
	else
		monitor_print(monitor, "%s: [not inserted]\n", block_id(block));
	if (device)
		monitor_print(monitor, "    Attached to:      %s\n", device);
	if (block_removable(block))
		monitor_print(monitor, "    Removable device: %slocked, tray %s\n", block_locked(block) ? "" : "not ", block_tray_open(block) ? "open" : "closed");
	if (block_has_medium(block))
		monitor_print(monitor, "    Size:             %" G_GUINT64_FORMAT " sectors\n", block_sectors(block));
}

void info_block(Monitor *monitor, const ArgumentValue *arguments)
{
	const Block *wanted = arguments[0].given ? find_block(monitor, arguments[0].text) : NULL;
	bool first = true;
	for (unsigned n = 0; n < monitor->machine->blocks->len && (wanted || !arguments[0].given); n++) {
		const Block *block = g_ptr_array_index(monitor->machine->blocks, n);
		if (wanted && block != wanted)
			continue;
		monitor_print(monitor, first ? "" : "\n");
		print_block(monitor, block);
		first = false;
	}
}

void info_qtree(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	for (unsigned n = 0; n < machine_device_count(monitor->machine); n++) {
		const Device *device = machine_device(monitor->machine, n);
		monitor_print(monitor, "dev: %s, id \"%s\", bus %s\n", device->class->name, device->id ? device->id : "", device->class->bus);
		for (const Property *p = device->class->properties; p && p->name; p++) {
			g_autofree char *value = device_get_property(device, p);
			monitor_print(monitor, "  %s = %s\n", p->name, value);
		}
	}
}

void info_mtree(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	monitor_print(monitor, "address-space: memory\n");
	memory_print(monitor->machine->memory, monitor->out);
	monitor_print(monitor, "\naddress-space: I/O\n");
	port_space_print(monitor->machine->ports, monitor->out);
}
