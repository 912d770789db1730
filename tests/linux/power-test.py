#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sleep and resets of a Linux guest, from its shell; speaks TAP.

usage: power-test.py VIV BITS CPUS sleep|resets

sleep: S3 and every way out of it: the real-time clock's alarm, system_wakeup, the power button, a key. resets: every way the kernel
knows to restart a PC; each must lead through the BIOS to a shell again. The guests lie in VIV_GUEST_FOLDER."""
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from session import PATIENCE_SECONDS, Failure, Machine

# The alarm comes last: one that rings before the kernel has armed it for waking is a clock's interrupt to it, and no more. So it is
# set behind the time that the others took to fall asleep.
WAKERS = ['system_wakeup', 'system_powerdown', 'sendkey a', 'alarm']
# Linux's reboot=: keyboard controller, triple fault, ACPI (which falls back, this board's having no such register), port CF9, and the
# BIOS' entry in real mode.
RESETS = ['kbd', 'triple', 'acpi', 'pci', 'bios']


class Report:
    def __init__(self, count):
        self.number, self.failed = 0, False
        print(f'1..{count}', flush=True)

    def case(self, name, problem):
        self.number += 1
        self.failed |= bool(problem)
        for line in problem.splitlines():
            print('#', line)
        print('not ok' if problem else 'ok', self.number, name, flush=True)


def up(guest):
    """Waits for the shell."""
    guest.until('guest: a shell')
    guest.until('/root # ')


def suspended(guest):
    """Waits until the machine sleeps; how many seconds that took."""
    start = time.monotonic()
    deadline = start + PATIENCE_SECONDS
    while 'suspended' not in guest.ask('info status'):
        if time.monotonic() > deadline:
            raise Failure('the machine did not fall asleep: ' + guest.ask('info status'))
        time.sleep(0.05)
    return time.monotonic() - start


def sleep_and_wake(guest, waker, cpus, took):
    """What went wrong; appends to `took` how long the machine took to sleep."""
    guest.run('dmesg -c > /dev/null; stty sane')
    if waker == 'alarm':
        seconds = 2 + int(3 * max(took))
        guest.run(f'echo 0 > /sys/class/rtc/rtc0/wakealarm; echo +{seconds} > /sys/class/rtc/rtc0/wakealarm')
        guest.type("echo mem > /sys/power/state; echo 'woken' $?")
    else:
        guest.type("echo mem > /sys/power/state; echo 'woken' $?")
        took.append(suspended(guest))
        guest.ask(waker)
    status = guest.until(r'^woken (\d+)')[1]
    guest.until('/root # ')
    log = guest.run('dmesg')
    lacks = [line for line in ['PM: suspend entry (deep)', 'ACPI: PM: Waking up from system sleep state S3', 'PM: suspend exit']
             if line not in log]
    problems = [f'echo mem: status {status}'] * (status != '0') + [f'the log has no "{line}"' for line in lacks]
    if guest.run('nproc').split() != [str(cpus)]:
        problems.append('not all processors came back')
    if 'running' not in guest.ask('info status'):
        problems.append(guest.ask('info status'))
    return '\n'.join(problems)


def sleeps(guest, cpus):
    report, took = Report(len(WAKERS)), []
    for waker in WAKERS:
        report.case(f'S3 until {waker}', sleep_and_wake(guest, waker, cpus, took))
    return report


def resets(guest):
    report = Report(len(RESETS))
    for way in RESETS:
        chosen = guest.run(f'echo {way} > /sys/kernel/reboot/type; cat /sys/kernel/reboot/type').strip()
        guest.type('reboot -f')
        up(guest)
        report.case(f'reboot by {way}', '' if chosen == way else f'the kernel restarts by "{chosen}"')
    return report


def main():
    viv, bits, cpus, what = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    folder = os.environ.get('VIV_GUEST_FOLDER', '')
    if not folder or not (pathlib.Path(folder) / f'k{bits}').exists():
        print(f'1..0 # SKIP no {bits}-bit Linux guest: tests/linux/make-guest made none')
        return
    try:
        with Machine(viv, 'run', '-m', '512', '-smp', str(cpus), '-kernel', f'{folder}/k{bits}', '-initrd', f'{folder}/initrd{bits}.gz',
                     '-append', 'console=ttyS0') as guest:
            up(guest)
            report = sleeps(guest, cpus) if what == 'sleep' else resets(guest)
    except Failure as failure:
        print('Bail out!', str(failure).replace('\n', ' | '))
        sys.exit(1)
    sys.exit(report.failed)


if __name__ == '__main__':
    main()
