; SPDX-License-Identifier: GPL-3.0-or-later
; Model-specific, control and extended control registers: what faults, what is kept; CPUID; TSD, PCE, UMIP.
; Manual: SDM volume 2 (RDMSR, WRMSR, MOV CRn, XSETBV, RDTSC, RDPMC), volume 3 chapters 2, 11 and volume 4.
%include "lib.inc"

guest_main:
	mov eax, 7
	xor ecx, ecx
	cpuid
	mov [cpu7c], ecx
	mov eax, 1
	cpuid
	mov [cpu1c], ecx
	RUN g_msr
	RUN g_cr
	RUN g_cpuid
	RUN g_tsc
	test dword [cpu1c], 1 << 26
	jz .noxs
	RUN g_xcr
.noxs:	test dword [cpu7c], 4
	jz .noumip
	RUN g_umip
.noumip: ret
section .data
align 4
cpu7c:	dd 0
cpu1c:	dd 0
section .text

%macro WR 4				; name, msr, high, low: #GP
F1 {%1}, 0, GP(0), {mov ecx,%2}, {mov edx,%3}, {mov eax,%4}, {wrmsr}
%endmacro
%macro KEEP 4				; name, msr, high, low: read back, then as it was
CASE {%1}, 0, DONE, 0
	mov ecx, %2
	rdmsr
	mov esi, eax
	mov edi, edx
	mov eax, %4
	mov edx, %3
	wrmsr
	rdmsr
	xor eax, %4
	xor edx, %3
	or eax, edx
	mov ebx, eax
	mov eax, esi
	mov edx, edi
	wrmsr
	mov eax, ebx
ENDC
%endmacro
GROUP g_msr, "model-specific registers"
F1 "rdmsr of an unknown one", 0, GP(0), {mov ecx,0x12345678}, {rdmsr}
F1 "rdmsr of an unknown one, c000", 0, GP(0), {mov ecx,0xc0001fff}, {rdmsr}
F1 "wrmsr of an unknown one", 0, GP(0), {mov ecx,0x12345678}, {wrmsr}
F1 "wrmsr of an unknown one, ffffffff", 0, GP(0), {mov ecx,-1}, {wrmsr}
F1 "rdmsr ring 1", 1, GP(0), {mov ecx,0x10}, {rdmsr}
F1 "rdmsr ring 3", 3, GP(0), {mov ecx,0x10}, {rdmsr}
F1 "wrmsr ring 3, unknown", 3, GP(0), {mov ecx,-1}, {wrmsr}
WR "efer bit 1", 0xc0000080, 0, 2
WR "efer bit 9", 0xc0000080, 0, 0x200
WR "efer bit 16", 0xc0000080, 0, 0x10000
WR "efer bit 31", 0xc0000080, 0, 0x80000000
WR "efer upper half", 0xc0000080, 1, 0
CASE "efer.lma cannot be written", 0, DONE, 0
	mov ecx, 0xc0000080
	xor edx, edx
	mov eax, 0x400
	wrmsr
	rdmsr
ENDC
KEEP "efer.sce", 0xc0000080, 0, 1
KEEP "efer.nxe", 0xc0000080, 0, 0x800
KEEP "efer.lme without paging", 0xc0000080, 0, 0x100
WR "pat type 2", 0x277, 0x00070406, 0x00070402
WR "pat type 3", 0x277, 0x03070406, 0x00070406
WR "pat type 8", 0x277, 0x00070406, 0x08070406
KEEP "pat", 0x277, 0x01050406, 0x00070106
WR "mtrr default type 2", 0x2ff, 0, 2
WR "mtrr default type 7", 0x2ff, 0, 0xc07
WR "mtrr default type, reserved bit 8", 0x2ff, 0, 0x106
KEEP "mtrr default type", 0x2ff, 0, 0xc06
WR "mtrr base, type 2", 0x200, 0, 0x80000002
WR "mtrr base, type 3", 0x200, 0, 0x80000003
WR "mtrr base, reserved bit 8", 0x200, 0, 0x80000106
WR "mtrr mask, reserved bit 0", 0x201, 0, 0x80000001
KEEP "mtrr base", 0x200, 0, 0x80000006
WR "mtrr fixed, type 2", 0x250, 0, 0x02000000
KEEP "mtrr fixed", 0x250, 0x06060606, 0x05040100
WR "apic base, reserved bit 0", 0x1b, 0, 0xfee00901
KEEP "sysenter cs", 0x174, 0, 0x10
KEEP "sysenter esp", 0x175, 0, 0x12345678
KEEP "sysenter eip", 0x176, 0, 0x9abcdef0
KEEP "star", 0xc0000081, 0x12345678, 0x9abcdef0
KEEP "lstar", 0xc0000082, 0x00001234, 0x56789abc
KEEP "cstar", 0xc0000083, 0xffff8000, 0x56789abc
KEEP "fmask", 0xc0000084, 0, 0x12345678
KEEP "fs base", 0xc0000100, 0x00007fff, 0xffffffff
KEEP "kernel gs base", 0xc0000102, 0xffff8000, 0
KEEP "tsc aux", 0xc0000103, 0, 0x12345678
WR "lstar not canonical", 0xc0000082, 0x01000000, 0
WR "fs base not canonical", 0xc0000100, 0xfeffffff, 0
WR "tsc aux upper half", 0xc0000103, 1, 0
CASE "tsc can be set", 0, DONE, 0x1234
	mov ecx, 0x10
	mov edx, 0x1234
	xor eax, eax
	wrmsr
	rdtsc
	mov eax, edx
