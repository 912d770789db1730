/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate.h"

#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The C library's function has no owner to ask. */
static struct {
	GMutex lock;
	GCond opened;
	bool closed;
	unsigned waiting, passed;
} gate;

static void set_closed(bool closed)
{
	g_mutex_lock(&gate.lock);
	gate.closed = closed;
	g_cond_broadcast(&gate.opened);
	g_mutex_unlock(&gate.lock);
}

void gate_close(void) { set_closed(true); }
void gate_open(void) { set_closed(false); }

static unsigned read_counter(const unsigned *counter)
{
	g_mutex_lock(&gate.lock);
	unsigned count = *counter;
	g_mutex_unlock(&gate.lock);
	return count;
}

unsigned gate_waiting(void) { return read_counter(&gate.waiting); }
unsigned gate_passed(void) { return read_counter(&gate.passed); }

/* In place of the C library's, for GLib as well. */
int fsync(int fd)
{
	g_mutex_lock(&gate.lock);
	gate.waiting++;
	while (gate.closed)
		g_cond_wait(&gate.opened, &gate.lock);
	gate.waiting--;
	gate.passed++;
	g_mutex_unlock(&gate.lock);
	return (int)syscall(SYS_fsync, fd);
}
