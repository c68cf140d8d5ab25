"""The rule of the measures: small examples computed by hand, and the bundled table."""

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sanctions_model.data.bundled import data_path
from sanctions_model.data.sanctions.measures import (
    Event,
    Rule,
    intensities,
    load_events,
    load_rule,
    measure_steps,
)
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ObservationError

QUARTERS = pd.period_range("2005Q1", "2026Q2", freq="Q")


def small_rule(**changes):
    """Trade has components X (0.6) and Y (0.4); the other measures one each, full from the start.

    Anchors: end of 2019, 2020 and 2021; X is at 0, 0.25 and 0.5 of 0.5; Y at 0, 0.5 and 1 of 1.
    """

    def component(name, measure, weight, divisor, values, before=0.5, after=0.5):
        return {
            "id": name,
            "measure": measure,
            "weight": weight,
            "divisor": divisor,
            "label": name,
            "kind": "share",
            "raw_values": values,
            "status": ["C"] * len(values),
            "us_share_before": before,
            "us_share_after": after,
            "us_share_status": "J",
            "us_share_basis": "example",
            "band_sd": 0.3,
        }

    content = {
        "format_version": 1,
        "title": "example",
        "unit": "share",
        "anchor_dates": ["2019-12-31", "2020-12-31", "2021-12-31"],
        "us_share_break": "2021-01-01",
        "cap": {"date": "2021-12-31", "level": 1.0},
        "composites": {"even": dict.fromkeys(MEASURES, 0.2)},
        "band": {"weight_concentration": 20},
        "explicit": [
            {
                "component": "X",
                "effective_date": "2021-02-01",
                "size": -0.1,
                "back_on": "2021-03-01",
                "status": "J",
                "reason": "example",
            }
        ],
        "components": [
            component("X", "trade", 0.6, 0.5, [0, 0.25, 0.5], before=0.5, after=0.8),
            component("Y", "trade", 0.4, 1, [0, 0.5, 1], before=0.0, after=0.2),
            *(component(m[0].upper(), m, 1, 1, [1, 1, 1]) for m in MEASURES[1:]),
        ],
    }
    return Rule.model_validate(content | changes)


def event(day, weights, *, kind="step", attribution="shared", measure="trade", **changes):
    year = dt.date.fromisoformat(day).year
    fields = {
        "date": day,
        "effective_date": day,
        "issuer": "EU",
        "event": f"event of {day}",
        "measure": measure,
        "kind": kind,
        "weights": weights,
        "attribution": attribution,
        "anchor_group": f"{year - 1}-12-31..{year}-12-31",
    }
    return Event.model_validate(fields | changes)


# 2020: X gains 0.5, shared 2 : 1; Y gains 0.5, all on the second event. 2021 the same on one day.
SMALL_EVENTS = (
    event("2020-01-31", "X:2"),
    event("2020-07-01", "X:1;Y:3", attribution="US alone"),
    event("2021-07-01", "X:1;Y:1"),
)


def test_an_event_takes_its_share_of_what_its_components_gain_in_the_interval():
    steps = measure_steps(small_rule(), SMALL_EVENTS)
    np.testing.assert_allclose(
        steps["step"], [0.6 * 0.5 * 2 / 3, 0.6 * 0.5 / 3 + 0.4 * 0.5, 0.6 * 0.5 + 0.4 * 0.5]
    )


def test_the_us_part_follows_attribution_and_the_share_of_the_day():
    steps = measure_steps(small_rule(), SMALL_EVENTS)
    np.testing.assert_allclose(
        steps["us_step"],
        [0.2 * 0.5, 0.1 + 0.2, 0.6 * 0.5 * 0.8 + 0.4 * 0.5 * 0.2],
    )


def test_an_event_without_us_part_has_none():
    events = (event("2020-01-31", "X:1;Y:1", attribution="no US part"), SMALL_EVENTS[2])
    assert measure_steps(small_rule(), events)["us_step"].iloc[0] == 0


def test_a_quarter_counts_the_days_on_which_a_step_is_in_force():
    index = pd.period_range("2020Q1", "2020Q4", freq="Q")
    trade = intensities(small_rule(), SMALL_EVENTS, index)["trade"]
    # 31 January to 31 March 2020 is 61 of 91 days; 1 July is the first day of its quarter.
    np.testing.assert_allclose(trade, [0.2 * 61 / 91, 0.2, 0.5, 0.5])


