/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding models and features by name. See models.h. */
#include "cpu/models.h"

#include <string.h>

#define DEFAULT_MODEL "qemu64"

typedef struct FeatureInfo {
	uint32_t leaf, subleaf;
	uint8_t reg, bit;
	const char *names; /* separated by blanks */
} FeatureInfo;

static const FeatureInfo feature_info[FEATURE_COUNT] = {
#define FEATURE(name, leaf, subleaf, reg, bit, names) [FEATURE_##name] = { leaf, subleaf, reg, bit, names },
#include "features.inc"
#undef FEATURE
};
G_STATIC_ASSERT(FEATURE_COUNT <= CPU_FEATURE_WORDS * 64);

/* What this processor does. ht and cmp-legacy are missing here since the topology decides. */
static const uint16_t implemented[] = {
	FEATURE_FPU, FEATURE_VME, FEATURE_DE, FEATURE_PSE, FEATURE_TSC, FEATURE_MSR, FEATURE_PAE, FEATURE_MCE, FEATURE_CX8,
	FEATURE_APIC, FEATURE_SEP, FEATURE_MTRR, FEATURE_PGE, FEATURE_MCA, FEATURE_CMOV, FEATURE_PAT, FEATURE_PSE36,
	FEATURE_CLFSH,
	FEATURE_ACPI, FEATURE_MMX, FEATURE_FXSR, FEATURE_SSE, FEATURE_SSE2, FEATURE_SS,
	FEATURE_SSE3, FEATURE_PCLMULQDQ, FEATURE_MONITOR, FEATURE_SSSE3, FEATURE_FMA, FEATURE_CX16, FEATURE_PCID, FEATURE_SSE41,
	FEATURE_SSE42, FEATURE_X2APIC, FEATURE_MOVBE, FEATURE_POPCNT, FEATURE_TSC_DEADLINE, FEATURE_AES, FEATURE_XSAVE,
	FEATURE_AVX,
	FEATURE_F16C, FEATURE_RDRAND, FEATURE_HYPERVISOR,
	FEATURE_ARAT,
	FEATURE_FSGSBASE, FEATURE_TSC_ADJUST, FEATURE_BMI1, FEATURE_AVX2, FEATURE_SMEP, FEATURE_BMI2, FEATURE_ERMS,
	FEATURE_INVPCID,
	FEATURE_RDSEED, FEATURE_ADX, FEATURE_SMAP, FEATURE_CLFLUSHOPT, FEATURE_CLWB, FEATURE_SHA,
	FEATURE_UMIP, FEATURE_PKU, FEATURE_LA57, FEATURE_RDPID,
	FEATURE_FSRM, FEATURE_MD_CLEAR, FEATURE_SPEC_CTRL, FEATURE_STIBP, FEATURE_FLUSH_L1D, FEATURE_ARCH_CAPABILITIES,
	FEATURE_SSBD,
	FEATURE_XSAVEOPT, FEATURE_XSAVEC, FEATURE_XGETBV1,
	FEATURE_XSAVES,
	FEATURE_SYSCALL, FEATURE_NX, FEATURE_MMXEXT, FEATURE_FXSR_OPT, FEATURE_PDPE1GB, FEATURE_RDTSCP, FEATURE_LM,
	FEATURE_3DNOWEXT,
	FEATURE_3DNOW,
	FEATURE_LAHF, FEATURE_CR8LEGACY, FEATURE_LZCNT, FEATURE_SSE4A, FEATURE_PREFETCHW, FEATURE_OSVW, FEATURE_TOPOEXT,
	FEATURE_INVTSC,
	FEATURE_CLZERO, FEATURE_XSAVEERPTR, FEATURE_WBNOINVD, FEATURE_IBPB, FEATURE_IBRS, FEATURE_AMD_STIBP, FEATURE_AMD_SSBD,
	FEATURE_VIRT_SSBD,
};

/* Implemented, but `max` has it only when asked: a promise about the host's clock, an idle loop worse than HLT, and what gives
 * encodings that fault everywhere else a meaning. */
static const uint16_t not_in_max[] = {
	FEATURE_INVTSC, FEATURE_MONITOR, FEATURE_VIRT_SSBD, FEATURE_CR8LEGACY,
};

/* The first needs the second: switching off the second takes the first along, lest software meets half a feature. Ordered so
 * that one pass does. */
