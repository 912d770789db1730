/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The X server and Wayland's compositors number keys as Linux does, plus 8, the first keycode that X allows. */
#include "ui/keys.h"

#include <glib/gi18n.h>
#include <linux/input-event-codes.h>
#include <string.h>

enum { HARDWARE_OFFSET = 8 };

guint16 viva_key_from_hardware(guint keycode)
{
	return keycode > HARDWARE_OFFSET && keycode < HARDWARE_OFFSET + VIVA_KEYS ? (guint16)(keycode - HARDWARE_OFFSET) : 0;
}

/* ---- texts ---- */

static void add(GArray *events, guint key, bool down)
{
	VivKeyEvent event = { (guint16)key, down };
	g_array_append_val(events, event);
}

/* The first layout's first two levels are plain and Shift, the next two the same with AltGr. */
static bool find_key(GdkDisplay *display, gunichar character, guint *key, guint *level)
{
	GdkKeymapKey *keys;
	int count;
	guint keyval = character == '\n' ? GDK_KEY_Return : character == '\t' ? GDK_KEY_Tab : gdk_unicode_to_keyval(character);
	if (!gdk_display_map_keyval(display, keyval, &keys, &count))
		return false;
	const GdkKeymapKey *best = NULL;
	for (int n = 0; n < count; n++) {
		bool usable = keys[n].level < 4 && viva_key_from_hardware(keys[n].keycode);
		if (usable && (!best || keys[n].group < best->group || (keys[n].group == best->group && keys[n].level < best->level)))
			best = &keys[n];
	}
	if (best) {
		*key = viva_key_from_hardware(best->keycode);
		*level = (guint)best->level;
	}
	g_free(keys);
	return best != NULL;
}

GArray *viva_keys_for_text(GdkDisplay *display, const char *text, guint *unknown)
{
	GArray *events = g_array_new(FALSE, FALSE, sizeof(VivKeyEvent));
	*unknown = 0;
	for (const char *at = text; *at; at = g_utf8_next_char(at)) {
		gunichar character = g_utf8_get_char(at);
		guint key, level;
		if (character == '\r')
			continue;
		if (!find_key(display, character, &key, &level)) {
			++*unknown;
			continue;
		}
		if (level & 1)
			add(events, KEY_LEFTSHIFT, true);
		if (level & 2)
			add(events, KEY_RIGHTALT, true);
		add(events, key, true);
		add(events, key, false);
		if (level & 2)
			add(events, KEY_RIGHTALT, false);
		if (level & 1)
			add(events, KEY_LEFTSHIFT, false);
	}
	return events;
}

/* ---- chords that are sent ---- */

GArray *viva_keys_for_chord(const char *names)
{
	g_auto(GStrv) parts = g_strsplit(names, "-", -1);
	guint count = g_strv_length(parts);
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(VivKeyEvent));
	for (guint n = 0; n < count; n++) {
		guint16 key = viv_input_key_by_name(parts[n]);
		if (!key)
			return NULL;
		add(events, key, true);
	}
	for (guint n = count; n-- > 0;)
		add(events, g_array_index(events, VivKeyEvent, n).keycode, false);
	return count ? g_steal_pointer(&events) : NULL;
}

char *viva_keys_chord_label(const char *names)
{
	static const struct {
		const char *name, *label;
	} labels[] = {
		{ "ctrl", N_("Ctrl") }, { "alt", N_("Alt") }, { "shift", N_("Shift") }, { "delete", N_("Delete") }, { "backspace", N_("Backspace") },
		{ "tab", N_("Tab") }, { "esc", N_("Escape") }, { "print", N_("Print Screen") }, { "meta_l", N_("Super") }, { "ret", N_("Enter") },
		{ "pause", N_("Pause") }, { "sysrq", N_("SysRq") }, { "spc", N_("Space") }, { "insert", N_("Insert") },
	};
	g_auto(GStrv) parts = g_strsplit(names, "-", -1);
	for (char **part = parts; *part; part++) {
		char *label = g_ascii_strup(*part, -1);
		for (guint n = 0; n < G_N_ELEMENTS(labels); n++)
			if (!strcmp(labels[n].name, *part)) {
				g_free(label);
				label = g_strdup(_(labels[n].label));
			}
		g_free(*part);
		*part = label;
	}
	return g_strjoinv("+", parts);
}

/* ---- the chord that releases ---- */

static const struct {
	const char *label;
	guint16 keys[3][2]; /* either of two; 0: no more */
} chords[VIVA_N_CHORDS] = {
	[VIVA_CHORD_CTRL_ALT] = { N_("Ctrl+Alt"), { { KEY_LEFTCTRL, KEY_RIGHTCTRL }, { KEY_LEFTALT, KEY_LEFTALT } } },
	[VIVA_CHORD_CTRL_ALT_SHIFT] = { N_("Ctrl+Alt+Shift"),
		{ { KEY_LEFTCTRL, KEY_RIGHTCTRL }, { KEY_LEFTALT, KEY_LEFTALT }, { KEY_LEFTSHIFT, KEY_RIGHTSHIFT } } },
	[VIVA_CHORD_RIGHT_CTRL] = { N_("Right Ctrl"), { { KEY_RIGHTCTRL, KEY_RIGHTCTRL } } },
};

const char *viva_chord_label(VivaChord chord)
{
	return _(chords[chord].label);
}

bool viva_chord_has(VivaChord chord, guint16 key)
{
	for (guint n = 0; n < 3 && chords[chord].keys[n][0]; n++)
		if (key == chords[chord].keys[n][0] || key == chords[chord].keys[n][1])
			return true;
	return false;
}

bool viva_chord_is_down(VivaChord chord, const guint8 *is_down)
{
	for (guint n = 0; n < 3 && chords[chord].keys[n][0]; n++)
		if (!is_down[chords[chord].keys[n][0]] && !is_down[chords[chord].keys[n][1]])
			return false;
	return true;
}
