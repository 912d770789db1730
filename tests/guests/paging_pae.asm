; SPDX-License-Identifier: GPL-3.0-or-later
; PAE paging: what 32-bit paging has, with NX, reserved bits and the page-directory-pointer registers.
; Manual: SDM volume 3 chapter 4.4, 4.6, 4.7.
%include "lib.inc"
%define ENTRY 8
%define FETCHBIT 1
%include "pagecases.inc"
%define NX 0x80000000			; in the high dword

guest_main:
	mov eax, cr4
	or eax, 0x620			; PAE, SSE
	mov cr4, eax
	call nxe_on
	call tables_new
	mov eax, PDPT
	mov cr3, eax
	mov eax, cr0
	or eax, 0x80000000
	mov cr0, eax
	xor ecx, ecx
	mov edx, 0x800
	call page_matrix
	RUN g_cross
	RUN g_implicit
	RUN g_tlb
	call nx_matrix
	RUN g_rsv
	RUN g_pdpte
	ret
nxe_on:	mov ecx, 0xc0000080
	rdmsr
	or eax, 0x800
	wrmsr
	ret
nxe_off: mov ecx, 0xc0000080
	rdmsr
	and eax, ~0x800
	wrmsr
	ret

; ---- NX: index bit 0 PTE.NX, 1 PDE.NX, 2 CPL 3, 3-4 read write exec, 5 NXE, 6 large
section .data
align 4
s_nx:	db "matrix nx", 0
section .text
nx_setup:
	call wp_off
	call nxe_on
	call tables_new
	mov dword [TFRAME + 0x100], 0x40cd
	mov edi, [param2]
	mov dword [PTE(0)], TFRAME | P_ | W_ | U_
	mov eax, edi
	shl eax, 31
	mov [PTE(0) + 4], eax
	test edi, 0x40
	jz .1
	mov dword [PDE_T], TFRAME | P_ | W_ | U_ | PS_
.1:	mov eax, edi
	shr eax, 1
	shl eax, 31
	mov [PDE_T + 4], eax
	test edi, 0x20
	jnz .2
	call nxe_off
.2:	jmp flush
nx_matrix:
	mov dword [prec + C_NAME], s_nx
	mov dword [prec + C_SETUP], nx_setup
	mov dword [prec + C_VERIFY], xv_cr2
	xor edi, edi
.next:	mov [param2], edi
	mov eax, edi
	or eax, 0x80000000
	mov [param], eax
	mov ebx, edi
	shr ebx, 3
	and ebx, 3
	mov eax, [x_page + ebx * 4]
	mov [prec + C_CODE], eax
	xor edx, edx			; the error code's U and W or I
	test edi, 4
	jz .1
	mov dl, 4
.1:	test bl, 1
	jz .2
	or dl, 2
.2:	mov eax, edx
	shr eax, 2
	jz .r0
	mov al, 3
.r0:	or eax, C_HASVAL
	mov [prec + C_RING], eax
	mov eax, 0x123
	cmp ebx, 2
	jne .3
	mov eax, 0x100
.3:	mov [prec + C_VALUE], eax
	mov eax, edi			; is NX in force or a reserved bit set?
	and eax, 3
	test edi, 0x40
	jz .4
	and eax, 2
.4:	test eax, eax
	jz .done
	test edi, 0x20
	jz .rsv
	cmp ebx, 2
	jne .done
	or edx, PF(0x11)
	mov [prec + C_WANT], edx
	jmp .run
.rsv:	or edx, PF(9)			; NXE off: bit 63 is reserved, and bit 4 is not written
	mov [prec + C_WANT], edx
	jmp .run
.done:	mov dword [prec + C_WANT], DONE
	and dword [prec + C_RING], 3
.run:	mov esi, prec
	call run_case
	inc edi
	cmp edi, 0x80
	jb .next
	mov dword [param], 0
	mov dword [param2], 0
	call nxe_on
	call tables_new
	mov esi, s_nx
	jmp group_line

; ---- reserved bits ------------------------------------------------------------------------------------------------
%macro RSET 3				; routine, address, value or'ed
%1:	call tables_new
	or dword [%2], %3
	jmp flush
%endmacro
section .text
	RSET r_pte51, PTE(0) + 4, 1 << 19
	RSET r_pte62, PTE(0) + 4, 0x7ff00000 & ~0x78000000	; PAE: bits 52-62 are reserved, too
	RSET r_pde51, PDE_T + 4, 1 << 19
	RSET r_pdesw, PDE_T, 0xe00
	RSET r_ptesw, PTE(0), 0xe00
%macro RSETL 2
%1:	call tables_new
	mov dword [PDE_T], TFRAME | PS_ | P_ | W_ | U_ | (%2)
	jmp flush
%endmacro
	RSETL r_l13, 1 << 13
	RSETL r_l20, 1 << 20
	RSETL r_l12, 1 << 12
GROUP g_rsv, "reserved bits"
%macro RSV 2
CASE {%1, ": read"}, 3, PF(0x0d), 0x123, %2, xv_cr2
AT
	mov eax, [TP + 0x123]
