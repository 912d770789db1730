/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Character devices with a real other side: files, FIFOs, pseudo terminals, sockets. */
#include "char/chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "fake-machine.h"

/* What a device would be: takes up to `room`, and keeps it. */
typedef struct Taker {
	GString *got;
	unsigned room, connects, disconnects, breaks;
	bool focused;
} Taker;

static unsigned can_receive(void *owner)
{
	return ((Taker *)owner)->room;
}

static void receive(void *owner, const uint8_t *bytes, unsigned size)
{
	Taker *taker = owner;
	g_assert_cmpuint(size, <=, taker->room);
	taker->room -= size;
	g_string_append_len(taker->got, (const char *)bytes, size);
}

static void event(void *owner, bool connected)
{
	Taker *taker = owner;
	taker->connects += connected;
	taker->disconnects += !connected;
}

static void serial_break(void *owner)
{
	((Taker *)owner)->breaks++;
}

static void focus(void *owner, bool focused)
{
	((Taker *)owner)->focused = focused;
}

static const CharClient client = { can_receive, receive, event, serial_break, focus };

typedef struct Fixture {
	Machine *machine;
	char *folder;
	Taker taker;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	(void)data;
	f->machine = fake_machine_new();
	f->folder = g_dir_make_tmp("chardev-XXXXXX", NULL);
	f->taker = (Taker){ .got = g_string_new(NULL), .room = 1000 };
}

static void tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	fake_machine_free(f->machine);
	g_string_free(f->taker.got, TRUE);
	g_assert_cmpint(g_rmdir(f->folder), ==, 0);
	g_free(f->folder);
}

static char *path_of(Fixture *f, const char *name)
{
	return g_build_filename(f->folder, name, NULL);
}

static CharDev *make(Fixture *f, const char *format, const char *argument)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *specification = g_strconcat(format, argument, NULL);
	CharDev *dev = chardev_new(f->machine, "dev", specification, &error);
	g_assert_no_error(error);
	g_assert_true(chardev_find(f->machine, "dev") == dev);
	g_assert_true(chardev_attach(dev, &client, &f->taker));
	return dev;
}

static void put(CharDev *dev, const char *text)
{
	g_assert_cmpuint(chardev_write(dev, (const uint8_t *)text, (unsigned)strlen(text)), ==, strlen(text));
}

static void expect_input(Fixture *f, const char *text)
{
	while (f->taker.got->len < strlen(text) && fake_pump(f->machine))
		;
	g_assert_cmpstr(f->taker.got->str, ==, text);
	g_string_truncate(f->taker.got, 0);
}

static void expect_output(int fd, const char *text)
{
	char bytes[256] = "";
	size_t size = 0;
	while (size < strlen(text)) {
		ssize_t got = read(fd, bytes + size, sizeof(bytes) - 1 - size);
		if (got <= 0)
			break;
		size += (size_t)got;
	}
	g_assert_cmpstr(bytes, ==, text);
}

static void say(int fd, const char *text)
{
	g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
}

/* ---- kinds ---- */

static void test_null(Fixture *f, gconstpointer data)
{
	(void)data;
	CharDev *dev = make(f, "null", "");
	put(dev, "nobody hears");
	Taker other = { .room = 1 };
	g_assert_false(chardev_attach(dev, &client, &other));
	chardev_attach(dev, NULL, &f->taker);
	g_assert_true(chardev_attach(dev, &client, &other));
	chardev_free(dev);
	g_assert_null(chardev_find(f->machine, "dev"));
}

static void test_file(Fixture *f, gconstpointer data)
{
	(void)data;
	g_autofree char *path = path_of(f, "out,put"), *escaped = path_of(f, "out,,put"), *appending = g_strconcat(escaped, ",append=on", NULL);
	CharDev *dev = make(f, "file:", escaped);
	put(dev, "first");
	chardev_free(dev);
	dev = make(f, "file:", appending);
	put(dev, " second");
	chardev_free(dev);
	g_autofree char *text = NULL;
	g_file_get_contents(path, &text, NULL, NULL);
	g_assert_cmpstr(text, ==, "first second");
	g_unlink(path);
}

static void test_pipe(Fixture *f, gconstpointer data)
{
	(void)data;
	g_autofree char *base = path_of(f, "p"), *in_path = path_of(f, "p.in"), *out_path = path_of(f, "p.out");
	g_assert_cmpint(mkfifo(in_path, 0600), ==, 0);
	g_assert_cmpint(mkfifo(out_path, 0600), ==, 0);
	CharDev *dev = make(f, "pipe:", base);
	int to = open(in_path, O_WRONLY), from = open(out_path, O_RDONLY);
	say(to, "hello");
	expect_input(f, "hello");
	put(dev, "answer");
	expect_output(from, "answer");
	/* Without room nothing is read; with room again, all. */
	f->taker.room = 2;
	say(to, "abcd");
	expect_input(f, "ab");
	g_assert_false(fake_pump(f->machine) && f->taker.got->len);
	f->taker.room = 10;
	chardev_accept_input(dev);
	expect_input(f, "cd");
	close(to);
	close(from);
	chardev_free(dev);
	g_unlink(in_path);
	g_unlink(out_path);
}