static const uint16_t needs[][2] = {
	{ FEATURE_FXSR_OPT, FEATURE_FXSR }, { FEATURE_SSE, FEATURE_FXSR }, { FEATURE_SSE2, FEATURE_SSE },
	{ FEATURE_SSE3, FEATURE_SSE2 },
	{ FEATURE_SSSE3, FEATURE_SSE3 }, { FEATURE_SSE41, FEATURE_SSSE3 }, { FEATURE_SSE42, FEATURE_SSE41 },
	{ FEATURE_SSE4A, FEATURE_SSE3 }, { FEATURE_AES, FEATURE_SSE2 }, { FEATURE_PCLMULQDQ, FEATURE_SSE2 },
	{ FEATURE_SHA, FEATURE_SSE2 },
	{ FEATURE_XSAVE, FEATURE_FXSR }, { FEATURE_XSAVEOPT, FEATURE_XSAVE }, { FEATURE_XSAVEC, FEATURE_XSAVE },
	{ FEATURE_XSAVES, FEATURE_XSAVEC }, { FEATURE_XGETBV1, FEATURE_XSAVE }, { FEATURE_AVX, FEATURE_XSAVE },
	{ FEATURE_AVX, FEATURE_SSE42 },
	{ FEATURE_AVX2, FEATURE_AVX }, { FEATURE_FMA, FEATURE_AVX }, { FEATURE_F16C, FEATURE_AVX },
	{ FEATURE_PKU, FEATURE_XSAVE },
	{ FEATURE_X2APIC, FEATURE_APIC }, { FEATURE_TSC_DEADLINE, FEATURE_APIC }, { FEATURE_ARAT, FEATURE_APIC },
	{ FEATURE_TSC_ADJUST, FEATURE_TSC }, { FEATURE_RDTSCP, FEATURE_TSC }, { FEATURE_LM, FEATURE_PAE },
	{ FEATURE_NX, FEATURE_PAE },
	{ FEATURE_PCID, FEATURE_LM }, { FEATURE_LA57, FEATURE_LM }, { FEATURE_PDPE1GB, FEATURE_LM }, { FEATURE_PKU, FEATURE_LM },
	{ FEATURE_FSGSBASE, FEATURE_LM }, { FEATURE_3DNOW, FEATURE_MMX }, { FEATURE_3DNOWEXT, FEATURE_3DNOW },
};

static bool has(const CpuFeatures *f, unsigned feature)
{
	return f->word[feature / 64] >> (feature % 64) & 1;
}

static void set(CpuFeatures *f, unsigned feature, bool on)
{
	uint64_t bit = (uint64_t)1 << (feature % 64);
	f->word[feature / 64] = on ? f->word[feature / 64] | bit : f->word[feature / 64] & ~bit;
}

static CpuFeatures all_implemented(void)
{
	CpuFeatures f = { { 0 } };
	for (unsigned n = 0; n < G_N_ELEMENTS(implemented); n++)
		set(&f, implemented[n], true);
	return f;
}

bool cpu_feature_implemented(unsigned feature)
{
	CpuFeatures all = all_implemented();
	return feature < FEATURE_COUNT && has(&all, feature);
}

char *cpu_feature_name(unsigned feature)
{
	if (feature == FEATURE_NONE || feature >= FEATURE_COUNT)
		return NULL;
	const char *names = feature_info[feature].names;
	return g_strndup(names, strcspn(names, " "));
}

void models_add_word(CpuFeatures *features, const ModelPlace *place, uint32_t word)
{
	for (unsigned n = 1; n < FEATURE_COUNT; n++) {
		const FeatureInfo *info = &feature_info[n];
		if (info->leaf == place->leaf && info->subleaf == place->subleaf && info->reg == place->reg &&
			(word >> info->bit & 1))
			set(features, n, true);
	}
}

uint32_t models_feature_word(const CpuFeatures *features, uint32_t leaf, uint32_t subleaf, unsigned reg)
{
	uint32_t word = 0;
	for (unsigned n = 1; n < FEATURE_COUNT; n++) {
		const FeatureInfo *info = &feature_info[n];
		if (info->leaf == leaf && info->subleaf == subleaf && info->reg == reg && has(features, n))
			word |= 1u << info->bit;
	}
	return word;
}

