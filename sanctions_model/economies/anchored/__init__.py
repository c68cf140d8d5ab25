"""A second transmission, with an anchor: levels, rates and growth have a steady state.

Beside the default one, and chosen by name.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
