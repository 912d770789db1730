/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "cpu/access.h"

enum {
	RAM_BYTES = 256 << 20, PAGE_TABLES = 0x1000, STUB = 0x8000, MMAP_START = 64 << 20, STACK_TOP = RAM_BYTES - 4096,
	PORT_SYSTEM_CALL = 0xf8,
};

/* out 0xf8, al; sysretq */
static const uint8_t stub[] = { 0xe6, PORT_SYSTEM_CALL, 0x48, 0x0f, 0x07 };

static void write64(Board *board, uint64_t address, uint64_t value)
{
	memcpy(board->ram + address, &value, 8);
}

/* The first GiB, linear = physical, in 2 MiB pages that everybody may use. */
static void make_page_tables(Board *board)
{
	write64(board, PAGE_TABLES, (PAGE_TABLES + 0x1000) | 7);
	write64(board, PAGE_TABLES + 0x1000, (PAGE_TABLES + 0x2000) | 7);
	for (uint64_t n = 0; n < RAM_BYTES >> 21; n++)
		write64(board, PAGE_TABLES + 0x2000 + 8 * n, n << 21 | 0x87);
}

static void set_segment(Segment *s, uint16_t selector, uint16_t attr)
{
	*s = (Segment){ .selector = selector, .attr = attr, .limit = 0xffffffff, .usable = true };
}

static void enter_user_mode(Cpu *cpu, uint64_t rip, uint64_t rsp)
{
	cpu->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	cpu->cr3 = PAGE_TABLES;
	cpu->cr4 = CR4_PAE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE | CR4_FSGSBASE;
	cpu->xcr0 = XCR0_X87 | XCR0_SSE | XCR0_AVX;
	cpu->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
	cpu->star = (uint64_t)0x23 << 48 | (uint64_t)0x10 << 32;
	cpu->lstar = STUB;
	for (unsigned n = 0; n < SEGMENT_COUNT; n++)
		set_segment(&cpu->seg[n], 0x2b, AR_P | AR_DPL | AR_S | AR_WRITABLE | AR_ACCESSED | AR_DB | AR_G);
	set_segment(&cpu->seg[CS], 0x33, AR_P | AR_DPL | AR_S | AR_CODE | AR_READABLE | AR_ACCESSED | AR_L | AR_G);
	cpu->cpl = 3;
	memset(cpu->gpr, 0, sizeof cpu->gpr); /* RDX would be registered as a function to call at exit */
	cpu->rip = rip;
	cpu->gpr[RSP] = rsp;
	cpu_mode_changed(cpu);
	tlb_flush(cpu, true);
}

/* ---- loading ---- */

static bool load_elf(Program *program, const char *file, gsize size, uint64_t *entry, uint64_t *phdr, uint64_t *count, GError **error)
{
	Elf64_Ehdr header;
	memcpy(&header, file, MIN(size, sizeof header));
	if (size < sizeof header || memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_machine != EM_X86_64 || header.e_type != ET_EXEC ||
	    header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr) > size) {
		g_set_error_literal(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a statically linked 64-bit x86 program");
		return false;
	}
	for (unsigned n = 0; n < header.e_phnum; n++) {
		Elf64_Phdr p;
		memcpy(&p, file + header.e_phoff + n * sizeof p, sizeof p);
		if (p.p_type != PT_LOAD)
			continue;
		g_assert(p.p_vaddr + p.p_memsz < MMAP_START / 2 && p.p_offset + p.p_filesz <= size);
		memcpy(program->board->ram + p.p_vaddr, file + p.p_offset, p.p_filesz);
		program->brk = MAX(program->brk, (p.p_vaddr + p.p_memsz + 0xfff) & ~(uint64_t)0xfff);
		if (p.p_offset == 0)
			*phdr = p.p_vaddr + header.e_phoff;
	}
	*entry = header.e_entry;
	*count = header.e_phnum;
	return true;
}

/* The System V ABI's initial stack: argc, argv, environment, auxiliary vector. */
static uint64_t make_stack(Program *program, const char *const *argv, uint64_t entry, uint64_t phdr, uint64_t count)
{
	Board *board = program->board;
	uint64_t words[64], pointer = STACK_TOP - 1024, random = STACK_TOP - 512;
	unsigned n = 0;
	words[n++] = g_strv_length((char **)argv);
	for (unsigned k = 0; argv[k]; k++) {
		g_assert(pointer + strlen(argv[k]) < random);
		memcpy(board->ram + pointer, argv[k], strlen(argv[k]) + 1);
		words[n++] = pointer;
		pointer += strlen(argv[k]) + 1;
	}
	words[n++] = 0;
	words[n++] = 0;
	const uint64_t auxiliary[][2] = {
		{ AT_PHDR, phdr }, { AT_PHENT, sizeof(Elf64_Phdr) }, { AT_PHNUM, count }, { AT_PAGESZ, 4096 }, { AT_ENTRY, entry },
		{ AT_RANDOM, random }, { AT_CLKTCK, 100 }, { AT_NULL, 0 },
	};
	memcpy(&words[n], auxiliary, sizeof auxiliary);
	n += sizeof auxiliary / 8;
	uint64_t rsp = (STACK_TOP - 4096 - n * 8) & ~(uint64_t)15;
	memcpy(board->ram + rsp, words, n * 8);
	return rsp;
}

