/* SPDX-License-Identifier: GPL-3.0-or-later */
/* viv as a process: what it prints, where, and its exit status; the terminal's keys under -nographic.
 * argv: viv */
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>

enum { BIOS_BYTES = 0x10000, CODE_AT = 0xff00, PATIENCE_S = 60 };

/* Firmware of a few bytes: at FF00, where the reset vector jumps to. */
static const struct Bios {
	const char *name, *code;
	gsize size;
} bioses[] = {
	{ "halt.bin", "\xfa\xf4\xeb\xfd", 4 },				     /* cli; hlt; jmp $-1 */
	{ "exit.bin", "\xb0\x03\xe6\xf4\xeb\xfe", 6 },			     /* out 0xf4, 3 */
	{ "hello.bin", "\xba\xfb\x03\xb0\x03\xee\xb2\xf8\xb0\x48\xee\xb0\x69\xee\xfa\xf4", 16 }, /* 8 bits, "Hi" to COM1; cli; hlt */
	{ "reset.bin", "\xb0\xfe\xe6\x64\xeb\xfe", 6 },			     /* the 8042's reset */
};

typedef struct Case {
	const char *arguments; /* separated by blanks */
	const char *steps;     /* "wait for|type|wait for|type...": C escapes; NULL: it ends by itself */
	const char *out, *err; /* each in all of what was printed there; NULL: nothing is printed there */
	int status;
} Case;

#define QUIET "run -vga none -display none "
#define PAUSED QUIET "-bios halt.bin -S "
#define TERMINAL "run -vga none -bios halt.bin -S -nographic "

/* clang-format off */
static const Case cases[] = {
	{ "--version", NULL, "viv ", NULL, 0 },
	{ "--help", NULL, "usage: viv COMMAND", NULL, 0 },
	{ "", NULL, NULL, "usage: viv COMMAND", 1 },
	{ "rnu", NULL, NULL, "viv: there is no command 'rnu'; viv --help lists them", 1 },
	{ "run -help", NULL, "Options, with one dash or two", NULL, 0 },
	{ "run -version", NULL, "Vivarium ", NULL, 0 },
	{ "run -machine help", NULL, "Supported machines are:", NULL, 0 },
	{ "run -device VGA,help", NULL, "VGA options:", NULL, 0 },
	{ "run -device VAG,help", NULL, NULL, "viv: -device: there is no device 'VAG' (did you mean 'VGA'?)\n", 1 },
	{ "run -zork", NULL, NULL, "viv: there is no option '-zork'\n", 1 },
	{ "run -hda nothing.img", NULL, NULL, "viv: nothing.img: ", 1 },
	{ "run -bios nothing.bin", NULL, NULL, "viv: nothing.bin: not found in ", 1 },
	{ "run -kernel nothing -bios halt.bin -vga none", NULL, NULL, "nothing", 1 },
	{ "run -bios halt.bin -vga none -device ide-hd", NULL, NULL, "viv: ide-hd: needs drive=ID", 1 },
	{ "run -bios halt.bin -vga none -global VGA.zork=1", NULL, NULL, "there is no property 'zork'", 1 },
	{ "run -bios halt.bin -vga none -serial tcp:127.0.0.1:1,zork", NULL, NULL, "unknown option 'zork'", 1 },
	{ "run -bios halt.bin -vga none -D nowhere/log -d guest_errors", NULL, NULL, "nowhere/log: the log can't be written", 1 },
	{ "run -bios halt.bin -vga none -pidfile nowhere/pid", NULL, NULL, "nowhere/pid: the process id can't be written", 1 },
	{ "run --config nothing.json", NULL, NULL, "nothing.json", 1 },
	{ "run --config", NULL, NULL, "--config takes one file", 1 },
	{ "show-config -m 64", NULL, "\"bytes\" : 67108864", NULL, 0 },
	{ "show-config -zork", NULL, NULL, "there is no option '-zork'", 1 },
	/* how a machine ends */
	{ QUIET "-bios exit.bin -device isa-debug-exit,iobase=0xf4", NULL, NULL, NULL, 7 },
	{ QUIET "-bios reset.bin -no-reboot", NULL, NULL, NULL, 0 },
	{ QUIET "-bios hello.bin -serial stdio -monitor none", "Hi|", "Hi", "ended by signal 15", 0 },
	{ QUIET "-bios hello.bin -serial file:serial.txt -monitor stdio", "(viv) |quit\\n", "type 'help' for more information", NULL, 0 },
	{ PAUSED "-monitor stdio", "(viv) |info status\\n|VM status: paused (prelaunch)|q\\n", "(viv) ", NULL, 0 },
	{ PAUSED "-monitor stdio -pidfile pid", "(viv) |q\\n", "(viv) ", NULL, 0 },
	/* the line editor: cursor keys, deleting, history, completion */
	{ PAUSED "-monitor stdio", "(viv) |xinfo stats\\001\\004\\005\\010us\\n|VM status|\\020\\n|VM status|q\\n", "VM status", NULL, 0 },
	{ PAUSED "-monitor stdio", "(viv) |info ver\\t\\n|version|zork\\025q\\n", "(viv) info version", NULL, 0 },
	{ PAUSED "-monitor stdio", "(viv) |system_\\t\\t|system_powerdown|\\025q\\n", "system_reset  system_powerdown", NULL, 0 },
	{ PAUSED "-monitor stdio", "(viv) |p 12\\033[D0\\n|0x66|\\033[A\\033[H\\033[3~\\033[3~\\033[Fzork\\027quit\\n", "0x66", NULL, 0 },
	/* C-a's keys */
	{ TERMINAL, "|\\001h|C-a C-a  send C-a|\\001x", "C-a c    switch between console and monitor", NULL, 0 },
	{ TERMINAL, "|\\001?|C-a C-a|\\001x", "Machine ended by C-a x", NULL, 0 },
	{ TERMINAL, "|\\001c|(viv) |info status\\n|VM status: paused|\\001c\\001c|(viv) |q\\n", "type 'help' for more information", NULL, 0 },
	{ TERMINAL "-serial mon:stdio", "|\\001c|(viv) |\\001t\\001t\\001b\\001\\001q\\n|(viv) |\\001x", "Machine ended by C-a x", NULL, 0 },
	{ QUIET "-bios hello.bin -serial mon:stdio", "Hi|\\001x", "Hi\r\nMachine ended", NULL, 0 },
};
/* clang-format on */

