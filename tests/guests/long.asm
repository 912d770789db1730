; SPDX-License-Identifier: GPL-3.0-or-later
; Long mode: compatibility mode, SYSCALL/SYSRET, SYSENTER/SYSEXIT, 64-bit gates with IST, far transfers, IRETQ, bases.
; Manual: SDM volume 2 (the instructions), volume 3 chapters 5 and 6.14.
%include "lib.inc"
%include "lib64.inc"
%define BEYOND	0x400
%define IV(n)	((n) * 8 + 2)
%define MSR_STAR 0xc0000081
%define MSR_LSTAR 0xc0000082
%define MSR_CSTAR 0xc0000083
%define MSR_FMASK 0xc0000084
%define MSR_FSBASE 0xc0000100
%define MSR_GSBASE 0xc0000101
%define MSR_KGSBASE 0xc0000102

bits 32
guest_main:
	mov eax, 7
	xor ecx, ecx
	cpuid
	mov [cpu7b], ebx
	call long_enter
bits 64
	RUN64 g_mode
	RUN64 g_compat
	RUN64 g_segs
	RUN64 g_idt
	RUN64 g_ist
	RUN64 g_gate
	RUN64 g_far
	RUN64 g_iret
	RUN64 g_syscall
	RUN64 g_sysenter
	RUN64 g_base
	test byte [cpu7b], 1
	jz .nofsg
	RUN64 g_fsgs
.nofsg:	call long_leave
bits 32
	call long_enter			; and once more: leaving and entering again
bits 64
	RUN64 g_again
	call long_leave
bits 32
	ret
section .data
align 4
cpu7b:	dd 0
section .text

bits 64
; the offset of RIP from the case's mark
w_after: mov rax, [x_rip]
	and eax, 0x3fffffff
	mov ecx, [cur]
	sub eax, [rcx + C_EIP]
	ret
zf64:	setz al
	movzx eax, al
	ret

GROUP g_mode, "64-bit mode"
F1 "push es", 0, UD, {db 0x06}
F1 "pop ds", 0, UD, {db 0x1f}
F1 "push cs", 0, UD, {db 0x0e}
F1 "daa", 0, UD, {db 0x27}
F1 "aas", 0, UD, {db 0x3f}
F1 "aam", 0, UD, {db 0xd4, 10}
F1 "pusha", 0, UD, {db 0x60}
F1 "popa", 0, UD, {db 0x61}
F1 "bound", 0, UD, {db 0x62, 0x01, 0, 0, 0, 0}
F1 "82 alias", 0, UD, {db 0x82, 0xc0, 0}
F1 "far call immediate", 0, UD, {db 0x9a, 0, 0, 0, 0, 0, 0}
F1 "far jmp immediate", 0, UD, {db 0xea, 0, 0, 0, 0, 0, 0}
F1 "into", 0, UD, {db 0xce}
F1 "salc", 0, UD, {db 0xd6}
F1 "les is vex: avx off", 0, UD, {db 0xc4, 0x01, 0, 0, 0, 0}
F1 "lock mov", 3, UD, {db 0xf0, 0x48, 0x89, 0x03}
F1 "syscall off", 0, UD, {db 0x0f, 0x05}
C1 "movsxd", 0, DONE, -1, {mov ebx,-5}, {movsxd rax,ebx}, {shr rax,32}
C1 "32-bit writes clear the upper half", 0, DONE, 0, {mov rax,-1}, {mov eax,eax}, {shr rax,32}
C1 "inc is rex", 0, DONE, 7, {mov eax,7}, {db 0x40, 0x90}
C1 "rex before a prefix is lost", 0, DONE, 0xffff0005, {mov rbx,0x1111111111110005}, {mov rax,-1}, {db 0x48, 0x66, 0x89, 0xd8}
C1 "spl", 0, DONE, 0x12, {mov rbx,rsp}, {mov spl,0x12}, {movzx eax,spl}, {mov rsp,rbx}
CASE "16 bytes with rex", 0, GP(0)
AT
	times 14 db 0x66
	db 0x48, 0x90
