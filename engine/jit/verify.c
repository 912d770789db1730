/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lock-step verification: every translated block runs in the interpreter first, everything is put back, then the generated code runs,
 * and what both left must be equal.
 *
 * Put back is the processor's state (a copy of it) and each page of RAM that was written (a copy from before the first store to it).
 * For these copies the TLBs have no write tags but in pages that the present block has written in the interpreter. So the first
 * store to any other page is told to watch_store(), the interpreter's and a stray one of generated code's alike, and what generated
 * code should store it stores by its own fast path.
 *
 * What can't be done twice is what reaches beyond processor and RAM: ports, devices' memory, the clock, the interrupt controller.
 * All of it goes through CpuBus, whose functions are replaced by ones that leave the block by a long jump while it runs for
 * comparison. Then the block is verified up to that instruction, where generated code must come to ask for the interpreter; the
 * next block begins with it, and its first instruction runs once, by the interpreter alone.
 *
 * Generated code may leave a block early: when x87 exceptions become unmasked, when an event comes, when its hints fail. Then the
 * block is verified up to there. Blocks aren't linked: each is run from outside, so events are taken between blocks. */
#include "jit/verify.h"

#include <string.h>

#include "cpu/access.h"
#include "insn_handlers.h"
#include "jit/state.h"

enum { PAGE = 4096, KEPT_PAGES = 16 /* allocated for good */ };

typedef struct OpenTag {
	unsigned class, entry;
} OpenTag;

typedef enum Phase { IDLE, WANTED, GOT } Phase;

typedef struct Verify {
	JitVerifier verifier;
	JitVerified counters;
	CpuBus bus;		/* the processor's own */
	Cpu *cpu;
	Phase phase;
	bool *inexact, *saves_flags; /* by form */

	const Block *block;
	const void *code;	/* its own, which is gone if the block writes to itself */
	unsigned limit;		/* how many of its instructions run */
	unsigned device_insn;	/* which one reached for a device */
	bool device;		/* left by a long jump for that */
	bool gave_up;		/* generated code left because its hints fail */
	bool flush;		/* the TLB knows what will be undone */
	bool differed;
	GString *differences;

	VerifyPage *pages;
	unsigned page_count, pages_allocated;
	GArray *tags;		/* OpenTag: entries of the TLB that let stores by */
	VerifyState before;
	VerifyResult wanted, got;
	jmp_buf outer;
} Verify;

/* ---- the processor's state ---- */

/* What other threads write, and what isn't state. */
static const struct { size_t offset, size; } kept[] = {
	{ offsetof(Cpu, events), sizeof(uint32_t) }, { offsetof(Cpu, steady), sizeof(uint32_t) },
	{ offsetof(Cpu, a20_wanted_off), sizeof(bool) }, { offsetof(Cpu, sipi_vector), sizeof(uint8_t) },
	{ offsetof(Cpu, fault_exit), sizeof(jmp_buf) },
};

static void save_state(VerifyState *to, const Cpu *cpu)
{
	memcpy(to->bytes, cpu, VERIFIED_BYTES);
}

static void restore_state(Cpu *cpu, const VerifyState *from)
{
	size_t at = 0;
	for (unsigned n = 0; n < G_N_ELEMENTS(kept); n++) {
		memcpy((uint8_t *)cpu + at, from->bytes + at, kept[n].offset - at);
		at = kept[n].offset + kept[n].size;
	}
	memcpy((uint8_t *)cpu + at, from->bytes + at, VERIFIED_BYTES - at);
}

static uint32_t take_events(Cpu *cpu)
{
	uint32_t events = __atomic_load_n(&cpu->events, __ATOMIC_ACQUIRE) & INSN_EVENTS;
	if (events)
		cpu_clear_event(cpu, events);
	return events;
}

/* ---- memory ---- */

/* The last one first: it is mostly the one. */
static VerifyPage *page_of(Verify *v, const uint8_t *host)
{
	for (unsigned n = v->page_count; n-- > 0;)
		if (v->pages[n].host == host)
			return &v->pages[n];
	return NULL;
}

