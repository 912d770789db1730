/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent's side of the executor (see native.h): what the host can do, the shared memory, the child's life, and the
 * batches of cases. A case is written into the shared batch with its code and windows, and its record is read back.
 */
#include "native-child.h"

#include <cpuid.h>
#include <errno.h>
#include <gio/gio.h>
#include <link.h>
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define USER_END 0x7ffffffff000u /* the first address that a process can't map (4-level paging) */
#define HWCAP2_FSGSBASE_BIT 2u
#define PATIENCE_MS 100	       /* how often a waiting parent looks whether the child is alive */
#define STUCK_AFTER_MS 30000   /* without a step forward: a child that doesn't answer is killed */
#define RECORD_ALIGNMENT 64u
#define INT3 0xcc

#define R PROT_READ
#define W PROT_WRITE
#define X PROT_EXEC
#define OFFSET_LOW ORACLE_REGIONS_OFFSET
#define OFFSET_CODE (OFFSET_LOW + ORACLE_LOW_SIZE)
#define OFFSET_DATA (OFFSET_CODE + ORACLE_CODE_SIZE)
#define OFFSET_READONLY (OFFSET_DATA + ORACLE_DATA_SIZE)
#define OFFSET_RWX (OFFSET_READONLY + ORACLE_READONLY_SIZE)
#define OFFSET_STACK (OFFSET_RWX + ORACLE_RWX_SIZE)
#define OFFSET_HIGH (OFFSET_STACK + ORACLE_STACK_SIZE)
#define OFFSET_FAR (OFFSET_HIGH + ORACLE_HIGH_SIZE)
#define MEMFD_SIZE (OFFSET_FAR + ORACLE_FAR_SIZE)

const OracleRegionRow oracle_regions[ORACLE_REGIONS] = {
	[ORACLE_LOW] = {ORACLE_LOW_ADDRESS, ORACLE_LOW_SIZE, OFFSET_LOW, R | W},
	[ORACLE_CODE] = {ORACLE_CODE_ADDRESS, ORACLE_CODE_SIZE, OFFSET_CODE, R | X},
	[ORACLE_DATA] = {ORACLE_DATA_ADDRESS, ORACLE_DATA_SIZE, OFFSET_DATA, R | W},
	[ORACLE_READONLY] = {ORACLE_READONLY_ADDRESS, ORACLE_READONLY_SIZE, OFFSET_READONLY, R},
	[ORACLE_RWX] = {ORACLE_RWX_ADDRESS, ORACLE_RWX_SIZE, OFFSET_RWX, R | W | X},
	[ORACLE_STACK] = {ORACLE_STACK_ADDRESS, ORACLE_STACK_SIZE, OFFSET_STACK, R | W},
	[ORACLE_HIGH] = {ORACLE_HIGH_ADDRESS, ORACLE_HIGH_SIZE, OFFSET_HIGH, R | W},
	[ORACLE_FAR] = {ORACLE_FAR_ADDRESS, ORACLE_FAR_SIZE, OFFSET_FAR, R | W},
};

struct OracleNative {
	int memfd;
	uint8_t *shared;
	OracleControl *control; /* in shared */
	pid_t child;		/* 0: none */
	uint32_t mxcsr_mask;
	bool fpu_pointers; /* see oracle_native_fpu_pointers */
	uint8_t *snapshot; /* of the memfd from ORACLE_REGIONS_OFFSET on */
};

extern const ptrdiff_t __rseq_offset __attribute__((weak));

/* --- regions --- */

uint64_t oracle_native_address(OracleRegion region) {
	return oracle_regions[region].address;
}

size_t oracle_native_size(OracleRegion region) {
	return oracle_regions[region].size;
}

uint8_t *oracle_native_memory(OracleNative *n, OracleRegion region) {
	if (region == ORACLE_LOW && !n->control->low_allowed)
		return NULL;
	return n->shared + oracle_regions[region].offset;
}