ENDC
C1 "segment limits are not checked", 0, DONE, -, {mov ebx,0x3ffffff8}, {mov eax,[rbx]}
C1 "null ds may be used", 0, DONE, -, {xor eax,eax}, {mov ds,ax}, {mov eax,[TP]}
C1 "null ss at ring 0", 0, DONE, 0, {xor eax,eax}, {mov ss,ax}, {push rax}, {pop rbx}, {mov eax,ss}
F1 "null ss at ring 3", 3, GP(0), {mov eax,3}, {mov ss,ax}
F1 "null ss rpl 3 at ring 0", 0, GP(0), {mov eax,3}, {mov ss,ax}
F1 "mov ss dpl 3 at ring 0", 0, GP(UDAT), {mov eax,UDAT | 3}, {mov ss,ax}
F1 "mov ds of a beyond selector", 0, GP(BEYOND), {mov eax,BEYOND}, {mov ds,ax}
F1 "mov ds of a system descriptor", 0, GP(TSSSEL), {mov eax,TSSSEL}, {mov ds,ax}
C1 "sgdt is 10 bytes", 0, DONE, 0, {mov qword [scratch],-1}, {mov qword [scratch + 8],-1}, {sgdt [scratch]}, {movzx eax,word [scratch + 8]}
F1 "lldt of a beyond selector", 0, GP(BEYOND), {mov eax,BEYOND}, {lldt ax}
C1 "lar of a code segment with l", 0, DONE, 0x0020fb00, {mov ecx,U64 | 3}, {lar eax,cx}, {and eax,0x00f0ff00}
ENDGROUP

; ---- compatibility mode ---------------------------------------------------------------------------------------------
bits 32
GROUP g_compat, "compatibility mode"
C1 "inc eax is no rex", 3 | C_COMPAT, DONE, 8, {mov eax,7}, {db 0x40}
C1 "aam works", 3 | C_COMPAT, DONE, 0x0203, {mov eax,23}, {aam}
C1 "cs", 3 | C_COMPAT, DONE, U32 | 3, {mov eax,cs}
C1 "ring 0", 0 | C_COMPAT, DONE, KCODE, {mov eax,cs}
C1 "addresses are of 32 bits", 3 | C_COMPAT, DONE, 0x11, {mov dword [UA + 0x80000],0x11}, {mov ebx,0xffffffff}, {mov eax,[ebx + UA + 0x80001]}
CASE "limits are checked", 3 | C_COMPAT, GP(0), -, lim_set
	mov eax, T1 | 3
	mov fs, ax
AT
	mov eax, [fs:0x1000]
ENDC
F1 "null ds faults", 3 | C_COMPAT, GP(0), {xor eax,eax}, {mov ds,ax}, {mov eax,[UA + 0x80000]}
F1 "swapgs is #UD", 0 | C_COMPAT, UD, {db 0x0f, 0x01, 0xf8}
F1 "rdfsbase is #UD", 0 | C_COMPAT, UD, {db 0xf3, 0x0f, 0xae, 0xc0}
CASE "far jmp to 64-bit code", 3 | C_COMPAT, DONE, 0x77
	jmp dword (U64 | 3):(UA + %$t)
bits 64
%$t:	mov rax, 0x7700000000
	shr rax, 32
	int 0x40
bits 32
ENDC
CASE "iret nt: #GP in long mode", 0 | C_COMPAT, GP(0), -, nt_set
AT
	iretd
ENDC
CASE "task switch by jmp: #GP", 0 | C_COMPAT, GP(TSSSEL)
AT
	jmp dword TSSSEL:0
ENDC
CASE "jmp to a task gate: #GP", 0 | C_COMPAT, GP(T1), -, tg_set
AT
	jmp dword T1:0
ENDC
CASE "int from compatibility mode pushes 64 bits", 3 | C_COMPAT, DONE, UDAT | 3, 0, w_ss
	nop
ENDC
CASE "sysret outside 64-bit mode: #UD (Intel)", 3 | C_COMPAT, UD, -, sce_on, sce_off
AT
	db 0x0f, 0x07
ENDC
ENDGROUP
bits 64
lim_set: GDTSET T1, 0x40080000, 0xfff, A_DATA | DPL(3), D_
	ret
nt_set:	mov dword [efl], 0x4002
	ret
tg_set:	mov dword [gdt + T1], TSSSEL << 16
	mov dword [gdt + T1 + 4], (A_TASK | DPL(3)) << 8
	mov qword [gdt + T1 + 8], 0
	ret

; ---- CS descriptors: L and D ------------------------------------------------------------------------------------------
%macro CSET 3
%1:	mov dword [gdt + T1], 0xffff
	mov dword [gdt + T1 + 4], ((%2) << 8) | ((%3) << 20) | 0xf0000
	mov qword [gdt + T1 + 8], 0
	ret
%endmacro
	CSET c_ld, A_CODE, G_ | L_ | D_
	CSET c_l, A_CODE, G_ | L_
	CSET c_d, A_CODE, G_ | D_
	CSET c_lnp, A_CODE & 0x7f, G_ | L_
	CSET c_ldnp, A_CODE & 0x7f, G_ | L_ | D_
	CSET c_conf, 0x9e, G_ | L_
	CSET c_data, A_DATA, G_ | L_
	CSET c_l3, A_CODE | DPL(3), G_ | L_
%macro JF 1				; far jump to selector %1
	push qword 0
	mov dword [rsp], %$far
	mov word [rsp + 4], %1
AT
	jmp dword far [rsp]
