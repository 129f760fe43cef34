"""Changes of mind at random, and faults between: what was asked for last holds, and none is written twice."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from random import Random

import pytest
from test_api_node import Real
from test_withdrawing import real  # noqa: F401
from test_withdrawn_in_order import _OPS, Stands, _ask, _Held
from test_withdrawn_later import Busy, busy  # noqa: F401
from test_withdrawn_meanwhile import _flags, _put

from saksi.app.api import later
from saksi.app.api.keys import Role
from saksi.app.api.ports import AmendLine, AmendPlan
from saksi.ledger.disk import DiskFull


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_asked_for_and_fails_between_the_last_word_holds(
    real: Real,  # noqa: F811
    busy: Busy,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Three askers, four statements; the disk fails before the ledger, behind it, and when that is kept; clocks go back, a key ends."""
    rng, node, write, done = Random(seed), real.node, real.node.withdraw_later, real.desk.waiting.done
    busy.free(work=False)
    refs, stands, said = _put(real, 4), [Stands()] * 4, list[tuple[str, int]]()

    def fails() -> None:
        if rng.random() < 0.25:
            raise DiskFull("no room")

    def flaky(plan: AmendPlan, *, asked_at: str, size: int, since: int) -> AmendLine:
        fails()
        line = write(plan, asked_at=asked_at, size=size, since=since)
        fails()
        return line

    def ended(id_: str, line: AmendLine, *, size: int) -> None:
        fails()
        done(id_, line, size=size)

    monkeypatch.setattr(node, "withdraw_later", flaky)
    monkeypatch.setattr(real.desk.waiting, "done", ended)
    for _ in range(4):
        askers, revoked = [real.with_key(Role.ANALYST) for _ in range(3)], rng.choice([0, None])
        then, maybe = list(stands), [{each} for each in stands]
        at = rng.choice(["2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z"])
        object.__setattr__(real.desk, "clock", lambda at=at: at)
        with closing(_Held(real)):
            for _ in range(8):
                who, op, some = rng.randrange(3), rng.choice([each for each in _OPS if each != "regrade"]), rng.sample(range(4), 2)
                if not all(any(each.allows(op) for each in maybe[number]) for number in some):
                    _ask(askers[who], op, [refs[number] for number in some], status=400)
                    continue
                _ask(askers[who], op, [refs[number] for number in some])
                for number in some:
                    maybe[number] |= {each.after(op) for each in maybe[number]}
                    if who != revoked:
                        then[number] = then[number].after(op)
                        said.append((op, number))
            if revoked is not None:
                real.desk.keys.revoke(real.desk.keys.listed()[-3].id)
        while real.desk.waiting.any:
            real.desk.writer.submit(later.work_off, real.desk).result(60)
            held = node.views._waiting.asked
            assert not any(flag and bytes.fromhex(ref[-64:]) in held for flag, ref in zip(_flags(askers[1], 4), refs, strict=True))
        stands = then
        assert _flags(askers[1], 4) == [each.counts for each in stands]
    for number, ref in enumerate(refs):
        ops = [each["op"] for each in real.with_key(Role.ANALYST).get(f"/api/v1/statements/{ref[-64:]}").json()["changes"]]
        assert not Counter((op, number) for op in ops) - Counter(said), "none is written twice"