/* ---- system calls ---- */

static uint64_t call_brk(Program *program, uint64_t wanted)
{
	if (wanted >= program->brk && wanted < MMAP_START)
		program->brk = wanted;
	return program->brk;
}

static uint64_t call_mmap(Program *program, uint64_t size)
{
	uint64_t address = program->mmap_next;
	size = (size + 0xfff) & ~(uint64_t)0xfff;
	if (size > STACK_TOP - (8 << 20) - address)
		return (uint64_t)-ENOMEM;
	program->mmap_next += size;
	return address;
}

static uint64_t call_write(Program *program, uint64_t address, uint64_t size)
{
	if (address > RAM_BYTES || size > RAM_BYTES - address)
		return (uint64_t)-EFAULT;
	g_string_append_len(program->output, (const char *)program->board->ram + address, (gssize)size);
	return size;
}

static uint64_t call_clock_gettime(Program *program, uint64_t clock, uint64_t address)
{
	struct timespec now;
	if (address > RAM_BYTES - sizeof now || clock_gettime((clockid_t)clock, &now))
		return (uint64_t)-EFAULT;
	memcpy(program->board->ram + address, &now, sizeof now);
	return 0;
}

static uint64_t call_arch_prctl(Program *program, uint64_t what, uint64_t address)
{
	enum { SET_FS = 0x1002 };
	if (what != SET_FS)
		return (uint64_t)-EINVAL;
	program->board->cpu->seg[FS].base = address;
	segment_refresh(program->board->cpu, FS);
	return 0;
}

static void call_exit(Program *program, uint64_t status)
{
	program->exited = true;
	program->exit_status = status;
	cpu_request_exit(program->board->cpu);
}

static uint64_t system_call(Program *program, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	switch (number) {
	case SYS_brk: return call_brk(program, a);
	case SYS_mmap: return call_mmap(program, b);
	case SYS_write: return call_write(program, b, c);
	case SYS_clock_gettime: return call_clock_gettime(program, a, b);
	case SYS_arch_prctl: return call_arch_prctl(program, a, b);
	case SYS_exit: case SYS_exit_group: call_exit(program, a); return 0;
	case SYS_set_tid_address: return 1;
	case SYS_munmap: case SYS_mprotect: case SYS_set_robust_list: return 0;
	case SYS_rseq: case SYS_prlimit64: case SYS_readlinkat: case SYS_readlink: case SYS_getrandom: case SYS_newfstatat:
	case SYS_ioctl: return (uint64_t)-ENOSYS;
	default:
		if (!program->unknown_call)
			program->unknown_call = number;
		return (uint64_t)-ENOSYS;
	}
}

static void program_port_write(void *owner, uint16_t port, uint32_t value, unsigned size)
{
	Program *program = owner;
	Cpu *cpu = program->board->cpu;
	(void)value;
	(void)size;
	if (port == PORT_SYSTEM_CALL)
		cpu->gpr[RAX] = system_call(program, cpu->gpr[RAX], cpu->gpr[RDI], cpu->gpr[RSI], cpu->gpr[RDX]);
}

static CpuPage program_page(void *owner, uint64_t phys)
{
	Board *board = ((Program *)owner)->board;
	return phys < board->ram_size ? (CpuPage){ board->ram + phys, &board->code_lines[phys >> 12], true } : (CpuPage){ 0 };
}

Program *program_new(const char *model, const char *path, const char *const *argv, GError **error)
{
	g_autofree char *file = NULL;
	gsize size = 0;
	uint64_t entry = 0, phdr = 0, count = 0;
	if (!g_file_get_contents(path, &file, &size, error))
		return NULL;
	g_autoptr(Program) program = g_new0(Program, 1);
	program->output = g_string_new(NULL);
	program->mmap_next = MMAP_START;
	program->board = board_new(model, RAM_BYTES, error);
	if (!program->board || !load_elf(program, file, size, &entry, &phdr, &count, error))
		return NULL;
	Cpu *cpu = program->board->cpu;
	cpu->bus.owner = program;
	cpu->bus.page = program_page;
	cpu->bus.port_write = program_port_write;
	make_page_tables(program->board);
	memcpy(program->board->ram + STUB, stub, sizeof stub);
	enter_user_mode(cpu, entry, make_stack(program, argv, entry, phdr, count));
	return g_steal_pointer(&program);
}

void program_free(Program *program)
{
	if (!program)
		return;
	board_free(program->board);
	g_string_free(program->output, TRUE);
	g_free(program);
}

bool program_run(Program *program, uint64_t insns)
{
	cpu_run(program->board->cpu, insns);
	return program->exited;
}
