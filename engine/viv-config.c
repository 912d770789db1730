/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choices for configurations, see viv-config.h: a view of the engine's tables without their insides. */
#include "viv-config.h"

#include <string.h>

#include "cpu/models.h"
#include "hw/pci/pci.h"
#include "machine/config_table.h"
#include "machine/device.h"

VivConfig *viv_config_new(void)
{
	return config_new();
}

VivConfig *viv_config_from_json(const char *text, GError **error)
{
	return config_from_json(text, error);
}

/* ---- members ---- */

static const ConfigMember *find_member(const char *path)
{
	static const struct { const char *list; const ConfigMember *members; } lists[] = {
		{ "drives", config_drive_members }, { "devices", config_device_members }, { "globals", config_global_members },
	};
	const ConfigMember *members = config_members;
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	g_autofree char *group = slash ? g_strndup(path, (gsize)(slash - path)) : NULL;
	for (unsigned n = 0; n < G_N_ELEMENTS(lists) && group; n++)
		if (!strcmp(group, lists[n].list)) {
			members = lists[n].members;
			g_clear_pointer(&group, g_free);
		}
	for (const ConfigMember *m = members; m->name; m++)
		if (!g_strcmp0(m->group, group) && !strcmp(m->name, name))
			return m;
	return NULL;
}

static VivMemberType type_of(const ConfigMember *m)
{
	switch (m->type) {
	case CONFIG_STRING: return VIV_MEMBER_TEXT;
	case CONFIG_BOOL: return VIV_MEMBER_BOOL;
	case CONFIG_UNSIGNED: case CONFIG_SIZE: return VIV_MEMBER_NUMBER;
	case CONFIG_INT: return VIV_MEMBER_NUMBER_OR_NONE;
	default: return VIV_MEMBER_LIST;
	}
}

bool viv_config_member(const char *path, VivMember *member)
{
	const ConfigMember *m = find_member(path);
	if (!m)
		return false;
	*member = (VivMember){ .type = type_of(m), .minimum = m->minimum, .maximum = m->maximum, .initial = m->initial,
			       .initial_text = m->initial_text, .choices = m->choices };
	return true;
}

char *viv_config_text_problem(const char *path, const char *text)
{
	const ConfigMember *m = find_member(path);
	return m && m->problem ? m->problem(text) : NULL;
}

bool viv_interface_places(const char *interface, int *buses, int *units)
{
	return config_interface_places(interface, buses, units);
}

/* ---- processors ---- */

char *viv_cpu_model_name(unsigned n)
{
	return cpu_model_name(n);
}

char *viv_cpu_model_description(unsigned n)
{
	return cpu_model_description(n);
}

char *viv_cpu_feature_name(unsigned n)
{
	for (unsigned feature = 0; feature < 64 * CPU_FEATURE_WORDS; feature++) {
		g_autofree char *name = cpu_feature_implemented(feature) ? cpu_feature_name(feature) : NULL;
		if (name && !n--)
			return g_steal_pointer(&name);
	}
	return NULL;
}

bool viv_cpu_model_check(const char *spec, GError **error)
{
	const CpuModel *model = NULL;
	CpuFeatures features;
	if (!cpu_model_parse(spec, &model, &features, error))
		return false;
	cpu_model_free(model);
	return true;
}

bool viv_cpu_model_has(const char *spec, const char *feature)
{
	const CpuModel *model = NULL;
	CpuFeatures features;
	if (!cpu_model_parse(spec, &model, &features, NULL))
		return false;
	cpu_model_free(model);
	for (unsigned n = 0; n < 64 * CPU_FEATURE_WORDS; n++) {
		g_autofree char *name = features.word[n / 64] >> n % 64 & 1 ? cpu_feature_name(n) : NULL;
		if (!g_strcmp0(name, feature))
			return true;
	}
	return false;
}

/* ---- devices ---- */

bool viv_device_kind(unsigned n, VivDeviceKind *kind)
{
	for (const DeviceClass *const *class = device_classes; *class; class++) {
		if (!device_class_is_pluggable(*class) || n--)
			continue;
		*kind = (VivDeviceKind){ (*class)->name, (*class)->bus, (*class)->description };
		return true;
	}
	return false;
}
