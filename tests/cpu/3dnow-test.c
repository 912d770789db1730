/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 3DNow!, which hosts no longer have: vectors worked out by hand from AMD's manuals. */
#include <glib.h>

#include "cpu/decode.h"

typedef struct Vector3dnow {
	const char *name;
	uint8_t suffix;
	uint32_t a[2], b[2], result[2]; /* low, high; a is the destination */
} Vector3dnow;

static const Vector3dnow vectors[] = {
	/* 1 + 2; two zeroes: the signs are anded */
	{ "PFADD", 0x9e, { 0x3f800000, 0x80000000 }, { 0x40000000, 0x80000000 }, { 0x40400000, 0x80000000 } },
	{ "PFADD zeroes", 0x9e, { 0x00000000, 0x80000000 }, { 0x80000000, 0x00000000 }, { 0x00000000, 0x00000000 } },
	{ "PFADD saturates", 0x9e, { 0x7f7fffff, 0xff7fffff }, { 0x7f7fffff, 0xff000000 }, { 0x7f7fffff, 0xff7fffff } },
	{ "PFADD denormals", 0x9e, { 0x00000001, 0x807fffff }, { 0x3f800000, 0x80000001 }, { 0x3f800000, 0x80000000 } },
	{ "PFADD cancels", 0x9e, { 0x3f800000, 0xbf800000 }, { 0xbf800000, 0x3f800000 }, { 0x00000000, 0x80000000 } },
	{ "PFADD underflow", 0x9e, { 0x00800001, 0x80800001 }, { 0x80800000, 0x00800000 }, { 0x00000000, 0x80000000 } },
	/* 2^24 + 1 and 2^24 + 3: ties to even */
	{ "PFADD rounds", 0x9e, { 0x4b800000, 0x4b800001 }, { 0x3f800000, 0x3f800000 }, { 0x4b800000, 0x4b800002 } },
	{ "PFADD unsupported", 0x9e, { 0x00000000, 0xffc00001 }, { 0x7f800000, 0x80000000 }, { 0x7f800000, 0xffc00001 } },
	{ "PFSUB", 0x9a, { 0x40400000, 0x00000000 }, { 0x3f800000, 0x40000000 }, { 0x40000000, 0xc0000000 } },
	{ "PFSUB zeroes", 0x9a, { 0x00000000, 0x80000000 }, { 0x00000000, 0x00000000 }, { 0x00000000, 0x80000000 } },
	{ "PFSUB cancels", 0x9a, { 0xbf800000, 0x3f800000 }, { 0xbf800000, 0x3f800000 }, { 0x80000000, 0x00000000 } },
	{ "PFSUBR", 0xaa, { 0x3f800000, 0x40400000 }, { 0x40400000, 0x3f800000 }, { 0x40000000, 0xc0000000 } },
	/* 1.5 * 2, -0 * 5 */
	{ "PFMUL", 0xb4, { 0x3fc00000, 0x80000000 }, { 0x40000000, 0x40a00000 }, { 0x40400000, 0x80000000 } },
	{ "PFMUL saturates", 0xb4, { 0x7f7fffff, 0xff7fffff }, { 0x40000000, 0x40000000 }, { 0x7f7fffff, 0xff7fffff } },
	{ "PFMUL underflow", 0xb4, { 0x00800000, 0x80800000 }, { 0x3f000000, 0x3f000000 }, { 0x00000000, 0x80000000 } },
	/* (1 + 2^-23)^2; a zero and an unsupported number */
	{ "PFMUL rounds", 0xb4, { 0x3f800001, 0x80000000 }, { 0x3f800001, 0x7f800000 }, { 0x3f800002, 0x80000000 } },
	{ "PFACC", 0xae, { 0x3f800000, 0x40000000 }, { 0x40400000, 0x40800000 }, { 0x40400000, 0x40e00000 } },
	{ "PFNACC", 0x8a, { 0x3f800000, 0x40000000 }, { 0x40400000, 0x40800000 }, { 0xbf800000, 0xbf800000 } },
	{ "PFPNACC", 0x8e, { 0x3f800000, 0x40000000 }, { 0x40400000, 0x40800000 }, { 0xbf800000, 0x40e00000 } },
	{ "PFMIN", 0x94, { 0xc0400000, 0x3f800000 }, { 0xc0a00000, 0x40000000 }, { 0xc0a00000, 0x3f800000 } },
	{ "PFMIN zeroes", 0x94, { 0x80000000, 0x80000001 }, { 0x40000000, 0x80000000 }, { 0x00000000, 0x00000000 } },
	{ "PFMIN zero and negative", 0x94, { 0x00000000, 0xbf800000 }, { 0xbf800000, 0x00000000 }, { 0xbf800000, 0xbf800000 } },
	{ "PFMAX", 0xa4, { 0xc0400000, 0x3f800000 }, { 0xc0a00000, 0x40000000 }, { 0xc0400000, 0x40000000 } },
	{ "PFMAX zeroes", 0xa4, { 0x80000000, 0xbf800000 }, { 0xc0000000, 0x80000000 }, { 0x00000000, 0x00000000 } },
	{ "PFCMPEQ", 0xb0, { 0x00000000, 0x3f800000 }, { 0x80000000, 0x3f800001 }, { 0xffffffff, 0x00000000 } },
	{ "PFCMPEQ denormals", 0xb0, { 0x00000001, 0x807fffff }, { 0x00000000, 0x00000005 }, { 0xffffffff, 0xffffffff } },
	{ "PFCMPGE", 0x90, { 0x80000000, 0xc0000000 }, { 0x00000000, 0xbf800000 }, { 0xffffffff, 0x00000000 } },
	{ "PFCMPGT", 0xa0, { 0x00000000, 0xbf800000 }, { 0x80000000, 0xc0000000 }, { 0x00000000, 0xffffffff } },
	{ "PFRCP 2", 0x96, { 0, 0 }, { 0x40000000, 0x12345678 }, { 0x3f000000, 0x3f000000 } },
	{ "PFRCP -0", 0x96, { 0, 0 }, { 0x80000000, 0 }, { 0xff7fffff, 0xff7fffff } },
	/* 1 / 2^127 is below the normal numbers, 1 / 2^-126 is 2^126 */
	{ "PFRCP large", 0x96, { 0, 0 }, { 0x7f000000, 0 }, { 0x00000000, 0x00000000 } },
	{ "PFRCP small", 0x96, { 0, 0 }, { 0x00800000, 0 }, { 0x7e800000, 0x7e800000 } },
	{ "PFRCPIT1", 0xa6, { 0x40000000, 0xc0800000 }, { 0x3f000000, 0xbe800000 }, { 0x3f800000, 0x3f800000 } },
	/* 2 - 3 * (1/3 + 2^-25 / 3) is a tie between 1 and the number below */
	{ "PFRCPIT1 thirds", 0xa6, { 0x40400000, 0x3eaaaaab }, { 0x3eaaaaab, 0x40400000 }, { 0x3f800000, 0x3f800000 } },
	{ "PFRCPIT2", 0xb6, { 0x3f800000, 0x3f800000 }, { 0x3eaaaaab, 0x3f000000 }, { 0x3eaaaaab, 0x3f000000 } },
	{ "PFRSQRT 4", 0x97, { 0, 0 }, { 0x40800000, 0x12345678 }, { 0x3f000000, 0x3f000000 } },
	{ "PFRSQRT -4", 0x97, { 0, 0 }, { 0xc0800000, 0 }, { 0xbf000000, 0xbf000000 } },
	{ "PFRSQRT 0", 0x97, { 0, 0 }, { 0x00000001, 0 }, { 0x7f7fffff, 0x7f7fffff } },
	{ "PFRSQRT 2", 0x97, { 0, 0 }, { 0x40000000, 0 }, { 0x3f3504f3, 0x3f3504f3 } },
	{ "PFRSQIT1", 0xa7, { 0x3e800000, 0x3f800000 }, { 0x40800000, 0x3f800000 }, { 0x3f800000, 0x3f800000 } },
	/* 1.9, -1.9 */
	{ "PF2ID truncates", 0x1d, { 0, 0 }, { 0x3ff33333, 0xbff33333 }, { 0x00000001, 0xffffffff } },
	{ "PF2ID saturates", 0x1d, { 0, 0 }, { 0x4f000000, 0xcf000001 }, { 0x7fffffff, 0x80000000 } },
	{ "PF2ID bounds", 0x1d, { 0, 0 }, { 0x4effffff, 0xcf000000 }, { 0x7fffff80, 0x80000000 } },
	{ "PF2ID small", 0x1d, { 0, 0 }, { 0x00000001, 0xbf7fffff }, { 0x00000000, 0x00000000 } },
	/* 40000, -40000; -1.5, 32767.5 */
	{ "PF2IW saturates", 0x1c, { 0, 0 }, { 0x471c4000, 0xc71c4000 }, { 0x00007fff, 0xffff8000 } },
	{ "PF2IW", 0x1c, { 0, 0 }, { 0xbfc00000, 0x46ffff00 }, { 0xffffffff, 0x00007fff } },
	{ "PI2FD", 0x0d, { 0, 0 }, { 0x00000005, 0xffffffff }, { 0x40a00000, 0xbf800000 } },
	{ "PI2FD truncates", 0x0d, { 0, 0 }, { 0x7fffffff, 0x80000001 }, { 0x4effffff, 0xceffffff } },
	{ "PI2FD bounds", 0x0d, { 0, 0 }, { 0x80000000, 0x01000001 }, { 0xcf000000, 0x4b800000 } },
	{ "PI2FW", 0x0c, { 0, 0 }, { 0x0001ffff, 0x12347fff }, { 0xbf800000, 0x46fffe00 } },
	{ "PSWAPD", 0xbb, { 0, 0 }, { 0x01234567, 0x89abcdef }, { 0x89abcdef, 0x01234567 } },
	{ "PAVGUSB", 0xbf, { 0x00ff0001, 0x10fe7f80 }, { 0xffff0002, 0x11ff8080 }, { 0x80ff0002, 0x11ff8080 } },
	/* 7fff * 7fff, -8000 * -8000; 1 * -8000, 2 * 4000 */
	{ "PMULHRW", 0xb7, { 0x80007fff, 0x00020001 }, { 0x80007fff, 0x40008000 }, { 0x40003fff, 0x00010000 } },
};

