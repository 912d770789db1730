; SPDX-License-Identifier: GPL-3.0-or-later
; Code that changes under the translator: by stores of all kinds and through other mappings, by new page tables, by modes, by
; breakpoints. Every part runs several times over the same translated code.
%include "jit64.inc"
%define CODE	FREE			; a routine MOV EAX, n; RET
%define ALIAS	(FREE + 0x10000)	; the same page
%define P1	(FREE + 0x2000)		; two pages that take turns behind ...
%define P2	(FREE + 0x3000)
%define TURN	(FREE + 0x20000)	; ... this one
%define KERNEL	(FREE + 0x8000)
%define BOTH	(FREE + 0x9000)
%define SPARE	(FREE + 0xc000)		; two pages that never have code
%define PML4B	(FREE + 0x4000)
%define PDPTB	(FREE + 0x5000)
%define PDB	(FREE + 0x6000)
%define PTB	(FREE + 0x7000)
%define BIT_16	0x340000		; pages 64 KiB apart
%define FAR	0x10000000		; linear, the TLB's size away: there the table PTB is

guest_main:
	mov dword [PTE(ALIAS)], CODE | 7
	mov r15d, 3
.again:	mov [pass], r15
	call stores
	call warm_store
	call own_block
	call linked
	call loops
	call over_page
	call remaps
	call own_remap
	call privileges
	call aliases
	call modes
	call halves
	call evictions
	call stepping
	call breakpoints
	call hints
	call misses
	dec r15d
	jnz .again
	ret

; ---- stores to code ----
plant:	mov dword [CODE], 0x000001b8
	mov dword [CODE + 4], 0x9090c300
	ret
section .tab
align 4
store_table:
	dd stores.s0, stores.s1, stores.s2, stores.s3, stores.s4, stores.s5, stores.s6, stores.s7, stores.s8, stores.s9, stores.s10, stores.s11, stores.s12
STORES	equ ($ - store_table) / 4
section .text
; to rdi + 1, of ebx
stores.s0: mov [rdi + 1], ebx
	ret
stores.s1: mov [rdi + 1], bl
	ret
stores.s2: lock add [rdi + 1], ebx
	ret
stores.s3: xchg [rdi + 1], ebx
	ret
stores.s4: push rdi
	lea edi, [rdi + 1]
	mov eax, ebx
	stosd
	pop rdi
	ret
stores.s5: mov [scratch], ebx
	lea esi, [scratch]
	push rdi
	inc edi
	mov ecx, 4
	rep movsb
	pop rdi
	ret
stores.s6: fninit
	mov [scratch], ebx
	fild dword [scratch]
	fistp dword [rdi + 1]
	ret
stores.s7: movd xmm0, ebx
	movss [rdi + 1], xmm0
	ret
stores.s8: mov rsi, rsp
	lea rsp, [rdi + 8]
	mov eax, ebx
	shl rax, 8
	mov r8, 0x9090c300000000b8
	or rax, r8
	push rax
	mov rsp, rsi
	ret
stores.s9: mov eax, [rdi + 1]
	lock cmpxchg [rdi + 1], ebx
	ret
stores.s10: inc dword [rdi + 1]
	ret
stores.s11: vmovd xmm1, ebx
	vpextrd [rdi + 1], xmm1, 0
	ret
stores.s12: mov byte [rdi], 0xbb	; MOV EBX, n
	mov byte [rdi], 0xb8
	mov [rdi + 2], bh
	ret
section .tab
section .text
stores:
	call plant
	xor r12d, r12d
.kind:	mov r13d, 6
.round:	mov edi, CODE
	test r13d, 1
	jz .plain
	mov edi, ALIAS
.plain:	imul ebx, r13d, 0x1357
	add ebx, r12d
	mov eax, [store_table + r12 * 4]
	call rax
	mov eax, CODE
	call rax
	call note
	mov eax, ALIAS
	call rax
	call note
	call CODE
	call note
	dec r13d
	jnz .round
	inc r12d
	cmp r12d, STORES
	jb .kind
	ret

