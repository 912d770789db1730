; SPDX-License-Identifier: GPL-3.0-or-later
; Task switches by JMP, CALL, gates, interrupts and IRET, with 32 and 16-bit TSSs; every TSS fault; the I/O permission bitmap.
; Manual: SDM volume 3 chapter 7 (tables 7-1 and 7-2), volume 1 chapter 18.5.
%include "lib.inc"

%define TB	(SEL_FREE + 0x00)	; 32-bit TSS
%define TC	(SEL_FREE + 0x08)	; 16-bit TSS
%define TG	(SEL_FREE + 0x10)	; task gate to TB, DPL 3
%define TGC	(SEL_FREE + 0x18)	; task gate to TC, DPL 3
%define T1	(SEL_FREE + 0x20)
%define T2	(SEL_FREE + 0x28)
%define LDT2	(SEL_FREE + 0x30)
%define TSSADDR	(0x50000 + GDT_LIMIT + 1 + 0x100 + 0x800)
%define BEYOND	0x400
%define B_STACK	0x80800
%define B_STACK0 0x81800
%define IV(n)	((n) * 8 + 2)

absolute 0x5e000
tb:	resb 0x100
tc:	resb 0x100
pd_1	equ 0x100000
pd_2	equ 0x101000
section .text

guest_main:
	RUN g_switch
	RUN g_regs
	RUN g_saved
	RUN g_16
	RUN g_denied
	RUN g_gates
	RUN g_iret
	RUN g_inside
	RUN g_ext
	RUN g_debug
	RUN g_cr3
	call io_bitmap
	RUN g_io
	ret

; ---- a fresh pair of tasks ----------------------------------------------------------------------------------------
task_init:
	pushad
	mov edi, tb
	xor eax, eax
	mov ecx, 0x200 / 4
	rep stosd
	GDTSET TB, 0x5e000, 103, A_TSS32, 0
	GDTSET TC, 0x5e100, 43, A_TSS16, 0
	GDTSET LDT2, 0x50000 + GDT_LIMIT + 1, 0x3f, A_LDT, 0
	mov dword [gdt + TG], TB << 16
	mov dword [gdt + TG + 4], (A_TASK | DPL(3)) << 8
	mov dword [gdt + TGC], TC << 16
	mov dword [gdt + TGC + 4], (A_TASK | DPL(3)) << 8
	mov dword [tb + 4], B_STACK0
	mov dword [tb + 8], KDATA
	mov eax, cr3
	mov [tb + 28], eax
	mov dword [tb + 32], task_end
	mov dword [tb + 36], 2
	mov dword [tb + 40], 0xa0a0a0a0
	mov dword [tb + 44], 0xc1c1c1c1
	mov dword [tb + 48], 0xd2d2d2d2
	mov dword [tb + 52], 0xb3b3b3b3
	mov dword [tb + 56], B_STACK
	mov dword [tb + 60], 0xb5b5b5b5
	mov dword [tb + 64], 0x56565656
	mov dword [tb + 68], 0xd7d7d7d7
	mov dword [tb + 72], KDATA
	mov dword [tb + 76], KCODE
	mov dword [tb + 80], KDATA
	mov dword [tb + 84], KDATA
	mov dword [tb + 88], UDATA | 3
	mov dword [tb + 92], 0
	mov dword [tb + 96], LDTSEL
	mov dword [tb + 100], 104 << 16
	; the 16-bit one: link sp0 ss0 sp1 ss1 sp2 ss2 ip flags ax cx dx bx sp bp si di es cs ss ds ldt
	mov word [tc + 2], B_STACK0 & 0xffff
	mov word [tc + 4], KDATA
	mov word [tc + 14], task_end
	mov word [tc + 16], 2
	mov word [tc + 18], 0xa0a0
	mov word [tc + 20], 0xc1c1
	mov word [tc + 22], 0xd2d2
	mov word [tc + 24], 0xb3b3
	mov word [tc + 26], B_STACK & 0xffff
	mov word [tc + 28], 0xb5b5
	mov word [tc + 30], 0x5656
	mov word [tc + 32], 0xd7d7
	mov word [tc + 34], KDATA
	mov word [tc + 36], KCODE
	mov word [tc + 38], DATA16
	mov word [tc + 40], KDATA
	mov word [tc + 42], LDTSEL
	; task A's image: nothing of earlier cases
	mov edi, tss + 32
	mov eax, 0xeeeeeeee
	mov ecx, 16
	rep stosd
	mov word [tss], 0
	popad
	ret
task_end:
	int 0x40
%if task_end - $$ > 0x8000
%error "task_end must lie in the first 64 KiB"
%endif
; after each case: TR is task A's again, TS clear
task_restore:
	push eax
	push ecx
	mov byte [gdt + TSSSEL + 5], A_TSS32
	mov cx, TSSSEL
	ltr cx
	mov cx, LDTSEL
	lldt cx
	clts
	call idt_init
	pop ecx
	pop eax
	ret
; bit 0-2: A, B, C busy; 4 NT in the new task; 5 CR0.TS; 8-15 TR / 8; 16-31 back link of the current TSS if it is B or C
v_state:
	xor eax, eax
	bt word [gdt + TSSSEL + 5], 1
	adc al, al
	xor ecx, ecx
	bt word [gdt + TB + 5], 1
	adc cl, cl
	lea eax, [eax + ecx * 2]
	xor ecx, ecx
	bt word [gdt + TC + 5], 1
	adc cl, cl
	lea eax, [eax + ecx * 4]
	test dword [r_efl], 0x4000
	jz .1
	or al, 0x10
.1:	mov ecx, cr0
	test cl, 8
	jz .2
	or al, 0x20
.2:	str ecx
	shr ecx, 3
	mov ah, cl
	shl eax, 16
	cmp cl, TB >> 3
	jne .3
	mov ax, [tb]
.3:	cmp cl, TC >> 3
	jne .4
	mov ax, [tc]
.4:	rol eax, 16
	jmp task_restore
%define STATE(busy, nt, ts, tr, link) ((busy) | ((nt) << 4) | ((ts) << 5) | (((tr) >> 3) << 8) | ((link) << 16))
%macro VR 2
%1:	mov eax, [%2]
	jmp task_restore
