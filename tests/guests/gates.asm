; SPDX-License-Identifier: GPL-3.0-or-later
; Call, interrupt and trap gates: privilege checks, stack switches, frames, flags, returns to outer rings, double faults.
; Manual: SDM volume 2 (CALL, INT n, IRET, RET), volume 3 chapters 5.8 and 6.
%include "lib.inc"
%include "grab.inc"

%define T1	(SEL_FREE + 0x00)
%define T2	(SEL_FREE + 0x08)
%define T3	(SEL_FREE + 0x10)
%define BEYOND	0x400
%define CRING(n) ((n) == 0 ? KCODE : (n) == 1 ? CODE1 | 1 : (n) == 2 ? CODE2 | 2 : UCODE | 3)
%define IV(n)	((n) * 8 + 2)		; error code of an IDT entry

guest_main:
	call gate_matrix
	RUN g_call
	RUN g_stack
	call int_matrix
	RUN g_int
	RUN g_ext
	RUN g_iflags
	RUN g_frames
	RUN g_outer
	call outer_ss_matrix
	RUN g_flags
	RUN g_double
	ret

; ---- call gates: privileges ---------------------------------------------------------------------------------------
; index [what][codeP][gateP][conf][codeDPL][gateDPL][CPL][RPL]: what 0 CALL 32, 1 JMP 32, 2 CALL 16, 3 JMP 16
; 0 done, 1 #GP(gate), 2 #NP(gate), 3 #GP(code), 4 #NP(code)
%macro m_gate 0
	%if gdpl < cpl || gdpl < rpl
		db 1
	%elif !gp
		db 2
	%elif cdpl > cpl
		db 3
	%elif jump && !conf && cdpl != cpl
		db 3
	%elif !cp
		db 4
	%else
		db 0
	%endif
%endmacro
section .data
want_gate:
%assign jump 0
%rep 2
%assign cp 0
%rep 2
%assign gp 0
%rep 2
%assign conf 0
%rep 2
%assign cdpl 0
%rep 4
%assign gdpl 0
%rep 4
%assign cpl 0
%rep 4
%assign rpl 0
%rep 4
	m_gate
%assign rpl rpl + 1
%endrep
%assign cpl cpl + 1
%endrep
%assign gdpl gdpl + 1
%endrep
%assign cdpl cdpl + 1
%endrep
%assign conf conf + 1
%endrep
%assign gp gp + 1
%endrep
%assign cp cp + 1
%endrep
%assign jump jump + 1
%endrep
align 4
gate_wants: dd DONE, GP(T1), NP(T1), GP(T2), NP(T2)
gate_bits: dd 0
grec:	times C_SIZE db 0
gate_acc: db A_GATE32, A_GATE16
s_gate:	db "matrix call gates", 0
section .text
x_call:	push eax
	push eax			; the offset is not used
	mov ebx, esp
	call far [ss:ebx]
x_jmp:	push eax
	push eax
	jmp far [ss:esp]
gate_end:
	mov eax, cs
	int 0x40

gate_matrix:
	mov dword [grec + C_NAME], s_gate
	mov dword [gate_bits], 0
.width:	xor edi, edi
.next:	; the gate T1 -> T2:gate_end
	mov eax, gate_end
	mov [gdt + T1], ax
	mov word [gdt + T1 + 2], T2
	shr eax, 16
	mov [gdt + T1 + 6], ax
	mov ecx, edi
	shr ecx, 4
	and ecx, 3
	shl ecx, 5
	mov eax, [gate_bits]
	or cl, [gate_acc + eax]
	and cl, 0x7f
	test edi, 0x200
	jz .1
	or cl, 0x80
.1:	mov byte [gdt + T1 + 4], 0
	mov [gdt + T1 + 5], cl
	; the code segment
	mov dword [gdt + T2], 0xffff
	mov ecx, edi
	shr ecx, 6
	and ecx, 3
	shl ecx, 5
	or ecx, 0x1a
	test edi, 0x100
	jz .2
	or ecx, 4
.2:	test edi, 0x400
	jz .3
	or ecx, 0x80
.3:	shl ecx, 8
	or ecx, 0x00cf0000
	mov [gdt + T2 + 4], ecx
	mov eax, x_call
	test edi, 0x800
	jz .4
	mov eax, x_jmp
.4:	mov [grec + C_CODE], eax
	movzx eax, byte [want_gate + edi]
	mov eax, [gate_wants + eax * 4]
	mov [grec + C_WANT], eax
	mov eax, edi
	shr eax, 2
	and eax, 3
	mov [grec + C_RING], eax
	; the CPL at the end: that of the code segment if it is not conforming
	mov ecx, eax
	test edi, 0x100
	jnz .5
	mov ecx, edi
	shr ecx, 6
	and ecx, 3
.5:	or ecx, T2
	mov [grec + C_VALUE], ecx
	cmp dword [grec + C_WANT], DONE
	jne .6
	or dword [grec + C_RING], C_HASVAL
.6:	mov eax, edi
	and eax, 3
	or eax, T1
	mov [param], eax
	mov [param2], edi
	mov esi, grec
	push dword [n_fails]
	call run_case
	pop eax
	cmp eax, [n_fails]
	je .7
	PUTS "note index "
	mov eax, edi
	mov ecx, 3
	call puthex
	mov al, 10
	out 0xe9, al
.7:	inc edi
	cmp edi, 0x1000
	jb .next
	inc dword [gate_bits]
	cmp dword [gate_bits], 2
	jb .width
	mov dword [param], 0
	mov esi, s_gate
	jmp group_line

; ---- call gates: frames and faults --------------------------------------------------------------------------------
%macro SETGATE 5			; routine, selector, offset, access, count: a setup routine for gate T1
%1:	call grab_clear
	GATESET gdt + T1, %2, %3, %4, %5
	ret
