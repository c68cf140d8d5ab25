"""Causal questions as functions of a model and its draws.

Knows no sampler, no file of scenarios and no country.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
