/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory, ports and values: x, xp, print, i, o. */
#include <string.h>

#include "cpu/disasm.h"
#include "cpu/state.h"
#include "monitor/command.h"

enum { PAGE = 4096, MOST_DUMPED = 1 << 20 /* characters */, LONGEST_INSN = 15 };

/* Guest memory as a program sees it, or physical; devices' registers aren't touched. Returns how many bytes could be read. */
static unsigned read_memory(Monitor *monitor, bool physical, uint64_t address, uint8_t *to, unsigned size)
{
	unsigned done = 0;
	while (done < size) {
		uint64_t phys = address + done;
		unsigned count = MIN(size - done, PAGE - (unsigned)((address + done) % PAGE));
		if (!physical && !cpu_debug_translate(monitor_cpu(monitor), address + done, &phys))
			break;
		if (!memory_read(monitor->machine->memory, phys, to + done, count))
			break;
		done += count;
	}
	return done;
}

/* As C writes it. */
static void print_character(Monitor *monitor, uint8_t c)
{
	static const struct { char c, letter; } escapes[] = { { '\n', 'n' }, { '\r', 'r' }, { '\'', '\'' }, { '\\', '\\' } };
	for (unsigned n = 0; n < G_N_ELEMENTS(escapes); n++)
		if (c == (uint8_t)escapes[n].c) {
			monitor_print(monitor, "'\\%c'", escapes[n].letter);
			return;
		}
	monitor_print(monitor, c >= 0x20 && c < 0x7f ? "'%c'" : "'\\x%02x'", c);
}

/* In columns as wide as the largest value. */
static void print_value(Monitor *monitor, uint64_t value, unsigned size, char letter)
{
	int bits = 8 * (int)size, octal = (bits + 2) / 3, decimal = (bits * 10 + 32) / 33;
	if (size < 8)
		value &= ((uint64_t)1 << bits) - 1;
	uint64_t sign = (uint64_t)1 << (bits - 1);
	switch (letter) {
	case 'd': monitor_print(monitor, "%*" G_GINT64_FORMAT, decimal, (int64_t)((value ^ sign) - sign)); break;
	case 'u': monitor_print(monitor, "%*" G_GUINT64_FORMAT, decimal, value); break;
	case 'o': monitor_print(monitor, "%#*" G_GINT64_MODIFIER "o", octal, value); break;
	case 'c': print_character(monitor, (uint8_t)value); break;
	default: monitor_print(monitor, "0x%0*" G_GINT64_MODIFIER "x", 2 * (int)size, value);
	}
}

/* An answer has an end, and says so: the command that shows what follows. */
static void print_rest(Monitor *monitor, bool physical, uint64_t address, const DumpFormat *format, unsigned shown)
{
	static const char sizes[] = { [1] = 'b', [2] = 'h', [4] = 'w', [8] = 'g' };
	char size[2] = { format->size ? sizes[format->size] : 0, 0 };
	if (shown < format->count)
		monitor_print(monitor, "(%u of %u shown; what follows: %s/%u%c%s 0x%" G_GINT64_MODIFIER "x)\n", shown, format->count, physical ? "xp" : "x",
			      format->count - shown, format->letter, size, address);
}

/* /i with h and w is 16- and 32-bit code, else the processor's own. */
static void dump_code(Monitor *monitor, bool physical, uint64_t address, const DumpFormat *format)
{
	const Cpu *cpu = monitor_cpu(monitor);
	DecodeContext context = { cpu->mode, &cpu->features };
	if (format->size == 2 || format->size == 4)
		context.mode = (context.mode & ~(uint32_t)(MODE_CODE | MODE_LONG)) | (format->size == 2 ? MODE_CODE16 : MODE_CODE32);
	unsigned n = 0;
	for (; n < format->count && monitor->out->len < MOST_DUMPED; n++) {
		uint8_t bytes[LONGEST_INSN];
		char text[128];
		unsigned there = read_memory(monitor, physical, address, bytes, sizeof bytes);
		unsigned length = there ? disasm_insn(&context, address, bytes, there, DISASM_ATT, text, sizeof text) : 0;
		if (!length) {
			monitor_print(monitor, "Cannot access memory at 0x%" G_GINT64_MODIFIER "x\n", address);
			return;
		}
		monitor_print(monitor, "0x%08" G_GINT64_MODIFIER "x: ", address);
		for (unsigned k = 0; k < length; k++)
			monitor_print(monitor, " %02x", bytes[k]);
		monitor_print(monitor, "%*s  %s\n", (int)(length < 8 ? 3 * (8 - length) : 0), "", text);
		address += length;
	}
	print_rest(monitor, physical, address, format, n);
}

