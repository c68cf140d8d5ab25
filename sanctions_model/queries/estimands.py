"""What a file asks a model: an experiment, and the number that is read off it draw by draw.

An *experiment* is what is done: measures from one level to another, or a shock, with links open or
closed. An *estimand* is a number with its unit and its horizon, so that an estimate in another unit
or at another horizon is refused: a parameter, a link's effect, or an outcome of an experiment.
Where models write the same mechanism otherwise, either has further forms, and the first one whose
parts a model has is asked. This module knows no estimates and no weights.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import xarray as xr
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.data.fields import Number, Whole
from sanctions_model.errors import QuestionError, UnknownVariableError, first_fault
from sanctions_model.files import read_tables
from sanctions_model.queries.reading.tables import link_effects
from sanctions_model.scm.interventions import ALL_MEASURES, Relief, as_depth
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, one_parameter
from sanctions_model.scm.simulation.propagate import respond

_KIND = "kind"


class _Stated(BaseModel):
    """What every experiment and estimand states: its words, and its forms in other models."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    label: str = Field(min_length=1)
    note: str = ""
    otherwise: tuple["_Stated", ...] = ()

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Names that are needed, each with those of its kind that a model has."""
        raise NotImplementedError

    def lacking(self, scm: StructuralCausalModel) -> tuple[str, list[str]] | None:
        """Name of the first part that a model has not, with those that it has; None for none."""
        return next(((name, known) for name, known in self.parts(scm) if name not in known), None)


def stated_depth(depth: float) -> float:
    """Refuse in a field what `Relief` refuses."""
    try:
        return as_depth(depth)
    except QuestionError as error:
        raise ValueError(str(error).rstrip(".")) from None


class StatedRelief(BaseModel):
    """A relief as a claim or a sweep states it, with the fields of `Relief`.

    `depth`: share of the measures that is lifted, 0 to 1; all of them in full by default. `ramp`:
    equal steps of a period each, four by default. `measures`: measures that are lifted, all by
    default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    depth: Annotated[Number, Field(ge=0, le=1), AfterValidator(stated_depth)] = 1.0
    ramp: Whole = Field(default=4, ge=1)
    measures: tuple[str, ...] = Field(default=ALL_MEASURES, min_length=1)

    @property
    def relief(self) -> Relief:
        """The relief meant."""
        return Relief(**self.model_dump(include={"depth", "ramp", "start", "measures"}))


