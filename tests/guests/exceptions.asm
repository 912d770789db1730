; SPDX-License-Identifier: GPL-3.0-or-later
; Exceptions: undefined encodings, LOCK, instruction length, priorities, #DE #BR #OF #NM #AC, debug registers, single step.
; Manual: SDM volume 3 chapters 6 and 17.
%include "lib.inc"
%define T1 (SEL_FREE)
%define BUF 0x80000

guest_main:
	mov eax, cr4
	or eax, 0x600
	mov cr4, eax
	RUN g_ud
	RUN g_lock
	RUN g_len
	RUN g_prio
	RUN g_de
	RUN g_traps
	call fpu_matrix
	call ac_matrix
	RUN g_ac
	call dbg_matrix
	RUN g_dbg
	RUN g_step
	RUN g_shadow
	ret

; bytes that must give an exception at their first byte
%macro BY 3-*
CASE %1, 0, %2
AT
	db %{3:-1}
	nop
	nop
	nop
	nop
	nop
	nop
	nop
	nop
ENDC
%endmacro
%macro BY3 3-*
CASE %1, 3, %2
AT
	db %{3:-1}
	nop
	nop
	nop
	nop
	nop
	nop
	nop
	nop
ENDC
%endmacro
%macro BYOK 2-*				; and those that must not
CASE %1, 0, DONE
	mov ebx, BUF
	mov esi, BUF
	mov edi, BUF + 16
	mov edx, 0x300
	mov ecx, 1
	db %{2:-1}
ENDC
%endmacro
GROUP g_ud, "undefined encodings"
BY "ud2", UD, 0x0f, 0x0b
BY "ud1", UD, 0x0f, 0xb9, 0xc0
BY "ud0", UD, 0x0f, 0xff, 0xc0
BY "0f 04", UD, 0x0f, 0x04
BY "0f 0a", UD, 0x0f, 0x0a
BY "0f 24", UD, 0x0f, 0x24, 0xc0
BY "0f 26", UD, 0x0f, 0x26, 0xc0
BY "0f 36", UD, 0x0f, 0x36
BY "0f 39", UD, 0x0f, 0x39
BY "0f a6", UD, 0x0f, 0xa6, 0x00
BY "0f a7", UD, 0x0f, 0xa7, 0x00
BY "fe /2", UD, 0xfe, 0xd0
BY "fe /7", UD, 0xfe, 0xf8
BY "ff /7", UD, 0xff, 0xf8
BY "ff /3 register", UD, 0xff, 0xd8
BY "ff /5 register", UD, 0xff, 0xe8
BY "c6 /1", UD, 0xc6, 0xc8, 0
BY "c7 /1", UD, 0xc7, 0xc8, 0, 0, 0, 0
BY "8f /1", UD, 0x8f, 0x08
BY "0f 00 /6", UD, 0x0f, 0x00, 0xf0
BY "0f 00 /7", UD, 0x0f, 0x00, 0xf8
BY "0f 01 /5 memory", UD, 0x0f, 0x01, 0x2b
BY "lgdt of a register", UD, 0x0f, 0x01, 0xd7
BY "0f 01 c0", UD, 0x0f, 0x01, 0xc0
BY "0f ba /0", UD, 0x0f, 0xba, 0xc0, 0
BY "0f ba /3", UD, 0x0f, 0xba, 0xd8, 0
BY "0f c7 /0", UD, 0x0f, 0xc7, 0x03
BY "cmpxchg8b register", UD, 0x0f, 0xc7, 0xc8
BY "0f 71 /0", UD, 0x0f, 0x71, 0xc0, 0
BY "0f 71 memory", UD, 0x0f, 0x71, 0x13, 0
BY "0f 73 /1", UD, 0x0f, 0x73, 0xc8, 0
BY "ldmxcsr register", UD, 0x0f, 0xae, 0xd0
BY "lea register", UD, 0x8d, 0xc0
BY "les register (vex, avx off)", UD, 0xc4, 0xc0, 0x00
BY "lds register (vex, avx off)", UD, 0xc5, 0xc0, 0x00
BY "mov cr1", UD, 0x0f, 0x20, 0xc8
BY "mov to cr1", UD, 0x0f, 0x22, 0xc8
BY "mov cr5", UD, 0x0f, 0x20, 0xe8
BY "mov cr7", UD, 0x0f, 0x20, 0xf8
BY "mov to cs", UD, 0x8e, 0xc8
BY "mov sreg 6", UD, 0x8c, 0xf0
BY "movntq register", UD, 0x0f, 0xe7, 0xc0
BY "movnti register", UD, 0x0f, 0xc3, 0xc0
BY "lddqu register", UD, 0xf2, 0x0f, 0xf0, 0xc0
BY "ptest without 66", UD, 0x0f, 0x38, 0x17, 0xc0
BY "0f 38 ff", UD, 0x0f, 0x38, 0xff, 0xc0
BY "0f 3a ff", UD, 0x0f, 0x3a, 0xff, 0xc0, 0
BY "syscall with sce off", UD, 0x0f, 0x05
BY "sysret with sce off", UD, 0x0f, 0x07
BY "xgetbv with osxsave off", UD, 0x0f, 0x01, 0xd0
BY "xsetbv with osxsave off", UD, 0x0f, 0x01, 0xd1
BY "xsave with osxsave off", UD, 0x0f, 0xae, 0x23
BY "rdfsbase outside 64-bit mode", UD, 0xf3, 0x0f, 0xae, 0xc0
BY "swapgs outside 64-bit mode", UD, 0x0f, 0x01, 0xf8
BY "rsm outside smm", UD, 0x0f, 0xaa
BY "vmcall outside vmx", UD, 0x0f, 0x01, 0xc1
BY "bound register", UD, 0x62, 0xc0, 0, 0
BYOK "salc", 0xd6
BYOK "test f6 /1", 0xf6, 0xc8, 0
BYOK "test f7 /1", 0xf7, 0xc8, 0, 0, 0, 0
BYOK "shl /6", 0xd0, 0xf0
BYOK "shl c1 /6", 0xc1, 0xf0, 1
BYOK "82 alias", 0x82, 0xc0, 0
BYOK "nop 0f 1f", 0x0f, 0x1f, 0x00
BYOK "nop 0f 18 /7", 0x0f, 0x18, 0x3b
BYOK "nop 0f 19", 0x0f, 0x19, 0xc0
BYOK "prefetchw", 0x0f, 0x0d, 0x0b
BYOK "rep nop", 0xf3, 0x90
BYOK "many prefixes", 0x66, 0x67, 0x26, 0x2e, 0x90
BYOK "fffreep", 0xdf, 0xc0
BYOK "fxch alias dd c8", 0xdd, 0xc9
ENDGROUP