static void dump_values(Monitor *monitor, bool physical, uint64_t address, const DumpFormat *format)
{
	unsigned size = format->letter == 'c' ? 1 : format->size, per_line = size == 1 ? 8 : 16 / size;
	unsigned n = 0;
	for (; n < format->count && monitor->out->len < MOST_DUMPED; n++, address += size) {
		uint64_t value = 0;
		if (n % per_line == 0)
			monitor_print(monitor, "%s%016" G_GINT64_MODIFIER "x:", n ? "\n" : "", address);
		if (read_memory(monitor, physical, address, (uint8_t *)&value, size) != size) {
			monitor_print(monitor, " Cannot access memory\n");
			return;
		}
		monitor_print(monitor, " ");
		print_value(monitor, value, size, format->letter);
	}
	monitor_print(monitor, "\n");
	print_rest(monitor, physical, address, format, n);
}

static void dump(Monitor *monitor, const ArgumentValue *arguments, bool physical)
{
	const DumpFormat *format = &arguments[0].format;
	if (format->letter == 'i')
		dump_code(monitor, physical, (uint64_t)arguments[1].number, format);
	else
		dump_values(monitor, physical, (uint64_t)arguments[1].number, format);
}

void command_x(Monitor *monitor, const ArgumentValue *arguments)
{
	dump(monitor, arguments, false);
}

void command_xp(Monitor *monitor, const ArgumentValue *arguments)
{
	dump(monitor, arguments, true);
}

void command_print(Monitor *monitor, const ArgumentValue *arguments)
{
	uint64_t value = (uint64_t)arguments[1].number;
	switch (arguments[0].format.letter) {
	case 'd': monitor_print(monitor, "%" G_GINT64_FORMAT, (int64_t)value); break;
	case 'u': monitor_print(monitor, "%" G_GUINT64_FORMAT, value); break;
	case 'o': monitor_print(monitor, "%#" G_GINT64_MODIFIER "o", value); break;
	case 'c': print_character(monitor, (uint8_t)value); break;
	default: monitor_print(monitor, "%#" G_GINT64_MODIFIER "x", value);
	}
	monitor_print(monitor, "\n");
}

/* ---- ports ---- */

/* Ports have no 64 bits: those who ask get a byte. */
static unsigned port_size(const ArgumentValue *format)
{
	unsigned size = format->format.size;
	return size == 2 || size == 4 ? size : 1;
}

static char size_letter(unsigned size)
{
	return size == 1 ? 'b' : size == 2 ? 'w' : 'l';
}

void command_port_in(Monitor *monitor, const ArgumentValue *arguments)
{
	unsigned size = port_size(&arguments[0]);
	uint16_t port = (uint16_t)arguments[1].number;
	if (arguments[2].given)
		port_write(monitor->machine->ports, port++, (uint8_t)arguments[2].number, 1);
	uint32_t value = port_read(monitor->machine->ports, port, size);
	monitor_print(monitor, "port%c[0x%04x] = 0x%0*x\n", size_letter(size), port, (int)(2 * size), value);
}

void command_port_out(Monitor *monitor, const ArgumentValue *arguments)
{
	port_write(monitor->machine->ports, (uint16_t)arguments[1].number, (uint32_t)arguments[2].number, port_size(&arguments[0]));
}
