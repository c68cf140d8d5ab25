"""Whether the model can be believed: calibration, back-tests, scores, ranges.

Knows no figure and no page.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
