; SPDX-License-Identifier: GPL-3.0-or-later
; 4-level paging: permissions with NX, SMEP, SMAP and protection keys, reserved bits, large pages, canonical addresses,
; PCID and INVPCID; 5-level paging where the processor has it.
; Manual: SDM volume 3 chapter 4.
%include "lib.inc"
%include "lib64.inc"
%define CR4_PGE 0x80
%define CR4_LA57 0x1000
%define CR4_PCIDE 0x20000
%define CR4_SMEP 0x100000
%define CR4_SMAP 0x200000
%define CR4_PKE 0x400000

bits 32
guest_main:
	mov eax, 7
	xor ecx, ecx
	cpuid
	mov [cpu7b], ebx
	mov [cpu7c], ecx
	mov eax, 1
	cpuid
	mov [cpu1c], ecx
	call long_enter
bits 64
	call matrix64
	test dword [cpu7c], 8
	jz .nopku
	call pk_matrix
.nopku:
	RUN64 g_rsv
	RUN64 g_canon
	RUN64 g_ad
	test dword [cpu7b], 1 << 20
	jz .nosmap
	RUN64 g_smap
.nosmap:
	test dword [cpu1c], 1 << 17
	jz .nopcid
	RUN64 g_pcid
	test dword [cpu7b], 1 << 10
	jz .nopcid
	RUN64 g_invpcid
.nopcid:
	RUN64 g_cr
	call long_leave
bits 32
	test dword [cpu7c], 1 << 16
	jz .no57
	call la57
.no57:	ret
section .data
align 4
cpu7b:	dd 0
cpu7c:	dd 0
cpu1c:	dd 0
s_m64:	db "matrix pte x cpl x wp x smep x smap x ac", 0
s_pk:	db "matrix protection keys", 0
s_pks:	db "matrix protection keys, supervisor", 0
align 4
qrec:	times C_SIZE db 0
q_code:	dd q_read, q_write, q_exec
section .text
bits 64
q_read:	mov eax, [TP + 0x123]
	int 0x40
q_write: mov [TP + 0x123], eax
	int 0x40
q_exec:	mov eax, TP + 0x100
	jmp rax
; CR4 bits in EAX on, the others of SMEP SMAP PKE off; CR0.WP by bit 16 of ECX
cr_set:	push rdx
	mov rdx, cr4
	and edx, ~(CR4_SMEP | CR4_SMAP | CR4_PKE)
	or edx, eax
	mov cr4, rdx
	mov rdx, cr0
	and edx, ~0x10000
	and ecx, 0x10000
	or edx, ecx
	mov cr0, rdx
	mov rdx, cr3
	mov cr3, rdx
	pop rdx
	ret
cr_back: push rcx
	xor eax, eax
	mov ecx, 0x10000
	call cr_set
	pop rcx
	ret
q_done:	mov dword [param], 0
	mov dword [param2], 0
	mov qword [PTE(0)], TFRAME | 7
	call cr_back
	jmp group_line64
; index: 0-3 PTE P W U NX, 4 CPL 3, 5 WP, 6 SMEP, 7 SMAP, 8 AC, 9-10 op
mx_setup:
	mov dword [TFRAME + 0x100], 0x40cd
	mov edi, [param2]
	mov eax, edi
	and eax, 7
	or eax, TFRAME
	mov [PTE(0)], eax
	mov eax, edi
	shr eax, 3
	shl eax, 31
	mov [PTE(0) + 4], eax
	mov ecx, edi
	shl ecx, 11			; WP to bit 16
	mov eax, edi
	and eax, 0xc0
	shl eax, 14			; SMEP 20, SMAP 21
	call cr_set
	mov eax, edi
	and eax, 0x100
	shl eax, 10			; AC 18
	or eax, 2
	mov [efl], eax
	ret
mx_verify:
	mov rax, cr0
	call cr_back
	cmp dword [r_out], DONE
	mov eax, 0x55
	je .1
	mov eax, [x_cr2]
	sub eax, TP
