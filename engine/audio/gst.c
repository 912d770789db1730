/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sound through GStreamer: appsrc, conversion, the sink.
 *
 * Latency: the sink's buffer is 30 ms where it lets itself be told, the source keeps 20 ms at most and drops the oldest, and chunks
 * are 10 ms long. */
#include "audio/output.h"

#include <gio/gio.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

enum { SINK_BUFFER_US = 30000, SINK_PERIOD_US = 10000, QUEUE_MS = 20 };

struct AudioOutput {
	GstElement *pipeline;
	GstAppSrc *source;
	bool plays;
};

/* Of sinks that autoaudiosink chooses, too. */
static void tune_sink(GstBin *bin, GstBin *sub, GstElement *element, gpointer data)
{
	GObjectClass *class = G_OBJECT_GET_CLASS(element);
	(void)bin, (void)sub, (void)data;
	if (!g_object_class_find_property(class, "buffer-time") || !g_object_class_find_property(class, "latency-time"))
		return;
	g_object_set(element, "buffer-time", (gint64)SINK_BUFFER_US, "latency-time", (gint64)SINK_PERIOD_US, NULL);
}

static void close_output(AudioOutput *output)
{
	if (!output)
		return;
	gst_element_set_state(output->pipeline, GST_STATE_NULL);
	g_clear_object(&output->source);
	gst_object_unref(output->pipeline);
	g_free(output);
}

static AudioOutput *open_output(const char *target, GError **error)
{
	if (!gst_init_check(NULL, NULL, error))
		return NULL;
	g_autofree char *description = g_strdup_printf(
		"appsrc name=source is-live=true do-timestamp=true format=time leaky-type=downstream max-time=%u000000 max-bytes=0 max-buffers=0 "
		"caps=audio/x-raw,format=S16LE,layout=interleaved,channels=1,rate=%u ! audioconvert ! audioresample ! %s",
		QUEUE_MS, AUDIO_HZ, target ? target : "autoaudiosink");
	g_autoptr(GError) problem = NULL;
	GstElement *pipeline = gst_parse_launch(description, &problem);
	if (!pipeline || problem) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "sound: %s (the package gstreamer1.0-plugins-good may be missing)",
			    problem ? problem->message : "no pipeline");
		if (pipeline)
			gst_object_unref(pipeline);
		return NULL;
	}
	AudioOutput *output = g_new0(AudioOutput, 1);
	output->pipeline = pipeline;
	output->source = GST_APP_SRC(gst_bin_get_by_name(GST_BIN(pipeline), "source"));
	g_signal_connect(pipeline, "deep-element-added", G_CALLBACK(tune_sink), NULL);
	g_autoptr(GstIterator) sinks = gst_bin_iterate_sinks(GST_BIN(pipeline));
	GValue item = G_VALUE_INIT;
	while (gst_iterator_next(sinks, &item) == GST_ITERATOR_OK) {
		tune_sink(NULL, NULL, g_value_get_object(&item), NULL);
		g_value_reset(&item);
	}
	g_value_unset(&item);
	return output;
}

static bool look_for_errors(AudioOutput *output, GError **error)
{
	g_autoptr(GstBus) bus = gst_element_get_bus(output->pipeline);
	g_autoptr(GstMessage) message = NULL;
	while ((message = gst_bus_pop(bus))) {
		if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
			gst_message_parse_error(message, error, NULL);
			g_prefix_error(error, "sound: ");
			return false;
		}
		gst_clear_message(&message);
	}
	return true;
}

static bool play(AudioOutput *output, GError **error)
{
	if (output->plays)
		return true;
	output->plays = true;
	if (gst_element_set_state(output->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE)
		return true;
	if (look_for_errors(output, error))
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "sound: the host's sound device can't be used");
	return false;
}

static bool write_samples(AudioOutput *output, const int16_t *samples, unsigned count, GError **error)
{
	if (!play(output, error))
		return false;
	GstBuffer *buffer = gst_buffer_new_memdup(samples, count * sizeof *samples);
	GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(count, GST_SECOND, AUDIO_HZ);
	gst_app_src_push_buffer(output->source, buffer);
	return look_for_errors(output, error);
}

static void rest(AudioOutput *output)
{
	gst_element_set_state(output->pipeline, GST_STATE_READY);
	output->plays = false;
}

const AudioOutputKind audio_gst = { open_output, close_output, write_samples, rest };
