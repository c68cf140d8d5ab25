"""Hooks of `mkdocs build`: pages that are made when the site is built, formulas without a script.

The reference is made from docstrings, the page of the command line from the commands, the data
explorer from the bundled files, notebooks and the gallery from the outputs that notebooks hold;
nothing is written into `docs`. Formulas become MathML, which browsers show by themselves.
"""

import importlib
import inspect
import re
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import commands
import explorer
import failures
import gallery
import latex2mathml.converter
import uses
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import sanctions_model
from sanctions_model import plots

__all__ = [
    "GROUPS",
    "on_config",
    "on_files",
    "on_page_content",
    "on_page_markdown",
    "reference_pages",
]

# What a reader looks for, and the rooms or files that hold it; the longest match counts.
GROUPS = {
    "Start here": (
        *("workflow", "inference.fit", "inference.samplers", "inference.storage"),
        *("inference.conditioned", "inference.pymc_model", "inference.for_arviz"),
    ),
    "Data and measures": ("data", "robustness.vintages"),
    "Priors and evidence": (
        "inference.reweighted",
        *("inference.priors", "data.evidence", "queries.estimands"),
        *("robustness.implied_evidence", "robustness.system_priors"),
        "inference.reweighted",
    ),
    "Equations and graphs": ("economies", "scm"),
    "Effects (interventions)": (
        *("queries.effects", "queries.responses", "queries.reading.tables", "scm.interventions"),
        "scm.simulation.propagate",
    ),
    "Histories (counterfactuals)": ("queries.counterfactuals", "queries.decomposition"),
    "Futures": (
        *("scenarios", "report.scenarios", "report.sectors", "queries.forecasts"),
        *("queries.conditional", "queries.annual_conditions"),
        *("queries.required", "queries.reading.windows", "queries.reading.calendar_years"),
    ),
    "Claims and checks": (
        *("queries.claims", "queries.basis", "queries.chain", "queries.reading.headlines"),
        *("scm.stability", "report", "validation.run"),
    ),
    "Calibration and back-tests": ("validation",),
    "Sweeps": ("sweeps",),
    "What an answer rests on": ("robustness",),
    "Relief elsewhere": ("elsewhere",),
    "Errors": ("errors",),
}
_OTHER = "More"
_ROOT = Path(__file__).parents[2]
_NOTEBOOKS = _ROOT / "notebooks"
# Where `make run` and `sanctions-model report` leave the page with sliders.
_LAB = _ROOT / "results" / "russia" / "report.html"
_LONG_FORMULA = 40  # characters of TeX
_FORMULA = re.compile(
    r'<(?P<tag>div|span) class="arithmatex">\\(?P<open>[\[(])(?P<tex>.*?)\\[\])]</(?P=tag)>',
    re.DOTALL,
)


def reference_pages() -> dict[str, dict[str, str]]:
    """Return, by group, each public name with the dotted path of what it is."""
    pages: dict[str, dict[str, str]] = {group: {} for group in (*GROUPS, _OTHER)}
    for name, item in _public().items():
        module = item.__module__
        group = _group_of(module.removeprefix("sanctions_model."))
        pages[group][name] = f"{module}.{name}"
    pages["Figures"] = {name: f"{getattr(plots, name).__module__}.{name}" for name in plots.__all__}
    return {group: names for group, names in pages.items() if names}


def _public() -> dict[str, Any]:
    """Return what stands flat and what stands in each room, by name; figures have a group."""
    found: dict[str, Any] = {}
    for room in (sanctions_model, *_rooms()):
        found |= {name: getattr(room, name) for name in room.__all__}
    return {name: item for name, item in sorted(found.items()) if not inspect.ismodule(item)}


def _rooms() -> list[ModuleType]:
    flat = (getattr(sanctions_model, name) for name in sanctions_model.__all__)
    return [item for item in flat if inspect.ismodule(item) and item is not plots]


def _group_of(module: str) -> str:
    """Return the group of the longest name of a room or file that the module's starts with."""
    known = {name: group for group, names in GROUPS.items() for name in names}
    fitting = [name for name in known if module == name or module.startswith(f"{name}.")]
    return known[max(fitting, key=len)] if fitting else _OTHER


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Append to the navigation what it does not list: other pages, notebooks, the reference."""
    groups = [
        {group: [{name: f"reference/{name}.md"} for name in names]}
        for group, names in reference_pages().items()
    ]
    notebooks = [f"notebooks/{path.stem}.md" for path in _in_order()]
    added = [{"Notebooks": notebooks}, {"Reference": ["reference/index.md", *groups]}]
    listed = str(config.nav)
    pages = (path.relative_to(config.docs_dir) for path in Path(config.docs_dir).rglob("*.md"))
    unlisted = sorted(page.as_posix() for page in pages if f"'{page.as_posix()}'" not in listed)
    more = [{_OTHER: unlisted}] if unlisted else []  # no page is lost for want of a line
    config.nav = [*(config.nav or []), *more, *added]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made here: reference, notebooks, gallery, explorer, commands, lab."""
    shown = {path.stem: _notebook(path) for path in _in_order()}
    texts = {name: str(parts[f"{name}.md"]) for name, parts in shown.items()}
    made: dict[str, str | bytes] = {
        "gallery.md": gallery.page(texts),
        "explorer.md": explorer.page(),
        explorer.SCRIPT: explorer.script(),
        "commands.md": commands.page(),
        **_lab(),
        **_reference(config, texts),
    }
    for parts in shown.values():
        made |= {f"notebooks/{name}": content for name, content in parts.items()}
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, config: MkDocsConfig, **_: object) -> str:
    """Bring into a page what it says comes from another one, and the lab into the first one."""
    shown = markdown.replace("<!-- lab -->", _shown_lab("lab/report.html"))
    return failures.filled(shown, Path(config.docs_dir))