.1:	ret
matrix64:
	mov dword [qrec + C_NAME], s_m64
	mov dword [qrec + C_SETUP], mx_setup
	mov dword [qrec + C_VERIFY], mx_verify
	xor edi, edi
.next:	mov eax, edi
	and eax, 0xc0			; features that are not there: skip
	jz .have
	mov ecx, [cpu7b]
	test eax, 0x40
	jz .s1
	bt ecx, 7
	jnc .skip
.s1:	test eax, 0x80
	jz .have
	bt ecx, 20
	jnc .skip
.have:	mov [param2], edi
	mov eax, edi
	or eax, 0x80000000
	mov [param], eax
	mov ebx, edi
	shr ebx, 9
	mov eax, [q_code + rbx * 4]
	mov [qrec + C_CODE], eax
	mov ebp, edi			; EBP: bit 2 U of the error code
	shr ebp, 2
	and ebp, 4
	mov eax, ebp
	shr eax, 2
	lea eax, [rax + rax * 2]	; ring 3 or 0
	or eax, C_HASVAL
	mov [qrec + C_RING], eax
	mov edx, ebp			; the error code without P
	cmp ebx, 1
	jb .op
	je .w
	or edx, 0x10
	jmp .op
.w:	or edx, 2
.op:	test edi, 1
	jz .fault
	test edi, 0x10
	jnz .user
	; the supervisor
	cmp ebx, 2
	jne .sdata
	test edi, 4			; SMEP
	jz .nx
	test edi, 0x40
	jnz .prot
	jmp .nx
.sdata:	test edi, 4			; SMAP
	jz .swp
	test edi, 0x80
	jz .swp
	test edi, 0x100
	jz .prot
.swp:	cmp ebx, 1
	jne .good
	test edi, 2
	jnz .good
	test edi, 0x20
	jnz .prot
	jmp .good
.user:	test edi, 4
	jz .prot
	cmp ebx, 2
	je .nx
	cmp ebx, 1
	jne .good
	test edi, 2
	jnz .good
	jmp .prot
.nx:	test edi, 8
	jz .good
.prot:	or edx, 1
.fault:	or edx, PF(0)
	mov [qrec + C_WANT], edx
	mov eax, 0x123
	cmp ebx, 2
	jne .v
	mov eax, 0x100
.v:	mov [qrec + C_VALUE], eax
	jmp .run
.good:	mov dword [qrec + C_WANT], DONE
	mov dword [qrec + C_VALUE], 0x55
.run:	mov esi, qrec
	call case64
.skip:	inc edi
	cmp edi, 0x600
	jb .next
	mov esi, s_m64
	jmp q_done

; protection keys: 0 AD, 1 WD, 2 CPL 3, 3 WP, 4 PTE.U, 5-6 op, 7 another key in PKRU
pk_setup:
	mov dword [TFRAME + 0x100], 0x40cd
	mov edi, [param2]
	mov eax, edi
	shr eax, 2
	and eax, 4
	or eax, TFRAME | 3
	mov [PTE(0)], eax
	mov dword [PTE(0) + 4], 5 << 27	; key 5
	mov ecx, edi
	shl ecx, 13
	mov eax, CR4_PKE
	call cr_set
	mov eax, edi
	and eax, 3
	mov ecx, 10			; 2 * key 5
	test edi, 0x80
	jz .1
	mov ecx, 14
.1:	shl eax, cl
	xor ecx, ecx
	xor edx, edx
	wrpkru
	ret
pk_verify:
	xor eax, eax
	xor ecx, ecx
	xor edx, edx
	wrpkru
	jmp mx_verify
pk_matrix:
	mov dword [qrec + C_NAME], s_pk
	mov dword [qrec + C_SETUP], pk_setup
	mov dword [qrec + C_VERIFY], pk_verify
	xor edi, edi
