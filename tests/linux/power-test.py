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

from guest import SILENCE_SECONDS, Guest, Lost

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


def suspended(guest):
    """Waits until the machine sleeps; how many seconds that took."""
    start = time.monotonic()
    deadline = start + SILENCE_SECONDS
    while 'suspended' not in guest.command('info status'):
        if time.monotonic() > deadline:
            raise Lost('the machine did not fall asleep: ' + guest.command('info status'))
        time.sleep(0.05)
    return time.monotonic() - start


def sleep_and_wake(guest, waker, cpus, took):
    """What went wrong; appends to `took` how long the machine took to sleep."""
    guest.shell('dmesg -c > /dev/null; stty sane')
    if waker == 'alarm':
        seconds = 2 + int(3 * max(took))
        guest.shell(f'echo 0 > /sys/class/rtc/rtc0/wakealarm; echo +{seconds} > /sys/class/rtc/rtc0/wakealarm')
        guest.type("echo mem > /sys/power/state; echo 'status' $?\n")
    else:
        guest.type("echo mem > /sys/power/state; echo 'status' $?\n")
        took.append(suspended(guest))
        guest.command(waker)
    status = guest.serial.expect(r'^status (\d+)')[1]
    log = guest.shell('dmesg')
    lacks = [line for line in ['PM: suspend entry (deep)', 'ACPI: PM: Waking up from system sleep state S3', 'PM: suspend exit']
             if line not in log]
    problems = [f'echo mem: status {status}'] * (status != '0') + [f'the log has no "{line}"' for line in lacks]
    if guest.shell('nproc').split() != [str(cpus)]:
        problems.append('not all processors came back')
    if 'running' not in guest.command('info status'):
        problems.append(guest.command('info status'))
    return '\n'.join(problems)


def sleeps(guest, cpus):
    report, took = Report(len(WAKERS)), []
    for waker in WAKERS:
        report.case(f'S3 until {waker}', sleep_and_wake(guest, waker, cpus, took))
    return report


def resets(guest):
    report = Report(len(RESETS))
    for way in RESETS:
        chosen = guest.shell(f'echo {way} > /sys/kernel/reboot/type; cat /sys/kernel/reboot/type').strip()
        guest.type('reboot -f\n')
        guest.up()
        report.case(f'reboot by {way}', '' if chosen == way else f'the kernel restarts by "{chosen}"')
    return report


def main():
    viv, bits, cpus, what = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    folder = os.environ.get('VIV_GUEST_FOLDER', '')
    if not folder or not (pathlib.Path(folder) / f'k{bits}').exists():
        print(f'1..0 # SKIP no {bits}-bit Linux guest: tests/linux/make-guest made none')
        return
    with Guest(viv, folder, bits, cpus) as guest:
        try:
            guest.up()
            report = sleeps(guest, cpus) if what == 'sleep' else resets(guest)
        except Lost as lost:
            print('Bail out!', str(lost).replace('\n', ' | '))
            sys.exit(1)
    sys.exit(report.failed)


if __name__ == '__main__':
    main()
