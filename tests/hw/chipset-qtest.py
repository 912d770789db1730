#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the same register accesses to our chipset and to QEMU's pc, and compares what is read.

usage: chipset-qtest.py CHIPSET-QTEST [QEMU]

QEMU's `-qtest stdio` answers port and memory accesses without running a processor. Where we differ on purpose, KNOWN says why;
a difference that isn't there, and a known one that has gone, fail. Exit status 77: there is no such QEMU.
"""
import fnmatch
import shutil
import subprocess
import sys
import tempfile

HOST, ISA, PM = 0x00, 0x08, 0x0b
NAMES = {HOST: "host", ISA: "isa", PM: "pm"}

DATASHEET = "the datasheet's reset value; QEMU has none"
KNOWN = {
    "reset host 04": "PCICMD and PCISTS have bits that are always on",
    "reset host 50": DATASHEET, "reset host 58": DATASHEET,
    "reset host 60": DATASHEET, "reset host 64": DATASHEET, "reset host 70": DATASHEET,
    "reset isa 04": "PCICMD's low bits are always on",
    "reset pm 5c": "QEMU preset what its serial and parallel ports' enables show",
    "reset pm 60": "QEMU preset what its serial and parallel ports' enables show",
    "pam read-only *": "QEMU's test protocol writes past the read-only flag of its aliases",
    "pam bus [cd]*": "QEMU has a ROM of zeros there, we have the empty bus",
    "smram closed *": "QEMU without a display adapter shows the RAM under the window",
    "pm status": "QEMU's timer toggles at time 0",
    "cf8 reserved": "reserved bits of the address register read 0",
    "pm gpsts": "nothing is wired to the general-purpose inputs; QEMU has no such registers",
}


class Script:
    def __init__(self):
        self.lines, self.labels = [], []

    def do(self, line):
        self.lines.append(line)
        self.labels.append(None)

    def ask(self, label, line):
        self.lines.append(line)
        self.labels.append(label)

    def config(self, devfn, register):
        self.do(f"outl 0xcf8 {0x80000000 | devfn << 8 | register & 0xfc:#x}")

    def set8(self, devfn, register, value):
        self.config(devfn, register)
        self.do(f"outb {0xcfc + register % 4:#x} {value:#x}")

    def set32(self, devfn, register, value):
        self.config(devfn, register)
        self.do(f"outl 0xcfc {value:#x}")


def after_reset(s):
    for devfn, name in NAMES.items():
        for register in range(0, 256, 4):
            s.config(devfn, register)
            s.ask(f"reset {name} {register:02x}", "inl 0xcfc")
        s.config(devfn, 0)
        for offset in range(4):
            s.ask(f"byte {name} {offset}", f"inb {0xcfc + offset:#x}")
        s.ask(f"word {name}", "inw 0xcfe")


def address_register(s):
    s.do("outl 0xcf8 0x80000810")
    for command in ("outb 0xcf8 0", "outb 0xcfa 0", "outw 0xcfa 0"):
        s.do(command)
        s.ask("cf8 after " + command, "inl 0xcf8")
    s.do("outl 0xcf8 0x0")
    s.ask("cf8 disabled", "inl 0xcfc")
    s.do("outl 0xcf8 0x80010000")
    s.ask("cf8 bus 1", "inl 0xcfc")
    s.do("outl 0xcf8 0x80ffff03")
    s.ask("cf8 reserved", "inl 0xcf8")
    s.ask("cf9", "inb 0xcf9")
    s.do("outb 0xcf9 2")
    s.ask("cf9 hard", "inb 0xcf9")


def shadow(s):
    areas = [(0x59, 4, 0xf0000), *((0x5a + n // 2, n % 2 * 4, 0xc0000 + n * 0x4000) for n in range(12))]
    for register, shift, base in areas:
        for state, name in ((3, "ram"), (1, "read-only"), (0, "bus"), (3, "ram-again")):
            s.set8(HOST, register, state << shift)
            s.do(f"writel {base + 0x100:#x} {0x11110000 + base + state:#x}")
            s.ask(f"pam {name} {base:x}", f"readl {base + 0x100:#x}")
            s.ask(f"pam {name} {base:x} end", f"readl {base + 0x3ffc:#x}")
        s.set8(HOST, register, 0)
    s.set8(HOST, 0x59, 0x20)
    s.do("writel 0xf0200 0x12345678")
    s.set8(HOST, 0x59, 0x10)
    s.ask("pam shadow-copy f0000", "readl 0xf0200")
    s.set8(HOST, 0x59, 0)
    for address in (0xfffffff0, 0xfffc0000, 0xffff0, 0xe0000, 0x7ffffc):
        s.ask(f"map {address:x}", f"readl {address:#x}")


def smram(s):
    for value, state in ((0x4a, "open"), (0x0a, "closed"), (0x02, "closed"), (0x42, "closed"), (0x4a, "open again")):
        s.set8(HOST, 0x72, value)
        s.do(f"writel 0xa1000 {0x5500 + value:#x}")
        s.ask(f"smram {state} {value:02x}", "readl 0xa1000")
    s.set8(HOST, 0x72, 0x0a)


def power(s):
    s.ask("pm unmapped", "inl 0x608")
    s.set32(PM, 0x40, 0x601)
    s.set8(PM, 0x80, 1)
    s.ask("pm timer", "inl 0x608") # time stands still: Debian's QEMU hasn't the accelerator that has clock_step
    s.ask("pm status", "inw 0x600")
    s.do("outw 0x602 0x521")
    s.ask("pm enable", "inw 0x602")
    s.do("outw 0x604 0x1c01")
    s.ask("pm control", "inw 0x604")
    s.ask("pm gpsts", "inl 0x60c")
    for value in (0xf0, 0xf1):
        s.do(f"outb 0xb2 {value:#x}")
        s.ask(f"apm {value:02x} control", "inw 0x604")
        s.ask(f"apm {value:02x} b2", "inb 0xb2")
    s.do("outb 0xb3 0x5a")
    s.ask("apm b3", "inb 0xb3")
    s.do("outb 0xafe2 0x0e")
    s.ask("gpe", "inl 0xafe0")


def smbus(s):
    def run(label, address, command, control, data=(0, 0)):
        for port, value in ((0xb100, 0x1e), (0xb104, address), (0xb103, command), (0xb105, data[0]), (0xb106, data[1]), (0xb102, control)):
            s.do(f"outb {port:#x} {value:#x}")
        s.do("inb 0xb102")
        s.do("inb 0xb100") # QEMU shows itself busy once
        for port in (0xb100, 0xb105, 0xb106):
            s.ask(f"smbus {label} {port - 0xb100}", f"inb {port:#x}")

    run("read byte", 0xa1, 0, 0x48)
    run("write word", 0xa2, 0x10, 0x4c, (0x12, 0x34))
    run("read word", 0xa3, 0x10, 0x4c)
    run("read byte back", 0xa3, 0x11, 0x48)
    run("send byte", 0xa2, 0x10, 0x44)
    run("receive byte", 0xa3, 0, 0x44)
    run("nobody", 0x91, 0, 0x48)
    run("quick", 0xae, 0, 0x40)


def hotplug(s):
    s.ask("pcihp up", "inl 0xae00")
    s.ask("pcihp down", "inl 0xae04")
    s.ask("cpuhp bitmap", "inb 0xaf00")
    s.ask("cpuhp bitmap 31", "inb 0xaf1f")
    s.do("outl 0xaf00 0")
    s.ask("cpuhp flags", "inb 0xaf04")
    s.ask("cpuhp data", "inl 0xaf08")
    s.do("outb 0xaf05 3")
    s.ask("cpuhp arch id", "inl 0xaf08")
    s.do("outl 0xaf00 1")
    s.ask("cpuhp nobody", "inb 0xaf04")


def play(command, script):
    """Line by line: QEMU doesn't end when its input does."""
    answers = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as run:
        for line, label in zip(script.lines, script.labels):
            run.stdin.write(line + "\n")
            reply = run.stdout.readline()
            while reply.startswith("IRQ"):
                reply = run.stdout.readline()
            if not reply.startswith("OK"):
                run.kill()
                sys.exit(f"{command[0]}: {line}: {reply.strip() or 'no answer'}")
            if label:
                answers[label] = int(reply.split()[1], 0)
        run.kill()
    return answers


