#!/usr/bin/env python3
"""Writes wide_numbers.txt: two whole numbers a line, then their sum, difference, product, quotient
and remainder by Python's integers, "-" where 256 bits of magnitude do not hold the result."""
import random

random.seed(4)
MOST = (1 << 256) - 1


def number():
    bits = random.choice([0, 1, 8, 31, 63, 64, 65, 127, 128, 129, 192, 255, 256])
    n = random.choice([random.getrandbits(bits) if bits else 0, (1 << bits) - 1,
                       1 << bits if bits < 256 else MOST])
    return -n if random.random() < 0.5 else n


def shown(n):
    return str(n) if abs(n) <= MOST else "-"


with open(__file__.rsplit("/", 1)[0] + "/wide_numbers.txt", "w", encoding="ascii") as file:
    for _ in range(300):
        a, b = number(), number()
        q = 0 if b == 0 else abs(a) // abs(b) * (-1 if (a < 0) != (b < 0) else 1)
        rest = 0 if b == 0 else a - b * q
        file.write(" ".join([shown(n) for n in (a, b, a + b, a - b, a * b, q, rest)]) + "\n")