ENDC
C1 "misc enable is there", 0, DONE, -, {mov ecx,0x1a0}, {rdmsr}
C1 "mtrr capabilities", 0, DONE, 0x100, {mov ecx,0xfe}, {rdmsr}, {and eax,0x100}
F1 "mtrr capabilities are read-only", 0, GP(0), {mov ecx,0xfe}, {wrmsr}
ENDGROUP

section .text
cr4_back: mov eax, 0
	mov cr4, eax
	mov eax, [r_eax]
	ret
GROUP g_cr, "control registers"
F1 "cr0: pg without pe", 0, GP(0), {mov eax,cr0}, {and eax,~1}, {or eax,0x80000000}, {mov cr0,eax}
F1 "cr0: nw without cd", 0, GP(0), {mov eax,cr0}, {and eax,~0x40000000}, {or eax,0x20000000}, {mov cr0,eax}
C1 "cr0.et cannot be cleared", 0, DONE, 0x10, {mov eax,cr0}, {and eax,~0x10}, {mov cr0,eax}, {mov eax,cr0}, {and eax,0x10}
C1 "cr0's reserved bits stay 0", 0, DONE, 0, {mov eax,cr0}, {mov ebx,eax}, {or eax,0x1ffaffc0}, {mov cr0,eax}, {mov eax,cr0}, {mov cr0,ebx}, {and eax,0x1ffaffc0}
C1 "lmsw cannot clear pe", 0, DONE, 1, {xor eax,eax}, {lmsw ax}, {mov eax,cr0}, {and eax,0x0f}
C1 "lmsw sets four bits alone", 0, DONE, 0x0f, {mov eax,cr0}, {mov ebx,eax}, {mov eax,0xffff}, {lmsw ax}, {mov eax,cr0}, {mov cr0,ebx}, {and eax,0x1000f}
C1 "clts", 0, DONE, 0, {mov eax,cr0}, {or eax,8}, {mov cr0,eax}, {clts}, {mov eax,cr0}, {and eax,8}
C1 "smsw 32", 0, DONE, 1, {smsw eax}, {and eax,1}
C1 "mov cr ignores mod", 0, DONE, 0, {mov ebx,cr0}, {db 0x0f, 0x20, 0x00}, {sub eax,ebx}
%macro CR4B 1
F1 "cr4 reserved bit", 0, GP(0), {mov eax,cr4}, {bts eax,%1}, {mov cr4,eax}
%endmacro
CR4B 15
CR4B 25
CR4B 26
CR4B 27
CR4B 28
CR4B 29
CR4B 30
CR4B 31
F1 "cr4.pcide outside long mode", 0, GP(0), {mov eax,cr4}, {bts eax,17}, {mov cr4,eax}
%assign b 0
%rep 11
%if b != 13
CASE "cr4 bit is kept", 0, DONE, 1 << b, 0, cr4_back
	mov eax, 1 << b
	mov cr4, eax
	mov eax, cr4
ENDC
%endif
%assign b b + 1
%endrep
C1 "cr2 is a plain register", 0, DONE, 0x12345678, {mov eax,0x12345678}, {mov cr2,eax}, {xor eax,eax}, {mov eax,cr2}
F1 "mov cr3 ring 3", 3, GP(0), {mov eax,cr3}
F1 "mov cr4 ring 1", 1, GP(0), {mov eax,cr4}
F1 "mov cr0 ring 2", 2, GP(0), {mov cr0,eax}
ENDGROUP

GROUP g_cpuid, "cpuid"
CASE "the id flag can be changed", 3, DONE, 0x200000
	pushfd
	pop eax
	mov ebx, eax
	xor eax, 0x200000
	push eax
	popfd
	pushfd
	pop eax
	xor eax, ebx