GROUP g_lock, "lock"
BY "lock add register", UD, 0xf0, 0x01, 0xc0
BY "lock add from memory", UD, 0xf0, 0x03, 0x03
BY "lock cmp", UD, 0xf0, 0x39, 0x03
BY "lock cmp imm", UD, 0xf0, 0x83, 0x3b, 0
BY "lock test", UD, 0xf0, 0x85, 0x03
BY "lock mov", UD, 0xf0, 0x89, 0x03
BY "lock nop", UD, 0xf0, 0x90
BY "lock hlt", UD, 0xf0, 0xf4
BY "lock bt", UD, 0xf0, 0x0f, 0xa3, 0x03
BY "lock bt imm", UD, 0xf0, 0x0f, 0xba, 0x23, 0
BY "lock push", UD, 0xf0, 0x50
BY "lock shl", UD, 0xf0, 0xd1, 0x23
BY "lock movs", UD, 0xf0, 0xa4
BY "lock inc register", UD, 0xf0, 0x40
BY "lock inc register ff", UD, 0xf0, 0xff, 0xc0
BY "lock not register", UD, 0xf0, 0xf7, 0xd0
BY "lock mul", UD, 0xf0, 0xf7, 0x23
BY "lock xchg register", UD, 0xf0, 0x87, 0xc0
BY "lock cmpxchg register", UD, 0xf0, 0x0f, 0xb1, 0xc0
BY "lock xadd register", UD, 0xf0, 0x0f, 0xc1, 0xc0
BY "lock fld", UD, 0xf0, 0xd9, 0x03
BY "lock movups", UD, 0xf0, 0x0f, 0x11, 0x03
BY "lock jmp", UD, 0xf0, 0xeb, 0
BY "lock int", UD, 0xf0, 0xcd, 0x40
BY "lock lea", UD, 0xf0, 0x8d, 0x03
BY "lock cpuid", UD, 0xf0, 0x0f, 0xa2
BYOK "lock add", 0xf0, 0x01, 0x03
BYOK "lock or imm", 0xf0, 0x83, 0x0b, 0
BYOK "lock adc", 0xf0, 0x11, 0x03
BYOK "lock sbb", 0xf0, 0x19, 0x03
BYOK "lock and", 0xf0, 0x21, 0x03
BYOK "lock sub byte", 0xf0, 0x28, 0x03
BYOK "lock xor", 0xf0, 0x31, 0x03
BYOK "lock inc", 0xf0, 0xff, 0x03
BYOK "lock dec byte", 0xf0, 0xfe, 0x0b
BYOK "lock not", 0xf0, 0xf7, 0x13
BYOK "lock neg", 0xf0, 0xf7, 0x1b
BYOK "lock xchg", 0xf0, 0x87, 0x03
BYOK "lock bts", 0xf0, 0x0f, 0xab, 0x03
BYOK "lock btr imm", 0xf0, 0x0f, 0xba, 0x33, 0
BYOK "lock btc", 0xf0, 0x0f, 0xbb, 0x03
BYOK "lock cmpxchg", 0xf0, 0x0f, 0xb1, 0x03
BYOK "lock cmpxchg8b", 0xf0, 0x0f, 0xc7, 0x0b
BYOK "lock xadd", 0xf0, 0x0f, 0xc1, 0x03
ENDGROUP

GROUP g_len, "instruction length"
CASE "15 bytes of nop", 0, DONE
	times 14 db 0x66
	nop
ENDC
CASE "16 bytes of nop", 0, GP(0)
AT
	times 15 db 0x66
	nop
ENDC
CASE "15 bytes of add", 0, DONE
	mov ebx, BUF
	times 4 db 0x3e
	db 0x81, 0x84, 0x23		; 11 bytes without the prefixes
	dd 0
	dd 0
ENDC
CASE "16 bytes of add", 0, GP(0)
AT
	times 5 db 0x3e
	db 0x81, 0x84, 0x23
	dd 0
	dd 0
ENDC
CASE "too long goes before #UD", 0, GP(0)
AT
	times 15 db 0x66
	ud2
ENDC
CASE "all prefixes, endless", 3, GP(0)
AT
	times 40 db 0xf3
ENDC
CASE "15 bytes, undefined", 0, UD
AT
	times 13 db 0x66
	ud2
ENDC
ENDGROUP

section .text
em_on:	mov eax, cr0
	or eax, 4
	mov cr0, eax
	ret
