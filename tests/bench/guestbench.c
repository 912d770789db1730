/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guestbench: small CPU and kernel workloads that run the same natively and in a guest.
 *
 * Each line printed is:  bench NAME SECONDS_PER_UNIT CHECKSUM
 * Work per unit is fixed, so NATIVE/GUEST or EMULATOR_A/EMULATOR_B time ratios compare like with like,
 * and CHECKSUM must be identical everywhere: a difference is a bug of the emulator.
 *
 * Usage: guestbench [-t SECONDS_PER_BENCH] [NAME...]      (no name: all of them)
 * Build: cc -O2 -static -o guestbench guestbench.c -lm -lpthread   (and again with -m32) */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static uint32_t rng_state = 1;
static uint32_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 17;
	rng_state ^= rng_state << 5;
	return rng_state;
}

/* ---- integer ---- */

static uint64_t bench_sieve(void)
{
	static uint8_t flag[1 << 20];
	uint64_t count = 0;
	memset(flag, 1, sizeof flag);
	for (uint32_t i = 2; i < sizeof flag; i++)
		if (flag[i]) {
			count++;
			for (uint32_t j = i * 2; j < sizeof flag; j += i)
				flag[j] = 0;
		}
	return count;
}

static uint32_t crc_table[256];
static uint64_t bench_crc32(void)
{
	static uint8_t data[1 << 20];
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int k = 0; k < 8; k++)
			c = (c >> 1) ^ (0xEDB88320u & -(c & 1));
		crc_table[i] = c;
	}
	rng_state = 7;
	for (uint32_t i = 0; i < sizeof data; i++)
		data[i] = rng();
	uint32_t c = ~0u;
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < sizeof data; i++)
			c = crc_table[(c ^ data[i]) & 255] ^ (c >> 8);
	return ~c;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static uint64_t bench_qsort(void)
{
	enum { N = 1 << 16 };
	static uint32_t v[N];
	rng_state = 3;
	for (int i = 0; i < N; i++)
		v[i] = rng();
	qsort(v, N, sizeof v[0], compare_u32);
	return v[0] ^ v[N / 2] ^ v[N - 1];
}

