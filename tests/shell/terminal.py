"""A program on a terminal of its own: typing, and waiting for what it shows."""
import os
import pty
import re
import select
import signal
import struct
import fcntl
import termios
import time

TIMEOUT = 20


class Terminal:
    def __init__(self, command, env, rows=40, columns=120):
        self.shown = ""
        self.at = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.status = None

    def type(self, text):
        os.write(self.fd, text.encode())

    def read_some(self, seconds):
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other side is gone
            data = b""
        self.shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", "", data.decode(errors="replace"))
        return bool(data)

    def expect(self, pattern, timeout=TIMEOUT):
        """Waits until what was shown since the last expect matches; the match."""
        deadline = time.monotonic() + timeout
        while True:
            match = re.search(pattern, self.shown[self.at:])
            if match:
                self.at += match.end()
                return match
            left = deadline - time.monotonic()
            if left <= 0 or (not self.read_some(min(left, 0.5)) and self.has_ended()):
                raise AssertionError(f"no {pattern!r} in {self.shown[self.at:]!r}")

    def has_ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait(self, timeout=TIMEOUT):
        deadline = time.monotonic() + timeout
        while not self.has_ended():
            if time.monotonic() > deadline:
                raise AssertionError(f"still running; showed {self.shown[self.at:]!r}")
            self.read_some(0.05)
        return self.status

    def close(self):
        if not self.has_ended():
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
