; SPDX-License-Identifier: GPL-3.0-or-later
; Real mode: faults through the vector table, limits of 64 KiB, what is undefined there, segments with larger limits.
; Manual: SDM volume 3 chapter 20.1, and the real-address-mode exceptions of each instruction in volume 2.
; A case runs its 16-bit part in real mode with all segments 0 and SP 7000h; INT 40h ends it.
%include "lib.inc"

%macro RC 3-4 -				; name, outcome, setup (0), value
CASE %1, 0, %2, %4, %3, r_verify
	mov ebx, %$r
	jmp enter_real
bits 16
%$r:
%endmacro
%macro ENDRC 0
	int 0x40
	bits 32
ENDC_
%endmacro
%macro R1 3-*				; name, outcome, instructions: the last one is where it must be
RC %1, %2, 0
%rotate 2
%rep %0 - 3
	%1
%rotate 1
%endrep
AT
	%1
ENDRC
%endmacro
%macro RV 3-*				; name, value of AX, instructions
RC %1, DONE, 0, %2
%rotate 2
%rep %0 - 2
	%1
%rotate 1
%endrep
ENDRC
%endmacro

guest_main:
	xor ecx, ecx			; the vector table
.1:	mov eax, [real_stubs + ecx * 4]
	mov [ecx * 4], ax
	mov word [ecx * 4 + 2], 0
	inc ecx
	cmp ecx, 0x50
	jb .1
	RUN g_fault
	RUN g_undef
	RUN g_values
	RUN g_big
	ret
r_verify:
	movzx eax, word [r_eax]
	ret

enter_real:				; EBX = IP
	lidt [real_idtr]
	jmp dword CODE16:.p16
bits 16
.p16:	mov ax, DATA16
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov gs, ax
	cmp byte [big], 0
	jne .big
	mov fs, ax
.big:	mov eax, cr0
	and al, 0xfe
	mov cr0, eax
	jmp 0:.real
.real:	xor eax, eax
	mov ds, ax
	mov es, ax
	mov fs, ax
	mov gs, ax
	mov ss, ax
	mov esp, 0x7000
	mov bp, bx
	xor ebx, ebx
	xor ecx, ecx
	xor edx, edx
	xor esi, esi
	xor edi, edi
	push word 2
	popf
	jmp bp
real_rec:				; vec ip cs flags
	mov [cs:rr_eax], eax
	pop word [cs:rr_vec]
	pop word [cs:rr_ip]
	pop word [cs:rr_cs]
	pop word [cs:rr_fl]
	mov [cs:rr_sp], sp
	o32 lgdt [cs:gdtr]
	mov eax, cr0
	or al, 1
	mov cr0, eax
	jmp dword KCODE:.pm
bits 32
.pm:	mov ax, KDATA
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov esp, R0_STACK
	lidt [idtr]
	mov byte [big], 0
	cld
	push dword [rr_fl]
	push dword KCODE
	push dword [rr_ip]
	push dword -1
	push dword [rr_vec]
	mov eax, [rr_eax]
	jmp record
bits 16
%assign i 0
%rep 0x50
real_%+i:
	push word i
	jmp near real_rec
%assign i i + 1
%endrep
real_far: mov ax, 0x1234
	retf
real_iret: iret
real_fl: pop bx
	pop cx
	pop ax
	int 0x40
bits 32
section .data
align 4
real_stubs:
%assign i 0
%rep 0x50
	dd real_%+i
%assign i i + 1
%endrep
rr_eax:	dd 0
rr_vec:	dd 0
rr_ip:	dd 0
rr_cs:	dd 0
rr_fl:	dd 0
rr_sp:	dd 0
big:	db 0
align 4
	dw 0
real_idtr: dw 0x3ff
	dd 0
short_idtr: dw 0x48 * 4 + 2
	dd 0
section .text

GROUP g_fault, "faults"
R1 "word at ffff", VEC(13), {mov ax,[0xffff]}
R1 "word at ffff, write", VEC(13), {mov [0xffff],ax}
R1 "dword at fffd", VEC(13), {mov eax,[0xfffd]}
R1 "rmw at ffff", VEC(13), {add word [0xffff],1}
R1 "qword at fff9", VEC(13), {fld qword [0xfff9]}
R1 "ss: word at ffff", VEC(12), {mov bp,0xffff}, {mov ax,[bp]}
R1 "offset 10000", VEC(13), {mov ebx,0x10000}, {mov al,[ebx]}
R1 "offset 10000 by esp's base", VEC(12), {mov ebp,0x10000}, {mov al,[ebp]}
R1 "movsw at ffff", VEC(13), {mov si,0xffff}, {mov di,0x600}, {movsw}
R1 "div by 0", VEC(0), {xor cx,cx}, {div cx}
R1 "aam 0", VEC(0), {db 0xd4,0}
R1 "bound", VEC(5), {mov dword [0x600],0x00010000}, {mov ax,2}, {bound ax,[0x600]}
R1 "ud2", VEC(6), ud2
R1 "lock mov", VEC(6), {db 0xf0,0x89,0x07}
R1 "too long", VEC(13), {times 15 db 0x66}
R1 "jmp beyond 64 KiB", VEC(13), {mov ebx,0x10000}, {jmp ebx}
R1 "call beyond 64 KiB", VEC(13), {mov ebx,0x12345}, {call ebx}
R1 "far jmp beyond 64 KiB", VEC(13), {jmp dword 0:0x10000}
R1 "lidt of a register", VEC(6), {db 0x0f,0x01,0xd8 | 7}
R1 "mov to cs", VEC(6), {db 0x8e,0xc8}
RC "int n beyond the table's limit", VEC(13), 0
	lidt [short_idtr]
