"""Writes docs/reference/cli.md from the command line's own help; `--check` fails where the file is stale."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from saksi.app.cli import saksi

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference" / "cli.md"
INTRO = """# The command line

`--home DIR` (else `SAKSI_HOME`, else your data directory) names the node; `--json` gives JSON lines on standard output. Both may
stand before or after the command. Progress goes to standard error, and only to a terminal.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | nothing found, or a mismatch |
| 2 | wrong use, or input that cannot be read |
| 3 | configuration, or not allowed |
| 4 | a peer or the network |
| 5 | the ledger or the vault is damaged |

Shell completion: `saksi completion bash >> ~/.bashrc`;
for zsh `>> ~/.zshrc`, behind `compinit`; for fish `> ~/.config/fish/completions/saksi.fish`.
"""


def main() -> int:
    """Write or check the file."""
    text = INTRO + "".join(_section(command, f"saksi {name}") for name, command in _commands(saksi))
    if "--check" in sys.argv:
        return 0 if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    return 0


def _commands(group: click.Group) -> list[tuple[str, click.Command]]:
    context = click.Context(group)
    made = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    return [(name, command) for name, command in made if command is not None]


def _section(command: click.Command, path: str) -> str:
    context = click.Context(command, info_name=path, terminal_width=110, max_content_width=110)
    text = f"\n## {path.removeprefix('saksi ')}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        text += "".join(_section(inner, f"{path} {sub}") for sub, inner in _commands(command))
    return text


if __name__ == "__main__":
    sys.exit(main())
