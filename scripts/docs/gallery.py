"""The gallery: every figure of the notebooks as a thumbnail under the question that it answers."""

import re
from collections.abc import Iterator, Mapping

from markdown.extensions.toc import slugify

__all__ = ["page"]

_TITLE = """---
title: Gallery
search:
  boost: 4
---

# Gallery: what do you want to see?

Each picture leads to the cells that draw it.
"""
_PICTURE = re.compile(r"!\[[^]]*\]\((?P<file>[^)]+\.png)\)")


def page(notebooks: Mapping[str, str]) -> str:
    """Return the page in Markdown.

    Parameters
    ----------
    notebooks : mapping of str to str
        Each notebook's page in Markdown by name, in the order of the site.
    """
    parts = [_TITLE]
    for name, text in notebooks.items():
        question, pictures = _question(text), list(_pictures(text))
        if pictures:
            cards = [
                f"-   [![{heading}](notebooks/{file})]"
                f"(notebooks/{name}.md#{slugify(heading, '-')})\n\n    {heading}"
                for heading, file in pictures
            ]
            body = "\n\n".join(cards)  # a list of loose items
            parts.append(
                f'## {question}\n\n<div class="grid cards gallery" markdown>\n\n{body}\n\n</div>\n'
            )
    return "\n".join(parts)


def _question(text: str) -> str:
    return next(line for line in text.splitlines() if line.startswith("# ")).removeprefix("# ")


def _pictures(text: str) -> Iterator[tuple[str, str]]:
    """Yield the first picture under each heading, with the heading."""
    heading, shown, code = "", False, False
    for line in text.splitlines():
        code ^= line.startswith("```")
        if line.startswith("## ") and not code:
            heading, shown = line.removeprefix("## ").strip(), False
        found = _PICTURE.search(line)
        if found and heading and not shown:
            yield heading, found["file"]
            shown = True
