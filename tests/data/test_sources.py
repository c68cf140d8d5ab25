"""Sources of data, asked over HTTP from a server on the loopback address."""

import contextlib
import itertools
import socket
import threading

import pandas as pd
import pytest
import statistics_server as service
from statistics_server import Services, bundled_figures

from sanctions_model.data.sources.http import HttpClient, safe_xml
from sanctions_model.data.sources.interface import figures
from sanctions_model.data.sources.registry import SOURCES
from sanctions_model.errors import SourceError

START, END = pd.Period("2024Q1"), pd.Period("2025Q2")
SERVICES = {
    "Bank of Russia, key rate": "key rate",
    "BIS policy rates": "WS_CBPOL",
    "Bank of Russia, official rate": "official rate",
    "BIS exchange rates": "WS_XRU",
    "Bank of Russia, lending rates": "lending rates",
    "BIS consumer prices": "WS_LONG_CPI",
    "IMF consumer prices": "IMF.STA,CPI",
    "EIA Brent spot price": "eia",
    "IMF commodity prices": "IMF.RES,PCPS",
    "IMF quarterly accounts": "IMF.STA,QNEA",
    "IMF balance of payments": "IMF.STA,BOP",
}
JSON = {"eia", "lending rates"}  # the others answer in XML


@pytest.fixture(scope="module")
def served():
    with Services(bundled_figures()) as services:
        yield services


@pytest.fixture
def services(served, monkeypatch):
    monkeypatch.setenv("EIA_API_KEY", "a user's key")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    served.faults.clear()
    served.asked.clear()
    return served


def source(services, name, **bounds):
    (found,) = (s for s in services.sources(**bounds) if s.name == name)
    return found


def refusal(services, name, fault, **bounds):
    """The one line with which a source refuses an answer."""
    services.faults[SERVICES[name]] = fault
    with pytest.raises(SourceError) as caught:
        source(services, name, **bounds).fetch(START, END)
    assert "\n" not in str(caught.value)
    assert "a user" not in str(caught.value)
    return str(caught.value)


def expected_pairs(services, name):
    """What the server was made to say, computed from the quarters without the package."""
    quarters = services.figures[source(services, name).series]
    inside = {q: v for q, v in quarters.items() if (2024, 1) <= q <= (2025, 2)}
    match name:
        case "Bank of Russia, key rate" | "BIS policy rates":
            return {d.isoformat(): v for d, v in service.days(inside, (0, 0, 0)).items()}
        case "Bank of Russia, official rate":
            return {d.isoformat(): v for d, v in service.days(inside).items()}
        case "IMF quarterly accounts":
            return {f"{y}-{3 * q - 2:02d}-01": v * 3.5e11 for (y, q), v in inside.items()}
        case "IMF balance of payments":
            return {f"{y}-{3 * q - 2:02d}-01": v for (y, q), v in inside.items()}
        case "BIS consumer prices" | "IMF consumer prices":
            index = service.price_index(quarters)
            return {
                f"{y}-{m:02d}-01": v
                for (y, m), v in index.items()
                if (2024, 1) <= (y, m) <= (2025, 6)
            }
        case _:
            return {f"{y}-{m:02d}-01": v for (y, m), v in service.months(inside).items()}


@pytest.mark.parametrize("name", SERVICES)
def test_each_source_returns_the_figures_that_its_service_published(services, name):
    array = source(services, name).fetch(START, END)
    got = {str(t)[:10]: v for t, v in zip(array["time"].to_numpy(), array.to_numpy(), strict=True)}
    assert got == pytest.approx(expected_pairs(services, name), abs=1e-4)
    assert array.dims == ("time",)
    assert set(array.attrs) == {"unit", "source", "retrieved", "freq"}
    assert all(array.attrs.values())
    assert pd.Timestamp(array.attrs["retrieved"]).tzinfo is not None
    ((asked, _),) = services.asked
    assert asked == SERVICES[name]


def test_every_registered_source_has_a_name_of_its_own_and_feeds_a_known_column():
    names = [s.name for s in SOURCES]
    assert sorted(names) == sorted(set(names)) == sorted(SERVICES)
    columns = set(bundled_figures())
    assert {s.series for s in SOURCES} <= columns


