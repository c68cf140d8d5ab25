# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which assumption moves the answer most, and how far does relief go if little can be undone?
#
# A sweep asks one question at many settings and answers each by the cheapest route that holds:
# run the draws forward, weigh them anew, or fit again. Needs a fit: `make run` writes
# one to `results/russia`. Nothing is sampled here.

# %%
# %matplotlib inline
import os
import tempfile
from pathlib import Path

import sanctions_model as sm
from sanctions_model.plots import plot_along_axis, plot_response_surface, plot_sweep_tornado
from sanctions_model.sweeps import SweepDesign, run_sweep
from sanctions_model.sweeps.store import routes_table

fit = sm.load(os.environ.get("SANCTIONS_MODEL_FIT", "../results/russia/posterior.nc"))
problem, folder = fit.problem, Path(tempfile.mkdtemp())
model = (problem.scm, problem.observations, problem.priors)

# %% [markdown]
# ## Depth of relief and recoverable share
#
# The four measures with slow relief never fell in the sample, so the data say nothing about the
# share of the damage that can be undone. Setting it leaves the posterior as it is: every point is
# propagated.

# %%
steps = [0.0, 0.25, 0.5, 0.75, 1.0]
relief_map = SweepDesign.model_validate(
    {
        "label": "depth of relief and recoverable share",
        "outcomes": ["price_level", "key_rate", "gdp_level", "rouble"],
        "axis": [
            {"kind": "relief", "name": "depth", "argument": "depth", "values": steps},
            {
                "kind": "known",
                "name": "share",
                "parameter": "recoverable_share",
                "values": steps,
            },
        ],
    }
)
surface = run_sweep(relief_map, folder / "map", *model, given=fit)
surface

# %%
plot_response_surface(surface, "depth", "share")

# %%
plot_along_axis(surface.sel(share=0.5), "depth")

# %% [markdown]
# ## Four beliefs, held more or less firmly
#
# Other prior arguments are answered by Pareto-smoothed importance sampling from the fit at hand.
# Forced onto that route here, so that nothing is sampled; k-hat above 0.7 or an effective sample
# size below 400 marks the points that a free choice of route would fit again.

# %%
beliefs = {
    "pass_through": "import_premium_change -> inflation",
    "premium": "effective_trade -> import_premium",
    "technology": "effective_trade -> technology_gap",
    "exchange_rate": "depreciation -> inflation",
}
strength = SweepDesign.model_validate(
    {
        "label": "four beliefs moved by up to half a prior deviation",
        "outcomes": ["price_level", "key_rate", "gdp_level", "rouble"],
        "layout": {"kind": "sobol", "number": 64},
        "route": "reweight",
        "axis": [
            {"kind": "prior_shift", "name": name, "parameter": link, "lower": -0.5, "upper": 0.5}
            for name, link in beliefs.items()
        ],
    }
)
found = run_sweep(strength, folder / "strength", *model, given=fit)
routes_table(found)

# %%
plot_sweep_tornado(found)

# %%
held = (found["k_hat"] <= 0.7) & (found["effective_size"] >= 400)
prices = found["effect_summary"].sel(outcome="price_level", summary="median").where(held)
at = surface["effect_summary"].sel(outcome="price_level", summary="median", depth=1.0)
print(
    f"After three years full relief moves consumer prices by {at.sel(share=0.0).item():+.2f} % if "
    f"nothing can be undone and by {at.sel(share=1.0).item():+.2f} % if everything can; moving "
    f"four beliefs by up to half their deviation moves the median between "
    f"{prices.min().item():+.2f} and {prices.max().item():+.2f} % "
    f"({int(held.sum())} of {found.sizes['point']} points hold)."
)

# %%
fit.manifest["versions"]
