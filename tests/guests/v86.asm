; SPDX-License-Identifier: GPL-3.0-or-later
; Virtual-8086 mode with and without VME, the frames of its interrupts, protected-mode virtual interrupts.
; Manual: SDM volume 3 chapter 20 (virtual-8086 mode), CLI, STI, PUSHF, POPF, INT n, IRET in volume 2.
; Snippets end by INT3, which is no matter of IOPL: a good end is BP.
%include "lib.inc"
%define VM	0x20002
%define IOPL(n)	((n) << 12)
%define VIF	0x80000
%define VIP	0x100000

guest_main:
	; TSS: redirection bitmap at 104, I/O bitmap at 136
	mov word [tss + 0x66], 136
	call redirect_idt
%assign l 0
%rep 4
	RUN g_iopl%+l
%assign l l + 1
%endrep
	RUN g_always
	RUN g_frame
	RUN g_seg
	mov eax, 1
	cpuid
	test edx, 2
	jz .novme
	mov eax, cr4
	or eax, 1
	mov cr4, eax
%assign l 0
%rep 3
	RUN g_vme%+l
%assign l l + 1
%endrep
	RUN g_vme3
	mov eax, cr4
	and eax, ~1
	or eax, 2
	mov cr4, eax
	RUN g_pvi
	mov eax, cr4
	and eax, ~2
	mov cr4, eax
.novme:	ret

redirect_idt:				; all vectors by the IDT
	mov dword [tss + 104 + 8], -1
	mov edi, tss + 104
	mov ecx, 8
	mov eax, -1
	rep stosd
	ret
%macro VS 2-3 nop			; setup: EFLAGS besides VM
%1:	mov dword [efl], VM | (%2)
	%3
	ret
%endmacro
%assign l 0
%rep 4
	VS vm_%+l, IOPL(l)
	VS vmi_%+l, IOPL(l) | 0x200
%assign l l + 1
%endrep
v_flags: mov eax, [r_efl]
	ret
v_ax:	movzx eax, word [r_eax]
	ret
bits 16
v86_end: int3
v86_retf: retf
bits 32
; a v86 case that ends well
%macro VC 4-*				; name, setup, value, verify, instructions...
CASE %1, 0, BP, %3, %2, %4
	bits 16
%rotate 4
%rep %0 - 4
	%1
%rotate 1
%endrep
	int3
	bits 32
ENDC
%endmacro
%macro VF 4-*				; name, setup, outcome, instructions...: the last faults
CASE %1, 0, %3, -, %2
	bits 16
%rotate 3
%rep %0 - 4
	%1
%rotate 1
%endrep
AT
	%1
	bits 32
ENDC
%endmacro

%assign l 0
%rep 4
GROUP g_iopl%+l, "iopl-sensitive instructions"
%if l < 3
VF "cli", vm_%+l, GP(0), cli
VF "sti", vm_%+l, GP(0), sti
VF "pushf", vm_%+l, GP(0), pushf
VF "pushfd", vm_%+l, GP(0), o32 pushf
VF "popf", vm_%+l, GP(0), {push word 2}, popf
VF "iret", vm_%+l, GP(0), iret
VF "iretd", vm_%+l, GP(0), o32 iret
VF "int n", vm_%+l, GP(0), {int 0x40}
VF "int 3 of two bytes", vm_%+l, GP(0), {db 0xcd, 3}
%else
VC "cli", vmi_3, VM | IOPL(3), v_flags, cli
VC "sti", vm_3, VM | IOPL(3) | 0x200, v_flags, sti
VC "pushf", vmi_3, 0x3202, v_ax, pushf, {pop ax}
VC "popf keeps iopl", vm_3, VM | IOPL(3) | 0x4ed5, v_flags, {push word 0x4ed7 & ~0x100}, popf
VC "popfd keeps vm", vm_3, VM | IOPL(3) | 0x240000, v_flags, {push dword 0x3240002 & ~0x20000}, {o32 popf}
VC "iret", vm_3, VM | IOPL(3) | 0x200, v_flags, {push word 0x202}, {push cs}, {push word v86_end}, iret
CASE "int n by the idt", 0, DONE, -, vm_3
	bits 16
	int 0x40
	bits 32
ENDC
%endif
VC "int3 is not sensitive", vm_%+l, -, v_after2, nop
VC "lahf, sahf", vm_%+l, 0xd7, v_ax, {mov ax,0xff00}, sahf, lahf, {mov al,ah}, {mov ah,0}
CASE "into", 0, OF, -, vm_%+l
	bits 16
	mov al, 0x7f
	inc al
	into
	bits 32