static void allocate_page(VerifyPage *page)
{
	page->before = g_malloc(PAGE);
	page->wanted = g_malloc(PAGE);
	page->left = g_malloc(PAGE);
}

static void free_page(VerifyPage *page)
{
	g_free(page->before);
	g_free(page->wanted);
	g_free(page->left);
}

/* A repeated string instruction may write to any number of pages. */
static VerifyPage *add_page(Verify *v)
{
	if (v->page_count == v->pages_allocated) {
		v->pages_allocated *= 2;
		v->pages = g_renew(VerifyPage, v->pages, v->pages_allocated);
	}
	VerifyPage *page = &v->pages[v->page_count++];
	if (v->page_count > KEPT_PAGES)
		allocate_page(page);
	return page;
}

static bool watch_store(Cpu *cpu, const CpuPage *ram, unsigned class, int entry)
{
	Verify *v = cpu->jit->verify;
	if (v->phase == IDLE)
		return false;
	if (!page_of(v, ram->host)) {
		VerifyPage *page = add_page(v);
		page->host = ram->host;
		page->got = ram->host;
		memcpy(page->before, ram->host, PAGE);
		/* Only generated code wrote there: nothing should have changed. */
		if (v->phase == GOT)
			memcpy(page->wanted, ram->host, PAGE);
	}
	if (entry < 0)
		return false;
	OpenTag tag = { class, (unsigned)entry };
	g_array_append_val(v->tags, tag);
	return true;
}

static void restore_pages(Verify *v)
{
	for (unsigned n = 0; n < v->page_count; n++)
		memcpy(v->pages[n].host, v->pages[n].before, PAGE);
}

static void forget_pages(Verify *v)
{
	for (unsigned n = 0; n < v->tags->len; n++) {
		OpenTag tag = g_array_index(v->tags, OpenTag, n);
		v->cpu->tlb[tag.class].write[tag.entry] = v->cpu->tlb_miss;
	}
	g_array_set_size(v->tags, 0);
	for (unsigned n = KEPT_PAGES; n < v->page_count; n++)
		free_page(&v->pages[n]);
	v->page_count = 0;
}

static bool is_in_block(const Block *b, uint64_t page, uint64_t lines)
{
	return (b->phys & ~(uint64_t)0xfff) == page && (code_lines_of(b->phys, b->bytes) & lines);
}

/* The first time the code stays, and the block only ends, as it will when generated code writes the same. */
static bool watch_code(Cpu *cpu, uint64_t page, uint64_t lines)
{
	const Verify *v = cpu->jit->verify;
	if (v->phase == WANTED && is_in_block(v->block, page, lines))
		cpu->stop = NULL;
	return v->phase == WANTED;
}

static void watch_table(Cpu *cpu, const CpuPage *ram)
{
	Verify *v = cpu->jit->verify;
	v->flush |= v->phase == WANTED && page_of(v, ram->host);
}

static const CpuWatcher watcher = { watch_store, watch_code, watch_table };

/* ---- the bus: out of the block while it is verified ---- */

static Verify *leave_at_device(void *owner)
{
	Verify *v = owner;
	if (v->phase == IDLE)
		return v;
	v->device_insn = (unsigned)(v->cpu->insn - v->cpu->first);
	v->device = true;
	longjmp(v->cpu->fault_exit, 1);
}

#define BUS(owner) (&leave_at_device(owner)->bus)