static const char *viv;

typedef struct Talk {
	GSubprocess *process;
	GString *out;
	gsize seen; /* of out, by earlier steps */
} Talk;

/* False: the process has ended, or closed its output. */
static bool read_more(Talk *talk)
{
	char bytes[4096];
	GInputStream *from = g_subprocess_get_stdout_pipe(talk->process);
	GPollFD poll = { .fd = g_unix_input_stream_get_fd(G_UNIX_INPUT_STREAM(from)), .events = G_IO_IN | G_IO_HUP };
	if (g_poll(&poll, 1, PATIENCE_S * 1000) == 0) {
		g_test_message("nothing came for %d s", PATIENCE_S);
		g_test_fail();
		g_subprocess_force_exit(talk->process);
		return false;
	}
	gssize count = g_input_stream_read(from, bytes, sizeof bytes, NULL, NULL);
	if (count > 0)
		g_string_append_len(talk->out, bytes, count);
	return count > 0;
}

static bool wait_for(Talk *talk, const char *text)
{
	char *found;
	while (!(found = strstr(talk->out->str + talk->seen, text)))
		if (!read_more(talk))
			return false;
	talk->seen = (gsize)(found - talk->out->str) + strlen(text);
	return true;
}

static void type_in(const Talk *talk, const char *text)
{
	g_autofree char *bytes = g_strcompress(text);
	GOutputStream *to = g_subprocess_get_stdin_pipe(talk->process);
	g_output_stream_write_all(to, bytes, strlen(bytes), NULL, NULL, NULL);
	g_output_stream_flush(to, NULL, NULL);
}

/* A script that ends with a wait is ended by a signal. */
static void act(Talk *talk, const char *steps)
{
	g_auto(GStrv) parts = g_strsplit(steps, "|", -1);
	for (unsigned n = 0; parts[n]; n++) {
		if (n % 2 == 0 && !wait_for(talk, parts[n])) {
			g_test_message("'%s' didn't come", parts[n]);
			g_test_fail();
			return;
		}
		if (n % 2 && *parts[n])
			type_in(talk, parts[n]);
		else if (n % 2)
			g_subprocess_send_signal(talk->process, SIGTERM);
	}
}

static void expect(const char *where, const char *wanted, const char *text)
{
	bool good = wanted ? strstr(text, wanted) != NULL : !*text;
	g_test_message("%s: %s", where, text);
	if (!good)
		g_test_fail();
}

static void test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(GError) error = NULL;
	g_autofree char *line = g_strchomp(g_strdup_printf("%s %s", viv, c->arguments)), *err = NULL;
	g_auto(GStrv) argv = g_strsplit(line, " ", -1);
	g_autoptr(GSubprocess) process = g_subprocess_newv((const char *const *)argv,
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
	g_assert_no_error(error);
	Talk talk = { process, g_string_new(NULL), 0 };
	g_autoptr(GDataInputStream) errors = g_data_input_stream_new(g_subprocess_get_stderr_pipe(process));
	if (c->steps)
		act(&talk, c->steps);
	while (read_more(&talk))
		continue;
	err = g_data_input_stream_read_upto(errors, "", 0, NULL, NULL, NULL);
	g_assert_true(g_subprocess_wait(process, NULL, &error));
	expect("out", c->out, talk.out->str);
	expect("err", c->err, err ? err : "");
	if (!g_subprocess_get_if_exited(process) || g_subprocess_get_exit_status(process) != c->status)
		g_test_fail_printf("%s: not ended with exit status %d", c->arguments, c->status);
	g_string_free(talk.out, TRUE);
}

static void make_bios(const struct Bios *bios)
{
	g_autofree char *image = g_malloc0(BIOS_BYTES);
	memcpy(image + CODE_AT, bios->code, bios->size);
	memcpy(image + 0xfff0, "\xe9\x0d\xff", 3); /* jmp to FF00 */
	g_assert_true(g_file_set_contents(bios->name, image, BIOS_BYTES, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	g_autofree char *program = g_canonicalize_filename(argv[1], NULL), *folder = g_dir_make_tmp("viv-test-XXXXXX", NULL);
	viv = program;
	g_assert_cmpint(g_chdir(folder), ==, 0);
	for (unsigned n = 0; n < G_N_ELEMENTS(bioses); n++)
		make_bios(&bioses[n]);
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		g_autofree char *path = g_strdup_printf("/cli/%u", n);
		g_test_add_data_func(path, &cases[n], test_case);
	}
	int status = g_test_run();
	for (unsigned n = 0; n < G_N_ELEMENTS(bioses); n++)
		g_unlink(bioses[n].name);
	g_unlink("serial.txt");
	g_unlink("pid");
	g_rmdir(folder);
	return status;
}
