/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The executor's child process.
 *
 * The code under test may do anything, so little is left for it to break: everything is unmapped except the regions, the
 * shared control memory (at a high address) and the program file that these functions are in. No C library, thread
 * pointer or original stack exists any more. Hence the rules of this file: no call out of it (not even the memcpy that a
 * compiler may put in for a loop: hence copy and fill), no thread-local variable, no stack protector, no sanitizer. The
 * system is called by hand.
 *
 * A run:
 *   enter      loads segment registers, FS and GS bases, all of the XSAVE state and the general registers, and leaves by
 *              IRETQ, which loads RIP, CS (64-bit or 32-bit code), RFLAGS, RSP and SS at once, also at privilege level 3.
 *   the code   runs until something happens: its end is an INT3.
 *   on_signal  the kernel has put the complete state onto the alternate stack, whatever RSP was. It is copied out from
 *              there. Instead of returning from the signal, the stub then goes on behind the call of enter: nothing of
 *              the interrupted state is wanted any more, which saves a system call. (So signals must not be blocked while
 *              handled: SA_NODEFER and an empty mask.)
 *
 * What the kernel doesn't reset for a signal handler is RFLAGS.AC and NT, the segment registers and the FS and GS bases.
 * AC is cleared first thing, before C code that may access memory unaligned. FS and GS bases aren't used here.
 *
 * Watching the time: ITIMER_PROF ticks each 20 ms of this process' own processor time, so that a busy host doesn't make
 * innocent code late. A run that has seen two ticks is ended. Other ticks return as signals do, which restores all.
 *
 * Calls of the system from outside these functions' program file don't happen: Syscall User Dispatch turns them into SIGSYS.
 */
#include "native-child.h"

#include <linux/futex.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

#define TICK_US 20000
#define USER_END 0x7ffffffff000u /* the first address that a process can't map (4-level paging) */
#define RSEQ_FLAG_UNREGISTER 1
#define RSEQ_SIGNATURE 0x53053053u /* glibc's for x86 */
#define SA_RESTORER 0x04000000u
#define CPU_NUMBER_SELECTOR 0x7bu
#define WAIT_SECONDS 2 /* how often a waiting child looks whether its parent is still there */

/* SDM volume 1, 10.5.1 (FXSAVE) and 13.4 (XSAVE); Linux' own words are in bytes 464..511. */
enum {
	FX_FCW = 0,
	FX_FSW = 2,
	FX_FTW = 4,
	FX_FOP = 6,
	FX_FIP = 8,
	FX_FDP = 16,
	FX_MXCSR = 24,
	FX_ST = 32,
	FX_XMM = 160,
	FX_LINUX = 464,
	XSAVE_BV = 512,
	XSAVE_YMM_HIGH = 576,
};
enum { XSTATE_X87 = 1, XSTATE_SSE = 2, XSTATE_AVX = 4 };

enum { BREAKPOINT_VECTOR = 3, PAGE_FAULT_VECTOR = 14 };

typedef struct KernelSigaction { /* as rt_sigaction takes it */
	void (*handler)(void);
	uint64_t flags;
	void (*restorer)(void);
	uint64_t mask;
} KernelSigaction;

_Static_assert(offsetof(OracleEntry, rip) == ORACLE_ENTRY_FRAME, "frame");
_Static_assert(offsetof(OracleEntry, fs_base) == ORACLE_ENTRY_FS_BASE, "fs_base");
_Static_assert(offsetof(OracleEntry, gs_base) == ORACLE_ENTRY_GS_BASE, "gs_base");
_Static_assert(offsetof(OracleEntry, saved_rsp) == ORACLE_ENTRY_SAVED_RSP, "saved_rsp");
_Static_assert(offsetof(OracleEntry, xsave) == ORACLE_ENTRY_XSAVE, "xsave");
_Static_assert(sizeof(OracleControl) <= ORACLE_CONTROL_SIZE, "control");

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

/* enter(entry): returns when the run has ended.
 * handler_stub: the handler of all signals. on_signal's answer: 0 go on with what was interrupted, 1 end the run.
 * switch_stack(top, function): calls the function on another stack, for ever. */
