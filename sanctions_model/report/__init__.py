"""Results in words: tables, sentences and pages.

Computes nothing that a query does not.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
