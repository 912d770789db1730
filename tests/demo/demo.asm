; SPDX-License-Identifier: GPL-3.0-or-later
; The processor's demonstration: from real mode over protected to long mode, saying so on port 0xE9; then the processor's name
; from CPUID, and the primes below 100000 counted with a sieve.
bits 16
org 0x7c00
	jmp near start
	times 4 - ($ - $$) db 0x90	; images are entered at 7C04
start:
	xor ax, ax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov sp, 0x7c00
	mov si, text_real
	call print16
	lgdt [gdt_pointer]
	mov eax, cr0
	or al, 1
	mov cr0, eax
	jmp 0x08:protected

print16:
	lodsb
	test al, al
	jz .end
	out 0xe9, al
	jmp print16
.end:	ret

bits 32
protected:
	mov ax, 0x10
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov esi, text_protected
	call print32
	; 1 GiB mapped linear = physical by 2 MiB pages, tables from 0x100000
	mov edi, 0x100000
	mov ecx, 3 * 1024
	xor eax, eax
	rep stosd
	mov dword [0x100000], 0x101003
	mov dword [0x101000], 0x102003
	xor ecx, ecx
.page:	mov eax, ecx
	shl eax, 21
	or eax, 0x83
	mov [0x102000 + ecx * 8], eax
	inc ecx
	cmp ecx, 512
	jb .page
	mov eax, cr4
	or eax, 1 << 5
	mov cr4, eax
	mov eax, 0x100000
	mov cr3, eax
	mov ecx, 0xc0000080
	rdmsr
	or eax, 1 << 8
	wrmsr
	mov eax, cr0
	or eax, 1 << 31
	mov cr0, eax
	jmp 0x18:long_mode

print32:
	lodsb
	test al, al
	jz .end
	out 0xe9, al
	jmp print32
.end:	ret

bits 64
long_mode:
	mov rsi, text_long
	call print
	mov rsi, text_name
	call print
	mov r8d, 0x80000002
.name:	mov eax, r8d
	cpuid
	mov rdi, name
	mov [rdi], eax
	mov [rdi + 4], ebx
	mov [rdi + 8], ecx
	mov [rdi + 12], edx
	mov rsi, rdi
	call print
	inc r8d
	cmp r8d, 0x80000005
	jb .name
	mov rsi, text_newline
	call print
	mov rsi, text_primes
	call print
	; a sieve over bytes at 0x200000
	mov edi, 0x200000
	mov ecx, 100000
	mov al, 1
	rep stosb
	mov ebx, 2		; candidate
	xor r9d, r9d		; count
.next:	cmp byte [0x200000 + rbx], 0
	je .no
	inc r9d
	lea edx, [rbx + rbx]
.strike:
	cmp edx, 100000
	jae .no
	mov byte [0x200000 + rdx], 0
	add edx, ebx
	jmp .strike
.no:	inc ebx
	cmp ebx, 100000
	jb .next
	mov eax, r9d
	call print_number
	mov rsi, text_newline
	call print
	xor eax, eax
	out 0xf6, al
	hlt

print:
	lodsb
	test al, al
	jz .end
	out 0xe9, al
	jmp print
.end:	ret

print_number:
	mov ecx, 10
	xor edx, edx
	div ecx
	push rdx
	test eax, eax
	jz .digit
	call print_number
.digit:	pop rax
	add al, '0'
	out 0xe9, al
	ret

text_real:	db "real mode", 10, 0
text_protected:	db "protected mode", 10, 0
text_long:	db "long mode, 4-level paging", 10, 0
text_name:	db "processor: ", 0
text_primes:	db "primes below 100000: ", 0
text_newline:	db 10, 0
name:		times 17 db 0

align 8
gdt:	dq 0
	dq 0x00cf9a000000ffff
	dq 0x00cf92000000ffff
	dq 0x00af9a000000ffff
gdt_pointer:
	dw $ - gdt - 1
	dd gdt
	times 2048 - ($ - $$) db 0
