#!/usr/bin/env python3
"""Writes wide_sql.txt: statements on whole numbers of 64 to 256 bits, and what they give by Python's
integers. Line by line: a statement, then "= " and its rows, or "! " and how its error begins.
{t} in a statement stands for a table with indexes, and for one without."""
import random

random.seed(20261122)
TYPES = {"a": (False, 64), "d": (False, 128), "b": (True, 128), "c": (False, 256), "e": (True, 256),
         "n": (True, 32)}
WIDE = ["a", "d", "b", "c", "e"]
OVERFLOW = "! Integer overflow in arithmetic operation"


def least(column):
    signed, bits = TYPES[column]
    return -(1 << (bits - 1)) if signed else 0


def most(column):
    signed, bits = TYPES[column]
    return (1 << (bits - 1 if signed else bits)) - 1


def value(column):
    low, high = least(column), most(column)
    pick = random.random()
    if pick < 0.15:
        return random.choice([low, high, max(low, -1), 0, 1])
    if pick < 0.45:
        return max(low, min(high, random.choice([255, 256, 257, 65535, 65536, 1 << 32, (1 << 63) - 1,
                                                 1 << 63, (1 << 64) - 1, 1 << 64, -256, -255, -65536])))
    if pick < 0.8:
        return random.randint(max(low, -40), min(high, 40))
    return random.randint(low, high)


def literal(column, n):
    if n >= 0 and column != "n" and random.random() < 0.25:
        return hex(n)
    return str(n)


out = []
rows = []
for i in range(1, 61):
    row = {"id": i}
    for column in TYPES:
        row[column] = value(column)
    rows.append(row)
    cells = ", ".join([str(i)] + [literal(c, row[c]) for c in ("a", "d", "b", "c", "e", "n")])
    out.append((f"INSERT INTO {{t}} (id, a, d, b, c, e, n) VALUES ({cells})", "= "))


def ids(chosen):
    return "= " + " ".join(f"id:{r['id']}" for r in chosen)


OPS = {"<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y,
       ">=": lambda x, y: x >= y, "=": lambda x, y: x == y, "<>": lambda x, y: x != y}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


def near(column):
    """A value of the column, or one beside it."""
    n = random.choice(rows)[column] + random.choice([0, 0, -1, 1])
    return max(least(column), min(most(column), n))


