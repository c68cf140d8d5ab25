"""Draw the house: every room, what it knows and which rooms it reads, made from the imports.

    python scripts/house.py

prints the table that stands in CONTRIBUTING.md between the marks ``house`` and ``end of house``,
and writes the picture beside it, `docs/figures/house.svg`.
"""

import ast
import sys
from pathlib import Path

__all__ = ["PICTURE", "house", "picture"]

PACKAGE = Path(__file__).resolve().parents[1] / "sanctions_model"
PICTURE = PACKAGE.parent / "docs" / "figures" / "house.svg"
_WIDTH, _ROOM, _HIGH, _FLOOR = 760, 168, 34, 78  # of the picture, a room, and floor to floor


def house() -> str:
    """Return the rooms as a table in Markdown, the highest floor first."""
    reads, floors = _rooms()
    rooms = sorted(reads)
    lines = ["| room | knows | reads |", "|---|---|---|"]
    for room in sorted(rooms, key=lambda name: (-floors[name], name)):
        ordered = sorted(reads[room], key=lambda name: (-floors[name], name))
        below = ", ".join(f"`{name}`" for name in ordered)
        lines.append(f"| `{room}/` | {_sentence(room)} | {below or 'nothing'} |")
    return "\n".join(lines)


def picture() -> str:
    """Return the rooms as SVG, floor upon floor; a line leads down to what no other line leads to.

    A room that is read through another one has no line of its own; the table has them all.
    """
    reads, floors = _rooms()
    top = max(floors.values())
    places = {}
    for floor in range(1, top + 1):
        here = sorted(room for room in reads if floors[room] == floor)
        step = _WIDTH / len(here)
        places |= {r: ((i + 0.5) * step, (top - floor) * _FLOOR + 24) for i, r in enumerate(here)}
    lines = []
    for room, below in sorted(reads.items()):
        through = set().union(*(_all_below(other, reads) for other in below)) if below else set()
        for other in sorted(below - through):
            (x, y), (to_x, to_y) = places[room], places[other]
            lines.append(
                f'<path d="M{x:.0f} {y + _HIGH} L{to_x:.0f} {to_y}" stroke="#8C8C8C" fill="none"/>'
            )
    boxes = [
        f'<rect x="{x - _ROOM / 2:.0f}" y="{y}" width="{_ROOM}" height="{_HIGH}" rx="5" '
        f'fill="#D6ECF8" stroke="#0072B2"/><text x="{x:.0f}" y="{y + 22}" font-size="14" '
        f'font-family="sans-serif" text-anchor="middle" fill="#222222">{room}</text>'
        for room, (x, y) in sorted(places.items())
    ]
    high = top * _FLOOR
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {high}" role="img">'
        f"<title>Rooms of the package, floor upon floor</title>"
        f'<rect width="{_WIDTH}" height="{high}" fill="white"/>'
    )
    return "\n".join([head, *lines, *boxes, "</svg>"]) + "\n"


def _rooms() -> tuple[dict[str, set[str]], dict[str, int]]:
    """Return what each room reads, and the floor that it stands on."""
    rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    reads = {room: _read_by(room) & set(rooms) - {room} for room in rooms}
    return reads, {room: _floor(room, reads) for room in rooms}


def _all_below(room: str, reads: dict[str, set[str]]) -> set[str]:
    return reads[room].union(*(_all_below(below, reads) for below in reads[room]))


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
    PICTURE.write_text(picture(), encoding="utf-8")
    sys.stdout.write(house() + "\n")
