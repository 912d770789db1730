#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our option ROMs in the place of QEMU's, with its SeaBIOS and its loading of kernels: both follow the same fw_cfg items.

firmware-roms.py QEMU LINUXBOOT_ROM MULTIBOOT_ROM LINUX_KERNEL MULTIBOOT_KERNEL
"""
import pathlib
import re
import subprocess
import sys
import tempfile

GOOD = 1 << 1 | 1  # isa-debug-exit's status of the value 1


def embedded(include):
    return bytes(int(byte, 16) for byte in re.findall('0x[0-9a-f]{2}', pathlib.Path(include).read_text()))


def run(qemu, folder, kernel, *options):
    command = [qemu, '-L', folder, '-m', '64', '-display', 'none', '-monitor', 'none', '-net', 'none', '-debugcon', 'stdio',
               '-device', 'isa-debug-exit', '-kernel', kernel, *options]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, timeout=60, check=False)
    if done.returncode != GOOD:
        sys.exit(f'{kernel}: status {done.returncode}, said {done.stdout!r}')
    return done.stdout.decode().splitlines()


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f'{what}: {got}\nexpected: {wanted}')


def main():
    qemu, linuxboot, multiboot, linux_kernel, multiboot_kernel = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / 'linuxboot_dma.bin').write_bytes(embedded(linuxboot))
        (path / 'multiboot_dma.bin').write_bytes(embedded(multiboot))
        (path / 'one').write_bytes(b'first\0')
        (path / 'two').write_bytes(b'second\0')
        (path / 'initrd').write_bytes(b'initrd\n')
        (path / 'kernel').write_bytes(pathlib.Path(multiboot_kernel).read_bytes())
        (path / 'linux').write_bytes(pathlib.Path(linux_kernel).read_bytes())
        expect('linux', run(qemu, folder, 'linux', '-append', 'some words', '-initrd', 'initrd'), ['some words', 'kernel', 'initrd'])
        said = run(qemu, folder, 'kernel', '-append', 'a b', '-initrd', 'one x,two')
        modules = said[5:13]
        expect('multiboot texts', [said[0], modules[0], modules[3], modules[4], modules[7]], ['kernel a b', 'one x', 'first', 'two', 'second'])
        expect('multiboot memory', [said[3], said[4]], ['0000027f', '0000fb80'])
        expect('multiboot map', said[13:], ['00000000', '0009fc00', '00100000', '03ee0000'])


main()
