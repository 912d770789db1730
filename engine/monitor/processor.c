/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processors' registers and page tables: info registers, mem, tlb; $reg in expressions. */
#include <string.h>

#include "cpu/access.h"
#include "cpu/state.h"
#include "monitor/command.h"

static const char *const names64[] = { "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15" };
static const char *const segment_names[] = { "ES", "CS", "SS", "DS", "FS", "GS" };

Cpu *monitor_cpu(Monitor *monitor)
{
	return machine_cpu(monitor->machine, monitor->cpu);
}

/* ---- $reg ---- */

static bool general_register(const Cpu *cpu, const char *name, uint64_t *value)
{
	for (unsigned n = 0; n < 16; n++) {
		g_autofree char *full = g_strchomp(g_ascii_strdown(names64[n], -1));
		if (!strcmp(name, full)) {
			*value = cpu->gpr[n];
			return true;
		}
		if (n < 8 && *name == 'e' && !strcmp(name + 1, full + 1)) {
			*value = (uint32_t)cpu->gpr[n];
			return true;
		}
	}
	return false;
}

bool monitor_register(Monitor *monitor, const char *name, uint64_t *value)
{
	if (!monitor->machine->cpu_count)
		return false;
	const Cpu *cpu = monitor_cpu(monitor);
	const struct { const char *name; uint64_t value; } others[] = {
		{ "rip", cpu->rip }, { "eip", cpu->rip }, { "pc", cpu->rip + cpu->seg[CS].eff_base }, { "eflags", eflags_get(cpu) },
		{ "rflags", eflags_get(cpu) }, { "es", cpu->seg[ES].selector }, { "cs", cpu->seg[CS].selector }, { "ss", cpu->seg[SS].selector },
		{ "ds", cpu->seg[DS].selector }, { "fs", cpu->seg[FS].selector }, { "gs", cpu->seg[GS].selector }, { "cr0", cpu->cr0 },
		{ "cr2", cpu->cr2 }, { "cr3", cpu->cr3 }, { "cr4", cpu->cr4 }, { "efer", cpu->efer },
	};
	if (general_register(cpu, name, value))
		return true;
	for (unsigned n = 0; n < G_N_ELEMENTS(others); n++)
		if (!strcmp(others[n].name, name)) {
			*value = others[n].value;
			return true;
		}
	return false;
}

/* ---- info registers ---- */

static void print_general(Monitor *monitor, const Cpu *cpu, bool wide)
{
	static const uint8_t order[] = { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, 8, 9, 10, 11, 12, 13, 14, 15 };
	for (unsigned n = 0; n < (wide ? 16 : 8); n++) {
		char end = n % 4 == 3 ? '\n' : ' ';
		if (wide)
			monitor_print(monitor, "%s=%016" G_GINT64_MODIFIER "x%c", names64[order[n]], cpu->gpr[order[n]], end);
		else
			monitor_print(monitor, "E%s=%08x%c", names64[order[n]] + 1, (uint32_t)cpu->gpr[order[n]], end);
	}
	static const struct { uint32_t bit; char letter; } flags[] = {
		{ EFLAGS_DF, 'D' }, { EFLAGS_OF, 'O' }, { EFLAGS_SF, 'S' }, { EFLAGS_ZF, 'Z' }, { EFLAGS_AF, 'A' }, { EFLAGS_PF, 'P' }, { EFLAGS_CF, 'C' },
	};
	uint32_t eflags = eflags_get(cpu);
	char text[G_N_ELEMENTS(flags) + 1] = "";
	for (unsigned n = 0; n < G_N_ELEMENTS(flags); n++)
		text[n] = eflags & flags[n].bit ? flags[n].letter : '-';
	monitor_print(monitor, wide ? "RIP=%016" G_GINT64_MODIFIER "x RFL=%08x" : "EIP=%08" G_GINT64_MODIFIER "x EFL=%08x", cpu->rip, eflags);
	monitor_print(monitor, " [%s] CPL=%u II=%d A20=%d SMM=%d HLT=%d\n", text, cpu->cpl, (cpu->events & EVENT_SHADOW) != 0, !cpu->a20_masked, cpu->in_smm, cpu->halted);
}

static void print_segment(Monitor *monitor, const char *name, const Segment *s, bool wide)
{
	monitor_print(monitor, "%-3s=%04x %0*" G_GINT64_MODIFIER "x %08x %08x\n", name, s->selector, wide ? 16 : 8, s->base, s->limit,
		      (unsigned)s->attr << 8);
}

