/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "random-programs.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum {
	/* random64.asm's */
	COUNT = 0x17fc000, ENTRIES = 0x17fd000, WINDOWS = 0x330000, WINDOW_COUNT = 16, PROGRAMS = 0x1800000, NEXT = 0x1a00000, INT_DONE = 0x41,
	PAGE_TABLES = 0x103000, COUNTER = 0x11b080, /* a word of the guest's that no program changes by chance */
	/* What programs use */
	ROUTINES = 0x17fe000, ROUTINE_BYTES = 8, ROUTINE_COUNT = 64, SAFE_STACK = 0x17fb000, FRAMES = 0x1c00000, FRAME_COUNT = 8, DEVICE = 0x3000000,
	PAGE = 4096, PROGRAM_COUNT = 40, MOST_CODE = 0xc00, CONSTANTS = 0xe00, PASSES = 10,
	OWN_WINDOW = 0x320000, ROUTINE_WINDOW = 0x321000, /* the program's own page, and the routines': no other store reaches them */
};
enum { PTE_PRESENT = 1, PTE_WRITE = 2, PTE_USER = 4 };
enum { A, C, D, B, SP, BP, SI, DI };
static const uint8_t bases[] = { B, BP, SI, DI, SP, 8, 9, 13 }, indexes[] = { C, 14 }, datas[] = { A, D, 10, 11, 15 };
/* Those that 32-bit code has come first. */
enum { NARROW_BASES = 5, NARROW_INDEXES = 1, NARROW_DATAS = 2 };
#define PICK(rand, table) ((table)[g_rand_int_range(rand, 0, G_N_ELEMENTS(table))])

typedef struct Program {
	GRand *rand;
	uint8_t *ram, *code;
	unsigned at, number;
	unsigned bait; /* offset of an immediate that may be overwritten; 0: none yet */
	unsigned begin; /* of the present instruction */
	bool narrow;	/* 32-bit code */
	bool wraps;	/* BP is at 4 GiB's end for one instruction: with an index or a step it would come to the guest's own memory */
	int base;	/* of all accesses that come now; -1: of each its own */
} Program;

static unsigned below(Program *p, int n)
{
	return (unsigned)g_rand_int_range(p->rand, 0, n);
}

static unsigned some_base(Program *p)
{
	return p->narrow ? bases[below(p, NARROW_BASES)] : PICK(p->rand, bases);
}

static unsigned some_index(Program *p)
{
	return p->narrow ? indexes[below(p, NARROW_INDEXES)] : PICK(p->rand, indexes);
}

static uint8_t some_data(Program *p)
{
	return p->narrow ? datas[below(p, NARROW_DATAS)] : PICK(p->rand, datas);
}

static void byte(Program *p, unsigned value)
{
	p->code[p->at++] = (uint8_t)value;
}

static void put32(Program *p, uint32_t value)
{
	memcpy(p->code + p->at, &value, 4);
	p->at += 4;
}

static void bytes(Program *p, const char *hex)
{
	for (; *hex; hex += 2)
		byte(p, (unsigned)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1])));
}

static void set(Program *p, unsigned base);

/* The instruction is whole: from each of its bytes it is known where the next one begins. */
static void end(Program *p)
{
	uint8_t *next = p->ram + NEXT + p->number * PAGE * 2;
	uint16_t at = (uint16_t)p->at;
	for (unsigned n = p->begin; n < p->at; n++)
		memcpy(next + 2 * n, &at, 2);
	p->begin = p->at;
	if (p->wraps) {
		p->wraps = false;
		set(p, BP);
		end(p);
	}
}

/* MOV */
static void constant(Program *p, unsigned reg, uint32_t value)
{
	if (reg >= 8)
		byte(p, 0x41);
	byte(p, 0xb8 | (reg & 7));
	put32(p, value);
}

/* ---- operands ---- */

typedef struct Memory {
	int base, index; /* -1: none */
	unsigned scale;
	int32_t disp;
	bool rip, narrow; /* narrow: 32-bit addresses */
} Memory;

typedef struct Opcode {
	uint8_t prefix, map, opcode, reg, size; /* prefix: 66, F2, F3, F0 or 0; map: 0, 0F; size: 8 for REX.W */
	bool byte_register;
} Opcode;

