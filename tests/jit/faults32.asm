; SPDX-License-Identifier: GPL-3.0-or-later
; 32-bit code: precise state at faults in the middle of a block, with operands that are there, absent, read-only, over a page's end
; and over the offset's, in segments with and without a base. As jit64.inc: memory is the result.
%include "boot.inc"

%define PD	0x100000
%define PT	0x101000			; 8 tables, of 0-1FFFFFF
%define IDT	0x118000
%define TSS	0x11a000
%define VARS	0x11b000			; as in jit64.inc: jit-test.c shows the case and variant
%define FRAME_TOP 0x120000
%define RUN_TOP	0x130000
%define CASE_TOP 0x13f000
%define PAGE_A	0x200000
%define PAGE_B	0x201000
%define VIEW_A	0x300000
%define LOG	0x400000
%define RECORD	1152
%define PTE(linear) (PT + ((linear) >> 12) * 4)
%define KCODE	0x08
%define KDATA	0x10
%define UDATA	(0x18 | 3)
%define UCODE	(0x20 | 3)
%define TSSSEL	0x28
%define BASED	(0x30 | 3)			; begins at PAGE_A + 0x200: what lies before has an offset near the end

absolute VARS
log_at:		resq 1
		resq 1
run_esp:	resq 1
case_id:	resq 1
variant:	resq 1
pass:		resq 1
section .text

bits 16
guest_entry:
	lgdt [gdtr]
	mov eax, cr0
	or al, 1
	mov cr0, eax
	jmp dword KCODE:enter32
align 4
gdtr:	dw gdt_end - gdt_start - 1
	dd gdt_start
align 8
gdt_start:
	dq 0
	dq 0x00cf9b000000ffff
	dq 0x00cf93000000ffff
	dq 0x00cff3000000ffff
	dq 0x00cffb000000ffff
	dq 0x0000890000000067 | ((TSS & 0xffffff) << 16)
	dq 0x00cff3000000ffff | (((PAGE_A + 0x200) & 0xffffff) << 16)
gdt_end:
idtr:	dw 0x50 * 8 - 1
	dd IDT

bits 32
enter32:
	mov ax, KDATA
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov esp, RUN_TOP
	cld
	mov edi, PD
	xor eax, eax
	mov ecx, 0x1c000 / 4
	rep stosd
	mov ecx, 8
	mov edi, PD
	mov eax, PT | 7
.pd:	stosd
	add eax, 0x1000
	loop .pd
	mov ecx, 8192
	mov edi, PT
	mov eax, 7
.pt:	stosd
	add eax, 0x1000
	loop .pt
	mov dword [PTE(VIEW_A)], PAGE_A | 7
	mov dword [PTE(VIEW_A + 0x1000)], PAGE_B | 7
	mov eax, PD
	mov cr3, eax
	mov eax, cr4
	or eax, (1 << 9) | (1 << 10)
	mov cr4, eax
	mov eax, cr0
	or eax, (1 << 31) | (1 << 16) | (1 << 5) | 2
	mov cr0, eax
	mov dword [TSS + 4], FRAME_TOP
	mov dword [TSS + 8], KDATA
	mov word [TSS + 0x66], 0x68
	mov ax, TSSSEL
	ltr ax
	lidt [idtr]
	xor ecx, ecx
.idt:	mov eax, [stub_table + ecx * 4]
	mov [IDT + ecx * 8], ax
	mov word [IDT + ecx * 8 + 2], KCODE
	mov word [IDT + ecx * 8 + 4], 0xee00
	shr eax, 16
	mov [IDT + ecx * 8 + 6], ax
	inc ecx
	cmp ecx, 0x50
	jb .idt
	mov dword [log_at], LOG
	call guest_main
	xor eax, eax
	out 0xf6, al
	hlt

%assign i 0
%rep 0x50
stub_%+i:
%if i != 8 && i != 10 && i != 11 && i != 12 && i != 13 && i != 14 && i != 17 && i != 21
	push -1
%endif
	push i
	jmp record
%assign i i + 1
%endrep
section .data
align 4
stub_table:
%assign i 0
%rep 0x50
	dd stub_%+i
%assign i i + 1
%endrep
align 16
floats:	dd 1.5, -2.25, 3.0e10, 7.0
default_mxcsr: dd 0x1f80
section .text