.next:	mov ebx, edi
	shr ebx, 5
	and ebx, 3
	cmp ebx, 3
	je .skip
	mov eax, edi			; a supervisor's page from ring 3 is no matter of keys
	and eax, 0x14
	cmp eax, 4
	je .skip
	mov [param2], edi
	mov eax, edi
	or eax, 0x80000000
	mov [param], eax
	mov eax, [q_code + rbx * 4]
	mov [qrec + C_CODE], eax
	mov edx, edi
	and edx, 4
	mov eax, edx
	shr eax, 2
	lea eax, [rax + rax * 2]
	or eax, C_HASVAL
	mov [qrec + C_RING], eax
	mov dword [qrec + C_NAME], s_pk
	test al, 3
	jnz .named
	mov dword [qrec + C_NAME], s_pks
.named:	mov dword [qrec + C_WANT], DONE
	mov dword [qrec + C_VALUE], 0x55
	test edi, 0x10
	jz .run
	test edi, 0x80
	jnz .run
	cmp ebx, 2
	je .run
	test edi, 1
	jnz .deny
	cmp ebx, 1
	jne .run
	test edi, 2
	jz .run
	test edi, 4
	jnz .deny
	test edi, 8
	jz .run
.deny:	or edx, PF(0x21)
	cmp ebx, 1
	jne .d1
	or edx, 2
.d1:	mov [qrec + C_WANT], edx
	mov dword [qrec + C_VALUE], 0x123
.run:	mov esi, qrec
	call case64
.skip:	inc edi
	cmp edi, 0x100
	jb .next
	mov esi, s_pk
	jmp q_done

; ---- reserved bits, large pages -----------------------------------------------------------------------------------
%macro RS 3
%1:	call new64
	bts qword [%2], %3
	jmp fl64
%endmacro
new64:	push rcx
	push rdi
	mov dword [PDE_T], PT_T | 7
	mov dword [PDE_T + 4], 0
	mov qword [PML4], PDPT | 7
	mov qword [PDPT], PDK | 7
	mov qword [PDPT + 16], 0
	mov qword [PML4 + 8], 0
	xor ecx, ecx
.1:	mov eax, ecx
	shl eax, 12
	add eax, TFRAME | 7
	mov [PTE(0) + rcx * 8], rax
	inc ecx
	cmp ecx, 16
	jb .1
	mov dword [TFRAME], 0x11111111
	mov dword [TFRAME + 0x1000], 0x22222222
	pop rdi
	pop rcx
fl64:	mov rax, cr3
	mov cr3, rax
	ret
	RS rs_pte51, PTE(0), 51
	RS rs_pde51, PDE_T, 51
rs_2m13: call new64
	mov qword [PDE_T], TFRAME | 0x87 | (1 << 13)
	jmp fl64
rs_2m12: call new64
	mov qword [PDE_T], TFRAME | 0x87 | (1 << 12)
	jmp fl64
rs_2m:	call new64
	mov qword [PDE_T], TFRAME | 0x87
	jmp fl64
rs_pml4: call new64
	mov qword [PML4 + 8], PDPT | 0x87	; PS in a PML4E is reserved
	jmp fl64
rs_pml4n: call new64
	mov qword [PML4 + 8], PDPT | 7
	jmp fl64
rs_1g:	call new64
	mov qword [PDPT + 16], 0x87
	jmp fl64
rs_1g13: call new64
	mov qword [PDPT + 16], 0x87 | (1 << 13)
	jmp fl64
rs_1g29: call new64
	mov qword [PDPT + 16], 0x87 | (1 << 29)
	jmp fl64
rs_sw:	call new64
	mov rax, 0x07f0000000000e00	; bits 9-11, 52-58
	or [PTE(0)], rax
	jmp fl64
rs_pdpnx: call new64
	mov qword [PDPT + 16], 0x87
	bts qword [PDPT + 16], 63
	mov dword [TFRAME + 0x100], 0x40cd
	jmp fl64