void cpu_features_for_bus(CpuFeatures *features, const CpuBus *bus)
{
	if (!bus->msr_read || !bus->msr_write)
		set(features, FEATURE_X2APIC, false);
	if (!bus->event)
		set(features, FEATURE_TSC_DEADLINE, false);
}

CpuFeatures cpu_model_missing(const CpuModel *model)
{
	CpuFeatures all = all_implemented(), missing;
	set(&all, FEATURE_HT, true);
	set(&all, FEATURE_CMP_LEGACY, true);
	for (unsigned n = 0; n < CPU_FEATURE_WORDS; n++)
		missing.word[n] = model->wanted.word[n] & ~all.word[n];
	return missing;
}

/* ---- names ---- */

/* As users write them: case counts not, underscores are dashes. */
static bool same_name(const char *a, const char *b, size_t b_length)
{
	size_t n = 0;
	for (; a[n] && n < b_length; n++) {
		char ca = a[n] == '_' ? '-' : g_ascii_tolower(a[n]), cb = b[n] == '_' ? '-' : g_ascii_tolower(b[n]);
		if (ca != cb)
			return false;
	}
	return !a[n] && n == b_length;
}

/* How many characters to insert, delete or replace. */
static unsigned edit_distance(const char *a, const char *b, size_t b_length)
{
	unsigned row[64];
	if (b_length >= G_N_ELEMENTS(row))
		return G_MAXUINT;
	for (unsigned n = 0; n <= b_length; n++)
		row[n] = n;
	for (unsigned m = 1; a[m - 1]; m++) {
		unsigned diagonal = row[0];
		row[0] = m;
		for (unsigned n = 1; n <= b_length; n++) {
			unsigned change = diagonal + (g_ascii_tolower(a[m - 1]) != g_ascii_tolower(b[n - 1]));
			diagonal = row[n];
			row[n] = MIN(change, MIN(row[n], row[n - 1]) + 1);
		}
	}
	return row[b_length];
}

/* The candidate that looks most like `name`. */
typedef struct Nearest {
	const char *name, *best;
	size_t best_length;
	unsigned distance;
} Nearest;

static void nearest_try(Nearest *nearest, const char *candidate, size_t length)
{
	unsigned distance = edit_distance(nearest->name, candidate, length);
	if (!nearest->best || distance < nearest->distance) {
		nearest->best = candidate;
		nearest->best_length = length;
		nearest->distance = distance;
	}
}

/* FEATURE_NONE: unknown, and the nearest is in *nearest. */
static unsigned find_feature(const char *name, Nearest *nearest)
{
	for (unsigned n = 1; n < FEATURE_COUNT; n++) {
		for (const char *p = feature_info[n].names; *p;) {
			size_t length = strcspn(p, " ");
			if (same_name(name, p, length))
				return n;
			nearest_try(nearest, p, length);
			p += length + (p[length] == ' ');
		}
	}
	return FEATURE_NONE;
}

/* The name without its -v1; 0: it has none. */
static size_t unversioned_length(const char *name)
{
	return g_str_has_suffix(name, "-v1") ? strlen(name) - 3 : 0;
}

static const ModelRow *find_row(const char *name, Nearest *nearest)
{
	for (unsigned n = 0; n < model_row_count; n++) {
		const ModelRow *row = &model_rows[n];
		size_t unversioned = unversioned_length(row->name);
		if (same_name(name, row->name, strlen(row->name)) || (unversioned && same_name(name, row->name, unversioned)) ||
		    (row->alias && same_name(name, row->alias, strlen(row->alias))))
			return row;
		nearest_try(nearest, row->name, unversioned ? unversioned : strlen(row->name));
		if (row->alias)
			nearest_try(nearest, row->alias, strlen(row->alias));
	}
	return NULL;
}

/* ---- properties: identity by hand ---- */

typedef enum PropertyKind { PROPERTY_NUMBER, PROPERTY_TEXT, PROPERTY_IGNORED } PropertyKind;

typedef struct Property {
	const char *name;
	PropertyKind kind;
	uint64_t max;
	bool (*set)(CpuModel *model, const char *text, uint64_t number);
} Property;

