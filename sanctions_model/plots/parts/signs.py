"""What the prior leaves open about a link's sign, as figures mark it."""

from collections.abc import Mapping
from enum import Enum

import numpy as np
import xarray as xr

from sanctions_model import dims
from sanctions_model.inference.priors.families import Fixed, Prior
from sanctions_model.scm.model import StructuralCausalModel

ASSUMED = "†"
# The prior leaves no other sign when not one draw in a thousand has it.
_SIGN_ASSUMED = 0.999
_ENOUGH_DRAWS = 100


class Sign(Enum):
    """What the prior leaves open about a link."""

    FREE = "free"
    ASSUMED = "assumed"
    FIXED = "fixed"


def link_signs(
    scm: StructuralCausalModel, priors: Mapping[str, Prior] | None, prior_draws: xr.Dataset | None
) -> dict[str, Sign]:
    """Return for each link whether the prior leaves its sign free, assumes it, or fixes the value.

    Priors decide where they are given, else the prior draws, of which it takes a hundred.
    """
    labels = [link.label for link in scm.links]
    if priors is not None:
        return {label: _prior_sign(priors[label]) for label in labels}
    if prior_draws is None or prior_draws.sizes[dims.CHAIN] * prior_draws.sizes[dims.DRAW] < (
        _ENOUGH_DRAWS
    ):
        return dict.fromkeys(labels, Sign.FREE)
    found = {}
    for label in labels:
        values = prior_draws["coefficient"].sel({dims.LINK: label}).to_numpy()
        positive = float(np.mean(values > 0))
        one_sign = max(positive, 1.0 - positive) >= _SIGN_ASSUMED
        found[label] = Sign.ASSUMED if one_sign else Sign.FREE
        if np.ptp(values) == 0:
            found[label] = Sign.FIXED
    return found


def _prior_sign(prior: Prior) -> Sign:
    if isinstance(prior, Fixed):
        return Sign.FIXED
    return Sign.ASSUMED if prior.sign else Sign.FREE
