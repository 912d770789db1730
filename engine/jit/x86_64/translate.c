/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One block to host code; translate.h says what that looks like. */
#include "jit/jumps.h"
#include "jit/x86_64/translate.h"

#include <string.h>

#include "cpu/decode.h"
#include "insn_handlers.h"

enum {
	MOST_BYTES = 16384, /* that a block's code may take; a block that doesn't fit is the interpreter's */
	ENTRY_ALIGNMENT = 16, LOOP_ALIGNMENT = 64,
};

/* ---- what the emitters ask for ---- */

int32_t insn_offset(const Translator *t, const Insn *i)
{
	return (int32_t)t->offset + i->next - i->length;
}

void emit_rip(Translator *t, unsigned to, int64_t offset)
{
	asm_load(&t->a, 8, to, STATE_AT(jit_page));
	asm_lea(&t->a, t->mode64 ? 8 : 4, to, (HostMemory){ (uint8_t)to, H_NONE, 0, (int32_t)offset });
}

Cold *cold_of(Translator *t)
{
	if (t->cold_count && t->cold[t->cold_count - 1].insn == t->insn)
		return &t->cold[t->cold_count - 1];
	Cold *c = &t->cold[t->cold_count++];
	*c = (Cold){ .insn = (uint8_t)t->insn };
	return c;
}

void cold_jump(Translator *t, uint8_t *place)
{
	Cold *c = cold_of(t);
	g_assert(c->count < G_N_ELEMENTS(c->jumps));
	c->jumps[c->count++] = place;
}

static uint32_t new_site(Translator *t, uint8_t *place, int32_t offset)
{
	if (t->rehearsal)
		return 0;
	Site site = { .place = place, .phys = (t->block->phys & ~(uint64_t)0xfff) + (uint64_t)offset, .mode = t->block->mode,
		.live = t->live };
	return cache_new_site(t->t, &site);
}

void exit_to(Translator *t, uint8_t *jump, int32_t offset, bool link)
{
	g_assert(t->exit_count < G_N_ELEMENTS(t->exits));
	t->exits[t->exit_count++] = (Exit){ jump, offset, link ? new_site(t, jump, offset) : 0 };
}

/* ---- an instruction's bytes ---- */

static unsigned modrm_bytes(const uint8_t *p, unsigned adsize)
{
	unsigned mod = p[0] >> 6, rm = p[0] & 7;
	if (mod == 3)
		return 1;
	if (adsize == 2)
		return 1 + (mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0);
	unsigned sib = rm == 4, base = sib ? p[1] & 7 : rm;
	return 1 + sib + (mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0);
}

static bool is_prefix(uint8_t byte, bool mode64)
{
	switch (byte) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3: return true;
	default: return mode64 && (byte & 0xf0) == 0x40;
	}
}

static const uint8_t *read_vex(const uint8_t *p, Raw *raw)
{
	uint8_t last = p[0] == 0xc5 ? p[1] : p[2];
	static const uint8_t reps[4] = { 0, 0, 0xf3, 0xf2 };
	raw->vex = true;
	raw->map = p[0] == 0xc5 ? 1 : p[1] & 0x1f;
	raw->w = p[0] == 0xc4 && (last & 0x80);
	raw->l = last & 4;
	raw->opsize66 = (last & 3) == 1;
	raw->rep = reps[last & 3];
	return p + (p[0] == 0xc5 ? 2 : 3);
}

static const uint8_t *read_map(const uint8_t *p, Raw *raw)
{
	if (*p != 0x0f)
		return p;
	p++;
	raw->map = *p == 0x38 ? 2 : *p == 0x3a ? 3 : 1;
	return p + (raw->map > 1);
}

static Raw take_apart(const Translator *t, const Insn *i)
{
	const uint8_t *p = t->code + i->next - i->length, *end = t->code + i->next;
	Raw raw = { 0 };
	for (; is_prefix(*p, t->mode64); p++) {
		raw.opsize66 |= *p == 0x66;
		raw.w = (*p & 0xf8) == 0x48 && t->mode64;
	}
	p = i->flags & INSN_VEX ? read_vex(p, &raw) : read_map(p, &raw);
	raw.opcode = *p++;
	if (insn_forms[i->form].flags & FORM_MODRM)
		p += modrm_bytes(p, i->adsize);
	raw.imm = p;
	raw.imm_size = (uint8_t)(end - p);
	return raw;
}

