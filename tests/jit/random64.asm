; SPDX-License-Identifier: GPL-3.0-or-later
; Runs the programs that random-programs.c has put into memory, and records each of their exceptions. One of a program's instructions
; that faults is passed over.
%include "jit64.inc"
; random-programs.h's
%define COUNT	0x17fc000
%define ENTRIES	0x17fd000		; page table entries of the windows
%define WINDOWS	0x330000
%define WINDOW_COUNT 16
%define OWN	0x320000		; where the program shows itself
%define ROUTINES 0x17fe000		; shown behind that
%define PROGRAMS 0x1800000
%define FAR_TABLES 0x17f6000
%define FAR_FRAMES 0x1d00000
%define NEXT	0x1a00000		; for each byte of a program where the next instruction begins
%define DONE	0x41

guest_main:
	mov qword [hook], recorded
	; Other memory 4 GiB behind the windows, for addresses that should have come round
	mov edi, FAR_TABLES
	mov ecx, 0x2000 / 8
	xor eax, eax
	rep stosq
	mov dword [PDPT + 4 * 8], FAR_TABLES | 7
	mov dword [FAR_TABLES + (WINDOWS >> 21) * 8], (FAR_TABLES + 0x1000) | 7
	mov edi, FAR_TABLES + 0x1000 + ((WINDOWS >> 12) & 511) * 8
	mov eax, FAR_FRAMES | 7
	mov ecx, WINDOW_COUNT
.far:	mov [rdi], rax
	add edi, 8
	add eax, 0x1000
	loop .far
	xor ebx, ebx
.program:
	mov [case_id], rbx
	mov [scratch + 8], rbx
	mov esi, ENTRIES
	mov edi, PTE(WINDOWS)
	mov ecx, WINDOW_COUNT
	rep movsq
	mov eax, ebx
	shl eax, 12
	add eax, PROGRAMS
	lea edx, [rax + 7]
	mov [PTE(OWN)], rdx
	mov dword [PTE(OWN) + 8], ROUTINES | 7
	mov rdx, cr3
	mov cr3, rdx
	mov [compat_entry], eax
	push rax
	mov eax, ebx			; every third one is the user's, every third one 32-bit code
	xor edx, edx
	mov ecx, 3
	div ecx
	pop rax
	cmp edx, 1
	jb .run
	mov ecx, 0
	ja .run
	mov eax, compat
.run:	call run_case
	mov rbx, [scratch + 8]
	inc ebx
	cmp ebx, [COUNT]
	jb .program
	ret

compat:	mov ecx, KDATA			; the user's turn has left null there
	mov ds, ecx
	mov es, ecx
	jmp far [compat_entry]
align 4
compat_entry: dd 0
	dw KCODE32

; stack: rip cs rflags rsp ss, below it the error code and the vector
recorded:
	cmp qword [rsp - 16], DONE
	je .done
	cmp qword [rsp - 16], 0x20
	jae .back
	push rax
	push rcx
	mov rax, [rsp + 16]
	mov ecx, [scratch + 8]
	shl ecx, 12
	lea ecx, [rcx + PROGRAMS]
	sub rax, rcx
	cmp rax, 0x1000
	jae .lost
	sub ecx, PROGRAMS
	lea rcx, [rcx * 2 + NEXT]
	movzx eax, word [rcx + rax * 2]
	mov ecx, [scratch + 8]
	shl ecx, 12
	lea eax, [rax + rcx + PROGRAMS]
	mov [rsp + 16], rax
	pop rcx
	pop rax
.back:	iretq
.lost:	pop rcx
	pop rax
.done:	mov rsp, [run_rsp]
	ret
