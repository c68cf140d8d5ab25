"""A table of the user's own: template, mapping, another country, and what each equation gets."""

import csv
import shutil

import numpy as np
import pandas as pd
import pytest

from sanctions_model.data.bundled import data_path
from sanctions_model.data.observations import load_observations
from sanctions_model.data.sanctions.measures import intensities, load_events, load_rule
from sanctions_model.data.user_tables import (
    TableMapping,
    describe_columns,
    load_mapping,
    write_template,
)
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.economies.russia import MEASURES
from sanctions_model.errors import ObservationError
from sanctions_model.inference.sample import table_use

INDEX = pd.period_range("2012Q1", "2025Q4", freq="Q")
ABROAD = {
    "CPI": "inflation_pct",
    "GDP": "gdp_growth",
    "base rate": "key_rate_pct_pa",
    "tenge": "depreciation_pct",
}


def table(tmp_path, columns, index=INDEX, name="table.csv"):
    chance = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            column: chance.normal(2.0, 1.0, len(index)) if values is None else values
            for column, values in columns.items()
        },
        index=index,
    )
    path = tmp_path / name
    frame.rename_axis("period").to_csv(path)
    return path


def mapping(tmp_path, text):
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def abroad_text(extra=""):
    columns = "\n".join(f'"{theirs}" = "{ours}"' for theirs, ours in ABROAD.items())
    return (
        f'country = "Kazakhstan"\ncurrency = "KZT"\ninflation_target = 5.0\n{extra}\n'
        f"[columns]\n{columns}\n"
    )


# Template


def test_a_template_has_a_row_a_period_and_is_read_back_when_a_series_is_filled_in(tmp_path):
    scm = growth_transmission()
    start, end = pd.Period("2010Q1"), pd.Period("2020Q4")
    written = write_template(tmp_path / "mine", scm, start=start, end=end)
    assert [path.name for path in written] == ["table.csv", "columns.csv", "mapping.toml"]
    with written[0].open() as stream:
        header, *rows = csv.reader(stream)
    assert header == ["period", *(scm.variables[n].column for n in scm.observed), *MEASURES]
    assert [row[0] for row in rows] == [str(p) for p in pd.period_range(start, end, freq="Q")]
    frame = pd.read_csv(written[0]).assign(inflation_pct=1.5, **dict.fromkeys(MEASURES, 0.0))
    frame.to_csv(written[0], index=False)
    observations = load_observations(written[0], mapping=load_mapping(written[2]))
    assert (observations["inflation"] == 1.5).all()
    assert observations["gdp_growth"].isnull().all()  # noqa: PD003 - xarray


def test_a_monthly_template_has_months(tmp_path):
    months = pd.Period("2010-01", "M"), pd.Period("2010-12", "M")
    path, *_ = write_template(tmp_path, growth_transmission(12), start=months[0], end=months[1])
    assert pd.read_csv(path)["period"].tolist() == [f"2010-{m:02d}" for m in range(1, 13)]


def test_the_columns_are_described_with_what_happens_without_them():
    described = describe_columns(growth_transmission()).set_index("column")
    assert described.loc["gdp_growth_pct", "unit"].startswith("% a quarter")
    assert "keep their priors" in described.loc["gdp_growth_pct", "if_missing"]
    assert described.loc["trade", "if_missing"] == "computed from dated events"
    assert described.loc["inflation_target", "if_missing"] == "4 throughout"
    assert described.loc["war", "if_missing"] == "1 from 2022-01-01 on, else 0"
    assert described.loc["key_rate_pct_pa", "highest"] > described.loc["key_rate_pct_pa", "lowest"]


def test_a_template_replaces_nothing(tmp_path):
    (tmp_path / "mapping.toml").write_text("mine")
    with pytest.raises(ObservationError, match=r"mapping\.toml is there already"):
        write_template(
            tmp_path, growth_transmission(), start=pd.Period("2010Q1"), end=pd.Period("2011Q1")
        )
    assert [path.name for path in tmp_path.iterdir()] == ["mapping.toml"]


def test_a_template_that_runs_backwards_is_refused(tmp_path):
    with pytest.raises(ObservationError, match="would run from 2011Q1 to 2010Q1"):
        write_template(
            tmp_path, growth_transmission(), start=pd.Period("2011Q1"), end=pd.Period("2010Q1")
        )


