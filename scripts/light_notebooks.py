"""Make the pictures in executed notebooks lighter: 256 colours are all that a chart needs.

    python scripts/light_notebooks.py notebooks/*.ipynb

`make notebooks` runs it last. A picture that would not become smaller stays as it is.
"""

import base64
import io
import json
import sys
from pathlib import Path

from PIL import Image

__all__ = ["lighter", "main"]


def lighter(png: bytes) -> bytes:
    """Return a picture with a palette, or the same where that saves nothing."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    return min(png, buffer.getvalue(), key=len)


def main(paths: list[str]) -> int:
    """Rewrite the notebooks named; return 0."""
    for path in map(Path, paths):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
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
