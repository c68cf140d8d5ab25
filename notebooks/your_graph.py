# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A graph of one's own: what would a customs union do to a border region?
#
# Variables, lags and equation kinds of your own, answered without data and without a fit: first
# with one value for each parameter, then with beliefs.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import numpy as np

import sanctions_model as sm
from sanctions_model.plots import plot_channels, plot_graph
from sanctions_model.summaries import interval

# %% [markdown]
# ## The equations
#
# `Linear` holds coefficients as they are, own lags like any other parent; `PartialAdjustment` holds
# long-run effects and a persistence; an `Identity` is exact; `Exogenous` comes from outside.

# %%
scm = sm.StructuralCausalModel(
    name="border region",
    equations=(
        sm.Exogenous(
            variable=sm.Variable(name="duty", unit="1 = today's duty"), continuation=sm.Hold(1.0)
        ),
        sm.Exogenous(
            variable=sm.Variable(name="queue", unit="hours at the border"),
            continuation=sm.Hold(6.0),
        ),
        sm.PartialAdjustment(
            variable=sm.Variable(name="price", unit="% (100 log points)"), parents=("duty", "queue")
        ),
        sm.Linear(
            variable=sm.Variable(name="trade", unit="% (100 log points)"),
            parents=("price[1]", "queue", "trade[1]"),
        ),
        sm.Identity(
            variable=sm.Variable(name="pressure", unit="% (100 log points)"),
            terms={"price": 0.4, "trade[1]": 0.6},
        ),
        sm.Linear(
            variable=sm.Variable(name="jobs", unit="% (100 log points)"),
            parents=("pressure", "jobs[1]"),
        ),
    ),
    entries={
        "duties": ("duty -> price",),
        "waiting": ("queue -> price", "queue -> trade"),
    },
    headline=("price", "trade", "jobs"),
)
plot_graph(scm)

# %% [markdown]
# ## Refused, with the reason

# %%
try:
    sm.StructuralCausalModel(
        equations=(
            sm.Linear(variable=sm.Variable(name="wage"), parents=("price",)),
            sm.Linear(variable=sm.Variable(name="price"), parents=("wage",)),
        )
    )
except sm.CyclicGraphError as error:
    print(error)

# %% [markdown]
# ## One value a parameter
#
# `pin` makes a one-draw data set that every question answers. The long run of a linear equation is
# the coefficient over one less its own lags, so the end of the response is known in closed form.

# %%
pinned = sm.pin(
    scm,
    {
        "duty -> price": 8.0,
        "queue -> price": 0.5,
        "persistence[price]": 0.5,
        "price[1] -> trade": -1.2,
        "queue -> trade": -1.0,
        "trade[1] -> trade": 0.6,
        "pressure -> jobs": 0.3,
        "jobs[1] -> jobs": 0.5,
    },
)
union = sm.Relief(measures=("duty", "queue"), ramp=2)
effect = sm.total_effect(scm, pinned, union, horizon=60)
price = -(8.0 + 0.5 * 6)
trade = (-1.2 * price + 6.0) / (1 - 0.6)
jobs = 0.3 * (0.4 * price + 0.6 * trade) / (1 - 0.5)
np.testing.assert_allclose(effect.isel(horizon=-1).squeeze(), [price, trade, jobs], rtol=1e-6)
effect.sel(horizon=[1, 2, 4, 8, 60]).squeeze().to_pandas().round(2)

# %% [markdown]
# ## Beliefs instead of values
#
# The same questions to draws from priors. Without data nothing is fitted: a problem with no series
# has the prior as its answer.

# %%
priors = sm.Priors.from_addresses(
    {
        "duty -> price": sm.LogNormal(median=8, sigma=0.3, unit="% at today's duty"),
        "queue -> price": sm.LogNormal(median=0.5, sigma=0.5, unit="% an hour"),
        "persistence[price]": sm.Beta(alpha=4, beta=4),
        "price[1] -> trade": sm.LogNormal(median=1.2, sigma=0.4, negative=True),
        "queue -> trade": sm.Normal(mu=-1, sigma=0.5),
        "trade[1] -> trade": sm.Beta(alpha=6, beta=4),
        "pressure -> jobs": sm.Normal(mu=0.3, sigma=0.2),
        "jobs[1] -> jobs": sm.Beta(alpha=4, beta=4),
        "intercept": sm.Normal(mu=0, sigma=1),
        "scale": sm.HalfNormal(sigma=1),
        "degrees_of_freedom": sm.Gamma(alpha=2, beta=0.1, shift=2),
    }
)
believed = sm.inference.sample_prior(scm, priors.for_model(scm), draws=2000, random_seed=1)
plot_channels(scm, believed, union, drawn_from="prior")

# %% [markdown]
# ## A claim of one's own
#
# A claim is a statement with a sign, a horizon and the smallest size that matters; a TOML file may
# hold many.

# %%
text = """
format_version = 1
[claim.more_jobs]
statement = "The union brings jobs to the region within two years."
outcome = "jobs"
sign = 1
horizon = 8
material = 1.0
measures = ["duty", "queue"]
"""
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "claims.toml"
    file.write_text(text, encoding="utf-8")
    claim = sm.load_claims(file)["more_jobs"]
at_end = sm.total_effect(scm, believed, claim.relief, horizon=claim.horizon, outcomes=["jobs"])
gain = at_end.sel(outcome="jobs", horizon=claim.horizon)
share_larger = float((claim.sign * gain > claim.material).mean())

# %% [markdown]
# ## Another structure
#
# An edit returns a new model and new draws: here the prices of the region stop following the duty.

# %%
without = sm.scm.with_parameters(scm, believed, {"duty -> price": 0.0})
shorter = sm.total_effect(scm, without, union, horizon=8, outcomes=["jobs"]).sel(horizon=8)

# %% [markdown]
# ## The answer

# %%
middle, low, high = interval(gain).to_numpy()
print(
    f"A union in two steps changes jobs by {middle:+.1f} % ({low:+.1f}; {high:+.1f}) after "
    f"{claim.horizon} quarters; it exceeds {claim.material:g} % with probability "
    f"{share_larger:.2f}. Were prices deaf to the duty, the median would be "
    f"{float(shorter.median()):+.1f} %. All of it is prior: a table with these columns and "
    "`sm.fit` would bring in data."
)
