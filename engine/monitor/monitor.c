/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The monitor's terminal: a line editor with history and completion on a character device. */
#include <string.h>

#include "base/version.h"
#include "monitor/command.h"

enum { LONGEST_LINE = 4096, MOST_HISTORY = 64, MOST_PENDING = 16 << 20, RETRY_MS = 50 };
static const char prompt[] = "(viv) ";

/* ---- output ---- */

static gboolean retry(gpointer data);

/* What the other side can't take is tried again a little later. */
static void flush(Monitor *monitor)
{
	unsigned taken = monitor->chardev && monitor->pending->len ? chardev_write(monitor->chardev, monitor->pending->data, monitor->pending->len) : 0;
	if (taken)
		g_byte_array_remove_range(monitor->pending, 0, taken);
	if (!monitor->chardev || !monitor->pending->len || monitor->retry)
		return;
	monitor->retry = g_timeout_source_new(RETRY_MS);
	g_source_set_callback(monitor->retry, retry, monitor, NULL);
	g_source_attach(monitor->retry, machine_context(monitor->machine));
}

static gboolean retry(gpointer data)
{
	Monitor *monitor = data;
	Machine *machine = monitor->machine;
	machine_lock(machine);
	g_clear_pointer(&monitor->retry, g_source_unref);
	flush(monitor);
	machine_unlock(machine);
	return G_SOURCE_REMOVE;
}

static void put(Monitor *monitor, const char *text)
{
	for (; *text && monitor->pending->len < MOST_PENDING; text++) {
		if (*text == '\n')
			g_byte_array_append(monitor->pending, (const guint8 *)"\r", 1);
		g_byte_array_append(monitor->pending, (const guint8 *)text, 1);
	}
	flush(monitor);
}

/* The whole line anew; the cursor ends in its place. */
static void redraw(Monitor *monitor)
{
	g_autoptr(GString) text = g_string_new("\r");
	g_string_append_printf(text, "%s%s\x1b[K", prompt, monitor->line->str);
	if (monitor->cursor < monitor->line->len)
		g_string_append_printf(text, "\x1b[%uD", (unsigned)(monitor->line->len - monitor->cursor));
	put(monitor, text->str);
}

/* ---- editing ---- */

static void set_line(Monitor *monitor, const char *text)
{
	g_string_assign(monitor->line, text);
	monitor->cursor = monitor->line->len;
}

static void leaf(Monitor *monitor, int step)
{
	unsigned last = monitor->history->len, at = monitor->history_at;
	if ((step < 0 && at == 0) || (step > 0 && at == last))
		return;
	if (at == last)
		g_string_assign(monitor->draft, monitor->line->str);
	monitor->history_at = at = step < 0 ? at - 1 : at + 1;
	set_line(monitor, at == last ? monitor->draft->str : g_ptr_array_index(monitor->history, at));
}

static void remember(Monitor *monitor)
{
	const GPtrArray *history = monitor->history;
	if (monitor->line->len && (!history->len || strcmp(g_ptr_array_index(history, history->len - 1), monitor->line->str)))
		g_ptr_array_add(monitor->history, g_strdup(monitor->line->str));
	if (history->len > MOST_HISTORY)
		g_ptr_array_remove_index(monitor->history, 0);
	monitor->history_at = history->len;
}

static void enter(Monitor *monitor)
{
	put(monitor, "\n");
	remember(monitor);
	g_autofree char *line = g_strdup(monitor->line->str);
	set_line(monitor, "");
	g_string_truncate(monitor->out, 0);
	command_run_line(monitor, line);
	put(monitor, monitor->out->str);
	if (!monitor->closing)
		redraw(monitor);
}

static size_t common_prefix(const GPtrArray *words)
{
	const char *first = g_ptr_array_index(words, 0);
	size_t length = strlen(first);
	for (unsigned n = 1; n < words->len; n++) {
		const char *word = g_ptr_array_index(words, n);
		size_t same = 0;
		while (same < length && word[same] == first[same])
			same++;
		length = same;
	}
	return length;
}