def test_a_month_counts_its_own_days():
    index = pd.period_range("2019-12", "2020-02", freq="M")
    trade = intensities(small_rule(), SMALL_EVENTS, index)["trade"]
    np.testing.assert_allclose(trade, [0, 0.2 / 31, 0.2])


def test_the_us_share_weighs_steps_by_days_and_is_empty_where_nothing_is_in_force():
    index = pd.period_range("2019Q4", "2020Q3", freq="Q")
    share = intensities(small_rule(), SMALL_EVENTS, index)["us_share_trade"]
    assert np.isnan(share.iloc[0])
    np.testing.assert_allclose(share.iloc[1:], [0.5, 0.5, (0.1 + 0.3) / 0.5])


def test_a_relief_takes_its_own_size_and_leaves_the_rest_of_the_interval_whole():
    relief = event("2021-02-01", "X:-0.1", kind="relief", attribution="US alone")
    end = event("2021-03-01", "X:0.1", kind="relief ends", attribution="US alone")
    steps = measure_steps(small_rule(), (*SMALL_EVENTS, relief, end))["step"]
    np.testing.assert_allclose(steps, [0.2, 0.3, 0.5, -0.06, 0.06])
    index = pd.period_range("2021-01", "2021-03", freq="M")
    trade = intensities(small_rule(), (*SMALL_EVENTS, relief, end), index)["trade"]
    np.testing.assert_allclose(trade, [0.5, 0.44, 0.5])


def test_a_relief_that_stays_must_be_made_up_by_other_events_before_the_next_anchor():
    relief = event("2021-02-01", "X:-0.1", kind="relief")
    steps = measure_steps(small_rule(), (*SMALL_EVENTS, relief))["step"]
    np.testing.assert_allclose(steps.iloc[2:], [0.5 + 0.06, -0.06])


def test_levels_stay_after_the_last_anchor_date():
    index = pd.period_range("2030Q1", periods=1, freq="Q")
    assert intensities(small_rule(), SMALL_EVENTS, index)["trade"].iloc[0] == pytest.approx(1)


def test_steps_up_to_an_anchor_date_add_up_to_the_anchor_level():
    rule, steps = load_rule(), measure_steps(load_rule(), load_events())
    for measure in MEASURES:
        own = steps[steps["measure"] == measure]
        for day, level in zip(rule.anchor_dates, rule.anchor_levels(measure), strict=True):
            total = own.loc[own["effective_date"] <= day, "step"].sum()
            assert total == pytest.approx(level, abs=1e-9), (measure, day)


def test_the_bundled_rule_gives_the_published_anchor_levels():
    """Own calculation by hand from the components at the end of 2014 and of 2022."""
    rule = load_rule()
    at_2014 = [
        0.5 * 0.012 / 0.6 + 0.3 * 0.10 + 0.2 * 0.008 / 0.13,
        0.5 * 0.16 / 0.97 + 0.25 * 0.40,
        0.25 * 0.06 / 0.6 + 0.15 * 0.10,
        0.35 * 0.01 + 0.25 * 0.01,
        0.25 * 1200 / 25500 + 0.25 * 0.03,
    ]
    np.testing.assert_allclose([rule.anchor_levels(m)[1] for m in MEASURES], at_2014)
    np.testing.assert_allclose(
        [rule.anchor_levels(m)[5] for m in MEASURES], [0.73, 0.69, 0.53, 0.64, 0.85], atol=0.006
    )


def test_recomputed_intensities_agree_with_the_committed_table():
    committed = pd.read_csv(data_path("measures.csv"), index_col="quarter")
    computed = intensities(load_rule(), load_events(), QUARTERS)
    assert list(computed.columns) == list(committed.columns)
    assert [str(period) for period in QUARTERS] == committed.index.tolist()
    np.testing.assert_allclose(computed, committed, atol=1e-4, rtol=0)


