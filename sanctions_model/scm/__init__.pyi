"""The room's public names, where they live."""

__all__ = [
    "Accumulator",
    "Affine",
    "AsymmetricAdjustment",
    "Constant",
    "Crisis",
    "Decay",
    "Exogenous",
    "Grow",
    "Hold",
    "Identity",
    "Indicator",
    "LatentAdjustment",
    "Level",
    "Linear",
    "Noise",
    "PartialAdjustment",
    "Path",
    "Relief",
    "ScaleBy",
    "SetTo",
    "ShiftBy",
    "StructuralCausalModel",
    "Variable",
    "pin",
    "policy_rule",
    "propagate",
    "replace_equation",
    "respond",
    "spectral_radius",
    "with_parameters",
]

from .equations import (
    Accumulator,
    AsymmetricAdjustment,
    Exogenous,
    Identity,
    LatentAdjustment,
    Level,
    Linear,
    PartialAdjustment,
)
from .interventions import Relief, ScaleBy, SetTo, ShiftBy
from .model import StructuralCausalModel
from .parameters import pin
from .simulation.propagate import propagate, respond
from .stability import spectral_radius
from .surgery import policy_rule, replace_equation, with_parameters
from .variables import (
    Affine,
    Constant,
    Crisis,
    Decay,
    Grow,
    Hold,
    Indicator,
    Noise,
    Path,
    Variable,
)
