"""Hooks of `mkdocs build`: pages of the reference and of the notebooks, formulas without a script.

The reference is made from docstrings and the notebooks are shown with the outputs that they hold
when the site is built; nothing is written into `docs`. Formulas become MathML, which browsers show
by themselves.
"""

import importlib
import inspect
import re
from html import unescape
from pathlib import Path

import latex2mathml.converter
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import sanctions_model
from sanctions_model import plots

__all__ = ["GROUPS", "on_config", "on_files", "on_page_content", "reference_pages"]

# What a reader looks for, and the modules that hold it.
GROUPS = {
    "Start here": ("sanctions", "sampling", "samplers", "storage", "problem", "model"),
    "Data and measures": (
        *("observations", "measures", "measures_rule", "table_mapping", "vintages"),
        *("vintage_comparison", "nowcasts"),
    ),
    "Priors and evidence": (
        *("priors", "prior_families", "evidence", "implied", "pools", "pooling", "quantities"),
    ),
    "Equations and graphs": ("transmission", "scm", "equations", "parameters", "edits"),
    "Effects (interventions)": ("effects", "effect_tables", "interventions", "propagate"),
    "Histories (counterfactuals)": ("counterfactuals",),
    "Futures": (
        *("forecasts", "conditional", "scenarios", "required", "scenario_files", "futures"),
        *("future_statements", "future_mixture", "future_reading", "future_effects", "spread"),
        *("relief_designs", "sectors"),
    ),
    "Claims and checks": ("claims", "sanity", "stability", "report", "validation"),
    "Calibration and back-tests": (
        "calibration",
        "predictive_checks",
        "rolling",
        "backtests",
        "backtest_files",
        "yearly_figures",
        "published_totals",
    ),
    "Sweeps": ("sweeps",),
    "What an answer rests on": (
        *("sensitivity", "ranking", "alternatives", "transmissions", "comparison"),
        *("model_weights", "confounding", "refutation", "subsamples"),
    ),
    "Errors": ("errors",),
}
_OTHER = "More"
_NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
_FORMULA = re.compile(
    r'<(?P<tag>div|span) class="arithmatex">\\(?P<open>[\[(])(?P<tex>.*?)\\[\])]</(?P=tag)>',
    re.DOTALL,
)


def reference_pages() -> dict[str, dict[str, str]]:
    """Return, by group, each public name with the dotted path of what it is."""
    known = {module: group for group, modules in GROUPS.items() for module in modules}
    pages: dict[str, dict[str, str]] = {group: {} for group in (*GROUPS, _OTHER)}
    for name in sanctions_model.__all__:
        module = getattr(sanctions_model, name).__module__
        group = known.get(module.split(".")[1], _OTHER)
        pages[group][name] = f"{module}.{name}"
    pages["Figures"] = {name: f"{getattr(plots, name).__module__}.{name}" for name in plots.__all__}
    return {group: names for group, names in pages.items() if names}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Append to the navigation what it does not list: other pages, notebooks, the reference."""
    groups = [
        {group: [{name: f"reference/{name}.md"} for name in names]}
        for group, names in reference_pages().items()
    ]
    notebooks = [f"notebooks/{path.stem}.md" for path in sorted(_NOTEBOOKS.glob("*.ipynb"))]
    added = [{"Notebooks": notebooks}, {"Reference": ["reference/index.md", *groups]}]
    listed = str(config.nav)
    pages = (path.relative_to(config.docs_dir) for path in Path(config.docs_dir).rglob("*.md"))
    unlisted = sorted(page.as_posix() for page in pages if f"'{page.as_posix()}'" not in listed)
    more = [{_OTHER: unlisted}] if unlisted else []  # no page is lost for want of a line
    config.nav = [*(config.nav or []), *more, *added]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the reference and of the notebooks."""
    index = ["# Reference", "", "Every public name of `sanctions_model`, made from its docstring."]
    for group, names in reference_pages().items():
        index += ["", f"## {group}", "", "| name | |", "|---|---|"]
        for name, path in names.items():
            index.append(f"| [`{name}`]({name}.md) | {_summary(name)} |")
            module = path.rpartition(".")[0]
            about = inspect.getdoc(importlib.import_module(module)) or ""
            page = f"---\ntitle: {name}\n---\n\n::: {path}\n\n## `{module}`\n\n{about}\n"
            files.append(File.generated(config, f"reference/{name}.md", content=page))
    files.append(File.generated(config, "reference/index.md", content="\n".join(index) + "\n"))
    for path in sorted(_NOTEBOOKS.glob("*.ipynb")):
        for name, content in _notebook(path).items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files


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
    # A table without a class gets the site's style, and scrolls by itself where it is too wide.
    text = text.replace('<table border="1" class="dataframe">', "<table>")
    return {f"{name}.md": title + text, **found["outputs"]}


def _summary(name: str) -> str:
    item = getattr(sanctions_model, name, None) or getattr(plots, name)
    first = (item.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(first.split()).replace("|", "\\|").replace("``", "`")


def on_page_content(html: str, **_: object) -> str:
    """Turn formulas into MathML."""

    def formula(match: re.Match[str]) -> str:
        display = "block" if match["open"] == "[" else "inline"
        return latex2mathml.converter.convert(unescape(match["tex"]).strip(), display=display)

    return _FORMULA.sub(formula, html)
