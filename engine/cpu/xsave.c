/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FXSAVE, XSAVE and their like.
 *
 * The legacy region of 512 bytes is built or taken apart as an image in host memory; the guest's is accessed in the pieces that
 * the instruction owns. A save checks the whole area before its first write; a restore has read everything before it changes
 * the first register. Extended components stand at fixed offsets or, compacted, one behind the other. */
#include "cpu/xsave.h"

#include "cpu/simdfp.h"
#include "insn_handlers.h"

enum { /* the legacy region's offsets */
	FX_CW = 0, FX_SW = 2, FX_TAGS = 4, FX_OPCODE = 6, FX_IP = 8, FX_CS = 12, FX_DP = 16, FX_DS = 20, FX_MXCSR = 24,
	FX_MXCSR_MASK = 28, FX_ST = 32, FX_XMM = 160, FX_XMM_END = 416,
};
enum { /* parts of the legacy region that are saved and restored by themselves */
	PART_X87 = 1, PART_XMM = 2, PART_MXCSR = 4,
};
enum { X87_EXCEPTIONS = 0x3f, X87_SUMMARY = 0x8080 /* ES and B */, X87_TOP = 0x3800, X87_CW_VALID = 0x1f3f, X87_CW_FIXED = 0x40 };
enum { X87_CW_RESET = 0x37f, ALL_EMPTY = 0xff };

#define XCOMP_COMPACT (UINT64_C(1) << 63)

static void put(uint8_t *image, unsigned offset, uint64_t value, unsigned size)
{
	memcpy(image + offset, &value, size);
}

static uint64_t get(const uint8_t *image, unsigned offset, unsigned size)
{
	uint64_t value = 0;
	memcpy(&value, image + offset, size);
	return value;
}

/* Outside 64-bit mode the upper eight vector registers are neither saved nor touched. */
static unsigned vector_registers(const Cpu *cpu)
{
	return (cpu->mode & MODE_CODE) == MODE_CODE64 ? 16 : 8;
}

/* ---- the legacy region ---- */

static void image_from_x87(const Cpu *cpu, uint8_t *image, bool wide)
{
	const X87 *x = &cpu->x87;
	put(image, FX_CW, x->cw, 2);
	put(image, FX_SW, (x->sw & ~X87_TOP) | (unsigned)x->top << 11, 2);
	image[FX_TAGS] = (uint8_t)~x->empty;
	put(image, FX_OPCODE, x->opcode, 2);
	if (wide) {
		put(image, FX_IP, x->ip, 8);
		put(image, FX_DP, x->dp, 8);
	} else {
		put(image, FX_IP, x->ip, 4);
		put(image, FX_CS, x->cs, 2);
		put(image, FX_DP, x->dp, 4);
		put(image, FX_DS, x->ds, 2);
	}
	for (unsigned n = 0; n < 8; n++) {
		const X87Register *r = &x->r[(x->top + n) & 7];
		put(image, FX_ST + 16 * n, r->mant, 8);
		put(image, FX_ST + 16 * n + 8, r->se, 2);
	}
}

static void x87_from_image(Cpu *cpu, const uint8_t *image, bool wide)
{
	X87 *x = &cpu->x87;
	unsigned sw = (unsigned)get(image, FX_SW, 2);
	x->cw = (uint16_t)((get(image, FX_CW, 2) & X87_CW_VALID) | X87_CW_FIXED);
	x->top = sw >> 11 & 7;
	/* ES and B are not taken from the image but follow from the exceptions and their masks. */
	sw &= ~(unsigned)(X87_TOP | X87_SUMMARY);
	x->sw = (uint16_t)(sw & ~x->cw & X87_EXCEPTIONS ? sw | X87_SUMMARY : sw);
	x->empty = (uint8_t)~image[FX_TAGS];
	x->opcode = get(image, FX_OPCODE, 2) & 0x7ff;
	x->ip = get(image, FX_IP, wide ? 8 : 4);
	x->dp = get(image, FX_DP, wide ? 8 : 4);
	x->cs = wide ? 0 : (uint16_t)get(image, FX_CS, 2);
	x->ds = wide ? 0 : (uint16_t)get(image, FX_DS, 2);
	for (unsigned n = 0; n < 8; n++) {
		X87Register *r = &x->r[(x->top + n) & 7];
		r->mant = get(image, FX_ST + 16 * n, 8);
		r->se = (uint16_t)get(image, FX_ST + 16 * n + 8, 2);
	}
	x87_update_pending(cpu);
}

static void image_from_xmm(const Cpu *cpu, uint8_t *image)
{
	for (unsigned n = 0; n < vector_registers(cpu); n++)
		memcpy(image + FX_XMM + 16 * n, &cpu->ymm[n], 16);
}