static void modrm(Program *p, const Opcode *o, const Memory *m)
{
	if (m->rip) {
		byte(p, (o->reg & 7u) << 3 | 5);
		put32(p, (uint32_t)m->disp + (p->narrow ? PROGRAMS + p->number * PAGE : -(p->at + 4)));
		return;
	}
	byte(p, 0x80 | (o->reg & 7u) << 3 | (m->index >= 0 || (m->base & 7) == 4 ? 4 : (unsigned)m->base & 7));
	if (m->index >= 0 || (m->base & 7) == 4)
		byte(p, m->scale << 6 | (m->index >= 0 ? (unsigned)m->index & 7 : 4) << 3 | ((unsigned)m->base & 7));
	put32(p, (uint32_t)m->disp);
}

/* But for its immediate. */
static void insn(Program *p, const Opcode *o, const Memory *m)
{
	if (m->narrow && !p->narrow)
		byte(p, 0x67);
	if (o->prefix)
		byte(p, o->prefix);
	if (o->size == 2 && o->prefix != 0x66)
		byte(p, 0x66);
	unsigned rex = (o->size == 8 ? 8u : 0) | (o->reg & 8u) >> 1 | (!m->rip && m->index >= 8 ? 2u : 0) | (!m->rip && m->base >= 8 ? 1u : 0);
	if (!p->narrow && (rex || o->byte_register))
		byte(p, 0x40 | rex);
	if (o->map)
		byte(p, 0x0f);
	byte(p, o->opcode);
	modrm(p, o, m);
}

static Memory random_memory(Program *p)
{
	Memory m = { .base = p->base < 0 ? (int)some_base(p) : p->base, .index = -1, .disp = g_rand_int_range(p->rand, -24, 24) };
	switch (below(p, p->base < 0 ? 10 : 40)) {
	case 0: case 1: case 2:
		m.index = some_index(p);
		m.scale = below(p, 4);
		break;
	case 3:
		m.rip = true;
		m.disp = CONSTANTS + (int)below(p, 64);
		break;
	case 4: /* round the end of 4 GiB; without the prefix beyond it */
		m.narrow = below(p, 8);
		m.base = p->narrow ? BP : 12;
		if (p->narrow) {
			constant(p, BP, 0xfffffff0);
			end(p);
			p->wraps = true;
		}
		m.disp = WINDOWS + (int)(below(p, WINDOW_COUNT) * PAGE + below(p, 48)) - 24;
		break;
	case 5: m.narrow = m.base != SP; break;
	default: break;
	}
	return m;
}

static const uint8_t sizes[] = { 1, 2, 4, 4, 8, 8 };

static void random_general(Program *p, uint8_t opcode, unsigned map, unsigned prefix)
{
	Memory m = random_memory(p);
	unsigned size = PICK(p->rand, sizes);
	Opcode o = { .prefix = (uint8_t)prefix, .map = (uint8_t)map, .opcode = (uint8_t)(opcode | (size > 1)), .reg = some_data(p),
		.size = (uint8_t)size, .byte_register = size == 1 };
	insn(p, &o, &m);
}

/* ---- kinds of instruction ---- */

static void load(Program *p)
{
	static const uint8_t opcodes[] = { 0x8a, 0x8a, 0x02, 0x2a, 0x32, 0x3a, 0x12, 0x84 };
	random_general(p, PICK(p->rand, opcodes), 0, 0);
}

static void store(Program *p)
{
	static const uint8_t opcodes[] = { 0x88, 0x88, 0x88, 0x00, 0x28, 0x30, 0x10 };
	random_general(p, PICK(p->rand, opcodes), 0, 0);
}

static void locked(Program *p)
{
	switch (below(p, 4)) {
	case 0: random_general(p, 0xc0, 1, 0xf0); break; /* XADD */
	case 1: random_general(p, 0x00, 0, 0xf0); break;
	case 2: random_general(p, 0xb0, 1, 0xf0); break; /* CMPXCHG */
	default: random_general(p, 0x86, 0, 0); break;	 /* XCHG */
	}
}