%endmacro
%macro VRW 2
%1:	movzx eax, word [%2]
	jmp task_restore
%endmacro
	VR t_eax, r_eax
	VR t_ecx, r_ecx
	VR t_edx, r_edx
	VR t_ebx, r_ebx
	VR t_ebp, r_ebp
	VR t_esi, r_esi
	VR t_edi, r_edi
	VR t_esp, r_esp
	VR t_efl, r_efl
	VR t_eip, r_eip
	VRW t_es, r_es
	VRW t_ds, r_ds
	VRW t_fs, r_fs
	VRW t_gs, r_gs
	VRW t_cs, r_cs
	VRW t_ss, r_ss
	VR t_dr6, r_dr6
	VR a_eip, tss + 32
	VR a_efl, tss + 36
	VR a_eax, tss + 40
	VR a_ecx, tss + 44
	VR a_edx, tss + 48
	VR a_ebx, tss + 52
	VR a_esp, tss + 56
	VR a_ebp, tss + 60
	VR a_esi, tss + 64
	VR a_edi, tss + 68
	VRW a_es, tss + 72
	VRW a_cs, tss + 76
	VRW a_ss, tss + 80
	VRW a_ds, tss + 84
	VRW a_fs, tss + 88
	VRW a_gs, tss + 92
	VR b_eip, tb + 32
	VR b_efl, tb + 36
	VR b_eax, tb + 40
	VR b_ss0, tb + 8
	VRW c_ip, tc + 14
	VRW c_fl, tc + 16
	VRW c_ax, tc + 18
	VRW c_sp, tc + 26
	VRW c_cs, tc + 36
t_ldt:	sldt eax
	jmp task_restore
t_none:	xor eax, eax
	jmp task_restore
int_b:	call task_init
	mov dword [idt + 0x48 * 8], TB << 16
	mov dword [idt + 0x48 * 8 + 4], (A_TASK | DPL(3)) << 8
	ret
gp_b:	call task_init
	mov dword [idt + 13 * 8], TB << 16
	mov dword [idt + 13 * 8 + 4], A_TASK << 8
	mov dword [tb + 32], task_pop
	ret
task_pop:
	pop eax
	int 0x40
nt_b:	call task_init			; as if B had called A; B is busy
	or byte [gdt + TB + 5], 2
	mov word [tss], TB
	mov dword [efl], 0x4002
	ret
nt_c:	call task_init
	or byte [gdt + TC + 5], 2
	mov word [tss], TC
	mov dword [efl], 0x4002
	ret

GROUP g_switch, "the four ways to switch"
CASE "jmp tss", 0, DONE, STATE(2, 0, 1, TB, 0), task_init, v_state
	jmp dword TB:0x12345678
ENDC
CASE "call tss", 0, DONE, STATE(3, 1, 1, TB, TSSSEL), task_init, v_state
	call dword TB:0
ENDC
CASE "jmp task gate", 0, DONE, STATE(2, 0, 1, TB, 0), task_init, v_state
	jmp dword TG:0
ENDC
CASE "call task gate", 0, DONE, STATE(3, 1, 1, TB, TSSSEL), task_init, v_state
	call dword TG:0
ENDC
CASE "call task gate from 3", 3, DONE, STATE(3, 1, 1, TB, TSSSEL), task_init, v_state
	call dword TG:0
ENDC
CASE "jmp task gate from 3", 3, DONE, STATE(2, 0, 1, TB, 0), task_init, v_state
	jmp dword TG:0
ENDC
CASE "int n by task gate", 3, DONE, STATE(3, 1, 1, TB, TSSSEL), int_b, v_state
	int 0x48
ENDC
CASE "exception by task gate", 3, DONE, STATE(3, 1, 1, TB, TSSSEL), gp_b, v_state
	hlt
ENDC
CASE "iret with nt", 0, DONE, STATE(2, 0, 1, TB, 0), nt_b, v_state
	iretd
ENDC
CASE "iret with nt, 16-bit operand", 0, DONE, STATE(2, 0, 1, TB, 0), nt_b, v_state
	iretw
ENDC
CASE "iret with nt from 3", 3, DONE, STATE(2, 0, 1, TB, 0), nt_b, v_state
	iretd
ENDC
CASE "retf ignores nt", 0, DONE, -, nt_b, v_state
	push dword KCODE
	push dword %$to
	retf
%$to:
ENDC
CASE "call, iret back", 0, DONE, STATE(1, 0, 1, TSSSEL, 0), .ib, v_state
	jmp short %$a
.ib:	call task_init
	mov dword [tb + 32], .iret
	ret
.iret:	iretd
%$a:	call dword TB:0
ENDC
CASE "call, iret back, call again goes on after iret", 0, DONE, STATE(3, 1, 1, TB, TSSSEL), .ib2, v_state
	jmp short %$a
.ib2:	call task_init
	mov dword [tb + 32], .iret2
	ret
.iret2:	iretd
	int 0x40
%$a:	call dword TB:0
	call dword TB:0
	ud2
ENDC
CASE "call b, b calls c, both busy", 0, DONE, STATE(7, 1, 1, TC, TB), .bc, v_state
	jmp short %$a
.bc:	call task_init
	mov dword [tb + 32], .bcc
	ret
.bcc:	call dword TC:0
%$a:	call dword TB:0
ENDC
CASE "jmp from a nested task clears its nt only in the new", 0, DONE, STATE(5, 0, 1, TC, 0), .bj, v_state
	jmp short %$a
.bj:	call task_init
	mov dword [tb + 32], .bjj
	ret
.bjj:	jmp dword TC:0
%$a:	call dword TB:0
ENDC
ENDGROUP

GROUP g_regs, "registers of the new task"
%macro TR 3
CASE %1, 0, DONE, %2, task_init, %3
	jmp dword TB:0