static CpuPage bus_page(void *owner, uint64_t phys) { return ((Verify *)owner)->bus.page(((Verify *)owner)->bus.owner, phys); }
static uint64_t bus_read(void *owner, uint64_t phys, unsigned size) { return BUS(owner)->read(BUS(owner)->owner, phys, size); }
static void bus_write(void *owner, uint64_t phys, uint64_t value, unsigned size) { BUS(owner)->write(BUS(owner)->owner, phys, value, size); }
static uint32_t bus_port_read(void *owner, uint16_t port, unsigned size) { return BUS(owner)->port_read(BUS(owner)->owner, port, size); }
static void bus_port_write(void *owner, uint16_t port, uint32_t value, unsigned size) { BUS(owner)->port_write(BUS(owner)->owner, port, value, size); }
static int bus_acknowledge(void *owner) { return BUS(owner)->acknowledge(BUS(owner)->owner); }
static void bus_event(void *owner, CpuEvent event) { BUS(owner)->event(BUS(owner)->owner, event); }
static uint8_t bus_tpr_read(void *owner) { return BUS(owner)->tpr_read(BUS(owner)->owner); }
static void bus_tpr_write(void *owner, uint8_t value) { BUS(owner)->tpr_write(BUS(owner)->owner, value); }
static bool bus_msr_read(void *owner, uint32_t msr, uint64_t *value) { return BUS(owner)->msr_read(BUS(owner)->owner, msr, value); }
static bool bus_msr_write(void *owner, uint32_t msr, uint64_t value) { return BUS(owner)->msr_write(BUS(owner)->owner, msr, value); }
static uint64_t bus_tsc(void *owner) { return BUS(owner)->tsc(BUS(owner)->owner); }
static void bus_code_written(void *owner, uint64_t phys, uint64_t lines) { ((Verify *)owner)->bus.code_written(((Verify *)owner)->bus.owner, phys, lines); }
static void bus_pause(void *owner) { ((Verify *)owner)->bus.pause(((Verify *)owner)->bus.owner); }

#define WRAPPED(name) .name = v->bus.name ? bus_##name : NULL

static void wrap_bus(Verify *v)
{
	v->bus = v->cpu->bus;
	v->cpu->bus = (CpuBus){
		.owner = v, .page = bus_page, .read = bus_read, .write = bus_write, .port_read = bus_port_read,
		.port_write = bus_port_write, .acknowledge = bus_acknowledge, WRAPPED(event), WRAPPED(tpr_read), WRAPPED(tpr_write),
		WRAPPED(msr_read), WRAPPED(msr_write), WRAPPED(tsc), WRAPPED(code_written), WRAPPED(pause), .phys_mask = v->bus.phys_mask,
	};
}

/* ---- a block, twice ---- */

static void hold(Verify *v, bool held)
{
	if (v->verifier.hold)
		v->verifier.hold(v->verifier.owner, held);
}

static void run_wanted(Verify *v)
{
	const Block *b = v->block;
	if (v->limit)
		insns_run(v->cpu, b->insns, v->limit, v->limit == b->count && b->sets_rip);
}

static void run_got(Verify *v)
{
	Block b = *v->block; /* without its instructions */
	b.code = v->code;
	v->gave_up = jit_enter(v->cpu, &b);
}

/* Faults end here, not in cpu_run(). */
static Outcome guard(Verify *v, void (*run)(Verify *v))
{
	Cpu *cpu = v->cpu;
	volatile Outcome outcome = OUTCOME_DONE;
	v->device = v->gave_up = false;
	if (setjmp(cpu->fault_exit))
		outcome = v->device ? OUTCOME_DEVICE : OUTCOME_FAULT;
	else
		run(v);
	return outcome;
}

static void take_result(Verify *v, VerifyResult *result, Outcome outcome)
{
	result->outcome = outcome;
	result->events = take_events(v->cpu);
	save_state(&result->state, v->cpu);
}

static void put_back(Verify *v)
{
	restore_pages(v);
	restore_state(v->cpu, &v->before);
}

static Outcome run_phase(Verify *v, Phase phase)
{
	v->phase = phase;
	Outcome outcome = guard(v, phase == WANTED ? run_wanted : run_got);
	v->phase = IDLE;
	return outcome;
}

/* Which instruction the processor stands before, 1 and above; 0: none of those that should have run. */
static unsigned left_before(const Verify *v)
{
	const Cpu *cpu = v->cpu;
	const Block *b = v->block;
	uint64_t first = cpu_of(&v->before)->rip;
	for (unsigned n = 1; n < v->limit; n++)
		if (cpu->rip == ((first + b->insns[n].next - b->insns[n].length) & cpu->linear_mask))
			return n;
	return 0;
}

