/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MC146818 real-time clock with 128 bytes of CMOS memory. Under the machine's lock. */
#pragma once

#include "machine/device.h"

typedef struct Rtc Rtc;

extern const DeviceClass mc146818_class;

/* IRQ 8. Before realizing; else it is the machine's ISA line 8. */
void rtc_set_output(Rtc *rtc, Irq output);
/* CMOS bytes as the board wants firmware to find them; index 0-127. Not for the clock's own registers 0-13 and 0x32. */
void rtc_set_cmos(Rtc *rtc, uint8_t index, uint8_t value);
uint8_t rtc_cmos(const Rtc *rtc, uint8_t index);
/* Time goes on by so much at once, as it did for the host while the machine stood still. Alarms in it ring now; periodic interrupts
 * of that time aren't owed. */
void rtc_let_pass(Rtc *rtc, int64_t ns);
/* Bit 7 of port 0x70: NMI is masked off. `changed` may be NULL. */
bool rtc_nmi_masked(const Rtc *rtc);
void rtc_set_nmi_listener(Rtc *rtc, void (*changed)(void *owner, bool masked), void *owner);