static void print_system(Monitor *monitor, const Cpu *cpu, bool wide)
{
	int digits = wide ? 16 : 8;
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		print_segment(monitor, segment_names[n], &cpu->seg[n], wide);
	print_segment(monitor, "LDT", &cpu->ldtr, wide);
	print_segment(monitor, "TR", &cpu->tr, wide);
	monitor_print(monitor, "GDT=     %0*" G_GINT64_MODIFIER "x %08x\n", digits, cpu->gdtr.base, cpu->gdtr.limit);
	monitor_print(monitor, "IDT=     %0*" G_GINT64_MODIFIER "x %08x\n", digits, cpu->idtr.base, cpu->idtr.limit);
	monitor_print(monitor, "CR0=%08x CR2=%0*" G_GINT64_MODIFIER "x CR3=%0*" G_GINT64_MODIFIER "x CR4=%08x\n", (uint32_t)cpu->cr0, digits, cpu->cr2,
		      digits, cpu->cr3, (uint32_t)cpu->cr4);
	for (unsigned n = 0; n < 8; n++)
		if (n != 4 && n != 5)
			monitor_print(monitor, "DR%u=%016" G_GINT64_MODIFIER "x%c", n, cpu->dr[n], n == 3 || n == 7 ? '\n' : ' ');
	monitor_print(monitor, "EFER=%016" G_GINT64_MODIFIER "x\n", cpu->efer);
}

static void print_float(Monitor *monitor, const Cpu *cpu, unsigned vectors)
{
	const X87 *x = &cpu->x87;
	monitor_print(monitor, "FCW=%04x FSW=%04x [ST=%u] FTW=%02x MXCSR=%08x\n", x->cw, x->sw | x->top << 11, x->top, (uint8_t)~x->empty, cpu->mxcsr);
	for (unsigned n = 0; n < 8; n++)
		monitor_print(monitor, "FPR%u=%016" G_GINT64_MODIFIER "x %04x%c", n, x->r[n].mant, x->r[n].se, n & 1 ? '\n' : ' ');
	for (unsigned n = 0; n < vectors; n++)
		monitor_print(monitor, "XMM%02u=%016" G_GINT64_MODIFIER "x %016" G_GINT64_MODIFIER "x%c", n, cpu->ymm[n].u64[1], cpu->ymm[n].u64[0],
			      n & 1 ? '\n' : ' ');
}

static void print_registers(Monitor *monitor, unsigned n)
{
	const Cpu *cpu = machine_cpu(monitor->machine, n);
	bool wide = cpu->mode & MODE_LONG;
	monitor_print(monitor, "\nCPU#%u\n", n);
	print_general(monitor, cpu, wide);
	print_system(monitor, cpu, wide);
	print_float(monitor, cpu, wide ? 16 : 8);
}

void info_registers(Monitor *monitor, const ArgumentValue *arguments)
{
	unsigned count = monitor->machine->cpu_count;
	int64_t wanted = arguments[1].given ? arguments[1].number : (int64_t)monitor->cpu;
	if (arguments[0].given && !arguments[1].given)
		for (unsigned n = 0; n < count; n++)
			print_registers(monitor, n);
	else if (wanted >= 0 && wanted < (int64_t)count)
		print_registers(monitor, (unsigned)wanted);
	else
		monitor_print(monitor, "there is no CPU#%" G_GINT64_FORMAT "; the last one is CPU#%u\n", wanted, count - 1);
}

/* ---- page tables (SDM volume 3, 4.3 to 4.5) ---- */

#define PTE_NX ((uint64_t)1 << 63)
enum { PTE_P = 1, PTE_W = 2, PTE_U = 4, PTE_PWT = 8, PTE_PCD = 16, PTE_A = 32, PTE_D = 64, PTE_PS = 128, PTE_G = 256 };
enum { MOST_PRINTED = 8 << 20 /* characters */ };

typedef struct Walk Walk;
struct Walk {
	Monitor *monitor;
	const Cpu *cpu;
	unsigned entry_bytes, levels;
	void (*page)(Walk *walk, uint64_t linear, uint64_t entry, uint64_t size, uint64_t allowed);
	uint64_t start, end, allowed; /* of info mem: the range that grows */
	bool open;
};

/* Bits of linear address below an entry of the level, 1 being the page table's. */
static unsigned level_shift(const Walk *walk, unsigned level)
{
	return 12 + (level - 1) * (walk->entry_bytes == 4 ? 10 : 9);
}

static bool is_page(const Walk *walk, uint64_t entry, unsigned level)
{
	if (level == 1)
		return true;
	bool large = walk->entry_bytes == 4 ? walk->cpu->cr4 & CR4_PSE : walk->cpu->mode & MODE_LONG ? level <= 3 : level == 2;
	return large && entry & PTE_PS;
}