/* The interpreter's result, of as many instructions as can be repeated. False: there is none. */
static bool run_interpreter(Verify *v)
{
	uint32_t generation = v->cpu->map_generation;
	Outcome outcome = run_phase(v, WANTED);
	if (outcome == OUTCOME_DEVICE) {
		take_events(v->cpu);
		put_back(v);
		if (v->flush || generation != v->cpu->map_generation)
			tlb_flush(v->cpu, true);
		v->limit = v->device_insn;
		if (!v->limit)
			return false;
		outcome = run_phase(v, WANTED);
	}
	take_result(v, &v->wanted, outcome);
	for (unsigned n = 0; n < v->page_count; n++)
		memcpy(v->pages[n].wanted, v->pages[n].host, PAGE);
	v->flush |= generation != v->cpu->map_generation;
	return true;
}

static void run_generated(Verify *v)
{
	put_back(v);
	if (v->flush)
		tlb_flush(v->cpu, true);
	Outcome outcome = run_phase(v, GOT);
	take_result(v, &v->got, outcome);
}

/* Both, and the interpreter once more up to there if generated code left early. False: there was nothing that can be compared. */
static bool run_both(Verify *v)
{
	if (!v->limit || !run_interpreter(v))
		return false;
	run_generated(v);
	bool early = v->gave_up || v->wanted.outcome != v->got.outcome || v->cpu->rip != cpu_of(&v->wanted.state)->rip;
	unsigned n = early && v->got.outcome == OUTCOME_DONE ? left_before(v) : 0;
	bool at_once = v->gave_up && v->cpu->rip == cpu_of(&v->before)->rip;
	if (!n && !at_once)
		return true;
	/* What generated code did is kept: it needn't stop there a second time. */
	for (unsigned k = 0; k < v->page_count; k++) {
		VerifyPage *page = &v->pages[k];
		page->got = memcpy(page->left, page->host, PAGE);
	}
	put_back(v);
	tlb_flush(v->cpu, true);
	v->limit = n;
	return run_interpreter(v);
}

static void stop_processor(Verify *v, const char *differences)
{
	g_autoptr(GString) report = g_string_new(NULL);
	verify_describe(report, v->cpu, v->block, &v->before);
	g_string_append(report, differences);
	v->differed = true;
	v->cpu->shut_down = true;
	cpu_raise_event(v->cpu, EVENT_EXIT);
	hold(v, false);
	v->verifier.differs(v->verifier.owner, report->str);
}

static uint8_t undefined_after(uint8_t undefined, const Form *form)
{
	return (uint8_t)((undefined & ~form->flags_written) | form->flags_undefined);
}

static uint8_t undefined_flags(const Verify *v)
{
	unsigned done = v->got.outcome == OUTCOME_FAULT ? left_before(v) : v->limit;
	uint8_t undefined = 0;
	for (unsigned n = 0; n < done; n++)
		undefined = undefined_after(undefined, &insn_forms[v->block->insns[n].form]);
	return undefined;
}

/* True: equal, or this was the end. An event may have come between. */
static bool compare(Verify *v)
{
	GString *differences = g_string_truncate(v->differences, 0);
	verify_compare_states(differences, &v->wanted, &v->got, undefined_flags(v));
	verify_compare_pages(differences, v->pages, v->page_count);
	if (!differences->len)
		return true;
	if (__atomic_load_n(&v->cpu->events, __ATOMIC_ACQUIRE))
		return false;
	stop_processor(v, differences->str);
	return true;
}

static void go_on(Verify *v)
{
	Cpu *cpu = v->cpu;
	v->counters.blocks++;
	cpu->insns_retired = cpu_of(&v->wanted.state)->insns_retired;
	if (v->got.events)
		cpu_raise_event(cpu, v->got.events);
}

/* Instructions that the interpreter and the host's processor needn't do alike, or that use flags which another one left undefined. */
static bool is_exact(const Verify *v, const Block *b)
{
	uint8_t undefined = 0;
	for (unsigned n = 0; n < b->count; n++) {
		unsigned form = b->insns[n].form;
		if (v->inexact[form] || (undefined & (v->saves_flags[form] ? ~0u : insn_forms[form].flags_read)))
			return false;
		undefined = undefined_after(undefined, &insn_forms[form]);
	}
	return true;
}

