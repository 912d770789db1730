; SPDX-License-Identifier: GPL-3.0-or-later
; A boot sector that shows what is typed, on the screen and on the first serial line, beeps at Escape, writes to the disk at Tab, and switches the machine off
; when its power button is pressed.
	bits 16
	org 0x7c00

; PIIX4's power management, where SeaBIOS puts it
PM1_STATUS	equ 0x600
PM1_CONTROL	equ 0x604
POWER_BUTTON	equ 1 << 8
SLEEP_NOW	equ 1 << 13		; with the type 0: S5

start:
	xor ax, ax
	mov ds, ax
	mov ss, ax
	mov sp, 0x7c00
	mov ax, 0x0100		; no cursor, whose blinking would be a change of the screen
	mov cx, 0x2000
	int 0x10
	mov ax, 0x00e3		; 9600 baud, 8 bits
	xor dx, dx
	int 0x14
	mov si, greeting
.next:
	lodsb
	test al, al
	jz .keys
	call put
	jmp .next
.keys:
	mov ah, 1
	int 0x16
	jnz .key
	mov dx, PM1_STATUS
	in ax, dx
	test ax, POWER_BUTTON
	jnz off
	hlt
	jmp .keys
.key:
	xor ah, ah
	int 0x16
	cmp al, 27
	je beep
	cmp al, 9
	je write
	test al, al
	jz .keys
	call put
	cmp al, 13
	jne .keys
	mov al, 10
	call put
	jmp .keys

; Itself into sector 1000.
write:
	mov si, packet
	mov ax, 0x4300
	mov dl, 0x80
	int 0x13
	mov si, written
	jnc start.next
	mov si, failed
	jmp start.next

off:
	mov dx, PM1_CONTROL
	mov ax, SLEEP_NOW
	out dx, ax
	jmp start.keys

; 1 kHz from counter 2, for good.
beep:
	mov al, 0xb6
	out 0x43, al
	mov ax, 1193
	out 0x42, al
	mov al, ah
	out 0x42, al
	in al, 0x61
	or al, 3
	out 0x61, al
	jmp start.keys

put:
	push ax
	mov ah, 0x0e
	mov bx, 7
	int 0x10
	pop ax
	push ax
	mov ah, 1
	xor dx, dx
	int 0x14
	pop ax
	ret

packet:	db 16, 0, 1, 0
	dw 0x7c00, 0
	dq 1000
written:
	db "echo: written", 13, 10, 0
failed:
	db "echo: write failed", 13, 10, 0
greeting:
	db "echo: ready", 13, 10, 0
	times 510 - ($ - $$) db 0
	dw 0xaa55
