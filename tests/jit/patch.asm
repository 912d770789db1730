; SPDX-License-Identifier: GPL-3.0-or-later
; Firmware for two processors, one of which runs what the other writes: by stores of several kinds, through another mapping of the page,
; and by DMA, which smp-test.c does when it is asked. Every page is data for the writer before it becomes code.
%define ROUNDS	12			; of each page's life as code
%define PAGES	16			; for each kind of store
%define ROUTINE	0x7c			; MOV EAX, n in a page: n lies over the end of a line
%define FIRST	0x180000		; the pages
%define ALIAS	DATA			; where FRAME_0 is seen too
%include "smp.inc"

; RESULTS: what smp-test.c reads
struc Patch
.rounds:	resd 1
.failures:	resd 1
.failed:	resd 3			; the first: kind, what was run, what should have been
.dma_to:	resd 1			; a request: four bytes for that physical address ...
.dma_value:	resd 1			; ... of this value, not 0; it becomes 0 when that is done
endstruc

run:	mov ebp, ebp
	xor edi, edi			; the kind
.kind:	mov esi, edi
	shl esi, 16			; PAGES of them
	add esi, FIRST
	mov ebx, PAGES
.page:	cmp edi, 5
	jne .own
	mov esi, ALIAS
.own:	mov ecx, ROUNDS
.round:	call meet
	cmp ebp, 1
	jne .wait
	mov eax, ecx			; no two are alike
	shl eax, 16
	or eax, ebx
	or eax, 0x01000100
	push RCX_
	push RDI_
	call write
	pop RDI_
	pop RCX_
.wait:	call meet
	test ebp, ebp
	jnz .next
	push RCX_
	push RBX
	push RDI_
	push RSI_
	xor eax, eax
	cpuid				; serializes
	pop RSI_
	pop RDI_
	pop RBX
	pop RCX_
	lea edx, [RSI_ + ROUTINE - 1]
	call RDX_
	mov edx, ecx
	shl edx, 16
	or edx, ebx
	or edx, 0x01000100
	inc dword [RESULTS + Patch.rounds]
	cmp eax, edx
	je .next
	cmp dword [RESULTS + Patch.failures], 0
	jne .more
	mov [RESULTS + Patch.failed], edi
	mov [RESULTS + Patch.failed + 4], eax
	mov [RESULTS + Patch.failed + 8], edx
.more:	inc dword [RESULTS + Patch.failures]
.next:	dec ecx
	jnz .round
	call meet
	add esi, 0x1000
	dec ebx
	jnz .page
	inc edi
	cmp edi, KINDS
	jb .kind
	jmp finish

; EAX to the routine in ESI's page; the first time in a page, when ECX is ROUNDS, the rest of it before.
write:	cmp ecx, ROUNDS
	jne .rest
	mov byte [RSI_ + ROUTINE - 1], 0xb8
	mov byte [RSI_ + ROUTINE + 4], 0xc3
.rest:	mov edi, [.kinds + RDI_ * 4]
	lea RDX_, [RSI_ + ROUTINE]
	jmp RDI_
align 4
.kinds:	dd .store, .bytes, .exchange, .add, .string, .alias, .dma
KINDS	equ ($ - write.kinds) / 4
.store:	mov [RDX_], eax
	ret
.bytes:	mov [RDX_ + 3], al		; the other way round, and at last as it is to be
	mov [RDX_], al
	mov [RDX_ + 1], ah
	shr eax, 16
	mov [RDX_ + 2], ax
	ret
.exchange:
	xchg [RDX_], eax
	ret
.add:	sub eax, [RDX_]
	lock add [RDX_], eax
	ret
.string:
	mov [value], eax
	push RSI_
	mov esi, value
	mov edi, edx
	mov ecx, 4
	rep movsb
	pop RSI_
	ret
.alias:	mov [FRAME_0 + ROUTINE - 1], byte 0xb8
	mov [FRAME_0 + ROUTINE], eax
	mov [FRAME_0 + ROUTINE + 4], byte 0xc3
	ret
.dma:	mov [RESULTS + Patch.dma_to], edx
	mov [RESULTS + Patch.dma_value], eax
.done:	pause
	cmp dword [RESULTS + Patch.dma_value], 0
	jne .done
	ret
value:	dd 0
