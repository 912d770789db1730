/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What options do to the machine that is built: asked of its monitor and of its firmware's files. */
#include <string.h>

#include "build.h"
#include "hw/firmware/fw_cfg.h"
#include "monitor/monitor.h"

#define BASE "-bios bios.bin -vga none "
#define NO_DRIVES "-device isa-fdc "
#define IDE "/pci@i0cf8/ide@1,1/drive@"

typedef struct Case {
	const char *line; /* the command line behind BASE */
	const char *ask;  /* "file NAME": of firmware; "madt"; "=": the error; else a line for the monitor */
	const char *expect; /* within the answer, whose lines are told apart by '|'; behind a '!': not within it */
} Case;

/* clang-format off */
static const Case cases[] = {
	/* the boot order, and geometries for the BIOS */
	{ "", "file bootorder", "" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,bootindex=3", "file bootorder", IDE "0/disk@0" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,bootindex=3 -drive file=cd.iso,if=none,id=c,media=cdrom "
	  "-device ide-cd,drive=c,bus=ide.1,unit=1,bootindex=1", "file bootorder", IDE "1/disk@1|" IDE "0/disk@0" },
	{ "-drive file=floppy.img,if=none,id=f -device isa-fdc,bootindexB=0 -device floppy,drive=f,unit=1 -hda disk.img -boot c,strict=on",
	  "file bootorder", "/pci@i0cf8/isa@1/fdc@03f0/floppy@1|" IDE "0/disk@0|HALT" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,bootindex=1 -drive file=disk2.img,if=none,id=e -device ide-hd,drive=e,bootindex=1",
	  "=", "two devices have bootindex=1" },
	{ "-hda disk.img -fda floppy.img -drive if=floppy,index=1 -boot ba", "=", "" },
	{ "-hda disk.img -fda floppy.img -drive if=floppy,index=1 -boot bc", "file bootorder", "fdc@03f0/floppy@1|" IDE "0/disk@0" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,lcyls=100,lheads=16,lsecs=63", "file bios-geometry", IDE "0/disk@0 100 16 63" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,lcyls=100", "=", "lcyls, lheads and lsecs must be given together" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,heads=4", "=", "cyls, heads and secs must be given together" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,heads=17", "=", "heads=17: must be a number from 0 to 16" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,bios-chs-trans=big", "=", "must be one of: auto, none, lba, large, rechs" },
	{ "-device ide-hd", "=", "needs drive=ID" },
	{ "-device ide-hd,drive=x", "=", "there is no drive with this id" },
	{ "-device ide-hd,bootindex=-2", "=", "bootindex=-2: must be a whole number from -1" },
	/* drives */
	{ "-drive file=disk.img,serial=ABC,id=x", "info qtree", "dev: ide-hd" },
	{ "-drive file=disk.img,if=none,id=d -device ide-hd,drive=d,id=mine", "info block", "d: disk.img (raw)|    Attached to:      mine" },
	{ "-hda disk.img -snapshot", "info block", "ide0-hd0: disk.img (snapshot)" },
	{ "-hda nothing.img", "=", "nothing.img" },
	{ "-hda disk.img -device ide-hd,drive=ide0-hd0", "=", "ide0-hd0" },
	{ "-fda floppy.img -device isa-fdc", "info block", "floppy0: floppy.img (raw)|    Attached to:      floppy" },
	{ "-device isa-fdc,iobase=0x370", "info mtree", "0000000000000370-0000000000000375 (prio 0, i/o): fdc" },
	{ "-device isa-fdc,dma=4", "=", "dma=4 joins the two DMA controllers" },
	{ "-device isa-fdc,irq=16", "=", "irq=16: must be a number from 0 to 15" },
	/* ports */
	{ "-serial none -serial null", "info mtree", "00000000000002f8-00000000000002ff (prio 0, i/o): serial" },
	{ "-serial none -serial null", "info mtree", "!00000000000003f8" },
	{ "-device isa-serial,index=2", "info mtree", "00000000000003e8-00000000000003ef (prio 0, i/o): serial" },
	{ "-device isa-serial,iobase=0x1000,irq=7", "info mtree", "0000000000001000-0000000000001007 (prio 0, i/o): serial" },
	{ "-device isa-serial,index=4", "=", "there are only 4 serial ports" },
	{ "-device isa-serial,irq=16", "=", "irq at 15" },
	{ "-device isa-parallel,index=2", "info mtree", "00000000000003bc-00000000000003be (prio 0, i/o): parallel" },
	{ "-debugcon null", "info mtree", "00000000000000e9-00000000000000e9 (prio 0, i/o): isa-debugcon" },
	{ "-debugcon null -global isa-debugcon.iobase=0x402", "info mtree", "0000000000000402-0000000000000402 (prio 0, i/o): isa-debugcon" },
	{ "-device isa-debug-exit,iobase=0xf4,iosize=4", "info mtree", "00000000000000f4-00000000000000f7 (prio 0, i/o): isa-debug-exit" },
	{ "-device isa-debug-exit,iobase=0xffff", "=", "go past the last port" },
	{ "-serial telepathy", "=", "unknown character device 'telepathy'" },
	{ "-serial tcp:127.0.0.1:1,telnet", "=", "unknown option 'telnet'" },
	{ "-serial tcp:127.0.0.1", "=", "is not HOST:PORT" },
	{ "-serial tcp:127.0.0.1:70000", "=", "a port from 0 to 65535" },
	{ "-serial tpc:127.0.0.1:1", "=", "(did you mean 'tcp:'?)" },
	{ "-serial stido", "=", "(did you mean 'stdio'?)" },
	{ "-serial unix:x,sever", "=", "unknown option 'sever' (did you mean 'server'?)" },
	{ "-serial unix:x,,", "=", "x," },
	{ "-serial unix:x,server=maybe", "=", "option server is on or off, not 'maybe'" },
	{ "-serial file:", "=", "is missing" },
	{ "-serial mon:mon:null", "=", "mon: within mon:" },
	{ "-serial mon:null", "info chardev", "serial0: filename=mux: null" },
	/* the machine's properties */
	{ "-machine hpet=off", "info mtree", "!hpet" },
	{ "-machine hpet=on", "info mtree", "00000000fed00000-00000000fed003ff (prio 2, i/o): hpet" },
	{ "-machine pit=off", "info mtree", "!8254" },
	{ "-machine i8042=off", "info mtree", "!keyboard" },
	{ "-machine acpi=off", "info pci", "!8086:7113" },
	{ "-machine acpi=off", "info roms", "!etc/acpi" },
	{ "-machine acpi=on", "info roms", "/rom@etc/acpi/tables size=" },
	{ "-machine smm=off", "info qtree", "smm-enabled = off" },
	{ "-machine x-oem-id=ME,x-oem-table-id=TABLE", "file etc/acpi/rsdp", "RSD PTR |ME    " },
	{ "-machine x-oem-id=ME,x-oem-table-id=TABLE", "file etc/acpi/tables", "ME    TABLE   " },
	{ "-machine smbios-entry-point-type=64", "file etc/smbios/smbios-anchor", "_SM3_" },
	{ "-machine smbios-entry-point-type=32", "file etc/smbios/smbios-anchor", "_SM_" },
	{ "-m 64 -machine max-ram-below-4g=32M", "info mtree", "0000000100000000-0000000101ffffff (prio 0, ram): ram-above-4g" },
	{ "-m 64 -machine max-ram-below-4g=5G", "=", "max-ram-below-4g=5G: must be a number" },
	{ "-machine dump-guest-core=off,mem-merge=off", "info status", "VM status: paused (prelaunch)" },
	{ "-machine memory.size=32M", "info mtree", "0000000000100000-0000000001ffffff (prio 0, ram): ram-extended" },
	{ "-machine smp.cpus=2,smp.cores=2", "info cpus", "* CPU #0:|  CPU #1:" },
	{ "-machine boot.order=d,boot.strict=on", "file bootorder", IDE "1/disk@0|HALT" },
	{ "-machine boot.once=c", "=", "" },
	{ "-machine kernel=nothing", "=", "nothing" },
	{ "-machine firmware=nothing.bin", "=", "nothing.bin: not found in" },
	{ "-bios disk.img", "info roms", "size=0xa00000 mem=rom name=\"disk.img\"" },
	{ "-bios floppy.img", "=", "floppy.img: a BIOS is a multiple of 64 KiB" },
	/* processors */
	{ "-smp 2,maxcpus=4", "madt", "|0:1|1:1|2:0|3:0|" },
	{ "-smp 3", "madt", "|0:1|1:1|2:1|" },
	{ "-smp 4,sockets=2,cores=3,maxcpus=6", "madt", "|0:1|1:1|2:1|4:1|5:0|6:0|" },
	{ "-smp 2,maxcpus=4", "info cpus", "CPU #1:" },
	{ "-smp 2,maxcpus=4", "info cpus", "!CPU #2:" },
	{ "-smp 6,sockets=2,cores=3", "info lapic", "xAPIC, APIC ID 6" },
	{ "-smp 1,sockets=67,cores=3,maxcpus=201", "=", "needs APIC ids up to 266, and the machine type 'pc' has them to 254" },
	{ "-uuid 01234567-89ab-cdef-0123-456789abcdef", "file etc/smbios/smbios-tables", "gE#|" },
	/* devices, globals */
	{ "-device VAG", "=", "there is no device 'VAG' (did you mean 'VGA'?)" },
	{ "-device mc146818rtc", "=", "mc146818rtc" },
	{ "-device ide-hd,serail=x", "=", "there is no property 'serail' (did you mean 'serial'?)" },
	{ "-device i440FX", "=", "i440FX" },
	{ "-global ide-hdd.serial=1", "=", "there is no device 'ide-hdd' (did you mean 'ide-hd'?)" },
	{ "-global hpet.timers=2", "=", "timers=2: must be a number from 3 to 32" },
	{ "-global hpet.tmers=2", "=", "there is no property 'tmers' (did you mean 'timers'?)" },
	{ "-global mc146818rtc.base_year=1980", "info qtree", "base_year = 1980" },
	{ "-rtc driftfix=slew", "info qtree", "lost_tick_policy = slew" },
	{ "-vga std -global VGA.vgamem_mb=8 -global VGA.romfile=bios.bin", "info qtree", "vgamem_mb = 8" },
	{ "-device VGA,vgamem_mb=8,romfile=bios.bin,id=card", "info pci", "id \"card\"" },
	{ "-device VGA,romfile=bios.bin,addr=1.0", "=", "PCI address 1.0 is taken by PIIX3" },
};
/* clang-format on */

/* Firmware's data as text: NULs and other unprintable bytes become line ends. */
static char *file_text(Machine *machine, const char *name)
{
	size_t size = 0;
	const uint8_t *data = fw_cfg_file_data(fw_cfg_find(machine), name, &size);
	GString *text = g_string_new(NULL);
	for (size_t n = 0; n < size; n++)
		g_string_append_c(text, g_ascii_isprint((char)data[n]) ? (char)data[n] : '\n');
	return g_string_free(text, FALSE);
}

/* The local APICs that the MADT lists: id and flags. */
static char *madt_text(Machine *machine)
{
	enum { ENTRIES_AT = 44, LOCAL_APIC = 0 };
	size_t size;
	const uint8_t *madt = fw_cfg_file_data(fw_cfg_find(machine), "etc/acpi/tables", &size);
	while (memcmp(madt, "APIC", 4) != 0)
		madt++;
	GString *text = g_string_new("\n");
	unsigned end = madt[4] | (unsigned)madt[5] << 8;
	for (unsigned at = ENTRIES_AT; at < end; at += madt[at + 1])
		if (madt[at] == LOCAL_APIC)
			g_string_append_printf(text, "%u:%u\n", madt[at + 3], madt[at + 4]);
	return g_string_free(text, FALSE);
}

static char *ask(Machine *machine, const char *question)
{
	if (g_str_has_prefix(question, "file "))
		return file_text(machine, question + strlen("file "));
	if (!strcmp(question, "madt"))
		return madt_text(machine);
	Monitor *monitor = monitor_new(machine, NULL);
	char *answer = monitor_run(monitor, question);
	monitor_free(monitor);
	return answer;
}

static void test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *line = g_strconcat(BASE, c->line, NULL), *full = g_strchomp(g_strdup(line));
	g_autoptr(Machine) machine = build_machine(full, &error);
	bool not = *c->expect == '!', wrong = !strcmp(c->ask, "=") && *c->expect;
	g_autofree char *answer = NULL;
	if (wrong && !machine) {
		g_assert_null(strchr(error->message, '\n'));
		answer = g_strdup(error->message);
	} else if (wrong || !machine) {
		g_test_fail_printf("%s", machine ? "there is no error" : error->message);
		return;
	} else {
		machine_lock(machine);
		answer = *c->ask == '=' ? g_strdup("") : ask(machine, c->ask);
		machine_unlock(machine);
	}
	g_strdelimit(answer, "\n", '|');
	g_test_message("%s", answer);
	if (!strstr(answer, c->expect + not) != not)
		g_test_fail_printf("%s: %s", c->line, c->ask);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	build_enter_folder();
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		g_autofree char *path = g_strdup_printf("/machine/%u", n);
		g_test_add_data_func(path, &cases[n], test_case);
	}
	int status = g_test_run();
	build_leave_folder();
	return status;
}
