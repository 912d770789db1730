/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "aim.h"

#include <glib.h>
#include <string.h>

typedef struct Place {
	uint64_t address;
	uint32_t size;
	unsigned weight;
	bool far; /* only 64-bit addresses reach it */
} Place;

static const Place places[] = {
	{ ORACLE_DATA_ADDRESS, ORACLE_DATA_SIZE, 70, false },
	{ ORACLE_READONLY_ADDRESS, ORACLE_READONLY_SIZE, 4, false },
	{ ORACLE_RWX_ADDRESS, ORACLE_RWX_SIZE, 4, false },
	{ ORACLE_STACK_ADDRESS, ORACLE_STACK_SIZE, 3, false },
	{ ORACLE_LOW_ADDRESS, ORACLE_LOW_SIZE, 3, false },
	{ ORACLE_HIGH_ADDRESS, ORACLE_HIGH_SIZE, 4, false },
	{ ORACLE_FAR_ADDRESS, ORACLE_FAR_SIZE, 6, true },
	{ ORACLE_CODE_ADDRESS, ORACLE_CODE_SIZE, 1, false },
};

static const Place *place_of(uint64_t address)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(places); n++)
		if (address - places[n].address < places[n].size)
			return &places[n];
	return NULL;
}

unsigned aim_operand_size(const Insn *i)
{
	static const unsigned sizes[] = {
		[OPT_b] = 1, [OPT_bs] = 1, [OPT_w] = 2, [OPT_d] = 4, [OPT_r4] = 4, [OPT_ss] = 4, [OPT_si] = 4, [OPT_q] = 8,
		[OPT_r8] = 8, [OPT_sd] = 8, [OPT_pi] = 8, [OPT_bcd] = 10, [OPT_t] = 10, [OPT_s] = 10, [OPT_dq] = 16, [OPT_qq] = 32,
		[OPT_e] = 28, [OPT_f] = 108, [OPT_n] = 832,
	};
	const Form *form = &insn_forms[i->form];
	for (unsigned n = 0; n < form->operands; n++) {
		const Operand *o = &form->operand[n];
		if (o->kind != OPK_E && o->kind != OPK_M && o->kind != OPK_Q && o->kind != OPK_W)
			continue;
		switch (o->type) {
		case OPT_v: case OPT_y: return i->opsize;
		case OPT_z: return MIN(i->opsize, 4);
		case OPT_p: return i->opsize + 2;
		case OPT_a: return 2 * i->opsize;
		case OPT_x: case OPT_ps: case OPT_pd: return i->vl;
		default: return o->type < G_N_ELEMENTS(sizes) && sizes[o->type] ? sizes[o->type] : 8;
		}
	}
	return 8;
}

/* ---- targets ---- */

static const Place *choose_place(Dice *d, bool mode64, unsigned adsize, bool near)
{
	if (adsize == 2)
		return &places[4];
	for (;;) {
		unsigned throw = dice_below(d, 95);
		for (unsigned n = 0; n < G_N_ELEMENTS(places); n++) {
			if (throw >= places[n].weight) {
				throw -= places[n].weight;
				continue;
			}
			bool beyond = places[n].far || (near && places[n].address >= 0x80000000);
			if (places[n].far ? mode64 && adsize == 8 && !beyond : !beyond)
				return &places[n];
			if (places[n].far && mode64 && adsize == 8 && !near)
				return &places[n];
			break;
		}
	}
}

static uint64_t nowhere(Dice *d, bool mode64, unsigned adsize)
{
	static const uint64_t list[] = { 0, 0x1000, ORACLE_DATA_ADDRESS - 1, ORACLE_DATA_ADDRESS + ORACLE_DATA_SIZE, 0x7fffffff, 0xfffffff0 };
	static const uint64_t list64[] = { 0x00007ffffffff000, 0x00007fffffffffff, 0x0000800000000000, 0x8000000000000000,
		0xffff800000000000, 0xffff7fffffffffff, 0xfffffffffffffff8 };
	if (mode64 && adsize == 8 && dice_percent(d, 50))
		return list64[dice_below(d, G_N_ELEMENTS(list64))];
	return list[dice_below(d, G_N_ELEMENTS(list))];
}

uint64_t aim_target(Dice *d, bool mode64, unsigned adsize, bool near, unsigned size)
{
	if (dice_percent(d, 2) && !near)
		return nowhere(d, mode64, adsize);
	const Place *p = choose_place(d, mode64, adsize, near);
	unsigned room = p->size - MIN(size, p->size / 2), offset = dice_below(d, room);
	unsigned throw = dice_below(d, 100);
	if (throw < 55)
		offset &= ~63u; /* aligned for everything */
	else if (throw < 70)
		offset &= ~7u;
	else if (throw < 78 && size > 1)
		offset = ORACLE_PAGE_SIZE - 1 - dice_below(d, MIN(size, 64) - 1); /* across a page's end, perhaps the region's */
	else if (throw < 80)
		offset = p->size - 1 - dice_below(d, MIN(size, 64));
	else if (throw < 81)
		return p->address - 1 - dice_below(d, size);
	return p->address + offset;
}

uint64_t aim_code(Dice *d, const Test *t)
{
	if (dice_percent(d, 3)) { /* not executable; random bytes that are could be what the system answers in the processor's stead */
		uint64_t address = aim_target(d, t->mode64, t->mode64 ? 8 : 4, false, 8);
		if (address - ORACLE_RWX_ADDRESS >= ORACLE_RWX_SIZE)
			return address;
	}
	for (;;) {
		uint64_t address = ORACLE_CODE_ADDRESS + dice_below(d, ORACLE_CODE_SIZE);
		if (address - t->state.rip >= TEST_CODE)
			return address;
	}
}

/* ---- windows ---- */

