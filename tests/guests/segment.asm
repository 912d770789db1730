; SPDX-License-Identifier: GPL-3.0-or-later
; Segmentation: the checks of descriptor loads, limits and access rights, and the instructions that ask about descriptors.
; Manual: SDM volume 2 (MOV, LDS, JMP, CALL, RET, IRET, LAR, LSL, VERR, ARPL), volume 3 chapter 5.
%include "lib.inc"

%define T1	(SEL_FREE + 0x00)
%define T2	(SEL_FREE + 0x08)
%define T3	(SEL_FREE + 0x10)
%define L1	0x0c			; LDT entry 1
%define BEYOND	0x400			; first selector outside the GDT
%define LBEYOND	0x84			; first selector outside the LDT
%define N_MATRIX 19

section .text
guest_main:
	; LDT entries that the tables below use
	LDTSET 0x08, 0, 0xfffff, A_DATA | DPL(3), G_ | D_
	LDTSET 0x10, 0, 0xfffff, A_DATA | DPL(0), G_ | D_
	LDTSET 0x18, 0, 0xfffff, A_CODE | DPL(0), G_ | D_
	LDTSET 0x20, 0, 0xfffff, (A_DATA & 0x7f) | DPL(3), G_ | D_
	LDTSET 0x28, 0, 0xfffff, A_CODE | DPL(3), G_ | D_
	LDTSET 0x30, 0, 0xfffff, (A_CODE & 0x7f) | DPL(0), G_ | D_
	RUN g_null
	RUN g_ldt
	mov dword [matrix_row], 0
.next:	call matrix
	inc dword [matrix_row]
	cmp dword [matrix_row], N_MATRIX
	jb .next
	call accessed_matrix
	RUN g_lds
	call limits
	RUN g_limit_code
	call query_matrix
	RUN g_query
	RUN g_arpl
	RUN g_gdtr
	ret

; ---- null selectors and selectors beyond a table ------------------------------------------------------------------
GROUP g_null, "null selectors and table limits"
%assign r 0
%rep 4
%assign n 0
%rep 4
C1 {"mov ds, null"}, r, DONE, n, {mov eax,n}, {mov ds,ax}, {mov eax,ds}
C1 {"mov es, null"}, r, DONE, n, {mov eax,n}, {mov es,ax}, {mov eax,es}
C1 {"pop fs, null"}, r, DONE, n, {push dword n}, {pop fs}, {mov eax,fs}
C1 {"pop gs, null"}, r, DONE, n, {push dword n}, {pop gs}, {mov eax,gs}
F1 {"mov ss, null"}, r, GP(0), {mov eax,n}, {mov ss,ax}
F1 {"pop ss, null"}, r, GP(0), {push dword n}, {pop ss}
F1 {"jmp far null"}, r, GP(0), {jmp dword n:0}
F1 {"call far null"}, r, GP(0), {call dword n:0}
F1 {"retf null"}, r, GP(0), {push dword n}, {push dword 0}, {retf}
F1 {"iret null"}, r, GP(0), {push dword 2}, {push dword n}, {push dword 0}, {iretd}
F1 {"use of null ds, read"}, r, GP(0), {mov eax,n}, {mov ds,ax}, {mov eax,[0]}
F1 {"use of null es, write"}, r, GP(0), {mov eax,n}, {mov es,ax}, {mov [es:scratch],eax}
F1 {"use of null fs, lodsb"}, r, GP(0), {mov eax,n}, {mov fs,ax}, {fs lodsb}
F1 {"use of null es, stosb"}, r, GP(0), {mov eax,n}, {mov es,ax}, {stosb}
%assign n n + 1
%endrep
F1 {"mov ds beyond gdt"}, r, GP(BEYOND), {mov eax,BEYOND | r}, {mov ds,ax}
F1 {"mov ss beyond gdt"}, r, GP(BEYOND), {mov eax,BEYOND | r}, {mov ss,ax}
F1 {"jmp far beyond gdt"}, r, GP(BEYOND), {jmp dword (BEYOND | r):0}
F1 {"call far beyond gdt"}, r, GP(BEYOND), {call dword (BEYOND | r):0}
F1 {"retf beyond gdt"}, r, GP(BEYOND), {push dword BEYOND | r}, {push dword 0}, {retf}
F1 {"iret beyond gdt"}, r, GP(BEYOND), {push dword 2}, {push dword BEYOND | r}, {push dword 0}, {iretd}
F1 {"mov ds beyond ldt"}, r, GP(LBEYOND), {mov eax,LBEYOND | r}, {mov ds,ax}
F1 {"mov ss beyond ldt"}, r, GP(LBEYOND), {mov eax,LBEYOND | r}, {mov ss,ax}
F1 {"jmp far beyond ldt"}, r, GP(LBEYOND), {jmp dword (LBEYOND | r):0}
F1 {"mov ds ffff"}, r, GP(0xfffc), {mov eax,0xffff}, {mov ds,ax}
%assign r r + 1
%endrep
ENDGROUP

; ---- the LDT ------------------------------------------------------------------------------------------------------
section .text
ldt_none:
	xor eax, eax
	lldt ax
	ret
ldt_back:
	mov ax, LDTSEL
	lldt ax
	xor eax, eax
	ret
lldt_np:
	GDTSET T1, 0x300000, 0x7f, A_LDT & 0x7f, 0
	GDTSET T2, 0x300000, 0x7f, A_DATA, 0
	GDTSET T3, 0x300000, 0x7f, A_TSS32, 0
	ret
GROUP g_ldt, "local descriptor table"
F1 "no ldt: mov ds", 0, GP(4), {mov eax,4}, {mov ds,ax}
C1 "ldt entry 0", 3, DONE, 0x0f, {mov eax,0x0f}, {mov ds,ax}, {mov ebx,[scratch]}, {mov eax,ds}
F1 "ldt dpl 0 from 3", 3, GP(0x14), {mov eax,0x17}, {mov ds,ax}
C1 "ldt dpl 0 from 0", 0, DONE, 0x14, {mov eax,0x14}, {mov ds,ax}, {mov eax,ds}
F1 "ldt not present", 0, NP(0x24), {mov eax,0x24}, {mov ds,ax}
CASE "ldt code jmp", 0, DONE, 0x1c
	jmp dword 0x1c:%$t
%$t:	mov eax, cs
ENDC
CASE "ldt code jmp from 3", 3, DONE, 0x2f
	jmp dword 0x2c:%$t
%$t:	mov eax, cs
ENDC
F1 "ldt code not present", 0, NP(0x34), {jmp dword 0x34:0}
CASE "ldtr null: #GP", 0, GP(0x0c), -, ldt_none, ldt_back
	mov eax, 0x0c
AT
	mov ds, ax
