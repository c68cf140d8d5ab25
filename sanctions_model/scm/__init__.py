"""Equations and how they run: graph, variables, interventions, propagation.

Knows no data, no beliefs and no country.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
