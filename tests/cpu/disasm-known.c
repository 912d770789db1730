/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions and their texts: every kind of operand, in the three widths of code. */
#include <string.h>

#include "disasm-test.h"

typedef struct Known {
	unsigned bits;
	const char *hex;
	unsigned length; /* 0: these bytes are only an instruction's beginning */
	const char *intel, *att;
} Known;

static const Known known[] = {
	/* 64-bit */
	{ 64, "0fc4cc05", 4, "pinsrw mm1, esp, 5", "pinsrw $5, %esp, %mm1" },
	{ 64, "00c3", 2, "add bl, al", "addb %al, %bl" },
	{ 64, "4000f5", 3, "add bpl, sil", "addb %sil, %bpl" },
	{ 64, "00e5", 2, "add ch, ah", "addb %ah, %ch" },
	{ 64, "668944d810", 5, "mov word ptr [rax + rbx*8 + 0x10], ax", "movw %ax, 0x10(%rax, %rbx, 8)" },
	{ 64, "48034c2480", 5, "add rcx, qword ptr [rsp - 0x80]", "addq -0x80(%rsp), %rcx" },
	{ 64, "8b0500100000", 6, "mov eax, dword ptr [rip + 0x1000]", "movl 0x1000(%rip), %eax" },
	{ 64, "678b0500100000", 7, "mov eax, dword ptr [eip + 0x1000]", "movl 0x1000(%eip), %eax" },
	{ 64, "8b04c5f0ffffff", 7, "mov eax, dword ptr [rax*8 - 0x10]", "movl -0x10(, %rax, 8), %eax" },
	{ 64, "8b042510000000", 7, "mov eax, dword ptr [0x10]", "movl 0x10, %eax" },
	{ 64, "648b042528000000", 8, "mov eax, dword ptr fs:[0x28]", "movl %fs:0x28, %eax" },
	{ 64, "2e8b00", 3, "mov eax, dword ptr cs:[rax]", "movl %cs:(%rax), %eax" },
	{ 64, "a01122334455667788", 9, "movabs al, byte ptr [0x8877665544332211]", "movabsb 0x8877665544332211, %al" },
	{ 64, "6748a3112233445566", 7, "movabs qword ptr [0x44332211], rax", "movabsq %rax, 0x44332211" },
	{ 64, "48b88877665544332211", 10, "movabs rax, 0x1122334455667788", "movabsq $0x1122334455667788, %rax" },
	{ 64, "48c7c0f0ffffff", 7, "mov rax, -0x10", "movq $-0x10, %rax" },
	{ 64, "4883e4f0", 4, "and rsp, 0xfffffffffffffff0", "andq $0xfffffffffffffff0, %rsp" },
	{ 64, "83c0ff", 3, "add eax, -1", "addl $-1, %eax" },
	{ 64, "81c0ffffffff", 6, "add eax, 0xffffffff", "addl $0xffffffff, %eax" },
	{ 64, "6aff", 2, "push -1", "pushq $-1" },
	{ 64, "68ffffff80", 5, "push -0x7f000001", "pushq $-0x7f000001" },
	{ 64, "fff0", 2, "push rax", "pushq %rax" },
	{ 64, "8f00", 2, "pop qword ptr [rax]", "popq (%rax)" },
	{ 64, "e8fbffffff", 5, "call 0x1000", "callq 0x1000" },
	{ 64, "74fc", 2, "je 0xffe", "je 0xffe" },
	{ 64, "0f8400010000", 6, "je 0x1106", "je 0x1106" },
	{ 64, "67e300", 3, "jecxz 0x1003", "jecxz 0x1003" },
	{ 64, "ff10", 2, "call qword ptr [rax]", "callq *(%rax)" },
	{ 64, "41ffe3", 3, "jmp r11", "jmpq *%r11" },
	{ 64, "48ff2f", 3, "ljmp [rdi]", "ljmpq *(%rdi)" },
	{ 64, "c20800", 3, "ret 8", "retq $8" },
	{ 64, "48cb", 2, "retfq", "lretq" },
	{ 64, "c8100001", 4, "enter 0x10, 1", "enter $0x10, $1" },
	{ 64, "f3a4", 2, "rep movsb byte ptr [rdi], byte ptr [rsi]", "rep movsb (%rsi), (%rdi)" },
	{ 64, "f348ab", 3, "rep stosq qword ptr [rdi], rax", "rep stosq %rax, (%rdi)" },
	{ 64, "f2ae", 2, "repne scasb al, byte ptr [rdi]", "repne scasb (%rdi), %al" },
	{ 64, "f3a6", 2, "repe cmpsb byte ptr [rsi], byte ptr [rdi]", "repe cmpsb (%rdi), (%rsi)" },
	{ 64, "66a7", 2, "cmpsw word ptr [rsi], word ptr [rdi]", "cmpsw (%rdi), (%rsi)" },
	{ 64, "ac", 1, "lodsb al, byte ptr [rsi]", "lodsb (%rsi), %al" },
	{ 64, "6c", 1, "insb byte ptr [rdi], dx", "insb %dx, (%rdi)" },
	{ 64, "6f", 1, "outsd dx, dword ptr [rsi]", "outsl (%rsi), %dx" },
	{ 64, "e580", 2, "in eax, 0x80", "inl $0x80, %eax" },
	{ 64, "ef", 1, "out dx, eax", "outl %eax, %dx" },
	{ 64, "d3e0", 2, "shl eax, cl", "shll %cl, %eax" },
	{ 64, "d120", 2, "shl dword ptr [rax], 1", "shll $1, (%rax)" },
	{ 64, "c1f81f", 3, "sar eax, 0x1f", "sarl $0x1f, %eax" },
	{ 64, "480fafc3", 4, "imul rax, rbx", "imulq %rbx, %rax" },
	{ 64, "486bc0f4", 4, "imul rax, rax, -0xc", "imulq $-0xc, %rax, %rax" },
	{ 64, "0fb6c4", 3, "movzx eax, ah", "movzbl %ah, %eax" },
	{ 64, "480fbe00", 4, "movsx rax, byte ptr [rax]", "movsbq (%rax), %rax" },
	{ 64, "4863c1", 3, "movsxd rax, ecx", "movslq %ecx, %rax" },
	{ 64, "480fbf07", 4, "movsx rax, word ptr [rdi]", "movswq (%rdi), %rax" },
	{ 64, "98", 1, "cwde", "cwtl" },
	{ 64, "4898", 2, "cdqe", "cltq" },
	{ 64, "4899", 2, "cqo", "cqto" },
	{ 64, "9c", 1, "pushfq", "pushfq" },
	{ 64, "48cf", 2, "iretq", "iretq" },
	{ 64, "c9", 1, "leave", "leave" },
	{ 64, "f00fc70f", 4, "lock cmpxchg8b qword ptr [rdi]", "lock cmpxchg8b (%rdi)" },
	{ 64, "f0480fb10f", 5, "lock cmpxchg qword ptr [rdi], rcx", "lock cmpxchgq %rcx, (%rdi)" },
	{ 64, "490fcf", 3, "bswap r15", "bswapq %r15" },
	{ 64, "4190", 2, "xchg eax, r8d", "xchgl %r8d, %eax" },
	{ 64, "90", 1, "nop", "nop" },
	{ 64, "f390", 2, "pause", "pause" },
	{ 64, "0f1f440000", 5, "nop dword ptr [rax + rax]", "nopl (%rax, %rax)" },
	{ 64, "662e0f1f840000000000", 10, "nop word ptr cs:[rax + rax]", "nopw %cs:(%rax, %rax)" },
	{ 64, "0f05", 2, "syscall", "syscall" },
	{ 64, "480f07", 3, "sysret", "sysretq" },
	{ 64, "0fa2", 2, "cpuid", "cpuid" },
	{ 64, "0f20d8", 3, "mov rax, cr3", "movq %cr3, %rax" },
	{ 64, "440f22c0", 4, "mov cr8, rax", "movq %rax, %cr8" },
	{ 64, "f00f20c0", 4, "lock mov rax, cr0", "lock movq %cr0, %rax" },
	{ 64, "f0440f20c0", 5, "(bad)", "(bad)" },
	{ 64, "0f23f8", 3, "mov dr7, rax", "movq %rax, %dr7" },
	{ 64, "8ed8", 2, "mov ds, eax", "movl %eax, %ds" },
	{ 64, "668cc8", 3, "mov ax, cs", "movw %cs, %ax" },
	{ 64, "0fb200", 3, "lss eax, ptr [rax]", "lssl (%rax), %eax" },
	{ 64, "0f0008", 3, "str word ptr [rax]", "strw (%rax)" },
	{ 64, "0f01d0", 3, "xgetbv", "xgetbv" },
	{ 64, "0f0117", 3, "lgdt [rdi]", "lgdtq (%rdi)" },
	{ 64, "0f013f", 3, "invlpg byte ptr [rdi]", "invlpg (%rdi)" },
	{ 64, "0f02c1", 3, "lar eax, ecx", "larl %ecx, %eax" },
	{ 64, "0f1808", 3, "prefetcht0 byte ptr [rax]", "prefetcht0 (%rax)" },
	{ 64, "0fae00", 3, "fxsave [rax]", "fxsave (%rax)" },
	{ 64, "480fae20", 4, "xsave64 [rax]", "xsave64 (%rax)" },
	{ 64, "0faef8", 3, "sfence", "sfence" },
	{ 64, "660faeb800000000", 8, "clflushopt byte ptr [rax]", "clflushopt (%rax)" },
	{ 64, "d8040a", 3, "fadd dword ptr [rdx + rcx]", "fadds (%rdx, %rcx)" },
	{ 64, "dc00", 2, "fadd qword ptr [rax]", "faddl (%rax)" },
	{ 64, "db28", 2, "fld xword ptr [rax]", "fldt (%rax)" },
	{ 64, "df20", 2, "fbld tbyte ptr [rax]", "fbld (%rax)" },
	{ 64, "df28", 2, "fild qword ptr [rax]", "fildll (%rax)" },
	{ 64, "da00", 2, "fiadd dword ptr [rax]", "fiaddl (%rax)" },
	{ 64, "d8c1", 2, "fadd st(1)", "fadd %st(1)" },
	{ 64, "dcc1", 2, "fadd st(1), st(0)", "fadd %st(0), %st(1)" },
	{ 64, "dce9", 2, "fsub st(1), st(0)", "fsubr %st(0), %st(1)" },
	{ 64, "dec1", 2, "faddp st(1)", "faddp %st(1)" },
	{ 64, "dac1", 2, "fcmovb st(0), st(1)", "fcmovb %st(1), %st(0)" },
	{ 64, "dfe0", 2, "fnstsw ax", "fnstsw %ax" },
	{ 64, "d938", 2, "fnstcw word ptr [rax]", "fnstcw (%rax)" },
	{ 64, "dd20", 2, "frstor [rax]", "frstor (%rax)" },
	{ 64, "9b", 1, "wait", "wait" },
	{ 64, "0f6fc1", 3, "movq mm0, mm1", "movq %mm1, %mm0" },
	{ 64, "0f6e00", 3, "movd mm0, dword ptr [rax]", "movd (%rax), %mm0" },
	{ 64, "480f7ec0", 4, "movq rax, mm0", "movq %mm0, %rax" },
	{ 64, "660f7ec0", 4, "movd eax, xmm0", "movd %xmm0, %eax" },
	{ 64, "0f2ac1", 3, "cvtpi2ps xmm0, mm1", "cvtpi2ps %mm1, %xmm0" },
	{ 64, "f3480f2ac1", 5, "cvtsi2ss xmm0, rcx", "cvtsi2ssq %rcx, %xmm0" },
	{ 64, "f2480f2cc0", 5, "cvttsd2si rax, xmm0", "cvttsd2si %xmm0, %rax" },
	{ 64, "0f28c1", 3, "movaps xmm0, xmm1", "movaps %xmm1, %xmm0" },
	{ 64, "660f2800", 4, "movapd xmm0, xmmword ptr [rax]", "movapd (%rax), %xmm0" },
	{ 64, "f30f1000", 4, "movss xmm0, dword ptr [rax]", "movss (%rax), %xmm0" },
	{ 64, "f20f5800", 4, "addsd xmm0, qword ptr [rax]", "addsd (%rax), %xmm0" },
	{ 64, "f20f58c1", 4, "addsd xmm0, xmm1", "addsd %xmm1, %xmm0" },
	{ 64, "0fc2c101", 4, "cmpltps xmm0, xmm1", "cmpltps %xmm1, %xmm0" },
	{ 64, "f20fc20007", 5, "cmpordsd xmm0, qword ptr [rax]", "cmpordsd (%rax), %xmm0" },
	{ 64, "0fc2c108", 4, "cmpps xmm0, xmm1, 8", "cmpps $8, %xmm1, %xmm0" },
	{ 64, "660f3810c1", 5, "pblendvb xmm0, xmm1", "pblendvb %xmm1, %xmm0" },
	{ 64, "660f71d004", 5, "psrlw xmm0, 4", "psrlw $4, %xmm0" },
	{ 64, "0f50c1", 3, "movmskps eax, xmm1", "movmskps %xmm1, %eax" },
	{ 64, "660fc4c005", 5, "pinsrw xmm0, eax, 5", "pinsrw $5, %eax, %xmm0" },
	{ 64, "0f0fc19e", 4, "pfadd mm0, mm1", "pfadd %mm1, %mm0" },
	{ 64, "660f78c00102", 6, "extrq xmm0, 1, 2", "extrq $2, $1, %xmm0" },
	{ 64, "f20f78c10102", 6, "insertq xmm0, xmm1, 1, 2", "insertq $2, $1, %xmm1, %xmm0" },
	{ 64, "c5f058c2", 4, "vaddps xmm0, xmm1, xmm2", "vaddps %xmm2, %xmm1, %xmm0" },
	{ 64, "c57458ca", 4, "vaddps ymm9, ymm1, ymm2", "vaddps %ymm2, %ymm1, %ymm9" },
	{ 64, "c5f8c20005", 5, "vcmpnltps xmm0, xmm0, xmmword ptr [rax]", "vcmpnltps (%rax), %xmm0, %xmm0" },
	{ 64, "c5f4c2c21f", 5, "vcmptrue_usps ymm0, ymm1, ymm2", "vcmptrue_usps %ymm2, %ymm1, %ymm0" },
	{ 64, "c5f4c2c220", 5, "vcmpps ymm0, ymm1, ymm2, 0x20", "vcmpps $0x20, %ymm2, %ymm1, %ymm0" },
	{ 64, "c4e2f992040a", 6, "vgatherdpd xmm0, qword ptr [rdx + xmm1], xmm0", "vgatherdpd %xmm0, (%rdx, %xmm1), %xmm0" },
	{ 64, "c4e2f5920409", 6, "vgatherdpd ymm0, qword ptr [rcx + xmm1], ymm1", "vgatherdpd %ymm1, (%rcx, %xmm1), %ymm0" },
	{ 64, "c4e2f5934c9010", 7, "vgatherqpd ymm1, qword ptr [rax + ymm2*4 + 0x10], ymm1",
	  "vgatherqpd %ymm1, 0x10(%rax, %ymm2, 4), %ymm1" },
	{ 64, "c4e3714a0040", 6, "vblendvps xmm0, xmm1, xmmword ptr [rax], xmm4", "vblendvps %xmm4, (%rax), %xmm1, %xmm0" },
	{ 64, "c4e2f8f2c1", 5, "andn rax, rax, rcx", "andnq %rcx, %rax, %rax" },
	{ 64, "c4e2fbf7c1", 5, "shrx rax, rcx, rax", "shrxq %rax, %rcx, %rax" },
	{ 64, "c4e37bf0c01f", 6, "rorx eax, eax, 0x1f", "rorxl $0x1f, %eax, %eax" },
	{ 64, "c4e2f1f7c0", 5, "shlx rax, rax, rcx", "shlxq %rcx, %rax, %rax" },
	{ 64, "c5fb2ac0", 4, "vcvtsi2sd xmm0, xmm0, eax", "vcvtsi2sdl %eax, %xmm0, %xmm0" },
	{ 64, "c5fd5a00", 4, "vcvtpd2ps xmm0, ymmword ptr [rax]", "vcvtpd2psy (%rax), %xmm0" },
	{ 64, "c5f95ac1", 4, "vcvtpd2ps xmm0, xmm1", "vcvtpd2ps %xmm1, %xmm0" },
	{ 64, "c4e37d19c001", 6, "vextractf128 xmm0, ymm0, 1", "vextractf128 $1, %ymm0, %xmm0" },
	{ 64, "c4e27d1800", 5, "vbroadcastss ymm0, dword ptr [rax]", "vbroadcastss (%rax), %ymm0" },
	{ 64, "c5fc77", 3, "vzeroall", "vzeroall" },
	{ 64, "0fb9c1", 3, "ud1 eax, ecx", "ud1 %ecx, %eax" },
	{ 64, "0f0b", 2, "ud2", "ud2" },
	{ 64, "06", 1, "(bad)", "(bad)" },
	{ 64, "f00108", 3, "lock add dword ptr [rax], ecx", "lock addl %ecx, (%rax)" },
	{ 64, "f001c0", 3, "(bad)", "(bad)" },
	{ 64, "480f38f100", 5, "movbe qword ptr [rax], rax", "movbeq %rax, (%rax)" },
	{ 64, "f2480f38f0c1", 6, "crc32 rax, cl", "crc32b %cl, %rax" },
	{ 64, "f3480fb8c1", 5, "popcnt rax, rcx", "popcntq %rcx, %rax" },
	{ 64, "0fc7f0", 3, "rdrand eax", "rdrandl %eax" },
	{ 64, "f30fc7f8", 4, "rdpid rax", "rdpidq %rax" },
	{ 64, "4890", 2, "nop", "nop" },
	{ 64, "48", 0, "", "" },
	{ 64, "66", 0, "", "" },
	{ 64, "0f0f", 0, "", "" },
	{ 64, "c5f8", 0, "", "" },
	{ 64, "66666666666666666666666666666690", 15, "(bad)", "(bad)" },
	/* 32-bit */
	{ 32, "ea112233445566", 7, "ljmp 0x6655:0x44332211", "ljmpl $0x6655:$0x44332211" },
	{ 32, "66ea1122334455", 6, "ljmp 0x4433:0x2211", "ljmpw $0x4433:$0x2211" },
	{ 32, "9a112233445566", 7, "lcall 0x6655:0x44332211", "lcalll $0x6655:$0x44332211" },
	{ 32, "ff28", 2, "ljmp [eax]", "ljmpl *(%eax)" },
	{ 32, "a4", 1, "movsb byte ptr es:[edi], byte ptr [esi]", "movsb (%esi), %es:(%edi)" },
	{ 32, "f366a5", 3, "rep movsw word ptr es:[edi], word ptr [esi]", "rep movsw (%esi), %es:(%edi)" },
	{ 32, "678b4708", 4, "mov eax, dword ptr [bx + 8]", "movl 8(%bx), %eax" },
	{ 32, "8b06", 2, "mov eax, dword ptr [esi]", "movl (%esi), %eax" },
	{ 32, "8b043544332211", 7, "mov eax, dword ptr [esi + 0x11223344]", "movl 0x11223344(, %esi), %eax" },
	{ 32, "60", 1, "pushal", "pushal" },
	{ 32, "6661", 2, "popaw", "popaw" },
	{ 32, "669c", 2, "pushf", "pushfw" },
	{ 32, "9d", 1, "popfd", "popfl" },
	{ 32, "c3", 1, "ret", "retl" },
	{ 32, "66cb", 2, "retf", "lretw" },
	{ 32, "c4442408", 4, "les eax, ptr [esp + 8]", "lesl 8(%esp), %eax" },
	{ 32, "c5f058c2", 4, "vaddps xmm0, xmm1, xmm2", "vaddps %xmm2, %xmm1, %xmm0" },
	{ 32, "6208", 2, "bound ecx, qword ptr [eax]", "bound (%eax), %ecx" },
	{ 32, "63c8", 2, "arpl ax, cx", "arpl %cx, %ax" },
	{ 32, "d40a", 2, "aam", "aam" },
	{ 32, "d506", 2, "aad 6", "aad $6" },
	{ 32, "06", 1, "push es", "pushl %es" },
	{ 32, "0fa9", 2, "pop gs", "popl %gs" },
	{ 32, "0f20c0", 3, "mov eax, cr0", "movl %cr0, %eax" },
	{ 32, "e300", 2, "jecxz 0x1002", "jecxz 0x1002" },
	{ 32, "67e300", 3, "jcxz 0x1003", "jcxz 0x1003" },
	{ 32, "40", 1, "inc eax", "incl %eax" },
	{ 32, "3626678b00", 5, "mov eax, dword ptr es:[bx + si]", "movl %es:(%bx, %si), %eax" },
	{ 32, "2e66a144332211", 7, "mov ax, word ptr cs:[0x11223344]", "movw %cs:0x11223344, %ax" },
	{ 32, "6affff", 2, "push -1", "pushl $-1" },
	{ 32, "68ffff11f1", 5, "push 0xf111ffff", "pushl $0xf111ffff" },
	{ 32, "0f0110", 3, "lgdt [eax]", "lgdtl (%eax)" },
	{ 32, "0f07", 2, "sysret", "sysretl" },
	{ 32, "cd80", 2, "int 0x80", "int $0x80" },
	{ 32, "cc", 1, "int3", "int3" },
	{ 32, "ce", 1, "into", "into" },
	{ 32, "d6", 1, "salc", "salc" },
	{ 32, "d7", 1, "xlatb", "xlatb" },
	{ 32, "3e8b4500", 4, "mov eax, dword ptr ds:[ebp]", "movl %ds:(%ebp), %eax" },
	{ 32, "e8fbffffff", 5, "call 0x1000", "calll 0x1000" },
	{ 32, "66e80000", 4, "call 0x1004", "callw 0x1004" },
	{ 32, "f2a7", 2, "repne cmpsd dword ptr [esi], dword ptr es:[edi]", "repne cmpsl %es:(%edi), (%esi)" },
	{ 32, "0fffc1", 3, "ud0 eax, ecx", "ud0 %ecx, %eax" },
	{ 32, "c4e3714ac0a0", 6, "vblendvps xmm0, xmm1, xmm0, xmm2", "vblendvps %xmm2, %xmm0, %xmm1, %xmm0" },
	/* 16-bit */
	{ 16, "8b4702", 3, "mov ax, word ptr [bx + 2]", "movw 2(%bx), %ax" },
	{ 16, "8b0734", 2, "mov ax, word ptr [bx]", "movw (%bx), %ax" },
	{ 16, "8b060012", 4, "mov ax, word ptr [0x1200]", "movw 0x1200, %ax" },
	{ 16, "8b4220", 3, "mov ax, word ptr [bp + si + 0x20]", "movw 0x20(%bp, %si), %ax" },
	{ 16, "678b44880c", 5, "mov ax, word ptr [eax + ecx*4 + 0xc]", "movw 0xc(%eax, %ecx, 4), %ax" },
	{ 16, "668b07", 3, "mov eax, dword ptr [bx]", "movl (%bx), %eax" },
	{ 16, "e9fd0f", 3, "jmp 0x2000", "jmp 0x2000" },
	{ 16, "7400", 2, "je 0x1002", "je 0x1002" },
	{ 16, "e300", 2, "jcxz 0x1002", "jcxz 0x1002" },
	{ 16, "66e300", 3, "jcxz 0x1003", "jcxz 0x1003" },
	{ 16, "60", 1, "pushaw", "pushaw" },
	{ 16, "9c", 1, "pushf", "pushfw" },
	{ 16, "cf", 1, "iret", "iretw" },
	{ 16, "66cf", 2, "iretd", "iretl" },
	{ 16, "98", 1, "cbw", "cbtw" },
	{ 16, "6699", 2, "cdq", "cltd" },
	{ 16, "c45e08", 3, "les bx, ptr [bp + 8]", "lesw 8(%bp), %bx" },
	{ 16, "ea00f000f0", 5, "ljmp 0xf000:0xf000", "ljmpw $0xf000:$0xf000" },
	{ 16, "ff2f", 2, "ljmp [bx]", "ljmpw *(%bx)" },
	{ 16, "66ff1f", 3, "lcall [bx]", "lcalll *(%bx)" },
	{ 16, "f3a5", 2, "rep movsw word ptr es:[di], word ptr [si]", "rep movsw (%si), %es:(%di)" },
	{ 16, "26aa", 2, "stosb byte ptr es:[di], al", "stosb %al, %es:(%di)" },
	{ 16, "6e", 1, "outsb dx, byte ptr [si]", "outsb (%si), %dx" },
	{ 16, "66ad", 2, "lodsd eax, dword ptr [si]", "lodsl (%si), %eax" },
	{ 16, "0f01160010", 5, "lgdt [0x1000]", "lgdtw 0x1000" },
	{ 16, "0f22c0", 3, "mov cr0, eax", "movl %eax, %cr0" },
	{ 16, "8ed0", 2, "mov ss, ax", "movw %ax, %ss" },
	{ 16, "68f0ff", 3, "push 0xfff0", "pushw $0xfff0" },
	{ 16, "6afe", 2, "push -2", "pushw $-2" },
	{ 16, "c8040000", 4, "enter 4, 0", "enter $4, $0" },
	{ 16, "a10010", 3, "mov ax, word ptr [0x1000]", "movw 0x1000, %ax" },
	{ 16, "2ea20010", 4, "mov byte ptr cs:[0x1000], al", "movb %al, %cs:0x1000" },
	{ 16, "cd10", 2, "int 0x10", "int $0x10" },
	{ 16, "d9060010", 4, "fld dword ptr [0x1000]", "flds 0x1000" },
	{ 16, "f30f10c1", 4, "movss xmm0, xmm1", "movss %xmm1, %xmm0" },
	{ 16, "0f70c1e4", 4, "pshufw mm0, mm1, 0xe4", "pshufw $0xe4, %mm1, %mm0" },
	{ 16, "f3", 0, "", "" },
	{ 16, "0f", 0, "", "" },
};

