#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""debian-test.py VIV CASE: Debian on the whole PC. Speaks TAP.

The guests come from make-installer, make-disk and make-small-disk beside this file, in the folder that VIV_GUEST_FOLDER names.
With VIV_GOLDEN=write a case writes its golden picture instead of judging by it: look at what it then calls golden.
"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from session import Failure, Machine

FOLDER = os.environ.get("VIV_GUEST_FOLDER", "")
PARTITION_1 = 1024 * 1024  # disk.sh begins it there
SMALL_PARTITION_2 = 33 * 1024 * 1024

# A golden picture is the mean colours of a grid's fields: one row of the file for one of the grid, RRGGBB each.
COLUMNS, ROWS = 32, 24
TOLERANCE = 10  # of 255, per colour: another theme or a screen half drawn differs by far more, an edge by less

DISK_COMPLAINTS = ("I/O error", "EXT4-fs error", "EXT4-fs warning", "failed command", "exception Emask", "lost interrupt", "BUG:", "Call Trace")


class Skip(Exception):
    """Why a case can't run."""


# --- pieces

def guest(name, maker):
    path = os.path.join(FOLDER, name)
    if not FOLDER or not os.path.exists(path):
        raise Skip(f"no {name} in the folder of VIV_GUEST_FOLDER, {FOLDER or 'which is not set'}: tests/debian/{maker} makes it")
    return path


def check(good, text):
    if not good:
        raise Failure(text)


