"""The commands of orrery that talk to a server: what they do, print and exit with, and what they say where it fails.

usage: cli_test.py PROGRAM [TEST...]      ends with "N passed, M failed"
"""
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from live_server import LiveServer, Orrery
from terminal import Terminal

PROGRAM = ""
ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "cli-test"  # kept from run to run: compiling takes long
OK, FAILED, USAGE, UNREACHABLE, NOT_ALLOWED, NOT_FOUND, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

COMMANDS = ["shell", "start", "init", "build", "publish", "call", "sql", "subscribe", "logs", "describe", "list", "rename",
            "lock", "unlock", "delete", "login", "logout", "server", "completion", "version"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Modules:
    """Projects made by `orrery init`, changed in ways that migrate differently, built by `orrery build`."""
    built = {}
    CHANGES = {
        "people": [],
        # A column with a default: migrates, but clients must reconnect.
        "people-aged": [("  std::string name;\n};", "  std::string name;\n  uint32_t age;\n};"), ("Person, id, name)", "Person, id, name, age)"),
                        ("Public)\n", "Public)\nFIELD_Default(person, age, 7u)\n"), ("Person{0, name}", "Person{0, name, 1}")],
        # Another type of a column: does not migrate.
        "people-strange": [("uint64_t id", "uint32_t id")],
        # A reducer more: migrates without a word.
        "people-more": [("say_hello", "say_hello_again")],
    }

    @classmethod
    def project(cls, name):
        folder = BUILT / name
        template = "chat-cpp" if name == "chat" else "basic-cpp"
        fresh = pathlib.Path(tempfile.mkdtemp(prefix="orrery-init-"))
        try:
            done = Orrery(PROGRAM, fresh).run("init", name, "--template", template, "--project-path", str(fresh / "p"))
            assert done.status == OK, done.err
            source = fresh / "p" / "src" / "module.cpp"
            text = source.read_text()
            for old, new in cls.CHANGES.get(name, []):
                assert old in text, old
                text = text.replace(old, new, 1)
            source.write_text(text)
            for file in sorted((fresh / "p").rglob("*")):
                to = folder / file.relative_to(fresh / "p")
                if file.is_dir():
                    to.mkdir(parents=True, exist_ok=True)
                elif not to.exists() or to.read_bytes() != file.read_bytes():
                    to.parent.mkdir(parents=True, exist_ok=True)
                    to.write_bytes(file.read_bytes())
        finally:
            shutil.rmtree(fresh)
        return folder

    @classmethod
    def wasm(cls, name):
        if name not in cls.built:
            folder = cls.project(name)
            done = Orrery(PROGRAM, folder).run("build", "-p", str(folder), timeout=900)
            assert done.status == OK, done.out + done.err
            path = pathlib.Path(done.out.strip())
            assert path.read_bytes()[:4] == b"\0asm", done.out
            cls.built[name] = str(path)
        return cls.built[name]


class Lines:
    """The lines of a process's output as they come."""

    def __init__(self, stream):
        self.queue = queue.Queue()

        def read():
            for line in stream:
                self.queue.put(line)
            self.queue.put(None)
        threading.Thread(target=read, daemon=True).start()

    def next(self, timeout=60):
        line = self.queue.get(timeout=timeout)
        if line is None:
            raise AssertionError("the output ended")
        return line


class CliCase(unittest.TestCase):
    count = 0

    @classmethod
    def setUpClass(cls):
        cls.server = LiveServer(PROGRAM)
        cls.addClassCleanup(cls.server.close)
        cls.owner = Orrery(PROGRAM, cls.server.folder, "owner")
        cls.stranger = Orrery(PROGRAM, cls.server.folder, "stranger")
        for user in (cls.owner, cls.stranger):
            done = user.run("server", "add", "test", "--url", cls.server.url, "-d")
            assert done.status == OK, done.err

    def ok(self, *words, user=None, **more):
        done = (user or self.owner).run(*words, **more)
        self.assertEqual(done.status, OK, f"{words}: {done.out}{done.err}")
        return done.out

    def fails(self, status, pattern, *words, user=None, **more):
        done = (user or self.owner).run(*words, **more)
        self.assertEqual(done.status, status, f"{words}: {done.out}{done.err}")
        self.assertRegex(done.err, pattern)
        return done

    def database(self, module="people"):
        CliCase.count += 1
        name = f"db-{CliCase.count}"
        self.ok("publish", name, "-b", Modules.wasm(module), "-y")
        return name

    def names(self, database, table="person"):
        rows = self.ok("sql", database, "--json", f"SELECT * FROM {table} ORDER BY id")
        return [json.loads(line)["name"] for line in rows.splitlines()]

    def ended_by_interrupt(self, process, lines):
        """Ctrl-C: the exit code, what else it printed, and its complaints."""
        process.send_signal(signal.SIGINT)
        rest = []
        while (line := lines.queue.get(timeout=30)) is not None:
            rest.append(line)
        errors = process.stderr.read()
        process.stderr.close()
        process.stdout.close()
        return process.wait(30), rest, errors


class Help(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="orrery-cli-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.orrery = Orrery(PROGRAM, self.folder)

    def test_program(self):
        done = self.orrery.run("--help")
        self.assertEqual(done.status, OK)
        for name in COMMANDS:
            self.assertRegex(done.out, rf"(?m)^  {name} ")
        self.assertEqual(self.orrery.run().status, USAGE)
        self.assertEqual(self.orrery.run("help").out, done.out)

    def test_every_command_teaches(self):
        for name in COMMANDS:
            with self.subTest(name):
                done = self.orrery.run(name, "--help")
                self.assertEqual(done.status, OK, done.err)
                self.assertTrue(done.out.startswith(f"usage: orrery {name}"), done.out)
                if name not in ("shell", "start"):
                    self.assertRegex(done.out, rf"Examples\n(  .*\n)*.*orrery {name}")
                self.assertLessEqual(max(map(len, done.out.splitlines())), 120)
                self.assertEqual(self.orrery.run("help", name).out, done.out)

    def test_mistyped(self):
        done = self.orrery.run("publsh")
        self.assertEqual(done.status, USAGE)
        self.assertIn("did you mean publish?", done.err)
        done = self.orrery.run("publish", "--delete-dat")
        self.assertEqual(done.status, USAGE)
        self.assertIn("did you mean --delete-data?", done.err)
        self.assertEqual(self.orrery.run("logs", "x", "--format", "xml").status, USAGE)
        self.assertEqual(self.orrery.run("logs", "x", "-n").status, USAGE)
        self.assertEqual(self.orrery.run("list", "--json=yes").status, USAGE)

    def test_version(self):
        self.assertRegex(self.orrery.run("version").out, r"^orrery \d+\.\d+")
        self.assertRegex(json.loads(self.orrery.run("version", "--json").out)["version"], r"^\d+\.\d+")
        self.assertEqual(self.orrery.run("--version").out, self.orrery.run("version").out)


class Completion(unittest.TestCase):
    def complete(self, line):
        words = line.split(" ")
        script = f"""source <({PROGRAM} completion bash) || exit 1
        COMP_WORDS=({' '.join(w if w else "''" for w in words)}); COMP_CWORD={len(words) - 1}
        _orrery; printf '%s\\n' "${{COMPREPLY[@]}}\""""
        done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": f"{pathlib.Path(PROGRAM).parent}:{os.environ['PATH']}",
                                   "ORRERY_CONFIG": "/nonexistent/cli.toml"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_bash(self):
        self.assertEqual(self.complete("orrery pub"), ["publish"])
        self.assertLessEqual(set(COMMANDS), set(self.complete("orrery ")))
        self.assertEqual(self.complete("orrery publish --del"), ["--delete-data"])
        self.assertEqual(self.complete("orrery logs --format "), ["text", "json"])
        self.assertEqual(self.complete("orrery logs -l wa"), ["warn"])
        self.assertIn("set-default", self.complete("orrery server "))
        self.assertEqual(self.complete("orrery sql -s lo"), ["local"])
        self.assertEqual(self.complete("orrery completion "), ["bash", "zsh", "fish"])

    def test_other_shells(self):
        for shell in ("zsh", "fish"):
            text = subprocess.run([PROGRAM, "completion", shell], capture_output=True, text=True, timeout=60).stdout
            for name in COMMANDS:
                self.assertIn(name, text)
            if shutil.which(shell):
                checked = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, timeout=60)
                self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertEqual(subprocess.run([PROGRAM, "completion", "tcsh"], capture_output=True, timeout=60).returncode, USAGE)


class Projects(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="orrery-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.orrery = Orrery(PROGRAM, self.folder)

    def test_both_templates_build(self):
        for name in ("people", "chat"):
            self.assertGreater(pathlib.Path(Modules.wasm(name)).stat().st_size, 1000)

    def test_init(self):
        done = self.orrery.run("init", "My Talk", "--template", "chat-cpp")
        self.assertEqual(done.status, OK, done.err)
        config = json.loads((self.folder / "My Talk" / "spacetime.json").read_text())
        self.assertEqual(config["database"], "my-talk")
        for file in sorted((ROOT / "templates" / "chat-cpp").rglob("*")):
            relative = file.relative_to(ROOT / "templates" / "chat-cpp")
            if file.is_file() and "build" not in relative.parts:
                self.assertEqual((self.folder / "My Talk" / relative).read_bytes(), file.read_bytes())
        done = self.orrery.run("init", "My Talk")
        self.assertEqual(done.status, USAGE)
        self.assertIn("not empty", done.err)
        self.assertEqual(self.orrery.run("init", "x", "-t", "no-such").status, USAGE)

    def test_build_says_what_is_missing(self):
        done = self.orrery.run("build")
        self.assertEqual(done.status, USAGE)
        self.assertIn("CMakeLists.txt nor Cargo.toml nor go.mod", done.err)
        self.assertEqual(self.orrery.run("build", "-p", "nowhere").status, USAGE)
        (self.folder / "package.json").write_text("{}")
        self.assertIn("not supported yet", self.orrery.run("build").err)

    def test_build_shows_the_compilers_errors(self):
        folder = Modules.project("broken")
        with open(folder / "src" / "module.cpp", "a") as file:
            file.write("\nthis is no C++;\n")
        done = self.orrery.run("build", str(folder))
        self.assertEqual(done.status, FAILED)
        self.assertRegex(done.err, r"module\.cpp.*error")
        self.assertIn("compiling", done.err)

    def test_build_without_the_sdk(self):
        self.orrery.run("init", "p")
        self.orrery.env["ORRERY_MODULE_SDK"] = "/nonexistent"
        done = self.orrery.run("build", "p")
        self.assertEqual(done.status, FAILED)
        self.assertIn("ORRERY_MODULE_SDK", done.err)

    def tool(self, name, script):
        """A program that stands in for a compiler."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        self.orrery.env["PATH"] = f"{path.parent}:{os.environ['PATH']}"

    def test_rust(self):
        (self.folder / "Cargo.toml").write_text("[package]\n")
        self.tool("cargo", 'echo "$@" > words; echo \'{"reason":"compiler-artifact","filenames":["/x/dep.rmeta"]}\'\n'
                  'echo \'{"reason":"compiler-artifact","filenames":["/x/mod.wasm"]}\'\n')
        done = self.orrery.run("build", "--build-options", "--features more")
        self.assertEqual((done.status, done.out), (OK, "/x/mod.wasm\n"), done.err)
        words = (self.folder / "words").read_text()
        self.assertIn("--target wasm32-unknown-unknown", words)
        self.assertIn("--release", words)
        self.assertIn("--features more", words)
        self.tool("cargo", "echo 'error[E0425]: no such thing' >&2; exit 101")
        done = self.orrery.run("build", "-d")
        self.assertEqual(done.status, FAILED)
        self.assertIn("E0425", done.err)

    def test_go(self):
        (self.folder / "go.mod").write_text("module m\n")
        self.tool("go", 'echo "$GOOS $GOARCH $@" > words\n')
        done = self.orrery.run("build")
        self.assertEqual(done.status, OK, done.err)
        self.assertRegex(done.out, r"build/.*\.wasm$")
        self.assertRegex((self.folder / "words").read_text(), r"^wasip1 wasm build -buildmode=c-shared -o ")


class Publishing(CliCase):
    def test_create_and_update(self):
        out = self.ok("publish", "first", "-b", Modules.wasm("people"))
        self.assertRegex(out, r"^Created database first, identity c200[0-9a-f]{60} at http://127")
        self.ok("call", "first", "add", "Ada")
        out = self.ok("publish", "first", "-b", Modules.wasm("people-more"))
        self.assertRegex(out, r"(?m)^Updated database first")
        self.assertEqual(self.names("first"), ["Ada"])
        self.ok("call", "first", "say_hello_again")
        answer = json.loads(self.ok("publish", "first", "-b", Modules.wasm("people"), "--json"))
        self.assertEqual((answer["domain"], answer["op"]), ("first", "updated"))

    def test_without_a_name(self):
        answer = json.loads(self.ok("publish", "-b", Modules.wasm("people"), "--json"))
        self.assertIsNone(answer["domain"])
        self.ok("call", answer["database_identity"], "add", "Ada")

    def test_breaking_changes_are_asked_about(self):
        name = self.database()
        self.ok("call", name, "add", "Ada")
        done = self.fails(USAGE, "--break-clients", "publish", name, "-b", Modules.wasm("people-aged"))
        self.assertIn("age", done.out)  # the plan
        self.assertNotIn("age", self.ok("describe", name))
        self.ok("publish", name, "-b", Modules.wasm("people-aged"), "--break-clients")
        row = json.loads(self.ok("sql", name, "--json", "SELECT * FROM person"))
        self.assertEqual((row["name"], row["age"]), ("Ada", 7))

    def test_data_is_deleted_only_by_a_yes(self):
        name = self.database()
        self.ok("call", name, "add", "Ada")
        strange = Modules.wasm("people-strange")
        self.fails(FAILED, "on-conflict", "publish", name, "-b", strange, "-y")
        self.fails(USAGE, "Delete all data", "publish", name, "-b", strange, "--delete-data=on-conflict")
        self.fails(USAGE, "Delete all data", "publish", name, "-b", Modules.wasm("people"), "-c")
        self.assertEqual(self.names(name), ["Ada"])
        # Where the tables migrate, on-conflict deletes nothing.
        self.ok("publish", name, "-b", Modules.wasm("people-more"), "--delete-data=on-conflict", "-y")
        self.assertEqual(self.names(name), ["Ada"])
        out = self.ok("publish", name, "-b", strange, "--delete-data=on-conflict", "--yes=delete-data")
        self.assertIn("deletes every row", out)
        self.assertEqual(self.names(name), [])
        self.ok("call", name, "add", "Bob")
        self.ok("publish", name, "-b", strange, "--delete-data", "-y")
        self.assertEqual(self.names(name), [])

    def test_the_question_on_a_terminal(self):
        name = self.database()
        self.ok("call", name, "add", "Ada")
        for answer, status, left in (("n", FAILED, ["Ada"]), ("y", OK, [])):
            terminal = Terminal([PROGRAM, "publish", name, "-b", Modules.wasm("people"), "-c"], self.owner.env)
            terminal.expect(r"Delete all data of 'db-\d+'\? \[y/N\] ")
            terminal.type(answer + "\n")
            self.assertEqual(terminal.wait(), status)
            self.assertEqual(self.names(name), left)

    def test_wrong_files_and_names(self):
        file = self.server.folder / "text.wasm"
        file.write_text("no module at all")
        self.fails(USAGE, "no WebAssembly module", "publish", "x", "-b", str(file))
        file.write_bytes(b"\0asm\1\0\0\0 and then nonsense")
        self.fails(FAILED, ".", "publish", "x", "-b", str(file))
        self.fails(USAGE, "cannot read", "publish", "x", "-b", "nowhere.wasm")
        self.fails(USAGE, "exclude each other", "publish", "x", "-b", "a", "-p", "b")
        self.fails(FAILED, "(?i)name|invalid", "publish", "Bad_Name", "-b", Modules.wasm("people"))
        self.fails(NOT_FOUND, "not found", "describe", "x")

    def test_of_somebody_else(self):
        name = self.database()
        self.fails(NOT_ALLOWED, "not authorized", "publish", name, "-b", Modules.wasm("people"), "-y", user=self.stranger)
        self.fails(NOT_ALLOWED, "not authorized", "publish", name, "-b", Modules.wasm("people"), "-y", "--anonymous")

    def test_killed_on_the_way(self):
        name = self.database()
        self.ok("call", name, "add", "Ada")
        for delay in (0.005, 0.02, 0.05, 0.1, 0.2):
            process = self.owner.start("publish", name, "-b", Modules.wasm("people-more"), "-y")
            time.sleep(delay)
            process.kill()
            process.communicate()
            self.assertEqual(self.names(name), ["Ada"])
        self.ok("publish", name, "-b", Modules.wasm("people"), "-y")
        self.ok("call", name, "say_hello")

    def test_by_spacetime_json(self):
        folder = self.server.folder / "project"
        folder.mkdir()
        wasm = os.path.relpath(Modules.wasm("people"), folder)
        (folder / "spacetime.json").write_text(json.dumps({"database": "by-file", "bin-path": wasm, "server": "test"}))
        below = folder / "src"
        below.mkdir()
        self.assertIn("Created database by-file", self.ok("publish", cwd=below))
        self.ok("call", "add", "Ada", cwd=folder)
        self.assertIn("Ada", self.ok("sql", "SELECT * FROM person", cwd=folder))
        self.assertIn("table person", self.ok("describe", cwd=folder))
        self.ok("logs", "-n", "1", cwd=folder)
        (folder / "spacetime.local.json").write_text('{"database": "by-local"}')
        self.assertIn("Created database by-local", self.ok("publish", cwd=folder))
        (folder / "spacetime.dev.json").write_text('{"database": "by-env"}')
        self.assertIn("Created database by-env", self.ok("publish", "--env", "dev", cwd=folder))
        self.fails(USAGE, "no database 'other'", "publish", "other", cwd=folder)
        self.assertIn("Created", self.ok("publish", "other", "-b", wasm, cwd=folder))
        (folder / "spacetime.local.json").write_text(
            '{"database": "parent", "children": [{"database": "child-1"}, {"database": "child-2"}]}')
        out = self.ok("publish", "-y", cwd=folder)
        for name in ("parent", "child-1", "child-2"):
            self.assertIn(f"Created database {name}", out)
        self.fails(USAGE, "parent child-1 child-2", "logs", cwd=folder)
        (folder / "spacetime.json").write_text("{nonsense")
        self.fails(USAGE, "spacetime.json", "publish", cwd=folder)
        self.ok("sql", "by-file", "--no-config", "SELECT * FROM person", cwd=folder)

    def test_from_source(self):
        folder = Modules.project("people")
        self.assertIn("Created database from-source", self.ok("publish", "from-source", "-p", str(folder), "--no-config"))


class Calls(CliCase):
    def test_reducer(self):
        name = self.database()
        self.assertEqual(self.ok("call", name, "add", "Ada Lovelace"), "")
        self.ok("call", name, "add", '"quoted \\" text"')
        self.assertEqual(self.ok("call", name, "add", "x", "--json"), "null\n")
        self.assertEqual(self.names(name), ["Ada Lovelace", 'quoted " text', "x"])

    def test_errors(self):
        name = self.database()
        self.fails(FAILED, "^orrery: add: a person has a name\n", "call", name, "add", "")
        self.fails(NOT_FOUND, r"did you mean add\?(.|\n)*add\(name: String\)", "call", name, "ad", "x")
        self.fails(USAGE, r"takes 1 argument, not 0: add\(name: String\)", "call", name, "add")
        self.fails(USAGE, "takes 0 arguments, not 1", "call", name, "say_hello", "x")
        self.fails(NOT_FOUND, "`nope` not found", "call", "nope", "add", "x")
        self.fails(USAGE, "missing: the reducer", "call")
        chat = self.database("chat")
        self.fails(USAGE, "no JSON", "call", chat, "delete_message", "x")
        self.fails(USAGE, r"delete_message\(id: U64\)", "call", chat, "delete_message", "-1")
        self.fails(FAILED, "no such message", "call", chat, "delete_message", "77")

    def test_who_calls(self):
        name = self.database("chat")
        self.ok("call", name, "set_name", "owner")
        self.ok("call", name, "set_name", "other", user=self.stranger)
        self.ok("call", name, "send_message", "from nobody", "--anonymous")
        rows = [json.loads(l) for l in self.ok("sql", name, "--json", "SELECT * FROM user").splitlines()]
        self.assertEqual(sorted(filter(None, (row["name"].get("some") for row in rows))), ["other", "owner"])
        self.assertEqual(len(rows), 3)


class Sql(CliCase):
    def test_forms(self):
        name = self.database()
        self.ok("call", name, "add", "Ada")
        query = "SELECT * FROM person"
        self.assertEqual(self.ok("sql", name, query), "id | name\n---+-----\n 1 | Ada\n(1 row)\n")
        self.assertEqual(self.ok("sql", name, "--json", query), '{"id":1,"name":"Ada"}\n')
        self.assertEqual(self.ok("sql", name, "--format", "csv", query), "id,name\n1,Ada\n")
        answer = json.loads(self.ok("sql", name, "--format", "json", query))
        self.assertEqual(answer[0]["rows"], [[1, "Ada"]])
        self.assertEqual(self.ok("sql", name, "--confirmed", "false", query + ";"), self.ok("sql", name, query))

    def test_special_types(self):
        name = self.database("chat")
        self.ok("call", name, "send_message", "hello")
        out = self.ok("sql", name, "SELECT sender, sent FROM message")
        self.assertRegex(out, r"c200[0-9a-f]{60} \| 2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*\+00:00\n")
        self.assertRegex(self.ok("sql", name, "SELECT name, online FROM user"), r"NULL +\| true")  # while it asks
        self.assertRegex(self.ok("sql", name, "SELECT * FROM sweep_timer"), r"every \+3600\.000000 +\| \+2592000\.000000")

    def test_writing(self):
        name = self.database()
        self.assertEqual(self.ok("sql", name, "INSERT INTO person (id, name) VALUES (9, 'Bob')"),
                         "inserted: 1, deleted: 0, updated: 0\n")
        self.fails(FAILED, "(?i)authori", "sql", name, "DELETE FROM person", user=self.stranger)

    def test_errors(self):
        name = self.database("chat")
        self.fails(FAILED, "SELEC", "sql", name, "SELEC 1")
        self.fails(NOT_FOUND, "`nope` not found", "sql", "nope", "SELECT 1")
        self.fails(FAILED, "private", "sql", name, "SELECT * FROM sweep_timer", user=self.stranger)
        self.fails(USAGE, "too many words", "sql", name, "SELECT", "1")
        self.fails(USAGE, "which database", "sql", "SELECT 1")

    def test_prompt(self):
        name = self.database()
        self.ok("call", name, "add", "Ada")
        terminal = Terminal([PROGRAM, "sql", name, "--interactive"], {**self.owner.env, "TERM": "xterm"})
        terminal.expect(f"{name}> ")
        terminal.type("SELECT name\n")
        terminal.expect(r"\.\.\.> ")
        terminal.type("FROM person;\n")
        terminal.expect(r"Ada(.|\r|\n)*\(1 row\)")
        terminal.type("SELEC;\n")
        terminal.expect("orrery: .*SELEC")
        terminal.expect(f"{name}> ")
        terminal.type("\x04")
        self.assertEqual(terminal.wait(), FAILED)


class Subscribing(CliCase):
    def subscribe(self, *words):
        process = self.owner.start("subscribe", *words)
        errors = Lines(process.stderr)
        self.assertIn("Subscribed", errors.next())
        return process, Lines(process.stdout)

    def test_updates(self):
        name = self.database()
        self.ok("call", name, "add", "Ada")
        process, lines = self.subscribe(name, "SELECT * FROM person WHERE name = 'Bob'", "SELECT * FROM person WHERE id = 1",
                                        "--print-initial-update", "-n", "2")
        self.assertEqual(json.loads(lines.next()), {"person": {"deletes": [], "inserts": [{"id": 1, "name": "Ada"}]}})
        self.ok("call", name, "add", "Carl")  # of no query
        self.ok("call", name, "add", "Bob")
        self.assertEqual([row["name"] for row in json.loads(lines.next())["person"]["inserts"]], ["Bob"])
        self.ok("call", name, "remove", "Ada")
        self.assertEqual(json.loads(lines.next())["person"]["deletes"], [{"id": 1, "name": "Ada"}])
        self.assertEqual(process.wait(30), OK)

    def test_event_tables(self):
        name = self.database("chat")
        process, lines = self.subscribe(name, "SELECT * FROM typing", "-n", "1")
        self.ok("call", name, "start_typing")
        self.assertIn("typing", json.loads(lines.next()))
        self.assertEqual(process.wait(30), OK)

    def test_any_select(self):
        name = self.database()
        self.ok("call", name, "add", "Bob")
        count, last = "SELECT COUNT(*) AS n FROM person", "SELECT name FROM person ORDER BY name DESC LIMIT 2"
        process, lines = self.subscribe(name, count, last, "--print-initial-update", "--json")
        self.assertEqual(json.loads(lines.next()), {count: {"deletes": [], "inserts": [{"n": 1}]},
                                                    last: {"deletes": [], "inserts": [{"name": "Bob"}]}})
        self.ok("call", name, "add", "Carl")
        changes = {**json.loads(lines.next()), **json.loads(lines.next())}
        self.assertEqual(changes, {count: {"deletes": [{"n": 1}], "inserts": [{"n": 2}]},
                                   last: {"deletes": [], "inserts": [{"name": "Carl"}]}})
        self.ok("call", name, "add", "Ada")  # the two last ones stay
        self.assertEqual(json.loads(lines.next()), {count: {"deletes": [{"n": 2}], "inserts": [{"n": 3}]}})
        self.assertEqual(self.ended_by_interrupt(process, lines)[0], OK)
        self.fails(FAILED, "nope", "subscribe", name, "SELECT COUNT(*) FROM nope")

    def test_interrupt(self):
        name = self.database()
        process, lines = self.subscribe(name, "SELECT * FROM person")
        self.ok("call", name, "add", "Ada")
        lines.next()
        status, rest, _ = self.ended_by_interrupt(process, lines)
        self.assertEqual((status, rest), (OK, []))
        process, lines = self.subscribe(name, "SELECT * FROM person", "-n", "5")
        self.assertEqual(self.ended_by_interrupt(process, lines)[0], INTERRUPTED)
        self.ok("call", name, "add", "still there")

    def test_ends(self):
        name = self.database()
        self.fails(FAILED, "timed out after 0 of 1 updates", "subscribe", name, "SELECT * FROM person", "-n", "1", "-t", "1")
        self.ok("subscribe", name, "SELECT * FROM person", "-t", "1")
        self.fails(FAILED, "nope", "subscribe", name, "SELECT * FROM nope")
        self.fails(NOT_FOUND, "not found", "subscribe", "nope", "SELECT * FROM person")
        self.fails(USAGE, "wants a number", "subscribe", name, "SELECT * FROM person", "-n", "x")
        process, lines = self.subscribe(name, "SELECT * FROM person", "-n", "1")
        self.ok("delete", name, "-y")
        self.assertEqual(process.wait(30), FAILED)


class Logs(CliCase):
    def test_forms(self):
        name = self.database()
        self.ok("call", name, "add", "Ada")
        self.ok("call", name, "say_hello")
        self.assertRegex(self.ok("logs", name), r"(?m)^\S+\+00:00 INFO: .*Hello, Ada!$")
        self.assertEqual(len(self.ok("logs", name, "-n", "2").splitlines()), 2)
        for form in (["--json"], ["--format", "json"]):
            records = [json.loads(line) for line in self.ok("logs", name, *form).splitlines()]
            self.assertIn("Hello, Ada!", [record["message"] for record in records])
        self.owner.run("call", name, "add", "")
        self.assertRegex(self.ok("logs", name, "--level", "error"), r"\AERROR|\A\S+ ERROR: .*a person has a name\n\Z")
        self.assertEqual(self.ok("logs", name, "-l", "debug", "--level-exact"), "")

    def test_follow(self):
        name = self.database()
        process = self.owner.start("logs", name, "-f", "-n", "0")
        lines = Lines(process.stdout)
        deadline = time.monotonic() + 60
        # What is logged before it follows does not come.
        while lines.queue.empty() and time.monotonic() < deadline:
            self.ok("call", name, "say_hello")
            time.sleep(0.1)
        self.assertRegex(lines.next(), "INFO: .*(Hello|connected)")
        status, _, errors = self.ended_by_interrupt(process, lines)
        self.assertEqual((status, errors), (OK, ""))

    def test_for_the_owner_alone(self):
        name = self.database()
        self.fails(NOT_ALLOWED, "not authorized", "logs", name, user=self.stranger)
        self.fails(NOT_FOUND, "not found", "logs", "nope")
        self.fails(USAGE, "wants a number", "logs", name, "-n", "many")


class Administration(CliCase):
    def test_list_rename_delete(self):
        name = self.database()
        listed = json.loads(self.ok("list", "--json"))
        self.assertIn([name], [entry["names"] for entry in listed])
        self.assertIn(name, self.ok("list"))
        self.assertEqual(json.loads(self.ok("list", "--json", user=self.stranger)), [])
        self.ok("rename", name, "--to", name + "-renamed")
        self.fails(NOT_FOUND, "not found", "describe", name)
        other = self.database()
        self.fails(FAILED, "in use", "rename", other, "--to", name + "-renamed")
        self.fails(USAGE, "--to", "rename", other)
        self.fails(NOT_ALLOWED, "not yours", "rename", other, "--to", "mine-now", user=self.stranger)
        self.fails(USAGE, "delete -y", "delete", other)
        self.fails(NOT_ALLOWED, "not authorized", "delete", other, "-y", user=self.stranger)
        self.assertEqual(self.ok("delete", other, "-y"), f"Deleted {other}\n")
        self.fails(NOT_FOUND, "not found", "delete", other, "-y")

    def test_lock(self):
        name = self.database()
        self.ok("lock", name)
        self.fails(NOT_ALLOWED, "locked", "delete", name, "-y")
        self.fails(NOT_ALLOWED, "locked", "publish", name, "-b", Modules.wasm("people"), "-c", "-y")
        self.ok("unlock", name)
        self.ok("delete", name, "-y")

    def test_describe(self):
        name = self.database("chat")
        out = self.ok("describe", name)
        self.assertRegex(out, r"(?m)^table message\n  id: U64, primary key, auto-increment$")
        self.assertRegex(out, r"(?m)^table sweep_timer, private$")
        self.assertRegex(out, r"(?m)^reducer send_message\(text: String\)$")
        self.assertRegex(out, r"(?m)^view online_users\(\) -> Array<User>$")
        self.assertEqual(self.ok("describe", name, "reducer", "send_message"), "reducer send_message(text: String)\n")
        self.fails(NOT_FOUND, "has no table 'x'", "describe", name, "table", "x")
        self.fails(USAGE, "describe knows", "describe", name, "thing", "x")
        definition = json.loads(self.ok("describe", name, "--json"))
        self.assertIn("message", [table["name"] for table in definition["tables"]])
        self.assertEqual(json.loads(self.ok("describe", name, "--json", "table", "message"))["name"], "message")


class Identities(CliCase):
    def fresh(self, name):
        return Orrery(PROGRAM, self.server.folder, name)

    def test_login_and_logout(self):
        user = self.fresh("login")
        at = ["-s", self.server.address]
        self.assertEqual(user.run("login", "show", *at).status, FAILED)
        self.assertRegex(self.ok("login", *at, user=user), r"^Logged in at http://127")
        self.assertRegex(self.ok("login", *at, user=user), "already")
        shown = json.loads(self.ok("login", "show", "--token", "--json", *at, user=user))
        self.assertRegex(shown["identity"], r"^c200[0-9a-f]{60}$")
        self.assertEqual(os.stat(user.config).st_mode & 0o777, 0o600)
        other = self.fresh("login-by-token")
        self.ok("login", "--token", shown["token"], user=other)
        self.assertEqual(json.loads(self.ok("login", "show", "--json", *at, user=other))["identity"], shown["identity"])
        self.ok("logout", *at, user=user)
        self.assertEqual(user.run("login", "show", *at).status, FAILED)
        self.ok("logout", user=other)
        self.assertNotIn("eyJ", other.config.read_text())
        self.fails(USAGE, "no token", "login", "--token", "nonsense", user=other)
        self.fails(FAILED, "not supported yet", "login", "--auth-host", "https://example.org", user=other)

    def test_wrong_token(self):
        user = self.fresh("wrong")
        at = ["-s", self.server.address]
        self.ok("login", *at, user=user)
        token = json.loads(self.ok("login", "show", "--token", "--json", *at, user=user))["token"]
        head, claims, signature = token.split(".")
        broken = ".".join([head, claims, signature[:-8] + ("A" * 8 if signature[-8:] != "A" * 8 else "B" * 8)])
        self.ok("login", "--token", broken, *at, user=user)
        self.fails(NOT_ALLOWED, "does not accept your token(.|\n)*orrery logout", "list", *at, user=user)

    def test_the_first_command_logs_in(self):
        user = self.fresh("automatic")
        done = user.run("list", "-s", self.server.url)
        self.assertEqual(done.status, OK, done.err)
        self.assertIn("Logged in at", done.err)
        self.assertEqual(user.run("list", "-s", self.server.url).err, "")

    def test_settings_are_kept(self):
        user = self.fresh("settings")
        user.config.write_text('default_server = "mine"\nown_key = 7\n[[server_configs]]\nnickname = "mine"\n'
                               f'host = "{self.server.address}"\nprotocol = "http"\n')
        self.ok("list", user=user)
        text = user.config.read_text()
        self.assertRegex(text, "own_key = 7")
        self.assertIn("eyJ", text)
        user.config.write_text("this is = = no TOML")
        self.fails(FAILED, r"settings\.toml:1", "list", user=user)

    def test_servers(self):
        user = self.fresh("servers")
        self.ok("server", "add", "lab", "--url", self.server.url + "/", "-d", user=user)
        listed = {entry["nickname"]: entry for entry in json.loads(self.ok("server", "list", "--json", user=user))}
        self.assertEqual(listed["lab"], {"nickname": "lab", "url": self.server.url, "default": True})
        self.assertEqual(listed["local"]["url"], "http://127.0.0.1:3000")
        self.assertIn("is there", self.ok("server", "ping", user=user))
        self.assertIn("BEGIN PUBLIC KEY", self.ok("server", "fingerprint", "lab", user=user))
        self.ok("server", "edit", "lab", "--new-name", "den", user=user)
        self.ok("server", "ping", "den", user=user)
        self.ok("server", "set-default", "local", user=user)
        self.ok("server", "remove", "den", user=user)
        self.fails(USAGE, "no server is called 'den'", "server", "remove", "den", user=user)
        self.fails(USAGE, "no server is called 'den'", "list", "-s", "den", user=user)
        self.fails(USAGE, "wants one of", "server", user=user)
        gone = f"http://127.0.0.1:{free_port()}"
        self.fails(UNREACHABLE, "--no-fingerprint", "server", "add", "gone", "--url", gone, user=user)
        self.ok("server", "add", "gone", "--url", gone, "--no-fingerprint", user=user)
        self.fails(UNREACHABLE, "Is a server running", "server", "ping", "gone", user=user)
        # Before anything is looked for or built.
        self.fails(UNREACHABLE, "Is a server running", "publish", "x", "-p", "/nonexistent", "-s", "gone", user=user)


class Secure(CliCase):
    """https: the server behind something that ends TLS, as it would stand in the open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificate = str(cls.server.folder / "tls.pem")
        key = str(cls.server.folder / "tls.key")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cls.certificate,
                        "-days", "2", "-subj", "/CN=orrery-test", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                       capture_output=True, timeout=60)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.certificate, key)
        cls.listener = socket.create_server(("127.0.0.1", 0))
        cls.addClassCleanup(cls.listener.close)
        cls.url = f"https://127.0.0.1:{cls.listener.getsockname()[1]}"
        threading.Thread(target=cls.serve, args=(context,), daemon=True).start()

    @classmethod
    def serve(cls, context):
        while True:
            try:
                peer, _ = cls.listener.accept()
            except OSError:
                return
            threading.Thread(target=cls.forward, args=(context, peer), daemon=True).start()

    @classmethod
    def forward(cls, context, peer):
        host, port = cls.server.address.split(":")
        with peer, socket.create_connection((host, int(port))) as inner:
            try:
                outer = context.wrap_socket(peer, server_side=True)
            except OSError:
                return
            with outer:
                outer.settimeout(0.01)
                inner.settimeout(0.01)
                while True:
                    for source, to in ((outer, inner), (inner, outer)):
                        try:
                            data = source.recv(65536)
                        except TimeoutError:
                            continue
                        except OSError:
                            return
                        if not data:
                            return
                        to.sendall(data)

    def test_a_certificate_of_nobody_is_refused(self):
        self.fails(UNREACHABLE, "secure connection(.|\n)*certificate", "describe", "x", "-s", self.url)

    def test_a_known_certificate(self):
        name = self.database()
        user = Orrery(PROGRAM, self.server.folder, "secure")
        user.env["SSL_CERT_FILE"] = self.certificate
        at = ["-s", self.url]
        self.assertIn("table person", self.ok("describe", name, *at, user=user))
        process = user.start("subscribe", name, "SELECT * FROM person", "-n", "1", *at)
        errors = Lines(process.stderr)
        while "Subscribed" not in errors.next():
            pass
        self.ok("call", name, "add", "Ada", *at, user=user)
        self.assertIn("Ada", Lines(process.stdout).next())
        self.assertEqual(process.wait(30), OK)