static void extended_load(Program *p)
{
	static const uint8_t opcodes[] = { 0xb6, 0xb7, 0xbe, 0xbf, 0xaf };
	Memory m = random_memory(p);
	Opcode o = { .map = 1, .opcode = PICK(p->rand, opcodes), .reg = some_data(p), .size = below(p, 2) ? 8 : 4 };
	insn(p, &o, &m);
}

static void vector(Program *p)
{
	static const struct {
		uint8_t prefix, opcode;
	} ops[] = { { 0, 0x10 }, { 0, 0x11 }, { 0, 0x28 }, { 0, 0x29 }, { 0x66, 0x6f }, { 0x66, 0x7f }, { 0xf3, 0x10 }, { 0xf3, 0x11 },
		{ 0x66, 0xfe }, { 0xf3, 0x7e }, { 0x66, 0xd6 }, { 0xf3, 0x6f }, { 0xf3, 0x7f }, { 0, 0x57 } };
	unsigned n = below(p, G_N_ELEMENTS(ops));
	Memory m = random_memory(p);
	if (below(p, 2))
		m.disp &= below(p, 8) ? ~15 : ~7;
	Opcode o = { .prefix = ops[n].prefix, .map = 1, .opcode = ops[n].opcode, .reg = (uint8_t)below(p, p->narrow ? 8 : 16), .size = 4 };
	insn(p, &o, &m);
}

static void wide_vector(Program *p)
{
	Memory m = random_memory(p);
	if (m.narrow || m.rip || m.base >= 8 || m.index >= 8)
		m = (Memory){ .base = DI, .index = -1, .disp = 8 };
	byte(p, 0xc5);
	byte(p, 0xfc); /* 256 bits */
	byte(p, 0x10 | below(p, 2)); /* VMOVUPS */
	modrm(p, &(Opcode){ .reg = (uint8_t)below(p, 8) }, &m);
}

static void stack(Program *p)
{
	unsigned reg = some_data(p);
	if (reg >= 8)
		byte(p, 0x41);
	byte(p, (below(p, 2) ? 0x50 : 0x58) | (reg & 7));
}

static void x87(Program *p)
{
	Memory m = random_memory(p);
	unsigned way = below(p, 3);
	insn(p, &(Opcode){ .opcode = way ? 0xdd : 0xd9, .reg = way == 2 ? 3 : 0, .size = 4 }, &m);
}

static void move_base(Program *p)
{
	unsigned base = p->base < 0 ? some_base(p) : (unsigned)p->base;
	if (!p->narrow)
		byte(p, 0x48 | base >> 3);
	switch (below(p, p->base < 0 ? 3 : 2)) {
	case 0: /* ADD, SUB */
		byte(p, 0x83);
		byte(p, (below(p, 2) ? 0xc0 : 0xe8) | (base & 7));
		byte(p, below(p, 24));
		break;
	case 1: /* INC, DEC */
		byte(p, 0xff);
		byte(p, (below(p, 2) ? 0xc0 : 0xc8) | (base & 7));
		break;
	default: /* MOV from another */
		byte(p, 0x89);
		byte(p, 0xc0 | B << 3 | (base & 7));
		break;
	}
}

/* Near the end of a window's page. */
static void set(Program *p, unsigned base)
{
	uint32_t at = WINDOWS + (1 + below(p, WINDOW_COUNT - 3)) * PAGE + below(p, 96) - 48;
	constant(p, base, below(p, 3) ? at : at & ~(uint32_t)31);
}

static void set_base(Program *p)
{
	set(p, some_base(p));
}

static void set_index(Program *p)
{
	constant(p, some_index(p), below(p, 8) ? below(p, 40) : (uint32_t)(PAGE - 16 + below(p, 32)));
}

static uint32_t random_entry(Program *p, bool present)
{
	uint32_t frame = FRAMES + below(p, FRAME_COUNT) * PAGE;
	switch (present ? 0 : below(p, 8)) {
	case 0: case 1: case 2: return frame | PTE_PRESENT | PTE_WRITE | PTE_USER;
	case 3: return frame | PTE_PRESENT | PTE_USER;
	case 4: return frame;
	case 5: return (DEVICE + below(p, 2) * PAGE) | PTE_PRESENT | PTE_WRITE | PTE_USER;
	case 6: return frame | PTE_PRESENT | PTE_WRITE;
	default: return 0x2100000 | PTE_PRESENT | PTE_WRITE | PTE_USER; /* nothing is there */
	}
}

