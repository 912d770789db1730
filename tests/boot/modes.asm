; SPDX-License-Identifier: GPL-3.0-or-later
; Sets a display mode by the VGA BIOS and draws a test picture into it, then sleeps. The test that makes a disk of this fills in
; mode, size and painter.
;	text: all characters, and all attributes from top left to bottom right
;	graphics: a grid of 16 x 16 fields with all the colours there are, direct colours as gradients; a white frame and a white
;	line from the top left corner, to tell a shifted picture from a right one; a word written by the BIOS
	bits 16
	cpu 386
	org 0x7c00

SECTORS		equ 4			; of this program
CRTC		equ 0x3d4
SEQUENCER	equ 0x3c4
GRAPHICS	equ 0x3ce
MISC_OUTPUT	equ 0x3c2
BDA_COLUMNS	equ 0x44a
BDA_LAST_ROW	equ 0x484
FIRST_VBE_MODE	equ 0x100
MODE_MONO_TEXT	equ 7
CRTC_MONO	equ 0x3b4

; `option`
FONT_8X8	equ 1
NO_WORD		equ 2			; the BIOS doesn't know this mode, and writes no word
UNDERLINED	equ 4			; IBM's BIOS underlines in mode 7, SeaBIOS's doesn't

	jmp short start
	nop
	times 0x3e - ($ - $$) db 0
mode:		dw 3			; offset 3Eh; from 100h on a VBE mode
painter:	db 0			; offset 40h: a row of `painters`
option:		db 0			; offset 41h: see below
width:		dw 0			; offset 42h
height:		dw 0			; offset 44h

start:	cli
	cld
	xor ax, ax
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov sp, 0x7c00
	jmp 0:.here
.here:	sti
	mov ax, 0x0200 + SECTORS - 1	; the rest of the program, from cylinder 0, head 0, sector 2 of the drive in DL
	mov bx, 0x7e00
	mov cx, 2
	mov dh, 0
	int 0x13
	jc sleep
	call set_mode
	movzx bx, byte [painter]
	shl bx, 1
	call [painters + bx]
sleep:	hlt
	jmp sleep

set_mode:
	mov ax, [mode]
	cmp ax, FIRST_VBE_MODE
	jae .vbe
	int 0x10
	test byte [option], FONT_8X8
	jz .end
	mov ax, 0x1112			; 8x8 characters: twice as many rows
	mov bl, 0
	int 0x10
.end:	ret
.vbe:	mov bx, ax
	mov ax, 0x4f02
	int 0x10
	cmp ax, 0x004f
	jne sleep
	ret

	times 510 - ($ - $$) db 0
	dw 0xaa55

painters:
	dw paint_text, paint_cga4, paint_cga2, paint_planar, paint_13h, paint_x, paint_vbe8, paint_vbe16, paint_vbe24, paint_vbe32

; ---- text

paint_text:
	mov ax, 0xb800
	cmp byte [mode], MODE_MONO_TEXT
	jne .color
	mov ax, 0xb000
.color:	mov es, ax
	movzx eax, byte [BDA_LAST_ROW]
	inc eax
	movzx ebx, word [BDA_COLUMNS]
	mul ebx
	mov ecx, eax			; cells
	xor esi, esi			; this one
	xor di, di
.next:	mov eax, esi
	shl eax, 8
	xor edx, edx
	div ecx
	mov ah, al			; the attribute
	mov bx, si
	mov al, bl
	stosw
	inc esi
	cmp esi, ecx
	jb .next
	test byte [option], UNDERLINED
	jz .cursor
	mov dx, CRTC_MONO
	mov ax, 0x0d14			; the underline is line 13
	out dx, ax
.cursor:
	mov ah, 2			; it stands somewhere in the middle
	mov bh, 0
	mov dx, 0x0c14
	int 0x10
	ret

; ---- graphics: each painter is a routine that puts the dot CX, DX. It may use EAX, EBX, EDI, ES

%macro painter 2			; segment, routine
	push word %1
	pop es
	mov si, %2
	jmp paint
%endmacro

paint_cga4:	painter 0xb800, put_cga4
paint_cga2:	painter 0xb800, put_cga2
paint_13h:	painter 0xa000, put_13h
paint_vbe8:	painter 0xa000, put_vbe8
paint_vbe16:	painter 0xa000, put_vbe16
paint_vbe24:	painter 0xa000, put_vbe24
paint_vbe32:	painter 0xa000, put_vbe32

paint_planar:
	mov dx, GRAPHICS
	mov ax, 0x0205			; write mode 2: the byte is a colour
	out dx, ax
	push word 0xa000
	pop es
	mov si, put_planar
	call paint_dots
	mov dx, GRAPHICS
	mov ax, 0x0005
	out dx, ax
	mov ax, 0xff08
	out dx, ax
	jmp word_by_bios

paint_x:
	call set_mode_x
	painter 0xa000, put_x

paint:	call paint_dots
	jmp word_by_bios

paint_dots:
	xor dx, dx
.line:	xor cx, cx
.dot:	push edx
	call si
	pop edx
	inc cx
	cmp cx, [width]
	jb .dot
	inc dx
	cmp dx, [height]
	jb .line
	ret

word_by_bios:
	test byte [option], NO_WORD
	jnz .end
	cmp word [mode], FIRST_VBE_MODE
	jb .cursor
	mov ax, 0x4f05			; the BIOS's characters of 8 bits a dot go where the window is
	xor bx, bx
	xor dx, dx
	int 0x10
.cursor:
	mov ah, 2
	mov bh, 0
	mov dx, 0x0203			; row 2, column 3
	int 0x10
	mov si, word_text
