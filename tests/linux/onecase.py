# SPDX-License-Identifier: GPL-3.0-or-later
"""A Linux guest at its shell, and one case that judges it; speaks TAP. The guests lie in VIV_GUEST_FOLDER."""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from session import Failure, Machine


def up(guest):
    """Waits for the shell."""
    guest.until('guest: a shell')
    guest.until('/root # ')


def one_case(name, viv, bits, cpus, accelerator, judge):
    """judge(guest, folder): the lines that say what is wrong. Ends the program."""
    folder = pathlib.Path(os.environ.get('VIV_GUEST_FOLDER') or '/nonexistent')
    if not (folder / f'k{bits}').exists():
        print(f'1..0 # SKIP no {bits}-bit Linux guest: tests/linux/make-guest made none')
        sys.exit(0)
    print('1..1', flush=True)
    try:
        with Machine(viv, 'run', '-m', '512', '-smp', cpus, '-accel', accelerator, '-kernel', f'{folder}/k{bits}', '-initrd',
                     f'{folder}/initrd{bits}.gz', '-append', 'console=ttyS0') as guest:
            up(guest)
            problems = judge(guest, folder)
    except Failure as failure:
        problems = [str(failure)]
    for line in problems:
        print('#', line)
    print('not ok' if problems else 'ok', 1, name)
    sys.exit(bool(problems))