class ScaledTo(BaseModel):
    """Scale a response so that this variable's own response at the horizon has this size."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    variable: str
    size: Number


class Experiment(_Stated):
    """What is done to a model: measures go from one level to another, or there is a shock.

    `label`, `note`: what is done, in words. `otherwise`: forms for models that lack a part of this
    one. `cause`: stochastic variable that is shocked, in place of measures. `size`: of the shock,
    in the unit of the cause. `lasting`: periods that the shock lasts. `before`, `after`: levels of
    the measures without and with the change; those not named are 0. `ramp`: equal steps from the
    one to the other, one a period. `entries`: channels that stay open; all by default. `closed`:
    links through which nothing passes. `open`: if given, the only links through which anything
    passes, own lags included. `scaled_to`: variable whose own response at the horizon gives the
    size.
    """

    cause: str | None = None
    size: Number = 1.0
    lasting: Whole = Field(default=1, ge=1)
    before: Mapping[str, Number] | None = None
    after: Mapping[str, Number] | None = None
    ramp: Whole = Field(default=1, ge=1)
    entries: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    scaled_to: ScaledTo | None = None

    @model_validator(mode="after")
    def _one_cause(self) -> Self:
        if (self.cause is None) == (self.before is None and self.after is None):
            raise ValueError("give measures before or after, or the cause that is shocked")
        if self.open and (self.closed or self.entries):
            raise ValueError("give closed or open links, not both")
        return self

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Yield cause or measures, channels, links and what is scaled to."""
        if self.cause is not None:
            yield self.cause, list(scm.stochastic)
        yield from (
            (name, list(scm.measures)) for name in (*(self.before or {}), *(self.after or {}))
        )
        yield from ((entry, list(scm.entries)) for entry in self.entries)
        yield from ((label, sorted(scm.closable)) for label in (*self.open, *self.closed))
        if self.scaled_to is not None:
            yield self.scaled_to.variable, list(scm.variables)

    def effect(
        self, scm: StructuralCausalModel, draws: xr.Dataset, outcome: str, horizon: int
    ) -> xr.DataArray:
        """Return what is done to an outcome, `horizon` periods after it starts.

        `scm`: with all parts of this form. `horizon`: periods, the first being that of the change.
        Returns: dims ``(chain, draw)``.
        """
        found = self.response(scm, draws, [outcome], horizon)
        return found.isel({dims.OUTCOME: 0}, drop=True).isel({dims.HORIZON: -1})

    def response(
        self, scm: StructuralCausalModel, draws: xr.Dataset, outcomes: list[str], horizon: int
    ) -> xr.DataArray:
        """Return what is done to outcomes in each period, scaled period by period.

        Returns: dims ``(outcome, horizon, chain, draw)``.
        """
        shut = scm.closable - set(self.open) if self.open else set(self.closed)
        shut |= {
            label
            for entry, labels in scm.entries.items()
            for label in labels
            if self.entries and entry not in self.entries
        }
        scale = [] if self.scaled_to is None else [self.scaled_to.variable]
        found = respond(
            scm,
            draws,
            horizon=horizon,
            closed=[shut] if shut else None,
            outcomes=[*outcomes, *scale],
            **self._moved(scm, horizon),
        ).isel({dims.SCENARIO: 0})
        if self.scaled_to is None:
            return found
        own = found.isel({dims.OUTCOME: -1}, drop=True)
        return found.isel({dims.OUTCOME: slice(len(outcomes))}) / own * self.scaled_to.size

    def _moved(self, scm: StructuralCausalModel, horizon: int) -> dict[str, Any]:
        """Return paths of measures with their baseline, or shocks."""
        if self.cause is not None:
            return {"shocks": {self.cause: self.size * (np.arange(horizon) < self.lasting)}}
        stated = {"before": self.before or {}, "after": self.after or {}}
        names = dict.fromkeys([*scm.measures, *stated["before"], *stated["after"]])
        before, after = ({n: float(s.get(n, 0.0)) for n in names} for s in stated.values())
        steps = np.arange(1, horizon + 1) / self.ramp
        paths = {
            n: np.where(steps < 1.0, before[n] + steps * (after[n] - before[n]), after[n])
            for n in names
        }
        return {"paths": paths, "baseline": before}


class ParameterValue(_Stated):
    """One parameter, by address, as in ``persistence[key_rate]``; it has no horizon."""

    kind: Literal["parameter"] = "parameter"
    unit: str = Field(min_length=1)
    parameter: str
    horizon: Literal[0] = 0

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Yield the parameter."""
        yield self.parameter, list(addresses(scm))


class LinkEffect(_Stated):
    """A link's effect in the same period (`run` short) or after a permanent change (long)."""

    kind: Literal["link"] = "link"
    unit: str = Field(min_length=1)
    link: str
    run: Literal["short_run", "long_run"] = "long_run"
    horizon: Literal[0] = 0

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Yield the link."""
        yield self.link, [link.label for link in scm.links]


class Effect(Experiment):
    """An outcome of an experiment, `horizon` periods after it starts, in a unit.

    `kind`: ``effect``, which tells the estimand from others in a file. `horizon`: periods, the
    first being that of the change.
    """

    kind: Literal["effect"] = "effect"
    unit: str = Field(min_length=1)
    outcome: str
    horizon: Whole = Field(ge=1)

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Yield the parts of the experiment and the outcome."""
        yield from super().parts(scm)
        yield self.outcome, list(scm.variables)


type Estimand = ParameterValue | LinkEffect | Effect

_ADAPTER: TypeAdapter[Estimand] = TypeAdapter(
    Annotated[ParameterValue | LinkEffect | Effect, Field(discriminator="kind")]
)


