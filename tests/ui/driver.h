/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real application in the test's own process: its window, keys by the X server, waiting, pictures, and a watch over how long the
 * main loop is busy at a time. */
#pragma once

#include "ui/window.h"

/* TURN_MS: what a turn of the main loop may take of the processor; sanitizers make everything slower. start-bench judges by it. A test
 * allows BUSY_MS, as a processor that others use, too, takes up to twice as long for the same, and HELD_UP_MS with waiting for locks,
 * files and the X server's answers, which is late itself where the machine is loaded. */
#if defined(__SANITIZE_ADDRESS__)
enum { TURN_MS = 250 };
#else
enum { TURN_MS = 50 };
#endif
enum { PATIENCE_S = 120, BUSY_MS = 2 * TURN_MS, HELD_UP_MS = 5000 };

/* A library of one machine in a folder that goes with it. `document` is machine.json; id NULL: an empty library. */
typedef struct Driver {
	char *folder;
	VivaApplication *application;
	VivaWindow *window;
	VivaEntry *entry;
} Driver;

Driver *driver_new(const char *id, const char *document);
void driver_free(Driver *driver);
VivaMachine *driver_machine(Driver *driver);
VivaMachinePage *driver_page(Driver *driver);
VivaDisplay *driver_display(Driver *driver);
/* A disk of this boot sector, in the process's own folder; the path is the caller's. */
char *driver_make_disk(const char *sector);
void driver_add_machine(Driver *driver, const char *id, const char *document);

/* Runs the main loop until it holds, PATIENCE_S at most; whether it does. */
typedef bool Condition(Driver *driver, gconstpointer data);
bool driver_wait(Driver *driver, Condition *condition, gconstpointer data);
void driver_run_for(Driver *driver, unsigned milliseconds);
/* As a turn of the main loop, which the watch measures. */
void driver_in_turn(void (*act)(gpointer data), gpointer data);
/* Conditions: a window has the keyboard, NULL: the first one; the guest's screen is seen; the machine's VivaRun; text on the guest's
 * screen. */
bool driver_is_active(Driver *driver, gconstpointer window);
bool driver_has_picture(Driver *driver, gconstpointer data);
bool driver_runs_as(Driver *driver, gconstpointer run);
bool driver_screen_has(Driver *driver, gconstpointer text);

/* An action of the window, or of what `action` names it of. */
void driver_act(Driver *driver, const char *action, const char *target);
/* xdotool's key, type, keydown or keyup. */
void driver_key(Driver *driver, const char *what, const char *value);
/* xdotool with these arguments; the loop runs meanwhile. */
void driver_xdotool(Driver *driver, const char *const *arguments);
void driver_focus(Driver *driver);
/* Other windows than the first: the newest of the type, NULL: none. */
GtkWidget *driver_toplevel(GType type);
/* The first visible widget of the type from here on, with the label, tooltip or title; NULL: any. */
GtkWidget *driver_find(GtkWidget *from, GType type, const char *label);
void driver_take_picture_of(GtkWidget *window, const char *name);
/* What its error bar says; NULL: nothing. */
const char *driver_error(GtkWidget *window);
/* Into VIV_PICTURES. */
void driver_take_picture(Driver *driver, const char *name);
/* The dialog that is open answers. False: there is none. */
bool driver_respond(Driver *driver, const char *response);

/* Since the last driver_watch_start(): the main loop's longest turn, by the clock, by the clock without the time that it waited for a
 * processor, and by the thread's own processor time; and how many turns there were. */
typedef struct Watch {
	gint64 worst_us, worst_own_us, worst_cpu_us;
	guint turns, slow; /* slow: over TURN_MS by the clock */
} Watch;
gint64 driver_cpu_us(void); /* of this thread */
void driver_watch_start(void);
Watch driver_watch_get(void);
/* None of the turns took more than BUSY_MS or was held up for HELD_UP_MS; says how long they were. */
void driver_watch_check(const char *when);