%$far:
%endmacro
GROUP g_segs, "code descriptors"
CASE "l and d: #GP", 0, GP(T1), -, c_ld
	JF T1
ENDC
CASE "l and d, not present: #GP first", 0, GP(T1), -, c_ldnp
	JF T1
ENDC
CASE "not present", 0, NP(T1), -, c_lnp
	JF T1
ENDC
CASE "data", 0, GP(T1), -, c_data
	JF T1
ENDC
CASE "dpl 3 from 0", 0, GP(T1), -, c_l3
	JF T1
ENDC
CASE "null", 0, GP(0), -
	JF 0
ENDC
CASE "beyond", 0, GP(BEYOND), -
	JF BEYOND
ENDC
CASE "tss: no task switch", 0, GP(TSSSEL), -
	JF TSSSEL
ENDC
CASE "l alone", 0, DONE, T1, c_l, w_cs
	push qword 0
	mov dword [rsp], %$t
	mov word [rsp + 4], T1
	jmp dword far [rsp]
%$t:
ENDC
CASE "conforming from 3", 3, DONE, T1 | 3, c_conf, w_cs
	push qword 0
	mov dword [rsp], UA + %$t
	mov word [rsp + 4], T1
	jmp dword far [rsp]
%$t:
ENDC
CASE "d alone: compatibility mode", 0, DONE, 1, c_d
	push qword 0
	mov dword [rsp], %$t
	mov word [rsp + 4], T1
	jmp dword far [rsp]
%$t:	xor eax, eax
	db 0x40				; inc eax, or a prefix
	nop
ENDC
ENDGROUP

; ---- the 64-bit IDT ---------------------------------------------------------------------------------------------------
%macro IDS 5				; routine, selector, access, IST [, high dword]
%1:	GATE64 0x48, %2, stub64_73, %3, %4
	mov dword [idt64 + 0x48 * 16 + 8], %5
	ret
%endmacro
%macro IDSU 3				; #UD's gate
%1:	GATE64 6, %2, stub64_73, %3, 1
	ret
%endmacro
	IDS i_ok, K64, 0xee, 1, 0
	IDS i_np, K64, 0x6e, 1, 0
	IDS i_dpl, K64, 0x8e, 1, 0
	IDS i_null, 0, 0xee, 1, 0
	IDS i_c32, KCODE, 0xee, 1, 0
	IDS i_data, KDAT, 0xee, 1, 0
	IDS i_beyond, BEYOND, 0xee, 1, 0
	IDS i_task, K64, 0xe5, 1, 0
	IDS i_16, K64, 0xe6, 1, 0
	IDS i_call, K64, 0xec, 1, 0
	IDS i_nc, K64, 0xee, 1, 0x00008000
	IDS i_trap, K64, 0xef, 1, 0
	IDSU u_np, K64, 0x0e
	IDSU u_c32, KCODE, 0x8e
	IDSU u_null, 0, 0x8e
i_short: mov word [scratch], 0x48 * 16 + 14
	mov qword [scratch + 2], idt64
	lidt [scratch]
	jmp i_ok
i_back:	lidt [idtr64]
	call idt64_init
	mov eax, 0
	ret
if_back: lidt [idtr64]
	call idt64_init
	mov eax, [scratch + 0x40]
	ret
GROUP g_idt, "64-bit idt"
%macro IC 4
CASE %1, %2, %3, -, %4, i_back
AT
	int 0x48
ENDC
%endmacro
CASE "good", 3, VEC(0x49), -, i_ok, i_back
	int 0x48
ENDC
CASE "trap gate", 3, VEC(0x49), -, i_trap, i_back
	int 0x48
ENDC
IC "not present", 3, NP(IV(0x48)), i_np
IC "dpl", 3, GP(IV(0x48)), i_dpl
IC "selector null", 3, GP(0), i_null
IC "selector of 32-bit code", 3, GP(KCODE), i_c32
IC "selector of data", 3, GP(KDAT), i_data
IC "selector beyond", 3, GP(BEYOND), i_beyond
IC "task gate", 3, GP(IV(0x48)), i_task
IC "16-bit gate", 3, GP(IV(0x48)), i_16
IC "call gate", 3, GP(IV(0x48)), i_call
IC "limit in the entry", 3, GP(IV(0x48)), i_short
IC "offset not canonical", 3, GP(0), i_nc
IC "vector beyond the limit", 0, GP(IV(0x48)), i_short
CASE "#UD gate not present", 3, NP(IV(6) | 1), -, u_np, i_back
AT
	ud2
ENDC
CASE "#UD gate to 32-bit code", 3, GP(KCODE | 1), -, u_c32, i_back
AT
	ud2
ENDC
CASE "#UD gate null", 0, GP(1), -, u_null, i_back
AT
	ud2
ENDC
ENDGROUP

