"""What a published estimate speaks of, as a number that the model gives draw by draw.

A parameter, a link's effect, the response to a shock, or the effect of other measures: each with
its unit and its horizon, so that an estimate in another unit or at another horizon is refused.
Where models write the same mechanism otherwise, a quantity has further forms, and the first one
whose parts a model has is asked. This module knows no estimates and no weights.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sanctions_model import dims
from sanctions_model.data.bundled import data_path
from sanctions_model.errors import QuestionError, UnknownVariableError, first_fault
from sanctions_model.fields import Number, Whole
from sanctions_model.files import read_tables
from sanctions_model.queries.reading.tables import link_effects
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, parameter_dims
from sanctions_model.scm.simulation.propagate import respond

__all__ = [
    "LinkEffect",
    "MeasureChange",
    "ParameterValue",
    "Quantity",
    "ScaledTo",
    "ShockResponse",
    "form_for",
    "load_quantities",
    "not_asked",
    "quantity_draws",
]

_KIND = "kind"


class _Quantity(BaseModel):
    """What every quantity states: its words, unit and horizon, and its forms in other models."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    label: str = Field(min_length=1)
    unit: str = Field(min_length=1)
    note: str = ""
    otherwise: tuple["_Quantity", ...] = ()

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Names that the quantity needs, each with those of its kind that a model has."""
        raise NotImplementedError


class ScaledTo(BaseModel):
    """Scale a response so that this variable's own response at the horizon has this size."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    variable: str
    size: Number


class ParameterValue(_Quantity):
    """One parameter, by address, as in ``persistence[key_rate]``; it has no horizon."""

    kind: Literal["parameter"] = "parameter"
    parameter: str
    horizon: Literal[0] = 0

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Yield the parameter."""
        yield self.parameter, list(addresses(scm))


class LinkEffect(_Quantity):
    """A link's effect in the same period (`run` short) or after a permanent change (long)."""

    kind: Literal["link"] = "link"
    link: str
    run: Literal["short_run", "long_run"] = "long_run"
    horizon: Literal[0] = 0

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Yield the link."""
        yield self.link, [link.label for link in scm.links]


class ShockResponse(_Quantity):
    """Response of an outcome after `horizon` periods to a shock of `lasting` periods.

    Parameters
    ----------
    kind : str
        ``shock``, which tells the quantity from others in a file.
    cause : str
        Stochastic variable that is shocked.
    size : float
        In the unit of the cause.
    lasting : int
        Periods that the shock lasts.
    open : tuple of str
        Links that stay open, own lags included; all by default.
    scaled_to : ScaledTo, optional
        Variable whose own response gives the size, in place of that of the shock.
    outcome : str
    horizon : int
        Periods, the first being that of the shock.
    """

    kind: Literal["shock"] = "shock"
    cause: str
    size: Number = 1.0
    lasting: Whole = Field(default=1, ge=1)
    open: tuple[str, ...] = ()
    scaled_to: ScaledTo | None = None
    outcome: str
    horizon: Whole = Field(ge=1)

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Yield cause, links and outcomes."""
        yield self.cause, list(scm.stochastic)
        yield from ((label, sorted(scm.closable)) for label in self.open)
        yield from ((name, list(scm.variables)) for name in self.outcomes)

    @property
    def outcomes(self) -> list[str]:
        """What has to be propagated: the outcome, and what it is scaled to."""
        return [self.outcome, *([self.scaled_to.variable] if self.scaled_to else [])]


class MeasureChange(_Quantity):
    """Change of an outcome `horizon` periods after measures start to move.

    Parameters
    ----------
    kind : str
        ``measures``, which tells the quantity from others in a file.
    before, after : mapping of str to float
        Levels of the measures; those not named are 0.
    ramp : int
        Equal steps from the one to the other, one a period.
    entries : tuple of str
        Channels that stay open; all by default.
    closed : tuple of str
        Links through which nothing passes besides.
    outcome : str
    horizon : int
        Number of periods.
    """

    kind: Literal["measures"] = "measures"
    before: Mapping[str, Number] = Field(default_factory=dict)
    after: Mapping[str, Number] = Field(default_factory=dict)
    ramp: Whole = Field(default=1, ge=1)
    entries: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    outcome: str
    horizon: Whole = Field(ge=1)

    def parts(self, scm: StructuralCausalModel) -> Iterator[tuple[str, list[str]]]:
        """Yield measures, channels, links and the outcome."""
        yield from ((name, list(scm.measures)) for name in (*self.before, *self.after))
        yield from ((entry, list(scm.entries)) for entry in self.entries)
        yield from ((label, sorted(scm.closable)) for label in self.closed)
        yield self.outcome, list(scm.variables)


type Quantity = ParameterValue | LinkEffect | ShockResponse | MeasureChange

_ADAPTER: TypeAdapter[Quantity] = TypeAdapter(
    Annotated[
        ParameterValue | LinkEffect | ShockResponse | MeasureChange, Field(discriminator="kind")
    ]
)


