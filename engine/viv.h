/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libviv's public header, the only one that a front end includes: configurations and machines.
 *
 * A front end makes a configuration (from options, or from a JSON document), a machine from it, and listens to that:
 *
 *	VivConfig *config = viv_config_from_file("machine.json", &error);
 *	VivMachine *machine = viv_machine_new(config, &error);
 *	viv_machine_listen(machine, &listener, me, NULL);
 *	viv_machine_start(machine);
 *	... run the main loop: the listener is told of frames, of output, and of the end ...
 *	viv_machine_free(machine);
 *
 * Threads. A machine has threads of its own. What a front end asks of a running machine is an order: the functions return at once,
 * from any thread, the machine carries orders out one after another, and an answer comes by a callback. All callbacks, answers and
 * the listener's, are called in the GMainContext that was given to viv_machine_listen(), when it is run, so that a front end of one
 * thread needs no locks. Functions that may take long say so: they open files or wait for threads.
 *
 * Strings and objects that functions return are the caller's, unless they are const; what callbacks are given is valid until they
 * return. Errors are one line for the user. Sizes are bytes and times nanoseconds unless a name says otherwise. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

G_BEGIN_DECLS

/* "major.minor.micro". Any thread. */
const char *viv_version(void);

/* ---- configurations: any thread, each used by one at a time ---- */

typedef struct MachineConfig VivConfig;

/* From QEMU's command line options; argv[0] is the first of them. NULL with *answer set: an option asked for a text to be printed
 * (-help, -device help); NULL with *error set: what is wrong. */
VivConfig *viv_config_from_options(int argc, char **argv, char **answer, GError **error);
/* From the JSON document in a file; "-" is standard input. */
VivConfig *viv_config_from_file(const char *path, GError **error);
char *viv_config_to_json(const VivConfig *config);
void viv_config_free(VivConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VivConfig, viv_config_free)
/* The options' help, as `-help` prints it. */
char *viv_options_help(void);

/* NULL: none is to be written. */
const char *viv_config_pid_file(const VivConfig *config);
/* Does it name a way to the host's sound? Without one a front end has its own mind. */
bool viv_config_wants_sound(const VivConfig *config);
/* Is something to be logged? Guest errors and the like are GLib messages of the domain VIV_LOG_DOMAIN at debug level. */
bool viv_config_logs(const VivConfig *config);
/* Where to, with %d filled in; NULL: standard error. */
char *viv_config_log_file(const VivConfig *config);
#define VIV_LOG_DOMAIN "Vivarium"

/* ---- machines ---- */

typedef struct VivMachine VivMachine;

typedef enum VivMachineState {
	VIV_MACHINE_PAUSED,
	VIV_MACHINE_RUNNING,
	VIV_MACHINE_SUSPENDED, /* the guest sleeps (S3); the power button wakes it */
	VIV_MACHINE_ENDED,     /* for good: switched off */
} VivMachineState;

/* What a front end hears of; any may be NULL. */
typedef struct VivListener {
	void (*state_changed)(void *owner, VivMachineState state);
	/* Once. Switched off, reset under no_reboot, viv_machine_quit(), or the debug exit port. */
	void (*ended)(void *owner, int exit_status);
	/* viv_display_take() has something. Once, until it was called. */
	void (*frame_ready)(void *owner);
	void (*terminal_output)(void *owner, unsigned terminal, const uint8_t *bytes, size_t size);
	/* A disk's write found no room on the host: the machine is paused, and nothing is lost. Behind the state_changed() of it;
	 * viv_machine_resume() tries again. */
	void (*held_up)(void *owner, const GError *error);
	/* Sound stopped working and is off; the machine runs on. */
	void (*sound_failed)(void *owner, const GError *error);
} VivListener;

/* The machine is built, but doesn't run. NULL and *error: what of the configuration can't be had. The configuration is copied.
 * May take long. Any thread. */
VivMachine *viv_machine_new(const VivConfig *config, GError **error);
/* Stops it if need be, and waits for its threads and disks: may take long. Answers that are due are not called any more. Any thread
 * but the machine's own; a listener must have been removed before, by the thread that runs its context. */
void viv_machine_free(VivMachine *machine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VivMachine, viv_machine_free)
/* The listener and all answers are called in `context` (NULL: the default one), beginning with what happened since it began to
 * listen. In the thread that runs the context. listener NULL: nothing is called any more when this has returned. The struct is
 * copied. Without a listener answers are lost. Frames are made for a listener that was there before viv_machine_start(). */
void viv_machine_listen(VivMachine *machine, const VivListener *listener, void *owner, GMainContext *context);
/* Once. The guest runs from here on, unless the configuration says paused. */
void viv_machine_start(VivMachine *machine);
/* Waits for the end; the exit status: 0, or what the guest gave to its debug exit port. Any thread. */
int viv_machine_wait(VivMachine *machine);

/* Orders. */
void viv_machine_resume(VivMachine *machine);
void viv_machine_pause(VivMachine *machine);
void viv_machine_reset(VivMachine *machine);
/* The ACPI button: a guest that knows it shuts down, or wakes up. */
void viv_machine_power_button(VivMachine *machine);
/* The machine ends as if its plug had been pulled. */
void viv_machine_quit(VivMachine *machine, int exit_status);

typedef void VivTextAnswer(void *owner, const char *text);
typedef void VivWordsAnswer(void *owner, const char *const *words); /* ends with NULL */
typedef void VivDone(void *owner, const GError *error);		    /* NULL: done */

