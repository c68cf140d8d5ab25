"""Ways to draw from a problem's posterior: nutpie on the kernel (the default), PyMC's own NUTS.

PyMC, PyTensor and nutpie are imported inside the methods that need them: a saved fit is loaded
and questioned without them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import xarray as xr

from sanctions_model.inference.conditioned import Problem
from sanctions_model.scm.model import StructuralCausalModel
from sanctions_model.scm.variables import Grow
from sanctions_model.waiting import Progress

_KEPT_STARTS = 400


@dataclass(frozen=True, kw_only=True, eq=False)
class WarmStart:
    """Where to start a chain: draws of a fit nearby.

    nutpie finds step size and scales from gradients in fewer than 100 draws when it starts where
    the posterior is; handing it the step size of the fit nearby as well cost gradients.

    Parameters
    ----------
    positions : numpy.ndarray
        Unconstrained draws, shape ``(draw, dimension)``; a chain starts at one of them.
    """

    positions: np.ndarray

    @classmethod
    def of(cls, tree: xr.DataTree) -> Self:
        """Keep some draws of `Nutpie.sample` as starts."""
        drawn = tree["sample_stats"]["unconstrained_draw"].transpose("chain", "draw", ...)
        flat = drawn.to_numpy().reshape(-1, drawn.shape[-1])
        kept = np.linspace(0, len(flat) - 1, min(_KEPT_STARTS, len(flat))).astype(int)
        return cls(positions=flat[kept])

    def position(self, seed: int) -> np.ndarray:
        """Return the draw that a chain with this seed starts at."""
        chosen = np.random.default_rng(seed).integers(len(self.positions))
        return np.array(self.positions[chosen], dtype=float)


class Sampler(Protocol):
    """A way to draw from a problem's posterior."""

    @property
    def target_accept(self) -> float:
        """Mean acceptance that the step size is tuned to."""

    def sample(
        self,
        problem: Problem,
        *,
        draws: int,
        tune: int,
        chains: int,
        random_seed: int,
        progress: Progress = False,
    ) -> xr.DataTree:
        """Draw; return groups ``posterior`` and ``sample_stats``."""

    def with_target_accept(self, target_accept: float) -> "Sampler":
        """Return the same sampler with another target."""


def _told(progress: Callable[[int, int], None]) -> Callable[[Sequence[Any]], None]:
    """Return what nutpie calls with the state of each chain."""

    def tell(chains: Sequence[Any]) -> None:
        done = sum(int(chain.finished_draws) for chain in chains)
        progress(done, sum(int(chain.total_draws) for chain in chains))

    return tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Nutpie:
    """The default: nutpie's NUTS on the kernel of the log density. Nothing is compiled per model.

    Parameters
    ----------
    target_accept : float
        Mean acceptance that the step size is tuned to, in (0, 1).
    low_rank : bool
        Whether the mass matrix learns some correlations too, not scales alone: fewer leapfrog
        steps where parameters are strongly correlated, each of them dearer.
    """

    target_accept: float = 0.8
    low_rank: bool = False

    def sample(
        self,
        problem: Problem,
        *,
        draws: int,
        tune: int,
        chains: int,
        random_seed: int,
        progress: Progress = False,
        start: WarmStart | None = None,
    ) -> xr.DataTree:
        """Draw from the middle of the priors, or from where a fit nearby was.

        Returns
        -------
        xr.DataTree
            ArviZ groups, draws with dims ``(chain, draw)``.

        Raises
        ------
        KeyboardInterrupt
            If interrupted: nutpie would return the draws made so far.
        """
        import nutpie

        from sanctions_model.inference.kernel.nutpie_adapter import kernel_model

        model = kernel_model(problem)
        if start is not None:
            # nutpie's `init_mean` does not reach these models; the function for a first point does.
            model = replace(model, initial_point_func=start.position)
        tree: xr.DataTree = nutpie.sample(
            model,
            draws=draws,
            tune=tune,
            chains=chains,
            seed=random_seed,
            target_accept=self.target_accept,
            adaptation="low_rank" if self.low_rank else "diag",
            progress_bar=progress is True,
            progress_callback=None if isinstance(progress, bool) else _told(progress),
            progress_rate=500,  # milliseconds
            save_warmup=False,
            store_unconstrained=True,
        )
        if tree["posterior"].sizes["draw"] != draws:
            raise KeyboardInterrupt
        return tree

    def with_target_accept(self, target_accept: float) -> "Nutpie":
        """Return the same sampler with another target."""
        return replace(self, target_accept=target_accept)


@dataclass(frozen=True, slots=True, kw_only=True)
class PyMCSampler:
    """PyMC's own NUTS on the PyMC model, which is compiled for each problem.

    Parameters
    ----------
    target_accept : float
        Mean acceptance that the step size is tuned to, in (0, 1).
    """

    target_accept: float = 0.8

    def sample(
        self,
        problem: Problem,
        *,
        draws: int,
        tune: int,
        chains: int,
        random_seed: int,
        progress: Progress = False,
    ) -> xr.DataTree:
        """Draw."""
        import pymc as pm
        import pytensor

        from sanctions_model.inference.pymc_model import build

        # With PyTensor's fastmath the same seed gives other draws with cold caches than with warm.
        with build(problem), pytensor.config.change_flags(numba__fastmath=False):
            tree: xr.DataTree = pm.sample(
                draws=draws,
                tune=tune,
                chains=chains,
                random_seed=random_seed,
                target_accept=self.target_accept,
                nuts_sampler="pymc",
                progressbar=progress is True,
                compute_convergence_checks=False,
                discard_tuned_samples=True,
            )
        return tree

    def with_target_accept(self, target_accept: float) -> "PyMCSampler":
        """Return the same sampler with another target."""
        return replace(self, target_accept=target_accept)


def sampler_for(scm: StructuralCausalModel) -> Nutpie:
    """Return the sampler that suits a model.

    Returns: with a mass matrix of low rank where the model has a trend (a driver that grows):
    trends and levels correlate, and scales alone leave long trajectories.
    """
    continuations = [equation.continuation for equation in scm.exogenous.values()]
    return Nutpie(low_rank=any(isinstance(c, Grow) for c in continuations))
