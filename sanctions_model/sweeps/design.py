"""A sweep as a file states it: axes, layout, question, base fits. One round trip with TOML.

Knows which points there are and what each one's key and seed are; answers none.
"""

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sanctions_model import dims
from sanctions_model.data.fields import Number, Version, Whole
from sanctions_model.errors import QuestionError, did_you_mean, first_fault
from sanctions_model.files import toml_content, whole_file
from sanctions_model.inference.priors.families import Prior
from sanctions_model.queries.estimands import StatedRelief
from sanctions_model.scm.interventions import LONGEST_HORIZON
from sanctions_model.scm.serialization import content_hash
from sanctions_model.sweeps.axes import Axis, PriorWidth, Value
from sanctions_model.sweeps.settings import Future, Setting

type Point = dict[str, Value]
_RESERVED = frozenset(
    {value for name, value in vars(dims).items() if name.isupper()}
    | {"point", "summary", "variable", "base", "route", "kept"}
)
_LARGEST = 10_000_000


class Route(StrEnum):
    """How a point is answered, the cheapest first."""

    PROPAGATE = "propagate"
    REWEIGHT = "reweight"
    REFIT = "refit"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


_MOST_KEPT = 20_000  # draws a point: a sweep of 1,000 points would hold 160 MB an outcome
_MOST_SAMPLED = 100_000  # as many as a fit takes


class Grid(_Frozen):
    """Every combination of the axes' values; the axes are the result's dimensions."""

    kind: Literal["grid"] = "grid"


class Points(_Frozen):
    """An explicit list: a value for each axis, point by point."""

    kind: Literal["list"] = "list"
    points: tuple[dict[str, bool | int | float | str], ...] = Field(min_length=1)


class Sobol(_Frozen):
    """A scrambled Sobol sequence through the axes' ranges."""

    kind: Literal["sobol"] = "sobol"
    number: Whole = Field(ge=1, le=_LARGEST)


class ReliefEntry(StatedRelief):
    """A relief with its first period."""

    start: Whole = Field(default=1, ge=1)


class FutureEntry(ReliefEntry):
    """A relief that happens with a probability."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    probability: Number = Field(ge=0, le=1)


class Bases(_Frozen):
    """Fits that points are reweighted from, fixed before the sweep starts.

    `number`: the stated beliefs, then others spread over the prior axes, widths at their largest.
    `points`: these instead of spread ones: values of prior axes, the others as stated.
    """

    number: Whole = Field(default=1, ge=1, le=100)
    points: tuple[dict[str, bool | int | float | str], ...] = ()


class Sampling(_Frozen):
    """Draws a chain kept and discarded, chains, and tuning from a base fit's start."""

    draws: Whole = Field(default=1000, ge=100, le=_MOST_SAMPLED)
    tune: Whole = Field(default=1000, ge=100, le=_MOST_SAMPLED)
    chains: Whole = Field(default=4, ge=2, le=100)
    warm_tune: Whole = Field(default=150, ge=50, le=_MOST_SAMPLED)