/* ---- the block ---- */

/* The hot part for an instruction that the interpreter does. */
static void emit_interpreted(Translator *t)
{
	cold_jump(t, asm_jump(&t->a));
}

static bool always_faults(const Insn *i)
{
	return i->run == op_ud || i->run == op_nm || i->run == op_gp0;
}

/* See jit_plant_fault(). */
static JitFault planted_fault(const Translator *t, const Insn *i)
{
	const Jit *j = t->t;
	return UNLIKELY(j->planted.fault) && g_str_equal(insn_forms[i->form].mnemonic, j->planted.mnemonic) ? j->planted.fault : JIT_FAULT_NONE;
}

static void emit_planted(Translator *t, JitFault fault)
{
	if (fault == JIT_FAULT_REGISTER)
		asm_lea(&t->a, 8, H_RAX, (HostMemory){ H_RAX, H_NONE, 0, 1 });
	else if (fault == JIT_FAULT_FLAGS)
		asm_byte(&t->a, 0xf5); /* CMC */
}

bool emit_native(Translator *t, const Insn *i)
{
	const Plan *plan = &t->t->plans[i->form];
	Raw raw = take_apart(t, i);
	JitFault planted = planted_fault(t, i);
	bool done = planted == JIT_FAULT_OMITTED || (plan->emit && !always_faults(i) && plan->emit(t, i, &raw));
	if (done && planted)
		emit_planted(t, planted);
	return done;
}

/* An instruction of the plain code. */
static void emit_plain(Translator *t, const Insn *i)
{
	bool last = t->insn + 1u == t->block->count, ends = last && t->block->sets_rip, faults = always_faults(i);
	unsigned cold = t->cold_count;
	t->place[t->insn] = t->a.at;
	bool done = emit_native(t, i);
	if (!done)
		emit_interpreted(t);
	if (done)
		values_follow(t, i);
	else if (t->interpreted == t->block->count)
		t->interpreted = t->insn;
	bool end_form = insn_forms[i->form].flags & FORM_END;
	if (t->cold_count > cold && !ends && !(end_form && !done))
		t->cold[cold].back = t->a.at;
	if (last && !ends && !(end_form && !done) && !faults)
		emit_fall_through(t);
}

/* Where a lookup comes in: it has the instruction pointer in ADDRESS. */
static void emit_far_entry(Translator *t)
{
	asm_lea(&t->a, 8, WORK, (HostMemory){ ADDRESS, H_NONE, 0, -(int32_t)t->offset });
	asm_store(&t->a, 8, STATE_AT(jit_page), WORK);
}

static void emit_restore_flags(Translator *t)
{
	asm_move(&t->a, 8, ADDRESS, H_RAX);
	asm_load(&t->a, 2, H_RAX, STATE_AT(jit_flags));
	asm_insn(&t->a, &(HostInsn){ .opcode = 0x04, .imm_size = 1, .imm = 0x7f }); /* ADD AL, 7F: OF */
	asm_byte(&t->a, 0x9e);							      /* SAHF */
	asm_move(&t->a, 8, H_RAX, ADDRESS);
}

static void emit_restoring(Translator *t, const Cold *c)
{
	for (unsigned k = 0; k < c->restoring_count; k++)
		asm_aim(c->restoring[k], t->a.at);
	if (c->restoring_count)
		emit_restore_flags(t);
}

static void emit_second_lookup(Translator *t, const Cold *c)
{
	Asm *a = &t->a;
	asm_aim(c->lookup, a->at);
	asm_aim(asm_call(a), t->t->look_up);
	asm_lea(a, 8, WORK, (HostMemory){ WORK, H_NONE, 0, -(int32_t)(t->id << JUMP_FIRST_SHIFT) });
	uint8_t *found = asm_jump_rcx_zero(a);
	uint8_t *not_found = asm_jump(a);
	asm_aim_short(a, found, a->at);
	asm_aim(asm_jump(a), c->found);
	asm_aim(not_found, a->at);
}