static void xmm_from_image(Cpu *cpu, const uint8_t *image)
{
	for (unsigned n = 0; n < vector_registers(cpu); n++)
		memcpy(&cpu->ymm[n], image + FX_XMM + 16 * n, 16);
}

/* The pieces of guest memory that a part is made of: two for the x87. */
typedef struct Piece {
	uint8_t part;
	uint16_t offset, size;
} Piece;

static const Piece pieces[] = {
	{ PART_X87, 0, FX_MXCSR }, { PART_MXCSR, FX_MXCSR, 8 }, { PART_X87, FX_ST, 128 }, { PART_XMM, FX_XMM, 256 },
};

static unsigned piece_size(const Cpu *cpu, const Piece *piece)
{
	return piece->part == PART_XMM ? 16 * vector_registers(cpu) : piece->size;
}

static void write_legacy(Cpu *cpu, const Insn *i, uint64_t area, unsigned parts)
{
	uint8_t image[FX_XMM_END] = { 0 };
	if (parts & PART_X87)
		image_from_x87(cpu, image, i->flags & INSN_W);
	if (parts & PART_XMM)
		image_from_xmm(cpu, image);
	put(image, FX_MXCSR, cpu->mxcsr, 4);
	put(image, FX_MXCSR_MASK, mxcsr_valid(cpu), 4);
	for (const Piece *p = pieces; p < pieces + G_N_ELEMENTS(pieces); p++)
		if (parts & p->part)
			mem_write_bytes(cpu, i->seg, area + p->offset, image + p->offset, piece_size(cpu, p), 0);
}

static void read_legacy(Cpu *cpu, const Insn *i, uint64_t area, unsigned parts, uint8_t image[FX_XMM_END])
{
	for (const Piece *p = pieces; p < pieces + G_N_ELEMENTS(pieces); p++)
		if (parts & p->part)
			mem_read_bytes(cpu, i->seg, area + p->offset, image + p->offset, piece_size(cpu, p), 0);
	if ((parts & PART_MXCSR) && (get(image, FX_MXCSR, 4) & ~(uint64_t)mxcsr_valid(cpu)))
		fault_gp(cpu, 0);
}

static void legacy_from_image(Cpu *cpu, const Insn *i, unsigned parts, const uint8_t *image)
{
	if (parts & PART_X87)
		x87_from_image(cpu, image, i->flags & INSN_W);
	if (parts & PART_XMM)
		xmm_from_image(cpu, image);
	if (parts & PART_MXCSR)
		cpu->mxcsr = (uint32_t)get(image, FX_MXCSR, 4);
}

/* ---- FXSAVE, FXRSTOR ---- */

/* The offset of the operand, after the checks of its limit and its alignment. */
static uint64_t save_area(Cpu *cpu, const Insn *i, unsigned size, unsigned align, AccessKind kind)
{
	uint64_t offset = effective_address(cpu, i), linear = cpu->seg[i->seg].eff_base + offset;
	if (linear & (align - 1)) {
		if (cpu->align_check && align == 16 && (linear & 3))
			cpu_fault_code(cpu, VECTOR_AC, 0); /* FXSAVE, FXRSTOR: either is allowed; the host's choice */
		fault_gp(cpu, 0);
	}
	mem_linear(cpu, i->seg, offset, size, kind);
	return offset;
}

/* Without CR4.OSFXSR the system knows nothing of SSE; EFER.FFXSR leaves the XMM registers out in its 64-bit kernel. */
static unsigned fxsave_parts(const Cpu *cpu)
{
	if (!(cpu->cr4 & CR4_OSFXSR) || !cpu_has(cpu, FEATURE_SSE))
		return PART_X87;
	if ((cpu->efer & EFER_FFXSR) && cpu->cpl == 0 && (cpu->mode & MODE_CODE) == MODE_CODE64)
		return PART_X87 | PART_MXCSR;
	return PART_X87 | PART_MXCSR | PART_XMM;
}

void op_fxsave(Cpu *cpu, const Insn *i)
{
	uint64_t area = save_area(cpu, i, XSAVE_LEGACY_SIZE, 16, ACCESS_WRITE);
	mem_probe_write(cpu, i->seg, area, XSAVE_LEGACY_SIZE);
	write_legacy(cpu, i, area, fxsave_parts(cpu));
}

void op_fxrstor(Cpu *cpu, const Insn *i)
{
	uint8_t image[FX_XMM_END];
	unsigned parts = fxsave_parts(cpu);
	uint64_t area = save_area(cpu, i, XSAVE_LEGACY_SIZE, 16, ACCESS_READ);
	mem_probe_read(cpu, i->seg, area, XSAVE_LEGACY_SIZE);
	read_legacy(cpu, i, area, parts, image);
	legacy_from_image(cpu, i, parts, image);
}

/* ---- extended components ---- */

