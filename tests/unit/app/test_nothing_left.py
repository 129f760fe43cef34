"""After an erasure no file of the node holds what was erased, in plain bytes or packed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Container, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
from test_api_node import REPORTS, Real
from test_replay_erased import erase
from test_withdrawing import real  # noqa: F401

from saksi.app.api.keys import Role
from saksi.ledger.erasure_plan import SAYING
from saksi.model import Amendment, Statement, parse_canonical

HEAD = "reference,reported_at,country,scam_phone,scam_url,synthetic\n"
PHONE, BAD = "012345678", "85512345678x9"
ROWS = f"R-1,2026-02-02,KH,{PHONE},,true\nR-2,2026-02-02,KH,{BAD},http://85512345678/x,true\n"
WORDS = (b"12345678", b"012 345 678")


def packed(data: bytes) -> Iterator[bytes]:
    """What a file holds besides its plain bytes: deflated parts that begin anywhere, whatever is in front of them."""
    for start in range(len(data)):
        for bits in (-15, 15, 31):
            try:
                found = zlib.decompressobj(bits).decompress(data[start : start + 65_536], 65_536)
            except zlib.error:
                continue
            if len(found) > 8:
                yield found


def columns(path: Path) -> bytes:
    return json.dumps(pq.read_table(path).to_pylist(), default=lambda part: part.decode("latin-1")).encode()  # type: ignore[no-untyped-call]


def holding(home: Path) -> list[str]:
    """The files that hold one of the words."""
    found = []
    for path in sorted(each for each in home.rglob("*") if each.is_file()):
        data = path.read_bytes()
        parts = (columns(path),) if path.suffix == ".parquet" else packed(data)
        if any(word in part for word in WORDS for part in (data, *parts)):
            found.append(path.name)
    return found


def test_after_an_erasure_no_file_holds_the_value(real: Real, tmp_path: Path) -> None:  # noqa: F811
    analyst, home = real.with_key(Role.ANALYST), tmp_path / "node"
    sent = {"Idempotency-Key": "t-1"}
    made = analyst.post(f"/api/v1/takes?name={PHONE}.csv&tlp=AMBER&source=report-desk", content=(HEAD + ROWS).encode(), headers=sent)
    assert made.status_code == 201, made.text
    assert BAD in str(made.json()["rejects"]) or made.json()["rejected"]
    phones = f"phone\n{PHONE}\n+855 12 345 679\n".encode()
    listed = analyst.post("/api/v1/takes?name=l.csv&list=phones&publisher=Police%20of%20A&tlp=AMBER&country=KH", content=phones)
    assert listed.status_code == 201, listed.text
    body = {"value": PHONE, "publisher": "Police of A", "reason": f"{PHONE} is the number of a bank"}
    assert analyst.post("/api/v1/retractions", json=body, headers={"Idempotency-Key": "w-1"}).status_code == 201
    assert holding(home), "the views know it, and so does the list of takes"
    erase(real)
    real.node.views.fold(real.node.ledger)
    assert holding(home) == []
    names = {row["id"]: (row["name"], row["rejects"]) for row in analyst.get("/api/v1/takes").json()["takes"]}
    assert names[made.json()["id"]] == ("", [])
    assert names[listed.json()["id"]] == ("", [])


def test_the_list_of_takes_keeps_counts_and_no_words_of_refusals(real: Real, tmp_path: Path) -> None:  # noqa: F811
    made = real.with_key(Role.ANALYST).post("/api/v1/takes?name=one.csv&tlp=AMBER", content=(HEAD + ROWS).encode()).json()
    assert made["rejected"] == len(made["rejects"]) > 0
    row = json.loads((tmp_path / "node" / "takes" / "takes.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert (row["rejected"], row["rejects"]) == (made["rejected"], [])
    assert real.with_key(Role.ANALYST).get("/api/v1/takes").json()["takes"][0]["rejected"] == made["rejected"]


def test_a_file_that_brings_nothing_new_leaves_no_original_that_no_erasure_could_find(real: Real, tmp_path: Path) -> None:  # noqa: F811
    analyst, originals = real.with_key(Role.ANALYST), tmp_path / "node" / "ledger" / "originals"
    before = len(list(originals.glob("*.sealed")))
    rows = [f"R-{number},2026-02-02,KH,01234567{number},,true\n" for number in range(3)]
    for name, order in (("one", rows), ("two", rows[::-1])):
        made = analyst.post(f"/api/v1/takes?name={name}.csv&tlp=AMBER&source=report-desk", content=(HEAD + "".join(order)).encode())
        assert made.status_code == 201, made.text
        assert len(list(originals.glob("*.sealed"))) == before + 1, name


LISTED = "list=phones&publisher=Police%20of%20A&country=KH"


def give(real: Real, name: str, text: str, query: str) -> str:  # noqa: F811
    """Take a file in; gives its digest."""
    made = real.with_key(Role.ANALYST).post(f"/api/v1/takes?name={name}&tlp=AMBER&{query}", content=text.encode())
    assert made.status_code == 201, made.text
    return sha256(text.encode()).hexdigest()


def kept(real: Real, digests: Iterable[str]) -> list[bool]:  # noqa: F811
    return [real.node.ledger.original(bytes.fromhex(digest)) is not None for digest in digests]


def resting(real: Real, digests: Container[str | None]) -> int:  # noqa: F811
    """How many statements that can be read rest on these files."""
    payloads = (each for block in real.node.ledger.read(kinds=SAYING) for each in block.payloads)
    said = [Statement.parse(payload) for payload in payloads if payload is not None]
    return sum(one.source.digest in digests for one in said if not isinstance(one.content, Amendment))


def test_every_edition_that_held_a_value_goes_with_it_and_no_other(real: Real) -> None:  # noqa: F811
    """Three say it, one drops it, one has it again, the last drops it again; a report file has nothing to do with it."""
    others = [f"+855 12 345 7{number:02d}" for number in range(6)]
    days = ([PHONE, *others[:1]], [PHONE, *others[:2]], [PHONE, *others[:3]], others[:4], [PHONE, *others[:5]], others)
    made = [give(real, f"l{day}.csv", "\n".join(["phone", *values, ""]), LISTED) for day, values in enumerate(days)]
    made.append(give(real, "r.csv", HEAD + "R-9,2026-02-02,KH,012345999,,true\n", "source=report-desk"))
    assert kept(real, made) == [True] * 7
    holding_it = {*(made[day] for day in (0, 1, 2, 4)), sha256(REPORTS.encode()).hexdigest()}
    plan = real.with_key(Role.APPROVER).post("/api/v1/erasures", json={"what": PHONE, "ground": "decision 12"}).json()
    assert plan["originals"] == len(holding_it)
    erase(real)
    assert kept(real, made) == [False, False, False, True, False, True, True]
    assert kept(real, holding_it) == [False] * len(holding_it)
    assert plan["losing_their_original"] == resting(real, holding_it) > 0


def test_what_an_approver_was_not_shown_does_not_go(real: Real) -> None:  # noqa: F811
    """A file that comes in between says the value again: as many statements as before, one more original, and others that rest on it."""
    approver, order = real.with_key(Role.APPROVER), {"what": PHONE, "ground": "decision 12"}
    shown = approver.post("/api/v1/erasures", json=order).json()
    assert approver.post("/api/v1/erasures", json=order).json() == shown, "the same is named the same"
    made = [give(real, "one.csv", f"phone\n{PHONE}\n", LISTED)]
    listed = approver.post("/api/v1/erasures", json=order).json()
    made.append(give(real, "daily.csv", "\n".join(["phone", PHONE, *(f"+855 12 666 {number:03d}" for number in range(40)), ""]), LISTED))
    now = approver.post("/api/v1/erasures", json=order).json()
    assert now["statements"] == listed["statements"]
    assert (now["originals"], now["losing_their_original"]) > (listed["originals"], listed["losing_their_original"])
    for plan in (shown["plan"], listed["plan"]):
        refused = approver.post("/api/v1/erasures", json={**order, "plan": plan}, headers={"Idempotency-Key": plan})
        assert (refused.status_code, refused.json()["where"]) == (400, "plan"), refused.text
    assert kept(real, made) == [True, True]
    done = approver.post("/api/v1/erasures", json={**order, "plan": now["plan"]}, headers={"Idempotency-Key": "e"})
    assert (done.status_code, done.json()["erased"], done.json()["originals"]) == (201, True, now["originals"])
    assert kept(real, made) == [False, False]


def test_a_report_that_comes_again_beside_a_new_one_goes_too(real: Real) -> None:  # noqa: F811
    rows = [f"R-{number},2026-02-02,KH,01234567{number},,true\n" for number in range(6, 10)]
    made = [give(real, f"{name}.csv", HEAD + "".join(each), "source=report-desk") for name, each in (("a", rows[:3]), ("b", rows[:0:-1]))]
    assert kept(real, made) == [True, True]
    erase(real)
    assert kept(real, made) == [False, False]


def test_the_record_of_a_take_shows_nobody_what_its_file_says_again(real: Real) -> None:  # noqa: F811
    """Who gets its proof in a pack learns no place of a statement: the list is no part of what is proved, and as many leaves are logged."""
    grown, notes = [], []
    for count in range(1, 4):
        size = real.node.ledger.size
        give(real, f"{count}.csv", "\n".join(["phone", *(f"01234560{number}" for number in range(count)), ""]), LISTED)
        notes.append(parse_canonical(real.node.ledger.payload(real.node.ledger.size - 1) or b"")["content"])
        grown.append(real.node.ledger.size - size)
    assert [sorted(note["take"]) for note in notes] == [["digest", "rejected", "rows", "series"]] * 3
    assert grown[1:] == grown[:1] * 2
