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
%define NEXT	0x1a00000		; for each byte of a program where the next instruction begins
%define DONE	0x41

guest_main:
	mov qword [hook], recorded
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