ENDC
C1 "lldt null", 0, DONE, 0, {xor eax,eax}, {lldt ax}, {sldt ax}, {mov bx,LDTSEL}, {lldt bx}
C1 "lldt null rpl 3", 0, DONE, 3, {mov eax,3}, {lldt ax}, {sldt ax}, {mov bx,LDTSEL}, {lldt bx}
F1 "lldt ti", 0, GP(0x0c), {mov eax,0x0c}, {lldt ax}
F1 "lldt beyond", 0, GP(BEYOND), {mov eax,BEYOND}, {lldt ax}
F1 "lldt ring 3", 3, GP(0), {mov eax,LDTSEL}, {lldt ax}
F1 "lldt ring 1", 1, GP(0), {mov eax,LDTSEL}, {lldt ax}
CASE "lldt not present", 0, NP(T1), -, lldt_np
	mov eax, T1
AT
	lldt ax
ENDC
CASE "lldt of data", 0, GP(T2), -, lldt_np
	mov eax, T2 | 3
AT
	lldt ax
ENDC
CASE "lldt of tss", 0, GP(T3), -, lldt_np
	mov eax, T3
AT
	lldt ax
ENDC
F1 "ltr null", 0, GP(0), {xor eax,eax}, {ltr ax}
F1 "ltr null rpl 3", 0, GP(0), {mov eax,3}, {ltr ax}
F1 "ltr ti", 0, GP(0x0c), {mov eax,0x0c}, {ltr ax}
F1 "ltr busy", 0, GP(TSSSEL), {mov eax,TSSSEL}, {ltr ax}
F1 "ltr data", 0, GP(KDATA), {mov eax,KDATA}, {ltr ax}
F1 "ltr beyond", 0, GP(BEYOND), {mov eax,BEYOND}, {ltr ax}
F1 "ltr ring 3", 3, GP(0), {mov eax,TSSSEL}, {ltr ax}
C1 "sldt 32", 3, DONE, LDTSEL, {mov eax,-1}, {sldt eax}
C1 "str 32", 3, DONE, TSSSEL, {mov eax,-1}, {str eax}
ENDGROUP

; ---- the matrix: type and S, present, DPL x CPL x RPL, for every way to load a segment register --------------------
; Outcomes are computed here from the manual's rules, one byte each: 0 done, 1 #GP(sel), 2 #NP(sel), 3 #SS(sel), 9 not a case.
; The index is [P][S:type][DPL][CPL][RPL]; printed as param2-like 0PTTDCR by its number.
%define M_DONE 0
%define M_GP 1
%define M_NP 2
%define M_SS 3
%define M_SKIP 9
%macro m_data 0				; DS ES FS GS
	%if t < 16
		db M_GP
	%elif (t & 8) && !(t & 2)	; execute only
		db M_GP
	%elif (t & 0xc) != 0xc && (rpl > dpl || cpl > dpl)
		db M_GP
	%elif !p
		db M_NP
	%else
		db M_DONE
	%endif
%endmacro
%macro m_ss 0
	%if t < 16 || rpl != cpl || (t & 8) || !(t & 2) || dpl != cpl
		db M_GP
	%elif !p
		db M_SS
	%else
		db M_DONE
	%endif
%endmacro
%macro m_jmp 0				; JMP and CALL; gates and TSSs are other guests' matter
	%if t < 16
		%if t == 1 || t == 3 || t == 4 || t == 5 || t == 9 || t == 11 || t == 12
			db M_SKIP
		%else
			db M_GP
		%endif
	%elif !(t & 8)
		db M_GP
	%elif (t & 4) && dpl > cpl
		db M_GP
	%elif !(t & 4) && (rpl > cpl || dpl != cpl)
		db M_GP
	%elif !p
		db M_NP
	%else
		db M_DONE
	%endif
%endmacro
%macro m_ret 0				; RETF and IRET, also to outer rings
	%if rpl < cpl || t < 16 || !(t & 8)
		db M_GP
	%elif (t & 4) && dpl > rpl
		db M_GP
	%elif !(t & 4) && dpl != rpl
		db M_GP
	%elif !p
		db M_NP
	%else
		db M_DONE
	%endif
%endmacro
%macro MATRIX 1
	%assign p 0
	%rep 2
	%assign t 0
	%rep 32
	%assign dpl 0
	%rep 4
	%assign cpl 0
	%rep 4
	%assign rpl 0
	%rep 4
		%1
	%assign rpl rpl + 1
	%endrep
	%assign cpl cpl + 1
	%endrep
	%assign dpl dpl + 1
	%endrep
	%assign t t + 1
	%endrep
	%assign p p + 1
	%endrep
%endmacro

section .data
want_data:	MATRIX m_data
want_ss:	MATRIX m_ss
want_jmp:	MATRIX m_jmp
want_ret:	MATRIX m_ret
align 4
matrix_row:	dd 0
matrix_ldt:	dd 0
%macro MROW 3				; title, snippet, outcomes
	STR %1
	dd %2, %3
%endmacro
matrix_rows:
	MROW "matrix mov ds", x_mov_ds, want_data
	MROW "matrix mov es", x_mov_es, want_data
	MROW "matrix mov fs", x_mov_fs, want_data
	MROW "matrix mov gs", x_mov_gs, want_data
	MROW "matrix pop ds", x_pop_ds, want_data
	MROW "matrix pop es", x_pop_es, want_data
	MROW "matrix pop fs", x_pop_fs, want_data
	MROW "matrix pop gs", x_pop_gs, want_data
	MROW "matrix lds", x_lds, want_data
	MROW "matrix les", x_les, want_data
	MROW "matrix lfs", x_lfs, want_data
	MROW "matrix lgs", x_lgs, want_data
	MROW "matrix mov ss", x_mov_ss, want_ss
	MROW "matrix pop ss", x_pop_ss, want_ss
	MROW "matrix lss", x_lss, want_ss
	MROW "matrix jmp far", x_jmp, want_jmp
	MROW "matrix call far", x_call, want_jmp
	MROW "matrix retf", x_retf, want_ret
	MROW "matrix iret", x_iret, want_ret
section .text
; EAX = selector. S = 0 types of 1/3/9/11 are never run (see m_jmp).
x_mov_ds: mov ds, ax
	int 0x40
x_mov_es: mov es, ax
	int 0x40
x_mov_fs: mov fs, ax
	int 0x40
x_mov_gs: mov gs, ax
	int 0x40
x_mov_ss: mov ss, ax
	int 0x40
x_pop_ds: push eax
	pop ds
	int 0x40
x_pop_es: push eax
	pop es
	int 0x40
x_pop_fs: push eax
	pop fs
	int 0x40
x_pop_gs: push eax
	pop gs
	int 0x40
x_pop_ss: push eax
	pop ss
	int 0x40
%macro LXS 1
	push eax
	push dword 0x12345678
	mov ebx, esp
	%1 ebx, [ss:ebx]
	int 0x40
%endmacro
x_lds:	LXS lds
x_les:	LXS les
x_lfs:	LXS lfs
x_lgs:	LXS lgs
x_lss:	push eax
	lea ebx, [esp - 64]
	push ebx
	lss esp, [esp]
	int 0x40
x_end:	int 0x40
x_jmp:	push eax
	push dword x_end
	jmp far [ss:esp]
