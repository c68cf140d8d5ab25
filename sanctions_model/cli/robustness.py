"""The verbs that ask what an answer rests on: evidence, sensitivity, confounding, refute.

Each answers an existing fit; only ``--refit`` and ``--leave-future-out`` sample, and say so
beforehand.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sanctions_model.cli.parts.console import (
    asked_output,
    configure,
    is_short,
    print_table,
    show,
)
from sanctions_model.cli.parts.numbers import with_basis
from sanctions_model.cli.parts.options import (
    DEFAULT_FIT,
    CsvOption,
    FigureOption,
    FitOption,
    JsonOption,
    QuietOption,
    beside_fit,
    load_fit,
    write_csv,
    write_figure,
)
from sanctions_model.coercion import as_whole
from sanctions_model.dims import Said
from sanctions_model.errors import QuestionError, UnknownVariableError, reading_fault
from sanctions_model.files import content_of, require_target
from sanctions_model.wording import error_words, lower_first, share_words

if TYPE_CHECKING:
    import pandas as pd

    from sanctions_model.inference.fit import Fit
    from sanctions_model.queries.claims import Claim
    from sanctions_model.robustness.implied_evidence import Observation

_LOG = logging.getLogger("sanctions_model.cli")

RefitOption = Annotated[
    bool, typer.Option("--refit", help="Also fit anew for what this fit cannot say; takes minutes.")
]
ClaimOption = Annotated[
    str, typer.Option("--claim", help="Claim that --figure draws, by its name in claims.toml.")
]


def _posterior(folder: Path) -> "Fit":
    found = load_fit(folder)
    if found.is_prior_only:
        raise QuestionError(
            f"The fit in {folder} has prior draws alone; run `sanctions-model run` without "
            "--prior-only."
        )
    return found


def _claim(name: str) -> "Claim":
    from sanctions_model.queries.claims import load_claims

    known = load_claims()
    if name not in known:
        raise UnknownVariableError.from_name(name, known, "--claim")
    return known[name]


def evidence(
    fit: FitOption = DEFAULT_FIT,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="This published figure only, by its name; may be repeated."),
    ] = None,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare published figures with what the model implies. And what each would move."""
    configure(quiet=quiet)
    import pandas as pd

    from sanctions_model.robustness.implied_evidence import load_implied_evidence
    from sanctions_model.robustness.sensitivity import headline_claims
    from sanctions_model.robustness.system_priors import evidence_effects, evidence_table

    known = load_implied_evidence()
    for name in only or ():
        if name not in known:
            raise UnknownVariableError.from_name(name, known, "--only")
    chosen = {name: seen for name, seen in known.items() if not only or name in only}
    found = _posterior(fit)
    table = evidence_table(found.problem, found.prior_draws, found.draws, chosen)
    claims = headline_claims()
    moved = evidence_effects(found.problem, found.draws, chosen, claims)
    whole = pd.concat([table, with_basis(moved, found, claims, asked=csv or as_json)])
    write_csv(whole, csv)
    if figure is not None:
        _draw_forest(found, chosen, figure)
    if as_json:
        print_table(whole, "Published figures", "", as_json=True)
        return
    from sanctions_model.report.checks import evidence_views

    compared, taken_in = evidence_views(table, moved, found.scm)
    show(compared)
    show(taken_in)


def _draw_forest(found: "Fit", chosen: "dict[str, Observation]", figure: Path) -> None:
    from sanctions_model.plots import plot_forest
    from sanctions_model.queries.estimands import quantity_draws

    for seen in chosen.values():
        if seen.pool is not None and seen.pooled is not None:
            prior, posterior = (
                quantity_draws(found.scm, draws, seen.quantity)
                for draws in (found.prior_draws, found.draws)
            )
            drawn = plot_forest(
                seen.quantity, seen.pool, seen.pooled, prior, posterior, source=_source(found)
            )
            write_figure(drawn, figure)
            return
    raise QuestionError("None of the figures is pooled; there is no forest to draw.")


