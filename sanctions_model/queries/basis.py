"""What the effects of a fit rest on: information, likelihood and groups of parameters.

The groups of parameters are read off the draws: *estimated* on the data (information of 0.1 or more
of the parameter itself), *never identified* by them (less), and *policy and expectations* (the
equation of the policy rate and the anchoring of expectations), whatever the data say of these.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.errors import QuestionError
from sanctions_model.inference.conditioned import Problem
from sanctions_model.inference.density import log_likelihood, log_prior
from sanctions_model.inference.priors.families import Fixed
from sanctions_model.queries.reading.information import (
    LEAST_DRAWS,
    ParameterScores,
    basis_word,
    information,
    likelihood_share,
    likelihood_share_error,
    power_weights,
    prior_rank,
    variance_share,
)
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import addresses, one_parameter, rows_by_address

if TYPE_CHECKING:
    from sanctions_model.inference.fit import Fit

GROUPS = ("estimated", "unidentified", "policy")
_VARIANCES = tuple(f"variance_{group}" for group in GROUPS)
_NUMBERS = ("information", "information_error", "likelihood_share", *_VARIANCES)
BASIS_COLUMNS = (*_NUMBERS, "basis")
LINK_COLUMNS = ("information", "likelihood_share", "basis")
_POLICY = ("key_rate", "policy_rate")
_EXPECTATIONS = ("anchoring",)
_LITTLE = 0.1
_RULE = (
    "identified: information and likelihood share of 0.5 or more, at most 0.25 of the variance "
    "from parameters that the data say nothing of; assumed: next to no information, or 0.9 of the "
    "variance from those; mixed: all else"
)
# Parameters that no difference of two propagations depends on.
_SILENT = {"intercept", "scale", "degrees_of_freedom"}


@dataclass(frozen=True)
class Basis:
    """Prior and posterior draws of a problem, ready to say what an answer rests on.

    Parameters
    ----------
    problem : Problem or None
        Model, data and beliefs that the draws belong to; None leaves what needs them unknown.
    prior_draws : xr.Dataset
        Prior draws, dims ``(chain, draw)``.
    draws : xr.Dataset or None
        Posterior draws; None says that every answer is assumed.
    """

    problem: Problem | None
    prior_draws: xr.Dataset
    draws: xr.Dataset | None

    @classmethod
    def of_fit(cls, fit: "Fit") -> Self:
        """Take the problem and the draws of a fit. What it computes serves all answers asked of it.

        Parameters
        ----------
        fit : Fit
            With posterior draws, or of the prior alone.

        Returns
        -------
        Basis
            Without posterior draws it says of every answer that it is assumed.
        """
        return cls(fit.problem, fit.prior_draws, fit.posterior_draws)

    def of(
        self, before: xr.DataArray, after: xr.DataArray | None, *, by_group: bool = True
    ) -> dict[str, float | str]:
        """Say what one answer rests on.

        Parameters
        ----------
        before, after : xr.DataArray
            The answer under prior and posterior draws, dims ``(chain, draw)``; of a level in log
            points: only the variance by groups would be another in percent. An answer in another
            unit of measurement is known from the first time.
        by_group : bool
            Whether the variance by groups of parameters is read as well.

        Returns
        -------
        dict
            ``information`` and its Monte-Carlo ``information_error``, ``likelihood_share``,
            ``variance_estimated``, ``variance_unidentified``, ``variance_policy`` and the word
            ``basis``; not a number where unknown.
        """
        if after is None or self.draws is None:
            return dict.fromkeys(_NUMBERS, np.nan) | {"basis": "assumed"}
        if np.ptp(before.to_numpy()) == 0:  # fixed by definition: nothing to learn
            return dict.fromkeys(_NUMBERS, np.nan) | {"basis": "assumed"}
        if not (np.isfinite(before).all() and np.isfinite(after).all()):
            return dict.fromkeys(_NUMBERS, np.nan) | {"basis": "assumed"}  # explosive draws
        key = _unit_free(before, after), by_group
        if key not in self._found:
            self._found[key] = self._of(before, after, by_group=by_group)
        return dict(self._found[key])

    def beside(self, before: xr.DataArray, after: xr.DataArray) -> xr.DataArray:
        """Put beside each cell of an answer what it rests on.

        Parameters
        ----------
        before, after : xr.DataArray
            The answer under prior and posterior draws, dims ``chain``, ``draw`` and any others,
            which are the same in both; in the unit that `of` takes.

        Returns
        -------
        xr.DataArray
            ``after`` with coordinates along its other dims: ``prior_median``, in its unit, and
            those of `of`; ``attrs["basis_rule"]`` says what the words of ``basis`` mean. Of the
            prior alone every cell is ``assumed``.

        Raises
        ------
        QuestionError
            If the two answer different questions: their other dims differ.
        """
        order = (dims.CHAIN, dims.DRAW)
        rest = [dim for dim in after.dims if dim not in order]
        shape = tuple(after.sizes[dim] for dim in rest)
        if {*before.dims} != {*after.dims} or tuple(before.sizes[dim] for dim in rest) != shape:
            raise QuestionError(
                f"The answer before the data has dims {dict(before.sizes)} and the one after them "
                f"{dict(after.sizes)}; expected the same but for chains and draws."
            )
        found: dict[str, np.ndarray] = {name: np.empty(shape) for name in _NUMBERS}
        found["basis"] = np.empty(shape, dtype="<U10")
        first, last = (own.transpose(*rest, *order) for own in (before, after))
        known = None if self.draws is None else last
        for place in np.ndindex(*shape):
            own = None if known is None else known[place]
            for name, value in self.of(first[place], own).items():
                found[name][place] = value
        found["prior_median"] = first.median(order).to_numpy()
        beside = {name: xr.Variable(rest, values) for name, values in found.items()}
        return after.assign_coords(beside).assign_attrs(basis_rule=_RULE)

    @cached_property
    def _found(self) -> dict[tuple[bytes, bool], dict[str, float | str]]:
        """Answers by their draws: half of a relief rests on what the whole of it rests on."""
        return {}

    def _of(
        self, before: xr.DataArray, after: xr.DataArray, *, by_group: bool
    ) -> dict[str, float | str]:
        gained, error = information(before, after)
        share = likelihood_share(after, *self._weights) if self._weights else np.nan
        variances = self._variances(after) if by_group and self.problem is not None else {}
        shares = {group: variances.get(group, np.nan) for group in GROUPS}
        numbers = (gained, prior_rank(before, after), share)
        rest = shares["unidentified"], variances.get("assumed", np.nan)
        word = basis_word(*numbers, *rest)
        if word == "identified" and self._weights:
            errors = error, likelihood_share_error(after, *self._weights)
            word = basis_word(*numbers, *rest, errors=errors)
        return {
            "information": gained,
            "information_error": error,
            "likelihood_share": share,
            **{f"variance_{group}": value for group, value in shares.items()},
            "basis": word,
        }

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Addresses of the parameters that effects depend on, by group."""
        assert self.problem is not None
        scm = self.problem.scm
        found: dict[str, list[str]] = {group: [] for group in GROUPS}
        for address in effective_addresses(self.problem):
            found[self._group(scm, address)].append(address)
        return {group: tuple(own) for group, own in found.items()}

    def _group(self, scm: StructuralCausalModel, address: str) -> str:
        name, item = addresses(scm)[address]
        child = (item or "").split(" -> ")[-1]
        if name in _EXPECTATIONS or child in _POLICY:
            return "policy"
        if self.draws is None:
            return "unidentified"
        before, after = (one_parameter(scm, d, address) for d in (self.prior_draws, self.draws))
        return "estimated" if information(before, after).value >= _LITTLE else "unidentified"

    @cached_property
    def _weights(self) -> tuple[list[np.ndarray], list[np.ndarray]] | None:
        """Weights of the draws with prior and with likelihood scaled; None where they have none."""
        if self.draws is None or self.problem is None or np.prod(_shape(self.draws)) < LEAST_DRAWS:
            return None
        order = dims.CHAIN, dims.DRAW
        prior = sum(
            array.transpose(*order, ...).to_numpy().reshape(*_shape(self.draws), -1).sum(axis=-1)
            for array in log_prior(self.problem, self.draws).data_vars.values()
        )
        cells = log_likelihood(self.problem, self.draws).transpose(*order, dims.CELL)
        weight = self.problem.cases.weight[np.nonzero(self.problem.cases.observed)]
        likelihood = cells.to_numpy() @ weight
        densities = np.asarray(prior), likelihood
        if not all(np.isfinite(density).all() for density in densities):
            return None
        return power_weights(densities[0]), power_weights(densities[1])

    @cached_property
    def _parameters(self) -> dict[str, ParameterScores]:
        """Parameters of each group, and of all that is not estimated."""
        assert self.draws is not None
        assert self.problem is not None
        scm, draws, groups = self.problem.scm, self.draws, self.groups
        named = {**groups, "assumed": (*groups["unidentified"], *groups["policy"])}
        rows = rows_by_address(scm, draws)
        size = int(np.prod(_shape(draws)))
        return {g: ParameterScores(_columns(rows, own, size)) for g, own in named.items()}

    def _variances(self, after: xr.DataArray) -> dict[str, float]:
        values = after.transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel()
        if values.size < LEAST_DRAWS:
            return {}
        return {group: variance_share(values, scores) for group, scores in self._parameters.items()}


def effective_addresses(problem: Problem) -> Iterator[str]:
    """Yield the parameters that a difference of propagations can depend on.

    Yields: addresses, in the model's order; fixed ones left out.
    """
    for address, (name, _) in addresses(problem.scm).items():
        if name not in _SILENT and not isinstance(problem.absolute[address], Fixed):
            yield address


def _unit_free(before: xr.DataArray, after: xr.DataArray) -> bytes:
    both = np.concatenate(
        [d.transpose(dims.CHAIN, dims.DRAW).to_numpy().ravel() for d in (before, after)]
    )
    return bytes(np.round(both / np.abs(both).max(), 9).tobytes())


def _shape(draws: xr.Dataset) -> tuple[int, int]:
    return draws.sizes[dims.CHAIN], draws.sizes[dims.DRAW]


def _columns(rows: Mapping[str, np.ndarray], own: Sequence[str], size: int) -> np.ndarray:
    return np.column_stack([rows[a] for a in own]) if own else np.empty((size, 0))
