"""Results in words: tables, sentences and pages.

Computes nothing that a query does not.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
