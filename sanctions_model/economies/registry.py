"""The bundled economies by name: which equations, which file of priors, for which data.

*anchored*, the default: levels, rates and growth have a steady state; for quarters of Russia.
*growth*: equations of growth rates alone, which any table of quarters or months can feed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sanctions_model.economies.anchored.model import anchored_transmission
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import QuestionError, did_you_mean
from sanctions_model.scm.model import StructuralCausalModel

if TYPE_CHECKING:
    import xarray as xr

_QUARTERS = 4


@dataclass(frozen=True)
class Economy:
    """Equations with their file of priors.

    `name`: as ``run --economy`` takes it. `priors_file`: in ``data/``. `make`: periods a year to
    equations. `has_levels`: trends and levels stand side by side and correlate, so that sampling
    pays for a mass matrix that knows it.
    """

    name: str
    priors_file: str
    make: Callable[[int], StructuralCausalModel]
    has_levels: bool = False

    def transmission(self, periods_per_year: int = _QUARTERS) -> StructuralCausalModel:
        """Return the equations. Raises `QuestionError` if they are not made for that frequency."""
        return self.make(periods_per_year)


def _anchored(periods_per_year: int) -> StructuralCausalModel:
    if periods_per_year != _QUARTERS:
        raise QuestionError(
            f"The anchored economy is made for quarters, not for {periods_per_year} periods a "
            "year; the growth economy takes months as well."
        )
    return anchored_transmission()


ANCHORED = Economy("anchored", "priors_anchored.toml", _anchored, has_levels=True)
GROWTH = Economy("growth", "priors_growth.toml", growth_transmission)
_ECONOMIES = {economy.name: economy for economy in (ANCHORED, GROWTH)}


def find_economy(name: str) -> Economy:
    """Return a bundled economy. Raises `QuestionError` if there is none of that name."""
    if name not in _ECONOMIES:
        raise QuestionError(
            f"There is no economy {name!r}; there is {', '.join(_ECONOMIES)}."
            f"{did_you_mean(name, tuple(_ECONOMIES))}"
        )
    return _ECONOMIES[name]


def economy_of(scm: StructuralCausalModel) -> Economy | None:
    """Return the bundled economy whose name a model bears; none for another model."""
    return _ECONOMIES.get(scm.name.removesuffix(" transmission"))


def economy_for(observations: "xr.Dataset") -> Economy:
    """Return the bundled economy that observations were read for, the growth one if none is said.

    `observations`: from `load_observations`.
    """
    return find_economy(str(observations.attrs.get("economy", GROWTH.name)))


def default_transmission() -> StructuralCausalModel:
    """Return the equations that ``run`` and `load_priors` take by default: the anchored ones.

    Returns
    -------
    StructuralCausalModel
        As `anchored_transmission`, in quarters.

    Examples
    --------
    >>> default_transmission().name
    'anchored transmission'
    """
    return ANCHORED.transmission()
