/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See speaker.h.
 *
 * A sample is the mean of the speaker's input over the sample's time, computed exactly, so that tones above the host's range and
 * programs that modulate pulses come out as what a speaker's membrane makes of them. A first-order high-pass takes the constant part. */
#include "audio/speaker.h"

#include <math.h>

#include "hw/chipset/i8254.h"

enum { MOST_EVENTS = 4096, REST_CHUNKS = 100 /* a second */ };
#define CHUNK_NS INT64_C(10000000)
#define MOST_LAG_NS (4 * CHUNK_NS)
#define AMPLITUDE 8000.0
#define HIGH_PASS 0.996 /* about 30 Hz at AUDIO_HZ */

struct Speaker {
	const Clock *clock;
	const AudioOutputKind *kind;
	char *target;
	void (*failed)(void *owner, const GError *error);
	void *owner;
	GThread *thread;

	GMutex lock;
	GCond wake;
	GQueue events;	   /* SpeakerState, those that aren't played yet */
	double volume;
	bool stopping;

	/* the thread's own */
	SpeakerState state;
	int64_t cursor_ns; /* played up to here */
	double last_level, last_sample;
};

/* ---- levels ---- */

/* How long the counter's output was high in the first `t` nanoseconds of its periods. */
static double high_time(double t, double period, double high)
{
	double periods = floor(t / period);
	return periods * high + fmin(t - periods * period, high);
}

double speaker_level(const SpeakerState *state, int64_t from_ns, int64_t to_ns)
{
	bool periodic = state->mode == 2 || state->mode == 3;
	if (!state->data || to_ns <= from_ns)
		return 0;
	/* Modes that end, and a counter that was never set, leave the output high; so does the gate of a periodic one. */
	if (!periodic || !state->gate || !state->count)
		return 1;
	double period = 1e9 * state->count / I8254_HZ;
	double high = state->mode == 3 ? period / 2 : period * (state->count - 1) / state->count;
	double from = (double)(from_ns - state->when_ns), to = (double)(to_ns - state->when_ns);
	return (high_time(to, period, high) - high_time(from, period, high)) / (to - from);
}

/* ---- the thread ---- */

/* With the lock: the state that holds at `at_ns`, and up to when; of what lies before it nothing is kept. */
static int64_t advance(Speaker *speaker, int64_t at_ns, int64_t end_ns)
{
	const SpeakerState *next;
	while ((next = g_queue_peek_head(&speaker->events)) && next->when_ns <= at_ns) {
		speaker->state = *next;
		g_free(g_queue_pop_head(&speaker->events));
	}
	return next ? MIN(next->when_ns, end_ns) : end_ns;
}

static double sample(Speaker *speaker, int64_t from_ns, int64_t to_ns)
{
	double sum = 0;
	for (int64_t at = from_ns; at < to_ns;) {
		int64_t until = advance(speaker, at, to_ns);
		sum += speaker_level(&speaker->state, at, until) * (double)(until - at);
		at = until;
	}
	double level = sum / (double)(to_ns - from_ns);
	speaker->last_sample = level - speaker->last_level + HIGH_PASS * speaker->last_sample;
	speaker->last_level = level;
	return speaker->last_sample;
}

/* True: something is to be heard. */
static bool render(Speaker *speaker, int16_t samples[AUDIO_CHUNK])
{
	bool heard = false;
	int64_t now = clock_now(speaker->clock);
	g_mutex_lock(&speaker->lock);
	/* A guest that was paused, or a host that was slow: what is too late for the ear isn't played. */
	if (speaker->cursor_ns < now - MOST_LAG_NS)
		speaker->cursor_ns = now - CHUNK_NS;
	int64_t start = speaker->cursor_ns;
	bool moves = start + CHUNK_NS <= now; /* the clock stands still: so does the membrane */
	for (unsigned n = 0; n < AUDIO_CHUNK; n++) {
		int64_t from = start + CHUNK_NS * n / AUDIO_CHUNK, to = start + CHUNK_NS * (n + 1) / AUDIO_CHUNK;
		double value = moves ? sample(speaker, from, to) : (speaker->last_sample *= HIGH_PASS);
		samples[n] = (int16_t)CLAMP(lround(value * AMPLITUDE * speaker->volume), INT16_MIN, INT16_MAX);
		heard |= fabs(value) > 1e-4;
	}
	if (moves)
		speaker->cursor_ns += CHUNK_NS;
	g_mutex_unlock(&speaker->lock);
	return heard;
}

