/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interp.h"

#include <string.h>

#include "board/board.h"
#include "cpu/access.h"
#include "cpu/block.h"
#include "cpu/debug.h"
#include "cpu/tlb.h"
#include "jit/jit.h"

/* Where the system's structures lie in RAM; code sees them, if it could, in the kernel's half. */
enum {
	GDT = 0x1000, IDT = 0x2000, HANDLERS = 0x3000, TSS = 0x4000, FAULT_STACK_TOP = 0x6000, SYSTEM_PAGES = 7,
	PAGE_TABLES = 0x10000, TABLES = 64, REGIONS = 0x80000, RAM_BYTES = 0x100000,
};
#define KERNEL_BASE 0xffff800000000000u
enum { HANDLER_SIZE = 16, HLT = 0xf4, INT3 = 0xcc, VECTORS = 256, SYSTEM_CALL_VECTOR = 0x80 };
enum { PAGE_P = 1, PAGE_W = 2, PAGE_U = 4, PAGE_NX_SHIFT = 63 };
/* More than the longest repeated string instructions of a case need. */
enum { BUDGET = 400000 };

typedef struct RegionRow {
	uint64_t address;
	unsigned pages;
	bool writable, executable;
} RegionRow;

static const RegionRow region_rows[ORACLE_REGIONS] = {
	[ORACLE_LOW] = { ORACLE_LOW_ADDRESS, ORACLE_LOW_SIZE >> 12, true, false },
	[ORACLE_CODE] = { ORACLE_CODE_ADDRESS, ORACLE_CODE_SIZE >> 12, false, true },
	[ORACLE_DATA] = { ORACLE_DATA_ADDRESS, ORACLE_DATA_SIZE >> 12, true, false },
	[ORACLE_READONLY] = { ORACLE_READONLY_ADDRESS, ORACLE_READONLY_SIZE >> 12, false, false },
	[ORACLE_RWX] = { ORACLE_RWX_ADDRESS, ORACLE_RWX_SIZE >> 12, true, true },
	[ORACLE_STACK] = { ORACLE_STACK_ADDRESS, ORACLE_STACK_SIZE >> 12, true, false },
	[ORACLE_HIGH] = { ORACLE_HIGH_ADDRESS, ORACLE_HIGH_SIZE >> 12, true, false },
	[ORACLE_FAR] = { ORACLE_FAR_ADDRESS, ORACLE_FAR_SIZE >> 12, true, false },
};

struct OracleInterp {
	Board *board;
	bool translates;
	uint64_t next_table;
	uint64_t region_phys[ORACLE_REGIONS]; /* of its last page: they lie backwards, so that no two pages follow each other */
};

static void put64(OracleInterp *o, uint64_t phys, uint64_t value)
{
	memcpy(o->board->ram + phys, &value, 8);
}

static uint64_t get64(const OracleInterp *o, uint64_t phys)
{
	uint64_t value;
	memcpy(&value, o->board->ram + phys, 8);
	return value;
}

/* ---- page tables ---- */

static uint64_t lower_table(OracleInterp *o, uint64_t entry)
{
	if (!get64(o, entry)) {
		g_assert(o->next_table < PAGE_TABLES + TABLES * ORACLE_PAGE_SIZE);
		put64(o, entry, o->next_table | PAGE_P | PAGE_W | PAGE_U);
		o->next_table += ORACLE_PAGE_SIZE;
	}
	return get64(o, entry) & ~(uint64_t)0xfff;
}

static void map_page(OracleInterp *o, uint64_t linear, uint64_t phys, uint64_t rights)
{
	uint64_t table = PAGE_TABLES;
	for (unsigned shift = 39; shift > 12; shift -= 9)
		table = lower_table(o, table + (linear >> shift & 511) * 8);
	put64(o, table + (linear >> 12 & 511) * 8, phys | rights | PAGE_P);
}

