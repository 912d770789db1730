/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments and descriptors (SDM volume 3, chapters 3 and 5): reading descriptors, checking and loading segment registers.
 *
 * Functions that check raise the manual's fault and then have changed nothing. `ext` is 1 while an event from outside the program
 * is delivered (SDM volume 3, 6.13), else 0; it becomes bit 0 of error codes. */
#pragma once

#include "cpu/access.h"

/* The low five bits of AR_...: S and the type. */
enum {
	TYPE_TSS16 = 1, TYPE_LDT = 2, TYPE_TSS16_BUSY = 3, TYPE_CALL_GATE16 = 4, TYPE_TASK_GATE = 5, TYPE_INTERRUPT_GATE16 = 6,
	TYPE_TRAP_GATE16 = 7, TYPE_TSS32 = 9, TYPE_TSS32_BUSY = 11, TYPE_CALL_GATE32 = 12, TYPE_INTERRUPT_GATE32 = 14,
	TYPE_TRAP_GATE32 = 15, /* in long mode the 32-bit ones are 64-bit */
	TYPE_BUSY = 2,
};
enum { SELECTOR_RPL = 3, SELECTOR_TI = 4, SELECTOR_INDEX = 0xfff8 };

typedef struct Descriptor {
	uint64_t linear;	  /* where it lies */
	uint32_t low, high;	  /* its dwords */
	uint32_t upper, reserved; /* the other two of 16-byte descriptors */
} Descriptor;

static inline unsigned descriptor_attr(const Descriptor *d) { return d->high >> 8 & 0xf0ff; }
static inline unsigned descriptor_type(const Descriptor *d) { return d->high >> 8 & 0x1f; }
static inline unsigned descriptor_dpl(const Descriptor *d) { return d->high >> 13 & 3; }
static inline bool descriptor_present(const Descriptor *d) { return d->high >> 15 & 1; }
static inline bool descriptor_is_segment(const Descriptor *d) { return d->high >> 12 & 1; }
static inline bool descriptor_is_code(const Descriptor *d) { return descriptor_type(d) >= (AR_S | AR_CODE); }
static inline bool descriptor_is_conforming(const Descriptor *d)
{
	return (descriptor_type(d) & (AR_S | AR_CODE | AR_CONFORMING)) == (AR_S | AR_CODE | AR_CONFORMING);
}
static inline bool descriptor_is_writable_data(const Descriptor *d)
{
	return (descriptor_type(d) & (AR_S | AR_CODE | AR_WRITABLE)) == (AR_S | AR_WRITABLE);
}
/* In bytes, granularity applied. */
uint32_t descriptor_limit(const Descriptor *d);
static inline uint16_t gate_selector(const Descriptor *d) { return (uint16_t)(d->low >> 16); }
/* Offset of a 32-bit or, with `upper` read, a 64-bit gate. */
static inline uint64_t gate_offset(const Descriptor *d)
{
	return (d->low & 0xffff) | (d->high & 0xffff0000) | (uint64_t)d->upper << 32;
}

static inline bool selector_is_null(uint16_t selector) { return !(selector & ~SELECTOR_RPL); }
static inline uint32_t selector_error(uint16_t selector, unsigned ext) { return (selector & ~3u) | ext; }

static inline bool in_protected_mode(const Cpu *cpu) { return cpu->mode & MODE_PROTECTED; }
static inline bool in_64bit_code(const Cpu *cpu) { return (cpu->mode & MODE_CODE) == MODE_CODE64; }
static inline bool in_long_mode(const Cpu *cpu) { return cpu->mode & MODE_LONG; }
static inline unsigned iopl(const Cpu *cpu) { return (cpu->eflags & EFLAGS_IOPL) >> EFLAGS_IOPL_SHIFT; }

/* An address in a system table: 32 bits outside long mode. */
static inline uint64_t system_linear(const Cpu *cpu, uint64_t address)
{
	return in_long_mode(cpu) ? address : (uint32_t)address;
}

/* False: the selector lies outside its table, or there is no LDT. `selector` isn't null. */
bool descriptor_read(Cpu *cpu, uint16_t selector, Descriptor *d);
/* The third and fourth dword of a descriptor that descriptor_read() gave; false: outside the table. */
bool descriptor_read_upper(Cpu *cpu, uint16_t selector, Descriptor *d);
/* In long mode, the type field in the upper half must be 0. */
static inline bool descriptor_upper_valid(const Descriptor *d) { return !(d->reserved & 0x1f00); }
/* Sets the accessed bit in memory, if it is clear, and in *d. */
void descriptor_set_accessed(Cpu *cpu, Descriptor *d);
/* Sets or clears a TSS descriptor's busy bit in memory. */
void descriptor_set_busy(Cpu *cpu, const Descriptor *d, bool busy);

/* What a segment register holds after a load of that descriptor. */
Segment segment_from_descriptor(uint16_t selector, const Descriptor *d);
/* As a null selector leaves it. */
Segment segment_null(uint16_t selector);

