/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The differences: patterns of texts; for undefined encodings, reasons found out by decoding the bytes without them. */
#include "capstone-differs.h"

#include <string.h>

/* ---- texts ---- */

typedef struct Difference {
	const char *ours, *capstone; /* patterns of g_pattern_match_simple() */
	const char *why;
} Difference;

static const Difference text_differences[] = {
	{ "re* ???sw *", "* ???s? *", "66 with F2 or F3: capstone drops the 66" },
	{ "re* ???sw *", "???s? *", "66 with F2 or F3: capstone drops both" },
	{ "repne movs? *", "movs? *", "capstone doesn't show F2 before MOVS, which repeats all the same" },
	{ "pause", "xchg* *", "REX before F3 90: only REX.B makes it XCHG" },
	{ "pause", "nop", "capstone ignores mandatory prefixes in 16-bit code" },
	{ "movsxd e*", "movsxd r*", "63 without REX.W writes 32 bits" },
	{ "movsxd r*d, *", "movsxd r*, *", "63 without REX.W writes 32 bits" },
	{ "movw *%?s*", "movq *%?s*", "selectors in memory are words" },
	{ "j*", "bnd j*", "MPX, without which F2 means nothing" }, { "call*", "bnd call*", "MPX, without which F2 means nothing" },
	{ "ret*", "bnd ret*", "MPX, without which F2 means nothing" },
	{ "movsll *", "movslq *", "63 without REX.W writes 32 bits" },
	{ "enter *", "enter *-*", "both immediates are unsigned" },
	{ "lret* $*", "lret* $-*", "the immediate is unsigned" }, { "retf* *", "retf* -*", "the immediate is unsigned" },
	{ "rorx*", "rorx*-*", "the count is unsigned" },
	{ "roll $1, %*", "rol $1, %*", "capstone has no suffix in this form alone" },
	{ "sldtw *", "sldt *", "capstone has no suffix in this form alone" },
	{ "lgsq *", "lgs *", "capstone has no suffix in this form alone" },
	{ "cvtsd2si *", "cvtsd2siq *", "capstone has a suffix in this form alone" },
	{ "fstp1 *", "fstpnce *", "an alias: no manual has a name" },
	{ "fstp8 *", "fstp *", "an alias: no manual has a name" },
	{ "fstp9 *", "fstp *", "an alias: no manual has a name" },
	{ "fcom2 *", "fcom *", "an alias: no manual has a name" },
	{ "fcomp3 *", "fcomp *", "an alias: no manual has a name" },
	{ "fcomp5 *", "fcomp *", "an alias: no manual has a name" },
	{ "fxch4 *", "fxch *", "an alias: no manual has a name" },
	{ "fxch7 *", "fxch *", "an alias: no manual has a name" },
	{ "feni", "feni8087_nop", "capstone's own name" },
	{ "fdisi", "fdisi8087_nop", "capstone's own name" },
	{ "fnstsw word ptr *", "fnstsw dword ptr *", "the status word is a word" },
	{ "frstor [*", "frstor dword ptr [*", "94 or 108 bytes are no doubleword" },
	{ "fnsave [*", "fnsave dword ptr [*", "94 or 108 bytes are no doubleword" },
	{ "frstor ??:[*", "frstor dword ptr *", "94 or 108 bytes are no doubleword" },
	{ "fnsave ??:[*", "fnsave dword ptr *", "94 or 108 bytes are no doubleword" },
	{ "jecxz *", "jrcxz *", "67 with REX: capstone drops the 67" },
	{ "lcall* $*", "lcall* $0x*", "capstone writes small selectors in hexadecimal too" },
	{ "ljmp* $*", "ljmp* $0x*", "capstone writes small selectors in hexadecimal too" },
	{ "wbnoinvd", "wbinvd", "newer than capstone" },
	{ "rdpid*", "rdseed*", "newer than capstone" },
	{ "clwb *", "xsaveopt*", "newer than capstone" },
	{ "clflushopt *", "clflush *", "capstone ignores mandatory prefixes in 16-bit code" },
	{ "tzcnt *", "bsf *", "capstone ignores mandatory prefixes in 16-bit code" },
	{ "lzcnt *", "bsr *", "capstone ignores mandatory prefixes in 16-bit code" },
	{ "nop*", "nop*", "the operand's size, and a second operand, mean nothing" },
	{ "movq *", "movd *", "with REX.W it is MOVQ" },
	{ "v*blendv*", "v*blendv*", "outside 64-bit mode capstone doesn't drop the fourth register's top bit" },
	{ "x*sa* [*", "x*sa* ptr *", "ptr without a size" }, { "x*sa* ??:[*", "x*sa* ptr *", "ptr without a size" },
	{ "xrstor* *[*", "xrstor* ptr *", "ptr without a size" },
	{ "fx*64 *[*", "fx*64 ptr *", "ptr without a size" },
	{ "*comis? *word ptr *", "*comis? *, xmmword ptr *", "a scalar's size" },
	{ "punpckl* mm?, dword ptr *", "punpckl* mm?, qword ptr *", "the manual has mm/m32" },
	{ "ls? *, word ptr *", "lsl *word ptr *", "the selector in memory is a word" },
	{ "lar *, word ptr *", "lar *word ptr *", "the selector in memory is a word" },
	{ "vcvt*pd2* *, xmmword ptr *", "vcvt*pd2*x *, xmmword ptr *", "the size is shown already" },
	{ "movsww *", "movswl *", "capstone takes 16-bit code's for 32-bit code's" },
	{ "movzww *", "movzwl *", "capstone takes 16-bit code's for 32-bit code's" },
	{ "bswap *", "bswap *", "capstone takes 16-bit code's for 32-bit code's" },
	{ "bswapw *", "bswapl *", "capstone takes 16-bit code's for 32-bit code's" },
	{ "*[0xffffffff*", "*[0x*", "capstone forgets some addresses' sign" },
	{ "cbw", "cwde", "capstone takes 16-bit code's for 32-bit code's" },
	{ "cbtw", "cwtl", "capstone takes 16-bit code's for 32-bit code's" },
	{ "cwd", "cdq", "capstone takes 16-bit code's for 32-bit code's" },
	{ "cwtd", "cltd", "capstone takes 16-bit code's for 32-bit code's" },
};

