"""Parameters of a model by name: their dimensions, their addresses, and draws of them.

One name a parameter everywhere: ``coefficient`` (dim ``link``), ``intercept``, ``scale`` and
``degrees_of_freedom`` (dim ``equation``), ``persistence`` (dim ``adjusting``),
``recoverable_share`` and ``recovery_speed`` (dim ``measure``: one a recovery),
``crisis_multiplier`` (dim ``crisis``), and one scalar for each named parameter of an identity.
This module knows no beliefs about them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Self

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.coercion import as_number
from sanctions_model.errors import QuestionError, UnknownVariableError, shown
from sanctions_model.scm.linear_form import LinearForm, Parameters
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Noise

CENTRES = "parents_centred_at"  # attribute of draws: where their intercepts are measured
_ADDRESS = re.compile(r"(?P<parameter>\w+)\[(?P<item>\w+)\]")
# What a fit draws beside parameters: cells that its data lack.
_OF_DATA = {"missing_cell", "missing_cell_offset"}
_BELOW_ONE = np.nextafter(1.0, 0.0)
_ROUNDING = 1e-9  # of draws; what is stated by hand is exact
_RANGES = {
    "persistence": (0.0, _BELOW_ONE),
    "error_persistence": (0.0, _BELOW_ONE),
    "scale": (0.0, np.inf),
    "degrees_of_freedom": (0.0, np.inf),
    "recoverable_share": (0.0, 1.0),
    "recovery_speed": (0.0, 1.0),
    "crisis_multiplier": (0.0, np.inf),
}
# What a pinned model has where nothing is said: no drift, unit shocks, Gaussian tails.
_NEUTRAL = {
    "intercept": 0.0,
    "scale": 1.0,
    "degrees_of_freedom": np.inf,
    "crisis_multiplier": 1.0,
}


def parameter_dims(scm: StructuralCausalModel) -> dict[str, str | None]:
    """Return each parameter of the model with its dimension, None for scalars."""
    named: dict[str, str | None] = {"coefficient": dims.LINK}
    named |= {"intercept": dims.EQUATION, "persistence": dims.ADJUSTING, "scale": dims.EQUATION}
    if scm.noise is Noise.STUDENT_T:
        named["degrees_of_freedom"] = dims.EQUATION
    named |= {"error_persistence": dims.PERSISTING}
    named |= {"recoverable_share": dims.MEASURE, "recovery_speed": dims.MEASURE}
    named |= {"crisis_multiplier": dims.CRISIS}
    coords = parameter_coords(scm)
    present = {name: dim for name, dim in named.items() if dim is not None and coords[dim]}
    return {**present, **dict.fromkeys(scm.scalars)}


def parameter_coords(scm: StructuralCausalModel) -> dict[str, list[str]]:
    """Return the labels along each dimension of the model's parameters."""
    return {
        dims.LINK: [link.label for link in scm.links],
        dims.EQUATION: list(scm.stochastic),
        dims.ADJUSTING: list(scm.adjusting),
        dims.PERSISTING: list(scm.persisting),
        dims.MEASURE: list(scm.recoveries),
        dims.CRISIS: [crisis.name for crisis in scm.crises],
    }


def address_of(parameter: str, item: str | None = None) -> str:
    """Return the address of a parameter, or of its item along its dimension.

    A coefficient's address is its link label, ``depreciation[1] -> inflation``; other parameters
    are ``persistence[inflation]`` and the like; a scalar is its own name.
    """
    if item is None:
        return parameter
    return item if parameter == "coefficient" else f"{parameter}[{item}]"


def addresses(scm: StructuralCausalModel) -> dict[str, tuple[str, str | None]]:
    """Return every scalar parameter's address with its (parameter, label along its dim)."""
    coords = parameter_coords(scm)
    return {
        address_of(name, item): (name, item)
        for name, dim in parameter_dims(scm).items()
        for item in (coords[dim] if dim else [None])
    }