static void list_words(Monitor *monitor, const GPtrArray *words)
{
	put(monitor, "\n");
	for (unsigned n = 0; n < words->len; n++) {
		put(monitor, g_ptr_array_index(words, n));
		put(monitor, n + 1 == words->len ? "\n" : "  ");
	}
}

static void complete(Monitor *monitor)
{
	g_autofree char *before = g_strndup(monitor->line->str, monitor->cursor);
	g_autoptr(GPtrArray) words = command_complete(monitor, before);
	const char *blank = strrchr(before, ' ');
	size_t typed = strlen(blank ? blank + 1 : before);
	if (!words->len)
		return;
	size_t length = common_prefix(words);
	if (length > typed || words->len == 1) {
		const char *first = g_ptr_array_index(words, 0);
		bool whole = words->len == 1 && !g_str_has_suffix(first, "/");
		g_autofree char *more = g_strdup_printf("%.*s%s", (int)(length - typed), first + typed, whole ? " " : "");
		g_string_insert(monitor->line, (gssize)monitor->cursor, more);
		monitor->cursor += strlen(more);
	} else {
		list_words(monitor, words);
	}
}

static void erase(Monitor *monitor, size_t from, size_t to)
{
	g_string_erase(monitor->line, (gssize)from, (gssize)(to - from));
	monitor->cursor = from;
}

static size_t word_start(const Monitor *monitor)
{
	size_t at = monitor->cursor;
	while (at && monitor->line->str[at - 1] == ' ')
		at--;
	while (at && monitor->line->str[at - 1] != ' ')
		at--;
	return at;
}

/* The end of "ESC [ n letter" and "ESC O letter". */
static void escape_end(Monitor *monitor, char c)
{
	size_t length = monitor->line->len;
	if (c == '~') /* VT's numbers: 1 and 7 Home, 3 Delete, 4 and 8 End */
		c = "?H?XF??HF"[MIN(monitor->parameter, 8)];
	switch (c) {
	case 'A': leaf(monitor, -1); break;
	case 'B': leaf(monitor, 1); break;
	case 'C': monitor->cursor = MIN(monitor->cursor + 1, length); break;
	case 'D': monitor->cursor -= monitor->cursor > 0; break;
	case 'H': monitor->cursor = 0; break;
	case 'F': monitor->cursor = length; break;
	case 'X':
		if (monitor->cursor < length)
			erase(monitor, monitor->cursor, monitor->cursor + 1);
		break;
	default: break;
	}
}

static void escape(Monitor *monitor, char c)
{
	if (monitor->escape == 1) {
		monitor->escape = c == '[' || c == 'O' ? 2 : 0;
		monitor->parameter = 0;
		return;
	}
	if (g_ascii_isdigit(c)) {
		monitor->parameter = MIN(monitor->parameter * 10 + (unsigned)(c - '0'), 1000);
		return;
	}
	monitor->escape = 0;
	escape_end(monitor, c);
	return;
}

static void insert(Monitor *monitor, char c)
{
	if ((unsigned char)c < 0x20 || monitor->line->len >= LONGEST_LINE)
		return;
	g_string_insert_c(monitor->line, (gssize)monitor->cursor++, c);
}

enum { CTRL_A = 1, CTRL_B = 2, CTRL_D = 4, CTRL_E = 5, CTRL_F = 6, BACKSPACE = 8, TAB = 9, CTRL_K = 11, CTRL_N = 14, CTRL_P = 16, CTRL_U = 21,
       CTRL_W = 23, ESCAPE = 27, DELETE = 127 };

