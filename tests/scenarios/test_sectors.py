"""Sectors against closed forms, and files of sectors that are wrong."""

import csv

import numpy as np
import pytest
from future_world import scenario

from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import load_evidence
from sanctions_model.errors import ObservationError, QuestionError
from sanctions_model.scenarios.library import load_scenarios
from sanctions_model.scenarios.odds.regimes import draw_scenario_paths
from sanctions_model.scenarios.sectors import (
    load_output_losses,
    load_sectors,
    output_table,
    pool_premium,
    pooled_effects,
    sector_premiums,
    sector_table,
)

FIVE = {"aircraft", "rail", "chemicals", "machine_tools", "pharma_medical"}


@pytest.fixture(scope="module")
def draws(growth_draws):
    at = np.arange(300) % 2
    return growth_draws.isel(draw=at).assign_coords(draw=np.arange(300))


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


def test_today_a_part_is_weight_times_share_times_premium(growth_problem, draws):
    found = followed(growth_problem, draws, scenario())
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


def test_drawn_figures_have_the_moments_of_the_file(growth_problem, draws):
    now = followed(growth_problem, draws, scenario(), horizon=1).sel(horizon=0)
    for row in load_sectors():
        own, count = now.sel(sector=row.sector), now.sizes["chain"] * now.sizes["draw"]
        mean = row.share_alpha / (row.share_alpha + row.share_beta)
        assert abs(float(own["share"].mean()) - mean) < 4 * float(own["share"].std()) / count**0.5
        logs = np.log(own["premium"])
        error = row.premium_sigma / count**0.5
        assert abs(float(logs.mean()) - np.log(row.premium_median)) < 4 * error


def test_relief_lowers_share_and_premium_by_the_exposed_intensity(growth_problem, draws):
    """With full and instant recovery a sector's part falls to 1 - depth times its exposure."""
    instant = draws.copy(deep=True)
    instant["recoverable_share"][...] = 1.0
    instant["recovery_speed"][...] = 1.0
    phase = {"start": 1, "ramp": 1, "depth": 0.6}
    made = scenario(relief=({"measures": ("finance",), "phase": (phase,)},))
    found = followed(growth_problem, instant, made)
    for row in load_sectors():
        own = found.sel(sector=row.sector)
        left = 1 - 0.6 * row.finance
        for name, power in (("share", 0.5), ("premium", 0.5), ("part", 1.0)):
            ratio = own[name].sel(horizon=10) / own[name].sel(horizon=0)
            np.testing.assert_allclose(ratio, left**power, rtol=1e-10)


def test_every_sector_falls_under_the_reset_and_rises_under_deterioration(growth_problem, draws):
    library = load_scenarios()
    for name, sign in (("reset", -1), ("deterioration", 1)):
        found = followed(growth_problem, draws, library.named(name), horizon=20)
        change = (found.sel(horizon=20) - found.sel(horizon=0)).mean(["chain", "draw"])
        assert (sign * change["part"] > 0).all()
        assert sign * float(change["transmission"]) > 0
        assert (found["share"] <= 1).all()


