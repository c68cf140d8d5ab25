"""Every key of a scenario file, read off the models that check it: table, template and schema.

What a key means is what the docstring of its model says, so that documentation, template and
editors cannot differ from what is read.
"""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import BaseModel

from sanctions_model.inference.priors.families import Beta
from sanctions_model.scenarios.library import FORMAT_VERSION, FutureProcess
from sanctions_model.scenarios.relief import (
    Announcement,
    Opposition,
    Phase,
    ReliefDesign,
    SnapBack,
    Tightening,
    Unpredictability,
)
from sanctions_model.scenarios.scenario import (
    AssetRelease,
    ConditionEntry,
    Edit,
    LevelShift,
    Scenario,
)

# By place in a file: the model that checks it, and what it is.
_PLACES: dict[str, tuple[type[BaseModel], str]] = {
    "": (Scenario, "A scenario: the keys at the top of its file."),
    "relief": (ReliefDesign, "Measures that are lifted; one table each."),
    "relief.phase": (Phase, "Steps of a relief, in order, not overlapping."),
    "relief.announcement": (Announcement, "What is said before it is done."),
    "relief.opposition": (Opposition, "Odds that a step comes late or never."),
    "relief.snap_back": (SnapBack, "Odds that all is undone."),
    "relief.unpredictability": (Unpredictability, "Spread beyond what the phases state."),
    "tightening": (Tightening, "Measures that are added."),
    "level": (LevelShift, "A level that shifts, whatever its own lag does."),
    "release_assets": (AssetRelease, "Frozen reserves that are released into the balance."),
    "intervention": (Edit, "A path of any variable; in a scenario without designs."),
    "condition": (ConditionEntry, "Values that a conditional forecast must meet."),
}
# What a template shows; a value that is set stands there, the others are commented out.
_SET = {
    "": {
        "format_version": "1",
        "label": '"Half of finance and trade by the EU"',
        "description": '"what is meant, in a sentence"',
    },
    "relief": {"measures": '["finance", "trade"]', "issuer": '["eu"]'},
    "relief.phase": {"start": '"2027Q1"', "ramp": "4", "depth": "0.5"},
}
_SHOWN: dict[str, dict[str, str]] = {
    "": {"absorbing": '["key_rate"]', "without_shocks": '["inflation"]'},
    "relief": {
        "components": '["T1", "F3"]',
        "over_compliance": '{ family = "Gamma", alpha = 4, beta = 2 }',
        "deterred": "0.2",
    },
    "relief.announcement": {
        **{"lead": "1", "share": "0.5", "kept": "0.0", "fades_over": "4"},
        "rouble": '{ family = "Normal", mu = 5, sigma = 4 }',
    },
    "relief.opposition": {"probability": "0.35", "delay": "2", "defeat": "0.3"},
    "relief.snap_back": {
        **{"probability": "0.3", "within": "8", "until": '"2029Q1"', "hazard": "0.05"},
        "ramp": "1",
    },
    "relief.unpredictability": {"depth": "0.5", "timing": "1.0"},
    "tightening": {"measures": '["energy"]', "rise": "0.1", "start": "1", "ramp": "4"},
    "level": {"variable": '"gdp_level"', "size": "0.5", "start": '"2028Q1"', "stop": '"2029Q4"'},
    "release_assets": {
        **{"share": "0.5", "transferred": "0.0", "start": '"2027Q1"', "over": "8"},
        **{"stock": "300", "exports": "105"},
        "sold": '{ family = "Beta", alpha = 2, beta = 4 }',
    },
    "intervention": {
        **{"kind": '"set"', "variable": '"key_rate"', "value": "12.0"},
        **{"start": '"2027Q1"', "stop": '"2027Q4"'},
    },
    "condition": {"variable": '"key_rate"', "values": '{ "2027Q1" = 12.0, "2027Q2" = 11.0 }'},
}
_LISTS = {"relief", "tightening", "level", "release_assets", "intervention", "condition"}
_NESTED = {place.rpartition(".")[2] for place in _PLACES if place}
_PARAMETER = re.compile(r"^(\w+(?:, \w+)*) : ")