def test_every_registered_source_asks_its_own_host_and_over_https_only():
    for registered in SOURCES:
        scheme, _, rest = registered.url.partition("://")
        assert scheme == "https", registered.name
        assert rest.split("/")[0] in registered.client.hosts, registered.name


def test_generic_and_structure_specific_messages_say_the_same(services):
    keys = {"COUNTRY": "RUS", "UNIT": "USD"}
    pairs = [("2024-Q1", 70e9), ("2024-Q2", 72e9)]
    found = []
    for make in (service.generic_sdmx, service.specific_sdmx):
        services.faults["IMF.STA,BOP"] = service.saying(make(keys, pairs))
        found.append(source(services, "IMF balance of payments").fetch(START, END))
    assert found[0].to_numpy().tolist() == found[1].to_numpy().tolist() == [70.0, 72.0]


@pytest.mark.parametrize("version", ["draft", "1.0", "2.0"])
def test_a_service_that_answers_sdmx_json_says_the_same(services, version):
    keys = {"FREQ": "M", "REF_AREA": "RU", "CURRENCY": "RUB", "COLLECTION": "A"}
    pairs = [("2024-02", 91.5), ("2024-01", 90.25), ("2024-03", None)]
    content = service.json_sdmx(keys, pairs, attributes={"UNIT_MULT": "0"}, version=version)
    services.faults["WS_XRU"] = service.saying(content)
    array = source(services, "BIS exchange rates").fetch(START, END)
    assert array.to_numpy().tolist() == [90.25, 91.5]
    assert [str(t)[:7] for t in array["time"].to_numpy()] == ["2024-01", "2024-02"]


RATES = {"FREQ": "M", "CURRENCY": "RUB", "COLLECTION": "A"}
MONTHS = [("2024-01", 90.0), ("2024-02", 91.0)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (service.json_sdmx(RATES, MONTHS)[:-40], "the answer is not JSON"),
        (b"{" * 100_000, "the answer is not JSON"),
        (b'{"busy": true}', "the answer is no SDMX data message (KeyError: 'structure')"),
        (
            service.json_sdmx(RATES | {"COLLECTION": "E"}, MONTHS),
            "the unit is 'COLLECTION=E', expected 'COLLECTION=A': the source changed it",
        ),
        (
            service.json_sdmx(RATES, MONTHS, attributes={"DECIMALS": "4", "UNIT_MULT": "3"}),
            "the unit is 'UNIT_MULT=3', expected 'UNIT_MULT=0': the source changed it",
        ),
        (
            service.json_sdmx(RATES, MONTHS, time="YEAR"),
            "the observations have no dimension TIME_PERIOD",
        ),
        (
            service.json_sdmx(RATES, [*MONTHS, ("2024-01", 95.0)]),
            "the period 2024-01 is there twice",
        ),
        (
            service.json_sdmx(RATES, [("2024-01", "n/a")]),
            "the figure is 'n/a', expected a number",
        ),
    ],
    ids=["half", "nested", "other", "dimension", "attribute", "time", "twice", "text"],
)
def test_sdmx_json_that_is_not_as_documented_is_refused(services, content, words):
    assert refusal(services, "BIS exchange rates", service.saying(content)) == words


def test_sdmx_json_that_is_cut_off_is_refused(services):
    content = service.json_sdmx(RATES, MONTHS)
    said = refusal(services, "BIS exchange rates", service.truncated(content))
    size = len(content)
    assert said == f"the answer of 127.0.0.1 was cut off after {size // 2} of {size} bytes"


def test_a_missing_observation_is_passed_over(services):
    content = service.generic_sdmx({"FREQ": "M"}, [("2024-01", "NaN"), ("2024-02", 90.5)])
    services.faults["WS_XRU"] = service.saying(content)
    assert source(services, "BIS exchange rates").fetch(START, END).to_numpy().tolist() == [90.5]


# The network


@pytest.mark.parametrize("name", SERVICES)
def test_a_silent_service_is_given_up_in_time(services, name):
    said = refusal(services, name, service.silent, wait_seconds=0.1)
    assert said == "127.0.0.1 was silent for 0.1 seconds (time-out)"