const char *why_text_differs(const char *ours, const char *capstone)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(text_differences); n++) {
		const Difference *d = &text_differences[n];
		if (g_pattern_match_simple(d->ours, ours) && g_pattern_match_simple(d->capstone, capstone))
			return d->why;
	}
	return NULL;
}

/* ---- what is an instruction ---- */

typedef struct Prefixes {
	unsigned count;	/* of bytes, REX included */
	bool lock, rep, opsize, adsize, rex, rex_w;
	bool apart;	/* 66, F2 or F3 with another legacy prefix behind it */
} Prefixes;

static bool is_lock(uint8_t byte)
{
	return byte == 0xf0;
}

static bool is_rep(uint8_t byte)
{
	return (byte & 0xfe) == 0xf2;
}

static bool is_mandatory(uint8_t byte)
{
	return byte == 0x66 || is_rep(byte);
}

static bool is_lock_or_rep(uint8_t byte)
{
	return is_lock(byte) || is_rep(byte);
}

static bool is_any(uint8_t byte)
{
	(void)byte;
	return true;
}

static bool is_legacy(uint8_t byte)
{
	return is_mandatory(byte) || is_lock(byte) || byte == 0x67 || (byte & 0xfe) == 0x64 || (byte & 0xe7) == 0x26;
}

static Prefixes scan(const DecodeContext *context, const uint8_t *bytes, unsigned available)
{
	bool code64 = (context->mode & MODE_CODE) == MODE_CODE64;
	Prefixes p = { 0 };
	for (; p.count < available; p.count++) {
		uint8_t byte = bytes[p.count];
		bool legacy = is_legacy(byte);
		if (!legacy && !(code64 && (byte & 0xf0) == 0x40))
			break;
		p.apart |= (legacy || p.rex) && (p.rep || p.opsize);
		p.lock |= is_lock(byte);
		p.rep |= is_rep(byte);
		p.opsize |= byte == 0x66;
		p.adsize |= byte == 0x67;
		p.rex = !legacy;
		p.rex_w = p.rex && byte & 8;
	}
	return p;
}

static bool defined(const DecodeContext *context, const uint8_t *bytes, unsigned count)
{
	char text[100];
	unsigned length = disasm_insn(context, 0, bytes, count, DISASM_INTEL, text, sizeof(text));
	return length && strcmp(text, "(bad)");
}

/* Whether the bytes without these prefixes are an instruction. */
static bool defined_without(const DecodeContext *context, const uint8_t *bytes, unsigned available, bool (*drop)(uint8_t))
{
	uint8_t rest[15];
	unsigned prefixes = scan(context, bytes, available).count, count = 0;
	for (unsigned n = 0; n < available && n < sizeof(rest); n++)
		if (n >= prefixes || !drop(bytes[n]))
			rest[count++] = bytes[n];
	return defined(context, rest, count);
}

