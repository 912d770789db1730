; SPDX-License-Identifier: GPL-3.0-or-later
; Boots a multiboot kernel (Multiboot specification 0.6.96) from the firmware configuration channel. The image with its modules
; and the information structure come ready made; what only the BIOS knows, the memory's map, is added here.
%include "fwcfg.inc"

MAGIC		equ 0x2badb002
; The information structure, which lies below 64 KiB.
MBI_LOWER	equ 4
MBI_UPPER	equ 8
MBI_MMAP_LENGTH	equ 44
MBI_MMAP_ADDR	equ 48
MMAP_ENTRY	equ 24		; the size of what follows, and an entry of INT 15h E820
MMAP_LIMIT	equ 0xffe0 - MMAP_ENTRY

E820_SIGNATURE	equ 'PAMS'	; "SMAP"
E820_SIZE	equ 20
E820_RAM	equ 1

; Scratch memory above the stack.
GDTR		equ STACK_TOP
GDT		equ STACK_TOP + 16
CODE32		equ 8
DATA32		equ 16
CR0_PE		equ 1

product: db 'Multiboot kernel', 0
items:	db FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA
	db FW_CFG_INITRD_ADDR, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA
gdt:	dq 0
	dq 0x00cf9b000000ffff	; flat code
	dq 0x00cf93000000ffff	; flat data
GDT_SIZE equ $ - gdt

boot:	cli
	cld
	xor ax, ax
	mov ss, ax
	mov ds, ax
	mov es, ax
	mov sp, STACK_TOP
	sti
	mov si, items
	call fw_cfg_load
	add si, 3
	call fw_cfg_load
	mov ax, FW_CFG_INITRD_SIZE
	call fw_cfg_number
	mov edi, eax
	mov ax, FW_CFG_INITRD_ADDR
	call fw_cfg_number
	mov ebp, eax		; the structure
	add edi, eax
	add di, 3
	and di, ~3		; the map goes behind it
	call memory_map
	int 0x12
	movzx eax, ax
	mov [bp + MBI_LOWER], eax

	mov ax, FW_CFG_KERNEL_ENTRY
	call fw_cfg_number
	mov edx, eax
	cli
	mov di, GDT
	mov si, gdt
	mov cx, GDT_SIZE
.copy:	mov al, [cs:si]
	stosb
	inc si
	loop .copy
	mov word [GDTR], GDT_SIZE - 1
	mov dword [GDTR + 2], GDT
	o32 lgdt [GDTR]
	xor ecx, ecx
	mov cx, cs
	shl ecx, 4
	add ecx, protected	; the ROM's own linear address
	mov eax, cr0
	or al, CR0_PE
	mov cr0, eax
	push dword CODE32
	push ecx
	o32 retf

; The memory map to es:di, and what of it follows for the structure at bp.
memory_map:
	movzx edi, di
	mov [bp + MBI_MMAP_ADDR], edi
	xor ebx, ebx
.next:	mov dword [di], E820_SIZE
	mov eax, 0xe820
	mov edx, E820_SIGNATURE
	mov ecx, E820_SIZE
	push di
	add di, 4
	int 0x15
	pop di
	jc .done
	cmp eax, E820_SIGNATURE
	jne .done
	cmp dword [di + 20], E820_RAM
	jne .counted
	cmp dword [di + 8], 0
	jne .counted
	cmp dword [di + 4], 0x100000
	jne .counted
	mov eax, [di + 12]	; memory from 1 MiB on, in KiB, to the first hole
	shr eax, 10
	mov [bp + MBI_UPPER], eax
.counted:
	add di, MMAP_ENTRY
	cmp di, MMAP_LIMIT
	ja .done
	test ebx, ebx
	jnz .next
.done:	movzx eax, di
	sub eax, [bp + MBI_MMAP_ADDR]
	mov [bp + MBI_MMAP_LENGTH], eax
	ret

bits 32
protected:
	mov ax, DATA32
	mov ds, ax
	mov es, ax
	mov fs, ax
	mov gs, ax
	mov ss, ax
	mov eax, MAGIC
	mov ebx, ebp
	xor ecx, ecx
	xor esi, esi
	xor edi, edi
	xor ebp, ebp
	jmp edx
