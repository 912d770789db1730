; SPDX-License-Identifier: GPL-3.0-or-later
; Self-modifying code: a change is seen by the very next instruction, through every linear address; the A20 mask.
; Manual: SDM volume 3 chapter 11.6 (with a processor that sees it at once, as every P6 and later does).
%include "lib.inc"
%define CODE	0x80000			; 4 KiB pages; mapped a second time at ALIAS
%define ALIAS	0xc00000
%define PD	0x100000
%define PT	0x101000

guest_main:
	RUN g_smc
	RUN g_string
	call paging
	RUN g_alias
	RUN g_page
	mov eax, cr0
	and eax, 0x7fffffff
	mov cr0, eax
	RUN g_a20
	ret

paging:
	mov edi, PT
	xor ecx, ecx
.1:	mov eax, ecx
	shl eax, 12
	or eax, 7
	stosd
	inc ecx
	cmp ecx, 4096
	jb .1
	mov edi, PD
	xor eax, eax
	mov ecx, 1024
	rep stosd
	mov dword [PD], PT | 7
	mov dword [PD + 4], (PT + 0x1000) | 7
	mov dword [PD + 8], (PT + 0x2000) | 7
	mov dword [PD + 12], (PT + 0x3000) | 7
	mov dword [PT + (ALIAS >> 12) * 4], CODE | 7
	mov dword [PT + (ALIAS >> 12) * 4 + 4], (CODE + 0x1000) | 7
	mov eax, PD
	mov cr3, eax
	mov eax, cr0
	or eax, 0x80000000
	mov cr0, eax
	ret

; a routine at CODE: mov eax, 1; ret
section .text
put:	mov dword [CODE], 0x000001b8
	mov dword [CODE + 4], 0x9090c300
	ret
put_edge:				; the same over the end of a page: B8 01 | 00 00 00 C3
	mov dword [CODE + 0xffe], 0x000001b8
	mov dword [CODE + 0x1002], 0x9090c300
	ret
code_2:	mov eax, 2
	ret
	nop
	nop
GROUP g_smc, "same block"
CASE "the next instruction's immediate", 0, DONE, 0x77
	mov byte [%$i + 1], 0x77
%$i:	mov eax, 0x11
ENDC
CASE "the next instruction's opcode", 0, DONE, 0x10
	mov eax, 0x11
	mov ecx, 0x11
	mov byte [%$i], 0x48		; inc eax becomes dec eax
%$i:	inc eax
ENDC
CASE "far ahead in the block", 0, DONE, 5
	xor eax, eax
	mov dword [%$i], 0x40404040	; four inc eax in place of nop
	inc eax
	times 10 nop
%$i:	nop
	nop
	nop
	nop
ENDC
CASE "a loop changes its body each time", 0, DONE, 0 + 1 + 2 + 3 + 4 + 5 + 6 + 7
	xor eax, eax
	mov ecx, 8
	mov byte [%$i + 2], 0
%$l:
%$i:	add eax, byte 0
	inc byte [%$i + 2]
	loop %$l
ENDC
CASE "an instruction changes itself", 0, DONE, 8
	mov byte [%$i + 6], 1		; its own immediate: 1, 2, 4, 8
	mov ecx, 3
%$i:	add byte [%$i + 6], 1
	loop %$i
	movzx eax, byte [%$i + 6]
ENDC
CASE "called, changed, called", 0, DONE, 0x0201, put
	mov ebx, CODE
	call ebx
	mov esi, eax
	mov byte [CODE + 1], 2
	call ebx
	shl eax, 8
	or eax, esi
ENDC
CASE "changed by push", 0, DONE, 2, put
	mov ebx, CODE
	call ebx
	mov edi, esp
	mov esp, CODE + 4
	push dword 0x000002b8
	mov esp, edi
	call ebx
ENDC
CASE "changed by a locked instruction", 0, DONE, 3, put
	mov ebx, CODE
	call ebx
	lock add byte [CODE + 1], 2
	call ebx
ENDC
CASE "changed by fst", 0, DONE, 0, put
	mov ebx, CODE
	call ebx
	fninit
	fldz
	fstp dword [CODE + 1]
	call ebx
ENDC
CASE "changed by cmpxchg8b", 0, DONE, 9, put
	mov ebx, CODE
	call ebx
	mov eax, [CODE]
	mov edx, [CODE + 4]
	mov ebx, 0x000009b8
	mov ecx, edx
	cmpxchg8b [CODE]
	mov ebx, CODE
	call ebx
ENDC
CASE "a jump's target changed", 0, DONE, 2
	mov eax, 1
	mov byte [%$j + 1], 5
%$j:	jmp short %$k
%$k:	jmp short %$o
	nop
	nop
	nop
	mov eax, 2
%$o:
ENDC
CASE "16 bytes ahead by one store of 4, unaligned", 0, DONE, 0x44332211
	mov dword [%$i + 1], 0x44332211
	times 11 nop
%$i:	mov eax, 0
ENDC
ENDGROUP

GROUP g_string, "string instructions over code"
CASE "rep movsb over a routine", 0, DONE, 2, put
	mov ebx, CODE
	call ebx
	mov esi, code_2
	mov edi, CODE
	mov ecx, 6
	rep movsb
	call ebx
ENDC
CASE "rep movsd over a routine", 0, DONE, 2, put
	mov ebx, CODE
	call ebx
	mov esi, code_2
	mov edi, CODE
	mov ecx, 2
	rep movsd
	call ebx