%endmacro
%define G32_3 (A_GATE32 | DPL(3))
%define G16_3 (A_GATE16 | DPL(3))
	SETGATE gs_0, KCODE, grab, G32_3, 0
	SETGATE gs_4, KCODE, grab, G32_3, 4
	SETGATE gs_31, KCODE, grab, G32_3, 31
	SETGATE gs_w0, KCODE, grab, G16_3, 0
	SETGATE gs_w3, KCODE, grab, G16_3, 3
	SETGATE gs_r1, CODE1, grab, G32_3, 2
	SETGATE gs_r2, CODE2 | 3, grab, G32_3, 1
	SETGATE gs_same, UCODE, grab, G32_3, 5
	SETGATE gs_ret0, KCODE, ret_0, G32_3, 0
	SETGATE gs_ret4, KCODE, ret_16, G32_3, 4
	SETGATE gs_retw3, KCODE, ret_w6, G16_3, 3
	SETGATE gs_null, 0, grab, G32_3, 0
	SETGATE gs_null3, 3, grab, G32_3, 0
	SETGATE gs_beyond, BEYOND, grab, G32_3, 0
	SETGATE gs_data, KDATA, grab, G32_3, 0
	SETGATE gs_xcs, KCODE, 0xf0000000, G32_3, 0
ret_0:	retf
ret_16:	retf 16
ret_w6:	o16 retf 6

	FRAME v_f0, K0_STACK - 16, KDATA, KCODE, RETEIP, UCODE | 3, S3_STACK, UDATA | 3
	FRAME v_f4, K0_STACK - 32, KDATA, KCODE, RETEIP, UCODE | 3, 4, 3, 2, 1, S3_STACK - 16, UDATA | 3
	FRAME v_f31, K0_STACK - 16 - 31 * 4, KDATA, KCODE, RETEIP, UCODE | 3, 131, 130, 129, 128, 127, 126, 125, 124, 123, 122, 121, \
		120, 119, 118, 117, 116, 115, 114, 113, 112, 111, 110, 109, 108, 107, 106, 105, 104, 103, 102, 101, S3_STACK - 124, UDATA | 3
	FRAME v_fw0, K0_STACK - 8, KDATA, KCODE, ((UCODE | 3) << 16) | RETIP, ((UDATA | 3) << 16) | (S3_STACK & 0xffff)
	FRAME v_fw3, K0_STACK - 14, KDATA, KCODE, ((UCODE | 3) << 16) | RETIP, 0x00020003, ((S3_STACK - 6) & 0xffff) << 16 | 1, UDATA | 3 | 0xcccc0000
	FRAME v_fr1, K1_STACK - 24, DATA1 | 1, CODE1 | 1, RETEIP, UCODE | 3, 2, 1, S3_STACK - 8, UDATA | 3
	FRAME v_fr2, K2_STACK - 20, DATA2 | 2, CODE2 | 2, RETEIP, UCODE | 3, 1, S3_STACK - 4, UDATA | 3
	FRAME v_fsm, S3_STACK - 16, UDATA | 3, UCODE | 3, RETEIP, UCODE | 3, 2, 1
	FRAME v_fs0, R0_STACK - 8, KDATA, KCODE, RETEIP, KCODE
	FRAME v_j, R0_STACK, KDATA, KCODE
v_esp3:	mov eax, [r_esp]
	sub eax, S3_STACK
	ret
GROUP g_call, "call gate frames"
CASE "call gate 3 to 0", 3, DONE, 0, gs_0, v_f0
	call dword T1:0x12345678
AFTER
ENDC
CASE "call gate 3 to 0, rpl 3", 3, DONE, 0, gs_0, v_f0
	call dword (T1 | 3):0
AFTER
ENDC
CASE "call gate 4 parameters", 3, DONE, 0, gs_4, v_f4
	push dword 1
	push dword 2
	push dword 3
	push dword 4
	call dword T1:0
AFTER
ENDC
CASE "call gate 31 parameters", 3, DONE, 0, gs_31, v_f31
%assign i 101
%rep 31
	push dword i
%assign i i + 1
%endrep
	call dword T1:0
AFTER
ENDC
CASE "call gate 16-bit", 3, DONE, 0, gs_w0, v_fw0
	call dword T1:0
AFTER
ENDC
CASE "call gate 16-bit, 16-bit call", 3, DONE, 0, gs_w0, v_fw0
	call word T1:0
AFTER
ENDC
CASE "call gate 16-bit 3 parameters", 3, DONE, 0, gs_w3_c, v_fw3
	push word 1
	push word 2
	push word 3
	call dword T1:0
AFTER
ENDC
CASE "call gate 3 to 1", 3, DONE, 0, gs_r1, v_fr1
	push dword 1
	push dword 2
	call dword T1:0
AFTER
ENDC
CASE "call gate 3 to 2, gate's selector rpl 3", 3, DONE, 0, gs_r2, v_fr2
	push dword 1
	call dword T1:0
AFTER
ENDC
CASE "call gate same level copies nothing", 3, DONE, 0, gs_same, v_fsm
	push dword 1
	push dword 2
	call dword T1:0
AFTER
ENDC
CASE "call gate 32, 16-bit call pushes 32", 0, DONE, 0, gs_0, v_fs0
	call word T1:0
AFTER
ENDC
CASE "jmp gate pushes nothing", 0, DONE, 0, gs_0, v_j
	jmp dword T1:0
ENDC
CASE "retf to 3", 3, DONE, 0, gs_ret0, v_esp3
	call dword T1:0
ENDC
CASE "retf n to 3 drops on both stacks", 3, DONE, 0, gs_ret4, v_esp3
	sub esp, 16
	call dword T1:0
ENDC
CASE "retf n 16-bit to 3", 3, DONE, S3_STACK & 0xffff, gs_retw3, v_sp16
	sub esp, 6
	call dword T1:0
	int 0x40
ENDC
CASE "gate's selector null", 3, GP(0), -, gs_null
AT
	call dword T1:0
ENDC
CASE "gate's selector 3", 3, GP(0), -, gs_null3
AT
	call dword T1:0
ENDC
CASE "gate's selector beyond", 3, GP(BEYOND), -, gs_beyond
AT
	call dword T1:0
ENDC
CASE "gate's selector is data", 3, GP(KDATA), -, gs_data
AT
	call dword T1:0
ENDC
CASE "gate's offset beyond the limit", 0, GP(0), 0, gs_lim, v_sp0
AT
	call dword T1:0
ENDC
CASE "gate's offset beyond the limit, 3 to 0", 3, GP(0), 0, gs_lim, v_esp3
AT
	call dword T1:0
