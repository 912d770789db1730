/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lets the desktop's search find machines: org.gnome.Shell.SearchProvider2. Main thread only. */
#pragma once

#include "library/library.h"

G_BEGIN_DECLS

typedef struct VivaSearchProvider {
	VivaLibrary *(*library)(gpointer owner); /* NULL while there is none */
	void (*open)(gpointer owner, VivaEntry *entry); /* NULL: the window alone */
	gpointer owner;
} VivaSearchProvider;

/* `provider` stays with the caller, as long as the object is there. 0 and *error: it can't be exported. Ended by
 * g_dbus_connection_unregister_object(). */
guint viva_search_provider_export(GDBusConnection *connection, const char *path, const VivaSearchProvider *provider, GError **error);

G_END_DECLS