static void type(Monitor *monitor, char c)
{
	size_t length = monitor->line->len;
	if (monitor->escape) {
		escape(monitor, c);
		redraw(monitor);
		return;
	}
	switch ((unsigned char)c) {
	case '\r': case '\n': enter(monitor); return;
	case ESCAPE: monitor->escape = 1; return;
	case CTRL_A: monitor->cursor = 0; break;
	case CTRL_E: monitor->cursor = length; break;
	case CTRL_B: monitor->cursor -= monitor->cursor > 0; break;
	case CTRL_F: monitor->cursor = MIN(monitor->cursor + 1, length); break;
	case CTRL_P: leaf(monitor, -1); break;
	case CTRL_N: leaf(monitor, 1); break;
	case CTRL_U: erase(monitor, 0, monitor->cursor); break;
	case CTRL_K: g_string_truncate(monitor->line, monitor->cursor); break;
	case CTRL_W: erase(monitor, word_start(monitor), monitor->cursor); break;
	case CTRL_D:
		if (monitor->cursor < length)
			erase(monitor, monitor->cursor, monitor->cursor + 1);
		break;
	case BACKSPACE: case DELETE:
		if (monitor->cursor)
			erase(monitor, monitor->cursor - 1, monitor->cursor);
		break;
	case TAB: complete(monitor); break;
	default: insert(monitor, c);
	}
	redraw(monitor);
}

/* ---- the character device's client ---- */

static unsigned can_receive(void *owner)
{
	(void)owner;
	return 256;
}

static void receive(void *owner, const uint8_t *bytes, unsigned size)
{
	Monitor *monitor = owner;
	for (unsigned n = 0; n < size && !monitor->closing; n++)
		type(monitor, (char)bytes[n]);
}

static void greet(Monitor *monitor)
{
	if (!monitor->greeted) {
		g_autofree char *text = g_strdup_printf("Vivarium %s monitor - type 'help' for more information\n", viv_version());
		put(monitor, text);
	}
	monitor->greeted = true;
	redraw(monitor);
}

static void connected(void *owner, bool there)
{
	Monitor *monitor = owner;
	monitor->greeted &= there;
	monitor->connected = there;
	if (!there)
		set_line(monitor, "");
	else if (!monitor->unfocused)
		greet(monitor);
}

static void focused(void *owner, bool has)
{
	Monitor *monitor = owner;
	monitor->unfocused = !has;
	if (has && monitor->connected)
		greet(monitor);
}

static const CharClient client = { .can_receive = can_receive, .receive = receive, .event = connected, .focus = focused };

Monitor *monitor_new(Machine *machine, CharDev *chardev)
{
	Monitor *monitor = g_new0(Monitor, 1);
	monitor->machine = machine;
	monitor->chardev = chardev;
	monitor->out = g_string_new(NULL);
	monitor->line = g_string_new(NULL);
	monitor->draft = g_string_new(NULL);
	monitor->history = g_ptr_array_new_with_free_func(g_free);
	monitor->pending = g_byte_array_new();
	monitor->format = DUMP_FORMAT_FIRST;
	timer_init(&monitor->key_timer, machine->clock, "sendkey", monitor_release_keys, monitor);
	if (!chardev)
		return monitor;
	chardev_attach(chardev, &client, monitor);
	return monitor;
}

void monitor_free(Monitor *monitor)
{
	if (!monitor)
		return;
	sendkey_cancel(monitor);
	if (monitor->retry) {
		g_source_destroy(monitor->retry);
		g_source_unref(monitor->retry);
	}
	if (monitor->chardev)
		chardev_attach(monitor->chardev, NULL, monitor);
	g_string_free(monitor->out, TRUE);
	g_string_free(monitor->line, TRUE);
	g_string_free(monitor->draft, TRUE);
	g_ptr_array_unref(monitor->history);
	g_byte_array_unref(monitor->pending);
	g_free(monitor);
}

char *monitor_run(Monitor *monitor, const char *line)
{
	g_string_truncate(monitor->out, 0);
	command_run_line(monitor, line);
	return g_strdup(monitor->out->str);
}