ENDC
%endmacro
TR "eax", 0xa0a0a0a0, t_eax
TR "ecx", 0xc1c1c1c1, t_ecx
TR "edx", 0xd2d2d2d2, t_edx
TR "ebx", 0xb3b3b3b3, t_ebx
TR "ebp", 0xb5b5b5b5, t_ebp
TR "esi", 0x56565656, t_esi
TR "edi", 0xd7d7d7d7, t_edi
TR "esp", B_STACK, t_esp
TR "es", KDATA, t_es
TR "ds", KDATA, t_ds
TR "fs", UDATA | 3, t_fs
TR "gs", 0, t_gs
TR "cs", KCODE, t_cs
TR "ss", KDATA, t_ss
TR "ldt", LDTSEL, t_ldt
TR "eflags", 2, t_efl
%macro SETB 3+				; routine, TSS offset, value
%1:	call task_init
	mov dword [tb + (%2)], %3
	ret
%endmacro
section .text
	SETB rb_efl, 36, 0x00044ad7
	SETB rb_ldt, 96, LDT2
	SETB rb_ldt0, 96, 0
	SETB rb_ldt3, 96, 3
rb_r3:	call task_init
	mov dword [tb + 76], UCODE | 3
	mov dword [tb + 80], UDATA | 3
	mov dword [tb + 72], UDATA | 3
	mov dword [tb + 84], UDATA | 3
	mov dword [tb + 56], S3_STACK
	ret
CASE "eflags all", 0, DONE, 0x00044ad7, rb_efl, t_efl
	jmp dword TB:0
ENDC
CASE "eflags by call have nt", 0, DONE, 0x4002, task_init, t_efl
	call dword TB:0
ENDC
CASE "another ldt", 0, DONE, LDT2, rb_ldt, t_ldt
	jmp dword TB:0
ENDC
CASE "null ldt", 0, DONE, 0, rb_ldt0, t_ldt
	jmp dword TB:0
ENDC
CASE "null ldt rpl 3", 0, DONE, 3, rb_ldt3, t_ldt
	jmp dword TB:0
ENDC
CASE "to ring 3: cs", 0, DONE, UCODE | 3, rb_r3, t_cs
	jmp dword TB:0
ENDC
CASE "to ring 3: esp", 0, DONE, S3_STACK, rb_r3, t_esp
	jmp dword TB:0
ENDC
CASE "error code goes to the new stack", 3, DONE, IV(0x20), gp_b, t_eax
	int 0x20
ENDC
CASE "error code: esp", 3, DONE, B_STACK, gp_b, t_esp
	int 0x20
ENDC
CASE "int n pushes nothing", 3, DONE, B_STACK, int_b, t_esp
	int 0x48
ENDC
CASE "ts: fpu faults in the new task", 0, NM, -, rb_fpu, t_none
	jmp dword TB:0
ENDC
CASE "flags of a trap task: if stays by the image", 3, DONE, 0x4002, int_b, t_efl
	int 0x48
ENDC
ENDGROUP
section .text
	SETB rb_fpu, 32, task_fpu
task_fpu: fnop
	int 0x40

GROUP g_saved, "registers of the old task"
%macro TS_ 3-4 "jmp"
CASE {"saved ", %1}, 0, DONE, %2, task_init, %3
	mov eax, 0x11
	mov ecx, 0x22
	mov edx, 0x33
	mov ebx, 0x44
	mov ebp, 0x66
	mov esi, 0x77
	mov edi, 0x88
	stc
	jmp dword TB:0
AFTER
ENDC
%endmacro
TS_ "eax", 0x11, a_eax
TS_ "ecx", 0x22, a_ecx
TS_ "edx", 0x33, a_edx
TS_ "ebx", 0x44, a_ebx
TS_ "ebp", 0x66, a_ebp
TS_ "esi", 0x77, a_esi
TS_ "edi", 0x88, a_edi
TS_ "esp", R0_STACK, a_esp
TS_ "efl", 3, a_efl
TS_ "es", UDATA | 3, a_es
TS_ "cs", KCODE, a_cs
TS_ "ss", KDATA, a_ss
TS_ "ds", UDATA | 3, a_ds
TS_ "fs", UDATA | 3, a_fs
TS_ "gs", UDATA | 3, a_gs
section .text
a_eipd:	mov eax, [tss + 32]		; relative to the mark
	mov ecx, [cur]
	sub eax, [ecx + C_EIP]
	jmp task_restore
CASE "saved eip, jmp", 0, DONE, 0, task_init, a_eipd
	jmp dword TB:0
AFTER
ENDC
CASE "saved eip, call", 0, DONE, 0, task_init, a_eipd
	call dword TB:0
AFTER
ENDC
CASE "saved eip, gate", 0, DONE, 0, task_init, a_eipd
	call dword TG:0
AFTER
ENDC
CASE "saved eip, int n", 0, DONE, 0, int_b, a_eipd
	int 0x48
AFTER
ENDC
CASE "saved eip, exception", 3, DONE, 0, gp_b, a_eipd
AFTER
	hlt
ENDC
CASE "saved eflags, exception: rf", 3, DONE, 0x10002, gp_b, a_efl
	hlt
ENDC
CASE "saved eflags, int n: no rf", 3, DONE, 2, int_b, a_efl
	int 0x48
ENDC
CASE "saved eip, iret", 0, DONE, 0, nt_b, a_eipd
	iretd
AFTER
ENDC
CASE "saved eflags, iret: nt cleared", 0, DONE, 2, nt_b, a_efl
	iretd
ENDC
CASE "saved eflags, jmp with nt: kept", 0, DONE, 0x4002, nt_b2, a_efl
	jmp dword TB:0
ENDC
CASE "ring 3's esp and ss saved", 3, DONE, S3_STACK, task_init, a_esp
	call dword TG:0
ENDC
CASE "ring 3's cs saved", 3, DONE, UCODE | 3, task_init, a_cs
	call dword TG:0
ENDC
CASE "back from the task: registers as they were", 0, DONE, 0x1234, .rt, t_ebx
	jmp short %$a
.rt:	call task_init
	mov dword [tb + 32], .rti
	ret
.rti:	mov ebx, 0
	iretd
%$a:	mov ebx, 0x1234
	call dword TB:0
ENDC
CASE "b's image after its iret: eip", 0, DONE, 0, .rt2, .rt2v
	jmp short %$a
.rt2:	call task_init
	mov dword [tb + 32], .rti
	ret
.rt2v:	mov eax, [tb + 36]
	and eax, 0x4000
	jmp task_restore