static const OracleRegionRow *find_region(uint64_t address, uint64_t size) {
	for (int i = 0; i < ORACLE_REGIONS; i++) {
		const OracleRegionRow *region = &oracle_regions[i];
		if (size <= region->size && address >= region->address && address - region->address <= region->size - size)
			return region;
	}
	return NULL;
}

uint8_t *oracle_native_at(OracleNative *n, uint64_t address, size_t size) {
	const OracleRegionRow *region = find_region(address, size);

	if (!region || !oracle_native_memory(n, (OracleRegion) (region - oracle_regions)))
		return NULL;
	return n->shared + region->offset + (address - region->address);
}

void oracle_native_snapshot(OracleNative *n) {
	memcpy(n->snapshot, n->shared + ORACLE_REGIONS_OFFSET, MEMFD_SIZE - ORACLE_REGIONS_OFFSET);
}

void oracle_native_restore(OracleNative *n) {
	for (uint64_t offset = ORACLE_REGIONS_OFFSET; offset < MEMFD_SIZE; offset += ORACLE_PAGE_SIZE) {
		const uint8_t *wanted = n->snapshot + (offset - ORACLE_REGIONS_OFFSET);
		if (memcmp(n->shared + offset, wanted, ORACLE_PAGE_SIZE) != 0)
			memcpy(n->shared + offset, wanted, ORACLE_PAGE_SIZE);
	}
}

static bool region_changed(OracleNative *n, const OracleRegionRow *region, uint64_t *address) {
	uint64_t from = *address > region->address ? *address - region->address : 0;

	if (from >= region->size)
		return false;
	const uint8_t *now = n->shared + region->offset;
	const uint8_t *before = n->snapshot + (region->offset - ORACLE_REGIONS_OFFSET);
	if (memcmp(now + from, before + from, region->size - from) == 0)
		return false;
	while (now[from] == before[from])
		from++;
	*address = region->address + from;
	return true;
}

bool oracle_native_changed(OracleNative *n, uint64_t *address) {
	for (int i = 0; i < ORACLE_REGIONS; i++)
		if (i != ORACLE_CODE && region_changed(n, &oracle_regions[i], address))
			return true;
	return false;
}

/* --- what the host can do --- */

static bool host_able(GError **error) {
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE) || !(c & bit_AVX)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the host's processor has no AVX");
		return false;
	}
	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
				    "the host's processor or kernel has no WRFSBASE for programs");
		return false;
	}
	return true;
}

static uint32_t find_mxcsr_mask(void) {
	_Alignas(16) uint8_t area[512] = {0};
	uint32_t mask;

	__asm__ volatile("fxsave %0" : "=m"(area));
	memcpy(&mask, area + 28, sizeof mask);
	return mask ? mask : 0xffbf; /* SDM volume 1, 11.6.6 */
}

static int note_image(struct dl_phdr_info *info, size_t size, void *data) {
	OracleControl *control = data;
	uint64_t wanted = (uint64_t) (uintptr_t) oracle_child_start;
	uint64_t low = UINT64_MAX, high = 0;
	bool found = false;
	(void) size;

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		if (header->p_type != PT_LOAD)
			continue;
		uint64_t start = (info->dlpi_addr + header->p_vaddr) & ~(uint64_t) (ORACLE_PAGE_SIZE - 1);
		uint64_t end = (info->dlpi_addr + header->p_vaddr + header->p_memsz + ORACLE_PAGE_SIZE - 1) &
			       ~(uint64_t) (ORACLE_PAGE_SIZE - 1);
		low = MIN(low, start);
		high = MAX(high, end);
		if (wanted < start || wanted >= end)
			continue;
		control->text_start = start;
		control->text_end = end;
		found = true;
	}
	if (!found)
		return 0;
	control->image_start = low;
	control->image_end = high;
	return 1;
}

static bool find_image(OracleControl *control, GError **error) {
	if (!dl_iterate_phdr(note_image, control) || control->image_start < ORACLE_CONTROL_ADDRESS + MEMFD_SIZE) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
				    "the program isn't position-independent: its own code lies where the code under test works");
		return false;
	}
	return true;
}

