# SPDX-License-Identifier: GPL-3.0-or-later
"""A Linux guest in a running emulator: its serial line, at which it has a shell, and the monitor."""
import os
import pathlib
import re
import selectors
import socket
import subprocess
import tempfile
import time

SILENCE_SECONDS = 300  # of silence, not of work: a busy host is no failure
PROMPT = '/root # '


class Lost(Exception):
    """The guest did not say what it should have, or the emulator has ended."""


class Stream:
    """What comes from one of the emulator's ends, as it comes."""

    def __init__(self, end, read):
        self.read, self.text, self.at = read, '', 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(end, selectors.EVENT_READ)

    def expect(self, pattern):
        """Waits until the pattern comes, and returns its match; the next search begins behind it."""
        while True:
            match = re.compile(pattern, re.M).search(self.text, self.at)
            if match:
                self.at = match.end()
                return match
            if not self.selector.select(SILENCE_SECONDS):
                raise Lost(f'no "{pattern}" came, but: ...{self.text[self.at:][-500:]}')
            data = self.read()
            if not data:
                raise Lost(f'ended before "{pattern}" came: ...{self.text[self.at:][-500:]}')
            self.text += data.decode(errors='replace').replace('\r', '')


class Guest:
    """with Guest(VIV, FOLDER, BITS, options...) as guest: the guest boots; guest.shell() runs commands in it."""

    def __init__(self, viv, folder, bits, cpus, append='', options=()):
        self.folder = tempfile.TemporaryDirectory(prefix='viv-guest-')
        path = str(pathlib.Path(self.folder.name) / 'monitor')
        command = [viv, 'run', '-m', '512', '-smp', str(cpus), '-display', 'none', '-serial', 'stdio', '-monitor',
                   f'unix:{path},server=on,wait=off', '-kernel', f'{folder}/k{bits}', '-initrd', f'{folder}/initrd{bits}.gz',
                   '-append', f'console=ttyS0 {append}', *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        output = self.process.stdout.fileno()
        self.serial = Stream(output, lambda: os.read(output, 65536))
        self.monitor_path, self.monitor = path, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        if self.monitor:
            self.monitor_socket.close()
        self.folder.cleanup()

    def connect(self):
        deadline = time.monotonic() + SILENCE_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                end = socket.socket(socket.AF_UNIX)
                end.connect(self.monitor_path)
                self.monitor_socket, self.monitor = end, Stream(end, lambda: end.recv(65536))
                self.monitor.expect(r'\(viv\) ')
                return
            except OSError:
                end.close()
                time.sleep(0.1)
        raise Lost('the monitor does not answer')

    def command(self, line):
        """Runs a monitor command; what it prints."""
        if not self.monitor:
            self.connect()
        at = self.monitor.at
        self.monitor_socket.sendall(line.encode() + b'\n')
        self.monitor.expect(r'\n\(viv\) ')
        return self.monitor.text[at:self.monitor.at]

    def type(self, text):
        self.process.stdin.write(text.encode())

    def up(self):
        """Waits for the shell."""
        self.serial.expect(r'guest: a shell')
        self.serial.expect(PROMPT)

    def shell(self, line):
        """Runs a line in the guest's shell; what it prints."""
        self.type(f"echo be''gin; {line}; echo en''d\n")  # the echo, which the shell breaks at column 80, reads otherwise
        self.serial.expect('^begin')
        at = self.serial.at
        match = self.serial.expect('^end\n')
        self.serial.expect(PROMPT)
        return self.serial.text[at:match.start()]