%$a:	call dword TB:0
ENDC
ENDGROUP
section .text
nt_b2:	call task_init
	mov dword [efl], 0x4002
	ret

; ---- 16-bit TSSs --------------------------------------------------------------------------------------------------
section .text
int_c:	call task_init
	mov dword [idt + 0x48 * 8], TC << 16
	mov dword [idt + 0x48 * 8 + 4], (A_TASK | DPL(3)) << 8
	ret
%macro TLO 2
%1:	movzx eax, word [%2]
	jmp task_restore
%endmacro
	TLO t_ax, r_eax
	TLO t_cx, r_ecx
	TLO t_dx, r_edx
	TLO t_bx, r_ebx
	TLO t_bp, r_ebp
	TLO t_si, r_esi
	TLO t_di, r_edi
	TLO t_sp, r_kesp
GROUP g_16, "16-bit tss"
CASE "jmp tss16", 0, DONE, STATE(4, 0, 1, TC, 0), task_init, v_state
	jmp dword TC:0
ENDC
CASE "call tss16", 0, DONE, STATE(5, 1, 1, TC, TSSSEL), task_init, v_state
	call dword TC:0
ENDC
CASE "call gate to tss16 from 3", 3, DONE, STATE(5, 1, 1, TC, TSSSEL), task_init, v_state
	call dword TGC:0
ENDC
CASE "int n to tss16", 3, DONE, STATE(5, 1, 1, TC, TSSSEL), int_c, v_state
	int 0x48
ENDC
CASE "iret to tss16", 0, DONE, STATE(4, 0, 1, TC, 0), nt_c, v_state
	iretd
ENDC
%macro T16 3
CASE {"tss16 ", %1}, 0, DONE, %2, task_init, %3
	jmp dword TC:0
ENDC
%endmacro
T16 "ax", 0xa0a0, t_ax
T16 "cx", 0xc1c1, t_cx
T16 "dx", 0xd2d2, t_dx
T16 "bx", 0xb3b3, t_bx
T16 "bp", 0xb5b5, t_bp
T16 "si", 0x5656, t_si
T16 "di", 0xd7d7, t_di
T16 "es", KDATA, t_es
T16 "ds", KDATA, t_ds
T16 "fs", 0, t_fs
T16 "gs", 0, t_gs
T16 "ldt", LDTSEL, t_ldt
T16 "cs", KCODE, t_cs
CASE "from tss16 to tss32 and back saves 16 bits", 0, DONE, 0x4321, .sv, .svv
	jmp short %$a
.sv:	call task_init
	mov word [tc + 14], .svc
	ret
.svc:	mov eax, 0x87654321
	jmp dword TB:0
.svv:	mov eax, [tc + 18]
	ror eax, 16
	cmp ax, 0xc1c1			; CX's field is left alone but for CX
	rol eax, 16
	movzx eax, ax
	jmp task_restore
%$a:	jmp dword TC:0
ENDC
CASE "tss16's saved ip", 0, DONE, 0, .si, .siv
	jmp short %$a
.si:	call task_init
	mov word [tc + 14], .sic
	ret
.sic:	jmp dword TB:0
.sie:
.siv:	movzx eax, word [tc + 14]
	sub eax, .sie
	jmp task_restore
%$a:	jmp dword TC:0
ENDC
ENDGROUP

; ---- the TSS descriptor does not do: faults in the old task ----------------------------------------------------------
section .text
%macro TSET 2+				; routine, code after task_init
%1:	call task_init
	%2
	ret
%endmacro
	TSET d_np, mov byte [gdt + TB + 5], 0x09
	TSET d_busy, mov byte [gdt + TB + 5], 0x8b
	TSET d_busy16, mov byte [gdt + TC + 5], 0x83
	TSET d_busynp, mov byte [gdt + TB + 5], 0x0b
	TSET d_limit, mov word [gdt + TB], 102
	TSET d_limit16, mov word [gdt + TC], 42
	TSET d_dpl3, mov byte [gdt + TB + 5], 0xe9
	TSET d_gran, call d_g
d_g:	mov word [gdt + TB], 0
	mov byte [gdt + TB + 6], 0x80
	ret
	TSET d_ldt, LDTSET 0x08, 0x5e000, 103, A_TSS32 | DPL(3), 0
GROUP g_denied, "tss descriptor faults"
%macro DEN 5				; name, ring, outcome, setup, selector: by JMP and by CALL, nothing happened
CASE {%1, ", jmp"}, %2, %3, -, %4, t_none
AT
	jmp dword (%5):0
ENDC
CASE {%1, ", call"}, %2, %3, -, %4, t_none
AT
	call dword (%5):0
ENDC
%endmacro
DEN "dpl 0 from 3", 3, GP(TB), task_init, TB
DEN "dpl 0 from 3, rpl 3", 3, GP(TB), task_init, TB | 3
DEN "dpl 0 rpl 3 from 0", 0, GP(TB), task_init, TB | 3
DEN "dpl 0 rpl 1 from 0", 0, GP(TB), task_init, TB | 1
DEN "not present", 0, NP(TB), d_np, TB
DEN "busy", 0, GP(TB), d_busy, TB
DEN "busy16", 0, GP(TC), d_busy16, TC
DEN "busy and not present", 0, GP(TB), d_busynp, TB
DEN "limit 102", 0, TS(TB), d_limit, TB
DEN "limit 42 of a 16-bit tss", 0, TS(TC), d_limit16, TC
DEN "to itself: busy", 0, GP(TSSSEL), task_init, TSSSEL
DEN "tss in the ldt", 3, GP(0x0c), d_ldt, 0x0f
CASE "dpl 3 from 3", 3, DONE, STATE(3, 1, 1, TB, TSSSEL), d_dpl3, v_state
	call dword (TB | 3):0
ENDC
CASE "limit by pages", 0, DONE, STATE(3, 1, 1, TB, TSSSEL), d_gran, v_state
	call dword TB:0
ENDC
CASE "after a fault a is still busy, ts clear", 0, GP(TB), STATE(3, 0, 0, TSSSEL, 0), d_busy, v_state
	call dword TB:0
ENDC
CASE "after #TS a is still busy, b is not", 0, TS(TB), STATE(1, 0, 0, TSSSEL, 0), d_limit, v_state
	call dword TB:0
