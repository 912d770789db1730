/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The monitor's commands: what each answers to good and bad arguments, what Tab offers, and lines that nobody would type. */
#include <string.h>

#include "build.h"
#include "disk/block.h"
#include "monitor/command.h"

#define MACHINE "-bios bios.bin -m 8 -smp 2 -vga std -global VGA.romfile=bios.bin -hda disk.img -cdrom cd.iso -name test -S"

typedef struct Case {
	const char *line;
	const char *pattern; /* of the whole answer: '*' any text, '?' any character, '|' a line's end */
} Case;

#define BLOCK_HDA "ide0-hd0: disk.img (raw)|    Attached to:      ide-hd|    Size:             20480 sectors|"
#define NO_CD "ide1-cd0: [not inserted]|    Attached to:      ide-cd|    Removable device: not locked, tray "

/* clang-format off */
/* One machine answers all of them, one after the other. */
static const Case cases[] = {
	{ "", "" }, { "   ", "" },
	{ "zork", "unknown command: 'zork'|" },
	{ "inof", "unknown command: 'inof' (did you mean 'info'?)|" },
	{ "\"", "unknown command: '\"'|" },
	{ "/", "unknown command: ''|" },
	/* help */
	{ "help", "help|? [command] -- *|quit|q -- *|change device [-f] filename [format] [read-only-mode] -- *" },
	{ "?", "help|? [command] -- *" },
	{ "help quit", "quit|q -- *|" },
	{ "help x", "x /fmt addr -- *|" },
	{ "help eject", "eject [-f] device -- *|" },
	{ "help info", "info [item] [arguments] -- *|info version -- *|info qtree -- *" },
	{ "help zork", "unknown command: 'zork'|" },
	{ "help quti", "unknown command: 'quti' (did you mean 'quit'?)|" },
	{ "help quit now", "extra characters at the end of line: 'now'|Try \"help help\" for more information|" },
	/* life */
	{ "info status", "VM status: paused (prelaunch)|" },
	{ "cont", "" }, { "info status", "VM status: running|" },
	{ "c", "" }, { "stop", "" }, { "info status", "VM status: paused|" },
	{ "s", "" }, { "cont now", "extra characters*" },
	{ "system_reset", "" }, { "system_reset now", "extra characters at the end of line: 'now'|Try \"help system_reset\" for more information|" },
	{ "system_powerdown", "" }, { "system_powerdown 1", "extra characters*" },
	/* info */
	{ "info", "info version -- *" },
	{ "info zork", "unknown command: 'info zork'|" },
	{ "info statsu", "unknown command: 'info statsu' (did you mean 'status'?)|" },
	{ "info version", "?*.?*.?*|" }, { "info version x", "extra characters at the end of line: 'x'|Try \"help info\" for more information|" },
	{ "info cpus", "* CPU #0:*|  CPU #1:*|" },
	{ "info registers", "|CPU#0|EAX=00000000 EBX=*|EIP=0000fff0 EFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=0|ES =0000 00000000 0000ffff 00009300|*"
			    "|CR0=60000010 CR2=00000000 CR3=00000000 CR4=00000000|*|EFER=0000000000000000|*XMM07=*|" },
	{ "info registers 1", "|CPU#1|EAX=*" }, { "info registers 2", "there is no CPU#2; the last one is CPU#1|" },
	{ "info registers -a", "|CPU#0|*|CPU#1|*" }, { "info registers -b", "*" }, { "info registers 1 1", "extra characters*" },
	{ "info jit", "CPU #0:*|CPU #1:*|" }, { "info jit 1", "extra characters*" },
	{ "info mem", "PG disabled|" }, { "info tlb", "PG disabled|" },
	{ "info mtree", "address-space: memory|  0000000000000000-000000000009ffff (prio 0, ram): ram-conventional|*"
			"||address-space: I/O|  0000000000000000-000000000000000f (prio 0, i/o): 8237 bytes|*" },
	{ "info pic", "*pic0: irr=00 imr=00 isr=00 *ioapic0: ver=0x20 id=0x00 sel=0x00|  pin 0  0x0000000000010000 dest=0 vec=0   active-hi edge  masked "
		      "fixed  physical|*  IRR      *|  Remote IRR (none)|" },
	{ "info lapic", "dumping local APIC state for CPU 0 ||LVT0\t 0x????????*|APR 0x00 TPR 0x00 *dumping local APIC state for CPU 1 ||*" },
	{ "info pci", "  Bus  0, device   0, function 0:|    Host bridge: PCI device 8086:1237|*|    VGA controller: PCI device 1234:1111|*|      id \"\"|" },
	{ "info roms", "addr=00000000ffff0000 size=0x010000 mem=rom name=\"bios.bin\"|*/rom@etc/acpi/tables size=0x* name=\"etc/acpi/tables\"|*" },
	{ "info chardev", "serial0: filename=null|parallel0: filename=null|" },
	{ "info qtree", "dev: *dev: ide-hd, id \"\", bus ide|  drive = ide0-hd0|*" },
	{ "info block", BLOCK_HDA "|ide1-cd0: cd.iso (raw, read-only)|    Attached to:      ide-cd|    Removable device: not locked, tray closed|"
			"    Size:             2048 sectors||floppy0: [not inserted]|    Attached to:      floppy|    Removable device: not locked, tray closed|" },
	{ "info block ide0-hd0", BLOCK_HDA }, { "info block zork", "Error: there is no drive 'zork'|" }, { "info block a b", "extra characters*" },
	/* memory; the BIOS is 0x55 but for its jump */
	{ "x", "unexpected end of expression|Try \"help x\" for more information|" },
	{ "xp 0xfffffff0", "00000000fffffff0: 0x5555feeb|" },
	{ "xp /4xb 0xfffffff0", "00000000fffffff0: 0xeb 0xfe 0x55 0x55|" },
	{ "xp/9b 0xfffffff0", "00000000fffffff0: 0xeb 0xfe 0x55 0x55 0x55 0x55 0x55 0x55|00000000fffffff8: 0x55|" },
	{ "xp /2xh 0xfffffff0", "00000000fffffff0: 0xfeeb 0x5555|" },
	{ "xp /2xg 0xfffffff0", "00000000fffffff0: 0x555555555555feeb 0x5555555555555555|" },
	{ "xp/db 0xfffffff0", "00000000fffffff0: -21|" },
	{ "xp/u 0xfffffff0", "00000000fffffff0: 235|" },
	{ "xp/oh 0xfffffff0", "00000000fffffff0: 0177353|" },
	{ "xp/3c 0xfffffff1", "00000000fffffff1: '\\xfe' 'U' 'U'|" },
	{ "xp/2i 0xfffffff0", "0xfffffff0:  eb fe *jmp *|0xfffffff2:  55 *push*|" },
	{ "xp/iw 0xfffffff2", "0xfffffff2:  55 *push* %ebp|" }, { "xp/ih 0xfffffff2", "0xfffffff2:  55 *push* %bp|" },
	{ "xp/x 0", "0000000000000000: 0x0000|" }, /* the size is the one before */
	{ "x/4xw 0xffff0", "00000000000ffff0: 0x5555feeb 0x55555555 0x55555555 0x55555555|" },
	{ "xp/5w 0x10", "0000000000000010: 0x00000000 0x00000000 0x00000000 0x00000000|0000000000000020: 0x00000000|" },
	{ "xp 0x100000000000", "0000100000000000: Cannot access memory|" }, { "xp/i 0x100000000000", "Cannot access memory at 0x100000000000|" },
	{ "xp /q 0", "invalid char in format: 'q'|Try \"help xp\" for more information|" },
	{ "xp /", "unexpected end of expression|*" }, { "xp 0 1", "extra characters*" }, { "xp/99999999999999999999x", "unexpected end*" },
	{ "xp/300000xb 0", "0000000000000000: 0x00 *|(* of 300000 shown; what follows: xp/*xb 0x*)|" },
	{ "xp/99999999999999999xg 8", "0000000000000008: 0x0000000000000000 *|(* of 2147483647 shown; what follows: xp/*xg 0x*)|" },
	{ "xp/100000i 0", "*|(* of 100000 shown; what follows: xp/*i 0x*)|" },
	{ "xp/xw 0", "0000000000000000: 0x00000000|" },
	/* expressions */
	{ "p", "unexpected end of expression|Try \"help print\" for more information|" },
	{ "print 65", "0x41|" }, { "p/d 0x41", "65|" }, { "p 0x42", "66|" }, { "p/c 65", "'A'|" }, { "p/c 10", "'\\n'|" }, { "p/c 200", "'\\xc8'|" },
	{ "p/o 8", "010|" }, { "p/u -1", "18446744073709551615|" }, { "p/x 0", "0|" }, { "p 1+2*3", "0x7|" }, { "p (1+2)*3", "0x9|" },
	{ "p/d -7/2", "-3|" }, { "p -7%3", "-1|" }, { "p/x ~0", "0xffffffffffffffff|" }, { "p 6&3|8^1", "0xb|" }, { "p 'A'", "0x41|" },
	{ "p 010", "0x8|" }, { "p - - 5", "0x5|" }, { "p $eip", "0xfff0|" }, { "p $cs", "0xf000|" }, { "p $pc+1", "0xfffffff1|" }, { "p $rax", "0|" },
	{ "p 1 2", "extra characters at the end of line: '2'|*" }, { "p 1+", "unexpected end of expression|*" }, { "p 1/0", "division by zero|*" },
	{ "p 1%0", "division by zero|*" }, { "p $zork", "unknown register|*" }, { "p (1", "')' expected|*" }, { "p 99999999999999999999", "number too large|*" },
	{ "p zork", "invalid char in expression|*" }, { "p 'A", "a character constant is 'c'|*" },
	{ "p ((((((((((((((((((((((((((((((((((((((((((((((((((((((1", "the expression is too deep|*" },
	/* ports: the RTC's index and data */
	{ "o/b 0x70 0x0f", "" }, { "o 0x71 0x5a", "" }, { "i/b 0x71", "portb[0x0071] = 0x5a|" }, { "i/xb 0x70 .0x0f", "portb[0x0071] = 0x5a|" },
	{ "i/h 0x71", "portw[0x0071] = 0x*5a|" }, { "i/w 0xcf8", "portl[0x0cf8] = 0x*|" }, { "i 0xcf8", "portl[0x0cf8] = 0x*|" },
	{ "o/w 0xcf8 0x80000000", "" }, { "i/w 0xcfc", "portl[0x0cfc] = 0x12378086|" }, { "o", "unexpected end of expression|*" },
	{ "o 0x80", "unexpected end of expression|*" }, { "i", "unexpected end of expression|*" }, { "i 1 .2 3", "extra characters*" }, { "o/q 1 1", "invalid char*" },
	/* keys and mouse */
	{ "sendkey", "keys: a value is missing|Try \"help sendkey\" for more information|" },
	{ "sendkey a", "" }, { "sendkey ctrl-alt-f1", "" }, { "sendkey ctrl-alt-delete 1000", "" }, { "sendkey 0x1e", "" },
	{ "sendkey zork", "invalid parameter: zork|" }, { "sendkey a-", "invalid parameter: |" }, { "sendkey a-zork", "invalid parameter: zork|" },
	{ "sendkey a -1", "invalid hold time|" }, { "sendkey a b", "invalid char in expression|*" },
	{ "sendkey a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q", "too many keys|" },
	{ "mouse_move 10 -10", "" }, { "mouse_move 10 10 -1", "" }, { "mouse_move 999999999 1", "" }, { "mouse_move 1", "dy: a number is expected|*" },
	{ "mouse_move a b", "dx: a number is expected|*" }, { "mouse_move 1 2x", "dy: a number is expected|*" }, { "mouse_button 7", "" }, { "mouse_button 0", "" }, { "mouse_button", "unexpected end*" },
	/* screen and media */
	{ "screendump screen.ppm", "" }, { "screendump \"my screen.png\"", "" }, { "screendump", "filename: a value is missing|*" },
	{ "screendump nowhere/screen.png", "Error: *nowhere/screen.png*|" }, { "screendump \"open", "unterminated string|*" },
	{ "eject", "device: a value is missing|*" }, { "eject zork", "Error: there is no drive 'zork'|" }, { "eject ide0-hd0", "Error: *ide0-hd0*|" },
	{ "eject -x ide1-cd0", "extra characters*" },
	{ "eject ide1-cd0", "" }, { "info block ide1-cd0", NO_CD "open|" }, { "eject -f ide1-cd0", "" },
	{ "change ide1-cd0 nothing.iso", "Error: *nothing.iso*|" }, { "change ide1-cd0 cd.iso raw", "" },
	{ "info block ide1-cd0", "ide1-cd0: cd.iso (raw, read-only)|*" }, { "change ide1-cd0 -f cd.iso", "" },
	{ "change ide1-cd0 cd.iso qcow3", "Error: *qcow3*|" }, { "change ide1-cd0 cd.iso raw maybe", "Error: read-only-mode 'maybe' is not one of: *|" },
	{ "change floppy0 floppy.img raw read-only", "" }, { "info block floppy0", "floppy0: floppy.img (raw, read-only)|*" },
	{ "change floppy0 floppy.img raw read-write", "" }, { "info block floppy0", "floppy0: floppy.img (raw)|*" },
	{ "change floppy0 floppy.img raw retain", "" }, { "info block floppy0", "floppy0: floppy.img (raw)|*" },
	{ "change zork x", "Error: there is no drive 'zork'|" }, { "change ide0-hd0 disk2.img", "Error: *ide0-hd0*|" },
	{ "change ide1-cd0", "filename: a value is missing|*" }, { "change", "device: a value is missing|*" },
	{ "change ide1-cd0 cd.iso raw retain more", "extra characters*" },
	{ "quit now", "extra characters*" },
};

