/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing ACPI Machine Language, see aml.h. */
#include "hw/firmware/acpi/aml.h"

#include <ctype.h>
#include <string.h>

enum {
	OP_NAME = 0x08, OP_BYTE = 0x0a, OP_WORD = 0x0b, OP_DWORD = 0x0c, OP_STRING = 0x0d, OP_QWORD = 0x0e, OP_SCOPE = 0x10,
	OP_BUFFER = 0x11, OP_PACKAGE = 0x12, OP_METHOD = 0x14, OP_DUAL_NAME = 0x2e, OP_MULTI_NAME = 0x2f, OP_IF = 0xa0,
	OP_EXTENDED = 0x5b,
	EXT_REGION = 0x80, EXT_FIELD = 0x81, EXT_DEVICE = 0x82, EXT_PROCESSOR = 0x83,
};
enum { METHOD_SERIALIZED = 8 };
/* Field flags: access width in bits 0-3; no lock; the other bits of a written unit are preserved. */
enum { FIELD_ANY = 0, FIELD_BYTE = 1, FIELD_WORD = 2, FIELD_DWORD = 3 };
/* Resource descriptors' tags: small ones carry their length in the low three bits. */
enum {
	TAG_IRQ = 0x22, TAG_DMA = 0x2a, TAG_IO = 0x47, TAG_END = 0x79,
	TAG_MEMORY32_FIXED = 0x86, TAG_DWORD_SPACE = 0x87, TAG_WORD_SPACE = 0x88, TAG_INTERRUPT = 0x89, TAG_QWORD_SPACE = 0x8a,
};
enum { SPACE_MEMORY = 0, SPACE_IO = 1, SPACE_BUS = 2 };
/* Address space descriptors: minimum and maximum are fixed, the bridge decodes positively and passes it on (a producer). */
enum { SPACE_FIXED = 0x0c, IO_ENTIRE_RANGE = 3, MEMORY_WRITABLE = 1, MEMORY_CACHEABLE = 2 };

void aml_init(Aml *aml)
{
	aml->bytes = g_byte_array_new();
	aml->open = g_array_new(FALSE, FALSE, sizeof(unsigned));
}

void aml_clear(Aml *aml)
{
	g_byte_array_unref(aml->bytes);
	g_array_unref(aml->open);
}

void aml_bytes(Aml *aml, const void *data, unsigned size)
{
	g_byte_array_append(aml->bytes, data, size);
}

void aml_op(Aml *aml, uint8_t opcode)
{
	aml_bytes(aml, &opcode, 1);
}

/* The low `size` bytes, little endian. */
static void put(Aml *aml, uint64_t value, unsigned size)
{
	for (unsigned n = 0; n < size; n++)
		aml_op(aml, (uint8_t)(value >> (8 * n)));
}

/* ---- names and constants ---- */

void aml_name_ref(Aml *aml, const char *path)
{
	while (*path == '\\' || *path == '^')
		aml_op(aml, (uint8_t)*path++);
	g_auto(GStrv) segments = g_strsplit(path, ".", 0);
	unsigned count = g_strv_length(segments);
	if (count == 0) {
		aml_op(aml, AML_ZERO); /* the null name */
	} else if (count == 2) {
		aml_op(aml, OP_DUAL_NAME);
	} else if (count > 2) {
		aml_op(aml, OP_MULTI_NAME);
		aml_op(aml, (uint8_t)count);
	}
	for (unsigned n = 0; n < count; n++) {
		char padded[] = "____";
		memcpy(padded, segments[n], MIN(strlen(segments[n]), 4));
		aml_bytes(aml, padded, 4);
	}
}

void aml_int(Aml *aml, uint64_t value)
{
	static const struct {
		uint8_t opcode, size;
	} forms[] = { { OP_BYTE, 1 }, { OP_WORD, 2 }, { OP_DWORD, 4 }, { OP_QWORD, 8 } };
	if (value <= 1) {
		aml_op(aml, (uint8_t)value);
		return;
	}
	unsigned form = value <= UINT8_MAX ? 0 : value <= UINT16_MAX ? 1 : value <= UINT32_MAX ? 2 : 3;
	aml_op(aml, forms[form].opcode);
	put(aml, value, forms[form].size);
}

void aml_string(Aml *aml, const char *text)
{
	aml_op(aml, OP_STRING);
	aml_bytes(aml, text, (unsigned)strlen(text) + 1);
}

