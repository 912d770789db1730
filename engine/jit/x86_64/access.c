/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory operands, and which of them lie in one page for sure.
 *
 * Accesses whose addresses differ by constants (locals of one frame, members of one structure, pushes in a row, a pointer that moves on
 * from one of a loop's rounds to the next) form a group: the first of them finds the whole range in the TLB, and keeps where it
 * begins in the host's memory, or what leads there, for the others: in a register that is free outside 64-bit mode, or in Cpu.jit_group.
 * Which ones those are comes from values: each general register is known as some unknown number plus a constant.
 *
 * A read of an array's element, and whatever is addressed relative to the instruction pointer, is expected in the page where it last was
 * (Cpu.jit_hint): so the way to host memory doesn't wait for its address, and the processor does both at once.
 *
 * A block with groups is translated twice. The plain code checks every access by itself; while it is emitted, the accesses are
 * noted. The other code goes on in the plain code, at the same instruction, whenever something isn't as hoped, and doesn't come back:
 * so between a group's first access and its last nothing runs that could change the TLB. */
#include "jit/x86_64/translate.h"

enum {
	FARTHEST = 1 << 30, /* constants beyond this aren't followed */
	LONGEST = 1024,	    /* bytes from a group's first to its last: the longer, the more often it lies in two pages */
};

/* ---- values ---- */

void values_reset(Values *v)
{
	v->unknowns = 0;
	for (unsigned n = 0; n < 16; n++)
		v->reg[n] = (Value){ v->unknowns++, 0 };
}

static void forget(Values *v, unsigned guest)
{
	v->reg[guest & 15] = (Value){ v->unknowns++, 0 };
}

/* Outside 64-bit mode registers and addresses have 32 bits. */
static int64_t wrapped(const Translator *t, int64_t offset)
{
	return t->mode64 ? offset : (int32_t)(uint32_t)offset;
}

static void set_value(Translator *t, unsigned guest, Value value)
{
	value.offset = wrapped(t, value.offset);
	if (value.offset > FARTHEST || value.offset < -FARTHEST)
		forget(&t->values, guest);
	else
		t->values.reg[guest & 15] = value;
}

static void move_value(Translator *t, unsigned guest, unsigned from, int64_t by)
{
	Value value = t->values.reg[from & 15];
	value.offset += by;
	set_value(t, guest, value);
}

/* What has the accumulator and rDX as operands that its row doesn't name. */
static bool has_hidden_operands(const Form *form)
{
	static const char *const names[] = { "MUL", "IMUL", "DIV", "IDIV", "CMPXCHG", "CMPXCHG8B", "CMPXCHG16B", "CBW", "CWDE", "CDQE",
		"CWD", "CDQ", "CQO", "LAHF", "FNSTSW" };
	for (unsigned n = 0; n < G_N_ELEMENTS(names); n++)
		if (g_str_equal(form->mnemonic, names[n]))
			return true;
	return false;
}

static unsigned operand_register(const Insn *i, const Operand *o)
{
	unsigned number;
	switch (o->kind) {
	case OPK_G: case OPK_Z: number = i->reg; break;
	case OPK_E: case OPK_R: case OPK_M:
		if (i->flags & INSN_MEM)
			return GPR_NONE;
		number = i->rm;
		break;
	case OPK_B: return i->vvvv;
	case OPK_ACC: return RAX;
	default: return GPR_NONE;
	}
	return o->type == OPT_b ? number / 8 : number;
}

static void forget_written(Values *v, const Insn *i, const Form *form)
{
	for (unsigned n = 0; n < form->operands; n++) {
		unsigned guest = form->operand[n].access & 2 ? operand_register(i, &form->operand[n]) : GPR_NONE;
		if (guest != GPR_NONE)
			forget(v, guest);
	}
	if (has_hidden_operands(form)) {
		forget(v, RAX);
		forget(v, RDX);
	}
}

/* r += constant, or r = r' */
static bool follow_copy(Translator *t, const Insn *i, const Form *form)
{
	unsigned to = form->operands ? operand_register(i, &form->operand[0]) : GPR_NONE;
	if (to == GPR_NONE || i->opsize != word(t) || form->operand[0].type == OPT_b)
		return false;
	bool add = g_str_equal(form->mnemonic, "ADD"), sub = g_str_equal(form->mnemonic, "SUB");
	if ((add || sub) && form->operand[1].kind == OPK_I) {
		move_value(t, to, to, add ? (int64_t)i->imm : -(int64_t)i->imm);
		return true;
	}
	bool inc = g_str_equal(form->mnemonic, "INC"), dec = g_str_equal(form->mnemonic, "DEC");
	if (inc || dec) {
		move_value(t, to, to, inc ? 1 : -1);
		return true;
	}
	unsigned from = g_str_equal(form->mnemonic, "MOV") ? operand_register(i, &form->operand[1]) : GPR_NONE;
	if (from == GPR_NONE || form->operand[1].type == OPT_b)
		return false;
	move_value(t, to, from, 0);
	return true;
}

static void follow_lea(Translator *t, const Insn *i)
{
	bool simple = i->opsize == word(t) && i->adsize == word(t) && i->index == GPR_NONE && i->base < 16;
	if (simple)
		move_value(t, i->reg, i->base, i->disp);
	else
		forget(&t->values, i->reg);
}

static void follow_string(Translator *t, const Insn *i, EmitFn *emit)
{
	if (emit != emit_store_string)
		move_value(t, RSI, RSI, i->opsize);
	if (emit == emit_load_string)
		forget(&t->values, RAX);
	else
		move_value(t, RDI, RDI, i->opsize);
}

void values_follow(Translator *t, const Insn *i)
{
	const Form *form = &insn_forms[i->form];
	EmitFn *emit = t->t->plans[i->form].emit;
	int step = (int)word(t);
	if (emit == emit_push || emit == emit_push_constant || emit == emit_push_segment || emit == emit_pushf || emit == emit_call ||
	    emit == emit_call_indirect) {
		move_value(t, RSP, RSP, -step);
	} else if (emit == emit_popf) {
		move_value(t, RSP, RSP, step);
	} else if (emit == emit_move_from_segment) {
		if (!(i->flags & INSN_MEM))
			forget(&t->values, i->rm);
	} else if (emit == emit_pop) {
		move_value(t, RSP, RSP, step);
		forget(&t->values, form->operand[0].kind == OPK_Z ? i->reg : i->rm);
	} else if (emit == emit_leave) {
		move_value(t, RSP, RBP, step);
		forget(&t->values, RBP);
	} else if (emit == emit_move_string || emit == emit_store_string || emit == emit_load_string) {
		follow_string(t, i, emit);
	} else if (emit == emit_lea) {
		follow_lea(t, i);
	} else if (emit == emit_step_register || emit != emit_copy || !follow_copy(t, i, form)) {
		forget_written(&t->values, i, form);
		if (emit == emit_step_register)
			forget(&t->values, i->reg);
		if (emit == emit_offset_move)
			forget(&t->values, RAX);
	}
}

/* ---- accesses ---- */

/* What an address is beside its constant: the number of a sum in Accesses, from 1; 0: it can't be in a group. */
static unsigned sum_number(Accesses *all, AddressSum sum)
{
	for (unsigned n = 0; n < all->sum_count; n++)
		if (all->sum[n].kind == sum.kind && all->sum[n].base == sum.base && all->sum[n].index == sum.index && all->sum[n].scale == sum.scale)
			return n + 1;
	if (all->sum_count == G_N_ELEMENTS(all->sum))
		return 0;
	all->sum[all->sum_count++] = sum;
	return all->sum_count;
}

static unsigned operand_sum(Translator *t, const Insn *i, int64_t *offset)
{
	AddressSum sum = { .base = NO_VALUE, .index = NO_VALUE };
	*offset = wrapped(t, i->disp);
	if (i->seg == FS || i->seg == GS || i->adsize != word(t) || *offset > FARTHEST || *offset < -FARTHEST)
		return 0;
	if (i->base == GPR_RIP) {
		sum.kind = SUM_PAGE;
		*offset += t->offset;
		return sum_number(&t->accesses, sum);
	}
	sum.kind = SUM_REGISTERS;
	if (i->base != GPR_NONE) {
		sum.base = t->values.reg[i->base].unknown;
		*offset += t->values.reg[i->base].offset;
	}
	if (i->index != GPR_NONE) {
		sum.index = t->values.reg[i->index].unknown;
		sum.scale = i->scale;
		*offset += (int64_t)((uint64_t)t->values.reg[i->index].offset << i->scale);
	}
	return sum_number(&t->accesses, sum);
}

HostMemory hint_slot(unsigned hint)
{
	return (HostMemory){ STATE, H_NONE, 0, (int32_t)(offsetof(Cpu, jit_hint) + 2 * hint) - STATE_BIAS };
}

/* Relative to the instruction pointer: where it lies in its page, the block knows. */
static bool is_in_one_page(int64_t offset, int64_t size, unsigned align)
{
	unsigned start = (unsigned)offset & 0xfff;
	return start + size <= 4096 && !(align && start & (align - 1));
}

/* Elements of arrays, whose addresses depend on loads most often; and what is in the same page always. */
static bool wants_hint(const Translator *t, const Insn *i, unsigned size, bool write, unsigned align)
{
	if (t->block->no_hints || i->seg == FS || i->seg == GS)
		return false;
	if (i->base == GPR_RIP)
		return i->adsize == 8 && is_in_one_page(i->disp + t->offset, size, align);
	return !write && !align && size <= 8 && !(size & (size - 1)) && i->index != GPR_NONE;
}

static uint16_t hint_for(Translator *t)
{
	const Accesses *all = &t->accesses;
	enum { HINTS = G_N_ELEMENTS(t->cpu->jit_hint[0]) };
	bool again = t->period && t->insn >= t->period;
	return again ? all->access[all->count - all->in_first_round].hint : (uint16_t)(t->class * HINTS + t->t->hints++ % HINTS);
}

static void note_access(Translator *t, unsigned sum, Access access)
{
	Accesses *all = &t->accesses;
	if (t->interpreted != t->block->count) /* the other code doesn't come so far */
		return;
	if (all->count == G_N_ELEMENTS(all->access)) {
		all->overflow = true;
		return;
	}
	access.sum = (uint8_t)sum;
	access.offset = wrapped(t, access.offset);
	access.insn = (uint8_t)t->insn;
	all->access[all->count++] = access;
}

/* ---- groups ---- */

static bool is_phased(int64_t offset, int64_t phase, unsigned align)
{
	return !((uint64_t)(offset - phase) & (align - 1));
}

/* An access that must be aligned joins where others of its alignment are aligned at the same time. */
static bool may_join(const Group *g, const Access *a)
{
	int64_t low = MIN(g->low, a->offset), end = MAX(g->end, a->offset + a->size);
	if (g->sum != a->sum || end - low > LONGEST)
		return false;
	return !a->align || !g->align || (a->align == g->align && is_phased(a->offset, g->phase, a->align));
}

static void join(Group *g, Access *a)
{
	g->low = MIN(g->low, a->offset);
	g->end = MAX(g->end, a->offset + a->size);
	g->write |= a->write;
	if (!a->leads && !a->based)
		g->computed++;
	if (a->align) {
		g->align = a->align;
		g->phase = a->offset;
	}
	g->members++;
}

/* Where the range must lie in one page and be aligned is seen at its first byte, and at this one: the last that an aligned access may
 * begin at, or the last of all. */
static int64_t last_checked(const Group *g)
{
	if (!g->align)
		return g->end - 1;
	return g->phase + ((g->end - 1 - g->phase) & -(int64_t)g->align);
}

/* It gains by the other code. */
static bool is_better(const Access *a)
{
	return a->group != NO_GROUP && !a->leads;
}

/* The largest groups get the registers that eight of the guest's don't need, see Thunks. */
static void give_homes(Translator *t)
{
	static const uint8_t homes[] = { H_R8, H_R9, H_R10 };
	Accesses *all = &t->accesses;
	for (unsigned n = 0; n < G_N_ELEMENTS(homes) && !t->mode64; n++) {
		Group *largest = NULL;
		for (Group *g = all->group; g < all->group + all->group_count; g++)
			if (g->home == H_NONE && g->members > (largest ? largest->members : 1))
				largest = g;
		if (!largest)
			return;
		largest->home = homes[n];
	}
}

bool accesses_group(Translator *t)
{
	Accesses *all = &t->accesses;
	bool better = false;
	all->group_count = 0;
	for (unsigned n = 0; n < all->count; n++) {
		Access *a = &all->access[n];
		a->group = NO_GROUP;
		a->leads = false;
		if (!a->sum)
			continue;
		for (unsigned k = all->group_count; k-- > 0 && a->group == NO_GROUP;)
			if (may_join(&all->group[k], a))
				a->group = (uint8_t)k;
		if (a->group == NO_GROUP && all->group_count < MOST_GROUPS) {
			a->group = (uint8_t)all->group_count;
			a->leads = true;
			all->group[all->group_count++] = (Group){ .sum = a->sum, .low = a->offset, .end = a->offset + a->size, .home = H_NONE };
		}
		if (a->group != NO_GROUP)
			join(&all->group[a->group], a);
		better |= is_better(a);
	}
	give_homes(t);
	return (better || t->period) && !all->overflow;
}

unsigned accesses_last_better(const Translator *t)
{
	unsigned last = 0;
	for (unsigned n = 0; n < t->accesses.count; n++)
		if (is_better(&t->accesses.access[n]))
			last = t->accesses.access[n].insn;
	return last;
}

/* ---- emission ---- */

static HostMemory group_slot(unsigned group)
{
	return (HostMemory){ STATE, H_NONE, 0, (int32_t)(offsetof(Cpu, jit_group) + 8 * group) - STATE_BIAS };
}

/* WORK has what is kept of a group, until something is written there: what comes right behind needn't wait for the store and a load. */
static void hold(Translator *t, unsigned group)
{
	t->held_group = group;
	t->a.written &= ~(1u << WORK);
}

static bool holds(const Translator *t, unsigned group)
{
	return t->held_group == group && !(t->a.written & 1u << WORK);
}

static bool is_page_known(const Translator *t, const Group *g)
{
	return t->accesses.sum[g->sum - 1].kind == SUM_PAGE && is_in_one_page(g->low, g->end - g->low, 0) &&
	       (!g->align || is_in_one_page(g->phase, 1, g->align));
}

/* Where it begins is kept, rather than what leads from addresses to the host's memory: for one address the first access needn't wait
 * for a sum. */
static bool keeps_beginning(const Group *g)
{
	return g->computed > 1;
}

/* Finds the whole group in the TLB. */
static HostMemory emit_leader(Translator *t, const Insn *i, const Access *a, const Group *g)
{
	Insn first = *i;
	first.disp += g->low - a->offset;
	uint8_t address = (uint8_t)emit_address(t, &first);
	if (a->hint != NO_HINT && is_page_known(t, g))
		emit_hinted_probe(t, address, (Expected){ .hint = a->hint, .write = g->write, .last = (uint16_t)(g->end - 1 - g->low) });
	else
		emit_probe(t, address, (unsigned)(last_checked(g) - g->low), g->write, g->align);
	HostMemory at = { WORK, address, 0, (int32_t)(a->offset - g->low) };
	if (g->home != H_NONE) {
		asm_lea(&t->a, 8, g->home, (HostMemory){ WORK, address, 0, 0 });
		return at;
	}
	if (keeps_beginning(g)) {
		asm_lea(&t->a, 8, WORK, (HostMemory){ WORK, address, 0, 0 });
		at.index = H_NONE;
	}
	asm_store(&t->a, 8, group_slot(a->group), WORK);
	hold(t, a->group);
	return at;
}

static const Access *next_access(Translator *t)
{
	return &t->accesses.access[t->accesses.next++];
}

static bool is_based(const Translator *t, const Insn *i)
{
	return t->mode64 && i->adsize == 8 && i->base < 16 && i->index == GPR_NONE && host_register(i->base) != SLOT;
}

/* One for itself. */
static HostMemory emit_single(Translator *t, const Insn *i, const Access *a)
{
	uint8_t address = (uint8_t)emit_address(t, i);
	bool known = i->base == GPR_RIP;
	if (a->hint == NO_HINT)
		emit_probe(t, address, a->align ? 0 : a->size - 1u, a->write, a->align);
	else
		emit_hinted_probe(t, address, (Expected){ .hint = a->hint, .write = a->write, .last = (uint16_t)(a->size - 1), .align = known ? 0 : a->size });
	return (HostMemory){ WORK, address, 0, 0 };
}

static HostMemory emit_member(Translator *t, const Insn *i, const Access *a, const Group *g)
{
	if (g->home != H_NONE)
		return (HostMemory){ g->home, H_NONE, 0, (int32_t)(a->offset - g->low) };
	HostMemory at = { WORK, H_NONE, 0, 0 };
	if (keeps_beginning(g)) {
		at.disp = (int32_t)(a->offset - g->low);
	} else if (a->based) {
		at.index = (uint8_t)host_register(i->base);
		at.disp = (int32_t)i->disp;
	} else {
		at.index = (uint8_t)emit_address(t, i);
	}
	if (!holds(t, a->group)) {
		asm_load(&t->a, 8, WORK, group_slot(a->group));
		hold(t, a->group);
	}
	return at;
}

bool emit_operand(Translator *t, const Insn *i, unsigned size, bool write, unsigned align, HostMemory *at)
{
	if (t->plain) {
		if (!has_address(t, i))
			return false;
		Access access = { .size = (uint8_t)size, .align = (uint8_t)align, .write = write, .based = is_based(t, i),
			.hint = wants_hint(t, i, size, write, align) ? hint_for(t) : NO_HINT };
		unsigned sum = operand_sum(t, i, &access.offset);
		note_access(t, sum, access);
		*at = emit_single(t, i, &access);
		return true;
	}
	const Access *a = next_access(t);
	const Group *g = a->group == NO_GROUP ? NULL : &t->accesses.group[a->group];
	*at = !g || g->members == 1 ? emit_single(t, i, a) : a->leads ? emit_leader(t, i, a, g) : emit_member(t, i, a, g);
	return true;
}

void emit_stack_operand(Translator *t, int offset, unsigned size, bool write, HostMemory *at)
{
	Insn i = { .base = RSP, .index = GPR_NONE, .disp = offset, .adsize = (uint8_t)word(t), .seg = SS };
	emit_operand(t, &i, size, write, 0, at);
}

unsigned emit_linear(Translator *t, const Insn *i, HostMemory *at)
{
	if (at->index != H_NONE && at->disp) {
		asm_lea(&t->a, 8, ADDRESS, (HostMemory){ at->index, H_NONE, 0, at->disp });
		*at = (HostMemory){ WORK, ADDRESS, 0, 0 };
	}
	if (at->index != H_NONE)
		return at->index;
	asm_lea(&t->a, 8, EXTRA, *at);
	*at = (HostMemory){ EXTRA, H_NONE, 0, 0 };
	return emit_address(t, i);
}
