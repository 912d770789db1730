/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the floppy family share. See fdc.c for the phases of a command. */
#pragma once

#include "disk/block.h"
#include "hw/chipset/i8237.h"
#include "hw/storage/fdc.h"

enum { FDC_DRIVES = 2, FDC_FIFO = 24, FDC_BUFFER_SECTORS = 64 };

/* In the order of the choices of the properties drive-type and fdtypeA. */
typedef enum FloppyType { FLOPPY_AUTO, FLOPPY_NONE, FLOPPY_120, FLOPPY_144, FLOPPY_288 } FloppyType;
/* By the data rate select bits. */
typedef enum FloppyRate { RATE_500K, RATE_300K, RATE_250K, RATE_1M } FloppyRate;

typedef struct FloppyFormat {
	uint8_t type, sectors, tracks, heads, rate;
} FloppyFormat;

typedef struct Fdc Fdc;

typedef struct Floppy {
	Device device;
	Block *block;
	int32_t unit_wanted;
	unsigned type_wanted;
	Fdc *fdc;
	unsigned unit;
	FloppyType type;
	FloppyFormat format; /* of the medium; sectors 0: none */
	uint8_t track;	     /* where the head is */
	uint8_t next_id;     /* sector that passes next, from 0 */
	bool changed;	     /* DSKCHG */
} Floppy;

typedef enum FdcPhase { PHASE_COMMAND, PHASE_EXECUTION, PHASE_RESULT } FdcPhase;
typedef enum FdcAction { ACTION_NONE, ACTION_READ, ACTION_WRITE, ACTION_SCAN, ACTION_VERIFY, ACTION_FORMAT } FdcAction;
typedef enum FdcWait { FDC_WAIT_NONE, FDC_WAIT_READ, FDC_WAIT_WRITE } FdcWait;
/* What the timer brings. */
enum { PENDING_RESET = 1, PENDING_RESULT = 2, PENDING_SEEK = 4 /* and the bits above: 4 << drive */ };

struct Fdc {
	Device device;
	unsigned type_wanted[FDC_DRIVES], fallback;
	int32_t bootindex[FDC_DRIVES]; /* -1: none */
	uint32_t iobase;
	uint8_t irq_line, dma_channel;
	Irq irq;
	I8237 *dma;
	Timer timer;
	unsigned ports[2];
	Floppy *drives[FDC_DRIVES];

	/* registers */
	uint8_t dor, tdr, rate, power_down, interrupt;
	uint8_t pending;
	/* what the host set */
	uint8_t specify[2], configure, precompensation, perpendicular, option, last_eot;
	bool lock, non_dma;
	uint8_t pcn[4];	      /* present cylinder numbers */
	uint8_t seek_target[4];
	uint8_t busy_seeks;   /* a bit a drive: seek not yet told by SENSE INTERRUPT */
	uint8_t ended_seeks;  /* ... over, to tell */
	uint8_t seek_st0[4];
	uint8_t reset_senses; /* polling interrupts after a reset that are still to tell: next drive is 4 - that */

	/* command */
	uint8_t phase, fifo[FDC_FIFO], fifo_length, fifo_position;

	/* execution */
	uint8_t action, wait;
	bool deleted, skip, multitrack, whole_track, scan_failed, scan_equal, terminal, offers;
	uint8_t drive, head, c, h, r, n, eot, step, scan_kind;
	uint8_t st1, st2;
	uint32_t verify_left; /* sectors, of VERIFY with EC; 0: to EOT */
	uint8_t format_left, filler;
	uint32_t position, end; /* in the buffer: of reads several sectors, else one */
	uint8_t in_flight;	/* sectors */
	BlockRequest *request;
	uint8_t buffer[FDC_BUFFER_SECTORS * SECTOR_SIZE];
};

enum { ST0_ABNORMAL = 0x40, ST0_INVALID = 0x80, ST0_POLLING = 0xc0, ST0_SEEK_END = 0x20, ST0_CHECK = 0x10, ST0_HEAD = 0x04 };
enum { ST1_MISSING_MARK = 0x01, ST1_WRITE_PROTECT = 0x02, ST1_NO_DATA = 0x04, ST1_OVERRUN = 0x10, ST1_DATA_ERROR = 0x20, ST1_END = 0x80 };
enum { ST2_SCAN_NOT_SATISFIED = 0x04, ST2_SCAN_EQUAL = 0x08, ST2_WRONG_CYLINDER = 0x10, ST2_DATA_ERROR = 0x20, ST2_CONTROL_MARK = 0x40 };
enum { CONFIGURE_IMPLIED_SEEK = 0x40 };

/* fdc.c */
void fdc_interrupt(Fdc *fdc, bool level);
void fdc_result(Fdc *fdc, const uint8_t *bytes, unsigned count, bool interrupt);
void fdc_no_result(Fdc *fdc);
void fdc_later(Fdc *fdc, uint8_t pending, int64_t delay_ns);
Floppy *fdc_selected(const Fdc *fdc, unsigned unit);
void fdc_cancel(Fdc *fdc);

/* fdc_command.c */
/* How many bytes a command with this first byte has, itself included. */
unsigned fdc_command_length(uint8_t code);
void fdc_execute(Fdc *fdc);
void fdc_seek_ended(Fdc *fdc, unsigned drive);

/* fdc_data.c */
void fdc_read_write(Fdc *fdc, FdcAction action);
void fdc_format(Fdc *fdc);
void fdc_read_id(Fdc *fdc);
void fdc_run(Fdc *fdc);	      /* moves on as far as DMA lets it */
uint8_t fdc_data_read(Fdc *fdc);
void fdc_data_write(Fdc *fdc, uint8_t value);
void fdc_resume_request(Fdc *fdc);

/* floppy.c */
void floppy_seek(Floppy *floppy, unsigned track);
bool floppy_has_medium(const Floppy *floppy);