/* Whether VEX's bytes, stripped of prefixes, are an instruction with the other W. */
static bool defined_with_other_w(const DecodeContext *context, const uint8_t *bytes, unsigned available)
{
	unsigned prefixes = scan(context, bytes, available).count, count = MIN(available, 15) - prefixes;
	uint8_t rest[15];
	memcpy(rest, bytes + prefixes, count);
	if (count < 3 || rest[0] != 0xc4)
		return false;
	rest[2] ^= 0x80;
	return defined(context, rest, count);
}

/* Whether the bytes with 66 in place of F2 and F3 are an instruction. */
static bool defined_with_66(const DecodeContext *context, const uint8_t *bytes, unsigned available)
{
	uint8_t more[16] = { 0x66 };
	unsigned prefixes = scan(context, bytes, available).count, count = 1;
	for (unsigned n = 0; n < available && n < 15; n++)
		if (n >= prefixes || !is_rep(bytes[n]))
			more[count++] = bytes[n];
	return defined(context, more, count);
}

/* Of other extensions, which the table leaves out on purpose. */
static const struct { const char *pattern, *why; } left_out[] = {
	{ "vmcall*", "VMX" }, { "vmlaunch*", "VMX" }, { "vmresume*", "VMX" }, { "vmxo*", "VMX" }, { "vmread*", "VMX" },
	{ "vmwrite*", "VMX" }, { "vmptr*", "VMX" }, { "vmclear*", "VMX" }, { "vmfunc*", "VMX" }, { "inve*", "VMX" },
	{ "invvpid*", "VMX" }, { "vmrun*", "SVM" }, { "vmmcall*", "SVM" }, { "vmload*", "SVM" }, { "vmsave*", "SVM" },
	{ "stgi*", "SVM" }, { "clgi*", "SVM" }, { "skinit*", "SVM" }, { "invlpga*", "SVM" }, { "getsec*", "SMX" },
	{ "encl*", "SGX" }, { "bnd*", "MPX" }, { "xbegin*", "TSX" }, { "xend*", "TSX" }, { "xabort*", "TSX" }, { "xtest*", "TSX" },
	{ "xcrypt*", "PadLock" }, { "rep xcrypt*", "PadLock" }, { "xsha*", "PadLock" }, { "rep xsha*", "PadLock" },
	{ "montmul*", "PadLock" }, { "rep montmul*", "PadLock" }, { "xstore*", "PadLock" }, { "rep xstore*", "PadLock" },
	{ "k????*", "AVX-512" }, { "kor*", "AVX-512" }, { "vfmadd?? *", "FMA4" }, { "vfmsub?? *", "FMA4" },
	{ "vfnmadd?? *", "FMA4" }, { "vfnmsub?? *", "FMA4" }, { "vfmaddsub?? *", "FMA4" }, { "vfmsubadd?? *", "FMA4" },
	{ "vpermil2*", "XOP" }, { "monitorx*", "MONITORX" }, { "mwaitx*", "MONITORX" }, { "v*gather*", "gathers need a SIB byte" },
	{ "extrq *", "66 0F 78 /0 only" }, { "swapgs", "64-bit mode only" },
	{ "pcommit*", "withdrawn" }, { "prefetchwt1*", "PREFETCHWT1" },
	{ "femms*", "0F 0F .. 0E: taken for a 3DNow! instruction by capstone" },
};

static const struct { const char *pattern, *why; } newer[] = {
	{ "nop*", "hint NOPs: 0F 18 to 0F 1F are NOPs whatever their ModRM" },
	{ "prefetch *", "0F 0D without a hint of its own is PREFETCH" }, { "endbr*", "newer than capstone" },
	{ "?fence", "ModRM.rm means nothing" }, { "rdpkru", "newer than capstone, or with REX" },
	{ "wrpkru", "newer than capstone, or with REX" }, { "ud?*", "newer than capstone, or with REX" },
	{ "lock mov* cr*", "AMD's way to CR8" }, { "lock mov* %cr*", "AMD's way to CR8" },
	{ "vbroadcasti128 *", "missing in capstone" }, { "clzero", "newer than capstone" },
	{ "mov *, ?s", "REX.R means nothing" }, { "mov ?s, *", "REX.R means nothing" },
	{ "mov? *%?s*", "REX.R means nothing" },
};

static const char *match_left_out(const char *text)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(left_out); n++)
		if (g_pattern_match_simple(left_out[n].pattern, text))
			return left_out[n].why;
	return NULL;
}

static const char *match_newer(const char *text)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(newer); n++)
		if (g_pattern_match_simple(newer[n].pattern, text))
			return newer[n].why;
	return NULL;
}

