#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Days in minutes: a Linux guest is loaded and reset again and again, and the emulator gets no bigger; speaks TAP.

usage: soak-test.py VIV BITS CPUS MINUTES [ACCELERATOR]

The translator has a small cache, so that all of its memory is in use early. After a first quarter of the time, in which everything
grows to its size, memory, open files and threads stay as they are. The guests lie in VIV_GUEST_FOLDER."""
import os
import pathlib
import statistics
import sys
import time

from guest import Guest, Lost

ACCELERATOR = 'jit:interp,tb-size=4'
MOST_GROWTH_KIB = 12 << 10  # between the second quarter and the last one
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
        self.kib = int(status['VmRSS'].split()[0])
        self.threads = int(status['Threads'])
        self.files = len(list((process / 'fd').iterdir()))

    def __str__(self):
        return f'{self.seconds:6.0f} s: {self.kib} KiB, {self.files} files, {self.threads} threads'


def reset(guest, number):
    """By the guest, by the monitor, and without warning in the middle of work."""
    if number % 3 == 0:
        guest.type('reboot -f\n')
    elif number % 3 == 1:
        guest.command('system_reset')
    else:
        guest.type(LOADS[0] + '\n')
        time.sleep(0.5)  # anywhere
        guest.command('system_reset')
    guest.up()


def soak(guest, minutes):
    since, sizes = time.monotonic(), []
    while not sizes or sizes[-1].seconds < minutes * 60:
        for load in LOADS:
            guest.shell(load)
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
    for what in ['files', 'threads']:
        counts = [max(getattr(size, what) for size in part) for part in (before, after)]
        if counts[1] > counts[0]:
            problems.append(f'{what}: {counts[0]}, later {counts[1]}')
    return problems


def main():
    viv, bits, cpus, minutes = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    folder = os.environ.get('VIV_GUEST_FOLDER', '')
    if not folder or not (pathlib.Path(folder) / f'k{bits}').exists():
        print(f'1..0 # SKIP no {bits}-bit Linux guest: tests/linux/make-guest made none')
        return
    print('1..1', flush=True)
    with Guest(viv, folder, bits, cpus, options=('-accel', sys.argv[5] if len(sys.argv) > 5 else ACCELERATOR)) as guest:
        try:
            guest.up()
            problems = judge(soak(guest, minutes))
            info = guest.command('info jit')
        except Lost as lost:
            print('Bail out!', str(lost).replace('\n', ' | '))
            sys.exit(1)
    for line in info.splitlines()[1:]:
        print('#', line)
    for line in problems:
        print('#', line)
    print('not ok' if problems else 'ok', 1, f'{minutes:g} minutes of loads and resets')
    sys.exit(bool(problems))


if __name__ == '__main__':
    main()
