"""Whether the model can be believed: calibration, back-tests, scores, ranges.

Knows no figure and no page.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
