"""How objects show themselves in a notebook: one small HTML table. Knows no model."""

from collections.abc import Mapping, Sequence
from html import escape


def html_table(caption: str, rows: Sequence[Mapping[str, object]]) -> str:
    """Return an HTML table whose columns are the keys of the first row.

    `rows`: at least one; shown as text.

    Examples
    --------
    >>> html_table("sizes", [{"name": "a < b", "size": 1}])[:47]
    '<table><caption>sizes</caption><thead><tr><th s'
    """
    columns = list(rows[0])
    left = 'style="text-align:left"'
    head = "".join(f"<th {left}>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>"
        + "".join(f"<td {left}>{escape(str(row[column]))}</td>" for column in columns)
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