static bool moves_special(const char *text)
{
	static const char *const patterns[] = { "mov *cr*", "mov *dr*", "mov? *%cr*", "mov? *%dr*", "mov ?s, *", "mov? *, %?s" };
	for (unsigned n = 0; n < G_N_ELEMENTS(patterns); n++)
		if (g_pattern_match_simple(patterns[n], text))
			return true;
	return false;
}

static const char *why_vex(const DecodeContext *context, const uint8_t *bytes, unsigned available, const Prefixes *p)
{
	if (defined_with_other_w(context, bytes, available))
		return "capstone doesn't look at VEX.W";
	bool forbidden = p->rep || p->opsize || p->lock || p->rex;
	return forbidden && defined_without(context, bytes, available, is_any) ? "VEX after 66, F2, F3, LOCK or REX" : NULL;
}

static const char *why_prefixed(const DecodeContext *context, const uint8_t *bytes, unsigned available, const Prefixes *p)
{
	if (p->lock && defined_without(context, bytes, available, is_lock))
		return "LOCK where it isn't allowed";
	if ((p->rep || p->opsize) && (defined_without(context, bytes, available, is_mandatory) ||
				      defined_without(context, bytes, available, is_rep)))
		return "66, F2 or F3 before an opcode that they make another one, which is undefined";
	if (p->lock && p->rep && defined_without(context, bytes, available, is_lock_or_rep))
		return "both of the above";
	if (p->lock && defined_without(context, bytes, available, is_any))
		return "both of the above";
	if (p->adsize && p->rex_w && defined_with_66(context, bytes, available))
		return "capstone takes 67 with REX.W for 66";
	return NULL;
}

static const char *why_only_capstone(const DecodeContext *context, const uint8_t *bytes, unsigned available, const char *text)
{
	Prefixes p = scan(context, bytes, available);
	if (p.count >= available)
		return NULL;
	uint8_t opcode = bytes[p.count];
	if (opcode == 0x62)
		return "AVX-512";
	if (opcode == 0x8f && p.count + 1 < available && (bytes[p.count + 1] & 0x1f) >= 8)
		return "XOP";
	const char *why = match_left_out(text);
	if (why)
		return why;
	if (moves_special(text))
		return "no such control, debug or segment register";
	if (opcode == 0xc4 || opcode == 0xc5)
		return why_vex(context, bytes, available, &p);
	return why_prefixed(context, bytes, available, &p);
}

static const char *why_only_ours(const DecodeContext *context, const uint8_t *bytes, unsigned available, const char *text)
{
	const char *why = match_newer(text);
	if (why)
		return why;
	Prefixes p = scan(context, bytes, available);
	if (p.apart)
		return "capstone wants 66, F2 and F3 right before the opcode";
	if ((context->mode & MODE_CODE) == MODE_CODE16 && (p.rep || p.opsize))
		return "capstone ignores mandatory prefixes in 16-bit code";
	return NULL;
}

static const char *why_length_differs(const DecodeContext *context, const uint8_t *bytes, unsigned available, const Opinion *ours)
{
	if (g_str_has_prefix(ours->text, "ud"))
		return "UD0 and UD1 have ModRM";
	Prefixes p = scan(context, bytes, available);
	bool branch = ours->text[0] == 'j' || g_str_has_prefix(ours->text, "call");
	if (p.opsize && branch && (context->mode & MODE_CODE) == MODE_CODE64)
		return "near branches with 66 in 64-bit mode: the table has Intel's meaning, capstone AMD's";
	if (p.opsize && p.rex_w)
		return "66 with REX.W: capstone heeds 66";
	if ((context->mode & MODE_CODE) == MODE_CODE16 && (p.rep || p.opsize))
		return "capstone ignores mandatory prefixes in 16-bit code";
	if (p.adsize && p.rex_w)
		return "67 with REX.W: capstone takes 67 for 66";
	if (p.opsize && p.rep)
		return "66 with F2 or F3: capstone drops the 66";
	if ((p.rep || p.opsize) && (g_str_has_prefix(ours->text, "insertq") || g_str_has_prefix(ours->text, "extrq")))
		return "capstone wants 66, F2 and F3 right before the opcode";
	return NULL;
}

const char *why_defined_differs(const DecodeContext *context, const uint8_t *bytes, unsigned available, const Opinion *ours,
				const Opinion *capstone)
{
	if (ours->defined && capstone->defined)
		return why_length_differs(context, bytes, available, ours);
	if (ours->defined)
		return why_only_ours(context, bytes, available, ours->text);
	return why_only_capstone(context, bytes, available, capstone->text);
}