x_call:	push eax
	push dword x_end
	mov ebx, esp
	call far [ss:ebx]
x_retf:	call x_outer_ss
	push eax
	push dword x_end
	retf
x_iret:	call x_outer_ss
	pushfd
	push eax
	push dword x_end
	iretd
x_outer_ss:				; the stack that an outer return would take
	pop ebx
	mov ecx, eax
	and ecx, 3
	mov edx, [ring_ss + ecx * 4]
	push edx
	push dword [ring_esp + ecx * 4]
	jmp ebx

; one row of matrix_rows: 4096 cases by GDT selector T1, and by LDT selector where the index is divisible by 8
matrix:
	mov eax, [matrix_row]
	lea eax, [eax + eax * 2]
	lea ebp, [matrix_rows + eax * 4]
	mov eax, [ebp]
	mov [mrec + C_NAME], eax
	mov eax, [ebp + 4]
	mov [mrec + C_CODE], eax
	xor edi, edi			; index
.next:	mov eax, [ebp + 8]
	movzx ebx, byte [eax + edi]
	cmp ebx, M_SKIP
	je .skip
	; descriptor: flat, access from the index
	mov ecx, edi
	shr ecx, 6
	and ecx, 0x1f			; S and type
	mov edx, edi
	shr edx, 4
	and edx, 3
	shl edx, 5
	or ecx, edx
	test edi, 0x800
	jz .np
	or ecx, 0x80
.np:	shl ecx, 8
	or ecx, 0x00cf0000
	mov dword [gdt + T1], 0xffff
	mov [gdt + T1 + 4], ecx
	mov eax, ecx
	and eax, 0x1c00
	cmp eax, 0x1400
	jne .up
	mov word [gdt + T1], 0		; expand-down: all above 0 is inside
	and ecx, 0x0040ffff
	mov [gdt + T1 + 4], ecx
.up:	mov eax, [gdt + T1]
	mov [ldt + 0x38], eax
	mov [ldt + 0x38 + 4], ecx
	mov esi, T1
	test edi, 8
	jz .gdt
	mov esi, 0x3c
.gdt:	mov eax, [mouts + ebx * 4]	; the outcome wanted
	test ebx, ebx
	jz .noerr
	or eax, esi
.noerr:	mov [mrec + C_WANT], eax
	mov eax, edi
	shr eax, 2
	and eax, 3
	mov [mrec + C_RING], eax
	mov eax, edi
	and eax, 3
	or eax, esi
	mov [param], eax
	push esi
	mov esi, mrec
	push dword [n_fails]
	call run_case
	pop eax
	cmp eax, [n_fails]
	je .fine
	call matrix_note
.fine:	pop esi
.skip:	inc edi
	cmp edi, 4096
	jb .next
	mov dword [param], 0
	mov esi, [mrec + C_NAME]
	jmp group_line
matrix_note:				; what the failed case was
	PUTS "note access="
	mov eax, [gdt + T1 + 4]
	shr eax, 8
	mov ecx, 2
	call puthex
	PUTS " cpl="
	mov eax, [mrec + C_RING]
	mov ecx, 1
	call puthex
	PUTS " index="
	mov eax, edi
	mov ecx, 3
	call puthex
	mov al, 10
	out 0xe9, al
	ret
section .data
align 4
mouts:	dd DONE, GP(0), NP(0), SS_(0)
mrec:	times C_SIZE db 0

; ---- the accessed bit: set by each good load, nothing else in the descriptor touched; not by a failed one ----------
section .text
v_acc:	movzx eax, byte [gdt + T1 + 5]
	ret
accessed_matrix:
	mov esi, s_accessed
	mov [mrec + C_NAME], esi
	mov dword [mrec + C_VERIFY], v_acc
	mov dword [mrec + C_WANT], DONE
	mov ebp, acc_rows
.next:	movzx eax, word [ebp]		; access byte before
	mov dword [gdt + T1], 0xffff
	mov ecx, eax
	shl ecx, 8
	or ecx, 0x00cf0000
	mov [gdt + T1 + 4], ecx
	movzx eax, word [ebp + 2]
	mov [mrec + C_VALUE], eax
	mov eax, [ebp + 4]
	mov [mrec + C_CODE], eax
	mov eax, [ebp + 8]
	mov [mrec + C_WANT], eax
	mov dword [mrec + C_RING], C_HASVAL
	mov dword [param], T1
	mov esi, mrec
	call run_case
	add ebp, 12
	cmp ebp, acc_rows_end
	jb .next
	mov dword [mrec + C_VERIFY], 0
	mov dword [param], 0
	mov esi, s_accessed
	jmp group_line
section .data
s_accessed: db "accessed bit", 0
align 4
%macro ACC 4				; before, after, snippet, outcome
	dw %1, %2
	dd %3, %4
%endmacro
acc_rows:
	ACC 0x90, 0x91, x_mov_ds, DONE
	ACC 0x92, 0x93, x_mov_es, DONE
	ACC 0x93, 0x93, x_mov_fs, DONE
	ACC 0x94, 0x95, x_mov_gs, DONE
	ACC 0x96, 0x97, x_pop_ds, DONE
	ACC 0x9a, 0x9b, x_mov_ds, DONE
	ACC 0x9e, 0x9f, x_mov_ds, DONE
	ACC 0xf2, 0xf3, x_lds, DONE
	ACC 0x92, 0x93, x_mov_ss, DONE
	ACC 0x92, 0x93, x_lss, DONE
	ACC 0x98, 0x99, x_jmp, DONE
	ACC 0x9a, 0x9b, x_call, DONE
	ACC 0x9c, 0x9d, x_retf, DONE
	ACC 0x9e, 0x9f, x_iret, DONE
	ACC 0x98, 0x98, x_mov_ds, GP(T1)
	ACC 0x12, 0x12, x_mov_ds, NP(T1)
	ACC 0x12, 0x12, x_mov_ss, SS_(T1)
	ACC 0x90, 0x90, x_mov_ss, GP(T1)
	ACC 0x1a, 0x1a, x_jmp, NP(T1)
	ACC 0xb2, 0xb2, x_jmp, GP(T1)
	ACC 0xba, 0xba, x_call, GP(T1)
acc_rows_end:

; ---- LxS and far pointers: what is left alone by a fault ----------------------------------------------------------
section .text
lds_np:
	GDTSET T1, 0, 0xfffff, A_DATA & 0x7f, G_ | D_
	mov dword [scratch], 0x12345678
	mov dword [scratch + 4], T1
	mov dword [scratch + 8], 0x12345678
	mov dword [scratch + 12], KDATA
	ret
v_ebx:	mov eax, [r_ebx]
	ret
v_ds:	movzx eax, word [r_ds]
	ret
v_sp:	mov eax, [r_esp]		; ring 0: the stack before the frame
	sub eax, R0_STACK
	ret
GROUP g_lds, "loads that fault change nothing"
CASE "lds np keeps ebx", 0, NP(T1), 0x55, lds_np, v_ebx
	mov ebx, 0x55
