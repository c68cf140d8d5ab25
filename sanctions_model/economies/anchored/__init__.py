"""A second transmission, with an anchor: levels, rates and growth have a steady state.

Beside the default one, and chosen by name.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