; A store that has its page in the TLB, before there is code.
warm_store:
	mov edi, CODE + 0x1000
	mov r12d, 5
.round:	mov eax, 0x5b8
	call .put
	mov dword [CODE + 0x1004], 0xc300
	mov r13d, 5
.turn:	imul eax, r13d, 0x10000
	or eax, 0xb8
	call .put
	mov eax, CODE + 0x1000
	call rax
	call note
	dec r13d
	jnz .turn
	; the code goes, the page is written as data again, and other code comes
	mov ecx, 1000
.data:	mov eax, ecx
	call .put
	loop .data
	dec r12d
	jnz .round
	ret
.put:	mov [rdi], eax
	ret

; In the block that runs.
own_block:
	mov ecx, 20
.next:	mov [.i + 1], cl
.i:	mov eax, 0x11
	call note
	loop .next
	mov r12d, 10
.far:	mov edi, .nops
	mov esi, .table
	test r12d, 1
	jz .even
	add esi, 8
.even:	xor eax, eax
	mov ecx, 8
	rep movsb
	inc eax
.nops:	nop
	nop
	nop
	nop
	nop
	nop
	nop
	nop
	call note
	dec r12d
	jnz .far
	; two blocks of one page, linked
	mov ecx, 50
.loop:	mov eax, ecx
	and eax, 3
	mov [.other + 1], al
	test ecx, 7
	jmp .other
	nop
.other:	mov eax, 0
	add r14, rax
	loop .loop
	mov rax, r14
	call note
	ret
.table:	db 0xff, 0xc0, 0xff, 0xc0, 0xff, 0xc0, 0x90, 0x90
	db 0x05, 1, 1, 1, 0, 0xff, 0xc0, 0x90

; Blocks of one page that jump to each other, and are far enough apart that one can go while the other stays.
linked:
	mov edi, CODE
	mov esi, .text
	mov ecx, .end - .text
	rep movsb
	mov r12d, 40
.round:	mov eax, CODE
	call rax
	call note
	mov ebx, r12d
	and ebx, 3
	imul ecx, ebx, .second - .first
	mov [CODE + .first - .text + rcx + 1], r12b
	dec r12d
	jnz .round
	ret
align 64
.text:	xor r8d, r8d
	mov edx, 3
.loop:	test edx, edx
	jz .third - 0			; taken at last
	jmp .first
	align 128
.first:	mov eax, 1
	add r8, rax
	jmp .second
	align 128
.second: mov eax, 2
	add r8, rax
	call .third
	jmp .loop
	align 128
.third:	mov eax, 3
	add r8, rax
	dec edx
	js .fourth
	times 40 nop			; beyond a block's end
	jmp .fourth
	align 128
.fourth: mov eax, 4
	add rax, r8
	ret
.end:

; A loop of several blocks of one page, which generated code holds in one piece: a block of it changes between two turns of the loop, and
; from inside it. Its accesses share page checks over several rounds, behind instructions that use all registers.
loops:
	mov edi, CODE
	mov esi, .text
	mov ecx, .end - .text
	rep movsb
	mov r12d, 90
.round:	mov ebx, SPARE + 0x20
	mov esi, SPARE + 0x30
	mov eax, r12d
	and eax, 15
	cmp eax, 3
	jne .other
	mov ebx, CODE + .second - .text + 1
.other:	cmp eax, 9
	jne .warm
	mov esi, CODE + .rare - .text + 3
.warm:	mov edi, SPARE + 0xf80			; and over the page's end
	mov ecx, 37
	mov eax, CODE
	call rax
	call note
	mov [CODE + .second - .text + 1], r12b
	dec r12d
	jnz .round
	ret
align 64
.text:	xor eax, eax
.head:	mov [rbx], cl
	add r8, [rdi]
	xchg r13, r11
	add r13d, [rdi + 8]
	mov [rdi + 4], eax
	lea rdi, [rdi + 8]
	test ecx, 3
	jz .rare
	jmp .second
	align 128