static bool x87_in_use(const X87 *x)
{
	uint64_t bits = x->sw | x->top | x->opcode | x->ip | x->dp | x->cs | x->ds;
	for (unsigned n = 0; n < 8; n++)
		bits |= x->r[n].mant | x->r[n].se;
	return bits || x->cw != X87_CW_RESET || x->empty != ALL_EMPTY;
}

uint64_t xsave_in_use(const Cpu *cpu)
{
	uint64_t low = 0, high = 0;
	for (unsigned n = 0; n < 16; n++) {
		low |= cpu->ymm[n].u64[0] | cpu->ymm[n].u64[1];
		high |= cpu->ymm[n].u64[2] | cpu->ymm[n].u64[3];
	}
	uint64_t in_use = (x87_in_use(&cpu->x87) ? XCR0_X87 : 0) | (low ? XCR0_SSE : 0) | (high ? XCR0_AVX : 0) |
			  (cpu->pkru ? XCR0_PKRU : 0);
	return in_use & cpu->xcr0;
}

/* Where the components stand; `format` is XCOMP_BV, or 0 for the standard format. */
typedef struct Layout {
	unsigned avx, pkru;
} Layout;

static Layout layout(uint64_t format)
{
	if (!(format & XCOMP_COMPACT))
		return (Layout){ XSAVE_AVX, XSAVE_PKRU };
	return (Layout){ XSAVE_EXTENDED, XSAVE_EXTENDED + (format & XCR0_AVX ? XSAVE_AVX_SIZE : 0) };
}

static unsigned area_size(const Layout *l, uint64_t components)
{
	if (components & XCR0_PKRU)
		return l->pkru + XSAVE_PKRU_SIZE;
	return components & XCR0_AVX ? l->avx + XSAVE_AVX_SIZE : XSAVE_EXTENDED;
}

static uint64_t requested(const Cpu *cpu, uint64_t allowed)
{
	return (cpu->gpr[RDX] << 32 | (uint32_t)cpu->gpr[RAX]) & allowed;
}

/* ---- saving ---- */

typedef enum SaveKind { SAVE_ALL, SAVE_IN_USE, SAVE_COMPACT } SaveKind;

static void write_extended(Cpu *cpu, const Insn *i, uint64_t area, const Layout *l, uint64_t components)
{
	if (components & XCR0_AVX) {
		uint8_t upper[XSAVE_AVX_SIZE];
		unsigned count = vector_registers(cpu);
		for (unsigned n = 0; n < count; n++)
			memcpy(upper + 16 * n, &cpu->ymm[n].u64[2], 16);
		mem_write_bytes(cpu, i->seg, area + l->avx, upper, 16 * count, 0);
	}
	if (components & XCR0_PKRU)
		mem_write(cpu, i->seg, area + l->pkru, cpu->pkru, XSAVE_PKRU_SIZE);
}

/* The header's first words only: what is behind them isn't written. */
static void write_header(Cpu *cpu, const Insn *i, uint64_t area, SaveKind kind, uint64_t chosen, uint64_t in_use)
{
	uint64_t header = area + XSAVE_HEADER;
	if (kind == SAVE_COMPACT) {
		mem_write(cpu, i->seg, header, chosen & in_use, 8);
		mem_write(cpu, i->seg, header + 8, chosen | XCOMP_COMPACT, 8);
	} else {
		uint64_t old = mem_read(cpu, i->seg, header, 8);
		mem_write(cpu, i->seg, header, (old & ~chosen) | (chosen & in_use), 8);
	}
}

static void save(Cpu *cpu, const Insn *i, SaveKind kind, uint64_t allowed)
{
	uint64_t chosen = requested(cpu, allowed), in_use = xsave_in_use(cpu);
	Layout l = layout(kind == SAVE_COMPACT ? chosen | XCOMP_COMPACT : 0);
	unsigned size = area_size(&l, chosen);
	uint64_t area = save_area(cpu, i, size, 64, ACCESS_WRITE);
	mem_probe_write(cpu, i->seg, area, size);

	/* MXCSR belongs to the SSE component in the compacted format, in the standard one to SSE and AVX, and isn't looked at there. */
	if (kind == SAVE_COMPACT && cpu->mxcsr != MXCSR_RESET)
		in_use |= XCR0_SSE;
	uint64_t saved = kind == SAVE_ALL ? chosen : chosen & in_use;
	bool mxcsr = kind == SAVE_COMPACT ? saved & XCR0_SSE : chosen & (XCR0_SSE | XCR0_AVX);
	write_legacy(cpu, i, area, (saved & XCR0_X87 ? PART_X87 : 0u) | (saved & XCR0_SSE ? PART_XMM : 0u) | (mxcsr ? PART_MXCSR : 0u));
	write_extended(cpu, i, area, &l, saved);
	write_header(cpu, i, area, kind, chosen, in_use);
}