static unsigned first_random(const Block *b)
{
	unsigned n = 0;
	while (n < b->count && b->insns[n].run != op_random)
		n++;
	return n;
}

static void begin(Verify *v, const Block *b)
{
	v->block = b;
	v->code = b->code;
	v->limit = first_random(b);
	v->flush = false;
	save_state(&v->before, v->cpu);
	memcpy(&v->outer, &v->cpu->fault_exit, sizeof v->outer);
}

static void run_alone(Verify *v, const Block *b)
{
	v->counters.alone++;
	insns_run(v->cpu, b->insns, 1, b->count == 1 && b->sets_rip);
}

bool verify_run(Cpu *cpu, Block *b)
{
	Verify *v = cpu->jit->verify;
	if (v->differed || !is_exact(v, b)) {
		v->counters.unverified++;
		return false;
	}
	hold(v, true);
	begin(v, b);
	bool any = run_both(v), good = any && compare(v);
	if (!good) {
		put_back(v);
		tlb_flush(cpu, true);
	}
	forget_pages(v);
	memcpy(&cpu->fault_exit, &v->outer, sizeof v->outer);
	if (v->differed)
		return true;
	hold(v, false);
	if (!any || (good && !v->limit)) {
		run_alone(v, b);
		return true;
	}
	if (!good) {
		v->counters.unverified++;
		return false;
	}
	go_on(v);
	if (v->got.outcome == OUTCOME_FAULT)
		longjmp(cpu->fault_exit, 1);
	return true;
}

bool verify_stops_at(const Jit *t, unsigned insn)
{
	const Verify *v = t->verify;
	return v->phase == GOT && insn >= v->limit;
}

/* ---- from outside ---- */

/* Approximations, of which the manuals promise some digits only. */
static const char inexact[] =
	" F2XM1 FYL2X FYL2XP1 FSIN FCOS FSINCOS FPTAN FPATAN RCPPS RCPSS RSQRTPS RSQRTSS VRCPPS VRCPSS VRSQRTPS VRSQRTSS PFRCP PFRSQRT ";

/* They write all flags somewhere else. */
static const char saving[] = " INT INT1 INT3 INTO SYSCALL PUSHF PUSHFD PUSHFQ ";

static bool *find_forms(const char *list)
{
	bool *found = g_new0(bool, insn_form_count);
	for (unsigned n = 1; n < insn_form_count; n++) {
		g_autofree char *word = g_strdup_printf(" %s ", insn_forms[n].mnemonic);
		found[n] = strstr(list, word);
	}
	return found;
}

void jit_verify(Cpu *cpu, const JitVerifier *verifier)
{
	if (!cpu->jit || cpu->jit->verify)
		return;
	Verify *v = g_new0(Verify, 1);
	v->verifier = *verifier;
	v->cpu = cpu;
	v->inexact = find_forms(inexact);
	v->saves_flags = find_forms(saving);
	v->pages_allocated = KEPT_PAGES;
	v->pages = g_new0(VerifyPage, v->pages_allocated);
	for (unsigned n = 0; n < KEPT_PAGES; n++)
		allocate_page(&v->pages[n]);
	v->tags = g_array_new(FALSE, FALSE, sizeof(OpenTag));
	v->differences = g_string_new(NULL);
	wrap_bus(v);
	cpu->jit->verify = v;
	cpu->watcher = &watcher;
	tlb_flush(cpu, true);
	blocks_flush(cpu);
}

void verify_free(Jit *t)
{
	Verify *v = t->verify;
	if (!v)
		return;
	v->cpu->bus = v->bus;
	v->cpu->watcher = NULL;
	for (unsigned n = 0; n < KEPT_PAGES; n++)
		free_page(&v->pages[n]);
	g_free(v->pages);
	g_array_unref(v->tags);
	g_string_free(v->differences, TRUE);
	g_free(v->inexact);
	g_free(v->saves_flags);
	g_free(v);
	t->verify = NULL;
}

JitVerified jit_verified(const Cpu *cpu)
{
	return cpu->jit && cpu->jit->verify ? cpu->jit->verify->counters : (JitVerified){ 0 };
}
