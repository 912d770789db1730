/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The printer port with a printer that writes to a file, and without one. */
#include "hw/char/parallel.h"

#include "fake-chardev.h"

enum { LPT1 = 0x378 };
#define REG(n) (LPT1 + (n))

/* A step ends where it has no more to say. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
// clang-format off
static const RegisterStep unplugged[] = {
	{ IN8, REG(0), 0x00 }, { IN8, REG(1), 0x7e, 0, "inputs float" }, { IN8, REG(2), 0xcc }, { OUT8, REG(0), 0xa5 }, { IN8, REG(0), 0xa5 },
	{ OUT8, REG(2), 0xff }, { IN8, REG(2), 0xff }, { IN8, REG(0), 0xff, 0, "input" }, { OUT8, REG(2), 0x0c }, { IN8, REG(2), 0xcc },
	{ OUT8, REG(2), 0x0d }, { IN8, REG(1), 0x7e, 0, "a strobe that nobody sees" },
	{ IN8, REG(4), 0xff }, { IN8, REG(1), 0x7f, 0, "EPP timed out" }, { OUT8, REG(1), 0x01 }, { IN8, REG(1), 0x7e },
	{ OUT8, REG(3), 0x11 }, { IN8, REG(1), 0x7f }, { OUT8, REG(1), 0x01 },
};

static const RegisterStep printing[] = {
	{ IN8, REG(1), 0xde, 0, "ready" }, { OUT8, REG(0), 'V' }, { OUT8, REG(2), 0x1d }, { IN8, REG(1), 0x5e, 0, "busy" }, { OUT8, REG(2), 0x1c },
	{ OUT8, REG(2), 0x1d }, { OUT8, REG(2), 0x1c }, { RUN_NS, 5000, 0 }, { IN8, REG(1), 0x1e, 0, "acknowledges" }, { IRQ_RISES, 7, 0 },
	{ RUN_NS, 5000, 0 }, { IN8, REG(1), 0xde }, { IRQ_RISES, 7, 1 },
	{ OUT8, REG(2), 0x0c }, { OUT8, REG(0), 'i' }, { OUT8, REG(2), 0x0d }, { RUN_NS, 20000, 0 }, { IRQ_RISES, 7, 0, 0, "not asked for" }, { OUT8, REG(2), 0x0c },
	{ OUT8, REG(2), 0x08 }, { IN8, REG(1), 0x5e, 0, "initializing" }, { OUT8, REG(2), 0x0c }, { IN8, REG(1), 0xde },
	{ OUT8, REG(4), 'v' }, { OUT16, REG(4), 'a' | '!' << 8 }, { OUT8, REG(3), '.' }, { IN8, REG(1), 0xde, 0, "EPP was taken" },
};
// clang-format on

static void test_unplugged(void)
{
	Machine *machine = fake_machine_new();
	fake_device(machine, &parallel_class, NULL);
	FAKE_SCRIPT(machine, unplugged);
	fake_machine_free(machine);
}

static Device *plug(Machine *machine, const FakeOutput *output)
{
	Device *device = device_new(machine, &parallel_class, NULL);
	fake_set_pointer(device, "chardev", output->chardev);
	g_assert_true(device_realize(device, NULL));
	device->class->reset(device);
	return device;
}

static void unplug(Device *device)
{
	device->class->unrealize(device);
	device->realized = false;
}

static void test_printing(void)
{
	Machine *machine = fake_machine_new();
	FakeOutput output = fake_output_new(machine);
	Device *device = plug(machine, &output);
	FAKE_SCRIPT(machine, printing);
	g_autofree char *text = fake_output_text(&output);
	g_assert_cmpstr(text, ==, "Viva!.");
	unplug(device);
	fake_output_free(&output);
	fake_machine_free(machine);
}

static void test_fuzz(void)
{
	static const FuzzRange ranges[] = { { false, LPT1, 8 } };
	for (uint32_t seed = 1; seed <= 4; seed++) {
		Machine *machine = fake_machine_new();
		FakeOutput output = fake_output_new(machine);
		Device *device = plug(machine, &output);
		fake_fuzz(machine, seed, 20000, ranges, G_N_ELEMENTS(ranges));
		unplug(device);
		fake_output_free(&output);
		fake_machine_free(machine);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/hw/parallel/unplugged", test_unplugged);
	g_test_add_func("/hw/parallel/printing", test_printing);
	g_test_add_func("/hw/parallel/fuzz", test_fuzz);
	return g_test_run();
}