def pin(scm: StructuralCausalModel, values: Mapping[str, float]) -> xr.Dataset:
    """Make a one-draw Dataset by hand, which every question answers without a fit.

    Parameters
    ----------
    scm : StructuralCausalModel
        Equations that the draws belong to.
    values : mapping of str to float
        By address: ``"x[1] -> y"`` for a coefficient, ``"persistence[y]"`` and the like for the
        others, the bare name for a scalar. Intercepts default to 0, scales to 1 and degrees of
        freedom to infinity (Gaussian); everything else must be given.

    Returns
    -------
    xr.Dataset
        Dims ``(chain, draw)`` of length 1 plus each parameter's own.

    Raises
    ------
    UnknownVariableError
        If an address is not a parameter of the model.
    QuestionError
        If a parameter without a default is missing, or a value is not finite.

    Examples
    --------
    >>> from sanctions_model.scm.model import Exogenous, Linear, Variable
    >>> model = StructuralCausalModel(
    ...     equations=(
    ...         Exogenous(variable=Variable(name="x")),
    ...         Linear(variable=Variable(name="y"), parents=("x",)),
    ...     )
    ... )
    >>> float(pin(model, {"x -> y": 0.5})["coefficient"].sum())
    0.5
    """
    known = addresses(scm)
    for address, value in values.items():
        if address not in known:
            raise UnknownVariableError.from_name(address, known, "pin")
        require_possible(known[address][0], value, f"pin: {address!r}")
    missing = [a for a, (name, _) in known.items() if a not in values and name not in _NEUTRAL]
    if missing:
        raise QuestionError(
            f"pin: no value for {', '.join(map(repr, missing))}; give one for each parameter."
        )
    coords = parameter_coords(scm)
    arrays = {}
    for name, dim in parameter_dims(scm).items():
        own = [values.get(a, _NEUTRAL.get(p)) for a, (p, _) in known.items() if p == name]
        array = np.asarray(own, dtype=float)
        shape = (1, 1) if dim is None else (1, 1, len(own))
        axes = (dims.CHAIN, dims.DRAW) if dim is None else (dims.CHAIN, dims.DRAW, dim)
        arrays[name] = (axes, array.reshape(shape))
    used = {dim: labels for dim, labels in coords.items() if labels}
    drawn = xr.Dataset(arrays, coords={dims.CHAIN: [0], dims.DRAW: [0], **used})
    return note_centres(scm, drawn)


def require_possible(parameter: str, value: object, what: str) -> float:
    """Return a value that a parameter can have, as a float.

    `parameter`: its name, which has a range: a persistence lies below 1. `what`: opens the message.
    Raises `QuestionError` for another one, or for what is no number.
    """
    low, high = _RANGES.get(parameter, (-np.inf, np.inf))
    infinite = parameter == "degrees_of_freedom" and isinstance(value, float) and value == np.inf
    number = np.inf if infinite else as_number(value, what)  # infinite ones are Gaussian
    if not low <= number <= high:
        raise QuestionError(f"{what} is {shown(value)}; expected {_range(low, high)}.")
    return number


def _range(low: float, high: float) -> str:
    """Say what values a parameter can have."""
    if np.isinf(high):
        return "a finite number" if np.isinf(low) else f"a number of at least {low:g}"
    end = "below 1" if high == _BELOW_ONE else f"{high:g}"
    return f"a value from {low:g} to {end}"


def note_centres(scm: StructuralCausalModel, draws: xr.Dataset) -> xr.Dataset:
    """Return draws that say at which values of the parents their intercepts are measured.

    `scm`: the model that was drawn, with the centres that its data gave. `draws`: dims ``(chain,
    draw)`` plus each parameter's own. Returns: the same draws with the attribute
    ``parents_centred_at``.
    """
    return draws.assign_attrs({CENTRES: json.dumps(dict(scm.centres), sort_keys=True)})


def centres_for(scm: StructuralCausalModel, parameters: Parameters) -> Mapping[str, float]:
    """Return the model's centres, once it is known that the draws' intercepts rest on them.

    `parameters`: draws say what they were centred at if a fit, a prior or `pin` made them. Returns:
    by link label. Raises `QuestionError` if the draws' intercepts are levels at other values of the
    parents (draws of other data, or pinned to the model as it was before data), or if draws for a
    centred model do not say at which.
    """
    noted = getattr(parameters, "centres", None)
    if noted is None:
        if isinstance(parameters, DrawParameters) and any(scm.centres.values()):
            raise QuestionError(
                f"The draws have no attribute {CENTRES!r}, which says at which values of the "
                "parents their intercepts are levels; it was lost on the way. Give it back: "
                "draws.assign_attrs(fit.draws.attrs)."
            )
        return scm.centres
    for link in scm.links:
        drawn, asked = noted.get(link.label, 0.0), scm.centres.get(link.label, 0.0)
        if not abs(drawn - asked) <= 1e-9 + 1e-6 * abs(asked):
            raise QuestionError(
                f"The draws' intercepts are levels at {drawn:g} for {link.label!r}, and the model "
                f"is centred at {asked:g}: the draws are of other data or of an uncentred model; "
                "use draws of this fit, or pin(fit.scm, ...)."
            )
    return scm.centres


