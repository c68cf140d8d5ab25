"""Past forecasts of others: worked by hand on figures that grow evenly, and on the bundled ones."""

import numpy as np
import pandas as pd
import pytest

from sanctions_model.validation.origins.past_forecasts import past_forecast_errors

QUARTERS = pd.period_range("2015Q1", "2024Q4", freq="Q")
STEPS = np.arange(len(QUARTERS))
# Output and prices grow by 1 % a quarter, a rate rises by one a year, a dollar doubles.
RAW = pd.DataFrame(
    {
        "gdp_index_nsa_2021eq100": 100 * 1.01**STEPS,
        "cpi_growth_nsa_pct": np.ones(len(QUARTERS)),
        "key_rate_average_pct_pa": 1.0 + STEPS // 4,
        "usd_rub_average_rub": np.where(QUARTERS.year < 2024, 50.0, 100.0),
    },
    index=QUARTERS.astype(str),
)
GROWN = 100 * (1.01**4 - 1)


def said(variable, year, low, high, published="2022-07", forecaster="poll"):
    names = ("forecaster", "published", "variable", "year", "low", "high")
    return dict(zip(names, (forecaster, published, variable, year, low, high), strict=True))


def errors(*rows):
    return past_forecast_errors(pd.DataFrame(rows), RAW).set_index(["variable", "ahead"])


@pytest.mark.parametrize("variable", ["gdp_growth", "inflation_december"])
def test_what_grows_evenly_is_foreseen_by_no_model_and_missed_by_the_middle_of_a_range(variable):
    found = errors(
        said(variable, 2022, GROWN + 0.5, GROWN + 1.5), said(variable, 2023, GROWN - 3, GROWN - 3)
    )
    now, later = found.loc[(variable, 0)], found.loc[(variable, 1)]
    np.testing.assert_allclose(now[["mean_error", "absolute_error"]].astype(float), [1.0, 1.0])
    np.testing.assert_allclose(later[["mean_error", "absolute_error"]].astype(float), [-3.0, 3.0])
    np.testing.assert_allclose(found["rival_error"], 0.0, atol=1e-9)


def test_a_rate_stays_where_it_was_when_the_forecast_was_made():
    # The second quarter of 2022 is known on 1 July: the rate is 8, on average 8 in 2022, then 10.
    found = errors(said("key_rate_average", 2022, 8, 8), said("key_rate_average", 2024, 9, 9))
    assert found["rival_error"].tolist() == [0.0, 2.0]
    assert found["mean_error"].tolist() == [0.0, -1.0]


def test_the_dollar_is_missed_in_per_cent_of_its_price():
    found = errors(said("usd_rub_average", 2024, 80, 80, "2023-12"))
    assert found.loc[("usd_rub_average", 1), ["mean_error", "rival_error"]].tolist() == [
        -20.0,
        50.0,
    ]


def test_hindsight_and_years_to_come_are_not_scored():
    found = errors(
        said("gdp_growth", 2022, 9, 9, "2023-02"),
        said("gdp_growth", 2026, 9, 9, "2023-02"),
        said("gdp_growth", 2023, GROWN, GROWN, "2023-02"),
        said("gdp_growth", 2023, GROWN + 2, GROWN + 2, "2023-03"),
    )
    assert found[["n", "years"]].to_numpy().tolist() == [[2, 1]]
    assert found["mean_error"].item() == pytest.approx(1.0)


def test_the_bundled_forecasts_are_scored_by_forecaster_and_by_how_far_ahead():
    found = past_forecast_errors()
    assert set(found["forecaster"]) == {"poll", "bank_of_russia"}
    assert set(found["ahead"]) == {0, 1}
    assert (found["absolute_error"] >= found["mean_error"].abs() - 1e-12).all()
    rate = found.set_index(["variable", "forecaster", "ahead"]).loc["key_rate_average"]
    assert rate.loc[("poll", 0), "absolute_error"] < rate.loc[("poll", 1), "absolute_error"]
