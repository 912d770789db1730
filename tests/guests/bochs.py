#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""bochs.py LIST IMAGE...: runs the guests that LIST has on `both` on bochs too, each on the model named there. Speaks TAP."""
import os
import shutil
import subprocess
import sys

RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "run-bochs.sh")
SECONDS = "120"  # a guest needs one to ten when the host is idle


def models(path):
    """Guest name to bochs' model, of the rows that run on both."""
    with open(path, encoding="utf-8") as rows:
        fields = [row.rstrip("\n").split("\t") for row in rows if row.strip() and not row.startswith("#")]
    return {name: model for name, where, model, *_ in fields if where == "both"}


def main(rows, images):
    images = {os.path.splitext(os.path.basename(image))[0]: image for image in images}
    guests = models(rows)
    if not guests:
        sys.exit(f"{rows} names no guest for bochs")
    if not shutil.which("bochs"):
        print("1..0 # SKIP bochs is not installed")
        return
    print(f"1..{len(guests)}", flush=True)
    failed = False
    for number, (guest, model) in enumerate(guests.items(), 1):
        run = subprocess.run([RUNNER, images[guest], model, SECONDS], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        good = run.returncode == 0
        failed |= not good
        for line in (run.stdout + run.stderr).decode(errors="replace").splitlines():
            if not line.startswith(("ok", "group")):
                print("#", line)
        print("ok" if good else "not ok", number, "-", guest, flush=True)
    sys.exit(failed)


main(sys.argv[1], sys.argv[2:])