def main():
    qemu = shutil.which(sys.argv[2] if len(sys.argv) > 2 else "qemu-system-x86_64")
    if not qemu:
        sys.exit(77)
    script = Script()
    for part in (after_reset, address_register, shadow, smram, power, smbus, hotplug):
        part(script)
    with tempfile.NamedTemporaryFile() as bios:
        bios.write(bytes((n >> 8 ^ 0xa5) & 0xff for n in range(256 << 10)))
        bios.flush()
        ours = play([sys.argv[1], bios.name], script)
        theirs = play([qemu, "-M", "pc", "-m", "8", "-nodefaults", "-display", "none", "-vga", "none", "-monitor", "none", "-bios", bios.name,
                       "-S", "-qtest", "stdio", "-qtest-log", "/dev/null"], script)
    gone, failed = set(KNOWN), 0
    for label, value in ours.items():
        known = {pattern for pattern in KNOWN if fnmatch.fnmatchcase(label, pattern)}
        if value == theirs[label]:
            continue
        gone -= known
        if not known:
            failed += 1
            print(f"{label}: {value:#x}, QEMU {theirs[label]:#x}")
    for pattern in sorted(gone):
        print(f"no longer different: {pattern}")
    print(f"{len(ours)} values compared, {len(KNOWN)} known kinds of difference, {failed} failures")
    sys.exit(failed != 0 or bool(gone))


if __name__ == "__main__":
    main()
