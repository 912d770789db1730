/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queues of bytes that a PS/2 device has for its controller. */
#include "hw/input/ps2.h"

#include <string.h>

void ps2_port_init(Ps2Port *port, Machine *machine, void (*ready)(void *owner), void *owner)
{
	*port = (Ps2Port){ .machine = machine, .ready = ready, .owner = owner };
}

/* An answer that nobody takes is pushed out by nothing but more commands: the latest are dropped. */
void ps2_answer(Ps2Port *port, uint8_t byte)
{
	if (port->answers.count < PS2_QUEUE_BYTES)
		port->answers.bytes[port->answers.count++] = byte;
	port->ready(port->owner);
}

bool ps2_event(Ps2Port *port, const uint8_t *bytes, unsigned size)
{
	if (size > (unsigned)(PS2_QUEUE_BYTES - port->events.count))
		return false;
	memcpy(port->events.bytes + port->events.count, bytes, size);
	port->events.count = (uint8_t)(port->events.count + size);
	port->ready(port->owner);
	return true;
}

bool ps2_has_byte(const Ps2Port *port)
{
	return port->answers.count || port->events.count;
}

uint8_t ps2_take_byte(Ps2Port *port)
{
	Ps2Queue *queue = port->answers.count ? &port->answers : &port->events;
	if (!queue->count)
		return port->last;
	port->last = queue->bytes[0];
	memmove(queue->bytes, queue->bytes + 1, --queue->count);
	return port->last;
}

void ps2_forget(Ps2Port *port)
{
	port->answers.count = port->events.count = 0;
}

void ps2_port_check(Ps2Port *port)
{
	port->answers.count = MIN(port->answers.count, PS2_QUEUE_BYTES);
	port->events.count = MIN(port->events.count, PS2_QUEUE_BYTES);
}
