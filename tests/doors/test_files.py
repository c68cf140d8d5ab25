"""Every file that a user may hand over, spoilt: a wrong kind of value is refused in one line."""

import csv
import io
import tomllib
from datetime import date

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sanctions_model as sm
from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import load_evidence
from sanctions_model.data.outside_forecasts import load_annual_figures, load_outside_forecasts
from sanctions_model.data.sanctions.events import load_events, load_rule
from sanctions_model.data.transformations import load_raw
from sanctions_model.data.user_tables import load_mapping
from sanctions_model.elsewhere.episodes import load_episodes
from sanctions_model.elsewhere.gsdb import read_gsdb
from sanctions_model.elsewhere.inside_russia import load_bans, load_news_days
from sanctions_model.elsewhere.panel import load_country_panel
from sanctions_model.elsewhere.prediction import load_effect_draws, load_episode_effects, load_trial
from sanctions_model.inference.priors.pools import load_pools
from sanctions_model.queries.estimands import load_quantities
from sanctions_model.robustness.graphs.alternatives import load_prior_sets
from sanctions_model.robustness.implied_evidence import load_implied_evidence
from sanctions_model.scenarios.keys import scenario_template
from sanctions_model.scenarios.library import load_scenario, load_scenarios
from sanctions_model.scenarios.sectors import load_sectors
from sanctions_model.validation.published_effects import load_published_totals
from sanctions_model.validation.sanity_ranges import load_ranges
from sanctions_model.validation.stated_backtests import load_back_tests

DESIGN = """
format_version = 1
label = "Odds and size"
random_seed = 3
outcomes = ["gdp_level"]
kept_draws = 40

[layout]
kind = "sobol"
number = 8

[relief]
measures = ["trade", "finance"]
ramp = 2

[[axis]]
kind = "relief"
name = "depth"
argument = "depth"
lower = 0.0
upper = 1.0

[[axis]]
kind = "prior_shift"
name = "shift"
parameter = "depreciation -> inflation"
lower = -0.1
upper = 0.1

[sampling]
draws = 100
tune = 100
chains = 2
"""
MAPPING = """
format_version = 1
country = "Kazakhstan"
currency = "KZT"
inflation_target = 4.0
[columns]
"CPI" = "inflation_pct"
"""
LEVEL = """
format_version = 1
label = "More output"
[[level]]
variable = "gdp_level"
size = 1.5
start = 2
stop = 6
"""
EDITS = """
format_version = 1
label = "A lower key rate"
absorbing = ["inflation"]
without_shocks = ["inflation"]
[[intervention]]
kind = "set"
variable = "key_rate"
value = [12.0, 11.0]
start = 1
stop = 4
[[condition]]
variable = "inflation"
values = { 1 = 2.0, 2 = 1.5 }
"""


def bundled(name):
    return data_path(name).read_text(encoding="utf-8")


def a_few(text, name, keep):
    """Cut a long bundled file to its first tables; the loader is asked more often for it."""
    content = tomllib.loads(text)
    content[name] = dict(list(content[name].items())[:keep])
    return content


TOML = {
    "priors": (lambda file: sm.load_priors(file, economy="growth"), bundled("priors_growth.toml")),
    "claims": (sm.load_claims, a_few(bundled("claims.toml"), "claim", 3)),
    "scenarios": (load_scenarios, bundled("scenarios.toml")),
    "scenario": (load_scenario, scenario_template()),
    "level": (load_scenario, LEVEL),
    "edits": (load_scenario, EDITS),
    "mapping": (load_mapping, MAPPING),
    "sweep": (sm.sweeps.SweepDesign.from_toml, DESIGN),
    "quantities": (load_quantities, a_few(bundled("quantities.toml"), "quantity", 3)),
    "pools": (load_pools, bundled("pools.toml")),
    "prior sets": (load_prior_sets, bundled("prior_sets.toml")),
    "implied evidence": (load_implied_evidence, bundled("implied_evidence.toml")),
    "rule": (load_rule, bundled("measures_rule.toml")),
    "back-tests": (load_back_tests, bundled("backtests.toml")),
    "published totals": (load_published_totals, bundled("published_totals.toml")),
    "ranges": (load_ranges, bundled("ranges.toml")),
}
TOML = {
    name: (door, tomllib.loads(content) if isinstance(content, str) else content)
    for name, (door, content) in TOML.items()
}
PANEL = load_country_panel()
CSV = {
    "observations": (sm.load_observations, "russia_quarterly.csv"),
    "own table": (
        lambda file: sm.load_observations(file, scm=sm.growth_transmission()),
        "russia_quarterly.csv",
    ),
    "events": (load_events, "sanctions_events.csv"),
    "evidence": (load_evidence, "evidence.csv"),
    "outside forecasts": (load_outside_forecasts, "outside_forecasts.csv"),
    "baseline": (load_annual_figures, None),
    "countries": (load_country_panel, "country_panel.csv"),
    "episodes": (load_episodes, "relief_episodes.csv"),
    "episode effects": (load_episode_effects, "elsewhere_episodes.csv"),
    "draws": (load_effect_draws, "elsewhere_draws.csv"),
    "trial": (load_trial, "elsewhere_trial.csv"),
    "bans": (load_bans, "relief_inside_russia.csv"),
    "news": (load_news_days, "news_days.csv"),
    "sectors": (load_sectors, "sectors.csv"),
    "raw": (load_raw, "raw_quarterly.csv"),
    "base rates": (lambda file: read_gsdb(file, PANEL), None),
}
BASELINE = "year,gdp_level,key_rate\n2026,1.1,14.5\n2027,1.6,\n2028,,8\n"
GSDB = """\
case_id,sanctioned_state,sanctioning_state,begin,end,trade,arms,military,financial,travel,other,\
objective,success,sender_mult
1,Angola,United States,1990,1995,1,0,0,1,0,0,policy_change,success_total,0
2,Angola,"EU,Canada",2001,2004,0,1,0,0,1,0,end_war,failed,1
3,Angola,United Kingdom,2020,2022,1,0,0,0,0,1,democracy,ongoing,0
""".replace("\\\n", "")


