"""Exceedance curves against the closed form of a normal effect, and their figure."""

import numpy as np
import pytest
import xarray as xr
from laboratory import LIFTED, MODEL, pinned
from pictures import faults_of
from scipy import stats

from sanctions_model.errors import QuestionError
from sanctions_model.plots import plot_exceedance
from sanctions_model.queries.claims import Claim, claim_effect
from sanctions_model.queries.reading.exceedance import exceedance_table

SIZE, LINK = 4000, "premium -> inflation"
CLAIM = Claim(
    statement="Prices are lower.",
    outcome="inflation",
    sign=-1,
    horizon=1,
    material=0.1,
    measures=LIFTED.measures,
    ramp=1,
)


def normal_draws(mean, sd, seed=1):
    """Draws of the one link that carries the effect, normal; all else is pinned."""
    one = pinned().isel(chain=0, draw=0, drop=True)
    found = one.expand_dims(chain=np.arange(4), draw=np.arange(SIZE // 4)).copy(deep=True)
    values = mean + sd * np.random.default_rng(seed).normal(size=(4, SIZE // 4))
    drawn = xr.DataArray(
        values, dims=("chain", "draw"), coords={"chain": np.arange(4), "draw": np.arange(SIZE // 4)}
    )
    found["coefficient"] = found["coefficient"].where(found["link"] != LINK, drawn)
    return found


@pytest.fixture(scope="module")
def drawn():
    return normal_draws(1.0, 0.8), normal_draws(1.5, 0.3, seed=2)


def test_the_curve_is_that_of_a_normal_in_closed_form(drawn):
    table = exceedance_table(MODEL, *drawn, {"prices": CLAIM})
    for sample, column in zip(drawn, ("prob_prior", "prob"), strict=True):
        effect = -claim_effect(MODEL, sample, CLAIM)  # linear in the link, hence normal
        law = stats.norm(float(effect.mean()), float(effect.std()))
        np.testing.assert_allclose(table[column], law.sf(table["size"]), atol=0.02)
    assert (np.diff(table["prob"]) <= 0).all()
    assert table.loc[table["matters"], "size"].tolist() == [0.1]
    assert ((table["prob_error"] >= 0) & (table["prob_error"] < 0.02)).all()


def test_without_a_posterior_the_curve_is_the_priors(drawn):
    table = exceedance_table(MODEL, drawn[0], None, {"prices": CLAIM}, multiples=[0, 1])
    assert table["prob"].isna().all()
    assert table["prob_prior"].notna().all()


def test_what_has_no_size_has_no_curve(drawn):
    target = CLAIM.model_copy(update={"material": None, "target": 4.0, "when": "in 1"})
    with pytest.raises(QuestionError, match="0 claims with a size"):
        exceedance_table(MODEL, *drawn, {"target": target})
    with pytest.raises(QuestionError, match="from 0 on"):
        exceedance_table(MODEL, *drawn, {"prices": CLAIM}, multiples=[-1.0])


def test_the_figure_has_a_curve_before_and_after_and_marks_what_matters(drawn):
    table = exceedance_table(MODEL, *drawn, {"prices": CLAIM})
    figure = plot_exceedance(table)
    assert faults_of(figure) == []
    (axes,) = figure.axes
    curves = [line for line in axes.lines if len(line.get_xdata()) == len(table)]
    np.testing.assert_allclose(curves[0].get_ydata(), table["prob_prior"])
    np.testing.assert_allclose(curves[1].get_ydata(), table["prob"])
    assert any(np.allclose(line.get_xdata(), 0.1) for line in axes.lines)
    said = " ".join(text.get_text() for text in figure.texts)
    assert "judgement" in said.replace("\n", " ")