static void map_regions(OracleInterp *o)
{
	uint64_t phys = REGIONS;
	for (unsigned r = 0; r < ORACLE_REGIONS; r++) {
		const RegionRow *row = &region_rows[r];
		uint64_t rights = PAGE_U | (row->writable ? PAGE_W : 0) | (row->executable ? 0 : (uint64_t)1 << PAGE_NX_SHIFT);
		o->region_phys[r] = phys;
		for (unsigned n = row->pages; n-- > 0; phys += ORACLE_PAGE_SIZE)
			map_page(o, row->address + n * ORACLE_PAGE_SIZE, phys, rights);
	}
}

static void make_page_tables(OracleInterp *o)
{
	o->next_table = PAGE_TABLES + ORACLE_PAGE_SIZE;
	for (uint64_t n = 1; n < SYSTEM_PAGES; n++)
		map_page(o, KERNEL_BASE + n * ORACLE_PAGE_SIZE, n * ORACLE_PAGE_SIZE, PAGE_W);
	map_regions(o);
}

/* ---- descriptor tables ---- */

/* Linux' GDT, as far as unprivileged code can tell (LAR, LSL, VERR, VERW, loads of segment registers). */
static void make_gdt(OracleInterp *o)
{
	enum { TSS_LIMIT = 0x206f };
	static const uint64_t rows[] = {
		0, 0x00cf9b000000ffff, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff,
		0x00affb000000ffff, 0,
	};
	memcpy(o->board->ram + GDT, rows, sizeof rows);
	uint64_t base = KERNEL_BASE + TSS;
	put64(o, GDT + 0x40, (TSS_LIMIT & 0xffff) | (base & 0xffffff) << 16 | (uint64_t)0x8b << 40 | (base >> 24 & 0xff) << 56);
	put64(o, GDT + 0x48, base >> 32);
	put64(o, GDT + 0x78, 0x0040f50000000000);
}

static void make_idt(OracleInterp *o)
{
	enum { KERNEL_CS = 0x10, GATE = 0x8e01 /* present, interrupt gate, IST 1 */, GATE_DPL3 = 0xee01 };
	for (unsigned v = 0; v < VECTORS; v++) {
		uint64_t handler = KERNEL_BASE + HANDLERS + v * HANDLER_SIZE;
		bool anybody = v == 3 || v == 4 || v == SYSTEM_CALL_VECTOR;
		uint64_t type = anybody ? GATE_DPL3 : GATE;
		put64(o, IDT + v * 16, (handler & 0xffff) | KERNEL_CS << 16 | (type & 0xff) << 32 | (type >> 8) << 40 |
			(handler >> 16 & 0xffff) << 48);
		put64(o, IDT + v * 16 + 8, handler >> 32);
		o->board->ram[HANDLERS + v * HANDLER_SIZE] = HLT;
	}
	put64(o, TSS + 0x24, KERNEL_BASE + FAULT_STACK_TOP); /* IST 1 */
	put64(o, TSS + 4, KERNEL_BASE + FAULT_STACK_TOP);    /* RSP 0 */
	o->board->ram[TSS + 0x66] = o->board->ram[TSS + 0x67] = 0xff; /* no I/O bitmap */
}

static void set_system_registers(Cpu *cpu)
{
	cpu->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG;
	cpu->cr3 = PAGE_TABLES;
	cpu->cr4 = CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | CR4_FSGSBASE | CR4_UMIP;
	cpu->xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
	cpu->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
	cpu->gdtr = (TableRegister){ KERNEL_BASE + GDT, 0x7f };
	cpu->idtr = (TableRegister){ KERNEL_BASE + IDT, VECTORS * 16 - 1 };
	cpu->tr = (Segment){ .selector = 0x40, .attr = 0x8b, .limit = 0x206f, .base = KERNEL_BASE + TSS, .usable = true };
	cpu->ldtr = (Segment){ 0 };
}

