; SPDX-License-Identifier: GPL-3.0-or-later
; What a boot loader takes for a Linux kernel: setup code that tells port 0xe9 its command line and the first lines of the kernel
; proper and of its initrd, and ends by isa-debug-exit.
bits 16
org 0
	times 0x1f1 db 0
	db 1			; sectors of setup code
	times 0x1fe - ($ - $$) db 0
	dw 0xaa55
	jmp short setup
	db 'HdrS'
	dw 0x020f
	times 0x211 - ($ - $$) db 0
	db 1			; the kernel is loaded high
	times 0x218 - ($ - $$) db 0
initrd:	dd 0, 0
	times 0x228 - ($ - $$) db 0
cmdline: dd 0
	dd 0x7fffffff
	times 0x238 - ($ - $$) db 0
	dd 255
	times 0x268 - ($ - $$) db 0
; DS and the other segments but CS begin with the boot sector.
setup:	mov ax, [cmdline + 2]
	shl ax, 12
	mov fs, ax
	mov si, [cmdline]
.next:	mov al, [fs:si]
	inc si
	test al, al
	jz .kernel
	out 0xe9, al
	jmp .next
.kernel: mov al, 10
	out 0xe9, al
	mov eax, 0x100000
	call fetch
	mov eax, [initrd]
	call fetch
	mov al, 1
	mov dx, 0x501
	out dx, al
	jmp $

; The line at physical address eax: by the BIOS's move of extended memory, to `buffer`.
fetch:	mov [source + 2], ax
	shr eax, 16
	mov [source + 4], al
	mov [source + 7], ah
	xor eax, eax
	mov ax, ds
	shl eax, 4
	add eax, buffer
	mov [target + 2], ax
	shr eax, 16
	mov [target + 4], al
	mov si, table
	mov cx, 8
	mov ah, 0x87
	int 0x15
	mov si, buffer
.next:	lodsb
	out 0xe9, al
	cmp al, 10
	jne .next
	ret
table:	dq 0, 0
source: dw 0xffff, 0, 0x9300, 0
target: dw 0xffff, 0, 0x9300, 0
	dq 0, 0
buffer:	times 1024 - ($ - $$) db 0
	db 'kernel', 10
	times 2048 - ($ - $$) db 0