def test_an_answer_that_drips_is_given_up_in_time(services):
    said = refusal(services, "BIS policy rates", service.dripping, deadline_seconds=0.3)
    assert said == "127.0.0.1 took more than 0.3 seconds for its answer"


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "Not Found"), (429, "Too Many Requests"), (500, "Internal Server Error")],
)
def test_an_http_error_is_named_with_its_number(services, status, words):
    said = refusal(services, "EIA Brent spot price", service.failing(status))
    assert said == f"127.0.0.1 answered HTTP {status} ({words})"


def test_a_body_that_is_cut_off_is_refused_although_its_half_could_be_read(services):
    rows = [{"period": "2024-01", "series": "RBRTE", "value": "80", "units": "$/BBL"}]
    whole = b'{"response": {"data": %s}}' % str(rows).replace("'", '"').encode()
    content = whole + b" " * len(whole)
    said = refusal(services, "EIA Brent spot price", service.truncated(content))
    assert said == f"the answer of 127.0.0.1 was cut off after {len(whole)} of {len(content)} bytes"


def test_a_body_in_pieces_that_is_cut_off_is_refused(services):
    said = refusal(services, "Bank of Russia, key rate", service.truncated_pieces)
    assert said.startswith("the answer of 127.0.0.1 was cut off after")


def test_a_body_larger_than_the_bound_is_refused(services):
    said = refusal(services, "BIS policy rates", service.saying(b"x" * 5000), largest_bytes=1000)
    assert said == "127.0.0.1 sends 5000 bytes, at most 1000 are read"


def test_an_empty_body_is_refused(services):
    said = refusal(services, "BIS policy rates", service.saying(b""))
    assert said == "127.0.0.1 sent an empty answer"


def test_a_redirect_to_a_foreign_host_is_refused_and_never_followed(services):
    with Services({}) as foreign:
        location = f"http://localhost:{foreign.port}/data"
        said = refusal(services, "EIA Brent spot price", service.redirecting(location))
        assert said == (
            "127.0.0.1 redirects to localhost, which is not among the source's own hosts "
            "(127.0.0.1): refused"
        )
        assert foreign.asked == []


def test_a_redirect_to_another_kind_of_address_is_refused(services):
    said = refusal(services, "EIA Brent spot price", service.redirecting("file:///etc/hosts"))
    assert said == "127.0.0.1 answered HTTP 302 (Found)"


def test_a_redirect_within_the_own_hosts_is_followed(services):
    content = service.generic_sdmx({"FREQ": "M"}, [("2024-02", 90.5)])
    services.faults["WS_XRU"] = service.redirecting(f"{services.url}/moved")
    services.faults["/moved"] = service.saying(content)
    assert source(services, "BIS exchange rates").fetch(START, END).to_numpy().tolist() == [90.5]


def test_a_circle_of_redirects_ends(services):
    said = refusal(
        services, "BIS exchange rates", service.redirecting(f"{services.url}/data/WS_XRU/x")
    )
    assert "HTTP 302" in said


def test_a_host_that_is_not_there_is_named():
    client = HttpClient(hosts=frozenset({"127.0.0.1"}), wait_seconds=0.2)
    with pytest.raises(SourceError, match=r"127\.0\.0\.1 cannot be reached \(Connection refused\)"):
        client.fetch("http://127.0.0.1:9/")


def test_a_foreign_address_is_not_asked():
    client = HttpClient(hosts=frozenset({"127.0.0.1"}))
    with pytest.raises(SourceError, match="localhost is not among the source's own hosts"):
        client.fetch("http://localhost:9/")


def test_a_downgrade_from_https_is_refused():
    client = HttpClient(hosts=frozenset({"a.example"}))
    with pytest.raises(SourceError, match="asked by 'http', expected https"):
        client._require_own_host("http://a.example/", "https://a.example/")


# The document


@pytest.mark.parametrize(
    "name",
    [name for name, service in SERVICES.items() if service not in JSON],
)
def test_a_document_that_would_explode_is_refused(services, name):
    said = refusal(services, name, service.saying(service.BOMB))
    assert said.startswith("the XML declares a document type or entities (")


