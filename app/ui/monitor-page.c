/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/monitor-page.h"

#include <glib/gi18n.h>
#include <string.h>

enum { MOST_HISTORY = 200, MOST_OUTPUT = 2 << 20, AT_A_TIME = 1 << 15 }; /* lines; characters, bytes */

struct _VivaMonitorPage {
	AdwBin parent;
	VivaMachine *machine;
	GPtrArray *history; /* char *, the newest last */
	guint history_at;   /* history->len: the line that is being written */
	char *draft;
	bool leafing;	    /* the entry's text is set by us */
	GString *coming;    /* what isn't in the output yet */
	guint arriving;	    /* idle; 0: nothing is coming */

	GtkSearchBar *search_bar;
	GtkEditable *search_entry;
	GtkWidget *search_button, *paned, *panes;
	GtkTextView *output_view, *registers_view, *code_view, *memory_view;
	GtkEditable *address_entry, *entry;
	GtkLabel *words_label;
};

G_DEFINE_TYPE(VivaMonitorPage, viva_monitor_page, ADW_TYPE_BIN)

GtkTextBuffer *viva_monitor_page_get_output(VivaMonitorPage *self)
{
	return gtk_text_view_get_buffer(self->output_view);
}

GtkEditable *viva_monitor_page_get_entry(VivaMonitorPage *self)
{
	return self->entry;
}

/* ---- output ---- */

/* What is longest ago goes, and it is said. */
static void drop_oldest(VivaMonitorPage *self)
{
	GtkTextBuffer *buffer = viva_monitor_page_get_output(self);
	GtkTextIter start, end;
	int excess = gtk_text_buffer_get_char_count(buffer) - MOST_OUTPUT;
	if (excess <= 0)
		return;
	gtk_text_buffer_get_start_iter(buffer, &start);
	gtk_text_buffer_get_iter_at_offset(buffer, &end, excess + MOST_OUTPUT / 8); /* not with every line */
	gtk_text_iter_forward_line(&end);
	gtk_text_buffer_delete(buffer, &start, &end);
	gtk_text_buffer_insert(buffer, &start, _("(What was here before has been removed.)"), -1);
	gtk_text_buffer_insert(buffer, &start, "\n", 1);
}

/* As much as goes without holding up the main loop. */
static void take_some(VivaMonitorPage *self)
{
	GtkTextBuffer *buffer = viva_monitor_page_get_output(self);
	GtkTextIter end;
	gsize size = MIN(self->coming->len, AT_A_TIME);
	while (size < self->coming->len && (self->coming->str[size] & 0xc0) == 0x80)
		size++; /* letters stay whole */
	gtk_text_buffer_get_end_iter(buffer, &end);
	gtk_text_buffer_insert(buffer, &end, self->coming->str, (int)size);
	g_string_erase(self->coming, 0, (gssize)size);
	drop_oldest(self);
	gtk_text_buffer_get_end_iter(buffer, &end);
	gtk_text_buffer_place_cursor(buffer, &end);
	gtk_text_view_scroll_mark_onscreen(self->output_view, gtk_text_buffer_get_insert(buffer));
}

static gboolean take_more(gpointer data)
{
	VivaMonitorPage *self = data;
	take_some(self);
	if (self->coming->len)
		return G_SOURCE_CONTINUE;
	self->arriving = 0;
	return G_SOURCE_REMOVE;
}

static void append(VivaMonitorPage *self, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_string_append(self->coming, valid);
	if (self->arriving)
		return;
	take_some(self);
	if (self->coming->len)
		self->arriving = g_idle_add(take_more, self);
}

static void copy_output(VivaMonitorPage *self)
{
	GtkTextBuffer *buffer = viva_monitor_page_get_output(self);
	GtkTextIter start, end;
	if (!gtk_text_buffer_get_selection_bounds(buffer, &start, &end))
		gtk_text_buffer_get_bounds(buffer, &start, &end);
	g_autofree char *text = gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
	gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(self)), text);
}