; ---- stacks -------------------------------------------------------------------------------------------------------
k_rsp:	mov eax, [x_hrsp]		; RSP in the handler after the frame
	push rax
	call idt64_init
	pop rax
	sub eax, IST1
	ret
k_rsp0:	mov eax, [x_hrsp]
	push rax
	call idt64_init
	pop rax
	sub eax, RSP0
	ret
k_rsp2:	mov eax, [x_hrsp]
	push rax
	call idt64_init
	pop rax
	sub eax, IST2
	ret
k_r0:	mov eax, [x_hrsp]
	push rax
	call idt64_init
	pop rax
	sub eax, R0_STACK
	ret
; x_hrsp points to RIP in the frame: 40 bytes to the frame's top
	IDS t_0, K64, 0xee, 0, 0
	IDS t_1, K64, 0xee, 1, 0
	IDS t_2, K64, 0xee, 2, 0
t_gp0:	GATE64 13, K64, stub64_13, 0x8e, 0
	ret
t_bad:	mov rax, 0x0000900000000000
	mov [tss64 + 44], rax
	jmp t_2
; the manual names the vector, not clearly which selector the error code holds: it is not compared
t_badv:	and dword [r_out], 0xffff0000
	mov qword [tss64 + 44], IST2
	jmp i_back
t_bad0:	mov rax, 0x0000900000000000
	mov [tss64 + 4], rax
	jmp t_0
t_bad0v: and dword [r_out], 0xffff0000
	mov qword [tss64 + 4], RSP0
	jmp i_back
w_ssn:	mov eax, [scratch + 0x40]
	push rax
	call i_back
	pop rax
	ret
t_ss:	mov dword [scratch + 0x40], 0x5555
	GATE64 0x48, K64, t_ssh, 0xee, 1
	ret
t_ssh:	mov [abs scratch + 0x40], ss
	int 0x40
t_gpe:	ret
GROUP g_ist, "handler stacks"
CASE "ring 3: rsp0", 3, VEC(0x49), -40, t_0, k_rsp0
	int 0x48
ENDC
CASE "ring 0: same stack", 0, VEC(0x49), -40, t_0, k_r0
	int 0x48
ENDC
CASE "ring 0: aligned to 16", 0, VEC(0x49), -40, t_0, k_r0
	sub rsp, 0
	int 0x48
ENDC
CASE "ring 0: aligned down by 8", 0, VEC(0x49), -56, t_0, k_r0
	push rax
	int 0x48
ENDC
CASE "ring 0: aligned down by 1", 0, VEC(0x49), -56, t_0, k_r0
	dec rsp
	int 0x48
ENDC
CASE "ring 0: aligned with an error code", 0, GP(0), -56, t_gp0, k_r0
	push rax
	mov rbx, 0x0000800000000000
	mov eax, [rbx]
ENDC
CASE "ist 1 from ring 0", 0, VEC(0x49), -40, t_1, k_rsp
	int 0x48
ENDC
CASE "ist 1 from ring 3", 3, VEC(0x49), -40, t_1, k_rsp
	int 0x48
ENDC
CASE "ist 2", 3, VEC(0x49), -40, t_2, k_rsp2
	int 0x48
ENDC
CASE "rsp is pushed as it was", 0, VEC(0x49), R0_STACK - 9, t_1, w_rsp
	sub rsp, 9
	int 0x48
ENDC
CASE "ss is pushed at ring 0", 0, VEC(0x49), KDAT, t_1, w_ss
	int 0x48
ENDC
CASE "ss in the handler from ring 3 is null", 3, DONE, 0, t_ss, w_ssn
	int 0x48
ENDC
CASE "ss in the handler from ring 0 stays", 0, DONE, KDAT, t_ss, w_ssn
	int 0x48
ENDC
CASE "ist not canonical: #SS", 3, SS_(0), -, t_bad, t_badv
AT
	int 0x48
ENDC
CASE "rsp0 not canonical: #SS", 3, SS_(0), -, t_bad0, t_bad0v
AT
	int 0x48
ENDC
CASE "rsp not canonical: #SS by an ist", 0, SS_(0)
	mov rsp, 0x0000900000000000
AT
	push rax
ENDC
ENDGROUP

; ---- call gates of 16 bytes -------------------------------------------------------------------------------------------
%macro CG 5				; routine, selector, access, high offset dword, last dword
%1:	mov eax, g_target
	mov [gdt + T2], ax
	mov word [gdt + T2 + 2], %2
	mov word [gdt + T2 + 4], (%3) << 8
	shr eax, 16
	mov [gdt + T2 + 6], ax
	mov dword [gdt + T2 + 8], %4
	mov dword [gdt + T2 + 12], %5
	ret
