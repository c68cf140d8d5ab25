"""What an answer rests on: beliefs, single studies, unmeasured causes, other equations.

Knows no figure and no country.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
