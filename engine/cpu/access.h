/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How instructions reach registers and memory. Handlers never translate addresses themselves.
 *
 * Explicit accesses go through a segment (mem_...), implicit ones of the processor to its tables through a linear address with
 * supervisor rights (sys_...). An access that crosses pages writes nothing when either page faults. `size` is 1, 2, 4 or 8 and
 * a compile-time constant in hot callers. All may raise #GP, #SS, #PF, #AC. */
#pragma once

#include <string.h>

#include "cpu/fault.h"
#include "cpu/insn.h"
#include "cpu/state.h"

typedef enum AccessKind { ACCESS_READ, ACCESS_WRITE } AccessKind;

/* access.c: the rare paths */
void segment_check(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size, AccessKind kind);
uint64_t mem_read_slow(Cpu *cpu, unsigned segment, uint64_t linear, unsigned size);
void mem_write_slow(Cpu *cpu, unsigned segment, uint64_t linear, uint64_t value, unsigned size);
/* any length up to 4096 */
void lin_read_bytes(Cpu *cpu, unsigned segment, uint64_t linear, void *to, unsigned size);
void lin_write_bytes(Cpu *cpu, unsigned segment, uint64_t linear, const void *from, unsigned size);

/* Host memory in the guest's order: on hosts with a weaker one, loads acquire and stores release. */
#if defined(__x86_64__) || defined(__i386__)
enum { HOST_IS_TSO = 1 };
#else
enum { HOST_IS_TSO = 0 };
#endif

ALWAYS_INLINE uint64_t host_read(const uint8_t *p, unsigned size)
{
	uint64_t value = 0;
	if (HOST_IS_TSO || (uintptr_t)p % size) {
		memcpy(&value, p, size);
		return value;
	}
	switch (size) {
	case 1: return __atomic_load_n(p, __ATOMIC_ACQUIRE);
	case 2: return __atomic_load_n((const uint16_t *)(const void *)p, __ATOMIC_ACQUIRE);
	case 4: return __atomic_load_n((const uint32_t *)(const void *)p, __ATOMIC_ACQUIRE);
	default: return __atomic_load_n((const uint64_t *)(const void *)p, __ATOMIC_ACQUIRE);
	}
}

ALWAYS_INLINE void host_write(uint8_t *p, uint64_t value, unsigned size)
{
	if (HOST_IS_TSO || (uintptr_t)p % size) {
		memcpy(p, &value, size);
		return;
	}
	switch (size) {
	case 1: __atomic_store_n(p, (uint8_t)value, __ATOMIC_RELEASE); break;
	case 2: __atomic_store_n((uint16_t *)(void *)p, (uint16_t)value, __ATOMIC_RELEASE); break;
	case 4: __atomic_store_n((uint32_t *)(void *)p, (uint32_t)value, __ATOMIC_RELEASE); break;
	default: __atomic_store_n((uint64_t *)(void *)p, value, __ATOMIC_RELEASE); break;
	}
}

ALWAYS_INLINE unsigned tlb_index(uint64_t linear)
{
	return linear >> 12 & (TLB_SIZE - 1);
}

/* A tag that makes the last byte's address an offset in a page means: this page, this right, plain RAM, and not crossing its end. */
ALWAYS_INLINE bool tlb_hit(uint64_t tag, uint64_t linear, unsigned size)
{
	return LIKELY(linear + size - 1 + tag < 4096);
}

/* ---- linear addresses; `segment` only decides between #GP(0) and #SS(0) for non-canonical ones ---- */

ALWAYS_INLINE uint64_t lin_read(Cpu *cpu, unsigned segment, uint64_t linear, unsigned size)
{
	const TlbSet *tlb = &cpu->tlb[cpu->tlb_class];
	unsigned index = tlb_index(linear);
	if (tlb_hit(tlb->read[index], linear, size))
		return host_read((const uint8_t *)(tlb->addend[index] + linear), size);
	return mem_read_slow(cpu, segment, linear, size);
}

ALWAYS_INLINE void lin_write(Cpu *cpu, unsigned segment, uint64_t linear, uint64_t value, unsigned size)
{
	const TlbSet *tlb = &cpu->tlb[cpu->tlb_class];
	unsigned index = tlb_index(linear);
	if (tlb_hit(tlb->write[index], linear, size))
		host_write((uint8_t *)(tlb->addend[index] + linear), value, size);
	else
		mem_write_slow(cpu, segment, linear, value, size);
}

/* ---- segment:offset ---- */