/* A reader that doesn't read: what fits is queued, the rest refused, nothing blocks, and nothing is lost. */
static void test_bounded(Fixture *f, gconstpointer data)
{
	(void)data;
	enum { BLOCK = 1000 };
	g_autofree char *path = path_of(f, "fifo");
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	CharDev *dev = make(f, "pipe:", path);
	f->taker.room = 0;
	int from = open(path, O_RDONLY | O_NONBLOCK);
	uint8_t block[BLOCK];
	size_t sent = 0, got = 0;
	for (;;) {
		for (unsigned n = 0; n < BLOCK; n++)
			block[n] = (uint8_t)((sent + n) % 251);
		unsigned taken = chardev_write(dev, block, BLOCK);
		sent += taken;
		if (taken < BLOCK)
			break;
		g_assert_cmpuint(sent, <, 10 << 20);
	}
	g_assert_cmpuint(sent, >=, 64 << 10);
	g_assert_cmpuint(chardev_write(dev, block, BLOCK), ==, 0);
	for (unsigned rounds = 0; got < sent && rounds < 10000; rounds++) {
		ssize_t part = read(from, block, BLOCK);
		for (ssize_t n = 0; n < part; n++)
			g_assert_cmpuint(block[n], ==, got++ % 251);
		if (part <= 0)
			fake_pump(f->machine);
	}
	g_assert_cmpuint(got, ==, sent);
	close(from);
	chardev_free(dev);
	g_unlink(path);
}

static void test_pty(Fixture *f, gconstpointer data)
{
	(void)data;
	CharDev *dev = make(f, "pty", "");
	const char *name = chardev_description(dev) + strlen("pty:");
	put(dev, "nobody is there");
	for (unsigned times = 0; times < 2; times++) {
		int fd = open(name, O_RDWR | O_NOCTTY);
		g_assert_cmpint(fd, >=, 0);
		put(dev, "login:\n");
		expect_output(fd, "login:\n");
		say(fd, "root\r");
		expect_input(f, "root\r");
		g_assert_cmpuint(f->taker.connects, ==, times + 1);
		close(fd);
		while (f->taker.disconnects == times + 1 && fake_pump(f->machine))
			;
		g_assert_cmpuint(f->taker.disconnects, ==, times + 2); /* one of them said when it was attached */
	}
	chardev_free(dev);
}

static GSocket *dial(GSocketAddress *address)
{
	g_autoptr(GError) error = NULL;
	GSocket *socket = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
	g_assert_no_error(error);
	g_socket_connect(socket, address, NULL, &error);
	g_assert_no_error(error);
	return socket;
}

/* Connect, talk, hang up, and once more. */
static void talk_to_server(Fixture *f, CharDev *dev, GSocketAddress *address)
{
	put(dev, "nobody is there");
	for (unsigned times = 0; times < 2; times++) {
		g_autoptr(GSocket) socket = dial(address);
		while (f->taker.connects == times && fake_pump(f->machine))
			;
		g_assert_cmpuint(f->taker.connects, ==, times + 1);
		g_assert_null(strstr(chardev_description(dev), "disconnected"));
		put(dev, "welcome");
		expect_output(g_socket_get_fd(socket), "welcome");
		say(g_socket_get_fd(socket), "thanks");
		expect_input(f, "thanks");
		g_socket_close(socket, NULL);
		while (f->taker.disconnects == times + 1 && fake_pump(f->machine))
			;
		g_assert_true(g_str_has_prefix(chardev_description(dev), "disconnected:"));
		put(dev, "nobody is there");
	}
}