AT
	lds ebx, [scratch]
ENDC
CASE "lds np keeps ds", 0, NP(T1), UDATA | 3, lds_np, v_ds
AT
	lds ebx, [scratch]
ENDC
CASE "lds loads both", 0, DONE, 0x12345678, lds_np, v_ebx
	lds ebx, [scratch + 8]
ENDC
CASE "lds 16", 0, DONE, 0x55551234, lds_np, v_ebx
	mov ebx, 0x55555555
	mov dword [scratch + 8], 0x101234
	lds bx, [scratch + 8]
ENDC
CASE "pop ds np keeps esp", 0, NP(T1), -4, lds_np, v_sp
	push dword T1
AT
	pop ds
ENDC
CASE "pop ds 16", 0, DONE, -2, lds_np, v_sp
	push dword KDATA
	o16 pop ds
ENDC
CASE "pop ss null keeps esp", 0, GP(0), -4, 0, v_sp
	push dword 0
AT
	pop ss
ENDC
CASE "call far np keeps esp", 0, NP(T2), 0, .set, v_sp
	jmp short %$skip
.set:	GDTSET T2, 0, 0xfffff, A_CODE & 0x7f, G_ | D_
	ret
%$skip:
AT
	call dword T2:0
ENDC
CASE "retf np keeps esp", 0, NP(T2), -8, 0, v_sp
	push dword T2
	push dword 0
AT
	retf
ENDC
C1 "push ds 32", 0, DONE, UDATA | 3, {mov dword [esp-4],0}, {push ds}, {pop eax}
C1 "push es 16 moves sp by 2", 0, DONE, 2, {mov ebx,esp}, {o16 push es}, {sub ebx,esp}, {mov eax,ebx}
C1 "mov r32,seg zero-extends", 0, DONE, KDATA, {mov eax,-1}, {mov eax,ss}
C1 "mov r16,seg keeps the high half", 0, DONE, 0xffff0000 | KDATA, {mov eax,-1}, {mov ax,ss}
CASE "mov mem,seg writes 16 bits", 0, DONE, 0xffff0000 | KDATA
	mov dword [scratch], -1
	o32 mov [scratch], ss
	mov eax, [scratch]
ENDC
CASE "mov cs is #UD", 0, UD
AT
	db 0x8e, 0xc8			; mov cs, ax
ENDC
CASE "mov sreg 6 is #UD", 0, UD
AT
	db 0x8e, 0xf0
ENDC
CASE "mov sreg 7 is #UD", 0, UD
AT
	db 0x8c, 0xf8
ENDC
CASE "les of register is #UD", 0, UD
AT
	db 0xc4, 0xc0
	nop
	nop
	nop
	nop
ENDC
CASE "lss of register is #UD", 0, UD
AT
	db 0x0f, 0xb2, 0xc0
ENDC
ENDGROUP

; ---- limits -------------------------------------------------------------------------------------------------------
; Segment T1 of DPL 3 at LBASE; each row: limit, access, flags, offset, operation, outcome (0 done, 1 fault).
; The fault is #GP(0), for the stack segment #SS(0).
%define LBASE 0x300000
section .text
%macro LOP 2				; label, instruction; EDX = offset, the segment in FS
%1:	mov fs, ax
%%f:	%2
	int 0x40
%endmacro
	LOP o_rb, {mov bl, [fs:edx]}
	LOP o_rw, {mov bx, [fs:edx]}
	LOP o_rd, {mov ebx, [fs:edx]}
	LOP o_wb, {mov [fs:edx], bl}
	LOP o_ww, {mov [fs:edx], bx}
	LOP o_wd, {mov [fs:edx], ebx}
	LOP o_ab, {add [fs:edx], bl}
	LOP o_aw, {add [fs:edx], bx}
	LOP o_ad, {add [fs:edx], ebx}
	LOP o_rq, {fld qword [fs:edx]}
	LOP o_rt, {fld tword [fs:edx]}
	LOP o_cx, {cmpxchg8b [fs:edx]}
	LOP o_lf, {les ebx, [fs:edx]}	; six bytes; null selector there
	LOP o_bo, {bound ebx, [fs:edx]}
	LOP o_mb, {a16 mov bl, [fs:di]}	; 16-bit addressing
	LOP o_xc, {xchg [fs:edx], ebx}
	LOP o_bt, {bt dword [fs:edx], 31}
	LOP o_lg, {sidt [fs:edx]}	; six bytes
	LOP o_nop, {nop dword [fs:edx]}	; touches nothing
	LOP o_lea, {lea ebx, [fs:edx]}
	LOP o_ipg, {prefetcht0 [fs:edx]}
; the same through SS at ring 3 (EAX has RPL 3)
%macro SOP 2+
%1:	mov ss, ax
	%2
	int 0x40
%endmacro
	SOP s_rb, mov bl, [ss:edx]
	SOP s_rd, mov ebx, [ss:edx]
	SOP s_wd, mov [ss:edx], ebx
o_st:					; PUSH with ESP = EDX
	mov ss, ax
	mov esp, edx
	push ebx
	int 0x40
o_st2:
	mov ss, ax
	mov esp, edx
	push bx
	int 0x40
o_po:	mov ss, ax
	mov esp, edx
	pop ebx
	int 0x40
o_ca:	mov ss, ax
	mov esp, edx
	call .1
.1:	int 0x40
o_en:	mov ss, ax
	mov esp, edx
	enter 16, 0
	int 0x40
o_pa:	mov ss, ax
	mov esp, edx
	pushad
	int 0x40
o_bp:	mov ss, ax
	mov ebp, edx
	mov bl, [ebp]			; EBP's default segment is SS
	int 0x40

section .data
align 4
%macro LIM 7				; name, limit, access, flags, offset, operation, outcome
	STR %1
	dd DLO(LBASE, %2), DHI(LBASE, %2, %3, %4), %5, %6, %7
%endmacro
%define RW3 (A_DATA | DPL(3))
%define RO3 (0x90 | DPL(3))
%define ED3 (0x96 | DPL(3))
%define EDRO3 (0x94 | DPL(3))
%define XO3 (0x98 | DPL(3))
%define XR3 (0x9a | DPL(3))
lim_rows:
; byte granular, expand up, at the last byte, word, dword
	LIM "up b last", 0x1000, RW3, D_, 0x1000, o_rb, DONE
	LIM "up b beyond", 0x1000, RW3, D_, 0x1001, o_rb, GP(0)
	LIM "up w last", 0x1000, RW3, D_, 0x0fff, o_rw, DONE
	LIM "up w half out", 0x1000, RW3, D_, 0x1000, o_rw, GP(0)
	LIM "up d last", 0x1000, RW3, D_, 0x0ffd, o_rd, DONE
	LIM "up d one out", 0x1000, RW3, D_, 0x0ffe, o_rd, GP(0)
	LIM "up d three out", 0x1000, RW3, D_, 0x1000, o_rd, GP(0)
	LIM "up wb last", 0x1000, RW3, D_, 0x1000, o_wb, DONE
	LIM "up wb beyond", 0x1000, RW3, D_, 0x1001, o_wb, GP(0)
	LIM "up ww last", 0x1000, RW3, D_, 0x0fff, o_ww, DONE
	LIM "up ww out", 0x1000, RW3, D_, 0x1000, o_ww, GP(0)
	LIM "up wd last", 0x1000, RW3, D_, 0x0ffd, o_wd, DONE
	LIM "up wd out", 0x1000, RW3, D_, 0x0ffe, o_wd, GP(0)
	LIM "up ab last", 0x1000, RW3, D_, 0x1000, o_ab, DONE
	LIM "up ab beyond", 0x1000, RW3, D_, 0x1001, o_ab, GP(0)
	LIM "up aw out", 0x1000, RW3, D_, 0x1000, o_aw, GP(0)
	LIM "up ad last", 0x1000, RW3, D_, 0x0ffd, o_ad, DONE
	LIM "up ad out", 0x1000, RW3, D_, 0x0fff, o_ad, GP(0)
	LIM "up q last", 0x1000, RW3, D_, 0x0ff9, o_rq, DONE
	LIM "up q out", 0x1000, RW3, D_, 0x0ffa, o_rq, GP(0)
	LIM "up t last", 0x1000, RW3, D_, 0x0ff7, o_rt, DONE
	LIM "up t out", 0x1000, RW3, D_, 0x0ff8, o_rt, GP(0)
	LIM "up cmpxchg8b last", 0x1000, RW3, D_, 0x0ff9, o_cx, DONE
	LIM "up cmpxchg8b out", 0x1000, RW3, D_, 0x0ffa, o_cx, GP(0)
	LIM "up les last", 0x1000, RW3, D_, 0x0ffb, o_lf, DONE
	LIM "up les out", 0x1000, RW3, D_, 0x0ffc, o_lf, GP(0)
	LIM "up bound out", 0x1000, RW3, D_, 0x0ffa, o_bo, GP(0)
	LIM "up xchg out", 0x1000, RW3, D_, 0x0ffe, o_xc, GP(0)
	LIM "up bt out", 0x1000, RW3, D_, 0x0ffe, o_bt, GP(0)
	LIM "up bt last", 0x1000, RW3, D_, 0x0ffd, o_bt, DONE
	LIM "up sidt last", 0x1000, RW3, D_, 0x0ffb, o_lg, DONE
	LIM "up sidt out", 0x1000, RW3, D_, 0x0ffc, o_lg, GP(0)
	LIM "up nop out", 0x1000, RW3, D_, 0x2000, o_nop, DONE
	LIM "up lea out", 0x1000, RW3, D_, 0x2000, o_lea, DONE
	LIM "up prefetch out", 0x1000, RW3, D_, 0x2000, o_ipg, DONE
	LIM "limit 0 byte 0", 0, RW3, D_, 0, o_rb, DONE
	LIM "limit 0 word 0", 0, RW3, D_, 0, o_rw, GP(0)
	LIM "limit 0 byte 1", 0, RW3, D_, 1, o_rb, GP(0)
	LIM "limit 0 byte ffffffff", 0, RW3, D_, 0xffffffff, o_rb, GP(0)
	LIM "limit 2 dword 0", 2, RW3, D_, 0, o_rd, GP(0)
	LIM "limit 3 dword 0", 3, RW3, D_, 0, o_rd, DONE
	LIM "16-bit address", 0x1000, RW3, D_, 0xffff1000, o_mb, DONE
	LIM "16-bit address out", 0x1000, RW3, D_, 0xffff1001, o_mb, GP(0)
	LIM "wrap d fffffffd", 0x1000, RW3, D_, 0xfffffffd, o_rd, GP(0)
; the same with D/B = 0: no difference for expand-up
	LIM "up b=0 last", 0x1000, RW3, 0, 0x1000, o_rb, DONE
	LIM "up b=0 beyond", 0x1000, RW3, 0, 0x1001, o_rb, GP(0)
	LIM "up b=0 large", 0xfffff, RW3, 0, 0xffffe, o_rw, DONE
	LIM "up b=0 large out", 0xfffff, RW3, 0, 0xfffff, o_rw, GP(0)
; page granular: the low 12 bits are not checked
	LIM "page 0 last", 0, RW3, G_ | D_, 0xfff, o_rb, DONE
	LIM "page 0 beyond", 0, RW3, G_ | D_, 0x1000, o_rb, GP(0)
	LIM "page 1 last d", 1, RW3, G_ | D_, 0x1ffc, o_wd, DONE
	LIM "page 1 out d", 1, RW3, G_ | D_, 0x1ffd, o_wd, GP(0)
	LIM "page fffff", 0xfffff, RW3, G_ | D_, 0x1000, o_wd, DONE
; expand down: valid from limit + 1 to ffff or ffffffff
	LIM "down16 limit", 0x0fff, ED3, 0, 0x0fff, o_rb, GP(0)
	LIM "down16 first", 0x0fff, ED3, 0, 0x1000, o_rb, DONE
	LIM "down16 0", 0x0fff, ED3, 0, 0, o_rb, GP(0)
	LIM "down16 ffff", 0x0fff, ED3, 0, 0xffff, o_rb, DONE
	LIM "down16 10000", 0x0fff, ED3, 0, 0x10000, o_rb, GP(0)
	LIM "down16 w ffff", 0x0fff, ED3, 0, 0xffff, o_rw, GP(0)
	LIM "down16 w fffe", 0x0fff, ED3, 0, 0xfffe, o_rw, DONE
	LIM "down16 d fffd", 0x0fff, ED3, 0, 0xfffd, o_wd, GP(0)
	LIM "down16 d fffc", 0x0fff, ED3, 0, 0xfffc, o_wd, DONE
	LIM "down16 d first", 0x0fff, ED3, 0, 0x1000, o_rd, DONE
	LIM "down16 d half", 0x0fff, ED3, 0, 0x0ffe, o_rd, GP(0)
	LIM "down32 limit", 0x0fff, ED3, D_, 0x0fff, o_wb, GP(0)
	LIM "down32 first", 0x0fff, ED3, D_, 0x1000, o_wb, DONE
	LIM "down32 10000", 0x0fff, ED3, D_, 0x10000, o_wd, DONE
	LIM "down32 rmw limit", 0x0fff, ED3, D_, 0x0fff, o_ad, GP(0)
	LIM "down32 page limit", 0x1, ED3, G_ | D_, 0x1fff, o_rb, GP(0)
	LIM "down32 page first", 0x1, ED3, G_ | D_, 0x2000, o_rb, DONE
	LIM "down32 fffff page", 0xfffff, ED3, G_ | D_, 0xffffffff, o_rb, GP(0)
	LIM "down16 ffff limit", 0xffff, ED3, 0, 0xffff, o_rb, GP(0)
	LIM "down16 0 limit", 0, ED3, 0, 0, o_rb, GP(0)
	LIM "down16 0 limit, 1", 0, ED3, 0, 1, o_rb, DONE
	LIM "down ro write", 0x0fff, EDRO3, D_, 0x1000, o_wb, GP(0)
	LIM "down ro read", 0x0fff, EDRO3, D_, 0x1000, o_rb, DONE
