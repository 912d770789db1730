/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/setting-table.h"

#include <glib/gi18n.h>

/* clang-format off */
static const VivaChoice once[] = {
	{ "", N_("Nothing Special") }, { "c", N_("Hard Disk") }, { "d", N_("CD or DVD") }, { "a", N_("Floppy Disk") }, { NULL, NULL },
};
static const VivaChoice adapters[] = { { "std", N_("Standard VGA") }, { "none", N_("None") }, { NULL, NULL } };
static const VivaChoice sounds[] = { { "", N_("This Computer") }, { "none", N_("None") }, { NULL, NULL } };
static const VivaChoice accelerators[] = { { "jit:interp", N_("Translated") }, { "interp", N_("Interpreted") }, { NULL, NULL } };
static const VivaChoice rtc_clocks[] = { { "", N_("Goes On") }, { "vm", N_("Stops") }, { NULL, NULL } };
static const VivaChoice rtc_bases[] = { { "", N_("UTC") }, { "localtime", N_("Local Time") }, { NULL, NULL } };
static const VivaChoice drift_fixes[] = { { "", N_("Dropped") }, { "slew", N_("Caught Up With") }, { NULL, NULL } };

const VivaSetting viva_settings_machine[] = {
	{ "name", VIVA_SETTING_TEXT, N_("Name"), NULL, .now = true },
	{ NULL },
};

const VivaSetting viva_settings_clock[] = {
	{ "rtc/base", VIVA_SETTING_CHOICE, N_("Clock Runs In"), N_("Windows expects local time, others UTC"), .choices = rtc_bases },
	{ "rtc/clock", VIVA_SETTING_CHOICE, N_("While Paused the Clock"), NULL, .choices = rtc_clocks },
	{ "rtc/drift-fix", VIVA_SETTING_CHOICE, N_("Missed Clock Ticks Are"), N_("When the computer was too busy for the machine"), .choices = drift_fixes },
	{ NULL },
};

const VivaSetting viva_settings_memory[] = {
	{ "memory/bytes", VIVA_SETTING_NUMBER, N_("Memory"), N_("In MiB"), .scale = 1 << 20, .step = 64 },
	{ NULL },
};

const VivaSetting viva_settings_boot[] = {
	{ "boot/once", VIVA_SETTING_CHOICE, N_("First Boot From"), N_("After each start, before the order above"), .choices = once },
	{ "boot/strict", VIVA_SETTING_FLAG, N_("Only These Devices"), N_("Stop if none of those above can be booted from") },
	{ NULL },
};

const VivaSetting viva_settings_boot_screen[] = {
	{ "boot/menu", VIVA_SETTING_FLAG, N_("Boot Menu"), N_("Offer the choice of a device with Escape") },
	{ "boot/splash", VIVA_SETTING_FILE, N_("Splash Picture"), N_("A JPEG or BMP file, shown with the boot menu") },
	{ "boot/splash-time-ms", VIVA_SETTING_NUMBER, N_("Splash Time"), N_("In seconds"), .scale = 1000, .step = 0.5, .digits = 1, .suggested = 2500 },
	{ "boot/reboot-timeout-ms", VIVA_SETTING_NUMBER, N_("Restart When Nothing Boots"), N_("After so many seconds"), .scale = 1000, .step = 1, .digits = 1, .suggested = 5000 },
	{ NULL },
};

const VivaSetting viva_settings_kernel[] = {
	{ "boot/kernel", VIVA_SETTING_FILE, N_("Kernel"), N_("Booted in place of a disk") },
	{ "boot/initrd", VIVA_SETTING_FILE, N_("Initial RAM Disk"), NULL },
	{ "boot/append", VIVA_SETTING_TEXT, N_("Kernel Command Line"), NULL },
	{ NULL },
};

const VivaSetting viva_settings_disks[] = {
	{ "run/snapshot", VIVA_SETTING_FLAG, N_("Discard Changes"), N_("All disks are as before when the machine is switched off") },
	{ NULL },
};

const VivaSetting viva_settings_display[] = {
	{ "display/adapter", VIVA_SETTING_CHOICE, N_("Display Adapter"), N_("Without one the machine has serial ports only"), .choices = adapters },
	{ NULL },
};

const VivaSetting viva_settings_sound[] = {
	{ "audio/backend", VIVA_SETTING_CHOICE, N_("Output"), NULL, .choices = sounds },
	{ "audio/volume-percent", VIVA_SETTING_SLIDER, N_("Volume"), NULL, .step = 5, .now = true },
	{ "audio/muted", VIVA_SETTING_FLAG, N_("Mute"), NULL, .now = true },
	{ NULL },
};

const VivaSetting viva_settings_ports[] = {
	{ "debugcon", VIVA_SETTING_TEXT, N_("Debug Port E9 Leads To"), NULL },
	{ NULL },
};

const VivaSetting viva_settings_advanced[] = {
	{ "machine/accelerators", VIVA_SETTING_CHOICE, N_("Guest Code Is"), NULL, .choices = accelerators },
	{ "boot/firmware", VIVA_SETTING_FILE, N_("Firmware"), N_("In place of SeaBIOS") },
	{ "uuid", VIVA_SETTING_TEXT, N_("UUID"), NULL },
	{ "run/no-reboot", VIVA_SETTING_FLAG, N_("Switch Off at a Restart"), N_("When the guest restarts, the machine ends") },
	{ "run/no-shutdown", VIVA_SETTING_FLAG, N_("Stay After Power Off"), N_("When the guest switches itself off, its screen stays, paused") },
	{ "run/paused", VIVA_SETTING_FLAG, N_("Start Paused"), NULL },
	{ NULL },
};

/* clang-format on */

const VivaSetting *const viva_settings_tables[] = {
	viva_settings_machine, viva_settings_clock, viva_settings_memory, viva_settings_boot, viva_settings_boot_screen, viva_settings_kernel,
	viva_settings_disks, viva_settings_display, viva_settings_sound, viva_settings_ports, viva_settings_advanced, NULL,
};
