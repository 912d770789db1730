; SPDX-License-Identifier: GPL-3.0-or-later
; External interrupts and NMI: IF, the shadows of STI and MOV SS, HLT, gates, NMI blocking.
; Needs the test bench's ports: F4h requests the external interrupt of the vector written, F5h an NMI.
; Manual: SDM volume 3 chapter 6.3, 6.7, 6.8.
%include "lib.inc"
%define IV(n)	((n) * 8 + 2)

guest_main:
	RUN g_if
	RUN g_gates
	RUN g_nmi
	ret

; what is still pending is taken, and forgotten
drain:	push eax
	call idt_init
	mov dword [hook], drained
	sti
	nop
	nop
	cli
	mov dword [hook], 0
	pop eax
	ret
drained: add esp, 8
	iretd
v_at:	mov eax, [r_eip]		; 0 if EIP is the mark
	mov ecx, [cur]
	sub eax, [ecx + C_EIP]
	jmp drain
v_dr:	xor eax, eax
	jmp drain
v_if:	mov eax, [r_efl]
	and eax, 0x200
	jmp drain
%macro REQ 0
	mov al, 0x48
	out 0xf4, al
%endmacro
if_on:	mov dword [efl], 0x202
	ret
if_3:	mov dword [efl], 0x3202
	ret
GROUP g_if, "if and shadows"
CASE "if clear: not taken", 0, DONE, 0, 0, v_dr
	REQ
	nop
	nop
ENDC
CASE "if set: taken after out", 0, VEC(0x48), 0, if_on, v_at
	REQ
AFTER
	nop
ENDC
CASE "sti: one instruction later", 0, VEC(0x48), 0, 0, v_at
	REQ
	sti
	nop
AFTER
	nop
ENDC
CASE "sti, cli: not taken", 0, DONE, 0, 0, v_dr
	REQ
	sti
	cli
	nop
ENDC
CASE "popfd: at once", 0, VEC(0x48), 0, 0, v_at
	REQ
	push dword 0x202
	popfd
AFTER
	nop
ENDC
CASE "iretd: at once", 0, VEC(0x48), 0, 0, v_at
	REQ
	push dword 0x202
	push cs
	push dword %$t
	iretd
%$t:
AFTER
	nop
ENDC
CASE "sti, mov ss: both shadows", 0, VEC(0x48), 0, 0, v_at
	mov ecx, ss
	REQ
	sti
	mov ss, cx
	nop
AFTER
	nop
ENDC
CASE "sti, pop ss: both shadows", 0, VEC(0x48), 0, 0, v_at
	push ss
	REQ
	sti
	pop ss
	nop
AFTER
	nop
ENDC
CASE "sti, hlt: wakes after it", 0, VEC(0x48), 0, 0, v_at
	REQ
	sti
	hlt
AFTER
	nop
ENDC
CASE "the frame has if", 0, VEC(0x48), 0x200, if_on, v_if
	REQ
	nop
ENDC
CASE "a fault goes before a pending interrupt of the next boundary", 0, UD, 0, 0, v_at
	REQ
	sti
AFTER
	ud2
ENDC
CASE "ring 3", 3, VEC(0x48), 0, if_3, v_at
	REQ
AFTER
	nop
ENDC
ENDGROUP

section .text
%macro GS 4
%1:	mov dword [efl], 0x3202
	GATESET idt + 0x48 * 8, %3, 0, %4, 0
	%2
	ret
%endmacro
	GS gt_np, nop, KCODE, A_INT32 & 0x7f
	GS gt_data, nop, KDATA, A_INT32
	GS gt_null, nop, 0, A_INT32
	GS gt_type, nop, KCODE, A_GATE32
gt_dpl:	mov dword [efl], 0x3202
	mov byte [idt + 0x48 * 8 + 5], A_INT32
	ret
GROUP g_gates, "gates: ext is set, dpl does not matter"
CASE "gate of dpl 0 from ring 3", 3, VEC(0x48), 0, gt_dpl, v_dr
	REQ
	nop
ENDC
CASE "gate not present", 3, NP(IV(0x48) | 1), 0, gt_np, v_dr
	REQ
	nop
ENDC
CASE "gate to data", 3, GP(KDATA | 1), 0, gt_data, v_dr
	REQ
	nop
ENDC
CASE "gate null", 3, GP(1), 0, gt_null, v_dr
	REQ
	nop
ENDC
CASE "gate's type", 3, GP(IV(0x48) | 1), 0, gt_type, v_dr
	REQ
	nop
ENDC
ENDGROUP

section .text
unblock:				; IRET lets NMIs in again
	pushfd
	push cs
	push dword .x
	iretd
.x:	ret
n_at:	call v_at
	push eax
	call unblock
	pop eax
	ret
n_count: call unblock
	mov eax, [scratch]
	ret
n_set:	mov dword [scratch], 0
	mov dword [scratch + 4], 0
	mov dword [hook], .h
	ret
.h:	cmp dword [esp], 2
	jne .other
	inc dword [ss:scratch]		; how many
	cmp dword [ss:scratch], 1
	jne .out
	push eax
	out 0xf5, al			; another one: must wait for IRET
	mov eax, [ss:scratch]
	mov [ss:scratch + 4], eax
	pop eax
.out:	add esp, 8
	iretd
.other:	mov dword [ss:hook], 0
	jmp record
n_deep:	call unblock
	mov eax, [scratch + 4]
	ret
GROUP g_nmi, "nmi"
CASE "taken with if clear", 0, NMI, 0, 0, n_at
	out 0xf5, al
AFTER
	nop
ENDC
CASE "the second waits, and comes", 0, DONE, 2, n_set, n_count
	out 0xf5, al
	nop
ENDC
CASE "the second waits for iret", 0, DONE, 1, n_set, n_deep
	out 0xf5, al
	nop
ENDC
ENDGROUP
