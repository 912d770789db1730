/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/closing.h"

#include <glib/gi18n.h>

#include "machine.h"
#include "ui/help-key.h"

typedef struct Question {
	GPtrArray *machines; /* VivaMachine */
	void (*answer)(gpointer data, bool close);
	gpointer data;
} Question;

/* Machines that go on without a window are found again in the library, when the application is started again. */
static void carry_out(GPtrArray *machines, VivaClosing closing)
{
	for (guint n = 0; n < machines->len; n++) {
		VivaMachine *machine = g_ptr_array_index(machines, n);
		VivMachine *engine = viva_machine_get_engine(machine);
		if (closing == VIVA_CLOSING_POWER_OFF)
			viva_machine_power_off(machine);
		else if (closing == VIVA_CLOSING_SHUT_DOWN && engine) {
			viv_machine_resume(engine); /* a paused guest would never hear of it */
			viv_machine_power_button(engine);
		}
	}
}

static void respond(AdwMessageDialog *dialog, const char *response, Question *question)
{
	static const struct {
		const char *response;
		VivaClosing closing;
	} responses[] = {
		{ "keep-running", VIVA_CLOSING_KEEP_RUNNING }, { "shut-down", VIVA_CLOSING_SHUT_DOWN }, { "power-off", VIVA_CLOSING_POWER_OFF },
	};
	bool close = false;
	for (guint n = 0; n < G_N_ELEMENTS(responses); n++)
		if (!g_strcmp0(responses[n].response, response)) {
			carry_out(question->machines, responses[n].closing);
			close = true;
		}
	question->answer(question->data, close);
}

static void question_free(gpointer data, GClosure *closure)
{
	Question *question = data;
	g_ptr_array_unref(question->machines);
	g_free(question);
}

static char *names_of(GPtrArray *machines)
{
	g_autoptr(GString) names = g_string_new(NULL);
	for (guint n = 0; n < machines->len; n++)
		g_string_append_printf(names, "%s%s", n ? ", " : "", viva_entry_get_title(viva_machine_get_entry(g_ptr_array_index(machines, n))));
	return g_string_free(g_steal_pointer(&names), FALSE);
}

void viva_ask_closing(GtkWindow *window, GPtrArray *machines, VivaClosing closing, void (*answer)(gpointer data, bool close), gpointer data)
{
	if (closing != VIVA_CLOSING_ASK) {
		carry_out(machines, closing);
		answer(data, true);
		return;
	}
	Question *question = g_new(Question, 1);
	*question = (Question){ g_ptr_array_ref(machines), answer, data };
	g_autofree char *names = names_of(machines);
	g_autofree char *title = g_strdup_printf(ngettext("%u Machine Is Running", "%u Machines Are Running", machines->len), machines->len);
	GtkWidget *dialog = adw_message_dialog_new(window, title, NULL);
	adw_message_dialog_format_body(ADW_MESSAGE_DIALOG(dialog),
		_("%s. It can go on without a window, be asked to shut down, or be powered off, which loses what the guest hasn’t saved."), names);
	adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "keep-running", _("_Keep Running"), "shut-down",
		_("_Shut Down"), "power-off", _("_Power Off"), NULL);
	adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "power-off", ADW_RESPONSE_DESTRUCTIVE);
	adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "keep-running");
	adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
	g_signal_connect_data(dialog, "response", G_CALLBACK(respond), question, question_free, 0);
	viva_add_help_key(dialog, "closing");
	gtk_window_present(GTK_WINDOW(dialog));
}
