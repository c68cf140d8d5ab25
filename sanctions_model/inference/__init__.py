"""From equations, data and beliefs to draws.

Knows one model at a time, and no question that is asked of it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