static void clear_output(VivaMonitorPage *self)
{
	g_string_truncate(self->coming, 0);
	gtk_text_buffer_set_text(viva_monitor_page_get_output(self), "", 0);
}

/* ---- search ---- */

static void search(VivaMonitorPage *self, bool forward, bool from_selection)
{
	GtkTextBuffer *buffer = viva_monitor_page_get_output(self);
	const char *text = gtk_editable_get_text(self->search_entry);
	const GtkTextSearchFlags flags = GTK_TEXT_SEARCH_CASE_INSENSITIVE | GTK_TEXT_SEARCH_VISIBLE_ONLY;
	GtkTextIter start, end, from, found, found_end;
	if (!*text)
		return;
	gtk_text_buffer_get_selection_bounds(buffer, &start, &end);
	from = forward == from_selection ? end : start;
	bool hit = forward ? gtk_text_iter_forward_search(&from, text, flags, &found, &found_end, NULL)
			   : gtk_text_iter_backward_search(&from, text, flags, &found, &found_end, NULL);
	if (!hit) { /* round again */
		gtk_text_buffer_get_bounds(buffer, &start, &end);
		hit = forward ? gtk_text_iter_forward_search(&start, text, flags, &found, &found_end, NULL)
			      : gtk_text_iter_backward_search(&end, text, flags, &found, &found_end, NULL);
	}
	if (hit) {
		gtk_text_buffer_select_range(buffer, &found, &found_end);
		gtk_text_view_scroll_to_iter(self->output_view, &found, 0.1, FALSE, 0, 0);
	}
	if (hit)
		gtk_widget_remove_css_class(GTK_WIDGET(self->search_entry), "error");
	else
		gtk_widget_add_css_class(GTK_WIDGET(self->search_entry), "error");
}

void viva_monitor_page_search(VivaMonitorPage *self)
{
	gtk_search_bar_set_search_mode(self->search_bar, TRUE);
	gtk_widget_grab_focus(GTK_WIDGET(self->search_entry));
}

static void search_changed(VivaMonitorPage *self) { search(self, true, false); }
static void search_next(VivaMonitorPage *self) { search(self, true, true); }

static void search_previous(VivaMonitorPage *self)
{
	GtkTextBuffer *buffer = viva_monitor_page_get_output(self);
	GtkTextIter start, end;
	gtk_text_buffer_get_selection_bounds(buffer, &start, &end);
	gtk_text_buffer_place_cursor(buffer, &start);
	search(self, false, true);
}

/* ---- panes ---- */

typedef struct Pane {
	VivaMonitorPage *page;
	GtkTextView *view;
} Pane;

static void got_pane(GObject *machine, GAsyncResult *result, gpointer data)
{
	g_autofree Pane *pane = data;
	g_autofree char *text = viva_machine_text_finish(VIVA_MACHINE(machine), result, NULL);
	if (text)
		gtk_text_buffer_set_text(gtk_text_view_get_buffer(pane->view), g_strchug(text), -1);
	g_object_unref(pane->page);
}

static void ask_pane(VivaMonitorPage *self, GtkTextView *view, const char *line)
{
	Pane *pane = g_new(Pane, 1);
	*pane = (Pane){ g_object_ref(self), view };
	viva_machine_command_async(self->machine, line, got_pane, pane);
}

static void show_memory(VivaMonitorPage *self)
{
	g_autofree char *line = g_strdup_printf("x/256xb %s", gtk_editable_get_text(self->address_entry));
	ask_pane(self, self->memory_view, line);
}

static void update_panes(VivaMonitorPage *self)
{
	bool paused = viva_machine_get_run(self->machine) == VIVA_RUN_PAUSED;
	bool seen = gtk_widget_get_mapped(GTK_WIDGET(self));
	gtk_widget_set_visible(self->panes, paused);
	if (!paused || !seen)
		return;
	ask_pane(self, self->registers_view, "info registers");
	ask_pane(self, self->code_view, "x/32i $pc");
	show_memory(self);
}