def _said(model: type[BaseModel]) -> dict[str, str]:
    """Return what the docstring of a model says of each of its keys."""
    text = inspect.getdoc(model) or ""
    _, _, section = text.partition("Parameters\n----------\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if match := _PARAMETER.match(line):
            names = match[1].split(", ")
        elif line.startswith("    ") and line.strip():
            for name in names:
                found[name] = f"{found.get(name, '')} {line.strip()}".strip()
        elif line.strip():
            break
    return found


def _words(default: object) -> str:
    if isinstance(default, Beta):
        sizes = ", ".join(f"{getattr(default, name):g}" for name in default.arguments)
        return f"{default.family}({sizes})"
    return str(default).strip("(),'")


def _keys(place: str) -> Iterator[tuple[str, str, str]]:
    """Every key of a place: its name, its default and what it says."""
    model, _ = _PLACES[place]
    said = _said(model)
    for name, field in model.model_fields.items():
        default = "" if field.is_required() else field.get_default(call_default_factory=True)
        words = "" if default in ("", None, ()) else _words(default)
        yield name, "required" if field.is_required() else words, said.get(name, "")


def scenario_keys() -> pd.DataFrame:
    """Return every key that a scenario file can have, with its default and what it says.

    Returns
    -------
    pandas.DataFrame
        ``table`` (where it stands), ``key``, ``default`` (``required`` without one), ``says``.

    Examples
    --------
    >>> keys = scenario_keys().set_index(["table", "key"])
    >>> keys.loc[("relief.phase", "depth"), "default"]
    'required'
    """
    rows = [
        {"table": place or "(top)", "key": name, "default": default, "says": says}
        for place in _PLACES
        for name, default, says in _keys(place)
    ]
    return pd.DataFrame(rows)


def scenario_template() -> str:
    """Return a scenario file with every key and what it says; what is commented out is optional.

    Returns
    -------
    str
        TOML that `load_scenario` reads as it is.
    """
    lines = [
        "# A scenario of sanctions policy: every key, with what it says. What is commented out may",
        "# be left out. Quantities are numbers or distributions; periods count from 1, the first",
        '# after the data, or are of the calendar ("2027Q1").',
    ]
    for place, (_, what) in _PLACES.items():
        active = place in _SET
        mark = "" if active else "# "
        header = f"[[{place}]]" if place in _LISTS or place == "relief.phase" else f"[{place}]"
        lines += ["", f"# {what}"]
        lines += [mark + header] if place else []
        for name, _, says in _keys(place):
            if name in _NESTED:
                continue  # a table of its own, below
            lines += _wrapped(says)
            set_to = _SET.get(place, {}).get(name)
            lines.append(f"{name} = {set_to}" if set_to else f"# {name} = {_SHOWN[place][name]}")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int = 94) -> list[str]:
    words, lines = text.replace("`", "").split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}"
    return [f"#{line}" for line in lines if line]


def scenario_schema() -> dict[str, Any]:
    """Return the JSON schema of a scenario file or a library, for editors that complete TOML.

    Returns
    -------
    dict
        Draft 2020-12; every key has its description.
    """
    scenario, futures = Scenario.model_json_schema(), FutureProcess.model_json_schema()
    parts = scenario.pop("$defs") | futures.pop("$defs", {})
    parts |= {"Scenario": scenario, "FutureProcess": futures}
    models: list[type[BaseModel]] = [FutureProcess]
    models += [model for model, _ in _PLACES.values()]
    for model in models:
        for name, says in _said(model).items():
            for part in _described(parts, model):
                if name in part.get("properties", {}):
                    part["properties"][name]["description"] = says
    library = {
        "type": "object",
        "properties": {
            "format_version": {"const": FORMAT_VERSION},
            "scenario": {
                "type": "object",
                "additionalProperties": {"$ref": "#/$defs/Scenario"},
            },
            "futures": {"$ref": "#/$defs/FutureProcess"},
        },
        "required": ["format_version", "scenario"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of sanctions policy, or a library of them",
        "anyOf": [{"$ref": "#/$defs/Scenario"}, library],
        "$defs": parts,
    }


def _described(parts: dict[str, Any], model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    names = {model.__name__, *(below.__name__ for below in model.__subclasses__())}
    return (part for name, part in parts.items() if name in names)