%endmacro
	CG q_ok, K64, 0xec, 0, 0
	CG q_np, K64, 0x6c, 0, 0
	CG q_dpl, K64, 0x8c, 0, 0
	CG q_c32, KCODE, 0xec, 0, 0
	CG q_data, KDAT, 0xec, 0, 0
	CG q_null, 0, 0xec, 0, 0
	CG q_beyond, BEYOND, 0xec, 0, 0
	CG q_nc, K64, 0xec, 0x00008000, 0
	CG q_type, K64, 0xec, 0, 0x500
	CG q_16, K64, 0xe4, 0, 0
	CG q_u, U64 | 3, 0xec, 0, 0
g_target:
	mov rax, rsp
	mov rbx, [rsp]
	mov rcx, [rsp + 8]
	mov rdx, [rsp + 16]
	mov rsi, [rsp + 24]
	int 0x40
g_ret:	retfq
q_retq:	call q_ok
	mov word [gdt + T2], g_ret
	mov eax, g_ret
	shr eax, 16
	mov [gdt + T2 + 6], ax
	ret
g_rsp:	mov eax, [x_rax]
	sub eax, RSP0
	ret
g_cs:	mov eax, [x_rcx]
	ret
g_orsp:	mov eax, [x_rdx]
	sub eax, UA + S3_STACK
	ret
g_oss:	mov eax, [x_rsi]
	ret
g_ssn:	mov eax, [x_ss]
	ret
%macro CF 0-1 T2			; far call
	mov dword [rsp - 32], 0x12345678
	mov word [rsp - 28], %1
AT
	call dword far [rsp - 32]
%endmacro
GROUP g_gate, "64-bit call gates"
%macro GC 3-4 -
CASE %1, 3, %2, -, %3
	CF
ENDC
%endmacro
CASE "frame: rsp", 3, DONE, -32, q_ok, g_rsp
	mov word [rsp - 28], T2
	call dword far [rsp - 32]
ENDC
CASE "frame: cs", 3, DONE, U64 | 3, q_ok, g_cs
	mov word [rsp - 28], T2
	call dword far [rsp - 32]
ENDC
CASE "frame: old rsp", 3, DONE, 0, q_ok, g_orsp
	mov word [rsp - 28], T2
	call dword far [rsp - 32]
ENDC
CASE "frame: old ss", 3, DONE, UDAT | 3, q_ok, g_oss
	mov word [rsp - 28], T2
	call dword far [rsp - 32]
ENDC
CASE "new ss is null", 3, DONE, 0, q_ok, g_ssn
	mov word [rsp - 28], T2
	call dword far [rsp - 32]
ENDC
CASE "retfq back to 3", 3, DONE, UA + S3_STACK, q_retq, w_rsp
	mov word [rsp - 28], T2
	call dword far [rsp - 32]
ENDC
GC "not present", NP(T2), q_np
GC "dpl", GP(T2), q_dpl
GC "selector of 32-bit code", GP(KCODE), q_c32
GC "selector of data", GP(KDAT), q_data
GC "selector null", GP(0), q_null
GC "selector beyond", GP(BEYOND), q_beyond
GC "offset not canonical", GP(0), q_nc
GC "type bits of the second half", GP(T2), q_type
GC "16-bit gate", GP(T2), q_16
CASE "rsp0 not canonical: #SS(0)", 3, SS_(0), -, q_bad, t_bad0v
	CF
ENDC
bits 32
CASE "from compatibility mode", 3 | C_COMPAT, DONE, -32, q_ok, g_rsp
	call dword T2:0
ENDC
bits 64
ENDGROUP
q_bad:	mov rax, 0x0000900000000000
	mov [tss64 + 4], rax
	jmp q_ok

; ---- far returns ----------------------------------------------------------------------------------------------------
%macro RETQ 3				; selector, offset, ss selector: to ring of the selector
	push %3
	push UA + S3_STACK
	push %1
	push %2
AT
	retfq
%endmacro
GROUP g_far, "far returns"
CASE "retfq to ring 3", 0, DONE, U64 | 3, 0, w_cs
	push UDAT | 3
	push UA + S3_STACK
	push U64 | 3
	push UA + %$t
	retfq
%$t:
ENDC
CASE "retfq to compatibility mode", 0, DONE, U32 | 3, 0, w_cs
	push UDAT | 3
	push UA + S3_STACK
	push U32 | 3
	push UA + %$t
	retfq
%$t:
ENDC
CASE "retfq to 3, null ss: #GP", 0, GP(0)
	RETQ U64 | 3, UA, 3
ENDC
CASE "retfq to 32-bit ring 3, null ss: #GP", 0, GP(0)
	RETQ U32 | 3, UA, 0
ENDC
CASE "retfq null cs", 0, GP(0)
	RETQ 0, UA, UDAT | 3
ENDC
CASE "retfq offset not canonical", 0, GP(0)
	push UDAT | 3
	push UA + S3_STACK
	push U64 | 3
	mov rax, 0x0000800000000000
	push rax
