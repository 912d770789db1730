; SPDX-License-Identifier: GPL-3.0-or-later
; System-management mode: entry state, the save map (32-bit and AMD64 layout by its revision), RSM, SMBASE relocation.
; Needs the test bench's port B2h, which raises an SMI. Manual: SDM volume 3 chapter 31, AMD APM volume 2 chapter 10.
%include "lib.inc"
%include "lib64.inc"
%define NEWBASE	0x60000

absolute 0x70000
m_copy:	resb 0x200			; the save map as the handler found it
m_cr0:	resd 1
m_cs:	resd 1
m_fl:	resd 1
m_count: resd 1
m_eax:	resd 1				; if not 0: EAX to return with
m_base:	resd 1				; if not 0: SMBASE to return with
m_hits2: resd 1				; entries at the new base
section .text

guest_main:
	mov esi, smm_code
	mov edi, 0x38000
	mov ecx, smm_end - smm_code
	rep movsb
	mov esi, smm_code
	mov edi, NEWBASE + 0x8000
	mov ecx, smm_end - smm_code
	rep movsb
	RUN g_smm
	call long_enter
bits 64
	RUN64 g_long
	call long_leave
bits 32
	RUN g_move
	ret

; the handler: position independent; DS and ES have base 0 and 4 GiB
bits 16
smm_code:
	xor eax, eax
	mov ds, ax
	mov es, ax
	mov eax, cr0
	mov [dword m_cr0], eax
	xor eax, eax
	mov ax, cs
	mov [dword m_cs], eax
	xor ebx, ebx
	mov bx, cs
	shl ebx, 4			; SMBASE: CS is SMBASE / 16 here
	cmp ebx, NEWBASE
	jne .1
	inc dword [dword m_hits2]
.1:	lea esi, [ebx + 0xfe00]
	mov edi, m_copy
	mov ecx, 0x80
	a32 rep movsd
	inc dword [dword m_count]
	mov eax, [dword m_eax]
	test eax, eax
	jz .2
	cmp word [ebx + 0xfefc], 0x64
	je .l1
	mov [ebx + 0xffd0], eax
	jmp .2
.l1:	mov [ebx + 0xfff8], eax
.2:	mov eax, [dword m_base]
	test eax, eax
	jz .3
	cmp word [ebx + 0xfefc], 0x64
	je .l2
	mov [ebx + 0xfef8], eax
	jmp .3
.l2:	mov [ebx + 0xff00], eax
.3:	rsm
smm_end:
bits 32

m_clear: mov edi, m_copy
	mov ecx, 0x400 / 4
	xor eax, eax
	rep stosd
	ret
%macro MV 3				; routine, offset in the 32-bit map, in the AMD64 map (both from SMBASE + FE00h)
%1:	mov eax, [m_copy + (%2) - 0xfe00]
	cmp word [m_copy + 0xfc], 0x64
	jne .1
	mov eax, [m_copy + (%3) - 0xfe00]
.1:	ret
%endmacro
	MV m_veax, 0xffd0, 0xfff8
	MV m_vecx, 0xffd4, 0xfff0
	MV m_vedx, 0xffd8, 0xffe8
	MV m_vebx, 0xffdc, 0xffe0
	MV m_vesp, 0xffe0, 0xffd8
	MV m_vebp, 0xffe4, 0xffd0
	MV m_vesi, 0xffe8, 0xffc8
	MV m_vedi, 0xffec, 0xffc0
	MV m_veip0, 0xfff0, 0xff78
	MV m_vefl, 0xfff4, 0xff70
	MV m_vcr0, 0xfffc, 0xff58
	MV m_vbase, 0xfef8, 0xff00
m_veip:	call m_veip0
	mov ecx, [cur]
	sub eax, [ecx + C_EIP]
	ret
m_vrev:	mov eax, [m_copy + 0xfc]	; 30000h or 20064h: SMBASE can be moved
	test ax, 0xff9b
	jnz .bad
	and eax, 0x20000
	ret
.bad:	xor eax, eax
	ret
m_ncr0:	mov eax, [m_cr0]
	and eax, 0x8000000d
	ret
m_ncs:	mov eax, [m_cs]
	ret
m_seta:	call m_clear
	mov dword [m_eax], 0x12345678
	ret
%macro SC 3				; name, value, verify
CASE %1, 0, DONE, %2, m_clear, %3
	mov eax, 0x11
	mov ecx, 0x22
	mov edx, 0x33
	mov ebx, 0x44
	mov ebp, 0x66
	mov esi, 0x77
	mov edi, 0x88
	out 0xb2, al
AFTER
ENDC
%endmacro
GROUP g_smm, "entry, save map, rsm"
SC "revision", 0x20000, m_vrev
SC "smbase", 0x30000, m_vbase
SC "cr0 in smm: real mode", 0, m_ncr0
SC "cs in smm", 0x3000, m_ncs
SC "eax", 0x11, m_veax
SC "ecx", 0x22, m_vecx
SC "edx", 0x33, m_vedx
SC "ebx", 0x44, m_vebx
SC "esp", R0_STACK, m_vesp
SC "ebp", 0x66, m_vebp
SC "esi", 0x77, m_vesi
SC "edi", 0x88, m_vedi
SC "eip", 0, m_veip
SC "eflags", 2, m_vefl
CASE "rsm: eax as the handler left it", 0, DONE, 0x12345678, m_seta
	out 0xb2, al
ENDC
CASE "rsm: the rest as it was", 0, DONE, 0x5a5a, m_clear
	mov ebx, 0x5a5a
	out 0xb2, al
	mov eax, ebx
ENDC
CASE "rsm: segments as they were", 0, DONE, UDAT, .s
	jmp short %$a
.s:	call desc64
	jmp m_clear
%$a:	mov eax, UDAT
	mov fs, ax
	out 0xb2, al
	mov ebx, [fs:scratch]
	mov eax, fs
ENDC
CASE "rsm to ring 3", 3, DONE, UCODE | 3, .r3, v_cs
	jmp short %$a
.r3:	call m_clear
	mov dword [efl], 0x3002
	ret
%$a:	out 0xb2, al
ENDC
CASE "rsm to virtual-8086 mode", 0, BP, 0x1234, .vm
	bits 16
	mov ax, 0x1234
	out 0xb2, al
	int3
	bits 32
.vm:	call m_clear
	mov dword [efl], 0x23002
	mov word [tss + 0x66], 104
	mov byte [tss_bitmap + 0xb2 / 8], 0
	ret
ENDC
F1 "rsm outside smm: #UD", 0, UD, {rsm}
ENDGROUP
bits 64
GROUP g_long, "from long mode"
C1 "rsm to 64-bit mode", 0, DONE, 0x12345678, {mov rbx,0x123456789abcdef0}, {out 0xb2,al}, {mov rax,rbx}, {shr rax,32}
C1 "rsm to 64-bit mode: r8", 0, DONE, 0x0fedcba9, {mov r8,0x0fedcba987654321}, {out 0xb2,al}, {mov rax,r8}, {shr rax,32}
ENDGROUP
bits 32
section .text
m_setb:	call m_clear
	mov dword [m_base], NEWBASE
	ret
m_v2:	mov eax, [m_hits2]
	ret
GROUP g_move, "smbase"
CASE "written: still the old one for this entry", 0, DONE, 0, m_setb, m_v2
	out 0xb2, al
ENDC
CASE "then the new one", 0, DONE, 1, m_clear, m_v2
	out 0xb2, al
ENDC
ENDGROUP
