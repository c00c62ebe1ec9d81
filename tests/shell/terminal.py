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

TIMEOUT = 60


def set_signals(interrupts=signal.SIG_DFL):
    """For a child: Ctrl-C as a user's terminal hands it on, whatever the caller of the tests ignores or blocks."""
    signal.signal(signal.SIGINT, interrupts)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGINT] if interrupts == signal.SIG_IGN else [])


class Terminal:
    def __init__(self, command, env, rows=40, columns=120, interrupts=signal.SIG_DFL):
        self.shown = ""
        self.at = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                # Known before the program asks for it.
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                set_signals(interrupts)
                os.execvpe(command[0], command, env)
            finally:
                os._exit(127)
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

    def expect_at_end(self, pattern):
        """Waits until what was shown so far ends in the pattern, seen by an expect before or not."""
        deadline = time.monotonic() + TIMEOUT
        while not re.search(f"(?:{pattern})$", self.shown):
            left = deadline - time.monotonic()
            if left <= 0 or (not self.read_some(min(left, 0.5)) and self.has_ended()):
                raise AssertionError(f"no {pattern!r} at the end of {self.shown[-400:]!r}")
        self.at = len(self.shown)

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