def test_an_external_entity_is_refused():
    with pytest.raises(SourceError, match="document type or entities"):
        safe_xml(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hosts">]><a>&b;</a>')


@pytest.mark.parametrize("name", SERVICES)
def test_a_page_for_people_is_no_answer(services, name):
    said = refusal(services, name, service.saying(b"<html><body>busy<br></body></html>"))
    assert "not well-formed XML" in said or "is not JSON" in said


@pytest.mark.parametrize("name", SERVICES)
def test_well_formed_content_of_another_kind_is_no_answer(services, name):
    content = b"{}" if SERVICES[name] in JSON else b"<a/>"
    said = refusal(services, name, service.saying(content))
    expected = ("has no field", "no SDMX data message", "expected ValCurs", "no figures")
    assert any(words in said for words in expected), said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "Bank of Russia, official rate",
            b'<ValCurs ID="R01235"><Record Date="09.01.2024"><Nominal>1</Nominal>'
            b"<Rate>90,1</Rate></Record></ValCurs>",
            "a row has no 'Value' but Nominal, Rate: the format changed",
        ),
        (
            "Bank of Russia, official rate",
            b'<ValCurs ID="R01239"><Record Date="09.01.2024"><Nominal>1</Nominal>'
            b"<Value>98,1</Value></Record></ValCurs>",
            "the answer is ValCurs 'R01239', expected ValCurs 'R01235'",
        ),
        (
            "Bank of Russia, key rate",
            b"<a><KR><Day>2024-01-09</Day><Rate>16.00</Rate></KR></a>",
            "a row has no 'DT' but Day, Rate: the format changed",
        ),
        (
            "Bank of Russia, key rate",
            b"<a><faultstring>no such operation</faultstring></a>",
            "the service refused the question (no such operation)",
        ),
        (
            "Bank of Russia, lending rates",
            b'{"RawData": [{"element_id": 7, "date": "2024-02-01T00:00:00", "value": 16}]}',
            "a row has no field 'periodicity': the format changed",
        ),
        (
            "EIA Brent spot price",
            b'{"response": {"data": [{"period": "2024-01", "series": "RBRTE", "price": 1}]}}',
            "a row has no field 'units': the format changed",
        ),
        (
            "BIS exchange rates",
            service.generic_sdmx({"FREQ": "M"}, [("2024-01", "n/a")]),
            "the figure is 'n/a', expected a number",
        ),
    ],
)
def test_a_changed_column_is_named(services, name, content, words):
    assert refusal(services, name, service.saying(content)) == words


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "EIA Brent spot price",
            b'{"response": {"data": [{"period": "2024-01", "series": "RBRTE", "value": "0.08",'
            b' "units": "$/L"}]}}',
            "the unit is '$/L', expected '$/BBL': the source changed it",
        ),
        (
            "IMF balance of payments",
            service.specific_sdmx({"UNIT": "EUR"}, [("2024-Q1", 70)]),
            "the unit is 'UNIT=EUR', expected 'UNIT=USD': the source changed it",
        ),
        (
            "BIS policy rates",
            service.generic_sdmx({}, [("2024-01-01", 16)], attributes={"UNIT_MULT": "-2"}),
            "the unit is 'UNIT_MULT=-2', expected 'UNIT_MULT=0': the source changed it",
        ),
        (
            "BIS exchange rates",
            service.generic_sdmx({"CURRENCY": "RUB", "COLLECTION": "E"}, [("2024-01", 90)]),
            "the unit is 'COLLECTION=E', expected 'COLLECTION=A': the source changed it",
        ),
        (
            "Bank of Russia, lending rates",
            b'{"RawData": [{"element_id": 7, "periodicity": "quarter", "obs_val": 16,'
            b' "date": "2024-02-01T00:00:00"}]}',
            "the figures are a 'quarter' each, expected 'month'",
        ),
    ],
)
def test_a_changed_unit_is_named(services, name, content, words):
    assert refusal(services, name, service.saying(content)) == words


def test_two_series_under_one_key_are_refused(services):
    second = (
        '<generic:Series><generic:SeriesKey><generic:Value id="FREQ" value="M"/>'
        '<generic:Value id="REF_AREA" value="KZ"/></generic:SeriesKey><generic:Obs>'
        '<generic:ObsDimension value="2024-01"/><generic:ObsValue value="1"/></generic:Obs>'
        "</generic:Series>"
    )
    content = service.generic_sdmx({"FREQ": "M", "REF_AREA": "RU"}, [("2024-01", 1)], extra=second)
    said = refusal(services, "BIS exchange rates", service.saying(content))
    assert said == "the key M.RU.RUB.A names 2 series, expected one"