# Mapping


def test_a_table_of_another_country_is_read_under_the_model_s_names(tmp_path):
    path = table(tmp_path, dict.fromkeys(ABROAD) | dict.fromkeys(MEASURES, 0.0))
    names = load_mapping(mapping(tmp_path, abroad_text()))
    observations = load_observations(path, mapping=names)
    frame = pd.read_csv(path)
    for theirs, ours in (("CPI", "inflation"), ("GDP", "gdp_growth"), ("base rate", "key_rate")):
        np.testing.assert_allclose(observations[ours], frame[theirs])
    assert (observations["inflation_target"] == 5.0).all()
    assert (observations["war"] == 0.0).all()
    assert observations["depreciation"].attrs["label"] == "KZT depreciation, USD/KZT growth"
    assert observations["inflation"].attrs["source"] == "table of the user, Kazakhstan"


def test_a_target_in_the_table_stands_before_that_of_the_mapping(tmp_path):
    target = np.linspace(8.0, 5.0, len(INDEX))
    columns = {**dict.fromkeys(ABROAD), **dict.fromkeys(MEASURES, 0.0), "inflation_target": target}
    names = load_mapping(mapping(tmp_path, abroad_text()))
    observations = load_observations(table(tmp_path, columns), mapping=names)
    np.testing.assert_allclose(observations["inflation_target"], target)


def test_the_mapping_is_part_of_the_data_s_hash(tmp_path):
    path = table(tmp_path, dict.fromkeys(ABROAD) | dict.fromkeys(MEASURES, 0.0))
    hashes = {
        load_observations(
            path, mapping=load_mapping(mapping(tmp_path, abroad_text().replace("5.0", target)))
        ).attrs["data_sha256"]
        for target in ("5.0", "6.0")
    }
    assert len(hashes) == 2


def test_russian_events_do_not_serve_for_another_country(tmp_path):
    path = table(tmp_path, dict.fromkeys(ABROAD))
    with pytest.raises(
        ObservationError,
        match="is of Kazakhstan and has no column for trade, finance, energy, transport, assets",
    ):
        load_observations(path, mapping=load_mapping(mapping(tmp_path, abroad_text())))