; vec err eip cs efl esp ss: all cases are the user's
record:
	pushad
	push ds
	push es
	push fs
	push gs
	mov ax, KDATA
	mov ds, ax
	mov es, ax
	mov edi, [log_at]
	fxsave [edi + 256]
	mov eax, [case_id]
	mov [edi], eax
	mov eax, [variant]
	mov [edi + 8], eax
	mov eax, [pass]
	mov [edi + 16], eax
	mov eax, [esp + 48]
	mov [edi + 24], eax
	mov eax, cr2
	mov [edi + 80], eax
	lea edi, [edi + 96]
	mov esi, esp
	mov ecx, 19
	rep movsd
	mov edi, [log_at]
	add edi, 1024
	mov esi, VIEW_A + 0xf0
	mov ecx, 14
	rep movsd
	mov esi, VIEW_A + 0xff0
	mov ecx, 12
	rep movsd
	add dword [log_at], RECORD
	mov esp, [run_esp]
	ret

; eax = the code, edx = the pointer
run_case:
	pushad
	push .back
	mov [run_esp], esp
	push UDATA
	push CASE_TOP
	pushfd
	push UCODE
	push eax
	mov ax, UDATA
	mov ds, ax
	mov es, ax
	mov ax, BASED
	mov gs, ax
	mov fs, ax
	mov ebx, edx
	mov esi, edx
	mov edi, edx
	mov ebp, edx
	mov eax, 0x11112222
	mov ecx, 3
	mov edx, 0x123
	fninit
	fld1
	fldpi
	movups xmm0, [floats]
	movups xmm1, [floats]
	ldmxcsr [default_mxcsr]
	iretd
.back:	popad
	ret

%macro C 1-*
	[section .tab]
	dd %%s
	__?SECT?__
%%s:	fnop
	jmp short %%next
%%next:	add eax, edx
	adc ecx, eax
	%rep %0
	%1
	%rotate 1
	%endrep
	adc ecx, edx
	int 0x40
	align 8
%endmacro
section .tab align=4
cases:
section .text

section .data
align 4
variants:				; pointer, flags of page A, of page B
	dd PAGE_A + 0x100, 7, 7
	dd PAGE_A + 0x100, 6, 7
	dd PAGE_A + 0x100, 5, 7
	dd PAGE_A + 0xffd, 7, 7
	dd PAGE_A + 0xffd, 7, 6
	dd PAGE_A + 0xffd, 7, 5
	dd 0xffffff00, 7, 7		; in FS and GS: PAGE_A + 0x100
	dd 0xfffffffd, 7, 7		; over the offset's end
	dd 0xfffffff8, 7, 7
	dd 0xfffffff0, 7, 7
	dd 0xdfd, 7, 6			; in FS and GS over the page's end
	dd 0xfffffff0, 5, 6
VARIANTS equ ($ - variants) / 12
section .text

guest_main:
	xor ebp, ebp
.variant:
	mov [variant], ebp
	xor ebx, ebx
.case:	mov [case_id], ebx
	imul ecx, ebp, 12
	mov edx, [variants + ecx]
	mov eax, [variants + ecx + 4]
	or eax, PAGE_A
	mov [PTE(PAGE_A)], eax
	mov eax, [variants + ecx + 8]
	or eax, PAGE_B
	mov [PTE(PAGE_B)], eax
	invlpg [PAGE_A]
	invlpg [PAGE_B]
	mov dword [pass], 0
.pass:	mov edi, VIEW_A + 0xf0
	mov ecx, 100
	mov eax, landing
	rep stosd
	mov edi, VIEW_A + 0xf80
	mov ecx, 100
	rep stosd
	mov eax, [cases + ebx * 4]
	call run_case
	inc dword [pass]
	cmp dword [pass], 4
	jb .pass
	inc ebx
	cmp ebx, CASES
	jb .case
	inc ebp
	cmp ebp, VARIANTS
	jb .variant
	ret

align 64
landing:
	inc ecx
	int 0x41

