"""Ways to draw from a model's posterior: nutpie (the default) and PyMC's own NUTS.

The only module beside `model` that imports PyMC, PyTensor and nutpie, inside the methods that
need them: a saved fit is loaded and questioned without them.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import xarray as xr

from sanctions_model.inference.conditioned import Problem

__all__ = ["Nutpie", "PyMCSampler", "Sampler", "WarmStart"]

_UNCONSTRAINED = "unconstrained_draw"
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

    def position(self, seed: int) -> np.ndarray:
        """Return the draw that a chain with this seed starts at."""
        chosen = np.random.default_rng(seed).integers(len(self.positions))
        return np.array(self.positions[chosen], dtype=float)


class Sampler(Protocol):
    """A way to draw from a compiled model."""

    @property
    def target_accept(self) -> float:
        """Mean acceptance that the step size is tuned to."""

    def compile(self, problem: Problem) -> Any:
        """Compile the problem's model."""

    def sample(
        self,
        compiled: Any,
        problem: Problem,
        *,
        draws: int,
        tune: int,
        chains: int,
        random_seed: int,
        progress: bool,
    ) -> xr.DataTree:
        """Draw; return groups ``posterior`` and ``sample_stats``."""

    def with_target_accept(self, target_accept: float) -> "Sampler":
        """Return the same sampler with another target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nutpie:
    """The default: nutpie's NUTS on numba.

    With PyTensor's default ``numba__fastmath=True`` the same seed gives other draws with cold
    caches than with warm ones; without it they are equal bit for bit, for 6-8 % a gradient.

    Parameters
    ----------
    target_accept : float
        Mean acceptance that the step size is tuned to, in (0, 1).
    """

    target_accept: float = 0.8

    def compile(self, problem: Problem) -> Any:
        """Compile with nutpie; other data and prior arguments need no new compilation."""
        import nutpie
        import pytensor

        from sanctions_model.inference.pymc_model import build

        with pytensor.config.change_flags(numba__fastmath=False):
            return nutpie.compile_pymc_model(build(problem))

    def sample(
        self,
        compiled: Any,
        problem: Problem,
        *,
        draws: int,
        tune: int,
        chains: int,
        random_seed: int,
        progress: bool,
    ) -> xr.DataTree:
        """Draw with the problem's numbers in place of those that were compiled."""
        return self.sample_from(
            None,
            compiled,
            problem,
            draws=draws,
            tune=tune,
            chains=chains,
            random_seed=random_seed,
            progress=progress,
        )[0]

    def sample_from(
        self,
        start: WarmStart | None,
        compiled: Any,
        problem: Problem,
        *,
        draws: int,
        tune: int,
        chains: int,
        random_seed: int,
        progress: bool,
        keep_start: bool = False,
    ) -> tuple[xr.DataTree, WarmStart | None]:
        """Draw as `sample` does, from where a fit nearby was.

        Returns
        -------
        tree : xr.DataTree
            ArviZ groups, draws with dims ``(chain, draw)``.
        start : WarmStart or None
            For fits nearby, if `keep_start`.

        Raises
        ------
        KeyboardInterrupt
            If interrupted: nutpie would return the draws made so far.
        """
        import nutpie
        import pytensor

        from sanctions_model.inference.pymc_model import model_inputs

        model = compiled.with_data(**model_inputs(problem))
        if start is not None:
            # nutpie's `init_mean` does not reach PyMC models; the function for a first point does.
            model = replace(model, initial_point_func=start.position)
        with pytensor.config.change_flags(numba__fastmath=False):
            tree: xr.DataTree = nutpie.sample(
                model,
                draws=draws,
                tune=tune,
                chains=chains,
                seed=random_seed,
                target_accept=self.target_accept,
                progress_bar=progress,
                save_warmup=False,
                store_unconstrained=keep_start,
            )
        if tree["posterior"].sizes["draw"] != draws:
            raise KeyboardInterrupt
        return tree, _warm_start(tree) if keep_start else None

    def with_target_accept(self, target_accept: float) -> "Nutpie":
        """Return the same sampler with another target."""
        return Nutpie(target_accept=target_accept)


def _warm_start(tree: xr.DataTree) -> WarmStart:
    stats = tree["sample_stats"].to_dataset()
    unconstrained = stats[_UNCONSTRAINED].transpose("chain", "draw", ...).to_numpy()
    flat = unconstrained.reshape(-1, unconstrained.shape[-1])
    kept = np.linspace(0, len(flat) - 1, min(_KEPT_STARTS, len(flat))).astype(int)
    return WarmStart(positions=flat[kept])


@dataclass(frozen=True, slots=True, kw_only=True)
class PyMCSampler:
    """PyMC's own NUTS.

    Parameters
    ----------
    target_accept : float
        Mean acceptance that the step size is tuned to, in (0, 1).
    """

    target_accept: float = 0.8

    def compile(self, problem: Problem) -> Any:
        """Build the model; PyMC compiles when it samples."""
        from sanctions_model.inference.pymc_model import build

        return build(problem)

    def sample(
        self,
        compiled: Any,
        problem: Problem,
        *,
        draws: int,
        tune: int,
        chains: int,
        random_seed: int,
        progress: bool,
    ) -> xr.DataTree:
        """Draw with the problem's numbers."""
        import pymc as pm
        import pytensor

        from sanctions_model.inference.pymc_model import model_inputs

        with compiled, pytensor.config.change_flags(numba__fastmath=False):
            pm.set_data(model_inputs(problem))
            tree: xr.DataTree = pm.sample(
                draws=draws,
                tune=tune,
                chains=chains,
                random_seed=random_seed,
                target_accept=self.target_accept,
                nuts_sampler="pymc",
                progressbar=progress,
                compute_convergence_checks=False,
                discard_tuned_samples=True,
            )
        return tree

    def with_target_accept(self, target_accept: float) -> "PyMCSampler":
        """Return the same sampler with another target."""
        return PyMCSampler(target_accept=target_accept)
