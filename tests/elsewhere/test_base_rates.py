"""The rate of liftings, against the closed form on episodes made by hand."""

import pytest
from scipy import stats

from sanctions_model.elsewhere.base_rates import lifting_rate
from sanctions_model.elsewhere.episodes import load_episodes


def test_the_rate_is_the_gamma_of_liftings_and_years():
    few = [e for e in load_episodes() if e.trade and e.financial][:5]
    years = sum(max(e.lift_year - e.first_year, 0.5) for e in few)
    row = lifting_rate(few).set_index("group").loc["all"]
    expected = stats.gamma(0.5 + 5, scale=1 / (10 + years))
    assert row["years"] == years
    for name, share in (("lower", 0.055), ("rate", 0.5), ("upper", 0.945)):
        assert row[name] == pytest.approx(expected.ppf(share))


def test_all_liftings_count():
    rates = lifting_rate().set_index("group")
    assert rates.loc["all", "liftings"] == len(load_episodes())
    assert 0.05 < rates.loc["trade and finance", "rate"] < rates.loc["all", "rate"] < 0.2
