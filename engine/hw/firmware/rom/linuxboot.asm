; SPDX-License-Identifier: GPL-3.0-or-later
; Boots a Linux kernel from the firmware configuration channel by the 16-bit entry of its boot protocol
; (Linux, Documentation/arch/x86/boot.rst): the setup code is loaded and called as a boot loader would.
%include "fwcfg.inc"

product: db 'Linux kernel', 0
items:	db FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA
	db FW_CFG_INITRD_ADDR, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA
	db FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA
	db FW_CFG_SETUP_ADDR, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA
items_end:

boot:	cli
	cld
	xor ax, ax
	mov ss, ax
	mov sp, STACK_TOP
	sti
	mov si, items
.next:	call fw_cfg_load
	add si, 3
	cmp si, items_end
	jb .next

	mov ax, FW_CFG_SETUP_ADDR
	call fw_cfg_number
	mov ebx, eax
	mov ax, FW_CFG_CMDLINE_ADDR
	call fw_cfg_number
	sub eax, ebx		; the command line lies behind the setup code: its stack ends below
	sub eax, 16
	shr ebx, 4
	cli
	mov ds, bx
	mov es, bx
	mov fs, bx
	mov gs, bx
	mov ss, bx
	mov sp, ax
	add bx, 0x20		; behind the boot sector
	push bx
	push word 0
	xor eax, eax
	xor ebx, ebx
	xor ecx, ecx
	xor edx, edx
	xor esi, esi
	xor edi, edi
	xor ebp, ebp
	retf