emts_on: mov eax, cr0
	or eax, 0x0c
	mov cr0, eax
	ret
cr0_back: mov eax, cr0
	and eax, ~0x0e
	mov cr0, eax
	xor eax, eax
	ret
np_seg:	GDTSET T1, 0, 0xfffff, A_DATA & 0x7f, G_ | D_
	ret
lim_seg: GDTSET T1, 0, 0xf, A_DATA | DPL(3), D_
	ret
GROUP g_prio, "priorities"
BY3 "lock hlt at ring 3: #UD", UD, 0xf0, 0xf4
BY3 "mov cr1 at ring 3: #UD", UD, 0x0f, 0x20, 0xc8
BY3 "hlt at ring 3", GP(0), 0xf4
BY3 "lock mov cr0 at ring 3", UD, 0xf0, 0x0f, 0x22, 0xc0 | 1
BY3 "lgdt register at ring 3: #UD", UD, 0x0f, 0x01, 0xd7
BY3 "rsm at ring 3", UD, 0x0f, 0xaa
BY3 "in at ring 3", GP(0), 0xec
CASE "sse: em before ts", 0, UD, 0, emts_on, cr0_back
AT
	movaps xmm0, xmm1
ENDC
CASE "mmx: em before ts", 0, UD, 0, emts_on, cr0_back
AT
	paddb mm0, mm1
ENDC
CASE "x87: em and ts", 0, NM, 0, emts_on, cr0_back
AT
	fld1
ENDC
CASE "lock x87 with ts: #UD", 0, UD, 0, emts_on, cr0_back
AT
	db 0xf0, 0xd9, 0x03
ENDC
CASE "x87 memory: #NM before the limit", 3, NM, 0, .ts, cr0_back
	jmp short %$a
.ts:	call lim_seg
	jmp emts_on
%$a:	mov eax, T1 | 3
	mov fs, ax
AT
	fld qword [fs:0x100]
ENDC
CASE "div by zero in memory beyond the limit: #GP", 3, GP(0), -, lim_seg
	mov eax, T1 | 3
	mov fs, ax
AT
	div dword [fs:0x100]
ENDC
CASE "movaps misaligned and beyond the limit: #GP", 3, GP(0), -, lim_seg
	mov eax, T1 | 3
	mov fs, ax
AT
	movaps xmm0, [fs:0x101]
ENDC
CASE "movaps misaligned in ss: #GP", 0, GP(0)
AT
	movaps xmm0, [ss:BUF + 8]
ENDC
CASE "movaps misaligned: #GP", 0, GP(0)
AT
	movaps [BUF + 1], xmm0
ENDC
CASE "fxsave misaligned: #GP", 0, GP(0)
AT
	fxsave [BUF + 8]
ENDC
CASE "movups misaligned", 0, DONE
	movups [BUF + 1], xmm0
ENDC
CASE "mov ss of np: #SS, no shadow left", 0, SS_(T1), -, np_seg
	mov eax, T1
AT
	mov ss, ax
ENDC
CASE "pop ds: stack fault before the selector", 3, SS_(0), -, .sl
	jmp short %$a
.sl:	jmp lim_seg
%$a:	mov eax, T1 | 3
	mov ss, ax
	mov esp, 0x100
AT
	pop ds
ENDC
ENDGROUP

GROUP g_de, "divide errors"
%macro DIVC 3-*				; name, outcome, instructions, the last one divides
CASE %1, 3, %2
%rotate 2
%rep %0 - 3
	%1
%rotate 1
%endrep
AT
	%1
ENDC
%endmacro
DIVC "div8 by 0", DE, {xor ecx,ecx}, {mov eax,1}, {div cl}
DIVC "div8 overflow", DE, {mov ecx,1}, {mov eax,0x100}, {div cl}
DIVC "div16 overflow", DE, {mov ecx,2}, {mov edx,2}, {mov eax,0}, {div cx}
DIVC "div32 overflow", DE, {mov ecx,2}, {mov edx,2}, {mov eax,0}, {div ecx}
DIVC "div32 by 0", DE, {xor ecx,ecx}, {xor edx,edx}, {div ecx}
DIVC "idiv8 80h by -1", DE, {mov ecx,-1}, {mov eax,0xff80}, {idiv cl}
DIVC "idiv8 +128", DE, {mov ecx,1}, {mov eax,0x80}, {idiv cl}
DIVC "idiv8 -129", DE, {mov ecx,1}, {mov eax,0xff7f}, {idiv cl}
DIVC "idiv16 8000h by -1", DE, {mov ecx,-1}, {mov edx,-1}, {mov eax,0x8000}, {idiv cx}
DIVC "idiv32 min by -1", DE, {mov ecx,-1}, {mov edx,-1}, {mov eax,0x80000000}, {idiv ecx}
DIVC "idiv32 overflow", DE, {mov ecx,1}, {mov edx,1}, {mov eax,0}, {idiv ecx}
DIVC "aam 0", DE, {mov eax,0x1234}, {db 0xd4,0}
C1 "idiv8 -128", 3, DONE, 0x0080, {mov ecx,1}, {mov eax,0xff80}, {idiv cl}, {movzx eax,ax}
C1 "idiv16 -32768", 3, DONE, 0x8000, {mov ecx,1}, {mov edx,-1}, {mov eax,0x8000}, {idiv cx}
C1 "idiv32 min by 1", 3, DONE, 0x80000000, {mov ecx,1}, {mov edx,-1}, {mov eax,0x80000000}, {idiv ecx}
C1 "div8 largest", 3, DONE, 0xfeff, {mov ecx,0xff}, {mov eax,0xfeff}, {div cl}, {movzx eax,ax}
CASE "div keeps eax", 3, DE, 0x12345678
	mov eax, 0x12345678
	xor ecx, ecx
	xor edx, edx