OracleInterp *oracle_interp_new(const char *model, OracleWay way, GError **error)
{
	enum { CODE_BYTES = 16 << 20 };
	g_autoptr(OracleInterp) o = g_new0(OracleInterp, 1);
	o->board = board_new(model, RAM_BYTES, error);
	if (!o->board)
		return NULL;
	o->translates = way != ORACLE_INTERPRETED;
	if (o->translates) {
		if (!jit_attach(o->board->cpu, CODE_BYTES, error))
			return NULL;
		jit_set_threshold(o->board->cpu, 1);
		if (way == ORACLE_VERIFIED)
			board_verify(o->board);
	}
	make_page_tables(o);
	make_gdt(o);
	make_idt(o);
	set_system_registers(o->board->cpu);
	for (unsigned n = 0; n < ORACLE_CODE_SIZE; n += ORACLE_PAGE_SIZE) {
		uint8_t filling[ORACLE_PAGE_SIZE];
		memset(filling, INT3, sizeof filling);
		oracle_interp_write(o, ORACLE_CODE_ADDRESS + n, filling, sizeof filling);
	}
	return g_steal_pointer(&o);
}

void oracle_interp_free(OracleInterp *o)
{
	if (!o)
		return;
	board_free(o->board);
	g_free(o);
}

const char *oracle_interp_difference(const OracleInterp *o)
{
	return o->board->difference;
}

const CpuFeatures *oracle_interp_features(const OracleInterp *o)
{
	return &o->board->cpu->features;
}

/* ---- memory ---- */

static uint64_t phys_of(const OracleInterp *o, uint64_t address)
{
	for (unsigned r = 0; r < ORACLE_REGIONS; r++) {
		const RegionRow *row = &region_rows[r];
		uint64_t page = (address - row->address) >> 12;
		if (page < row->pages)
			return o->region_phys[r] + (row->pages - 1 - page) * ORACLE_PAGE_SIZE + (address & 0xfff);
	}
	g_assert_not_reached();
}

void oracle_interp_read(OracleInterp *o, uint64_t address, void *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		size_t room = MIN(size - done, ORACLE_PAGE_SIZE - (address + done) % ORACLE_PAGE_SIZE);
		memcpy((uint8_t *)to + done, o->board->ram + phys_of(o, address + done), room);
		done += room;
	}
}

void oracle_interp_write(OracleInterp *o, uint64_t address, const void *from, size_t size)
{
	for (size_t done = 0; done < size;) {
		size_t room = MIN(size - done, ORACLE_PAGE_SIZE - (address + done) % ORACLE_PAGE_SIZE);
		uint64_t phys = phys_of(o, address + done);
		memcpy(o->board->ram + phys, (const uint8_t *)from + done, room);
		if (o->board->code_lines[phys >> 12])
			blocks_invalidate(o->board->cpu, phys & ~(uint64_t)0xfff, code_lines_of(phys, (unsigned)room));
		done += room;
	}
}

/* Fills the TLB with all that user code may touch: what misses it isn't done by generated code. */
static void warm_tlb(OracleInterp *o)
{
	Cpu *cpu = o->board->cpu;
	for (unsigned r = 0; r < ORACLE_REGIONS; r++)
		for (unsigned n = 0; n < region_rows[r].pages; n++)
			tlb_lookup(cpu, region_rows[r].address + n * ORACLE_PAGE_SIZE, region_rows[r].writable ? PAGING_WRITE : PAGING_READ, TLB_USER);
}

void oracle_interp_forget(OracleInterp *o)
{
	blocks_flush(o->board->cpu);
	tlb_flush(o->board->cpu, true);
	memset(o->board->code_lines, 0, (RAM_BYTES >> 12) * sizeof *o->board->code_lines);
	if (o->translates)
		warm_tlb(o);
}

/* ---- state in and out ---- */

static void set_segment(Segment *s, uint16_t selector, uint16_t attr, uint64_t base)
{
	*s = (Segment){ .selector = selector, .attr = attr, .limit = 0xffffffff, .base = base, .usable = true };
}

