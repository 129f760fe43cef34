"""What was accepted to be taken back or sealed, and waits, is written before a pack or a proof tells anybody that it stands."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from bureau import ACCOUNT, Bureau
from click.testing import CliRunner, Result
from test_api_node import Real
from test_requesting import sent
from test_withdrawing import real  # noqa: F401
from test_withdrawn_later import Busy, busy  # noqa: F401
from test_withdrawn_meanwhile import _put

from saksi.app.api.keys import Role
from saksi.app.api.ports import AmendPlan
from saksi.app.api.waiting import Waits
from saksi.app.cli import saksi
from saksi.app.node import Node
from saksi.app.packing import Order, write_pack
from saksi.ledger.disk import DiskFull
from saksi.model import NotAllowed, Op, Reader, SaksiError, Tlp
from saksi.views.withheld import Asked

HOST = "shop0.example.com"
PARTNER = Reader("bank.b.example", known=True)
Ended = Callable[..., str]


@pytest.fixture
def ended(real: Real, busy: Busy) -> Ended:  # noqa: F811
    """A node that accepted something about the host, and was ended before it was written; gives the reference."""

    def make(op: str, **more: object) -> str:
        (ref,) = _put(real, 1, Tlp.GREEN)
        made = real.with_key(Role.ANALYST).post("/api/v1/amendments", json={"op": op, "refs": [ref], "reason": "a bank's", **more})
        assert made.status_code == 202, made.text
        busy.free(work=False)
        for each in (real.desk.replay, real.desk.waiting, real.node):
            each.close()
        return ref

    return make


def call(node: Real, *words: str) -> Result:
    return CliRunner().invoke(saksi, ["--home", str(node.node.files.path), *words], standalone_mode=False)


def said(made: Result) -> str:
    """What a command refused to do, and why."""
    assert isinstance(made.exception, SaksiError), made.output
    return made.exception.what


def test_a_pack_for_somebody_else_says_that_it_is_withdrawn(real: Real, ended: Ended, tmp_path: Path) -> None:  # noqa: F811
    ended("retract")
    proof = call(real, "prove", HOST)
    assert (proof.return_value, "stands now" in proof.stdout, "is recorded" in proof.stdout) == (1, True, False)
    made = call(real, "pack", HOST, "--for", PARTNER.authority, "--out", str(tmp_path / "a.pack.zip"))
    assert "1 statement, 1 that speak for the person" in made.output, made.exception
    with zipfile.ZipFile(tmp_path / "a.pack.zip") as pack:
        assert "retract" in pack.read("for/F00001.json").decode()
    proof = call(real, "prove", HOST)
    assert (proof.return_value, "stands now" in proof.stdout) == (1, True)
    assert call(real, "prove", "unknown.example.com").stdout.startswith("nothing is recorded about")


def test_what_was_sealed_is_not_handed_out(real: Real, ended: Ended, tmp_path: Path) -> None:  # noqa: F811
    ended("relabel", tlp="RED", pap="RED")
    made = call(real, "pack", HOST, "--for", PARTNER.authority, "--out", str(tmp_path / "a.pack.zip"))
    assert said(made) == "there is nothing here that bank.b.example may see"


@pytest.mark.parametrize("op", ["retract", "relabel"])
def test_where_it_cannot_be_written_there_is_no_pack(
    real: Real,  # noqa: F811
    ended: Ended,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    op: str,
) -> None:
    ended(op, **({"tlp": "RED", "pap": "RED"} if op == "relabel" else {}))
    monkeypatch.setattr(Node, "withdraw_later", lambda *_, **__: (_ for _ in ()).throw(DiskFull("no room")))
    made = call(real, "pack", HOST, "--for", PARTNER.authority, "--out", str(tmp_path / "a.pack.zip"))
    assert said(made) == "what was asked for before waits still to be written"
    assert not list(tmp_path.glob("*.pack.zip"))


def test_other_acts_write_it_first_too_and_are_not_kept_by_it(
    real: Real,  # noqa: F811
    ended: Ended,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "list.csv").write_text("host\nother.example.com\n", encoding="utf-8")
    ref = ended("retract")
    acts = [
        ("take", str(tmp_path / "list.csv"), "--list", "hosts", "--publisher", "Police of A"),
        ("outcome", "other.example.com", "scam-confirmed"),
        ("erase", "host:other.example.com", "--ground", "decision 12", "--yes"),
    ]
    with monkeypatch.context() as patch:
        patch.setattr(Node, "withdraw_later", lambda *_, **__: (_ for _ in ()).throw(DiskFull("no room")))
        for words in acts:
            assert call(real, *words).return_value == 0
        assert "asked for and is being written" in call(real, "show", ref).output
    (tmp_path / "list.csv").write_text("host\nother.example.com\nanother.example.com\n", encoding="utf-8")
    assert call(real, *acts[0]).return_value == 0
    assert "a bank's" in call(real, "show", ref).output


def test_a_withdrawal_that_is_in_no_ledger_yet_makes_no_pack(real: Real, busy: Busy, tmp_path: Path) -> None:  # noqa: F811
    """As one whose record is damaged; a pack that does not hold it is made."""
    busy.free(work=False)
    ref, other = _put(real, 2, Tlp.GREEN)
    real.node.withhold({bytes.fromhex(ref.rpartition("#")[2]): Asked("retract", 0, "2026-02-03T00:00:00Z")})
    size = real.node.ledger.size
    with pytest.raises(NotAllowed, match="is not written yet: a pack would say that it stands"):
        write_pack(real.node, Order((ref,), PARTNER), tmp_path / "a.pack.zip")
    assert real.node.ledger.size == size
    assert write_pack(real.node, Order((other,), PARTNER), tmp_path / "b.pack.zip").report.code == 0


def test_the_pages_write_it_first(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path)
    try:
        id_, (ann, *_) = sent(bureau)
        ref = bureau.ground(ACCOUNT)
        key, _ = bureau.desk.keys.create("a key", Role.ANALYST, clearance=Tlp.RED, expires_at="2099-01-01T00:00:00Z")
        plan = AmendPlan(Op.RETRACT.value, "a bank's", refs=(ref,), by=key.id)
        bureau.desk.waiting.accept(Waits("0f" * 16, plan, bureau.now, bureau.real.views.size))
        with zipfile.ZipFile(io.BytesIO(ann.post(f"/request/{id_}/pack").content)) as pack:
            assert any("a bank's" in pack.read(name).decode() for name in pack.namelist() if name.startswith("for/"))
    finally:
        bureau.close()
