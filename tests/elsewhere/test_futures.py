"""Which lifting a future is, and what had moved before, against the files themselves."""

import numpy as np
import pandas as pd
import pytest

import sanctions_model as sm
from sanctions_model.data.bundled import data_path
from sanctions_model.elsewhere import (
    announced_move,
    liftings_by_future,
    load_effect_draws,
    load_episodes,
)
from sanctions_model.errors import ObservationError, QuestionError

FILE = pd.read_csv(data_path("elsewhere_futures.csv"), dtype=str, keep_default_na=False)


def test_every_future_has_its_row_and_lifts_where_the_scenario_does():
    library = sm.load_scenarios()
    table = liftings_by_future().set_index("future")
    assert list(table.index) == list(library.process().order)
    for name in table.index:
        assert bool(table.loc[name, "lifting"]) == bool(library.named(name).relief), name


def test_what_was_seen_is_counted_by_hand():
    table = liftings_by_future().set_index("future")
    ended = [episode.ended_how for episode in load_episodes()]
    assert table.loc["limited", "seen"] == ended.count("sender_decision")
    both = ended.count("settlement") + ended.count("policy_change")
    assert table.loc["reset", "seen"] == both
    assert table.loc[["status_quo", "deterioration"], "seen"].tolist() == [0, 0]
    assert (table["of"] == len(ended)).all()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"lifting": "settlement, all sender"}, "line 2: unknown lifting.*Did you mean"),
        ({"endings": "surrender"}, "line 2: unknown ending 'surrender'"),
        ({"future": "limited"}, "'limited' is there twice; keep one row"),
    ],
)
def test_a_map_that_cannot_be_is_told_in_one_line(cells, message, tmp_path):
    table = FILE.copy()
    for name, cell in cells.items():
        table.loc[0, name] = cell
    table.to_csv(tmp_path / "map.csv", index=False)
    with pytest.raises(ObservationError, match=message) as refusal:
        liftings_by_future(tmp_path / "map.csv")
    assert "\n" not in str(refusal.value)


def test_what_had_moved_is_the_moments_of_the_draws():
    found = announced_move("imports")
    columns = pd.read_csv(data_path("elsewhere_draws.csv"))["anticipation[imports,-1]"]
    assert found.mu == pytest.approx(columns.mean())
    assert found.sigma == pytest.approx(columns.std())
    last = load_effect_draws()["anticipation"].sel(outcome="real_exchange_rate", lead="-1")
    assert announced_move().mu == pytest.approx(float(np.mean(last)))
    with pytest.raises(QuestionError, match="Unknown outcome 'rouble'"):
        announced_move("rouble")


def test_a_scenario_takes_it_as_its_announcement():
    from sanctions_model.scenarios.relief import Announcement

    found = announced_move()
    rouble = {"family": "Normal", "mu": found.mu, "sigma": found.sigma}
    assert Announcement.model_validate({"rouble": rouble}).rouble.mu == pytest.approx(found.mu)
