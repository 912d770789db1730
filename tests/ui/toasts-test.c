/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages at the bottom of a window: which waits, which gives way, and who is told how one ended. */
#include <locale.h>
#include <string.h>

#include "names.h"
#include "ui/toasts.h"

enum { PATIENCE_S = 60 };

typedef struct Answer {
	unsigned pressed, gone, destroyed;
} Answer;

typedef struct Fixture {
	GtkWidget *window;
	VivaToasts *toasts;
} Fixture;

static void on_answer(gpointer data, bool pressed)
{
	Answer *answer = data;
	answer->pressed += pressed;
	answer->gone += !pressed;
	g_assert_cmpuint(answer->destroyed, ==, 0);
}

static void on_destroy(gpointer data)
{
	((Answer *)data)->destroyed++;
}

static GtkWidget *part(Fixture *fixture, const char *name)
{
	return GTK_WIDGET(gtk_widget_get_template_child(GTK_WIDGET(fixture->toasts), VIVA_TYPE_TOASTS, name));
}

static bool says(Fixture *fixture, gconstpointer text)
{
	return gtk_widget_get_visible(GTK_WIDGET(fixture->toasts)) && gtk_revealer_get_child_revealed(GTK_REVEALER(part(fixture, "revealer"))) &&
	       !strcmp(gtk_label_get_text(GTK_LABEL(part(fixture, "label"))), text);
}

static bool is_silent(Fixture *fixture, gconstpointer data)
{
	return !gtk_widget_get_visible(GTK_WIDGET(fixture->toasts));
}

static gboolean wake(gpointer data)
{
	return G_SOURCE_CONTINUE;
}

static bool wait_for(Fixture *fixture, bool (*condition)(Fixture *fixture, gconstpointer data), gconstpointer data)
{
	gint64 end = g_get_monotonic_time() + PATIENCE_S * G_USEC_PER_SEC;
	guint timer = g_timeout_add(20, wake, NULL);
	bool holds;
	while (!(holds = condition(fixture, data)) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
	return holds;
}

static void offer(Fixture *fixture, const char *text, Answer *answer)
{
	*answer = (Answer){ 0 };
	viva_toasts_offer(fixture->toasts, text, "_Undo", on_answer, answer, on_destroy);
}

static void press(Fixture *fixture)
{
	g_signal_emit_by_name(part(fixture, "button"), "clicked");
}

/* ---- the tests ---- */

static void test_tell(Fixture *fixture, gconstpointer data)
{
	viva_toasts_tell(fixture->toasts, "One & <two>");
	g_assert_true(wait_for(fixture, says, "One & <two>"));
	g_assert_false(gtk_widget_get_visible(part(fixture, "button")));
	names_check(fixture->window);
	g_assert_true(wait_for(fixture, is_silent, NULL));
}

/* Long before the first one's time is over, and in the order they came. */
static void test_next(Fixture *fixture, gconstpointer data)
{
	viva_toasts_tell(fixture->toasts, "One");
	g_assert_true(wait_for(fixture, says, "One"));
	viva_toasts_tell(fixture->toasts, "Two");
	viva_toasts_tell(fixture->toasts, "Three");
	g_assert_true(wait_for(fixture, says, "Two"));
	g_assert_true(wait_for(fixture, says, "Three"));
	g_assert_true(wait_for(fixture, is_silent, NULL));
}

static void test_press(Fixture *fixture, gconstpointer data)
{
	Answer answer;
	offer(fixture, "Gone", &answer);
	g_assert_true(wait_for(fixture, says, "Gone"));
	g_assert_true(gtk_widget_get_visible(part(fixture, "button")));
	names_check(fixture->window);
	press(fixture);
	press(fixture);
	g_assert_true(wait_for(fixture, is_silent, NULL));
	g_assert_cmpuint(answer.pressed, ==, 1);
	g_assert_cmpuint(answer.gone, ==, 0);
	g_assert_cmpuint(answer.destroyed, ==, 1);
}

static void test_offer_stays(Fixture *fixture, gconstpointer data)
{
	Answer answer;
	offer(fixture, "Gone", &answer);
	g_assert_true(wait_for(fixture, says, "Gone"));
	viva_toasts_tell(fixture->toasts, "News");
	g_assert_cmpuint(answer.gone, ==, 0);
	press(fixture);
	g_assert_cmpuint(answer.pressed, ==, 1);
	g_assert_true(wait_for(fixture, says, "News"));
	g_assert_true(wait_for(fixture, is_silent, NULL));
}

static void test_offer_gives_way(Fixture *fixture, gconstpointer data)
{
	Answer first, second;
	offer(fixture, "First", &first);
	g_assert_true(wait_for(fixture, says, "First"));
	offer(fixture, "Second", &second);
	g_assert_cmpuint(first.gone, ==, 1);
	g_assert_true(wait_for(fixture, says, "Second"));
	g_assert_true(wait_for(fixture, is_silent, NULL));
	g_assert_cmpuint(second.gone, ==, 1);
	g_assert_cmpuint(second.destroyed, ==, 1);
}

static void test_close(Fixture *fixture, gconstpointer data)
{
	Answer shown, waiting;
	offer(fixture, "Shown", &shown);
	g_assert_true(wait_for(fixture, says, "Shown"));
	viva_toasts_tell(fixture->toasts, "News");
	waiting = (Answer){ 0 };
	g_assert_cmpuint(shown.gone, ==, 0);
	offer(fixture, "Waiting", &waiting);
	gtk_window_destroy(GTK_WINDOW(g_steal_pointer(&fixture->window)));
	g_assert_cmpuint(shown.destroyed + waiting.destroyed, ==, 2);
	g_assert_cmpuint(waiting.pressed + waiting.gone, ==, 0);
}

/* ---- */

static void set_up(Fixture *fixture, gconstpointer data)
{
	GtkWidget *overlay = gtk_overlay_new();
	fixture->window = gtk_window_new();
	fixture->toasts = g_object_new(VIVA_TYPE_TOASTS, NULL);
	gtk_overlay_set_child(GTK_OVERLAY(overlay), gtk_label_new("The window"));
	gtk_overlay_add_overlay(GTK_OVERLAY(overlay), GTK_WIDGET(fixture->toasts));
	gtk_window_set_default_size(GTK_WINDOW(fixture->window), 480, 320);
	gtk_window_set_child(GTK_WINDOW(fixture->window), overlay);
	gtk_window_present(GTK_WINDOW(fixture->window));
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	if (fixture->window)
		gtk_window_destroy(GTK_WINDOW(fixture->window));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(Fixture *fixture, gconstpointer data);
	} tests[] = {
		{ "tell", test_tell }, { "next", test_next }, { "press", test_press }, { "offer-stays", test_offer_stays },
		{ "offer-gives-way", test_offer_gives_way }, { "close", test_close },
	};
	setlocale(LC_ALL, "");
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	adw_init();
	for (unsigned n = 0; n < G_N_ELEMENTS(tests); n++) {
		g_autofree char *path = g_strconcat("/toasts/", tests[n].name, NULL);
		g_test_add(path, Fixture, NULL, set_up, tests[n].run, tear_down);
	}
	return g_test_run();
}
