/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Integer expressions with registers: sums of & | ^ of * / % of - ~ + and atoms, as QEMU's monitor has them. */
#include <errno.h>
#include <string.h>

#include "monitor/command.h"

enum { DEEPEST = 50 };

typedef struct Expression {
	Monitor *monitor;
	const char *at, *problem;
	unsigned depth;
} Expression;

static int64_t parse_sum(Expression *e);

static char peek(Expression *e)
{
	while (*e->at == ' ' || *e->at == '\t')
		e->at++;
	return *e->at;
}

static int64_t refuse(Expression *e, const char *problem)
{
	if (!e->problem)
		e->problem = problem;
	return 0;
}

static int64_t parse_register(Expression *e)
{
	char name[16];
	unsigned length = 0;
	e->at++;
	while (g_ascii_isalnum(*e->at) || *e->at == '_') {
		if (length == sizeof name - 1)
			return refuse(e, "unknown register");
		name[length++] = *e->at++;
	}
	name[length] = 0;
	uint64_t value = 0;
	return monitor_register(e->monitor, name, &value) ? (int64_t)value : refuse(e, "unknown register");
}

static int64_t parse_number(Expression *e)
{
	char *end;
	errno = 0;
	uint64_t value = g_ascii_strtoull(e->at, &end, 0);
	if (errno)
		return refuse(e, "number too large");
	if (end == e->at)
		return refuse(e, *e->at ? "invalid char in expression" : "unexpected end of expression");
	e->at = end;
	return (int64_t)value;
}

static int64_t parse_bracket(Expression *e)
{
	e->at++;
	int64_t value = parse_sum(e);
	if (!e->problem && peek(e) != ')')
		return refuse(e, "')' expected");
	if (!e->problem)
		e->at++;
	return value;
}

static int64_t parse_character(Expression *e)
{
	if (!e->at[1] || e->at[2] != '\'')
		return refuse(e, "a character constant is 'c'");
	int64_t value = (uint8_t)e->at[1];
	e->at += 3;
	return value;
}

static int64_t parse_unary(Expression *e)
{
	if (++e->depth > DEEPEST)
		return refuse(e, "the expression is too deep");
	int64_t value;
	switch (peek(e)) {
	case '+': e->at++; value = parse_unary(e); break;
	case '-': e->at++; value = (int64_t)-(uint64_t)parse_unary(e); break;
	case '~': e->at++; value = ~parse_unary(e); break;
	case '(': value = parse_bracket(e); break;
	case '\'': value = parse_character(e); break;
	case '$': value = parse_register(e); break;
	default: value = parse_number(e);
	}
	e->depth--;
	return value;
}

static int64_t divide(Expression *e, char op, int64_t a, int64_t b)
{
	if (!b)
		return refuse(e, "division by zero");
	if (b == -1) /* INT64_MIN / -1 */
		return op == '/' ? (int64_t)-(uint64_t)a : 0;
	return op == '/' ? a / b : a % b;
}

static int64_t parse_product(Expression *e)
{
	int64_t value = parse_unary(e);
	while (!e->problem && peek(e) && strchr("*/%", *e->at)) {
		char op = *e->at++;
		int64_t right = parse_unary(e);
		if (!e->problem)
			value = op == '*' ? (int64_t)((uint64_t)value * (uint64_t)right) : divide(e, op, value, right);
	}
	return value;
}

static int64_t parse_logic(Expression *e)
{
	int64_t value = parse_product(e);
	while (!e->problem && peek(e) && strchr("&|^", *e->at)) {
		char op = *e->at++;
		int64_t right = parse_product(e);
		value = op == '&' ? value & right : op == '|' ? value | right : value ^ right;
	}
	return value;
}

static int64_t parse_sum(Expression *e)
{
	int64_t value = parse_logic(e);
	while (!e->problem && peek(e) && strchr("+-", *e->at)) {
		char op = *e->at++;
		uint64_t right = (uint64_t)parse_logic(e);
		value = (int64_t)(op == '+' ? (uint64_t)value + right : (uint64_t)value - right);
	}
	return value;
}

bool expression_parse(Monitor *monitor, const char **text, int64_t *value, const char **problem)
{
	Expression e = { .monitor = monitor, .at = *text };
	*value = parse_sum(&e);
	*text = e.at;
	*problem = e.problem;
	return !e.problem;
}
