/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PC speaker's samples: levels against sums made the slow way, a tone's pitch, silence, volume, and outputs that fail. */
#include "audio/speaker.h"

#include <gio/gio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- levels ---- */

static double slow_level(const SpeakerState *state, int64_t from_ns, int64_t to_ns)
{
	enum { STEPS = 20000 };
	unsigned high = 0;
	double period = 1e9 * state->count / I8254_HZ;
	for (unsigned n = 0; n < STEPS; n++) {
		double t = (double)(from_ns - state->when_ns) + (double)(to_ns - from_ns) * (n + 0.5) / STEPS;
		high += fmod(t, period) < period / 2;
	}
	return (double)high / STEPS;
}

static void test_levels(void)
{
	for (unsigned count = 20; count < 40000; count = count * 3 / 2) {
		SpeakerState state = { .when_ns = 12345, .data = true, .gate = true, .mode = 3, .count = count };
		for (int64_t from = 12345; from < 50000000; from = from * 2 + 777) {
			double fast = speaker_level(&state, from, from + 20833), slow = slow_level(&state, from, from + 20833);
			g_assert_cmpfloat(fabs(fast - slow), <, 0.001);
		}
	}
}

static void test_silence(void)
{
	SpeakerState off = { .data = false, .gate = true, .mode = 3, .count = 1000 }, held = { .data = true, .gate = false, .mode = 3, .count = 1000 };
	g_assert_cmpfloat(speaker_level(&off, 0, 20833), ==, 0);
	g_assert_cmpfloat(speaker_level(&held, 0, 20833), ==, 1);
}

/* ---- the thread, with an output that listens ---- */

struct AudioOutput {
	GMutex lock;
	GCond more;
	GArray *samples; /* int16_t */
	bool opened, rested, fails;
};

/* The kind has no owner of its own: the address goes as the target. */
static AudioOutput *open_fake(const char *target, GError **error)
{
	AudioOutput *output = (AudioOutput *)(uintptr_t)g_ascii_strtoull(target, NULL, 16);
	if (output->fails) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no sound here");
		return NULL;
	}
	output->opened = true;
	return output;
}

static void close_fake(AudioOutput *output)
{
	(void)output;
}

static bool write_fake(AudioOutput *output, const int16_t *samples, unsigned count, GError **error)
{
	(void)error;
	g_mutex_lock(&output->lock);
	g_array_append_vals(output->samples, samples, count);
	g_cond_signal(&output->more);
	g_mutex_unlock(&output->lock);
	return true;
}

static void rest_fake(AudioOutput *output)
{
	g_mutex_lock(&output->lock);
	output->rested = true;
	g_cond_signal(&output->more);
	g_mutex_unlock(&output->lock);
}

static const AudioOutputKind fake = { open_fake, close_fake, write_fake, rest_fake };

static AudioOutput *output_new(void)
{
	AudioOutput *output = g_new0(AudioOutput, 1);
	g_mutex_init(&output->lock);
	g_cond_init(&output->more);
	output->samples = g_array_new(FALSE, FALSE, sizeof(int16_t));
	return output;
}

static void output_free(AudioOutput *output)
{
	g_array_unref(output->samples);
	g_mutex_clear(&output->lock);
	g_cond_clear(&output->more);
	g_free(output);
}

static void on_failure(void *owner, const GError *error)
{
	g_assert_nonnull(error);
	g_atomic_int_set((gint *)owner, 1);
}

static Speaker *speaker_on(const Clock *clock, AudioOutput *output, gint *failed)
{
	g_autofree char *target = g_strdup_printf("%" G_GINT64_MODIFIER "x", (guint64)(uintptr_t)output);
	return speaker_new(clock, &fake, target, on_failure, failed);
}

static bool wait_for(AudioOutput *output, bool (*done)(AudioOutput *output))
{
	gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	bool in_time = true;
	g_mutex_lock(&output->lock);
	while (!done(output) && in_time)
		in_time = g_cond_wait_until(&output->more, &output->lock, limit);
	g_mutex_unlock(&output->lock);
	return in_time;
}

static bool has_a_second(AudioOutput *output)
{
	return output->samples->len >= AUDIO_HZ;
}

static bool has_rested(AudioOutput *output)
{
	return output->rested;
}

