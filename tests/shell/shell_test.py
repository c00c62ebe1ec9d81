"""The shell: scripts, pipes, import and export, exit codes; and on a terminal editing, history, completion, Ctrl-C.

usage: shell_test.py PROGRAM [TEST...]      ends with "N passed, M failed"
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from terminal import Terminal, set_signals

PROGRAM = ""

# More rows than can be counted in the time of a test, by any engine.
ENDLESS = "SELECT COUNT(*) FROM GENERATE_SERIES(1, 100000) a, GENERATE_SERIES(1, 100000) b, GENERATE_SERIES(1, 1000) c"


def wait_until_busy(pid, seconds=0.5, timeout=120):
    """Until the process has computed for that long from now on: it is in its statement then, however loaded the machine."""
    def used():
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[11]) / os.sysconf("SC_CLK_TCK")
    goal = used() + seconds
    deadline = time.monotonic() + timeout
    while used() < goal:
        if time.monotonic() > deadline:
            raise AssertionError("it does not compute")
        time.sleep(0.05)


class ShellCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="orrery-shell-"))
        self.env = {**os.environ, "ORRERY_HISTORY": str(self.folder / "history"), "TERM": "xterm", "PAGER": "cat"}

    def tearDown(self):
        shutil.rmtree(self.folder)

    def run_shell(self, *arguments, stdin="", status=0):
        """Standard output; the error output is in self.errors."""
        done = subprocess.run([PROGRAM, "shell", *arguments], input=stdin, capture_output=True, text=True, env=self.env,
                              cwd=self.folder, timeout=120)
        self.errors = done.stderr
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def write(self, name, text):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)


class Scripts(ShellCase):
    def test_statement_on_the_command_line(self):
        self.assertEqual(self.run_shell("-e", "SELECT 1 AS one, 'x' AS two"), "one | two\n----+----\n  1 | x\n(1 row)\n")
        self.assertEqual(self.errors, "")

    def test_several_in_order_on_one_session(self):
        out = self.run_shell("-e", "CREATE TABLE t (id INTEGER PRIMARY KEY)", "-e", "INSERT INTO t VALUES (1), (2)",
                             "--format", "csv", "-e", "SELECT COUNT(*) AS n FROM t; SELECT id FROM t ORDER BY id")
        self.assertEqual(out, "n\n2\nid\n1\n2\n")

    def test_formats(self):
        sql = "SELECT 1 AS i, 2.0 AS f, 'a \"b\", c' AS t, TRUE AS b, NULL AS n, '' AS e"
        self.assertEqual(self.run_shell("--json", "-e", sql), '{"i":1,"f":2.0,"t":"a \\"b\\", c","b":true,"n":null,"e":""}\n')
        self.assertEqual(self.run_shell("--format", "csv", "-e", sql), 'i,f,t,b,n,e\n1,2.0,"a ""b"", c",true,,""\n')
        self.assertEqual(self.run_shell("--format", "csv", "--no-header", "-e", "SELECT 1, 2"), "1,2\n")
        self.assertEqual(self.run_shell("--format", "markdown", "-e", "SELECT 1 AS a, 'x|y' AS b"),
                         "|   a | b    |\n| --: | ---- |\n|   1 | x\\|y |\n")

    def test_json_of_every_type(self):
        out = self.run_shell("--json", "-e", "SELECT CAST('2024-01-15 10:30:00' AS TIMESTAMP) AS at, CAST('{\"a\": [1]}' AS JSON) AS j, "
                             "9223372036854775807 AS big, 'ż\n' AS u")
        row = json.loads(out)
        self.assertEqual(row["big"], 9223372036854775807)
        self.assertEqual(row["u"], "ż\n")
        self.assertEqual(row["j"], {"a": [1]})
        self.assertTrue(row["at"].startswith("2024-01-15T10:30:00"), row["at"])

    def test_script_file(self):
        path = self.write("s.sql", "-- a comment; with a semicolon\nCREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT);\n"
                          "INSERT INTO t VALUES (1, 'a;b'),\n  (2, 'it''s');\n.format csv\nSELECT * FROM t ORDER BY id")
        self.assertEqual(self.run_shell("-f", path), "id,s\n1,a;b\n2,it's\n")
        self.assertEqual(self.run_shell("-f", "-", stdin="SELECT 7 AS n;\n", ), "n\n-\n7\n(1 row)\n")

    def test_read_command(self):
        path = self.write("s.sql", "SELECT 5 AS five;")
        self.assertEqual(self.run_shell("--json", "-e", f".read {path}"), '{"five":5}\n')
        self.run_shell("-e", ".read missing.sql", status=1)
        self.assertIn("missing.sql", self.errors)

    def test_a_long_script(self):
        lines = "".join(f"INSERT INTO t VALUES ({i}, 'row {i}');\n" for i in range(20000))
        path = self.write("long.sql", "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT);\nBEGIN;\n" + lines + "COMMIT;\nSELECT COUNT(*) AS n FROM t;\n")
        self.assertEqual(self.run_shell("--json", "-f", path), '{"n":20000}\n')

    def test_a_statement_of_many_lines_through_a_pipe(self):
        rows = ",\n".join(f"({i}, 'a; b')" for i in range(20000))
        started = time.monotonic()
        out = self.run_shell("--json", stdin=f"CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT);\nINSERT INTO t VALUES\n{rows};\nSELECT COUNT(*) AS n FROM t;\n")
        self.assertEqual(out, '{"n":20000}\n')
        self.assertLess(time.monotonic() - started, 60)

    def test_echo_and_timing(self):
        out = self.run_shell("--echo", "--timing", "--format", "csv", "-e", "SELECT 1 AS a;\n  SELECT 2 AS a")
        self.assertRegex(out, r"^\nSELECT 1 AS a;\na\n1\n[0-9.]+ ms\n\nSELECT 2 AS a\na\n2\n[0-9.]+ ms\n$")


class Pipes(ShellCase):
    def test_statements_from_a_pipe(self):
        out = self.run_shell("--json", stdin="CREATE TABLE t (a INTEGER);\nINSERT INTO t\nVALUES (1);\nSELECT a\nFROM t;")
        self.assertEqual(out, '{"a":1}\n')
        self.assertEqual(self.errors, "")

    def test_without_a_last_semicolon(self):
        self.assertEqual(self.run_shell("--json", stdin="SELECT 3 AS n"), '{"n":3}\n')

    def test_answers_come_at_once(self):
        """Each answer is out before the next statement is read, so that a program can talk to the shell."""
        process = subprocess.Popen([PROGRAM, "shell", "--format", "csv", "--no-header"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, env=self.env)
        for i in range(5):
            process.stdin.write(f"SELECT {i} * 2;\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), f"{i * 2}\n")
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)
        process.stdout.close()

    def test_a_closed_output_ends_it(self):
        command = f"'{PROGRAM}' shell --format csv -e 'SELECT value FROM GENERATE_SERIES(1, 3000000)' | head -n 2"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=self.env, timeout=60)
        self.assertEqual(len(done.stdout.splitlines()), 2, done.stderr)


class ExitCodes(ShellCase):
    def test_lost_output(self):
        command = f"'{PROGRAM}' shell -e 'SELECT 1' > /dev/full"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=self.env, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("output", done.stderr)

    def test_failing_statement(self):
        self.run_shell("-e", "SELECT * FROM missing", status=1)
        self.assertRegex(self.errors, r"^error \(\w{5}\): .*missing")
        out = self.run_shell("--json", "-e", "SELECT 1 AS a; nonsense; SELECT 2 AS a", status=1)
        self.assertEqual(out, '{"a":1}\n')
        self.run_shell(stdin="nonsense;\nSELECT 1;\n", status=1)

    def test_the_place_of_a_syntax_error_is_shown(self):
        self.run_shell("-e", "SELECT 1,\n       FROM t", status=1)
        lines = self.errors.splitlines()
        self.assertIn("line 2", lines[0])
        self.assertEqual(lines[1], "       FROM t")
        self.assertEqual(lines[2].find("^"), 7, self.errors)

    def test_keep_going(self):
        out = self.run_shell("--json", "--keep-going", "-e", "SELECT 1 AS a; nonsense; SELECT 2 AS a", "-e", "SELECT 3 AS a", status=1)
        self.assertEqual(out, '{"a":1}\n{"a":2}\n{"a":3}\n')
        out = self.run_shell("--json", "--keep-going", stdin="nonsense;\nSELECT 2 AS a;\n", status=1)
        self.assertEqual(out, '{"a":2}\n')

    def test_usage(self):
        for arguments in (["--wrong"], ["-e"], ["one", "two"], ["--format", "xml"]):
            self.run_shell(*arguments, status=2)
            self.assertIn("--help", self.errors)
        self.assertIn("--keep-going", self.run_shell("--help"))

    def test_program_commands(self):
        run = lambda *a: subprocess.run([PROGRAM, *a], capture_output=True, text=True, timeout=20)
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run("fly").returncode, 2)
        self.assertIn("fly", run("fly").stderr)
        self.assertEqual(run("--help").returncode, 0)
        self.assertRegex(run("version").stdout, r"^orrery \d+\.\d+\.\d+\n$")

    def test_a_database_that_cannot_be_opened(self):
        self.run_shell("nowhere://x", "-e", "SELECT 1", status=3)
        self.assertIn("nowhere", self.errors)
        self.run_shell("file:///proc/none/db", "-e", "SELECT 1", status=3)
        self.run_shell("memory://?memory_limit=abc", "-e", "SELECT 1", status=3)
        self.assertIn("abc", self.errors)

    def test_a_database_that_is_open_elsewhere(self):
        holder = subprocess.Popen([PROGRAM, "shell", "db", "--format", "csv", "--no-header"], cwd=self.folder, text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.env)
        holder.stdin.write("SELECT 1;\n")
        holder.stdin.flush()
        holder.stdout.readline()
        self.run_shell("db", "-e", "SELECT 1", status=3)
        self.assertIn("lock", self.errors)
        holder.stdin.close()
        self.assertEqual(holder.wait(20), 0)
        holder.stdout.close()
        self.run_shell("db", "-e", "SELECT 1")


class Commands(ShellCase):
    SCHEMA = ("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL); CREATE UNIQUE INDEX by_name ON items (name); "
              "CREATE VIEW names AS SELECT name FROM items")

    def test_tables_and_schema(self):
        self.assertEqual(self.run_shell("-e", self.SCHEMA, "-e", ".tables"), "items\nnames\n")
        out = self.run_shell("-e", self.SCHEMA, "-e", ".schema items")
        self.assertRegex(out, r"(?i)^CREATE TABLE \S*items\S* \(")
        self.assertRegex(out, r"(?i)unique index by_name on items \(name\), ")
        out = self.run_shell("-e", self.SCHEMA, "-e", ".schema")
        self.assertRegex(out, r"(?i)CREATE VIEW \S*names")
        self.run_shell("-e", ".schema missing", status=1)
        self.assertIn("missing", self.errors)

    def test_settings(self):
        out = self.run_shell("-e", ".format csv", "-e", ".header off", "-e", "SELECT 1, 2", "-e", ".mode json", "-e", "SELECT 1 AS a")
        self.assertEqual(out, '1,2\n{"a":1}\n')
        for bad in (".format xml", ".header maybe", ".nothing", ".import one", ".export one"):
            self.run_shell("-e", bad, status=1)
            self.assertNotEqual(self.errors, "")

    def test_help_and_quit(self):
        self.assertIn(".import", self.run_shell("-e", ".help"))
        self.assertEqual(self.run_shell("--json", "-e", "SELECT 1 AS a", "-e", ".quit", "-e", "SELECT 2 AS a"), '{"a":1}\n')


class Transfer(ShellCase):
    CSV = ('id,name,price,added,active,code,note\n'
           '1,"Lamp, brass",19.5,2024-01-15 10:30:00,true,007,"says ""hi"""\n'
           '2,Desk,240,2024-02-01 00:00:00,false,012,\n'
           '3,,-1e3,,true,100,""\n'
           '4,"two\nlines",0.25,2024-03-01 12:00:00,,001,plain\r\n')

    def test_import_makes_the_table(self):
        path = self.write("items.csv", self.CSV)
        out = self.run_shell("db", "-e", f".import {path} items", "-e", "SELECT * FROM items ORDER BY id", "--json")
        lines = out.splitlines()
        self.assertEqual(lines[0], 'created table items ("id" INTEGER, "name" TEXT, "price" FLOAT, "added" TIMESTAMP, '
                         '"active" BOOLEAN, "code" TEXT, "note" TEXT)')
        self.assertEqual(lines[1], "4 rows imported into items")
        rows = [json.loads(line) for line in lines[2:]]
        self.assertEqual([row["name"] for row in rows], ["Lamp, brass", "Desk", None, "two\nlines"])
        self.assertEqual([row["price"] for row in rows], [19.5, 240, -1000, 0.25])
        self.assertEqual([row["active"] for row in rows], [True, False, True, None])
        self.assertEqual([row["code"] for row in rows], ["007", "012", "100", "001"])
        self.assertEqual([row["note"] for row in rows], ['says "hi"', None, "", "plain"])
        self.assertIsNone(rows[2]["added"])
        self.assertEqual(self.errors, "", "no progress where there is no terminal")

    def test_round_trip(self):
        path = self.write("items.csv", self.CSV)
        count = "SELECT COUNT(*) AS n FROM items i JOIN again a ON a.id = i.id AND a.name IS NOT DISTINCT FROM i.name AND a.price = i.price AND " \
                "a.added IS NOT DISTINCT FROM i.added AND a.active IS NOT DISTINCT FROM i.active AND a.code = i.code AND a.note IS NOT DISTINCT FROM i.note"
        for name in ("out.csv", "out.jsonl"):
            out = self.run_shell("--json", "-e", f".import {path} items", "-e", f".export items {name}", "-e", f".import {name} again", "-e", count)
            self.assertEqual(out.splitlines()[-1], '{"n":4}', out)
            self.assertIn("4 rows written to " + name, out)
        second = (self.folder / "out.csv").read_text().splitlines()[0]
        self.assertEqual(second, "id,name,price,added,active,code,note")

    def test_export_of_a_query(self):
        self.run_shell("-e", "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT); INSERT INTO t VALUES (1, 'a,b'), (2, NULL), (3, '')",
                       "-e", ".export 'SELECT s, id FROM t WHERE id < 4 ORDER BY id DESC' out.csv", "-e", ".export t all.json")
        self.assertEqual((self.folder / "out.csv").read_text(), 's,id\n"",3\n,2\n"a,b",1\n')
        rows = [json.loads(line) for line in (self.folder / "all.json").read_text().splitlines()]
        self.assertEqual(sorted(rows, key=lambda row: row["id"]), [{"id": 1, "s": "a,b"}, {"id": 2, "s": None}, {"id": 3, "s": ""}])
        self.run_shell("-e", ".export 'SELECT nothing FROM nowhere' x.csv", status=1)
        self.assertFalse((self.folder / "x.csv").exists())
        self.run_shell("-e", "CREATE TABLE t (id INTEGER)", "-e", ".export t /nowhere/x.csv", status=1)
        self.assertIn("/nowhere/x.csv", self.errors)

    def test_json_lines(self):
        path = self.write("t.jsonl", '{"id": 1, "tags": ["a", 1], "x": 1}\n\n{"id": 2, "x": 2.5, "late": "yes"}\n')
        out = self.run_shell("--json", "-e", f".import {path} t", "-e", "SELECT * FROM t ORDER BY id")
        rows = [json.loads(line) for line in out.splitlines()[2:]]
        self.assertEqual(rows, [{"id": 1, "tags": ["a", 1], "x": 1, "late": None}, {"id": 2, "tags": None, "x": 2.5, "late": "yes"}])

    def test_into_a_table_that_is_there(self):
        path = self.write("t.csv", "b,a\nx,1\n,2\n")
        out = self.run_shell("--json", "-e", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'd')", "-e", f".import {path} t", "-e", "SELECT * FROM t ORDER BY a")
        self.assertEqual(out.splitlines(), ["2 rows imported into t", '{"a":1,"b":"x"}', '{"a":2,"b":null}'])

    def test_a_broken_file_loads_nothing(self):
        for name, text, part in (
                ("quote.csv", 'a,b\n1,x\n2,"never ends\n', "line 3"),
                ("fields.csv", "a,b\n1,x\n2\n3,y\n", "line 3"),
                ("after.csv", 'a,b\n1,"x"y\n', "line 2"),
                ("types.csv", "a,b\n1,x\n2,y\nthree,z\n", "line 4"),
                ("key.csv", "a,b\n1,x\n1,y\n", "line 3"),
                ("empty.csv", "", "empty"),
                ("unknown.csv", "a,c\n1,x\n", "c"),
                ("bad.jsonl", '{"a": 1, "b": "x"}\n{"a": 2\n', "line 2"),
                ("latin.csv", b"a,b\n1,x\n2,caf\xe9\n", "line 3 is not UTF-8"),
                ("latin.jsonl", b'{"a": 1, "b": "caf\xe9"}\n', "line 1 is not UTF-8"),
                ("bare-cr.csv", "a,b\n1,x\ry\n", "line 3"),
                ("array.jsonl", '[1]\n', "line 1")):
            path = self.write(name, text)
            self.run_shell("db", "-e", "CREATE TABLE IF NOT EXISTS t (a INTEGER PRIMARY KEY, b TEXT)", "-e", f".import {path} t", status=1)
            self.assertIn(part, self.errors, name)
            self.assertEqual(self.run_shell("db", "--json", "-e", "SELECT COUNT(*) AS n FROM t"), '{"n":0}\n', name)
        self.run_shell("-e", ".import missing.csv t", status=1)
        self.assertIn("missing.csv", self.errors)

    def test_line_ends_and_byte_order_marks(self):
        for name, text in (("mac.csv", b'a,b\r1,x\r2,"y\rz"\r'), ("excel.csv", b'\xef\xbb\xbf"a","b"\r\n1,x\r\n2,"y\rz"\r\n')):
            path = self.write(name, text)
            out = self.run_shell("--json", "-e", f".import {path} t", "-e", "SELECT a, b FROM t ORDER BY a")
            self.assertEqual(out.splitlines()[1:], ["2 rows imported into t", '{"a":1,"b":"x"}', '{"a":2,"b":"y\\rz"}'], name)

    def test_a_broken_file_leaves_no_new_table(self):
        path = self.write("t.csv", 'a,b\n1,x\n2,"never ends\n')
        self.run_shell("db", "-e", f".import {path} fresh", status=1)
        self.assertEqual(self.run_shell("db", "-e", ".tables"), "")

    def test_odd_files(self):
        path = self.write("bom.csv", b'\xef\xbb\xbfid,"odd ""name"""\r\n1,x\r\n\r\n\r\n2,y')
        out = self.run_shell("--json", "-e", f".import {path} t", "-e", "SELECT * FROM t ORDER BY id")
        self.assertEqual(out.splitlines()[2:], ['{"id":1,"odd \\"name\\"":"x"}', '{"id":2,"odd \\"name\\"":"y"}'])
        path = self.write("blank.csv", "a,b\n" + "\n" * 200000 + "1,2\n")
        self.assertIn("1 rows imported", self.run_shell("-e", f".import {path} t"))

    def test_many_rows(self):
        lines = "".join(f"{i},name {i},{i / 4}\n" for i in range(200000))
        path = self.write("many.csv", "id,name,x\n" + lines)
        out = self.run_shell("--json", "-e", f".import {path} t", "-e", ".export t copy.csv", "-e", "SELECT COUNT(*) AS n, MAX(x) AS m FROM t")
        self.assertEqual(out.splitlines()[-1], '{"n":200000,"m":49999.75}')
        self.assertEqual(sorted((self.folder / "copy.csv").read_text().splitlines()), sorted(("id,name,x\n" + lines).splitlines()))
        self.assertEqual(self.errors, "")