ENDC
ENDGROUP
section .text
gs_w3_c: call gs_w3
	mov dword [K0_STACK], 0xcccccccc
	ret
gs_lim:	GDTSET T2, 0, 0xffff, A_CODE, D_
	GATESET gdt + T1, T2, 0x10000, G32_3, 0
	ret
v_sp16:	movzx eax, word [r_esp]
	ret
v_sp0:	mov eax, [r_esp]
	sub eax, R0_STACK
	ret

; ---- call gates and interrupts: stacks that do not do ---------------------------------------------------------------
; Only ring 1's stack in the TSS is spoilt, so that the fault itself has ring 0's.
tss_good:
	mov dword [tss + 12], K1_STACK
	mov dword [tss + 16], DATA1 | 1
	ret
%macro STK 4+				; routine, ESP1, SS1, more code
%1:	call grab_clear
	GATESET gdt + T1, CODE1, grab, G32_3, 2
	GATESET idt + 0x48 * 8, CODE1, grab, A_INT32 | DPL(3), 0
	GATESET idt + 6 * 8, CODE1, grab, A_INT32, 0
	mov dword [tss + 12], %2
	mov dword [tss + 16], %3
	%4
	ret
%endmacro
v_good:	call tss_good
	call idt_init
	xor eax, eax
	ret
	STK st_null, K1_STACK, 0, nop
	STK st_null1, K1_STACK, 1, nop
	STK st_beyond, K1_STACK, BEYOND | 1, nop
	STK st_rpl, K1_STACK, DATA1, nop
	STK st_rpl2, K1_STACK, DATA1 | 2, nop
	STK st_dpl, K1_STACK, DATA2 | 1, nop
	STK st_code, K1_STACK, CODE1 | 1, nop
	STK st_ro, K1_STACK, T3 | 1, GDTSET T3, 0, 0xfffff, 0x90 | DPL(1), G_ | D_
	STK st_np, K1_STACK, T3 | 1, GDTSET T3, 0, 0xfffff, 0x12 | DPL(1), G_ | D_
	STK st_room, 20, T3 | 1, GDTSET T3, 0x300000, 0xfff, 0x92 | DPL(1), D_
	STK st_top, 0x1004, T3 | 1, GDTSET T3, 0x300000, 0xfff, 0x92 | DPL(1), D_
	STK st_small, K1_STACK, DATA1 | 1, call tss_cut
	STK st_small2, K1_STACK, DATA1 | 1, call tss_cut2
tss_cut:				; a limit that has ring 0's stack, not all of ring 1's
	GDTSET T3, 0x50000 + GDT_LIMIT + 1 + 0x100 + 0x800, 16, A_TSS32, 0
tss_t3:	push eax
	mov ax, T3
	ltr ax
	pop eax
	ret
tss_cut2:
	GDTSET T3, 0x50000 + GDT_LIMIT + 1 + 0x100 + 0x800, 16, A_TSS32, 0
	jmp tss_t3
v_tr:	call v_good
	mov byte [gdt + TSSSEL + 5], 0x89
	mov ax, TSSSEL
	ltr ax
	xor eax, eax
	ret
; name, vector function for CALL and INT n (error code e), the same with EXT for #UD
%macro STKCASE 3-4 v_good
CASE {%1, ", call"}, 3, %3, 0, %2, %4
	push dword 1
	push dword 2
AT
	call dword T1:0
ENDC
CASE {%1, ", int n"}, 3, %3, 0, %2, %4
AT
	int 0x48
ENDC
CASE {%1, ", #UD"}, 3, (%3) | 1, 0, %2, %4
AT
	ud2
ENDC
%endmacro
GROUP g_stack, "stack switch faults"
STKCASE "ss null", st_null, TS(0)
STKCASE "ss null rpl 1", st_null1, TS(0)
STKCASE "ss beyond the gdt", st_beyond, TS(BEYOND)
STKCASE "ss rpl 0", st_rpl, TS(DATA1)
STKCASE "ss rpl 2", st_rpl2, TS(DATA1)
STKCASE "ss dpl 2", st_dpl, TS(DATA2)
STKCASE "ss is code", st_code, TS(CODE1)
STKCASE "ss read-only", st_ro, TS(T3)
STKCASE "ss not present", st_np, SS_(T3)
STKCASE "tss cut before ss1", st_small, TS(T3), v_tr
STKCASE "tss cut within ss1", st_small2, TS(T3), v_tr
CASE "no room, call", 3, SS_(T3), 0, st_room, v_good
	push dword 1
	push dword 2
AT
	call dword T1:0
ENDC
CASE "no room, #UD", 3, SS_(T3 | 1), 0, st_room12, v_good
AT
	ud2
ENDC
CASE "no room, int n", 3, SS_(T3), 0, st_room12, v_good
AT
	int 0x48
ENDC
CASE "top beyond the limit, call", 3, SS_(T3), 0, st_top8, v_good
	push dword 1
	push dword 2
AT
	call dword T1:0
ENDC
ENDGROUP
section .text
	STK st_room12, 16, T3 | 1, GDTSET T3, 0x300000, 0xfff, 0x92 | DPL(1), D_
	STK st_top8, 0x1008, T3 | 1, GDTSET T3, 0x300000, 0xfff, 0x92 | DPL(1), D_

; ---- interrupts: privileges ---------------------------------------------------------------------------------------
; vector 48h by INT n from CPL, gate type, gate DPL, gate P, code DPL, conforming, code P
; index [codeP][gateP][conf][codeDPL][gateDPL][CPL][type 0-3: int32, trap32, int16, trap16]
; 0 done, 1 #GP(IDT), 2 #NP(IDT), 3 #GP(code), 4 #NP(code)
%macro m_int 0
	%if gdpl < cpl
		db 1
	%elif !gp
		db 2
	%elif cdpl > cpl
		db 3
	%elif !cp
		db 4
	%else
		db 0
	%endif
%endmacro
section .data
want_int:
%assign cp 0
%rep 2
%assign gp 0
%rep 2
%assign conf 0
%rep 2
%assign cdpl 0
%rep 4
%assign gdpl 0
%rep 4
%assign cpl 0
%rep 4
%rep 4
	m_int
