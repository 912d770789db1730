/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viv.h's terminals: the "vc" character devices. Output is gathered until the front end comes to take it; one that doesn't loses
 * the oldest. */
#include "char/kind.h"
#include "char/vc.h"
#include "front/front.h"

enum { MOST_OUTPUT = 1 << 20 };

static GByteArray *take_output(Terminal *terminal)
{
	g_mutex_lock(&terminal->viv->news_lock);
	GByteArray *output = terminal->output;
	terminal->output = g_byte_array_new();
	g_mutex_unlock(&terminal->viv->news_lock);
	return output;
}

static void tell_output(void *data)
{
	Terminal *terminal = data;
	VivMachine *viv = terminal->viv;
	g_autoptr(GByteArray) output = take_output(terminal);
	if (output->len && viv->listener.terminal_output)
		viv->listener.terminal_output(viv->owner, terminal->index, output->data, output->len);
}

static void gather(void *owner, const uint8_t *bytes, unsigned size)
{
	Terminal *terminal = owner;
	g_mutex_lock(&terminal->viv->news_lock);
	bool first = !terminal->output->len;
	g_byte_array_append(terminal->output, bytes, size);
	if (terminal->output->len > MOST_OUTPUT)
		g_byte_array_remove_range(terminal->output, 0, terminal->output->len - MOST_OUTPUT);
	g_mutex_unlock(&terminal->viv->news_lock);
	if (first)
		front_tell(terminal->viv, tell_output, terminal, NULL);
}

void front_terminals_new(VivMachine *viv)
{
	const GPtrArray *all = machine_chardevs(viv->machine);
	viv->terminals = g_new0(Terminal, all->len + 1);
	for (unsigned n = 0; n < all->len; n++) {
		CharDev *dev = g_ptr_array_index(all, n);
		if (!char_vc_is(dev))
			continue;
		Terminal *terminal = &viv->terminals[viv->terminal_count];
		*terminal = (Terminal){ viv, viv->terminal_count, dev, g_byte_array_new() };
		viv->terminal_count++;
		char_vc_listen(dev, gather, terminal);
	}
}

void front_terminals_free(VivMachine *viv)
{
	for (unsigned n = 0; n < viv->terminal_count; n++)
		g_byte_array_unref(viv->terminals[n].output);
	g_free(viv->terminals);
}

void front_terminals_retell(VivMachine *viv)
{
	for (unsigned n = 0; n < viv->terminal_count; n++)
		front_tell(viv, tell_output, &viv->terminals[n], NULL);
}

const char *viv_terminal_name(const VivMachine *viv, unsigned terminal)
{
	if (terminal >= viv->terminal_count)
		return NULL;
	const CharDev *dev = viv->terminals[terminal].dev;
	return dev->id ? dev->id : dev->description;
}

typedef struct Typed {
	Terminal *terminal;
	GBytes *bytes;
} Typed;

static void typed_free(void *data)
{
	Typed *typed = data;
	g_bytes_unref(typed->bytes);
	g_free(typed);
}

static void type(void *data)
{
	const Typed *typed = data;
	gsize size;
	const uint8_t *bytes = g_bytes_get_data(typed->bytes, &size);
	char_vc_type(typed->terminal->dev, bytes, (unsigned)size);
}

void viv_terminal_write(VivMachine *viv, unsigned terminal, const uint8_t *bytes, size_t size)
{
	if (terminal >= viv->terminal_count)
		return;
	Typed *typed = g_new(Typed, 1);
	*typed = (Typed){ &viv->terminals[terminal], g_bytes_new(bytes, size) };
	front_order(viv, type, typed, typed_free);
}
