; SPDX-License-Identifier: GPL-3.0-or-later
; Precise state at a fault in the middle of a block. Each case stands between instructions that change registers and flags, and is
; run with its operand in memory that is there, read-only, the kernel's or absent, over a page's end, unaligned and non-canonical,
; in both rings, several times in a row: first by the slow way, then out of the TLB.
%include "jit64.inc"

%macro C 1-*				; instructions
	[section .tab]
	dd %%s
	__?SECT?__
%%s:	add rax, rdx
	adc r8, rax
	inc r14
	sub r11d, 5
	%rep %0
	%1
	%rotate 1
	%endrep
	adc r8, r14
	int 0x40
	align 8
%endmacro
; An x87 block is translated for the host's unit once another one came before, in the same mode.
%macro X 1-*
	[section .tab]
	dd %%s
	__?SECT?__
%%s:	fnop
	jmp short %%next
%%next:	add rax, rdx
	%rep %0
	%1
	%rotate 1
	%endrep
	adc r8, r14
	int 0x40
	align 8
%endmacro
section .tab
cases:
section .text

; operand, PTE flags of page A, of page B
section .data
align 8
variants:
	dq PAGE_A + 0x100, 7, 7
	dq PAGE_A + 0x100, 6, 7
	dq PAGE_A + 0x100, 5, 7
	dq PAGE_A + 0x100, 3, 7
	dq PAGE_A + 0x103, 7, 7
	dq PAGE_A + 0xffd, 7, 7
	dq PAGE_A + 0xffd, 7, 6
	dq PAGE_A + 0xffd, 7, 5
	dq PAGE_A + 0xffd, 6, 7
	dq PAGE_A + 0xffd, 7, 3
	dq 0x8000000000000100, 7, 7
%define VARIANTS 11
section .text

guest_main:
	xor r12d, r12d			; variant
.variant:
	mov [variant], r12
	xor r13d, r13d			; case
.case:	mov [case_id], r13
	mov r14d, 0			; pass: ring in bit 0
.ring:	imul ecx, r12d, 24
	mov rax, [variants + rcx]
	mov [start_state + 24], rax
	mov rax, [variants + rcx + 8]
	or rax, PAGE_A
	mov [PTE(PAGE_A)], rax
	mov rax, [variants + rcx + 16]
	or rax, PAGE_B
	mov [PTE(PAGE_B)], rax
	invlpg [PAGE_A]
	invlpg [PAGE_B]
.pass:	mov [pass], r14
	mov edi, VIEW_A + 0xc0		; where jumps lead, and numbers
	mov ecx, 32
	mov eax, landing
	rep stosq
	mov edi, VIEW_A + 0xf80
	mov ecx, 48
	rep stosq
	mov eax, [cases + r13 * 4]
	mov ecx, r14d
	and ecx, 1
	imul ecx, ecx, 3
	call run_case
	add r14d, 2
	cmp r14d, 6
	jb .pass
	xor r14d, 1			; 6 -> 7: the user's turn, 7 -> 6: done
	cmp r14d, 7
	jne .done1
	mov r14d, 1
	jmp .ring
.done1:	cmp r14d, 6
	jne .more
	jmp .next
.more:	cmp r14d, 7
	jb .pass
.next:	inc r13d
	cmp r13d, CASES
	jb .case
	inc r12d
	cmp r12d, VARIANTS
	jb .variant
	ret

align 64
landing:				; no more than 32 bits
	inc r8
	int 0x41