/* --- the child's life --- */

static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
	return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

static void reap(OracleNative *n) {
	if (n->child)
		(void) TEMP_FAILURE_RETRY(waitpid(n->child, NULL, 0));
	n->child = 0;
}

static void kill_child(OracleNative *n) {
	if (n->child)
		kill(n->child, SIGKILL);
	reap(n);
}

/* True if the child has ended; *signal is what ended it. (A program that ignores SIGCHLD has no status to ask for.) */
static bool child_ended(OracleNative *n, uint32_t *signal) {
	int status = 0;

	if (waitpid(n->child, &status, WNOHANG) == 0)
		return false;
	n->child = 0;
	*signal = n->control->died_signal;
	if (*signal == 0 && WIFSIGNALED(status))
		*signal = (uint32_t) WTERMSIG(status);
	return true;
}

/* Waits for the answer to the latest request. False: the child is gone. */
static bool await_answer(OracleNative *n, uint32_t *signal) {
	const struct timespec patience = {0, PATIENCE_MS * 1000000};
	OracleControl *control = n->control;
	uint32_t last_seen = UINT32_MAX;
	int waited_ms = 0;
	uint32_t answer;

	while ((answer = __atomic_load_n(&control->answer, __ATOMIC_ACQUIRE)) != control->request) {
		if (futex(&control->answer, FUTEX_WAIT, answer, &patience) == 0 || errno != ETIMEDOUT)
			continue;
		if (child_ended(n, signal))
			return __atomic_load_n(&control->answer, __ATOMIC_ACQUIRE) == control->request;
		uint32_t current = __atomic_load_n(&control->current, __ATOMIC_RELAXED);
		waited_ms = current == last_seen ? waited_ms + PATIENCE_MS : 0;
		last_seen = current;
		if (waited_ms >= STUCK_AFTER_MS) {
			kill_child(n);
			*signal = SIGKILL;
			return false;
		}
	}
	return true;
}

static void setup_error(const OracleControl *control, uint32_t signal, GError **error) {
	static const char *const steps[] = {
		[ORACLE_SETUP_NONE] = "starting",
		[ORACLE_SETUP_RSEQ] = "taking off restartable sequences",
		[ORACLE_SETUP_REGION] = "mapping a region",
		[ORACLE_SETUP_SIGNAL] = "handling signals",
		[ORACLE_SETUP_SYSCALL_DISPATCH] = "Syscall User Dispatch (Linux 5.11)",
		[ORACLE_SETUP_TIMER] = "starting the timer",
	};

	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the executor failed at: %s (%s; signal %u)",
		    steps[control->setup_failed], g_strerror(control->setup_errno), signal);
}

static bool start_child(OracleNative *n, GError **error) {
	OracleControl *control = n->control;
	uint32_t signal = 0;

	memset(n->shared + oracle_regions[ORACLE_CODE].offset, INT3, ORACLE_CODE_SIZE);
	control->parent_pid = getpid();
	control->rseq_address = 0;
	if (&__rseq_offset)
		control->rseq_address = (uint64_t) (uintptr_t) __builtin_thread_pointer() + (uint64_t) __rseq_offset;
	control->died_signal = 0;
	control->setup_failed = ORACLE_SETUP_NONE;
	control->current = 0;
	control->answer = control->request++;
	n->child = (pid_t) syscall(SYS_fork); /* not fork: what the C library or a sanitizer does in a child needs memory it hasn't */
	if (n->child == 0)
		oracle_child_start(n->memfd);
	if (n->child < 0) {
		n->child = 0;
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no process for the executor: %s", g_strerror(errno));
		return false;
	}
	if (!await_answer(n, &signal)) {
		setup_error(control, signal, error);
		return false;
	}
	return true;
}

static bool find_fpu_pointers(OracleNative *n) {
	static const uint8_t nop[] = {0x90};
	OracleState state = {.rip = ORACLE_CODE_ADDRESS, .fx = {.fcw = 0x37f, .fop = 1, .mxcsr = 0x1f80}};

	return oracle_native_run(n, true, nop, sizeof nop, &state, NULL) && state.fx.fop == 1;
}

