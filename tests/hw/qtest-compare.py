#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the register scripts of the device tests to QEMU's devices, by its -qtest protocol, and says where its answers differ.

usage: qtest-compare.py TEST.c... ; a script is an array of RegisterStep. Steps about lines and requests are left out, and the
local APIC's, which that protocol can't reach. Debian's QEMU has no accelerator whose clock obeys: a script ends for it where
time would have to pass. Differences that are known, with the reason, stand in qtest-differs.txt as "TEST.c: script step";
others make the exit status 1."""
import pathlib
import re
import subprocess
import sys

QEMU = ['qemu-system-x86_64', '-machine', 'pc', '-accel', 'tcg', '-S', '-m', '16', '-nodefaults', '-display', 'none', '-qtest', 'stdio',
        '-qtest-log', 'none', '-rtc', 'base=2023-11-05T23:45:56,clock=vm']
COMMANDS = {'OUT8': 'outb', 'OUT16': 'outw', 'OUT32': 'outl', 'IN8': 'inb', 'IN16': 'inw', 'IN32': 'inl',
            'WRITE8': 'writeb', 'WRITE16': 'writew', 'WRITE32': 'writel', 'WRITE64': 'writeq',
            'READ8': 'readb', 'READ16': 'readw', 'READ32': 'readl', 'READ64': 'readq'}
MASKS = {'IN8': 0xff, 'IN16': 0xffff, 'IN32': 0xffffffff, 'READ8': 0xff, 'READ16': 0xffff, 'READ32': 0xffffffff, 'READ64': 2 ** 64 - 1}
LOCAL_APIC = 0xfee00000
STEP = re.compile(r'\{ ([A-Z_0-9]+), ([^,{}]+), ([^,{}]+), ([^,{}]+), (NULL|"[^"]*") \}|\b([A-Z_]+)\b,?')


class Qtest:
    def __init__(self):
        self.process = subprocess.Popen(QEMU, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        while True:
            answer = self.process.stdout.readline()
            if not answer:
                sys.exit('QEMU has gone at: ' + command)
            if not answer.startswith('IRQ'):
                return answer.split()

    def close(self):
        self.process.kill()
        self.process.wait()


def number(text, names):
    text = re.sub(r'\b[A-Z_][A-Z_0-9]*\b', lambda m: names.get(m[0], '0'), text)
    return int(eval(re.sub(r'(?<=[0-9a-fA-F])(ull|u)\b', '', text), {}))


def steps_of(text, macros):
    for match in STEP.finditer(text):
        if match[6] in macros:
            yield from steps_of(macros[match[6]], macros)
        elif match[1]:
            yield match.groups()[:5]


def scripts_of(source):
    names = dict(re.findall(r'#define ([A-Z_0-9]+) (0x[0-9a-f]+(?:ull)?)\b', source))
    names.setdefault('HPET_BASE', '0xfed00000')
    macros = dict(re.findall(r'#define ([A-Z_]+) \\\n((?:.*\\\n)*.*\n)', source))
    for function, body in re.findall(r'static void (\w+)\([^)]*\)\n\{(.*?)\n\}', source, re.S):
        for name, text in re.findall(r'RegisterStep (\w+)\[\] = \{(.*?)\n?\t?\};', body, re.S):
            yield function + '.' + name, list(steps_of(text, macros)), names


def compare(path, known):
    bad = 0
    for name, steps, names in scripts_of(path.read_text()):
        qtest = Qtest()
        checked = differs = 0
        for n, (op, address, value, ignore, what) in enumerate(steps):
            if op == 'RUN_NS':
                break
            if op not in COMMANDS:
                continue
            address, value, ignore = (number(x, names) for x in (address, value, ignore))
            if address >> 20 == LOCAL_APIC >> 20:
                continue
            answer = qtest.ask(f'{COMMANDS[op]} {address:#x}' + (f' {value:#x}' if op.startswith(('OUT', 'WRITE')) else ''))
            if op not in MASKS:
                continue
            checked += 1
            got = int(answer[1], 0) & MASKS[op]
            if (got ^ value) & ~ignore:
                label = f'{path.name}: {name} {n}'
                if label in known:
                    continue
                differs += 1
                print(f'{label}: {op} {address:#x}: {value:#x} here, {got:#x} there {what}')
        qtest.close()
        print(f'{path.name}: {name}: {checked} answers, {differs} differ')
        bad += differs
    return bad


def main():
    listed = pathlib.Path(__file__).with_name('qtest-differs.txt')
    known = {line.split(' #')[0].strip() for line in listed.read_text().splitlines()} if listed.exists() else set()
    sys.exit(1 if sum(compare(pathlib.Path(p), known) for p in sys.argv[1:]) else 0)


main()