class SweepDesign(_Frozen):
    """A sweep as a file states it.

    Parameters
    ----------
    format_version : int
        1.
    label : str
        Title of tables and figures.
    axis : tuple of Axis
        What varies, a dimension of a grid each.
    layout : Grid, Points or Sobol
        Which points: all combinations by default, a list, or a Sobol sequence.
    random_seed : int
        Of everything: each point's seed is made of it and the point's own values.
    outcomes : tuple of str
        Variables or levels to report; the model's headline ones by default.
    horizon : int
        Periods after the start at which they are read.
    relief : ReliefEntry
        What is asked about; full relief in four steps by default.
    future : tuple of FutureEntry
        Several reliefs with probabilities instead.
    prior_set : mapping
        Named sets of priors by address, for an axis of kind ``prior_set``.
    base : Bases
        Fits that points are reweighted from; the stated beliefs alone by default.
    sampling : Sampling
        Draws, tuning draws and chains of every fit that the sweep makes.
    route : Route, optional
        Force every point onto one route.
    kept_draws : int
        Draws stored a point.
    """

    format_version: Version = 1
    label: str = Field(min_length=1)
    random_seed: Whole = Field(default=20260101, ge=0)
    outcomes: tuple[str, ...] = ()
    horizon: Whole = Field(default=12, ge=1, le=LONGEST_HORIZON)
    route: Route | None = None
    kept_draws: Whole = Field(default=400, ge=1, le=_MOST_KEPT)
    axis: tuple[Axis, ...] = Field(min_length=1)
    layout: Annotated[Grid | Points | Sobol, Field(discriminator="kind")] = Grid()
    relief: ReliefEntry = ReliefEntry()
    future: tuple[FutureEntry, ...] = ()
    base: Bases = Bases()
    sampling: Sampling = Sampling()
    prior_set: dict[str, dict[str, Prior]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_axes(self) -> Self:
        names = [axis.name for axis in self.axis]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two axes are called {name!r}; give each its own name")
            if name in _RESERVED:
                raise ValueError(f"an axis is called {name!r}, a dimension of the results")
        if sum(f.probability for f in self.future) > 1 + 1e-9:
            raise ValueError("the probabilities of the futures add up to more than 1")
        for axis in self.axis:
            self._require_values(axis)
        return self

    @model_validator(mode="after")
    def _check_points(self) -> Self:
        names = [axis.name for axis in self.axis]
        listed = self.layout.points if isinstance(self.layout, Points) else ()
        for point in (*listed, *self.base.points):
            for name in point:
                if name not in names:
                    raise ValueError(
                        f"no axis is called {name!r}; there is {', '.join(names)}."
                        f"{did_you_mean(name, names)}"
                    )
        for point in listed:
            missing = [name for name in names if name not in point]
            if missing:
                raise ValueError(f"a point has no value for {', '.join(missing)}: {point}")
        return self

    def _require_values(self, axis: Axis) -> None:
        if axis.range is not None:
            lower, upper = axis.range
            if not lower < upper or (getattr(axis, "log", False) and lower <= 0):
                raise ValueError(f"axis {axis.name!r}: there is no range {lower} to {upper}")
        if isinstance(self.layout, Grid) and not axis.levels:
            raise ValueError(f"axis {axis.name!r} has no values; a grid needs some")
        if isinstance(self.layout, Sobol) and not axis.levels and axis.range is None:
            raise ValueError(f"axis {axis.name!r} has neither lower and upper nor values")
        if len(set(axis.levels)) < len(axis.levels):
            raise ValueError(f"axis {axis.name!r} has the same value twice")

    @classmethod
    def from_toml(cls, path: Path | str) -> Self:
        """Read a design.

        Raises
        ------
        QuestionError
            If it is missing, no TOML or not of the schema; the message names file, place, reason.
        """
        file = Path(path)
        content = toml_content(file, "a sweep design")
        if "format_version" not in content:
            raise QuestionError(f"{file.name}: no format_version; expected format_version = 1.")
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            fault = first_fault(error, cls, whole="the file")
            raise QuestionError(f"{file.name}: {fault}.") from None

    def to_toml(self, path: Path | str) -> Path:
        """Write the design; `from_toml` reads the same back.

        Raises
        ------
        QuestionError
            If a link, a device or a file that is kept from being written stands there.
        """
        with whole_file(path) as part:
            part.write_text(_toml(self.plain()), encoding="utf-8")
        return Path(path)

    def plain(self) -> dict[str, Any]:
        """Return the design as plain dicts, lists, strings and numbers."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude_none=True)
        return plain

    @property
    def sha256(self) -> str:
        """Hash of the content."""
        return content_hash(self.plain())

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension of the result: one an axis for grids, else ``point`` alone."""
        match self.layout:
            case Grid():
                return tuple(len(axis.levels) for axis in self.axis)
            case Points(points=points):
                return (len(points),)
            case Sobol(number=number):
                return (number,)

    @property
    def size(self) -> int:
        """Number of points."""
        return math.prod(self.shape)

    def points(self) -> list[Point]:
        """Return every point: a value for each axis, in the order of the result."""
        names = [axis.name for axis in self.axis]
        match self.layout:
            case Grid():
                levels = [axis.levels for axis in self.axis]
                return [dict(zip(names, values, strict=True)) for values in _product(levels)]
            case Points(points=points):
                return [{name: point[name] for name in names} for point in points]
            case Sobol(number=number):
                units = _sobol(len(names), number, self.random_seed)
                return [
                    {a.name: a.at(float(u)) for a, u in zip(self.axis, row, strict=True)}
                    for row in units
                ]

    def base_points(self) -> list[Point]:
        """Return the settings of the base fits; the first is that of the stated beliefs."""
        if self.base.points:
            return [{}, *self.base.points]
        spread = [axis for axis in self.axis if axis.prior_only and _bounds(axis)]
        if not spread or self.base.number == 1:
            return [{}]
        # Draws under a wider belief can speak for a narrower one, not the other way round.
        units = _sobol(len(spread), self.base.number - 1, self.random_seed + 1)
        found: list[Point] = [{}]
        for row in units:
            point: Point = {}
            for axis, unit in zip(spread, row, strict=True):
                lower, upper = _require_bounds(axis)
                wide = isinstance(axis, PriorWidth) or getattr(axis, "argument", "") == "sigma"
                point[axis.name] = upper if wide else lower + float(unit) * (upper - lower)
            found.append(point)
        return found

    def setting(self, base: Setting, point: Mapping[str, Value]) -> Setting:
        """Return the setting of a point: data first, then structure, beliefs and question."""
        found = base
        for axis in sorted(self.axis, key=lambda axis: axis.rank):
            if axis.name in point:
                found = axis.apply(found, point[axis.name])  # type: ignore[arg-type]
        return found

    def stated(self, base: Setting) -> Setting:
        """Return the setting with the design's question and prior sets, no axis applied."""
        futures = {
            entry.name: Future(relief=entry.relief, probability=entry.probability)
            for entry in self.future
        } or {"relief": Future(relief=self.relief.relief, probability=1.0)}
        found = Setting(
            scm=base.scm,
            observations=base.observations,
            priors=base.priors,
            futures=futures,
            horizon=self.horizon,
            prior_sets=self.prior_set,
        )
        return replace(found, near=found)

    def check(self, stated: Setting) -> None:
        """Apply each value of each axis alone, so that a bad one is refused before any work.

        Raises
        ------
        SanctionsModelError
            What the axis or the model has against the value.
        """
        for axis in self.axis:
            values = [*axis.levels, *(_bounds(axis) if axis.range else ())]
            for value in values:
                axis.apply(stated, value)
        if isinstance(self.layout, Points):
            for axis in self.axis:
                for value in {
                    json.dumps(p[axis.name]): p[axis.name] for p in self.points()
                }.values():
                    axis.apply(stated, value)  # type: ignore[arg-type]

    def seed(self, content: object) -> int:
        """Return the seed of a content: the same wherever, whenever and by whom it is asked."""
        return int(content_hash([self.random_seed, content])[:8], 16)


def _bounds(axis: Axis) -> tuple[float, float] | tuple[()]:
    if axis.range is not None:
        return axis.range
    numbers = [v for v in axis.levels if isinstance(v, int | float) and not isinstance(v, bool)]
    return (min(numbers), max(numbers)) if len(numbers) == len(axis.levels) > 0 else ()


def _require_bounds(axis: Axis) -> tuple[float, float]:
    lower, upper = _bounds(axis) or (0.0, 0.0)
    return lower, upper


def _product(levels: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    return list(itertools.product(*levels))


def _sobol(dimensions: int, number: int, seed: int) -> np.ndarray:
    """Return the first points of a scrambled sequence, shape ``(number, dimensions)``."""
    from scipy.stats import qmc

    power = max(0, math.ceil(math.log2(number)))
    engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    return np.asarray(engine.random_base2(power)[:number])


def _toml(plain: Mapping[str, Any]) -> str:
    """Write plain content as TOML: scalars, then tables, then arrays of tables."""
    lines = []
    tables = {k: v for k, v in plain.items() if isinstance(v, dict)}
    arrays = {k: v for k, v in plain.items() if isinstance(v, list) and v and _is_table(v[0])}
    for key, value in plain.items():
        if key not in tables and key not in arrays:
            lines.append(f"{key} = {_value(value)}")
    for key, table in tables.items():
        if table:
            lines += ["", f"[{key}]", *(f"{_key(k)} = {_value(v)}" for k, v in table.items())]
    for key, entries in arrays.items():
        for entry in entries:
            lines += ["", f"[[{key}]]", *(f"{_key(k)} = {_value(v)}" for k, v in entry.items())]
    return "\n".join(lines) + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(k)} = {_value(v)}' for k, v in value.items())} }}"
    return json.dumps(value)
