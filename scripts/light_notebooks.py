"""Make executed notebooks lighter, and the same however long a cell took.

    python scripts/light_notebooks.py notebooks/*.ipynb

`make notebooks` runs it last, so that a run that finds the same leaves the files as they were:
times are dropped, and what a cell printed in pieces becomes one. Pictures get a palette of 256
colours, all that a chart needs; one that would not become smaller stays as it is.
"""

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

__all__ = ["lighter", "main"]


def lighter(png: bytes) -> bytes:
    """Return a picture with a palette, or the same where that saves nothing."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    return min(png, buffer.getvalue(), key=len)


def _joined(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs with each run of pieces of one stream as one."""
    kept: list[dict[str, Any]] = []
    for output in outputs:
        before = kept[-1] if kept else {}
        if output["output_type"] == "stream" and output["name"] == before.get("name"):
            text = "".join([*before["text"], *output["text"]])
            before["text"] = text.splitlines(keepends=True)
        else:
            kept.append(output)
    return kept


def main(paths: list[str]) -> int:
    """Rewrite the notebooks named; return 0."""
    for path in map(Path, paths):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["metadata"].pop("execution", None)
            if "outputs" in cell:
                cell["outputs"] = _joined(cell["outputs"])
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                if "image/png" in data:
                    png = base64.b64decode(data["image/png"])
                    data["image/png"] = base64.b64encode(lighter(png)).decode("ascii")
        text = json.dumps(notebook, ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