def load_quantities(path: Path | str | None = None) -> dict[str, Estimand]:
    """Read the definitions of implied quantities.

    Parameters
    ----------
    path : path, optional
        A TOML file with one table ``[quantity.NAME]`` each; the bundled one by default. A table
        ``[[quantity.NAME.otherwise]]`` states what is put differently in models that lack a part.

    Returns
    -------
    dict of str to Estimand
        By name.

    Raises
    ------
    QuestionError
        If the file is missing, no TOML or empty, or a quantity is not well formed; the message
        names file, quantity and reason.

    Examples
    --------
    >>> load_quantities()["pass_through_4q"].unit
    '% of CPI per 1 % of depreciation'
    """
    file = data_path("quantities.toml") if path is None else Path(path)
    return {
        name: stated(table, _ADAPTER, f"{file.name}: [quantity.{name}]")
        for name, table in read_tables(file, "quantity").items()
    }


def stated[T: _Stated](table: Any, adapter: TypeAdapter[T], place: str) -> T:
    """Return an experiment or estimand from its table, its further forms read as it is itself.

    `table`: its tables ``otherwise`` state what is put differently, all but the words if they have
    a kind of their own. `adapter`: of what is read. `place`: for messages. Raises `QuestionError`
    if it is not well formed; the message names place and reason.
    """
    own: Any = table
    others: tuple[T, ...] = ()
    if isinstance(table, Mapping) and isinstance(table.get("otherwise"), list):
        own = {key: value for key, value in table.items() if key != "otherwise"}
        words = {key: own[key] for key in ("label", "unit", "note") if key in own}
        others = tuple(
            stated({**(words if "kind" in form else own), **form}, adapter, place)
            if isinstance(form, Mapping)
            else stated(form, adapter, f"{place}: otherwise")
            for form in table["otherwise"]
        )
    try:
        return adapter.validate_python(own).model_copy(update={"otherwise": others})
    except ValidationError as error:
        skip = 1 if isinstance(own, Mapping) and own.get("kind") else 0
        raise QuestionError(f"{place}: {first_fault(error, whole='kind', skip=skip)}.") from None


def form_for[T: _Stated](scm: StructuralCausalModel, asked: T) -> T:
    """Return the first form of an experiment or estimand whose parts a model has.

    Returns: itself, or one of those in `otherwise`. Raises `UnknownVariableError` if the model
    lacks a part of every form; the message is that of the first.
    """
    forms: tuple[_Stated, ...] = (asked, *asked.otherwise)
    for form in forms:
        if form.lacking(scm) is None:
            return form  # type: ignore[return-value]  # further forms are read as the first is
    name, known = asked.lacking(scm) or ("", [])
    raise UnknownVariableError.from_name(name, known, f"what is asked, {asked.label!r}")


def not_asked(scm: StructuralCausalModel, asked: _Stated) -> str:
    """Return why a model cannot be asked, in words; empty where it can.

    Returns: as in ``not asked of this model: it has no 'depreciation -> inflation'``.
    """
    found = [form.lacking(scm) for form in (asked, *asked.otherwise)]
    if None in found:
        return ""
    return f"not asked of this model: it has no {found[0][0]!r}"  # type: ignore[index]


def quantity_draws(
    scm: StructuralCausalModel, draws: xr.Dataset, quantity: Estimand
) -> xr.DataArray:
    """Return an estimand under each draw of the parameters.

    Parameters
    ----------
    scm, draws : StructuralCausalModel, xr.Dataset
        Equations, and draws of their parameters, dims ``(chain, draw)``.
    quantity : Estimand
        As `load_quantities` returns it.

    Returns
    -------
    xr.DataArray
        Dims ``(chain, draw)``, in the estimand's unit.

    Raises
    ------
    UnknownVariableError
        If it names a parameter, link, channel or variable that the model does not have.
    """
    match form := form_for(scm, quantity):
        case ParameterValue():
            found = one_parameter(scm, draws, form.parameter)
        case LinkEffect():
            found = link_effects(scm, draws).sel({dims.LINK: form.link, _KIND: form.run})
        case Effect():
            found = form.effect(scm, draws, form.outcome, form.horizon)
    found = found.reset_coords(drop=True).transpose(dims.CHAIN, dims.DRAW)
    found.attrs = {"unit": quantity.unit}
    return found
