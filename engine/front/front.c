/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders and news, see front.h, and the orders about a machine's life. */
#include "front/front.h"

#include "display/viewer.h"
#include "hw/input/input.h"

/* ---- orders ---- */

typedef struct Order {
	VivMachine *viv;
	void (*carry_out)(void *data);
	void *data;
	GDestroyNotify free_data;
} Order;

static void order_free(void *pointer)
{
	Order *order = pointer;
	if (order->free_data)
		order->free_data(order->data);
	g_free(order);
}

static void order_run(void *pointer)
{
	Order *order = pointer;
	machine_lock(order->viv->machine);
	order->carry_out(order->data);
	if (order->viv->viewer)
		viewer_poke(order->viv->viewer);
	machine_unlock(order->viv->machine);
}

void front_order(VivMachine *viv, void (*carry_out)(void *data), void *data, GDestroyNotify free_data)
{
	Order *order = g_new(Order, 1);
	*order = (Order){ viv, carry_out, data, free_data };
	mailbox_post(viv->orders, order_run, order, order_free);
}

/* ---- news ---- */

void front_tell(VivMachine *viv, void (*tell)(void *data), void *data, GDestroyNotify free_data)
{
	g_mutex_lock(&viv->news_lock);
	bool listens = viv->news != NULL;
	if (listens)
		mailbox_post(viv->news, tell, data, free_data);
	g_mutex_unlock(&viv->news_lock);
	if (!listens && free_data)
		free_data(data);
}

static void tell_frame(void *data)
{
	VivMachine *viv = data;
	if (viv->listener.frame_ready)
		viv->listener.frame_ready(viv->owner);
}

static void frame_ready(void *owner)
{
	front_tell(owner, tell_frame, owner, NULL);
}

void viv_machine_listen(VivMachine *viv, const VivListener *listener, void *owner, GMainContext *context)
{
	g_mutex_lock(&viv->news_lock);
	Mailbox *old = viv->news;
	viv->news = listener ? mailbox_new(context) : NULL;
	viv->listener = listener ? *listener : (VivListener){ NULL };
	viv->owner = owner;
	g_mutex_unlock(&viv->news_lock);
	mailbox_free(old);
	if (!listener)
		return;
	front_terminals_retell(viv);
	front_tell(viv, tell_frame, viv, NULL);
}

void front_viewer_new(VivMachine *viv)
{
	if (viv->listener.frame_ready && machine_surface(viv->machine))
		viv->viewer = viewer_new(viv->machine, frame_ready, viv);
}

/* ---- a machine's life ---- */

static void resume(void *data) { machine_resume(data); }
static void pause_machine(void *data) { machine_pause(data); }
static void power_button(void *data) { machine_power_button(data); }

static void reset(void *data)
{
	input_release_all(data);
	machine_reset(data);
}

void viv_machine_resume(VivMachine *viv)
{
	front_order(viv, resume, viv->machine, NULL);
}

void viv_machine_pause(VivMachine *viv)
{
	front_order(viv, pause_machine, viv->machine, NULL);
}

void viv_machine_reset(VivMachine *viv)
{
	front_order(viv, reset, viv->machine, NULL);
}

void viv_machine_power_button(VivMachine *viv)
{
	front_order(viv, power_button, viv->machine, NULL);
}

typedef struct Quit {
	Machine *machine;
	int status;
} Quit;

static void quit(void *data)
{
	const Quit *wanted = data;
	machine_quit(wanted->machine, wanted->status);
}

void viv_machine_quit(VivMachine *viv, int exit_status)
{
	Quit *wanted = g_new(Quit, 1);
	*wanted = (Quit){ viv->machine, exit_status };
	front_order(viv, quit, wanted, g_free);
}
