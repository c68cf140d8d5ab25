"""Sectors against closed forms, and files of sectors that are wrong."""

import csv

import numpy as np
import pytest
from future_world import scenario

from sanctions_model.data.bundled import data_path
from sanctions_model.errors import ObservationError, QuestionError
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.regimes import draw_scenario_paths
from sanctions_model.scenarios.sectors import load_sectors, sector_premiums, sector_table

FIVE = {"aircraft", "rail", "chemicals", "machine_tools", "pharma_medical"}


@pytest.fixture(scope="module")
def draws(default_draws):
    at = np.arange(300) % 2
    return default_draws.isel(draw=at).assign_coords(draw=np.arange(300))


def followed(problem, draws, made, *, horizon=10, **settings):
    paths = draw_scenario_paths(
        made,
        paths=draws.sizes["chain"] * draws.sizes["draw"],
        horizon=horizon,
        generator=np.random.default_rng(1),
    )
    return sector_premiums(problem.scm, draws, paths, random_seed=3, **settings)


def test_the_article_sectors_are_there_and_every_figure_says_what_it_rests_on():
    rows = load_sectors()
    assert {row.sector for row in rows} == FIVE | {"other"}
    for row in rows:
        for status in (row.share_status, row.premium_status, row.weight_status):
            assert status in {"judgement", "second_hand", "own_calculation", "remainder"}


def test_today_a_part_is_weight_times_share_times_premium(default_problem, draws):
    found = followed(default_problem, draws, scenario())
    now = found.sel(horizon=0)
    np.testing.assert_allclose(now["part"], now["weight"] * now["share"] * now["premium"])
    np.testing.assert_allclose(now["weight"].sum("sector"), 1.0)
    np.testing.assert_allclose(now["part"].sum("sector"), now["total"])
    np.testing.assert_allclose(now["total"] - now["transmission"], now["difference"])
    # Nothing moves under the status quo.
    for name in ("part", "transmission"):
        np.testing.assert_allclose(
            found[name], found[name].sel(horizon=0).broadcast_like(found[name])
        )


def test_drawn_figures_have_the_moments_of_the_file(default_problem, draws):
    now = followed(default_problem, draws, scenario(), horizon=1).sel(horizon=0)
    for row in load_sectors():
        own, count = now.sel(sector=row.sector), now.sizes["chain"] * now.sizes["draw"]
        mean = row.share_alpha / (row.share_alpha + row.share_beta)
        assert abs(float(own["share"].mean()) - mean) < 4 * float(own["share"].std()) / count**0.5
        logs = np.log(own["premium"])
        error = row.premium_sigma / count**0.5
        assert abs(float(logs.mean()) - np.log(row.premium_median)) < 4 * error


def test_relief_lowers_share_and_premium_by_the_exposed_intensity(default_problem, draws):
    """With full and instant recovery a sector's part falls to 1 - depth times its exposure."""
    instant = draws.copy(deep=True)
    instant["recoverable_share"][...] = 1.0
    instant["recovery_speed"][...] = 1.0
    phase = {"start": 1, "ramp": 1, "depth": 0.6}
    made = scenario(relief=({"measures": ("finance",), "phase": (phase,)},))
    found = followed(default_problem, instant, made)
    for row in load_sectors():
        own = found.sel(sector=row.sector)
        left = 1 - 0.6 * row.finance
        for name, power in (("share", 0.5), ("premium", 0.5), ("part", 1.0)):
            ratio = own[name].sel(horizon=10) / own[name].sel(horizon=0)
            np.testing.assert_allclose(ratio, left**power, rtol=1e-10)


def test_every_sector_falls_under_the_reset_and_rises_under_deterioration(default_problem, draws):
    library = load_scenarios()
    for name, sign in (("reset", -1), ("deterioration", 1)):
        found = followed(default_problem, draws, library.named(name), horizon=20)
        change = (found.sel(horizon=20) - found.sel(horizon=0)).mean(["chain", "draw"])
        assert (sign * change["part"] > 0).all()
        assert sign * float(change["transmission"]) > 0
        assert (found["share"] <= 1).all()


