/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/cpu-spec.h"

#include <string.h>

char *viva_cpu_spec_model(const char *spec)
{
	if (!spec || !*spec)
		return g_strdup(VIVA_DEFAULT_CPU);
	const char *comma = strchr(spec, ',');
	return comma ? g_strndup(spec, (gsize)(comma - spec)) : g_strdup(spec);
}

char *viva_cpu_spec_with_model(const char *spec, const char *model)
{
	const char *comma = spec ? strchr(spec, ',') : NULL;
	return g_strconcat(model, comma, NULL);
}

/* "+x", "-x", "x", "x=on" and "x=off" all speak of x. */
static VivaFeatureWish wish_of(const char *part, const char *feature)
{
	bool sign = *part == '+' || *part == '-';
	g_auto(GStrv) sides = g_strsplit(part + sign, "=", 2);
	if (!sides[0] || strcmp(sides[0], feature))
		return VIVA_FEATURE_OF_MODEL;
	return *part == '-' || !g_strcmp0(sides[1], "off") ? VIVA_FEATURE_OFF : VIVA_FEATURE_ON;
}

VivaFeatureWish viva_cpu_spec_wish(const char *spec, const char *feature)
{
	g_auto(GStrv) parts = g_strsplit(spec ? spec : "", ",", -1);
	VivaFeatureWish wish = VIVA_FEATURE_OF_MODEL;
	for (unsigned n = 1; *parts && parts[n]; n++) {
		VivaFeatureWish said = wish_of(parts[n], feature);
		if (said != VIVA_FEATURE_OF_MODEL)
			wish = said;
	}
	return wish;
}

char *viva_cpu_spec_with_wish(const char *spec, const char *feature, VivaFeatureWish wish)
{
	g_auto(GStrv) parts = g_strsplit(spec ? spec : "", ",", -1);
	g_autofree char *model = viva_cpu_spec_model(spec);
	GString *text = g_string_new(model);
	for (unsigned n = 1; *parts && parts[n]; n++)
		if (wish_of(parts[n], feature) == VIVA_FEATURE_OF_MODEL)
			g_string_append_printf(text, ",%s", parts[n]);
	if (wish != VIVA_FEATURE_OF_MODEL)
		g_string_append_printf(text, ",%c%s", wish == VIVA_FEATURE_ON ? '+' : '-', feature);
	return g_string_free(text, FALSE);
}
