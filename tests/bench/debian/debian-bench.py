#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian at work: seconds to its login, and of a compiler, a Python program, compression and OpenSSL in it; beside QEMU's TCG if there
is one.

usage: debian-bench.py VIV [QEMU]

The image comes from `tests/debian/make-disk FOLDER bench`, into the folder that VIV_GUEST_FOLDER names; nothing is written to it.
VIV_BENCH_ROUNDS (1) is how often all is done; the best of each counts. Times are this host's clock's. The exit status is 1 if a guest
came to other results than the other, 77 if there is no image."""
import os
import pathlib
import re
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from session import Failure, Machine

SECTOR_BYTES = 512
FILES = [HERE / 'work.py', HERE.parent / 'guestbench.c']

# What is run in the guest, in the folder of FILES: what it prints must be the same everywhere.
JOBS = {
    'compile (gcc -O2)': 'gcc -O2 -w -o guestbench guestbench.c -lm -lpthread && sha256sum <guestbench',
    'python': 'python3 work.py',
    'compress (xz -6)': 'xz -6 -T1 <data >data.xz && sha256sum <data.xz',
    'decompress (xz)': 'xz -dc data.xz | sha256sum',
    'compress (zstd -12)': 'zstd -q -12 -T1 <data >data.zst && zstd -dc data.zst | sha256sum',
}
PREPARATION = ['mkdir work && cd work && tar xf /dev/sdb', 'head -c 6000000 "$(gcc -print-prog-name=cc1)" >data', 'python3 -c ""', 'sync']
# Speeds that OpenSSL measures itself: its arguments, a pattern of what `-mr` prints whose first group is units in a second, and how many units are meant.
SPEEDS = {
    'openssl sha256, 1 MB': ('-bytes 16384 -evp sha256', r'^\+F:\d+:[^:]*:([\d.]+)$', 1e6),
    'openssl aes-128-cbc, 1 MB': ('-bytes 16384 -evp aes-128-cbc', r'^\+F:\d+:[^:]*:([\d.]+)$', 1e6),
    'openssl rsa2048, signature': ('rsa2048', r'^\+F2:\d+:2048:([\d.]+):', 1),
}


def emulators(viv, qemu):
    """The name and command of each; the options are the same."""
    found = [('viv', [viv, 'run', '-cpu', 'max'])]
    if qemu:
        found.append(('QEMU', [qemu, '-M', 'pc', '-accel', 'tcg', '-cpu', 'max', '-nic', 'none']))
    return found


def options(image, work):
    return ['-m', '1024', '-no-reboot', '-drive', f'file={image},if=ide,index=0,format=raw,snapshot=on',
            '-drive', f'file={work},if=ide,index=1,format=raw,snapshot=on']


def pack(path):
    """A disk that is a tar archive."""
    with tarfile.open(path, 'w') as archive:
        for file in FILES:
            archive.add(file, file.name)
    os.truncate(path, -(-path.stat().st_size // SECTOR_BYTES) * SECTOR_BYTES)


def speed(machine, arguments, pattern, amount):
    """Seconds for an amount of what OpenSSL does."""
    said = machine.run(f'openssl speed -mr -seconds 3 {arguments} 2>/dev/null')
    found = re.search(pattern, said, re.MULTILINE)
    if not found:
        raise Failure(f'openssl speed {arguments} says {said}')
    return amount / float(found[1])


def measure(command):
    """Boots once: seconds by name, and what the jobs printed."""
    seconds, printed = {}, {}
    begun = time.monotonic()
    with Machine(*command) as machine:
        machine.until('login: ')
        seconds['boot to the login'] = time.monotonic() - begun
        machine.seen = 0
        print(f"# boot to the login: {seconds['boot to the login']:.2f} s", flush=True)
        machine.log_in('root', 'vivarium')
        machine.run('dmesg -n 1; systemctl is-system-running --wait')
        for line in PREPARATION:
            machine.run(line)
        for name, line in JOBS.items():
            begun = time.monotonic()
            printed[name] = machine.run(line)
            seconds[name] = time.monotonic() - begun
            print(f'# {name}: {seconds[name]:.2f} s', flush=True)
        for name, arguments in SPEEDS.items():
            seconds[name] = speed(machine, *arguments)
    return seconds, printed


def best(rounds):
    return {name: min(seconds[name] for seconds in rounds) for name in rounds[0]}


def show(results):
    names = list(results)
    compared = len(names) > 1
    print(f"{'':28}" + ''.join(f'{name:>12}' for name in names) + (f'{"/".join(names):>12}' if compared else ''))
    for row in results['viv']:
        figures = [results[name][row] for name in names]
        print(f'{row:28}' + ''.join(f'{figure:12.4g}' for figure in figures) + (f'{figures[0] / figures[1]:12.3f}' if compared else ''))
    if compared:
        ratio = 1.0
        for row in results['viv']:
            ratio *= results['viv'][row] / results['QEMU'][row]
        print(f"{'geometric mean':28}{ratio ** (1 / len(results['viv'])):36.3f}")


def main(viv, qemu=None):
    image = pathlib.Path(os.environ.get('VIV_GUEST_FOLDER', '')) / 'debian-bench.img'
    if not image.is_file():
        print(f'no {image}: `tests/debian/make-disk FOLDER bench` makes it, and VIV_GUEST_FOLDER names the folder')
        sys.exit(77)
    rounds, outputs = {}, []
    with tempfile.TemporaryDirectory(prefix='viv-bench-') as folder:
        work = pathlib.Path(folder) / 'work.img'
        pack(work)
        for _ in range(int(os.environ.get('VIV_BENCH_ROUNDS', '1'))):
            for name, command in emulators(viv, qemu):
                seconds, printed = measure(command + options(image, work))
                rounds.setdefault(name, []).append(seconds)
                outputs.append(printed)
    print('seconds; load', *(f'{load:.2f}' for load in os.getloadavg()))
    show({name: best(done) for name, done in rounds.items()})
    wrong = [name for name in JOBS if len({printed[name] for printed in outputs}) > 1]
    for name in wrong:
        print(f'{name}: WRONG, the guests differ:', *(printed[name].strip() for printed in outputs))
    sys.exit(bool(wrong))


if __name__ == '__main__':
    main(*sys.argv[1:])