ENDC
ENDGROUP

section .text
	TSET e_dpl0, mov byte [gdt + TG + 5], A_TASK
	TSET e_np, mov byte [gdt + TG + 5], (A_TASK | DPL(3)) & 0x7f
	TSET e_ti, mov word [gdt + TG + 2], 0x0c
	TSET e_beyond, mov word [gdt + TG + 2], BEYOND
	TSET e_null, mov word [gdt + TG + 2], 0
	TSET e_data, mov word [gdt + TG + 2], KDATA
	TSET e_rpl, mov word [gdt + TG + 2], TB | 3
	TSET e_gate, mov word [gdt + TG + 2], TG
; the same by INT 48h
%macro TSETI 2
%1:	call int_b
	mov word [idt + 0x48 * 8 + 2], %2
	ret
%endmacro
	TSETI i_ti, 0x0c
	TSETI i_beyond, BEYOND
	TSETI i_data, KDATA
	TSETI i_rpl, TB | 3
i_np:	call int_b
	mov byte [idt + 0x48 * 8 + 5], (A_TASK | DPL(3)) & 0x7f
	ret
i_dpl:	call int_b
	mov byte [idt + 0x48 * 8 + 5], A_TASK
	ret
i_busy:	call int_b
	mov byte [gdt + TB + 5], 0x8b
	ret
i_tnp:	call int_b
	mov byte [gdt + TB + 5], 0x09
	ret
i_limit: call int_b
	mov word [gdt + TB], 102
	ret
GROUP g_gates, "task gate faults"
DEN "gate dpl 0 from 3", 3, GP(TG), e_dpl0, TG
DEN "gate dpl 0 rpl 3 from 0", 0, GP(TG), e_dpl0, TG | 3
DEN "gate not present", 3, NP(TG), e_np, TG
DEN "gate's tss in the ldt", 3, GP(0x0c), e_ti, TG
DEN "gate's tss beyond the gdt", 3, GP(BEYOND), e_beyond, TG
DEN "gate's tss is data", 3, GP(KDATA), e_data, TG
DEN "gate's tss is a gate", 3, GP(TG), e_gate, TG
DEN "gate's tss busy", 3, GP(TB), d_busy, TG
DEN "gate's tss not present", 3, NP(TB), d_np, TG
DEN "gate's tss too short", 3, TS(TB), d_limit, TG
CASE "gate's tss selector with rpl 3, tss of dpl 0", 3, DONE, STATE(3, 1, 1, TB, TSSSEL), e_rpl, v_state
	call dword TG:0
ENDC
%macro DENI 3
CASE %1, 3, %2, -, %3, t_none
AT
	int 0x48
ENDC
%endmacro
DENI "int: gate dpl 0", GP(IV(0x48)), i_dpl
DENI "int: gate not present", NP(IV(0x48)), i_np
DENI "int: tss in the ldt", GP(0x0c), i_ti
DENI "int: tss beyond", GP(BEYOND), i_beyond
DENI "int: tss is data", GP(KDATA), i_data
DENI "int: tss busy", GP(TB), i_busy
DENI "int: tss not present", NP(TB), i_tnp
DENI "int: tss too short", TS(TB), i_limit
CASE "int: rpl 3 of the selector does not matter", 3, DONE, STATE(3, 1, 1, TB, TSSSEL), i_rpl, v_state
	int 0x48
ENDC
ENDGROUP

section .text
%macro TSETN 2+
%1:	call nt_b
	%2
	ret
%endmacro
	TSETN n_ti, mov word [tss], 0x0c
	TSETN n_beyond, mov word [tss], BEYOND
	TSETN n_data, mov word [tss], KDATA
	TSETN n_null, mov word [tss], 0
	TSETN n_avail, mov byte [gdt + TB + 5], A_TSS32
	TSETN n_np, mov byte [gdt + TB + 5], 0x0b
	TSETN n_limit, mov word [gdt + TB], 102
	TSETN n_self, mov word [tss], TSSSEL
GROUP g_iret, "iret with nt: faults"
%macro DENN 3
CASE %1, 0, %2, -, %3, t_none
AT
	iretd
ENDC
%endmacro
DENN "link in the ldt", TS(0x0c), n_ti
DENN "link beyond the gdt", TS(BEYOND), n_beyond
DENN "link to data", TS(KDATA), n_data
DENN "link null", TS(0), n_null
DENN "link to a tss not busy", TS(TB), n_avail
DENN "link to a tss not present", NP(TB), n_np
DENN "link to a tss too short", TS(TB), n_limit
ENDGROUP

; ---- faults in the new task ---------------------------------------------------------------------------------------
; The new task is at ring 3 by its CS, so that the handler has a stack: ring 0's of the new TSS.
section .text
%macro TSETB 2+
%1:	call rb_r3
	call bad_set
	%2
	ret
%endmacro
bad_set:
	GDTSET T1, 0, 0xfffff, 0x72, G_ | D_	; data of DPL 3, not present
	GDTSET T2, 0, 0xfffff, 0x7a, G_ | D_	; code likewise
	ret
	TSETB s_ldt_data, mov word [tb + 96], KDATA
	TSETB s_ldt_beyond, mov word [tb + 96], BEYOND
	TSETB s_ldt_ti, mov word [tb + 96], 0x0c
	TSETB s_ldt_np, call s_ldtnp
s_ldtnp: mov byte [gdt + LDT2 + 5], A_LDT & 0x7f
	mov word [tb + 96], LDT2
	ret
	TSETB s_cs_data, mov word [tb + 76], UDATA | 3
	TSETB s_cs_beyond, mov word [tb + 76], BEYOND | 3
	TSETB s_cs_dpl, mov word [tb + 76], KCODE | 3
	TSETB s_cs_dpl1, mov word [tb + 76], CODE1 | 3
	TSETB s_cs_np, mov word [tb + 76], T2 | 3
	TSETB s_cs_null, mov word [tb + 76], 3
	TSETB s_ss_null, mov word [tb + 80], 0
	TSETB s_ss_null3, mov word [tb + 80], 3
	TSETB s_ss_rpl, mov word [tb + 80], UDATA
	TSETB s_ss_dpl, mov word [tb + 80], KDATA | 3
	TSETB s_ss_code, mov word [tb + 80], UCODE | 3
	TSETB s_ss_np, mov word [tb + 80], T1 | 3
	TSETB s_ss_beyond, mov word [tb + 80], BEYOND | 3
	TSETB s_eip, call s_eip2