AT
	div ecx
ENDC
ENDGROUP

section .text
after:	mov eax, [r_eip]		; 0 if EIP is at the mark
	mov ecx, [cur]
	sub eax, [ecx + C_EIP]
	ret
bnd_set: mov dword [scratch], -5
	mov dword [scratch + 4], 5
	mov dword [scratch + 8], 0x0005fffb
	ret
GROUP g_traps, "faults and traps"
CASE "bound: below", 3, BR, -, bnd_set
	mov eax, -6
AT
	bound eax, [scratch]
ENDC
CASE "bound: above", 3, BR, -, bnd_set
	mov eax, 6
AT
	bound eax, [scratch]
ENDC
C1 "bound: at the edges", 3, DONE, -, {call bnd_set3}
CASE "bound 16: above", 3, BR, -, bnd_set
	mov eax, 0x10006
AT
	bound ax, [scratch + 8]
ENDC
CASE "bound 16: inside", 3, DONE, -, bnd_set
	mov eax, 0x1fffb
	bound ax, [scratch + 8]
ENDC
CASE "into: trap", 3, OF, 0, 0, after
	mov al, 0x80
	dec al
	into
AFTER
ENDC
CASE "int3: trap", 0, BP, 0, 0, after
	int3
AFTER
ENDC
CASE "int1: trap", 0, DB, 0, 0, after
	db 0xf1
AFTER
ENDC
CASE "ud2: fault", 0, UD, 0, 0, after
AFTER
	ud2
ENDC
CASE "int1 sets no dr6 bits", 0, DB, 0, dr6_zero, v_dr6m
	db 0xf1
ENDC
ENDGROUP
section .text
bnd_set3: mov dword [scratch], -5
	mov dword [scratch + 4], 5
	mov eax, -5
	bound eax, [scratch]
	mov eax, 5
	bound eax, [scratch]
	ret
dr6_zero: mov eax, 0xffff0ff0
	mov dr6, eax
	ret
v_dr6m:	mov eax, [r_dr6]
	and eax, 0xe00f
	push eax
	mov eax, 0xffff0ff0
	mov dr6, eax
	pop eax
	ret

; ---- #NM and #UD by CR0.EM, MP, TS and CR4.OSFXSR: every combination ---------------------------------------------------
; index: bit 0 MP, 1 EM, 2 TS, 3 OSFXSR
section .data
align 4
s_fpu:	db "matrix em mp ts osfxsr", 0
align 4
frec:	times C_SIZE db 0
fpu_rows:
%macro FR 2				; snippet, the outcome's rule: 0 x87, 1 wait, 2 mmx, 3 sse, 4 fxsave, 5 emms-like
	dd %1, %2
%endmacro
	FR f_fld, 0
	FR f_fninit, 0
	FR f_fwait, 1
	FR f_mmx, 2
	FR f_sse, 3
	FR f_sse2, 3
	FR f_fxs, 4
	FR f_ldm, 3
	FR f_emms, 2
	FR f_pref, 5
	FR f_sfence, 5
	FR f_nti, 5
fpu_end:
section .text
f_fld:	fldz
	int 0x40
f_fninit: fninit
	int 0x40
f_fwait: fwait
	int 0x40
f_mmx:	paddb mm0, mm1
	int 0x40
f_sse:	addps xmm0, xmm1
	int 0x40
f_sse2:	paddb xmm0, xmm1
	int 0x40
f_fxs:	fxsave [BUF]
	int 0x40
f_ldm:	ldmxcsr [f_mxcsr]
	int 0x40
f_emms:	emms
	int 0x40
f_pref:	prefetchnta [BUF]
	int 0x40
f_sfence: sfence
	int 0x40
f_nti:	movnti [BUF], eax
	int 0x40
align 4
f_mxcsr: dd 0x1f80
fpu_setup:
	fninit
	mov edi, [param2]
	mov eax, cr4
	and eax, ~0x200
	test edi, 8
	jz .1
	or eax, 0x200
.1:	mov cr4, eax
	mov ecx, edi
	and ecx, 7
	shl ecx, 1
	mov eax, cr0
	and eax, ~0x0e
	or eax, ecx
	mov cr0, eax
	ret
fpu_back:
	mov eax, cr4
	or eax, 0x200
	mov cr4, eax
	jmp cr0_back
fpu_matrix:
	mov dword [frec + C_NAME], s_fpu
	mov dword [frec + C_SETUP], fpu_setup
	mov dword [frec + C_VERIFY], fpu_back
	mov ebp, fpu_rows
.row:	xor edi, edi
.next:	mov [param2], edi
	mov eax, ebp
	sub eax, fpu_rows
	shl eax, 8
	or eax, edi
	or eax, 0x80000000
	mov [param], eax
	mov eax, [ebp]
	mov [frec + C_CODE], eax
	mov eax, DONE
	mov ecx, [ebp + 4]
	cmp ecx, 1
	jb .x87
	je .wait
	cmp ecx, 3
	jb .mmx
	je .sse
	cmp ecx, 4
	je .x87
	jmp .go
.x87:	test edi, 6
	jz .go
	mov eax, NM
	jmp .go
.wait:	mov edx, edi
	and edx, 5
	cmp edx, 5
	jne .go
	mov eax, NM
	jmp .go
.sse:	test edi, 8
	jnz .mmx
	mov eax, UD
	jmp .go
