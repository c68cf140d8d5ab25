"""Ways to draw from a model's posterior: nutpie (the default) and PyMC's own NUTS.

The only module beside `model` that imports PyMC, PyTensor and nutpie, inside the methods that
need them: a saved fit is loaded and questioned without them.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import xarray as xr

from sanctions_model.problem import Problem

__all__ = ["Nutpie", "PyMCSampler", "Sampler"]


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
    """

    target_accept: float = 0.8

    def compile(self, problem: Problem) -> Any:
        """Compile with nutpie; other data and prior arguments need no new compilation."""
        import nutpie
        import pytensor

        from sanctions_model.model import build

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
        import nutpie
        import pytensor

        from sanctions_model.model import model_inputs

        with pytensor.config.change_flags(numba__fastmath=False):
            tree: xr.DataTree = nutpie.sample(
                compiled.with_data(**model_inputs(problem)),
                draws=draws,
                tune=tune,
                chains=chains,
                seed=random_seed,
                target_accept=self.target_accept,
                progress_bar=progress,
                save_warmup=False,
            )
        return tree

    def with_target_accept(self, target_accept: float) -> "Nutpie":
        """Return the same sampler with another target."""
        return Nutpie(target_accept=target_accept)


@dataclass(frozen=True, slots=True, kw_only=True)
class PyMCSampler:
    """PyMC's own NUTS."""

    target_accept: float = 0.8

    def compile(self, problem: Problem) -> Any:
        """Build the model; PyMC compiles when it samples."""
        from sanctions_model.model import build

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

        from sanctions_model.model import model_inputs

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
