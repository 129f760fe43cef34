"""Every vector of accounts, codes, proxies, wallets, hosts, URLs, IPs and networks: the same entity, or refused for the named reason."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from saksi.model.errors import BadInput
from saksi.observables.account import account
from saksi.observables.host import host
from saksi.observables.ip import ip
from saksi.observables.network import network
from saksi.observables.observable import Observable
from saksi.observables.proxy import proxy
from saksi.observables.qr import qr
from saksi.observables.url import url
from saksi.observables.wallet import wallet

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "vectors" / "observables"
READ: dict[str, Callable[..., Observable]] = {
    "account": account, "qr": qr, "proxy": proxy, "wallet": wallet, "host": host, "url": url, "ip": ip,
    "network": network,
}  # fmt: skip


def cases() -> list[pytest.param]:  # type: ignore[valid-type]
    found = []
    for kind in READ:
        for case in json.loads((FOLDER / f"{kind}.json").read_text("utf-8"))["cases"]:
            found.append(pytest.param(kind, case, id=f"{kind}: {case['name']}"))
    return found


@pytest.mark.parametrize(("kind", "case"), cases())
def test_vector(kind: str, case: dict[str, str]) -> None:
    hints = {name: case[name] for name in ("country", "currency") if name in case}
    if "refused" in case:
        with pytest.raises(BadInput) as refusal:
            READ[kind](case["text"], **hints)
        assert case["refused"] in refusal.value.what
        return
    found = READ[kind](case["text"], **hints)
    assert found.entity == case["entity"]
    again = READ.get(found.kind)
    if kind != "qr" and again is not None:
        assert again(found.normal).entity == found.entity, "a normal form must normalise to itself"
        assert again(found.normal, **hints).entity == found.entity


def test_vectors_and_bank_table_are_what_their_scripts_write() -> None:
    for script in ("vectors/make_accounts.py", "resources/make_banks.py"):
        subprocess.run([sys.executable, str(ROOT / script), "--check"], check=True)