def test_the_committed_table_agrees_with_an_independent_computation_of_the_rule():
    """Figures computed apart from this code, to three or four digits."""
    table = pd.read_csv(data_path("measures.csv"), index_col="quarter")
    np.testing.assert_allclose(
        table.loc["2022Q1", list(MEASURES)], [0.2023, 0.3355, 0.0896, 0.1354, 0.2862], atol=1e-4
    )
    np.testing.assert_allclose(
        table.loc["2025Q4", list(MEASURES)], [0.9988, 0.9973, 0.9466, 0.9975, 0.9980], atol=1e-4
    )
    assert table.loc["2025Q4", "us_share_composite_consensus"] == pytest.approx(0.380, abs=1e-3)


def test_every_measure_is_0_before_2014_and_1_on_the_last_day_of_2025():
    days = pd.PeriodIndex(["2014-03-05", "2025-12-31"], freq="D")
    levels = intensities(load_rule(), load_events(), days)[list(MEASURES)]
    assert (levels.iloc[0] == 0).all()
    np.testing.assert_allclose(levels.iloc[1], 1)


def test_only_assets_in_2019_and_the_licences_of_2026_lower_a_level():
    days = pd.period_range("2014-01-01", "2026-06-30", freq="D")
    levels = intensities(load_rule(), load_events(), days)[list(MEASURES)]
    falls = levels.diff() < -1e-9
    assert {name: [str(day) for day in days[falls[name]]] for name in MEASURES} == {
        "trade": [],
        "finance": [],
        "energy": ["2026-03-05", "2026-03-12"],
        "transport": [],
        "assets": ["2019-01-27"],
    }
    assert levels.to_numpy().min() >= 0
    assert levels.to_numpy().max() <= 1


def test_three_months_average_to_their_quarter():
    months = pd.period_range("2022-01", "2022-03", freq="M")
    quarter = pd.period_range("2022Q1", "2022Q1", freq="Q")
    monthly = intensities(load_rule(), load_events(), months)[list(MEASURES)]
    quarterly = intensities(load_rule(), load_events(), quarter)[list(MEASURES)]
    weighted = np.average(monthly, axis=0, weights=months.days_in_month)
    np.testing.assert_allclose(weighted, quarterly.iloc[0])


def test_an_index_that_is_no_period_index_is_refused():
    with pytest.raises(ObservationError, match=r"expected a pandas\.PeriodIndex"):
        intensities(load_rule(), load_events(), pd.date_range("2020", periods=2))


def test_a_change_without_an_event_is_refused():
    with pytest.raises(ObservationError, match=r"Component Y changes by 0\.5 .* no event"):
        measure_steps(small_rule(), (event("2020-01-31", "X:1"), SMALL_EVENTS[2]))


def test_a_component_of_another_measure_is_refused():
    wrong = event("2020-02-01", "F:1")
    with pytest.raises(ObservationError, match="weights name 'F', expected components of trade: X"):
        measure_steps(small_rule(), (*SMALL_EVENTS, wrong))


def test_an_event_in_the_wrong_interval_is_refused():
    wrong = event("2020-02-01", "X:1", anchor_group="2020-12-31..2021-12-31")
    with pytest.raises(ObservationError, match=r"lies in 2019-12-31\.\.2020-12-31"):
        measure_steps(small_rule(), (*SMALL_EVENTS, wrong))


def test_an_event_outside_the_anchor_dates_is_refused():
    with pytest.raises(ObservationError, match="outside the anchor dates"):
        measure_steps(small_rule(), (*SMALL_EVENTS, event("2022-02-01", "X:1")))


def test_a_relief_that_the_rule_does_not_list_is_refused():
    relief = event("2021-02-01", "X:-0.2", kind="relief")
    with pytest.raises(ObservationError, match=r"no \[\[explicit\]\] entry .* size -0.2"):
        measure_steps(small_rule(), (*SMALL_EVENTS, relief))


def test_at_cap_before_the_cap_is_refused():
    wrong = event("2020-02-01", "", kind="at cap")
    with pytest.raises(ObservationError, match="'at cap' is for days after 2021-12-31"):
        measure_steps(small_rule(), (*SMALL_EVENTS, wrong))


def test_a_step_without_weights_is_refused():
    with pytest.raises(ValueError, match="a step needs weights above 0"):
        event("2020-02-01", "")


def test_weights_on_an_event_that_has_no_step_are_refused():
    with pytest.raises(ValueError, match="'authority only' has no step"):
        event("2020-02-01", "X:1", kind="authority only")


