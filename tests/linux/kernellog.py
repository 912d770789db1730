#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Linux says of the machine it boots on.

usage: kernellog.py judge [LOG]          the complaints in a log (standard input): those that QEMU's pc is not known for
       kernellog.py compare VIV QEMU     boots the guests in both, and says where the logs differ; speaks TAP
       kernellog.py record QEMU          writes qemu-complaints.txt from QEMU's logs

A line counts without its time stamp and with its numbers taken out. qemu-complaints.txt holds the complaints that QEMU's pc gives
rise to; log-differs.txt the other lines that may differ, as regular expressions with the reason. The guests
lie in VIV_GUEST_FOLDER. The exit status of judge is 1 if there is a complaint, which is printed."""
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
KNOWN = HERE / 'qemu-complaints.txt'
DIFFERS = HERE / 'log-differs.txt'
GUESTS = [(bits, cpus) for bits in (64, 32) for cpus in (1, 2, 4)]
COMMAND_LINE = 'console=ttyS0 guestrun="true"'
SILENCE_SECONDS = 600

# "report a bug" and names such as "PCI: Using configuration" are no complaints: words in the kernel's own spelling.
COMPLAINT = re.compile(r"""
    \bBUG\b | WARNING | [Ff]irmware\ [Bb]ug | FIRMWARE\ BUG | MP-BIOS\ bug | [Uu]nexpected | ACPI.*([Ee]rror|[Ww]arning|[Ee]xception) | APIC\ error
  | Oops | Call\ Trace | Kernel\ panic | [Ff]ail(ed|s|ure)\b | \b[Ee]rrors?\b(?!\ handling) | [Ii]nvalid | [Uu]nable\ to | [Cc]an(no|')t\b
  | [Bb]roken | [Bb]ogus | [Cc]orrupt | [Uu]nstable | [Ss]tuck | [Ss]purious | [Uu]nhandled | lockup | stall | [Tt]imed?\ ?out\b | not\ responding
  | [Mm]ismatch | [Oo]verrun | nobody\ cared | [Dd]isabling | calibrate_delay | not\ found
    """, re.X)


def normal(line):
    """Without what differs from boot to boot: time stamps, addresses, figures."""
    line = re.sub(r'^(\[ *\d+\.\d+\] )+', '', line.strip())
    line = re.sub(r'\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F]{8,}\b', '#', line)
    return re.sub(r'\d+(\.\d+)?', '#', line)


def kernel_lines(text):
    """The kernel's own lines: those with a time stamp. What a program was printing meanwhile may stand before it."""
    for line in text.splitlines():
        match = re.search(r'\[ *\d+\.\d{6}\] .*', line)
        if match:
            yield match[0]


def known_complaints():
    lines = KNOWN.read_text().splitlines()
    return {line for line in lines if line and not line.startswith('#')}


def complaints(text):
    known = known_complaints()
    excused = [pattern for pattern, reason in explained() if reason.startswith('busy host')]
    return [line for line in kernel_lines(text)
            if COMPLAINT.search(line) and normal(line) not in known and not any(pattern.search(line) for pattern in excused)]


def with_what_follows(text, line):
    """The kernel often gives its figures behind a complaint."""
    lines = list(kernel_lines(text or ''))
    return lines[lines.index(line):][:4] if line in lines else [line]


def explained():
    """(pattern, reason) of log-differs.txt."""
    rows = []
    for line in DIFFERS.read_text().splitlines():
        if line and not line.startswith('#'):
            pattern, _, reason = line.partition('  # ')
            rows.append((re.compile(pattern.strip()), reason))
    return rows


def boot(command, folder, bits, cpus):
    """The serial line of a boot to power off; None: it did not come to an end."""
    options = ['-m', '512', '-smp', str(cpus), '-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot',
               '-kernel', f'{folder}/k{bits}', '-initrd', f'{folder}/initrd{bits}.gz', '-append', COMMAND_LINE]
    try:
        run = subprocess.run(command + options, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=SILENCE_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    text = run.stdout.decode(errors='replace')
    return text if 'reboot: Power down' in text else None


def qemu_command(qemu):
    return [qemu, '-M', 'pc', '-accel', 'tcg', '-cpu', 'max', '-nic', 'none']


def compare(ours, theirs):
    """Lines of either that the other lacks and nobody has explained."""
    rows = explained()
    a, b = ({normal(line): line for line in kernel_lines(text)} for text in (ours, theirs))
    differing = [('ours', a[line]) for line in a if line not in b] + [('QEMU', b[line]) for line in b if line not in a]
    return [(whose, line) for whose, line in differing if not any(pattern.search(line) for pattern, _ in rows)]


def compare_all(folder, viv, qemu):
    if not folder or not all((pathlib.Path(folder) / f'k{bits}').exists() for bits, _ in GUESTS):
        print('1..0 # SKIP not all Linux guests are there: tests/linux/make-guest makes them')
        return
    print(f'1..{2 * len(GUESTS)}')
    for number, (bits, cpus) in enumerate(GUESTS):
        name = f'{bits}-bit, {cpus} processors'
        ours, theirs = boot([viv, 'run', '-cpu', 'max'], folder, bits, cpus), boot(qemu_command(qemu), folder, bits, cpus)
        found = complaints(ours) if ours else ['the guest did not come to its end']
        for line in found:
            print('\n'.join('# ' + text for text in with_what_follows(ours, line)))
        print('not ok' if found else 'ok', 2 * number + 1, f'{name}: no complaint of its own', flush=True)
        if not ours or not theirs:
            print('ok' if ours else 'not ok', 2 * number + 2, f'{name}: compared', '# SKIP QEMU did not boot it' if ours else '')
            continue
        differing = compare(ours, theirs)
        for whose, line in differing:
            print(f'# only {whose}: {line}')
        print('not ok' if differing else 'ok', 2 * number + 2, f'{name}: says what QEMU\'s says', flush=True)


def record(folder, qemu):
    lines = set()
    for bits, cpus in GUESTS:
        text = boot(qemu_command(qemu), folder, bits, cpus) or sys.exit(f'QEMU did not boot the {bits}-bit guest')
        lines |= {normal(line) for line in kernel_lines(text) if COMPLAINT.search(line)}
    KNOWN.write_text('# What Debian\'s kernels complain of on QEMU\'s pc machine: kernellog.py record.\n' + '\n'.join(sorted(lines)) + '\n')


def main(arguments):
    match arguments:
        case ['judge', *log]:
            found = complaints(pathlib.Path(log[0]).read_text(errors='replace') if log else sys.stdin.read())
            print('\n'.join(found))
            sys.exit(1 if found else 0)
        case ['compare', viv, qemu]:
            compare_all(os.environ.get('VIV_GUEST_FOLDER', ''), viv, qemu)
        case ['record', qemu]:
            record(os.environ['VIV_GUEST_FOLDER'], qemu)
        case _:
            sys.exit(__doc__)


if __name__ == '__main__':
    main(sys.argv[1:])
