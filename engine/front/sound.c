/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viv.h's sound: joins the machine's speaker with the host's output. Nothing else refers to this file, so that a program that wants no
 * sound isn't linked with GStreamer. */
#include "audio/speaker.h"
#include "front/front.h"
#include "hw/chipset/pcspk.h"

static PcSpeaker *find(const VivMachine *viv)
{
	for (unsigned n = 0; n < machine_device_count(viv->machine); n++)
		if (machine_device(viv->machine, n)->class == &pcspk_class)
			return (PcSpeaker *)machine_device(viv->machine, n);
	return NULL;
}

typedef struct Failure {
	VivMachine *viv;
	GError *error;
} Failure;

static void failure_free(void *data)
{
	Failure *failure = data;
	g_error_free(failure->error);
	g_free(failure);
}

static void tell_failure(void *data)
{
	const Failure *failure = data;
	if (failure->viv->listener.sound_failed)
		failure->viv->listener.sound_failed(failure->viv->owner, failure->error);
}

static void failed(void *owner, const GError *error)
{
	Failure *failure = g_new(Failure, 1);
	*failure = (Failure){ owner, g_error_copy(error) };
	front_tell(owner, tell_failure, failure, failure_free);
}

/* No thread of the machine runs any more. */
static void stop(VivMachine *viv)
{
	PcSpeaker *source = find(viv);
	if (source)
		pcspk_set_listener(source, NULL, NULL);
	g_clear_pointer(&viv->speaker, speaker_free);
}

void viv_sound_start(VivMachine *viv, const char *sink)
{
	const MachineConfig *config = viv->machine->config;
	PcSpeaker *source = find(viv);
	if (!source || viv->speaker || !g_strcmp0(config->audio_backend, "none"))
		return;
	viv->speaker = speaker_new(viv->machine->clock, &audio_gst, sink, failed, viv);
	viv->stop_sound = stop;
	speaker_set_volume(viv->speaker, config->muted ? 0 : config->volume_percent / 100.0);
	pcspk_set_listener(source, speaker_changed, viv->speaker);
}

void viv_sound_set_volume(VivMachine *viv, double volume)
{
	if (viv->speaker)
		speaker_set_volume(viv->speaker, volume);
}
