/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the IDE family share. See ide.c for how a command runs. */
#pragma once

#include "disk/block.h"
#include "hw/pci/pci.h"
#include "hw/storage/ide.h"

enum { IDE_CHANNELS = 2, IDE_UNITS = 2, IDE_CHUNK_SECTORS = 128, IDE_BUFFER_BYTES = IDE_CHUNK_SECTORS * SECTOR_SIZE, IDE_PACKET_BYTES = 12, IDE_TRIM_BLOCKS = 8 };

/* Status and error registers (ATA/ATAPI-6, 7.15 and 7.9) */
enum { STATUS_ERR = 0x01, STATUS_DRQ = 0x08, STATUS_DSC = 0x10, STATUS_DF = 0x20, STATUS_DRDY = 0x40, STATUS_BSY = 0x80 };
enum { ERROR_ABRT = 0x04, ERROR_MCR = 0x08, ERROR_IDNF = 0x10, ERROR_MC = 0x20, ERROR_UNC = 0x40, ERROR_ICRC = 0x80 };
/* Device and device control registers */
enum { SELECT_UNIT = 0x10, SELECT_LBA = 0x40, SELECT_FIXED = 0xa0 };
enum { CONTROL_NIEN = 0x02, CONTROL_SRST = 0x04, CONTROL_HOB = 0x80 };
/* Interrupt reason of PACKET, in the count register */
enum { REASON_COD = 0x01, REASON_IO = 0x02 };

/* What the data in the drive's buffer is, and what comes after it. */
typedef enum IdeTransfer {
	TRANSFER_NONE,
	TRANSFER_REPLY,	  /* all of it is in the buffer: identify data, a packet command's reply */
	TRANSFER_SECTORS, /* sectors of a hard disk */
	TRANSFER_PACKET,  /* the twelve bytes of a packet command */
	TRANSFER_CD,	  /* sectors of a CD */
	TRANSFER_TRIM,	  /* ranges of DATA SET MANAGEMENT */
} IdeTransfer;

/* What a drive is busy with. */
typedef enum IdeWait { WAIT_NONE, WAIT_READ, WAIT_WRITE, WAIT_VERIFY, WAIT_FLUSH, WAIT_DISCARD } IdeWait;

typedef struct IdeTaskFile {
	uint8_t feature, count, lba[3];
} IdeTaskFile;

typedef struct IdeSense {
	uint8_t key, asc, ascq;
} IdeSense;

typedef struct IdeChannel IdeChannel;

typedef struct IdeDrive {
	Device device;
	/* properties */
	char *bus;
	int32_t unit_wanted;
	Block *block;
	char *serial, *model, *version;
	uint32_t cylinders, heads, sectors; /* 0: by the size */
	uint32_t lcyls, lheads, lsecs;	    /* what the BIOS shall make of it, 0: its own business */
	unsigned translation_wanted;
	int32_t bootindex; /* -1: none */
	OnOffAuto write_cache;
	uint64_t wwn; /* 0: none */
	uint16_t rotation_rate;
	/* place */
	IdeChannel *channel;
	unsigned unit;
	bool atapi;
	char serial_text[21], model_text[41], version_text[9];
	IdeGeometry geometry;

	/* registers; `previous` is what HOB shows */
	IdeTaskFile now, previous;
	uint8_t select, status, error, command;
	bool irq; /* INTRQ, if the drive is selected */
	/* settings */
	uint8_t multiple, dma_mode, pio_mode;
	bool no_write_cache, no_look_ahead, smart_off, revert_off, asleep;
	uint8_t power_mode; /* as CHECK POWER MODE tells */
	uint16_t current_cylinders;
	uint8_t current_heads, current_sectors;

	/* transfer */
	uint8_t transfer, wait;
	bool out, dma, lba48, flush_after;
	uint32_t position, block_end, end; /* in the buffer */
	uint32_t in_flight;		   /* sectors of the request */
	uint64_t lba;			   /* of what is not in the buffer yet, or not on the disk */
	uint32_t left;			   /* sectors from there on */
	BlockRequest *request;

	/* ATAPI */
	uint8_t packet[IDE_PACKET_BYTES];
	IdeSense sense;
	uint8_t unit_attention; /* IdeAttention */
	uint8_t media_event;	/* of GET EVENT STATUS NOTIFICATION */
	bool locked, had_medium;
	uint32_t byte_limit;
	uint32_t sector_bytes; /* 2048, or what READ CD asked for */
	uint8_t sector_parts;  /* READ CD's byte 9 */
	uint8_t buffer[IDE_BUFFER_BYTES];
} IdeDrive;