ENDC
CASE {%1, ": write ring 0"}, 0, PF(0x0b), 0x123, %2, xv_cr2
AT
	mov [TP + 0x123], eax
ENDC
CASE {%1, ": fetch"}, 3, PF(0x1d), 0x123, %2, xv_cr2
	mov eax, TP + 0x123
	jmp eax
ENDC
%endmacro
RSV "pte bit 51", r_pte51
RSV "pte bits 52-58", r_pte62
RSV "pde bit 51", r_pde51
RSV "2 MiB page bit 13", r_l13
RSV "2 MiB page bit 20", r_l20
CASE "pde bits 9-11 are free", 3, DONE, -, r_pdesw
	mov eax, [TP]
ENDC
CASE "pte bits 9-11 are free", 3, DONE, -, r_ptesw
	mov eax, [TP]
ENDC
CASE "2 MiB page bit 12 is pat", 3, DONE, -, r_l12
	mov eax, [TP]
ENDC
ENDGROUP

; ---- PDPTEs: loaded by MOV CR3, by setting PG, by changing CR4 -----------------------------------------------------
section .text
pd_good: mov dword [PDPT + 8], 0
	mov dword [PDPT + 12], 0
	mov eax, cr3
	ret
pd_np:	call tables_new
	mov dword [PDPT + 8], 0xfffffffe	; not present: its other bits are free
	ret
v_pd:	mov ecx, cr3
	mov dword [PDPT + 8], 0
	mov dword [PDPT + 12], 0
	mov eax, PDPT
	mov cr3, eax
	mov eax, ecx
	ret
GROUP g_pdpte, "page-directory-pointer-table entries"
%macro PDP 3				; name, low dword, high dword
CASE {"mov cr3, pdpte ", %1}, 0, GP(0), PDPT, tables_new, v_pd
	mov dword [PDPT + 8], (%2) | P_
	mov dword [PDPT + 12], %3
	mov eax, PDPT
AT
	mov cr3, eax
ENDC
%endmacro
PDP "bit 1", PD | 2, 0
PDP "bit 2", PD | 4, 0
PDP "bit 5", PD | 0x20, 0
PDP "bit 6", PD | 0x40, 0
PDP "bit 7", PD | 0x80, 0
PDP "bit 8", PD | 0x100, 0
PDP "bit 51", PD, 1 << 19
PDP "bit 63", PD, NX
CASE "pwt, pcd, 9-11 are free", 0, DONE, PDPT, tables_new, v_pd
	mov dword [PDPT + 8], PD | 0xe18 | P_
	mov eax, PDPT
	mov cr3, eax
ENDC
CASE "not present: nothing is reserved", 0, DONE, PDPT, pd_np, v_pd
	mov eax, PDPT
	mov cr3, eax
ENDC
CASE "not present: #PF", 0, PF(0), 0x40000000 - TP, pd_np, xv_cr2
AT
	mov eax, [0x40000000]
ENDC
CASE "written, not loaded: still #PF", 0, PF(0), 0x40000000 - TP, pd_np, xv_cr2
	mov eax, PDPT
	mov cr3, eax
	mov dword [PDPT + 8], PD | P_
	mov dword [PDPT + 12], 0
AT
	mov eax, [0x40000000]
ENDC
CASE "loaded: another gigabyte", 0, DONE, 0x12345678, pd_np, .v
	jmp short %$a
.v:	call v_pd
	mov eax, [r_eax]
	ret
%$a:	mov dword [PDPT + 8], PD | P_
	mov dword [PDPT + 12], 0
	mov eax, PDPT
	mov cr3, eax
	mov dword [0x80000], 0x12345678
	mov eax, [0x40080000]
ENDC
CASE "setting pg with a bad pdpte", 0, GP(0), 0x11, tables_new, .vg
	jmp short %$a
.vg:	mov ecx, cr0
	mov dword [PDPT + 8], 0
	mov dword [PDPT + 12], 0
	or dword [PDPT], 0
	mov eax, ecx
	or eax, 0x80000000
	mov cr0, eax
	movzx eax, cx
	and eax, 0x3f
	ret
%$a:	mov eax, cr0
	and eax, 0x7fffffff
	mov cr0, eax
	mov dword [PDPT + 8], PD | P_ | 2
	or eax, 0x80000000
AT
	mov cr0, eax
ENDC
CASE "cr4.pge changed with a bad pdpte", 0, GP(0), -, tables_new, v_pd
	mov dword [PDPT + 8], PD | P_ | 2
	mov eax, cr4
	xor eax, 0x80
AT
	mov cr4, eax
ENDC
CASE "cr3's low bits: 32-byte aligned table", 0, DONE, 0x12345678, tables_new, .v20
	jmp short %$a
.v20:	call v_pd
	mov eax, [r_eax]
	ret
%$a:	mov dword [PDPT + 0x20], PD | P_
	mov dword [PDPT + 0x24], 0
	mov dword [PDPT + 0x28], PD | P_
	mov dword [PDPT + 0x2c], 0
	mov eax, PDPT + 0x20
	mov cr3, eax
	mov dword [0x80000], 0x12345678
	mov eax, [0x40080000]
ENDC
ENDGROUP