__asm__(".pushsection .text\n"
	".type oracle_enter, @function\n"
	"oracle_enter:\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, " TEXT(ORACLE_ENTRY_SAVED_RSP) "(%rdi)\n"
	"	mov $0x2b, %eax\n"
	"	mov %eax, %ds\n"
	"	mov %eax, %es\n"
	"	mov %eax, %fs\n"
	"	mov %eax, %gs\n"
	"	mov " TEXT(ORACLE_ENTRY_FS_BASE) "(%rdi), %rax\n"
	"	wrfsbase %rax\n"
	"	mov " TEXT(ORACLE_ENTRY_GS_BASE) "(%rdi), %rax\n"
	"	wrgsbase %rax\n"
	"	mov $-1, %eax\n"
	"	mov $-1, %edx\n"
	"	xrstor64 " TEXT(ORACLE_ENTRY_XSAVE) "(%rdi)\n"
	"	lea " TEXT(ORACLE_ENTRY_FRAME) "(%rdi), %rsp\n"
	"	mov 0(%rdi), %rax\n"
	"	mov 8(%rdi), %rcx\n"
	"	mov 16(%rdi), %rdx\n"
	"	mov 24(%rdi), %rbx\n"
	"	mov 40(%rdi), %rbp\n"
	"	mov 48(%rdi), %rsi\n"
	"	mov 64(%rdi), %r8\n"
	"	mov 72(%rdi), %r9\n"
	"	mov 80(%rdi), %r10\n"
	"	mov 88(%rdi), %r11\n"
	"	mov 96(%rdi), %r12\n"
	"	mov 104(%rdi), %r13\n"
	"	mov 112(%rdi), %r14\n"
	"	mov 120(%rdi), %r15\n"
	"	mov 56(%rdi), %rdi\n"
	"	iretq\n"

	".type oracle_handler_stub, @function\n"
	"oracle_handler_stub:\n"
	"	pushfq\n"
	"	andl $~0x40000, (%rsp)\n" /* AC */
	"	popfq\n"
	"	sub $8, %rsp\n"
	"	call oracle_on_signal\n"
	"	add $8, %rsp\n"
	"	test %eax, %eax\n"
	"	jnz 1f\n"
	"	ret\n"
	"1:	movabs $" TEXT(ORACLE_CONTROL_ADDRESS) ", %rdi\n"
	"	mov " TEXT(ORACLE_ENTRY_SAVED_RSP) "(%rdi), %rsp\n"
	"	push $2\n" /* NT, ID and all others off */
	"	popfq\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n"

	".type oracle_restorer, @function\n"
	"oracle_restorer:\n"
	"	mov $15, %eax\n" /* rt_sigreturn */
	"	syscall\n"

	".type oracle_switch_stack, @function\n"
	"oracle_switch_stack:\n"
	"	mov %rdi, %rsp\n"
	"	xor %ebp, %ebp\n"
	"	call *%rsi\n"
	"	ud2\n"
	".popsection\n");

__attribute__((visibility("hidden"))) void oracle_enter(OracleEntry *entry);
__attribute__((visibility("hidden"))) void oracle_handler_stub(void);
__attribute__((visibility("hidden"))) void oracle_restorer(void);
__attribute__((visibility("hidden"))) _Noreturn void oracle_switch_stack(uint8_t *top, void (*function)(void));
__attribute__((visibility("hidden"), used)) int oracle_on_signal(int signal, siginfo_t *info, ucontext_t *context);

