#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A translator with hardly any room: a Linux guest boots and computes right while its code is evicted all the time; speaks TAP.

usage: cache-test.py VIV BITS CPUS

The guests lie in VIV_GUEST_FOLDER."""
import os
import pathlib
import re
import subprocess
import sys

from guest import Guest, Lost

PROGRAMS = 'sieve crc32 sha256 mul64 chase calls strings x87 simdint pagefault syscall atomics selfmod qsort indirect'
TB_MIB = 1
MOST_MS = 5  # of processor time that an eviction may take


def sums(text):
    return {words[1]: words[3] for words in map(str.split, text.splitlines()) if len(words) == 4 and words[0] == 'bench'}


def counters(text, name):
    return [int(count) for count in re.findall(rf'^ *(\d+) {name}', text, re.M)]


def check(guest, native):
    wanted = sums(subprocess.run([native, '-t', '0.001', *PROGRAMS.split()], capture_output=True, text=True, check=True).stdout)
    got = sums(guest.shell(f'guestbench -t 0.02 {PROGRAMS}'))
    wrong = [f'{name}: {got.get(name)} in the guest, {wanted[name]} on the host' for name in wanted if got.get(name) != wanted[name]]
    info = guest.command('info jit')
    evictions, evicted = counters(info, 'evictions: of the oldest part'), counters(info, 'blocks evicted')
    longest = counters(info, 'us for the longest')
    print(f'# evictions: {evictions}, of {evicted} blocks; longest: {longest} us; code now: {counters(info, "bytes of code now")}')
    if not evictions:
        return wrong + ['nothing is translated']
    if not all(evictions + evicted):
        wrong.append('there was room for everything')
    wrong += [f'an eviction took {us} us' for us in longest if us > MOST_MS * 1000]
    wrong += [f'{size} bytes of code' for size in [sum(counters(info, 'bytes of code now'))] if size > TB_MIB << 20]
    return wrong


def main():
    viv, bits, cpus = sys.argv[1], sys.argv[2], int(sys.argv[3])
    folder = pathlib.Path(os.environ.get('VIV_GUEST_FOLDER', ''))
    if not (folder / f'k{bits}').exists():
        print(f'1..0 # SKIP no {bits}-bit Linux guest: tests/linux/make-guest made none')
        return
    print('1..1', flush=True)
    with Guest(viv, folder, bits, cpus, options=('-accel', f'jit:interp,tb-size={TB_MIB}')) as guest:
        try:
            guest.up()
            wrong = check(guest, folder / f'native{bits}')
        except Lost as lost:
            print('Bail out!', str(lost).replace('\n', ' | '))
            sys.exit(1)
    for line in wrong:
        print('#', line)
    print('not ok' if wrong else 'ok', 1, f'{bits} bits, {cpus} processors, {TB_MIB} MiB of code')
    sys.exit(bool(wrong))


if __name__ == '__main__':
    main()