def _in_order() -> list[Path]:
    """Return the notebooks in the order of the README's table, others behind."""
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"\(notebooks/(\w+)\.ipynb\)", readme)
    paths = sorted(_NOTEBOOKS.glob("*.ipynb"))
    return sorted(paths, key=lambda p: listed.index(p.stem) if p.stem in listed else len(listed))


def _reference(config: MkDocsConfig, notebooks: dict[str, str]) -> dict[str, str]:
    """Return the pages of the reference by file name, each with the places that use the name."""
    pages = {
        path.relative_to(config.docs_dir).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(Path(config.docs_dir).rglob("*.md"))
    }
    pages |= {f"notebooks/{name}.md": text for name, text in notebooks.items()}
    made = {}
    index = ["# Reference", "", "Every public name of `sanctions_model`, made from its docstring."]
    for group, names in reference_pages().items():
        index += ["", f"## {group}", "", "| name | |", "|---|---|"]
        for name, path in names.items():
            index.append(f"| [`{name}`]({name}.md) | {_summary(name)} |")
            module = path.rpartition(".")[0]
            about = inspect.getdoc(importlib.import_module(module)) or ""
            used = uses.section(name, pages)
            made[f"reference/{name}.md"] = (
                f"---\ntitle: {name}\n---\n\n::: {path}\n\n{used}## `{module}`\n\n{about}\n"
            )
    made["reference/index.md"] = "\n".join(index) + "\n"
    return made


def _lab() -> dict[str, str | bytes]:
    """Return the page that holds the lab, and the lab where a run has made one."""
    title = (
        "---\ntitle: The lab\nsearch:\n  boost: 4\n---\n\n# The lab: move the sliders yourself\n\n"
    )
    made: dict[str, str | bytes] = {"lab.md": title + _shown_lab("report.html")}
    return made | ({"lab/report.html": _LAB.read_bytes()} if _LAB.is_file() else {})


def _shown_lab(address: str) -> str:
    """Return the lab in a frame, or how it is made."""
    if not _LAB.is_file():
        return "`make lab` makes it from your fit and shows it here.\n"
    # A link is from file to file, and the site makes an address of it; a frame has its address.
    whole = "[The whole page](lab/report.html){ target=_blank }, one file to keep or to send.\n\n"
    frame = f'<iframe src="{address}" title="The lab" loading="lazy" class="lab"></iframe>\n'
    return whole + frame


def _notebook(path: Path) -> dict[str, str | bytes]:
    """Return a notebook's page and its figures by file name."""
    import nbformat
    from nbconvert import MarkdownExporter

    name = path.stem
    notebook = nbformat.read(path, as_version=4)
    # A short title for the navigation: the notebook's own is a question.
    title = f"---\ntitle: {name.replace('_', ' ')}\n---\n\n"
    resources = {"unique_key": name, "output_files_dir": f"{name}_files"}
    text, found = MarkdownExporter().from_notebook_node(notebook, resources)
    # Links of the checkout, as Jupyter follows them, to pages of the site.
    text = re.sub(r"\]\((\w+)\.ipynb\)", r"](\1.md)", text).replace("](../docs/", "](../")
    # A table without a class gets the site's style, and scrolls by itself where it is too wide.
    text = text.replace('<table border="1" class="dataframe">', "<table>")
    return {f"{name}.md": title + text, **found["outputs"]}


def _summary(name: str) -> str:
    item = _public().get(name) or getattr(plots, name)
    first = (item.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(first.split()).replace("|", "\\|").replace("``", "`")


def on_page_content(html: str, **_: object) -> str:
    """Turn formulas into MathML; a long one in a line scrolls by itself."""

    def formula(match: re.Match[str]) -> str:
        display = "block" if match["open"] == "[" else "inline"
        shown = latex2mathml.converter.convert(unescape(match["tex"]).strip(), display=display)
        long = display == "inline" and len(match["tex"]) > _LONG_FORMULA
        return f'<span class="formula">{shown}</span>' if long else shown

    return _FORMULA.sub(formula, html)