def test_measures_follow_from_the_user_s_own_events_by_the_same_rule(tmp_path):
    """Two events are moved by years; the levels are those of the rule on the moved events."""
    text = data_path("sanctions_events.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    moved = [line.replace("2014-07-31,2014-07-31,EU", "2014-07-31,2014-12-30,EU") for line in lines]
    assert moved != lines
    (tmp_path / "events.csv").write_text("\n".join(moved) + "\n", encoding="utf-8")
    shutil.copy(data_path("measures_rule.toml"), tmp_path / "rule.toml")
    path = table(tmp_path, dict.fromkeys(ABROAD))
    extra = 'events = "events.csv"\nrule = "rule.toml"'
    names = load_mapping(mapping(tmp_path, abroad_text(extra)))
    observations = load_observations(path, mapping=names)
    expected = intensities(load_rule(), load_events(tmp_path / "events.csv"), INDEX)
    bundled = intensities(load_rule(), load_events(), INDEX)
    for name in MEASURES:
        np.testing.assert_allclose(observations[name], expected[name], err_msg=name)
    assert abs(expected["trade"] - bundled["trade"]).max() > 0.02
    assert "events.csv" in observations.attrs["source"]


def test_own_events_may_be_given_for_russia_too(tmp_path):
    shutil.copy(data_path("sanctions_events.csv"), tmp_path / "events.csv")
    path = table(tmp_path, {"inflation_pct": None})
    names = load_mapping(mapping(tmp_path, 'events = "events.csv"'))
    mine, theirs = load_observations(path, mapping=names), load_observations(path)
    for name in (*MEASURES, "war", "inflation_target"):
        np.testing.assert_array_equal(mine[name], theirs[name])


def test_relabelling_changes_words_only():
    scm = growth_transmission()
    relabelled = TableMapping(country="Kazakhstan", currency="KZT").relabel(scm)
    assert relabelled.variables["rouble"].label == "KZT against the dollar (+ = stronger)"
    assert not [v.label for v in relabelled.variables.values() if "rouble" in v.label.lower()]
    assert [link.label for link in relabelled.links] == [link.label for link in scm.links]
    assert relabelled.graph == scm.graph
    assert TableMapping().relabel(scm) is scm


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('currency = "tenge"', "currency: expected text of the form"),
        ("inflation_target = 50", "inflation_target: expected a number less than or equal to 20"),
        (
            'colums = "x"',
            r"colums: there is no such field \(got 'x'\); did you mean 'columns'; "
            "expected the fields",
        ),
        ("country = ", "mapping.toml is not a TOML file"),
        (f"inflation_target = {'1' * 5000}", "mapping.toml .* a whole number in it is too long"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_with_its_place(tmp_path, text, words):
    with pytest.raises(ObservationError, match=words):
        load_mapping(mapping(tmp_path, text))


def test_a_mapping_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(
        ObservationError, match=r"Cannot read .*none.toml: .*; give the path of a mapping"
    ):
        load_mapping(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"CPl": "inflation_pct"}, "names the column 'CPl'.* Did you mean 'CPI'"),
        ({"CPI": "inflation_pc"}, "as 'inflation_pc', which.* Did you mean 'inflation_pct'"),
        ({"CPI": "GDP"}, "gives 'CPI' as 'GDP', which the model does not read"),
        ({"CPI": "gdp_growth_pct"}, "gives 'gdp_growth_pct' twice"),
        ({"when": "quarter"}, "'when' as 'quarter'; the column of periods needs no mapping: take"),
    ],
)
def test_names_that_do_not_fit_are_refused(tmp_path, columns, words):
    path = table(tmp_path, {"CPI": None, "GDP": None, "gdp_growth_pct": None})
    with pytest.raises(ObservationError, match=words):
        load_observations(path, mapping=TableMapping(columns=columns))


# What each equation gets


def use(path, names=None):
    observations = load_observations(path, mapping=names)
    scm = growth_transmission(int(observations.attrs["periods_per_year"]))
    return table_use(observations, scm).set_index("series")


def test_a_missing_series_leaves_its_equation_and_those_that_need_it_at_their_priors(tmp_path):
    found = use(table(tmp_path, {"inflation_pct": None, "gdp_growth_pct": None}))
    assert found.loc["oil_growth", "use"] == "prior only: no figures"
    assert found.loc["gdp_growth", "use"].startswith("prior only: needs ")
    assert "lending_rate" in found.loc["gdp_growth", "use"]
    assert (found["n_used"] == 0).sum() == (found["use"] != "estimated").sum()


def test_an_equation_with_its_parents_is_estimated_on_the_periods_that_have_them(tmp_path):
    """Oil growth needs its own lag alone: 56 quarters less the first."""
    found = use(table(tmp_path, {"oil_growth_pct": None}))
    assert found.loc["oil_growth", "use"] == "estimated"
    assert found.loc["oil_growth", "n_used"] == len(INDEX) - 1
    assert (found.drop("oil_growth")["use"] != "estimated").all()


def test_every_bundled_equation_is_estimated_and_late_cells_are_counted():
    scm = growth_transmission()
    found = table_use(load_observations(scm=scm), scm).set_index("series")
    assert (found["use"] == "estimated").all()
    assert found["n_completed"].to_dict() == {
        "oil_growth": 0,
        "depreciation": 1,
        "import_growth": 2,
        "inflation": 1,
        "key_rate": 0,
        "lending_rate": 1,
        "gdp_growth": 0,
        "credit_growth": 1,
        "real_wage_growth": 1,
    }


def test_a_table_that_ends_before_an_equation_starts_says_so(tmp_path):
    early = pd.period_range("2003Q1", "2013Q4", freq="Q")
    columns = dict.fromkeys(("inflation_pct", "gdp_growth_pct", "depreciation_pct"))
    columns |= {"key_rate_pct_pa": None, "oil_growth_pct": None}
    found = use(table(tmp_path, columns, early))
    assert found.loc["key_rate", "use"] == (
        "prior only: no period with its own value, lags and parents after its equation's start"
    )