def sensitivity(
    fit: FitOption = DEFAULT_FIT,
    refit: RefitOption = False,
    alternatives: Annotated[
        Path | None,
        typer.Option("--alternatives", help="Table of earlier refits, as --refit writes it."),
    ] = None,
    claim: ClaimOption = "gdp_growth",
    most: Annotated[int, typer.Option(help="How many factors to show for each claim.")] = 10,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Rank what the answers rest on. Of prices, key rate and GDP."""
    configure(quiet=quiet)
    from sanctions_model.elsewhere.prediction import LIFTINGS, predict
    from sanctions_model.robustness.implied_evidence import load_implied_evidence
    from sanctions_model.robustness.ranking import rank_factors
    from sanctions_model.robustness.sensitivity import headline_claims

    asked = headline_claims()
    if claim not in asked:
        raise UnknownVariableError.from_name(claim, asked, "--claim")
    as_whole(most, "--most", least=1)
    if refit:
        require_target(beside_fit(fit, "alternatives.csv"), "--refit", (".csv",))
    found = _posterior(fit)
    others = None if alternatives is None else _read_alternatives(alternatives)
    if refit:
        others = _refitted(found, asked)
        write_csv(others, beside_fit(fit, "alternatives.csv"))
    ranking = rank_factors(
        found,
        asked,
        observations=load_implied_evidence(),
        alternatives=others,
        liftings=predict(LIFTINGS["settlement, all senders"]),
    )
    ranking = with_basis(ranking, found, asked, asked=csv or as_json)
    write_csv(ranking, csv)
    if figure is not None:
        _draw_tornado(found, asked[claim], claim, ranking, figure)
    from sanctions_model.report.checks import ranking_view
    from sanctions_model.report.graph_choice import choice_view, graph_choice

    if as_json:
        print_table(ranking, "What the answers rest on", "", as_json=True)
        return
    show(ranking_view(ranking[ranking["rank"] <= most], found.scm))
    choice = None if is_short() else graph_choice(fit, found)
    if choice is not None and asked_output.form == "table":
        show(choice_view(choice, found.scm))


def _read_alternatives(path: Path) -> "pd.DataFrame":
    from sanctions_model.data.bundled import read_whole_rows

    needed = {"alternative", "kind", "claim", "outcome", "horizon", "median", "converged"}
    try:
        table = read_whole_rows(content_of(path))
    except (OSError, ValueError) as error:
        raise QuestionError(
            f"Cannot read {path}: {reading_fault(error)}; give a table of refits."
        ) from None
    if missing := sorted(needed - set(table)):
        raise QuestionError(f"{path} lacks {', '.join(missing)}; give a table of refits.")
    return table


def _refitted(found: "Fit", claims: "dict[str, Claim]") -> "pd.DataFrame":
    from sanctions_model.robustness.graphs.alternatives import (
        compare_alternatives,
        fit_alternatives,
        prior_alternatives,
    )
    from sanctions_model.robustness.graphs.variants import transmission_alternatives

    data, priors = found.problem.observations, found.problem.priors
    scm = found.scm.with_centres({})
    chosen = prior_alternatives(scm, data, priors)
    chosen += transmission_alternatives(data, priors, scm)
    _LOG.info("%s refits", len(chosen))
    return compare_alternatives(list(fit_alternatives(chosen, draws=1000, tune=1000)), claims)


def _source(found: "Fit") -> object:
    return found.draws.attrs.get(Said.SOURCE)


def _draw_tornado(
    found: "Fit", claim: "Claim", name: str, ranking: "pd.DataFrame", figure: Path
) -> None:
    from sanctions_model.plots import plot_tornado
    from sanctions_model.queries.effects import relief_subject
    from sanctions_model.queries.forecasts import last_known_period
    from sanctions_model.queries.reading.headlines import in_words_of, spoken_label, when_words
    from sanctions_model.robustness.ranking import tornado
    from sanctions_model.summaries import interval_rule

    last = found.problem.cases.time[last_known_period(found.problem, [claim.outcome])]
    by = when_words({Said.START: str(last)[:10]}, claim.horizon, found.scm)
    bars, subject = tornado(ranking, name), relief_subject(found.scm, claim.relief)
    drawn = plot_tornado(
        bars.assign(factor=[in_words_of(found.scm, str(factor)) for factor in bars["factor"]]),
        title=f"What does the effect of {lower_first(subject)} rest on?",
        answer=f"the effect on {spoken_label(found.scm, claim.outcome)} {by}",
        unit=found.scm.effect_unit(claim.outcome),
        source=_source(found),
        caption=(
            "Bars: the lowest to the highest median of the effect, of a parameter at the ends of "
            f"its {interval_rule()}, without a link, with a published figure, under other beliefs "
            "or equations; no interval. Line: the median as fitted."
        ),
    )
    write_figure(drawn, figure)


def confounding(
    fit: FitOption = DEFAULT_FIT,
    claim: ClaimOption = "gdp_growth",
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say how strong a hidden cause must be to overturn a claim."""
    configure(quiet=quiet)
    from sanctions_model.robustness.confounding import (
        confounding_curve,
        tipping_point,
        tipping_table,
    )
    from sanctions_model.robustness.sensitivity import headline_claims

    drawn_claim = _claim(claim)
    found = _posterior(fit)
    asked = headline_claims() | {claim: drawn_claim}
    table = tipping_table(found.problem, found.draws, asked)
    table = with_basis(table, found, asked, asked=csv or as_json)
    write_csv(table, csv)
    if figure is not None:
        from sanctions_model.plots import plot_tipping

        curve = confounding_curve(found.problem, found.draws, drawn_claim)
        point = tipping_point(found.scm, found.draws, drawn_claim)
        drawn = plot_tipping(found.scm, drawn_claim, curve, point, source=_source(found))
        write_figure(drawn, figure)
    from sanctions_model.report.checks import confounding_view

    if as_json:
        print_table(table, "Hidden common causes", "", as_json=True)
        return
    show(confounding_view(table, found.scm))


def refute(
    fit: FitOption = DEFAULT_FIT,
    refit: RefitOption = False,
    claim: ClaimOption = "gdp_growth",
    number: Annotated[
        int, typer.Option(help="How many placebo dates, and as many placebo measures.")
    ] = 8,
    csv: CsvOption = None,
    figure: FigureOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Test what the graph rules out. With --refit also placebos, noise and subsamples."""
    configure(quiet=quiet)
    from sanctions_model.robustness.refutation import implied_independences

    asked = _claim(claim)
    as_whole(number, "--number", least=1)
    found = _posterior(fit)
    table = implied_independences(found.problem, found.draws)
    if refit:
        _refute_by_refits(found, claim, asked, number)
    write_csv(table, csv)
    from sanctions_model.report.checks import independence_view

    view = independence_view(table, found.scm)
    if figure is not None:
        from sanctions_model.plots import plot_independences

        table.attrs[Said.SOURCE] = _source(found)
        write_figure(plot_independences(table, title=view.title, scm=found.scm), figure)
    if as_json:
        print_table(table, "Independences that the graph implies", "", as_json=True)
        return
    show(view)


def _refute_by_refits(found: "Fit", name: str, claim: "Claim", number: int) -> None:
    from sanctions_model.robustness.graphs.alternatives import fit_alternatives
    from sanctions_model.robustness.refutation import (
        placebo_table,
        placebo_verdict,
        placebos,
        random_causes,
    )
    from sanctions_model.robustness.sensitivity import claim_effects
    from sanctions_model.robustness.subsamples import EPISODES, leave_out_periods

    chosen = placebos(found.problem, claim, dates=number, measures=number)
    chosen += random_causes(found.problem, claim)
    _LOG.info("%s refits, then %s at most", len(chosen), len(EPISODES))
    claims = {name: claim}
    fits = list(fit_alternatives(chosen))
    base = claim_effects(found.scm, found.draws, claims)
    table = placebo_table(fits, claims, base)
    verdict = placebo_verdict(table[table["kind"] == "placebo measure"]["prob_lowers"].tolist())
    print_table(
        table,
        "Placebos and random common causes",
        "P(it lowers the outcome) over placebo measures: "
        f"{share_words(verdict['mean'])} ± {error_words(verdict['error'])}, 0.50 before the data; "
        "the error is the least it can be, since placebos of one data set share its shocks. "
        "moved: of the claim's median, in posterior deviations.",
        as_json=False,
    )
    episodes = leave_out_periods(found.problem, found.draws, claims, refit=True)
    print_table(episodes, "Subsamples", "how: by weights, or by a refit.", as_json=False)
