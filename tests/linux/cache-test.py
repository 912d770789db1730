#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A translator with hardly any room: a Linux guest boots and computes right while its code is evicted all the time; speaks TAP.

usage: cache-test.py VIV BITS CPUS

The guests lie in VIV_GUEST_FOLDER."""
import re
import subprocess
import sys

from onecase import one_case

PROGRAMS = 'sieve crc32 sha256 mul64 chase calls strings x87 simdint pagefault syscall atomics selfmod qsort indirect'
TB_MIB = 1
MOST_MS = 5  # of processor time that an eviction may take


def sums(text):
    return {words[1]: words[3] for words in map(str.split, text.splitlines()) if len(words) == 4 and words[0] == 'bench'}


def counters(text, name):
    return [int(count) for count in re.findall(rf'^ *(\d+) {name}', text, re.M)]


def check(guest, folder):
    wanted = sums(subprocess.run([folder / f'native{BITS}', '-t', '0.001', *PROGRAMS.split()], capture_output=True, text=True, check=True).stdout)
    got = sums(guest.run(f'guestbench -t 0.02 {PROGRAMS}'))
    wrong = [f'{name}: {got.get(name)} in the guest, {wanted[name]} on the host' for name in wanted if got.get(name) != wanted[name]]
    info = guest.ask('info jit')
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


if __name__ == '__main__':
    VIV, BITS, CPUS = sys.argv[1:]
    one_case(f'{BITS} bits, {CPUS} processors, {TB_MIB} MiB of code', VIV, BITS, CPUS, f'jit:interp,tb-size={TB_MIB}', check)