.second: mov edx, 1
	add eax, edx
	mov [rsi], dl
	rol r8, 3
	cmp edx, 1000
	ja .out
	dec ecx
	jnz .head
.out:	xor rax, r8
	add rax, r13
	ret
	align 128
.rare:	rol r8, 7
	add r11, r8
	jmp .second
.end:

; An instruction over a page's end: either half changes, and the second page is another.
over_page:
	mov r12d, 8
.round:	mov dword [CODE + 0xffe], 0x000001b8
	mov dword [CODE + 0x1002], 0x9090c300
	mov eax, CODE + 0xffe
	call rax
	call note
	mov [CODE + 0xfff], r12b
	call CODE + 0xffe
	call note
	mov [CODE + 0x1001], r12b
	call CODE + 0xffe
	call note
	mov dword [P2], 0xc3000000
	mov byte [P2 + 1], r12b
	mov dword [PTE(CODE + 0x1000)], P2 | 7
	invlpg [CODE + 0x1000]
	call CODE + 0xffe
	call note
	mov dword [PTE(CODE + 0x1000)], (CODE + 0x1000) | 7
	invlpg [CODE + 0x1000]
	dec r12d
	jnz .round
	ret

; ---- mappings ----
; The same offsets, other numbers: a loop in the page, a jump to the next page, the end of the page.
fill_turn:				; edi = page, bl = number
	push rdi
	mov esi, .text
	mov ecx, .end - .text
	rep movsb
	pop rdi
	mov [rdi + (.number - .text) + 1], bl
	mov byte [rdi + 0xffb], 0xb9	; MOV ECX, n to the page's end
	mov dword [rdi + 0xffc], 0
	mov [rdi + 0xffc], bl
	mov dword [rdi + 0x40], 0xc30000b8	; not an instruction to run
	ret
.text:	mov ecx, 5
	xor eax, eax
.number: mov edx, 0
.add:	add eax, edx
	dec ecx
	jnz .add
	jmp .out
	nop
.out:	ret
.end:
remaps:
	mov edi, P1
	mov bl, 1
	call fill_turn
	mov edi, P2
	mov bl, 2
	call fill_turn
	mov byte [BOTH], 0xc3
	mov dword [PTE(TURN + 0x1000)], BOTH | 7
	invlpg [TURN + 0x1000]
	mov r12d, 10
.round:	mov dword [PTE(TURN)], P1 | 7
	invlpg [TURN]
	call .look
	mov dword [PTE(TURN)], P2 | 7
	invlpg [TURN]
	call .look
	dec r12d
	jnz .round
	; from page to page, which follow each other in memory at first
	mov byte [P2], 0xc3
	mov r12d, 10
.follow: mov dword [PTE(TURN)], P1 | 7
	mov dword [PTE(TURN + 0x1000)], P2 | 7
	invlpg [TURN]
	invlpg [TURN + 0x1000]
	call TURN + 0xffb
	mov eax, ecx
	call note
	call TURN + 0xffb
	mov dword [PTE(TURN + 0x1000)], KERNEL | 7
	mov dword [KERNEL], 0xc3c1ff	; INC ECX; RET
	invlpg [TURN + 0x1000]
	call TURN + 0xffb
	mov eax, ecx
	call note
	dec r12d
	jnz .follow
	mov dword [PTE(TURN + 0x1000)], BOTH | 7
	invlpg [TURN + 0x1000]
	mov edi, P2
	mov bl, 2
	call fill_turn
	; another address space
	mov esi, PML4
	mov edi, PML4B
	mov ecx, 0x3000 / 8
	rep movsq
	mov esi, PT + 0x1000
	mov edi, PTB
	mov ecx, 512
	rep movsq
	mov dword [PML4B], PDPTB | 7
	mov dword [PDPTB], PDB | 7
	mov dword [PDB + 8], PTB | 7
	mov dword [PTB + ((TURN >> 12) & 511) * 8], P1 | 7
	mov dword [PTE(TURN)], P2 | 7
	invlpg [TURN]
	mov r12d, 10