.mmx:	test edi, 2
	jz .ts
	mov eax, UD
	jmp .go
.ts:	test edi, 4
	jz .go
	mov eax, NM
.go:	mov [frec + C_WANT], eax
	mov dword [frec + C_RING], 0
	mov esi, frec
	call run_case
	inc edi
	cmp edi, 16
	jb .next
	add ebp, 8
	cmp ebp, fpu_end
	jb .row
	mov dword [param], 0
	mov esi, s_fpu
	jmp group_line

; ---- #AC ----------------------------------------------------------------------------------------------------------
; rows: snippet (EDI = BUF + offset), alignment; offsets 0-15; with AM, AC, CPL 3: faults if the offset is not aligned
section .data
align 4
s_ac:	db "matrix alignment check", 0
align 4
%macro AR 2
	dd %1, %2
%endmacro
ac_rows:
	AR c_b, 1
	AR c_w, 2
	AR c_d, 4
	AR c_ww, 2
	AR c_wd, 4
	AR c_rmw, 4
	AR c_q, 8
	AR c_fq, 8
	AR c_fd, 4
	AR c_fw, 2
	AR c_ft, 8
	AR c_movs, 4
	AR c_lodsw, 2
	AR c_ups, 1
	AR c_xchg, 4
	AR c_cx8, 8
	AR c_bt, 4
	AR c_bnd, 4
	AR c_pop, 4
	AR c_les, 4
ac_end:
section .text
c_b:	mov al, [edi]
	int 0x40
c_w:	mov ax, [edi]
	int 0x40
c_d:	mov eax, [edi]
	int 0x40
c_ww:	mov [edi], ax
	int 0x40
c_wd:	mov [edi], eax
	int 0x40
c_rmw:	add [edi], eax
	int 0x40
c_q:	movq mm0, [edi]
	int 0x40
c_fq:	fld qword [edi]
	int 0x40
c_fd:	fld dword [edi]
	int 0x40
c_fw:	fild word [edi]
	int 0x40
c_ft:	fld tword [edi]
	int 0x40
c_movs:	mov esi, BUF
	movsd
	int 0x40
c_lodsw: mov esi, edi
	lodsw
	int 0x40
c_ups:	movups xmm0, [edi]
	int 0x40
c_xchg:	xchg [edi], eax
	int 0x40
c_cx8:	cmpxchg8b [edi]
	int 0x40
c_bt:	bt dword [edi], 1
	int 0x40
c_bnd:	xor eax, eax
	bound eax, [edi]
	int 0x40
c_pop:	mov esp, edi
	pop eax
	int 0x40
c_les:	les eax, [edi]
	int 0x40
ac_on:	fninit
	mov edi, BUF
	xor eax, eax
	mov ecx, 64
	rep stosd
	mov eax, cr0
	or eax, 0x40000
	mov cr0, eax
	mov dword [efl], 0x40002
	ret
ac_off:	mov eax, cr0
	and eax, ~0x40000
	mov cr0, eax
	xor eax, eax
	ret
ac_matrix:
	mov dword [frec + C_NAME], s_ac
	mov dword [frec + C_SETUP], ac_on
	mov dword [frec + C_VERIFY], ac_off
	mov dword [frec + C_RING], 3
	mov ebp, ac_rows
.row:	xor edi, edi
.next:	lea eax, [edi + BUF]
	mov [param2], eax
	mov eax, ebp
	sub eax, ac_rows
	shl eax, 8
	or eax, edi
	or eax, 0x80000000
	mov [param], eax
	mov eax, [ebp]
	mov [frec + C_CODE], eax
	mov dword [frec + C_WANT], DONE
	mov ecx, [ebp + 4]
	dec ecx
	test edi, ecx
	jz .go
	mov dword [frec + C_WANT], AC
.go:	mov esi, frec
	call run_case
	inc edi
	cmp edi, 16
	jb .next
	add ebp, 8
	cmp ebp, ac_end
	jb .row
	mov dword [param], 0
	mov dword [param2], 0
	mov dword [frec + C_SETUP], 0
	mov dword [frec + C_VERIFY], 0
	mov esi, s_ac
	jmp group_line
section .text
ac_noam: call ac_on
	jmp ac_off
ac_noac: call ac_on
	mov dword [efl], 2
	ret
GROUP g_ac, "alignment check: when not"
%macro ACN 3
CASE %1, %2, DONE, 0, %3, ac_off
	mov eax, [BUF + 1]
ENDC
%endmacro
ACN "ring 0", 0, ac_on
ACN "ring 1", 1, ac_on
ACN "ring 2", 2, ac_on
ACN "am off", 3, ac_noam
ACN "ac off", 3, ac_noac
CASE "eip and error code", 3, AC, 0, ac_on, ac_off
AT
	mov eax, [BUF + 1]
ENDC
CASE "descriptor loads are the supervisor's", 3, DONE, 0, ac_on, ac_off
	mov eax, UDATA | 3
	mov ds, ax
ENDC
ENDGROUP

; ---- breakpoints: which accesses hit ----------------------------------------------------------------------------------
; rows: DR0's address offset, DR7's LEN and RW (bits 19-16), snippet, access offset, hit
section .data
align 4
s_dbgm:	db "matrix data breakpoints", 0
align 4
%macro BPR 5
	dd %1, %2, %3, %4, %5