def require_draws_of(scm: StructuralCausalModel, draws: xr.Dataset) -> None:
    """Refuse draws that are not of this model: some of its parameters missing, or others there.

    A larger model's draws would answer for a smaller one in which they were not drawn. `draws`:
    dims ``(chain, draw)`` plus each parameter's own; cells that data lack may stand beside them.
    Raises `QuestionError`.
    """
    if lacking := [axis for axis in (dims.CHAIN, dims.DRAW) if axis not in draws.dims]:
        raise QuestionError(f"The draws have no dim {lacking[0]!r}; expected chain and draw.")
    if not (draws.sizes[dims.CHAIN] and draws.sizes[dims.DRAW]):
        raise QuestionError("The draws are none; expected at least one.")
    known, coords = parameter_dims(scm), parameter_coords(scm)
    for name in known:
        if name not in draws:
            raise QuestionError(
                f"The draws have no {name!r}, a parameter of the model; they belong to another "
                "model. Use the draws of a fit or prior of this one, or pin()."
            )
    for other in map(str, draws.data_vars):
        if other not in known and other not in _OF_DATA:
            raise QuestionError(
                f"The draws have {other!r}, which the model does not know; they belong to "
                "another model."
            )
    for name, dim in known.items():
        own = (dims.CHAIN, dims.DRAW) if dim is None else (dims.CHAIN, dims.DRAW, dim)
        if set(draws[name].dims) != set(own):
            along = ", ".join(map(str, draws[name].dims))
            raise QuestionError(
                f"The draws of {name!r} have the dims {along}; expected {', '.join(own)}."
            )
        if dim is not None:
            _require_labels(name, [str(label) for label in draws[dim].to_numpy()], coords[dim])


def _require_labels(name: str, labels: Sequence[str], expected: Sequence[str]) -> None:
    if missing := [label for label in expected if label not in labels]:
        raise QuestionError(
            f"The draws of {name!r} lack {missing[0]!r}; they belong to another model."
        )
    if surplus := [label for label in labels if label not in expected]:
        raise QuestionError(
            f"The draws of {name!r} have {surplus[0]!r}, which the model does not know; they "
            "belong to another model."
        )
    if len(labels) > len(expected):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise QuestionError(f"The draws of {name!r} have {twice!r} twice; expected it once.")


def stack_draws(draws: xr.Dataset, name: str) -> np.ndarray:
    """Return a parameter as an array whose last axis runs over chain x draw."""
    array = draws[name].variable  # labels and indexes would cost more than the numbers
    rest = [dim for dim in array.dims if dim not in (dims.CHAIN, dims.DRAW)]
    values = array.transpose(*rest, dims.CHAIN, dims.DRAW).to_numpy()
    return np.ascontiguousarray(values.reshape(*values.shape[:-2], -1), dtype=float)


def one_parameter(scm: StructuralCausalModel, draws: xr.Dataset, address: str) -> xr.DataArray:
    """Return the draws of one parameter, dims ``(chain, draw)``."""
    name, label = addresses(scm)[address]
    dim = parameter_dims(scm)[name]
    return draws[name] if dim is None else draws[name].sel({dim: label}, drop=True)


def rows_by_address(scm: StructuralCausalModel, draws: xr.Dataset) -> dict[str, np.ndarray]:
    """Return the draws of every parameter by address, shape ``(chain * draw,)``, as plain numbers.

    Many times faster than asking for each by `one_parameter`.
    """
    found: dict[str, np.ndarray] = {}
    for name, dim in parameter_dims(scm).items():
        rows = stack_draws(draws, name)
        if dim is None:
            found[address_of(name)] = rows
            continue
        labels = [str(label) for label in draws[dim].to_numpy()]
        found |= {address_of(name, own): row for own, row in zip(labels, rows, strict=True)}
    return found