ENDC
VF "in by the bitmap", vm_%+l, GP(0), {in al,0x80}
VF "out by the bitmap", vm_%+l, GP(0), {mov dx,0x300}, {out dx,ax}
CASE "in allowed by the bitmap", 0, BP, -, .io, io_close
	bits 16
	jmp short %$a
	bits 32
.io:	mov byte [tss + 136 + 0x300 / 8], 0
	mov dword [efl], VM | IOPL(l)
	ret
	bits 16
%$a:	mov dx, 0x301
	in ax, dx
	int3
	bits 32
ENDC
ENDGROUP
%assign l l + 1
%endrep
section .text
io_close:
	mov byte [tss + 136 + 0x300 / 8], 0xff
	xor eax, eax
	ret

GROUP g_always, "instructions of ring 0 and of protected mode"
VF "hlt", vm_3, GP(0), hlt
VF "mov cr0", vm_3, GP(0), {mov eax,cr0}
VF "mov dr7", vm_3, GP(0), {mov eax,dr7}
VF "lgdt", vm_3, GP(0), {lgdt [0]}
VF "lidt", vm_3, GP(0), {lidt [0]}
VF "lmsw", vm_3, GP(0), {lmsw ax}
VF "clts", vm_3, GP(0), clts
VF "invd", vm_3, GP(0), invd
VF "rdmsr", vm_3, GP(0), rdmsr
VF "lldt", vm_3, UD, {lldt ax}
VF "ltr", vm_3, UD, {ltr ax}
VF "sldt", vm_3, UD, {sldt ax}
VF "str", vm_3, UD, {str ax}
VF "lar", vm_3, UD, {lar ax,ax}
VF "lsl", vm_3, UD, {lsl ax,ax}
VF "verr", vm_3, UD, {verr ax}
VF "arpl", vm_3, UD, {db 0x63, 0xc0}
VF "sysexit", vm_3, GP(0), {db 0x0f, 0x35}
VC "smsw", vm_3, 0x11, v_ax, {smsw ax}, {and ax,0x11}
VC "sgdt", vm_3, 0, v_after2, {sgdt [0x600]}
VC "cpuid", vm_0, 0, v_after2, {xor eax,eax}, cpuid
VF "ud2", vm_0, UD, ud2
VF "div by 0", vm_0, DE, {xor cx,cx}, {div cx}
ENDGROUP
section .text
v_after2: xor eax, eax
	ret

; ---- interrupts out of virtual-8086 mode ------------------------------------------------------------------------------
section .text
%macro RV 2
%1:	mov eax, [%2]
	ret
%endmacro
	RV f_es, r_ves
	RV f_ds, r_vds
	RV f_fs, r_vfs
	RV f_gs, r_vgs
	RV f_ss, r_ss
	RV f_esp, r_esp
	RV f_cs, r_cs
	RV f_hds, r_ds
	RV f_hes, r_es
	RV f_hfs, r_fs
	RV f_hgs, r_gs
f_hesp:	mov eax, [r_kesp]		; the vector and the error code are below nine dwords
	sub eax, K0_STACK
	ret
fr_cpl1: mov dword [efl], VM | IOPL(3)
	GATESET idt + 0x48 * 8, CODE1, 0, A_INT32 | DPL(3), 0
	ret
fr_conf: mov dword [efl], VM | IOPL(3)
	GDTSET SEL_FREE, 0, 0xfffff, 0x9e, G_ | D_
	GATESET idt + 0x48 * 8, SEL_FREE, 0, A_INT32 | DPL(3), 0
	ret
fr_dpl:	mov dword [efl], VM | IOPL(3)
	GATESET idt + 0x48 * 8, KCODE, 0, A_INT32, 0
	ret
fr_if:	mov dword [efl], VM | IOPL(3) | 0x4200
	ret
fr_v:	call idt_init
	xor eax, eax
	ret
GROUP g_frame, "frames of interrupts"
%macro FV 3
VC %1, vm_0, %2, %3, {mov ax,0x1234}, {mov es,ax}, {mov ax,0x2345}, {mov ds,ax}
%endmacro
FV "es", 0x1234, f_es
FV "ds", 0x2345, f_ds
FV "fs", 0x3333, f_fs
FV "gs", 0x4444, f_gs
FV "ss", V86_SS, f_ss
FV "esp", V86_SP, f_esp
FV "cs", 0, f_cs
FV "handler's ds is null", 0, f_hds
FV "handler's es is null", 0, f_hes
FV "handler's fs is null", 0, f_hfs
FV "handler's gs is null", 0, f_hgs
FV "nine dwords and no error code", -44, f_hesp
VC "eflags with vm and nt", fr_if, VM | IOPL(3) | 0x4200, v_flags, nop
CASE "gate to dpl 1: #GP", 0, GP(CODE1), 0, fr_cpl1, fr_v
	bits 16
