/* SPDX-License-Identifier: GPL-3.0-or-later */
/* runner [-p] [-s SECONDS] FOLDER LIST: runs the programs of FOLDER that the file LIST names, one after another in an empty
 * folder of their own, and says of each how it ended and what it said:
 *
 *     program 64/torture/20000112-1 exit:0 -
 *     program 64/i386/avx-1 exit:0 PASSED
 *     program 32/torture/printf-1 exit:0 #cbf29ce484222325
 *     programs done
 *
 * A line of the list is the program's name; or a name for the test, its program and arguments: what such a test says isn't told,
 * since it holds addresses and times. What a program said that failed follows its line, each line behind a "| ".
 *
 * The same binary runs on the host and in the guest, so that equal lines mean equal behaviour. With -p the lines go to the debug
 * port of a PC, where no message of the kernel's gets between. Linux on x86 only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DEBUG_PORT = 0xe9,
	SHOWN_BYTES = 24, /* what is longer, or no word, is shown as its FNV-1a sum */
	FAILURE_BYTES = 1500,
	MAX_WORDS = 32,
};

typedef struct Options {
	const char *folder, *list;
	unsigned seconds; /* that a program may take */
	bool port;
} Options;

static void __attribute__((format(printf, 2, 3))) say(const Options *options, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (!options->port) {
		fputs(text, stdout);
		fflush(stdout);
		return;
	}
	for (const char *byte = text; *byte; byte++)
		outb((uint8_t)*byte, DEBUG_PORT);
}

static _Noreturn void become(const Options *options, char **words, int output)
{
	const struct rlimit none = {0, 0};
	char path[512];
	int null = open("/dev/null", O_RDONLY);
	snprintf(path, sizeof path, "%s/%s", options->folder, words[0]);
	setpgid(0, 0);
	setrlimit(RLIMIT_CORE, &none);
	alarm(options->seconds);
	dup2(null, 0);
	dup2(output, 1);
	dup2(output, 2);
	words[0] = path;
	execv(path, words);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

static void describe_output(int output, char *text, size_t size)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325); /* FNV-1a, 64 bits */
	char bytes[4096], head[SHOWN_BYTES + 1] = "";
	size_t length = 0, kept = 0;
	bool word = true;
	ssize_t got;
	lseek(output, 0, SEEK_SET);
	while ((got = read(output, bytes, sizeof bytes)) > 0)
		for (ssize_t n = 0; n < got; n++) {
			uint8_t byte = (uint8_t)bytes[n];
			sum = (sum ^ byte) * UINT64_C(0x100000001b3);
			length++;
			if (byte == '\n')
				continue;
			word = word && byte > ' ' && byte < 0x7f && kept < SHOWN_BYTES;
			if (word)
				head[kept++] = (char)byte;
		}
	if (!length)
		snprintf(text, size, "-");
	else if (word && kept)
		snprintf(text, size, "%s", head);
	else
		snprintf(text, size, "#%016llx", (unsigned long long)sum);
}

/* The end of what a program said that failed. */
static void show_output(const Options *options, int output)
{
	char bytes[FAILURE_BYTES + 1], *rest = bytes, *line;
	off_t size = lseek(output, 0, SEEK_END);
	ssize_t got = pread(output, bytes, FAILURE_BYTES, size > FAILURE_BYTES ? size - FAILURE_BYTES : 0);
	bytes[got > 0 ? got : 0] = 0;
	while ((line = strsep(&rest, "\n")))
		if (*line)
			say(options, "| %s\n", line);
}

static unsigned split(char *line, char **words)
{
	unsigned count = 0;
	line[strcspn(line, "\n")] = 0;
	while (count < MAX_WORDS - 1 && (words[count] = strsep(&line, " ")))
		count++;
	words[count] = NULL;
	return count;
}

static void run(const Options *options, char *line)
{
	char *words[MAX_WORDS], text[64] = "-", how[32];
	bool named = split(line, words) > 1;
	int status = 0;
	int output = open("output", O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	pid_t child = fork();
	if (!child)
		become(options, words + named, output);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	kill(-child, SIGKILL); /* what it left behind */
	if (WIFEXITED(status))
		snprintf(how, sizeof how, "exit:%d", WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGALRM)
		snprintf(how, sizeof how, "late");
	else
		snprintf(how, sizeof how, "signal:%d", WTERMSIG(status));
	if (!named)
		describe_output(output, text, sizeof text);
	say(options, "program %s %s %s\n", words[0], how, text);
	if (status)
		show_output(options, output);
	close(output);
	unlink("output");
}

static bool parse(Options *options, int argc, char **argv)
{
	int option;
	*options = (Options){.seconds = 60};
	while ((option = getopt(argc, argv, "ps:")) != -1) {
		if (option == 'p')
			options->port = true;
		else if (option == 's')
			options->seconds = (unsigned)atoi(optarg);
		else
			return false;
	}
	if (argc - optind != 2 || argv[optind][0] != '/')
		return false;
	options->folder = argv[optind];
	options->list = argv[optind + 1];
	return true;
}

int main(int argc, char **argv)
{
	Options options;
	char line[1024], place[] = "/tmp/programs-XXXXXX";
	if (!parse(&options, argc, argv)) {
		fprintf(stderr, "usage: runner [-p] [-s SECONDS] /FOLDER LIST\n");
		return 2;
	}
	FILE *list = fopen(options.list, "r");
	if (!list || !mkdtemp(place) || chdir(place) || (options.port && ioperm(DEBUG_PORT, 1, 1))) {
		perror("runner");
		return 1;
	}
	while (fgets(line, sizeof line, list))
		run(&options, line);
	say(&options, "programs done\n");
	fclose(list);
	/* What a program left there stays: some do. */
	return chdir("/") || (rmdir(place) && errno != ENOTEMPTY) ? 1 : 0;
}
