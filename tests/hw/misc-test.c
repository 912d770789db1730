/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The debug ports. The character device is a string here. */
#include "char/chardev.h"
#include "fake-machine.h"
#include "hw/misc/debug_exit.h"
#include "hw/misc/debugcon.h"
#include "hw/misc/pvpanic.h"

struct CharDev {
	GString *written;
};

unsigned chardev_write(CharDev *chardev, const uint8_t *bytes, unsigned size)
{
	g_string_append_len(chardev->written, (const char *)bytes, size);
	return size;
}

static void test_debugcon(void)
{
	static const RegisterStep steps[] = {
		{ IN8, 0xe9, 0xe9, 0, NULL }, { OUT8, 0xe9, 'x', 0, "nobody listens" },
		{ IN8, 0x402, 0xe9, 0, NULL }, { OUT8, 0x402, 'a', 0, NULL }, { OUT8, 0x402, 'b', 0, NULL }, { OUT16, 0x402, 'd' << 8 | 'c', 0, NULL },
	};
	CharDev text = { g_string_new(NULL) };
	Machine *machine = fake_machine_new();
	fake_device(machine, &debugcon_class, NULL);
	Device *firmware = device_new(machine, &debugcon_class, NULL);
	device_set_property(firmware, "iobase", "0x402", NULL);
	fake_set_pointer(firmware, "chardev", &text);
	g_assert_true(device_realize(firmware, NULL));
	FAKE_SCRIPT(machine, steps);
	g_assert_cmpstr(text.written->str, ==, "abc");
	fake_machine_free(machine);
	g_string_free(text.written, TRUE);
}

static void test_debug_exit(void)
{
	static const RegisterStep steps[] = {
		{ IN16, 0x501, 0, 0, NULL }, { REQUESTED, REQUEST_EXIT, 0, 0, NULL }, { OUT8, 0x501, 0x10, 0, NULL },
		{ REQUESTED, REQUEST_EXIT, 1, 0, NULL },
	};
	static const RegisterStep wide[] = { { OUT32, 0xf4, 0xffffffff, 0, NULL }, { REQUESTED, REQUEST_EXIT, 2, 0, NULL } };
	g_autoptr(GError) error = NULL;
	Machine *machine = fake_machine_new();
	fake_device(machine, &debug_exit_class, NULL);
	FAKE_SCRIPT(machine, steps);
	g_assert_cmpint(machine->request_value, ==, 0x21);
	fake_device(machine, &debug_exit_class, "iobase", "0xf4", "iosize", "4", NULL);
	FAKE_SCRIPT(machine, wide);
	g_assert_cmpint(machine->request_value, ==, 0x7fffffff);
	Device *outside = device_new(machine, &debug_exit_class, NULL);
	device_set_property(outside, "iobase", "0xffff", NULL);
	g_assert_false(device_realize(outside, &error));
	fake_machine_free(machine);
}

static void test_pvpanic(void)
{
	static const RegisterStep steps[] = {
		{ IN8, 0x505, 3, 0, NULL }, { OUT8, 0x505, 0, 0, NULL }, { OUT8, 0x505, 2, 0, NULL }, { REQUESTED, REQUEST_PANIC, 0, 0, NULL },
		{ OUT8, 0x505, 1, 0, NULL }, { REQUESTED, REQUEST_PANIC, 1, 0, NULL },
	};
	Machine *machine = fake_machine_new();
	fake_device(machine, &pvpanic_class, NULL);
	FAKE_SCRIPT(machine, steps);
	fake_machine_free(machine);
}

static void test_fuzz(void)
{
	static const FuzzRange ranges[] = { { false, 0xe9, 1 }, { false, 0x501, 5 } };
	Machine *machine = fake_machine_new();
	fake_device(machine, &debugcon_class, NULL);
	fake_device(machine, &debug_exit_class, NULL);
	fake_device(machine, &pvpanic_class, NULL);
	fake_fuzz(machine, 3, 100000, ranges, G_N_ELEMENTS(ranges));
	fake_machine_free(machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/hw/misc/debugcon", test_debugcon);
	g_test_add_func("/hw/misc/debug-exit", test_debug_exit);
	g_test_add_func("/hw/misc/pvpanic", test_pvpanic);
	g_test_add_func("/hw/misc/fuzz", test_fuzz);
	return g_test_run();
}
