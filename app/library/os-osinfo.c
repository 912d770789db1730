/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libosinfo's knowledge of installation images. */
#include <osinfo/osinfo.h>

#include "library/os.h"

/* What is best for the architecture that the engine has; of those that name none, the one for all. */
static OsinfoResources *resources_of(OsinfoOs *os, bool recommended)
{
	g_autoptr(OsinfoResourcesList) list = recommended ? osinfo_os_get_recommended_resources(os) : osinfo_os_get_minimum_resources(os);
	OsinfoResources *best = NULL;
	for (int n = 0; n < osinfo_list_get_length(OSINFO_LIST(list)); n++) {
		OsinfoResources *r = OSINFO_RESOURCES(osinfo_list_get_nth(OSINFO_LIST(list), n));
		const char *architecture = osinfo_resources_get_architecture(r);
		bool fits = !g_strcmp0(architecture, "x86_64") || (!best && (!g_strcmp0(architecture, "all") || !g_strcmp0(architecture, "i686")));
		if (fits)
			best = r;
	}
	return best ? g_object_ref(best) : NULL;
}

static void take(guint64 *value, gint64 given)
{
	if (given > 0 && !*value)
		*value = (guint64)given;
}

static VivaOs *describe(OsinfoOs *found)
{
	VivaOs *os = g_new0(VivaOs, 1);
	os->id = g_strdup(osinfo_product_get_short_id(OSINFO_PRODUCT(found)));
	os->name = g_strdup(osinfo_product_get_name(OSINFO_PRODUCT(found)));
	os->local_time = !g_strcmp0(osinfo_os_get_family(found), "winnt") || !g_strcmp0(osinfo_os_get_family(found), "win9x") ||
			 !g_strcmp0(osinfo_os_get_family(found), "msdos");
	for (unsigned n = 0; n < 2; n++) {
		g_autoptr(OsinfoResources) resources = resources_of(found, n == 0);
		if (!resources)
			continue;
		take(&os->memory_bytes, osinfo_resources_get_ram(resources));
		take(&os->disk_bytes, osinfo_resources_get_storage(resources));
		if (!os->cpus)
			os->cpus = MAX(osinfo_resources_get_n_cpus(resources), 0);
	}
	return os;
}

VivaOs *viva_os_identify(const char *path)
{
	g_autoptr(OsinfoMedia) media = osinfo_media_create_from_location(path, NULL, NULL);
	if (!media)
		return NULL;
	g_autoptr(OsinfoLoader) loader = osinfo_loader_new();
	osinfo_loader_process_default_path(loader, NULL);
	OsinfoDb *db = osinfo_loader_get_db(loader);
	if (!osinfo_db_identify_media(db, media))
		return NULL;
	g_autoptr(OsinfoOs) os = osinfo_media_get_os(media);
	return os ? describe(os) : NULL;
}
