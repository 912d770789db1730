/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The public face of the engine, see viv.h: joins configuration, machine and monitors. */
#include "viv.h"

#include <string.h>
#include <unistd.h>

#include "char/chardev.h"
#include "display/viewer.h"
#include "front/front.h"
#include "machine/options.h"

/* ---- configurations ---- */

VivConfig *viv_config_from_options(int argc, char **argv, char **answer, GError **error)
{
	g_autoptr(MachineConfig) config = config_new();
	g_auto(OptionsAction) action = { .kind = OPTIONS_RUN };
	*answer = NULL;
	if (!options_parse(config, argc, argv, &action, error))
		return NULL;
	if (action.kind == OPTIONS_RUN)
		return g_steal_pointer(&config);
	*answer = options_answer(config, &action, error);
	return NULL;
}

static char *read_stdin(GError **error)
{
	g_autoptr(GIOChannel) channel = g_io_channel_unix_new(STDIN_FILENO);
	char *text = NULL;
	return g_io_channel_read_to_end(channel, &text, NULL, error) == G_IO_STATUS_NORMAL ? text : NULL;
}

VivConfig *viv_config_from_file(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	if (!strcmp(path, "-"))
		text = read_stdin(error);
	else if (!g_file_get_contents(path, &text, NULL, error))
		return NULL;
	VivConfig *config = text ? config_from_json(text, error) : NULL;
	if (!config)
		g_prefix_error(error, "%s: ", path);
	return config;
}

char *viv_config_to_json(const VivConfig *config)
{
	return config_to_json(config);
}

void viv_config_free(VivConfig *config)
{
	config_free(config);
}

char *viv_options_help(void)
{
	return options_help();
}

bool viv_config_wants_sound(const VivConfig *config)
{
	return config->audio_backend && strcmp(config->audio_backend, "none") != 0;
}

const char *viv_config_pid_file(const VivConfig *config)
{
	return config->pid_file;
}

bool viv_config_logs(const VivConfig *config)
{
	return config->log_items != NULL;
}

char *viv_config_log_file(const VivConfig *config)
{
	if (!config->log_file)
		return NULL;
	g_auto(GStrv) parts = g_strsplit(config->log_file, "%d", 2);
	return parts[0] && parts[1] ? g_strdup_printf("%s%d%s", parts[0], (int)getpid(), parts[1]) : g_strdup(config->log_file);
}

/* ---- machines ---- */

static void add_monitor(VivMachine *viv, CharDev *chardev)
{
	g_ptr_array_add(viv->monitors, monitor_new(viv->machine, chardev));
}

/* -monitor's own, and those that share a port by mon:. */
static bool add_monitors(VivMachine *viv, GError **error)
{
	const MachineConfig *config = machine_config(viv->machine);
	for (unsigned n = 0; n < config->monitors->len; n++) {
		g_autofree char *id = g_strdup_printf("monitor%u", n);
		CharDev *chardev = chardev_new(viv->machine, id, g_ptr_array_index(config->monitors, n), error);
		if (!chardev)
			return false;
		if (!chardev_wants_monitor(chardev))
			add_monitor(viv, chardev);
	}
	const GPtrArray *chardevs = machine_chardevs(viv->machine);
	for (unsigned n = 0; n < chardevs->len; n++)
		if (chardev_wants_monitor(g_ptr_array_index(chardevs, n)))
			add_monitor(viv, g_ptr_array_index(chardevs, n));
	return true;
}

/* ---- news of its life ---- */

typedef struct News {
	VivMachine *viv;
	int value;
} News;

static void tell_state(void *data)
{
	const News *news = data;
	if (news->viv->listener.state_changed)
		news->viv->listener.state_changed(news->viv->owner, (VivMachineState)news->value);
}

static void tell_ended(void *data)
{
	const News *news = data;
	if (news->viv->listener.ended)
		news->viv->listener.ended(news->viv->owner, news->value);
}

static void tell(VivMachine *viv, void (*how)(void *data), int value)
{
	News *news = g_new(News, 1);
	*news = (News){ viv, value };
	front_tell(viv, how, news, g_free);
}

static void state_changed(void *owner, MachineState state)
{
	tell(owner, tell_state, (int)state);
}

typedef struct HoldUp {
	VivMachine *viv;
	GError *error;
} HoldUp;

static void hold_up_free(void *data)
{
	HoldUp *hold_up = data;
	g_error_free(hold_up->error);
	g_free(hold_up);
}

static void tell_hold_up(void *data)
{
	const HoldUp *hold_up = data;
	if (hold_up->viv->listener.held_up)
		hold_up->viv->listener.held_up(hold_up->viv->owner, hold_up->error);
}

static void held_up(void *owner, const GError *error)
{
	HoldUp *hold_up = g_new(HoldUp, 1);
	*hold_up = (HoldUp){ owner, g_error_copy(error) };
	front_tell(owner, tell_hold_up, hold_up, hold_up_free);
}

static void machine_ended(void *owner, int exit_status)
{
	tell(owner, tell_ended, exit_status);
}

G_STATIC_ASSERT((int)VIV_MACHINE_PAUSED == MACHINE_PAUSED && (int)VIV_MACHINE_RUNNING == MACHINE_RUNNING);
G_STATIC_ASSERT((int)VIV_MACHINE_SUSPENDED == MACHINE_SUSPENDED && (int)VIV_MACHINE_ENDED == MACHINE_STOPPED);

/* ---- making and freeing ---- */

VivMachine *viv_machine_new(const VivConfig *config, GError **error)
{
	static const MachineListener listener = { .state_changed = state_changed, .held_up = held_up, .ended = machine_ended };
	Machine *machine = machine_new(config, error);
	if (!machine)
		return NULL;
	VivMachine *viv = g_new0(VivMachine, 1);
	viv->machine = machine;
	viv->monitors = g_ptr_array_new();
	viv->orders = mailbox_new(machine_context(machine));
	g_mutex_init(&viv->news_lock);
	machine_listen(machine, &listener, viv);
	machine_lock(machine);
	bool ok = add_monitors(viv, error);
	front_terminals_new(viv);
	machine_unlock(machine);
	if (ok)
		return viv;
	viv_machine_free(viv);
	return NULL;
}

void viv_machine_free(VivMachine *viv)
{
	if (!viv)
		return;
	viewer_free(viv->viewer);
	g_mutex_lock(&viv->news_lock);
	Mailbox *news = g_steal_pointer(&viv->news); /* nobody has removed the listener: its context doesn't run */
	g_mutex_unlock(&viv->news_lock);
	mailbox_free(news);
	machine_stop(viv->machine); /* its thread may be in an order */
	if (viv->stop_sound)
		viv->stop_sound(viv);
	mailbox_free(viv->orders);
	for (unsigned n = 0; n < viv->monitors->len; n++)
		monitor_free(g_ptr_array_index(viv->monitors, n));
	monitor_free(viv->console);
	front_typing_free(viv);
	g_ptr_array_unref(viv->monitors);
	machine_free(viv->machine);
	front_terminals_free(viv);
	g_mutex_clear(&viv->news_lock);
	g_free(viv);
}

void viv_machine_start(VivMachine *viv)
{
	front_viewer_new(viv);
	machine_start(viv->machine);
}

int viv_machine_wait(VivMachine *viv)
{
	return machine_wait(viv->machine);
}
