# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Python program does all day, as the guest runs it: objects, dictionaries, strings, numbers. Prints a digest of the results."""
import hashlib
import json
import re


class Node:
    def __init__(self, key):
        self.key, self.left, self.right = key, None, None


def insert(root, key):
    node = root
    while True:
        side = 'left' if key < node.key else 'right'
        below = getattr(node, side)
        if below is None:
            setattr(node, side, Node(key))
            return
        node = below


def walk(node):
    if node:
        yield from walk(node.left)
        yield node.key
        yield from walk(node.right)


def tree(count):
    number, root = 1, Node(500000)
    for _ in range(count):
        number = number * 1103515245 + 12345 & 0x7fffffff
        insert(root, number % 1000000)
    return list(walk(root))


def queens(size, row=0, columns=0, up=0, down=0):
    if row == size:
        return 1
    found = 0
    for column in range(size):
        bits = 1 << column, 1 << row + column, 1 << row - column + size
        if not (columns & bits[0] or up & bits[1] or down & bits[2]):
            found += queens(size, row + 1, columns | bits[0], up | bits[1], down | bits[2])
    return found


def mandelbrot(size):
    inside = 0
    for y in range(size):
        for x in range(size):
            z, c = 0j, complex(3 * x / size - 2, 2 * y / size - 1)
            for _ in range(50):
                z = z * z + c
                if abs(z) > 2:
                    break
            else:
                inside += 1
    return inside


def words(count):
    text = ' '.join(f'{number * 7919 % 1009:x}-{number % 97}' for number in range(count))
    tally = {}
    for match in re.finditer(r'([0-9a-f]+)-(\d+)', text):
        tally[match[1]] = tally.get(match[1], 0) + int(match[2])
    return json.loads(json.dumps(tally, sort_keys=True))


RESULTS = [tree(60000), queens(9), mandelbrot(120), words(60000), 3 ** 20000 % 10 ** 50]
print(hashlib.sha256(repr(RESULTS).encode()).hexdigest())
