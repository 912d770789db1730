/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot media of every shape, made around one boot sector (sector.asm) that tells on COM1 its medium's tag, the drive number that
 * it was given, and what of the tag stands on the screen. Then it ends the machine by isa-debug-exit. */
#pragma once

#define MEDIA_EXIT_STATUS (2 * 0x2a + 1) /* what sector.asm writes to isa-debug-exit */

/* disk.img, floppy.img, cd.iso and others (see media.c) in a new folder. NULL: it can't be done, which has been said. */
char *media_new(const char *sector_path);
/* With all that is in it. */
void media_free(char *folder);