.space:	mov eax, PML4B
	mov cr3, rax
	call .look
	mov eax, PML4
	mov cr3, rax
	call .look
	dec r12d
	jnz .space
	; gone, and not executable
	mov r13d, 2
.gone:	call .look
	mov qword [PTE(TURN)], P1 | 6
	invlpg [TURN]
	mov eax, .go
	xor ecx, ecx
	call run_case
	mov eax, P1 | 7
	bts rax, 63
	mov [PTE(TURN)], rax
	invlpg [TURN]
	mov eax, .go
	xor ecx, ecx
	call run_case
	mov eax, .go_direct
	mov cl, 3
	call run_case
	mov qword [PTE(TURN)], P2 | 7
	invlpg [TURN]
	dec r13d
	jnz .gone
	ret
.go:	mov eax, TURN
	call rax
	int 0x41
.go_direct:
	call TURN
	int 0x42
.look:	call TURN
	call note
	mov eax, TURN
	call rax
	call note
	xor ecx, ecx
	call TURN + 0xffb
	mov eax, ecx
	call note
	mov eax, TURN + 0xffb
	call rax
	mov eax, ecx
	call note
	push .back
	push TURN
	ret
.back:	call note
	ret

; A page that maps another one in its own place and goes on there.
own_remap:
	mov edi, P1
	mov bl, 1
.copy:	mov esi, .text
	mov ecx, .end - .text
	push rdi
	rep movsb
	pop rdi
	mov [rdi + (.number - .text) + 1], bl
	inc bl
	add edi, P2 - P1
	cmp bl, 2
	je .copy
	mov r12d, 10
.round:	mov dword [PTE(TURN)], P1 | 7
	invlpg [TURN]
	mov edx, P2 | 7
	call TURN
	call note
	mov edx, P1 | 7
	call TURN
	call note
	dec r12d
	jnz .round
	mov dword [PTE(TURN)], TURN | 7
	invlpg [TURN]
	ret
.text:	mov [PTE(TURN)], edx
	invlpg [TURN]
.number: mov eax, 0
	ret
.end:

; The kernel's translated code isn't the user's.
privileges:
	mov dword [KERNEL], 0x000005b8
	mov dword [KERNEL + 4], 0x9090c300
	mov dword [PTE(KERNEL)], KERNEL | 3
	invlpg [KERNEL]
	mov r12d, 4
.round:	call KERNEL
	mov eax, KERNEL
	call rax
	mov r13d, PRIVILEGES
.case:	mov eax, [priv_table + r13 * 4 - 4]
	mov cl, 3
	call run_case
	mov eax, [priv_table + r13 * 4 - 4]
	xor ecx, ecx
	call run_case
	dec r13d
	jnz .case
	dec r12d
	jnz .round
	ret
.a:	call KERNEL
	int 0x40
.b:	mov eax, KERNEL
	call rax
	int 0x40
.c:	push .c1
	push KERNEL
	ret
.c1:	int 0x40
.d:	push .c1
	jmp KERNEL
.e:	push .c1
	mov qword [rsp - 64], KERNEL
	jmp [rsp - 64]
.f:	mov eax, .look			; code that is both's, memory that isn't
	call rax
	int 0x40
.look:	mov edx, [KERNEL]
	ret
section .tab
align 4
priv_table: dd privileges.a, privileges.b, privileges.c, privileges.d, privileges.e, privileges.f
PRIVILEGES equ ($ - priv_table) / 4
section .text

; Addresses that look alike to the table of jumps; those that equal its numbers of modes.
aliases:
	mov r12d, 3
.page:	imul edi, r12d, 0x10000
	add edi, BIT_16
	push rdi
	mov ecx, 256
	mov al, 0xc3
	rep stosb
	pop rdi
	mov dword [rdi + 0x200], 0x000000b8
	mov dword [rdi + 0x204], 0x9090c300
	mov [rdi + 0x201], r12b
	dec r12d
	jnz .page
	mov r13d, 30
