"""SDMX-JSON in the one layout that sdmx1 reads.

sdmx1 reads the layout of the first drafts, with ``header``, ``structure`` and ``dataSets`` at the
top, and takes a series' attributes from its data set. The standards 1.0 and 2.0 keep them under
``meta`` and ``data``, a series' attributes in the series, and the values of 2.0 may have a
``value`` in place of an ``id``. Format: https://github.com/sdmx-twg/sdmx-json . Knows layouts; does
not know what a message says.
"""

import json
from typing import Any

from sanctions_model.data.sources.http import parse_json
from sanctions_model.errors import SourceError


def is_json(content: bytes) -> bool:
    """Say whether a message is JSON; SDMX-ML starts with another character."""
    return content.lstrip().startswith(b"{")


def draft_layout(content: bytes) -> bytes:
    """Write a message of one series in the layout of the drafts.

    `content`: SDMX-JSON of a draft, of 1.0 or of 2.0. Raises `SourceError` if it is not JSON, or
    lacks a part that every data message has.
    """
    tree = parse_json(content)
    try:
        data = tree.get("data", tree)
        structure = data["structures"][0] if "structures" in data else data["structure"]
        head = tree["meta"] if "meta" in tree else tree["header"]
        plain = {
            "header": {
                "id": str(head["id"]),
                "prepared": head["prepared"],
                "sender": {"id": str(head["sender"]["id"])},
            },
            "structure": {
                kind: {
                    level: [_component(item) for item in items]
                    for level, items in structure.get(kind, {}).items()
                }
                for kind in ("dimensions", "attributes")
            },
            "dataSets": [_data_set(item) for item in data["dataSets"]],
        }
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise SourceError(
            f"the answer is no SDMX data message ({type(error).__name__}: {error})"
        ) from None
    return json.dumps(plain).encode()


def _component(item: dict[str, Any]) -> dict[str, Any]:
    values = [
        {"id": str(next(value[name] for name in ("id", "value", "name") if name in value))}
        for value in item.get("values", [])
    ]
    place = {"keyPosition": item["keyPosition"]} if "keyPosition" in item else {}
    return {"id": item["id"], "name": item["id"], "values": values, **place}


def _data_set(item: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = item.get("series", {})
    series = {key: {"observations": one["observations"]} for key, one in found.items()}
    # One series is asked for and more are refused, so that its attributes are the data set's.
    attributes = [one.get("attributes", []) for one in found.values()]
    return {
        "action": "Information",
        "series": series,
        "attributes": attributes[0] if attributes else [],
    }
