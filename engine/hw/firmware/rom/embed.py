#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An assembled option ROM as bytes of a C array: padded to blocks of 512, its size and checksums filled in."""
import sys

BLOCK = 512
SIZE_AT = 2
PNP_POINTER_AT, PNP_SIZE, PNP_CHECKSUM_AT = 0x1a, 32, 9


def finish(rom):
    rom.extend(bytes(-(len(rom) + 1) % BLOCK + 1))
    rom[SIZE_AT] = len(rom) // BLOCK
    pnp = int.from_bytes(rom[PNP_POINTER_AT:PNP_POINTER_AT + 2], 'little')
    rom[pnp + PNP_CHECKSUM_AT] = -sum(rom[pnp:pnp + PNP_SIZE]) & 0xff
    rom[-1] = -sum(rom) & 0xff
    return rom


def main():
    source, target = sys.argv[1:]
    with open(source, 'rb') as file:
        rom = finish(bytearray(file.read()))
    with open(target, 'w', encoding='ascii') as file:
        for at in range(0, len(rom), 16):
            file.write(' '.join(f'0x{byte:02x},' for byte in rom[at:at + 16]) + '\n')


main()