static bool set_family(CpuModel *m, const char *t, uint64_t n) { (void)t; m->family = (uint16_t)n; return true; }
static bool set_model(CpuModel *m, const char *t, uint64_t n) { (void)t; m->model = (uint8_t)n; return true; }
static bool set_stepping(CpuModel *m, const char *t, uint64_t n) { (void)t; m->stepping = (uint8_t)n; return true; }
static bool set_level(CpuModel *m, const char *t, uint64_t n) { (void)t; m->level = (uint32_t)n; return true; }
static bool set_xlevel(CpuModel *m, const char *t, uint64_t n) { (void)t; m->xlevel = (uint32_t)n; return n == 0 || n >> 31; }
static bool set_min_level(CpuModel *m, const char *t, uint64_t n) { return set_level(m, t, MAX(n, m->level)); }
static bool set_min_xlevel(CpuModel *m, const char *t, uint64_t n) { return set_xlevel(m, t, MAX(n, m->xlevel)); }

static bool set_phys_bits(CpuModel *m, const char *t, uint64_t n)
{
	(void)t;
	m->phys_bits = (unsigned)n;
	return n == 0 || n >= 32;
}

static bool set_vendor(CpuModel *m, const char *text, uint64_t n)
{
	(void)n;
	g_strlcpy(m->vendor, text, sizeof(m->vendor));
	m->amd = !strcmp(text, "AuthenticAMD") || !strcmp(text, "HygonGenuine");
	return strlen(text) == 12;
}

static bool set_id(CpuModel *m, const char *text, uint64_t n)
{
	(void)n;
	return g_strlcpy(m->id, text, sizeof(m->id)) < sizeof(m->id);
}

static const Property properties[] = {
	{ "family", PROPERTY_NUMBER, 0xf + 0xff, set_family }, { "model", PROPERTY_NUMBER, 0xff, set_model },
	{ "stepping", PROPERTY_NUMBER, 0xf, set_stepping }, { "level", PROPERTY_NUMBER, 0x1f, set_level },
	{ "xlevel", PROPERTY_NUMBER, 0x8000001f, set_xlevel }, { "min-level", PROPERTY_NUMBER, 0x1f, set_min_level },
	{ "min-xlevel", PROPERTY_NUMBER, 0x8000001f, set_min_xlevel }, { "phys-bits", PROPERTY_NUMBER, 52, set_phys_bits },
	{ "vendor", PROPERTY_TEXT, 0, set_vendor }, { "model-id", PROPERTY_TEXT, 0, set_id },
	/* `check` is always on: what is missing can be asked for. The last two choose between ways of KVM, which isn't
	 * involved. */
	{ "check", PROPERTY_IGNORED, 0, NULL }, { "enforce", PROPERTY_IGNORED, 0, NULL },
	{ "kvm", PROPERTY_IGNORED, 0, NULL }, { "migratable", PROPERTY_IGNORED, 0, NULL },
};

/* The texts of one -cpu argument while they are applied. */
typedef struct Parse {
	CpuModel *model;
	CpuFeatures plus, minus;
	bool enforce, level_given, xlevel_given;
	GError **error;
} Parse;

static bool fail(Parse *p, const char *format, ...) G_GNUC_PRINTF(2, 3);
static bool fail(Parse *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_propagate_error(p->error, g_error_new_valist(g_quark_from_static_string("vivarium-cpu-model"), 0, format, args));
	va_end(args);
	return false;
}

static bool fail_unknown(Parse *p, const char *what, const Nearest *nearest)
{
	return fail(p, "Unknown CPU %s '%s'; did you mean '%.*s'?", what, nearest->name, (int)nearest->best_length,
		nearest->best);
}

static bool parse_switch(Parse *p, const char *name, const char *value, bool *on)
{
	static const char *const yes[] = { "on", "yes", "true", "y" }, *const no[] = { "off", "no", "false", "n" };
	for (unsigned n = 0; n < G_N_ELEMENTS(yes); n++) {
		if (!value || !g_ascii_strcasecmp(value, yes[n])) {
			*on = true;
			return true;
		}
		if (!g_ascii_strcasecmp(value, no[n])) {
			*on = false;
			return true;
		}
	}
	return fail(p, "CPU feature '%s' takes on or off, not '%s'", name, value);
}