static uint64_t canonical(const Walk *walk, uint64_t linear)
{
	unsigned bits = walk->levels == 5 ? 57 : 48;
	return walk->cpu->mode & MODE_LONG ? (uint64_t)((int64_t)(linear << (64 - bits)) >> (64 - bits)) : linear;
}

static void walk_table(Walk *walk, uint64_t table, unsigned level, uint64_t linear, uint64_t allowed)
{
	uint8_t bytes[4096];
	bool pointers = walk->levels == 3 && level == 3; /* PAE's four, which have no rights */
	unsigned count = pointers ? 4 : 4096 / walk->entry_bytes;
	if (!memory_read(walk->monitor->machine->memory, table, bytes, count * walk->entry_bytes))
		return;
	for (unsigned n = 0; n < count && walk->monitor->out->len < MOST_PRINTED; n++) {
		uint64_t entry = 0, address = linear | (uint64_t)n << level_shift(walk, level);
		memcpy(&entry, bytes + n * walk->entry_bytes, walk->entry_bytes);
		if (!(entry & PTE_P))
			continue;
		uint64_t rights = pointers ? allowed : allowed & entry;
		if (is_page(walk, entry, level))
			walk->page(walk, canonical(walk, address), entry, (uint64_t)1 << level_shift(walk, level), rights);
		else
			walk_table(walk, entry & 0x000ffffffffff000, level - 1, address, rights);
	}
}

static bool walk_all(Walk *walk)
{
	const Cpu *cpu = walk->cpu;
	if (!(cpu->cr0 & CR0_PG)) {
		monitor_print(walk->monitor, "PG disabled\n");
		return false;
	}
	bool pae = cpu->cr4 & CR4_PAE;
	walk->entry_bytes = pae ? 8 : 4;
	walk->levels = cpu->mode & MODE_LONG ? (cpu->cr4 & CR4_LA57 ? 5 : 4) : pae ? 3 : 2;
	uint64_t root = walk->levels == 3 ? cpu->cr3 & 0xffffffe0 : pae ? cpu->cr3 & 0x000ffffffffff000 : cpu->cr3 & 0xfffff000;
	walk_table(walk, root, walk->levels, 0, PTE_U | PTE_W);
	if (walk->monitor->out->len >= MOST_PRINTED)
		monitor_print(walk->monitor, "(this is not all: the tables have more pages than an answer has room for)\n");
	return true;
}

static void print_page(Walk *walk, uint64_t linear, uint64_t entry, uint64_t size, uint64_t allowed)
{
	static const struct { uint64_t bit; char letter; } flags[] = {
		{ PTE_NX, 'X' }, { PTE_G, 'G' }, { PTE_PS, 'P' }, { PTE_D, 'D' }, { PTE_A, 'A' }, { PTE_PCD, 'C' }, { PTE_PWT, 'T' }, { PTE_U, 'U' }, { PTE_W, 'W' },
	};
	(void)allowed;
	char text[G_N_ELEMENTS(flags) + 1] = "";
	for (unsigned n = 0; n < G_N_ELEMENTS(flags); n++)
		text[n] = entry & flags[n].bit ? flags[n].letter : '-';
	if (size == 4096)
		text[2] = '-'; /* there the bit is PAT */
	uint64_t phys = entry & 0x000ffffffffff000 & ~(size - 1);
	if (walk->entry_bytes == 4 && size > 4096)
		phys |= (entry >> 13 & 0xff) << 32; /* PSE-36 */
	monitor_print(walk->monitor, "%016" G_GINT64_MODIFIER "x: %016" G_GINT64_MODIFIER "x %s\n", linear, phys, text);
}

void info_tlb(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	Walk walk = { .monitor = monitor, .cpu = monitor_cpu(monitor), .page = print_page };
	walk_all(&walk);
}

static void print_range(Walk *walk)
{
	if (walk->open)
		monitor_print(walk->monitor, "%016" G_GINT64_MODIFIER "x-%016" G_GINT64_MODIFIER "x %016" G_GINT64_MODIFIER "x %cr%c\n", walk->start,
			      walk->end, walk->end - walk->start, walk->allowed & PTE_U ? 'u' : '-', walk->allowed & PTE_W ? 'w' : '-');
}

static void grow_range(Walk *walk, uint64_t linear, uint64_t entry, uint64_t size, uint64_t allowed)
{
	(void)entry;
	if (!walk->open || walk->end != linear || walk->allowed != allowed) {
		print_range(walk);
		walk->start = linear;
		walk->allowed = allowed;
		walk->open = true;
	}
	walk->end = linear + size;
}

void info_mem(Monitor *monitor, const ArgumentValue *arguments)
{
	(void)arguments;
	Walk walk = { .monitor = monitor, .cpu = monitor_cpu(monitor), .page = grow_range };
	if (walk_all(&walk))
		print_range(&walk);
}
