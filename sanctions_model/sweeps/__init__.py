"""Sweeps: thousands of settings, each answered by the cheapest route that holds.

Knows how to ask many questions, and none of its own.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