static void test_unix_server(Fixture *f, gconstpointer data)
{
	(void)data;
	g_autofree char *path = path_of(f, "socket"), *argument = g_strconcat(path, ",server,nowait", NULL);
	/* What a dead process left behind. */
	g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
	GSocket *dead = g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
	g_assert_true(g_socket_bind(dead, address, FALSE, NULL));
	g_object_unref(dead);
	CharDev *dev = make(f, "unix:", argument);
	talk_to_server(f, dev, address);
	/* A client of ours finds the server. */
	g_autoptr(GError) error = NULL;
	g_autofree char *call = g_strconcat("unix:", path, NULL), *again = g_strconcat("unix:", argument, NULL);
	CharDev *caller = chardev_new(f->machine, "caller", call, &error);
	g_assert_no_error(error);
	put(caller, "hi");
	expect_input(f, "hi");
	chardev_free(caller);
	/* A living server's path is not taken away. */
	g_assert_null(chardev_new(f->machine, "second", again, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
	chardev_free(dev);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
}

static void test_tcp_server(Fixture *f, gconstpointer data)
{
	(void)data;
	CharDev *dev = make(f, "tcp:", "127.0.0.1:0,server=on,wait=off,nodelay");
	const char *port = strrchr(chardev_description(dev), ':') + 1;
	g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string("127.0.0.1", (guint)strtoul(port, NULL, 10));
	talk_to_server(f, dev, address);
	chardev_free(dev);
}

static GSocket *bound(GSocketType type, char **text)
{
	g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string("127.0.0.1", 0);
	GSocket *socket = g_socket_new(G_SOCKET_FAMILY_IPV4, type, G_SOCKET_PROTOCOL_DEFAULT, NULL);
	g_assert_true(g_socket_bind(socket, any, FALSE, NULL));
	g_autoptr(GSocketAddress) address = g_socket_get_local_address(socket, NULL);
	*text = g_strdup_printf("127.0.0.1:%u", g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(address)));
	return socket;
}

static void test_tcp_client(Fixture *f, gconstpointer data)
{
	(void)data;
	g_autofree char *text = NULL;
	g_autoptr(GSocket) listener = bound(G_SOCKET_TYPE_STREAM, &text);
	g_assert_true(g_socket_listen(listener, NULL));
	CharDev *dev = make(f, "tcp:", text);
	g_autoptr(GSocket) peer = g_socket_accept(listener, NULL, NULL);
	put(dev, "called");
	expect_output(g_socket_get_fd(peer), "called");
	/* A reset connection is gone at the next write, or before. */
	g_socket_close(peer, NULL);
	for (unsigned n = 0; n < 100 && !f->taker.disconnects; n++) {
		put(dev, "is anybody there?");
		fake_pump(f->machine);
	}
	g_assert_cmpuint(f->taker.disconnects, ==, 1);
	chardev_free(dev);
}

static void test_udp(Fixture *f, gconstpointer data)
{
	(void)data;
	g_autofree char *text = NULL;
	g_autoptr(GSocket) socket = bound(G_SOCKET_TYPE_DATAGRAM, &text);
	g_autofree char *argument = g_strdup_printf("%s@127.0.0.1:0", text);
	CharDev *dev = make(f, "udp:", argument);
	put(dev, "datagram");
	char bytes[64] = "";
	g_autoptr(GSocketAddress) from = NULL;
	g_assert_cmpint(g_socket_receive_from(socket, &from, bytes, sizeof(bytes) - 1, NULL, NULL), ==, 8);
	g_assert_cmpstr(bytes, ==, "datagram");
	f->taker.room = 3;
	g_assert_cmpint(g_socket_send_to(socket, from, "0123456", 7, NULL, NULL), ==, 7);
	expect_input(f, "012");
	f->taker.room = 100;
	chardev_accept_input(dev);
	expect_input(f, "3456"); /* the rest of it was kept */
	g_assert_cmpint(g_socket_send_to(socket, from, "89", 2, NULL, NULL), ==, 2);
	expect_input(f, "89");
	/* Nobody listens there any more: that is not the end. */
	g_socket_close(socket, NULL);
	put(dev, "a");
	put(dev, "b");
	put(dev, "c");
	g_assert_cmpuint(f->taker.disconnects, ==, 0);
	chardev_free(dev);
}

/* ---- the multiplexer ---- */

static void test_mux(Fixture *f, gconstpointer data)
{
	(void)data;
	CharDev *dev = make(f, "mon:", "pty");
	g_assert_true(chardev_wants_monitor(dev));
	Taker monitor = { .got = g_string_new(NULL), .room = 100 };
	g_assert_true(chardev_attach(dev, &client, &monitor));
	g_assert_true(f->taker.focused && !monitor.focused);
	int fd = open(strstr(chardev_description(dev), "/dev/"), O_RDWR | O_NOCTTY);
	put(dev, "both write");
	expect_output(fd, "both write");
	say(fd, "ab\001\001c\001b\001cinfo");
	expect_input(f, "ab\001c");
	g_assert_cmpuint(f->taker.breaks, ==, 1);
	g_assert_true(!f->taker.focused && monitor.focused);
	g_assert_cmpstr(monitor.got->str, ==, "info");
	/* A console that takes nothing keeps what was typed to it, and doesn't stand in the way. */
	say(fd, "\001c");
	while (!f->taker.focused && fake_pump(f->machine))
		;
	f->taker.room = 0;
	say(fd, "typed\001cquit");
	while (monitor.got->len < 8 && fake_pump(f->machine))
		;
	g_assert_cmpstr(monitor.got->str, ==, "infoquit");
	f->taker.room = 100;
	chardev_accept_input(dev);
	expect_input(f, "typed");
	say(fd, "\001x");
	while (!f->machine->quit && fake_pump(f->machine))
		;
	g_assert_true(f->machine->quit);
	g_assert_true(chardev_attach(dev, NULL, &monitor));
	g_assert_true(f->taker.focused);
	g_assert_false(chardev_attach(dev, NULL, &monitor));
	g_string_free(monitor.got, TRUE);
	close(fd);
	chardev_free(dev);
}

/* ---- the process's own terminal ---- */

static bool is_raw(int fd)
{
	struct termios now;
	return tcgetattr(fd, &now) == 0 && !(now.c_lflag & ICANON);
}

/* A child whose terminal is a pseudo terminal: raw while the device is there, C-c given to a mon:, a signal ends the machine, and
 * the terminal is as before afterwards. The exit status says what went wrong. */
static int be_child(const char *name)
{
	setsid();
	int fd = open(name, O_RDWR);
	if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || tcsetpgrp(0, getpgrp()) < 0 || is_raw(0))
		return 1;
	Machine *machine = fake_machine_new();
	Taker taker = { .got = g_string_new(NULL), .room = 100 };
	CharDev *dev = chardev_new(machine, "dev", "mon:stdio", NULL);
	if (!dev || !is_raw(0) || (fcntl(0, F_GETFL) & O_NONBLOCK) || chardev_new(machine, "more", "stdio", NULL))
		return 2;
	chardev_attach(dev, &client, &taker);
	chardev_write(dev, (const uint8_t *)"ready", 5);
	while (taker.got->len < 2 && fake_pump(machine))
		;
	if (strcmp(taker.got->str, "\003k") != 0)
		return 3;
	raise(SIGTERM);
	while (!machine->quit && fake_pump(machine))
		;
	if (!machine->quit)
		return 4;
	chardev_free(dev);
	return is_raw(0) ? 5 : 0;
}

