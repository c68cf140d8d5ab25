"""What a user reads is spoken English: no words that only those who built the model know."""

import ast
import functools
import re
from pathlib import Path

import pytest

import sanctions_model

ROOT = Path(sanctions_model.__file__).parent
# What each should have been: unchanged sanctions; the model; channel; your scenario; estimated;
# outcome; about; interval, its mass said once; percent.
PRIVATE = re.compile(
    r"measures (?:that )?stay\b|measures staying|\bthe transmission\b|\bby entry\b|\bentries \(blue"
    r"|sliders say|matrix says|figures say of|completed cells?|\bwhat came\b(?! before)"
    r"|model says of|speak for other|equal-tailed|100 dlog|100 log|\bdata[ ]share\b"
    r"|periods? that stop|relief that the|the matrix gives|cells that the data lack"
    r"|known or completed|leaving one cell|told by the data|hold zero|says of the",
    re.IGNORECASE,
)
# On pages, where there is room to explain and a formula may stand, these are English.
_EXPLAINED = (
    r"|\bthe transmission\b",
    r"|relief that the",
    r"|\bwhat came\b(?! before)",
    r"|100 log",
)
PRIVATE_ON_PAGES = re.compile(
    functools.reduce(lambda text, part: text.replace(part, ""), _EXPLAINED, PRIVATE.pattern),
    re.IGNORECASE,
)
# Files of the rooms that speak to users; everything else raises errors, which are looked at too.
FILES = sorted(p for p in ROOT.rglob("*.py") if "__pycache__" not in p.parts)
# Inputs that a user may state, and what reads them.
ALLOWED = {"units.py", "scm/variables.py", "economies/anchored/economy.py"}


# Pages for readers; tables that name tests, and code, are not prose.
PAGES = sorted(
    path
    for path in (
        *(ROOT.parent / "docs").rglob("*.md"),
        *(ROOT.parent / "notebooks").glob("*.py"),
        ROOT.parent / "README.md",
    )
    if path.name != "identities.md"
)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def said(path):
    """Texts of a file that reach a user: all but docstrings, of verbs these too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                is_verb = isinstance(node, ast.FunctionDef) and path.parent.name == "cli"
                if not (is_verb and not node.name.startswith("_")):
                    silent.add(id(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else "…" for v in node.values]
            silent |= {id(v) for v in node.values}
            yield node.lineno, "".join(map(str, parts))
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in silent:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_texts_for_users_hold_no_private_words(path):
    if str(path.relative_to(ROOT)) in ALLOWED:
        return
    found = [
        f"line {line}: {match[0]!r} in {text[:70]!r}"
        for line, text in said(path)
        if " " in text and (match := PRIVATE.search(" ".join(text.split())))
    ]
    assert found == []


def prose(path):
    """Text of a page without its code; of a notebook its comments, which are its text."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        text = "\n".join(line[2:] for line in text.splitlines() if line.startswith("# "))
    return CODE.sub("…", text)


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT.parent)))
def test_pages_hold_no_private_words(path):
    assert PRIVATE_ON_PAGES.findall(" ".join(prose(path).split())) == []


def test_the_test_sees_sentences_and_not_what_is_for_those_who_read_the_code(tmp_path):
    file = tmp_path / "cli" / "verb.py"
    file.parent.mkdir()
    file.write_text(
        '"""Of the transmission."""\n\n\ndef verb(x):\n    """Draw what came."""\n'
        '    return f"{x} completed" f" cells" if x else "measures that stay as they are"\n\n\n'
        'def _own():\n    """What came."""\n',
        encoding="utf-8",
    )
    assert sorted(PRIVATE.search(text)[0] for _, text in said(file) if PRIVATE.search(text)) == [
        "completed cells",
        "measures that stay",
        "what came",
    ]


def test_apostrophes_are_of_one_kind():
    """One finding stood with a curly one in the report and a straight one in a table."""
    spoken = (".py", ".toml", ".csv", ".js", ".css", ".html", ".md", ".json")
    files = [path for path in ROOT.rglob("*") if path.suffix in spoken]
    assert len(files) > 200
    curly = [
        f"{path.name}: {match[0]}"
        for path in (*files, *PAGES)
        for match in re.finditer(r"\w+[\u2018\u2019]\w*", path.read_text(encoding="utf-8"))
    ]
    assert curly == []