.turn:	call BIT_16 + 0x10200
	call note
	call BIT_16 + 0x20200
	call note
	call BIT_16 + 0x30200
	call note
	xor edx, edx
	mov eax, r13d
	mov ecx, 3
	div ecx
	inc edx
	shl edx, 16
	add edx, BIT_16 + 0x200
	call rdx
	call note
	dec r13d
	jnz .turn
	xor edi, edi			; page 0
	mov ecx, 256
	mov al, 0xc3
	rep stosb
	mov r12d, 140
.low:	lea eax, [r12 - 1]
	call rax
	lea eax, [r12 + BIT_16 + 0x10000 - 1]
	call rax
	dec r12d
	jnz .low
	ret

; The same bytes in 64 and 32-bit code: ADD RAX, 5, or DEC EAX and ADD EAX, 5; a loop; RETF
modes:	mov eax, KDATA			; the user's turn has left null there: 32-bit code would be the interpreter's
	mov ds, eax
	mov es, eax
	mov edi, BOTH + 0x100
	mov esi, .text
	mov ecx, .end - .text
	rep movsb
	mov r12d, 20
.round:	mov rbx, 0x1122334455667788
	mov edx, KCODE
	test r12d, 1
	jz .wide
	mov edx, KCODE32
.wide:	sub rsp, 8
	mov dword [rsp], .back
	mov dword [rsp + 4], KCODE
	push rdx
	push BOTH + 0x100
	mov rax, 0x1234567800000000
	mov ecx, 3
	retfq
.back:	call note
	mov rax, rcx
	call note
	mov rax, rsi
	call note
	dec r12d
	jnz .round
	ret
.text:	db 0x48, 0x83, 0xc0, 0x05	; ADD
	db 0x83, 0xe9, 0x01		; SUB ECX, 1
	db 0x75, 0xf7			; JNZ
	db 0x89, 0xc6			; MOV ESI, EAX
	db 0xb8				; MOV EAX, .called
	dd BOTH + 0x100 + .called - .text
	db 0xff, 0xd0			; CALL
	db 0x89, 0x1c, 0x24		; MOV [RSP], EBX: what the RETF takes is put back
	db 0xc7, 0x04, 0x24
	dd .back
	db 0xcb
.called:
	db 0x48, 0x8d, 0x40, 0x05	; LEA
	db 0xc3
.end:

; Outside 64-bit mode the upper half of the stack's pointer is nothing, whatever is in it.
halves:	mov r12d, 20
.round:	mov rbx, rsp
	mov rax, 0x7700000000
	or rsp, rax
	jmp far dword [.far]
bits 32
.short:	mov ecx, [esp + 4]
	pop ecx
	push ecx
	push ebx
	pop edx
	jmp KCODE:.long
bits 64
.long:	mov rsp, rbx
	mov eax, edx
	sub eax, ebx
	add eax, ecx
	call note
	dec r12d
	jnz .round
	ret
.far:	dd .short
	dw KCODE32

; Two pages with one place in the TLB.
evictions:
	mov dword [PD + (FAR >> 21) * 8 + 8], PTB | 7
	mov dword [PTB + ((TURN >> 12) & 511) * 8], P1 | 7
	mov edi, TURN + 0x800
	mov esi, FAR + TURN + 0x800
	mov r12d, 20
.round:	mov [rdi], r12d
	mov [rsi], edi
	add dword [rdi], 3
	lock add [rsi], r12d
	mov eax, [rdi]
	call note
	mov eax, [rsi]
	call note
	xchg rsi, rdi
	dec r12d
	jnz .round
	ret

; ---- traps ----
step_hook:
	iretq
stepping:
	mov r12d, 3
.warm:	call .code
	dec r12d
	jnz .warm
	mov qword [hook], step_hook
	pushfq
	or dword [rsp], 0x100
	popfq
	call .code
	pushfq
	and dword [rsp], ~0x100
	popfq
	mov qword [hook], 0
	ret