AT
	int 0x48
	bits 32
ENDC
CASE "gate to conforming code: #GP", 0, GP(SEL_FREE), 0, fr_conf, fr_v
	bits 16
AT
	int 0x48
	bits 32
ENDC
CASE "gate of dpl 0, int n: #GP", 0, GP(0x48 * 8 + 2), 0, fr_dpl, fr_v
	bits 16
AT
	int 0x48
	bits 32
ENDC
CASE "iret with vm at ring 3 does not enter", 3, DONE, 2, 0, v_flags
	push dword 2 | 0x20000
	push cs
	push dword %$t
	iretd
%$t:
ENDC
ENDGROUP

GROUP g_seg, "segments"
VC "mov ds: base is 16 times", vm_0, 0x5678, v_ax, {mov ax,0x7000}, {mov ds,ax}, {mov word [0x100],0x5678}, {mov ax,0x6ff0}, {mov ds,ax}, {mov ax,[0x200]}
VC "any selector loads", vm_0, 0xffff, v_ax, {mov ax,0xffff}, {mov fs,ax}, {mov ax,fs}
VF "word at ffff", vm_0, GP(0), {mov ax,[0xffff]}
VF "dword at fffd", vm_0, GP(0), {mov eax,[0xfffd]}
VF "offset 10000 by 32-bit addressing", vm_0, GP(0), {mov ebx,0x10000}, {mov al,[ebx]}
VF "ss: word at ffff", vm_0, SS_(0), {mov bp,0xffff}, {mov ax,[bp]}
VF "push at 1", vm_0, SS_(0), {mov sp,1}, {push ax}
VC "push at 0 wraps", vm_0, 0xfffe, f_esp, {mov esp,0}, {push ax}
VC "byte at ffff", vm_0, 0, v_after2, {mov al,[0xffff]}
VC "code segment is writable", vm_0, 0x77, v_ax, {mov byte [cs:0x600],0x77}, {xor ax,ax}, {mov al,[0x600]}
VC "far jump", vm_0, 0x0010, f_cs, {jmp 0x0010:v86_end - 0x100}
VC "far call and retf", vm_0, V86_SP, f_esp, {call 0x0010:v86_retf - 0x100}
ENDGROUP

; ---- VME --------------------------------------------------------------------------------------------------------------
section .text
%assign l 0
%rep 4
	VS ve_%+l, IOPL(l)
	VS vev_%+l, IOPL(l) | VIF
	VS vep_%+l, IOPL(l) | VIP
	VS vevp_%+l, IOPL(l) | VIF | VIP
	VS ver_%+l, IOPL(l) | VIF | 0x200, {call redirect_ivt}
	VS vern_%+l, IOPL(l) | 0x200, {call redirect_ivt}
%assign l l + 1
%endrep
redirect_ivt:				; vector 48h by the table at 0
	btr dword [tss + 104 + 8], 8
	mov word [0x48 * 4], ivt_48
	mov word [0x48 * 4 + 2], 0
	mov word [V86_SS * 16 + V86_SP - 6], 0
	ret
bits 16
ivt_48:	int3
bits 32
v_ifl:	call redirect_idt		; the flags that INT n pushed
	movzx eax, word [V86_SS * 16 + V86_SP - 2]
	ret
v_iip:	call redirect_idt
	movzx eax, word [V86_SS * 16 + V86_SP - 6]
	mov ecx, [cur]
	sub eax, [ecx + C_EIP]
	ret
v_inow:	call redirect_idt
	mov eax, [r_efl]
	ret