%endrep
%assign cpl cpl + 1
%endrep
%assign gdpl gdpl + 1
%endrep
%assign cdpl cdpl + 1
%endrep
%assign conf conf + 1
%endrep
%assign gp gp + 1
%endrep
%assign cp cp + 1
%endrep
align 4
int_wants: dd DONE, GP(IV(0x48)), NP(IV(0x48)), GP(T2), NP(T2)
int_acc: db A_INT32, A_TRAP32, A_INT16, A_TRAP16
s_int:	db "matrix interrupt gates", 0
section .text
x_int:	int 0x48
int_matrix:
	mov dword [grec + C_NAME], s_int
	mov dword [grec + C_CODE], x_int
	xor edi, edi
.next:	mov eax, gate_end
	mov [idt + 0x48 * 8], ax
	mov word [idt + 0x48 * 8 + 2], T2
	shr eax, 16
	mov [idt + 0x48 * 8 + 6], ax
	mov ecx, edi
	shr ecx, 4
	and ecx, 3
	shl ecx, 5
	mov eax, edi
	and eax, 3
	or cl, [int_acc + eax]
	and cl, 0x7f
	test edi, 0x200
	jz .1
	or cl, 0x80
.1:	mov [idt + 0x48 * 8 + 5], cl
	mov dword [gdt + T2], 0xffff
	mov ecx, edi
	shr ecx, 6
	and ecx, 3
	shl ecx, 5
	or ecx, 0x1a
	test edi, 0x100
	jz .2
	or ecx, 4
.2:	test edi, 0x400
	jz .3
	or ecx, 0x80
.3:	shl ecx, 8
	or ecx, 0x00cf0000
	mov [gdt + T2 + 4], ecx
	movzx eax, byte [want_int + edi]
	mov eax, [int_wants + eax * 4]
	mov [grec + C_WANT], eax
	mov eax, edi
	shr eax, 2
	and eax, 3
	mov [grec + C_RING], eax
	mov ecx, eax
	test edi, 0x100
	jnz .5
	mov ecx, edi
	shr ecx, 6
	and ecx, 3
.5:	or ecx, T2
	mov [grec + C_VALUE], ecx
	cmp dword [grec + C_WANT], DONE
	jne .6
	or dword [grec + C_RING], C_HASVAL
.6:	mov [param], edi
	mov esi, grec
	call run_case
	inc edi
	cmp edi, 0x800
	jb .next
	mov dword [param], 0
	call idt_init
	mov esi, s_int
	jmp group_line

; ---- the IDT: other faults ----------------------------------------------------------------------------------------
v_idt:	lidt [idtr]
	call idt_init
	xor eax, eax
	ret
idt_short:				; IDT up to vector 0x47
	mov word [scratch], 0x48 * 8 - 1
	mov dword [scratch + 2], idt
	lidt [scratch]
	ret
idt_cut:				; vector 48's last byte is outside
	mov word [scratch], 0x48 * 8 + 6
	mov dword [scratch + 2], idt
	lidt [scratch]
	ret
%macro SETV 4				; routine, vector, selector, access
%1:	GATESET idt + (%2) * 8, %3, gate_end, %4, 0
	ret
%endmacro
	SETV iv_call, 0x48, KCODE, A_GATE32 | DPL(3)
	SETV iv_zero, 0x48, KCODE, 0
	SETV iv_null, 0x48, 0, A_INT32 | DPL(3)
	SETV iv_null3, 0x48, 3, A_INT32 | DPL(3)
	SETV iv_beyond, 0x48, BEYOND, A_INT32 | DPL(3)
	SETV iv_data, 0x48, KDATA, A_INT32 | DPL(3)
	SETV iv_tss, 0x48, TSSSEL, A_INT32 | DPL(3)
	SETV iv_ldt, 0x48, 0x84, A_INT32 | DPL(3)
	SETV iv_dpl1, 0x48, CODE1, A_INT32 | DPL(3)
	SETV iv_code, 0x48, KCODE, 0x9a | DPL(3)
	SETV iv_3, 3, KCODE, A_INT32
	SETV iv_4, 4, KCODE, A_INT32
	SETV iv_3np, 3, KCODE, (A_INT32 | DPL(3)) & 0x7f
	SETV iv_4np, 4, KCODE, (A_INT32 | DPL(3)) & 0x7f
	SETV iv_1np, 1, KCODE, A_INT32 & 0x7f
	SETV iv_3bad, 3, KDATA, A_INT32 | DPL(3)
	SETV iv_6np, 6, KCODE, A_INT32 & 0x7f
	SETV iv_6null, 6, 0, A_INT32
	SETV iv_6beyond, 6, BEYOND, A_INT32
	SETV iv_6data, 6, KDATA, A_INT32
	SETV iv_6zero, 6, KCODE, 0
	SETV iv_6dpl1, 6, CODE1, A_INT32
	SETV iv_7np, 7, KCODE, A_INT32 & 0x7f
	SETV iv_5np, 5, KCODE, A_INT32 & 0x7f
iv_lim:	GDTSET T2, 0, 0xffff, A_CODE, D_
	GATESET idt + 0x48 * 8, T2, 0x10000, A_INT32 | DPL(3), 0
	ret
GROUP g_int, "int n, int3, into"
F1 "int n dpl 0 from 3", 3, GP(IV(0x20)), {int 0x20}
F1 "int 13 dpl 0 from 3", 3, GP(IV(13)), {int 13}
F1 "int 0 dpl 0 from 1", 1, GP(IV(0)), {int 0}
F1 "int n beyond the idt's filled part", 0, GP(IV(0x60)), {int 0x60}
C1 "int 3 (two bytes)", 3, BP, -, {db 0xcd, 3}
CASE "int3", 3, BP, 0, 0, .v
	jmp short %$a
.v:	mov eax, [r_eip]
	mov ecx, [cur]
	sub eax, [ecx + C_EIP]
	ret
%$a:	int3
AFTER
ENDC
CASE "into taken", 3, OF
	mov al, 0x7f
	inc al
	into
AT
ENDC
C1 "into not taken", 3, DONE, 0x80, {mov eax,0x7f}, {add al,al}, {mov eax,0x80}, {test eax,eax}, {into}
CASE "int n past the idt limit", 0, GP(IV(0x48)), 0, idt_short, v_idt
AT
	int 0x48
