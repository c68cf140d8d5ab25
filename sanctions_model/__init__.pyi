"""The public names, where they live; read by type checkers and by lazy_loader at run time."""

__all__ = [
    "Affine",
    "AsymmetricAdjustment",
    "Beta",
    "Claim",
    "Constant",
    "ConvergenceError",
    "CyclicGraphError",
    "Exogenous",
    "Fit",
    "FitFileError",
    "Fixed",
    "Gamma",
    "HalfNormal",
    "Hold",
    "Identity",
    "Indicator",
    "LatentAdjustment",
    "Level",
    "Linear",
    "LogNormal",
    "NoCausalPathError",
    "Noise",
    "Normal",
    "Nutpie",
    "ObservationError",
    "PartialAdjustment",
    "Path",
    "PriorError",
    "Priors",
    "Problem",
    "PyMCSampler",
    "QuestionError",
    "Relief",
    "SanctionsModel",
    "SanctionsModelError",
    "ScaleBy",
    "SetTo",
    "ShiftBy",
    "SpecError",
    "StructuralCausalModel",
    "StudentT",
    "UnknownVariableError",
    "Variable",
    "build",
    "channel_effects",
    "compile_problem",
    "coverage",
    "default_transmission",
    "effects_table",
    "fit",
    "impulse_response",
    "intensities",
    "link_effects",
    "links_table",
    "load",
    "load_claims",
    "load_events",
    "load_evidence",
    "load_observations",
    "load_priors",
    "load_rule",
    "measure_effects",
    "pin",
    "respond",
    "sample_prior",
    "sample_prior_predictive",
    "save",
    "scorecard",
    "simulate",
    "spectral_radius",
    "step_response",
    "total_effect",
]

from .claims import Claim, load_claims, scorecard
from .effects import (
    channel_effects,
    effects_table,
    impulse_response,
    link_effects,
    links_table,
    measure_effects,
    step_response,
    total_effect,
)
from .equations import (
    Affine,
    AsymmetricAdjustment,
    Constant,
    Exogenous,
    Hold,
    Identity,
    Indicator,
    LatentAdjustment,
    Level,
    Linear,
    Noise,
    PartialAdjustment,
    Path,
    Variable,
)
from .errors import (
    ConvergenceError,
    CyclicGraphError,
    FitFileError,
    NoCausalPathError,
    ObservationError,
    PriorError,
    QuestionError,
    SanctionsModelError,
    SpecError,
    UnknownVariableError,
)
from .evidence import load_evidence
from .forecasts import simulate
from .interventions import Relief, ScaleBy, SetTo, ShiftBy
from .measures import intensities, load_events, load_rule
from .model import build
from .observations import coverage, load_observations
from .parameters import pin
from .prior_families import Beta, Fixed, Gamma, HalfNormal, LogNormal, Normal, StudentT
from .priors import Priors, load_priors, sample_prior
from .problem import Problem
from .propagate import respond
from .samplers import Nutpie, PyMCSampler
from .sampling import Fit, compile_problem, fit, sample_prior_predictive
from .sanctions import SanctionsModel
from .scm import StructuralCausalModel
from .stability import spectral_radius
from .storage import load, save
from .transmission import default_transmission