class NoServer(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="orrery-cli-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.orrery = Orrery(PROGRAM, self.folder)
        self.orrery.config.write_text('spacetimedb_token = "a.e30.b"\n')

    def test_every_command_says_so(self):
        at = ["-s", f"127.0.0.1:{free_port()}"]
        commands = [["call", "x", "f"], ["sql", "x", "SELECT 1"], ["subscribe", "x", "SELECT * FROM t"], ["logs", "x"],
                    ["describe", "x"], ["delete", "x", "-y"], ["rename", "x", "--to", "y"], ["lock", "x"],
                    ["publish", "x", "-b", Modules.wasm("people")]]
        for words in commands:
            with self.subTest(words[0]):
                done = self.orrery.run(*words, *at)
                self.assertEqual(done.status, UNREACHABLE, done.out + done.err)
                self.assertRegex(done.err, r"cannot connect to 127\.0\.0\.1(.|\n)*orrery start")

    def test_something_else_answers(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def answer():
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                peer.recv(65536)
                peer.sendall(b"SSH-2.0-nonsense\r\n")
                peer.close()
        threading.Thread(target=answer, daemon=True).start()
        at = ["-s", f"127.0.0.1:{listener.getsockname()[1]}"]
        done = self.orrery.run("sql", "x", "SELECT 1", *at)
        self.assertEqual(done.status, UNREACHABLE, done.err)
        self.assertIn("no HTTP answer", done.err)

    def test_interrupt_while_waiting(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        process = self.orrery.start("sql", "x", "SELECT 1", "-s", f"127.0.0.1:{listener.getsockname()[1]}")
        peer, _ = listener.accept()
        self.addCleanup(peer.close)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, out, err), (INTERRUPTED, "", ""))


def main():
    global PROGRAM
    PROGRAM = sys.argv[1]
    loader = unittest.defaultTestLoader
    module = sys.modules[__name__]
    suite = loader.loadTestsFromNames(sys.argv[2:], module) if len(sys.argv) > 2 else loader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed or result.testsRun == 0 else 0)


if __name__ == "__main__":
    main()
