/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search-provider.h"

#include <string.h>

static const char interface_xml[] =
	"<node><interface name='org.gnome.Shell.SearchProvider2'>"
	"<method name='GetInitialResultSet'><arg type='as' direction='in'/><arg type='as' direction='out'/></method>"
	"<method name='GetSubsearchResultSet'><arg type='as' direction='in'/><arg type='as' direction='in'/><arg type='as' direction='out'/></method>"
	"<method name='GetResultMetas'><arg type='as' direction='in'/><arg type='aa{sv}' direction='out'/></method>"
	"<method name='ActivateResult'><arg type='s' direction='in'/><arg type='as' direction='in'/><arg type='u' direction='in'/></method>"
	"<method name='LaunchSearch'><arg type='as' direction='in'/><arg type='u' direction='in'/></method>"
	"</interface></node>";

static char *fold(const char *text)
{
	g_autofree char *normal = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);
	return normal ? g_utf8_casefold(normal, -1) : g_strdup("");
}

static bool matches(VivaEntry *entry, const char *const *words)
{
	g_autofree char *tags = g_strjoinv(" ", (char **)viva_entry_get_tags(entry));
	g_autofree char *text = g_strconcat(viva_entry_get_title(entry), " ", tags, NULL), *folded = fold(text);
	for (; *words; words++) {
		g_autofree char *word = fold(*words);
		if (!strstr(folded, word))
			return false;
	}
	return true;
}

static GVariant *find(VivaLibrary *library, const char *const *words)
{
	GVariantBuilder ids;
	g_variant_builder_init(&ids, G_VARIANT_TYPE("as"));
	for (guint n = 0; library && n < g_list_model_get_n_items(G_LIST_MODEL(library)); n++) {
		g_autoptr(VivaEntry) entry = g_list_model_get_item(G_LIST_MODEL(library), n);
		if (matches(entry, words))
			g_variant_builder_add(&ids, "s", viva_entry_get_id(entry));
	}
	return g_variant_new("(as)", &ids);
}

static GVariant *describe(VivaLibrary *library, const char *const *ids)
{
	GVariantBuilder metas;
	g_autoptr(GIcon) icon = g_themed_icon_new("computer-symbolic");
	g_autoptr(GVariant) serialized = g_icon_serialize(icon);
	g_variant_builder_init(&metas, G_VARIANT_TYPE("aa{sv}"));
	for (; library && *ids; ids++) {
		VivaEntry *entry = viva_library_find(library, *ids);
		if (!entry)
			continue;
		g_variant_builder_open(&metas, G_VARIANT_TYPE("a{sv}"));
		g_variant_builder_add(&metas, "{sv}", "id", g_variant_new_string(*ids));
		g_variant_builder_add(&metas, "{sv}", "name", g_variant_new_string(viva_entry_get_title(entry)));
		g_variant_builder_add(&metas, "{sv}", "icon", serialized);
		g_variant_builder_close(&metas);
	}
	return g_variant_new("(aa{sv})", &metas);
}

static void called(GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
	GVariant *arguments, GDBusMethodInvocation *invocation, gpointer data)
{
	const VivaSearchProvider *provider = data;
	VivaLibrary *library = provider->library(provider->owner);
	g_autofree const char **texts = NULL;
	GVariant *answer = NULL;
	if (!strcmp(method, "ActivateResult")) {
		const char *id;
		g_variant_get(arguments, "(&s^a&su)", &id, &texts, NULL);
		provider->open(provider->owner, library ? viva_library_find(library, id) : NULL);
	} else if (!strcmp(method, "LaunchSearch")) {
		provider->open(provider->owner, NULL);
	} else {
		/* The words, or ids, are the last argument. A result among others is looked for among all: there are few. */
		g_autoptr(GVariant) list = g_variant_get_child_value(arguments, g_variant_n_children(arguments) - 1);
		texts = g_variant_get_strv(list, NULL); /* in `list`'s memory */
		answer = !strcmp(method, "GetResultMetas") ? describe(library, texts) : find(library, texts);
	}
	g_dbus_method_invocation_return_value(invocation, answer);
}

guint viva_search_provider_export(GDBusConnection *connection, const char *path, const VivaSearchProvider *provider, GError **error)
{
	static const GDBusInterfaceVTable table = { .method_call = called };
	g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(interface_xml, error);
	return node ? g_dbus_connection_register_object(connection, path, node->interfaces[0], &table, (gpointer)provider, NULL, error) : 0;
}