def wrong_kinds(path, value):
    """Return what can never stand where this value stands."""
    if path[-1] == "r":  # of a rule: a number, or words on how it is measured
        return hostile.BOOLEANS
    if isinstance(value, bool):
        return (*hostile.TEXTS, *hostile.NESTED, 2, *hostile.NOT_FINITE)
    if isinstance(value, int | float):
        return (
            *hostile.TEXTS,
            *hostile.BOOLEANS,
            *hostile.NOT_FINITE,
            *hostile.TOO_LONG,
            [[1]],
            {"a": 1},
            {},
            [1, "a"],
        )
    if isinstance(value, str) or path[-1] in {"before", "after"}:  # also levels; none are zeros
        return tuple(wrong for wrong in (*hostile.BOOLEANS, *hostile.NESTED) if wrong != {})
    if isinstance(value, list):
        return (*hostile.BOOLEANS, {"a": 1}, *hostile.NOT_FINITE)
    if isinstance(value, dict):
        return (*hostile.BOOLEANS, "text", value | {"nothing_of_ours": [1]})
    assert isinstance(value, date)
    return (*hostile.BOOLEANS, {"a": 1})


def table(name):
    """Return the lines of a table: of a long one those at its ends."""
    own = {"baseline": BASELINE, "base rates": GSDB}
    text = own[name] if name in own else bundled(CSV[name][1])
    rows = list(csv.reader(io.StringIO(text)))
    return rows if name in WHOLE or len(rows) < 80 else rows[:80]


WHOLE = {"draws"}  # the number of its lines is checked
ROWS = {name: table(name) for name in CSV}


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def numeric_columns(rows):
    """Columns whose every cell is a number or empty."""
    columns = zip(*rows[1:], strict=True)
    return [
        place
        for place, cells in enumerate(columns)
        if any(cells) and all(is_number(cell) for cell in cells if cell)
    ]


WRONG_CELLS = (
    "ten",
    "inf",
    "-inf",
    "1e400",
    "True",
    "1,5x",
    "0x10",
    "=1+1",
    "--1",
    "{}",
    "\x1b[31m",
)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    """A file of this test that is written over and over."""
    return tmp_path_factory.mktemp("doors") / "mine.csv"


@pytest.mark.parametrize("name", TOML)
def test_a_file_as_it_should_be_is_read(name, spoilt):
    door, content = TOML[name]
    spoilt.write_text(hostile.toml(content), encoding="utf-8")
    assert hostile.answer(door, spoilt) is not None


@pytest.mark.parametrize("name", CSV)
def test_a_table_as_it_should_be_is_read(name, spoilt):
    spoilt.write_text(as_csv(ROWS[name]), encoding="utf-8")
    assert hostile.answer(CSV[name][0], spoilt) is not None


@pytest.mark.parametrize("name", TOML)
@given(data=st.data())
@hostile.searched(40)
def test_no_file_takes_a_value_of_a_wrong_kind(name, spoilt, data):
    door, content = TOML[name]
    changed = data.draw(hostile.a_place_in(content, wrong_kinds))
    spoilt.write_text(hostile.toml(changed), encoding="utf-8")
    hostile.must_refuse(door, spoilt)


@pytest.mark.parametrize("name", CSV)
@given(data=st.data())
@hostile.searched(25)
def test_no_table_takes_a_cell_of_a_wrong_kind(name, spoilt, data):
    rows = ROWS[name]
    # An identifier may be any text, and a flag of an episode also "true".
    columns = [c for c in numeric_columns(rows) if rows[0][c] != "case_id"]
    if not columns:
        return
    column = data.draw(st.sampled_from(columns))
    row = data.draw(st.sampled_from([r for r in range(1, len(rows)) if rows[r][column]]))
    wrong = data.draw(
        st.sampled_from([w for w in WRONG_CELLS if (name, w) != ("episodes", "True")])
    )
    changed = [list(cells) for cells in rows]
    changed[row][column] = wrong
    spoilt.write_text(as_csv(changed), encoding="utf-8")
    hostile.must_refuse(CSV[name][0], spoilt)


CONTENT = {name: as_csv(ROWS[name]).encode() for name in CSV} | {
    name: hostile.toml(content).encode() for name, (_, content) in TOML.items()
}
DOORS = {name: door for name, (door, _) in (CSV | TOML).items()}


@pytest.mark.parametrize("name", DOORS)
@given(data=st.data())
@hostile.searched(15)
def test_a_damaged_file_is_read_or_refused_in_one_line(name, spoilt, data):
    spoilt.write_bytes(data.draw(hostile.damaged(CONTENT[name])))
    hostile.answer(DOORS[name], spoilt)


@pytest.mark.parametrize(
    "shift",
    [
        lambda line, number: line if number else "," + line,  # read as figures one column on
        lambda line, number: line + "," if number else line,  # read as an index and one column back
        lambda line, number: line.rpartition(",")[0] if number == 2 else line,
    ],
    ids=["a header with one cell more", "rows with one cell more", "a row with one cell less"],
)
@pytest.mark.parametrize("name", CSV)
def test_rows_of_another_width_than_the_header_are_refused(name, shift, tmp_path):
    lines = CONTENT[name].decode().splitlines()
    own = tmp_path / "mine.csv"
    own.write_text("\n".join(map(shift, lines, range(len(lines)))), encoding="utf-8")
    hostile.must_refuse(DOORS[name], own)
