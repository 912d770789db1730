; SPDX-License-Identifier: GPL-3.0-or-later
; A boot sector that says where it was started from: "TAG drive DL screen TAG", on COM1 and by INT 10h on the screen. Then it ends
; the machine by isa-debug-exit, or resets it. The test that lays it onto a medium fills in the tag and the action.
; Segment registers aside, code is position-independent: firmware may enter at 0000:7C00 or at 07C0:0000.
	bits 16
	org 0x7c00

COM1		equ 0x3f8
LSR		equ 5
LSR_THRE	equ 0x20
LCR		equ 3
RESET_CONTROL	equ 0xcf9
RESET_FULL	equ 0x06
DEBUG_EXIT	equ 0x501
EXIT_VALUE	equ 0x2a		; boot-test.c knows it: the exit status is 2 * 2Ah + 1
TAG_LENGTH	equ 4
TEXT_MEMORY	equ 0xb800
COLUMNS		equ 80

	jmp short start
	nop
	times 0x3e - ($ - $$) db 0	; room of a FAT's parameters: tools and firmware may look there
tag:	times TAG_LENGTH db '?'		; offset 3Eh
action:	db 0				; offset 42h; 0: exit, else reset

start:	cli
	cld
	xor ax, ax
	mov ds, ax
	mov ss, ax
	mov sp, 0x7c00
	mov [drive], dl
	sti
	call serial_setup
	mov ah, 3			; the cursor, so that what is printed can be read back from there
	xor bx, bx
	xor dx, dx			; without a video BIOS nobody answers
	int 0x10
	mov [cursor], dx
	mov si, tag
	mov cx, TAG_LENGTH
.tag:	lodsb
	call serial_put
	call screen_put
	loop .tag
	mov si, text_drive
	call serial_text
	mov al, [drive]
	call serial_hex
	mov si, text_screen
	call serial_text
	call screen_read
	mov si, text_end
	call serial_text
	cmp byte [action], 0
	jne reset
	mov dx, DEBUG_EXIT
	mov al, EXIT_VALUE
	out dx, al
halt:	hlt
	jmp halt
reset:	mov dx, RESET_CONTROL
	mov al, RESET_FULL
	out dx, al
	jmp halt

; 115200 bit/s, eight bits, no interrupts
serial_setup:
	mov dx, COM1 + LCR
	mov al, 0x80
	out dx, al
	mov dx, COM1
	mov al, 1
	out dx, al
	inc dx
	mov al, 0
	out dx, al
	mov dx, COM1 + LCR
	mov al, 3
	out dx, al
	ret

serial_put:
	push dx
	push ax
	mov dx, COM1 + LSR
.wait:	in al, dx
	test al, LSR_THRE
	jz .wait
	pop ax
	mov dx, COM1
	out dx, al
	pop dx
	ret

serial_text:
	lodsb
	test al, al
	jz .end
	call serial_put
	jmp serial_text
.end:	ret

serial_hex:
	push ax
	shr al, 4
	call .digit
	pop ax
	and al, 15
.digit:	add al, '0'
	cmp al, '9'
	jbe serial_put
	add al, 'a' - '0' - 10
	jmp serial_put

screen_put:
	pusha
	mov ah, 0x0e
	mov bx, 7
	int 0x10
	popa
	ret

; what stands in the text memory where the tag was printed; bytes that are no letters or digits (no display: FFh) as '-'
screen_read:
	movzx ax, byte [cursor + 1]
	imul si, ax, COLUMNS
	movzx ax, byte [cursor]
	add si, ax
	add si, si
	push ds
	push word TEXT_MEMORY
	pop ds
	mov cx, TAG_LENGTH
.next:	lodsw
	cmp al, '0'
	jb .none
	cmp al, 'z'
	jbe .put
.none:	mov al, '-'
.put:	call serial_put
	loop .next
	pop ds
	ret

text_drive:	db ' drive ', 0
text_screen:	db ' screen ', 0
text_end:	db 10, 0
drive:		db 0
cursor:		dw 0

	times 510 - ($ - $$) db 0	; 1BEh.. is an empty partition table
	dw 0xaa55
%if text_end - $$ > 0x1a0
	%error the code reaches into the partition table
%endif
