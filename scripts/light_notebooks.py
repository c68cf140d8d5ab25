"""Make executed notebooks lighter, and the same however long a cell took.

    python scripts/light_notebooks.py notebooks/*.ipynb

`make notebooks` runs it last, so that a run that finds the same leaves the files as they were:
times are dropped, what a cell printed in pieces becomes one, and names drawn by lot (of cells, and
in what xarray and pandas show) are numbered as they appear. Pictures get a palette of 256 colours,
all that a chart needs; one that would not become smaller stays as it is.
"""

import base64
import io
import itertools
import json
import re
import sys
from pathlib import Path
from typing import Any

from PIL import Image

__all__ = ["lighter", "main", "numbered"]

# What a run draws by lot: the ids of xarray (a UUID), those of a pandas style, places in memory.
_DRAWN = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\bT_[0-9a-f]{5}(?=_|\b)|\b0x[0-9a-f]{6,}\b"
)


def lighter(png: bytes) -> bytes:
    """Return a picture with a palette, or the same where that saves nothing."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    return min(png, buffer.getvalue(), key=len)


def numbered(text: str, seen: dict[str, str]) -> str:
    """Return text with each name that was drawn by lot as its number in `seen`, which grows."""

    def number(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"id-{len(seen) + 1}")

    return _DRAWN.sub(number, text)


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs with each run of pieces of streams as one a stream.

    Which of two streams comes first is a race in the kernel, so that errors go first.
    """
    kept: list[dict[str, Any]] = []
    for streams, run in itertools.groupby(outputs, lambda o: o["output_type"] == "stream"):
        if not streams:
            kept.extend(run)
            continue
        texts: dict[str, str] = {}
        for output in run:
            texts[output["name"]] = texts.get(output["name"], "") + "".join(output["text"])
        kept += [
            {"name": name, "output_type": "stream", "text": text.splitlines(keepends=True)}
            for name, text in sorted(texts.items())
        ]
    return kept


def _settle(output: dict[str, Any], seen: dict[str, str]) -> None:
    """Make one output light and the same in every run, in place."""
    data = output.get("data", {})
    if "image/png" in data:
        png = base64.b64decode(data["image/png"])
        data["image/png"] = base64.b64encode(lighter(png)).decode("ascii")
    for held in (data, output):
        for kind in held:
            if kind == "text" or kind.startswith("text/"):
                held[kind] = numbered("".join(held[kind]), seen).splitlines(keepends=True)


def main(paths: list[str]) -> int:
    """Rewrite the notebooks named; return 0."""
    for path in map(Path, paths):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        seen: dict[str, str] = {}
        for position, cell in enumerate(notebook["cells"], 1):
            cell["metadata"].pop("execution", None)
            if "id" in cell:
                cell["id"] = f"cell-{position}"
            if "outputs" in cell:
                cell["outputs"] = _joined(cell["outputs"])
            for output in cell.get("outputs", []):
                _settle(output, seen)
        text = json.dumps(notebook, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
