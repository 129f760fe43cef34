"""Others' vectors: 518 inclusion, consistency and subtree cases, with the verdict each must get."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from saksi.ledger import proof
from saksi.model.errors import BadInput


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "", validate=True)


def _check(family: str, case: dict[str, Any]) -> None:
    hashes = [_bytes(one) for one in case["proof"] or []]
    if family == "inclusion":
        leaf, root = _bytes(case["leafHash"]), _bytes(case["root"])
        proof.verify_inclusion(leaf, case["leafIdx"], size=case["treeSize"], root=root, proof=hashes)
    elif family == "subtreeinclusion":
        leaf, root, span = _bytes(case["leafHash"]), _bytes(case["root"]), (case["start"], case["end"])
        proof.verify_subtree_inclusion(leaf, case["leafIdx"], span=span, root=root, proof=hashes)
    elif family == "consistency":
        old, new = (case["size1"], _bytes(case["root1"])), (case["size2"], _bytes(case["root2"]))
        proof.verify_consistency(old, new, proof=hashes)
    else:
        assert family == "subtreeconsistency"
        part, root, span = _bytes(case["root1"]), _bytes(case["root2"]), (case["start"], case["end"])
        proof.verify_subtree_consistency(span, part, size=case["size"], root=root, proof=hashes)


def test_every_case_gets_the_expected_verdict(shared: Path) -> None:
    cases = json.loads((shared / "vectors" / "merkle_proofs.json").read_text())
    assert len(cases) == 518
    wrong = []
    for name, case in cases.items():
        try:
            _check(name.split("/")[0], case)
        except BadInput:
            refused = True
        else:
            refused = False
        if refused != case["wantErr"]:
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize("span", [(1, 3), (2, 5), (3, 5), (0, 0), (2, 1), (-1, 1), (0, 1 << 64)])
def test_what_is_not_a_subtree_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(BadInput):
        proof.check_subtree(span)
