"""Sweeps: thousands of settings, each answered by the cheapest route that holds.

Knows how to ask many questions, and none of its own.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