rs_pdpus: call new64
	mov qword [PDPT + 16], 0x83
	jmp fl64
rs_pml4w: call new64
	mov qword [PML4 + 8], PDPT | 5
	jmp fl64
rs_v:	mov eax, [x_cr2]
	push rax
	call new64
	pop rax
	sub eax, TP
	ret
GROUP g_rsv, "reserved bits and large pages"
%macro RSV 2-3 TP
CASE {%1, ": read"}, 3, PF(0x0d), -, %2, rs_v
	mov rbx, %3
AT
	mov eax, [rbx]
ENDC
CASE {%1, ": write, ring 0"}, 0, PF(0x0b), -, %2, rs_v
	mov rbx, %3
AT
	mov [rbx], eax
ENDC
%endmacro
RSV "pte bit 51", rs_pte51
RSV "pde bit 51", rs_pde51
RSV "2 MiB page bit 13", rs_2m13
RSV "ps in a pml4e", rs_pml4, 0x8000000000 + TP
RSV "1 GiB page bit 13", rs_1g13, 0x80000000
RSV "1 GiB page bit 29", rs_1g29, 0x80000000
CASE "2 MiB page", 3, DONE, 0x11111111, rs_2m
	mov eax, [TP]
ENDC
CASE "2 MiB page, pat", 3, DONE, 0x11111111, rs_2m12
	mov eax, [TP]
ENDC
CASE "1 GiB page", 3, DONE, 0x11111111, rs_1g
	mov ebx, 0x80000000 + TFRAME
	mov eax, [rbx]
ENDC
CASE "another pml4e", 3, DONE, 0x11111111, rs_pml4n
	mov rbx, 0x8000000000 + TP
	mov eax, [rbx]
ENDC
CASE "software bits are free", 3, DONE, 0x11111111, rs_sw
	mov eax, [TP]
ENDC
CASE "nx of a pdpte", 3, PF(0x15), -, rs_pdpnx
	mov ebx, 0x80000000 + TFRAME + 0x100
	jmp rbx
ENDC
CASE "nx of a pdpte: reads may", 3, DONE, -, rs_pdpnx
	mov ebx, 0x80000000 + TFRAME + 0x100
	mov eax, [rbx]
ENDC
CASE "u/s of a pdpte", 3, PF(5), -, rs_pdpus
	mov ebx, 0x80000000 + TFRAME
	mov eax, [rbx]
ENDC
CASE "r/w of a pml4e", 3, PF(7), -, rs_pml4w
	mov rbx, 0x8000000000 + TP
	mov [rbx], eax
ENDC
CASE "not present pml4e: cr2 of 64 bits", 3, PF(4), 0x7f, 0, .v
	jmp short %$a
.v:	mov rax, [x_cr2]
	shr rax, 40
	ret
%$a:	mov rbx, 0x00007f1234567890
AT
	mov eax, [rbx]
ENDC
ENDGROUP

