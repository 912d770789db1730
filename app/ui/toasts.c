/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/toasts.h"

enum { STAY_SECONDS = 5 };

typedef struct Message {
	char *text, *button; /* button NULL: it only tells */
	VivaToastAnswer *answer;
	gpointer data;
	GDestroyNotify destroy;
} Message;

struct _VivaToasts {
	AdwBin parent;
	GtkRevealer *revealer;
	GtkLabel *label;
	GtkButton *button;
	GtkEventController *motion, *focus;
	GQueue waiting;	  /* Message */
	Message *message; /* that is seen; NULL: none, or it is on its way out */
	guint stay;	  /* timer; 0: it stays on */
};

G_DEFINE_TYPE(VivaToasts, viva_toasts, ADW_TYPE_BIN)

static void message_free(gpointer data)
{
	Message *message = data;
	if (message->destroy)
		message->destroy(message->data);
	g_free(message->text);
	g_free(message->button);
	g_free(message);
}

/* ---- one message ---- */

static void dismiss(VivaToasts *self, bool pressed)
{
	Message *message = g_steal_pointer(&self->message);
	if (!message)
		return;
	g_clear_handle_id(&self->stay, g_source_remove);
	gtk_revealer_set_reveal_child(self->revealer, FALSE);
	if (message->answer)
		message->answer(message->data, pressed);
	message_free(message);
}

static gboolean stayed(gpointer data)
{
	VivaToasts *self = data;
	self->stay = 0;
	dismiss(self, false);
	return G_SOURCE_REMOVE;
}

/* Who reads it, or is about to press its button, has his time. */
static void attended(VivaToasts *self)
{
	bool is_attended = gtk_event_controller_motion_contains_pointer(GTK_EVENT_CONTROLLER_MOTION(self->motion)) ||
			   gtk_event_controller_focus_contains_focus(GTK_EVENT_CONTROLLER_FOCUS(self->focus));
	g_clear_handle_id(&self->stay, g_source_remove);
	if (self->message && !is_attended)
		self->stay = g_timeout_add_seconds(STAY_SECONDS, stayed, self);
}

static void show_next(VivaToasts *self)
{
	self->message = g_queue_pop_head(&self->waiting);
	gtk_widget_set_visible(GTK_WIDGET(self), self->message != NULL);
	if (!self->message)
		return;
	gtk_label_set_text(self->label, self->message->text);
	gtk_button_set_label(self->button, self->message->button ? self->message->button : "");
	gtk_widget_set_visible(GTK_WIDGET(self->button), self->message->button != NULL);
	/* An alert is read out as it appears. */
	gtk_accessible_update_property(GTK_ACCESSIBLE(self), GTK_ACCESSIBLE_PROPERTY_LABEL, self->message->text, -1);
	gtk_revealer_set_reveal_child(self->revealer, TRUE);
	attended(self);
}

static void revealed(VivaToasts *self)
{
	if (!self->message && !gtk_revealer_get_child_revealed(self->revealer))
		show_next(self);
}

static void pressed(VivaToasts *self)
{
	dismiss(self, true);
}

static void closed(VivaToasts *self)
{
	dismiss(self, false);
}

/* ---- the queue ---- */

static void add(VivaToasts *self, Message *message)
{
	g_queue_push_tail(&self->waiting, message);
	if (!self->message && !gtk_widget_get_visible(GTK_WIDGET(self)))
		show_next(self);
	else if (self->message && (message->button || !self->message->button))
		dismiss(self, false);
}

void viva_toasts_tell(VivaToasts *self, const char *text)
{
	viva_toasts_offer(self, text, NULL, NULL, NULL, NULL);
}

void viva_toasts_offer(VivaToasts *self, const char *text, const char *button, VivaToastAnswer *answer, gpointer data, GDestroyNotify destroy)
{
	Message *message = g_new(Message, 1);
	*message = (Message){ g_strdup(text), g_strdup(button), answer, data, destroy };
	add(self, message);
}

/* ---- the widget ---- */

static void viva_toasts_dispose(GObject *object)
{
	VivaToasts *self = VIVA_TOASTS(object);
	g_clear_handle_id(&self->stay, g_source_remove);
	g_clear_pointer(&self->message, message_free);
	g_queue_clear_full(&self->waiting, message_free);
	G_OBJECT_CLASS(viva_toasts_parent_class)->dispose(object);
}

static void viva_toasts_class_init(VivaToastsClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
	G_OBJECT_CLASS(class)->dispose = viva_toasts_dispose;
	gtk_widget_class_set_accessible_role(widget_class, GTK_ACCESSIBLE_ROLE_ALERT);
	gtk_widget_class_set_template_from_resource(widget_class, "/org/vivarium/Vivarium/ui/toasts.ui");
	gtk_widget_class_bind_template_child(widget_class, VivaToasts, revealer);
	gtk_widget_class_bind_template_child(widget_class, VivaToasts, label);
	gtk_widget_class_bind_template_child(widget_class, VivaToasts, button);
	gtk_widget_class_bind_template_child(widget_class, VivaToasts, motion);
	gtk_widget_class_bind_template_child(widget_class, VivaToasts, focus);
	gtk_widget_class_bind_template_callback(widget_class, revealed);
	gtk_widget_class_bind_template_callback(widget_class, attended);
	gtk_widget_class_bind_template_callback(widget_class, pressed);
	gtk_widget_class_bind_template_callback(widget_class, closed);
}

static void viva_toasts_init(VivaToasts *self)
{
	g_queue_init(&self->waiting);
	gtk_widget_init_template(GTK_WIDGET(self));
}