AT
	retfq
ENDC
CASE "retfq to inner", 3, GP(K64)
	RETQ K64, UA, 0
ENDC
CASE "retfq to l and d", 0, GP(T1), -, c_ld
	RETQ T1, UA, 0
ENDC
ENDGROUP

; ---- IRETQ ------------------------------------------------------------------------------------------------------------
%macro IQ 3				; ss, cs, rflags
	push %1
	push UA + S3_STACK
	push %3
	push %2
	push UA + %$t
AT
	iretq
%$t:
%endmacro
%macro IQOK 3
	push %1
	push UA + S3_STACK
	push %3
	push %2
	push UA + %$t
	iretq
%$t:
%endmacro
GROUP g_iret, "iretq"
CASE "to ring 3", 0, DONE, U64 | 3, 0, w_cs
	IQOK UDAT | 3, U64 | 3, 2
ENDC
CASE "to compatibility mode", 0, DONE, U32 | 3, 0, w_cs
	IQOK UDAT | 3, U32 | 3, 2
ENDC
CASE "same ring pops rsp", 0, DONE, R0_STACK - 0x100, 0, w_rsp
	push KDAT
	push R0_STACK - 0x100
	push 2
	push K64
	push %$t
	iretq
%$t:
ENDC
CASE "same ring, null ss", 0, DONE, 0, 0, w_ss
	push 0
	push R0_STACK - 0x100
	push 2
	push K64
	push %$t
	iretq
%$t:
ENDC
CASE "null ss to ring 3", 0, GP(0)
	IQ 3, U64 | 3, 2
ENDC
CASE "null ss to compatibility ring 0", 0, GP(0)
	IQ 0, KCODE, 2
ENDC
CASE "ss rpl", 0, GP(UDAT)
	IQ UDAT, U64 | 3, 2
ENDC
CASE "cs null", 0, GP(0)
	IQ UDAT | 3, 0, 2
ENDC
CASE "cs of l and d", 0, GP(T1), -, c_ld
	IQ UDAT | 3, T1, 2
ENDC
CASE "cs inner", 3, GP(K64)
	IQ UDAT | 3, K64, 2
ENDC
CASE "nt: #GP", 0, GP(0), -, nt_set
	IQ UDAT | 3, U64 | 3, 2
ENDC
CASE "vm in the image is ignored in 64-bit mode", 0, DONE, 2, 0, .fl
	jmp short %$a
.fl:	mov eax, [x_efl]
	and eax, 0x20002
	ret
%$a:	IQOK UDAT | 3, U64 | 3, 0x20002
ENDC
CASE "rip not canonical", 0, GP(0)
	push UDAT | 3
	push UA + S3_STACK
	push 2
	push U64 | 3
	mov rax, 0x0000800000000000
	push rax
AT
	iretq
ENDC
CASE "flags at ring 3: if and iopl stay", 3, DONE, 0x240cd7 | 0x4000, 0, w_efl
	push UDAT | 3
	push UA + S3_STACK
	push 0x247ed7
	push U64 | 3
	push UA + %$t
	iretq
%$t:
ENDC
ENDGROUP

; ---- SYSCALL, SYSRET ----------------------------------------------------------------------------------------------------
%macro WRM 3				; msr, high, low
	mov ecx, %1
	mov edx, %2
	mov eax, %3
	wrmsr
%endmacro
sce_on:	mov ecx, MSR_EFER
	rdmsr
	or eax, 1
	wrmsr
	WRM MSR_STAR, ((U32 | 3) << 16) | K64, 0
	WRM MSR_LSTAR, 0, sc_target
	WRM MSR_CSTAR, 0, sc_target
	WRM MSR_FMASK, 0, 0x4d5
	ret
sce_off: mov ecx, MSR_EFER
	rdmsr
	and eax, ~1
	wrmsr
	mov eax, 0
	ret
sc_target:				; ring 0 with the user's stack
	int 0x40
sc_fl:	mov dword [efl], 0x4d7
	jmp sce_on
sc_fl2:	mov dword [efl], 0x3ad7
	call sce_on
	WRM MSR_FMASK, 0, 0x300
	ret
sc_rf:	mov eax, [x_r11]
	push rax
	call sce_off
	pop rax
	ret
sc_efl:	mov eax, [x_efl]
	push rax
	call sce_off
	pop rax
	ret
sc_cs:	mov eax, [x_cs]
	push rax
	call sce_off
	pop rax
	ret
sc_ss:	mov eax, [x_ss]
	push rax
	call sce_off
	pop rax
	ret
sc_rcx:	mov eax, [x_rcx]
	sub eax, UA
	mov ecx, [cur]
	sub eax, [rcx + C_EIP]
	push rax
	call sce_off
	pop rax
	ret