static void set_register(Cpu *cpu, unsigned n, const uint32_t value[2])
{
	cpu->x87.r[n] = (X87Register){ .mant = (uint64_t)value[1] << 32 | value[0] };
}

/* Runs "SUFFIX MM1, MM2". */
static void run_suffix(Cpu *cpu, uint8_t suffix, const uint32_t a[2], const uint32_t b[2], Insn *insn)
{
	const uint8_t code[] = { 0x0f, 0x0f, 0xca, suffix };
	const DecodeContext context = { .mode = MODE_CODE32 | MODE_PROTECTED };
	cpu->mode = context.mode;
	set_register(cpu, 1, a);
	set_register(cpu, 2, b);
	g_assert_cmpint(decode_insn(&context, code, sizeof code, insn), ==, DECODE_OK);
	g_assert_cmpint(insn->length, ==, sizeof code);
	insn->run(cpu, insn);
}

static void test_vector(const void *data)
{
	const Vector3dnow *v = data;
	Insn insn;
	g_autofree Cpu *cpu = g_new0(Cpu, 1);
	cpu->x87.top = 3;
	cpu->x87.empty = 0xff;
	run_suffix(cpu, v->suffix, v->a, v->b, &insn);

	g_assert_true(g_str_has_prefix(v->name, insn_forms[insn.form].mnemonic));
	g_assert_cmphex((uint32_t)cpu->x87.r[1].mant, ==, v->result[0]);
	g_assert_cmphex(cpu->x87.r[1].mant >> 32, ==, v->result[1]);
	g_assert_cmphex(cpu->x87.r[1].se, ==, 0xffff);
	g_assert_cmphex(cpu->x87.r[2].mant, ==, (uint64_t)v->b[1] << 32 | v->b[0]);
	g_assert_cmpint(cpu->x87.top, ==, 0);
	g_assert_cmphex(cpu->x87.empty, ==, 0);
}

static uint32_t run_low(Cpu *cpu, uint8_t suffix, uint32_t a, uint32_t b)
{
	Insn insn;
	run_suffix(cpu, suffix, (const uint32_t[]){ a, a }, (const uint32_t[]){ b, b }, &insn);
	return (uint32_t)cpu->x87.r[1].mant;
}

static double number(uint32_t bits)
{
	union { uint32_t u; float f; } u = { bits };
	return (double)u.f;
}

enum { RCP = 0x96, RCPIT1 = 0xa6, RCPIT2 = 0xb6, RSQRT = 0x97, RSQIT1 = 0xa7, MUL = 0xb4 };

/* Reciprocals and roots after both steps, for numbers from 1 to 4: right to about a unit. */
static void test_newton(void)
{
	g_autofree Cpu *cpu = g_new0(Cpu, 1);
	for (uint32_t x = 0x3f800000; x < 0x40800000; x += 0x1357) {
		uint32_t r = run_low(cpu, RCP, 0, x);
		r = run_low(cpu, RCPIT2, run_low(cpu, RCPIT1, x, r), r);
		g_assert_cmpfloat_with_epsilon(number(r) * number(x), 1, 0x1p-22);

		uint32_t root = run_low(cpu, RSQRT, 0, x), square = run_low(cpu, MUL, root, root);
		root = run_low(cpu, RCPIT2, run_low(cpu, RSQIT1, square, x), root);
		g_assert_cmpfloat_with_epsilon(number(root) * number(root) * number(x), 1, 0x1p-21);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (const Vector3dnow *v = vectors; v < vectors + G_N_ELEMENTS(vectors); v++) {
		g_autofree char *path = g_strdup_printf("/cpu/3dnow/%s", v->name);
		g_test_add_data_func(path, v, test_vector);
	}
	g_test_add_func("/cpu/3dnow/newton", test_newton);
	return g_test_run();
}
