/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole PC inside of a test program: it runs from a command line, its screen is waited for, keys are typed at it.
 *
 * What takes too long or goes wrong fails the test and says what stands on the screen. Waiting is for events, never for a time:
 * a busy host makes it longer, not wrong. One thread. */
#pragma once

#include <stdbool.h>

#include "machine/machine.h"

typedef struct Pc Pc;

/* A file of a Debian package, or NULL with the test skipped and its reason said. */
const char *pc_need_file(const char *path, const char *package);
/* False: no SeaBIOS on this host; the test is skipped. */
bool pc_need_firmware(void);

/* Starts a machine from options as on the command line of `viv run`, without the program's name, quoted as a shell does it. NULL:
 * the test has failed. There is a display, no parallel port, no monitor, and no serial port but the options'. */
Pc *pc_new(const char *options);
void pc_free(Pc *pc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pc, pc_free)
Machine *pc_machine(Pc *pc);

/* Waits until a line of the text screen holds `text`. False: the test has failed. */
bool pc_wait_text(Pc *pc, const char *text);
/* What stands there now; NULL in graphics modes. Free it. */
char *pc_text(Pc *pc);
/* One key or several at once, in sendkey's words: "ret", "ctrl-c". */
void pc_key(Pc *pc, const char *key);
void pc_hold_key(Pc *pc, const char *key, unsigned ms);
/* Types a line behind a prompt that stands there, each character when the one before has come up on the screen, then Return. */
bool pc_type(Pc *pc, const char *prompt, const char *line);
/* Waits until the machine ends by itself; the exit status, -1 when the test has failed. */
int pc_wait_end(Pc *pc);

/* Asks `done` again and again, until it says true. False: it took too long, and `what` says what for. */
bool pc_wait(Pc *pc, bool (*done)(Pc *pc, void *data), void *data, const char *what);
