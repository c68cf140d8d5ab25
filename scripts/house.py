"""Draw the house: every room, what it knows and which rooms it reads, made from the imports.

    python scripts/house.py

prints the table that stands in CONTRIBUTING.md between the marks ``house`` and ``end of house``.
"""

import ast
import sys
from pathlib import Path

__all__ = ["house"]

PACKAGE = Path(__file__).resolve().parents[1] / "sanctions_model"


def house() -> str:
    """Return the rooms as a table in Markdown, the highest floor first."""
    rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    reads = {room: _read_by(room) & set(rooms) - {room} for room in rooms}
    floors = {room: _floor(room, reads) for room in rooms}
    lines = ["| room | knows | reads |", "|---|---|---|"]
    for room in sorted(rooms, key=lambda name: (-floors[name], name)):
        ordered = sorted(reads[room], key=lambda name: (-floors[name], name))
        below = ", ".join(f"`{name}`" for name in ordered)
        lines.append(f"| `{room}/` | {_sentence(room)} | {below or 'nothing'} |")
    return "\n".join(lines)


def _read_by(room: str) -> set[str]:
    """First parts of what the room's files import from the package, at any depth of a file."""
    found = set()
    for path in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                parts = node.module.split(".")
                if parts[0] == PACKAGE.name and len(parts) > 1:
                    found.add(parts[1])
    return found


def _floor(room: str, reads: dict[str, set[str]]) -> int:
    return 1 + max((_floor(below, reads) for below in reads[room]), default=0)


def _sentence(room: str) -> str:
    text = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8")))
    return " ".join((text or "").split())


if __name__ == "__main__":
    sys.stdout.write(house() + "\n")