def test_sectors_that_hang_on_all_measures_alike_fall_as_much_as_a_premium_that_does(
    growth_problem, draws
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
    found = followed(growth_problem, same, load_scenarios().named("reset"), sectors=rows)
    ratio = found / found.sel(horizon=0)
    np.testing.assert_allclose(ratio["total"], ratio["transmission"], rtol=1e-8)


def test_the_table_has_every_quantity_with_its_interval(growth_problem, draws):
    found = followed(growth_problem, draws, load_scenarios().named("machinery"), horizon=4)
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
        ({"output_percent": ""}, "line 2: .*output_status not_answered"),
        ({"output_percent": "-140"}, "line 2: output_percent"),
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


# One premium instead of two.

CENTRE, SPREAD = np.log(8.0), 0.3  # of the model's premium, in logarithms


@pytest.fixture(scope="module")
def many():
    """Draws of the anchored economy that differ in the size of the premium alone."""
    from anchored_economy import anchored_draws, anchored_problem

    scm = anchored_problem().scm
    draws = anchored_draws().isel(chain=[0], draw=np.zeros(4000, dtype=int))
    draws = draws.assign_coords(draw=np.arange(4000))
    links = [e.label for e in scm.by_name["premium_index"].links if e.parent != "premium_index"]
    index = draws["coefficient"].sel(link=links).sum("link")
    sizes = np.exp(CENTRE + SPREAD * np.random.default_rng(4).standard_normal(4000))
    draws["premium_size"] = (sizes[None, :] / index).transpose("chain", "draw")
    return scm, draws


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_two_normal_premiums_are_pooled_by_their_precision(many, power):
    scm, draws = many
    pool = pool_premium(scm, draws, power=power, random_seed=5)
    precision = SPREAD**-2 + power * pool.spread**-2
    mean = (CENTRE * SPREAD**-2 + power * pool.centre * pool.spread**-2) / precision
    weights, logs = pool.weights.weights, np.log(pool.own.to_numpy().ravel())
    assert pool.weights.holds
    found = weights @ logs
    error = 4 * precision**-0.5 / pool.weights.effective_size**0.5
    assert abs(found - mean) < error
    assert np.sqrt(weights @ (logs - found) ** 2) == pytest.approx(precision**-0.5, rel=0.06)


def test_the_sum_of_the_sectors_is_the_one_that_the_table_shows(many):
    scm, draws = many
    pool = pool_premium(scm, draws, random_seed=5)
    paths = draw_scenario_paths(
        scenario(), paths=4000, horizon=1, generator=np.random.default_rng(1)
    ).one_a_draw()
    found = sector_premiums(scm, draws, paths, random_seed=5).sel(horizon=0)
    np.testing.assert_allclose(pool.sectors.to_numpy(), found["total"].to_numpy())
    np.testing.assert_allclose(pool.own.to_numpy(), found["transmission"].to_numpy())
    assert pool.sectors_higher == pytest.approx(float((found["difference"] > 0).mean()))
    logs = np.log(found["total"].to_numpy())
    assert (pool.centre, pool.spread) == pytest.approx((logs.mean(), logs.std()))


def test_prices_move_by_what_weighted_draws_say(many):
    """The effect on prices is linear in the premium here, so its pooled median is known."""
    from sanctions_model.queries.effects import total_effect

    scm, draws = many
    pools = [pool_premium(scm, draws, power=p, random_seed=5) for p in (0.0, 1.0)]
    table = pooled_effects(scm, draws, pools, outcomes=["price_level"], horizon=20)
    none, full = (table[table["power"] == p].set_index("quantity") for p in (0.0, 1.0))
    for part in ("median", "lower", "upper"):
        np.testing.assert_allclose(none[f"pooled_{part}"], none[part], rtol=2e-3)
    assert none["difference_error"].max() < 1e-12  # the same draws, equally weighed
    assert not full["within_error"].any()
    raw = total_effect(scm, draws, horizon=20, outcomes=["price_level"]).isel(horizon=-1, outcome=0)
    slope, constant = np.polyfit(pools[1].own.to_numpy().ravel(), raw.to_numpy().ravel(), 1)
    line = constant + slope * full.loc["import_premium", "pooled_median"]
    assert full.loc["price_level", "pooled_median"] == pytest.approx(100 * np.expm1(line / 100))
    assert full.loc["import_premium", "pooled_median"] < full.loc["import_premium", "median"]


def test_draws_with_the_sectors_in_have_the_pooled_premium(many):
    scm, draws = many
    pool = pool_premium(scm, draws, power=1.0, random_seed=5)
    again = pool_premium(scm, pool.draws(draws), power=0.0, random_seed=5)
    weighed = float(pool.weights.weights @ pool.own.to_numpy().ravel())
    assert float(again.own.mean()) == pytest.approx(weighed, rel=1e-2)


@pytest.mark.parametrize(
    ("power", "message"),
    [
        (1.5, "is 1.5; expected 0 .left out. to 1"),
        (-0.1, "is -0.1; expected 0"),
        ("half", "The power of the sectors is the text 'half'"),
    ],
)
def test_a_power_that_is_no_share_is_refused(many, power, message):
    with pytest.raises(QuestionError, match=message):
        pool_premium(*many, power=power, random_seed=1)


def test_a_model_without_a_premium_is_not_pooled():
    from laboratory import MODEL, pinned

    with pytest.raises(QuestionError, match="no 'import_premium'"):
        pool_premium(MODEL, pinned(), random_seed=1)


# Output and capacity, and what another package says of them.


def test_output_is_answered_with_its_evidence_or_says_why_not():
    table = output_table().set_index("sector")
    for name in ("pharma_medical", "other"):
        assert table.loc[name, "output_status"] == "not_answered"
        assert np.isnan(table.loc[name, "output_percent"])
        assert len(table.loc[name, "output_source"]) > 20
    answered = table[table["output_status"] != "not_answered"]
    assert (answered["output_percent"] == -14).all()
    assert "of the cassette bearings" in table.loc["rail", "capacity"]


LOSSES = (
    "code,economic_activity,output_loss_usd_mn,benchmark_output_usd_mn\n"
    "A01,Agriculture,10,1000\n"
    "C20,Chemicals,12,100\n"
    "C28,Machinery,30,150\n"
    "C302T309,Other transport equipment,-2,100\n"
)


def test_losses_of_another_package_stand_beside_ours_with_the_gap(tmp_path):
    path = tmp_path / "losses.csv"
    path.write_text(LOSSES, encoding="utf-8")
    found = load_output_losses(path)
    assert found["C28"] == pytest.approx(-20)
    table = output_table(imported=found).set_index("sector")
    assert table.loc["chemicals", "gap"] == pytest.approx(-12 + 14)
    assert table.loc["machine_tools", "gap"] == pytest.approx(-20 + 14)
    for name in ("aircraft", "rail"):
        assert table.loc[name, "imported_percent"] == pytest.approx(2)
    assert table.loc["pharma_medical":"other", ["imported_percent", "gap"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no table"),
        (b"\xff\xfe\x00", "no table"),
        ("code,loss\nC20,1\n", "no column 'output_loss_usd_mn'; expected a CSV file"),
        (
            "code,output_loss_usd_mn,benchmark_output_usd_mn\nUSA,1,2\nRUS,1,2\n",
            "no sector of the article .* table of countries",
        ),
        (LOSSES + "C20,Chemicals,1,2\n", "sector C20 is there twice"),
        (LOSSES.replace("12,", "much,"), "line 3: output_loss_usd_mn is 'much'"),
        (LOSSES.replace("12,", "inf,"), "line 3: output_loss_usd_mn is 'inf'"),
        (LOSSES.replace("30,", "300,"), "line 4: a loss of 300 of an output of 150"),
    ],
)
def test_a_file_of_losses_that_is_wrong_is_one_line(tmp_path, content, message):
    path = tmp_path / "losses.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ObservationError, match=message) as caught:
        load_output_losses(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_of_losses_is_refused(tmp_path):
    with pytest.raises(ObservationError, match=r"none\.csv"):
        load_output_losses(tmp_path / "none.csv")


def test_studies_that_sectors_quote_can_be_followed():
    evidence = load_evidence()
    quoted = {
        sector.sector: [
            evidence[name.strip()] for name in (sector.evidence or "").split(";") if name
        ]
        for sector in load_sectors()
    }
    assert all(row.address for rows in quoted.values() for row in rows)
    assert [name for name, rows in quoted.items() if not rows] == [
        "other"
    ]  # as docs/schema.md says
