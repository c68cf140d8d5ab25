"""Scenarios as files state them: interventions, relief designs, and a process between futures.

One schema for all: a file is one scenario, or a library of named ones with tables
``[scenario.NAME]`` and, if futures can turn into each other, a table ``[futures]``. Everything
here is what was said; `regimes` draws it and follows it over time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from sanctions_model.data.bundled import data_path
from sanctions_model.data.fields import Number, Whole
from sanctions_model.errors import QuestionError, did_you_mean, first_fault
from sanctions_model.files import toml_content
from sanctions_model.scenarios.quantities import Stated
from sanctions_model.scenarios.scenario import DESIGNS, Scenario
from sanctions_model.scm.serialization import content_hash

FORMAT_VERSION = 1
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
# Names that some system keeps for devices.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}
_ROUNDING = 1e-6


class FutureProcess(Stated):
    """How likely each future is at first, and how one turns into another.

    Parameters
    ----------
    order : tuple of str
        Names of scenarios of the file.
    status_quo : str
        The one that the others are compared with; it changes nothing.
    initial : tuple of float
        Probability of each future in the first period.
    transition : tuple of tuple of float
        Probability of each future (columns) after each future (rows); means of the Dirichlet prior
        of each row.
    concentration : float, optional
        Pseudo-counts of each row's Dirichlet prior; None for a matrix known for sure.
    every : int
        Periods between two transitions.
    return_ramp : int
        Equal steps in which measures that a new future leaves alone go back to 1.
    """

    order: tuple[str, ...] = Field(min_length=2)
    status_quo: str
    initial: tuple[Annotated[Number, Field(ge=0, le=1)], ...]
    transition: tuple[tuple[Annotated[Number, Field(ge=0, le=1)], ...], ...]
    concentration: Number | None = Field(default=None, gt=0)
    every: Whole = Field(default=4, ge=1)
    return_ramp: Whole = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        count = len(self.order)
        if len(set(self.order)) < count:
            raise ValueError(f"order names a future twice: {', '.join(self.order)}")
        if self.status_quo not in self.order:
            raise ValueError(
                f"status_quo {self.status_quo!r} is not in order: {', '.join(self.order)}"
            )
        if len(self.initial) != count:
            raise ValueError(f"initial has {len(self.initial)} probabilities for {count} futures")
        _sums_to_one(self.initial, "initial")
        lengths = [len(row) for row in self.transition]
        if lengths != [count] * count:
            raise ValueError(
                f"transition has rows of {', '.join(map(str, lengths)) or 'no'} entries, "
                f"expected {count} rows of {count}"
            )
        for name, row in zip(self.order, self.transition, strict=True):
            _sums_to_one(row, f"transition from {name!r}")
        return self


def probabilities(process: FutureProcess, given: Mapping[str, float]) -> tuple[float, ...]:
    """Return initial probabilities with some replaced, the rest scaled to fill what is left.

    Parameters
    ----------
    process : FutureProcess
        Its order of futures and their probabilities at first.
    given : Mapping[str, float]
        Probabilities in [0, 1] by name of a future.

    Returns
    -------
    tuple[float, ...]
        One a future, in the order of the process; sums to 1.

    Raises
    ------
    QuestionError
        If a name is unknown, a probability is outside [0, 1], or they cannot sum to 1.

    Examples
    --------
    >>> process = FutureProcess(
    ...     order=("a", "b", "c"),
    ...     status_quo="a",
    ...     initial=(0.5, 0.3, 0.2),
    ...     transition=((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ... )
    >>> [round(p, 3) for p in probabilities(process, {"a": 0.75})]
    [0.75, 0.15, 0.1]
    """
    for name, value in given.items():
        if name not in process.order:
            raise QuestionError(f"No future {name!r}; expected one of {', '.join(process.order)}.")
        if not 0 <= value <= 1:
            raise QuestionError(f"A probability of {value} for {name!r}; expected 0 to 1.")
    rest = {n: p for n, p in zip(process.order, process.initial, strict=True) if n not in given}
    left, total = 1.0 - sum(given.values()), sum(rest.values())
    if left < -1e-9 or (total == 0 and left > 1e-9):
        raise QuestionError(
            f"The probabilities given sum to {sum(given.values()):g}; expected 1"
            f"{' at most' if rest else ''}."
        )
    scale = 0.0 if total == 0 else max(left, 0.0) / total
    return tuple(given.get(name, rest.get(name, 0.0) * scale) for name in process.order)


def _sums_to_one(probabilities: tuple[float, ...], what: str) -> None:
    total = sum(probabilities)
    if abs(total - 1.0) > _ROUNDING:
        raise ValueError(f"{what}: the probabilities sum to {total:g}, expected 1")


@dataclass(frozen=True, kw_only=True)
class ScenarioLibrary:
    """Named scenarios, and the process between futures if the file has one.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        By name.
    futures : FutureProcess or None
        None where the file has no table ``[futures]``.
    origin : str
        Name of the file.
    sha256 : str
        Of its content.
    """

    scenarios: Mapping[str, Scenario]
    futures: FutureProcess | None
    origin: str
    sha256: str

    def named(self, name: str) -> Scenario:
        """Return a scenario.

        Raises
        ------
        QuestionError
            If the file has no such scenario.
        """
        if name not in self.scenarios:
            raise QuestionError(
                f"{self.origin} has no scenario {name!r}. There is: {', '.join(self.scenarios)}."
                f"{did_you_mean(name, self.scenarios)}"
            )
        return self.scenarios[name]

    def dated(self, start: str, periods_per_year: int) -> "ScenarioLibrary":
        """Return the same with periods of the calendar counted from the start.

        Parameters
        ----------
        start : str
            First day of the last known period.
        periods_per_year : int
            4 for quarters, 12 for months.

        Raises
        ------
        QuestionError
            If one lies in the past.
        """
        counted = {n: s.dated(start, periods_per_year) for n, s in self.scenarios.items()}
        return replace(self, scenarios=counted)

    def begun_with(self, odds: Mapping[str, float]) -> "ScenarioLibrary":
        """Return the same with other first odds; futures that are not named share what is left.

        Parameters
        ----------
        odds : mapping of str to float
            Probabilities by the name of a future.

        Raises
        ------
        QuestionError
            If a name is unknown, or they are no probabilities.
        """
        process = self.process()
        initial = probabilities(process, odds)
        return replace(self, futures=process.model_copy(update={"initial": initial}))

    def process(self) -> FutureProcess:
        """Return the process between futures.

        Raises
        ------
        QuestionError
            If the file has none.
        """
        if self.futures is None:
            raise QuestionError(
                f"{self.origin} has no table [futures]; give order, initial and transition."
            )
        return self.futures


def load_scenarios(path: Path | str | None = None) -> ScenarioLibrary:
    """Read a library of scenarios.

    Parameters
    ----------
    path : path, optional
        A TOML file with tables ``[scenario.NAME]`` and, for futures that turn into each other,
        ``[futures]``; the bundled one by default.

    Returns
    -------
    ScenarioLibrary
        Scenarios by name, and the process between futures if the file has one.

    Raises
    ------
    QuestionError
        If it is missing, no TOML, or not of the schema; the message names file, place and reason.

    Examples
    --------
    >>> load_scenarios().process().order
    ('reset', 'limited', 'status_quo', 'deterioration')
    """
    file = data_path("scenarios.toml") if path is None else Path(path)
    content = toml_content(file, "a scenario file")
    tables = content.get("scenario")
    version = content.get("format_version")
    known = version == FORMAT_VERSION and not isinstance(version, bool)
    if not known or not isinstance(tables, dict):
        raise QuestionError(
            f"{file.name}: expected format_version = {FORMAT_VERSION} and tables [scenario.NAME]."
        )
    extra = sorted(set(content) - {"format_version", "scenario", "futures"})
    if extra:
        raise QuestionError(
            f"{file.name}: unknown entry {extra[0]!r}; expected format_version, scenario, futures."
        )
    scenarios = {}
    for name, table in tables.items():
        if not _FILE_NAME.fullmatch(name) or name.lower() in _RESERVED:
            raise QuestionError(
                f"{file.name}: [scenario.{name}]: {name!r} is not a file name; use letters, "
                "digits, _ and -, at most 64."
            )
        stated = {"format_version": FORMAT_VERSION, **table} if isinstance(table, dict) else table
        scenarios[name] = _validated(Scenario, stated, file, f"[scenario.{name}]: ")
    process = None
    if "futures" in content:
        process = _validated(FutureProcess, content["futures"], file, "[futures]: ")
        _check_futures(process, scenarios, file.name)
    return ScenarioLibrary(
        scenarios=scenarios, futures=process, origin=file.name, sha256=content_hash(content)
    )


def _check_futures(process: FutureProcess, scenarios: Mapping[str, Scenario], origin: str) -> None:
    for name in process.order:
        if name not in scenarios:
            raise QuestionError(
                f"{origin}: [futures]: order names {name!r}, but there is no "
                f"[scenario.{name}].{did_you_mean(name, scenarios)}"
            )
        if other := [field for field in scenarios[name].stated if field not in DESIGNS]:
            raise QuestionError(
                f"{origin}: [scenario.{name}]: a future has designs ({', '.join(DESIGNS)}), "
                f"not interventions or conditions, and this states {other[0]!r}; state it as one."
            )
    if scenarios[process.status_quo].is_designed:
        raise QuestionError(
            f"{origin}: [scenario.{process.status_quo}]: the status quo changes nothing; leave "
            f"{', '.join(DESIGNS)} out."
        )


def load_scenario(path: Path | str) -> Scenario:
    """Read a file that states one scenario.

    Parameters
    ----------
    path : Path | str
        A TOML file with the fields of `Scenario`.

    Returns
    -------
    Scenario
        Interventions and conditions, or designs.

    Raises
    ------
    QuestionError
        If it is missing, no TOML, or not of the schema; the message names file, place and reason.
    """
    file = Path(path)
    content = toml_content(file, "a scenario file")
    if "scenario" in content:
        raise QuestionError(
            f"{file.name} is a library of scenarios; name one of them and give the file as "
            "--library."
        )
    if "format_version" not in content:
        raise QuestionError(
            f"{file.name}: format_version: it is missing; expected format_version = 1."
        )
    return _validated(Scenario, content, file, "")


def _validated[Model: BaseModel](
    kind: type[Model], content: object, file: Path, where: str
) -> Model:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        fault = first_fault(error, kind, whole="" if where else "the file")
        raise QuestionError(f"{file.name}: {where}{fault}.") from None
