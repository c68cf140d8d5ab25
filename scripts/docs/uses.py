"""Where a public name is used: in how-to pages and notebooks, with the line that uses it.

So a page of the reference shows, beside the small examples of its docstring, the name at work on
the bundled data.
"""

import re
from collections.abc import Iterator, Mapping

__all__ = ["section"]

_MOST = 4
_CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^title: (.+)$|^# (.+)$", re.MULTILINE)


def section(name: str, pages: Mapping[str, str]) -> str:
    """Return a section of links with the line that uses a name, empty where no page does.

    Parameters
    ----------
    name : str
        A public name of the package.
    pages : mapping of str to str
        Text of each page of the site by its path within the docs.
    """
    found = [
        f"- [{_title(text)}](../{path}): `{line}`"
        for path, text in pages.items()
        for line in list(_lines(name, text))[:1]
    ][:_MOST]
    return "## At work on the bundled data\n\n" + "\n".join(found) + "\n\n" if found else ""


def _lines(name: str, text: str) -> Iterator[str]:
    """Yield the lines of code that call or read the name, imports left out."""
    word = re.compile(rf"\b{re.escape(name)}\b\s*\(" if name[0].islower() else rf"\b{name}\b")
    for code in _CODE.findall(text):
        for line in code.splitlines():
            if word.search(line) and not line.lstrip().startswith(("from ", "import ", "#")):
                yield line.strip().replace("`", "")


def _title(text: str) -> str:
    found = _NAMED.search(text)
    return next(part for part in found.groups() if part) if found else "a page"