.code:	mov ecx, 3
	mov esi, scratch
	mov edi, scratch + 64
	xor eax, eax
.loop:	add eax, ecx
	adc r8, rax
	loop .loop
	mov ecx, 5
	rep movsb
	movups xmm0, [floats]
	addps xmm0, xmm0
	fld1
	fstp st0
	push rax
	mov ax, ss
	mov ss, ax
	nop
	pop rax
	call .leaf
	jmp .out
	nop
.out:	lea edx, [.leaf]
	call rdx
	ret
.leaf:	imul eax, eax, 7
	test eax, eax
	ret

resume_hook:
	or dword [rsp + 16], 0x10000
	iretq
breakpoints:
	mov qword [hook], resume_hook
	mov r12d, 4
.round:	call .code
	mov eax, .second
	mov dr0, rax
	mov eax, PAGE_A + 0x104
	mov dr1, rax
	mov eax, PAGE_A + 0x200
	mov dr2, rax
	mov eax, (3 << 0) | (3 << 2) | (3 << 4) | (0xd << 20) | (0xb << 24)	; DR1: 4 bytes written, DR2: 8 bytes read or written
	mov dr7, rax
	call .code
	call .code
	mov eax, 0x400
	mov dr7, rax
	call .code
	dec r12d
	jnz .round
	mov qword [hook], 0
	ret
.code:	mov ebx, PAGE_A
	mov ecx, 3
.first:	add eax, ecx
	inc edx
.second: mov [rbx + 0x104], eax
	add eax, 7
	add edx, [rbx + 0x204]
	mov [rbx + 0x108], eax
	push qword [rbx + 0x102]
	pop rsi
	dec ecx
	jnz .first
	ret

; ---- an array's elements in two pages by turns ----
; Where they were last is no help: after some thousand times generated code leaves before that read, to be made anew. That is where
; the block begins, and is its second instruction, to which it jumps.
hints:	mov ecx, 6000
	mov esi, P1
	xor edx, edx
	xor eax, eax
.read:	movzx ebx, byte [rsi + rdx]
	xor edx, 0x1000
	add eax, ebx
	dec ecx
	jnz .read
	mov ecx, 6000
.round:	xor edi, edi
.again:	movzx ebx, byte [rsi + rdx]
	xor edx, 0x1000
	add eax, ebx
	inc edi
	cmp edi, 2
	jb .again
	xor edx, 0x1000
	dec ecx
	jnz .round
	jmp note

; ---- where an access was last is in the TLB no longer ----
; What stands there instead must not be any other page: not one that differs in one bit of the page's number, nor the first.
%define OTHER	0x8000000		; linear, half of the TLB's size away: from its second 2 MiB on there the table PTB is, too
misses:	mov dword [PD + ((OTHER + P1) >> 21) * 8], PTB | 7
	mov edi, PTB
	mov ecx, 1024
	xor eax, eax
	rep stosd
	mov dword [PTB + ((P1 >> 12 & 511)) * 8], P2 | 7
	mov dword [P1 + 0x800], 0x1111
	mov dword [P2 + 0x800], 0x2222
	mov dword [0x800], 0x3333
	mov qword [hook], .absent
	xor eax, eax
	mov r12d, 3
.next:	xor edx, edx
	mov ecx, 40
	mov esi, OTHER + P1 + 0x800
	call .read
	call note
	invlpg [OTHER + P1]
	mov ecx, 40
	mov esi, P1 + 0x800
	call .read
	call note
	invlpg [P1]
	mov ecx, 1
	mov esi, OTHER + P1 + 0x800
	call .read
	mov rsi, cr3
	mov cr3, rsi
	mov esi, 0x800
	mov ecx, 1
	call .read
	call note
	mov ecx, 1
	mov esi, 0x8000800		; the first entry as it is at the beginning; there is nothing
	call .read
	dec r12d
	jnz .next
	mov qword [hook], 0
	ret
.read:	add eax, [rsi + rdx]
	dec ecx
	jnz .read
.back:	ret
.absent: mov qword [rsp], .back
	iretq