/* Behind STI: no event may be seen before it. */
static bool is_shadowed(const Translator *t, unsigned insn)
{
	return insn && t->t->plans[t->step[insn - 1].block->insns[t->step[insn - 1].insn].form].emit == emit_sti;
}

static void emit_cold(Translator *t)
{
	Asm *a = &t->a;
	uint8_t *common = a->at;
	if (t->cold_count) {
		asm_constant(a, ADDRESS, (uint64_t)(uintptr_t)t->block);
		asm_aim(asm_jump(a), thunks_for(t->t, t->block->mode, t->live)->interpret);
	}
	unsigned count = t->cold_count;
	for (unsigned n = 0; n < count; n++) {
		Cold *c = &t->cold[n];
		take_step(t, c->insn);
		t->cold_count = n + 1; /* this one is the last: more jumps are its */
		if (c->hint_failed)
			emit_mend_hint(t, c, !is_shadowed(t, c->insn));
		if (c->lookup)
			emit_second_lookup(t, c);
		emit_restoring(t, c);
		for (unsigned k = 0; k < c->count; k++)
			asm_aim(c->jumps[k], a->at);
		asm_constant(a, WORK, c->insn);
		asm_aim(asm_call(a), common);
		if (c->back)
			asm_aim(asm_jump(a), c->back);
		/* else the interpreter never comes back here */
	}
}

/* Where the plain code does the step: another block's isn't known here, but where it begins. */
static uint8_t *plain_place(Translator *t, unsigned n)
{
	const Insn *i = take_step(t, n);
	if (t->from == t->block)
		return t->place[t->step[n].insn];
	uint8_t *here = t->a.at;
	exit_to(t, asm_jump(&t->a), insn_offset(t, i), true);
	return here;
}

/* What the grouped code can't do goes on in the plain code. */
static void emit_cold_to_plain(Translator *t)
{
	unsigned count = t->cold_count;
	for (unsigned n = 0; n < count; n++) {
		Cold *c = &t->cold[n];
		uint8_t *place = plain_place(t, c->insn);
		t->cold_count = n + 1; /* this one is the last: more jumps are its */
		if (c->lookup)
			emit_second_lookup(t, c);
		emit_restoring(t, c);
		if (c->restoring_count || c->lookup)
			asm_aim(asm_jump(&t->a), place);
		if (c->hint_failed)
			emit_mend_hint(t, c, !is_shadowed(t, c->insn));
		for (unsigned k = 0; k < c->count; k++)
			asm_aim(c->jumps[k], place);
	}
}

static void emit_exits(Translator *t)
{
	Asm *a = &t->a;
	for (unsigned n = 0; n < t->exit_count; n++) {
		const Exit *e = &t->exits[n];
		uint8_t *stub = a->at;
		asm_aim(e->jump, stub);
		if (e->site)
			g_array_index(t->t->sites, Site, e->site).stub = stub;
		emit_rip(t, ADDRESS, e->offset);
		asm_constant(a, WORK, e->site);
		asm_aim(asm_jump(a), thunks_for(t->t, t->block->mode, t->live)->leave);
	}
}

/* ---- steps ---- */

const Insn *take_step(Translator *t, unsigned n)
{
	const Step *step = &t->step[n];
	t->insn = n;
	t->from = step->block;
	t->code = step->block->source;
	t->offset = step->block->phys & 0xfff;
	return &step->block->insns[step->insn];
}

static unsigned live_registers(const Cpu *cpu, const Block *block)
{
	const Jit *t = cpu->jit;
	if (block->mode & MODE_X87_LIVE)
		return LIVE_X87;
	if (cpu->cpl == 3)
		return LIVE_VECTORS;
	for (unsigned n = 0; n < block->count; n++)
		if (t->plans[block->insns[n].form].vector)
			return LIVE_VECTORS;
	return LIVE_GENERAL;
}

bool is_live_in(const Translator *t, const Block *b)
{
	return live_registers(t->cpu, b) == t->live;
}

bool block_has_x87(const Jit *t, const Block *block)
{
	for (unsigned n = 0; n < block->count; n++)
		if (t->plans[block->insns[n].form].x87)
			return true;
	return false;
}