sc_rsp:	mov eax, [x_rsp]
	push rax
	call sce_off
	pop rax
	ret
%macro SR 1+				; ring 0: RCX = user address of the end, R11 = flags
	mov ecx, UA + %$t
	mov r11d, 2
	%1
%$t:
%endmacro
GROUP g_syscall, "syscall and sysret"
CASE "syscall: cs", 3, DONE, K64, sce_on, sc_cs
	syscall
ENDC
CASE "syscall: ss", 3, DONE, KDAT, sce_on, sc_ss
	syscall
ENDC
CASE "syscall: rcx is the next rip", 3, DONE, 0, sce_on, sc_rcx
	syscall
AFTER
ENDC
CASE "syscall: r11 is the flags", 3, DONE, 0x4d7, sc_fl, sc_rf
	syscall
ENDC
CASE "syscall: flags masked", 3, DONE, 2, sc_fl, sc_efl
	syscall
ENDC
CASE "syscall: mask of others", 3, DONE, 0x38d7, sc_fl2, sc_efl
	syscall
ENDC
CASE "syscall: rsp stays", 3, DONE, UA + S3_STACK, sce_on, sc_rsp
	syscall
ENDC
CASE "syscall from ring 0", 0, DONE, K64, sce_on, sc_cs
	syscall
ENDC
CASE "sysret 64: cs", 0, DONE, U64 | 3, sce_on, sc_cs
	SR o64 sysret
ENDC
CASE "sysret 64: ss", 0, DONE, UDAT | 3, sce_on, sc_ss
	SR o64 sysret
ENDC
CASE "sysret 32: cs", 0, DONE, U32 | 3, sce_on, sc_cs
	SR sysret
ENDC
CASE "sysret 32: ss", 0, DONE, UDAT | 3, sce_on, sc_ss
	SR sysret
ENDC
CASE "sysret: flags from r11, rf and vm cleared", 0, DONE, 0x40cd7, sce_on, sc_efl
	mov ecx, UA + %$t
	mov r11d, 0x70cd7
	o64 sysret
%$t:
ENDC
CASE "sysret 64: rcx not canonical: #GP", 0, GP(0), -, sce_on, sce_off
	mov rcx, 0x0000800000000000
AT
	o64 sysret
ENDC
CASE "sysret at ring 3: #GP", 3, GP(0), -, sce_on, sce_off
AT
	o64 sysret
ENDC
CASE "syscall with sce off: #UD", 3, UD
AT
	syscall
ENDC
CASE "sysret with sce off: #UD", 0, UD
AT
	o64 sysret
ENDC
CASE "lstar not canonical: #GP", 0, GP(0)
	mov ecx, MSR_LSTAR
	mov edx, 0x01000000
AT
	wrmsr
ENDC
bits 32
CASE "syscall in compatibility mode: #UD (Intel)", 3 | C_COMPAT, UD, -, sce_on, sce_off
AT
	syscall
ENDC
bits 64
ENDGROUP

; ---- SYSENTER, SYSEXIT -----------------------------------------------------------------------------------------------
se_on:	WRM 0x174, 0, K64
	WRM 0x175, 0, RSP0 - 0x40
	WRM 0x176, 0, sc_target
	ret
se_none: WRM 0x174, 0, 3
	ret
se_if:	mov dword [efl], 0x202
	jmp se_on
GROUP g_sysenter, "sysenter and sysexit"
CASE "sysenter: cs", 3, DONE, K64, se_on, w_cs
	sysenter
ENDC
CASE "sysenter: ss", 3, DONE, KDAT, se_on, w_ss
	sysenter
ENDC
CASE "sysenter: rsp", 3, DONE, RSP0 - 0x40, se_on, w_rsp
	sysenter
ENDC
CASE "sysenter: if cleared", 3, DONE, 2, se_if, w_efl
	sysenter
ENDC
CASE "sysenter: cs msr null: #GP", 3, GP(0), -, se_none
AT
	sysenter
ENDC
CASE "sysexit 64: cs", 0, DONE, X64 | 3, se_on, w_cs
	mov edx, UA + %$t
	mov ecx, UA + S3_STACK
	o64 sysexit
%$t:
ENDC
CASE "sysexit 64: ss", 0, DONE, XD64 | 3, se_on, w_ss
	mov edx, UA + %$t
	mov ecx, UA + S3_STACK
	o64 sysexit
%$t:
ENDC
CASE "sysexit 32: cs", 0, DONE, X32 | 3, se_on, w_cs
	mov edx, UA + %$t
	mov ecx, UA + S3_STACK
	sysexit
%$t:
ENDC
CASE "sysexit: rsp", 0, DONE, UA + S3_STACK, se_on, w_rsp
	mov edx, UA + %$t
	mov ecx, UA + S3_STACK
	o64 sysexit