/* Bus master registers of a channel, and where it is in its table (82371SB, 2.7) */
typedef struct IdeBusMaster {
	uint8_t command, status;
	uint32_t table;
	uint32_t next, address, left; /* next descriptor; rest of the current region */
	bool last;
} IdeBusMaster;

struct IdeChannel {
	struct Piix3Ide *controller;
	unsigned index;
	uint16_t base, control_base;
	Irq irq;
	bool irq_level;
	uint8_t control, select;
	IdeBusMaster master;
	IdeDrive *drives[IDE_UNITS];
	unsigned command_handle, control_handle;
};

typedef struct Piix3Ide {
	PciDevice pci;
	IdeChannel channels[IDE_CHANNELS];
} Piix3Ide;

/* ide_channel.c */
void ide_channel_realize(IdeChannel *channel);
void ide_channel_unrealize(IdeChannel *channel);
void ide_channel_reset(IdeChannel *channel);
void ide_update_irq(IdeChannel *channel);
bool ide_is_selected(const IdeDrive *drive);

/* ide_transfer.c */
void ide_raise(IdeDrive *drive);
void ide_done(IdeDrive *drive);			     /* command ended well, with an interrupt */
void ide_fail(IdeDrive *drive, uint8_t error);	     /* ... not well */
void ide_cancel(IdeDrive *drive);		     /* forgets the running command */
void ide_reply(IdeDrive *drive, uint32_t bytes);     /* ATA: the buffer by PIO, to the host */
void ide_start_sectors(IdeDrive *drive, bool out, bool dma);
void ide_start_verify(IdeDrive *drive);
void ide_start_trim(IdeDrive *drive, uint32_t bytes);
void ide_start_flush(IdeDrive *drive);
void ide_fetch(IdeDrive *drive);		     /* the next sectors of TRANSFER_SECTORS or TRANSFER_CD into the buffer */
uint32_t ide_data_read(IdeDrive *drive, unsigned size);
void ide_data_write(IdeDrive *drive, uint32_t value, unsigned size);
/* The same, `count` times at most and to the block's end; how often. */
unsigned ide_data_read_many(IdeDrive *drive, unsigned size, void *to, unsigned count);
unsigned ide_data_write_many(IdeDrive *drive, unsigned size, const void *from, unsigned count);
/* The buffer is used up, or full. */
void ide_buffer_ended(IdeDrive *drive);
/* Again what was running when the state was saved. */
void ide_resume_request(IdeDrive *drive);

/* ide_dma.c */
extern const PortOps ide_master_ops;
void ide_master_reset(IdeBusMaster *master);
/* Goes on as far as buffer, table and start bit allow. */
void ide_dma_run(IdeDrive *drive);

/* ide_drive.c */
void ide_drive_reset(IdeDrive *drive, bool hard);
void ide_signature(IdeDrive *drive);

/* ide_command.c */
void ide_drive_command(IdeDrive *drive, uint8_t command);
/* ide_identify.c: into the buffer */
void ide_identify_disk(IdeDrive *drive);
void ide_identify_cd(IdeDrive *drive);
/* ide_smart.c */
void ide_smart(IdeDrive *drive);
/* ide_features.c */
void ide_set_features(IdeDrive *drive);

/* atapi.c */
void atapi_packet_command(IdeDrive *drive);
void atapi_packet_received(IdeDrive *drive);
void atapi_open_block(IdeDrive *drive);
void atapi_done(IdeDrive *drive);
void atapi_fail(IdeDrive *drive, uint8_t key, uint8_t asc, uint8_t ascq);
void atapi_reply(IdeDrive *drive, uint32_t bytes, uint32_t allocation);
void atapi_read_failed(IdeDrive *drive, int error);
void atapi_sectors_arrived(IdeDrive *drive, uint32_t count);
uint32_t atapi_chunk(const IdeDrive *drive);
void atapi_start_read(IdeDrive *drive, uint32_t lba, uint32_t count);
bool atapi_has_medium(const IdeDrive *drive);
void atapi_reset(IdeDrive *drive);
void atapi_changed(void *owner);
