"""From published figures to checked observations.

Knows where figures come from, not what a model does with them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