static uint32_t entry_place(uint32_t linear)
{
	return PAGE_TABLES + (linear >> 12) * 8;
}

/* Another page, and the processor is told. The user can't, and goes on with the old one until its end. */
static void remap(Program *p)
{
	uint32_t window = WINDOWS + below(p, WINDOW_COUNT) * PAGE;
	if (p->number % 3 == 0)
		return;
	bytes(p, "c70425");
	put32(p, entry_place(window));
	put32(p, random_entry(p, false));
	end(p);
	if (below(p, 4)) {
		bytes(p, "0f013c25");
		put32(p, window);
	} else {
		bytes(p, "0f20d8");
		end(p);
		bytes(p, "0f22d8");
	}
}

/* A routine's immediate, by its alias; then it is called, with a stack that is there. */
static void change_routine(Program *p)
{
	uint32_t at = below(p, ROUTINE_COUNT) * ROUTINE_BYTES;
	unsigned base = p->narrow ? SI : 8;
	Memory m = { .base = (int)base, .index = -1, .disp = (int32_t)at + 1 };
	constant(p, base, ROUTINE_WINDOW);
	end(p);
	insn(p, &(Opcode){ .opcode = 0x8b, .reg = D, .size = 4 }, &m);
	end(p);
	insn(p, &(Opcode){ .prefix = below(p, 3) ? 0 : 0xf0, .opcode = below(p, 2) ? 0x29 : 0x01, .reg = D, .size = 4 }, &m);
	end(p);
	bytes(p, p->narrow ? "89e0" : "4989e7"); /* MOV R15, RSP or EAX, ESP */
	end(p);
	constant(p, SP, SAFE_STACK);
	end(p);
	byte(p, 0xe8);
	put32(p, ROUTINES + at - (PROGRAMS + p->number * PAGE + p->at + 4));
	end(p);
	bytes(p, p->narrow ? "89c4" : "4c89fc");
	end(p);
	set(p, base);
}

/* An immediate of the program's own, perhaps of the same block, perhaps of the next instruction. */
static void change_own(Program *p)
{
	bool ahead = below(p, 2) || !p->bait;
	unsigned base = p->narrow ? DI : 9;
	Memory m = { .base = (int)base, .index = -1 };
	constant(p, base, OWN_WINDOW);
	end(p);
	Opcode o = { .opcode = 0x89, .reg = A, .size = 4 };
	unsigned bytes_of_it = p->narrow ? 6 : 7; /* a REX prefix, opcode, ModRM, displacement */
	m.disp = (int32_t)(ahead ? p->at + bytes_of_it + 1 : p->bait);
	insn(p, &o, &m);
	end(p);
	if (ahead) {
		p->bait = p->at + 1;
		constant(p, D, below(p, 1000));
		end(p);
	}
	set(p, base);
}

static const char *const string_ops[] = { "a4", "a5", "aa", "ab", "48a5", "48ab", "ac", "ad" }; /* the first four in 32-bit code */

static void one_string(Program *p)
{
	bytes(p, string_ops[below(p, p->narrow ? 4 : 8)]);
}

static void strings(Program *p)
{
	if (below(p, 3) == 0) {
		constant(p, C, below(p, 20));
		end(p);
		byte(p, 0xf3);
		bytes(p, string_ops[below(p, p->narrow ? 4 : 6)]);
		end(p);
		constant(p, C, below(p, 16));
		return;
	}
	one_string(p);
}

/* Over the next few instructions, sometimes. */
static void generate(Program *p, unsigned depth);
static void jump(Program *p, unsigned depth)
{
	byte(p, 0x0f);
	byte(p, 0x80 | below(p, 16));
	unsigned place = p->at;
	put32(p, 0);
	end(p);
	for (unsigned n = below(p, 4); n > 0; n--)
		generate(p, depth + 1);
	uint32_t over = p->at - place - 4;
	memcpy(p->code + place, &over, 4);
}