static uint64_t bench_sha256(void)
{
	static const uint32_t k[64] = {
		0x428a2f98,0x71374491,0xb5c0fbcf,0xe9b5dba5,0x3956c25b,0x59f111f1,0x923f82a4,0xab1c5ed5,
		0xd807aa98,0x12835b01,0x243185be,0x550c7dc3,0x72be5d74,0x80deb1fe,0x9bdc06a7,0xc19bf174,
		0xe49b69c1,0xefbe4786,0x0fc19dc6,0x240ca1cc,0x2de92c6f,0x4a7484aa,0x5cb0a9dc,0x76f988da,
		0x983e5152,0xa831c66d,0xb00327c8,0xbf597fc7,0xc6e00bf3,0xd5a79147,0x06ca6351,0x14292967,
		0x27b70a85,0x2e1b2138,0x4d2c6dfc,0x53380d13,0x650a7354,0x766a0abb,0x81c2c92e,0x92722c85,
		0xa2bfe8a1,0xa81a664b,0xc24b8b70,0xc76c51a3,0xd192e819,0xd6990624,0xf40e3585,0x106aa070,
		0x19a4c116,0x1e376c08,0x2748774c,0x34b0bcb5,0x391c0cb3,0x4ed8aa4a,0x5b9cca4f,0x682e6ff3,
		0x748f82ee,0x78a5636f,0x84c87814,0x8cc70208,0x90befffa,0xa4506ceb,0xbef9a3f7,0xc67178f2 };
	uint32_t h[8] = { 0x6a09e667,0xbb67ae85,0x3c6ef372,0xa54ff53a,0x510e527f,0x9b05688c,0x1f83d9ab,0x5be0cd19 };
#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))
	for (uint32_t block = 0; block < 8192; block++) {
		uint32_t w[64], s[8];
		for (int i = 0; i < 16; i++)
			w[i] = block * 16 + i;
		for (int i = 16; i < 64; i++)
			w[i] = w[i - 16] + w[i - 7] + (ROR(w[i - 15], 7) ^ ROR(w[i - 15], 18) ^ w[i - 15] >> 3)
				+ (ROR(w[i - 2], 17) ^ ROR(w[i - 2], 19) ^ w[i - 2] >> 10);
		memcpy(s, h, sizeof s);
		for (int i = 0; i < 64; i++) {
			uint32_t t1 = s[7] + (ROR(s[4], 6) ^ ROR(s[4], 11) ^ ROR(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
			uint32_t t2 = (ROR(s[0], 2) ^ ROR(s[0], 13) ^ ROR(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
			memmove(s + 1, s, 7 * sizeof s[0]);
			s[4] += t1;
			s[0] = t1 + t2;
		}
		for (int i = 0; i < 8; i++)
			h[i] += s[i];
	}
	return h[0];
}

static uint64_t bench_mul64(void)
{
	uint64_t a = 0x9E3779B97F4A7C15ull, s = 0;
	for (int i = 0; i < 2000000; i++) {
		a = a * 6364136223846793005ull + 1442695040888963407ull;
		s += (a >> 33) / ((a & 1023) + 1);
	}
	return s;
}

/* ---- control flow and pointers ---- */

struct node { struct node *next; uint32_t value; uint32_t pad[13]; };
static uint64_t bench_chase(void)
{
	enum { N = 1 << 14 };
	static struct node pool[N];
	static uint32_t order[N];
	rng_state = 5;
	for (int i = 0; i < N; i++)
		order[i] = i;
	for (int i = N - 1; i > 0; i--) {
		uint32_t j = rng() % (i + 1), t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
	for (int i = 0; i < N; i++) {
		pool[order[i]].next = &pool[order[(i + 1) % N]];
		pool[order[i]].value = i;
	}
	uint64_t s = 0;
	struct node *p = pool;
	for (int i = 0; i < N * 32; i++, p = p->next)
		s += p->value;
	return s;
}

typedef uint64_t (*op_fn)(uint64_t, uint64_t);
static uint64_t op_add(uint64_t a, uint64_t b) { return a + b; }
static uint64_t op_xor(uint64_t a, uint64_t b) { return a ^ b; }
static uint64_t op_rot(uint64_t a, uint64_t b) { b &= 63; return a << b | a >> ((64 - b) & 63); }
static uint64_t op_sub(uint64_t a, uint64_t b) { return a - b * 3; }
static uint64_t bench_indirect(void)
{
	static op_fn volatile table[4] = { op_add, op_xor, op_rot, op_sub };
	uint64_t a = 1;
	rng_state = 9;
	for (int i = 0; i < 2000000; i++)
		a = table[rng() >> 7 & 3](a, i);
	return a;
}

static __attribute__((noinline)) uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
static uint64_t bench_calls(void) { return fib(29); }

/* A byte-code interpreter: the shape of Python, Lua, shells. */
static uint64_t bench_interp(void)
{
	static const uint8_t code[] = { 0, 1, 2, 3, 1, 4, 5, 0, 3, 2, 6, 7 };
	uint64_t stack[16] = { 0 }, acc = 1;
	int sp = 0;
	for (int loop = 0; loop < 200000; loop++)
		for (unsigned pc = 0; pc < sizeof code; pc++)
			switch (code[pc]) {
			case 0: stack[sp++ & 15] = acc; break;
			case 1: acc += loop; break;
			case 2: acc ^= acc >> 7; break;
			case 3: acc *= 31; break;
			case 4: acc -= stack[(sp - 1) & 15]; break;
			case 5: acc = acc << 3 | acc >> 61; break;
			case 6: acc += stack[--sp & 15]; break;
			case 7: sp &= 7; break;
			}
	return acc;
}

/* ---- memory ---- */

static uint64_t bench_memcpy(void)
{
	enum { N = 4 << 20 };
	static uint8_t *a, *b;
	if (!a) {
		a = malloc(N);
		b = malloc(N);
		memset(a, 1, N);
	}
	for (int i = 0; i < 8; i++) {
		memcpy(b, a, N);
		a[i] = i;
		memcpy(a, b, N);
	}
	return a[N - 1];
}

static uint64_t bench_strings(void)
{
	static char text[1 << 16];
	uint64_t s = 0;
	rng_state = 11;
	for (unsigned i = 0; i < sizeof text - 1; i++)
		text[i] = 'a' + rng() % 26;
	for (int i = 0; i < 40; i++) {
		s += strlen(text + i);
		for (char *p = text; (p = strstr(p, "abc")); p++)
			s += p - text;
		s += strchr(text + i, '!') ? 1 : 0;
	}
	return s;
}

/* ---- floating point ---- */

static uint64_t bits(double d) { uint64_t u; memcpy(&u, &d, 8); return u; }

static uint64_t bench_nbody(void)
{
	double x[5][3], v[5][3], m[5];
	for (int i = 0; i < 5; i++) {
		m[i] = 1.0 / (i + 1);
		for (int k = 0; k < 3; k++) {
			x[i][k] = i * 1.5 + k * 0.25;
			v[i][k] = 0.01 * (k - i);
		}
	}
	for (int step = 0; step < 40000; step++) {
		for (int i = 0; i < 5; i++)
			for (int j = i + 1; j < 5; j++) {
				double d[3], r2 = 0.01;
				for (int k = 0; k < 3; k++) {
					d[k] = x[i][k] - x[j][k];
					r2 += d[k] * d[k];
				}
				double mag = 0.001 / (r2 * sqrt(r2));
				for (int k = 0; k < 3; k++) {
					v[i][k] -= d[k] * m[j] * mag;
					v[j][k] += d[k] * m[i] * mag;
				}
			}
		for (int i = 0; i < 5; i++)
			for (int k = 0; k < 3; k++)
				x[i][k] += 0.001 * v[i][k];
	}
	return bits(x[0][0]) >> 8;	/* -m32 keeps excess precision in x87 unless built with -mfpmath=sse */
}

static uint64_t bench_x87(void)
{
	volatile long double seed = 0.5L;
	long double a = seed, s = 0;
	for (int i = 0; i < 300000; i++) {
		a = a * 1.0000001L + 0.25L / (a + 1.0L);
		s += sqrtl(a) - a / 3.0L;
	}
	double d = (double)s;
	return bits(d) >> 8;
}

typedef float v4 __attribute__((vector_size(16)));
static uint64_t bench_simd(void)
{
	enum { N = 1024 };
	static v4 a[N], b[N];
	for (int i = 0; i < N; i++) {
		a[i] = (v4){ i, i + 1, i + 2, i + 3 };
		b[i] = (v4){ 1, 0.5f, 0.25f, 0.125f };
	}
	v4 s = { 0 };
	for (int r = 0; r < 600; r++)
		for (int i = 0; i < N; i++) {
			s += a[i] * b[i];
			b[i] = b[i] * 0.999f;
		}
	uint32_t u;
	float f = s[0] + s[1] + s[2] + s[3];
	memcpy(&u, &f, 4);
	return u;
}

typedef uint32_t i4 __attribute__((vector_size(16)));
static uint64_t bench_simdint(void)
{
	enum { N = 1024 };
	static i4 a[N];
	for (int i = 0; i < N; i++)
		a[i] = (i4){ i, i * 3, i * 5, i * 7 };
	i4 s = { 1, 2, 3, 4 };
	for (int r = 0; r < 1500; r++)
		for (int i = 0; i < N; i++) {
			s = (s ^ a[i]) + (s << 3);
			s = s - (a[i] >> 2);
		}
	return s[0] ^ s[1] ^ s[2] ^ s[3];
}

/* ---- operating system ---- */

static uint64_t bench_syscall(void)
{
	uint64_t s = 0;
	for (int i = 0; i < 50000; i++)
		s += getppid() != 0 || 1;
	return s;
}

static uint64_t bench_pagefault(void)
{
	enum { N = 8 << 20 };
	uint64_t s = 0;
	char *p = mmap(NULL, N, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(p, N, MADV_NOHUGEPAGE);
	for (int i = 0; i < N; i += 4096) {
		p[i] = i >> 12;
		s += p[i];
	}
	munmap(p, N);
	return s;
}

static uint64_t bench_forkexit(void)
{
	uint64_t s = 0;
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		if (pid == 0)
			_exit(i & 63);
		int status = 0;
		waitpid(pid, &status, 0);
		s += WEXITSTATUS(status);
	}
	return s;
}

static uint64_t bench_pipe(void)
{
	int to[2], from[2];
	if (pipe(to) || pipe(from))
		return 0;
	pid_t pid = fork();
	if (pid == 0) {
		char c;
		close(to[1]);
		while (read(to[0], &c, 1) == 1)
			if (write(from[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	uint64_t s = 0;
	for (int i = 0; i < 2000; i++) {
		char c = i;
		if (write(to[1], &c, 1) != 1 || read(from[0], &c, 1) != 1)
			break;
		s += (uint8_t)c;
	}
	close(to[1]);
	close(to[0]);
	close(from[0]);
	close(from[1]);
	waitpid(pid, NULL, 0);
	return s;
}

static void *thread_body(void *arg)
{
	uint64_t *counter = arg;
	for (int i = 0; i < 200000; i++)
		__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
	return NULL;
}
static uint64_t bench_atomics(void)
{
	uint64_t counter = 0;
	pthread_t t[2];
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, thread_body, &counter);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return counter;
}

static void *thread_sha(void *arg)
{
	*(uint64_t *)arg = bench_sha256();
	return NULL;
}
static uint64_t bench_parallel(void)
{
	uint64_t r[2];
	pthread_t t[2];
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, thread_sha, &r[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return r[0] + r[1];
}

/* Code that writes and runs code: what a JavaScript or Java engine in the guest does. */
static uint64_t bench_selfmod(void)
{
	static uint8_t *page;
	uint64_t s = 0;
	if (!page)
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (uint32_t i = 0; i < 5000; i++) {
		uint8_t *p = page + (i & 7) * 64;
		p[0] = 0xb8;				/* mov eax, imm32 */
		memcpy(p + 1, &i, 4);
		p[5] = 0xc3;				/* ret */
		uint32_t (*f)(void);
		memcpy(&f, &p, sizeof f);
		for (int k = 0; k < 20; k++)
			s += f();
	}
	return s;
}

static const struct { const char *name; uint64_t (*run)(void); } benches[] = {
	{ "sieve", bench_sieve }, { "crc32", bench_crc32 }, { "qsort", bench_qsort }, { "sha256", bench_sha256 },
	{ "mul64", bench_mul64 }, { "chase", bench_chase }, { "indirect", bench_indirect }, { "calls", bench_calls },
	{ "interp", bench_interp }, { "memcpy", bench_memcpy }, { "strings", bench_strings }, { "nbody", bench_nbody },
	{ "x87", bench_x87 }, { "simd", bench_simd }, { "simdint", bench_simdint }, { "syscall", bench_syscall },
	{ "pagefault", bench_pagefault }, { "forkexit", bench_forkexit }, { "pipe", bench_pipe },
	{ "atomics", bench_atomics }, { "parallel", bench_parallel }, { "selfmod", bench_selfmod },
};

int main(int argc, char **argv)
{
	double seconds = 0.5;
	int first = 1;
	if (argc > 2 && !strcmp(argv[1], "-t")) {
		seconds = atof(argv[2]);
		first = 3;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; i < sizeof benches / sizeof benches[0]; i++) {
		int wanted = first >= argc;
		for (int k = first; k < argc; k++)
			wanted |= !strcmp(argv[k], benches[i].name);
		if (!wanted)
			continue;
		uint64_t sum = benches[i].run();		/* warm up: translate, fault pages in */
		double best = 1e30, end = now() + seconds;
		do {
			double t = now();
			if (benches[i].run() != sum)
				sum = ~0ull;			/* not the same twice: an emulator bug */
			t = now() - t;
			if (t < best)
				best = t;
		} while (now() < end);
		printf("bench %s %.9f %016llx\n", benches[i].name, best, (unsigned long long)sum);
	}
	return 0;
}