static const Case completions[] = { /* lines, and what may follow */
	{ "qu", "quit" }, { "system_", "system_reset|system_powerdown|system_wakeup" }, { "zork", "" }, { "help e", "eject" }, { "info ro", "roms" },
	{ "info m", "mem|mtree" }, { "eject ide", "ide0-hd0|ide1-cd0" }, { "eject -f fl", "floppy0" }, { "change ide1-cd0 disk", "disk*.img|disk*.img" },
	{ "change ide1-cd0 -f cd", "cd.iso" }, { "screendump bio", "bios.bin" }, { "sendkey ctrl-alt-del", "ctrl-alt-delete" }, { "sendkey esc", "esc" },
	{ "x /4x", "" }, { "info registers -", "" }, { "screendump nowhere/", "" }, { "zork x", "" },
};
/* clang-format on */

typedef struct Fixture {
	Machine *machine;
	Monitor *monitor;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	(void)data;
	fixture->machine = build_machine(MACHINE, &error);
	g_assert_no_error(error);
	machine_lock(fixture->machine);
	fixture->monitor = monitor_new(fixture->machine, NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
	(void)data;
	monitor_free(fixture->monitor);
	machine_unlock(fixture->machine);
	machine_free(fixture->machine);
}

static bool matches(const char *pattern, const char *text)
{
	g_autofree char *flat = g_strdelimit(g_strdup(text), "\n", '|');
	return g_pattern_match_simple(pattern, flat);
}

static void fail(const char *line, const char *answer)
{
	g_test_message("%s: %s", line, answer);
	g_test_fail();
}

static void test_commands(Fixture *fixture, gconstpointer data)
{
	(void)data;
	for (unsigned n = 0; n < G_N_ELEMENTS(cases); n++) {
		g_autofree char *answer = monitor_run(fixture->monitor, cases[n].line);
		if (!matches(cases[n].pattern, answer))
			fail(cases[n].line, answer);
	}
}

static void test_completion(Fixture *fixture, gconstpointer data)
{
	(void)data;
	for (unsigned n = 0; n < G_N_ELEMENTS(completions); n++) {
		g_autoptr(GPtrArray) words = command_complete(fixture->monitor, completions[n].line);
		g_ptr_array_add(words, NULL);
		g_autofree char *list = g_strjoinv("|", (char **)words->pdata);
		if (!matches(completions[n].pattern, list))
			fail(completions[n].line, list);
	}
}

/* Instead of a line for the monitor */
#define REQUESTS "what was asked of the machine thread is done"
#define TIMERS "timers run for a while"

static void run_requests(Machine *machine)
{
	machine_unlock(machine);
	while (g_main_context_iteration(machine_context(machine), FALSE))
		continue;
	machine_lock(machine);
}

static void run_timers(Machine *machine)
{
	enum { WHILE_NS = 10000000 };
	int64_t end = clock_now(machine_clock(machine)) + WHILE_NS;
	while (clock_now(machine_clock(machine)) < end)
		clock_run(machine_clock(machine));
}

/* Lines to a machine of their own that has no threads. */
static void talk(const Case *lines, unsigned count)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Machine) machine = build_machine("-bios bios.bin -vga none -no-shutdown", &error);
	g_assert_no_error(error);
	machine_lock(machine);
	Monitor *monitor = monitor_new(machine, NULL);
	for (unsigned n = 0; n < count; n++) {
		if (lines[n].pattern) {
			g_autofree char *answer = monitor_run(monitor, lines[n].line);
			if (!matches(lines[n].pattern, answer))
				fail(lines[n].line, answer);
		} else if (g_str_equal(lines[n].line, TIMERS)) {
			run_timers(machine);
		} else {
			run_requests(machine);
		}
	}
	monitor_free(monitor);
	machine_unlock(machine);
}

