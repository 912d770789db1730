/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raising exceptions from instructions. None of these return: they leave the instruction by longjmp() to cpu_run(), which
 * restores RIP to the faulting instruction and delivers the exception. */
#pragma once

#include "cpu/state.h"

enum {
	VECTOR_DE = 0, VECTOR_DB = 1, VECTOR_NMI = 2, VECTOR_BP = 3, VECTOR_OF = 4, VECTOR_BR = 5, VECTOR_UD = 6, VECTOR_NM = 7,
	VECTOR_DF = 8, VECTOR_TS = 10, VECTOR_NP = 11, VECTOR_SS = 12, VECTOR_GP = 13, VECTOR_PF = 14, VECTOR_MF = 16,
	VECTOR_AC = 17, VECTOR_MC = 18, VECTOR_XM = 19,
};

/* #PF error code */
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_RESERVED = 8, PF_FETCH = 16, PF_KEY = 32 };

G_NORETURN void cpu_fault(Cpu *cpu, unsigned vector);			     /* without error code */
G_NORETURN void cpu_fault_code(Cpu *cpu, unsigned vector, uint32_t error_code);
G_NORETURN void cpu_page_fault(Cpu *cpu, uint64_t linear, uint32_t error_code); /* CR2 is set when delivered */

/* Leaves the instruction as a fault would, but nothing is delivered: it begins again, unless an interrupt comes first. */
G_NORETURN void cpu_restart(Cpu *cpu);

#define fault_ud(cpu) cpu_fault(cpu, VECTOR_UD)
#define fault_nm(cpu) cpu_fault(cpu, VECTOR_NM)
#define fault_gp(cpu, code) cpu_fault_code(cpu, VECTOR_GP, code)
#define fault_ss(cpu, code) cpu_fault_code(cpu, VECTOR_SS, code)
#define fault_np(cpu, code) cpu_fault_code(cpu, VECTOR_NP, code)
#define fault_ts(cpu, code) cpu_fault_code(cpu, VECTOR_TS, code)

/* interrupt.c */
typedef enum DeliverySource {
	DELIVER_EXCEPTION, /* by the processor: no DPL check, EXT is set in error codes of nested faults */
	DELIVER_INT_N,	   /* INT n: DPL and, in v86 mode, IOPL and VME are checked */
	DELIVER_INT3_INTO, /* INT3, INTO: DPL is checked, IOPL is not */
	DELIVER_ICEBP,	   /* INT1: no DPL check, EXT is set */
	DELIVER_EXTERNAL,  /* INTR and NMI */
} DeliverySource;

/* Delivers through the IDT or IVT: pushes, loads CS:RIP, changes flags; cpu->rip must be the return address already. May
 * fault by longjmp (cpu->delivering says what was under way, for interp.c's double fault rule). */
void cpu_deliver(Cpu *cpu, unsigned vector, DeliverySource source, bool has_error_code, uint32_t error_code);