def _stack_possible(draws: xr.Dataset, name: str) -> np.ndarray:
    """Return a parameter as `stack_draws` does, every value being one that it can have."""
    if draws[name].dtype.kind not in "iuf":
        raise QuestionError(
            f"The draws of {name!r} are of type {draws[name].dtype}; expected numbers."
        )
    values = stack_draws(draws, name)
    low, high = _RANGES.get(name, (-np.inf, np.inf))
    least, most = values.min(), values.max()  # not a number, if one is
    finite = np.isfinite(least) and (np.isfinite(most) or name == "degrees_of_freedom")
    if not finite or least < low - _ROUNDING or most > high + _ROUNDING:
        possible = (values >= low - _ROUNDING) & (values <= high + _ROUNDING)
        if name != "degrees_of_freedom":  # infinite ones are Gaussian
            possible &= np.isfinite(values)
        if not possible.all():
            raise QuestionError(
                f"The draws of {name!r} have {values[~possible][0]:g} in "
                f"{int((~possible).sum())} of {values.size} values; expected "
                f"{_range(low, high)}."
            )
    return values


def _noted_centres(draws: xr.Dataset) -> dict[str, float] | None:
    """Return where the draws say that they are centred, None if they do not say it."""
    noted = draws.attrs.get(CENTRES)
    if noted is None:
        return None
    try:
        return {str(link): as_number(at, link) for link, at in json.loads(noted).items()}
    except (TypeError, ValueError, AttributeError, RecursionError):
        raise QuestionError(
            f"The attribute {CENTRES!r} of the draws is {shown(noted)}; expected the JSON of a "
            "number for each link. Give it back: draws.assign_attrs(fit.draws.attrs)."
        ) from None


class DrawParameters:
    """Draws of all parameters as numpy rows, by name: what `linear_form` asks for.

    `draws`: dims ``(chain, draw)`` plus each parameter's own; every parameter of `scm` must be
    there, and none of another model. Raises `QuestionError` otherwise.
    """

    def __init__(self, scm: StructuralCausalModel, draws: xr.Dataset) -> None:
        require_draws_of(scm, draws)
        self.shape = (draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW])
        self.size = self.shape[0] * self.shape[1]
        self._rows: dict[str, dict[str, np.ndarray]] = {}
        self._scalars: dict[str, np.ndarray] = {}
        self._with_constants = True
        self.centres = _noted_centres(draws)
        coords = parameter_coords(scm)
        for name, dim in parameter_dims(scm).items():
            stacked = _stack_possible(draws, name)
            if dim is None:
                self._scalars[name] = stacked
                continue
            labels = [str(label) for label in draws[dim].to_numpy()]
            self._rows[name] = {label: stacked[labels.index(label)] for label in coords[dim]}

    @classmethod
    def of(cls, scm: StructuralCausalModel, draws: "xr.Dataset | Self") -> Self:
        """Return the rows of draws, themselves if they are rows already."""
        if isinstance(draws, cls):
            return draws
        if isinstance(draws, xr.Dataset):
            return cls(scm, draws)
        raise QuestionError(
            f"The draws are {shown(draws)}; expected a Dataset of parameters, as `fit.draws`."
        )

    def without_constants(self) -> Self:
        """Return the same rows with intercepts of zero."""
        found = copy(self)
        found._with_constants = False
        return found

    def row(self, name: str, label: str) -> np.ndarray:
        """Return the draws of one parameter, shape ``(chain * draw,)``."""
        return self._rows[name][label]

    def coefficient(self, label: str) -> Any:
        """Return the draws of a link's coefficient."""
        return self._rows["coefficient"][label]

    def intercept(self, equation: str) -> Any:
        """Return the draws of an intercept, or 0.0 without constants."""
        return self._rows["intercept"][equation] if self._with_constants else 0.0

    def persistence(self, variable: str) -> Any:
        """Return the draws of a persistence."""
        return self._rows["persistence"][variable]

    def error_persistence(self, equation: str) -> Any:
        """Return the draws of the share of an error that is kept."""
        return self._rows["error_persistence"][equation]

    def scalar(self, name: str) -> Any:
        """Return the draws of a named parameter of an identity."""
        return self._scalars[name]


def linear_forms(
    scm: StructuralCausalModel, parameters: DrawParameters, *, with_constants: bool = True
) -> dict[str, LinearForm]:
    """Return the linear form of every structural equation, in solving order.

    Without constants: intercepts and centres of zero, what a difference of two propagations needs.
    """
    centres = centres_for(scm, parameters) if with_constants else {}
    if not with_constants:
        parameters = parameters.without_constants()
    return {
        name: equation.linear_form(parameters, centres) for name, equation in scm.structural.items()
    }
