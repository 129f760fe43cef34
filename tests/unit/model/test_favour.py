"""What speaks for a person, claim by claim."""

from __future__ import annotations

import pytest

from saksi.model.favour import speaks_for


@pytest.mark.parametrize(
    ("prop", "value", "affirmed", "denied"),
    [
        ("role", "recipient", False, True),
        ("role", "confirmed-mule", False, True),
        ("role", "victim-own", True, False),
        ("safeListed", "benign", True, False),
        ("outcome", "false-alarm", True, False),
        ("outcome", "scam-confirmed", False, True),
        ("outcome", "no-action", False, False),
        ("label", "anything", False, False),
    ],
)
def test_affirmed_and_denied(prop: str, value: str, affirmed: bool, denied: bool) -> None:
    assert (speaks_for(prop, value, "affirm"), speaks_for(prop, value, "deny")) == (affirmed, denied)