/* Three letters of five bits, and four hexadecimal digits, big endian. */
static bool eisa_id(const char *id, uint32_t *packed)
{
	if (strlen(id) != 7)
		return false;
	uint32_t value = 0;
	for (unsigned n = 0; n < 3; n++) {
		if (id[n] < 'A' || id[n] > 'Z')
			return false;
		value = value << 5 | (uint32_t)(id[n] - '@');
	}
	for (unsigned n = 3; n < 7; n++) {
		if (!isxdigit((unsigned char)id[n]))
			return false;
		value = value << 4 | (uint32_t)g_ascii_xdigit_value(id[n]);
	}
	*packed = GUINT32_SWAP_LE_BE(value);
	return true;
}

void aml_hardware_id(Aml *aml, const char *id)
{
	uint32_t packed;
	if (g_str_has_prefix(id, "PNP") && eisa_id(id, &packed))
		aml_int(aml, packed);
	else
		aml_string(aml, id);
}

void aml_name(Aml *aml, const char *path)
{
	aml_op(aml, OP_NAME);
	aml_name_ref(aml, path);
}

void aml_name_int(Aml *aml, const char *path, uint64_t value)
{
	aml_name(aml, path);
	aml_int(aml, value);
}

void aml_name_hid(Aml *aml, const char *id)
{
	aml_name(aml, "_HID");
	aml_hardware_id(aml, id);
}

/* ---- terms with a length ---- */

static void begin(Aml *aml)
{
	unsigned at = aml->bytes->len;
	g_array_append_val(aml->open, at);
}

/* PkgLength counts itself: one byte up to 63, else the low nibble and up to three more bytes. */
void aml_end(Aml *aml)
{
	unsigned at = g_array_index(aml->open, unsigned, aml->open->len - 1);
	g_array_set_size(aml->open, aml->open->len - 1);
	unsigned content = aml->bytes->len - at;
	unsigned more = content + 1 <= 0x3f ? 0 : content + 2 <= 0xfff ? 1 : content + 3 <= 0xfffff ? 2 : 3;
	unsigned length = content + 1 + more;
	uint8_t coded[4] = { (uint8_t)(more ? more << 6 | (length & 15) : length) };
	for (unsigned n = 0; n < more; n++)
		coded[1 + n] = (uint8_t)(length >> (4 + 8 * n));
	g_byte_array_set_size(aml->bytes, aml->bytes->len + 1 + more);
	memmove(aml->bytes->data + at + 1 + more, aml->bytes->data + at, content);
	memcpy(aml->bytes->data + at, coded, 1 + more);
}

void aml_scope(Aml *aml, const char *path)
{
	aml_op(aml, OP_SCOPE);
	begin(aml);
	aml_name_ref(aml, path);
}

void aml_device(Aml *aml, const char *name)
{
	aml_op(aml, OP_EXTENDED);
	aml_op(aml, EXT_DEVICE);
	begin(aml);
	aml_name_ref(aml, name);
}

void aml_method(Aml *aml, const char *name, unsigned arguments)
{
	aml_op(aml, OP_METHOD);
	begin(aml);
	aml_name_ref(aml, name);
	aml_op(aml, (uint8_t)(arguments | METHOD_SERIALIZED));
}

void aml_package(Aml *aml, unsigned elements)
{
	aml_op(aml, OP_PACKAGE);
	begin(aml);
	aml_op(aml, (uint8_t)elements);
}

void aml_buffer(Aml *aml, unsigned size)
{
	aml_op(aml, OP_BUFFER);
	begin(aml);
	aml_int(aml, size);
}

void aml_if(Aml *aml)
{
	aml_op(aml, OP_IF);
	begin(aml);
}

void aml_field(Aml *aml, const char *region, unsigned access_bytes)
{
	aml_op(aml, OP_EXTENDED);
	aml_op(aml, EXT_FIELD);
	begin(aml);
	aml_name_ref(aml, region);
	aml_op(aml, access_bytes == 1 ? FIELD_BYTE : access_bytes == 2 ? FIELD_WORD : access_bytes == 4 ? FIELD_DWORD : FIELD_ANY);
}

/* Its length is coded as that of a term, but counts the field's bits alone. */
void aml_field_unit(Aml *aml, const char *name, unsigned bits)
{
	aml_name_ref(aml, name);
	if (bits <= 0x3f) {
		aml_op(aml, (uint8_t)bits);
	} else {
		aml_op(aml, (uint8_t)(1 << 6 | (bits & 15)));
		aml_op(aml, (uint8_t)(bits >> 4));
	}
}