/* Until `until_us`, 0: until something happens. True: the end. */
static bool wait(Speaker *speaker, int64_t until_us)
{
	g_mutex_lock(&speaker->lock);
	while (!speaker->stopping) {
		if (until_us ? !g_cond_wait_until(&speaker->wake, &speaker->lock, until_us) : !g_queue_is_empty(&speaker->events))
			break;
		if (!until_us)
			g_cond_wait(&speaker->wake, &speaker->lock);
	}
	bool stopping = speaker->stopping;
	g_mutex_unlock(&speaker->lock);
	return stopping;
}

/* From the first sound to a second of silence. False: the end, or *error. */
static bool play(Speaker *speaker, AudioOutput *output, GError **error)
{
	int16_t samples[AUDIO_CHUNK];
	int64_t next_us = g_get_monotonic_time();
	speaker->cursor_ns = clock_now(speaker->clock) - CHUNK_NS;
	for (unsigned silent = 0; silent < REST_CHUNKS;) {
		silent = render(speaker, samples) ? 0 : silent + 1;
		if (!speaker->kind->write(output, samples, AUDIO_CHUNK, error))
			return false;
		next_us = MAX(next_us + CHUNK_NS / 1000, g_get_monotonic_time() - CHUNK_NS / 1000);
		if (wait(speaker, next_us))
			return false;
	}
	speaker->kind->rest(output);
	return true;
}

static gpointer run(gpointer data)
{
	Speaker *speaker = data;
	g_autoptr(GError) error = NULL;
	AudioOutput *output = NULL;
	while (!wait(speaker, 0)) {
		if (!output && !(output = speaker->kind->open(speaker->target, &error)))
			break;
		if (!play(speaker, output, &error))
			break;
	}
	if (output)
		speaker->kind->close(output);
	if (error)
		speaker->failed(speaker->owner, error);
	return NULL;
}

/* ---- the front ---- */

Speaker *speaker_new(
	const Clock *clock, const AudioOutputKind *kind, const char *target, void (*failed)(void *owner, const GError *error), void *owner)
{
	Speaker *speaker = g_new0(Speaker, 1);
	speaker->clock = clock;
	speaker->kind = kind;
	speaker->target = g_strdup(target);
	speaker->failed = failed;
	speaker->owner = owner;
	speaker->volume = 1;
	g_mutex_init(&speaker->lock);
	g_cond_init(&speaker->wake);
	g_queue_init(&speaker->events);
	speaker->thread = g_thread_new("speaker", run, speaker);
	return speaker;
}

void speaker_free(Speaker *speaker)
{
	if (!speaker)
		return;
	g_mutex_lock(&speaker->lock);
	speaker->stopping = true;
	g_cond_signal(&speaker->wake);
	g_mutex_unlock(&speaker->lock);
	g_thread_join(speaker->thread);
	g_queue_clear_full(&speaker->events, g_free);
	g_mutex_clear(&speaker->lock);
	g_cond_clear(&speaker->wake);
	g_free(speaker->target);
	g_free(speaker);
}

static bool silent(const SpeakerState *state)
{
	return !state->data;
}

/* What doesn't change what is heard wakes nobody: a guest may play with counter 2 all day long with the speaker off. */
void speaker_changed(void *data, const SpeakerState *state)
{
	Speaker *speaker = data;
	g_mutex_lock(&speaker->lock);
	SpeakerState *last = g_queue_peek_tail(&speaker->events);
	bool was_silent = silent(last ? last : &speaker->state);
	if (!(silent(state) && was_silent)) {
		if (g_queue_get_length(&speaker->events) >= MOST_EVENTS)
			g_free(g_queue_pop_head(&speaker->events));
		g_queue_push_tail(&speaker->events, g_memdup2(state, sizeof *state));
		g_cond_signal(&speaker->wake);
	}
	g_mutex_unlock(&speaker->lock);
}

void speaker_set_volume(Speaker *speaker, double volume)
{
	g_mutex_lock(&speaker->lock);
	speaker->volume = CLAMP(volume, 0, 1);
	g_mutex_unlock(&speaker->lock);
}