AT
	int 0x48
ENDRC
RC "int3: trap", VEC(3), 0
	int3
AT
ENDRC
RC "into: trap", VEC(4), 0
	mov al, 0x7f
	inc al
	into
AT
ENDRC
RC "single step", VEC(1), 0
	push word 0x102
	popf
	nop
AT
	nop
ENDRC
RC "single step is passed by mov ss", VEC(1), 0
	mov dx, ss
	push word 0x102
	popf
	mov ss, dx
	nop
AT
	nop
ENDRC
ENDGROUP

GROUP g_undef, "undefined in real mode"
R1 "lldt", VEC(6), {lldt ax}
R1 "ltr", VEC(6), {ltr ax}
R1 "sldt", VEC(6), {sldt ax}
R1 "str", VEC(6), {str ax}
R1 "lar", VEC(6), {lar ax,ax}
R1 "lsl", VEC(6), {lsl ax,ax}
R1 "verr", VEC(6), {verr ax}
R1 "verw", VEC(6), {verw ax}
R1 "arpl", VEC(6), {db 0x63,0xc0}
R1 "sysenter", VEC(13), {db 0x0f,0x34}
R1 "sysexit", VEC(13), {db 0x0f,0x35}
R1 "vex is lds, register form", VEC(6), {db 0xc5,0xf8,0x77}
R1 "rdmsr unknown", VEC(13), {mov ecx,0x12345678}, {rdmsr}
R1 "cr0 pg without pe", VEC(13), {mov eax,cr0}, {or eax,0x80000000}, {mov cr0,eax}
ENDGROUP

GROUP g_values, "what works"
RV "smsw", 0x10, {smsw ax}, {and ax,0x11}
RV "segment is 16 times", 0x77, {mov ax,0x6ff0}, {mov es,ax}, {mov byte [es:0x110],0x77}, {mov ax,0x7000}, {mov es,ax}, {mov al,[es:0x10]}, {mov ah,0}
RV "any selector loads", 0xfffe, {mov ax,0xfffe}, {mov fs,ax}, {mov ax,fs}
RV "byte at ffff", 0x0055, {mov ax,0x6000}, {mov es,ax}, {mov byte [es:0xffff],0x55}, {mov al,[es:0xffff]}, {mov ah,0}
RV "ffff:0010 is 1 MiB", 0x4242, {mov ax,0xffff}, {mov es,ax}, {mov word [es:0x10],0x4242}, {mov ax,[es:0x10]}
RV "push at 0 wraps", 0xfffe, {mov ax,0x7000}, {mov dx,sp}, {mov ss,ax}, {mov sp,0}, {push ax}, {mov ax,sp}, {xor bx,bx}, {mov ss,bx}, {mov sp,dx}
RV "pop of the last word", 0x0000, {mov ax,0x7000}, {mov dx,sp}, {mov ss,ax}, {mov sp,0xfffe}, {pop bx}, {mov ax,sp}, {xor bx,bx}, {mov ss,bx}, {mov sp,dx}
RV "popf: iopl and nt", 0x7002, {push word 0x7002}, popf, pushf, {pop ax}, {push word 2}, popf
RV "popf: reserved bits", 0x0002, {push word 0x8028}, popf, pushf, {pop ax}
RV "far call and return", 0x1234, {call 0:real_far}
RV "iret", 0x7000, {pushf}, {push cs}, {call real_iret}, {mov ax,sp}
RC "int n pushes flags and clears if and tf", DONE, 0, 0x0ad7
	mov word [0x48 * 4], real_fl
	push word 0x0ad7
	popf
	int 0x48
ENDRC
RC "int n: flags in the handler", DONE, .fl, 0x08d7
	jmp short %$a
bits 32
.fl:	ret
bits 16
%$h:	pushf
	pop ax
	int 0x40
%$a:	mov word [0x48 * 4], %$h
	push word 0x0ad7
	popf
	int 0x48
ENDRC
RV "32-bit operands", 0x5678, {mov eax,0x12345678}, {mov ebx,eax}, {xor ax,ax}, {mov eax,ebx}
RV "32-bit addressing inside 64 KiB", 0x3131, {mov ebx,0x600}, {mov word [ebx],0x3131}, {mov ax,[ebx]}
RV "mov from cr0", 0, {mov eax,cr0}, {and ax,1}
ENDGROUP

section .text
big_on:	mov byte [big], 1
	ret
bigfs:	ret
GROUP g_big, "larger limits in real mode"
RC "fs of 4 GiB", DONE, big_on, 0x1357
	mov ebx, 0x300000
	mov word [fs:ebx], 0x1357
	mov ax, [fs:ebx]
ENDRC
RC "fs of 4 GiB, selector loaded again: the limit stays", DONE, big_on, 0x2468
	mov ax, 0x1000
	mov fs, ax
	mov ebx, 0x300000
	mov word [fs:ebx], 0x2468
	xor ax, ax
	mov fs, ax
	mov ax, [fs:ebx + 0x10000]
ENDRC
RC "ds stays at 64 KiB", VEC(13), big_on
	mov ebx, 0x300000
AT
	mov ax, [ebx]
ENDRC
RC "fs word over 64 KiB", DONE, big_on, 0
	mov word [fs:0xffff], 0
	mov ax, [fs:0xffff]
ENDRC
ENDGROUP
