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
# **Takes** a few seconds; needs no fit and no data. **You learn** to write a causal model of your
# own in a page: variables, lags and kinds of equation, first with one value for each parameter,
# where answers can be checked by hand, then with beliefs, where they have intervals.
#
# The example has nothing to do with sanctions, on purpose. A region on a border trades with its
# neighbour, pays a duty and waits in a queue. A customs union would end both. What would that do
# to prices, trade and jobs, and which of the two, the duty or the queue, matters more?

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import sanctions_model as sm
from sanctions_model.plots import plot_channels, plot_graph
from sanctions_model.summaries import interval

plt.rcParams["figure.dpi"] = 130

# %% [markdown]
# ## The equations
#
# Write down what each variable listens to, and nothing else. An arrow that is missing is a claim
# too: here jobs do not listen to the queue, except through trade and prices. A bracket is a lag,
# `price[1]` being the price of the period before.
#
# `Linear` holds coefficients as they are, own lags like any other parent; `PartialAdjustment`
# holds long-run effects and a persistence; an `Identity` is exact; `Exogenous` comes from outside.

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
            variable=sm.Variable(name="price", unit="%, log level"), parents=("duty", "queue")
        ),
        sm.Linear(
            variable=sm.Variable(name="trade", unit="%, log level"),
            parents=("price[1]", "queue", "trade[1]"),
        ),
        sm.Identity(
            variable=sm.Variable(name="pressure", unit="%, log level"),
            terms={"price": 0.4, "trade[1]": 0.6},
        ),
        sm.Linear(
            variable=sm.Variable(name="jobs", unit="%, log level"),
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
#
# Wages that follow prices that follow wages, all in one period, have no order in which to be
# computed, and no experiment could be defined on them. Give one of the two a lag, and it is a
# spiral that unfolds in time.

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

# %%
figure, axis = plt.subplots(figsize=(6.5, 2.6), layout="constrained")
for name in ("price", "trade", "jobs"):
    axis.plot(effect.horizon, effect.sel(outcome=name).squeeze(), label=name)
axis.set(xlabel="quarters after the union begins", ylabel="%", xlim=(1, 24))
_ = axis.legend(frameon=False, fontsize=9)

# %% [markdown]
# The closed forms above are the whole proof that the numbers are right, and the reason to begin
# with one value a parameter: a graph whose long run one cannot compute is a graph that one does
# not know yet.
#
# ## Beliefs instead of values
#
# Which family? A size with a known sign is a `LogNormal`: nobody thinks that a duty lowers prices.
# A share or a persistence is a `Beta`. An effect whose sign is open is a `Normal`, even if its
# centre is not zero: here perhaps waiting does not hurt trade at all. Choosing a family that
# excludes a sign decides a question, and tables will say so next to every probability that rests
# on it.
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
split = sm.channel_effects(scm, believed, union)
plot_channels(split, scm=scm, drawn_from="prior")

# %% [markdown]
# ## What do these beliefs say? A look before anything is concluded
#
# A prior is judged by its consequences, not by its formula. Here is the effect on jobs after five
# years under the beliefs. If a tail of this looks absurd to you, one of the priors above is
# absurd, and it is better to find out now than after a fit.

# %%
later = sm.total_effect(scm, believed, union, horizon=20, outcomes=["jobs"]).isel(horizon=-1)
figure, axis = plt.subplots(figsize=(6.5, 2.2), layout="constrained")
axis.hist(np.clip(later.to_numpy().ravel(), -5, 40), bins=60, color="grey")
_ = axis.set_xlabel("jobs after 20 quarters, %, under the beliefs alone")

# %% [markdown]
# The long right tail comes from a product: a large response of trade times a large response of
# jobs, over one less two persistences. Products of beliefs have fat tails, even if each factor is
# harmless.
#
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
# Doubt about parameters is in the interval. Doubt about arrows is not: it has to be asked for. An
# edit returns a new model and new draws: here the prices of the region stop following the duty.
#
# Compare the two answers before you defend either. If cutting an arrow moves the answer by more
# than the whole interval did, then the arrow is what the argument is about, and another hundred
# draws or a finer prior would polish the wrong thing. If it moves nothing, leave the arrow out: a
# smaller graph with the same answer has fewer places in which to be wrong, and is easier to
# explain to somebody who has to act on it.

# %%
without = sm.scm.with_parameters(scm, believed, {"duty -> price": 0.0})
shorter = sm.total_effect(scm, without, union, horizon=8, outcomes=["jobs"]).sel(horizon=8)

# %% [markdown]
# ## What such a graph cannot do
#
# It has no agents that foresee the union and buy beforehand, no second region that answers, and
# nothing that happens only once trade has passed a threshold: given the parameters, every equation
# is linear. For a first, honest answer to "which way, roughly how much, and on what does it hang",
# that is often enough; where it is not, the graph at least says what would have to be added, and
# whom to ask for the number.
#
# ## The finding in words

# %%
middle, low, high = interval(gain).to_numpy()
print(
    f"A union in two steps changes jobs by {middle:+.1f} % ({low:+.1f}; {high:+.1f}) after "
    f"{claim.horizon} quarters; it exceeds {claim.material:g} % with probability "
    f"{share_larger:.2f}. Were prices deaf to the duty, the median would be "
    f"{float(shorter.median()):+.1f} %. All of it is prior: a table with these columns and "
    "`sm.fit` would bring in data."
)

# %% [markdown]
# ## An exercise
#
# Let jobs feed back into prices with a lag (`"jobs[1]"` among the parents of `price`), pin 0.1 for
# it, and compute the new long run by hand: three equations, three unknowns. Does `total_effect`
# agree? At which value of the new coefficient does the loop explode, and what does
# `sm.scm.spectral_radius` say there?
#
# ## Where to go on
#
# - [`docs/howto/graph.md`](../docs/howto/graph.md): the same with a table, and every kind of
#   equation.
# - [`your_country`](your_country.ipynb): data with a known answer, monthly.
#   [`united_states`](united_states.ipynb): real data, beside another package.