%endmacro
%define RWX 0
%define RWW 1
%define RWA 3
%define LN(n) ((n) << 2)		; 0: 1 byte, 1: 2 bytes, 3: 4 bytes
dbg_rows:
%macro BPS 2				; length code, bytes: the bytes around, read and write
%assign o -2
%rep %2 + 4
%if o >= 0 && o < %2
	BPR 8, LN(%1) | RWA, c_b, 8 + o, 1
	BPR 8, LN(%1) | RWW, c_b, 8 + o, 0
	BPR 8, LN(%1) | RWW, c_wb, 8 + o, 1
	BPR 8, LN(%1) | RWA, c_wb, 8 + o, 1
%else
	BPR 8, LN(%1) | RWA, c_b, 8 + o, 0
	BPR 8, LN(%1) | RWA, c_wb, 8 + o, 0
%endif
%assign o o + 1
%endrep
%endmacro
	BPS 0, 1
	BPS 1, 2
	BPS 3, 4
; a wide access over a narrow breakpoint
	BPR 8, LN(0) | RWA, c_d, 5, 1
	BPR 8, LN(0) | RWA, c_d, 4, 0
	BPR 8, LN(0) | RWA, c_d, 8, 1
	BPR 8, LN(0) | RWA, c_d, 9, 0
	BPR 8, LN(0) | RWW, c_wd, 6, 1
	BPR 8, LN(0) | RWW, c_rmw, 6, 1
	BPR 8, LN(0) | RWA, c_w, 7, 1
	BPR 8, LN(0) | RWA, c_q, 1, 1
	BPR 8, LN(0) | RWA, c_q, 0, 0
	BPR 8, LN(0) | RWA, c_ups, 0, 1
	BPR 15, LN(0) | RWA, c_ups, 0, 1
	BPR 16, LN(0) | RWA, c_ups, 0, 0
	BPR 8, LN(3) | RWA, c_ww, 11, 1
	BPR 8, LN(3) | RWA, c_ww, 7, 1
	BPR 8, LN(3) | RWA, c_ww, 12, 0
	BPR 8, LN(3) | RWW, c_xchg, 10, 1
	BPR 8, LN(0) | RWA, c_movs, 8, 1
	BPR 8, LN(0) | RWW, c_movs, 5, 1
	BPR 8, LN(0) | RWA, c_ft, 0, 1
	BPR 9, LN(0) | RWA, c_ft, 0, 1
	BPR 10, LN(0) | RWA, c_ft, 0, 0
; the address's low bits are ignored by a longer LEN
	BPR 9, LN(1) | RWA, c_b, 8, 1
	BPR 11, LN(3) | RWA, c_b, 8, 1
	BPR 11, LN(3) | RWA, c_b, 12, 0
; not enabled by RW of an instruction breakpoint
	BPR 8, LN(0) | RWX, c_d, 8, 0
dbg_end:
section .text
c_wb:	mov [edi], al
	int 0x40
dbg_setup:
	fninit
	call dr6_zero
	mov edi, BUF
	xor eax, eax
	mov ecx, 16
	rep stosd
	mov eax, [d_addr]
	mov dr0, eax
	mov eax, [d_dr7]
	mov dr7, eax
	ret
dbg_matrix:
	mov dword [frec + C_NAME], s_dbgm
	mov dword [frec + C_SETUP], dbg_setup
	mov dword [frec + C_VERIFY], v_dr6m
	mov ebp, dbg_rows
.next:	mov eax, [ebp]
	add eax, BUF
	mov [d_addr], eax
	mov eax, [ebp + 4]
	shl eax, 16
	or eax, 0x701			; L0, LE, GE, bit 10
	mov [d_dr7], eax
	mov eax, [ebp + 8]
	mov [frec + C_CODE], eax
	mov eax, [ebp + 12]
	add eax, BUF
	mov [param2], eax
	mov eax, ebp
	sub eax, dbg_rows
	or eax, 0x80000000
	mov [param], eax
	mov dword [frec + C_WANT], DONE
	mov dword [frec + C_RING], 3
	cmp dword [ebp + 16], 0
	je .go
	mov dword [frec + C_WANT], DB
	mov dword [frec + C_VALUE], 1
	or dword [frec + C_RING], C_HASVAL
.go:	mov esi, frec
	call run_case
	add ebp, 20
	cmp ebp, dbg_end
	jb .next
	mov dword [param], 0
	mov dword [param2], 0
	mov esi, s_dbgm
	jmp group_line
section .data
align 4
d_addr:	dd 0
d_dr7:	dd 0

; ---- breakpoints: the rest --------------------------------------------------------------------------------------------
section .text
%macro DSET 3-4 nop			; routine, DR0 (a label or address), DR7 [, more]
%1:	call dr6_zero
	mov eax, %2
	mov dr0, eax
	%4
	mov eax, %3
	mov dr7, eax
	ret
%endmacro
	DSET dx_l0, d_here, 0x401
	DSET dx_g0, d_here, 0x402
	DSET dx_off, d_here, 0x400
	DSET dx_mid, d_here + 1, 0x401
	DSET dx_len, d_here, 0x401 | (3 << 18)
	DSET dx_gd, 0, 0x2400
	DSET dx_data, BUF, 0x401 | (3 << 16)
	DSET dx_idle, BUF, 0x400 | (3 << 16) | (3 << 20) | 4, {mov dr1, eax}
	DSET dx_two, BUF, 0x405 | (3 << 16) | (3 << 20), call d_dr1
d_dr1:	mov ecx, BUF
	mov dr1, ecx
	ret
de_on:	mov eax, cr4
	or eax, 8
	mov cr4, eax
	ret
de_off:	mov ecx, cr4
	and ecx, ~8
	mov cr4, ecx
	ret
