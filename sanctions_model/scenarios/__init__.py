"""Futures of sanctions policy: who lifts what, when, with what probability.

Knows no sampler and draws no figure.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
