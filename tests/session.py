# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine at work: its first serial line, its monitor and its screen, as somebody sits before it.

Every wait is for an event. Its limit is one of silence (the machine said and drew nothing new) and of patience (the whole wait), both
far beyond what a quiet host needs: a busy one is no failure.
"""
import os
import re
import selectors
import shutil
import socket
import subprocess
import tempfile
import time

SILENCE_SECONDS = 600
PATIENCE_SECONDS = 3600
STILL_SECONDS = 60
POLL_SECONDS = 2
PASTE_MODE = re.compile(r"\x1b\[\?2004[hl]")  # what a shell tells the terminal around every line that it reads
TEXT_CELLS = 16384  # all that the adapter has for text: a console that scrolls moves the screen's start through it
WORDS_AT_ONCE = 4096  # the monitor's answers have a limit
MONITOR_PROMPT = b"\r(viv) \x1b[K"  # on an empty line; the echo redraws it with what was typed


class Failure(Exception):
    """What did not come about, in one line."""


class Machine:
    """An emulator: a command with options as `viv run` and QEMU both take them, whose first serial line is here. In a `with` statement: what still
    runs at its end is ended."""

    def __init__(self, *command):
        self.folder = tempfile.mkdtemp(prefix="viv-session-")
        self.said = ""  # without carriage returns
        self.seen = 0  # what of it was waited for
        self.monitor = None
        self.monitor_path = os.path.join(self.folder, "monitor")
        command = [*command, "-display", "none", "-serial", "stdio", "-monitor", f"unix:{self.monitor_path},server,nowait"]
        print("#", " ".join(command), flush=True)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.selector.close()
        if self.monitor:
            self.monitor.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        if error:
            for line in self.said.splitlines()[-40:]:
                print("# serial:", line)

    # --- the monitor

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + SILENCE_SECONDS
        while True:
            try:
                connection.connect(self.monitor_path)
                break
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    connection.close()
                    raise Failure(f"no monitor to connect to: {error}") from error
                time.sleep(0.05)
        connection.settimeout(SILENCE_SECONDS)
        self.answer(connection)
        return connection

    @staticmethod
    def answer(connection):
        text = b""
        while not text.endswith(MONITOR_PROMPT):
            got = connection.recv(65536)
            if not got:
                raise Failure("the monitor hung up")
            text += got
        return text[:-len(MONITOR_PROMPT)].partition(b"\n")[2].decode(errors="replace")

    def ask(self, command):
        """A monitor command's answer."""
        if not self.monitor:
            self.monitor = self.connect()
        self.monitor.sendall(command.encode() + b"\n")
        return self.answer(self.monitor)

    # --- the serial line

    def listen(self, seconds):
        """What the line said within that time, as soon as it says something. None: the machine ended."""
        if not self.selector.select(seconds):
            return ""
        got = os.read(self.process.stdout.fileno(), 65536)
        if not got:
            return None
        text = got.decode(errors="replace")
        self.said += text.replace("\r", "")
        return text

    def until(self, pattern):
        """Waits until the line says what the regular expression finds, after what was waited for before."""
        begun = heard = time.monotonic()
        while True:
            found = re.compile(pattern, re.MULTILINE).search(self.said, self.seen)
            if found:
                self.seen = found.end()
                return found
            got = self.listen(POLL_SECONDS)
            now = time.monotonic()
            if got is None:
                raise Failure(f"the machine ended before the line said /{pattern}/")
            heard = now if got else heard
            if now - heard > SILENCE_SECONDS or now - begun > PATIENCE_SECONDS:
                raise Failure(f"the line never said /{pattern}/")

    def type(self, text):
        """Types a line on the serial line."""
        self.process.stdin.write(text.encode() + b"\r")

    def log_in(self, user, password):
        """Answers the login's questions: to a shell's prompt, root's."""
        self.until("login: ")
        self.type(user)
        self.until("Password: ")
        self.type(password)
        self.until("# ")

    def end(self):
        """Waits until the machine ends by itself: its exit status."""
        heard = time.monotonic()
        while True:
            got = self.listen(POLL_SECONDS)
            if got is None:
                return self.process.wait(SILENCE_SECONDS)
            now = time.monotonic()
            heard = now if got else heard
            if now - heard > SILENCE_SECONDS:
                raise Failure("the machine did not end")

    def run(self, command):
        """Types a shell's command at its prompt: what it wrote. Waits for the next prompt, since what is typed before it shows
        twice. A status that isn't 0 is a failure."""
        self.type(f"echo be''gin; {command}; echo sta''tus $?")  # the echo, which a shell may break at a column, reads otherwise
        begin = self.until(f"^(?:{PASTE_MODE.pattern})*begin\n").end()
        status = self.until(r"^status (\d+)\n")
        text = PASTE_MODE.sub("", self.said[begin:status.start()])
        if status[1] != "0":
            raise Failure(f"{command}: status {status[1]}: {text.strip()}")
        self.until("# ")
        return text

    # --- the screen

    def screen(self):
        """The picture on the screen now."""
        path = os.path.join(self.folder, "screen.ppm")
        answer = self.ask(f"screendump {path}")
        if not os.path.exists(path):
            raise Failure(f"no picture of the screen: {answer.strip()}")
        with open(path, "rb") as file:
            return Picture(file.read())

    def keep_screen(self, path):
        """A picture for whoever looks into a failure."""
        print(f"# the screen: {path}", self.ask(f"screendump {path}").strip())

    def text_memory(self):
        """The characters in the display adapter's memory while it shows text, on the screen or scrolled off it: of each 8 bytes
        the first is a cell's character."""
        start = self.video_memory()
        dump = "".join(self.ask(f"xp /{WORDS_AT_ONCE}xw {start + 4 * at:#x}") for at in range(0, 2 * TEXT_CELLS, WORDS_AT_ONCE))
        words = [int(word, 16) for word in re.findall(r" 0x([0-9a-f]{8})", dump)]
        return bytes(word & 0xff for word in words[::2]).decode("cp437")

    def video_memory(self):
        found = re.search(r"VGA controller.*?BAR0: .*? at (0x[0-9a-f]+)", self.ask("info pci"), re.DOTALL)
        if not found:
            raise Failure("no display adapter's memory in `info pci`")
        return int(found[1], 16)

    def until_seen(self, what, judge):
        """Waits until judge() is content with the machine, which it looks at each time."""
        begun = changed = time.monotonic()
        last = None
        while not judge(self):
            if self.listen(POLL_SECONDS) is None:
                raise Failure(f"the machine ended before {what} was seen")
            now, picture = time.monotonic(), self.screen().pixels
            if picture != last:
                last, changed = picture, now
            if now - changed > SILENCE_SECONDS or now - begun > PATIENCE_SECONDS:
                raise Failure(f"{what} was never seen")

    def until_still(self):
        """Waits until the picture has not changed for a while."""
        last, changed = None, time.monotonic()
        while time.monotonic() - changed < STILL_SECONDS:
            picture = self.screen().pixels
            if picture != last:
                last, changed = picture, time.monotonic()
            if self.listen(POLL_SECONDS) is None:
                raise Failure("the machine ended")


class Picture:
    """Rows of red, green, blue bytes, from a PPM file."""

    def __init__(self, ppm):
        magic, width, height, _ = ppm.split(maxsplit=4)[:4]
        if magic != b"P6":
            raise Failure("the screen's picture is no PPM")
        self.width, self.height = int(width), int(height)
        self.pixels = ppm[len(ppm) - 3 * self.width * self.height:]

    def pixel(self, x, y):
        at = 3 * (y * self.width + x)
        return tuple(self.pixels[at:at + 3])

    def means(self, columns, rows):
        """The mean colour of each field of a grid, as red, green, blue; row by row."""
        fields = []
        for row in range(rows):
            top, bottom = row * self.height // rows, (row + 1) * self.height // rows
            for column in range(columns):
                left, right = column * self.width // columns, (column + 1) * self.width // columns
                part = b"".join(self.pixels[3 * (y * self.width + left):3 * (y * self.width + right)] for y in range(top, bottom))
                fields.append(tuple(sum(part[channel::3]) * 3 // len(part) for channel in range(3)))
        return fields