; ---- moves and arithmetic
C {mov rcx, [rbx]}
C {mov ecx, [rbx]}
C {mov cx, [rbx]}
C {mov ch, [rbx]}
C {mov [rbx], ah}
C {mov [r12], r11}
C {mov [rdi], r14d}
C {mov dword [rdi], 0x12345678}
C {mov byte [r13], 0x12}
C {movzx r11d, byte [r15]}
C {movsx rdx, word [rbp]}
C {movsxd r12, dword [r12]}
C {mov r12, [r12 + rcx * 1 - 3]}
C {add [rbx], rdx}
C {add rdx, [rbx]}
C {sbb [r15], r8d}
C {xor byte [rbx], 0x55}
C {cmp qword [r12], 0x11}
C {test [rbx], edx}
C {lock add [rbx], rdx}
C {lock xadd [r15], r14}
C {xadd [rbx], r11d}
C {xchg [rbx], r12}
C {lock cmpxchg [rbx], r11}
C {mov eax, [VIEW_A + 0x100]}, {cmpxchg [rbx], edx}
C {cmpxchg16b [rbx]}
C {cmpxchg8b [rbx]}
C {inc dword [rbx]}
C {lock dec qword [r12]}
C {neg word [rbx]}
C {not qword [r15]}
C {rol dword [rbx], 1}
C {rcr qword [rbx], 1}
C {bts dword [rbx], 5}
C {bt [rbx], r10}
C {lock btc [rbx], r10d}
C {setc [rbx]}
C {cmovc rdx, [rbx]}
C {cmovnc edx, [rbx]}
C {movbe rdx, [rbx]}
C {movnti [rbx], r11}
C {crc32 r11, qword [rbx]}
C {popcnt r12, [r12]}
C {mulx r11, r12, [rbx]}
C {andn r11, r12, [rbx]}
C {rorx r12, [rbx], 7}
C {xlatb}
; ---- division
C {xor edx, edx}, {div qword [rbx]}, {cmp rax, rdx}
C {div ecx}, {cmp rax, rdx}
C {xor ecx, ecx}, {div ecx}
C {xor r11d, r11d}, {idiv r11}, {cmp rax, rdx}
C {mov rax, rcx}, {cqo}, {mov r11, -1}, {idiv r11}, {cmp rax, rdx}
C {mov eax, 0x80000000}, {cdq}, {mov r11d, -1}, {idiv r11d}
C {mov rdx, -1}, {div rcx}
; ---- the stack
C {lea rsp, [rbx + 8]}, {push rdx}
C {lea rsp, [rbx + 8]}, {push r14}
C {lea rsp, [rbx + 8]}, {push 0x1234}
C {lea rsp, [rbx + 8]}, {push rsp}
C {lea rsp, [rbx + 2]}, {push dx}
C {push qword [rbx]}
C {lea rsp, [rbx + 8]}, {push qword [VIEW_A + 0x100]}
C {lea rsp, [rbx + 8]}, {pushfq}
C {mov rsp, rbx}, {pop rdx}
C {mov rsp, rbx}, {pop r15}
C {mov rsp, rbx}, {pop rsp}
C {pop qword [rbx]}
C {mov rsp, rbx}, {pop qword [VIEW_A + 0x140]}
C {leave}
C {lea rsp, [rbx + 8]}, {enter 16, 0}
; ---- jumps
C {lea rsp, [rbx + 8]}, {call landing}
C {lea rsp, [rbx + 8]}, {mov edx, landing}, {call rdx}
C {call [rbx]}
C {lea rsp, [rbx + 8]}, {call [VIEW_A + 0x100]}
C {jmp [rbx]}
C {jmp rbx}
C {mov r12d, landing}, {jmp r12}
C {mov rsp, rbx}, {ret}
C {mov rsp, rbx}, {ret 24}
C {bts rdx, 63}, {jmp rdx}
C {bts r15, 50}, {call r15}
C {bts r15, 50}, {push r15}, {ret}
C {mov r15, 0x0000800000000000}, {jmp r15}
C {mov eax, landing}, {bts rax, 48}, {jmp rax}
; ---- strings
C {lodsq}
C {stosd}
C {movsb}
C {mov esi, VIEW_A + 0x100}, {movsq}
C {mov edi, VIEW_A + 0x140}, {movsq}
C {mov edi, VIEW_A + 0x140}, {cmpsd}
C {scasw}
C {mov edi, VIEW_A + 0x140}, {rep movsq}
C {mov esi, VIEW_A + 0x100}, {rep movsd}
C {rep stosq}
C {std}, {rep stosw}
C {mov edi, VIEW_A + 0x140}, {repe cmpsb}
; ---- privilege, undefined
C {ud2}
C {in al, 0x80}
C {mov dx, 0x80}, {out dx, eax}
C {cli}
C {mov rcx, 0x4711}, {rdmsr}
C {mov rdx, cr0}
C {mov rax, -1}, {mov cr4, rax}
C {sgdt [rbx]}
C {mov rdx, 0x8000000000}, {lidt [rdx]}
C {invlpg [rbx]}
C {mov dx, 0x1234}, {mov es, dx}
C {mov edx, UDATA}, {mov ds, dx}
C {mov fs, [rbx]}
C {int3}
C {int 0x30}
C {pushfq}
C {pushfq}, {or qword [rsp], 0x40000}, {popfq}, {mov edx, [rbx]}
; ---- x87
X {fld dword [rbx]}
X {fld qword [rbx]}
X {fld tword [rbx]}
X {fst dword [rbx]}
X {fstp qword [rbx]}
X {fstp tword [rbx]}
X {fild qword [rbx]}
X {fistp dword [r12]}
X {fisttp word [rbx]}
X {fbstp [rbx]}
X {fbld [rbx]}
X {fadd dword [rbx]}
X {fdivr qword [rbx]}
X {fcom dword [rbx]}
X {fidiv word [rbx]}
X {fldcw [rbx]}
X {fnstcw [rbx]}
X {fnstsw [rbx]}
X {fsin}, {fnstenv [rbx]}
X {fldenv [rbx]}
X {fnsave [rbx]}
X {fxsave64 [rbx]}
X {fxrstor [rbx]}
X {faddp}, {fmul st1}, {fxch}, {fst dword [rbx]}, {fsqrt}
X {fld qword [rbx]}, {fldcw [rbx + 2]}, {fadd dword [rbx]}
X {fcomi st1}, {fcmovb st2}, {fstp qword [rbx]}
; ---- MMX
X {movq mm1, [rbx]}
X {movq mm1, [mask_bytes]}, {paddb mm1, [rbx]}, {emms}
X {movd [rbx], mm1}
X {movq2dq xmm4, mm2}, {movntq [rbx], mm2}
; ---- SSE and AVX
C {movaps xmm4, [rbx]}
C {movaps [rbx], xmm1}
C {movups xmm4, [rbx]}
C {mov r11, [PAGE_A + 0x100]}, {movaps xmm4, [rbx]}
C {mov [PAGE_A + 0x100], r11}, {movaps [rbx], xmm1}
C {mov r11, [PAGE_A + 0x100]}, {paddd xmm0, [rbx]}
C {mov r11, [PAGE_A + 0x100]}, {vmovaps ymm4, [rbx]}
C {mov [PAGE_A + 0x100], r11}, {vmovntps [rbx], ymm2}
C {mov r11, [PAGE_A + 0x100]}, {pushfq}, {or qword [rsp], 0x40000}, {popfq}, {mov edx, [rbx]}
C {movups [r15], xmm0}
C {movss xmm4, [rbx]}
C {movss [rbx], xmm0}
C {movsd xmm4, [rbx]}
C {movlps xmm0, [rbx]}
C {movhpd [rbx], xmm1}
C {addps xmm0, [rbx]}
C {addsd xmm1, [rbx]}
C {mulss xmm0, [rbx]}
C {cvtsi2sd xmm5, qword [rbx]}
C {cvttss2si r11, [rbx]}
C {ucomisd xmm1, [rbx]}
C {paddd xmm0, [rbx]}
C {pshufb xmm0, [rbx]}
C {pinsrw xmm0, [rbx], 3}
C {pextrd [rbx], xmm1, 2}
C {pmovzxbw xmm6, [rbx]}
C {movntdqa xmm6, [rbx]}
C {maskmovdqu xmm0, xmm3}
C {movq [rbx], xmm1}
C {vmovups ymm4, [rbx]}
C {vmovaps ymm4, [rbx]}
C {vmovups [rbx], ymm2}
C {vmovntps [rbx], ymm2}
C {vaddps ymm5, ymm2, [rbx]}
C {vaddsd xmm5, xmm1, [rbx]}
C {vbroadcastsd ymm6, [rbx]}
C {vinsertf128 ymm2, ymm2, [rbx], 1}
C {vextractf128 [rbx], ymm2, 1}
C {vmaskmovps [rbx], ymm2, ymm0}
C {vfmadd231pd ymm2, ymm2, [rbx]}
C {vpgatherdd xmm7, [rbx + xmm6 * 4], xmm3}
C {vzeroupper}
C {ldmxcsr [rbx]}
C {stmxcsr [rbx]}
C {aesenc xmm0, [rbx]}
C {pclmulqdq xmm0, [rbx], 0x11}
; ---- exceptions of the units, unmasked
%macro UNMASK 1				; bits to clear of MXCSR
	mov dword [rsp - 64], 0x1f80 & ~(%1)
	ldmxcsr [rsp - 64]
