#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""compile.py TESTSUITE FOLDER EVERY LIST: makes programs of gcc's execution tests, for the host and for the guest.

TESTSUITE is gcc's own gcc/testsuite. Of each of its families every EVERYth test is compiled, for 64 and for 32 bits, into FOLDER;
the file LIST names what could be: "64/torture/20000112-1". What was compiled before with the same command is kept, and what could
not be is not tried again; why it couldn't stands in FOLDER/compiled.json. Tests of what the emulated processor doesn't have
are left out.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

# The optimisations, one for each test in turn, so that the same source is not compiled the same way for both widths.
OPTIMISATIONS = [
    '-O0',
    '-O2',
    '-O3 -march=x86-64-v3',
    '-O1',
    '-O2 -march=x86-64-v3 -ftree-vectorize -funroll-loops',
    '-Os',
    '-O3 -fomit-frame-pointer -funroll-loops -fpeel-loops -ftracer -finline-functions',
    '-O2 -mfpmath=387',
    '-O3 -march=x86-64-v2 -mfpmath=sse',
]

# What no test may ask for: the emulated processor's model `max` has none of it (see cpu/models.c).
ABSENT = re.compile(r'-m(avx512|avx5124|amx|avxvnni|vaes|vpclmulqdq|gfni|fma4|xop|tbm|lwp|rtm|shstk|x32|kl|widekl|uintr|hreset)'
                    r'|effective-target avx512|-march=(native|skylake-avx512|cannonlake|icelake|knl|knm)|-mtune=native|fcf-protection')

# What prints an address, which differs from run to run.
OMITTED = {'return-addr'}

# Their programs have no business on a test machine: they want a sanitizer's library, another language, or the compiler's own tools.
FOREIGN = re.compile(r'-fsanitize|-flto|-fprofile|-fdump|-pg\b|-fplugin|-fsplit-stack')

DIRECTIVE = re.compile(r'\{\s*dg-(do|options|additional-options|additional-sources|require-effective-target)\s+'
                       r'("[^"]*"|\{\s*"[^"]*"\s*\}|\S+)\s*(\{.*\})?\s*\}')

BUILTINS = ('-fno-tree-dse -fno-tree-loop-distribute-patterns -fno-tracer -fno-ipa-ra -fno-inline-functions -fno-ipa-icf '
            '-fno-tree-slp-vectorize')


def families(suite):
    """Each family of tests: its name, its sources, and the options all of its tests have."""
    execute = suite / 'gcc.c-torture/execute'
    return [
        ('torture', sorted(execute.glob('*.c')), ''),
        ('ieee', sorted((execute / 'ieee').glob('*.c')), '-fno-inline'),
        ('builtins', sorted(source for source in (execute / 'builtins').glob('*.c') if not source.stem.endswith('-lib')), BUILTINS),
        ('i386', sorted(source for source in (suite / 'gcc.target/i386').glob('*.c') if runs(source)), ''),
    ]


def text_of(source):
    return source.read_text(encoding='latin-1')


def runs(source):
    """Whether a test of gcc.target is a program, and one for this processor."""
    text = text_of(source)
    return re.search(r'dg-do\s+run', text) and not ABSENT.search(text) and not FOREIGN.search(text)


def applies(selector, bits):
    """A target selector of DejaGnu's, as far as these tests use them: "{ target { ! ia32 } }"."""
    if not selector:
        return True
    words = selector.replace('{', ' ').replace('}', ' ').split()
    wide = bits == 64
    if '!' in words or '!ia32' in words:
        return wide
    if 'xfail' in words:
        return True
    if 'ia32' in words or 'ilp32' in words:
        return not wide
    if 'lp64' in words:
        return wide
    return any(word.startswith(('x86_64', 'i?86', 'i386', '*-*', 'linux', 'int32plus', 'fpic', 'nonpic')) for word in words)


def command_of(suite, family, shared, number, source, bits):
    """The compiler's arguments without the output; None: not a test for this width."""
    text = text_of(source)
    options = [] if family == 'i386' else OPTIMISATIONS[(number + (bits == 32) * 4) % len(OPTIMISATIONS)].split()
    options += ['-w', *shared.split()]
    sources = [source]
    for kind, value, selector in DIRECTIVE.findall(text):
        value = value.strip('{"} ')
        if kind == 'do':
            if not applies(selector, bits):
                return None
        elif kind == 'require-effective-target':
            if not applies(value, bits) and value in ('ia32', 'lp64', 'ilp32'):
                return None
        elif applies(selector, bits):
            if kind == 'additional-sources':
                sources += [source.parent / name for name in value.split()]
            elif 'options' in kind:
                options += value.split()
    if family == 'builtins':
        sources += [source.with_name(source.stem + '-lib.c'), source.parent / 'lib/main.c']
    # What a test says when it left itself out for want of a feature, it says with DEBUG only.
    options += ['-DDEBUG'] if family == 'i386' else []
    where = [str(path.relative_to(suite)) for path in sources]
    # Without gcc-multilib nothing leads a 32-bit program to the kernel's headers.
    options += ['-idirafter', '/usr/include/x86_64-linux-gnu'] if bits == 32 else []
    return [f'-m{bits}', *options, '-o', None, *where, '-lm']


def compile_one(suite, output, command):
    """None, or why there is no program."""
    output.parent.mkdir(parents=True, exist_ok=True)
    arguments = ['gcc', *(str(output) if word is None else word for word in command)]
    try:
        done = subprocess.run(arguments, cwd=suite, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace',
                              timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return 'the compiler took five minutes'
    if done.returncode == 0:
        return None
    output.unlink(missing_ok=True)
    said = [line for line in done.stderr.splitlines() if 'error' in line or 'undefined' in line]
    return (said or done.stderr.splitlines() or ['no reason given'])[0]


def wanted(suite, every):
    """Name and command of each program."""
    programs = {}
    for family, sources, shared in families(suite):
        for number, source in enumerate(sources):
            for bits in (64, 32) if source.stem not in OMITTED else ():
                # The two widths take different tests, for the wider choice.
                if (number + (bits == 32) * (every // 2)) % every:
                    continue
                command = command_of(suite, family, shared, number, source, bits)
                if command:
                    programs[f'{bits}/{family}/{source.stem}'] = command
    return programs


def main(suite, folder, every, list_file):
    known_file = folder / 'compiled.json'
    known = json.loads(known_file.read_text()) if known_file.exists() else {}
    compiler = subprocess.run(['gcc', '--version'], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    programs = wanted(suite, every)

    def make(name):
        output = folder / name
        words = ' '.join([compiler, *(word or '-' for word in programs[name])])
        before = known.get(name)
        if not before or before[0] != words or (before[1] is None and not output.exists()):
            before = [words, compile_one(suite, output, programs[name])]
        return name, before

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(pool.map(make, programs))
    known_file.write_text(json.dumps({**known, **results}, indent=0))
    there = [name for name in programs if results[name][1] is None]
    there_text = ''.join(name + '\n' for name in there)
    # Its date tells whether anything changed.
    if not list_file.exists() or list_file.read_text() != there_text or any(known.get(name) != results[name] for name in programs):
        list_file.write_text(there_text)
    print(f'{len(there)} programs of {len(programs)} tests')


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3]), pathlib.Path(sys.argv[4]))
