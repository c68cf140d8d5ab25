"""Bayesian structural causal model of sanctions and of their relief.

Names load on first use (PEP 562), as the stub file beside this one lists them: importing the
package loads neither PyMC nor ArviZ nor matplotlib.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