static void enter_user_mode(Cpu *cpu, bool mode64, uint64_t fs_base, uint64_t gs_base)
{
	enum { USER = AR_P | AR_DPL | AR_S | AR_ACCESSED | AR_G };
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		set_segment(&cpu->seg[n], ORACLE_SS, USER | AR_WRITABLE | AR_DB, n == FS ? fs_base : n == GS ? gs_base : 0);
	set_segment(&cpu->seg[CS], mode64 ? ORACLE_CS64 : ORACLE_CS32, (uint16_t)(USER | AR_CODE | AR_READABLE | (mode64 ? AR_L : AR_DB)), 0);
	cpu->cpl = 3;
	cpu->halted = false;
	cpu->debug_pending = 0;
	cpu->dr[6] = 0xffff0ff0;
	cpu->cr2 = 0;
	cpu->delivering = -1;
	cpu_clear_event(cpu, EVENT_SHADOW | EVENT_DEBUG | EVENT_EXIT);
}

uint32_t oracle_interp_mode(OracleInterp *o, bool mode64)
{
	Cpu *cpu = o->board->cpu;
	enter_user_mode(cpu, mode64, 0, 0);
	cpu->eflags = EFLAGS_FIXED | EFLAGS_IF;
	cpu_mode_changed(cpu);
	return cpu->mode;
}

static void load_fpu(Cpu *cpu, const OracleFpu *fx)
{
	enum { TOP_SHIFT = 11, TOP = 7 << TOP_SHIFT };
	X87 *x = &cpu->x87;
	x->cw = fx->fcw;
	x->sw = fx->fsw & (uint16_t)~TOP;
	x->top = fx->fsw >> TOP_SHIFT & 7;
	x->empty = (uint8_t)~fx->ftw_abridged;
	x->opcode = fx->fop;
	x->ip = fx->fip;
	x->dp = fx->fdp;
	x->cs = x->ds = 0;
	for (unsigned n = 0; n < 8; n++) {
		X87Register *r = &x->r[(x->top + n) & 7];
		memcpy(&r->mant, fx->st[n], 8);
		memcpy(&r->se, fx->st[n] + 8, 2);
	}
	cpu->mxcsr = fx->mxcsr;
}

static void store_fpu(const Cpu *cpu, OracleFpu *fx)
{
	const X87 *x = &cpu->x87;
	fx->fcw = x->cw;
	fx->fsw = (uint16_t)(x->sw | x->top << 11);
	fx->ftw_abridged = (uint8_t)~x->empty;
	fx->fop = x->opcode;
	fx->fip = x->ip;
	fx->fdp = x->dp;
	for (unsigned n = 0; n < 8; n++) {
		const X87Register *r = &x->r[(x->top + n) & 7];
		memcpy(fx->st[n], &r->mant, 8);
		memcpy(fx->st[n] + 8, &r->se, 2);
	}
	fx->mxcsr = cpu->mxcsr;
}

static void load_state(Cpu *cpu, bool mode64, const OracleState *s)
{
	uint64_t width = mode64 ? ~(uint64_t)0 : 0xffffffff;
	enter_user_mode(cpu, mode64, s->fs_base, s->gs_base);
	for (unsigned n = 0; n < 16; n++)
		cpu->gpr[n] = n < 8 ? s->gpr[n] & width : s->gpr[n];
	cpu->rip = s->rip & width;
	load_fpu(cpu, &s->fx);
	memcpy(cpu->ymm, s->ymm, sizeof s->ymm);
	cpu->eflags &= ~(uint32_t)EFLAGS_TF;
	eflags_set(cpu, (uint32_t)(s->rflags & ORACLE_RFLAGS_MASK) | EFLAGS_FIXED | EFLAGS_IF);
	cpu_mode_changed(cpu);
}

static void store_state(OracleInterp *o, bool mode64, OracleState *s)
{
	const Cpu *cpu = o->board->cpu;
	uint64_t width = mode64 ? ~(uint64_t)0 : 0xffffffff;
	for (unsigned n = 0; n < 16; n++)
		s->gpr[n] = n < 8 ? cpu->gpr[n] & width : cpu->gpr[n];
	store_fpu(cpu, &s->fx);
	memcpy(s->ymm, cpu->ymm, sizeof s->ymm);
	s->fs_base = cpu->seg[FS].base;
	s->gs_base = cpu->seg[GS].base;
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		s->segment[n] = cpu->seg[n].selector;
}

/* ---- running ---- */

static bool has_error_code(unsigned vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

/* INT3 filling of the code's region, as opposed to an INT3 of the case's own. */
static bool is_filling(const OracleCase *c, uint64_t start, uint64_t address)
{
	return address - ORACLE_CODE_ADDRESS < ORACLE_CODE_SIZE && address - start >= c->code_size;
}

/* What the handler's frame says: vector, error code, and the interrupted RIP, CS, RFLAGS, RSP, SS. */
static void read_frame(OracleInterp *o, OracleCase *c, uint64_t start, unsigned vector)
{
	const Cpu *cpu = o->board->cpu;
	OracleState *s = &c->state;
	uint64_t width = c->mode64 ? ~(uint64_t)0 : 0xffffffff, frame = cpu->gpr[RSP] - KERNEL_BASE;
	c->fault = (OracleFault){ .vector = (int)vector };
	if (has_error_code(vector)) {
		c->fault.error_code = (uint32_t)get64(o, frame);
		frame += 8;
	}
	if (vector == VECTOR_PF) {
		c->fault.address = cpu->cr2;
		c->fault.address_known = true;
	}
	s->rip = get64(o, frame) & width;
	s->segment[CS] = (uint16_t)get64(o, frame + 8);
	s->rflags = get64(o, frame + 16);
	s->gpr[RSP] = get64(o, frame + 24) & width;
	s->segment[SS] = (uint16_t)get64(o, frame + 32);
	if (vector == SYSTEM_CALL_VECTOR)
		c->fault.vector = ORACLE_SYSCALL;
	if (vector == VECTOR_BP && is_filling(c, start, s->rip - 1)) {
		c->fault.vector = ORACLE_NO_FAULT;
		s->rip--;
	}
}

/* HLT's successor, in a handler: the vector; else -1. */
static int handler_vector(const Cpu *cpu)
{
	uint64_t offset = cpu->rip - 1 - (KERNEL_BASE + HANDLERS);
	return offset % HANDLER_SIZE == 0 && offset / HANDLER_SIZE < VECTORS ? (int)(offset / HANDLER_SIZE) : -1;
}

static void run_to_handler(OracleInterp *o, OracleCase *c, uint64_t start)
{
	Cpu *cpu = o->board->cpu;
	CpuExit exit = cpu_run(cpu, BUDGET);
	store_state(o, c->mode64, &c->state);
	int vector = handler_vector(cpu);
	if (exit == CPU_EXIT_HALTED && vector >= 0)
		read_frame(o, c, start, (unsigned)vector);
	else
		c->fault = (OracleFault){ .vector = exit == CPU_EXIT_BUDGET ? ORACLE_TIMEOUT : ORACLE_DIED, .error_code = exit };
	cpu->shut_down = false;
}

void oracle_interp_run(OracleInterp *o, OracleCase *c)
{
	uint8_t filling[ORACLE_PAGE_SIZE];
	uint64_t start = c->mode64 ? c->state.rip : c->state.rip & 0xffffffff;
	for (unsigned n = 0; n < ORACLE_WINDOWS; n++)
		if (c->windows[n].size)
			oracle_interp_write(o, c->windows[n].address, c->windows[n].bytes, c->windows[n].size);
	g_assert(c->code_size <= sizeof filling);
	if (c->code_size)
		oracle_interp_write(o, start, c->code, c->code_size);
	load_state(o->board->cpu, c->mode64, &c->state);
	run_to_handler(o, c, start);
	if (c->code_size && start - ORACLE_CODE_ADDRESS < ORACLE_CODE_SIZE) {
		memset(filling, INT3, c->code_size);
		oracle_interp_write(o, start, filling, c->code_size);
	}
	for (unsigned n = 0; n < ORACLE_WINDOWS; n++)
		if (c->windows[n].size)
			oracle_interp_read(o, c->windows[n].address, c->windows[n].bytes, c->windows[n].size);
}
