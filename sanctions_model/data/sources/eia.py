"""U.S. Energy Information Administration: Brent.

Service: ``GET https://api.eia.gov/v2/petroleum/pri/spt/data/``, described at
https://www.eia.gov/opendata/documentation.php ; it asks for a key, free on registration, which is
read from the environment variable ``EIA_API_KEY`` and stands in no file and no message. Query:
``frequency=monthly``, ``data[0]=value``, ``facets[series][]=RBRTE`` (Europe Brent spot price FOB),
``start`` and ``end`` as ``YYYY-MM``. The answer is JSON: ``response.data`` holds one month a row
with ``period``, ``series``, ``value`` and ``units`` (``$/BBL``).
"""

import os
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr

from sanctions_model.data.sources.http import HttpClient, parse_json
from sanctions_model.data.sources.interface import figures, require_unit
from sanctions_model.errors import SourceError

_SERIES = "RBRTE"
_UNIT = "$/BBL"


@dataclass(frozen=True, slots=True, kw_only=True)
class BrentSpot:
    """Europe Brent spot price, mean of the month.

    `name`, `series`: as `Adapter` has them. `url`: address of the service, without a slash at the
    end. `key_variable`: environment variable that holds the user's key.
    """

    name: str = "EIA Brent spot price"
    series: str = "brent_usd_bbl"
    url: str = "https://api.eia.gov/v2"
    client: HttpClient = field(default=HttpClient(hosts=frozenset({"api.eia.gov"})))
    key_variable: str = "EIA_API_KEY"

    def fetch(self, start: pd.Period, end: pd.Period) -> xr.DataArray:
        """Return the figures from one quarter to another, see `Adapter`."""
        key = os.environ.get(self.key_variable, "")
        if not key:
            raise SourceError(
                f"needs a key in the environment variable {self.key_variable} "
                "(free, from https://www.eia.gov/opendata/register.php)"
            )
        query = urllib.parse.urlencode(
            {
                "api_key": key,
                "frequency": "monthly",
                "data[0]": "value",
                "facets[series][]": _SERIES,
                "start": start.start_time.strftime("%Y-%m"),
                "end": end.end_time.strftime("%Y-%m"),
                "sort[0][column]": "period",
                "sort[0][direction]": "asc",
                "length": 5000,
            }
        )
        content = self.client.fetch(f"{self.url}/petroleum/pri/spt/data/?{query}")
        return figures(
            _prices(parse_json(content, ("response", "data"))),
            name=self.name,
            unit="USD a barrel",
            source=f"U.S. Energy Information Administration, {_SERIES}",
            freq="M",
        )


def _prices(rows: Any) -> Iterator[tuple[str, str]]:
    for row in rows:
        try:
            period, series, units, value = (
                row[name] for name in ("period", "series", "units", "value")
            )
        except (KeyError, TypeError) as error:
            raise SourceError(f"a row has no field {error}: the format changed") from None
        if series != _SERIES:
            raise SourceError(f"a row is of the series {series!r}, expected {_SERIES!r}")
        require_unit(units, _UNIT)
        if value is not None:
            yield period, value
