#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Linux guest that does nothing costs the host: processor time over a minute, in per cent of one processor.

usage: idle-bench.py VIV [SECONDS [MOST]]

Processor time, not the clock, so that a busy host matters little. With MOST, more than so many per cent are a failure. The guests lie
in VIV_GUEST_FOLDER."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from session import Machine  # noqa: E402

GUESTS = [('64', 1), ('64', 4), ('32', 1)]
SETTLE_SECONDS = 5  # what the boot left to do


def used(process):
    """The process's time on processors so far, to the nanosecond (the sums in `stat` are of clock ticks, whose rhythm is much like an idle
    guest's), and how often its threads slept."""
    tasks = list(pathlib.Path(f'/proc/{process}/task').iterdir())
    ran = sum(int((task / 'schedstat').read_text().split()[0]) for task in tasks)
    sleeps = sum(int(line.split()[1]) for task in tasks
                 for line in (task / 'status').read_text().splitlines() if line.startswith('voluntary_ctxt'))
    return ran / 1e9, sleeps


def measure(viv, folder, bits, cpus, seconds):
    with Machine(viv, 'run', '-m', '512', '-smp', str(cpus), '-kernel', f'{folder}/k{bits}', '-initrd', f'{folder}/initrd{bits}.gz',
                 '-append', 'console=ttyS0') as guest:
        guest.until('guest: a shell')
        guest.until('/root # ')
        time.sleep(SETTLE_SECONDS)
        (cpu, sleeps), start = used(guest.process.pid), time.monotonic()
        time.sleep(seconds)
        (cpu_after, sleeps_after), passed = used(guest.process.pid), time.monotonic() - start
        return (cpu_after - cpu) * 100 / passed, (sleeps_after - sleeps) / passed


def main(viv, seconds='60', most='100'):
    folder, failed = os.environ.get('VIV_GUEST_FOLDER', ''), False
    for bits, cpus in GUESTS:
        if not folder or not (pathlib.Path(folder) / f'k{bits}').exists():
            print(f'no {bits}-bit Linux guest: tests/linux/make-guest made none')
            continue
        percent, wakeups = measure(viv, folder, bits, cpus, float(seconds))
        failed |= percent > float(most)
        print(f'{bits}-bit, {cpus} processors: {percent:.2f} % of a processor, {wakeups:.0f} wakeups a second', flush=True)
    print('load', *(f'{load:.1f}' for load in os.getloadavg()))
    sys.exit(failed)


if __name__ == '__main__':
    main(*sys.argv[1:])
