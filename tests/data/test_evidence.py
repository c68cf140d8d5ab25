import csv
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sanctions_model.data.bundled import data_path
from sanctions_model.data.evidence import Estimate, Evidence, load_evidence
from sanctions_model.economies.growth import growth_transmission
from sanctions_model.errors import PriorError

COLUMNS = list(Estimate.model_fields)
ROW = {
    "id": "miller_2020_pass_through",
    "link": "depreciation -> inflation",
    "authors": "Miller",
    "year": "2020",
    "title": "Pass-through",
    "value": "0.1",
    "lower": "0.05",
    "upper": "0.2",
    "unit": "% per %",
    "status": "seen",
}
LATENT = ("import_premium", "technology_gap", "risk_premium", "oil_discount")
OBSERVED = tuple(growth_transmission().observed)
RELIEVED = ("trade", "finance", "energy", "transport")


def write(path: Path, *rows: dict[str, str], columns: list[str] | None = None) -> Path:
    names = COLUMNS if columns is None else columns
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "evidence.csv"


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return load_evidence()


@pytest.fixture(scope="module")
def priors() -> dict[str, Any]:
    return tomllib.loads(data_path("priors_growth.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def entries(priors: dict[str, Any]) -> dict[str, dict[str, Any]]:
    named = {
        f"{section}.{key}": entry
        for section, table in priors.items()
        if isinstance(table, dict) and section != "anchoring"
        for key, entry in table.items()
    }
    return named | {"anchoring": priors["anchoring"]}


def test_a_row_becomes_an_estimate_with_numbers(file: Path) -> None:
    estimate = load_evidence(write(file, ROW))["miller_2020_pass_through"]
    assert (estimate.year, estimate.value, estimate.lower, estimate.upper) == (2020, 0.1, 0.05, 0.2)
    assert estimate.note == ""


def test_the_bundled_file_has_the_documented_columns() -> None:
    with data_path("evidence.csv").open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    assert header == [
        *("id", "link", "authors", "year", "title", "venue", "sample", "method"),
        *("value", "lower", "upper", "unit", "horizon", "status", "note", "doi_or_url"),
    ]


def test_empty_cells_are_absent_and_not_zero(file: Path) -> None:
    estimate = next(iter(load_evidence(write(file, ROW | {"year": "", "value": "", "lower": ""}))))
    assert (estimate.year, estimate.value, estimate.lower, estimate.upper) == (
        None,
        None,
        None,
        0.2,
    )


def test_estimates_cannot_be_changed(file: Path) -> None:
    estimate = next(iter(load_evidence(write(file, ROW))))
    with pytest.raises(ValidationError, match="frozen"):
        estimate.value = 1.0


def test_the_frame_has_a_row_for_each_estimate_in_order(file: Path) -> None:
    other = ROW | {"id": "second", "year": "", "value": ""}
    frame = load_evidence(write(file, ROW, other)).to_frame()
    assert list(frame.index) == ["miller_2020_pass_through", "second"]
    assert list(frame.columns) == COLUMNS[1:]
    assert frame["upper"].sum() == pytest.approx(0.4)
    assert frame["value"].isna().tolist() == [False, True]
    assert frame["year"].isna().tolist() == [False, True]


def test_an_unknown_id_gets_the_nearest_one(file: Path) -> None:
    loaded = load_evidence(write(file, ROW))
    with pytest.raises(PriorError, match="Did you mean 'miller_2020_pass_through'"):
        loaded["miller_2021_pass_through"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Miller 2020"}, r"line 2, column 'id': 'Miller 2020' is not snake case"),
        ({"value": "0,1"}, r"line 2, column 'value': '0,1' is not a number"),
        ({"upper": "nan"}, r"line 2, column 'upper': 'nan' is not a number"),
        ({"year": "in press"}, r"line 2, column 'year': 'in press' is not a number"),
        ({"year": "20"}, r"'20' is refused: expected a number greater than or equal"),
        ({"year": "3024"}, r"'3024' is refused: expected a number less than or equal to 2100"),
        ({"lower": "0.3", "value": ""}, r"line 2, column 'upper': lower 0.3, value None, upper"),
        ({"value": "0.3"}, r"line 2, column 'upper': .* not in this order"),
        ({"value": "0.01", "upper": ""}, r"line 2, column 'upper': .* not in this order"),
        ({"unit": ""}, r"line 2, column 'unit': a number needs a unit"),
        ({"status": "Seen"}, r"'Seen' is not one of seen, .*Did you mean 'seen'"),
        ({"status": "memory"}, r"line 2, column 'status': 'memory' is not one of seen,"),
        ({"status": "qualitative"}, r"column 'status': 'qualitative' with numbers"),
        ({"value": "", "lower": "", "upper": ""}, r"column 'status': 'seen' with no number"),
        ({"status": "second_hand"}, r"column 'note': a second-hand figure must name the text"),
        ({"doi_or_url": "doi:10.1016/j.x"}, r"column 'doi_or_url': 'doi:10.1016/j.x' is neither"),
        ({"doi_or_url": "ftp://example.org"}, r"column 'doi_or_url': .* is neither a DOI"),
        ({"doi_or_url": "javascript:alert(1)"}, r"column 'doi_or_url': .* leave the cell empty"),
        ({"doi_or_url": 'https://a.org/"><b>'}, r"column 'doi_or_url': .* is neither a DOI"),
        ({"doi_or_url": "10.1/x"}, r"column 'doi_or_url': '10.1/x' is neither a DOI"),
        ({"authors": " "}, r"line 2, column 'authors': the cell must not be empty"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(
    file: Path, change: dict[str, str], message: str
) -> None:
    with pytest.raises(PriorError, match=message) as caught:
        load_evidence(write(file, ROW | change))
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "address"),
    [
        ("10.1093/qje/qjs020", "https://doi.org/10.1093/qje/qjs020"),
        ("https://ideas.repec.org/p/a.html", "https://ideas.repec.org/p/a.html"),
        ("", ""),
    ],
)
def test_a_source_can_be_followed(file: Path, cell: str, address: str) -> None:
    (estimate,) = load_evidence(write(file, ROW | {"doi_or_url": cell}))
    assert estimate.address == address


def test_one_study_has_one_address(evidence: Evidence) -> None:
    found: dict[tuple[str, int | None, str], set[str]] = {}
    for estimate in evidence:
        study = (estimate.authors, estimate.year, estimate.title)
        found.setdefault(study, set()).add(estimate.address)
    assert [study for study, addresses in found.items() if len(addresses) > 1] == []


def test_a_second_row_with_one_id_is_refused(file: Path) -> None:
    with pytest.raises(PriorError, match=r"line 3, column 'id': .* already the id of line 2"):
        load_evidence(write(file, ROW, ROW | {"value": "0.12"}))


def test_an_empty_file_is_refused(file: Path) -> None:
    file.write_text("", encoding="utf-8")
    with pytest.raises(PriorError, match=r"evidence\.csv is empty; expected the columns id, link"):
        load_evidence(file)


def test_a_file_without_rows_is_refused(file: Path) -> None:
    with pytest.raises(PriorError, match="has no rows"):
        load_evidence(write(file))


def test_a_missing_file_is_refused(file: Path) -> None:
    with pytest.raises(PriorError, match=r"Cannot read the evidence file .*evidence\.csv"):
        load_evidence(file)


def test_a_file_in_another_encoding_is_refused(file: Path) -> None:
    file.write_bytes("id,link\nm\u00fcller,x".encode("latin-1"))
    with pytest.raises(PriorError, match="is not UTF-8 text"):
        load_evidence(file)


def test_a_missing_column_is_refused(file: Path) -> None:
    columns = [name for name in COLUMNS if name != "upper"]
    with pytest.raises(PriorError, match=r"line 1: missing column 'upper'"):
        load_evidence(write(file, ROW, columns=columns))


def test_an_unknown_column_is_refused(file: Path) -> None:
    columns = [*COLUMNS[:-1], "notes"]
    with pytest.raises(PriorError, match=r"unknown column 'notes'.*Did you mean 'note'"):
        load_evidence(write(file, ROW, columns=columns))


def test_a_column_given_twice_is_refused(file: Path) -> None:
    with pytest.raises(PriorError, match="the column 'id' is there twice"):
        load_evidence(write(file, ROW, columns=[*COLUMNS, "id"]))


def test_a_row_with_an_unquoted_comma_is_refused(file: Path) -> None:
    write(file, ROW)
    with file.open("a", encoding="utf-8") as stream:
        stream.write("a,b,c\n")
    with pytest.raises(PriorError, match="line 3: 3 cells for 16 columns"):
        load_evidence(file)


def test_evidence_built_by_hand_refuses_two_estimates_with_one_id() -> None:
    estimate = Estimate.model_validate(ROW | {"year": 2020})
    with pytest.raises(PriorError, match="two estimates with the id 'miller_2020_pass_through'"):
        Evidence((estimate, estimate))


def test_evidence_without_estimates_is_refused() -> None:
    with pytest.raises(PriorError, match="at least one estimate"):
        Evidence(())


def test_the_bundled_evidence_holds_the_figures_the_priors_lean_on(evidence: Evidence) -> None:
    embargo = evidence["hinz_monastyrenko_2022_embargo_cpi"]
    assert (embargo.value, embargo.status) == (0.33, "seen")
    neutral = evidence["ushakova_chernyadyev_2017_equilibrium_rate"]
    assert (neutral.value, neutral.lower, neutral.upper) == (None, 0.6, 1.4)
    assert evidence["gurvich_prilepskiy_2015_gdp"].value == -2.4
    assert evidence["bloomberg_2016_relief_year_2"].status == "second_hand"


def test_own_calculations_are_signed_by_the_project(evidence: Evidence) -> None:
    for estimate in evidence:
        own = estimate.status == "own_calculation"
        assert (estimate.authors == "sanctions_model") == own, estimate.id


def test_every_prior_has_a_unit_a_rationale_and_sources(
    entries: dict[str, dict[str, Any]],
) -> None:
    for name, entry in entries.items():
        for field in ("family", "unit", "rationale", "sources"):
            assert entry.get(field), f"{name} has no {field}"


def test_every_source_of_a_prior_is_judgement_or_an_estimate(
    entries: dict[str, dict[str, Any]], evidence: Evidence
) -> None:
    for name, entry in entries.items():
        sources = entry["sources"]
        if isinstance(sources, str):
            assert sources == "judgement", name
            continue
        assert len(sources) == len(set(sources)), name
        assert set(sources) != {"judgement"}, f"{name}: write the string instead"
        unknown = set(sources) - {"judgement"} - set(evidence.ids)
        assert not unknown, f"{name} rests on unknown evidence {unknown}"


def test_a_rationale_speaks_in_sentences(entries: dict[str, dict[str, Any]]) -> None:
    for name, entry in entries.items():
        rationale = entry["rationale"]
        assert rationale[0].isupper(), name
        assert rationale.endswith("."), name
        assert "  " not in rationale, name
        assert "\n" not in rationale, name


def test_every_latent_and_observed_variable_has_its_own_priors(priors: dict[str, Any]) -> None:
    assert set(priors["persistence"]) == {*LATENT, *OBSERVED}
    assert set(priors["intercept"]) == set(OBSERVED)
    assert set(priors["scale"]) == set(OBSERVED)
    assert set(priors["degrees_of_freedom"]) == {"*"}
    assert set(priors["recoverable_share"]) == set(RELIEVED)
    assert set(priors["recovery_speed"]) == set(RELIEVED)
    children = Counter(label.split(" -> ")[1] for label in priors["coefficient"])
    assert set(children) == {*LATENT, *OBSERVED} - {"oil_growth"}


def test_priors_relative_to_a_series_say_what_holds_without_data(priors: dict[str, Any]) -> None:
    for section in ("intercept", "scale"):
        for name, entry in priors[section].items():
            absolute = entry["without_data"]
            assert entry["relative_to_series"] is True, name
            assert set(absolute) == set(entry) & {"mu", "sigma"}, name
            assert absolute["sigma"] > 0, name
    for name, intercept in priors["intercept"].items():
        assert intercept["without_data"]["sigma"] == pytest.approx(
            2 * priors["scale"][name]["without_data"]["sigma"]
        ), name


def test_a_prior_that_sets_a_sign_says_so(priors: dict[str, Any]) -> None:
    for label, entry in priors["coefficient"].items():
        one_sided = (
            entry["family"] in {"LogNormal", "Beta", "Gamma", "HalfNormal"}
            or entry.get("lower", -1) >= 0
        )
        assert one_sided == ("sign is set by the prior" in entry["rationale"]), label


def test_the_page_counts_the_rows_without_an_address(evidence: Evidence) -> None:
    own = [row for row in evidence if row.status == "own_calculation"]
    rest = [row for row in evidence if not row.address and row not in own]
    page = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text(encoding="utf-8")
    assert f"({len(rest)} rows, besides the {len(own)} own calculations)" in page
    models = [row for row in rest if row.id.startswith("bank_of_russia_model_")]
    press = [row for row in rest if row.id.startswith("press_")]
    assert (len(models), len(press)) == (8, 3)  # each kind has its reason on the page
    assert len(models) + len(press) == len(rest)