static unsigned parse(const char *hex, uint8_t *bytes)
{
	unsigned count = 0;
	for (; hex[0] && hex[1]; hex += 2)
		bytes[count++] = (uint8_t)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
	return count;
}

static void check(const Known *k)
{
	uint8_t bytes[32];
	unsigned available = parse(k->hex, bytes);
	DecodeContext context = disasm_test_context(k->bits == 64 ? MODE_CODE64 : k->bits == 32 ? MODE_CODE32 : MODE_CODE16);
	const char *const expected[] = { k->intel, k->att };
	for (DisasmSyntax syntax = DISASM_INTEL; syntax <= DISASM_ATT; syntax++) {
		char text[128] = "old";
		unsigned length = disasm_insn(&context, 0x1000, bytes, available, syntax, text, sizeof(text));
		if (length != k->length || g_strcmp0(text, expected[syntax])) {
			g_test_message("%u-bit %s: %u %s, expected %u %s", k->bits, k->hex, length, text, k->length, expected[syntax]);
			g_test_fail();
		}
	}
}

static void test_known(void)
{
	for (unsigned n = 0; n < G_N_ELEMENTS(known); n++)
		check(&known[n]);
}

/* The text is cut off where it doesn't fit, and nothing is written behind it. */
static void test_cut(void)
{
	static const uint8_t bytes[] = { 0x48, 0x03, 0x4c, 0x24, 0x80 };
	static const char whole[] = "add rcx, qword ptr [rsp - 0x80]";
	DecodeContext context = disasm_test_context(MODE_CODE64);
	for (size_t size = 0; size <= sizeof(whole); size++) {
		char text[64];
		memset(text, '#', sizeof(text));
		g_assert_cmpuint(disasm_insn(&context, 0, bytes, sizeof(bytes), DISASM_INTEL, text, size), ==, sizeof(bytes));
		g_assert_cmpint(text[size], ==, '#');
		if (!size)
			continue;
		g_autofree char *part = g_strndup(whole, size - 1);
		g_assert_cmpstr(text, ==, part);
	}
}

