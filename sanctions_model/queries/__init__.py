"""Causal questions as functions of a model and its draws.

Knows no sampler, no file of scenarios and no country.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
