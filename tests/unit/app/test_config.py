"""Settings: the file, then variables, then flags; each says where it came from, and nonsense is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from saksi.app.config import Config, find_home, load, write_first
from saksi.model import BadInput, NotAllowed


def test_what_is_written_first_reads_back(tmp_path: Path) -> None:
    made = Config(authority="centre.a.example", name='The "Centre" \\ of A', country="KH", port=9000)
    write_first(tmp_path, made)
    assert load(tmp_path, {}, {})[0] == made


def test_flags_go_before_variables_before_the_file(tmp_path: Path) -> None:
    write_first(tmp_path, Config(authority="centre.a.example", port=1))
    config, settings = load(tmp_path, {"SAKSI_PORT": "2", "SAKSI_COUNTRY": "TH"}, {"port": 3})
    assert (config.port, config.country) == (3, "TH")
    origins = {setting.key: setting.origin for setting in settings}
    assert origins["port"] == "flag"
    assert origins["country"] == "environment"
    assert origins["authority"].endswith("saksi.toml")
    assert origins["clearance"] == "default"


@pytest.mark.parametrize(
    "text",
    [
        "authority = 1",
        'authority = "no domain"',
        'authority = "centre.a.example"\nunknown = 1',
        'authority = "centre.a.example"\nport = "eighty"',
        'authority = "centre.a.example"\nport = 70000',
        'authority = "centre.a.example"\nclearance = "PINK"',
        'authority = "centre.a.example"\ncountry = "kh"',
        "port = 1",
        "authority = ",
    ],
)
def test_nonsense_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "saksi.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput):
        load(tmp_path, {}, {})


def test_native_digits_are_no_port(tmp_path: Path) -> None:
    write_first(tmp_path, Config(authority="centre.a.example"))
    with pytest.raises(BadInput, match="whole number"):
        load(tmp_path, {"SAKSI_PORT": "៨០"}, {})


def test_no_node_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="saksi init"):
        load(tmp_path, {}, {})


def test_the_home_is_flag_then_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAKSI_HOME", str(tmp_path / "b"))
    assert find_home(str(tmp_path / "a")) == tmp_path / "a"
    assert find_home(None) == tmp_path / "b"
    monkeypatch.delenv("SAKSI_HOME")
    assert find_home(None).name == "saksi"
