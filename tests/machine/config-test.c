/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration document: what is written is read again, and what is wrong is named with its place. */
#include <string.h>

#include "machine/config_table.h"

/* ---- random documents ---- */

static char *dice_text(void)
{
	static const char *const letters[] = { "a", "Z", "/", " ", "\"", "\\", "\n", "é", "漢", ",", "=", "0" };
	GString *text = g_string_new(NULL);
	for (int n = g_test_rand_int_range(0, 12); n > 0; n--)
		g_string_append(text, letters[g_test_rand_int_range(0, G_N_ELEMENTS(letters))]);
	return g_string_free(text, FALSE);
}

/* A text that the member takes, or NULL. */
static char *dice_member(const ConfigMember *m)
{
	if (!m->required && g_test_rand_int_range(0, 2))
		return NULL;
	if (m->choices) {
		unsigned count = g_strv_length((char **)m->choices);
		return g_strdup(m->choices[g_test_rand_int_range(0, (int)count)]);
	}
	for (unsigned n = 0; n < 20; n++) {
		g_autofree char *text = dice_text(), *problem = m->problem ? m->problem(text) : NULL;
		if (!problem)
			return g_steal_pointer(&text);
	}
	return g_strdup(m->initial_text);
}

static void dice_members(void *base, const ConfigMember *members)
{
	for (const ConfigMember *m = members; m->name; m++) {
		void *field = (uint8_t *)base + m->offset;
		int number = (int)g_test_rand_int_range(0, 1 << 16);
		if (m->type == CONFIG_STRING) {
			g_free(*(char **)field);
			*(char **)field = dice_member(m);
		} else if (m->type == CONFIG_BOOL) {
			*(bool *)field = number & 1;
		} else if (m->type == CONFIG_INT) {
			*(int *)field = (int)CLAMP(number, m->minimum, m->maximum);
		} else if (m->type == CONFIG_SIZE) {
			*(uint64_t *)field = (uint64_t)m->minimum + (uint64_t)number * 8192;
		} else if (m->type == CONFIG_STRINGS) {
			g_ptr_array_set_size(*(GPtrArray **)field, 0);
			for (int n = number % 4; n > 0; n--)
				g_ptr_array_add(*(GPtrArray **)field, dice_text());
		}
	}
}

static MachineConfig *dice_config(void)
{
	MachineConfig *config = config_new_bare();
	dice_members(config, config_members);
	config->sockets = (unsigned)g_test_rand_int_range(1, 5);
	config->cores = (unsigned)g_test_rand_int_range(1, 5);
	config->threads = (unsigned)g_test_rand_int_range(1, 3);
	config->max_cpus = config->sockets * config->cores * config->threads;
	config->cpus = (unsigned)g_test_rand_int_range(1, (int)config->max_cpus + 1);
	g_ptr_array_set_size(config->parallels, (int)MIN(config->parallels->len, 3));
	for (int n = g_test_rand_int_range(0, 4); n > 0; n--) {
		ConfigDrive *drive = config_drive_new();
		dice_members(drive, config_drive_members);
		g_free(drive->interface);
		drive->interface = g_strdup("ide");
		drive->bus = drive->unit = -1;
		g_clear_pointer(&drive->id, g_free);
		g_ptr_array_add(config->drives, drive);
	}
	for (int n = g_test_rand_int_range(0, 4); n > 0; n--) {
		ConfigDevice *device = config_device_new();
		device->driver = dice_text();
		g_autofree char *value = dice_text();
		config_set_pair(device->properties, "drive", value);
		g_ptr_array_add(config->devices, device);
	}
	g_assert_true(config_place_drives(config, NULL));
	return config;
}

static void test_round_trip(void)
{
	for (unsigned n = 0; n < 500; n++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(MachineConfig) config = dice_config(), copy = config_copy(config);
		g_autofree char *json = config_to_json(copy);
		g_assert_true(config_check(config, &error));
		g_autoptr(MachineConfig) again = config_from_json(json, &error);
		g_assert_no_error(error);
		g_autofree char *second = config_to_json(again);
		g_assert_cmpstr(json, ==, second);
	}
}

/* ---- bad documents ---- */

static const struct { const char *json, *error; } bad[] = {
	{ "", "" }, { "[]", "/: the document must be an object" }, { "{", "" }, { "{}", "/version: must be given" },
	{ "{\"version\":2}", "/version: the document is of version 2" }, { "{\"version\":0}", "/version: must be" },
	{ "{\"version\":1,\"nmae\":\"x\"}", "there is no member 'nmae' (did you mean 'name'?)" },
	{ "{\"version\":1,\"cpu\":{\"cuont\":2}}", "/cpu: there is no member 'cuont' (did you mean 'count'?)" },
	{ "{\"version\":1,\"cpu\":{\"count\":\"2\"}}", "/cpu/count: must be a whole number" },
	{ "{\"version\":1,\"cpu\":{\"count\":256}}", "/cpu/count: 256 is not from 1 to 255" },
	{ "{\"version\":1,\"cpu\":{\"count\":2}}", "/cpu/count: 2 processors are more than the maximum of 1" },
	{ "{\"version\":1,\"cpu\":{\"cores\":2}}", "/cpu: 1 sockets * 2 cores * 1 threads are 2" },
	{ "{\"version\":1,\"cpu\":3}", "/cpu: must be an object" }, { "{\"version\":1,\"memory\":{\"bytes\":1}}", "/memory/bytes: 1 is not from" },
	{ "{\"version\":1,\"memory\":{\"bytes\":1.5}}", "/memory/bytes: must be a whole number" },
	{ "{\"version\":1,\"drives\":{}}", "/drives: must be an array" }, { "{\"version\":1,\"drives\":[1]}", "/drives/0: must be an object" },
	{ "{\"version\":1,\"drives\":[{\"file\":3}]}", "/drives/0/file: must be a string" },
	{ "{\"version\":1,\"drives\":[{\"interface\":\"scsi\"}]}", "/drives/0/" },
	{ "{\"version\":1,\"drives\":[{\"bus\":4,\"unit\":0}]}", "/drives/0: interface 'ide' has no bus 4" },
	{ "{\"version\":1,\"drives\":[{},{},{},{},{}]}", "/drives/4: no place is free" },
	{ "{\"version\":1,\"drives\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", "/drives/1: two drives have the id 'a'" },
	{ "{\"version\":1,\"devices\":[{}]}", "/devices/0/driver: must be given" },
	{ "{\"version\":1,\"devices\":[{\"driver\":\"x\",\"properties\":{\"a\":1}}]}", "/devices/0/properties/a: must be a string" },
	{ "{\"version\":1,\"serials\":[null]}", "/serials/0: must be a string" },
	{ "{\"version\":1,\"serials\":[\"\",\"\",\"\",\"\",\"\"]}", "/serials: there are 5" },
	{ "{\"version\":1,\"run\":{\"paused\":1}}", "/run/paused: must be true or false" },
	{ "{\"version\":1,\"display\":{\"adapter\":null}}", "/display/adapter: must be given" },
	{ "{\"version\":1,\"uuid\":\"x\"}", "/uuid: 'x' is not a UUID" },
};

static void test_bad(void)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(bad); n++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(config_from_json(bad[n].json, &error));
		g_assert_nonnull(error);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, bad[n].error));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/round-trip", test_round_trip);
	g_test_add_func("/config/bad", test_bad);
	return g_test_run();
}