static void run_changed(VivaMachine *machine, GParamSpec *spec, VivaMonitorPage *self)
{
	update_panes(self);
	gtk_widget_set_sensitive(GTK_WIDGET(self->entry), viva_machine_is_on(machine));
}

static void mapped(GtkWidget *widget, VivaMonitorPage *self)
{
	update_panes(self);
}

/* ---- the command line ---- */

static void got_answer(GObject *machine, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaMonitorPage) self = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = viva_machine_text_finish(VIVA_MACHINE(machine), result, &error);
	append(self, text ? text : error->message);
	if (!text)
		append(self, "\n");
	update_panes(self);
}

void viva_monitor_page_run(VivaMonitorPage *self, const char *line)
{
	g_autofree char *echo = g_strdup_printf("(viv) %s\n", line);
	append(self, echo);
	if (*line && (!self->history->len || strcmp(g_ptr_array_index(self->history, self->history->len - 1), line)))
		g_ptr_array_add(self->history, g_strdup(line));
	if (self->history->len > MOST_HISTORY)
		g_ptr_array_remove_index(self->history, 0);
	self->history_at = self->history->len;
	viva_machine_command_async(self->machine, line, got_answer, g_object_ref(self));
}

static void entry_activated(VivaMonitorPage *self)
{
	g_autofree char *line = g_strdup(gtk_editable_get_text(self->entry));
	gtk_editable_set_text(self->entry, "");
	viva_monitor_page_run(self, line);
}

static void set_line(VivaMonitorPage *self, const char *line)
{
	self->leafing = true;
	gtk_editable_set_text(self->entry, line);
	gtk_editable_set_position(self->entry, -1);
	self->leafing = false;
}

static void entry_changed(VivaMonitorPage *self)
{
	gtk_widget_hide(GTK_WIDGET(self->words_label));
	if (!self->leafing)
		self->history_at = self->history->len;
}

static void leaf(VivaMonitorPage *self, int step)
{
	guint last = self->history->len, at = self->history_at;
	if ((step < 0 && at == 0) || (step > 0 && at >= last))
		return;
	if (at == last) {
		g_free(self->draft);
		self->draft = g_strdup(gtk_editable_get_text(self->entry));
	}
	self->history_at = step < 0 ? at - 1 : at + 1;
	set_line(self, self->history_at == last ? self->draft : g_ptr_array_index(self->history, self->history_at));
}

static size_t common_prefix(char **words)
{
	size_t length = strlen(words[0]);
	for (char **word = words + 1; *word; word++) {
		size_t same = 0;
		while (same < length && (*word)[same] == words[0][same])
			same++;
		length = same;
	}
	return length;
}

static void got_words(GObject *machine, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaMonitorPage) self = data;
	g_auto(GStrv) words = viva_machine_complete_finish(VIVA_MACHINE(machine), result, NULL);
	if (!words || !words[0])
		return;
	const char *line = gtk_editable_get_text(self->entry), *blank = strrchr(line, ' ');
	const char *typed = blank ? blank + 1 : line;
	size_t common = common_prefix(words);
	/* What was typed since is another line's. */
	if (common >= strlen(typed) && g_str_has_prefix(words[0], typed)) {
		g_autofree char *longer = g_strdup_printf("%.*s%.*s%s", (int)(typed - line), line, (int)common, words[0], words[1] ? "" : " ");
		if (strcmp(longer, line))
			set_line(self, longer);
	}
	if (words[1]) {
		g_autofree char *list = g_strjoinv("  ", words);
		gtk_label_set_text(self->words_label, list);
		gtk_widget_show(GTK_WIDGET(self->words_label));
	}
}

