/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Port 0x92 and the coprocessor's interrupt. */
#include "fake-machine.h"
#include "hw/chipset/port92.h"

static void port92(void)
{
	static const RegisterStep script[] = {
		{ IN8, 0x92, 0x02, 0, NULL }, { OUT8, 0x92, 0x00, 0, NULL }, { GATE_A20, 0, 0, 0, NULL }, { IN8, 0x92, 0x00, 0, NULL },
		{ OUT8, 0x92, 0x02, 0, NULL }, { GATE_A20, 0, 1, 0, NULL }, { REQUESTED, REQUEST_RESET, 0, 0, NULL },
		{ OUT8, 0x92, 0x03, 0, NULL }, { REQUESTED, REQUEST_RESET, 1, 0, NULL },
		{ OUT8, 0x92, 0x03, 0, "no edge" }, { REQUESTED, REQUEST_RESET, 1, 0, NULL },
		{ OUT8, 0x92, 0x02, 0, NULL }, { OUT8, 0x92, 0x03, 0, NULL }, { REQUESTED, REQUEST_RESET, 2, 0, NULL },
	};
	Machine *machine = fake_machine_new();
	fake_device(machine, &port92_class, NULL);
	FAKE_SCRIPT(machine, script);
	fake_machine_free(machine);
}

static void ferr(void)
{
	static const RegisterStep script[] = {
		{ IRQ_LEVEL, 13, 1, 0, NULL }, { IN8, 0xf0, 0xff, 0, NULL }, { IRQ_LEVEL, 13, 1, 0, NULL },
		{ OUT8, 0xf0, 0, 0, NULL }, { IRQ_LEVEL, 13, 0, 0, NULL }, { OUT8, 0xf0, 0, 0, NULL }, { IRQ_LEVEL, 13, 0, 0, NULL },
	};
	Machine *machine = fake_machine_new();
	ferr_raise((Ferr *)fake_device(machine, &ferr_class, NULL));
	FAKE_SCRIPT(machine, script);
	fake_machine_free(machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/port92/port92", port92);
	g_test_add_func("/port92/ferr", ferr);
	return g_test_run();
}