C {mov eax, [ebx]}
C {mov [ebx], al}
C {mov ch, [ebx]}
C {add [ebx], edx}
C {lock xadd [ebx], edx}
C {cmpxchg8b [ebx]}
C {mov eax, [PAGE_A + 0x100]}, {mov [VIEW_A + 0x100], ax}
; offsets of segments with a base; the TLB has the page
%define WARM	mov eax, [gs:0xffffff00]
C {WARM}, {mov eax, [gs:ebx]}
C {WARM}, {mov ax, [fs:ebx]}
C {WARM}, {mov al, [gs:ebx]}
C {WARM}, {mov al, [gs:ebx + 2]}
C {WARM}, {mov eax, [gs:ebx + 4]}
C {WARM}, {mov [gs:ebx], edx}
C {WARM}, {mov [gs:ebx], dl}
C {WARM}, {add [fs:ebx], edx}
C {WARM}, {lock add [fs:ebx + 8], edx}
C {WARM}, {lock cmpxchg8b [gs:ebx]}
C {WARM}, {movups xmm0, [gs:ebx]}
C {WARM}, {movups [gs:ebx], xmm1}
C {WARM}, {movaps xmm0, [gs:ebx]}
C {WARM}, {movsd xmm0, [gs:ebx]}
C {WARM}, {addss xmm0, [gs:ebx + 12]}
C {WARM}, {paddd xmm0, [gs:ebx]}
C {WARM}, {push dword [gs:ebx]}
C {WARM}, {call [gs:ebx]}
C {WARM}, {jmp [gs:ebx]}
C {WARM}, {mov eax, [gs:0xfffffffc]}
C {WARM}, {mov eax, [gs:0xfffffffd]}
C {WARM}, {mov [gs:0xffffffff], al}
C {WARM}, {mov ax, [gs:0xffffffff]}
C {WARM}, {movsd xmm0, [gs:0xfffffff8]}
C {WARM}, {movsd xmm0, [gs:0xfffffffc]}
C {WARM}, {movups xmm0, [gs:0xfffffff0]}
C {WARM}, {movups xmm0, [gs:0xfffffff4]}
C {WARM}, {mov edx, [gs:0xfffffffe]}
C {WARM}, {mov edx, 0xfffffffc}, {mov ecx, [gs:edx]}
C {WARM}, {div dword [gs:ebx]}, {cmp eax, edx}
C {WARM}, {cmovc eax, [gs:ebx]}
C {WARM}, {bt [gs:ebx], ecx}
C {WARM}, {xchg [gs:ebx], edx}
C {WARM}, {fld dword [gs:ebx]}
C {WARM}, {fstp tword [gs:ebx]}
C {WARM}, {fldcw [gs:ebx]}
; the stack, jumps
C {lea esp, [ebx + 4]}, {push edx}
C {lea esp, [ebx + 4]}, {push 0x12345}
C {lea esp, [ebx + 4]}, {push esp}
C {lea esp, [ebx + 4]}, {call landing}
C {lea esp, [ebx + 4]}, {pushfd}
C {lea esp, [ebx + 32]}, {pushad}
C {mov esp, ebx}, {pop edx}
C {mov esp, ebx}, {popad}
C {mov esp, ebx}, {ret}
C {mov esp, ebx}, {ret 8}
C leave
C {jmp [ebx]}
C {jmp ebx}
C {push ebx}, {ret}
C {lea esp, [ebx + 8]}, {enter 8, 1}
; strings, others
C lodsd
C stosb
C {mov esi, VIEW_A + 0x100}, {rep movsd}
C {mov edi, VIEW_A + 0x140}, {movsb}
C {repne scasb}
C {xor edx, edx}, {xor ecx, ecx}, {div ecx}
C {mov eax, 0x80000000}, {cdq}, {mov ecx, -1}, {idiv ecx}
C into
C {bound eax, [ebx]}
C {mov al, 10}, {aam 0}
C aaa
C daa
C {mov ds, dx}
C {les eax, [ebx]}
C {pop fs}
C {cli}
C {in al, 0x80}
C {mov eax, [cs:ebx]}
C {mov [cs:ebx], eax}
C {mov eax, [ss:ebx]}
C {fld qword [ebx]}
C {fistp dword [ebx]}
C {fnstenv [ebx]}
C {fsqrt}, {fxsave [ebx]}
C {fnsave [ebx]}
C {movq mm1, [ebx]}
C {movntps [ebx], xmm0}
C {arpl [ebx], dx}

section .tab
cases_end:
section .text
CASES	equ (cases_end - cases) / 4