ENDC
C1 "leaf 0 has leaf 1", 3, DONE, 1, {xor eax,eax}, {cpuid}, {test eax,eax}, {setnz al}, {movzx eax,al}
C1 "leaf 80000000 has 80000001", 3, DONE, 1, {mov eax,0x80000000}, {cpuid}, {cmp eax,0x80000001}, {setae al}, {movzx eax,al}
C1 "fpu, tsc, msr, cx8", 3, DONE, 0x131, {mov eax,1}, {cpuid}, {mov eax,edx}, {and eax,0x131}
C1 "osxsave follows cr4: off", 0, DONE, 0, {mov eax,1}, {cpuid}, {mov eax,ecx}, {and eax,1 << 27}
CASE "leaf 1 does not look at ecx", 3, DONE, 0
	mov eax, 1
	xor ecx, ecx
	cpuid
	mov esi, edx
	mov eax, 1
	mov ecx, 0x12345
	cpuid
	mov eax, edx
	sub eax, esi
ENDC
ENDGROUP

section .text
tsd:	mov eax, 4
	mov cr4, eax
	ret
pce:	mov eax, 0x100
	mov cr4, eax
	ret
GROUP g_tsc, "rdtsc, rdtscp, rdpmc"
C1 "rdtsc ring 3", 3, DONE, -, {rdtsc}
C1 "rdtscp ring 3", 3, DONE, -, {rdtscp}
CASE "rdtsc with tsd ring 3", 3, GP(0), -, tsd, cr4_back
AT
	rdtsc
ENDC
CASE "rdtscp with tsd ring 3", 3, GP(0), -, tsd, cr4_back
AT
	rdtscp
ENDC
CASE "rdtsc with tsd ring 1", 1, GP(0), -, tsd, cr4_back
AT
	rdtsc
ENDC
CASE "rdtsc with tsd ring 0", 0, DONE, -, tsd, cr4_back
	rdtsc
ENDC
CASE "rdtsc goes on", 3, DONE, 1
	rdtsc
	mov esi, eax
	mov edi, edx
	mov ecx, 1000
	loop $
	rdtsc
	sub eax, esi
	sbb edx, edi
	or eax, edx
	setnz al
	movzx eax, al
ENDC
F1 "rdpmc ring 3, pce off", 3, GP(0), {xor ecx,ecx}, {rdpmc}
CASE "rdpmc of an unknown counter", 0, GP(0), -, pce, cr4_back
	mov ecx, 0x12345
AT
	rdpmc
ENDC
ENDGROUP

section .text
xs_on:	mov eax, 0x40200
	mov cr4, eax
	ret
%macro XS 3
CASE %1, 0, GP(0), -, xs_on, cr4_back
	xor ecx, ecx
	mov edx, %2
	mov eax, %3
AT
	xsetbv
ENDC
%endmacro
GROUP g_xcr, "xcr0"
XS "x87 bit clear", 0, 2
XS "zero", 0, 0
XS "avx without sse", 0, 5
XS "unknown bit 10", 0, 0x403
XS "bit 62", 0x40000000, 3
XS "bndregs alone", 0, 0x0b
CASE "xcr0: x87, sse", 0, DONE, 3, xs_on, cr4_back
	xor ecx, ecx
	xor edx, edx
	mov eax, 3
	xsetbv
	xor eax, eax
	xgetbv
ENDC
CASE "xsetbv ring 3", 3, GP(0), -, xs_on, cr4_back
	xor ecx, ecx
	xor edx, edx
	mov eax, 3
AT
	xsetbv
ENDC
CASE "xsetbv of xcr1", 0, GP(0), -, xs_on, cr4_back
	mov ecx, 1
	xor edx, edx
	mov eax, 3
AT
	xsetbv
ENDC
CASE "xgetbv of xcr2", 3, GP(0), -, xs_on, cr4_back
	mov ecx, 2
AT
	xgetbv
ENDC
CASE "xgetbv ring 3", 3, DONE, 1, xs_on, cr4_back
	xor ecx, ecx
	xgetbv
	and eax, 1
ENDC
CASE "cpuid shows osxsave", 3, DONE, 1 << 27, xs_on, cr4_back
	mov eax, 1
	cpuid
	mov eax, ecx
	and eax, 1 << 27
ENDC
CASE "xsave misaligned", 0, GP(0), -, xs_on, cr4_back
	mov eax, 3
	xor edx, edx
AT
	xsave [0x80008]
ENDC
ENDGROUP

section .text
umip:	mov eax, 0x800
	mov cr4, eax
	ret
GROUP g_umip, "umip"
%macro UM 2+
CASE {%1, " ring 3"}, 3, GP(0), -, umip, cr4_back
AT
	%2
ENDC
CASE {%1, " ring 1"}, 1, GP(0), -, umip, cr4_back
AT
	%2
ENDC
CASE {%1, " ring 0"}, 0, DONE, -, umip, cr4_back
	%2
ENDC
%endmacro
UM "sgdt", sgdt [scratch]
UM "sidt", sidt [scratch]
UM "sldt", sldt ax
UM "str", str ax
UM "smsw", smsw ax
UM "smsw memory", smsw [scratch]
ENDGROUP