; access rights
	LIM "ro read", 0x1000, RO3, D_, 0, o_rd, DONE
	LIM "ro write", 0x1000, RO3, D_, 0, o_wd, GP(0)
	LIM "ro rmw", 0x1000, RO3, D_, 0, o_ad, GP(0)
	LIM "ro xchg", 0x1000, RO3, D_, 0, o_xc, GP(0)
	LIM "ro bt", 0x1000, RO3, D_, 0, o_bt, DONE
	LIM "code read", 0x1000, XR3, D_, 0, o_rd, DONE
	LIM "code write", 0x1000, XR3, D_, 0, o_wd, GP(0)
	LIM "code rmw", 0x1000, XR3, D_, 0, o_ab, GP(0)
	LIM "code read out", 0x1000, XR3, D_, 0x1001, o_rb, GP(0)
; the stack segment: #SS
	LIM "ss last", 0x1000, RW3, D_, 0x1000, s_rb, DONE
	LIM "ss beyond", 0x1000, RW3, D_, 0x1001, s_rb, SS_(0)
	LIM "ss d out", 0x1000, RW3, D_, 0x0ffe, s_rd, SS_(0)
	LIM "ss wd out", 0x1000, RW3, D_, 0x0ffe, s_wd, SS_(0)
	LIM "ss by ebp", 0x1000, RW3, D_, 0x1001, o_bp, SS_(0)
	LIM "push at 4", 0x1000, RW3, D_, 4, o_st, DONE
	LIM "push at 3", 0x1000, RW3, D_, 3, o_st, SS_(0)
	LIM "push at 0", 0x1000, RW3, D_, 0, o_st, SS_(0)
	LIM "push at the top", 0x1000, RW3, D_, 0x1001, o_st, DONE
	LIM "push above the top", 0x1000, RW3, D_, 0x1002, o_st, SS_(0)
	LIM "push 16 at 2", 0x1000, RW3, D_, 2, o_st2, DONE
	LIM "push 16 at 1", 0x1000, RW3, D_, 1, o_st2, SS_(0)
	LIM "pop at top", 0x1000, RW3, D_, 0x1000, o_po, SS_(0)
	LIM "pop last", 0x1000, RW3, D_, 0xffd, o_po, DONE
	LIM "call no room", 0x1000, RW3, D_, 2, o_ca, SS_(0)
	LIM "call room", 0x1000, RW3, D_, 4, o_ca, DONE
	LIM "enter room", 0x1000, RW3, D_, 0x100, o_en, DONE
	LIM "enter no room", 0x1000, RW3, D_, 3, o_en, SS_(0)
	LIM "enter frame below", 0x1000, RW3, D_, 8, o_en, SS_(0)
	LIM "pushad room", 0x1000, RW3, D_, 0x20, o_pa, DONE
	LIM "pushad no room", 0x1000, RW3, D_, 0x1c, o_pa, SS_(0)
	LIM "stack16 wrap push", 0xffff, RW3, 0, 0x12340000, o_st, DONE
	LIM "stack16 push at 2", 0xffff, RW3, 0, 2, o_st, SS_(0)
	LIM "stack16 push 16 at 0", 0xffff, RW3, 0, 0, o_st2, DONE
	LIM "stack16 pop at fffe", 0xffff, RW3, 0, 0xfffe, o_po, SS_(0)
	LIM "stack16 esp high ignored", 0xfff, RW3, 0, 0xabcd0800, o_st, DONE
	LIM "down32 stack push", 0xfff, ED3, D_, 0x1004, o_st, DONE
	LIM "down32 stack push limit", 0xfff, ED3, D_, 0x1003, o_st, SS_(0)
	LIM "down32 stack push 0", 0xffff, ED3, G_ | D_, 0, o_st, DONE
	LIM "down16 stack push 0", 0x0fff, ED3, 0, 0, o_st, DONE
	LIM "down16 stack push 1000", 0x0fff, ED3, 0, 0x1003, o_st, SS_(0)
lim_end:
section .text
; "fffff page, push at 0" of an expand-down 32-bit stack writes LBASE - 4 by wrap-around: memory is there
limits:
	mov ebp, lim_rows
.next:	mov eax, [ebp]
	mov [mrec + C_NAME], eax
	mov eax, [ebp + 4]
	mov [gdt + T1], eax
	mov eax, [ebp + 8]
	mov [gdt + T1 + 4], eax
	mov eax, [ebp + 12]
	mov [param2], eax
	mov eax, [ebp + 16]
	mov [mrec + C_CODE], eax
	mov eax, [ebp + 20]
	mov [mrec + C_WANT], eax
	mov dword [mrec + C_RING], 3
	mov dword [param], T1 | 3
	mov esi, mrec
	call run_case
	add ebp, 24
	cmp ebp, lim_end
	jb .next
	mov dword [param], 0
	mov esi, s_limits
	jmp group_line
section .data
s_limits: db "limits and access rights", 0

; ---- code limits --------------------------------------------------------------------------------------------------
; T2: a code segment at 310000 with limit 1000h, filled with NOPs; what is executed at its end
section .text
%define CBASE 0x310000
code_set:
	GDTSET T2, CBASE, 0x1000, A_CODE, D_
	GDTSET T3, CBASE, 0x1000, A_CODE, 0
	push edi
	mov edi, CBASE
	mov ecx, 0x2000
	mov al, 0x90
	rep stosb
	pop edi
	ret
v_eip:	mov eax, [r_eip]
	ret
%macro CL 5-*				; name, offset, outcome, value of EIP, bytes at the offset
CASE %1, 0, %3, %4, code_set, v_eip
	%assign %%o 0
	%xdefine %%off %2
	%rotate 4
	%rep %0 - 4
	mov byte [CBASE + %%off + %%o], %1
	%assign %%o %%o + 1
	%rotate 1
	%endrep
	jmp dword T2:%%off