/* Accesses to one structure. */
static void burst(Program *p)
{
	static void (*const kinds[])(Program *p) = { load, store, vector, vector, wide_vector, locked, x87 };
	p->base = some_base(p);
	void (*step)(Program *p) = p->base == SP ? stack : p->base == SI || p->base == DI ? one_string : move_base;
	for (unsigned n = 3 + below(p, 6); n > 0; n--) {
		(below(p, 3) ? PICK(p->rand, kinds) : step)(p);
		end(p);
	}
	p->base = -1;
}

/* The index, or a base, is another in each pass. */
static void take_counter(Program *p)
{
	bytes(p, p->narrow || below(p, 2) ? "8b0c25" : "448b3425"); /* MOV ECX or R14D */
	put32(p, COUNTER);
	if (below(p, 2))
		return;
	end(p);
	if (!p->narrow)
		byte(p, 0x48);
	byte(p, below(p, 2) ? 0x01 : 0x29); /* ADD or SUB RBX, RCX: it goes down or up */
	byte(p, 0xcb);
	end(p);
	insn(p, &(Opcode){ .opcode = 0x8b, .reg = D, .size = 8 },
	     &(Memory){ .base = B, .index = C, .disp = (int32_t)below(p, 48) - 24 });
}

static void generate(Program *p, unsigned depth)
{
	static void (*const kinds[])(Program *p) = { load, load, load, load, store, store, store, store, locked, extended_load, vector, vector,
		wide_vector, stack, stack, x87, move_base, set_base, set_base, set_index, strings, burst, burst, take_counter, take_counter };
	static void (*const rare[])(Program *p) = { remap, remap, change_routine, change_own };
	if (below(p, 12) == 0)
		PICK(p->rand, rare)(p);
	else if (depth < 2 && below(p, 10) == 0)
		jump(p, depth);
	else
		PICK(p->rand, kinds)(p);
	end(p);
}

static void make_program(Program *p)
{
	bytes(p, "c70425");
	put32(p, COUNTER);
	put32(p, PASSES);
	end(p);
	unsigned top = p->at;
	for (unsigned n = 0; n < (p->narrow ? NARROW_BASES : G_N_ELEMENTS(bases)); n++) {
		set(p, bases[n]);
		end(p);
	}
	for (unsigned n = 0; n < (p->narrow ? NARROW_INDEXES : G_N_ELEMENTS(indexes)); n++) {
		constant(p, indexes[n], below(p, 32));
		end(p);
	}
	if (!p->narrow)
		constant(p, 12, 0xfffffff0);
	end(p);
	for (unsigned n = 20 + below(p, 60); n > 0 && p->at < MOST_CODE; n--)
		generate(p, 0);
	bytes(p, "cd40dbe3"); /* INT 40h, FNINIT */
	end(p);
	bytes(p, "ff0c25"); /* DEC */
	put32(p, COUNTER);
	end(p);
	bytes(p, "0f85"); /* JNZ */
	put32(p, top - p->at - 4);
	end(p);
	byte(p, 0xcd);
	byte(p, INT_DONE);
	end(p);
}

void random_programs(uint8_t *ram, uint32_t seed)
{
	GRand *rand = g_rand_new_with_seed(seed);
	const uint32_t count = PROGRAM_COUNT;
	memcpy(ram + COUNT, &count, sizeof count);
	for (unsigned n = 0; n < ROUTINE_COUNT; n++)
		memcpy(ram + ROUTINES + n * ROUTINE_BYTES, "\xba\x01\x00\x00\x00\xc3\x90\x90", ROUTINE_BYTES);
	for (unsigned n = 0; n < FRAME_COUNT * PAGE; n++)
		ram[FRAMES + n] = (uint8_t)g_rand_int(rand);
	for (unsigned n = 0; n < count; n++) {
		Program p = { .rand = rand, .ram = ram, .code = ram + PROGRAMS + n * PAGE, .number = n, .narrow = n % 3 == 1, .base = -1 };
		make_program(&p);
		for (unsigned k = CONSTANTS; k < PAGE; k++)
			p.code[k] = (uint8_t)g_rand_int(rand);
	}
	Program p = { .rand = rand, .base = -1 };
	for (unsigned n = 0; n < WINDOW_COUNT; n++) {
		uint64_t entry = random_entry(&p, below(&p, 2));
		memcpy(ram + ENTRIES + 8 * n, &entry, 8);
	}
	g_rand_free(rand);
}