for column in WIDE:
    for op in OPS:
        for _ in range(4):
            n = near(column)
            text = literal(column, n)
            test = f"{column} {op} {text}" if random.random() < 0.7 else f"{text} {MIRRORED[op]} {column}"
            out.append((f"SELECT id FROM {{t}} WHERE {test} ORDER BY id",
                        ids([r for r in rows if OPS[op](r[column], n)])))
    for other in TYPES:
        for op in ("<", "=", ">="):
            out.append((f"SELECT id FROM {{t}} WHERE {column} {op} {other} ORDER BY id",
                        ids([r for r in rows if OPS[op](r[column], r[other])])))
    for _ in range(4):
        low, high = sorted([near(column), near(column)])
        out.append((f"SELECT id FROM {{t}} WHERE {column} BETWEEN {literal(column, low)} AND "
                    f"{literal(column, high)} ORDER BY id",
                    ids([r for r in rows if low <= r[column] <= high])))
        out.append((f"SELECT id FROM {{t}} WHERE {column} > {low} AND {column} <= {high} "
                    f"ORDER BY {column} DESC, id",
                    ids(sorted([r for r in rows if low < r[column] <= high],
                               key=lambda r: (-r[column], r["id"])))))
        some = [near(column) for _ in range(random.choice([1, 3, 12]))]
        listed = ", ".join(literal(column, n) for n in some)
        out.append((f"SELECT id FROM {{t}} WHERE {column} IN ({listed}) ORDER BY id",
                    ids([r for r in rows if r[column] in some])))
        out.append((f"SELECT id FROM {{t}} WHERE {column} NOT IN ({listed}) ORDER BY id",
                    ids([r for r in rows if r[column] not in some])))
    for direction, sign in (("ASC", 1), ("DESC", -1)):
        order = sorted(rows, key=lambda r: (sign * r[column], r["id"]))
        out.append((f"SELECT id FROM {{t}} ORDER BY {column} {direction}, id", ids(order)))
        out.append((f"SELECT {column} AS x FROM {{t}} ORDER BY {column} {direction} LIMIT 1",
                    None))
        out[-1] = (out[-1][0].replace(f"SELECT {column} AS x", f"SELECT CAST({column} AS TEXT) AS x"),
                   f"= x:{order[0][column]}")
        out.append((f"SELECT id FROM {{t}} ORDER BY {column} {direction}, id LIMIT 5 OFFSET 3",
                    ids(order[3:8])))
    n = near(column)
    below = [r[column] for r in rows if r[column] < n]
    for function, result in (("MIN", min), ("MAX", max)):
        out.append((f"SELECT CAST({function}({column}) AS TEXT) AS x FROM {{t}}",
                    f"= x:{result(r[column] for r in rows)}"))
        out.append((f"SELECT CAST({function}({column}) AS TEXT) AS x FROM {{t}} WHERE {column} < {n}",
                    f"= x:{result(below)}" if below else "= x:none:"))
    small = [r for r in rows if abs(r[column]) <= 1 << 70]
    total = sum(r[column] for r in small)
    bound = 1 << 70
    inside = f"{column} <= {bound}" if column not in "a" else f"{column} >= 0"
    if least(column) < 0:
        inside += f" AND {column} >= -{bound}"
    out.append((f"SELECT CAST(SUM({column}) AS TEXT) AS x FROM {{t}} WHERE {inside}", f"= x:{total}"))
    distinct = sorted({r[column] for r in rows})
    out.append((f"SELECT COUNT(DISTINCT {column}) AS x FROM {{t}}", f"= x:{len(distinct)}"))
    out.append((f"SELECT CAST(v AS TEXT) AS x FROM (SELECT DISTINCT {column} AS v FROM {{t}}) s ORDER BY v",
                "= " + " ".join(f"x:{v}" for v in distinct)))
    groups = {}
    for r in rows:
        rest = abs(r[column]) % 7 * (-1 if r[column] < 0 else 1)
        groups[rest] = groups.get(rest, 0) + 1
    out.append((f"SELECT CAST({column} % 7 AS TEXT) AS x, COUNT(*) AS k FROM {{t}} GROUP BY {column} % 7 "
                f"ORDER BY {column} % 7",
                "= " + " ".join(f"x:{v},k:{groups[v]}" for v in sorted(groups))))
    for other in WIDE:
        pairs = sorted((x["id"], y["id"]) for x in rows for y in rows if x[column] == y[other])
        out.append((f"SELECT x.id AS i, y.id AS k FROM {{t}} x JOIN {{t}} y ON x.{column} = y.{other} "
                    f"ORDER BY x.id, y.id", "= " + " ".join(f"i:{i},k:{k}" for i, k in pairs)))
    for below_zero in (-1, -(1 << 63)):
        if least(column) <= below_zero:
            out.append((f"SELECT id FROM {{t}} WHERE {column} < {below_zero} ORDER BY id",
                        ids([r for r in rows if r[column] < below_zero])))


def joint(x, y):
    """The type of arithmetic: the wider one, the signed one of two that are equally wide."""
    if x == "n":
        return y
    if y == "n":
        return x
    if TYPES[x][1] != TYPES[y][1]:
        return x if TYPES[x][1] > TYPES[y][1] else y
    return x if TYPES[x][0] else y


def quotient(x, y):
    n = abs(x) // abs(y)
    return -n if (x < 0) != (y < 0) else n


ARITHMETIC = {"+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y,
              "/": quotient, "%": lambda x, y: x - y * quotient(x, y)}
for _ in range(400):
    x, y = random.choice(WIDE), random.choice(list(TYPES))
    if random.random() < 0.5:
        x, y = y, x
    op = random.choice(list(ARITHMETIC))
    row = random.choice(rows)
    where = f"WHERE id = {row['id']}"
    query = f"SELECT CAST({x} {op} {y} AS TEXT) AS x FROM {{t}} {where}"
    if x == y == "n":
        continue
    if op in "/%" and row[y] == 0:
        out.append((query, "= x:none:"))
        continue
    result = ARITHMETIC[op](row[x], row[y])
    kind = joint(x, y)
    fits = least(kind) <= result <= most(kind)
    out.append((query, f"= x:{result}" if fits else OVERFLOW))
for _ in range(60):
    column = random.choice(WIDE)
    row = random.choice(rows)
    for text, result, kind in (
            (f"{column} + 1", row[column] + 1, column), (f"{column} - 1", row[column] - 1, column),
            (f"{column} + 0x10", row[column] + 16, column), (f"3 * {column}", row[column] * 3, column)):
        fits = least(kind) <= result <= most(kind)
        out.append((f"SELECT CAST({text} AS TEXT) AS x FROM {{t}} WHERE id = {row['id']}",
                    f"= x:{result}" if fits else OVERFLOW))

with open(__file__.rsplit("/", 1)[0] + "/wide_sql.txt", "w", encoding="ascii") as file:
    for statement, result in out:
        file.write(f"{statement}\n{result}\n")
print(len(out), "statements")
