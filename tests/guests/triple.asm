; SPDX-License-Identifier: GPL-3.0-or-later
; A triple fault: announced by a write to F7h; the bench passes the guest if the processor asks for a reset.
%include "lib.inc"
guest_main:
	PUTS {"note a triple fault must end this guest", 10}
	lidt [no_idt]
	out 0xf7, al
	ud2
	inc dword [n_fails]		; never reached
	inc dword [n_cases]
	ret
section .data
align 4
no_idt:	dw 0
	dd 0
