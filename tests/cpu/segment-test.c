/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments and interrupts where the guests don't reach: what differs between Intel's and AMD's processors, and the rights with
 * which frames are written. Each case runs one instruction on a 64-bit processor that was put together by hand. */
#include <string.h>

#include "board.h"
#include "cpu/access.h"
#include "cpu/decode.h"

enum { RAM_BYTES = 4 << 20, TABLES = 0x100000, GDT = 0x1000, IDT = 0x2000, TSS = 0x3000, CODE = 0x7000, DATA = 0x8000 };
enum { USER_PAGE = 0x200000, STACK = USER_PAGE + 0x1000 }; /* the second 2 MiB are the user's, the first the supervisor's */
enum { SEL_CODE0 = 0x08, SEL_DATA3 = 0x1b, VECTOR = 0x40 };
enum { OK = -1 };

static void put64(Board *b, uint64_t at, uint64_t value)
{
	memcpy(b->ram + at, &value, 8);
}

static uint64_t get64(Board *b, uint64_t at)
{
	uint64_t value;
	memcpy(&value, b->ram + at, 8);
	return value;
}

static void build_tables(Board *b)
{
	put64(b, TABLES, (TABLES + 0x1000) | 7);
	put64(b, TABLES + 0x1000, (TABLES + 0x2000) | 7);
	put64(b, TABLES + 0x2000, 0x83);
	put64(b, TABLES + 0x2008, USER_PAGE | 0x87);
	put64(b, GDT + SEL_CODE0, 0x00209b0000000000);
	put64(b, GDT + (SEL_DATA3 & ~3), 0x00cff3000000ffff);
	put64(b, IDT + VECTOR * 16, 0x0000ee0000000000 | SEL_CODE0 << 16 | CODE);
	put64(b, TSS + 4, STACK);
}

static void set_segment(Cpu *cpu, unsigned n, uint16_t selector, unsigned attr)
{
	cpu->seg[n] = (Segment){ .selector = selector, .attr = (uint16_t)attr, .limit = 0xffffffff, .usable = true };
}

static Board *board_in_ring(const char *model, unsigned cpl)
{
	g_autoptr(GError) error = NULL;
	Board *b = board_new(model, RAM_BYTES, &error);
	g_assert_no_error(error);
	Cpu *cpu = b->cpu;
	build_tables(b);
	cpu->cr0 = CR0_PE | CR0_ET | CR0_PG;
	cpu->cr3 = TABLES;
	cpu->cr4 = CR4_PAE;
	cpu->efer = EFER_LME | EFER_LMA;
	cpu->cpl = (uint8_t)cpl;
	cpu->gdtr = (TableRegister){ GDT, 0xff };
	cpu->idtr = (TableRegister){ IDT, 0xfff };
	cpu->tr = (Segment){ .selector = 0x40, .attr = AR_P | 11, .limit = 103, .base = TSS, .usable = true };
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		set_segment(cpu, n, SEL_DATA3, AR_P | AR_S | AR_DPL | 3);
	set_segment(cpu, CS, (uint16_t)(SEL_CODE0 | cpl), AR_P | AR_S | AR_L | 11 | cpl << AR_DPL_SHIFT);
	cpu->rip = CODE;
	cpu->gpr[RBX] = cpl == 3 ? USER_PAGE + DATA : DATA;
	cpu->gpr[RSP] = cpu->gpr[RBX] + 0x100;
	cpu_mode_changed(cpu);
	return b;
}

/* Runs one instruction as the loop would; the fault's vector, or OK. */
static int run(Board *b, const uint8_t *bytes, unsigned length)
{
	Cpu *cpu = b->cpu;
	Insn insn;
	DecodeContext context = { cpu->mode, &cpu->features };
	g_assert_cmpint(decode_insn(&context, bytes, length, &insn), ==, DECODE_OK);
	g_assert_cmpuint(insn.length, ==, length);
	cpu->gpr[GPR_RIP] = cpu->rip;
	if (setjmp(cpu->fault_exit))
		return cpu->fault.vector;
	insn.run(cpu, &insn);
	return OK;
}

/* ---- vendors ---- */

typedef struct Vendor {
	const char *model;
	bool amd;
} Vendor;
static const Vendor vendors[] = { { "Haswell", false }, { "EPYC", true } };

static void test_push(void)
{
	static const uint8_t push_fs[] = { 0x0f, 0xa0 };
	for (unsigned n = 0; n < G_N_ELEMENTS(vendors); n++) {
		g_autoptr(Board) b = board_in_ring(vendors[n].model, 0);
		uint64_t slot = b->cpu->gpr[RSP] - 8;
		put64(b, slot, ~(uint64_t)0);
		g_assert_cmpint(run(b, push_fs, sizeof push_fs), ==, OK);
		g_assert_cmphex(b->cpu->gpr[RSP], ==, slot);
		g_assert_cmphex(get64(b, slot), ==, vendors[n].amd ? SEL_DATA3 : 0xffffffffffff0000 | SEL_DATA3);
	}
}

static void test_far_pointer(void)
{
	static const uint8_t lgs[] = { 0x48, 0x0f, 0xb5, 0x03 }; /* LGS RAX, [RBX] */
	for (unsigned n = 0; n < G_N_ELEMENTS(vendors); n++) {
		g_autoptr(Board) b = board_in_ring(vendors[n].model, 0);
		put64(b, DATA, 0x11220000aabbccdd); /* as m16:32: selector 0 */
		put64(b, DATA + 8, SEL_DATA3);
		g_assert_cmpint(run(b, lgs, sizeof lgs), ==, OK);
		g_assert_cmphex(b->cpu->gpr[RAX], ==, vendors[n].amd ? 0xaabbccdd : 0x11220000aabbccdd);
		g_assert_cmphex(b->cpu->seg[GS].selector, ==, vendors[n].amd ? 0 : SEL_DATA3);
	}
}

/* ---- rights ---- */

/* Ring 0's stack is a user page: pushes to it are explicit accesses of ring 0, which SMAP forbids unless AC is set. */
static void test_smap(void)
{
	static const uint8_t int_40[] = { 0xcd, VECTOR };
	for (unsigned smap = 0; smap < 2; smap++) {
		for (unsigned ac = 0; ac < 2; ac++) {
			g_autoptr(Board) b = board_in_ring("Skylake-Client", 3);
			Cpu *cpu = b->cpu;
			cpu->cr4 |= smap ? CR4_SMAP : 0;
			cpu->eflags |= ac ? EFLAGS_AC : 0;
			cpu_mode_changed(cpu);
			int fault = run(b, int_40, sizeof int_40);
			g_assert_cmpint(fault, ==, smap && !ac ? VECTOR_PF : OK);
			if (fault != OK) {
				g_assert_cmphex(cpu->fault.address, ==, STACK - 8);
				g_assert_cmphex(cpu->fault.error_code, ==, PF_PRESENT | PF_WRITE);
				g_assert_cmpuint(cpu->cpl, ==, 3);
				g_assert_cmphex(cpu->seg[SS].selector, ==, SEL_DATA3);
				continue;
			}
			g_assert_cmpuint(cpu->cpl, ==, 0);
			g_assert_cmphex(cpu->gpr[RSP], ==, STACK - 40);
			g_assert_cmphex(get64(b, STACK - 8), ==, SEL_DATA3);
			g_assert_cmphex(get64(b, STACK - 40), ==, CODE + 2);
		}
	}
}

/* A frame that doesn't fit its page: nothing but memory below the stack pointer has changed. */
static void test_fault_keeps_state(void)
{
	static const uint8_t int_40[] = { 0xcd, VECTOR };
	g_autoptr(Board) b = board_in_ring("Skylake-Client", 3);
	Cpu *cpu = b->cpu;
	put64(b, TSS + 4, 0x400010); /* the frame's first words lie behind the mapped pages */
	uint64_t rsp = cpu->gpr[RSP];
	uint32_t eflags = eflags_get(cpu);
	g_assert_cmpint(run(b, int_40, sizeof int_40), ==, VECTOR_PF);
	g_assert_cmphex(cpu->fault.address, ==, 0x400008);
	g_assert_cmphex(cpu->fault.error_code, ==, PF_WRITE);
	g_assert_cmphex(cpu->gpr[RSP], ==, rsp);
	g_assert_cmphex(eflags_get(cpu), ==, eflags);
	g_assert_cmphex(cpu->seg[CS].selector, ==, SEL_CODE0 | 3);
	g_assert_cmpuint(cpu->cpl, ==, 3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/segment/push", test_push);
	g_test_add_func("/segment/far-pointer", test_far_pointer);
	g_test_add_func("/segment/smap", test_smap);
	g_test_add_func("/segment/fault-keeps-state", test_fault_keeps_state);
	return g_test_run();
}