ENDC
CASE "int n cut by the idt limit", 0, GP(IV(0x48)), 0, idt_cut, v_idt
AT
	int 0x48
ENDC
%macro IVC 3-4 3			; name, setup, outcome, ring: INT 48h
CASE %1, %4, %3, 0, %2, v_idt
AT
	int 0x48
ENDC
%endmacro
IVC "idt entry is a call gate", iv_call, GP(IV(0x48))
IVC "idt entry is zero", iv_zero, GP(IV(0x48)), 0
IVC "idt entry is a code segment", iv_code, GP(IV(0x48))
IVC "idt entry's selector null", iv_null, GP(0)
IVC "idt entry's selector 3", iv_null3, GP(0)
IVC "idt entry's selector beyond", iv_beyond, GP(BEYOND)
IVC "idt entry's selector beyond the ldt", iv_ldt, GP(0x84)
IVC "idt entry's selector is data", iv_data, GP(KDATA)
IVC "idt entry's selector is a tss", iv_tss, GP(TSSSEL)
IVC "idt entry to less privilege", iv_dpl1, GP(CODE1), 0
IVC "idt entry's offset beyond the limit", iv_lim, GP(0), 0
CASE "int3 gate dpl 0", 3, GP(IV(3)), 0, iv_3, v_idt
AT
	int3
ENDC
CASE "int3 gate np", 3, NP(IV(3)), 0, iv_3np, v_idt
AT
	int3
ENDC
CASE "int3 gate to data", 3, GP(KDATA), 0, iv_3bad, v_idt
AT
	int3
ENDC
CASE "into gate dpl 0", 3, GP(IV(4)), 0, iv_4, v_idt
	mov al, 0x7f
	inc al
AT
	into
ENDC
CASE "into gate np", 3, NP(IV(4)), 0, iv_4np, v_idt
	mov al, 0x7f
	inc al
AT
	into
ENDC
CASE "int1 ignores dpl", 3, DB
	db 0xf1
AT
ENDC
CASE "int1 gate np sets ext", 3, NP(IV(1) | 1), 0, iv_1np, v_idt
	db 0xf1
ENDC
ENDGROUP

; ---- exceptions by the processor: no DPL check, EXT set ------------------------------------------------------------
GROUP g_ext, "processor exceptions through gates"
F1 "#UD from 3, gate dpl 0", 3, UD, {ud2}
F1 "#DE from 3, gate dpl 0", 3, DE, {xor eax,eax}, {div al}
%macro EXC 3
CASE %1, 3, %3, 0, %2, v_idt
AT
	ud2
ENDC
%endmacro
EXC "#UD gate np", iv_6np, NP(IV(6) | 1)
EXC "#UD gate's selector null", iv_6null, GP(1)
EXC "#UD gate's selector beyond", iv_6beyond, GP(BEYOND | 1)
EXC "#UD gate's selector is data", iv_6data, GP(KDATA | 1)
EXC "#UD gate is zero", iv_6zero, GP(IV(6) | 1)
CASE "#UD gate to less privilege", 0, GP(CODE1 | 1), 0, iv_6dpl1, v_idt
AT
	ud2
ENDC
CASE "#BR gate np", 3, NP(IV(5) | 1), 0, iv_5np, v_idt
	mov dword [scratch], 1
	mov dword [scratch + 4], 2
	mov eax, 3
AT
	bound eax, [scratch]
ENDC
CASE "#NM gate np", 3, NP(IV(7) | 1), 0, .ts, .v
	jmp short %$a
.ts:	mov eax, cr0
	or eax, 8
	mov cr0, eax
	jmp iv_7np
.v:	clts
	jmp v_idt
%$a:
AT
	fnop
ENDC
ENDGROUP

; ---- flags on the way in ------------------------------------------------------------------------------------------
%macro SETF 5				; routine, gate access, selector, EFLAGS
%1:	call grab_clear
	GATESET idt + 0x48 * 8, %3, grab, %2, 0
	mov dword [efl], %4
	ret
%endmacro
v_gefl:	call idt_init
	mov eax, [g_efl]
	ret
	SETF if_int, A_INT32 | DPL(3), KCODE, 0x202, 0
	SETF if_trap, A_TRAP32 | DPL(3), KCODE, 0x202, 0
	SETF if_int16, A_INT16 | DPL(3), KCODE, 0x202, 0
	SETF if_trap16, A_TRAP16 | DPL(3), KCODE, 0x202, 0
	SETF nt_int, A_INT32 | DPL(3), KCODE, 0x4002, 0
	SETF nt_trap, A_TRAP32 | DPL(3), KCODE, 0x4002, 0
	SETF io_int, A_INT32 | DPL(3), KCODE, 0x3002, 0
	SETF ac_int, A_INT32 | DPL(3), KCODE, 0x247ed7, 0
	SETF if_same, A_TRAP32 | DPL(3), UCODE, 0x202, 0
	SETF if_same_int, A_INT32 | DPL(3), UCODE, 0x202, 0
	SETF df_int, A_INT32 | DPL(3), KCODE, 0x8d7, 0
; the handler's flags: IF by the gate's type; NT, TF, RF, VM cleared; the others stay
%macro IFC 3
CASE %1, 3, DONE, %3, %2, v_gefl
	int 0x48
ENDC
%endmacro
GROUP g_iflags, "flags in the handler"
IFC "interrupt gate clears if", if_int, 0x002
IFC "trap gate keeps if", if_trap, 0x202
IFC "interrupt gate 16 clears if", if_int16, 0x002
IFC "trap gate 16 keeps if", if_trap16, 0x202
IFC "interrupt gate clears nt", nt_int, 0x002
IFC "trap gate clears nt", nt_trap, 0x002
IFC "iopl stays", io_int, 0x3002
IFC "same level trap", if_same, 0x202
IFC "same level interrupt clears if at ring 3", if_same_int, 0x002
IFC "arithmetic flags stay", df_int, 0x8d7
ENDGROUP

; ---- interrupt frames ---------------------------------------------------------------------------------------------
%macro SETI 6				; routine, vector, gate access, selector, EFLAGS
%1:	call grab_clear
	GATESET idt + (%2) * 8, %4, grab, %3, 0
	mov dword [efl], %5
	ret
