/* SPDX-License-Identifier: GPL-3.0-or-later */
/* vivarium: the application. */
#include <glib/gi18n.h>
#include <locale.h>

#include "app-config.h"
#include "ui/application.h"

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	bindtextdomain(GETTEXT_PACKAGE, LOCALE_DIR);
	bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
	textdomain(GETTEXT_PACKAGE);
	g_autoptr(VivaApplication) application = viva_application_new();
	return g_application_run(G_APPLICATION(application), argc, argv);
}