def test_sectors_that_hang_on_all_measures_alike_fall_as_much_as_a_premium_that_does(
    default_problem, draws
):
    """The two agree in relative terms where exposure and speed do: any difference is visible."""
    same = draws.copy(deep=True)
    link = [f"effective_{n} -> import_premium" for n in ("trade", "finance", "transport")]
    same["coefficient"].loc[{"link": link}] = 3.0
    same["persistence"].loc[{"adjusting": "import_premium"}] = 0.0
    third = 1 / 3
    rows = [
        row.model_copy(update={"trade": third, "finance": third, "transport": third})
        for row in load_sectors()
    ]
    found = followed(default_problem, same, load_scenarios().named("reset"), sectors=rows)
    ratio = found / found.sel(horizon=0)
    np.testing.assert_allclose(ratio["total"], ratio["transmission"], rtol=1e-8)


def test_the_table_has_every_quantity_with_its_interval(default_problem, draws):
    found = followed(default_problem, draws, load_scenarios().named("machinery"), horizon=4)
    table = sector_table(found, [0, 4])
    assert len(table) == 2 * (3 * 6 + 3)
    assert (table["lower"] <= table["median"]).all()
    assert (table["median"] <= table["upper"]).all()
    own = table[(table["quantity"] == "total") & (table["horizon"] == 4)].iloc[0]
    assert own["median"] == pytest.approx(float(found["total"].sel(horizon=4).median()))


def test_a_model_without_a_premium_is_refused():
    from laboratory import MODEL, pinned

    paths = draw_scenario_paths(scenario(), paths=1, horizon=2, generator=np.random.default_rng(0))
    with pytest.raises(QuestionError, match="no 'import_premium'"):
        sector_premiums(MODEL, pinned(), paths, random_seed=1)


def changed(tmp_path, **edits):
    """The bundled file with the first row edited."""
    with data_path("sectors.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0] |= edits
    path = tmp_path / "sectors.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ({"share_alpha": "-1"}, "line 2: share_alpha"),
        ({"premium_median": "much"}, "line 2: premium_median"),
        ({"trade": "0.9"}, "must sum to 1"),
        ({"weight_status": "guess"}, "line 2: weight_status"),
        ({"premium_source": ""}, "line 2: premium_source"),
        ({"weight_alpha": ""}, "or neither and weight_status remainder"),
        ({"sector": "rail"}, "is there twice"),
        (
            {"weight_alpha": "", "weight_beta": "", "weight_status": "remainder"},
            "exactly one row",
        ),
    ],
)
def test_a_wrong_file_of_sectors_is_refused(tmp_path, edits, message):
    with pytest.raises(ObservationError, match=message):
        load_sectors(changed(tmp_path, **edits))


def test_a_missing_file_of_sectors_is_refused(tmp_path):
    with pytest.raises(ObservationError, match="Cannot read the sectors"):
        load_sectors(tmp_path / "none.csv")


def test_the_premium_at_rest_is_found_behind_an_identity():
    from anchored_economy import anchored_draws, anchored_problem

    scm, draws = anchored_problem().scm, anchored_draws()
    paths = draw_scenario_paths(
        scenario(), paths=4, horizon=2, generator=np.random.default_rng(2)
    ).one_a_draw()
    found = sector_premiums(scm, draws, paths, random_seed=3)
    links = [
        edge.label for edge in scm.by_name["premium_index"].links if edge.parent != "premium_index"
    ]
    # The disruption has been routed around, and the index is the sum of its links.
    at_rest = draws["premium_size"] * draws["coefficient"].sel(link=links).sum("link")
    np.testing.assert_allclose(
        found["transmission"].sel(horizon=0, drop=True).transpose("chain", "draw"), at_rest
    )
