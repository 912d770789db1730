/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings that are one member of the configuration document each: their texts and how they are shown. Limits are the engine's
 * (viv-config.h). The pages of the settings window and the test that sets everything at random walk these tables. */
#pragma once

#include <glib.h>
#include <stdbool.h>

G_BEGIN_DECLS

typedef enum {
	VIVA_SETTING_TEXT, VIVA_SETTING_FLAG,
	VIVA_SETTING_NUMBER, /* with a switch if it may be missing */
	VIVA_SETTING_SLIDER, /* a number between its limits */
	VIVA_SETTING_CHOICE, /* of a text */
	VIVA_SETTING_FILE,
} VivaSettingKind;

typedef struct VivaChoice {
	const char *value; /* "": the member is missing; NULL ends the list */
	const char *label; /* to be translated */
} VivaChoice;

typedef struct VivaSetting {
	const char *path; /* NULL ends a table */
	VivaSettingKind kind;
	const char *title, *subtitle; /* to be translated; subtitle may be NULL */
	int scale;		/* of numbers: what one is in the document; 0: 1 */
	double step;
	unsigned digits;
	gint64 suggested;	/* of a number that may be missing: what switching it on begins with */
	const VivaChoice *choices;
	bool now; /* takes effect while the machine runs; else at the next start */
} VivaSetting;

extern const VivaSetting viva_settings_machine[], viva_settings_memory[], viva_settings_boot[], viva_settings_boot_screen[],
	viva_settings_kernel[], viva_settings_disks[], viva_settings_display[], viva_settings_sound[], viva_settings_ports[], viva_settings_advanced[],
	viva_settings_clock[];
/* All of them, for whoever walks over everything; ends with NULL. */
extern const VivaSetting *const viva_settings_tables[];

G_END_DECLS