; ---- canonical addresses ------------------------------------------------------------------------------------------
GROUP g_canon, "canonical addresses"
%assign r 0
%rep 2
F1 "read", r, GP(0), {mov rbx,0x0000800000000000}, {mov eax,[rbx]}
F1 "write", r, GP(0), {mov rbx,0xffff7fffffffffff}, {mov [rbx],al}
F1 "rmw", r, GP(0), {mov rbx,0x1234567800000000}, {add dword [rbx],1}
F1 "ss: by rsp", r, SS_(0), {mov rbx,rsp}, {mov rsp,0x0000800000000000}, {mov eax,[rsp]}
F1 "ss: by rbp", r, SS_(0), {mov rbp,0x8000000000000000}, {mov eax,[rbp]}
F1 "ss: by rbp, write", r, SS_(0), {mov rbp,0x8000000000000000}, {mov [rbp + 8],eax}
F1 "push", r, SS_(0), {mov rsp,0x0000900000000000}, {push rax}
F1 "pop", r, SS_(0), {mov rsp,0x0000900000000000}, {pop rax}
F1 "rbx with rsp's base in index", r, GP(0), {mov rbx,0x8000000000000000}, {mov eax,[rbx + rbp]}
F1 "ds override of rbp is ignored: #SS stays", r, SS_(0), {mov rbp,0x8000000000000000}, {db 0x3e,0x8b,0x45,0}
F1 "jmp", r, GP(0), {mov rbx,0x0000800000000000}, {jmp rbx}
F1 "call", r, GP(0), {mov rbx,0x0000800000000000}, {call rbx}
F1 "ret", r, GP(0), {mov rbx,0x0000800000000000}, {push rbx}, {ret}
F1 "stos", r, GP(0), {mov rdi,0x0000800000000000}, {stosb}
F1 "word over the edge", r, PF(r ? 4 : 0), {mov rbx,0x00007ffffffffffe}, {mov ax,[rbx]}
F1 "dword over the edge: #GP", r, GP(0), {mov rbx,0x00007ffffffffffe}, {mov eax,[rbx]}
F1 "lowest of the upper half", r, PF(r ? 4 : 0), {mov rbx,0xffff800000000000}, {mov eax,[rbx]}
C1 "lea computes anything", r, DONE, -, {mov rbx,0x0000800000000000}, {lea rax,[rbx + 8]}
C1 "nop touches nothing", r, DONE, -, {mov rbx,0x0000800000000000}, {nop dword [rbx]}
C1 "prefetch touches nothing", r, DONE, -, {mov rbx,0x0000800000000000}, {prefetcht0 [rbx]}
C1 "32-bit addressing wraps", r, DONE, -, {mov rbx,0xffff000000000000 + TP}, {mov eax,[ebx]}
%assign r r + 3
%endrep
CASE "invlpg of a non-canonical address does nothing", 0, DONE
	mov rbx, 0x0000800000000000
	invlpg [rbx]
ENDC
ENDGROUP

; ---- accessed and dirty on each level -----------------------------------------------------------------------------
ad_set:	call new64
	and byte [PML4], ~0x60
	and byte [PDPT], ~0x60
	and byte [PDE_T], ~0x60
	jmp fl64
ad_v:	xor eax, eax			; bits 0-3 A of PML4E PDPTE PDE PTE, 4 D of PTE, 5 D of the others
	bt dword [PTE(0)], 6
	adc eax, eax
	bt dword [PTE(0)], 5
	adc eax, eax
	bt dword [PDE_T], 5
	adc eax, eax
	bt dword [PDPT], 5
	adc eax, eax
	bt dword [PML4], 5
	adc eax, eax
	mov ecx, [PML4]
	or ecx, [PDPT]
	or ecx, [PDE_T]
	and ecx, 0x40
	shr ecx, 1
	or eax, ecx
	ret
GROUP g_ad, "accessed and dirty"
CASE "read", 3, DONE, 0x0f, ad_set, ad_v
	mov eax, [TP]
ENDC
CASE "write", 3, DONE, 0x1f, ad_set, ad_v
	mov [TP], eax
ENDC
CASE "write after read", 3, DONE, 0x1f, ad_set, ad_v
	mov eax, [TP]
	mov [TP], eax
ENDC
ENDGROUP

; ---- SMAP: STAC, CLAC, implicit accesses ----------------------------------------------------------------------------
sm_on:	call new64
	mov eax, CR4_SMAP
	mov ecx, 0x10000
	jmp cr_set
sm_ldt:	call sm_on			; LDT in a user's page
	mov dword [gdt + T1], 0x00ff
	mov dword [gdt + T1 + 4], (A_LDT << 8) | (TP >> 16)
	mov word [gdt + T1 + 2], 0
	mov qword [gdt + T1 + 8], 0
	mov dword [TFRAME + 8], 0xffff
	mov dword [TFRAME + 12], 0x00cff300
	mov ax, T1
	lldt ax
	ret
