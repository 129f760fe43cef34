"""Phones normalised in bulk and one by one, beside `phonenumbers` on the same generated numbers in the same run.

    python bench/bench_phones.py [--quick]

The numbers are the hard mix of `resources/phones/cases.py` with a seed drawn anew: all regions, valid and invalid, mutated, formatted,
extensions, labels, digits of eight scripts, noise. What the table does not decide goes to `phonenumbers` within the measured time. The
peer runs with its pattern cache on (ten times faster than without on numbers of all regions) and everybody once before the clock. One
process, one thread; processor time, so that waiting for others on a shared machine does not count. `different` counts rows whose E.164 or
validity is not the peer's, `wider` the rows that only we can read (a test holds them to the peer's reading of their plain spelling).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import phonenumbers

from saksi.model.errors import BadInput
from saksi.observables.phone import phone
from saksi.observables.phone_bulk import phones

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "resources" / "phones"))

from cases import Case, cases, reference

GOALS = {"phones_bulk": 300_000, "phones_single": None}


def best(run: Callable[[], object], times: int) -> float:
    """Processor seconds of the fastest run, after one that is not counted."""
    run()
    taken = []
    for _ in range(times):
        begun = time.process_time()
        run()
        taken.append(time.process_time() - begun)
    return min(taken)


def one_by_one(numbers: list[Case]) -> None:
    for text, country in numbers:
        with contextlib.suppress(BadInput):
            phone(text, country=country)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    count = 60_000 if options.parse_args().quick else 300_000
    phonenumbers.enable_pattern_cache()
    seed = random.SystemRandom().randrange(1, 2**32)
    numbers = cases(seed, count)
    texts, countries = [text for text, _ in numbers], [country for _, country in numbers]
    some = numbers[: count // 6]
    theirs = len(some) / best(lambda: [reference(text, country) for text, country in some], 3)
    bulk = count / best(lambda: phones(texts, countries), 5)
    single = len(some) / best(lambda: one_by_one(some), 3)
    column = phones(texts, countries)
    known = [reference(text, country) for text, country in numbers]
    pairs = list(zip(column.e164, column.valid, strict=True))
    wider = sum(a != b and b[0] is None for a, b in zip(pairs, known, strict=True))
    different = sum(a != b and b[0] is not None for a, b in zip(pairs, known, strict=True))
    for name, value in (("phones_bulk", bulk), ("phones_single", single)):
        line = {
            "name": name,
            "value": round(value),
            "unit": "numbers/s",
            "goal": GOALS[name],
            "peer": f"phonenumbers {phonenumbers.__version__}, parse + E.164 + is_valid_number",
            "peer_value": round(theirs),
            "ratio": round(value / theirs, 2),
            "numbers": count,
            "seed": seed,
            "different": different,
            "wider": wider,
        }
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