class OnTerminal(ShellCase):
    def start(self, *arguments, **options):
        terminal = Terminal([PROGRAM, "shell", *arguments], self.env, **options)
        self.addCleanup(terminal.close)
        terminal.expect("orrery> ")
        return terminal

    def leave(self, terminal):
        terminal.expect_at_end(r"orrery\*?> ")
        terminal.type("\x04")
        self.assertEqual(terminal.wait(), 0)

    def test_statements_of_several_lines(self):
        terminal = self.start()
        terminal.type("SELECT 40 +\r")
        terminal.expect(r"\.\.\.> ")
        terminal.type("2 AS sum; SELECT 'second'\r")
        terminal.expect(r"sum\s+-+\s+42\s+\(1 row\)")
        terminal.expect(r"\.\.\.> ")
        terminal.type("AS two;\r")
        terminal.expect(r"second\s+\(1 row\)")
        terminal.expect("orrery> ")
        self.leave(terminal)

    def test_an_error_leaves_the_session(self):
        terminal = self.start()
        terminal.type("CREATE TABLE t (id INTEGER);\r")
        terminal.expect("ok, 0 affected")
        terminal.type("SELECT * FROM missing;\r")
        terminal.expect("error .*missing")
        terminal.type("INSERT INTO t VALUES (1), (2);\r")
        terminal.expect("ok, 2 affected")
        self.leave(terminal)

    def test_editing(self):
        terminal = self.start()
        terminal.type("SELECT 12 AS n;")
        terminal.type("\x1b[D" * 6 + "\x08" + "3\r")  # left of " AS n;": the 2 becomes a 3
        terminal.expect(r"n\s+-+\s+13\s+\(1 row\)")
        terminal.expect("orrery> ")
        terminal.type("nonsense\x15SELECT 'kept' AS k;\r")  # Ctrl-U wipes the line
        terminal.expect(r"kept\s+\(1 row\)")
        self.leave(terminal)

    def test_history(self):
        terminal = self.start()
        terminal.type("SELECT\r")
        terminal.expect(r"\.\.\.> ")
        terminal.type("'remembered' AS r;\r")
        terminal.expect(r"remembered\s+\(1 row\)")
        terminal.expect("orrery> ")
        terminal.type("\x1b[A\r")  # the whole statement comes back
        terminal.expect(r"remembered\s+\(1 row\)")
        terminal.expect("orrery> ")
        self.leave(terminal)
        self.assertTrue((self.folder / "history").exists())
        again = self.start()
        again.type("\x1b[A\r")
        again.expect(r"remembered\s+\(1 row\)")
        again.expect("orrery> ")
        self.leave(again)

    def test_completion(self):
        terminal = self.start()
        terminal.type("CREATE TABLE warehouse (quantity INTEGER PRIMARY KEY);\r")
        terminal.expect("ok, 0 affected")
        terminal.expect("orrery> ")
        terminal.type("INSERT INTO wareh\t VALUES (77);\r")
        terminal.expect("ok, 1 affected")
        terminal.expect("orrery> ")
        terminal.type("SEL\tquant\t+ 1 AS n FR\twarehouse;\r")
        terminal.expect(r"n\s+-+\s+78\s+\(1 row\)")
        terminal.expect("orrery> ")
        terminal.type("SELECT\r")
        terminal.expect(r"\.\.\.> ")
        terminal.type("co\t\t")
        terminal.expect(r"(?s)commit.*count|count.*commit|COALESCE.*COUNT|column.*commit")
        terminal.type("\x03")
        terminal.expect("orrery> ")
        self.leave(terminal)

    def test_typing_of_other_letters(self):
        self.env["LC_ALL"] = "C"
        terminal = self.start()
        terminal.type("SELECT LENGTH('żółć') + LENGTH('x€\x7f') AS n;\r")  # one key takes the whole € back
        terminal.expect(r"n\s+-+\s+5\s+\(1 row\)")
        self.leave(terminal)

    def test_interrupt_while_typing(self):
        self.interrupt_while_typing(self.start())

    def test_interrupt_while_typing_where_the_caller_ignores_it(self):
        self.interrupt_while_typing(self.start(interrupts=signal.SIG_IGN))

    def interrupt_while_typing(self, terminal):
        terminal.type("SELECT 1,\r")
        terminal.expect(r"\.\.\.> ")
        terminal.type("half a")
        terminal.expect("half a")
        terminal.type("\x03")
        terminal.expect("orrery> ")
        terminal.type("\x03")  # at once, on an empty line too
        terminal.expect("orrery> ")
        terminal.type("SELECT 'alive' AS s;\r")
        terminal.expect(r"alive\s+\(1 row\)")
        terminal.expect("orrery> ")
        self.leave(terminal)

    def test_interrupt_cancels_the_statement(self):
        self.interrupt_a_statement(self.start())

    def test_interrupt_cancels_the_statement_where_the_caller_ignores_it(self):
        self.interrupt_a_statement(self.start(interrupts=signal.SIG_IGN))

    def interrupt_a_statement(self, terminal):
        terminal.type("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2);\r")
        terminal.expect(r"orrery\*> ")
        terminal.type(ENDLESS + ";\r")
        wait_until_busy(terminal.pid)
        started = time.monotonic()
        terminal.type("\x03")
        terminal.expect(r"error \(57014\)")
        self.assertLess(time.monotonic() - started, 10)
        # The session and its transaction are still there.
        terminal.expect(r"orrery\*> ")
        terminal.type("COMMIT; SELECT COUNT(*) AS n FROM t;\r")
        terminal.expect(r"n\s+-+\s+2\s+\(1 row\)")
        terminal.expect("orrery> ")
        self.leave(terminal)

    def test_interrupt_of_a_script(self):
        process = subprocess.Popen([PROGRAM, "shell", "--json", "-e", ENDLESS, "-e", "SELECT 1 AS a"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.env, preexec_fn=set_signals)
        wait_until_busy(process.pid)
        process.send_signal(signal.SIGINT)
        try:
            out, errors = process.communicate(timeout=20)
        finally:
            process.kill()
        self.assertEqual(process.returncode, 1)
        self.assertEqual(out, "")
        self.assertIn("57014", errors)

    def test_import_shows_progress_and_can_be_stopped(self):
        path = self.write("many.csv", "id,name\n" + "".join(f"{i},some text that takes a while to load {i}\n" for i in range(3000000)))
        terminal = self.start()
        terminal.type("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);\r")
        terminal.expect("orrery> ")
        terminal.type(f".import {path} t\r")
        terminal.expect(r"importing .*\[[#.]+\]\s+\d+%\s+\d+ rows", timeout=60)
        terminal.type("\x03")
        terminal.expect("cancelled")
        terminal.expect("orrery> ")
        terminal.type("SELECT COUNT(*) AS n FROM t;\r")
        terminal.expect(r"n\s+-+\s+0\s+\(1 row\)")
        terminal.expect("orrery> ")
        self.leave(terminal)

    def test_long_results_go_through_a_pager(self):
        self.env["PAGER"] = "sed 's/^/paged: /'"
        terminal = self.start(rows=20)
        terminal.type("SELECT value FROM GENERATE_SERIES(1, 100);\r")
        terminal.expect(r"paged: +100")
        terminal.expect("orrery> ")
        terminal.type("SELECT 'short' AS s;\r")
        terminal.expect(r"\r\nshort\s+\(1 row\)")
        terminal.expect("orrery> ")
        self.leave(terminal)

    def test_long_results_without_a_pager(self):
        del self.env["PAGER"]
        (self.folder / "bin").mkdir()
        os.symlink("/bin/cat", self.folder / "bin" / "cat")
        self.env["PATH"] = str(self.folder / "bin")  # no less
        terminal = self.start(rows=20)
        terminal.type("SELECT value FROM GENERATE_SERIES(1, 100);\r")
        terminal.expect(r"\s100\s+\(100 rows\)")
        terminal.expect("orrery> ")
        self.leave(terminal)

    def test_end_of_input(self):
        terminal = self.start()
        terminal.type(".quit\r")
        self.assertEqual(terminal.wait(), 0)


class Files(ShellCase):
    def test_a_killed_shell_loses_nothing_acknowledged(self):
        process = subprocess.Popen([PROGRAM, "shell", "db?sync_mode=full", "--format", "csv", "--no-header"], cwd=self.folder,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.env)
        process.stdin.write("CREATE TABLE t (id INTEGER PRIMARY KEY AUTO_INCREMENT, s TEXT);\n")
        last = 0
        for i in range(200):
            process.stdin.write("INSERT INTO t (s) VALUES ('x') RETURNING id;\n")
            process.stdin.flush()
            last = int(process.stdout.readline())
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
        self.assertEqual(last, 200)
        self.assertEqual(self.run_shell("db", "--json", "-e", "SELECT COUNT(*) AS n, MAX(id) AS m FROM t"), '{"n":200,"m":200}\n')


class CountingResult(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    PROGRAM = os.path.abspath(sys.argv[1])
    if len(sys.argv) > 2:
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[2:], sys.modules[__name__])
    else:
        suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(resultclass=CountingResult, verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and result.passed else 1)
