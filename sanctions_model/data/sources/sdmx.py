"""One series of an SDMX service, read with sdmx1.

Knows SDMX 2.1 REST queries and messages; does not know which series are wanted. sdmx1 reads the
message; the request goes through the bounded client and the bytes through `safe_xml` first,
because sdmx1's own session follows any redirect and sets no limits. SDMX-ML is asked for; a service
that answers SDMX-JSON all the same is understood too. SDMX-CSV is not: sdmx1 reads it only with the
structure at hand, which would be a second question.
"""

import io
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr

from sanctions_model.data.sources.http import HttpClient, require_extra, safe_xml
from sanctions_model.data.sources.interface import figures, require_unit
from sanctions_model.data.sources.sdmx_json import draft_layout, is_json
from sanctions_model.errors import SourceError

_ACCEPT = (
    "application/vnd.sdmx.genericdata+xml;version=2.1, "
    "application/vnd.sdmx.structurespecificdata+xml;version=2.1;q=0.8, "
    "application/vnd.sdmx.data+json;q=0.5"
)
_MISSING = ("", "NaN", "nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class SdmxSeries:
    """One series of an SDMX 2.1 REST service.

    `name`: the source, as people know it. `series`: column of ``raw_quarterly.csv`` that it feeds.
    `url`: address of the service, without a slash at the end. `flow`: dataflow, with its agency
    where the service asks for it. `key`: key of one series: one code for each dimension, joined by
    points. `freq`: ``"D"``, ``"M"`` or ``"Q"``. `unit`, `producer`: of the figures. `stated`: what
    the message says of the series where it says it, as dimension or attribute; anything else is a
    change of unit. `divisor`: figures are divided by it.
    """

    name: str
    series: str
    url: str
    flow: str
    key: str
    freq: str
    unit: str
    producer: str
    client: HttpClient
    stated: Mapping[str, str] = field(default_factory=dict)
    divisor: float = 1.0

    def fetch(self, start: pd.Period, end: pd.Period) -> xr.DataArray:
        """Return the figures from one quarter to another, see `Adapter`."""
        first, last = _bounds(start, end, self.freq)
        url = (
            f"{self.url}/data/{self.flow}/{self.key}?startPeriod={first}&endPeriod={last}"
            "&dimensionAtObservation=TIME_PERIOD"
        )
        content = self.client.fetch(url, headers={"Accept": _ACCEPT})
        if is_json(content):
            content = draft_layout(content)
        else:
            safe_xml(content)
        pairs = [(label, float(text) / self.divisor) for label, text in self._observations(content)]
        source = f"{self.producer}, {self.flow} {self.key}"
        return figures(pairs, name=self.name, unit=self.unit, source=source, freq=self.freq)

    def _observations(self, content: bytes) -> Iterator[tuple[str, str]]:
        found = _series(content)
        if len(found) != 1:
            raise SourceError(f"the key {self.key} names {len(found)} series, expected one")
        ((described, observations),) = found
        for dimension, expected in self.stated.items():
            if dimension in described:
                require_unit(f"{dimension}={described[dimension]}", f"{dimension}={expected}")
        for observation in observations:
            dimension = observation.dimension
            if "TIME_PERIOD" not in dimension.values:  # noqa: PD011 - an SDMX key, no frame
                raise SourceError("the observations have no dimension TIME_PERIOD")
            text = str(observation.value)
            if observation.value is None or text in _MISSING:
                continue
            try:
                float(text)
            except ValueError:
                raise SourceError(f"the figure is {text!r}, expected a number") from None
            yield str(dimension["TIME_PERIOD"].value), text


def _series(content: bytes) -> list[tuple[dict[str, str], list[Any]]]:
    """Return each series of a message: its dimensions and attributes, and its observations."""
    try:
        import sdmx
    except ImportError:
        raise require_extra("sdmx1") from None
    # It warns that codes cannot be checked without the structure, which nothing here needs.
    logging.getLogger("sdmx").setLevel(logging.ERROR)
    try:
        message = sdmx.read_sdmx(io.BytesIO(content))
        sets = list(message.data)
    except Exception as error:  # noqa: BLE001 - sdmx1 raises many kinds on a foreign document
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise SourceError(f"the answer is no SDMX data message ({reason})") from None
    found = []
    for data in sets:
        for key, observations in data.series.items():
            codes = key.values  # noqa: PD011 - an SDMX key, no frame
            values = {name: str(value.value) for name, value in codes.items()}
            attributes = {name: str(value.value) for name, value in key.attrib.items()}
            found.append((values | attributes, list(observations)))
    return found


def _bounds(start: pd.Period, end: pd.Period, freq: str) -> tuple[str, str]:
    """Write the first and last period of a query as SDMX does."""
    if freq == "Q":
        return (f"{start.year}-Q{start.quarter}", f"{end.year}-Q{end.quarter}")
    form = "%Y-%m" if freq == "M" else "%Y-%m-%d"
    return start.start_time.strftime(form), end.end_time.strftime(form)