s_eip2:	GDTSET T2, 0, 0xfff, 0xfa, D_
	mov word [tb + 76], T2 | 3
	ret
GROUP g_inside, "faults in the new task"
%macro INS_ 3
CASE {%1, ", jmp"}, 0, %2, -, %3, t_none
	jmp dword TB:0
ENDC
CASE {%1, ", call"}, 0, %2, -, %3, t_none
	call dword TB:0
ENDC
%endmacro
INS_ "ldt is data", TS(KDATA), s_ldt_data
INS_ "ldt beyond", TS(BEYOND), s_ldt_beyond
INS_ "ldt in the ldt", TS(0x0c), s_ldt_ti
INS_ "ldt not present", TS(LDT2), s_ldt_np
INS_ "cs is data", TS(UDATA), s_cs_data
INS_ "cs beyond", TS(BEYOND), s_cs_beyond
INS_ "cs dpl 0 rpl 3", TS(KCODE), s_cs_dpl
INS_ "cs dpl 1 rpl 3", TS(CODE1), s_cs_dpl1
INS_ "cs not present", NP(T2), s_cs_np
INS_ "cs null", TS(0), s_cs_null
INS_ "ss null", TS(0), s_ss_null
INS_ "ss null rpl 3", TS(0), s_ss_null3
INS_ "ss rpl 0", TS(UDATA), s_ss_rpl
INS_ "ss dpl 0", TS(KDATA), s_ss_dpl
INS_ "ss is code", TS(UCODE), s_ss_code
INS_ "ss not present", SS_(T1), s_ss_np
INS_ "ss beyond", TS(BEYOND), s_ss_beyond
INS_ "eip beyond the limit", GP(0), s_eip
%macro INSEG 2				; register, TSS offset
section .text
	TSETB s_%1_np, mov word [tb + %2], T1 | 3
	TSETB s_%1_dpl, mov word [tb + %2], KDATA
	TSETB s_%1_rpl, mov word [tb + %2], KDATA | 3
	TSETB s_%1_tss, mov word [tb + %2], TSSSEL
	TSETB s_%1_beyond, mov word [tb + %2], BEYOND
	TSETB s_%1_xo, call s_xo_%1
	TSETB s_%1_null, mov word [tb + %2], 2
s_xo_%1: GDTSET T2, 0, 0xfffff, 0xf8, G_ | D_
	mov word [tb + %2], T2 | 3
	ret
INS_ {"%1 not present"}, NP(T1), s_%1_np
INS_ {"%1 dpl 0"}, TS(KDATA), s_%1_dpl
INS_ {"%1 dpl 0 rpl 3"}, TS(KDATA), s_%1_rpl
INS_ {"%1 is a tss"}, TS(TSSSEL), s_%1_tss
INS_ {"%1 beyond"}, TS(BEYOND), s_%1_beyond
INS_ {"%1 execute-only"}, TS(T2), s_%1_xo
INS_ {"%1 null"}, DONE, s_%1_null
%endmacro
INSEG es, 72
INSEG ds, 84
INSEG fs, 88
INSEG gs, 92
; where the fault is reported: in the new task, before its first instruction
CASE "fault in the new task: eip", 0, TS(KDATA), 0, s_es_dpl, .e
	jmp short %$a
.e:	mov eax, [r_eip]
	sub eax, task_end
	jmp task_restore
%$a:	jmp dword TB:0
ENDC
CASE "fault in the new task: state, jmp", 0, TS(KDATA), STATE(2, 0, 1, TB, 0), s_es_dpl, v_state
	jmp dword TB:0
ENDC
CASE "fault in the new task: state, call", 0, TS(KDATA), STATE(3, 1, 1, TB, TSSSEL), s_es_dpl, v_state
	call dword TB:0
ENDC
CASE "fault in the new task: cs", 0, TS(KDATA), UCODE | 3, s_es_dpl, t_cs
	call dword TB:0
ENDC
ENDGROUP

; ---- EXT: when a processor exception goes through the task gate ------------------------------------------------------
section .text
%macro TSETU 2+				; #UD by a task gate to B
%1:	call rb_r3
	call bad_set
	mov dword [idt + 6 * 8], TB << 16
	mov dword [idt + 6 * 8 + 4], A_TASK << 8
	%2
	ret
%endmacro
	TSETU u_np, mov byte [gdt + TB + 5], 0x09
	TSETU u_busy, mov byte [gdt + TB + 5], 0x8b
	TSETU u_gnp, mov byte [idt + 6 * 8 + 5], A_TASK & 0x7f
	TSETU u_ti, mov word [idt + 6 * 8 + 2], 0x0c
	TSETU u_beyond, mov word [idt + 6 * 8 + 2], BEYOND
	TSETU u_limit, mov word [gdt + TB], 102
	TSETU u_es, mov word [tb + 72], KDATA
	TSETU u_esnp, mov word [tb + 72], T1 | 3
	TSETU u_ss, mov word [tb + 80], KDATA | 3
	TSETU u_ssnp, mov word [tb + 80], T1 | 3
	TSETU u_ldt, mov word [tb + 96], KDATA
	TSETU u_cs, mov word [tb + 76], KCODE | 3
	TSETU u_csnp, mov word [tb + 76], T2 | 3
df_b:	call task_init			; #DF by a task gate: the only way to survive a bad ring 0 stack
	mov dword [idt + 8 * 8], TB << 16
	mov dword [idt + 8 * 8 + 4], A_TASK << 8
	mov dword [tb + 32], task_pop
	GDTSET T1, 0x300000, 0xfff, A_DATA, D_
	ret
GROUP g_ext, "processor exceptions by task gates"
%macro EXTC 3
CASE {"#UD: ", %1}, 3, %2, -, %3, t_none
	ud2