#define PM_ON { "o/w 0xcf8 0x80000b40", "" }, { "o/w 0xcfc 0x601", "" }, { "o/w 0xcf8 0x80000b80", "" }, { "o/b 0xcfc 1", "" }

/* A guest that switched itself off under -no-shutdown stays so until a reset. */
static void test_ended(void)
{
	static const Case lines[] = {
		{ "cont", "" }, { "info status", "VM status: running|" }, PM_ON, { "o/h 0x604 0x2001", "" }, { REQUESTS, NULL },
		{ "info status", "VM status: paused (shutdown)|" },
		{ "cont", "Error: the guest has ended; it needs a system_reset before it can go on|" }, { "info status", "VM status: paused (shutdown)|" },
		{ "system_reset", "" }, { "info status", "VM status: paused (prelaunch)|" }, { "cont", "" }, { "info status", "VM status: running|" },
	};
	talk(lines, G_N_ELEMENTS(lines));
}

/* What wakes a sleeping machine wakes one, too, whose guest has just asked for sleep. The clock's alarm is here its periodic
 * interrupt, which comes by the same line. */
static void test_wakes_early(void)
{
#define SLEEPS { "cont", "" }, PM_ON, { "o/h 0x602 0x500", "" }, { "o/b 0x604 1", "" }, { "o/h 0x604 0x2401", "" }
#define WOKEN { REQUESTS, NULL }, { "info status", "VM status: running|" }
	static const Case stays[] = { SLEEPS, { REQUESTS, NULL }, { "info status", "VM status: paused (suspended)|" } };
	static const Case wakeup[] = { SLEEPS, { "system_wakeup", "" }, WOKEN };
	static const Case button[] = { SLEEPS, { "system_powerdown", "" }, WOKEN };
	static const Case key[] = { SLEEPS, { "sendkey a", "" }, WOKEN };
	static const Case alarm[] = { SLEEPS, { "o/b 0x70 0x0b", "" }, { "o/b 0x71 0x42", "" }, { TIMERS, NULL }, WOKEN };
	static const Case pressed[] = { { "cont", "" }, { "system_powerdown", "" }, SLEEPS, WOKEN };
	talk(stays, G_N_ELEMENTS(stays));
	talk(wakeup, G_N_ELEMENTS(wakeup));
	talk(button, G_N_ELEMENTS(button));
	talk(key, G_N_ELEMENTS(key));
	talk(alarm, G_N_ELEMENTS(alarm));
	talk(pressed, G_N_ELEMENTS(pressed));
}