/* MOV, POP and LxS to ES, SS, DS, FS, GS in every mode, with all checks; recomputes what is derived from it. */
void segment_load(Cpu *cpu, unsigned segment, uint16_t selector);
/* Real and v86 mode: the base follows from the selector. Recomputes nothing. */
void segment_set_real(Cpu *cpu, unsigned segment, uint16_t selector);
void segment_set_v86(Cpu *cpu, unsigned segment, uint16_t selector);
/* Changes CPL, CS and with it the mode. */
void set_cpl(Cpu *cpu, unsigned cpl);

/* ---- targets of far transfers ---- */

/* Bytes of a far pointer's offset: AMD's processors know no m16:64 and ignore REX.W there. */
unsigned far_offset_size(const Cpu *cpu, const Insn *i);
/* Is this code segment 64-bit code here? */
static inline bool is_code64(const Cpu *cpu, unsigned attr) { return in_long_mode(cpu) && (attr & AR_L); }
/* L and D together mean nothing in long mode: such a segment can't be run. */
static inline bool has_bad_code_size(const Cpu *cpu, unsigned attr)
{
	return in_long_mode(cpu) && (attr & (AR_L | AR_DB)) == (AR_L | AR_DB);
}
/* #GP(ext) unless `rip` can be run in that code segment. */
void check_target(Cpu *cpu, const Segment *cs, uint64_t rip, unsigned ext);
/* Loads a real or v86 mode CS:IP. */
void code_set_real(Cpu *cpu, uint16_t selector, uint64_t rip);

/* After IRET and task switches: with the virtual interrupt flag in use, VIF and VIP together are #GP(0) before the next
 * instruction, which RIP points to already (SDM volume 3, 20.3). */
void check_virtual_interrupt(Cpu *cpu);

/* Returns to an outer ring leave no data segment that the ring may not use (SDM volume 3, 5.8.6). */
void segments_drop_inner(Cpu *cpu, unsigned cpl);

/* ---- stacks ---- */

/* Pushes of a far call or an interrupt: gathered, checked as a whole, written, and only then does RSP move. */
enum { FRAME_MOST = 40 };
typedef struct Frame {
	Segment ss;
	uint64_t rsp, mask;
	unsigned size;	    /* of each value */
	bool flat;	    /* 64-bit: no segment */
	bool inner;	    /* a more privileged stack than the current one: supervisor's rights */
	uint32_t error;	    /* of #SS */
	unsigned count;
	uint64_t value[FRAME_MOST];
	Descriptor descriptor; /* of `ss`, where a new stack comes from a TSS */
} Frame;

/* On the current stack. */
void frame_on_current(Cpu *cpu, Frame *f, unsigned size, uint32_t error);
/* On the stack of ring `cpl` of a 16- or 32-bit TSS, with the checks of SS. */
void frame_on_ring(Cpu *cpu, Frame *f, unsigned cpl, unsigned size, unsigned ext);
/* Long mode: on the stack whose pointer is in `slot` 0-2 (rings), or 4-10 (IST1-7) of the TSS's 8-byte slots from offset 4. */
void frame_on_slot64(Cpu *cpu, Frame *f, unsigned slot, unsigned cpl, unsigned ext);
/* #SS unless `count` values fit. */
void frame_check_room(Cpu *cpu, const Frame *f, unsigned count);
static inline void frame_add(Frame *f, uint64_t value) { f->value[f->count++] = value; }
void frame_write(Cpu *cpu, Frame *f);
/* After the new SS and the mode are in place, or before: RSP by the frame's own mask. */
void frame_set_rsp(Cpu *cpu, const Frame *f);
/* The stack pointer's width for a segment as SS. */
static inline uint64_t stack_mask_of(const Segment *ss) { return ss->attr & AR_DB ? 0xffffffff : 0xffff; }
static inline void set_rsp_masked(Cpu *cpu, uint64_t rsp, uint64_t mask)
{
	cpu->gpr[RSP] = mask == 0xffffffff ? (uint32_t)rsp : (cpu->gpr[RSP] & ~mask) | (rsp & mask);
}
/* The value `offset` bytes above the stack pointer. */
static inline uint64_t stack_at(Cpu *cpu, unsigned offset, unsigned size)
{
	return mem_read(cpu, SS, (cpu->gpr[RSP] + offset) & cpu->stack_mask, size);
}
/* What the outer ring's SS must satisfy on RETF and IRET; fills *ss. `code64`: the target is 64-bit code. */
void outer_stack_check(Cpu *cpu, uint16_t selector, unsigned cpl, bool code64, Segment *ss, Descriptor *d);
/* Checks of RETF and IRET for the code segment they return to; fills *cs, *d. */
void return_code_check(Cpu *cpu, uint16_t selector, Segment *cs, Descriptor *d);

/* ---- tasks (task.c) ---- */

typedef enum TaskSource { TASK_JUMP, TASK_CALL, TASK_INTERRUPT, TASK_IRET } TaskSource;
/* Switches to the task of the TSS that `selector` names, with all checks but those of DPL and of a gate; cpu->rip is where the
 * old task will go on. `error_code`: NULL, or what is pushed on the new task's stack. */
void task_switch(Cpu *cpu, uint16_t selector, TaskSource source, unsigned ext, const uint32_t *error_code);