%endmacro
	SETI fi_32, 0x48, A_INT32 | DPL(3), KCODE, 0x4ed7 - 0x400, 0
	SETI fi_16, 0x48, A_INT16 | DPL(3), KCODE, 0x42d7, 0
	SETI fi_r1, 0x48, A_TRAP32 | DPL(3), CODE1, 0x3202, 0
	SETI fi_s, 0x48, A_TRAP32 | DPL(3), UCODE, 0x3202, 0
	SETI fi_s16, 0x48, A_TRAP16 | DPL(3), UCODE, 0x3202, 0
	SETI fi_gp, 13, A_INT32, KCODE, 0x202, 0
	SETI fi_gp16, 13, A_INT16, KCODE, 0x202, 0
	SETI fi_ud, 6, A_INT32, KCODE, 2, 0
	SETI fi_bp, 3, A_INT32 | DPL(3), KCODE, 2, 0
	SETI fi_de, 0, A_TRAP32, KCODE, 2, 0
	SETI fi_13, 13, A_INT32 | DPL(3), KCODE, 2, 0
%macro VFRAME 5-*
FRAME %1_c, %{2:-1}
%1:	call idt_init
	jmp %1_c
%endmacro
	VFRAME vi_32, K0_STACK - 20, KDATA, KCODE, RETEIP, UCODE | 3, 0x4ad7, S3_STACK, UDATA | 3
	VFRAME vi_16, K0_STACK - 10, KDATA, KCODE, ((UCODE | 3) << 16) | RETIP, ((S3_STACK & 0xffff) << 16) | 0x42d7
	VFRAME vi_r1, K1_STACK - 20, DATA1 | 1, CODE1 | 1, RETEIP, UCODE | 3, 0x3202, S3_STACK, UDATA | 3
	VFRAME vi_s, S3_STACK - 12, UDATA | 3, UCODE | 3, RETEIP, UCODE | 3, 0x3202
	VFRAME vi_s16, S3_STACK - 6, UDATA | 3, UCODE | 3, ((UCODE | 3) << 16) | RETIP
	VFRAME vi_gp, K0_STACK - 24, KDATA, KCODE, 0, RETEIP, UCODE | 3, 0x10202, S3_STACK, UDATA | 3
	VFRAME vi_gpe, K0_STACK - 24, KDATA, KCODE, IV(0x20), RETEIP, UCODE | 3, 0x10202, S3_STACK, UDATA | 3
	VFRAME vi_gp16, K0_STACK - 12, KDATA, KCODE, (RETIP << 16), (0x202 << 16) | UCODE | 3, ((UDATA | 3) << 16) | (S3_STACK & 0xffff)
	VFRAME vi_ud, K0_STACK - 20, KDATA, KCODE, RETEIP, UCODE | 3, 0x10002, S3_STACK, UDATA | 3
	VFRAME vi_bp, K0_STACK - 20, KDATA, KCODE, RETEIP, UCODE | 3, 0x00002, S3_STACK, UDATA | 3
	VFRAME vi_ring0, R0_STACK - 12, KDATA, KCODE, RETEIP, KCODE, 0x10002
GROUP g_frames, "interrupt frames"
CASE "int n 3 to 0", 3, DONE, 0, fi_32, vi_32
	int 0x48
AFTER
ENDC
CASE "int n 3 to 0 by a 16-bit gate", 3, DONE, 0, fi_16, vi_16
	int 0x48
AFTER
ENDC
CASE "int n 3 to 1", 3, DONE, 0, fi_r1, vi_r1
	int 0x48
AFTER
ENDC
CASE "int n same level", 3, DONE, 0, fi_s, vi_s
	int 0x48
AFTER
ENDC
CASE "int n same level, 16-bit gate", 3, DONE, 0, fi_s16, vi_s16
	int 0x48
AFTER
ENDC
CASE "#GP has an error code, and rf", 3, DONE, 0, fi_gp, vi_gp
AFTER
	hlt
ENDC
CASE "#GP by int n, error code", 3, DONE, 0, fi_gp, vi_gpe
AFTER
	int 0x20
ENDC
CASE "#UD has rf", 3, DONE, 0, fi_ud, vi_ud
AFTER
	ud2
ENDC
CASE "#UD ring 0", 0, DONE, 0, fi_ud, vi_ring0
AFTER
	ud2
ENDC
CASE "int3 has no rf", 3, DONE, 0, fi_bp, vi_bp
	int3
AFTER
ENDC
CASE "int 13 pushes no error code", 3, DONE, 0, fi_13, vi_bp
	int 13
AFTER
ENDC
ENDGROUP

; ---- returns to outer rings ---------------------------------------------------------------------------------------
section .text
nul_set:
	GDTSET T1, 0, 0xfffff, A_DATA, G_ | D_
	GDTSET T2, 0, 0xfffff, 0x9e, G_ | D_	; conforming code of DPL 0
	GDTSET T3, 0, 0xfffff, A_DATA | DPL(3), G_ | D_
	ret
v_ds:	movzx eax, word [r_ds]
	ret
v_es:	movzx eax, word [r_es]
	ret
v_fs:	movzx eax, word [r_fs]
	ret
v_gs:	movzx eax, word [r_gs]
	ret
%macro TO3 1				; the return itself
%ifidn %1, retf
	push dword UDATA | 3
	push dword S3_STACK
	push dword UCODE | 3
	push dword %$to3
	retf
%else
	push dword UDATA | 3
	push dword S3_STACK
	push dword 2
	push dword UCODE | 3
	push dword %$to3
	iretd
%endif
%$to3:
%endmacro
GROUP g_outer, "returns to an outer ring"
%macro NULC 2				; register, verify
%assign i 0
%rep 2
CASE {"iret nulls data of dpl 0: %1"}, 0, DONE, 0, nul_set, %2
	mov eax, T1
	mov %1, ax
	TO3 iretd
ENDC
CASE {"retf nulls data of dpl 0: %1"}, 0, DONE, 0, nul_set, %2
	mov eax, T1
	mov %1, ax
	TO3 retf
