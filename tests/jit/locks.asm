; SPDX-License-Identifier: GPL-3.0-or-later
; Firmware for two processors that do locked accesses to the same memory at the same time, and look whether one got lost: aligned,
; unaligned in a cache line, over its end, and over the end of a page whose successor is elsewhere in memory; whole operands against
; the same, and against plain aligned accesses to their halves. smp-test.c runs it, and reads the results.

%ifndef TIMES
%define TIMES	2000			; by each processor, for each case
%endif
%define LEAST_NS 3000000			; each case goes on so long, by the clock of 1 GHz
%define RETURN	0xc00			; code in the operands' pages
%define MOST_FAILURES 64

%include "smp.inc"

; RESULTS: what smp-test.c reads
struc Results
.cases:		resd 1
.failures:	resd 1
.failed:	resb 32 * MOST_FAILURES	; Failure
endstruc
struc Failure
.name:		resd 1
.errors:	resd 1
.got:		resq 1
.wanted:	resq 1
	alignb 32
endstruc
struc Case
.name:		resd 1
.errors:				; a counter while it runs
		resd 1
.code:		resd 2			; for each processor
.at:		resd 2
.operand:	resd 1
.watched:	resd 1			; processor 1 watches another part of the page: none of its accesses goes the short way
.first:		resq 1			; the operand at the start, and at the end
.wanted:	resq 1
endstruc

; ---- the cases ----

run:	mov ebp, ebp			; what the upper half is after the mode switch isn't defined
	mov byte [FRAME_0 + RETURN], 0xc3
	mov byte [FRAME_1 + RETURN], 0xc3
	mov ebx, cases
.case:	call meet
	test ebp, ebp
	jnz .repeat
	inc dword [RESULTS + Results.cases]
	rdtsc
	mov [since], eax
.repeat:
	call meet
	test ebp, ebp
	jnz .watch
	mov edi, [RBX + Case.operand]	; both are at rest
	mov eax, [RBX + Case.first]
	mov [AT], eax
	mov eax, [RBX + Case.first + 4]
	mov [AT + 4], eax
	jmp .ready
.watch:	mov eax, DATA + 0x800
	mov dr0, RAX_
	mov eax, [RBX + Case.watched]	; L0 and a write of one byte, or nothing
	mov dr7, RAX_
.ready:	call meet
	mov esi, TIMES
	mov edi, [RBX + Case.at + RBP * 4]
	mov eax, [RBX + Case.code + RBP * 4]
	call RAX_
	call meet
	test ebp, ebp
	jnz .judged
	call judge
.judged:
	call meet
	cmp dword [again], 0
	jne .repeat
	add ebx, Case_size
	cmp ebx, cases_end
	jb .case
	jmp finish

; Sets `again` while all is well, until the case has taken its time: what is fast is repeated, so that the processors meet in it.
judge:	rdtsc
	sub eax, [since]
	xor edx, edx
	cmp eax, LEAST_NS
	setb dl
	mov [again], edx
	mov edi, [RBX + Case.operand]
	mov eax, [AT]
	mov edx, [AT + 4]
	cmp eax, [RBX + Case.wanted]
	jne .bad
	cmp edx, [RBX + Case.wanted + 4]
	jne .bad
	cmp dword [RBX + Case.errors], 0
	jne .bad
	ret
.bad:	mov dword [again], 0
	mov ecx, [RESULTS + Results.failures]
	inc dword [RESULTS + Results.failures]
	cmp ecx, MOST_FAILURES
	jae .full
	shl ecx, 5
	add ecx, RESULTS + Results.failed
	mov [RCX_ + Failure.got], eax
	mov [RCX_ + Failure.got + 4], edx
	mov eax, [RBX + Case.name]
	mov [RCX_ + Failure.name], eax
	mov eax, [RBX + Case.errors]
	mov [RCX_ + Failure.errors], eax
	mov eax, [RBX + Case.wanted]
	mov [RCX_ + Failure.wanted], eax
	mov eax, [RBX + Case.wanted + 4]
	mov [RCX_ + Failure.wanted + 4], eax
.full:	ret


since:	dd 0
again:	dd 0

; ---- what they do, ESI times at AT ----

%macro REGISTERS 1			; an operand's bytes
	%if %1 == 1
		%define A al
		%define D dl
		%define OPERAND byte
	%elif %1 == 2
		%define A ax
		%define D dx
		%define OPERAND word
	%elif %1 == 4
		%define A eax
		%define D edx
		%define OPERAND dword
	%else
		%define A rax
		%define D rdx
		%define OPERAND qword
	%endif
