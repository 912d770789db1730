/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The x87's transcendental functions against the host's.
 *
 * The processors promise an error below one unit in the last place; ours are rounded correctly. Both thus differ by one unit
 * at most, and the exceptions are the same. How often the results are the same bit for bit is told by the test's message.
 */
#include <inttypes.h>

#include "fp-host-x87.h"

enum {
	ROUNDS = 20000,
	FSW_C2 = 0x0400,
};

typedef struct Answer {
	FpEnv env;
	Float80 top, next; /* ST(0) and ST(1) after the instruction; for one that pops, next isn't defined */
	bool c2;
} Answer;

typedef void TranscendFn(const X87Inputs *in, Answer *a);

static const Float80 one = {UINT64_C(1) << 63, 16383};

#define ONE_OPERAND(name, insn)                                                                       \
	HOST_X87(name, insn)                                                                          \
	static void model_##name(const X87Inputs *in, Answer *a)

#define TWO_OPERANDS(name, insn, expression)                                                          \
	HOST_X87(name, insn)                                                                          \
	static void model_##name(const X87Inputs *in, Answer *a)                                      \
	{                                                                                             \
		FpEnv *env = &a->env;                                                                 \
		Float80 result = (expression);                                                        \
		if (fp_x87_keeps_register(env))                                                       \
			return;                                                                       \
		a->top = result;                                                                      \
		a->next = (Float80){0, 0};                                                            \
	}

ONE_OPERAND(fsin, "fsin")
{
	Float80 result;

	a->c2 = !fp80_sin(in->st0, &result, &a->env);
	if (!fp_x87_keeps_register(&a->env))
		a->top = result;
}

ONE_OPERAND(fcos, "fcos")
{
	Float80 result;

	a->c2 = !fp80_cos(in->st0, &result, &a->env);
	if (!fp_x87_keeps_register(&a->env))
		a->top = result;
}

ONE_OPERAND(fsincos, "fsincos")
{
	Float80 sine, cosine;

	a->c2 = !fp80_sincos(in->st0, &sine, &cosine, &a->env);
	if (fp_x87_keeps_register(&a->env) || a->c2)
		return;
	a->top = cosine;
	a->next = sine;
}

ONE_OPERAND(fptan, "fptan")
{
	Float80 result;

	a->c2 = !fp80_tan(in->st0, &result, &a->env);
	if (fp_x87_keeps_register(&a->env) || a->c2)
		return;
	bool nan = (result.se & 0x7fff) == 0x7fff && result.mant << 1;
	a->top = nan ? result : one;
	a->next = result;
}

ONE_OPERAND(f2xm1, "f2xm1")
{
	Float80 result = fp80_2xm1(in->st0, &a->env);

	if (!fp_x87_keeps_register(&a->env))
		a->top = result;
}

TWO_OPERANDS(fpatan, "fpatan", fp80_atan(in->st1, in->st0, env))
TWO_OPERANDS(fyl2x, "fyl2x", fp80_yl2x(in->st1, in->st0, env))
TWO_OPERANDS(fyl2xp1, "fyl2xp1", fp80_yl2xp1(in->st1, in->st0, env))

typedef struct TranscendCase {
	const char *name;
	HostX87Fn *host;
	TranscendFn *model;
	int low, high; /* where most exponents of ST(0) lie */
} TranscendCase;

#define CASE(name, low, high) {#name, host_##name, model_##name, low, high},

static const TranscendCase transcend_cases[] = {
	CASE(fsin, -20, 64) CASE(fcos, -20, 64) CASE(fsincos, -20, 64) CASE(fptan, -20, 64)
	CASE(f2xm1, -70, 1) CASE(fpatan, -40, 40) CASE(fyl2x, -3, 3) CASE(fyl2xp1, -70, 2)
};

/* Neighbours in the order of encodings: the same, or one apart. */
static bool near(Float80 a, const HostReg *b, bool *exact)
{
	__extension__ typedef unsigned __int128 Order;
	Order x = (Order)a.se << 63 | (a.mant & ~(UINT64_C(1) << 63));
	Order y = (Order)b->se << 63 | (b->mant & ~(UINT64_C(1) << 63));

	*exact &= a.mant == b->mant && a.se == b->se;
	return x - y + 1 <= 2;
}

static void roll_operand(Dice *d, const TranscendCase *c, Float80 *v)
{
	*v = dice_fp80(d);
	if (dice_below(d, 4) == 0)
		return;
	v->se = (uint16_t)((v->se & 0x8000) | (16383 + c->low + (int)dice_below(d, (unsigned)(c->high - c->low + 1))));
	v->mant |= UINT64_C(1) << 63;
}

static bool compare_once(const TranscendCase *c, Dice *d, bool masked)
{
	X87Inputs in = {0};
	HostX87 host;
	Answer a = {.env = roll_x87_env(d, masked, &in.fcw)};
	bool exact = true;

	roll_operand(d, c, &in.st0);
	roll_operand(d, c, &in.st1);
	a.top = in.st0;
	a.next = in.st1;
	c->host(&in, &host);
	c->model(&in, &a);
	bool popped = a.next.se == 0 && a.next.mant == 0;
	bool equal = near(a.top, &host.save.st[0], &exact) && (popped || near(a.next, &host.save.st[1], &exact)) &&
		     (host.save.fsw & FP_ALL) == a.env.flags && a.c2 == ((host.save.fsw & FSW_C2) != 0);
	if (!equal) {
		g_test_message("%s ST0 %04x:%016" PRIx64 " ST1 %04x:%016" PRIx64 " FCW %04x", c->name, in.st0.se, in.st0.mant,
			       in.st1.se, in.st1.mant, in.fcw);
		g_test_message("ours ST0 %04x:%016" PRIx64 " ST1 %04x:%016" PRIx64 " flags %02x C2 %d", a.top.se, a.top.mant,
			       a.next.se, a.next.mant, a.env.flags, a.c2);
		g_test_message("host ST0 %04x:%016" PRIx64 " ST1 %04x:%016" PRIx64 " FSW %04x", host.save.st[0].se,
			       host.save.st[0].mant, host.save.st[1].se, host.save.st[1].mant, host.save.fsw & 0xffff);
		g_test_fail();
	}
	return exact;
}

static void test_transcend(gconstpointer data)
{
	const TranscendCase *c = data;
	Dice dice = {UINT64_C(0x9e3779b97f4a7c15) ^ g_str_hash(c->name)};
	int exact = 0;

	for (int i = 0; i < ROUNDS && !g_test_failed(); i++)
		exact += compare_once(c, &dice, i % 4 != 0);
	g_test_message("%s: %d of %d the same bit for bit", c->name, exact, ROUNDS);
}

void fp_add_host_transcend_tests(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(transcend_cases); i++) {
		g_autofree char *path = g_strconcat("/fp/host/transcend/", transcend_cases[i].name, NULL);
		g_test_add_data_func(path, &transcend_cases[i], test_transcend);
	}
}
