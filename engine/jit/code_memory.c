/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jit/code_memory.h"

#include <errno.h>
#include <gio/gio.h>
#include <sys/mman.h>
#include <unistd.h>

static bool fail(GError **error, const char *what)
{
	int code = errno;
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "memory for translated code: %s: %s", what, g_strerror(code));
	return false;
}

bool code_memory_new(CodeMemory *memory, size_t size, GError **error)
{
	int fd = memfd_create("viv-code", MFD_CLOEXEC);
	if (fd < 0)
		return fail(error, "memfd_create");
	if (ftruncate(fd, (off_t)size) < 0) {
		fail(error, "ftruncate");
		close(fd);
		return false;
	}
	void *write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	void *run = write == MAP_FAILED ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	bool mapped = run != MAP_FAILED || fail(error, "mmap");
	close(fd);
	if (!mapped && write != MAP_FAILED)
		munmap(write, size);
	if (mapped)
		*memory = (CodeMemory){ write, run, size };
	return mapped;
}

void code_memory_free(CodeMemory *memory)
{
	if (!memory->write)
		return;
	munmap(memory->write, memory->size);
	munmap((void *)(uintptr_t)memory->run, memory->size);
	*memory = (CodeMemory){ 0 };
}
