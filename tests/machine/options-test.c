/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines and the documents they make, or the line that says what is wrong. */
#include <string.h>

#include "machine/options.h"

typedef enum Outcome {
	GOOD,	    /* the document has it, without white space */
	WRONG,	    /* the error has it */
	ANSWER,	    /* the text that the command line asks for has it */
	UNANSWERED, /* the error instead of such a text has it */
} Outcome;

typedef struct Case {
	const char *line; /* arguments, separated by blanks */
	const char *expect;
	Outcome outcome;
} Case;

/* clang-format off */
static const Case cases[] = {
	{ "", "\"cpu\":{\"count\":1,\"sockets\":1,\"cores\":1,\"threads\":1,\"maximum\":1},\"memory\":{\"bytes\":134217728}", GOOD },
	{ "", "\"serials\":[\"null\"],\"parallels\":[\"null\"]", GOOD },
	{ "", "{\"id\":\"ide1-cd0\",\"interface\":\"ide\",\"bus\":1,\"unit\":0,\"media\":\"cdrom\"}", GOOD },
	{ "", "{\"id\":\"floppy0\",\"interface\":\"floppy\",\"bus\":0,\"unit\":0,\"media\":\"disk\"}", GOOD },
	/* questions */
	{ "-h", "-no-shutdown", ANSWER },
	{ "-help", "Running and debugging", ANSWER },
	{ "--help", "-drive", ANSWER },
	{ "-version", "Vivarium ", ANSWER },
	{ "-machine help", "pc                   PC with i440FX, PIIX3 and PIIX4 (default)", ANSWER },
	{ "-M ?", "Supported machines are:", ANSWER },
	{ "-machine pc,help", "hpet=<bool>              - high precision event timer (default: on)", ANSWER },
	{ "-machine help -version", "Supported machines", ANSWER },
	{ "-machine q35,help", "there is no machine type 'q35'", UNANSWERED },
	{ "-cpu help", "Recognized CPUID flags:", ANSWER },
	{ "-accel help", "interp", ANSWER },
	{ "-d help", "guest_errors", ANSWER },
	{ "-L help", "/usr/share/seabios", ANSWER },
	{ "-L mine -L help", "mine\n", ANSWER },
	{ "-vga help", "std\nnone", ANSWER },
	{ "-display help", "none", ANSWER },
	{ "-drive format=help", "raw", ANSWER },
	{ "-device help", "name \"ide-hd\", bus ide, desc \"IDE hard disk\"", ANSWER },
	{ "-device ?", "name \"isa-serial\", bus isa", ANSWER },
	{ "-device ide-hd,help", "bootindex=<int32>        - place in the boot order, lower ones first; -1: none (default: -1)", ANSWER },
	{ "-device isa-fdc,?", "fdtypeA=<str>            - kind of the first drive: auto/none/120/144/288 (default: auto)", ANSWER },
	{ "-device VGA,help", "vgamem_mb=<uint32>", ANSWER },
	{ "-device zork,help", "there is no device 'zork'", UNANSWERED },
	{ "-device ide-dh,help", "there is no device 'ide-dh' (did you mean 'ide-hd'?)", UNANSWERED },
	/* -machine, -M, -accel */
	{ "-machine pc", "\"machine\":{\"type\":\"pc\",\"accelerators\":\"jit:interp\"}", GOOD },
	{ "-M type=pc", "\"type\":\"pc\"", GOOD },
	{ "-machine pc,accel=interp", "\"type\":\"pc\",\"accelerators\":\"interp\"", GOOD },
	{ "-machine accel=kvm:interp", "there is no accelerator 'kvm'", WRONG },
	{ "-machine hpet=off,acpi=on", "\"properties\":{\"hpet\":\"off\",\"acpi\":\"on\"}", GOOD },
	{ "-machine hpet=off -machine hpet=on", "\"properties\":{\"hpet\":\"on\"}", GOOD },
	{ "-machine hpet", "there is no machine type 'hpet'", WRONG },
	{ "-machine zork", "there is no machine type 'zork'", WRONG },
	{ "-machine cp", "there is no machine type 'cp' (did you mean 'pc'?)", WRONG },
	{ "-machine pc,zork=on", "machine type pc: there is no property 'zork'", WRONG },
	{ "-machine pc,usb=on", "there is no property 'usb'", WRONG },
	{ "-machine pc,hpte=on", "there is no property 'hpte' (did you mean 'hpet'?)", WRONG },
	{ "-machine pc,hpet=maybe", "hpet=maybe: must be on or off", WRONG },
	{ "-machine pc,acpi=maybe", "acpi=maybe: must be on, off or auto", WRONG },
	{ "-machine smbios-entry-point-type=16", "must be one of: 32, 64", WRONG },
	{ "-machine x-oem-id=1234567", "may have 6 bytes at most", WRONG },
	{ "-machine max-ram-below-4g=1Z", "max-ram-below-4g=1Z: must be a number", WRONG },
	{ "-machine graphics=off", "\"nographic\":true", GOOD },
	{ "-machine graphics=off", "\"serials\":[\"null\"]", GOOD },
	{ "-nographic -machine graphics=on", "\"serials\":[\"mon:stdio\"]", GOOD },
	{ "-machine graphics=1", "graphics=1: must be on or off", WRONG },
	{ "-machine kernel=k,initrd=i,append=a,,b,firmware=f", "\"kernel\":\"k\",\"initrd\":\"i\",\"append\":\"a,b\",\"firmware\":\"f\"", GOOD },
	{ "-machine smp.cpus=4,smp.sockets=2", "\"count\":4,\"sockets\":2,\"cores\":2,\"threads\":1,\"maximum\":4", GOOD },
	{ "-machine smp.cpsu=4", "there is no suboption 'cpsu' (did you mean 'cpus'?)", WRONG },
	{ "-machine memory.size=1G", "\"bytes\":1073741824", GOOD },
	{ "-machine memory.slots=2", "there is no suboption 'slots'", WRONG },
	{ "-machine boot.order=cd,boot.menu=on", "\"order\":\"cd\",\"menu\":true", GOOD },
	{ "-machine boot.splash=a,,b", "\"splash\":\"a,b\"", GOOD },
	{ "-machine boot.order=x", "-boot: order: 'x' has 'x'", WRONG },
	{ "-accel interp", "\"accelerators\":\"interp\"", GOOD },
	{ "-accel accel=interp", "\"accelerators\":\"interp\"", GOOD },
	{ "-accel kvm", "there is no accelerator 'kvm'", WRONG },
	{ "-accel interp,thread=multi", "there is no suboption 'thread'", WRONG },
	{ "-accel jit,tb-size=16", "\"translation-mib\":16", GOOD },
	{ "-accel jit,tb-size=0", "\"accelerators\":\"jit\"", GOOD },
	{ "-accel jit,tb-size=2048", "tb-size", WRONG },
	{ "-accel jit,tb-size=much", "tb-size", WRONG },
	{ "-accel jit,verify=on", "\"verify-translation\":true", GOOD },
	{ "-accel jit,verify=perhaps", "verify", WRONG },
	/* -cpu, -smp, -m */
	{ "-cpu qemu64", "\"model\":\"qemu64\"", GOOD },
	{ "-cpu qemu64,+avx,-sse3,x2apic=on", "\"model\":\"qemu64,+avx,-sse3,x2apic=on\"", GOOD },
	{ "-cpu zork", "-cpu: ", WRONG },
	{ "-cpu qemu64,+zork", "zork", WRONG },
	{ "-cpu qmeu64", "did you mean 'qemu64'?", WRONG },
	{ "-smp 4", "\"count\":4,\"sockets\":1,\"cores\":4,\"threads\":1,\"maximum\":4", GOOD },
	{ "-smp cpus=255", "\"count\":255,", GOOD },
	{ "--smp 2,sockets=2,cores=2,maxcpus=8", "\"count\":2,\"sockets\":2,\"cores\":2,\"threads\":2,\"maximum\":8", GOOD },
	{ "-smp sockets=2,threads=2", "\"count\":4,\"sockets\":2,\"cores\":1,\"threads\":2,\"maximum\":4", GOOD },
	{ "-smp maxcpus=6", "\"count\":6,\"sockets\":1,\"cores\":6,\"threads\":1,\"maximum\":6", GOOD },
	{ "-smp 3,cores=2", "not the maximum of 3", WRONG },
	{ "-smp 4,maxcpus=2", "4 processors are more than the maximum of 2", WRONG },
	{ "-smp 0", "from 1 to 255", WRONG },
	{ "-smp 256", "from 1 to 255", WRONG },
	{ "-smp -1", "from 1 to 255", WRONG },
	{ "-smp 2x", "must be a whole number", WRONG },
	{ "-smp cpus", "cpus=cpus: must be a whole number", WRONG },
	{ "-smp dies=2", "there is no suboption 'dies'", WRONG },
	{ "-m 512", "\"bytes\":536870912", GOOD },
	{ "-m 512K", "must be from 1M to 512G", WRONG },
	{ "-m 2048k", "\"bytes\":2097152", GOOD },
	{ "-m 1g", "\"bytes\":1073741824", GOOD },
	{ "-m size=1.5G", "\"bytes\":1610612736", GOOD },
	{ "-m 0x20", "\"bytes\":33554432", GOOD },
	{ "-m 12X", "must be a size", WRONG },
	{ "-m -5", "must be a size", WRONG },
	{ "-m 0", "from 1M to 512G", WRONG },
	{ "-m 513G", "from 1M to 512G", WRONG },
	{ "-m 1G,slots=2,maxmem=4G", "there is no suboption 'slots'", WRONG },
	/* drives */
	{ "a,b.img", "\"file\":\"a,b.img\"", GOOD },
	{ "a.img -hdb b.img", "{\"id\":\"ide0-hd1\",\"interface\":\"ide\",\"bus\":0,\"unit\":1,\"media\":\"disk\",\"file\":\"b.img\"}", GOOD },
	{ "-hda x -hda y", "-drive: drive 'ide0-hd0' is already at ide bus 0, unit 0", WRONG },
	{ "-hdc x -cdrom y", "already at ide bus 1, unit 0", WRONG },
	{ "-hdd x", "{\"id\":\"ide1-hd1\",\"interface\":\"ide\",\"bus\":1,\"unit\":1,", GOOD },
	{ "-fda x -fdb y", "\"id\":\"floppy1\",\"interface\":\"floppy\",\"bus\":0,\"unit\":1,\"media\":\"disk\",\"file\":\"y\"", GOOD },
	{ "-fdc x", "there is no option '-fdc' (did you mean 'fda'?)", WRONG },
	{ "-drive file=a,,b,if=floppy,index=1,readonly,snapshot=on",
	  "{\"id\":\"floppy1\",\"interface\":\"floppy\",\"bus\":0,\"unit\":1,\"media\":\"disk\",\"file\":\"a,b\",\"read-only\":true,\"snapshot\":true}", GOOD },
	{ "-drive file=a,if=none,id=d -device ide-hd,drive=d", "\"driver\":\"ide-hd\",\"properties\":{\"drive\":\"d\"}", GOOD },
	{ "-drive file=a,if=none", "\"id\":\"none0\",\"interface\":\"none\"", GOOD },
	{ "-drive file=a,serial=XYZ", "\"serial\":\"XYZ\"", GOOD },
	{ "-drive file=a,format=raw,read-only=on", "\"format\":\"raw\",\"read-only\":true", GOOD },
	{ "-drive file=a,noreadonly", "\"file\":\"a\"}", GOOD },
	{ "-drive file=", "\"id\":\"ide0-hd0\"", GOOD },
	{ "-drive file=a,fromat=raw", "there is no suboption 'fromat' (did you mean 'format'?)", WRONG },
	{ "-drive file=a,format=qcow3", "format=qcow3: must be one of: raw", WRONG },
	{ "-drive file=a,if=scsi", "must be one of: ide, floppy, none", WRONG },
	{ "-drive file=a,if=flopy", "did you mean 'floppy'?", WRONG },
	{ "-drive file=a,media=tape", "media=tape: must be one of: disk, cdrom", WRONG },
	{ "-drive file=a,index=7", "has no bus 3, unit 1", WRONG },
	{ "-drive file=a,index=-1", "index=-1: must be a whole number from 0", WRONG },
	{ "-drive file=a,bus=2,unit=0", "has no bus 2, unit 0", WRONG },
	{ "-drive file=a,index=1,unit=1", "can't be given together", WRONG },
	{ "-drive file=a,cache=none", "there is no suboption 'cache'", WRONG },
	{ "-drive file=a,aio=native", "there is no suboption 'aio'", WRONG },
	{ "-drive file=a,werror=stop", "there is no suboption 'werror'", WRONG },
	{ "-drive file=a,id=1x", "is no id", WRONG },
	{ "-drive file=a,id=x -drive file=b,id=x", "two drives have the id 'x'", WRONG },
	{ "-drive a", "there is no suboption 'a'", WRONG },
	{ "-drive ", "the value is empty", WRONG },
	{ "-drive file=a -drive file=b -drive file=c -drive file=d -drive file=e", "no place is free for it on interface 'ide'", WRONG },
	{ "-cdrom c", "\"media\":\"cdrom\",\"file\":\"c\"", GOOD },
	{ "-snapshot", "\"run\":{\"snapshot\":true}", GOOD },
	/* boot */
	{ "-boot dca", "\"boot\":{\"order\":\"dca\"}", GOOD },
	{ "-boot order=c,once=d,menu=on,strict=on,splash-time=5,reboot-timeout=-1",
	  "\"boot\":{\"order\":\"c\",\"once\":\"d\",\"menu\":true,\"strict\":true,\"splash-time-ms\":5}", GOOD },
	{ "-boot menu", "-boot: order: 'menu' has 'm'", WRONG },
	{ "-boot once=d -boot menu=on", "\"once\":\"d\",\"menu\":true", GOOD },
	{ "-boot splash=pic.jpg,splash-time=5000", "\"splash\":\"pic.jpg\",\"splash-time-ms\":5000", GOOD },
	{ "-boot reboot-timeout=1000", "\"reboot-timeout-ms\":1000", GOOD },
	{ "-boot cc", "-boot: order: 'cc' has 'c' twice", WRONG },
	{ "-boot x", "has 'x'", WRONG },
	{ "-boot once=z", "-boot: once: 'z' has 'z'", WRONG },
	{ "-boot reboot-timeout=65536", "reboot-timeout=65536: must be a whole number from -1 to 65535", WRONG },
	{ "-boot splash-time=-2", "splash-time=-2: must be", WRONG },
	{ "-boot menu=perhaps", "menu=perhaps: must be on or off", WRONG },
	{ "-boot memu=on", "there is no suboption 'memu' (did you mean 'menu'?)", WRONG },
	{ "-kernel k -initrd i -append a=b,c", "\"kernel\":\"k\",\"initrd\":\"i\",\"append\":\"a=b,c\"", GOOD },
	{ "-append -x", "\"append\":\"-x\"", GOOD },
	{ "-bios b.bin -L here -L there", "\"search-paths\":[\"here\",\"there\"]", GOOD },
	{ "-dtb x", "there is no option '-dtb'", WRONG },
	/* ports */
	{ "-serial stdio -serial none", "\"serials\":[\"stdio\",\"none\"]", GOOD },
	{ "-serial null -serial null -serial null -serial null -serial null", "-serial: there are 5, and at most 4", WRONG },
	{ "-parallel file:x -parallel null", "\"parallels\":[\"file:x\",\"null\"]", GOOD },
	{ "-parallel null -parallel null -parallel null -parallel null", "-parallel: there are 4, and at most 3", WRONG },
	{ "-parallel none", "\"parallels\":[\"none\"]", GOOD },
	{ "-nographic", "\"serials\":[\"mon:stdio\"]", GOOD },
	{ "-nographic -serial null", "\"monitors\":[\"stdio\"]", GOOD },
	{ "-nographic -monitor none", "\"serials\":[\"stdio\"]", GOOD },
	{ "-nographic -serial mon:stdio", "\"serials\":[\"mon:stdio\"],\"parallels\":[\"null\"],\"display\"", GOOD },
	{ "-nographic -device isa-serial,index=1", "\"serials\":[],\"parallels\":[\"null\"],\"monitors\":[\"stdio\"]", GOOD },
	{ "-device isa-serial", "\"serials\":[]", GOOD },
	{ "-device isa-parallel", "\"parallels\":[]", GOOD },
	{ "-monitor stdio -monitor pty", "\"monitors\":[\"stdio\",\"pty\"]", GOOD },
	{ "-debugcon file:log", "\"debugcon\":\"file:log\"", GOOD },
	{ "-chardev null,id=x", "there is no option '-chardev'", WRONG },
	/* display */
	{ "-vga none", "\"adapter\":\"none\"", GOOD },
	{ "-vga cirrus", "there is no choice 'cirrus'", WRONG },
	{ "-vga sdt", "there is no choice 'sdt' (did you mean 'std'?)", WRONG },
	{ "-display none", "\"kind\":\"none\"", GOOD },
	{ "-display gtk", "there is no choice 'gtk'", WRONG },
	{ "-device VGA", "\"adapter\":\"none\"", GOOD },
	{ "-device VGA -vga std", "\"adapter\":\"std\"", GOOD },
	/* devices */
	{ "-device ide-cd,bus=ide.0", "\"interface\":\"floppy\"", GOOD },
	{ "-device isa-debug-exit,id=x,iobase=0xf4,iosize=4", "{\"driver\":\"isa-debug-exit\",\"id\":\"x\",\"properties\":{\"iobase\":\"0xf4\",\"iosize\":\"4\"}}", GOOD },
	{ "-device id=x", "the device's name is missing", WRONG },
	{ "-device isa-serial,id=a -device isa-serial,id=a", "-device: id: two devices have the id 'a'", WRONG },
	{ "-device isa-serial,id=4", "is no id", WRONG },
	{ "-global ide-hd.serial=x=y", "{\"driver\":\"ide-hd\",\"property\":\"serial\",\"value\":\"x=y\"}", GOOD },
	{ "-global driver=ide-hd,property=serial,value=x", "{\"driver\":\"ide-hd\",\"property\":\"serial\",\"value\":\"x\"}", GOOD },
	{ "-global driver=ide-hd,property=serial", "must be DRIVER.PROPERTY=VALUE", WRONG },
	{ "-global zork", "there is no suboption 'zork'", WRONG },
	{ "-global .x=1", "must be", WRONG },
	/* clock, names, runs */
	{ "-rtc base=2006-06-17T16:01:21,clock=vm,driftfix=slew", "\"base\":\"2006-06-17T16:01:21\",\"clock\":\"vm\",\"drift-fix\":\"slew\"", GOOD },
	{ "-rtc clock=host", "\"clock\":\"host\"", GOOD },
	{ "-rtc clock=sun", "clock=sun: must be one of: host, rt, vm", WRONG },
	{ "-rtc base=localtime", "\"base\":\"localtime\"", GOOD },
	{ "-rtc base=2006-06-17", "\"base\":\"2006-06-17\"", GOOD },
	{ "-rtc base=2006-02-30", "-rtc: base: '2006-02-30' is not utc, localtime or a date", WRONG },
	{ "-rtc base=noon", "is not utc, localtime or a date", WRONG },
	{ "-rtc driftfix=fast", "must be one of: none, slew", WRONG },
	{ "-rtc bsae=utc", "there is no suboption 'bsae' (did you mean 'base'?)", WRONG },
	{ "-name x", "\"name\":\"x\"", GOOD },
	{ "-name guest=x,debug-threads=on", "\"name-threads\":true", GOOD },
	{ "-name x,process=y", "there is no suboption 'process'", WRONG },
	{ "-uuid 01234567-89AB-cdef-0123-456789abcdef", "\"uuid\":\"01234567-89ab-cdef-0123-456789abcdef\"", GOOD },
	{ "-uuid 1", "must be a UUID", WRONG },
	{ "-S -no-reboot -no-shutdown -snapshot", "\"run\":{\"no-reboot\":true,\"no-shutdown\":true,\"paused\":true,\"snapshot\":true}", GOOD },
	{ "-perfmap", "\"run\":{\"perf-map\":true}", GOOD },
	{ "-d guest_errors -D log%d.txt -pidfile p", "\"log\":{\"items\":\"guest_errors\",\"file\":\"log%d.txt\"}", GOOD },
	{ "-d zork", "there is no log item 'zork'", WRONG },
	{ "-d guest_error", "did you mean 'guest_errors'?", WRONG },
	/* unknown ones */
	{ "-no-rebot", "there is no option '-no-rebot' (did you mean 'no-reboot'?)", WRONG },
	{ "-netdev user", "there is no option '-netdev'", WRONG },
	{ "-usb", "there is no option '-usb'", WRONG },
	{ "-enable-kvm", "there is no option '-enable-kvm'", WRONG },
	{ "-smbios type=1", "there is no option '-smbios'", WRONG },
	{ "-no-acpi", "there is no option '-no-acpi'", WRONG },
	{ "-qmp stdio", "there is no option '-qmp'", WRONG },
	{ "-", "there is no option '-'", WRONG },
	{ "--", "there is no option '--'", WRONG },
	{ "-kernel", "needs a value", WRONG },
	{ "-m", "-m: needs a value", WRONG },
};
/* clang-format on */

