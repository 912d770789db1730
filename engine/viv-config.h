/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a configuration can be made of, for whoever offers choices: members with their limits, processors, devices. All of it is read
 * off the engine's own tables. A part of viv.h; any thread. */
#pragma once

#include "viv.h"

G_BEGIN_DECLS

/* A machine with defaults, as without any option. */
VivConfig *viv_config_new(void);
VivConfig *viv_config_from_json(const char *text, GError **error);

/* ---- members of the document ---- */

typedef enum VivMemberType {
	VIV_MEMBER_TEXT, VIV_MEMBER_BOOL,
	VIV_MEMBER_NUMBER,
	VIV_MEMBER_NUMBER_OR_NONE, /* minimum -1: not given, the member is left out */
	VIV_MEMBER_LIST,
} VivMemberType;

typedef struct VivMember {
	VivMemberType type;
	gint64 minimum, maximum, initial; /* of numbers; of a list maximum is its greatest length, 0: any */
	const char *initial_text;	  /* of texts; NULL: none */
	const char *const *choices;	  /* of texts, NULL-terminated; NULL: any text */
} VivMember;

/* By path: "cpu/count", "name"; of drives "drives/media". False: the document has no such member. */
bool viv_config_member(const char *path, VivMember *member);
/* What is wrong with a text for the member, to follow its name in a message; NULL: nothing. The caller's. */
char *viv_config_text_problem(const char *path, const char *text);

/* How many drives an interface ("ide", "floppy") takes: buses and units on each. False: none of the name, or it has no places. */
bool viv_interface_places(const char *interface, int *buses, int *units);

/* ---- processors ---- */

/* The models from 0 on; NULL behind the last. The caller's. */
char *viv_cpu_model_name(unsigned n);
char *viv_cpu_model_description(unsigned n);
/* The features that can be switched, from 0 on; NULL behind the last. The caller's. */
char *viv_cpu_feature_name(unsigned n);
/* Is "MODEL,+feature,-feature" one? */
bool viv_cpu_model_check(const char *spec, GError **error);
/* Does a machine with it offer the feature? False for what is unknown. */
bool viv_cpu_model_has(const char *spec, const char *feature);

/* ---- devices ---- */

typedef struct VivDeviceKind {
	const char *name, *bus, *description;
} VivDeviceKind;

/* Those that a configuration may add, from 0 on. False: behind the last. */
bool viv_device_kind(unsigned n, VivDeviceKind *kind);

G_END_DECLS
