/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/activity-page.h"

#include <glib/gi18n.h>

#include "ui/graph.h"

enum { PERIOD_S = 1 };

struct _VivaActivityPage {
	AdwBin parent;
	VivaMachine *machine;
	VivaGraph *cpu, *memory, *reads, *writes;
	VivUsage last;
	gint64 last_us; /* 0: none yet */
	guint timer;	/* only while the page is seen: nobody pays for graphs he doesn't look at */
};

G_DEFINE_TYPE(VivaActivityPage, viva_activity_page, ADW_TYPE_BIN)

static void add_rate(VivaGraph *graph, guint64 bytes, double seconds)
{
	double rate = (double)bytes / seconds;
	g_autofree char *size = g_format_size((guint64)rate), *text = g_strdup_printf(_("%s/s"), size);
	viva_graph_add(graph, rate, 0, text);
}

static void add_usage(VivaActivityPage *self, const VivUsage *usage)
{
	gint64 now_us = g_get_monotonic_time();
	double seconds = (double)(now_us - self->last_us) / G_USEC_PER_SEC;
	if (self->last_us && seconds > 0) {
		double cpu = (double)(usage->cpu_time_ns - self->last.cpu_time_ns) / 1e9 / seconds;
		g_autofree char *percent = g_strdup_printf(_("%.0f %%"), 100 * cpu);
		viva_graph_add(self->cpu, cpu, usage->cpus, percent);
		add_rate(self->reads, usage->read_bytes - self->last.read_bytes, seconds);
		add_rate(self->writes, usage->written_bytes - self->last.written_bytes, seconds);
	}
	g_autofree char *resident = g_format_size_full(usage->resident_bytes, G_FORMAT_SIZE_IEC_UNITS);
	g_autofree char *all = g_format_size_full(usage->memory_bytes, G_FORMAT_SIZE_IEC_UNITS);
	g_autofree char *text = g_strdup_printf(_("%s of %s"), resident, all);
	viva_graph_add(self->memory, (double)usage->resident_bytes, (double)usage->memory_bytes, text);
	self->last = *usage;
	self->last_us = now_us;
}

static void got_usage(GObject *machine, GAsyncResult *result, gpointer data)
{
	g_autoptr(VivaActivityPage) self = data;
	VivUsage usage;
	if (viva_machine_usage_finish(VIVA_MACHINE(machine), result, &usage, NULL) && self->timer)
		add_usage(self, &usage);
}

static gboolean look(gpointer data)
{
	VivaActivityPage *self = data;
	if (viva_machine_is_on(self->machine))
		viva_machine_usage_async(self->machine, got_usage, g_object_ref(self));
	return G_SOURCE_CONTINUE;
}

static void mapped(GtkWidget *widget, gpointer data)
{
	VivaActivityPage *self = data;
	self->last_us = 0;
	self->timer = g_timeout_add_seconds(PERIOD_S, look, self);
	look(self);
}

static void unmapped(GtkWidget *widget, gpointer data)
{
	g_clear_handle_id(&((VivaActivityPage *)data)->timer, g_source_remove);
}

static void run_changed(VivaMachine *machine, GParamSpec *spec, VivaActivityPage *self)
{
	VivaGraph *graphs[] = { self->cpu, self->memory, self->reads, self->writes };
	if (viva_machine_get_run(machine) != VIVA_RUN_STARTING)
		return;
	self->last_us = 0;
	for (unsigned n = 0; n < G_N_ELEMENTS(graphs); n++)
		viva_graph_clear(graphs[n]);
}

static void viva_activity_page_dispose(GObject *object)
{
	VivaActivityPage *self = VIVA_ACTIVITY_PAGE(object);
	g_clear_handle_id(&self->timer, g_source_remove);
	g_clear_object(&self->machine);
	G_OBJECT_CLASS(viva_activity_page_parent_class)->dispose(object);
}

static void viva_activity_page_class_init(VivaActivityPageClass *class)
{
	G_OBJECT_CLASS(class)->dispose = viva_activity_page_dispose;
}

static VivaGraph *add_graph(GtkBox *box, const char *title)
{
	GtkWidget *graph = viva_graph_new(title);
	gtk_box_append(box, graph);
	return VIVA_GRAPH(graph);
}

static void viva_activity_page_init(VivaActivityPage *self)
{
	GtkWidget *scroller = gtk_scrolled_window_new(), *clamp = adw_clamp_new(), *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
	gtk_widget_set_margin_top(box, 18);
	gtk_widget_set_margin_bottom(box, 18);
	gtk_widget_set_margin_start(box, 12);
	gtk_widget_set_margin_end(box, 12);
	self->cpu = add_graph(GTK_BOX(box), _("Processor"));
	self->memory = add_graph(GTK_BOX(box), _("Memory in Use"));
	self->reads = add_graph(GTK_BOX(box), _("Disk Reads"));
	self->writes = add_graph(GTK_BOX(box), _("Disk Writes"));
	adw_clamp_set_child(ADW_CLAMP(clamp), box);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), clamp);
	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
	adw_bin_set_child(ADW_BIN(self), scroller);
}

VivaActivityPage *viva_activity_page_new(VivaMachine *machine)
{
	VivaActivityPage *self = g_object_new(VIVA_TYPE_ACTIVITY_PAGE, NULL);
	self->machine = g_object_ref(machine);
	g_signal_connect_object(machine, "notify::run", G_CALLBACK(run_changed), self, 0);
	g_signal_connect(self, "map", G_CALLBACK(mapped), self);
	g_signal_connect(self, "unmap", G_CALLBACK(unmapped), self);
	return self;
}