%$t:
ENDC
CASE "sysexit at ring 3: #GP", 3, GP(0), -, se_on
AT
	o64 sysexit
ENDC
CASE "sysexit: cs msr null: #GP", 0, GP(0), -, se_none
AT
	o64 sysexit
ENDC
CASE "sysexit 64: rdx not canonical: #GP", 0, GP(0), -, se_on
	mov rdx, 0x0000800000000000
	mov ecx, UA
AT
	o64 sysexit
ENDC
bits 32
CASE "sysenter from compatibility mode", 3 | C_COMPAT, DONE, K64, se_on, w_cs
	sysenter
ENDC
bits 64
ENDGROUP

; ---- bases ------------------------------------------------------------------------------------------------------------
fs_set:	GDTSET T1, 0x12345678, 0xfffff, A_DATA | DPL(3), G_ | D_
	mov qword [gdt + T1 + 8], 0
	WRM MSR_FSBASE, 0, TP
	mov dword [TP + 0x10], 0x11223344
	mov dword [TP + 0x1010], 0x55667788
	ret
gs_set:	call fs_set
	WRM MSR_GSBASE, 0, TP
	WRM MSR_KGSBASE, 0, TP + 0x1000
	ret
GROUP g_base, "fs and gs bases"
CASE "fs base by msr", 3, DONE, 0x11223344, fs_set
	mov eax, [fs:abs 0x10]
ENDC
CASE "fs base is not bound by lea", 3, DONE, 0x10, fs_set
	lea eax, [fs:abs 0x10]
ENDC
CASE "mov fs loads 32 bits of base", 0, DONE, 0x12345678, fs_set
	mov eax, T1
	mov fs, ax
	mov ecx, MSR_FSBASE
	rdmsr
ENDC
CASE "mov fs clears the upper half", 0, DONE, 0, fs_set
	mov ecx, MSR_FSBASE
	mov edx, 0x1234
	wrmsr
	mov eax, T1
	mov fs, ax
	rdmsr
	mov eax, edx
ENDC
CASE "ds base is 0", 0, DONE, 0x11223344, fs_set
	mov eax, T1
	mov ds, ax
	mov eax, [TP + 0x10]
ENDC
CASE "swapgs", 0, DONE, 0x55667788, gs_set
	swapgs
	mov eax, [gs:abs 0x10]
ENDC
CASE "swapgs twice", 0, DONE, 0x11223344, gs_set
	swapgs
	swapgs
	mov eax, [gs:abs 0x10]
ENDC
F1 "swapgs at ring 3: #GP", 3, GP(0), {swapgs}
F1 "fs base not canonical: #GP", 0, GP(0), {mov ecx,MSR_FSBASE}, {mov edx,0x01000000}, {xor eax,eax}, {wrmsr}
F1 "kernel gs base not canonical: #GP", 0, GP(0), {mov ecx,MSR_KGSBASE}, {mov edx,0x01000000}, {xor eax,eax}, {wrmsr}
CASE "base plus offset not canonical: #GP", 3, GP(0), -, fs_set
	mov rbx, 0x00007ffffffff000 + 0xfff
AT
	mov eax, [fs:rbx + 0x10]
ENDC
CASE "fs base with 32-bit addressing", 3, DONE, 0x11223344, fs_set
	mov rbx, 0xffffffff00000010
	mov eax, [fs:ebx]
ENDC
ENDGROUP

fg_on:	call gs_set
	mov rax, cr4
	bts rax, 16
	mov cr4, rax
	ret
fg_off:	mov rax, cr4
	btr rax, 16
	mov cr4, rax
	mov eax, [x_rax]
	ret
GROUP g_fsgs, "rdfsbase and the like"
F1 "cr4.fsgsbase off: #UD", 0, UD, {rdfsbase rax}
CASE "rdfsbase", 3, DONE, TP, fg_on, fg_off
	rdfsbase rax
ENDC
CASE "wrfsbase", 3, DONE, 0x55667788, fg_on, fg_off
	mov eax, TP + 0x1000
	wrfsbase rax
	mov eax, [fs:abs 0x10]
ENDC
CASE "wrgsbase 32 clears the upper half", 3, DONE, 0, fg_on, fg_off
	mov rax, 0x0000123400000000 + TP
	wrgsbase eax
	rdgsbase rax
	shr rax, 32
ENDC
CASE "wrgsbase not canonical: #GP", 3, GP(0), -, fg_on, fg_off
	mov rax, 0x0000800000000000
AT
	wrgsbase rax
ENDC
ENDGROUP

GROUP g_again, "long mode entered again"
C1 "64-bit arithmetic", 3, DONE, 1, {mov rax,0xffffffff}, {add rax,1}, {shr rax,32}
F1 "non-canonical", 3, GP(0), {mov rbx,0x0000800000000000}, {mov eax,[rbx]}
ENDGROUP