CHILD static inline long system_call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f) {
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

CHILD static inline void copy(void *to, const void *from, uint64_t size) {
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
}

CHILD static inline void fill(void *to, uint8_t byte, uint64_t size) {
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
}

CHILD static inline OracleControl *control_memory(void) {
	return (OracleControl *) ORACLE_CONTROL_ADDRESS;
}

CHILD static inline uint8_t *shared_memory(uint64_t offset) {
	return (uint8_t *) ORACLE_CONTROL_ADDRESS + offset;
}

CHILD static _Noreturn void leave(int status) {
	for (;;)
		system_call(SYS_exit_group, (uint64_t) status, 0, 0, 0, 0, 0);
}

CHILD static void require(OracleSetup step, long result) {
	OracleControl *control = control_memory();

	if (result >= 0)
		return;
	control->setup_failed = step;
	control->setup_errno = (int32_t) -result;
	leave(1);
}

/* --- a run --- */

CHILD static void load_fpu(uint8_t *area, const OracleState *state) {
	const OracleFpu *fx = &state->fx;

	fill(area, 0, sizeof((OracleEntry *) NULL)->xsave);
	copy(area + FX_FCW, &fx->fcw, 2);
	copy(area + FX_FSW, &fx->fsw, 2);
	area[FX_FTW] = fx->ftw_abridged;
	copy(area + FX_FOP, &fx->fop, 2);
	copy(area + FX_FIP, &fx->fip, 8);
	copy(area + FX_FDP, &fx->fdp, 8);
	copy(area + FX_MXCSR, &fx->mxcsr, 4);
	for (int i = 0; i < 8; i++)
		copy(area + FX_ST + 16 * i, fx->st[i], 10);
	for (int i = 0; i < 16; i++) {
		copy(area + FX_XMM + 16 * i, state->ymm[i], 16);
		copy(area + XSAVE_YMM_HIGH + 16 * i, state->ymm[i] + 16, 16);
	}
	area[XSAVE_BV] = XSTATE_X87 | XSTATE_SSE | XSTATE_AVX;
}

/* The kernel writes the area with XSAVE, which stores initial values for a component that XSTATE_BV says is in its initial
 * state; only when the area isn't extended at all (AVX off) is there nothing to read. */
CHILD static void store_fpu(OracleState *state, const uint8_t *area) {
	OracleFpu *fx = &state->fx;
	const struct _fpx_sw_bytes *linux_words = (const struct _fpx_sw_bytes *) (area + FX_LINUX);
	bool avx = linux_words->magic1 == FP_XSTATE_MAGIC1 && (area[XSAVE_BV] & XSTATE_AVX);

	copy(&fx->fcw, area + FX_FCW, 2);
	copy(&fx->fsw, area + FX_FSW, 2);
	fx->ftw_abridged = area[FX_FTW];
	copy(&fx->fop, area + FX_FOP, 2);
	copy(&fx->fip, area + FX_FIP, 8);
	copy(&fx->fdp, area + FX_FDP, 8);
	copy(&fx->mxcsr, area + FX_MXCSR, 4);
	for (int i = 0; i < 8; i++)
		copy(fx->st[i], area + FX_ST + 16 * i, 10);
	for (int i = 0; i < 16; i++) {
		copy(state->ymm[i], area + FX_XMM + 16 * i, 16);
		if (avx)
			copy(state->ymm[i] + 16, area + XSAVE_YMM_HIGH + 16 * i, 16);
		else
			fill(state->ymm[i] + 16, 0, 16);
	}
}

CHILD static void load_entry(OracleEntry *entry, const OracleRecord *record) {
	const OracleState *state = &record->state;
	uint64_t width = record->mode64 ? UINT64_MAX : UINT32_MAX;

	copy(entry->gpr, state->gpr, sizeof entry->gpr);
	if (!record->mode64)
		for (int i = 0; i < 8; i++)
			entry->gpr[i] &= UINT32_MAX;
	entry->rip = state->rip & width;
	entry->cs = record->mode64 ? ORACLE_CS64 : ORACLE_CS32;
	entry->rflags = (state->rflags & ORACLE_RFLAGS_MASK) | 2;
	entry->rsp = state->gpr[4] & width;
	entry->ss = ORACLE_SS;
	entry->fs_base = state->fs_base;
	entry->gs_base = state->gs_base;
	load_fpu(entry->xsave, state);
}

CHILD static void store_gpr(OracleState *state, const greg_t *gregs) {
	state->gpr[0] = (uint64_t) gregs[REG_RAX];
	state->gpr[1] = (uint64_t) gregs[REG_RCX];
	state->gpr[2] = (uint64_t) gregs[REG_RDX];
	state->gpr[3] = (uint64_t) gregs[REG_RBX];
	state->gpr[4] = (uint64_t) gregs[REG_RSP];
	state->gpr[5] = (uint64_t) gregs[REG_RBP];
	state->gpr[6] = (uint64_t) gregs[REG_RSI];
	state->gpr[7] = (uint64_t) gregs[REG_RDI];
	state->gpr[8] = (uint64_t) gregs[REG_R8];
	state->gpr[9] = (uint64_t) gregs[REG_R9];
	state->gpr[10] = (uint64_t) gregs[REG_R10];
	state->gpr[11] = (uint64_t) gregs[REG_R11];
	state->gpr[12] = (uint64_t) gregs[REG_R12];
	state->gpr[13] = (uint64_t) gregs[REG_R13];
	state->gpr[14] = (uint64_t) gregs[REG_R14];
	state->gpr[15] = (uint64_t) gregs[REG_R15];
	state->rip = (uint64_t) gregs[REG_RIP];
	state->rflags = (uint64_t) gregs[REG_EFL];
}

CHILD static void store_segments(OracleState *state, uint64_t csgsfsss) {
	uint16_t es, ds, fs, gs;

	__asm__ volatile("mov %%es, %w0" : "=r"(es));
	__asm__ volatile("mov %%ds, %w0" : "=r"(ds));
	__asm__ volatile("mov %%fs, %w0" : "=r"(fs));
	__asm__ volatile("mov %%gs, %w0" : "=r"(gs));
	__asm__ volatile("rdfsbase %0" : "=r"(state->fs_base));
	__asm__ volatile("rdgsbase %0" : "=r"(state->gs_base));
	state->segment[0] = es;
	state->segment[1] = (uint16_t) csgsfsss;
	state->segment[2] = (uint16_t) (csgsfsss >> 48);
	state->segment[3] = ds;
	state->segment[4] = fs;
	state->segment[5] = gs;
}

/* In 32-bit code the upper halves of the eight registers mean nothing. */
CHILD static void narrow(OracleState *state) {
	for (int i = 0; i < 8; i++)
		state->gpr[i] &= UINT32_MAX;
	state->rip &= UINT32_MAX;
}

/* Whether a breakpoint is one of the filling; then rip goes back onto it. */
CHILD static bool at_end(OracleRecord *record) {
	uint64_t at = record->state.rip - 1 - ORACLE_CODE_ADDRESS; /* in the region of code */
	uint64_t code = record->code.offset - oracle_regions[ORACLE_CODE].offset;

	if (at >= ORACLE_CODE_SIZE || at - code < record->code.size)
		return false;
	record->state.rip--;
	return true;
}

CHILD static void store_fault(OracleRecord *record, int signal, const greg_t *gregs) {
	OracleFault *fault = &record->fault;

	fault->vector = (int) gregs[REG_TRAPNO];
	fault->error_code = (uint32_t) gregs[REG_ERR];
	fault->address = 0;
	fault->address_known = false;
	if (signal == SIGPROF || signal == SIGSYS) {
		fault->vector = signal == SIGPROF ? ORACLE_TIMEOUT : ORACLE_SYSCALL;
		fault->error_code = 0;
	} else if (fault->vector == PAGE_FAULT_VECTOR) {
		fault->address = (uint64_t) gregs[REG_CR2];
		fault->address_known = true;
	} else if (fault->vector == BREAKPOINT_VECTOR && at_end(record)) {
		fault->vector = ORACLE_NO_FAULT;
	}
}

CHILD int oracle_on_signal(int signal, siginfo_t *info, ucontext_t *context) {
	OracleControl *control = control_memory();
	OracleRecord *record = control->record;
	const greg_t *gregs = context->uc_mcontext.gregs;
	uint64_t rip = (uint64_t) gregs[REG_RIP];
	(void) info;

	if (rip >= control->text_start && rip < control->text_end) {
		if (signal == SIGPROF)
			return 0;
		control->died_signal = (uint32_t) signal;
		leave(1);
	}
	if (signal == SIGPROF && control->run_at_last_tick != control->run) {
		control->run_at_last_tick = control->run;
		return 0;
	}
	store_gpr(&record->state, gregs);
	store_segments(&record->state, (uint64_t) gregs[REG_CSGSFS]);
	store_fpu(&record->state, (const uint8_t *) context->uc_mcontext.fpregs);
	if (!record->mode64)
		narrow(&record->state);
	store_fault(record, signal, gregs);
	return 1;
}

CHILD static void run_record(OracleControl *control, OracleRecord *record) {
	uint8_t *code = (uint8_t *) (record + 1);
	uint8_t *bytes = code + record->code.size;

	for (int i = 0; i < ORACLE_WINDOWS; i++) {
		copy(shared_memory(record->windows[i].offset), bytes, record->windows[i].size);
		bytes += record->windows[i].size;
	}
	copy(shared_memory(record->code.offset), code, record->code.size);
	load_entry(&control->entry, record);
	control->record = record;
	control->run++;
	oracle_enter(&control->entry);

	bytes = code + record->code.size;
	for (int i = 0; i < ORACLE_WINDOWS; i++) {
		copy(bytes, shared_memory(record->windows[i].offset), record->windows[i].size);
		bytes += record->windows[i].size;
	}
	if (record->code.offset - oracle_regions[ORACLE_CODE].offset < ORACLE_CODE_SIZE)
		fill(shared_memory(record->code.offset), 0xcc, record->code.size);
}

/* --- setting up --- */

CHILD static void unmap(uint64_t start, uint64_t end) {
	if (start < end)
		system_call(SYS_munmap, start, end - start, 0, 0, 0, 0);
}

CHILD static void unmap_all_else(const OracleControl *control) {
	uint64_t start = 0;

	for (int i = 0; i < ORACLE_REGIONS; i++) {
		unmap(start, oracle_regions[i].address);
		start = oracle_regions[i].address + oracle_regions[i].size;
	}
	unmap(start, ORACLE_CONTROL_ADDRESS);
	unmap(ORACLE_CONTROL_ADDRESS + control->memfd_size, control->image_start);
	unmap(control->image_end, USER_END);
}

CHILD static void set_signals(void) {
	KernelSigaction action, standard;
	stack_t stack;
	const uint64_t ours = 1ull << SIGSEGV | 1ull << SIGBUS | 1ull << SIGILL | 1ull << SIGFPE | 1ull << SIGTRAP |
			      1ull << SIGSYS | 1ull << SIGPROF;
	uint64_t none = 0;

	fill(&standard, 0, sizeof standard); /* an initializer may become a call of memset */
	fill(&action, 0, sizeof action);
	action.handler = oracle_handler_stub;
	action.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER;
	action.restorer = oracle_restorer;
	fill(&stack, 0, sizeof stack);
	stack.ss_sp = shared_memory(ORACLE_ALTSTACK_OFFSET);
	stack.ss_size = ORACLE_CHILD_STACK_SIZE;

	require(ORACLE_SETUP_SIGNAL, system_call(SYS_sigaltstack, (uint64_t) &stack, 0, 0, 0, 0, 0));
	for (uint64_t i = 1; i < 64; i++) { /* those of the program are gone; SIGKILL and SIGSTOP refuse */
		KernelSigaction *wanted = ours >> i & 1 ? &action : &standard;
		system_call(SYS_rt_sigaction, i, (uint64_t) wanted, 0, sizeof none, 0, 0);
	}
	require(ORACLE_SETUP_SIGNAL,
		system_call(SYS_rt_sigprocmask, SIG_SETMASK, (uint64_t) &none, 0, sizeof none, 0, 0));
}

CHILD static void set_limits(const OracleControl *control) {
	static const struct itimerval tick = {{0, TICK_US}, {0, TICK_US}};
	static const struct rlimit no_core = {0, 0};

	system_call(SYS_setrlimit, RLIMIT_CORE, (uint64_t) &no_core, 0, 0, 0, 0);
	require(ORACLE_SETUP_TIMER, system_call(SYS_setitimer, ITIMER_PROF, (uint64_t) &tick, 0, 0, 0, 0));
	require(ORACLE_SETUP_SYSCALL_DISPATCH,
		system_call(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, control->text_start,
			    control->text_end - control->text_start, 0, 0));
}

/* Linux keeps the number of the CPU in the limit of a segment, for programs to read. */
CHILD static uint32_t own_cpu(void) {
	uint32_t limit = 0;

	__asm__ volatile("lsl %1, %0" : "+r"(limit) : "r"(CPU_NUMBER_SELECTOR) : "cc");
	return limit & 0xfff;
}

CHILD static void answer(OracleControl *control, uint32_t request) {
	control->child_cpu = own_cpu();
	__atomic_store_n(&control->answer, request, __ATOMIC_RELEASE);
	system_call(SYS_futex, (uint64_t) &control->answer, FUTEX_WAKE, 1, 0, 0, 0);
}

CHILD static uint32_t await_request(OracleControl *control, uint32_t served) {
	struct timespec timeout = {WAIT_SECONDS, 0};
	uint32_t request;

	oracle_spin(&control->request, served, control->child_cpu == control->parent_cpu);
	while ((request = __atomic_load_n(&control->request, __ATOMIC_ACQUIRE)) == served) {
		system_call(SYS_futex, (uint64_t) &control->request, FUTEX_WAIT, served, (uint64_t) &timeout, 0, 0);
		if (system_call(SYS_getppid, 0, 0, 0, 0, 0, 0) != control->parent_pid)
			leave(0);
	}
	return request;
}

CHILD static _Noreturn void serve(void) {
	OracleControl *control = control_memory();
	uint32_t request = control->request;

	unmap_all_else(control);
	set_signals();
	set_limits(control);
	for (;;) {
		answer(control, request);
		request = await_request(control, request);
		uint8_t *at = shared_memory(ORACLE_BATCH_OFFSET);
		for (uint32_t i = 0; i < control->count; i++) {
			OracleRecord *record = (OracleRecord *) at;
			at += record->record_size;
			__atomic_store_n(&control->current, i, __ATOMIC_RELAXED);
			run_record(control, record);
		}
	}
}

CHILD static long map(uint64_t address, uint64_t size, int prot, int memfd, uint64_t offset) {
	return system_call(SYS_mmap, address, size, (uint64_t) prot, MAP_SHARED | MAP_FIXED | MAP_POPULATE, (uint64_t) memfd,
			   offset);
}

/* The kernel writes to a registered rseq area whenever it schedules, and kills the process if that isn't mapped. Only the
 * length that it was registered with takes it off, and glibc's has grown with time. */
CHILD static void unregister_rseq(const OracleControl *control) {
	long result = control->rseq_address ? -1 : 0;

	for (uint64_t size = 32; result < 0 && size <= 256; size += 4)
		result = system_call(SYS_rseq, control->rseq_address, size, RSEQ_FLAG_UNREGISTER, RSEQ_SIGNATURE, 0, 0);
	require(ORACLE_SETUP_RSEQ, result);
}

CHILD void oracle_child_start(int memfd) {
	uint64_t size = ORACLE_REGIONS_OFFSET;

	for (int i = 0; i < ORACLE_REGIONS; i++)
		size += oracle_regions[i].size;
	if (map(ORACLE_CONTROL_ADDRESS, size, PROT_READ | PROT_WRITE, memfd, 0) != ORACLE_CONTROL_ADDRESS)
		leave(2);
	OracleControl *control = control_memory();
	unregister_rseq(control);
	for (int i = 0; i < ORACLE_REGIONS; i++) {
		const OracleRegionRow *region = &oracle_regions[i];
		long result = map(region->address, region->size, region->prot, memfd, region->offset);
		if (i == ORACLE_LOW)
			control->low_allowed = result > 0;
		else
			require(ORACLE_SETUP_REGION, result);
	}
	system_call(SYS_close_range, 0, UINT32_MAX, 0, 0, 0, 0); /* who waits for the end of a pipe shan't wait for this process */
	oracle_switch_stack(shared_memory(ORACLE_ALTSTACK_OFFSET), serve);
}
