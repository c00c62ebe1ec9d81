"""A server of the orrery program in a folder of its own, and the program run against it."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

TIMEOUT = 300


class Result:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr


class Orrery:
    """The program with settings of its own."""

    def __init__(self, program, folder, name="user"):
        self.program = program
        self.folder = pathlib.Path(folder)
        self.config = self.folder / f"{name}.toml"
        self.env = {**os.environ, "HOME": str(self.folder), "ORRERY_CONFIG": str(self.config), "NO_COLOR": "1"}

    def run(self, *words, stdin="", cwd=None, timeout=TIMEOUT):
        return Result(subprocess.run([self.program, *words], input=stdin, capture_output=True, text=True, env=self.env,
                                     cwd=cwd or self.folder, timeout=timeout))

    def start(self, *words, **more):
        def signals():
            # Whatever the caller of the tests ignores or blocks.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, [])
        return subprocess.Popen([self.program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.env, cwd=self.folder, preexec_fn=signals, **more)


class LiveServer:
    def __init__(self, program):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="orrery-cli-"))
        self.program = program
        self.process = None
        self.start()

    def start(self):
        self.log = open(self.folder / "server.log", "w+")
        self.process = subprocess.Popen([self.program, "start", "--listen-addr", "127.0.0.1:0", "--data-dir",
                                         str(self.folder / "data")], stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            found = re.search(r"listening on (127\.0\.0\.1:\d+)", (self.folder / "server.log").read_text())
            if found:
                self.address = found[1]
                self.url = f"http://{found[1]}"
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("the server does not start: " + (self.folder / "server.log").read_text())

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
