"""Every verb on a fit of the United States: it answers, or says what that model does not have."""

import re

import pytest
from command import call, refused
from united_states import MODEL, write_fit

from sanctions_model.cli.app import command
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.queries.claims import load_claims
from sanctions_model.report.claims import in_words_of_the_model

# No name of the Russian model may come up in an answer about another one.
RUSSIAN = re.compile(r"\b(inflation_yoy|key_rate|gdp_level|rouble|import_premium)\b")
WITHOUT = {  # what the question is about that this model does not have
    ("claims",): "no measures",
    ("effects",): "no measures",
    ("sensitivity",): "no measures",
    ("confounding",): "price_level",
    ("evidence",): "price_level",
    ("validate", "--quick"): "None of the sanity checks can be asked",
    ("scenario", "compare"): "trade, finance, energy, transport, assets",
    ("scenario", "mix"): "trade, finance, energy, transport, assets",
    ("scenario", "sectors", "reset"): "import_premium",
    ("scenario", "require", "--outcome", "bill_rate", "--below", "2"): "no measures",
    ("report",): "no measures",
    ("brief",): "gdp_level",
    ("annual",): "no measures",
    ("elsewhere",): "no measures",
}
ANSWERED = [
    ("graph",),
    ("effects", "--measure", "spending"),
    ("forecast", "--horizon", "4"),
    ("forecast", "--set", "bill_rate=3", "--horizon", "4"),
    ("forecast", "--condition", "bill_rate=3@1-2", "--horizon", "4"),
    ("counterfactual", "run", "--from", "2008Q1", "--set", "spending=0"),
    ("counterfactual", "decompose", "--from", "2008Q1"),
    ("scenario", "run", "--set", "bill_rate=2", "--horizon", "4"),
    (
        *("scenario", "require", "--outcome", "bill_rate", "--below", "2"),
        *("--measure", "spending", "--within", "4"),
    ),
    ("refute",),
    ("irf", "spending"),
    ("fevd",),
    ("data", "nowcast"),
]
# Verbs that read no fit, or are asked for in tests of their own.
ELSEWHERE = {"run", "sweep", "compare", "priors", "data", "scenario list", "scenario show"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_fit(tmp_path_factory.mktemp("united_states"))


def test_a_fit_is_named_by_its_folder_or_by_its_file(folder):
    asked = ("irf", "spending", "--format", "csv", "--fit")
    assert call(*asked, folder / "posterior.nc").out == call(*asked, folder).out


def test_a_forecast_of_a_model_without_measures_speaks_of_no_sanctions(folder):
    done = call("forecast", "--horizon", "4", "--fit", folder)
    assert "Question: what comes?" in done.out
    assert "sanctions unchanged" not in done.out
    assert "The forecast beside no change" in done.out


def test_a_scenario_of_another_model_is_not_compared_with_sanctions_of_a_year(folder):
    done = call("scenario", "run", "--set", "bill_rate=2", "--horizon", "4", "--fit", folder)
    assert "against the future without it" in done.out
    assert "2025" not in done.out


@pytest.mark.parametrize("asked", ANSWERED, ids=" ".join)
def test_a_verb_answers_about_the_model_of_the_fit(folder, asked):
    done = call(*asked, "--fit", folder)
    assert done.code == 0, done.err
    assert done.out.strip()
    assert "differ from the files" not in done.err
    assert not RUSSIAN.search(done.out + done.err)


@pytest.mark.parametrize("asked", WITHOUT, ids=" ".join)
def test_a_verb_says_in_one_line_what_the_model_does_not_have(folder, asked):
    assert WITHOUT[asked] in refused(*asked, "--fit", folder)


def test_two_fits_of_the_model_are_compared(folder, tmp_path):
    other = write_fit(tmp_path, draws=40)
    assert "no measures" in refused("compare", folder, other)


def test_every_verb_that_reads_a_fit_is_asked(folder):
    def paths(command, above=()):
        below = getattr(command, "commands", {})
        if not below:
            yield " ".join(above), {option for p in command.params for option in p.opts}
        for name, child in below.items():
            yield from paths(child, (*above, name))

    asked = {
        " ".join(words[: 2 if words[0] in {"scenario", "counterfactual", "data"} else 1])
        for words in (*ANSWERED, *WITHOUT)
    }
    reading = {path for path, options in paths(command()) if "--fit" in options}
    assert reading - asked - ELSEWHERE == set(), (
        "add to ANSWERED, with arguments that this model can answer, to WITHOUT with what it "
        "lacks, or to ELSEWHERE"
    )


def test_the_graph_of_a_fit_is_that_fit_s(folder):
    done = call("graph", "--fit", folder)
    assert "The model joins 4 variables by 6 links" in done.out
    assert "bill_rate" in done.out
    assert growth_transmission().name not in done.out


def test_the_article_s_claims_are_put_in_the_words_of_another_country_s_model():
    claims = load_claims()
    there = {level.variable.name: level.variable for level in MODEL.levels}
    own = {name: c.model_copy(update={"outcome": next(iter(there))}) for name, c in claims.items()}
    stated = {claim.statement for claim in in_words_of_the_model(own, MODEL).values()}
    label = next(iter(there.values())).short_label.removesuffix(" level")
    assert not any("Russia" in words for words in stated)
    assert all(label.lower() in words.lower() for words in stated)
    assert in_words_of_the_model(claims, growth_transmission()) == claims