/* The linear address, after the limit and type checks. */
ALWAYS_INLINE uint64_t mem_linear(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size, AccessKind kind)
{
	const Segment *s = &cpu->seg[segment];
	if (UNLIKELY(offset + size > (kind == ACCESS_WRITE ? s->write_end : s->read_end)))
		segment_check(cpu, segment, offset, size, kind);
	return (s->eff_base + offset) & cpu->linear_mask;
}

ALWAYS_INLINE uint64_t mem_read(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size)
{
	return lin_read(cpu, segment, mem_linear(cpu, segment, offset, size, ACCESS_READ), size);
}

ALWAYS_INLINE void mem_write(Cpu *cpu, unsigned segment, uint64_t offset, uint64_t value, unsigned size)
{
	lin_write(cpu, segment, mem_linear(cpu, segment, offset, size, ACCESS_WRITE), value, size);
}

/* 16- and 32-byte operands, x87's 10 bytes, save areas. `align`: 0, or the power of two the linear address must be a multiple
 * of, else #GP(0). */
void mem_read_bytes(Cpu *cpu, unsigned segment, uint64_t offset, void *to, unsigned size, unsigned align);
void mem_write_bytes(Cpu *cpu, unsigned segment, uint64_t offset, const void *from, unsigned size, unsigned align);
/* Elements of masked moves and gathers, which alignment checks pass over. */
uint64_t mem_read_element(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size);
void mem_probe_element(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size);
void mem_write_element(Cpu *cpu, unsigned segment, uint64_t offset, uint64_t value, unsigned size);
/* Raises what a write would raise, and writes nothing: before the first of several writes. */
void mem_probe_write(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size);
void mem_probe_read(Cpu *cpu, unsigned segment, uint64_t offset, unsigned size);

/* ---- read-modify-write: one pair ----
 *	MemRmw m;
 *	uint64_t old, new;
 *	do {
 *		old = rmw_begin(cpu, &m, segment, offset, size);
 *		new = f(old);
 *	} while (!rmw_end(cpu, &m, old, new, locked));
 * rmw_begin() raises all that the write can raise. Unlocked, rmw_end() always succeeds. */
typedef struct MemRmw {
	uint8_t *host; /* NULL: by the slow path */
	uint64_t linear;
	unsigned segment, size;
} MemRmw;

uint64_t rmw_begin_slow(Cpu *cpu, MemRmw *m);
bool rmw_end_locked(Cpu *cpu, MemRmw *m, uint64_t old, uint64_t new);

ALWAYS_INLINE uint64_t rmw_begin(Cpu *cpu, MemRmw *m, unsigned segment, uint64_t offset, unsigned size)
{
	m->segment = segment;
	m->size = size;
	m->linear = mem_linear(cpu, segment, offset, size, ACCESS_WRITE);
	const TlbSet *tlb = &cpu->tlb[cpu->tlb_class];
	unsigned index = tlb_index(m->linear);
	if (tlb_hit(tlb->write[index], m->linear, size)) {
		m->host = (uint8_t *)(tlb->addend[index] + m->linear);
		return host_read(m->host, size);
	}
	return rmw_begin_slow(cpu, m);
}

ALWAYS_INLINE bool rmw_end(Cpu *cpu, MemRmw *m, uint64_t old, uint64_t new, bool locked)
{
	if (UNLIKELY(locked))
		return rmw_end_locked(cpu, m, old, new);
	if (LIKELY(m->host != NULL))
		host_write(m->host, new, m->size);
	else
		mem_write_slow(cpu, m->segment, m->linear, new, m->size);
	return true;
}

/* LOCK CMPXCHG16B and its like on 16 aligned bytes: compares with `expected`; equal: stores `desired`, true; else: expected =
 * what is there, which is written back as the manual says, false. */
bool mem_cmpxchg16(Cpu *cpu, unsigned segment, uint64_t offset, uint64_t expected[2], const uint64_t desired[2]);

/* ---- the processor's own accesses: supervisor rights, linear address ---- */
uint64_t sys_read(Cpu *cpu, uint64_t linear, unsigned size);
void sys_write(Cpu *cpu, uint64_t linear, uint64_t value, unsigned size);
/* A push on the stack of a ring below 3 that isn't entered yet: explicit, so that EFLAGS.AC lifts SMAP. */
void sys_push(Cpu *cpu, uint64_t linear, uint64_t value, unsigned size);
/* Raises what a write of that many bytes (up to 4096) would raise. */
void sys_probe_write(Cpu *cpu, uint64_t linear, unsigned size);
void sys_probe_read(Cpu *cpu, uint64_t linear, unsigned size);
/* Physical memory, as page walks, VMCB-like areas and SMM's save area use it. */
uint64_t phys_read(Cpu *cpu, uint64_t phys, unsigned size);
void phys_write(Cpu *cpu, uint64_t phys, uint64_t value, unsigned size);