void op_xsave(Cpu *cpu, const Insn *i) { save(cpu, i, SAVE_ALL, cpu->xcr0); }
void op_xsaveopt(Cpu *cpu, const Insn *i) { save(cpu, i, SAVE_IN_USE, cpu->xcr0); }
void op_xsavec(Cpu *cpu, const Insn *i) { save(cpu, i, SAVE_COMPACT, cpu->xcr0); }
void op_xsaves(Cpu *cpu, const Insn *i) { save(cpu, i, SAVE_COMPACT, cpu->xcr0 | cpu->xss); }

/* ---- restoring ---- */

typedef struct Header {
	uint64_t present, format; /* XSTATE_BV, XCOMP_BV */
	uint64_t reserved[6];
} Header;
_Static_assert(sizeof(Header) == XSAVE_HEADER_SIZE, "the header of an XSAVE area");

/* What would be #GP(0) (SDM volume 1, 13.8.1 and 13.12). */
static bool header_is_valid(const Header *h, bool compact, uint64_t allowed)
{
	if (!compact)
		return !(h->present & ~allowed) && !h->format && !h->reserved[0];
	uint64_t reserved = 0;
	for (unsigned n = 0; n < G_N_ELEMENTS(h->reserved); n++)
		reserved |= h->reserved[n];
	return !(h->format & ~XCOMP_COMPACT & ~allowed) && !(h->present & ~(h->format & ~XCOMP_COMPACT)) && !reserved;
}

typedef struct Extended {
	uint8_t upper[XSAVE_AVX_SIZE];
	uint32_t pkru;
} Extended;

static void read_extended(Cpu *cpu, const Insn *i, uint64_t area, const Layout *l, uint64_t components, Extended *e)
{
	if (components & XCR0_AVX)
		mem_read_bytes(cpu, i->seg, area + l->avx, e->upper, 16 * vector_registers(cpu), 0);
	if (components & XCR0_PKRU)
		e->pkru = (uint32_t)mem_read(cpu, i->seg, area + l->pkru, 4);
}

/* The components in *e were read or are initial, all zeroes. */
static void set_extended(Cpu *cpu, uint64_t components, const Extended *e)
{
	if (components & XCR0_AVX)
		for (unsigned n = 0; n < vector_registers(cpu); n++)
			memcpy(&cpu->ymm[n].u64[2], e->upper + 16 * n, 16);
	if ((components & XCR0_PKRU) && cpu->pkru != e->pkru) {
		cpu->pkru = e->pkru;
		tlb_flush(cpu, true);
	}
}

static void initialise_legacy(Cpu *cpu, uint64_t components, bool compact)
{
	if (components & XCR0_X87) {
		x87_init(cpu);
		memset(cpu->x87.r, 0, sizeof cpu->x87.r);
	}
	x87_update_pending(cpu);
	if (components & XCR0_SSE) {
		for (unsigned n = 0; n < vector_registers(cpu); n++)
			cpu->ymm[n].u64[0] = cpu->ymm[n].u64[1] = 0;
		if (compact)
			cpu->mxcsr = MXCSR_RESET;
	}
}

static void restore(Cpu *cpu, const Insn *i, bool only_compact, uint64_t allowed)
{
	Header h;
	uint8_t image[FX_XMM_END];
	Extended extended = { .pkru = 0 };
	uint64_t area = save_area(cpu, i, XSAVE_EXTENDED, 64, ACCESS_READ);
	mem_read_bytes(cpu, i->seg, area + XSAVE_HEADER, &h, sizeof h, 0);
	bool compact = (h.format & XCOMP_COMPACT) && cpu_has(cpu, FEATURE_XSAVEC);
	if ((only_compact && !compact) || !header_is_valid(&h, compact, allowed))
		fault_gp(cpu, 0);

	uint64_t chosen = requested(cpu, allowed), loaded = chosen & h.present;
	Layout l = layout(compact ? h.format : 0);
	bool mxcsr = compact ? loaded & XCR0_SSE : chosen & (XCR0_SSE | XCR0_AVX);
	unsigned parts = (loaded & XCR0_X87 ? PART_X87 : 0u) | (loaded & XCR0_SSE ? PART_XMM : 0u) | (mxcsr ? PART_MXCSR : 0u);
	read_legacy(cpu, i, area, parts, image);
	read_extended(cpu, i, area, &l, loaded, &extended);

	initialise_legacy(cpu, chosen & ~loaded, compact);
	legacy_from_image(cpu, i, parts, image);
	set_extended(cpu, chosen, &extended);
}

void op_xrstor(Cpu *cpu, const Insn *i) { restore(cpu, i, false, cpu->xcr0); }
void op_xrstors(Cpu *cpu, const Insn *i) { restore(cpu, i, true, cpu->xcr0 | cpu->xss); }