static void test_stdio(Fixture *f, gconstpointer data)
{
	(void)f, (void)data;
	int master = posix_openpt(O_RDWR | O_NOCTTY), status = -1;
	g_assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	char name[64];
	g_assert_cmpint(ptsname_r(master, name, sizeof(name)), ==, 0);
	pid_t child = fork();
	if (child == 0)
		_exit(be_child(name));
	expect_output(master, "ready");
	say(master, "\003k");
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	close(master);
}

/* ---- mistakes ---- */

static void test_mistakes(Fixture *f, gconstpointer data)
{
	(void)data;
	static const struct {
		const char *specification, *says;
	} mistakes[] = {
		{ "nonsense", "nonsense" }, { "nonsense", "tcp:" }, { "nullx", "nullx" }, { "file:", "missing" }, { "file:/nonexistent/x", "/nonexistent/x" },
		{ "file:/tmp/x,bad=on", "bad" }, { "file:/tmp/x,append=maybe", "maybe" }, { "pipe:/nonexistent", ".in" },
		{ "tcp:nocolon", "HOST:PORT" }, { "tcp:localhost:99999", "65535" }, { "tcp:127.0.0.1:1", "refused" }, { "tcp:127.0.0.1:1,serve", "serve" },
		{ "unix:/nonexistent/s", "No such file" }, { "unix:/nonexistent/s,server,nowait", "No such file" }, { "udp:x", "HOST:PORT" },
		{ "mon:mon:null", "within" }, { "mon:nonsense", "nonsense" },
	};
	for (unsigned n = 0; n < G_N_ELEMENTS(mistakes); n++) {
		g_autoptr(GError) error = NULL;
		g_assert_null(chardev_new(f->machine, "dev", mistakes[n].specification, &error));
		g_assert_nonnull(error);
		if (!strstr(error->message, mistakes[n].says))
			g_error("%s: %s", mistakes[n].specification, error->message);
	}
	g_assert_cmpuint(machine_chardevs(f->machine)->len, ==, 0);
	g_autoptr(GError) error = NULL;
	CharDev *dev = make(f, "null", "");
	g_assert_null(chardev_new(f->machine, "dev", "null", &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS);
	chardev_free(dev);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
#define TEST(path, function) g_test_add("/char/" path, Fixture, NULL, set_up, function, tear_down)
	TEST("null", test_null);
	TEST("file", test_file);
	TEST("pipe", test_pipe);
	TEST("bounded", test_bounded);
	TEST("pty", test_pty);
	TEST("unix-server", test_unix_server);
	TEST("tcp-server", test_tcp_server);
	TEST("tcp-client", test_tcp_client);
	TEST("udp", test_udp);
	TEST("mux", test_mux);
	TEST("stdio", test_stdio);
	TEST("mistakes", test_mistakes);
	return g_test_run();
}
