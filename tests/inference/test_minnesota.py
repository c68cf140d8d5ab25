"""Minnesota priors against the formula in a loop and autoregressions of statsmodels."""

import numpy as np
import pytest
import xarray as xr
from statsmodels.datasets import macrodata
from statsmodels.tsa.ar_model import AutoReg
from strategies import variable

import sanctions_model as sm
from sanctions_model.errors import ObservationError, PriorError, QuestionError, UnknownVariableError

NAMES = ("realgdp", "infl", "unemp")


def observed():
    frame = macrodata.load_pandas().data
    values = {
        "realgdp": 100 * np.log(frame["realgdp"].to_numpy()),
        "infl": frame["infl"].to_numpy(),
        "unemp": frame["unemp"].to_numpy(),
        "spending": 100 * np.log(frame["realgovt"].to_numpy()),
    }
    time = np.arange("1959-01", "2009-10", 3, dtype="datetime64[M]").astype("datetime64[ns]")
    return xr.Dataset({n: ("time", v) for n, v in values.items()}, coords={"time": time})


def autoregression(lags, extra=()):
    parents = tuple(f"{name}[{lag}]" for name in NAMES for lag in range(1, lags + 1))
    return sm.StructuralCausalModel(
        equations=(
            sm.Exogenous(variable=variable("spending")),
            *(
                sm.Linear(variable=variable(name), parents=(*parents, *extra, "spending"))
                for name in NAMES
            ),
        )
    )


def standard_error(values, lags):
    """Of an autoregression of one variable, by statsmodels."""
    found = AutoReg(values, lags=lags, trend="c").fit()
    return np.sqrt((found.resid**2).sum() / (len(values) - lags - lags - 1))


@pytest.mark.parametrize("lags", [1, 4])
def test_deviations_are_those_of_the_formula(lags):
    data = observed()
    priors = sm.minnesota(
        autoregression(lags), data, tightness=0.3, cross=0.4, decay=2.0, own_lag={"infl": 0.5}
    )
    errors = {name: standard_error(data[name].to_numpy(), lags) for name in NAMES}
    for child in NAMES:
        for parent in NAMES:
            for lag in range(1, lags + 1):
                found = priors[f"{parent}[{lag}] -> {child}"]
                expected = 0.3 / lag**2
                if parent != child:
                    expected = 0.3 * 0.4 * errors[child] / (lag**2 * errors[parent])
                assert found.sigma == pytest.approx(expected, rel=1e-6)
                first = parent == child and lag == 1
                assert found.mu == ((0.5 if child == "infl" else 1.0) if first else 0.0)
        spread = data["spending"].to_numpy().std()
        loose = 100 * errors[child] / spread
        assert priors[f"spending -> {child}"].sigma == pytest.approx(loose, rel=1e-6)
        assert priors[f"scale[{child}]"].median == pytest.approx(errors[child], rel=1e-6)
        assert priors[f"intercept[{child}]"].mu == pytest.approx(float(data[child].mean()))


def test_they_are_beliefs_about_every_parameter_of_the_model():
    data, scm = observed(), autoregression(2)
    drawn = sm.sample_prior_predictive(scm, data, sm.minnesota(scm, data), draws=50)
    assert set(drawn.problem.absolute) == set(sm.scm.parameters.addresses(scm))


def test_what_is_stated_goes_before_and_speaks_where_the_formula_is_silent():
    scm, data = autoregression(1, extra=()), observed()
    within = sm.StructuralCausalModel(
        equations=(
            *scm.equations[:3],
            sm.Linear(variable=variable("unemp"), parents=("unemp[1]", "realgdp")),
        )
    )
    with pytest.raises(PriorError, match="'realgdp -> unemp': Minnesota priors are about lags"):
        sm.minnesota(within, data)
    okun = sm.Normal(mu=-0.3, sigma=0.1)
    own = sm.Normal(mu=0.9, sigma=0.01)
    priors = sm.minnesota(within, data, stated={"realgdp -> unemp": okun, "infl[1] -> infl": own})
    assert priors["realgdp -> unemp"] == okun
    assert priors["infl[1] -> infl"] == own


def test_gaps_leave_out_periods_and_nothing_else():
    data = observed()
    data["infl"] = data["infl"].where(np.arange(data.sizes["time"]) != 7)
    values = data["infl"].to_numpy()
    rows = [t for t in range(1, len(values)) if t not in (7, 8)]
    design = np.array([[1.0, values[t - 1]] for t in rows])
    target = np.array([values[t] for t in rows])
    slope = np.linalg.solve(design.T @ design, design.T @ target)
    residuals = target - design @ slope
    expected = np.sqrt(residuals @ residuals / (len(rows) - 2))
    found = sm.minnesota(autoregression(1), data)["scale[infl]"].median
    assert found == pytest.approx(expected, rel=1e-9)


def test_what_cannot_be_answered_is_refused():
    data, scm = observed(), autoregression(1)
    with pytest.raises(PriorError, match="tightness is 0; expected a positive number"):
        sm.minnesota(scm, data, tightness=0)
    with pytest.raises(QuestionError, match="cross"):
        sm.minnesota(scm, data, cross="half")
    with pytest.raises(UnknownVariableError, match="own_lag"):
        sm.minnesota(scm, data, own_lag={"inflation": 1.0})
    with pytest.raises(ObservationError, match="no series of 'infl'"):
        sm.minnesota(scm, data.drop_vars("infl"))
    with pytest.raises(ObservationError, match="does not move on its own"):
        sm.minnesota(scm, data.assign(infl=data["infl"] * 0 + 3))
    with pytest.raises(ObservationError, match="needs at least 6"):
        sm.minnesota(scm, data.isel(time=slice(0, 6)))
    growth = sm.growth_transmission()
    with pytest.raises(PriorError, match="is no Linear equation"):
        sm.minnesota(growth, sm.load_observations(scm=growth))
