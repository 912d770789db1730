#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Days in minutes: a Linux guest is loaded and reset again and again, and the emulator gets no bigger; speaks TAP.

usage: soak-test.py VIV BITS CPUS MINUTES [ACCELERATOR]

The translator has a small cache, so that all of its memory is in use early. After a first quarter of the time, in which everything
grows to its size, memory, open files, threads and mappings stay as they are. The guests lie in VIV_GUEST_FOLDER."""
import pathlib
import statistics
import sys
import time

from onecase import one_case, up

ACCELERATOR = 'jit:interp,tb-size=4'
MOST_GROWTH_KIB = 12 << 10  # between the second quarter and the last one
# What may come on top of the second quarter's most. The allocator maps a few pieces of memory now and then.
MORE = {'files': 0, 'threads': 0, 'mappings': 8}
LOADS = [
    'guestbench -t 0.05 selfmod pagefault forkexit syscall pipe sha256 x87 simdint',
    'for i in 1 2 3 4 5 6 7 8 9 10; do ls -lR /sys > /dev/null 2>&1; done',
    'dd if=/dev/zero bs=1M count=64 2> /dev/null | md5sum > /dev/null',
    'dd if=/dev/zero of=/dev/null bs=380M count=1 2> /dev/null',
    'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i + 1)); done',
    'for i in 1 2 3 4; do (guestbench -t 0.05 sieve crc32 qsort > /dev/null) & done; wait',
]


class Size:
    def __init__(self, pid, since):
        process = pathlib.Path(f'/proc/{pid}')
        status = dict(line.split(':', 1) for line in (process / 'status').read_text().splitlines())
        self.seconds = time.monotonic() - since
        rollup = (process / 'smaps_rollup').read_text()  # exact; VmRSS is wrong by some pages for each processor of the host
        self.kib = int(rollup.split('Rss:')[1].split()[0])
        self.threads = int(status['Threads'])
        self.files = len(list((process / 'fd').iterdir()))
        self.mappings = len((process / 'maps').read_text().splitlines())

    def __str__(self):
        return f'{self.seconds:6.0f} s: {self.kib} KiB, {self.files} files, {self.threads} threads, {self.mappings} mappings'


def reset(guest, number):
    """By the guest, by the monitor, and without warning in the middle of work."""
    if number % 3 == 0:
        guest.type('reboot -f')
    elif number % 3 == 1:
        guest.ask('system_reset')
    else:
        guest.type(LOADS[0])
        time.sleep(0.5)  # anywhere
        guest.ask('system_reset')
    up(guest)


def soak(guest, minutes):
    since, sizes = time.monotonic(), []
    while not sizes or sizes[-1].seconds < minutes * 60:
        for load in LOADS:
            guest.run(load)
        reset(guest, len(sizes))
        sizes.append(Size(guest.process.pid, since))
        print('#', sizes[-1], flush=True)
    return sizes


def quarter(sizes, number):
    end = sizes[-1].seconds
    return [size for size in sizes if end * number / 4 <= size.seconds <= end * (number + 1) / 4]


def judge(sizes):
    before, after = quarter(sizes, 1), quarter(sizes, 3)
    if len(before) < 2 or len(after) < 2:
        return [f'{len(sizes)} rounds are too few to judge: give it more time']
    problems = []
    growth = statistics.median(size.kib for size in after) - statistics.median(size.kib for size in before)
    print(f'# {len(sizes)} rounds; growth between the second and the last quarter: {growth:.0f} KiB')
    if growth > MOST_GROWTH_KIB:
        problems.append(f'memory grew by {growth:.0f} KiB')
    for what, more in MORE.items():
        counts = [max(getattr(size, what) for size in part) for part in (before, after)]
        if counts[1] > counts[0] + more:
            problems.append(f'{what}: {counts[0]}, later {counts[1]}')
    return problems


def check(guest, _):
    problems = judge(soak(guest, float(MINUTES)))
    for line in guest.ask('info jit').splitlines():
        print('#', line)
    return problems


if __name__ == '__main__':
    VIV, BITS, CPUS, MINUTES, *GIVEN = sys.argv[1:]
    one_case(f'{MINUTES} minutes of loads and resets', VIV, BITS, CPUS, *(GIVEN or [ACCELERATOR]), check)