/* 1 kHz is 1000 rises a second, less what a busy host made it leave out. The pitch is exact between them. */
static void test_tone(void)
{
	g_autoptr(Clock) clock = clock_new();
	AudioOutput *output = output_new();
	gint failed = 0;
	Speaker *speaker = speaker_on(clock, output, &failed);
	clock_resume(clock);
	SpeakerState tone = { .when_ns = clock_now(clock), .data = true, .gate = true, .mode = 3, .count = 1193 };
	speaker_changed(speaker, &tone);
	g_assert_true(wait_for(output, has_a_second));
	g_mutex_lock(&output->lock);
	const int16_t *samples = (const int16_t *)output->samples->data;
	unsigned rises = 0, usual = 0, last = 0;
	for (unsigned n = 1; n < AUDIO_HZ; n++)
		if (samples[n - 1] <= 0 && samples[n] > 0) {
			usual += n - last == 47 || n - last == 48 || n - last == 49;
			rises++;
			last = n;
		}
	g_mutex_unlock(&output->lock);
	g_assert_cmpuint(rises, >, 500);
	g_assert_cmpuint(rises, <, 1010);
	g_assert_cmpuint(usual * 10, >, rises * 8);

	SpeakerState off = { .when_ns = clock_now(clock), .data = false };
	speaker_changed(speaker, &off);
	g_assert_true(wait_for(output, has_rested));
	speaker_free(speaker);
	g_assert_cmpint(failed, ==, 0);
	output_free(output);
}

static void test_volume(void)
{
	g_autoptr(Clock) clock = clock_new();
	AudioOutput *output = output_new();
	gint failed = 0;
	Speaker *speaker = speaker_on(clock, output, &failed);
	speaker_set_volume(speaker, 0);
	clock_resume(clock);
	SpeakerState tone = { .when_ns = clock_now(clock), .data = true, .gate = true, .mode = 3, .count = 1193 };
	speaker_changed(speaker, &tone);
	g_assert_true(wait_for(output, has_a_second));
	speaker_free(speaker);
	for (unsigned n = 0; n < output->samples->len; n++)
		g_assert_cmpint(g_array_index(output->samples, int16_t, n), ==, 0);
	output_free(output);
}

/* A guest that never makes a sound never opens the host's. */
static void test_unused(void)
{
	g_autoptr(Clock) clock = clock_new();
	AudioOutput *output = output_new();
	gint failed = 0;
	Speaker *speaker = speaker_on(clock, output, &failed);
	clock_resume(clock);
	for (unsigned n = 0; n < 1000; n++) {
		SpeakerState state = { .when_ns = clock_now(clock), .data = false, .gate = n & 1, .mode = 3, .count = n + 2 };
		speaker_changed(speaker, &state);
	}
	speaker_free(speaker);
	g_assert_false(output->opened);
	output_free(output);
}

static void test_failure(void)
{
	g_autoptr(Clock) clock = clock_new();
	AudioOutput *output = output_new();
	gint failed = 0;
	output->fails = true;
	Speaker *speaker = speaker_on(clock, output, &failed);
	clock_resume(clock);
	SpeakerState tone = { .when_ns = clock_now(clock), .data = true, .gate = true, .mode = 3, .count = 1193 };
	speaker_changed(speaker, &tone);
	gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	while (!g_atomic_int_get(&failed) && g_get_monotonic_time() < limit)
		g_usleep(1000);
	g_assert_cmpint(g_atomic_int_get(&failed), ==, 1);
	for (unsigned n = 0; n < 10000; n++) /* nobody plays them any more: they don't pile up */
		speaker_changed(speaker, &tone);
	speaker_free(speaker);
	output_free(output);
}

/* GStreamer itself, without a device. */
static void test_gstreamer(void)
{
	g_autoptr(GError) error = NULL;
	int16_t samples[AUDIO_CHUNK] = { 0 };
#ifdef __SANITIZE_ADDRESS__
	g_test_skip("GStreamer keeps its registry to the end, which the leak checker reports");
	return;
#endif
	AudioOutput *output = audio_gst.open("fakesink sync=true", &error);
	if (!output) {
		g_test_skip(error->message);
		return;
	}
	for (unsigned n = 0; n < 20; n++)
		g_assert_true(audio_gst.write(output, samples, AUDIO_CHUNK, &error));
	audio_gst.rest(output);
	g_assert_true(audio_gst.write(output, samples, AUDIO_CHUNK, &error));
	audio_gst.close(output);
	g_assert_null(audio_gst.open("nosuchsinkanywhere", &error));
	g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/speaker/levels", test_levels);
	g_test_add_func("/speaker/silence", test_silence);
	g_test_add_func("/speaker/tone", test_tone);
	g_test_add_func("/speaker/volume", test_volume);
	g_test_add_func("/speaker/unused", test_unused);
	g_test_add_func("/speaker/failure", test_failure);
	g_test_add_func("/speaker/gstreamer", test_gstreamer);
	return g_test_run();
}