sm_ldt3: call sm_ldt
	mov dword [efl], 0x40002
	ret
sm_v:	call cr_back
	mov ax, LDTSEL
	lldt ax
	mov eax, [x_cr2]
	sub eax, TP
	ret
smep_on: call new64
	mov eax, CR4_SMEP
	mov ecx, 0x10000
	jmp cr_set
GROUP g_smap, "smap and smep"
CASE "clac, read", 0, PF(1), 8, sm_on, sm_v
	clac
AT
	mov eax, [TP + 8]
ENDC
CASE "stac, read", 0, DONE, -, sm_on, sm_v
	stac
	mov eax, [TP + 8]
	clac
ENDC
CASE "stac, read, clac, read", 0, PF(1), 16, sm_on, sm_v
	stac
	mov eax, [TP + 8]
	clac
AT
	mov eax, [TP + 16]
ENDC
CASE "popfq sets ac", 0, DONE, -, sm_on, sm_v
	push 0x40002
	popfq
	mov eax, [TP + 8]
ENDC
CASE "ring 3 is not concerned", 3, DONE, -, sm_on, sm_v
	mov eax, [TP + 8]
ENDC
CASE "stac sets ac", 0, DONE, 0x40000, sm_on, .ac
	jmp short %$a
.ac:	call sm_v
	mov eax, [x_efl]
	and eax, 0x40000
	ret
%$a:	stac
ENDC
CASE "clac clears ac", 0, DONE, 0, sm_on, .ac
	stac
	clac
ENDC
F1 "stac at ring 3 is #UD", 3, UD, {stac}
F1 "clac at ring 3 is #UD", 3, UD, {clac}
CASE "ldt in a user's page, from ring 3", 3, PF(1), 8, sm_ldt, sm_v
	mov eax, 0x0f
AT
	mov es, eax
ENDC
CASE "ldt in a user's page, ac does not help an implicit access", 3, PF(1), 8, sm_ldt3, sm_v
	mov eax, 0x0f
AT
	mov es, eax
ENDC
CASE "exception clears nothing: handler has ac as it was", 0, DONE, -, sm_on, sm_v
	stac
	mov eax, [TP]
ENDC
CASE "smep: call to a user's page", 0, PF(0x11), -, smep_on, sm_v
	mov eax, TP
	call rax
ENDC
CASE "smep: ring 3 may", 3, DONE, -, smep_on, sm_v
	nop
ENDC
ENDGROUP

; ---- PCID ---------------------------------------------------------------------------------------------------------
pc_on:	call new64
	mov rax, cr4
	or eax, CR4_PCIDE
	mov cr4, rax
	ret
pc_v:	push rax
	mov eax, PML4
	mov cr3, rax
	mov rax, cr4
	and eax, ~(CR4_PCIDE | CR4_PGE)
	mov cr4, rax
	call new64
	pop rax
	mov eax, [x_rax]
	ret
pc_low:	call new64
	mov eax, PML4 | 0x18		; PCD, PWT
	mov cr3, rax
	ret
GROUP g_pcid, "pcid"
CASE "cr4.pcide with cr3's low bits set: #GP", 0, GP(0), -, pc_low3, pc_v
	mov rax, cr4
	or eax, CR4_PCIDE
AT
	mov cr4, rax
ENDC
CASE "cr0.pg off with pcide: #GP", 0, GP(0), -, pc_on, pc_v
	mov rax, cr0
	btr rax, 31
AT
	mov cr0, rax
ENDC
CASE "cr3 keeps the pcid", 0, DONE, PML4 | 0x123, pc_on, pc_v
	mov eax, PML4 | 0x123
	mov cr3, rax
	mov rax, cr3