/* Non-canonical addresses, by the current paging mode; always true outside long mode. */
bool is_canonical(const Cpu *cpu, uint64_t linear);

/* ---- TLB (tlb.c) ---- */
void tlb_flush(Cpu *cpu, bool global_too);
void tlb_flush_page(Cpu *cpu, uint64_t linear);

/* ---- general registers ---- */

/* `offset` as in Insn.reg of byte forms: 8 n for the low byte of register n, 8 n + 1 for AH CH DH BH */
ALWAYS_INLINE uint8_t read_reg8(const Cpu *cpu, unsigned offset)
{
	return ((const uint8_t *)cpu->gpr)[offset];
}

ALWAYS_INLINE void write_reg8(Cpu *cpu, unsigned offset, uint8_t value)
{
	((uint8_t *)cpu->gpr)[offset] = value;
}

/* size 1: n is a byte offset as above */
ALWAYS_INLINE uint64_t read_reg(const Cpu *cpu, unsigned n, unsigned size)
{
	switch (size) {
	case 1: return read_reg8(cpu, n);
	case 2: return (uint16_t)cpu->gpr[n];
	case 4: return (uint32_t)cpu->gpr[n];
	default: return cpu->gpr[n];
	}
}

/* A 32-bit write clears the upper half. */
ALWAYS_INLINE void write_reg(Cpu *cpu, unsigned n, uint64_t value, unsigned size)
{
	switch (size) {
	case 1: write_reg8(cpu, n, (uint8_t)value); break;
	case 2: cpu->gpr[n] = (cpu->gpr[n] & ~(uint64_t)0xffff) | (uint16_t)value; break;
	case 4: cpu->gpr[n] = (uint32_t)value; break;
	default: cpu->gpr[n] = value;
	}
}

/* ---- operands of the running instruction ---- */

ALWAYS_INLINE uint64_t mask_address(uint64_t address, unsigned adsize)
{
	if (LIKELY(adsize == 8))
		return address;
	return adsize == 4 ? (uint32_t)address : (uint16_t)address;
}

/* The memory operand's offset within its segment. */
ALWAYS_INLINE uint64_t effective_address(const Cpu *cpu, const Insn *i)
{
	uint64_t ea = cpu->gpr[i->base] + (cpu->gpr[i->index] << i->scale) + (uint64_t)i->disp;
	return mask_address(ea, i->adsize);
}

/* The ModRM operand, register or memory; `size` as above. */
ALWAYS_INLINE uint64_t read_rm(Cpu *cpu, const Insn *i, unsigned size)
{
	if (i->flags & INSN_MEM)
		return mem_read(cpu, i->seg, effective_address(cpu, i), size);
	return read_reg(cpu, i->rm, size);
}

ALWAYS_INLINE void write_rm(Cpu *cpu, const Insn *i, uint64_t value, unsigned size)
{
	if (i->flags & INSN_MEM)
		mem_write(cpu, i->seg, effective_address(cpu, i), value, size);
	else
		write_reg(cpu, i->rm, value, size);
}

/* ---- the stack ---- */

ALWAYS_INLINE void set_stack_pointer(Cpu *cpu, uint64_t rsp)
{
	cpu->gpr[RSP] = (cpu->gpr[RSP] & ~cpu->stack_mask) | (rsp & cpu->stack_mask);
	if (cpu->stack_mask == 0xffffffff)
		cpu->gpr[RSP] = (uint32_t)cpu->gpr[RSP];
}

ALWAYS_INLINE void stack_push(Cpu *cpu, uint64_t value, unsigned size)
{
	uint64_t rsp = (cpu->gpr[RSP] - size) & cpu->stack_mask;
	mem_write(cpu, SS, rsp, value, size);
	set_stack_pointer(cpu, rsp);
}

/* What POP would give; the caller moves RSP by set_stack_pointer() when nothing can fault any more. */
ALWAYS_INLINE uint64_t stack_peek(Cpu *cpu, unsigned size)
{
	return mem_read(cpu, SS, cpu->gpr[RSP] & cpu->stack_mask, size);
}

ALWAYS_INLINE uint64_t stack_pop(Cpu *cpu, unsigned size)
{
	uint64_t value = stack_peek(cpu, size);
	set_stack_pointer(cpu, cpu->gpr[RSP] + size);
	return value;
}

/* ---- EFLAGS ---- */

static inline uint32_t eflags_get(const Cpu *cpu)
{
	return cpu->eflags | flags_pack(&cpu->af);
}

/* All bits. Callers mask what may not change; the mode is recomputed when VM, AC or TF changed. */
void eflags_set(Cpu *cpu, uint32_t eflags);
