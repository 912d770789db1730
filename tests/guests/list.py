#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""list.py LIST: the guests' names, for meson."""
import sys

with open(sys.argv[1], encoding="utf-8") as rows:
    print("\n".join(row.split()[0] for row in rows if row.strip() and not row.startswith("#")))