bool oracle_native_fpu_pointers(const OracleNative *n) {
	return n->fpu_pointers;
}

OracleNative *oracle_native_new(GError **error) {
	g_autoptr(OracleNative) n = g_new0(OracleNative, 1);

	n->memfd = -1;
	if (!host_able(error))
		return NULL;
	n->mxcsr_mask = find_mxcsr_mask();
	n->memfd = memfd_create("oracle", MFD_CLOEXEC);
	if (n->memfd < 0 || ftruncate(n->memfd, MEMFD_SIZE) < 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no shared memory: %s", g_strerror(errno));
		return NULL;
	}
	void *shared = mmap(NULL, MEMFD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, n->memfd, 0);
	if (shared == MAP_FAILED) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "no shared memory: %s", g_strerror(errno));
		return NULL;
	}
	n->shared = shared;
	n->control = shared;
	n->control->memfd_size = MEMFD_SIZE;
	n->snapshot = g_malloc0(MEMFD_SIZE - ORACLE_REGIONS_OFFSET);
	memset(n->snapshot + (oracle_regions[ORACLE_CODE].offset - ORACLE_REGIONS_OFFSET), INT3, ORACLE_CODE_SIZE);
	if (!find_image(n->control, error) || !start_child(n, error))
		return NULL;
	n->fpu_pointers = find_fpu_pointers(n);
	return g_steal_pointer(&n);
}

void oracle_native_free(OracleNative *n) {
	if (!n)
		return;
	kill_child(n);
	if (n->shared)
		munmap(n->shared, MEMFD_SIZE);
	if (n->memfd >= 0)
		close(n->memfd);
	g_free(n->snapshot);
	g_free(n);
}

/* --- batches --- */

static bool place(OracleNative *n, uint64_t address, uint64_t size, OraclePlace *answer) {
	if (size == 0) {
		*answer = (OraclePlace){0, 0};
		return true;
	}
	const uint8_t *at = oracle_native_at(n, address, size);
	if (!at)
		return false;
	*answer = (OraclePlace){(uint64_t) (at - n->shared), size};
	return true;
}

static bool in_region(uint64_t address, OracleRegion region) {
	return address - oracle_regions[region].address < oracle_regions[region].size;
}

static bool canonical(uint64_t address) {
	return address < 1ull << 47 || address >= UINT64_MAX << 47;
}

/* What the entry can't load without a fault of its own, or the child can't place. */
static bool acceptable(OracleNative *n, const OracleCase *c, OracleRecord *record) {
	const OracleState *state = &c->state;
	uint64_t rip = c->mode64 ? state->rip : state->rip & UINT32_MAX;

	if ((state->fx.mxcsr & ~n->mxcsr_mask) || rip >= USER_END || !canonical(state->fs_base) || !canonical(state->gs_base))
		return false;
	if (c->code_size && !in_region(rip, ORACLE_CODE) && !in_region(rip, ORACLE_RWX))
		return false;
	if (!place(n, rip, c->code_size, &record->code))
		return false;
	for (int i = 0; i < ORACLE_WINDOWS; i++)
		if (in_region(c->windows[i].address, ORACLE_CODE) ||
		    !place(n, c->windows[i].address, c->windows[i].size, &record->windows[i]))
			return false;
	return true;
}

static size_t record_size(const OracleCase *c) {
	size_t size = sizeof(OracleRecord) + c->code_size;

	for (int i = 0; i < ORACLE_WINDOWS; i++)
		size += c->windows[i].size;
	return (size + RECORD_ALIGNMENT - 1) & ~(size_t) (RECORD_ALIGNMENT - 1);
}

