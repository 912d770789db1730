/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/serial-page.h"

#include <glib/gi18n.h>
#include <vte/vte.h>

enum { MOST_TERMINALS = 8, SCROLLBACK_LINES = 10000 };

struct _VivaSerialPage {
	AdwBin parent;
	VivaMachine *machine;
	GtkStack *stack;    /* "none", or "0", "1" ... */
	GtkWidget *switcher;
	VteTerminal *terminals[MOST_TERMINALS]; /* NULL: not there */
};

G_DEFINE_TYPE(VivaSerialPage, viva_serial_page, ADW_TYPE_BIN)

/* ---- a terminal ---- */

static void typed(VteTerminal *terminal, const char *text, guint size, VivaSerialPage *self)
{
	VivMachine *machine = viva_machine_get_engine(self->machine);
	for (unsigned n = 0; machine && n < MOST_TERMINALS; n++)
		if (self->terminals[n] == terminal)
			viv_terminal_write(machine, n, (const uint8_t *)text, size);
}

static void copy(GtkWidget *widget, const char *name, GVariant *parameter)
{
	vte_terminal_copy_clipboard_format(VTE_TERMINAL(widget), VTE_FORMAT_TEXT);
}

static gboolean copy_or_paste(GtkWidget *widget, GVariant *what, gpointer data)
{
	if (g_variant_get_boolean(what))
		copy(widget, NULL, NULL);
	else
		vte_terminal_paste_clipboard(VTE_TERMINAL(widget));
	return TRUE;
}

/* As in every terminal: Ctrl+C is the guest's. */
static void add_shortcuts(GtkWidget *terminal)
{
	GtkEventController *controller = gtk_shortcut_controller_new();
	static const struct {
		const char *trigger;
		bool copies;
	} shortcuts[] = { { "<Control><Shift>c", true }, { "<Control><Shift>v", false } };
	for (unsigned n = 0; n < G_N_ELEMENTS(shortcuts); n++) {
		GtkShortcut *shortcut = gtk_shortcut_new(
			gtk_shortcut_trigger_parse_string(shortcuts[n].trigger), gtk_callback_action_new(copy_or_paste, NULL, NULL));
		gtk_shortcut_set_arguments(shortcut, g_variant_new_boolean(shortcuts[n].copies));
		gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(controller), shortcut);
	}
	gtk_event_controller_set_propagation_phase(controller, GTK_PHASE_CAPTURE);
	gtk_widget_add_controller(terminal, controller);
}

static void add_terminal(VivaSerialPage *self, unsigned index, const char *name)
{
	g_autofree char *id = g_strdup_printf("%u", index), *label = g_strdup_printf(_("Terminal of %s"), name);
	GtkWidget *terminal = vte_terminal_new(), *scroller = gtk_scrolled_window_new();
	vte_terminal_set_scrollback_lines(VTE_TERMINAL(terminal), SCROLLBACK_LINES);
	vte_terminal_set_scroll_on_keystroke(VTE_TERMINAL(terminal), TRUE);
	gtk_accessible_update_property(GTK_ACCESSIBLE(terminal), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
	g_signal_connect(terminal, "commit", G_CALLBACK(typed), self);
	add_shortcuts(terminal);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), terminal);
	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_EXTERNAL, GTK_POLICY_AUTOMATIC);
	gtk_stack_add_titled(self->stack, scroller, id, name);
	self->terminals[index] = VTE_TERMINAL(terminal);
}

static void remove_terminals(VivaSerialPage *self)
{
	for (unsigned n = 0; n < MOST_TERMINALS; n++) {
		g_autofree char *id = g_strdup_printf("%u", n);
		if (g_steal_pointer(&self->terminals[n]))
			gtk_stack_remove(self->stack, gtk_stack_get_child_by_name(self->stack, id));
	}
}

/* ---- the machine ---- */

static void run_changed(VivaMachine *machine, GParamSpec *spec, VivaSerialPage *self)
{
	VivMachine *engine = viva_machine_get_engine(machine);
	if (viva_machine_get_run(machine) == VIVA_RUN_STARTING)
		remove_terminals(self); /* until then the last output can be read */
	if (!engine || self->terminals[0])
		return;
	unsigned count = 0;
	const char *name;
	while (count < MOST_TERMINALS && (name = viv_terminal_name(engine, count)))
		add_terminal(self, count++, name);
	gtk_widget_set_visible(self->switcher, count > 1);
	gtk_stack_set_visible_child_name(self->stack, count ? "0" : "none");
}

static void output(VivaMachine *machine, unsigned terminal, GBytes *bytes, VivaSerialPage *self)
{
	gsize size;
	const char *text = g_bytes_get_data(bytes, &size);
	if (terminal < MOST_TERMINALS && self->terminals[terminal])
		vte_terminal_feed(self->terminals[terminal], text, (gssize)size);
}

/* ---- the object ---- */

static void viva_serial_page_dispose(GObject *object)
{
	g_clear_object(&VIVA_SERIAL_PAGE(object)->machine);
	G_OBJECT_CLASS(viva_serial_page_parent_class)->dispose(object);
}

static void viva_serial_page_class_init(VivaSerialPageClass *class)
{
	G_OBJECT_CLASS(class)->dispose = viva_serial_page_dispose;
}

static void viva_serial_page_init(VivaSerialPage *self)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *none = adw_status_page_new();
	self->stack = GTK_STACK(gtk_stack_new());
	gtk_widget_set_vexpand(GTK_WIDGET(self->stack), TRUE);
	self->switcher = gtk_stack_switcher_new();
	gtk_stack_switcher_set_stack(GTK_STACK_SWITCHER(self->switcher), self->stack);
	gtk_widget_set_halign(self->switcher, GTK_ALIGN_CENTER);
	gtk_widget_set_margin_top(self->switcher, 6);
	gtk_widget_set_margin_bottom(self->switcher, 6);
	gtk_widget_hide(self->switcher);
	adw_status_page_set_title(ADW_STATUS_PAGE(none), _("No Serial Terminal"));
	adw_status_page_set_description(
		ADW_STATUS_PAGE(none), _("A running machine’s serial ports appear here, those that are connected with a terminal (“vc”)."));
	adw_status_page_set_icon_name(ADW_STATUS_PAGE(none), "utilities-terminal-symbolic");
	gtk_stack_add_named(self->stack, none, "none");
	gtk_box_append(GTK_BOX(box), self->switcher);
	gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->stack));
	adw_bin_set_child(ADW_BIN(self), box);
}

VivaSerialPage *viva_serial_page_new(VivaMachine *machine)
{
	VivaSerialPage *self = g_object_new(VIVA_TYPE_SERIAL_PAGE, NULL);
	self->machine = g_object_ref(machine);
	g_signal_connect_object(machine, "notify::run", G_CALLBACK(run_changed), self, 0);
	g_signal_connect_object(machine, "terminal-output", G_CALLBACK(output), self, 0);
	run_changed(machine, NULL, self);
	return self;
}