ENDC
%endmacro
GROUP g_limit_code, "code segment limit"
CL "nop at the end, next outside", 0x1000, GP(0), 0x1001, 0x90
CL "fetch beyond", 0x0ffe, GP(0), 0x1001, 0x90
CL "int 40h whole", 0x0fff, DONE, 0x1001, 0xcd, 0x40
CL "int 40h cut", 0x1000, GP(0), 0x1000, 0xcd, 0x40
CL "mov eax,imm32 whole", 0x0ffa, DONE, 0x1001, 0xb8, 1, 2, 3, 4, 0xcd, 0x40
CL "mov eax,imm32 cut", 0x0ffd, GP(0), 0x0ffd, 0xb8, 1, 2, 3, 4, 0xcd, 0x40
CL "prefix at the end", 0x1000, GP(0), 0x1000, 0x66, 0x90
CL "jmp short out", 0x0f00, GP(0), 0x0f00, 0xe9, 0xfc, 0x00, 0x00, 0x00
CL "jmp short to the last", 0x0f00, GP(0), 0x1001, 0xe9, 0xfb, 0x00, 0x00, 0x00
CL "jmp backward out", 0x0000, GP(0), 0x0000, 0xeb, 0x80
CL "jcc taken out", 0x0ff0, GP(0), 0x0ff2, 0x39, 0xc0, 0x74, 0x40
CL "jcc not taken", 0x0ff0, DONE, 0x0ff6, 0x39, 0xc0, 0x75, 0x40, 0xcd, 0x40
CL "call out", 0x0ff0, GP(0), 0x0ff0, 0xe8, 0x40, 0, 0, 0
CL "ret out", 0x0ff0, GP(0), 0x0ff5, 0x68, 1, 0x10, 0, 0, 0xc3
CL "ret to the last", 0x0ff0, GP(0), 0x1001, 0x68, 0, 0x10, 0, 0, 0xc3
CL "loop out", 0x0ff0, GP(0), 0x0ff0, 0xe2, 0x40
CL "jmp eax out", 0x0ff0, GP(0), 0x0ff5, 0xb8, 1, 0x10, 0, 0, 0xff, 0xe0
CASE "far jmp beyond the limit", 0, GP(0), -, code_set
AT
	jmp dword T2:0x1001
ENDC
CASE "far call beyond the limit", 0, GP(0), -, code_set
AT
	call dword T2:0x1001
ENDC
CASE "retf beyond the limit", 0, GP(0), -, code_set
	push dword T2
	push dword 0x1001
AT
	retf
ENDC
CASE "iret beyond the limit", 0, GP(0), -, code_set
	push dword 2
	push dword T2
	push dword 0x1001
AT
	iretd
ENDC
CASE "16-bit operand jmp truncates eip", 0, DONE, 0x0124, code_set, v_eip
	mov word [CBASE + 0x122], 0x40cd
	mov byte [CBASE + 0x20], 0x66	; jmp rel16 over 64 KiB
	mov byte [CBASE + 0x21], 0xe9
	mov word [CBASE + 0x22], 0x00fe
	jmp dword T2:0x20
ENDC
CASE "execute-only code reads by cs", 0, GP(0), -, .xo
	jmp short %$skip
.xo:	GDTSET T2, 0, 0xfffff, 0x98, G_ | D_
	ret
%$skip:	jmp dword T2:%$t
%$t:
AT
	mov eax, [cs:scratch]
ENDC
CASE "write by cs", 0, GP(0)
AT
	mov [cs:scratch], eax
ENDC
ENDGROUP

; ---- LAR, LSL, VERR, VERW over every type, DPL, CPL, RPL -----------------------------------------------------------
; bit 0 LAR, bit 1 LSL, bit 2 VERR, bit 3 VERW sets SETZF
%macro m_query 0
	%assign vis 1
	%if (t & 0x1c) != 0x1c && (cpl > dpl || rpl > dpl)
		%assign vis 0
	%endif
	%assign qlar 0
	%assign qlsl 0
	%if vis
		%if t >= 16
			%assign qlar 1
			%assign qlsl 1
		%else
			%if t == 1 || t == 2 || t == 3 || t == 4 || t == 5 || t == 9 || t == 11 || t == 12
				%assign qlar 1
			%endif
			%if t == 1 || t == 2 || t == 3 || t == 9 || t == 11
				%assign qlsl 1
			%endif
		%endif
	%endif
	%assign qverr 0
	%assign qverw 0
	%if vis && t >= 16
		%if !(t & 8) || (t & 2)
			%assign qverr 1
		%endif
		%if !(t & 8) && (t & 2)
			%assign qverw 1
		%endif
	%endif
	db qlar | (qlsl << 1) | (qverr << 2) | (qverw << 3)
%endmacro
section .data
want_query:	MATRIX m_query
section .text
; AX = selector; result in EAX: the four ZFs, and if LAR/LSL gave other than what the descriptor says, bit 7/6
x_query:
	mov ecx, eax
	xor eax, eax
	mov ebx, 0xdead
	lar ebx, cx
	jnz .1
	or al, 1
	mov edx, [gdt + T1 + 4]
	and edx, 0x00f0ff00
	mov esi, ebx
	and esi, 0x00f0ff00
	cmp edx, esi
	je .2
	or al, 0x80
	jmp .2
.1:	cmp ebx, 0xdead
	je .2
	or al, 0x80
.2:	mov ebx, 0xdead
	lsl ebx, cx
	jnz .3
	or al, 2
	cmp ebx, 0x12345fff
	je .4
	or al, 0x40
	jmp .4
.3:	cmp ebx, 0xdead
	je .4
	or al, 0x40
.4:	verr cx
	jnz .5
	or al, 4
.5:	verw cx
	jnz .6
	or al, 8
.6:	int 0x40
query_matrix:
	mov dword [mrec + C_NAME], s_query
	mov dword [mrec + C_CODE], x_query
	mov dword [mrec + C_WANT], DONE
	xor edi, edi
.next:	mov ecx, edi
	shr ecx, 6
	and ecx, 0x1f
	mov edx, edi
	shr edx, 4
	and edx, 3
	shl edx, 5
	or ecx, edx
	test edi, 0x800
	jz .np
	or ecx, 0x80
.np:	shl ecx, 8
	or ecx, 0x00c10000
	mov dword [gdt + T1], 0x2345
	mov [gdt + T1 + 4], ecx
	movzx eax, byte [want_query + edi]
	mov [mrec + C_VALUE], eax
	mov eax, edi
	shr eax, 2
	and eax, 3
	or eax, C_HASVAL
	mov [mrec + C_RING], eax
	mov eax, edi
	and eax, 3
	or eax, T1
	mov [param], eax
	mov esi, mrec
	push dword [n_fails]
	call run_case
	pop eax
	cmp eax, [n_fails]
	je .fine
	call matrix_note
.fine:	inc edi
	cmp edi, 4096
	jb .next
	mov dword [param], 0
	mov esi, s_query
	jmp group_line
section .data
s_query: db "matrix lar lsl verr verw", 0

section .text
q_set:	GDTSET T1, 0x12345678, 0x1234, A_DATA | DPL(3), D_
	GDTSET T2, 0x12345678, 0xabcde, A_CODE | DPL(3), G_ | D_
	mov dword [scratch], 0xffff0000 | T1 | 3
	ret
%macro SETZF 0				; EAX = SETZF
	setz al
	movzx eax, al
