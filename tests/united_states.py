"""A model of the United States on the data of `statsmodels`, whose fit is drawn from its prior.

No name of it is one of the default transmission's, so that a verb that asks for those is found.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from laboratory import FakeSampler
from statsmodels.datasets import macrodata

import sanctions_model as sm

__all__ = ["MODEL", "PRIORS", "observe", "write_fit"]

MODEL = sm.StructuralCausalModel(
    name="United States",
    equations=(
        sm.Exogenous(
            variable=sm.Variable(
                name="spending", label="government spending", unit="% a quarter", column="spending"
            ),
            continuation=sm.Hold(0.5),
        ),
        sm.PartialAdjustment(
            variable=sm.Variable(name="output_growth", label="output", unit="% a quarter"),
            parents=("spending", "bill_rate[1]"),
        ),
        sm.Linear(
            variable=sm.Variable(name="price_growth", label="prices", unit="% a quarter"),
            parents=("price_growth[1]", "output_growth[1]"),
        ),
        sm.PartialAdjustment(
            variable=sm.Variable(name="bill_rate", label="bill rate", unit="% a year"),
            parents=("price_growth", "output_growth"),
        ),
    ),
    levels=(
        sm.Level(
            variable=sm.Variable(name="output", label="output, level", unit="%"),
            flow="output_growth",
        ),
    ),
    headline=("output", "price_growth", "bill_rate"),
)
PRIORS = sm.Priors.from_addresses(
    {
        "spending -> output_growth": sm.Normal(mu=0.2, sigma=0.2, unit="% per %"),
        "bill_rate[1] -> output_growth": sm.Normal(mu=-0.1, sigma=0.1, unit="% per pp"),
        "price_growth[1] -> price_growth": sm.Normal(mu=0.5, sigma=0.2, unit="% per %"),
        "output_growth[1] -> price_growth": sm.Normal(mu=0.1, sigma=0.1, unit="% per %"),
        "price_growth -> bill_rate": sm.Normal(mu=1.5, sigma=0.5, unit="pp per %"),
        "output_growth -> bill_rate": sm.Normal(mu=0.5, sigma=0.5, unit="pp per %"),
        "persistence[output_growth]": sm.Beta(alpha=2, beta=3),
        "persistence[bill_rate]": sm.Beta(alpha=8, beta=2),
        "intercept": sm.Normal(mu=0, sigma=1, relative_to_series=True),
        "scale": sm.HalfNormal(sigma=1, relative_to_series=True),
        "degrees_of_freedom": sm.Gamma(alpha=4, beta=0.5, shift=2),
    }
)


def observe(path):
    """The quarters of `statsmodels`, written as a user's table to `path` and read by the door."""
    data = macrodata.load_pandas().data
    quarters = pd.PeriodIndex.from_fields(
        year=data["year"].astype(int), quarter=data["quarter"].astype(int), freq="Q"
    )
    table = pd.DataFrame(
        {
            "quarter": quarters.astype(str),
            "spending": 100 * np.log(data["realgovt"]).diff(),
            "output_growth": 100 * np.log(data["realgdp"]).diff(),
            "price_growth": 100 * np.log(data["cpi"]).diff(),
            "bill_rate": data["tbilrate"],
        }
    ).iloc[1:]
    table.round(6).to_csv(path, index=False)
    return sm.load_observations(path, scm=MODEL)


def write_fit(folder, draws=60):
    """Save such a fit as ``posterior.nc`` in `folder` and return the folder."""
    fit = sm.fit(
        MODEL,
        observe(folder / "united_states.csv"),
        PRIORS,
        draws=draws,
        chains=2,
        sampler=FakeSampler([0]),
        allow_unconverged=True,
    )
    # Few draws in the place of those of a fit that converged, of which verbs say nothing.
    fit = replace(fit, manifest={**fit.manifest, "diagnostics": None})
    sm.save(fit, folder / "posterior.nc")
    return folder