def output(*command):
    """A program's output; what it complains of is a failure."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    text = done.stdout.decode(errors="replace")
    check(done.returncode == 0, f"{' '.join(command)}: status {done.returncode}: {text}{done.stderr.decode(errors='replace')}")
    return text


def check_partition(image, offset, files):
    """The file system at that offset is whole, and each file has the given contents."""
    partition = f"{image}?offset={offset}"
    for line in output("e2fsck", "-f", "-n", partition).splitlines():
        print("# e2fsck:", line)
    for name, contents in files.items():
        check(output("debugfs", "-R", f"cat {name}", partition) == contents, f"{name} on the image is not what the guest wrote")


def check_complaints(text):
    for line in text.splitlines():
        check(not any(complaint in line for complaint in DISK_COMPLAINTS), f"the kernel complains: {line}")


def numbers(last):
    """What `seq 1 LAST` writes."""
    return "".join(f"{number}\n" for number in range(1, last + 1))


class Copy:
    """A copy of an image, which the guest may write to."""

    def __init__(self, path):
        self.folder = tempfile.mkdtemp(prefix="viv-disk-", dir=os.path.dirname(path))
        self.path = os.path.join(self.folder, "disk.img")
        subprocess.run(["cp", "--sparse=always", path, self.path], check=True)

    def __enter__(self):
        return self.path

    def __exit__(self, kind, error, trace):
        shutil.rmtree(self.folder)


# --- golden pictures

def golden_path(name):
    return os.path.join(HERE, "golden", name + ".txt")


def read_golden(name):
    with open(golden_path(name), encoding="ascii") as file:
        fields = [bytes.fromhex(field) for line in file for field in line.split()]
    check(len(fields) == COLUMNS * ROWS, f"{golden_path(name)} has {len(fields)} fields")
    return fields


def write_golden(machine, name):
    means = machine.screen().means(COLUMNS, ROWS)
    with open(golden_path(name), "w", encoding="ascii") as file:
        for row in range(ROWS):
            print(" ".join(bytes(mean).hex() for mean in means[row * COLUMNS:(row + 1) * COLUMNS]), file=file)
    machine.keep_screen(golden_path(name) + ".png")


def near(colour, wanted):
    return all(abs(a - b) <= TOLERANCE for a, b in zip(colour, wanted))


def is_golden(picture, name):
    return all(near(mean, want) for mean, want in zip(picture.means(COLUMNS, ROWS), read_golden(name)))


# The graphical installer's colours, which are the same at every size and depth.
BANNER, PANEL, SELECTED, LIST = (0x05, 0x47, 0x5c), (0xed, 0xea, 0xe3), (0x2a, 0x82, 0x7b), (0xff, 0xff, 0xff)


def shows_language_list(picture):
    """The banner above, the list below it with one row selected over its whole width, the panel's rest around them."""
    def row_is(y, colour):
        return all(near(picture.pixel(picture.width * n // 20, y), colour) for n in range(8, 19))

    rows = range(picture.height)
    return (near(picture.pixel(4, 4), BANNER) and near(picture.pixel(4, picture.height - 4), PANEL) and
        15 <= sum(row_is(y, SELECTED) for y in rows) <= 30 and sum(row_is(y, LIST) for y in rows) >= picture.height // 2)


# --- the installer

def installer(viv, arch, form, append):
    folder = guest(f"installer-{arch}-{form}", "make-installer")
    return Machine(*viv, "-m", "1024", "-no-reboot", "-kernel", os.path.join(folder, "linux"), "-initrd", os.path.join(folder, "initrd.gz"),
        "-append", append)


def installer_text(viv, arch):
    """On the adapter's text screen: the first question, and after an answer by the keyboard the second."""
    with installer(viv, arch, "text", "nomodeset") as machine:
        machine.until_seen("the first question", lambda machine: "Select a language" in machine.text_memory())
        machine.ask("sendkey ret")
        machine.until_seen("the second question", lambda machine: "Select your location" in machine.text_memory())


def installer_serial(viv, arch):
    with installer(viv, arch, "text", "console=ttyS0") as machine:
        machine.until("Select a language")
        machine.type("")
        machine.until("Select your location")


def installer_gtk(viv, arch, append, size, golden=None):
    """With vga= the kernel asks SeaBIOS for a VBE mode and nomodeset keeps it; without, its own driver sets one."""
    def judge(machine):
        picture = machine.screen()
        return (picture.width, picture.height) == size and shows_language_list(picture) and (not golden or is_golden(picture, golden))

    with installer(viv, arch, "gtk", append) as machine:
        try:
            if os.environ.get("VIV_GOLDEN") == "write" and golden:
                machine.until_still()
                write_golden(machine, golden)
            machine.until_seen("the first question's list", judge)
        except Failure:
            machine.keep_screen(os.path.join(FOLDER, f"failed-installer-gtk-{arch}.png"))
            raise


# --- systems on disks

def small(viv):
    """GRUB, from a partitioned disk, starts the small guest, which writes to its disk."""
    with Copy(guest("small.img", "make-small-disk")) as disk:
        with Machine(*viv, "-m", "256", "-no-reboot", "-hda", disk) as machine:
            machine.until("GRUB reads its configuration")
            machine.until("guest: user space up")
            machine.until("disk mode: XFER_.*DMA")
            machine.until("guest: done, status 0")
            check(machine.end() == 0, "the machine ended with a status that isn't 0")
            check_complaints(machine.said)
        check_partition(disk, SMALL_PARTITION_2, {"/numbers": numbers(100000)})


def suspend(machine):
    """To sleep (S3), from which the clock's alarm wakes it."""
    machine.run("dmesg -C")
    machine.run("rtcwake -m mem -s 5")
    said = machine.run("dmesg")
    check("PM: suspend entry (deep)" in said and "PM: suspend exit" in said, "the kernel's log has no suspend and wake")


def system(viv, processors):
    """A whole Debian: boots, is logged in to, writes, sleeps, wakes, writes, switches itself off."""
    with Copy(guest("debian.img", "make-disk")) as disk:
        with Machine(*viv, "-m", "1024", "-smp", processors, "-no-reboot", "-hda", disk) as machine:
            machine.until("Linux version")
            machine.log_in("root", "vivarium")
            machine.run("dmesg -n 1")  # its own lines don't mix with ours
            check(machine.run("nproc").split()[0] == processors, "the guest does not see all processors")
            check("DMA" in machine.run("cat /sys/class/ata_device/dev1.0/dma_mode"), "the disk works without DMA")
            machine.run("systemctl is-system-running --wait")
            machine.run("seq 1 200000 >before; sync")
            suspend(machine)
            machine.run("seq 1 300000 >after; sync; echo 3 >/proc/sys/vm/drop_caches; seq 1 300000 | cmp - after")
            check_complaints(machine.run("dmesg"))
            machine.type("poweroff")
            check(machine.end() == 0, "the machine ended with a status that isn't 0")
            check_complaints(machine.said)
        check_partition(disk, PARTITION_1, {"/root/before": numbers(200000), "/root/after": numbers(300000)})


CASES = {
    "installer-amd64-text": lambda viv: installer_text(viv, "amd64"),
    "installer-i386-text": lambda viv: installer_text(viv, "i386"),
    "installer-amd64-serial": lambda viv: installer_serial(viv, "amd64"),
    "installer-amd64-gtk-vbe": lambda viv: installer_gtk(viv, "amd64", "vga=788 nomodeset", (800, 600), "installer-800x600"),
    "installer-i386-gtk-vbe": lambda viv: installer_gtk(viv, "i386", "vga=791 nomodeset", (1024, 768)),
    "installer-amd64-gtk-drm": lambda viv: installer_gtk(viv, "amd64", "vga=788", (1280, 800), "installer-1280x800"),
    "small": small,
    "system": lambda viv: system(viv, "1"),
    "system-smp": lambda viv: system(viv, "2"),
    "system-interp": lambda viv: system([*viv, "-accel", "interp"], "1"),
}


def main(viv, name):
    print("1..1", flush=True)
    try:
        CASES[name]([viv, "run"])
        print(f"ok 1 - {name}")
    except Skip as reason:
        print(f"ok 1 - {name} # SKIP {reason}")
    except Failure as failure:
        print(f"# {failure}")
        print(f"not ok 1 - {name}")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"# {usage.ru_utime + usage.ru_stime:.0f} s of processor time")


if len(sys.argv) != 3 or sys.argv[2] not in CASES:
    sys.exit(f"usage: debian-test.py VIV {'|'.join(CASES)}")
main(sys.argv[1], sys.argv[2])
