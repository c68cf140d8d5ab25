"""Futures of sanctions policy: who lifts what, when, with what probability.

Knows no sampler and draws no figure.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
