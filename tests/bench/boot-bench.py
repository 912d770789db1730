#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a PC takes from its start to SeaBIOS's "Booting from", and on to Linux's user space, beside QEMU's translator.

usage: boot-bench.py VIV [QEMU] [ROUNDS]

The emulators take turns, so that a busy host slows both; figures are the medians of the rounds, in milliseconds. The guests lie in
VIV_GUEST_FOLDER."""
import os
import pathlib
import selectors
import statistics
import subprocess
import sys
import time

LIMIT_SECONDS = 600
# Where each of them says so: SeaBIOS at its debug port, Linux's init on the serial line.
MARKS = {'Booting from': 'bios', 'user space up': 'serial'}


def command(program, folder, bits, debug):
    own = [program, 'run'] if pathlib.Path(program).name == 'viv' else [program, '-accel', 'tcg', '-nic', 'none']
    return own + ['-M', 'pc', '-cpu', 'max', '-m', '512', '-vga', 'std', '-display', 'none', '-no-reboot', '-monitor', 'none',
                  '-serial', 'stdio', '-debugcon', f'file:/dev/fd/{debug}', '-global', 'isa-debugcon.iobase=0x402',
                  '-kernel', f'{folder}/k{bits}', '-initrd', f'{folder}/initrd{bits}.gz', '-append', 'console=ttyS0 quiet guestrun="true"']


def boot(program, folder, bits):
    """Seconds to each mark."""
    reading, debug = os.pipe()
    start = time.monotonic()
    process = subprocess.Popen(command(program, folder, bits, debug), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=[debug])
    os.close(debug)
    ends = {'serial': process.stdout.fileno(), 'bios': reading}
    text, times = {name: b'' for name in ends}, {}
    selector = selectors.DefaultSelector()
    for name, end in ends.items():
        selector.register(end, selectors.EVENT_READ, name)
    while len(times) < len(MARKS) and time.monotonic() < start + LIMIT_SECONDS and selector.get_map():
        for key, _ in selector.select(1):
            data = os.read(key.fd, 65536)
            text[key.data] += data
            if not data:
                selector.unregister(key.fd)
        for mark, name in MARKS.items():
            if mark not in times and mark.encode() in text[name]:
                times[mark] = time.monotonic() - start
    process.kill()
    process.wait()
    process.stdout.close()
    os.close(reading)
    if len(times) < len(MARKS):
        sys.exit(f'{program}: the {bits}-bit guest did not come up; it said last: {text["serial"][-300:]!r}')
    return times


def main(viv, qemu=None, rounds='3'):
    folder = os.environ.get('VIV_GUEST_FOLDER', '')
    programs = [viv] + [qemu] * bool(qemu)
    print(f'{"median ms":>24}' + ''.join(f'{pathlib.Path(p).name:>20}' for p in programs))
    for bits in ('64', '32'):
        if not folder or not (pathlib.Path(folder) / f'k{bits}').exists():
            print(f'no {bits}-bit Linux guest: tests/linux/make-guest made none')
            continue
        runs = {program: [] for program in programs}
        for _ in range(int(rounds)):
            for program in programs:
                runs[program].append(boot(program, folder, bits))
        for mark in MARKS:
            medians = [statistics.median(times[mark] for times in runs[p]) * 1e3 for p in programs]
            ratio = f'   ratio {medians[0] / medians[1]:.2f}' if qemu else ''
            print(f'{bits + "-bit, " + mark:>24}' + ''.join(f'{ms:20.0f}' for ms in medians) + ratio, flush=True)
    print('load', *(f'{load:.1f}' for load in os.getloadavg()))


if __name__ == '__main__':
    main(*sys.argv[1:])