/* A line of the monitor ("help" lists them); the answer is what it prints. */
void viv_machine_command(VivMachine *machine, const char *line, VivTextAnswer *answer, void *owner);
/* What the line's last word may go on to: complete words. */
void viv_machine_complete(VivMachine *machine, const char *line, VivWordsAnswer *answer, void *owner);

/* What the machine has taken so far. */
typedef struct VivUsage {
	int64_t cpu_time_ns;	     /* of the host, by all its processors */
	unsigned cpus;
	uint64_t memory_bytes;	     /* the guest's */
	uint64_t resident_bytes;     /* of that, in the host's memory */
	uint64_t read_bytes, written_bytes; /* by the guest, all drives */
} VivUsage;
void viv_machine_usage(VivMachine *machine, void (*answer)(void *owner, const VivUsage *usage), void *owner);

/* ---- media ---- */

typedef enum VivMedium { VIV_MEDIUM_DISK, VIV_MEDIUM_CD, VIV_MEDIUM_FLOPPY } VivMedium;

typedef struct VivDrive {
	const char *id;	  /* as the monitor names it */
	VivMedium kind;
	bool removable;	  /* its medium may be changed now */
	const char *file; /* NULL: empty */
	bool read_only;
} VivDrive;

/* All drives, in the machine's order. */
void viv_machine_drives(VivMachine *machine, void (*answer)(void *owner, const VivDrive *drives, unsigned count), void *owner);
/* Puts a file in, in place of what is there. An error names the file and what to do. */
void viv_machine_insert(VivMachine *machine, const char *drive, const char *path, bool read_only, VivDone *done, void *owner);
/* Without force a guest that has locked the tray is asked, and this fails. */
void viv_machine_eject(VivMachine *machine, const char *drive, bool force, VivDone *done, void *owner);

/* ---- the picture ---- */

typedef struct VivRect {
	int x, y, width, height;
} VivRect;

typedef struct VivFrame {
	const uint32_t *pixels; /* 0x00RRGGBB in the host's byte order, rows of `width` pixels without gaps, the top one first */
	unsigned width, height;
	bool resized;		/* since the last frame */
	const VivRect *damage;	/* what changed since then: at least one, none overlap */
	unsigned damage_count;
} VivFrame;

typedef enum VivTake {
	VIV_TAKE_NOTHING, /* nothing changed; the listener's frame_ready() comes when something has */
	VIV_TAKE_DONE,
	VIV_TAKE_BUSY,	  /* the picture is being written: try again at the next frame; frame_ready() will not come for it */
} VivTake;

/* Never waits: meant for the frame clock, after frame_ready(). `use` is called within, once at most, and copies what it needs.
 * A picture that isn't taken isn't made either: hidden front ends cost nothing. Any thread, one at a time. False for a machine
 * without a display adapter: VIV_TAKE_NOTHING. */
VivTake viv_display_take(VivMachine *machine, void (*use)(void *owner, const VivFrame *frame), void *owner);
/* The next frame is all damage. Any thread. */
void viv_display_invalidate(VivMachine *machine);
/* The text on a screen in text mode, lines ended by \n; "" in graphics modes. */
void viv_display_text(VivMachine *machine, VivTextAnswer *answer, void *owner);

/* ---- keys and pointers: orders ---- */

/* Keys are the codes of Linux's input-event-codes.h (KEY_A is 30), by place on the keyboard, not by letter. The guest's keyboard
 * repeats by itself: an auto-repeated press of the host isn't passed on. */
void viv_input_key(VivMachine *machine, uint16_t keycode, bool down);
/* All that is down goes up: when the front end loses the keyboard. */
void viv_input_release_all(VivMachine *machine);

typedef struct VivKeyEvent {
	uint16_t keycode;
	bool down;
} VivKeyEvent;
/* Types as fast as the guest takes it, in order and behind what is being typed already. */
void viv_input_type(VivMachine *machine, const VivKeyEvent *events, size_t count);
/* Drops what isn't typed yet, and releases what is down. */
void viv_input_stop_typing(VivMachine *machine);
/* QEMU's name for a key ("ret", "ctrl", "f1"), 0: there is none. Any thread. */
uint16_t viv_input_key_by_name(const char *name);

typedef enum VivButton {
	VIV_BUTTON_LEFT,
	VIV_BUTTON_MIDDLE,
	VIV_BUTTON_RIGHT,
	VIV_BUTTON_WHEEL_UP, /* one click of the wheel is a press and a release */
	VIV_BUTTON_WHEEL_DOWN,
	VIV_BUTTON_SIDE,
	VIV_BUTTON_EXTRA,
} VivButton;
void viv_input_button(VivMachine *machine, VivButton button, bool down);
/* In the mouse's counts, y downwards. */
void viv_input_motion(VivMachine *machine, int dx, int dy);

/* ---- sound: the PC speaker ---- */

/* Before viv_machine_start(). `sink` describes GStreamer's sink as for gst-launch, NULL: the desktop's default. The host's sound is only
 * opened when there is something to hear; if that fails the listener's sound_failed() is called, and the machine runs on. Volume and
 * backend are the configuration's; with the backend "none" nothing is ever heard. */
void viv_sound_start(VivMachine *machine, const char *sink);
/* At once; 0 to 1, 0 mutes. In the thread that called viv_sound_start(). */
void viv_sound_set_volume(VivMachine *machine, double volume);

/* ---- terminals: serial ports and monitors that the configuration connects with "vc" ---- */

/* What a terminal is connected with ("serial0"); NULL: there are no more. Any thread. */
const char *viv_terminal_name(const VivMachine *machine, unsigned terminal);
/* An order: bytes that were typed. */
void viv_terminal_write(VivMachine *machine, unsigned terminal, const uint8_t *bytes, size_t size);

G_END_DECLS
