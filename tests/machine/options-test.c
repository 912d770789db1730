/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command lines and the documents they make, or the line that says what is wrong. */
#include <string.h>

#include "machine/options.h"

typedef struct Case {
	const char *line;    /* arguments, separated by blanks */
	const char *expect;  /* within the document without white space, or within the error */
	bool wrong;
} Case;

static const Case cases[] = {
	{ "", "\"cpu\":{\"count\":1,\"sockets\":1,\"cores\":1,\"threads\":1,\"maximum\":1},\"memory\":{\"bytes\":134217728}", false },
	{ "", "\"serials\":[\"null\"],\"parallels\":[\"null\"]", false },
	{ "", "{\"id\":\"ide1-cd0\",\"interface\":\"ide\",\"bus\":1,\"unit\":0,\"media\":\"cdrom\"}", false },
	{ "-smp 4", "\"count\":4,\"sockets\":1,\"cores\":4,\"threads\":1,\"maximum\":4", false },
	{ "--smp 2,sockets=2,cores=2,maxcpus=8", "\"count\":2,\"sockets\":2,\"cores\":2,\"threads\":2,\"maximum\":8", false },
	{ "-smp sockets=2,threads=2", "\"count\":4,\"sockets\":2,\"cores\":1,\"threads\":2,\"maximum\":4", false },
	{ "-smp 3,cores=2", "not the maximum of 3", true },
	{ "-smp 0", "from 1 to 255", true },
	{ "-m 512", "\"bytes\":536870912", false },
	{ "-m size=1.5G", "\"bytes\":1610612736", false },
	{ "-m 12X", "must be a size", true },
	{ "-m 0", "from 1M to 512G", true },
	{ "a,b.img", "\"file\":\"a,b.img\"", false },
	{ "-hda x -hda y", "already at ide bus 0, unit 0", true },
	{ "-drive file=a,,b,if=floppy,index=1,readonly,snapshot=on",
	  "{\"id\":\"floppy1\",\"interface\":\"floppy\",\"bus\":0,\"unit\":1,\"media\":\"disk\",\"file\":\"a,b\",\"read-only\":true,\"snapshot\":true}", false },
	{ "-drive file=a,if=none,id=d -device ide-hd,drive=d", "\"driver\":\"ide-hd\",\"properties\":{\"drive\":\"d\"}", false },
	{ "-drive file=a,fromat=raw", "there is no suboption 'fromat' (did you mean 'format'?)", true },
	{ "-drive file=a,if=scsi", "must be one of: ide, floppy, none", true },
	{ "-drive file=a,index=7", "has no bus 3, unit 1", true },
	{ "-drive file=a,index=1,unit=1", "can't be given together", true },
	{ "-cdrom c", "\"media\":\"cdrom\",\"file\":\"c\"", false },
	{ "-boot dca", "\"boot\":{\"order\":\"dca\"}", false },
	{ "-boot order=c,once=d,menu=on,strict=on,splash-time=5,reboot-timeout=-1",
	  "\"boot\":{\"order\":\"c\",\"once\":\"d\",\"menu\":true,\"strict\":true,\"splash-time-ms\":5}", false },
	{ "-boot cc", "has 'c' twice", true },
	{ "-boot x", "has 'x'", true },
	{ "-serial stdio -serial none", "\"serials\":[\"stdio\",\"none\"]", false },
	{ "-nographic", "\"serials\":[\"mon:stdio\"]", false },
	{ "-nographic -serial null", "\"monitors\":[\"stdio\"]", false },
	{ "-nographic -serial mon:stdio", "\"serials\":[\"mon:stdio\"],\"parallels\":[\"null\"],\"display\"", false },
	{ "-vga none", "\"adapter\":\"none\"", false },
	{ "-vga cirrus", "there is no choice 'cirrus'", true },
	{ "-display gtk", "there is no choice 'gtk'", true },
	{ "-device VGA", "\"adapter\":\"none\"", false },
	{ "-global ide-hd.serial=x=y", "{\"driver\":\"ide-hd\",\"property\":\"serial\",\"value\":\"x=y\"}", false },
	{ "-global zork", "there is no suboption 'zork'", true },
	{ "-global .x=1", "must be", true },
	{ "-rtc base=2006-06-17T16:01:21,clock=vm,driftfix=slew", "\"base\":\"2006-06-17T16:01:21\",\"clock\":\"vm\",\"drift-fix\":\"slew\"", false },
	{ "-rtc base=2006-02-30", "is not utc, localtime or a date", true },
	{ "-uuid 01234567-89AB-cdef-0123-456789abcdef", "\"uuid\":\"01234567-89ab-cdef-0123-456789abcdef\"", false },
	{ "-uuid 1", "must be a UUID", true },
	{ "-accel interp", "\"accelerators\":\"interp\"", false },
	{ "-accel kvm", "there is no accelerator 'kvm'", true },
	{ "-machine pc,accel=interp", "\"type\":\"pc\"", false },
	{ "-machine pc,zork=on", "there is no machine property 'zork'", true },
	{ "-cpu zork", "zork", true },
	{ "-no-rebot", "there is no option '-no-rebot' (did you mean 'no-reboot'?)", true },
	{ "-netdev user", "there is no option '-netdev'", true },
	{ "-kernel", "needs a value", true },
	{ "-S -no-reboot -no-shutdown -snapshot", "\"run\":{\"no-reboot\":true,\"no-shutdown\":true,\"paused\":true,\"snapshot\":true}", false },
	{ "-d zork", "there is no log item 'zork'", true },
	{ "-append -x", "\"append\":\"-x\"", false },
};

static char *squeeze(const char *text)
{
	GString *out = g_string_new(NULL);
	for (; *text; text++)
		if (!g_ascii_isspace(*text))
			g_string_append_c(out, *text);
	return g_string_free(out, FALSE);
}

static void test_case(gconstpointer data)
{
	const Case *c = data;
	g_auto(GStrv) argv = g_strsplit(c->line, " ", -1);
	g_autoptr(MachineConfig) config = config_new();
	g_auto(OptionsAction) action = { .kind = OPTIONS_RUN };
	g_autoptr(GError) error = NULL;
	bool ok = options_parse(config, *c->line ? (int)g_strv_length(argv) : 0, argv, &action, &error);
	g_assert_cmpint(ok, ==, !c->wrong);
	if (!ok) {
		g_assert_null(strchr(error->message, '\n'));
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, c->expect));
		return;
	}
	g_autofree char *json = config_to_json(config), *flat = squeeze(json);
	g_test_message("%s", flat);
	g_assert_nonnull(strstr(flat, c->expect));
	g_autoptr(MachineConfig) again = config_from_json(json, &error);
	g_assert_no_error(error);
	g_autofree char *second = config_to_json(again);
	g_assert_cmpstr(json, ==, second);
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