/* ---- lines that nobody would type ---- */

static void add_piece(GString *line)
{
	static const char *const pieces[] = {
		" ", "  ", "/", "-", "-f", "-a", "\"", "\\", ".", "0x", "0", "1", "0xfffffff0", "-1", "18446744073709551615", "$rip", "$", "(", ")", "+", "*", "%",
		"4xb", "i", "g", "c", "ide1-cd0", "ide0-hd0", "floppy0", "cd.iso", "ctrl-alt-delete", "a", "raw", "retain", "\t", "\xff", "\xc3\xa9",
	};
	unsigned kind = (unsigned)g_test_rand_int_range(0, 8), length = 0;
	if (kind == 0) {
		while (command_table[length].name)
			length++;
		g_string_append(line, command_table[g_test_rand_int_range(0, (int)length)].name);
	} else if (kind == 1) {
		while (info_table[length].name)
			length++;
		g_string_append(line, info_table[g_test_rand_int_range(0, (int)length)].name);
	} else if (kind == 2) {
		g_string_append_c(line, (char)g_test_rand_int_range(1, 256));
	} else {
		g_string_append(line, pieces[g_test_rand_int_range(0, G_N_ELEMENTS(pieces))]);
	}
	if (g_test_rand_int_range(0, 2))
		g_string_append_c(line, ' ');
}

static void test_random(Fixture *fixture, gconstpointer data)
{
	enum { LINES = 4000 };
	(void)data;
	for (unsigned n = 0; n < LINES; n++) {
		g_autoptr(GString) line = g_string_new(NULL);
		for (int pieces = g_test_rand_int_range(1, 8); pieces > 0; pieces--)
			add_piece(line);
		if (strstr(line->str, "screendump"))
			continue; /* whose names might be anywhere */
		g_autofree char *answer = monitor_run(fixture->monitor, line->str);
		g_autoptr(GPtrArray) words = command_complete(fixture->monitor, line->str);
		g_assert_true(answer && words);
	}
	block_drain(fixture->machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	build_enter_folder();
	g_test_add("/hmp/commands", Fixture, NULL, set_up, test_commands, tear_down);
	g_test_add("/hmp/completion", Fixture, NULL, set_up, test_completion, tear_down);
	g_test_add_func("/hmp/ended", test_ended);
	g_test_add_func("/hmp/wakes-early", test_wakes_early);
	g_test_add("/hmp/random", Fixture, NULL, set_up, test_random, tear_down);
	int status = g_test_run();
	build_leave_folder();
	return status;
}