static bool apply_property(Parse *p, const Property *property, const char *value)
{
	uint64_t number = 0;
	if (property->kind == PROPERTY_IGNORED) {
		bool on;
		if (!parse_switch(p, property->name, value, &on))
			return false;
		if (!strcmp(property->name, "enforce"))
			p->enforce = on;
		return true;
	}
	if (!value)
		return fail(p, "CPU property '%s' needs a value", property->name);
	if (property->kind == PROPERTY_NUMBER) {
		char *end;
		number = g_ascii_strtoull(value, &end, 0);
		if (!*value || *end || number > property->max)
			return fail(p, "CPU property '%s' can't be '%s'", property->name, value);
	}
	if (!property->set(p->model, value, number))
		return fail(p, "CPU property '%s' can't be '%s'", property->name, value);
	p->level_given |= !strcmp(property->name, "level");
	p->xlevel_given |= !strcmp(property->name, "xlevel");
	return true;
}

static bool apply_item(Parse *p, const char *item)
{
	Nearest nearest = { 0 };
	if (*item == '+' || *item == '-') {
		nearest.name = item + 1;
		unsigned feature = find_feature(item + 1, &nearest);
		if (feature == FEATURE_NONE)
			return fail_unknown(p, "feature", &nearest);
		set(*item == '+' ? &p->plus : &p->minus, feature, true);
		return true;
	}
	const char *equals = strchr(item, '=');
	g_autofree char *name = equals ? g_strndup(item, (size_t)(equals - item)) : g_strdup(item);
	nearest.name = name;
	for (unsigned n = 0; n < G_N_ELEMENTS(properties); n++) {
		if (same_name(name, properties[n].name, strlen(properties[n].name)))
			return apply_property(p, &properties[n], equals ? equals + 1 : NULL);
		nearest_try(&nearest, properties[n].name, strlen(properties[n].name));
	}
	unsigned feature = find_feature(name, &nearest);
	if (feature == FEATURE_NONE)
		return fail_unknown(p, "feature", &nearest);
	bool on;
	if (!parse_switch(p, name, equals ? equals + 1 : NULL, &on))
		return false;
	set(&p->model->wanted, feature, on);
	return true;
}

static bool apply_items(Parse *p, const char *const *items)
{
	for (; *items; items++)
		if (**items && !apply_item(p, *items))
			return false;
	for (unsigned n = 0; n < CPU_FEATURE_WORDS; n++)
		p->model->wanted.word[n] = (p->model->wanted.word[n] | p->plus.word[n]) & ~p->minus.word[n];
	return true;
}

/* ---- from row to model ---- */

static bool fill_from_row(Parse *p, const ModelRow *row)
{
	CpuModel *m = p->model;
	if (row->of) {
		Nearest nearest = { .name = row->of };
		g_auto(GStrv) changes = g_strsplit(row->changes, ",", -1);
		if (!fill_from_row(p, find_row(row->of, &nearest)) || !apply_items(p, (const char *const *)changes))
			return false;
	} else {
		g_strlcpy(m->vendor, row->vendor, sizeof(m->vendor));
		m->amd = !strcmp(m->vendor, "AuthenticAMD") || !strcmp(m->vendor, "HygonGenuine");
		m->family = row->family;
		m->model = row->model;
		m->stepping = row->stepping;
		m->level = row->level;
		m->xlevel = row->xlevel ? 0x80000000 | row->xlevel : 0;
		for (unsigned n = 0; n < MODEL_PLACES; n++)
			models_add_word(&m->wanted, &model_places[n], row->words[n]);
	}
	if (row->id)
		g_strlcpy(m->id, row->id, sizeof(m->id));
	g_strlcpy(m->name, row->name, sizeof(m->name));
	return true;
}

static bool fill(Parse *p, const ModelRow *row)
{
	CpuModel *m = p->model;
	if (!strcmp(row->name, "host")) {
		if (!models_host(m))
			return fail(p, "CPU model 'host' needs an x86 host; 'max' has everything that is emulated");
		g_strlcpy(m->name, row->name, sizeof(m->name));
	} else if (!fill_from_row(p, row)) {
		return false;
	}
	if (!strcmp(row->name, "max")) {
		m->wanted = all_implemented();
		for (unsigned n = 0; n < G_N_ELEMENTS(not_in_max); n++)
			set(&m->wanted, not_in_max[n], false);
	}
	set(&m->wanted, FEATURE_HYPERVISOR, strcmp(row->name, "base") != 0);
	return true;
}

