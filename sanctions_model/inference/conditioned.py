"""A model with its data and its priors in absolute units: what an estimation starts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.data.checks import frequency_of, require_series
from sanctions_model.errors import QuestionError
from sanctions_model.inference.priors.families import Prior
from sanctions_model.inference.priors.ledger import Priors
from sanctions_model.inference.sample import Cases, available_cases
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import require_draws_of, stack_draws

MISSING_CELL = "missing_cell"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A model, its available cases and one absolute prior for each of its parameters.

    Parameters
    ----------
    scm : StructuralCausalModel
        With the centres that the data give.
    observations : xr.Dataset
        Dim ``time``.
    priors : Priors
        As stated.
    cases : Cases
        Fixed-shape arrays and weights.
    absolute : mapping of str to Prior
        By address, in absolute units.
    """

    scm: StructuralCausalModel
    observations: xr.Dataset
    priors: Priors
    cases: Cases
    absolute: Mapping[str, Prior]

    def __repr__(self) -> str:
        """Say in a line what is to be estimated."""
        first, last = (str(self.cases.time[k])[:10] for k in (0, -1))
        return (
            f"Problem({self.scm.name or 'model'!r}: {len(self.absolute)} parameters, data from "
            f"{first} to {last}, {len(self.cases.missing)} missing figures estimated)"
        )

    @classmethod
    def of(cls, scm: StructuralCausalModel, observations: xr.Dataset, priors: Priors) -> Self:
        """Find the available cases and scale the priors.

        Raises
        ------
        PriorError
            If a parameter has no prior, or a prior no parameter.
        ObservationError
            If an exogenous variable has a gap, or `require_series` refuses the observations.
        """
        require_series(observations, scm)
        if "freq" not in observations.attrs:
            observations = observations.assign_attrs(
                freq=frequency_of(scm), periods_per_year=scm.periods_per_year
            )
        cases = available_cases(scm, observations)
        absolute = priors.for_model(scm, cases.moments)
        return cls(
            scm=scm.with_centres(cases.centres),
            observations=observations,
            priors=priors,
            cases=cases,
            absolute=absolute,
        )

    @property
    def falling(self) -> tuple[str, ...]:
        """Measures with an asymmetric adjustment that fall inside the sample."""
        return tuple(
            measure
            for measure in self.scm.relieved
            if np.any(np.diff(self.cases.values[measure]) < 0)
        )

    @property
    def resting(self) -> tuple[str, ...]:
        """Recoveries of measures that never fall in the sample: the data say nothing of them."""
        effective = self.scm.effective.values()
        moved = {e.recovers_as for e in effective if e.measure in self.falling}
        return tuple(label for label in self.scm.recoveries if label not in moved)

    @property
    def last_values(self) -> dict[str, float]:
        """Last observed value of each exogenous variable."""
        return {name: float(self.cases.values[name][-1]) for name in self.scm.exogenous}

    def history(self, draws: xr.Dataset) -> dict[str, np.ndarray]:
        """Return every series with the completed cells of the same draw filled in.

        Parameters
        ----------
        draws : xr.Dataset
            With ``missing_cell`` where the problem has any.

        Returns
        -------
        dict of str to numpy.ndarray
            Shape ``(T,)``, or ``(chain * draw, T)`` where cells were completed.

        Raises
        ------
        QuestionError
            If the draws lack completed cells, or theirs are other ones.
        """
        values = dict(self.cases.values)
        if not self.cases.missing:
            return values
        for (name, period), cell in zip(self.cases.missing, self.completed(draws), strict=True):
            if values[name].ndim == 1:
                values[name] = np.repeat(values[name][None, :], cell.size, axis=0)
            values[name][:, period] = cell
        return values

    def completed(self, draws: xr.Dataset) -> np.ndarray:
        """Return the completed cells of each draw, found by their labels.

        Parameters
        ----------
        draws : xr.Dataset
            With ``missing_cell`` where the problem has any.

        Returns
        -------
        numpy.ndarray
            Shape ``(cell, chain * draw)``, in the order of ``cases.missing``.

        Raises
        ------
        QuestionError
            If the draws lack one of the cells: they are of a fit of other data.
        """
        require_draws_of(self.scm, draws)
        wanted = self.cases.missing_labels
        if not wanted:
            return np.empty((0, 1))
        if MISSING_CELL not in draws:
            figures = "1 figure" if len(wanted) == 1 else f"{len(wanted)} figures"
            raise QuestionError(
                f"The draws have no {MISSING_CELL!r}, but the data lack {figures} "
                "that draws estimate; use draws of a fit of these data."
            )
        cells = stack_draws(draws, MISSING_CELL)
        labelled = dims.MISSING in draws.coords
        given = [str(label) for label in draws[dims.MISSING].to_numpy()] if labelled else wanted
        absent = [label for label in wanted if label not in given]
        if absent or len(given) != len(cells):
            raise QuestionError(
                f"The draws do not complete {(absent or wanted)[-1]}, which these data lack: they "
                "are of a fit of other data; use draws of a fit of these."
            )
        return cells[[given.index(label) for label in wanted]]

    def outcomes(self, draws: xr.Dataset) -> np.ndarray:
        """Return the values of the equations' variables, completed cells filled in.

        Returns
        -------
        numpy.ndarray
            Shape ``(chain * draw or 1, time, equation)``; unused gaps hold 0.
        """
        history = self.history(draws)
        columns = [np.atleast_2d(history[name]) for name in self.scm.stochastic]
        rows = max(len(column) for column in columns)
        shape = (rows, self.cases.time.size)
        return np.stack([np.broadcast_to(column, shape) for column in columns], axis=-1)