static gboolean key_pressed(GtkEventControllerKey *controller, guint keyval, guint keycode, GdkModifierType state, VivaMonitorPage *self)
{
	switch (keyval) {
	case GDK_KEY_Up: leaf(self, -1); return TRUE;
	case GDK_KEY_Down: leaf(self, 1); return TRUE;
	case GDK_KEY_Tab:
		/* An empty line has nothing to complete: the key moves the focus as everywhere. */
		if (!*gtk_editable_get_text(self->entry))
			return FALSE;
		viva_machine_complete_async(self->machine, gtk_editable_get_text(self->entry), got_words, g_object_ref(self));
		return TRUE;
	default: return FALSE;
	}
}

/* ---- the object ---- */

static void viva_monitor_page_dispose(GObject *object)
{
	VivaMonitorPage *self = VIVA_MONITOR_PAGE(object);
	g_clear_object(&self->machine);
	g_clear_handle_id(&self->arriving, g_source_remove);
	G_OBJECT_CLASS(viva_monitor_page_parent_class)->dispose(object);
}

static void viva_monitor_page_finalize(GObject *object)
{
	VivaMonitorPage *self = VIVA_MONITOR_PAGE(object);
	g_ptr_array_unref(self->history);
	g_string_free(self->coming, TRUE);
	g_free(self->draft);
	G_OBJECT_CLASS(viva_monitor_page_parent_class)->finalize(object);
}

static void viva_monitor_page_class_init(VivaMonitorPageClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->dispose = viva_monitor_page_dispose;
	G_OBJECT_CLASS(class)->finalize = viva_monitor_page_finalize;
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/monitor-page.ui");
#define CHILD(name) gtk_widget_class_bind_template_child(widget_class, VivaMonitorPage, name)
	CHILD(search_bar);
	CHILD(search_entry);
	CHILD(search_button);
	CHILD(paned);
	CHILD(panes);
	CHILD(output_view);
	CHILD(registers_view);
	CHILD(code_view);
	CHILD(memory_view);
	CHILD(address_entry);
	CHILD(entry);
	CHILD(words_label);
#undef CHILD
#define HANDLER(name) gtk_widget_class_bind_template_callback(widget_class, name)
	HANDLER(search_changed);
	HANDLER(search_next);
	HANDLER(search_previous);
	HANDLER(show_memory);
	HANDLER(entry_activated);
	HANDLER(entry_changed);
	HANDLER(copy_output);
	HANDLER(clear_output);
#undef HANDLER
}

/* Not in the template: GTK 4.8 keeps the labels that come with it. */
static void name_panes(VivaMonitorPage *self)
{
	GtkNotebook *notebook = GTK_NOTEBOOK(self->panes);
	const char *const names[] = { _("Registers"), _("Code"), _("Memory") };
	for (int n = 0; n < (int)G_N_ELEMENTS(names); n++)
		gtk_notebook_set_tab_label_text(notebook, gtk_notebook_get_nth_page(notebook, n), names[n]);
}

static void viva_monitor_page_init(VivaMonitorPage *self)
{
	self->history = g_ptr_array_new_with_free_func(g_free);
	self->coming = g_string_new(NULL);
	gtk_widget_init_template(GTK_WIDGET(self));
	name_panes(self);
	gtk_search_bar_connect_entry(self->search_bar, self->search_entry);
	GtkEventController *keys = gtk_event_controller_key_new();
	gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
	g_signal_connect(keys, "key-pressed", G_CALLBACK(key_pressed), self);
	gtk_widget_add_controller(GTK_WIDGET(self->entry), keys);
}

VivaMonitorPage *viva_monitor_page_new(VivaMachine *machine)
{
	VivaMonitorPage *self = g_object_new(VIVA_TYPE_MONITOR_PAGE, NULL);
	self->machine = g_object_ref(machine);
	g_signal_connect_object(machine, "notify::run", G_CALLBACK(run_changed), self, 0);
	g_signal_connect(self, "map", G_CALLBACK(mapped), self);
	run_changed(machine, NULL, self);
	return self;
}