def test_a_period_that_is_there_twice_is_refused(services):
    content = service.generic_sdmx({"FREQ": "M"}, [("2024-01", 90), ("2024-01", 91)])
    said = refusal(services, "BIS exchange rates", service.saying(content))
    assert said == "the period 2024-01 is there twice"


def test_a_service_that_needs_a_key_says_where_to_get_one(services, monkeypatch):
    monkeypatch.delenv("EIA_API_KEY")
    with pytest.raises(SourceError, match=r"needs a key in the environment variable EIA_API_KEY"):
        source(services, "EIA Brent spot price").fetch(START, END)
    assert services.asked == []


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([], "there are no figures for these periods"),
        ([("2024-Q1", 1)], "the period '2024-Q1' is none of the months expected"),
        ([("soon", 1)], "the period 'soon' cannot be read"),
        ([("2024-01", "x")], "the figure of 2024-01 is 'x', expected a number"),
        ([("2024-01", "inf")], "the figure of 2024-01 is 'inf', expected a finite number"),
    ],
)
def test_figures_that_are_none_are_refused(pairs, words):
    with pytest.raises(SourceError) as caught:
        figures(pairs, name="a", unit="b", source="c", freq="M")
    assert str(caught.value) == words


def test_a_package_that_is_not_installed_is_named_with_how_to_get_it(services, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sdmx", None)
    with pytest.raises(SourceError, match=r"needs the package sdmx1.*sanctions-model\[data\]"):
        source(services, "BIS exchange rates").fetch(START, END)


def dripping(answers, pause):
    """A server that sends these pieces of an answer one after the other, for ever the last."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            with contextlib.suppress(OSError):
                for piece in itertools.chain(answers, itertools.repeat(answers[-1])):
                    connection.sendall(piece)
                    if stop.wait(pause):
                        return

    threading.Thread(target=serve, daemon=True).start()
    return listener, stop, f"http://127.0.0.1:{listener.getsockname()[1]}/"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
FOUND = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 1000\r\n\r\n"
DROPS = {
    "headers": [b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"],
    "answers to come": [b"HTTP/1.1 100 Continue\r\n\r\n"],
    "the length of a piece": [CHUNKED, b"0"],
    "what follows the last piece": [CHUNKED, b"1\r\na\r\n0\r\n", b"X-A: b\r\n"],
    "a redirect's body": [FOUND, b"x"],
}


@pytest.mark.parametrize("what", DROPS)
def test_what_comes_drop_by_drop_meets_the_deadline(what):
    listener, stop, url = dripping(DROPS[what], 0.05)
    client = HttpClient(hosts=frozenset({"127.0.0.1"}), wait_seconds=5.0, deadline_seconds=0.5)
    with listener, pytest.raises(SourceError, match=r"127\.0\.0\.1 took more than 0\.5 seconds"):
        client.fetch(url)
    stop.set()


@pytest.mark.parametrize("location", ["http://[::1", "http://127.0.0.1:ten/"])
def test_a_redirect_to_what_is_no_address_is_refused(location):
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()
    listener, stop, url = dripping([head, b""], 0.01)
    client = HttpClient(hosts=frozenset({"127.0.0.1"}), wait_seconds=5.0, deadline_seconds=5.0)
    with listener, pytest.raises(SourceError):
        client.fetch(url)
    stop.set()


def test_an_encoding_that_nobody_knows_is_refused():
    with pytest.raises(SourceError, match="not well-formed XML"):
        safe_xml(b"<?xml version='1.0' encoding='nothing'?><a/>")


@pytest.mark.parametrize("stated", ["many", "9" * 5000])
def test_a_length_that_is_no_number_is_refused(stated):
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {stated}\r\n\r\nbody".encode()
    listener, stop, url = dripping([head, b""], 0.01)
    client = HttpClient(hosts=frozenset({"127.0.0.1"}), wait_seconds=5.0, deadline_seconds=5.0)
    with listener, pytest.raises(SourceError, match=f"states a length of '{stated[:20]}'"):
        client.fetch(url)
    stop.set()
