#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same picture as BMP and as JPEG, both of the kinds that SeaBIOS can show: squares of one colour each.

splash.py BMP JPEG
"""
import struct
import sys

WIDTH, HEIGHT, SQUARE = 640, 480, 16


def color(column, row):
    """YCbCr of a square: a rainbow, and a frame of white and black squares."""
    last_column, last_row = WIDTH // SQUARE - 1, HEIGHT // SQUARE - 1
    if column in (0, last_column) or row in (0, last_row):
        return (255 if (column + row) % 2 else 0), 128, 128
    return 128, column * 255 // last_column, row * 255 // last_row


def bgr(y, cb, cr):
    """ITU-R BT.601 as JFIF has it."""
    red, blue = y + 1.402 * (cr - 128), y + 1.772 * (cb - 128)
    green = y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)
    return bytes(max(0, min(255, round(part))) for part in (blue, green, red))


def bmp():
    rows = b''.join(b''.join(bgr(*color(x // SQUARE, y // SQUARE)) for x in range(WIDTH)) for y in reversed(range(HEIGHT)))
    headers = struct.pack('<IHHIIiiHHIIiiII', 54 + len(rows), 0, 0, 54, 40, WIDTH, HEIGHT, 1, 24, 0, len(rows), 2835, 2835, 0, 0)
    return b'BM' + headers + rows


class Bits:
    def __init__(self):
        self.bits = ''

    def put(self, value, count):
        if count:
            self.bits += format(value, f'0{count}b')

    def stuffed(self):
        """Filled up with ones; a byte FF is followed by 00."""
        bits = self.bits + '1' * (-len(self.bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, 'big').replace(b'\xff', b'\xff\0')


def segment(marker, body):
    return struct.pack('>BBH', 0xff, marker, len(body) + 2) + body


def jpeg():
    """Baseline, Y at full size, Cb and Cr at half: a square is one unit of four blocks Y, one Cb, one Cr, each of which is its mean
    alone. All of the twelve lengths of a difference have codes of four bits, the end of a block has one of a bit (ITU-T T.81)."""
    out, last = Bits(), [0, 0, 0]
    for row in range(HEIGHT // SQUARE):
        for column in range(WIDTH // SQUARE):
            for component, value in enumerate(color(column, row)):
                for block in range(4 if component == 0 else 1):
                    mean = value - 128  # eight times that, divided by the table's 8
                    difference = mean - last[component]
                    last[component] = mean
                    length = abs(difference).bit_length()
                    out.put(length, 4)
                    out.put(difference if difference > 0 else difference + (1 << length) - 1, length)
                    out.put(0, 1)
    codes_dc, codes_ac = [0, 0, 0, 12] + 12 * [0], [1] + 15 * [0]
    tables = b'\x00' + bytes(codes_dc) + bytes(range(12)) + b'\x10' + bytes(codes_ac) + b'\0'
    frame = struct.pack('>BHHB', 8, HEIGHT, WIDTH, 3) + bytes((1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0))
    return (b'\xff\xd8' + segment(0xe0, b'JFIF\0\1\1\0\0\1\0\1\0\0') + segment(0xdb, b'\0' + 64 * b'\x08') + segment(0xc0, frame)
            + segment(0xc4, tables) + segment(0xda, bytes((3, 1, 0, 2, 0, 3, 0, 0, 63, 0))) + out.stuffed() + b'\xff\xd9')


def main():
    for path, make in zip(sys.argv[1:], (bmp, jpeg)):
        with open(path, 'wb') as file:
            file.write(make())


if __name__ == '__main__':
    main()