static void put_record(const OracleCase *c, OracleRecord *record) {
	uint8_t *code = (uint8_t *) (record + 1);
	uint8_t *bytes = code + c->code_size;

	record->state = c->state;
	record->mode64 = c->mode64;
	record->record_size = (uint32_t) record_size(c);
	if (c->code_size)
		memcpy(code, c->code, c->code_size);
	for (int i = 0; i < ORACLE_WINDOWS; i++) {
		if (c->windows[i].size)
			memcpy(bytes, c->windows[i].bytes, c->windows[i].size);
		bytes += c->windows[i].size;
	}
}

static void get_record(OracleCase *c, const OracleRecord *record) {
	const uint8_t *bytes = (const uint8_t *) (record + 1) + c->code_size;

	c->state = record->state;
	c->fault = record->fault;
	for (int i = 0; i < ORACLE_WINDOWS; i++) {
		if (c->windows[i].size)
			memcpy(c->windows[i].bytes, bytes, c->windows[i].size);
		bytes += c->windows[i].size;
	}
}

static OracleRecord *first_record(OracleNative *n) {
	return (OracleRecord *) (n->shared + ORACLE_BATCH_OFFSET);
}

static OracleRecord *next_record(OracleRecord *record) {
	return (OracleRecord *) ((uint8_t *) record + record->record_size);
}

/* Fills the batch with the first of the cases. Returns how many; 0: the first one isn't acceptable. */
static uint32_t fill_batch(OracleNative *n, const OracleCase *cases, size_t count) {
	OracleRecord *record = first_record(n);
	size_t room = ORACLE_BATCH_SIZE;
	uint32_t filled = 0;

	while (filled < count) {
		const OracleCase *c = &cases[filled];
		if (record_size(c) > room || !acceptable(n, c, record))
			break;
		put_record(c, record);
		room -= record->record_size;
		record = next_record(record);
		filled++;
	}
	return filled;
}

/* Runs the batch. Returns how many of it were run; less than all: the child died at the next one. */
static uint32_t run_batch(OracleNative *n, uint32_t count, uint32_t *signal) {
	OracleControl *control = n->control;

	control->count = count;
	control->current = 0;
	control->parent_cpu = (uint32_t) sched_getcpu();
	__atomic_add_fetch(&control->request, 1, __ATOMIC_RELEASE);
	futex(&control->request, FUTEX_WAKE, 1, NULL);
	oracle_spin(&control->answer, control->request - 1, control->parent_cpu == control->child_cpu);
	return await_answer(n, signal) ? count : control->current;
}

static void no_result(OracleCase *c, int vector, uint32_t error_code) {
	c->fault = (OracleFault){.vector = vector, .error_code = error_code};
}

/* Runs some of the cases, at least one; returns how many. */
static size_t run_some(OracleNative *n, OracleCase *cases, size_t count) {
	uint32_t signal = 0;

	if (!n->child && !start_child(n, NULL)) {
		no_result(&cases[0], ORACLE_DIED, 0);
		return 1;
	}
	uint32_t filled = fill_batch(n, cases, count);
	if (filled == 0) {
		no_result(&cases[0], ORACLE_REFUSED, 0);
		return 1;
	}
	uint32_t done = run_batch(n, filled, &signal);
	OracleRecord *record = first_record(n);
	for (uint32_t i = 0; i < done; i++) {
		get_record(&cases[i], record);
		record = next_record(record);
	}
	if (done == filled)
		return done;
	no_result(&cases[done], ORACLE_DIED, signal);
	return done + 1;
}

void oracle_native_run_many(OracleNative *n, OracleCase *cases, size_t count) {
	while (count > 0) {
		size_t done = run_some(n, cases, count);
		cases += done;
		count -= done;
	}
}

bool oracle_native_run(OracleNative *n, bool mode64, const uint8_t *code, size_t code_size, OracleState *state,
		       OracleFault *fault) {
	OracleCase c = {.mode64 = mode64, .code = code, .code_size = (uint32_t) MIN(code_size, UINT32_MAX), .state = *state};

	oracle_native_run_many(n, &c, 1);
	*state = c.state;
	if (fault)
		*fault = c.fault;
	return c.fault.vector == ORACLE_NO_FAULT;
}