void aim_window(Dice *d, TestWindow *w, uint64_t address, unsigned before, unsigned size, Flavour flavour)
{
	const Place *p = place_of(address);
	w->size = 0;
	if (!p || p->address == ORACLE_CODE_ADDRESS)
		return;
	uint64_t offset = address - p->address;
	uint64_t first = offset > before ? offset - before : 0, end = MIN(offset + size, p->size);
	w->address = p->address + first;
	w->size = (uint32_t)MIN(end - first, TEST_WINDOW);
	unsigned lead = (unsigned)(offset - first);
	dice_fill(d, flavour, w->bytes, lead);
	dice_fill(d, flavour, w->bytes + lead, w->size - lead);
}

static bool has_all(const TestWindow *w, uint64_t address, unsigned size)
{
	uint64_t offset = address - w->address;
	return offset < w->size && size <= w->size - offset;
}

/* Windows are written in order: of those that overlap, the last counts. */
void aim_poke(Test *t, uint64_t address, const void *bytes, unsigned size)
{
	for (unsigned n = 0; n < ORACLE_WINDOWS; n++) {
		TestWindow *w = &t->windows[n];
		if (has_all(w, address, size))
			memcpy(w->bytes + (address - w->address), bytes, size);
	}
}

bool aim_peek(const Test *t, uint64_t address, void *bytes, unsigned size)
{
	for (unsigned n = ORACLE_WINDOWS; n-- > 0;) {
		const TestWindow *w = &t->windows[n];
		if (has_all(w, address, size)) {
			memcpy(bytes, w->bytes + (address - w->address), size);
			return true;
		}
	}
	return false;
}

/* ---- operands ---- */

static uint64_t segment_base(const Test *t, const Insn *i)
{
	uint64_t base = i->seg == FS ? t->state.fs_base : i->seg == GS ? t->state.gs_base : 0;
	return t->mode64 ? base : (uint32_t)base;
}

static uint64_t width_mask(unsigned bytes)
{
	return bytes == 8 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * bytes) - 1;
}

static bool patch_displacement(Draft *draft, uint64_t value, unsigned adsize)
{
	unsigned size = draft->disp_size;
	if (!size)
		return false;
	uint64_t mask = width_mask(adsize), kept = value & width_mask(size);
	if ((sign_extend(kept, size) & mask) != (value & mask))
		return false;
	memcpy(draft->bytes + draft->disp_at, &kept, size);
	return true;
}

static void set_address_register(Dice *d, Test *t, unsigned n, uint64_t value, unsigned adsize)
{
	uint64_t mask = width_mask(adsize), junk = dice_percent(d, 30) ? dice(d) : 0;
	t->state.gpr[n] = (junk & ~mask) | (value & mask);
}

/* base + (index << scale) + disp = offset, by the registers */
static void solve_registers(Dice *d, Test *t, Draft *draft, uint64_t offset)
{
	const Insn *i = &draft->insn;
	uint64_t *gpr = t->state.gpr, rest = offset - (uint64_t)(int64_t)i->disp;
	bool vector_index = insn_forms[i->form].flags & FORM_VSIB;
	if (i->base < 16 && i->base == i->index && !vector_index) {
		set_address_register(d, t, i->base, (rest & width_mask(i->adsize)) / (1 + ((uint64_t)1 << i->scale)), i->adsize);
	} else if (i->base < 16) {
		if (i->index < 16 && !vector_index && dice_percent(d, 70))
			set_address_register(d, t, i->index, sign_extend(dice(d), 2), i->adsize);
		set_address_register(d, t, i->base, rest - (i->index < 16 && !vector_index ? gpr[i->index] << i->scale : 0), i->adsize);
	} else if (i->index < 16 && !vector_index) {
		set_address_register(d, t, i->index, (rest & width_mask(i->adsize)) >> i->scale, i->adsize);
	}
}

static uint64_t fixed_part(const Test *t, const Insn *i, uint64_t next_rip)
{
	if (i->base == GPR_RIP)
		return next_rip;
	return i->base < 16 ? t->state.gpr[i->base] : 0;
}

/* Indices of gathers: small, so that the elements lie around the base. */
static void scatter_indices(Dice *d, Test *t, const Insn *i)
{
	bool qwords = strstr(insn_forms[i->form].mnemonic, "GATHERQ") != NULL;
	for (unsigned at = 0; at < 32; at += qwords ? 8 : 4) {
		uint64_t index = (uint64_t)(int64_t)((int)dice_below(d, 200) - 100);
		if (dice_percent(d, 2))
			index = dice_integer(d);
		memcpy(&t->state.ymm[i->index][at], &index, qwords ? 8 : 4);
	}
}

void aim_operand(Dice *d, Test *t, Draft *draft, bool fixed)
{
	const Insn *i = &draft->insn;
	bool registers = i->base < 16 || i->index < 16;
	uint64_t base = segment_base(t, i), next_rip = t->state.rip + t->insn_at + draft->size;
	unsigned size = aim_operand_size(i);
	bool vector_index = insn_forms[i->form].flags & FORM_VSIB;
	t->target = aim_target(d, t->mode64, i->adsize, !registers || fixed || (vector_index && i->base >= 16), size);
	if (fixed || !registers || (i->base >= 16 && vector_index)) {
		uint64_t part = fixed_part(t, i, next_rip);
		if (!patch_displacement(draft, t->target - base - part, i->adsize)) {
			t->target = base + part + (part == next_rip ? 0 : dice_below(d, 64));
			patch_displacement(draft, t->target - base - part, i->adsize);
		}
	} else {
		solve_registers(d, t, draft, t->target - base);
	}
	if (vector_index && i->index < 16 && dice_percent(d, 95))
		scatter_indices(d, t, i);
}