%endmacro
GROUP g_query, "lar lsl verr verw"
C1 "lar null", 0, DONE, 0, {xor ecx,ecx}, {lar ebx,cx}, SETZF
C1 "lar null rpl 3", 3, DONE, 0, {mov ecx,3}, {lar ebx,cx}, SETZF
C1 "lsl null", 0, DONE, 0, {xor ecx,ecx}, {lsl ebx,cx}, SETZF
C1 "verr null", 0, DONE, 0, {xor ecx,ecx}, {verr cx}, SETZF
C1 "verw null", 0, DONE, 0, {xor ecx,ecx}, {verw cx}, SETZF
C1 "lar beyond", 0, DONE, 0, {mov ecx,BEYOND}, {lar ebx,cx}, SETZF
C1 "lsl beyond", 0, DONE, 0, {mov ecx,BEYOND}, {lsl ebx,cx}, SETZF
C1 "verr beyond", 0, DONE, 0, {mov ecx,LBEYOND}, {verr cx}, SETZF
C1 "verw beyond", 0, DONE, 0, {mov ecx,LBEYOND}, {verw cx}, SETZF
CASE "lsl bytes", 3, DONE, 0x1234, q_set
	mov ecx, T1 | 3
	lsl eax, cx
ENDC
CASE "lsl pages", 3, DONE, 0xabcdefff, q_set
	mov ecx, T2 | 3
	lsl eax, cx
ENDC
CASE "lsl 16 keeps the high half", 3, DONE, 0x5555efff, q_set
	mov eax, 0x55555555
	mov ecx, T2 | 3
	lsl ax, cx
ENDC
CASE "lar 32", 3, DONE, 0x0040f200, q_set
	mov ecx, T1 | 3
	lar eax, cx
	and eax, 0x00f0ff00		; bits 16-19 are undefined
ENDC
CASE "lar 16", 3, DONE, 0x5555f200, q_set
	mov eax, 0x55555555
	mov ecx, T1 | 3
	lar ax, cx
ENDC
CASE "lar memory", 3, DONE, 0x0040f200, q_set
	lar eax, [scratch]
	and eax, 0x00f0ff00
ENDC
CASE "verr memory", 3, DONE, 1, q_set
	verr [scratch]
	SETZF
ENDC
C1 "lar keeps other flags", 0, DONE, 0x8d5, {mov eax,0x8d7}, {push eax}, {popfd}, {mov ecx,KDATA}, {lar ebx,cx}, {pushfd}, {pop eax}, {and eax,0x8d5}
C1 "lar clears zf alone", 0, DONE, 0x895, {mov eax,0x8d7}, {push eax}, {popfd}, {mov ecx,0}, {lar ebx,cx}, {pushfd}, {pop eax}, {and eax,0x8d5}
ENDGROUP

; ---- ARPL ---------------------------------------------------------------------------------------------------------
GROUP g_arpl, "arpl"
%assign d 0
%rep 4
%assign s 0
%rep 4
%if d < s
C1 "arpl", 3, DONE, 0x12340108 | s | 0x10000000, {mov eax,0x12340108 | d}, {mov ebx,0x200 | s}, {arpl ax,bx}, {setz bl}, {movzx ebx,bl}, {shl ebx,28}, {or eax,ebx}
%else
C1 "arpl", 3, DONE, 0x02340108 | d, {mov eax,0x02340108 | d}, {mov ebx,0x200 | s}, {arpl ax,bx}, {setz bl}, {movzx ebx,bl}, {shl ebx,28}, {or eax,ebx}
%endif
%assign s s + 1
%endrep
%assign d d + 1
%endrep
CASE "arpl memory", 0, DONE, 0xffff000b
	mov dword [scratch], 0xffff0008
	mov eax, 3
	arpl [scratch], ax
	mov eax, [scratch]
ENDC
CASE "arpl memory, zf clear still needs write access", 3, GP(0), -, .ro
	jmp short %$skip
.ro:	GDTSET T1, 0, 0xfffff, 0x90 | DPL(3), G_ | D_
	ret
%$skip:	mov eax, T1 | 3
	mov fs, ax
	mov eax, 3
	mov dword [scratch], 0
AT
	arpl [fs:scratch], ax
ENDC
ENDGROUP

; ---- LGDT, LIDT and the like --------------------------------------------------------------------------------------
section .text
gdt_back:
	lgdt [gdtr]
	xor eax, eax
	ret
g_set:	mov word [scratch], GDT_LIMIT
	mov dword [scratch + 2], gdt
	ret
GROUP g_gdtr, "descriptor table registers"
CASE "lgdt ring 3", 3, GP(0), -, g_set
AT
	lgdt [scratch]
ENDC
F1 "lidt ring 1", 1, GP(0), {lidt [scratch]}
F1 "lmsw ring 3", 3, GP(0), {mov eax,1}, {lmsw ax}
F1 "clts ring 3", 3, GP(0), {clts}
F1 "hlt ring 3", 3, GP(0), {hlt}
F1 "mov cr0 ring 3", 3, GP(0), {mov eax,cr0}
F1 "mov to cr3 ring 2", 2, GP(0), {mov cr3,eax}
F1 "mov dr7 ring 3", 3, GP(0), {mov eax,dr7}
F1 "invd ring 3", 3, GP(0), {invd}
F1 "wbinvd ring 3", 3, GP(0), {wbinvd}
F1 "invlpg ring 3", 3, GP(0), {invlpg [0]}
F1 "rdmsr ring 3", 3, GP(0), {mov ecx,0x10}, {rdmsr}
F1 "wrmsr ring 3", 3, GP(0), {mov ecx,0x10}, {wrmsr}
CASE "sgdt 6 bytes", 3, DONE, 0x55550005
	mov dword [scratch + 4], 0x55555555
	sgdt [scratch]
	mov eax, [scratch + 4]
ENDC
CASE "sgdt 16-bit operand stores the whole base", 3, DONE, 0x55550005
	mov dword [scratch + 4], 0x55555555
	o16 sgdt [scratch]
	mov eax, [scratch + 4]
ENDC
CASE "sgdt limit", 3, DONE, GDT_LIMIT
	sgdt [scratch]
	movzx eax, word [scratch]
ENDC
CASE "lgdt 16-bit operand takes 24 bits", 0, DONE, 0x00050000
	mov word [scratch], GDT_LIMIT
	mov dword [scratch + 2], 0xff050000
	o16 lgdt [scratch]
	sgdt [scratch + 8]
	mov eax, [scratch + 10]
ENDC
CASE "gdt limit in the middle of a descriptor", 0, GP(T1), -, .mid, gdt_back
	jmp short %$skip
.mid:	mov word [scratch], T1 + 6
	mov dword [scratch + 2], gdt
	lgdt [scratch]
	GDTSET T1, 0, 0xfffff, A_DATA, G_ | D_
	ret
%$skip:	mov eax, T1
AT
	mov ds, ax
ENDC
CASE "gdt limit at a descriptor's last byte", 0, DONE, -, .last, gdt_back
	jmp short %$skip
.last:	mov word [scratch], T1 + 7
	mov dword [scratch + 2], gdt
	lgdt [scratch]
	GDTSET T1, 0, 0xfffff, A_DATA, G_ | D_
	ret
%$skip:	mov eax, T1
	mov ds, ax
ENDC
ENDGROUP