%endmacro
%macro UNMASK87 1			; control word
	mov word [rsp - 64], %1
	fldcw [rsp - 64]
%endmacro
C {UNMASK 0x1000}, {divss xmm0, xmm1}
C {UNMASK 0x200}, {xorps xmm4, xmm4}, {divps xmm0, xmm4}
C {UNMASK 0x80}, {sqrtsd xmm1, [floats + 24]}, {addss xmm0, xmm0}
C {UNMASK 0x1000}, {vdivps ymm2, ymm2, ymm2}, {vmulps ymm4, ymm2, [floats]}, {vdivps ymm5, ymm2, [floats]}
C {UNMASK 0x100}, {addsd xmm1, [rbx]}
C {xorps xmm4, xmm4}, {divss xmm0, xmm4}, {UNMASK 0x1f80}, {cvtss2sd xmm5, xmm1}, {cvtdq2pd xmm0, [rbx]}
X {UNMASK87 0x37b}, {fldz}, {fdivp st1}, {fadd st1}
X {UNMASK87 0x35f}, {fdiv st1}, {fnop}, {fwait}
X {UNMASK87 0x37e}, {fstp st0}, {fstp st0}, {fstp st0}, {fstp st0}, {fld1}
X {fldz}, {fdivp st1}, {UNMASK87 0x37b}, {fadd st1}
X {UNMASK87 0x340}, {fistp dword [rbx]}, {fwait}
X {UNMASK87 0x37d}, {fld dword [rbx]}, {mov rdx, [rbx]}, {fadd st1}
; ---- precision and rounding
X {UNMASK87 0x07f}, {fdiv st1}, {fst qword [rbx]}
X {UNMASK87 0x27f}, {fdiv st1}, {fst qword [rbx]}
X {UNMASK87 0xf7f}, {fdiv st1}, {fistp qword [rbx]}
X {UNMASK87 0x77f}, {fsqrt}, {frndint}, {fldpi}
C {mov dword [rsp - 64], 0x7f80}, {ldmxcsr [rsp - 64]}, {divps xmm0, [floats]}, {cvtps2dq xmm1, xmm0}, {cvtss2si ecx, xmm0}
C {mov dword [rsp - 64], 0xbfc0}, {ldmxcsr [rsp - 64]}, {addps xmm0, [mask_bytes]}, {vsqrtps ymm4, ymm2}
; ---- pointers of the last x87 instruction
X {fadd dword [VIEW_A + 0x100]}, {fsqrt}, {fnstenv [rsp - 64]}, {fnstcw [rbx]}, {fxsave64 [rsp - 1024]}
X {fld dword [VIEW_A + 0x104]}, {fnclex}, {fnstsw ax}, {fstp dword [rbx]}, {nop}, {fxch}

[section .tab]
cases_end:
section .text
CASES	equ (cases_end - cases) / 4
