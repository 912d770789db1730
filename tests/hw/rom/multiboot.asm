; SPDX-License-Identifier: GPL-3.0-or-later
; A multiboot kernel that tells port 0xe9 what it was given, and ends by isa-debug-exit: with 3 (value 1) if all is well.
bits 32
org 0x100000
MAGIC equ 0x1badb002
FLAGS equ 0x10003
start:	dd MAGIC, FLAGS, -(MAGIC + FLAGS)
	dd start, start, end, bss_end, entry
entry:	mov esp, bss_end
	cmp eax, 0x2badb002
	jne $
	cmp dword [bss_end - 4096], 0
	jne $
	mov ebp, ebx
	mov esi, [ebp + 16]	; command line
	call line
	mov esi, [ebp + 64]	; boot loader
	call line
	mov eax, [ebp]		; flags
	call number
	mov eax, [ebp + 4]	; memory below and above
	call number
	mov eax, [ebp + 8]
	call number
	mov ecx, [ebp + 20]	; modules
	mov edi, [ebp + 24]
.module: jecxz .map
	mov esi, [edi + 8]	; command line, place, contents
	call line
	mov eax, [edi]
	call number
	mov eax, [edi + 4]
	call number
	mov esi, [edi]
	call line
	add edi, 16
	dec ecx
	jmp .module
.map:	mov edi, [ebp + 48]
	mov ecx, [ebp + 44]
	add ecx, edi
.entry:	cmp edi, ecx
	jae .done
	cmp dword [edi + 20], 1	; RAM alone
	jne .next
	mov eax, [edi + 4]
	call number
	mov eax, [edi + 12]
	call number
.next:	add edi, [edi]
	add edi, 4
	jmp .entry
.done:	mov al, 1
	mov dx, 0x501
	out dx, al
	jmp $
line:	lodsb
	test al, al
	jz .end
	out 0xe9, al
	jmp line
.end:	mov al, 10
	out 0xe9, al
	ret
number: push ecx
	mov ecx, 8
	mov edx, eax
.digit: rol edx, 4
	mov eax, edx
	and al, 15
	add al, '0'
	cmp al, '9'
	jbe .out
	add al, 'a' - '9' - 1
.out:	out 0xe9, al
	loop .digit
	mov al, 10
	out 0xe9, al
	pop ecx
	ret
end:
bss_end equ end + 8192
