/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pair of 8259A interrupt controllers, with the PIIX's edge/level control registers. Under the machine's lock. */
#pragma once

#include "machine/device.h"

typedef struct I8259 I8259;

extern const DeviceClass i8259_class;

/* INTR, to the processors. Before realizing. */
void i8259_set_output(I8259 *pic, Irq output);
/* Input 0-15; 2 is the cascade, whose wire nothing moves. */
Irq i8259_input(I8259 *pic, unsigned line);
/* The INTA cycles: the vector of the highest request, which is in service from now on; of IRQ 7 or 15 if there is none any more. */
int i8259_acknowledge(I8259 *pic);
bool i8259_pending(const I8259 *pic);
/* Input 0's edge: does it wait unmasked? And who is told when it is acknowledged. */
bool i8259_tick_waits(const I8259 *pic);
void i8259_set_tick_taken(I8259 *pic, void (*taken)(void *owner), void *owner);
/* For info pic. */
void i8259_print(const I8259 *pic, GString *out);