def test_an_effect_before_the_decision_is_refused():
    with pytest.raises(ValueError, match="lies before date"):
        event("2020-02-01", "X:1", date="2020-03-01")


def test_component_weights_that_do_not_add_up_are_refused():
    components = [c.model_dump() for c in small_rule().components]
    components[0]["weight"] = 0.5
    with pytest.raises(ValueError, match=r"components of trade add up to 0\.9, expected 1"):
        small_rule(components=components)


def test_a_level_other_than_the_cap_at_its_date_is_refused():
    components = [c.model_dump() for c in small_rule().components]
    components[0]["divisor"] = 1.0
    with pytest.raises(ValueError, match=r"level of trade on 2021-12-31 is 0\.7"):
        small_rule(components=components)


def test_a_level_above_the_cap_after_its_date_is_refused():
    components = [c.model_dump() for c in small_rule().components]
    for component, values in zip(components, ([0, 0.5, 0.5], [0, 1, 1.1]), strict=False):
        component["raw_values"] = values
    with pytest.raises(ValueError, match="level of trade rises above 1 after the cap's date"):
        small_rule(components=components, cap={"date": "2020-12-31", "level": 1.0})


def test_a_composite_that_leaves_out_a_measure_is_refused():
    with pytest.raises(ValueError, match="composite half weighs"):
        small_rule(composites={"half": {"trade": 0.5, "finance": 0.5}})


@pytest.fixture
def edited(tmp_path):
    """Copy a bundled file with one piece of text replaced."""

    def edit(name: str, old: str, new: str) -> Path:
        target = tmp_path / name
        shutil.copy(data_path(name), target)
        text = target.read_text(encoding="utf-8")
        assert old in text
        target.write_text(text.replace(old, new, 1), encoding="utf-8")
        return target

    return edit


def test_a_rule_with_an_unknown_key_is_refused_with_its_place(edited):
    path = edited("measures_rule.toml", "weight_concentration", "concentration")
    with pytest.raises(ObservationError, match=r"measures_rule\.toml cannot be used: band\."):
        load_rule(path)


def test_a_rule_with_a_missing_raw_value_is_refused(edited):
    path = edited("measures_rule.toml", "0.36, 0.55, 0.57, 0.60, 0.60]", "0.36, 0.55, 0.57, 0.60]")
    with pytest.raises(ObservationError, match="component T1 has 9 raw_values, expected one for"):
        load_rule(path)


def test_a_rule_that_is_no_toml_is_refused(edited):
    path = edited("measures_rule.toml", "[band]", "[band")
    with pytest.raises(ObservationError, match=r"measures_rule.toml is not a TOML file"):
        load_rule(path)


def test_a_missing_rule_is_refused(tmp_path):
    with pytest.raises(
        ObservationError, match=r"Cannot read .*none.toml: .*; give a measures rule"
    ):
        load_rule(tmp_path / "none.toml")


def test_an_unknown_measure_is_refused_with_line_and_nearest_name(edited):
    path = edited("sanctions_events.csv", ",trade,step,", ",trades,step,")
    with pytest.raises(ObservationError, match=r"line 2: measure: got 'trades'.*mean 'trade'"):
        load_events(path)


def test_an_event_with_a_bad_date_is_refused_with_its_line(edited):
    path = edited("sanctions_events.csv", "2014-07-31,2014-07-31", "2014-07-31,31.07.2014")
    with pytest.raises(ObservationError, match="line 3: effective_date"):
        load_events(path)


def test_weights_without_numbers_are_refused(edited):
    path = edited("sanctions_events.csv", "T3:0.2", "T3=0.2")
    with pytest.raises(ObservationError, match="expected component:number pairs"):
        load_events(path)


def test_events_without_a_column_are_refused(edited):
    path = edited("sanctions_events.csv", "attribution", "attributed")
    with pytest.raises(ObservationError, match=r"lack the column 'attribution'.*'attributed'"):
        load_events(path)


def test_events_without_rows_are_refused(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(",".join(Event.model_fields) + "\n")
    with pytest.raises(ObservationError, match="have no rows"):
        load_events(path)


def test_missing_events_are_refused(tmp_path):
    with pytest.raises(ObservationError, match="Cannot read the events"):
        load_events(tmp_path / "none.csv")
