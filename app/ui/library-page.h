/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library's page in a window: its machines as a grid or a list, searched, sorted, narrowed to a tag.
 *
 * Actions, with the machine's id where one is meant: library.new, library.details, library.settings, library.clone, library.show-files,
 * library.delete, library.search, library.view ("grid", "list"), library.sort ("title", "last-run", "created"). What runs machines is
 * the window's: win.run, win.open. */
#pragma once

#include <adwaita.h>

#include "library/library.h"

G_BEGIN_DECLS

#define VIVA_TYPE_LIBRARY_PAGE (viva_library_page_get_type())
G_DECLARE_FINAL_TYPE(VivaLibraryPage, viva_library_page, VIVA, LIBRARY_PAGE, AdwBin)

VivaLibraryPage *viva_library_page_new(VivaLibrary *library);
/* Opens the creation window with a file (NULL: without). */
void viva_library_page_create(VivaLibraryPage *self, GFile *file);
/* Writes the machine into one file, and says how far it is. */
void viva_library_page_export(VivaLibraryPage *self, VivaEntry *entry, const char *path);
/* Opens the search. */
void viva_library_page_search(VivaLibraryPage *self);
/* Opens the machine's settings. */
void viva_library_page_show_settings(VivaLibraryPage *self, VivaEntry *entry);

G_END_DECLS