bool jit_takes_mode(const Cpu *cpu)
{
	if (!(cpu->mode & MODE_FLAT))
		return false;
	unsigned code = cpu->mode & MODE_CODE;
	return code == MODE_CODE64 || (code == MODE_CODE32 && (cpu->mode & MODE_STACK32));
}

static void note_for_perf(const Cpu *cpu, const Block *b, size_t size)
{
	fprintf(cpu->jit->perf_map, "%" G_GINT64_MODIFIER "x %zx guest:%" G_GINT64_MODIFIER "x@%" G_GINT64_MODIFIER "x\n", (uint64_t)(uintptr_t)b->far_code,
		size, cpu->rip, b->phys);
}

static uint8_t *aligned(uint8_t *at, uintptr_t alignment)
{
	return (uint8_t *)(((uintptr_t)at + alignment - 1) & ~(alignment - 1));
}

static void emit_far_entry_at(Translator *t, uint8_t *at)
{
	t->a.at = t->far_entry = at;
	emit_far_entry(t);
	t->entry = t->a.at;
}

static void begin_code(Translator *t, bool plain)
{
	take_step(t, 0);
	t->plain = plain;
	t->cold_count = t->exit_count = t->shadow = 0;
	t->x87_page_known = false;
	t->held_group = NO_GROUP;
	t->whole = 0;
	uint8_t *begin = aligned(t->a.at, ENTRY_ALIGNMENT);
	emit_far_entry_at(t, begin);
	if (t->period) /* most jumps go to the entry behind */
		emit_far_entry_at(t, begin + (aligned(t->a.at, LOOP_ALIGNMENT) - t->a.at));
}

static void emit_plain_code(Translator *t)
{
	const Block *b = t->block;
	for (unsigned n = 0; n < b->count; n++)
		t->step[n] = (Step){ b, (uint8_t)n };
	t->steps = t->interpreted = b->count;
	begin_code(t, true);
	values_reset(&t->values);
	for (unsigned n = 0; n < b->count; n++)
		emit_plain(t, take_step(t, n));
	t->place[b->count] = t->a.at;
	emit_cold(t);
	emit_exits(t);
}

/* Behind the last access that gains by it, the plain code is as good; a jump to it isn't for a few instructions' sake. */
static void emit_grouped_code(Translator *t)
{
	enum { FEW = 8 };
	const Block *b = t->block;
	unsigned end = t->period ? t->steps : t->interpreted, better = accesses_last_better(t) + 1;
	if (!t->period && end - better > FEW)
		end = better;
	begin_code(t, false);
	for (unsigned n = 0; n < end; n++)
		if (!emit_native(t, take_step(t, n)))
			g_assert_not_reached();
	if (end < b->count)
		asm_aim(asm_jump(&t->a), t->place[end]);
	else if (!t->from->sets_rip)
		emit_fall_through(t);
	emit_cold_to_plain(t);
	emit_exits(t);
}

bool jit_translate(Cpu *cpu, Block *b)
{
	Jit *t = cpu->jit;
	Translator tr = { .cpu = cpu, .t = t, .block = b, .mode64 = (b->mode & MODE_CODE) == MODE_CODE64,
		.class = (b->mode & MODE_CLASS) >> MODE_CLASS_SHIFT, .live = live_registers(cpu, b) };
	tr.id = jit_mode_id(t, b->mode, tr.live);
	if (!tr.id) {
		blocks_flush(cpu);
		return false;
	}
	uint8_t *room = cache_room(cpu, MOST_BYTES);
	tr.a = (Asm){ .at = room, .end = room + MOST_BYTES, .delta = t->memory.run - t->memory.write };
	emit_plain_code(&tr);
	loop_find(&tr);
	if (accesses_group(&tr))
		emit_grouped_code(&tr);
	if (tr.a.full)
		return false;
	cache_add(t, b, aligned(tr.a.at, ENTRY_ALIGNMENT));
	b->far_code = tr.far_entry + tr.a.delta;
	b->code = tr.entry + tr.a.delta;
	b->hints_left = HINTS_MAY_FAIL;
	b->mode_id = (uint8_t)tr.id;
	b->live = (uint8_t)tr.live;
	if (t->perf_map)
		note_for_perf(cpu, b, (size_t)(tr.a.at - tr.far_entry));
	return true;
}
