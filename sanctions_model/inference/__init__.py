"""From equations, data and beliefs to draws.

Knows one model at a time, and no question that is asked of it.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
