#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums up test runs: count.py RUN=LOG...

LOG is the testlog.json that `meson test` left, or the word failed-build. A TAP program counts with each of its subtests, any other
test as one. What went wrong outside a subtest (a crash, a time limit, a build or run that left no log) is one failure. Prints the
reasons of skipped tests, the names of failed ones and the sum; succeeds if something passed and nothing failed.
"""
import json
import re
import sys

# "not ok 3 - name # SKIP reason". "# TODO" is no excuse here: what is not finished does not pass.
TAP_RESULT = re.compile(r'^(not )?ok\b\s*(\d+)?\s*-?\s*([^#]*?)\s*(?:#\s*(skip\S*|todo)\b:?\s*(.*))?$', re.IGNORECASE)
TAP_PLAN = re.compile(r'^1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$', re.IGNORECASE)

# Lines of a failed subtest's own words.
SHOWN = 12


class Sum:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add_tap(self, name, output):
        """Counts a TAP program's subtests; a program that skipped itself whole is one skipped test."""
        said = []
        for line in output.splitlines():
            if line.startswith('#'):
                said.append(line)
            plan = TAP_PLAN.match(line)
            if plan and plan[1] == '0':
                self.skipped.append((name, plan[2] or 'no reason given'))
            result = TAP_RESULT.match(line)
            if not result:
                continue
            bad, number, title, directive, reason = result.groups()
            title = f'{name} {title or number or ""}'.rstrip()
            if bad or (directive or '').lower() == 'todo':
                self.failed.append('\n'.join([title] + said[-SHOWN:]))
            elif directive:
                self.skipped.append((title, reason or 'no reason given'))
            else:
                self.passed += 1
            said = []

    def add(self, run, test):
        name = f'{run}: {test["name"]}'
        verdict = test['result']
        before = len(self.failed), self.passed + len(self.skipped)
        output = test.get('stdout') or ''
        if re.search(r'^1\.\.\d+', output, re.MULTILINE) or re.search(r'^(not )?ok \d', output, re.MULTILINE):
            self.add_tap(name, output)
        elif verdict == 'OK':
            self.passed += 1
        elif verdict == 'SKIP':
            self.skipped.append((name, 'no reason given'))
        subtests_failed = len(self.failed) > before[0]
        nothing_counted = before == (len(self.failed), self.passed + len(self.skipped))
        if (verdict not in ('OK', 'SKIP') and not subtests_failed) or nothing_counted:
            self.failed.append(f'{name} ({verdict.lower()}, exit status {test.get("returncode")})')


def read_log(path):
    """One JSON object per line."""
    with open(path, encoding='utf-8', errors='replace') as log:
        return [json.loads(line) for line in log if line.strip()]


def main(reports):
    total = Sum()
    for report in reports:
        run, path = report.split('=', 1)
        if path == 'failed-build':
            total.failed.append(f'{run}: the build')
            continue
        try:
            tests = read_log(path)
        except (OSError, ValueError) as error:
            total.failed.append(f'{run}: no test ran, or the run broke off ({error.__class__.__name__})')
            continue
        if not tests:
            total.failed.append(f'{run}: the run held no test')
        for test in tests:
            total.add(run, test)
    for name, reason in total.skipped:
        print(f'skipped: {name}: {reason}')
    for name in total.failed:
        print(f'failed: {name}')
    tail = f', {len(total.skipped)} skipped' if total.skipped else ''
    print(f'{total.passed} passed, {len(total.failed)} failed{tail}')
    return 0 if total.passed and not total.failed else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
