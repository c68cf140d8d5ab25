"""The room's public names, where they live."""

__all__ = [
    "Beta",
    "BetaMixture",
    "Fit",
    "Fixed",
    "Gamma",
    "HalfNormal",
    "LogNormal",
    "Normal",
    "Nutpie",
    "Priors",
    "Problem",
    "PyMCSampler",
    "StudentT",
    "build",
    "fit",
    "for_arviz",
    "load",
    "load_pools",
    "load_priors",
    "minnesota",
    "pool",
    "reweight",
    "sample_prior",
    "sample_prior_predictive",
    "save",
]

from .conditioned import Problem
from .fit import Fit, fit, sample_prior_predictive
from .for_arviz import for_arviz
from .priors.families import (
    Beta,
    BetaMixture,
    Fixed,
    Gamma,
    HalfNormal,
    LogNormal,
    Normal,
    StudentT,
)
from .priors.ledger import Priors, load_priors, sample_prior
from .priors.meta_analysis import pool
from .priors.minnesota import minnesota
from .priors.pools import load_pools
from .pymc_model import build
from .reweighted import reweight
from .samplers import Nutpie, PyMCSampler
from .storage import load, save