%assign l 0
%rep 3
GROUP g_vme%+l, "vme, iopl below 3"
VC "cli clears vif", vev_%+l, VM | IOPL(l), v_flags, cli
VC "sti sets vif", ve_%+l, VM | IOPL(l) | VIF, v_flags, sti
VF "sti with vip: #GP", vep_%+l, GP(0), sti
VF "vif and vip at an instruction: #GP", vevp_%+l, GP(0), nop
VC "cli with vip", vep_%+l, VM | IOPL(l) | VIP, v_flags, cli
VC "pushf shows vif and iopl 3", vev_%+l, 0x3202, v_ax, pushf, {pop ax}
VC "pushf without vif", ve_%+l, 0x3002, v_ax, pushf, {pop ax}
VF "pushfd: #GP", ve_%+l, GP(0), {o32 pushf}
VC "popf sets vif", ve_%+l, VM | IOPL(l) | VIF, v_flags, {push word 0x202}, popf
VC "popf clears vif", vev_%+l, VM | IOPL(l), v_flags, {push word 2}, popf
VF "popf sets vif with vip: #GP", vep_%+l, GP(0), {push word 0x202}, popf
VC "popf without if, with vip", vep_%+l, VM | IOPL(l) | VIP, v_flags, {push word 2}, popf
VF "popf with tf: #GP", ve_%+l, GP(0), {push word 0x102}, popf
VF "popfd: #GP", ve_%+l, GP(0), {push dword 2}, {o32 popf}
VC "iret sets vif", ve_%+l, VM | IOPL(l) | VIF, v_flags, {push word 0x202}, {push cs}, {push word v86_end}, iret
VF "iret with vip and if: #GP", vep_%+l, GP(0), {push word 0x202}, {push cs}, {push word 0x600}, iret
VF "iret with tf: #GP", ve_%+l, GP(0), {push word 0x102}, {push cs}, {push word 0x600}, iret
VF "iretd: #GP", ve_%+l, GP(0), {o32 iret}
VF "int n by the idt: #GP", ve_%+l, GP(0), {int 0x40}
VC "int n by the table: pushed flags", ver_%+l, 0x3202, v_ifl, {int 0x48}
VC "int n by the table: vif cleared", ver_%+l, VM | IOPL(l) | 0x200, v_inow, {int 0x48}
VC "int n by the table, vif clear: pushed flags", vern_%+l, 0x3002, v_ifl, {int 0x48}
ENDGROUP
%assign l l + 1
%endrep
GROUP g_vme3, "vme, iopl 3"
VC "cli clears if", vmi_3, VM | IOPL(3), v_flags, cli
VC "sti sets if", vm_3, VM | IOPL(3) | 0x200, v_flags, sti
VC "pushf", vmi_3, 0x3202, v_ax, pushf, {pop ax}
CASE "int n by the idt", 0, DONE, -, vm_3
	bits 16
	int 0x40
	bits 32
ENDC
VC "int n by the table: pushed flags", vern_3, 0x3202, v_ifl, {int 0x48}
VC "int n by the table: if cleared", vern_3, VM | IOPL(3), v_inow, {int 0x48}
ENDGROUP

; ---- PVI: ring 3, IOPL below 3 ----------------------------------------------------------------------------------------
section .text
%macro PS 2
%1:	mov dword [efl], 2 | (%2)
	ret
%endmacro
	PS pv_0, 0
	PS pv_if, 0x200
	PS pv_vif, VIF
	PS pv_vip, VIP
	PS pv_3, IOPL(3)
	PS pv_3v, IOPL(3) | VIP
GROUP g_pvi, "protected-mode virtual interrupts"
CASE "sti sets vif", 3, DONE, VIF | 2, pv_0, v_flags
	sti
ENDC
CASE "cli clears vif", 3, DONE, 2, pv_vif, v_flags
	cli
ENDC
CASE "cli leaves if alone", 3, DONE, 0x202, pv_if, v_flags
	cli
ENDC
CASE "sti with vip: #GP", 3, GP(0), -, pv_vip
AT
	sti
ENDC
CASE "cli with vip", 3, DONE, VIP | 2, pv_vip, v_flags
	cli
ENDC
CASE "pushfd does not show vif as if", 3, DONE, VIF | 2, pv_vif
	pushfd
	pop eax
	and eax, 0xfffff
	and eax, ~0x40000
ENDC
CASE "popfd does not touch vif", 3, DONE, 2, pv_0, v_flags
	push dword VIF | 0x202
	popfd
ENDC
CASE "iopl 3: sti sets if", 3, DONE, IOPL(3) | 0x202, pv_3, v_flags
	sti
ENDC
CASE "iopl 3: vip does not matter", 3, DONE, IOPL(3) | VIP | 0x202, pv_3v, v_flags
	sti
ENDC
C1 "ring 0: sti sets if", 0, DONE, 0x202, {sti}, {pushfd}, {pop eax}, {cli}, {and eax,0x202}
F1 "ring 1 by iopl 0: #GP", 1, GP(0), {cli}
ENDGROUP