ENDC
CASE {"iret keeps conforming code: %1"}, 0, DONE, T2, nul_set, %2
	mov eax, T2
	mov %1, ax
	TO3 iretd
ENDC
CASE {"iret keeps dpl 3: %1"}, 0, DONE, T3, nul_set, %2
	mov eax, T3
	mov %1, ax
	TO3 iretd
ENDC
CASE {"iret nulls nonconforming code of dpl 0: %1"}, 0, DONE, 0, nul_set, %2
	mov eax, KCODE
	mov %1, ax
	TO3 iretd
ENDC
CASE {"iret to the same ring keeps: %1"}, 0, DONE, T1, nul_set, %2
	mov eax, T1
	mov %1, ax
	push dword 2
	push dword KCODE
	push dword %$here
	iretd
%$here:
ENDC
%exitrep
%endrep
%endmacro
NULC ds, v_ds
NULC es, v_es
NULC fs, v_fs
NULC gs, v_gs
CASE "iret nulled ds faults at use", 0, GP(0), -, nul_set
	mov eax, T1
	mov ds, ax
	TO3 iretd
AT
	mov eax, [scratch]
ENDC
CASE "iret 1 to 3 nulls dpl 1", 1, DONE, 0, 0, v_fs
	mov eax, DATA1 | 1
	mov fs, ax
	TO3 iretd
ENDC
CASE "iret 0 to 1 keeps dpl 1", 0, DONE, DATA1, 0, v_fs
	mov eax, DATA1
	mov fs, ax
	push dword DATA1 | 1
	push dword S1_STACK
	push dword 2
	push dword CODE1 | 1
	push dword %$to
	iretd
%$to:
ENDC
CASE "iret loads esp and ss", 0, DONE, S3_STACK, 0, v_esp
	TO3 iretd
ENDC
CASE "retf n to outer drops on both", 0, DONE, S3_STACK, 0, v_esp
	push dword UDATA | 3
	push dword S3_STACK - 12
	push dword 1
	push dword 2
	push dword 3
	push dword UCODE | 3
	push dword %$to
	retf 12
%$to:
ENDC
CASE "o16 iret to outer", 0, DONE, S3_STACK & 0xffff, 0, .v
	jmp short %$a
.v:	movzx eax, word [r_esp]
	ret
%$a:	push word UDATA | 3
	push word S3_STACK & 0xffff
	push word 2
	push word UCODE | 3
	push word %$to
	iretw
%$to:
ENDC
CASE "iret to inner", 3, GP(KCODE)
	push dword 2
	push dword KCODE
	push dword %$to
AT
	iretd
%$to:
ENDC
CASE "retf to inner", 3, GP(CODE1)
	push dword CODE1 | 1
	push dword 0
AT
	retf
ENDC
CASE "iret to outer beyond the limit", 0, GP(0), 0, .lim, .v2
	jmp short %$a
.lim:	GDTSET T1, 0, 0xfff, A_CODE | DPL(3), D_
	ret
.v2:	mov eax, [r_esp]
	sub eax, R0_STACK - 20
	ret
%$a:	push dword UDATA | 3
	push dword S3_STACK
	push dword 2
	push dword T1 | 3
	push dword 0x1000
AT
	iretd
ENDC
CASE "iret with little stack left", 0, SS_(0), -, .st
	jmp short %$a
.st:	GDTSET T1, 0x300000, 0xfff, A_DATA, D_
	ret
%$a:	mov eax, T1
	mov ss, ax
	mov esp, 0xff8
AT
	iretd
ENDC
CASE "retf with little stack left", 0, SS_(0), -, .st
	mov eax, T1
	mov ss, ax
	mov esp, 0xffc
AT
	retf
ENDC
CASE "iret to outer with little stack left", 0, SS_(0), -, .st
	mov eax, T1
	mov ss, ax
	mov esp, 0xff4
	mov dword [esp], 0
	mov dword [esp + 4], UCODE | 3
	mov dword [esp + 8], 2
AT
	iretd
ENDC
ENDGROUP

; SS of an outer return: every kind of selector; index [ret: iret, retf][row]
section .data
align 4
%macro OSS 3				; selector, descriptor's access byte (T3), outcome
	%defstr %%a %2
	%strcat %%r "retf outer ss, access ", %%a
	%strcat %%i "iret outer ss, access ", %%a
	dd %1, %2, %3
	STR %%r
	STR %%i
%endmacro
oss_rows:
	OSS 0, 0xf2, GP(0)
	OSS 3, 0xf2, GP(0)
	OSS BEYOND | 3, 0xf2, GP(BEYOND)
	OSS 0x87, 0xf2, GP(0x84)
	OSS T3, 0xf2, GP(T3)
	OSS T3 | 1, 0xf2, GP(T3)
	OSS T3 | 2, 0xf2, GP(T3)
	OSS T3 | 3, 0xf2, DONE
	OSS T3 | 3, 0xf3, DONE
	OSS T3 | 3, 0xf0, GP(T3)
	OSS T3 | 3, 0xf6, DONE
	OSS T3 | 3, 0xf8, GP(T3)
	OSS T3 | 3, 0xfa, GP(T3)
	OSS T3 | 3, 0xfe, GP(T3)
	OSS T3 | 3, 0xd2, GP(T3)
	OSS T3 | 3, 0xb2, GP(T3)
	OSS T3 | 3, 0x92, GP(T3)
	OSS T3 | 3, 0x72, SS_(T3)
	OSS T3 | 3, 0x70, GP(T3)
	OSS T3 | 3, 0x52, GP(T3)
	OSS T3 | 3, 0xe2, GP(T3)
	OSS T3 | 3, 0x89, GP(T3)
oss_end:
s_oss:	db "outer ss", 0
section .text
x_oret:	push eax
	push dword 0x800
	push dword UCODE | 3
	push dword x_oend
	retf
x_oiret: push eax
	push dword 0x800
	push dword 2
	push dword UCODE | 3
	push dword x_oend
	iretd
x_oend:	int 0x40
outer_ss_matrix:
	mov dword [grec + C_RING], 0
	mov dword [grec + C_CODE], x_oret
