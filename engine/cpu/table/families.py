#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""families.py FOLDER: the names of the instruction table's families, for meson."""
import os
import sys

print("\n".join(sorted(name.removesuffix(".tab") for name in os.listdir(sys.argv[1])
                       if name.endswith(".tab") and name not in ("features.tab", "models.tab", "msr.tab"))))
