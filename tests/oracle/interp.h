/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interpreter in the surroundings that native.h describes: the same regions at the same linear addresses with the same
 * rights, the same segments, and an IDT whose every gate leads to a HLT of its own, so that faults are delivered as a guest
 * would see them and read from the stack frame.
 *
 * Threads: as OracleNative.
 */
#pragma once

#include "cpu/cpu.h"
#include "native.h"

typedef struct OracleInterp OracleInterp;

/* By generated code, where there is some; verified: compared with the interpreter's results too. */
typedef enum OracleWay { ORACLE_INTERPRETED, ORACLE_TRANSLATED, ORACLE_VERIFIED } OracleWay;
OracleInterp *oracle_interp_new(const char *model, OracleWay way, GError **error);
/* What verification found first; everything dies afterwards. NULL: nothing. */
const char *oracle_interp_difference(const OracleInterp *o);
void oracle_interp_free(OracleInterp *o);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OracleInterp, oracle_interp_free)

const CpuFeatures *oracle_interp_features(const OracleInterp *o);
/* Cpu.mode as code runs with it, for decode_insn(). */
uint32_t oracle_interp_mode(OracleInterp *o, bool mode64);

/* As oracle_native_run_many() does with one case. ORACLE_DIED: the processor stopped without reaching a handler; error_code is
 * CpuExit. ORACLE_TIMEOUT: it ran more instructions than any sensible case does. */
void oracle_interp_run(OracleInterp *o, OracleCase *c);

/* Memory by the code's address; all of it in one region. */
void oracle_interp_read(OracleInterp *o, uint64_t address, void *to, size_t size);
void oracle_interp_write(OracleInterp *o, uint64_t address, const void *from, size_t size);
/* Forgets translations and decoded code: what runs next doesn't depend on what ran before. */
void oracle_interp_forget(OracleInterp *o);
