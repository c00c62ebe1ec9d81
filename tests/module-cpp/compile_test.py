#!/usr/bin/env python3
"""Sources that must not compile, and the message that has to say why; and two that must.

usage: tests/module-cpp/compile_test.py [--compiler CLANG++]
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FLAGS = ["--target=wasm32-wasi", "-std=c++20", "-fno-exceptions", "-fno-threadsafe-statics", "-O0", "-Wall", "-Wextra", "-Werror",
         "-DSPACETIMEDB_UNSTABLE_FEATURES", f"-I{ROOT}/sdk/module-cpp/include"]

ROW = """struct Row { uint32_t id; std::string name; float f; std::vector<uint8_t> bytes; uint64_t n; bool on; };
SPACETIMEDB_STRUCT(Row, id, name, f, bytes, n, on)
SPACETIMEDB_TABLE(Row, row, Public)
"""
EVENT = """struct Event { uint64_t id; uint64_t n; };
SPACETIMEDB_STRUCT(Event, id, n)
SPACETIMEDB_TABLE(Event, event, Public, true)
FIELD_PrimaryKey(event, id)
"""
OTHER = """struct Other { uint64_t id; uint64_t n; uint32_t m; };
SPACETIMEDB_STRUCT(Other, id, n, m)
SPACETIMEDB_TABLE(Other, other, Public)
FIELD_PrimaryKey(other, id)
FIELD_Index(other, m)
"""
REPLY = "{ (void)ctx; return HttpResponse{200, HttpVersion::Http11, {}, HttpBody::empty()}; }\n"


def reducer(body):
    return "SPACETIMEDB_REDUCER(r, ReducerContext ctx) { " + body + " return Ok(); }\n"


def view(body, returns="std::optional<Row>"):
    return f"SPACETIMEDB_VIEW({returns}, v, Public, ViewContext ctx) {{ {body} }}\n"


def query(body):
    return f"auto q() {{ QueryBuilder from; return {body}; }}\n"


# name: (source, regular expression for the first error; None: it compiles)
CASES = {
    "plain module": (ROW + OTHER + reducer('ctx.db[row].insert(Row{1, "n", 1, {}, 2, true});'), None),
    "handler and router": ("SPACETIMEDB_HTTP_HANDLER(h, HandlerContext ctx, HttpRequest) " + REPLY +
                           'SPACETIMEDB_HTTP_ROUTER(r) { return Router().get("/h", h); }\n', None),
    # types
    "field without an encoding": ("struct Raw { int* p; };\nSPACETIMEDB_STRUCT(Raw, p)\n",
                                  r"field 'p' of this SPACETIMEDB_STRUCT has a type that cannot be stored"),
    "nested type without macro": ("struct In { int x; };\nstruct Out { uint32_t id; In in; };\nSPACETIMEDB_STRUCT(Out, id, in)\n",
                                  r"field 'in' of this SPACETIMEDB_STRUCT has a type that cannot be stored"),
    "table without struct": ("struct Row { uint32_t id; };\nSPACETIMEDB_TABLE(Row, row, Public)\n",
                             r"table 'row': its row type Row needs SPACETIMEDB_STRUCT"),
    "unlisted field": ("struct Row { uint32_t id; uint32_t x; };\nSPACETIMEDB_STRUCT(Row, id)\n"
                       "SPACETIMEDB_TABLE(Row, row, Public)\nFIELD_Index(row, x)\n",
                       r"table 'row', field 'x': SPACETIMEDB_STRUCT does not list this field"),
    # constraints
    "float key": (ROW + "FIELD_PrimaryKey(row, f)\n", r"table 'row', field 'f': a column of this type cannot be indexed"),
    "float unique": (ROW + "FIELD_Unique(row, f)\n", r"table 'row', field 'f': a column of this type cannot be indexed"),
    "list index": (ROW + "FIELD_Index(row, bytes)\n", r"table 'row', field 'bytes': a column of this type cannot be indexed"),
    "generated string": (ROW + "FIELD_PrimaryKeyAutoInc(row, name)\n",
                         r"table 'row', field 'name': only integer columns can be auto-incremented"),
    "generated bool": (ROW + "FIELD_AutoInc(row, on)\n", r"table 'row', field 'on': only integer columns can be auto-incremented"),
    "index over a missing field": (ROW + "FIELD_MultiColumnIndex(row, by, id, missing)\n", r"missing"),
    "default of a missing field": (ROW + "FIELD_Default(row, missing, 7)\n", r"'missing'"),
    "default of another type": (ROW + 'FIELD_Default(row, n, "text")\n', r"cannot initialize"),
    # functions
    "reducer without context": ("SPACETIMEDB_REDUCER(r, uint32_t x) { (void)x; return Ok(); }\n",
                                r"reducer 'r': its first parameter has to be ReducerContext"),
    "reducer with a foreign type": ("struct Foreign { int x; };\n"
                                    "SPACETIMEDB_REDUCER(r, ReducerContext, Foreign) { return Ok(); }\n",
                                    r"reducer 'r': a parameter has a type that cannot be sent"),
    "procedure without context": ("SPACETIMEDB_PROCEDURE(Unit, p, ReducerContext) { return Unit{}; }\n",
                                  r"procedure 'p': its first parameter has to be ProcedureContext"),
    "procedure returning a foreign type": ("struct Foreign { int x; };\n"
                                           "SPACETIMEDB_PROCEDURE(Foreign, p, ProcedureContext) { return {}; }\n",
                                           r"procedure 'p'.*a type that can be sent"),
    "private view": (ROW + "SPACETIMEDB_VIEW(std::vector<Row>, v, Private, ViewContext) { return {}; }\n",
                     r"view 'v': views are Public"),
    "view of a number": ("SPACETIMEDB_VIEW(uint32_t, v, Public, ViewContext) { return 1; }\n", r"view 'v': it has to return"),
    "view with a reducer's context": (ROW + "SPACETIMEDB_VIEW(std::vector<Row>, v, Public, ReducerContext) { return {}; }\n",
                                      r"view 'v': its only parameter is ViewContext or AnonymousViewContext"),
    "view key of a list": (ROW + "SPACETIMEDB_VIEW(std::vector<Row>, v, Public, ViewContext) { return {}; }\n"
                           "VIEW_PrimaryKey(v, bytes)\n", r"view 'v', field 'bytes': a field of this type cannot be a key"),
    "view that inserts": (ROW + view("ctx.db[row].insert(Row{}); return {};"), r"deleted"),
    "view that scans": (ROW + view("for (auto& r : ctx.db[row]) return r; return {};"), r"deleted"),
    "view that updates": (ROW + "FIELD_PrimaryKey(row, id)\n" + view("ctx.db[row_id].update(Row{}); return {};"), r"deleted"),
    "view of an event table": (EVENT + view("return ctx.db[event_id].find(1);", "std::optional<Event>"),
                               r"Event tables are not accessible from views"),
    "ignored outcome": (reducer("Err(\"x\");"), r"nodiscard"),
    # HTTP
    "handler without request": ("SPACETIMEDB_HTTP_HANDLER(h, HandlerContext ctx) " + REPLY, r"error"),
    "handler with another context": ("SPACETIMEDB_HTTP_HANDLER(h, ProcedureContext ctx, HttpRequest) " + REPLY,
                                     r"HTTP handler 'h': its parameters are HandlerContext and HttpRequest"),
    "handler with a const context": ("SPACETIMEDB_HTTP_HANDLER(h, const HandlerContext& ctx, HttpRequest) " + REPLY,
                                     r"HTTP handler 'h': its parameters are HandlerContext and HttpRequest"),
    "handler with another request": ("SPACETIMEDB_HTTP_HANDLER(h, HandlerContext ctx, uint32_t) " + REPLY,
                                     r"HTTP handler 'h': its parameters are HandlerContext and HttpRequest"),
    "handler returning a number": ("SPACETIMEDB_HTTP_HANDLER(h, HandlerContext, HttpRequest) { return 5; }\n", r"error"),
    "handler returning nothing": ("SPACETIMEDB_HTTP_HANDLER(h, HandlerContext, HttpRequest) { }\n", r"return"),
    "handler asking for tables": (ROW + "SPACETIMEDB_HTTP_HANDLER(h, HandlerContext ctx, HttpRequest) "
                                  "{ ctx.db[row].count(); return {}; }\n", r"no member named 'db'"),
    "handler asking for a sender": ("SPACETIMEDB_HTTP_HANDLER(h, HandlerContext ctx, HttpRequest) "
                                    "{ ctx.sender(); return {}; }\n", r"no member named 'sender'"),
    "handler asking for a connection": ("SPACETIMEDB_HTTP_HANDLER(h, HandlerContext ctx, HttpRequest) "
                                        "{ (void)ctx.connection_id; return {}; }\n", r"no member named 'connection_id'"),
    "router with parameters": ("SPACETIMEDB_HTTP_ROUTER(r, int) { return Router(); }\n", r"error"),
    "router returning a number": ("SPACETIMEDB_HTTP_ROUTER(r) { return 5; }\n", r"error"),
    "route to something else": ('SPACETIMEDB_HTTP_ROUTER(r) { return Router().get("/", 5); }\n', r"error"),
    # queries
    "comparison with another type": (ROW + query("from[row].where([](const auto& r) { return r.id.eq(4200); })"),
                                     r"exactly its own type"),
    "comparison of columns of two types": (ROW + query("from[row].where([](const auto& r) { return r.id.eq(r.n); })"),
                                           r"exactly its own type"),
    "duration literal": ("struct T { TimeDuration d; };\nSPACETIMEDB_STRUCT(T, d)\nSPACETIMEDB_TABLE(T, t, Public)\n" +
                         query("from[t].where([](const auto& r) { return r.d.eq(TimeDuration(1)); })"), r"deleted"),
    "where with indexed columns": (OTHER + query("from[other].where([](const auto& o, const auto& ix) { return ix.id.eq(o.id); })"),
                                   r"where\(\) takes a function of the table's columns"),
    "join on a column without index": (ROW + OTHER + query(
        "from[other].left_semijoin(from[row], [](const auto& o, const auto& r) { return o.id.eq(r.n); })"), r"error"),
    "join of columns of two types": (EVENT.replace(", true)", ")") + OTHER + query(
        "from[other].left_semijoin(from[event], [](const auto& o, const auto& e) { return o.m.eq(e.id); })"),
                                     r"the columns of a semijoin have the same type"),
    "join with a constant": (OTHER + query("from[other].left_semijoin(from[other], [](const auto& a, const auto&) { return a.id.eq(1); })"),
                             r"error"),
    "join that looks up events": (EVENT + OTHER + query(
        "from[other].left_semijoin(from[event], [](const auto& o, const auto& e) { return o.id.eq(e.id); })"),
                                  r"an event table cannot be the lookup side of a semijoin"),
    "filter with a value of another type": (OTHER + "FIELD_MultiColumnIndex(other, by, n, m)\n" +
                                            reducer('for (auto& o : ctx.db[other_by].filter(std::tuple("text", 1))) (void)o;'),
                                            r"does not have the type of its column"),
    "filter with too many values": (OTHER + "FIELD_MultiColumnIndex(other, by, n, m)\n" +
                                    reducer("for (auto& o : ctx.db[other_by].filter(std::tuple(1, 2, 3))) (void)o;"),
                                    r"more values than the index has columns|error"),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default="clang++-19")
    compiler = parser.parse_args().compiler
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        header = pathlib.Path(folder) / "module.h"
        header.write_text("#include <spacetimedb.h>\n")
        subprocess.run([compiler, *FLAGS, "-x", "c++-header", header, "-o", f"{header}.pch"], check=True)

        def run(case):
            name, (source, expected) = case
            text = "using namespace SpacetimeDB;\n" + source
            # No -fsyntax-only: some checks are made when functions are instantiated at the end of the unit.
            done = subprocess.run([compiler, *FLAGS, "-include-pch", f"{header}.pch", "-x", "c++", "-", "-c", "-o", "/dev/null"],
                                  input=text, capture_output=True, text=True)
            if expected is None:
                return name, done.returncode == 0, done.stderr
            return name, done.returncode == 1 and re.search(expected, done.stderr, re.S) is not None, done.stderr

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, ok, output in pool.map(run, CASES.items()):
                if not ok:
                    failed.append(name)
                    print(f"FAILED: {name}: expected {CASES[name][1]!r}\n{output[:3000]}")
    print(f"{len(CASES) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