ENDC
CASE "cr3 bit 63 is not kept", 0, DONE, 0, pc_on, pc_v
	mov eax, PML4 | 5
	bts rax, 63
	mov cr3, rax
	mov rax, cr3
	shr rax, 32
ENDC
CASE "another pcid sees the new frame", 0, DONE, 0x22222222, pc_on, pc_v
	mov eax, PML4 | 1
	mov cr3, rax
	mov eax, [TP]
	mov qword [PTE(0)], (TFRAME + 0x1000) | 7
	mov eax, PML4 | 2
	mov cr3, rax
	mov eax, [TP]
ENDC
CASE "cr3 without bit 63 drops its pcid's entries", 0, DONE, 0x22222222, pc_on, pc_v
	mov eax, PML4 | 1
	mov cr3, rax
	mov eax, [TP]
	mov qword [PTE(0)], (TFRAME + 0x1000) | 7
	mov eax, PML4 | 1
	mov cr3, rax
	mov eax, [TP]
ENDC
CASE "cr3 bit 63 without pcide: #GP", 0, GP(0)
	mov eax, PML4
	bts rax, 63
AT
	mov cr3, rax
ENDC
ENDGROUP
pc_low3: call new64
	mov eax, PML4 | 8
	mov cr3, rax
	ret
ip_on:	call pc_on
	mov eax, PML4 | 1
	mov cr3, rax
	mov qword [scratch], 1		; pcid
	mov qword [scratch + 8], TP
	ret
ip_bad:	call ip_on
	mov qword [scratch], 0x1001
	ret
ip_nc:	call ip_on
	mov rax, 0x0000800000000000
	mov [scratch + 8], rax
	ret
ip_0:	call new64
	mov qword [scratch], 0
	mov qword [scratch + 8], TP
	ret
ip_p1:	call ip_0
	mov qword [scratch], 1
	ret
GROUP g_invpcid, "invpcid"
%macro IPC 2
CASE %1, 0, DONE, 0x22222222, ip_on, pc_v
	mov eax, [TP]
	mov qword [PTE(0)], (TFRAME + 0x1000) | 7
	mov eax, %2
	invpcid rax, [scratch]
	mov eax, [TP]
ENDC
%endmacro
IPC "type 0: address", 0
IPC "type 1: pcid", 1
IPC "type 2: all", 2
IPC "type 3: all but global", 3
CASE "type 4: #GP", 0, GP(0), -, ip_on, pc_v
	mov eax, 4
AT
	invpcid rax, [scratch]
ENDC
CASE "reserved bits of the descriptor: #GP", 0, GP(0), -, ip_bad, pc_v
	xor eax, eax
AT
	invpcid rax, [scratch]
ENDC
CASE "type 0: non-canonical address: #GP", 0, GP(0), -, ip_nc, pc_v
	xor eax, eax
AT
	invpcid rax, [scratch]
ENDC
CASE "type 1: address not looked at", 0, DONE, -, ip_nc, pc_v
	mov eax, 1
	invpcid rax, [scratch]
ENDC
CASE "pcide off, pcid 0", 0, DONE, -, ip_0
	xor eax, eax
	invpcid rax, [scratch]
ENDC
CASE "pcide off, pcid 1: #GP", 0, GP(0), -, ip_p1
	xor eax, eax
AT
	invpcid rax, [scratch]
ENDC
F1 "ring 3: #GP", 3, GP(0), {mov eax,2}, {invpcid rax,[rsp - 16]}
ENDGROUP

