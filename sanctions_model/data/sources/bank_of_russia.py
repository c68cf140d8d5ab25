"""Bank of Russia: official exchange rate, key rate, lending rate.

Services, all without a key:

- official rate of one currency over a range of dates: ``GET /scripts/XML_dynamic.asp?date_req1=``
  ``DD/MM/YYYY&date_req2=DD/MM/YYYY&VAL_NM_RQ=R01235`` at ``https://www.cbr.ru``, described at
  https://www.cbr.ru/development/SXML/ . The answer is ``ValCurs`` in windows-1251 with one
  ``Record Date="DD.MM.YYYY"`` a published day that holds ``Nominal`` (units of the currency) and
  ``Value`` (roubles, with a decimal comma). A rate holds until the next one.
- key rate: SOAP operation ``KeyRateXML`` (``fromDate``, ``ToDate``) of
  ``/DailyInfoWebServ/DailyInfo.asmx``, described at https://www.cbr.ru/development/DWS/ . The
  answer is ``KeyRate`` with one ``KR`` a working day that holds ``DT`` (date and time) and
  ``Rate`` (% a year), newest first.
- lending rates: ``GET /dataservice/data?publicationId=14&datasetId=25&measureId=2&y1=&y2=``,
  described by OpenAPI at https://www.cbr.ru/dataservice/swagger . The answer is JSON; ``RawData``
  holds one figure a row with ``obs_val``, ``element_id`` (7: up to one year with demand loans),
  ``periodicity`` and ``date``, the first day after the month that the figure is for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr

from sanctions_model.data.sources.http import HttpClient, parse_json, safe_xml
from sanctions_model.data.sources.interface import figures
from sanctions_model.errors import SourceError

_URL = "https://www.cbr.ru"
_CLIENT = HttpClient(hosts=frozenset({"www.cbr.ru", "cbr.ru"}))
_US_DOLLAR = "R01235"
_ENVELOPE = """<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">
<soap:Body><KeyRateXML xmlns="http://web.cbr.ru/">
<fromDate>{first}T00:00:00</fromDate><ToDate>{last}T00:00:00</ToDate>
</KeyRateXML></soap:Body></soap:Envelope>"""
# Element 7: loans up to one year, with those on demand.
_UP_TO_ONE_YEAR = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialRate:
    """Official rate of the US dollar, days on which one was set.

    `name`, `series`: as `Adapter` has them. `url`: address of the service, without a slash at the
    end.
    """

    name: str = "Bank of Russia, official rate"
    series: str = "usd_rub_average_rub"
    url: str = _URL
    client: HttpClient = field(default=_CLIENT)

    def fetch(self, start: pd.Period, end: pd.Period) -> xr.DataArray:
        """Return the figures from one quarter to another, see `Adapter`."""
        first, last = (time.strftime("%d/%m/%Y") for time in (start.start_time, end.end_time))
        content = self.client.fetch(
            f"{self.url}/scripts/XML_dynamic.asp?date_req1={first}&date_req2={last}"
            f"&VAL_NM_RQ={_US_DOLLAR}"
        )
        root = safe_xml(content)
        if root.tag != "ValCurs" or root.get("ID") != _US_DOLLAR:
            raise SourceError(
                f"the answer is {root.tag} {root.get('ID')!r}, expected ValCurs {_US_DOLLAR!r}"
            )
        return figures(
            [_rate(record) for record in root.iter("Record")],
            name=self.name,
            unit="RUB for 1 USD",
            source="Bank of Russia, official rate (XML_dynamic)",
            freq="D",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRate:
    """Key rate, working days. `name`, `series`, `url`, `client`: as for `OfficialRate`."""

    name: str = "Bank of Russia, key rate"
    series: str = "key_rate_average_pct_pa"
    url: str = _URL
    client: HttpClient = field(default=_CLIENT)

    def fetch(self, start: pd.Period, end: pd.Period) -> xr.DataArray:
        """Return the figures from one quarter to another, see `Adapter`."""
        envelope = _ENVELOPE.format(first=start.start_time.date(), last=end.end_time.date())
        content = self.client.fetch(
            f"{self.url}/DailyInfoWebServ/DailyInfo.asmx",
            headers={
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": '"http://web.cbr.ru/KeyRateXML"',
            },
            body=envelope.encode(),
        )
        root = safe_xml(content)
        if (fault := next(root.iter("faultstring"), None)) is not None:
            raise SourceError(f"the service refused the question ({fault.text})")
        pairs = [
            (_text(row, "DT")[:10], _text(row, "Rate").replace(",", ".")) for row in root.iter("KR")
        ]
        return figures(
            pairs,
            name=self.name,
            unit="% a year",
            source="Bank of Russia, key rate (KeyRateXML)",
            freq="D",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LendingRate:
    """Weighted average rate on new rouble loans up to one year to firms, months.

    `name`, `series`, `url`, `client`: as for `OfficialRate`.
    """

    name: str = "Bank of Russia, lending rates"
    series: str = "lending_rate_firms_pct_pa"
    url: str = _URL
    client: HttpClient = field(default=_CLIENT)

    def fetch(self, start: pd.Period, end: pd.Period) -> xr.DataArray:
        """Return the figures from one quarter to another, see `Adapter`."""
        # The figure of December carries a date of January.
        content = self.client.fetch(
            f"{self.url}/dataservice/data?publicationId=14&datasetId=25&measureId=2"
            f"&y1={start.year}&y2={end.year + 1}"
        )
        rows = parse_json(content, ("RawData",))
        months = pd.period_range(start.start_time, end.end_time, freq="M")
        return figures(
            [(str(month), value) for month, value in _lending_rows(rows) if month in months],
            name=self.name,
            unit="% a year",
            source="Bank of Russia, weighted average rates on new loans to firms (data service)",
            freq="M",
        )


def _rate(record: Any) -> tuple[str, float]:
    day, month, year = str(record.get("Date")).split(".")
    texts = [_text(record, name).replace(",", ".") for name in ("Value", "Nominal")]
    try:
        value, nominal = (float(text) for text in texts)
    except ValueError:
        raise SourceError(
            f"the rate of {record.get('Date')} is {texts}, expected numbers"
        ) from None
    return f"{year}-{month}-{day}", value / nominal


def _text(element: Any, name: str) -> str:
    found = element.find(name)
    if found is None or not found.text:
        had = ", ".join(child.tag for child in element) or "nothing"
        raise SourceError(f"a row has no {name!r} but {had}: the format changed")
    return str(found.text).strip()


def _lending_rows(rows: Any) -> Iterator[tuple[pd.Period, float]]:
    for row in rows:
        try:
            if row["element_id"] != _UP_TO_ONE_YEAR:
                continue
            kind, date, value = row["periodicity"], row["date"], row["obs_val"]
        except (KeyError, TypeError) as error:
            raise SourceError(f"a row has no field {error}: the format changed") from None
        if kind != "month":
            raise SourceError(f"the figures are a {kind!r} each, expected 'month'")
        if value is not None:
            yield pd.Period(date[:7], freq="M") - 1, value