/* Leaves that hold the wanted features must be within reach, but for a level that the user gave. */
static void raise_levels(Parse *p, const CpuFeatures *offered)
{
	CpuModel *m = p->model;
	for (unsigned n = 0; n < MODEL_PLACES; n++) {
		const ModelPlace *place = &model_places[n];
		if (!models_feature_word(offered, place->leaf, place->subleaf, place->reg))
			continue;
		if (place->leaf >> 31 && !p->xlevel_given)
			m->xlevel = MAX(m->xlevel, place->leaf);
		else if (!(place->leaf >> 31) && !p->level_given)
			m->level = MAX(m->level, place->leaf);
	}
	if (has(offered, FEATURE_XSAVE) && !p->level_given)
		m->level = MAX(m->level, 0xd);
	if (has(offered, FEATURE_TOPOEXT) && !p->xlevel_given)
		m->xlevel = MAX(m->xlevel, 0x8000001e);
}

static bool check_enforced(Parse *p)
{
	CpuFeatures missing = cpu_model_missing(p->model);
	for (unsigned n = 1; n < FEATURE_COUNT; n++) {
		g_autofree char *name = p->enforce && has(&missing, n) ? cpu_feature_name(n) : NULL;
		if (name)
			return fail(p, "CPU feature '%s' is not emulated", name);
	}
	return true;
}

static bool parse(Parse *p, const char *const *texts, CpuFeatures *out)
{
	Nearest nearest = { .name = texts[0] };
	const ModelRow *row = find_row(texts[0], &nearest);
	if (!row)
		return fail_unknown(p, "model", &nearest);
	if (!fill(p, row))
		return false;
	p->plus = p->minus = (CpuFeatures){ { 0 } };
	p->level_given = p->xlevel_given = false;
	if (!apply_items(p, texts + 1) || !check_enforced(p))
		return false;
	CpuFeatures all = all_implemented();
	for (unsigned n = 0; n < CPU_FEATURE_WORDS; n++)
		out->word[n] = p->model->wanted.word[n] & all.word[n];
	for (unsigned n = 0; n < G_N_ELEMENTS(needs); n++)
		if (!has(out, needs[n][1]))
			set(out, needs[n][0], false);
	raise_levels(p, out);
	set(out, FEATURE_NONE, true);
	return true;
}

bool cpu_model_parse(const char *spec, const CpuModel **model, CpuFeatures *out, GError **error)
{
	g_auto(GStrv) texts = g_strsplit(spec && *spec ? spec : DEFAULT_MODEL, ",", -1);
	g_autofree CpuModel *m = g_new0(CpuModel, 1);
	Parse p = { .model = m, .error = error };
	if (!parse(&p, (const char *const *)texts, out))
		return false;
	*model = g_steal_pointer(&m);
	return true;
}

void cpu_model_free(const CpuModel *model)
{
	g_free((void *)(uintptr_t)model);
}

/* ---- enumeration: per row its name, its alias, and its name without version ---- */

static bool nth_name(unsigned n, const ModelRow **row, const char **name, size_t *length)
{
	for (unsigned r = 0; r < model_row_count; r++) {
		const char *names[3] = { unversioned_length(model_rows[r].name) ? model_rows[r].name : NULL, model_rows[r].alias,
					 model_rows[r].name };
		for (unsigned k = 0; k < 3; k++) {
			if (!names[k] || n-- != 0)
				continue;
			*row = &model_rows[r];
			*name = names[k];
			*length = k == 0 ? unversioned_length(names[k]) : strlen(names[k]);
			return true;
		}
	}
	return false;
}

char *cpu_model_name(unsigned n)
{
	const ModelRow *row;
	const char *name;
	size_t length;
	return nth_name(n, &row, &name, &length) ? g_strndup(name, length) : NULL;
}

char *cpu_model_description(unsigned n)
{
	const ModelRow *row;
	const char *name;
	size_t length;
	if (!nth_name(n, &row, &name, &length))
		return NULL;
	if (!strcmp(row->name, "host"))
		return g_strdup("the host's processor, as far as it is emulated");
	if (!strcmp(row->name, "max"))
		return g_strdup("all features that are emulated");
	if (!strcmp(row->name, "base"))
		return g_strdup("no features at all, to add to");
	if (length != strlen(row->name) || name != row->name)
		return g_strdup_printf("another name of %s", row->name);
	while (!row->id && row->of) {
		Nearest nearest = { .name = row->of };
		row = find_row(row->of, &nearest);
	}
	return g_strdup(row->id ? row->id : "");
}
