/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPU models: what CPUID says by the name that a user gives.
 *
 * A model has an identity and the features it wants; the guest is offered those of them that this processor implements.
 * All functions may be called from any thread. */
#pragma once

#include "cpu/cpu.h"
#include "cpu/feature.h"

/* The CPUID registers that hold feature bits, in the order of ModelRow.words. */
enum { MODEL_PLACES = 13 };
typedef struct ModelPlace {
	uint32_t leaf, subleaf, reg;
} ModelPlace;
extern const ModelPlace model_places[MODEL_PLACES];

struct CpuModel {
	char name[40];
	char vendor[13];
	bool amd;		/* behaves as AMD's processors where they differ from Intel's; else as Intel's */
	uint16_t family;	/* extended family added */
	uint8_t model, stepping;
	uint32_t level;		/* highest basic leaf */
	uint32_t xlevel;	/* highest extended leaf, 0x8000xxxx, or 0 */
	unsigned phys_bits;	/* 0: what the board has */
	char id[49];		/* leaves 80000002-80000004 */
	CpuFeatures wanted;
};

/* A model as the table has it: whole, or another one (`of`) with changes as a user would write them. */
typedef struct ModelRow {
	const char *name;
	const char *alias;	/* NULL: none but the name without its -v1 */
	const char *of, *changes;
	const char *vendor;
	uint16_t family;
	uint8_t model, stepping;
	uint8_t level, xlevel;	/* low byte */
	uint32_t words[MODEL_PLACES];
	const char *id;
} ModelRow;
extern const ModelRow model_rows[];
extern const unsigned model_row_count;

/* "NAME,+feature,-feature,feature=on|off,feature,property=value"; +feature and then -feature win over feature=..., wherever they
 * stand. NULL: the default model. On success *model is the caller's (cpu_model_free()) and *out what the guest is offered. On an
 * unknown name false, and *error names it and its nearest known relative. */
bool cpu_model_parse(const char *spec, const CpuModel **model, CpuFeatures *out, GError **error);
void cpu_model_free(const CpuModel *model);

/* The features that the model wants and this processor doesn't implement. */
CpuFeatures cpu_model_missing(const CpuModel *model);
/* Takes away what needs the board's help when it gives none: x2APIC, the TSC deadline timer. */
void cpu_features_for_bus(CpuFeatures *features, const CpuBus *bus);
bool cpu_feature_implemented(unsigned feature);
/* The name that users give to the feature, the caller's; NULL for FEATURE_NONE. */
char *cpu_feature_name(unsigned feature);

/* For -cpu help: the names from 0 on, NULL behind the last; and what to say about each. Both are the caller's. */
char *cpu_model_name(unsigned n);
char *cpu_model_description(unsigned n);

/* The host's own identity and features; false if it isn't an x86. models_host_x86.c or models_host_none.c. */
bool models_host(CpuModel *out);
/* Sets the features that a CPUID register shows. */
void models_add_word(CpuFeatures *features, const ModelPlace *place, uint32_t word);
/* CPUID's register with the bits of the features. */
uint32_t models_feature_word(const CpuFeatures *features, uint32_t leaf, uint32_t subleaf, unsigned reg);