static char *squeeze(const char *text)
{
	GString *out = g_string_new(NULL);
	for (; *text; text++)
		if (!g_ascii_isspace(*text))
			g_string_append_c(out, *text);
	return g_string_free(out, FALSE);
}

static void expect(const Case *c, const char *text)
{
	g_test_message("%s", text);
	if (!strstr(text, c->expect))
		g_test_fail_printf("%s: %s", c->line, c->expect);
}

static void expect_error(const Case *c, const GError *error)
{
	g_assert_nonnull(error);
	g_assert_null(strchr(error->message, '\n'));
	expect(c, error->message);
}

static void expect_answer(const Case *c, const MachineConfig *config, const OptionsAction *action)
{
	g_autoptr(GError) error = NULL;
	g_assert_cmpint(action->kind, !=, OPTIONS_RUN);
	g_autofree char *answer = options_answer(config, action, &error);
	g_assert_cmpint(answer != NULL, ==, c->outcome == ANSWER);
	if (!answer) {
		expect_error(c, error);
		return;
	}
	g_assert_true(g_str_has_suffix(answer, "\n"));
	expect(c, answer);
}

/* What is written is read again. */
static void expect_document(const Case *c, const MachineConfig *config)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *json = config_to_json(config), *flat = squeeze(json);
	expect(c, flat);
	g_autoptr(MachineConfig) again = config_from_json(json, &error);
	g_assert_no_error(error);
	g_autofree char *second = config_to_json(again);
	g_assert_cmpstr(json, ==, second);
}

static void test_case(gconstpointer data)
{
	const Case *c = data;
	g_auto(GStrv) argv = g_strsplit(c->line, " ", -1);
	g_autoptr(MachineConfig) config = config_new();
	g_auto(OptionsAction) action = { .kind = OPTIONS_RUN };
	g_autoptr(GError) error = NULL;
	bool ok = options_parse(config, *c->line ? (int)g_strv_length(argv) : 0, argv, &action, &error);
	if (ok == (c->outcome == WRONG))
		g_test_fail_printf("%s: %s", c->line, ok ? "there is no error" : error->message);
	else if (!ok)
		expect_error(c, error);
	else if (c->outcome == GOOD)
		expect_document(c, config);
	else
		expect_answer(c, config, &action);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		g_autofree char *path = g_strdup_printf("/options/%u", n);
		g_test_add_data_func(path, &cases[n], test_case);
	}
	return g_test_run();
}
