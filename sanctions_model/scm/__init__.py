"""Equations and how they run: graph, variables, interventions, propagation.

Knows no data, no beliefs and no country.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