; ---- control registers in long mode -----------------------------------------------------------------------------------
GROUP g_cr, "control registers in long mode"
F1 "cr4.pae off: #GP", 0, GP(0), {mov rax,cr4}, {btr rax,5}, {mov cr4,rax}
F1 "cr0.pg off in 64-bit mode: #GP", 0, GP(0), {mov rax,cr0}, {btr rax,31}, {mov cr0,rax}
F1 "cr0 upper half: #GP", 0, GP(0), {mov rax,cr0}, {bts rax,32}, {mov cr0,rax}
F1 "cr4 upper half: #GP", 0, GP(0), {mov rax,cr4}, {bts rax,32}, {mov cr4,rax}
F1 "cr3 bit 52: #GP", 0, GP(0), {mov rax,cr3}, {bts rax,52}, {mov cr3,rax}
F1 "cr3 bit 62: #GP", 0, GP(0), {mov rax,cr3}, {bts rax,62}, {mov cr3,rax}
F1 "efer.lme changed: #GP", 0, GP(0), {mov ecx,MSR_EFER}, {rdmsr}, {btr eax,8}, {wrmsr}
C1 "efer.lma is set", 0, DONE, 0x500, {mov ecx,MSR_EFER}, {rdmsr}, {and eax,0x500}
C1 "cr2 keeps 64 bits", 0, DONE, 0x89abcdef, {mov rax,0x89abcdef01234567}, {mov cr2,rax}, {xor eax,eax}, {mov rax,cr2}, {shr rax,32}
F1 "cr4.la57 changed: #GP", 0, GP(0), {mov rax,cr4}, {btc rax,12}, {mov cr4,rax}
C1 "mov cr8", 0, DONE, 5, {mov eax,5}, {mov cr8,rax}, {mov rax,cr8}, {mov ebx,eax}, {xor eax,eax}, {mov cr8,rax}, {mov eax,ebx}
F1 "mov cr8, 16: #GP", 0, GP(0), {mov eax,16}, {mov cr8,rax}
F1 "mov cr8 ring 3: #GP", 3, GP(0), {mov rax,cr8}
F1 "mov cr9: #UD", 0, UD, {db 0x44, 0x0f, 0x20, 0xc8}
F1 "mov dr8: #UD", 0, UD, {db 0x44, 0x0f, 0x21, 0xc0}
F1 "dr7 upper half: #GP", 0, GP(0), {mov eax,1}, {shl rax,40}, {mov dr7,rax}
F1 "dr6 upper half: #GP", 0, GP(0), {mov eax,1}, {shl rax,40}, {mov dr6,rax}
ENDGROUP

; ---- 5-level ------------------------------------------------------------------------------------------------------
bits 32
la57:	call tables64
	mov dword [PML5], PML4 | 7
	mov dword [PML5 + 8], PML4 | 7
	mov eax, cr4
	or eax, CR4_LA57 | 0x620
	mov cr4, eax
	mov eax, PML5
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, 0x900
	wrmsr
	mov eax, cr0
	or eax, 0x80010000
	mov cr0, eax
	jmp dword K64:.l
bits 64
.l:	call init64
	RUN64 g_la57
	call long_leave
bits 32
	mov eax, cr4
	and eax, ~CR4_LA57
	mov cr4, eax
	ret
bits 64
GROUP g_la57, "5-level paging"
C1 "second half-petabyte", 3, DONE, -, {mov rbx,0x0001000000000000 + TP}, {mov eax,[rbx]}
F1 "48-bit limit is none", 3, PF(4), {mov rbx,0x0000900000000000}, {mov eax,[rbx]}
F1 "57-bit canonical", 3, GP(0), {mov rbx,0x0100000000000000}, {mov eax,[rbx]}
F1 "top of the lower half", 3, PF(4), {mov rbx,0x00fffffffffffff0}, {mov eax,[rbx]}
F1 "bottom of the upper half", 3, PF(4), {mov rbx,0xff00000000000000}, {mov eax,[rbx]}
C1 "same page by both pml5es", 0, DONE, 0x1234, {mov dword [TP],0x1234}, {mov rbx,0x0001000000000000 + TP}, {mov eax,[rbx]}
F1 "cr4.la57 off in long mode: #GP", 0, GP(0), {mov rax,cr4}, {btr rax,12}, {mov cr4,rax}
ENDGROUP
