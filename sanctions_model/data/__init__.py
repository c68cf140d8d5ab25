"""From published figures to checked observations.

Knows where figures come from, not what a model does with them.
"""

from sanctions_model.doors import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
