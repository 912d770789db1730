/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The executor for hosts that aren't x86-64 Linux: there is none, and it says so. (meson takes this or native.c.) */
#include "native.h"

#include <gio/gio.h>

OracleNative *oracle_native_new(GError **error) {
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the host isn't x86-64 Linux");
	return NULL;
}

void oracle_native_free(OracleNative *n) {
	(void) n;
}

bool oracle_native_fpu_pointers(const OracleNative *n) {
	(void) n;
	return false;
}

uint64_t oracle_native_address(OracleRegion region) {
	(void) region;
	return 0;
}

size_t oracle_native_size(OracleRegion region) {
	(void) region;
	return 0;
}

uint8_t *oracle_native_memory(OracleNative *n, OracleRegion region) {
	(void) n, (void) region;
	return NULL;
}

uint8_t *oracle_native_at(OracleNative *n, uint64_t address, size_t size) {
	(void) n, (void) address, (void) size;
	return NULL;
}

bool oracle_native_run(OracleNative *n, bool mode64, const uint8_t *code, size_t code_size, OracleState *state,
		       OracleFault *fault) {
	(void) n, (void) mode64, (void) code, (void) code_size, (void) state;
	if (fault)
		*fault = (OracleFault){.vector = ORACLE_REFUSED};
	return false;
}

void oracle_native_run_many(OracleNative *n, OracleCase *cases, size_t count) {
	(void) n;
	for (size_t i = 0; i < count; i++)
		cases[i].fault = (OracleFault){.vector = ORACLE_REFUSED};
}

void oracle_native_snapshot(OracleNative *n) {
	(void) n;
}

void oracle_native_restore(OracleNative *n) {
	(void) n;
}

bool oracle_native_changed(OracleNative *n, uint64_t *address) {
	(void) n, (void) address;
	return false;
}
