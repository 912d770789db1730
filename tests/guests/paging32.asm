; SPDX-License-Identifier: GPL-3.0-or-later
; 32-bit paging: permissions, accessed and dirty bits, page-crossing accesses, 4 MiB pages, the TLB.
; Manual: SDM volume 3 chapter 4.
%include "lib.inc"
%define ENTRY 4
%include "pagecases.inc"

guest_main:
	call tables_new
	mov eax, PD
	mov cr3, eax
	mov eax, cr4
	or eax, 0x600			; SSE: some cases use its stores
	mov cr4, eax
	mov eax, cr0
	or eax, 0x80000000
	mov cr0, eax
	xor ecx, ecx
	mov edx, 0x400
	call page_matrix
	mov eax, cr4
	or eax, 0x10			; PSE
	mov cr4, eax
	mov ecx, 0x400
	mov edx, 0x800
	call page_matrix
	RUN g_cross
	RUN g_implicit
	RUN g_tlb
	RUN g_pse
	ret

section .text
ps_off:	call tables_new			; without CR4.PSE bit 7 of a PDE is nothing
	mov eax, cr4
	and eax, ~0x10
	mov cr4, eax
	mov dword [TFRAME], 0x11111111
	or dword [PDE_T], PS_
	jmp flush
ps_on:	mov ecx, cr4
	or ecx, 0x10
	mov cr4, ecx
	mov eax, [r_eax]
	ret
%macro PSET 2
%1:	call tables_new
	mov dword [TFRAME], 0x11111111
	mov dword [PDE_T], %2
	jmp flush
%endmacro
	PSET ps_rsv, TFRAME | PS_ | P_ | W_ | U_ | (1 << 21)
	PSET ps_rsvw, TFRAME | PS_ | P_ | (1 << 21)
	PSET ps_36, PS_ | P_ | W_ | U_ | (1 << 13)
	PSET ps_pat, TFRAME | PS_ | P_ | W_ | U_ | (1 << 12)
	PSET ps_big, PS_ | P_ | W_ | U_
	PSET ps_np, PS_ | W_ | U_ | (1 << 21)
GROUP g_pse, "4 MiB pages"
CASE "pse off: ps ignored", 0, DONE, 0x11111111, ps_off, ps_on
	mov eax, [TP]
ENDC
CASE "bit 21 is reserved: read, ring 3", 3, PF(0x0d), 0x123, ps_rsv, xv_cr2
AT
	mov eax, [TP + 0x123]
ENDC
CASE "bit 21 is reserved: write, ring 3", 3, PF(0x0f), 0x123, ps_rsv, xv_cr2
AT
	mov [TP + 0x123], eax
ENDC
CASE "bit 21 is reserved: read, ring 0", 0, PF(0x09), 0x123, ps_rsv, xv_cr2
AT
	mov eax, [TP + 0x123]
ENDC
CASE "bit 21 is reserved, before permissions", 3, PF(0x0f), 0x123, ps_rsvw, xv_cr2
AT
	mov [TP + 0x123], eax
ENDC
CASE "not present, reserved bits not looked at", 3, PF(4), 0x123, ps_np, xv_cr2
AT
	mov eax, [TP + 0x123]
ENDC
CASE "pat bit is no address", 3, DONE, 0x11111111, ps_pat
	mov eax, [TP]
ENDC
CASE "4 MiB page's last dword", 3, DONE, -, ps_pat
	mov eax, [TP + 0x3ffffc]
ENDC
CASE "4 MiB page: offset of 22 bits", 3, DONE, 0x11223344, ps_big
	mov dword [TP + 0x80010], 0x11223344
	mov eax, [0x80010]
ENDC
ENDGROUP
