/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pair of 8237A DMA controllers with page registers. Channels 0-3 move bytes, 5-7 words. Under the machine's lock. */
#pragma once

#include "machine/device.h"

typedef struct I8237 I8237;

extern const DeviceClass i8237_class;

/* DREQ of a channel, as the status register shows it. */
void dma_set_request(I8237 *dma, unsigned channel, bool level);
/* The controller would answer a request: on, and the channel not masked. */
bool dma_ready(const I8237 *dma, unsigned channel);
/* Called when a channel becomes ready, for a device whose request waits. Not from within dma_transfer(). */
void dma_set_listener(I8237 *dma, unsigned channel, void (*ready)(void *owner), void *owner);
/* Moves up to `size` bytes between the device's buffer and memory, not beyond the terminal count, and tells whether it came. A
 * channel programmed for the other direction, or to verify, only counts, as the chip does. Returns the bytes counted; 0 if the
 * channel isn't ready. `terminal_count` may be NULL. */
unsigned dma_transfer(I8237 *dma, unsigned channel, void *buffer, unsigned size, bool to_memory, bool *terminal_count);
/* Bytes until the terminal count; 1 to 128 KiB. */
unsigned dma_remaining(const I8237 *dma, unsigned channel);