dx_io:	call dr6_zero
	call de_on
	mov eax, 0x302
	mov dr0, eax
	mov eax, 0x401 | (2 << 16)
	mov dr7, eax
	ret
v_io:	call de_off
	jmp v_dr6m
v_ioa:	call de_off
	call v_dr6m
	jmp after
dx_iode: call dx_io			; DE off: RW 10 is undefined, nothing to see
	jmp de_off
d_snip:	nop
d_here:	mov eax, 0x77
	nop
	int 0x40
d_iret:	push dword 0x10002		; RF: the breakpoint is passed once
	push cs
	push dword d_here
	iretd
d_popf:	push dword 0x10002		; POPF does not set RF
	popfd
	jmp d_here
GROUP g_dbg, "debug registers"
%macro DX 4-5 -
CASE %1, 0, %2, %5, %3, %4
	jmp d_snip
ENDC
%endmacro
section .text
v_here:	mov eax, [r_eip]
	sub eax, d_here
	ret
v_rf:	mov eax, [r_efl]
	and eax, 0x10000
	ret
DX "instruction breakpoint, local", DB, dx_l0, v_here, 0
DX "instruction breakpoint, global", DB, dx_g0, v_here, 0
DX "instruction breakpoint: dr6", DB, dx_l0, v_dr6m, 1
DX "instruction breakpoint: rf not pushed", DB, dx_l0, v_rf, 0
DX "instruction breakpoint off", DONE, dx_off, v_ecx
DX "instruction breakpoint in the middle", DONE, dx_mid, v_ecx
CASE "iret with rf passes", 0, DONE, 0x77, dx_l0
	jmp d_iret
ENDC
CASE "popf does not set rf", 0, DB, 0, dx_l0, v_here
	jmp d_popf
ENDC
CASE "data breakpoint: trap after", 0, DB, 0, dx_data, after
	mov eax, [BUF]
AFTER
	nop
ENDC
CASE "data breakpoint: the write is done", 0, DB, 0x1234, dx_data, .v
	jmp short %$a
.v:	mov eax, [BUF]
	ret
%$a:	mov dword [BUF], 0x1234
ENDC
CASE "two breakpoints at once", 0, DB, 3, dx_two, v_dr6m
	mov eax, [BUF]
ENDC
CASE "rep movsb stops after the iteration", 0, DB, 3, dx_data, v_ecx
	mov esi, scratch
	mov edi, BUF - 4
	mov ecx, 8
AT
	rep movsb
ENDC
CASE "rep stosb hit by the last: after it", 0, DB, 0, dx_data, after
	mov edi, BUF - 7
	mov ecx, 8
	rep stosb
AFTER
ENDC
CASE "push hits", 0, DB, 1, dx_data, v_dr6m
	mov esp, BUF + 4
	push eax
	mov esp, R0_STACK
ENDC
CASE "gd: mov from dr", 0, DB, 0x2000, dx_gd, v_dr6m
AT
	mov eax, dr7
ENDC
CASE "gd: mov to dr", 0, DB, 0x2000, dx_gd, v_dr6m
AT
	mov dr3, eax
ENDC
CASE "gd is cleared by #DB", 0, DB, 0x400, dx_gd, .gd
	jmp short %$a
.gd:	mov eax, [scratch + 0x20]
	ret
%$a:	mov dword [hook], .gdh
	mov eax, dr7
.gdh:	mov eax, dr7
	mov [ss:scratch + 0x20], eax
	mov dword [ss:hook], 0
	jmp record
ENDC
CASE "i/o breakpoint: before its port", 0, DONE, -, dx_io, v_io
	mov edx, 0x301
	in al, dx
ENDC
CASE "i/o breakpoint", 0, DB, 1, dx_io, v_io
	mov edx, 0x302
	in al, dx
ENDC
CASE "i/o breakpoint: trap after", 0, DB, 0, dx_io, v_ioa
	mov edx, 0x302
	out dx, al
AFTER
ENDC
CASE "i/o breakpoint hit by a word", 0, DB, 1, dx_io, v_io
	mov edx, 0x301
	in ax, dx
ENDC
CASE "i/o breakpoint is not memory", 0, DONE, -, dx_io, v_io
	mov eax, [0x302]
ENDC
CASE "de: dr4 is #UD", 0, UD, 0, de_on, .off
	jmp short %$a
.off:	call de_off
	xor eax, eax
	ret
%$a:
AT
	db 0x0f, 0x21, 0xe0
ENDC
CASE "de: dr5 is #UD", 0, UD, 0, de_on, .off
AT
	db 0x0f, 0x23, 0xe8
ENDC
CASE "dr4 is dr6", 0, DONE, 0xffff0ff0, dr6_zero
	db 0x0f, 0x21, 0xe0
	or eax, 0x10000			; RTM
ENDC
CASE "dr5 is dr7", 0, DONE, 0x400
	db 0x0f, 0x21, 0xe8
ENDC
CASE "dr6's fixed bits", 0, DONE, 0x0ff0
	xor eax, eax
	mov dr6, eax
	mov eax, dr6
	and eax, 0x1ff0
ENDC
CASE "dr7's fixed bits", 0, DONE, 0x400
	xor eax, eax
	mov dr7, eax
	mov eax, dr7
ENDC
CASE "dr7 bits 12, 14, 15 are 0", 0, DONE, 0x400
	mov eax, 0xd400
	mov dr7, eax
	mov eax, dr7
	and eax, 0xd400
	xor ecx, ecx
	mov dr7, ecx
ENDC
CASE "dr0-3 keep 32 bits", 0, DONE, 0x89abcdef
	mov eax, 0x89abcdef
	mov dr2, eax
	xor eax, eax
	mov eax, dr2