/* Without the features of an instruction its bytes are another's, or none's. But the x87's are shown to those without it too. */
static void test_features(void)
{
	static const uint8_t lzcnt[] = { 0xf3, 0x0f, 0xbd, 0xc1 }, cmov[] = { 0x0f, 0x44, 0xc1 }, fadd[] = { 0xd8, 0xc1 };
	CpuFeatures none = { { 0 } };
	DecodeContext context = disasm_test_context(MODE_CODE32);
	context.features = &none;
	char text[64];
	g_assert_cmpuint(disasm_insn(&context, 0, lzcnt, sizeof(lzcnt), DISASM_INTEL, text, sizeof(text)), ==, 4);
	g_assert_cmpstr(text, ==, "bsr eax, ecx");
	disasm_insn(&context, 0, cmov, sizeof(cmov), DISASM_INTEL, text, sizeof(text));
	g_assert_cmpstr(text, ==, "(bad)");
	disasm_insn(&context, 0, fadd, sizeof(fadd), DISASM_INTEL, text, sizeof(text));
	g_assert_cmpstr(text, ==, "fadd st(1)");
}

/* Whether the processor is ready to run it doesn't matter, but what its mode makes of the bytes does. */
static void test_modes(void)
{
	static const uint8_t vaddps[] = { 0xc5, 0xf0, 0x58, 0xc2 }, lldt[] = { 0x0f, 0x00, 0xd0 };
	DecodeContext context = { MODE_CODE32 | MODE_PROTECTED | MODE_TS | MODE_EM, NULL };
	char text[64];
	disasm_insn(&context, 0, vaddps, sizeof(vaddps), DISASM_INTEL, text, sizeof(text));
	g_assert_cmpstr(text, ==, "vaddps xmm0, xmm1, xmm2");
	context.mode = MODE_CODE16;
	disasm_insn(&context, 0, vaddps, sizeof(vaddps), DISASM_INTEL, text, sizeof(text));
	g_assert_cmpstr(text, ==, "(bad)");
	disasm_insn(&context, 0, lldt, sizeof(lldt), DISASM_INTEL, text, sizeof(text));
	g_assert_cmpstr(text, ==, "lldt ax");
}

void disasm_add_known_tests(void)
{
	g_test_add_func("/disasm/known", test_known);
	g_test_add_func("/disasm/cut", test_cut);
	g_test_add_func("/disasm/features", test_features);
	g_test_add_func("/disasm/modes", test_modes);
}
