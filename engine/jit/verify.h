/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What verify.c and verify_compare.c share. */
#pragma once

#include "cpu/block.h"
#include "cpu/state.h"

/* A processor's members up to the first that no instruction changes. */
enum { VERIFIED_BYTES = offsetof(Cpu, model) };
typedef struct VerifyState {
	_Alignas(Cpu) uint8_t bytes[VERIFIED_BYTES];
} VerifyState;

/* No member behind VERIFIED_BYTES may be looked at. */
static inline const Cpu *cpu_of(const VerifyState *state)
{
	return (const Cpu *)(const void *)state->bytes;
}

/* Of running a block. */
typedef enum Outcome { OUTCOME_DONE, OUTCOME_FAULT, OUTCOME_DEVICE } Outcome;

/* Events that instructions raise themselves. */
enum { INSN_EVENTS = EVENT_SHADOW | EVENT_DEBUG | EVENT_VIRTUAL };

typedef struct VerifyResult {
	VerifyState state;
	Outcome outcome;
	uint32_t events; /* of INSN_EVENTS */
} VerifyResult;

typedef struct VerifyPage {
	uint8_t *host;	 /* the page itself */
	uint8_t *before, *wanted; /* as it was, and as the interpreter left it */
} VerifyPage;

/* Lines that say in what they differ, the architectural state alone; empty: in nothing. `undefined`: flags (FLAG_...) that needn't be equal. */
void verify_compare_states(GString *out, const VerifyResult *wanted, const VerifyResult *got, uint8_t undefined);
void verify_compare_pages(GString *out, const VerifyPage *pages, unsigned count);
/* The block, and the registers as they were before it. */
void verify_describe(GString *out, const Cpu *cpu, const Block *b, const VerifyState *before);
