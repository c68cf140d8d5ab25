"""Whether draws can be used: agreement of chains, effective sample sizes, explosive draws."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.display import html_table
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.parameters import address_of, parameter_dims
from sanctions_model.scm.stability import STABLE, spectral_radius

_FEWEST = 4  # draws a chain that halves of it can be compared of
MAX_R_HAT, MIN_ESS = 1.01, 400.0
_GATE_ESS = f">= {MIN_ESS:.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """Whether the chains agree and say enough.

    Parameters
    ----------
    r_hat : float
        Largest over all free parameters; not a number where it could not be computed.
    ess_bulk, ess_tail : float
        Smallest over all free parameters.
    divergences : int
    explosive : int
        Draws whose spectral radius exceeds `STABLE`, 1 up to rounding.
    """

    r_hat: float
    ess_bulk: float
    ess_tail: float
    divergences: int
    explosive: int

    def _repr_html_(self) -> str:
        """Show each number beside what the gate expects."""
        rows: list[dict[str, object]] = [
            {"what": "R-hat, largest", "value": f"{self.r_hat:.3f}", "gate": f"<= {MAX_R_HAT}"},
            {"what": "bulk ESS, smallest", "value": f"{self.ess_bulk:.0f}", "gate": _GATE_ESS},
            {"what": "tail ESS, smallest", "value": f"{self.ess_tail:.0f}", "gate": _GATE_ESS},
            {"what": "divergences", "value": self.divergences, "gate": "0"},
            {"what": "explosive draws", "value": self.explosive, "gate": ""},
        ]
        verdict = "; ".join(self.failures) or "converged"
        return html_table(f"Convergence: {verdict}", rows)

    @property
    def failures(self) -> tuple[str, ...]:
        """What fails the gate, in words; empty when converged."""
        found = []
        if np.isnan(self.r_hat):
            found.append(
                f"R-hat cannot be computed (expected 2 chains or more of {_FEWEST} draws or more, "
                "every parameter moving in each)"
            )
        elif not self.r_hat <= MAX_R_HAT:
            found.append(f"R-hat {self.r_hat:.3f} (expected at most {MAX_R_HAT})")
        if not self.ess_bulk >= MIN_ESS:
            found.append(f"bulk ESS {self.ess_bulk:.0f} (expected at least {MIN_ESS:.0f})")
        if not self.ess_tail >= MIN_ESS:
            found.append(f"tail ESS {self.ess_tail:.0f} (expected at least {MIN_ESS:.0f})")
        if self.divergences:
            found.append(f"{self.divergences} divergences (expected 0)")
        return tuple(found)

    @property
    def only_divergences_fail(self) -> bool:
        """Whether a smaller step size may be all that is missing."""
        return bool(self.divergences) and len(self.failures) == 1


def diagnose(
    scm: StructuralCausalModel,
    posterior: xr.Dataset,
    divergences: int = 0,
    *,
    known: Collection[str] = (),
) -> Diagnostics:
    """Compute the worst R-hat and effective sample sizes over all free parameters.

    `known`: addresses of parameters that have a value instead of a belief. All others must move.
    """
    fixed = {}
    for name, dim in parameter_dims(scm).items():
        labels = [None] if dim is None else [str(label) for label in posterior[dim].to_numpy()]
        fixed[name] = np.array([address_of(name, label) in known for label in labels])
    worst = worst_mixing(posterior, fixed)
    # Infinite degrees of freedom are Gaussian; without a number elsewhere there is no radius.
    drawn = posterior.drop_vars("degrees_of_freedom", errors="ignore").data_vars.values()
    finite = all(np.isfinite(array).all() for array in drawn)
    # A random walk, whose radius is 1 up to rounding, does not explode.
    explosive = int((spectral_radius(scm, posterior) > STABLE).sum()) if finite else 0
    return Diagnostics(**worst, divergences=divergences, explosive=explosive)


def worst_mixing(
    posterior: xr.Dataset, fixed: Mapping[str, np.ndarray] | None = None
) -> dict[str, float]:
    """Return the worst R-hat and effective sample sizes over all free parameters.

    `fixed`: by variable, which of its entries have a known value; without it those that never move.
    Returns: ``r_hat`` (not a number where it cannot be computed: one chain, too few draws, a chain
    that stands still), ``ess_bulk``, ``ess_tail``.
    """
    from arviz_stats.base import array_stats

    r_hat, bulk, tail = np.array(1.0), np.array(np.inf), np.array(np.inf)
    dead = (np.array(np.nan), np.array(0.0), np.array(0.0))
    for name, array in posterior.data_vars.items():
        values = array.transpose(dims.CHAIN, dims.DRAW, ...).to_numpy()
        values = values.reshape(*values.shape[:2], -1)
        none = np.zeros(values.shape[2], dtype=bool)
        never = (values == values[:1, :1]).all(axis=(0, 1))
        free = ~(never if fixed is None else fixed.get(str(name), none))
        if not free.any():
            continue
        moved = np.moveaxis(values[:, :, free], -1, 0)
        few = values.shape[1] < _FEWEST
        if few or not np.isfinite(moved).all() or (np.ptp(moved, axis=2) == 0).any():
            r_hat, bulk, tail = dead
            continue
        axes = {"chain_axis": 1, "draw_axis": 2}
        agree = array_stats.rhat(moved, **axes) if values.shape[0] > 1 else np.nan
        r_hat = np.maximum(r_hat, np.max(agree))
        ess = array_stats.ess(moved, method="bulk", **axes)
        bulk = np.minimum(bulk, np.min(ess))
        ess = array_stats.ess(moved, method="tail", prob=(0.05, 0.95), **axes)
        tail = np.minimum(tail, np.min(ess))
    return {"r_hat": float(r_hat), "ess_bulk": float(bulk), "ess_tail": float(tail)}
