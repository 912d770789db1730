/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing ACPI Machine Language (ACPI specification 2.0, chapter 17; resource descriptors: chapter 6.4).
 *
 * AML is a prefix notation: what a term needs simply follows it. So a table's code is written by calls in the order of the source
 * language; terms with a length (scopes, packages, buffers) are opened, filled, and closed by aml_end(). Names are paths as in
 * ASL ("\\_SB.PCI0", "^FOO", "_CRS"), segments shorter than four characters are padded. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Aml {
	GByteArray *bytes;
	GArray *open; /* unsigned: where the length of each open term goes */
} Aml;

/* One-byte opcodes that callers put between operands. */
enum {
	AML_ZERO = 0x00, AML_ONE = 0x01, AML_LOCAL0 = 0x60, AML_ARG0 = 0x68, AML_STORE = 0x70, AML_AND = 0x7b, AML_OR = 0x7d,
	AML_NO_TARGET = 0x00, AML_CREATE_FIELD32 = 0x8a, AML_LNOT = 0x92, AML_LEQUAL = 0x93, AML_LLESS = 0x95, AML_RETURN = 0xa4,
	AML_ONES = 0xff,
};
enum { AML_SYSTEM_MEMORY = 0, AML_SYSTEM_IO = 1, AML_PCI_CONFIG = 2 };

void aml_init(Aml *aml);
void aml_clear(Aml *aml);

void aml_op(Aml *aml, uint8_t opcode);
void aml_name_ref(Aml *aml, const char *path);
void aml_int(Aml *aml, uint64_t value);
void aml_string(Aml *aml, const char *text);
/* An EISA id ("PNP0A03") as the number it is packed into, or any other id as a string. */
void aml_hardware_id(Aml *aml, const char *id);
void aml_bytes(Aml *aml, const void *data, unsigned size); /* into an open buffer */

/* Name (path, value): the value follows, or at once. */
void aml_name(Aml *aml, const char *path);
void aml_name_int(Aml *aml, const char *path, uint64_t value);
void aml_name_hid(Aml *aml, const char *id);

/* Opened; aml_end() closes the innermost. */
void aml_scope(Aml *aml, const char *path);
void aml_device(Aml *aml, const char *name);
void aml_method(Aml *aml, const char *name, unsigned arguments);
void aml_package(Aml *aml, unsigned elements);
void aml_buffer(Aml *aml, unsigned size); /* a Buffer of so many bytes, whose initial ones follow */
void aml_if(Aml *aml);			  /* the predicate follows, then the body */
void aml_field(Aml *aml, const char *region, unsigned access_bytes);
void aml_field_unit(Aml *aml, const char *name, unsigned bits);
void aml_end(Aml *aml);

void aml_processor(Aml *aml, const char *name, uint8_t id);
void aml_region(Aml *aml, const char *name, uint8_t space, uint64_t offset, uint64_t size);

/* A buffer of resource descriptors: opened, filled by the functions below, and closed by aml_resources_end(). */
void aml_resources(Aml *aml);
void aml_resources_end(Aml *aml);
void aml_io(Aml *aml, uint16_t first, uint8_t align, uint8_t count); /* fixed, 16-bit decode */
void aml_irq(Aml *aml, unsigned irq);				      /* edge, active high, exclusive */
void aml_dma(Aml *aml, unsigned channel);			      /* 8 bits, compatibility */
void aml_memory32(Aml *aml, uint32_t base, uint32_t size, bool writable);
void aml_interrupts(Aml *aml, const uint32_t *numbers, unsigned count); /* level, active high, shared, consumer */
void aml_word_bus(Aml *aml, uint16_t first, uint16_t last);
void aml_word_io(Aml *aml, uint16_t first, uint16_t last);
void aml_dword_memory(Aml *aml, uint32_t first, uint32_t last, bool cacheable);
void aml_qword_memory(Aml *aml, uint64_t first, uint64_t last, bool cacheable);
