"""Write the table of every key of a scenario file, made from the models that check it.

    python scripts/scenario_keys.py

prints the table that stands in docs/schema.md between the marks ``keys`` and ``end of keys``.
"""

import sys

from sanctions_model.scenarios.keys import scenario_keys

__all__ = ["keys_table"]


def keys_table() -> str:
    """Return the keys as a table in Markdown."""
    lines = ["| table | key | default | what it says |", "|---|---|---|---|"]
    for row in scenario_keys().itertuples(index=False):
        says = row.says.replace("``", "`").replace("|", "\\|")
        default = f"`{row.default}`" if row.default not in ("", "required") else row.default
        lines.append(f"| `{row.table}` | `{row.key}` | {default} | {says} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(keys_table() + "\n")