%endmacro
%macro AGAIN_POP 0
	dec esi
	jnz .again
	pop RBX
	ret
%endmacro
%macro BEGIN 2				; name, bytes
	REGISTERS %2
	align 16
%1_%2:
%endmacro
%macro AGAIN 0
	dec esi
	jnz .again
	ret
%endmacro

; One is added.
%macro ADDERS 1
BEGIN xadd, %1
.again:	mov eax, 1
	lock xadd [AT], A
	AGAIN
BEGIN add, %1
	mov eax, 1
.again:	lock add [AT], A
	AGAIN
BEGIN sub, %1
.again:	lock sub OPERAND [AT], -1
	AGAIN
BEGIN inc, %1
.again:	lock inc OPERAND [AT]
	AGAIN
BEGIN dec, %1
.again:	lock add OPERAND [AT], 2
	lock dec OPERAND [AT]
	AGAIN
BEGIN adc, %1
.again:	stc
	lock adc OPERAND [AT], 1
	clc
	lock sbb OPERAND [AT], 1
	AGAIN
BEGIN cmpxchg, %1
.again:	mov A, [AT]
.retry:	mov D, A
	inc D
	lock cmpxchg [AT], D
	jnz .retry
	AGAIN
BEGIN call, %1				; the operand's pages have code now and then
	push RBX
	mov ebx, ebp
	shl ebx, 12
	add ebx, DATA + RETURN
.again:	lock inc OPERAND [AT]
	call RBX
	AGAIN_POP
%endmacro
ADDERS 1
ADDERS 2
ADDERS 4
%if BITS == 64
ADDERS 8
%endif
BEGIN cmpxchg8b, 8
	push RBX
.again:	mov eax, [AT]
	mov edx, [AT + 4]
.retry:	mov ebx, eax
	mov ecx, edx
	add ebx, 1
	adc ecx, 0
	lock cmpxchg8b [AT]
	jnz .retry
	AGAIN_POP

; Each processor changes two bits of its own, which nobody else may.
%macro CHECK 1				; the condition of an error
	j%-1 %%good
	lock inc dword [RBX + Case.errors]
%%good:
%endmacro
%macro BIT_CHANGERS 1
BEGIN bits, %1
	mov ecx, ebp			; the low half's bit 0 or 1, and the high half's last or last but one
	add ecx, %1 * 8 - 2
.again:	lock bts [AT], COUNT
	CHECK c
	mov D, 1
	push RCX_
	mov ecx, ebp
	shl D, cl
	pop RCX_
	lock or [AT], D
	lock btc [AT], COUNT
	CHECK nc
	lock btc [AT], COUNT
	CHECK c
	not D
	lock and [AT], D
	not D
	lock xor [AT], D
	lock btr [AT], COUNT
	CHECK nc
	mov A, [AT]			; torn or not, this bit is there
	test A, D
	CHECK z
	lock xor [AT], D
	AGAIN
%endmacro
%define COUNT cx
BIT_CHANGERS 2
%define COUNT ecx
BIT_CHANGERS 4
%if BITS == 64
%define COUNT rcx
BIT_CHANGERS 8
%endif

; Values go round. Their sum stays, and where each byte is another in each of them, none is torn.
%macro EXCHANGERS 1
BEGIN xchg, %1
	mov eax, ebp
	add eax, 1
%if %1 == 8
	mov rdx, 0x0101010101010101
	imul rax, rdx
%else
	imul eax, eax, 0x01010101
%endif
.again:	xchg [AT], A
	mov ecx, eax			; all bytes are the same
	mov edx, eax
	shr ecx, 8
	cmp cl, dl
	CHECK ne
%if %1 == 4
	shr ecx, 8
	cmp ch, dl
	CHECK ne
%elif %1 == 8
	mov rcx, rax
	shr rcx, 56
	cmp cl, dl
	CHECK ne
%endif
	dec esi
	jnz .again
	lock add [AT], A		; the sum of all: 0 + 1 + 2 in each byte
	ret
%endmacro
EXCHANGERS 2
EXCHANGERS 4
%if BITS == 64
EXCHANGERS 8
%endif
%if BITS == 64
	; Likewise, 16 bytes; aligned, else it raises an exception.
BEGIN cmpxchg16b, 16
	push RBX
.again:	mov rax, [AT]
	mov rdx, [AT + 8]
.retry:	mov rbx, rax
	mov rcx, rdx
	add rbx, 1
	sbb rcx, -1			; + 1, less the carry that there never is
	lock cmpxchg16b [AT]
	jnz .retry
	AGAIN_POP