ENDC
%endmacro
EXTC "tss not present", NP(TB | 1), u_np
EXTC "tss busy", GP(TB | 1), u_busy
EXTC "gate not present", NP(IV(6) | 1), u_gnp
EXTC "tss in the ldt", GP(0x0d), u_ti
EXTC "tss beyond", GP(BEYOND | 1), u_beyond
EXTC "tss too short", TS(TB | 1), u_limit
EXTC "es of dpl 0", TS(KDATA | 1), u_es
EXTC "es not present", NP(T1 | 1), u_esnp
EXTC "ss of dpl 0", TS(KDATA | 1), u_ss
EXTC "ss not present", SS_(T1 | 1), u_ssnp
EXTC "ldt is data", TS(KDATA | 1), u_ldt
EXTC "cs of dpl 0", TS(KCODE | 1), u_cs
EXTC "cs not present", NP(T2 | 1), u_csnp
CASE "#DF by a task gate, no stack left: error code 0", 0, DONE, 0, df_b, t_eax
	mov eax, T1
	mov ss, ax
	mov esp, 0x10000
	ud2
ENDC
CASE "#DF by a task gate: state", 0, DONE, STATE(3, 1, 1, TB, TSSSEL), df_b, v_state
	mov eax, T1
	mov ss, ax
	mov esp, 0x10000
	push eax
ENDC
CASE "#DF by a task gate: saved eip", 0, DONE, 0, df_b, a_eipd
	mov eax, T1
	mov ss, ax
	mov esp, 0x10000
AFTER
	ud2
ENDC
ENDGROUP

; ---- the T bit ----------------------------------------------------------------------------------------------------
section .text
	TSET t_bit, mov byte [tb + 100], 1
t_call:	call task_init
	mov byte [tb + 100], 1
	ret
t_dr6b:	mov eax, [r_dr6]
	and eax, 0xe00f
	push eax
	mov eax, 0xffff0ff0
	mov dr6, eax
	pop eax
	jmp task_restore
t_eipt:	mov eax, [r_eip]
	sub eax, task_end
	jmp task_restore
GROUP g_debug, "debug trap of a task"
CASE "t bit, jmp: dr6.bt", 0, DB, 0x8000, t_bit, t_dr6b
	jmp dword TB:0
ENDC
CASE "t bit, call: dr6.bt", 0, DB, 0x8000, t_bit, t_dr6b
	call dword TB:0
ENDC
CASE "t bit: before the first instruction", 0, DB, 0, t_bit, t_eipt
	call dword TB:0
ENDC
CASE "no t bit", 0, DONE, 0, task_init, t_eip0
	call dword TB:0
ENDC
ENDGROUP
section .text
t_eip0:	xor eax, eax
	jmp task_restore

; ---- CR3 ----------------------------------------------------------------------------------------------------------
; Two directories: 4 MiB pages, the same but for 400000h, which is 400000h in one and 800000h in the other
section .text
cr3_set:
	call task_init
	pushad
	mov edi, pd_1
	mov ecx, 2048
	xor eax, eax
	rep stosd
	xor ecx, ecx
.1:	mov eax, ecx
	shl eax, 22
	or eax, 0x87
	mov [pd_1 + ecx * 4], eax
	mov [pd_2 + ecx * 4], eax
	inc ecx
	cmp ecx, 16
	jb .1
	mov dword [pd_2 + 4], 0x800087
	mov dword [0x400000], 0x11111111
	mov dword [0x800000], 0x22222222
	mov eax, cr4
	or eax, 0x10
	mov cr4, eax
	mov eax, pd_1
	mov cr3, eax
	mov dword [tb + 28], pd_2
	mov dword [tb + 32], task_cr3
	mov dword [tss + 28], 0x77777000
	mov eax, cr0
	or eax, 0x80000000
	mov cr0, eax
	popad
	ret
task_cr3:
	mov eax, [0x400000]
	int 0x40
cr3_off:
	mov ecx, cr0
	and ecx, 0x7fffffff
	mov cr0, ecx
	mov ecx, cr4
	and ecx, ~0x10
	mov cr4, ecx
	jmp task_restore
cr3_val: mov eax, [r_eax]
	jmp cr3_off
cr3_now: mov eax, cr3
	jmp cr3_off
cr3_old: mov eax, [tss + 28]
	jmp cr3_off
GROUP g_cr3, "cr3"
CASE "new task has its own page tables", 0, DONE, 0x22222222, cr3_set, cr3_val
	mov eax, [0x400000]
	jmp dword TB:0
ENDC
CASE "cr3 loaded", 0, DONE, pd_2, cr3_set, cr3_now
	jmp dword TB:0
ENDC
CASE "cr3 is not saved", 0, DONE, 0x77777000, cr3_set, cr3_old
	jmp dword TB:0
ENDC
ENDGROUP

; ---- the I/O permission bitmap ------------------------------------------------------------------------------------
; rows: bitmap base, TSS limit, port, operation, bits cleared: first port and count, outcome; at CPL 3 with IOPL 0
section .text
o_inb:	mov dx, di
	in al, dx
	int 0x40
o_inw:	mov dx, di
	in ax, dx
	int 0x40
o_ind:	mov dx, di
	in eax, dx
	int 0x40
o_outb:	mov dx, di
	out dx, al
	int 0x40
o_outw:	mov dx, di
	out dx, ax
	int 0x40
o_outd:	mov dx, di
	out dx, eax
	int 0x40
o_insb:	mov dx, di
	mov edi, scratch
	insb
	int 0x40
o_insd:	mov dx, di
	mov edi, scratch
	insd
	int 0x40
o_outsb: mov dx, di
	mov esi, scratch
	outsb
	int 0x40
o_outsw: mov dx, di
	mov esi, scratch
	outsw
	int 0x40
section .data
align 4
%macro IOB 7-8				; name, base, limit, port, operation, first clear port, count, outcome
	STR %1
	dd %2, %3, %4, %5, %6, %7, %8
%endmacro
io_rows:
	IOB "byte allowed", 104, 0x2068, 0x300, o_inb, 0x300, 1, DONE
	IOB "byte denied before", 104, 0x2068, 0x2ff, o_inb, 0x300, 1, GP(0)
	IOB "byte denied after", 104, 0x2068, 0x301, o_inb, 0x300, 1, GP(0)
	IOB "out byte allowed", 104, 0x2068, 0x307, o_outb, 0x307, 1, DONE
	IOB "out byte denied", 104, 0x2068, 0x306, o_outb, 0x307, 1, GP(0)
	IOB "word allowed", 104, 0x2068, 0x300, o_inw, 0x300, 2, DONE
	IOB "word second denied", 104, 0x2068, 0x300, o_inw, 0x300, 1, GP(0)
	IOB "word first denied", 104, 0x2068, 0x300, o_outw, 0x301, 1, GP(0)
	IOB "word over a byte's edge", 104, 0x2068, 0x307, o_outw, 0x307, 2, DONE
	IOB "word over a byte's edge denied", 104, 0x2068, 0x307, o_outw, 0x307, 1, GP(0)
	IOB "dword allowed", 104, 0x2068, 0x300, o_ind, 0x300, 4, DONE
	IOB "dword last denied", 104, 0x2068, 0x300, o_ind, 0x300, 3, GP(0)
	IOB "dword first denied", 104, 0x2068, 0x300, o_outd, 0x301, 3, GP(0)
	IOB "dword over a byte's edge", 104, 0x2068, 0x306, o_outd, 0x306, 4, DONE
	IOB "dword over a byte's edge denied", 104, 0x2068, 0x306, o_outd, 0x306, 3, GP(0)
	IOB "insb allowed", 104, 0x2068, 0x300, o_insb, 0x300, 1, DONE
	IOB "insb denied", 104, 0x2068, 0x300, o_insb, 0x301, 1, GP(0)
	IOB "insd denied", 104, 0x2068, 0x300, o_insd, 0x300, 3, GP(0)
	IOB "outsb allowed", 104, 0x2068, 0x300, o_outsb, 0x300, 1, DONE
	IOB "outsw denied", 104, 0x2068, 0x300, o_outsw, 0x300, 1, GP(0)
	IOB "limit: both bytes inside", 104, 104 + 0x61, 0x300, o_inb, 0x300, 8, DONE
	IOB "limit: second byte outside", 104, 104 + 0x60, 0x300, o_inb, 0x300, 8, GP(0)
	IOB "limit: first byte outside", 104, 104 + 0x5f, 0x300, o_inb, 0x300, 8, GP(0)
	IOB "limit: dword, second byte outside", 104, 104 + 0x60, 0x300, o_ind, 0x300, 8, GP(0)
	IOB "base at the limit", 103, 103, 0, o_inb, 0x300, 1, GP(0)
	IOB "base beyond the limit", 0x3000, 0x2068, 0x300, o_inb, 0x300, 1, GP(0)
	IOB "base ffff", 0xffff, 0x2068, 0x300, o_inb, 0x300, 1, GP(0)
	IOB "another base", 104 + 0x20, 0x2068, 0x200, o_inb, 0x300, 1, DONE
	IOB "another base, denied", 104 + 0x20, 0x2068, 0x300, o_inb, 0x300, 1, GP(0)
	IOB "last port denied", 104, 0x2068, 0xffff, o_inb, 0x300, 1, GP(0)
	IOB "last port allowed", 104, 0x2068, 0xffff, o_inb, 0xffff, 1, DONE
	IOB "word at the last port", 104, 0x2068, 0xffff, o_inw, 0xffff, 1, GP(0)
io_end:
s_io:	db "i/o permission bitmap", 0
align 4
irec:	times C_SIZE db 0
section .text
io_bitmap:
	mov ebp, io_rows
.next:	mov edi, tss_bitmap
	mov ecx, 0x2001
	mov al, 0xff
	rep stosb
	mov ecx, [ebp + 24]
	mov eax, [ebp + 20]
.clear:	btr [tss_bitmap], eax
	inc eax
	loop .clear
	mov eax, [ebp]
	mov [irec + C_NAME], eax
	mov eax, [ebp + 4]
	mov [tss + 0x66], ax
	mov eax, [ebp + 8]
	mov [gdt + TSSSEL], ax
	mov eax, [ebp + 12]
	mov [param2], eax
	mov eax, [ebp + 16]
	mov [irec + C_CODE], eax
	mov eax, [ebp + 28]
	mov [irec + C_WANT], eax
	mov dword [irec + C_RING], 3
	call task_restore		; loads TR: the limit counts from there on
	mov esi, irec
	call run_case
	add ebp, 32
	cmp ebp, io_end
	jb .next
	mov word [tss + 0x66], 104
	mov word [gdt + TSSSEL], 104 + 0x2000
	call task_restore
	mov dword [param2], 0
	mov edi, tss_bitmap
	mov ecx, 0x2001
	mov al, 0xff
	rep stosb
	mov esi, s_io
	jmp group_line

section .text
%macro IOPLS 1
iopl_%1: mov dword [efl], 2 | ((%1) << 12)
	ret
%endmacro
	IOPLS 0
	IOPLS 1
	IOPLS 2
	IOPLS 3
tr16:	call task_init			; a 16-bit TSS has no bitmap
	mov word [gdt + TC], 0x20ff
	mov ax, TC
	ltr ax
	xor eax, eax
	ret
GROUP g_io, "iopl"
%assign c 0
%rep 4
%assign l 0
%rep 4
%if c <= l
CASE "in, out by iopl", c, DONE, -, iopl_%+l
	mov dx, 0x300
	in al, dx
	out dx, al
	in ax, dx
	in eax, dx
ENDC
CASE "ins by iopl", c, DONE, -, iopl_%+l
	mov dx, 0x300
	mov edi, scratch
	insb
ENDC
%else
CASE "in denied by iopl", c, GP(0), -, iopl_%+l
	mov dx, 0x300
AT
	in al, dx
ENDC
CASE "out denied by iopl", c, GP(0), -, iopl_%+l
AT
	out 0x80, al
ENDC
%endif
%assign l l + 1
%endrep
%assign c c + 1
%endrep
CASE "16-bit tss: no bitmap", 3, GP(0), 0, tr16, t_none
AT
	in al, 0x80
ENDC
CASE "16-bit tss: ring 0 may", 0, DONE, 0, tr16, t_none
	in al, 0x80
ENDC
ENDGROUP
