/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running an emulator with a guest in it, for tests: until it ends, listening to what it writes to its standard output. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

/* Of silence, not of work: a busy host is no failure. */
enum { GUEST_SILENCE_SECONDS = 300 };

/* Runs argv to its end; it is ended when it writes nothing for so many seconds, which is told as a test message. Returns what it wrote,
 * line by line without carriage returns, to be freed; NULL (a test failure) if it did not even start.
 * mark, mark_seconds: when it first wrote a line with mark in it; 0: never; both may be NULL.
 * status: its exit status; -1 if a signal ended it. */
char *guest_run(const char *const *argv, unsigned silence_seconds, const char *mark, double *mark_seconds, int *status);

/* The end of what a guest said, as test messages: where a boot broke off it says how far it came. */
void guest_show_end(const char *text);

/* Whether VIV_GUEST_FOLDER has that file. If not, the test is skipped, and its reason says who makes it. */
bool guest_has(const char *file, const char *maker);

/* The path of a file in VIV_GUEST_FOLDER, to be freed. */
char *guest_path(const char *file);
