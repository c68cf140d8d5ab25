"""What an answer rests on: beliefs, single studies, unmeasured causes, other equations.

Knows no figure and no country.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
