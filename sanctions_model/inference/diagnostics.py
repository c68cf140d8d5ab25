"""Whether draws can be used: agreement of chains, effective sample sizes, explosive draws."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.display import html_table
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.stability import spectral_radius

__all__ = ["Diagnostics", "diagnose", "worst_mixing"]

_ROUNDING = 1e-8
MAX_R_HAT, MIN_ESS = 1.01, 400.0
_GATE_ESS = f">= {MIN_ESS:.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """Whether the chains agree and say enough.

    Parameters
    ----------
    r_hat : float
        Largest over all free parameters.
    ess_bulk, ess_tail : float
        Smallest over all free parameters.
    divergences : int
    explosive : int
        Draws whose spectral radius exceeds 1.
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
        if not self.r_hat <= MAX_R_HAT:
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
    scm: StructuralCausalModel, posterior: xr.Dataset, divergences: int = 0
) -> Diagnostics:
    """Compute the worst R-hat and effective sample sizes over all free parameters.

    Parameters
    ----------
    scm : StructuralCausalModel
    posterior : xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.
    divergences : int

    Returns
    -------
    Diagnostics
    """
    worst = worst_mixing(posterior)
    # A random walk, whose radius is 1 up to rounding, does not explode.
    explosive = int((spectral_radius(scm, posterior) > 1.0 + _ROUNDING).sum())
    return Diagnostics(**worst, divergences=divergences, explosive=explosive)


def worst_mixing(posterior: xr.Dataset) -> dict[str, float]:
    """Return the worst R-hat and effective sample sizes over all free parameters.

    Parameters
    ----------
    posterior : xr.Dataset
        Dims ``(chain, draw)`` plus each parameter's own.

    Returns
    -------
    dict of str to float
        ``r_hat``, ``ess_bulk``, ``ess_tail``.
    """
    from arviz_stats.base import array_stats

    r_hat, bulk, tail = np.array(1.0), np.array(np.inf), np.array(np.inf)
    for array in posterior.data_vars.values():
        values = array.transpose(dims.CHAIN, dims.DRAW, ...).to_numpy()
        values = values.reshape(*values.shape[:2], -1)
        if not np.isfinite(values).all():
            r_hat, bulk, tail = np.array(np.nan), np.array(0.0), np.array(0.0)
            continue
        free = np.ptp(values, axis=(0, 1)) > 0  # fixed coefficients do not mix
        moved = np.moveaxis(values[:, :, free], -1, 0)
        if not moved.size:
            continue
        axes = {"chain_axis": 1, "draw_axis": 2}
        # A chain that never moved has no variance; what comes out fails the gate.
        with np.errstate(divide="ignore", invalid="ignore"):
            if values.shape[0] > 1:
                r_hat = np.maximum(r_hat, np.max(array_stats.rhat(moved, **axes)))
            ess = array_stats.ess(moved, method="bulk", **axes)
            bulk = np.minimum(bulk, np.min(ess))
            ess = array_stats.ess(moved, method="tail", prob=(0.05, 0.95), **axes)
            tail = np.minimum(tail, np.min(ess))
    return {"r_hat": float(r_hat), "ess_bulk": float(bulk), "ess_tail": float(tail)}