%endif

; ---- the table ----

%define ALIGNED	(DATA + 0x140)
%define WATCH	0x10001			; DR7: L0, writes, one byte
%define MASK(bytes) (((1 << ((bytes) * 8 - 1)) - 1) * 2 + 1)

%macro CASE 8				; name, bytes, two codes, two addresses, watched, wanted
	[section .str]
%%name:	db %1, 0
	[section .cases]
	dd %%name, 0, %3, %4, %5, %6, %5, %7
	dq 0, (%8) & MASK(%2)
	__?SECT?__
%endmacro
%macro NAME 3				; what is done, bytes, where: `text` becomes its name
	%defstr %%what %1
	%defstr %%bytes %2
	%strcat text %%what, " ", %%bytes, ", ", %3
%endmacro
%macro ADDS 7				; name, bytes, two codes, operand, how far behind the second one adds, watched
	CASE %1, %2, %3, %4, %5, (%5) + (%6), %7, TIMES + (TIMES << (8 * (%6)))
%endmacro

; What takes: what is done, bytes, address, where that is
%macro BOTH_ADD 4
	NAME %1, %2, %4
	ADDS text, %2, %1_%2, %1_%2, %3, 0, 0
%endmacro
%macro ONE_WATCHED 4
	NAME %1, %2, %4
	%strcat text text, ", one watched"
	ADDS text, %2, %1_%2, %1_%2, %3, 0, WATCH
%endmacro
%macro CHECKED 4			; counts errors itself, and leaves 0
	NAME %1, %2, %4
	CASE text, %2, %1_%2, %1_%2, %3, %3, 0, 0
%endmacro
%macro EXCHANGED 4
	NAME %1, %2, %4
	CASE text, %2, %1_%2, %1_%2, %3, %3, 0, 0x0303030303030303
%endmacro
; The halves are aligned where the operand's middle is on a line's or a page's end. Two processors can't both carry.
%macro HALF 4
	NAME %1, %2, %4
	%assign half (%2) / 2
	%strcat high text, ", and its high half"
	%strcat low text, ", and its low half"
	%strcat watched high, ", watched"
	%if half == 1
		%define partner inc_1
	%elif half == 2
		%define partner inc_2
	%else
		%define partner inc_4
	%endif
	ADDS high, %2, %1_%2, partner, %3, half, 0
	ADDS watched, %2, %1_%2, partner, %3, half, WATCH
	%if half > 1
	ADDS low, %2, %1_%2, partner, %3, 0, 0
	%endif
%endmacro

%macro PLACES 3				; one of the above, what is done, bytes
	%assign half (%3) / 2
	%1 %2, %3, ALIGNED, "aligned"
	%1 %2, %3, DATA + 0x180 - half, "over a line's end"
	%1 %2, %3, DATA + 0x1000 - half, "over a page's end"
%endmacro
%macro ALL_PLACES 3
	PLACES %1, %2, %3
	%1 %2, %3, ALIGNED + 1, "unaligned"
	%1 %2, %3, DATA + 0x1001 - %3, "but a byte over a page's end"
%endmacro
%macro ALL 1				; bytes
	ALL_PLACES BOTH_ADD, xadd, %1
	ALL_PLACES BOTH_ADD, add, %1
	ALL_PLACES BOTH_ADD, sub, %1
	ALL_PLACES BOTH_ADD, inc, %1
	ALL_PLACES BOTH_ADD, dec, %1
	ALL_PLACES BOTH_ADD, adc, %1
	ALL_PLACES BOTH_ADD, cmpxchg, %1
	ALL_PLACES BOTH_ADD, call, %1
	ALL_PLACES CHECKED, bits, %1
	ALL_PLACES EXCHANGED, xchg, %1
	ALL_PLACES ONE_WATCHED, xadd, %1
	ALL_PLACES ONE_WATCHED, cmpxchg, %1
	PLACES HALF, xadd, %1
	PLACES HALF, cmpxchg, %1
%endmacro
section .cases
cases:
section .text
	ALL 2
	ALL 4
%if BITS == 64
	ALL 8
	CASE "cmpxchg 16", 8, cmpxchg16b_16, cmpxchg16b_16, ALIGNED, ALIGNED, 0, TIMES * 2
%endif
	ALL_PLACES BOTH_ADD, cmpxchg8b, 8
	ALL_PLACES ONE_WATCHED, cmpxchg8b, 8
	PLACES HALF, cmpxchg8b, 8
section .cases
cases_end:
