"""A real HTTP server on the loopback address that answers as the documented services do.

The figures are made here from quarters that a test gives, so that what must come out is known:
within a quarter the months are the quarter's figure less one, plus nothing and plus one, and every
day of a month has the month's figure.
"""

import calendar
import contextlib
import dataclasses
import json
import threading
import time
import urllib.parse
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sanctions_model.data.bundled import data_path
from sanctions_model.data.sources.http import HttpClient
from sanctions_model.data.sources.registry import SOURCES
from sanctions_model.data.transformations import load_raw

SHAPE = (-1.0, 0.0, 1.0)


def bundled_figures():
    """The bundled transcribed figures as {column: {(year, quarter): figure}}."""
    raw = load_raw(data_path("raw_quarterly.csv"))
    return {
        name: {(p.year, p.quarter): float(v) for p, v in raw[name].dropna().items()}
        for name in raw.columns
    }


def months(quarters, shape=SHAPE):
    """Months whose means are the quarters."""
    return {
        (year, 3 * quarter - 2 + k): value + step
        for (year, quarter), value in quarters.items()
        for k, step in enumerate(shape)
    }


def days(quarters, shape=SHAPE):
    """Working days, each with its month's figure; the first day of a month among them."""
    found = {}
    for (year, month), value in months(quarters, shape).items():
        for day in range(1, calendar.monthrange(year, month)[1] + 1):
            moment = date(year, month, day)
            if day == 1 or moment.weekday() < 5:
                found[moment] = value
    return found


def price_index(growth):
    """Monthly index whose last months grow from quarter to quarter as given, in percent."""
    level, found = 100.0, {}
    for (year, quarter), rate in sorted(growth.items()):
        before, level = level, level * (1 + rate / 100)
        for k in range(3):
            found[year, 3 * quarter - 2 + k] = before + (level - before) * (k + 1) / 3
    return found


def generic_sdmx(dimensions, pairs, *, flow="F", attributes=(), extra=""):
    """An SDMX-ML 2.1 generic data message of one series."""
    key = "".join(f'<generic:Value id="{n}" value="{v}"/>' for n, v in dimensions.items())
    stated = "".join(f'<generic:Value id="{n}" value="{v}"/>' for n, v in dict(attributes).items())
    observations = "".join(
        f'<generic:Obs><generic:ObsDimension value="{period}"/>'
        f'<generic:ObsValue value="{value}"/></generic:Obs>'
        for period, value in pairs
    )
    base = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<message:GenericData xmlns:message="{base}/message" '
        f'xmlns:generic="{base}/data/generic" xmlns:common="{base}/common">'
        "<message:Header><message:ID>M1</message:ID><message:Test>false</message:Test>"
        "<message:Prepared>2026-01-01T00:00:00</message:Prepared>"
        '<message:Sender id="S"/><message:Structure structureID="D" '
        'dimensionAtObservation="TIME_PERIOD"><common:StructureUsage>'
        f'<Ref agencyID="A" id="{flow}" version="1.0" class="Dataflow"/>'
        "</common:StructureUsage></message:Structure></message:Header>"
        '<message:DataSet structureRef="D" action="Replace"><generic:Series>'
        f"<generic:SeriesKey>{key}</generic:SeriesKey>"
        + (f"<generic:Attributes>{stated}</generic:Attributes>" if stated else "")
        + f"{observations}</generic:Series>{extra}</message:DataSet></message:GenericData>"
    ).encode()


def specific_sdmx(dimensions, pairs, *, flow="F", attributes=()):
    """An SDMX-ML 2.1 structure-specific data message of one series."""
    base = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
    stated = "".join(f' {n}="{v}"' for n, v in {**dimensions, **dict(attributes)}.items())
    observations = "".join(
        f'<Obs TIME_PERIOD="{period}" OBS_VALUE="{value}"/>' for period, value in pairs
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<message:StructureSpecificData xmlns:ss="{base}/data/structurespecific" '
        f'xmlns:message="{base}/message" xmlns:common="{base}/common" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ns1="urn:sdmx:D">'
        "<message:Header><message:ID>M1</message:ID><message:Test>false</message:Test>"
        "<message:Prepared>2026-01-01T00:00:00</message:Prepared>"
        '<message:Sender id="S"/><message:Structure structureID="D" namespace="urn:sdmx:D" '
        'dimensionAtObservation="TIME_PERIOD"><common:StructureUsage>'
        f'<Ref agencyID="A" id="{flow}" version="1.0"/>'
        "</common:StructureUsage></message:Structure></message:Header>"
        '<message:DataSet ss:dataScope="DataStructure" xsi:type="ns1:DataSetType" '
        f'ss:structureRef="D"><Series{stated}>{observations}</Series>'
        "</message:DataSet></message:StructureSpecificData>"
    ).encode()


def json_sdmx(dimensions, pairs, *, attributes=(), version="1.0", time="TIME_PERIOD"):
    """An SDMX-JSON data message of one series: ``draft``, ``1.0`` or ``2.0``."""
    named = "value" if version == "2.0" else "id"
    structure = {
        "name": "F",
        "dimensions": {
            "dataSet": [],
            "series": [
                {
                    "id": n,
                    "name": n,
                    "keyPosition": k,
                    "values": [{"id": v, "name": v, "names": {}}],
                }
                for k, (n, v) in enumerate(dimensions.items())
            ],
            "observation": [
                {
                    "id": time,
                    "name": "Time",
                    "keyPosition": len(dimensions),
                    "values": [{named: period, "name": period} for period, _ in pairs],
                }
            ],
        },
        "attributes": {
            "dataSet": [{"id": "TIME_FORMAT", "name": "Format", "values": [{"id": "P1M"}]}],
            "series": [
                {"id": n, "name": n, "values": [{named: v, "name": v}]}
                for n, v in dict(attributes).items()
            ],
            "observation": [{"id": "OBS_STATUS", "name": "Status", "values": [{"id": "A"}]}],
        },
    }
    series = {
        "attributes": [0] * len(dict(attributes)),
        "observations": {str(k): [value, 0] for k, (_, value) in enumerate(pairs)},
    }
    sets = [
        {
            "action": "Merge" if version == "2.0" else "Information",
            "attributes": [0],
            "series": {":".join("0" for _ in dimensions): series},
        }
    ]
    head = {
        "id": "M1",
        "test": False,
        "prepared": "2026-01-01T00:00:00Z",
        "sender": {"id": "S", "name": "Sender", "names": {"en": "Sender"}},
    }
    match version:
        case "draft":
            whole = {"header": head, "structure": structure, "dataSets": sets}
        case "1.0":
            whole = {"meta": head, "data": {"structure": structure, "dataSets": sets}}
        case _:
            whole = {"meta": head, "data": {"structures": [structure], "dataSets": sets}}
    return json.dumps(whole).encode()


class Services:
    """The services, their figures, how each misbehaves and what was asked.

    `figures` holds quarters by column; `faults` holds, by service, a function that writes the
    answer to a handler; `asked` lists (service, path with query).
    """

    def __init__(self, figures):
        self.figures = figures
        self.faults = {}
        self.asked = []
        self.delay = 0.0
        services = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                services.answer(self, b"")

            def do_POST(self):
                services.answer(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def sources(self, *names, wait_seconds=20.0, deadline_seconds=40.0, **bounds):
        """The registered sources, all or those of these columns, turned to this server."""
        client = HttpClient(
            hosts=frozenset({"127.0.0.1"}),
            wait_seconds=wait_seconds,
            deadline_seconds=deadline_seconds,
            **bounds,
        )
        return tuple(
            dataclasses.replace(source, url=self.url, client=client)
            for source in SOURCES
            if not names or source.series in names
        )

    def answer(self, handler, body):
        parts = urllib.parse.urlsplit(handler.path)
        query = {k: v[0] for k, v in urllib.parse.parse_qs(parts.query).items()}
        service = self.service_of(parts.path)
        self.asked.append((service, handler.path))
        time.sleep(self.delay)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if service in self.faults:
                self.faults[service](handler)
                return
            content = self.content(service, query, body)
            send(handler, content)

    @staticmethod
    def service_of(path):
        if path.startswith("/data/"):
            return path.split("/")[2]
        return {
            "/scripts/XML_dynamic.asp": "official rate",
            "/DailyInfoWebServ/DailyInfo.asmx": "key rate",
            "/dataservice/data": "lending rates",
            "/petroleum/pri/spt/data/": "eia",
        }.get(path, path)

    def content(self, service, query, body):  # noqa: C901 - one branch a service
        """What the service says when nothing is wrong, for the periods asked."""
        figures = self.figures
        match service:
            case "official rate":
                return official_rate(days(figures["usd_rub_average_rub"]), query)
            case "key rate":
                return key_rate(days(figures["key_rate_average_pct_pa"], (0.0, 0.0, 0.0)), body)
            case "lending rates":
                return lending_rates(months(figures["lending_rate_firms_pct_pa"]), query)
            case "eia":
                return brent(months(figures["brent_usd_bbl"]), query)
            case "WS_CBPOL":
                found = days(figures["key_rate_average_pct_pa"], (0.0, 0.0, 0.0))
                pairs = [(d.isoformat(), v) for d, v in found.items()]
                attributes = {"UNIT_MULT": "0"}
                keys = {"FREQ": "D", "REF_AREA": "RU"}
            case "WS_XRU":
                pairs = monthly(months(figures["usd_rub_average_rub"]))
                keys = {"FREQ": "M", "REF_AREA": "RU", "CURRENCY": "RUB", "COLLECTION": "A"}
                attributes = {"UNIT_MULT": "0"}
            case "WS_LONG_CPI":
                pairs = monthly(price_index(figures["cpi_growth_nsa_pct"]))
                keys, attributes = {"FREQ": "M", "REF_AREA": "RU", "UNIT_MEASURE": "628"}, {}
            case "IMF.STA,CPI":
                pairs = monthly(price_index(figures["cpi_growth_nsa_pct"]), "M")
                keys = {"COUNTRY": "RUS", "TYPE_OF_TRANSFORMATION": "IX", "FREQUENCY": "M"}
                attributes = {}
            case "IMF.RES,PCPS":
                pairs = monthly(months(figures["brent_usd_bbl"]), "M")
                keys = {"COUNTRY": "G001", "DATA_TRANSFORMATION": "USD", "FREQUENCY": "M"}
                attributes = {"SCALE": "0"}
            case "IMF.STA,QNEA":
                pairs = quarterly(figures["gdp_index_nsa_2021eq100"], 3.5e11)
                keys = {"COUNTRY": "RUS", "PRICE_TYPE": "Q", "S_ADJUSTMENT": "NSA"}
                attributes = {"SCALE": "0"}
                return specific_sdmx(keys, within(pairs, query), attributes=attributes)
            case "IMF.STA,BOP":
                pairs = quarterly(figures["imports_goods_sa_usd_bn"], 1e9)
                keys = {"COUNTRY": "RUS", "UNIT": "USD", "FREQUENCY": "Q"}
                attributes = {"SCALE": "0"}
                return specific_sdmx(keys, within(pairs, query), attributes=attributes)
            case _:
                raise AssertionError(service)
        return generic_sdmx(keys, within(pairs, query), attributes=attributes)


def within(pairs, query):
    """The pairs between the periods that the query names."""
    plain = query["startPeriod"].replace("-M", "-"), query["endPeriod"].replace("-M", "-")
    return [(p, v) for p, v in pairs if plain[0] <= p.replace("-M", "-") <= plain[1]]


def monthly(found, letter=""):
    return [(f"{y}-{letter}{m:02d}", v) for (y, m), v in sorted(found.items())]


def quarterly(found, factor):
    return [(f"{y}-Q{q}", v * factor) for (y, q), v in sorted(found.items())]


def official_rate(found, query):
    """windows-1251, decimal commas, roubles for a nominal of ten."""
    first, last = (
        date(int(text[6:]), int(text[3:5]), int(text[:2]))
        for text in (query["date_req1"], query["date_req2"])
    )
    records = "".join(
        f'<Record Date="{d:%d.%m.%Y}" Id="R01235"><Nominal>10</Nominal>'
        f"<Value>{str(round(10 * v, 8)).replace('.', ',')}</Value></Record>"
        for d, v in sorted(found.items())
        if first <= d <= last
    )
    return (
        '<?xml version="1.0" encoding="windows-1251"?><ValCurs ID="R01235" '
        f'DateRange1="{first:%d.%m.%Y}" DateRange2="{last:%d.%m.%Y}" '
        f'name="Динамика курса">{records}</ValCurs>'
    ).encode("cp1251")


def key_rate(found, body):
    """Newest first, with a time of day."""
    text = body.decode()
    first, last = (
        date.fromisoformat(text.split(f"<{tag}>")[1][:10]) for tag in ("fromDate", "ToDate")
    )
    rows = "".join(
        f"<KR><DT>{d}T00:00:00+03:00</DT><Rate>{v:.4f}</Rate></KR>"
        for d, v in sorted(found.items(), reverse=True)
        if first <= d <= last
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        '<KeyRateXMLResponse xmlns="http://web.cbr.ru/"><KeyRateXMLResult>'
        f'<KeyRate xmlns="">{rows}</KeyRate>'
        "</KeyRateXMLResult></KeyRateXMLResponse></soap:Body></soap:Envelope>"
    ).encode()


def lending_rates(found, query):
    """Two maturities; a month's figure carries the first day of the next month."""
    rows = []
    for (year, month), value in sorted(found.items()):
        stamp = date(year, month, 28) + timedelta(days=4)
        if int(query["y1"]) <= stamp.year <= int(query["y2"]):
            rows += [
                {
                    "colId": element,
                    "date": f"{stamp:%Y-%m}-01T00:00:00",
                    "element_id": element,
                    "measure_id": 2,
                    "obs_val": value if element == 7 else value + 2,
                    "periodicity": "month",
                    "unit_id": 1,
                }
                for element in (7, 9)
            ]
    return json.dumps({"RawData": rows, "units": [{"id": 1, "val": "% годовых"}]}).encode()


def brent(found, query):
    rows = [
        {
            "period": f"{year}-{month:02d}",
            "series": "RBRTE",
            "series-description": "Europe Brent Spot Price FOB (Dollars per Barrel)",
            "value": f"{value:.6f}",
            "units": "$/BBL",
        }
        for (year, month), value in sorted(found.items())
        if query["start"] <= f"{year}-{month:02d}" <= query["end"]
    ]
    return json.dumps({"response": {"total": str(len(rows)), "data": rows}}).encode()


def send(handler, content, *, status=200, headers=()):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    for name, value in dict(headers).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


# What can go wrong with an answer.


def silent(handler):
    """Says nothing for longer than any client of a test waits."""
    time.sleep(1.0)
    handler.close_connection = True


def dripping(handler):
    """Sends a byte now and then, so that no single wait is long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(40):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.1)
    handler.close_connection = True


def failing(status):
    return lambda handler: send(handler, b"no", status=status)


def truncated(content):
    """States the whole length, sends half and hangs up."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True

    return answer


def truncated_pieces(handler):
    """Sends a body in pieces and hangs up before the last one."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"5\r\n<a/> \r\nff\r\n<b/>")
    handler.close_connection = True


def saying(content):
    return lambda handler: send(handler, content)


def redirecting(location):
    return lambda handler: send(handler, b"", status=302, headers={"Location": location})


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "0123456789">'
    + b"".join(b'<!ENTITY %c "%s">' % (99 + k, b"&%c;" % (98 + k) * 10) for k in range(9))
    + b"]><a>&k;</a>"
)