.kind:	mov ebp, oss_rows
.next:	mov eax, [ebp]
	mov [param], eax
	mov eax, [ebp + 12]
	cmp dword [grec + C_CODE], x_oret
	je .1
	mov eax, [ebp + 16]
.1:	mov [grec + C_NAME], eax
	mov ecx, [ebp + 4]
	shl ecx, 8
	or ecx, 0x00cf0000
	mov dword [gdt + T3], 0xffff
	mov [gdt + T3 + 4], ecx
	mov eax, [ebp + 8]
	mov [grec + C_WANT], eax
	mov esi, grec
	call run_case
	add ebp, 20
	cmp ebp, oss_end
	jb .next
	cmp dword [grec + C_CODE], x_oiret
	mov dword [grec + C_CODE], x_oiret
	jne .kind
	mov dword [param], 0
	mov esi, s_oss
	jmp group_line

; ---- POPF and IRET: which flags change ------------------------------------------------------------------------------
; CPL 0-3 x IOPL 0-3: IOPL changes only at CPL 0, IF only if CPL <= IOPL; VM, RF by POPF never; VIP and VIF not by POPF
%macro EFSET 2
ef_%1_%2: mov dword [efl], 0x2 | ((%1) << 12) | ((%2) << 9)
	ret
%endmacro
%assign l 0
%rep 4
	EFSET l, 0
	EFSET l, 1
%assign l l + 1
%endrep
%macro PFC 3				; cpl, iopl, IF before
%assign %%all 0x4cd5 & ~0x100		; NT OF DF SF ZF AF PF CF
%if %1 == 0
	%assign %%w %%all | 0x3202
%else
	%if %1 <= %2
		%assign %%w %%all | (%2 << 12) | 0x202
	%else
		%assign %%w %%all | (%2 << 12) | (%3 << 9) | 2
	%endif
%endif
CASE {"popfd all ones"}, %1, DONE, %%w | 0x240000, ef_%2_%3
	push dword 0xfffffeff & ~0x10000 & ~0x20000
	popfd
	pushfd
	pop eax
	push dword 2
	popfd
ENDC
CASE {"popf 16 all ones"}, %1, DONE, %%w, ef_%2_%3
	push word 0xfeff
	popfw
	pushfd
	pop eax
	push dword 2
	popfd
ENDC
CASE {"iretd all ones"}, %1, DONE, %%w | 0x240000, ef_%2_%3
	push dword 0x26feff & ~0x20000
	push cs
	push dword %$to
	iretd
%$to:	pushfd
	pop eax
	push dword 2
	popfd
ENDC
%if %1 == 0
	%assign %%w 2
%else
	%if %1 <= %2
		%assign %%w (%2 << 12) | 2
	%else
		%assign %%w (%2 << 12) | (%3 << 9) | 2
	%endif
%endif
CASE {"popfd zero"}, %1, DONE, %%w, ef_%2_%3
	push dword 0
	popfd
	pushfd
	pop eax
ENDC
CASE {"popf with rf, vm, vif, vip, reserved"}, %1, DONE, %%w, ef_%2_%3
	push dword 0xffdb0000
	popfd
	pushfd
	pop eax
ENDC
%if %1 <= %2
CASE "cli sti allowed", %1, DONE, 0, ef_%2_%3
	cli
	sti
	cli
	pushfd
	pop eax
	and eax, 0x200
ENDC
%else
CASE "cli by iopl", %1, GP(0), -, ef_%2_%3
AT
	cli
ENDC
CASE "sti by iopl", %1, GP(0), -, ef_%2_%3
AT
	sti
ENDC
CASE "in by iopl and bitmap", %1, GP(0), -, ef_%2_%3
AT
	in al, 0x80
ENDC
%endif
%endmacro
GROUP g_flags, "popf, iret, cli, sti by cpl and iopl"
%assign c 0
%rep 4
%assign l 0
%rep 4
	PFC c, l, 0
	PFC c, l, 1
%assign l l + 1
%endrep
%assign c c + 1
%endrep
ENDGROUP

; ---- double faults ------------------------------------------------------------------------------------------------
; the first fault's gate is spoilt so that its delivery gives a second one
section .text
%macro DFS 3				; routine, vector, selector (access 0: gate not present)
%1:	GATESET idt + (%2) * 8, %3, 0, (A_INT32 & 0x7f), 0
	ret
%endmacro
	DFS df_de, 0, KCODE
	DFS df_gp, 13, KCODE
	DFS df_np, 11, KCODE
	DFS df_ss, 12, KCODE
	DFS df_ts, 10, KCODE
	DFS df_ud, 6, KCODE
	DFS df_nm, 7, KCODE
	DFS df_db, 1, KCODE
	DFS df_bp, 3, KCODE
	DFS df_ac, 17, KCODE
	DFS df_of, 4, KCODE
df_de_gp: GATESET idt, KDATA, 0, A_INT32, 0
	ret
df_bad:	GDTSET T1, 0, 0xfffff, A_DATA & 0x7f, G_ | D_
	jmp df_np
df_bad_ss: GDTSET T1, 0, 0xfffff, A_DATA & 0x7f, G_ | D_
	jmp df_ss
GROUP g_double, "double faults"
%macro DFC 4-*
CASE %1, 0, %3, 0, %2, v_idt
%rotate 3
%rep %0 - 4
	%1
%rotate 1
%endrep
AT
	%1
ENDC
%endmacro
DFC "#DE then #NP", df_de, DF, {xor eax,eax}, {div al}
DFC "#DE then #GP", df_de_gp, DF, {xor eax,eax}, {div al}
DFC "#GP then #NP", df_gp, DF, {mov eax,BEYOND}, {mov ds,ax}
DFC "#NP then #NP", df_bad, DF, {mov eax,T1}, {mov ds,ax}
DFC "#SS then #NP", df_bad_ss, DF, {mov eax,T1}, {mov ss,ax}
DFC "int n to a gate not present, #NP's gate not present", df_bad, DF, {mov eax,T1}, {mov es,ax}
DFC "#UD then #NP: benign first", df_ud, NP(IV(6) | 1), {ud2}
DFC "int1 then #NP: benign first", df_db, NP(IV(1) | 1), {db 0xf1}
DFC "int3 then #NP: benign first", df_bp, NP(IV(3)), {int3}
ENDGROUP