ENDC
ENDGROUP

; ---- single step ------------------------------------------------------------------------------------------------------
section .text
tf_set:	call dr6_zero
	mov dword [efl], 0x102
	ret
GROUP g_step, "single step"
CASE "step: dr6.bs", 3, DB, 0x4000, tf_set, v_dr6m
	nop
ENDC
CASE "step: after one instruction", 3, DB, 0, tf_set, after
	nop
AFTER
	nop
ENDC
CASE "step: pushed flags keep tf", 3, DB, 0x102, tf_set, v_efl
	nop
ENDC
CASE "step: jmp", 3, DB, 0, tf_set, after
	jmp short %$j
	nop
%$j:
AFTER
	nop
ENDC
CASE "step: call", 3, DB, 0, tf_set, after
	call %$j
	nop
%$j:
AFTER
	nop
ENDC
CASE "popfd sets tf: one instruction later", 3, DB, 0, dr6_zero, after
	push dword 0x102
	popfd
	nop
AFTER
	nop
ENDC
CASE "popfd clears tf: still traps after it", 3, DB, 0, .ps, after
	jmp short %$a
.ps:	call tf_set
	mov dword [S3_STACK - 4], 2
	mov dword [efl], 2
	ret
%$a:	push dword 2
	push dword 0x102
	popfd
	popfd
AFTER
	nop
ENDC
CASE "popfd clears tf: pushed flags", 3, DB, 2, dr6_zero, v_efl
	push dword 2
	push dword 0x102
	popfd
	popfd
	nop
ENDC
CASE "iretd sets tf: the target runs first", 3, DB, 0, dr6_zero, after
	push dword 0x102
	push cs
	push dword %$t
	iretd
%$t:	nop
AFTER
	nop
ENDC
CASE "rep movsb: after each iteration", 3, DB, 7, .rs, v_ecx
	jmp short %$a
.rs:	jmp dr6_zero
%$a:	mov ecx, 8
	mov esi, BUF
	mov edi, BUF + 64
	push dword 0x102
	popfd
AT
	rep movsb
ENDC
CASE "rep with count 1: after it", 3, DB, 0, .rs, after
	mov ecx, 1
	mov esi, BUF
	mov edi, BUF + 64
	push dword 0x102
	popfd
	rep movsb
AFTER
	nop
ENDC
CASE "int n: the handler is not stepped", 3, DONE, -, .in
	jmp short %$a
.in:	call dr6_zero
	GATESET idt + 0x48 * 8, KCODE, .inh, A_TRAP32 | DPL(3), 0
	ret
.inh:	nop
	nop
	int 0x40
%$a:	push dword 0x102
	popfd
	int 0x48
ENDC
CASE "int n, iret: trap after the next one", 3, DB, 0, .in2, after
	jmp short %$a
.in2:	call dr6_zero
	GATESET idt + 0x48 * 8, KCODE, .inh2, A_TRAP32 | DPL(3), 0
	ret
.inh2:	iretd
%$a:	push dword 0x102
	popfd
	int 0x48
	nop
AFTER
	nop
ENDC
CASE "a fault goes before the step", 3, UD, 0, tf_set, v_dr6m
AT
	ud2
ENDC
CASE "pushfd shows tf", 3, DB, 0, dr6_zero, .pf
	jmp short %$a
.pf:	mov eax, [S3_STACK - 4]
	sub eax, 0x102
	ret
%$a:	push dword 0x102
	popfd
	pushfd
	nop
ENDC
CASE "mov ss is not stepped", 0, DB, 0, dr6_zero, after
	mov cx, ss
	push dword 0x102
	popfd
	mov ss, cx
	nop
AFTER
	nop
ENDC
CASE "pop ss is not stepped", 0, DB, 0, dr6_zero, after
	push ss
	push dword 0x102
	popfd
	pop ss
	nop
AFTER
	nop
ENDC
CASE "lss is stepped", 0, DB, 0, .ls, after
	jmp short %$a
.ls:	call dr6_zero
	mov dword [scratch], R0_STACK
	mov dword [scratch + 4], KDATA
	ret
%$a:	push dword 0x102
	popfd
	lss esp, [scratch]
AFTER
	nop
	nop
ENDC
CASE "mov ds is stepped", 0, DB, 0, dr6_zero, after
	mov cx, ds
	push dword 0x102
	popfd
	mov ds, cx
AFTER
	nop
ENDC
CASE "step and data breakpoint together", 3, DB, 0x4001, .sd, v_dr6m
	jmp short %$a
.sd:	jmp dx_data
%$a:	push dword 0x102
	popfd
	mov eax, [BUF]
	nop
ENDC
ENDGROUP

; ---- the shadow of MOV SS -----------------------------------------------------------------------------------------------
section .text
	DSET sh_data, scratch, 0x401 | (3 << 16) | (1 << 18), {mov word [scratch], KDATA}
	DSET sh_code, sh_here, 0x401
sh_code_r:
	mov cx, ss
	mov ss, cx
sh_here: nop
	int 0x40
GROUP g_shadow, "mov ss"
CASE "data breakpoint by mov ss comes after the next instruction", 0, DB, 0, sh_data, after
	mov ss, [scratch]
	nop
AFTER
	nop
ENDC
CASE "instruction breakpoint after mov ss is lost", 0, DONE, -, sh_code
	jmp sh_code_r
ENDC
CASE "data breakpoint by mov ss, then a fault: the fault", 0, UD, -, sh_data
	mov ss, [scratch]
AT
	ud2
ENDC
ENDGROUP