void aml_processor(Aml *aml, const char *name, uint8_t id)
{
	aml_op(aml, OP_EXTENDED);
	aml_op(aml, EXT_PROCESSOR);
	begin(aml);
	aml_name_ref(aml, name);
	aml_op(aml, id);
	put(aml, 0, 5); /* no P_BLK: its address and length */
	aml_end(aml);
}

void aml_region(Aml *aml, const char *name, uint8_t space, uint64_t offset, uint64_t size)
{
	aml_op(aml, OP_EXTENDED);
	aml_op(aml, EXT_REGION);
	aml_name_ref(aml, name);
	aml_op(aml, space);
	aml_int(aml, offset);
	aml_int(aml, size);
}

/* ---- resources ---- */

/* The buffer's size is a word, known at the end: it is filled in there. */
void aml_resources(Aml *aml)
{
	aml_op(aml, OP_BUFFER);
	begin(aml);
	aml_op(aml, OP_WORD);
	put(aml, 0, 2);
}

void aml_resources_end(Aml *aml)
{
	put(aml, TAG_END, 2); /* the second byte is a checksum; 0: not to be checked */
	unsigned at = g_array_index(aml->open, unsigned, aml->open->len - 1);
	unsigned size = aml->bytes->len - at - 3;
	aml->bytes->data[at + 1] = (uint8_t)size;
	aml->bytes->data[at + 2] = (uint8_t)(size >> 8);
	aml_end(aml);
}

void aml_io(Aml *aml, uint16_t first, uint8_t align, uint8_t count)
{
	aml_op(aml, TAG_IO);
	aml_op(aml, 1); /* decodes 16 bits */
	put(aml, first, 2);
	put(aml, first, 2);
	aml_op(aml, align);
	aml_op(aml, count);
}

void aml_irq(Aml *aml, unsigned irq)
{
	aml_op(aml, TAG_IRQ);
	put(aml, 1u << irq, 2);
}

void aml_dma(Aml *aml, unsigned channel)
{
	aml_op(aml, TAG_DMA);
	aml_op(aml, (uint8_t)(1u << channel));
	aml_op(aml, 0);
}

void aml_memory32(Aml *aml, uint32_t base, uint32_t size, bool writable)
{
	aml_op(aml, TAG_MEMORY32_FIXED);
	put(aml, 9, 2);
	aml_op(aml, writable);
	put(aml, base, 4);
	put(aml, size, 4);
}

void aml_interrupts(Aml *aml, const uint32_t *numbers, unsigned count)
{
	enum { CONSUMER = 1, SHARED = 8 }; /* level and active high are zeros */
	aml_op(aml, TAG_INTERRUPT);
	put(aml, 2 + 4 * count, 2);
	aml_op(aml, CONSUMER | SHARED);
	aml_op(aml, (uint8_t)count);
	for (unsigned n = 0; n < count; n++)
		put(aml, numbers[n], 4);
}

/* Granularity 0, first, last, no translation, length; `bytes` each. */
static void address_space(Aml *aml, uint8_t tag, uint8_t kind, uint8_t flags, uint64_t first, uint64_t last, unsigned bytes)
{
	const uint64_t values[] = { 0, first, last, 0, last - first + 1 };
	aml_op(aml, tag);
	put(aml, 3 + G_N_ELEMENTS(values) * bytes, 2);
	aml_op(aml, kind);
	aml_op(aml, SPACE_FIXED);
	aml_op(aml, flags);
	for (unsigned n = 0; n < G_N_ELEMENTS(values); n++)
		put(aml, values[n], bytes);
}

void aml_word_bus(Aml *aml, uint16_t first, uint16_t last)
{
	address_space(aml, TAG_WORD_SPACE, SPACE_BUS, 0, first, last, 2);
}

void aml_word_io(Aml *aml, uint16_t first, uint16_t last)
{
	address_space(aml, TAG_WORD_SPACE, SPACE_IO, IO_ENTIRE_RANGE, first, last, 2);
}

static uint8_t memory_flags(bool cacheable)
{
	return cacheable ? MEMORY_WRITABLE | MEMORY_CACHEABLE : MEMORY_WRITABLE;
}

void aml_dword_memory(Aml *aml, uint32_t first, uint32_t last, bool cacheable)
{
	address_space(aml, TAG_DWORD_SPACE, SPACE_MEMORY, memory_flags(cacheable), first, last, 4);
}

void aml_qword_memory(Aml *aml, uint64_t first, uint64_t last, bool cacheable)
{
	address_space(aml, TAG_QWORD_SPACE, SPACE_MEMORY, memory_flags(cacheable), first, last, 8);
}