.next:	lodsb
	test al, al
	jz .end
	mov ah, 0x0e
	mov bx, 0x000f
	int 0x10
	jmp .next
.end:	ret

; 320x240 with four pages: mode 13h, unchained, with the line counts of mode 12h
set_mode_x:
	mov si, .sequencer
	mov dx, SEQUENCER
	call .write
	mov dx, MISC_OUTPUT
	mov al, 0xe3
	out dx, al
	mov si, .crtc
	mov dx, CRTC
	call .write
	ret
.write:	lodsw
	test ax, ax
	jz .end
	out dx, ax
	jmp .write
.end:	ret
.sequencer:	dw 0x0604, 0
.crtc:		dw 0x2c11, 0x0d06, 0x3e07, 0x4109, 0xea10, 0xac11, 0xdf12, 0x0014, 0xe715, 0x0616, 0xe317, 0

; ---- the colour of dot CX, DX

; Carry: it belongs to the frame or the line.
is_white:
	test cx, cx
	jz .yes
	test dx, dx
	jz .yes
	mov ax, [width]
	dec ax
	cmp cx, ax
	je .yes
	mov ax, [height]
	dec ax
	cmp dx, ax
	je .yes
	cmp cx, dx
	je .yes
	clc
	ret
.yes:	stc
	ret

; AX, BX: sixteenths of width and height
field:	push edx
	movzx eax, dx
	shl eax, 4
	xor edx, edx
	movzx ebx, word [height]
	div ebx
	push ax
	movzx eax, cx
	shl eax, 4
	xor edx, edx
	movzx ebx, word [width]
	div ebx
	pop bx
	pop edx
	ret

; AL: 0..15 and 0..255
color_16:
	call is_white
	mov al, 15
	jc .end
	call field
	add al, bl
	and al, 15
.end:	ret

color_256:
	call is_white
	mov al, 15
	jc .end
	call field
	shl bl, 4
	or al, bl
.end:	ret

; EAX: 00RRGGBB. Red grows from left to right, green downwards, blue by both.
color_direct:
	call is_white
	mov eax, 0xffffff
	jc .end
	push edx
	movzx eax, cx
	mov bx, dx
	shl eax, 8
	xor edx, edx
	movzx edi, word [width]
	div edi
	push ax
	movzx eax, bx
	shl eax, 8
	xor edx, edx
	movzx edi, word [height]
	div edi
	pop dx
	mov bl, al
	xor bl, dl			; blue
	mov bh, al			; green
	movzx eax, dl			; red
	shl eax, 16
	mov ax, bx
	pop edx
.end:	ret

; ---- dots

; DI: CGA's address of a dot's row
cga_row:
	mov ax, dx
	shr ax, 1
	imul di, ax, 80
	test dx, 1
	jz .even
	add di, 0x2000
.even:	ret

put_cga4:
	call color_16
	and al, 3
	mov bl, al
	call cga_row
	mov ax, cx
	shr ax, 2
	add di, ax
	push cx
	not cl
	and cl, 3
	shl cl, 1
	shl bl, cl
	pop cx
	or [es:di], bl
	ret

put_cga2:
	call color_16
	and al, 1
	mov bl, al
	call cga_row
	mov ax, cx
	shr ax, 3
	add di, ax
	push cx
	not cl
	and cl, 7
	shl bl, cl
	pop cx
	or [es:di], bl
	ret

put_planar:
	call color_16
	push ax
	mov ax, [width]
	shr ax, 3
	imul ax, dx
	mov di, cx
	shr di, 3
	add di, ax
	push cx
	mov ah, 0x80
	and cl, 7
	shr ah, cl
	pop cx
	mov al, 8			; bit mask
	mov dx, GRAPHICS
	out dx, ax
	mov al, [es:di]			; into the latches
	pop ax
	mov [es:di], al
	ret

put_13h:
	call color_256
	imul di, dx, 320
	add di, cx
	mov [es:di], al
	ret

put_x:	call color_256
	imul di, dx, 80
	push ax
	push cx
	mov ax, cx
	shr ax, 2
	add di, ax
	mov ax, 0x0102			; map mask: plane X modulo 4
	and cl, 3
	shl ah, cl
	pop cx
	mov dx, SEQUENCER
	out dx, ax
	pop ax
	mov [es:di], al
	ret

put_vbe8:
	call color_256
	mov edi, 1
	jmp put_bytes

put_vbe16:
	call color_direct
	mov ebx, eax			; 5 bits red, 6 green, 5 blue
	shr eax, 8
	and eax, 0xf800
	mov di, bx
	shr di, 5
	and di, 0x07e0
	or ax, di
	shr bl, 3
	or al, bl
	mov edi, 2
	jmp put_bytes

put_vbe24:
	call color_direct
	mov edi, 3
	jmp put_bytes

put_vbe32:
	call color_direct
	mov edi, 4

; the EDI low bytes of EAX as a dot, through the 64 KiB window
put_bytes:
	push cx
	push si
	mov si, di			; bytes
	push eax
	movzx eax, dx
	movzx ebx, word [width]
	imul eax, ebx
	movzx ebx, cx
	add ebx, eax
	imul ebx, edi
	mov edi, ebx
	pop eax
.next:	mov edx, edi
	shr edx, 16
	cmp dx, [bank]
	je .there
	mov [bank], dx
	pushad
	mov ax, 0x4f05
	xor bx, bx
	int 0x10
	popad
.there:	mov [es:di], al
	shr eax, 8
	inc edi
	dec si
	jnz .next
	pop si
	pop cx
	ret

bank:		dw 0
word_text:	db "Vivarium", 0

	times SECTORS * 512 - ($ - $$) db 0