def load_quantities(path: Path | str | None = None) -> dict[str, Quantity]:
    """Read the definitions of implied quantities.

    Parameters
    ----------
    path : path, optional
        A TOML file with one table ``[quantity.NAME]`` each; the bundled one by default. A table
        ``[[quantity.NAME.otherwise]]`` states what is put differently in models that lack a part.

    Returns
    -------
    dict of str to Quantity
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
    tables = read_tables(file, "quantity")
    return {name: _parse(file, f"quantity.{name}", table) for name, table in tables.items()}


def _parse(file: Path, place: str, table: Any) -> Quantity:
    """Return one quantity from its table, or say what is wrong with it."""
    own: Any = table
    others: tuple[Quantity, ...] = ()
    if isinstance(table, Mapping) and isinstance(table.get("otherwise"), list):
        own = {key: value for key, value in table.items() if key != "otherwise"}
        words = {key: own[key] for key in ("label", "unit", "note") if key in own}
        others = tuple(
            _parse(file, place, {**(words if "kind" in other else own), **other})
            if isinstance(other, Mapping)
            else _parse(file, f"{place}.otherwise", other)
            for other in table["otherwise"]
        )
    try:
        return _ADAPTER.validate_python(own).model_copy(update={"otherwise": others})
    except ValidationError as error:
        fault = first_fault(error, whole="kind", skip=1)
        raise QuestionError(f"{file.name}: [{place}]: {fault}.") from None


def form_for(scm: StructuralCausalModel, quantity: Quantity) -> Quantity:
    """Return the first form of a quantity whose parts a model has.

    Parameters
    ----------
    scm : StructuralCausalModel
        Whose equations are asked.
    quantity : Quantity
        As `load_quantities` returns it.

    Returns
    -------
    Quantity
        Itself, or one of those in `otherwise`.

    Raises
    ------
    UnknownVariableError
        If the model lacks a part of every form; the message is that of the first.
    """
    for form in (quantity, *quantity.otherwise):
        if _lacking(scm, form) is None:
            return form  # type: ignore[return-value]  # further forms are parsed as quantities
    name, known = _lacking(scm, quantity) or ("", [])
    raise UnknownVariableError.from_name(name, known, f"the quantity {quantity.label!r}")


def not_asked(scm: StructuralCausalModel, quantity: Quantity) -> str:
    """Return why a model cannot be asked for a quantity, in words; empty where it can.

    Parameters
    ----------
    scm : StructuralCausalModel
        Whose equations are asked.
    quantity : Quantity
        As `load_quantities` returns it.

    Returns
    -------
    str
        As in ``not asked of this model: it has no 'depreciation -> inflation'``.
    """
    found = [_lacking(scm, form) for form in (quantity, *quantity.otherwise)]
    if None in found:
        return ""
    return f"not asked of this model: it has no {found[0][0]!r}"  # type: ignore[index]


def _lacking(scm: StructuralCausalModel, form: _Quantity) -> tuple[str, list[str]] | None:
    return next(((name, known) for name, known in form.parts(scm) if name not in known), None)


def quantity_draws(
    scm: StructuralCausalModel, draws: xr.Dataset, quantity: Quantity
) -> xr.DataArray:
    """Return the quantity under each draw of the parameters.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    draws : xr.Dataset
        Parameter draws, dims ``(chain, draw)``.
    quantity : Quantity
        As `load_quantities` returns it.

    Returns
    -------
    xr.DataArray
        Dims ``(chain, draw)``, in the quantity's unit.

    Raises
    ------
    UnknownVariableError
        If it names a parameter, link, channel or variable that the model does not have.
    """
    match form := form_for(scm, quantity):
        case ParameterValue():
            found = _parameter(scm, draws, form.parameter)
        case LinkEffect():
            found = link_effects(scm, draws).sel({dims.LINK: form.link, _KIND: form.run})
        case ShockResponse():
            found = _shock(scm, draws, form)
        case MeasureChange():
            found = _measures(scm, draws, form)
    found = found.reset_coords(drop=True).transpose(dims.CHAIN, dims.DRAW)
    found.attrs = {"unit": quantity.unit}
    return found


def _parameter(scm: StructuralCausalModel, draws: xr.Dataset, address: str) -> xr.DataArray:
    name, label = addresses(scm)[address]
    dim = parameter_dims(scm)[name]
    return draws[name] if dim is None else draws[name].sel({dim: label})


def _shock(scm: StructuralCausalModel, draws: xr.Dataset, quantity: ShockResponse) -> xr.DataArray:
    size = quantity.size * (np.arange(quantity.horizon) < quantity.lasting)
    response = respond(
        scm,
        draws,
        horizon=quantity.horizon,
        shocks={quantity.cause: size},
        closed=[scm.closable - set(quantity.open)] if quantity.open else None,
        outcomes=quantity.outcomes,
    ).isel({dims.SCENARIO: 0, dims.HORIZON: -1})
    if quantity.scaled_to is None:
        return response.isel({dims.OUTCOME: 0})
    own = response.isel({dims.OUTCOME: 1})
    return response.isel({dims.OUTCOME: 0}) / own * quantity.scaled_to.size


def _measures(
    scm: StructuralCausalModel, draws: xr.Dataset, quantity: MeasureChange
) -> xr.DataArray:
    names = tuple(dict.fromkeys([*scm.measures, *quantity.before, *quantity.after]))
    steps = np.clip(np.arange(1, quantity.horizon + 1) / quantity.ramp, 0.0, 1.0)
    before = {name: float(quantity.before.get(name, 0.0)) for name in names}
    paths = {
        name: before[name] + steps * (float(quantity.after.get(name, 0.0)) - before[name])
        for name in names
    }
    shut = set(quantity.closed) | {
        label
        for entry, labels in scm.entries.items()
        for label in labels
        if quantity.entries and entry not in quantity.entries
    }
    response = respond(
        scm,
        draws,
        horizon=quantity.horizon,
        paths=paths,
        baseline=before,
        closed=[shut] if shut else None,
        outcomes=[quantity.outcome],
    )
    return response.isel({dims.OUTCOME: 0, dims.SCENARIO: 0, dims.HORIZON: -1})