ENDC
CASE "rep stosb over what follows", 0, DONE, 0x55 + 4
	mov al, 0x40			; inc eax
	mov edi, %$i
	mov ecx, 4
	rep stosb
	mov eax, 0x55
%$i:	nop
	nop
	nop
	nop
ENDC
CASE "rep stosb over the next instruction", 0, DONE, 0x44
	mov al, 0x40
	mov edi, %$i
	mov ecx, 4
	rep stosb
%$i:	nop
	nop
	nop
	nop
	and eax, 0xff
ENDC
ENDGROUP

GROUP g_alias, "through another linear address"
CASE "written by the alias", 0, DONE, 3, put
	mov ebx, CODE
	call ebx
	mov byte [ALIAS + 1], 3
	call ebx
ENDC
CASE "run by the alias, written directly", 0, DONE, 4, put
	mov ebx, ALIAS
	call ebx
	mov byte [CODE + 1], 4
	call ebx
ENDC
CASE "both run, one written", 0, DONE, 0x0505, put
	mov ebx, CODE
	call ebx
	mov ebx, ALIAS
	call ebx
	mov byte [ALIAS + 1], 5
	call ebx
	mov esi, eax
	mov ebx, CODE
	call ebx
	shl eax, 8
	or eax, esi
ENDC
CASE "another frame under the same address", 0, DONE, 0x0201, .f
	jmp short %$a
.f:	call put
	mov dword [0x90000], 0x000002b8
	mov dword [0x90004], 0x9090c300
	mov dword [PT + (ALIAS >> 12) * 4], CODE | 7
	mov eax, cr3
	mov cr3, eax
	ret
%$a:	mov ebx, ALIAS
	call ebx
	mov esi, eax
	mov dword [PT + (ALIAS >> 12) * 4], 0x90007
	invlpg [ALIAS]
	call ebx
	mov dword [PT + (ALIAS >> 12) * 4], CODE | 7
	invlpg [ALIAS]
	shl eax, 8
	or eax, esi
ENDC
ENDGROUP

GROUP g_page, "instructions over a page's end"
CASE "second half changed", 0, DONE, 0x01010001, put_edge
	mov ebx, CODE + 0xffe
	call ebx
	mov word [CODE + 0x1001], 0x0101
	call ebx
ENDC
CASE "first half changed", 0, DONE, 7, put_edge
	mov ebx, CODE + 0xffe
	call ebx
	mov byte [CODE + 0xfff], 7
	call ebx
ENDC
CASE "second half by the alias", 0, DONE, 0x00090001, put_edge
	mov ebx, CODE + 0xffe
	call ebx
	mov byte [ALIAS + 0x1001], 9
	call ebx
ENDC
CASE "second page's frame changed", 0, DONE, 0x33221101, .s
	jmp short %$a
.s:	call put_edge
	mov dword [0x90000], 0xc3332211
	ret
%$a:	mov ebx, CODE + 0xffe
	call ebx
	mov dword [PT + ((CODE + 0x1000) >> 12) * 4], 0x90007
	invlpg [CODE + 0x1000]
	call ebx
	mov dword [PT + ((CODE + 0x1000) >> 12) * 4], (CODE + 0x1000) | 7
	invlpg [CODE + 0x1000]
ENDC
CASE "a store over the page's end changes both", 0, DONE, 0x00010102, put_edge
	mov ebx, CODE + 0xffe
	call ebx
	mov dword [CODE + 0xffe], 0x010102b8
	call ebx
ENDC
ENDGROUP

; ---- A20 by port 92h: off, 1 MiB wraps ----------------------------------------------------------------------------
section .text
a20_on:	in al, 0x92
	or al, 2
	out 0x92, al
	mov eax, [r_eax]
	ret
a20_set: mov dword [0x80000], 0x11111111
	mov dword [0x180000], 0x22222222
	mov dword [0x280000], 0x33333333
	mov dword [0x380000], 0x44444444
	ret
%macro A20 1
	in al, 0x92
%if %1
	or al, 2
%else
	and al, 0xfd
%endif
	out 0x92, al
%endmacro
GROUP g_a20, "a20 mask"
CASE "on: no wrap", 0, DONE, 0x22222222, a20_set, a20_on
	A20 1
	mov eax, [0x180000]
ENDC
CASE "off: 1 MiB wraps", 0, DONE, 0x11111111, a20_set, a20_on
	A20 0
	mov eax, [0x180000]
ENDC
CASE "off: bit 20 alone", 0, DONE, 0x33333333, a20_set, a20_on
	A20 0
	mov eax, [0x380000]
ENDC
CASE "off and on", 0, DONE, 0x22222222, a20_set, a20_on
	A20 0
	mov ebx, [0x180000]
	A20 1
	mov eax, [0x180000]
ENDC
CASE "off: a write wraps", 0, DONE, 0x77777777, a20_set, a20_on
	A20 0
	mov dword [0x180000], 0x77777777
	A20 1
	mov eax, [0x80000]
ENDC
CASE "off: code wraps", 0, DONE, 1, .c, a20_on
	jmp short %$a
.c:	jmp put
%$a:	A20 0
	mov ebx, CODE + 0x100000
	call ebx
ENDC
CASE "on again: code does not wrap", 0, DONE, 2, .d, a20_on
	jmp short %$a
.d:	call put
	mov dword [CODE + 0x100000], 0x000002b8
	mov dword [CODE + 0x100004], 0x9090c300
	ret
%$a:	A20 0
	mov ebx, CODE + 0x100000
	call ebx
	A20 1
	call ebx
ENDC
ENDGROUP
