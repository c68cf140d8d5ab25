"""Bank for International Settlements: policy rates, exchange rates, consumer prices.

Service: SDMX 2.1 REST at ``https://stats.bis.org/api/v1``, described at
https://stats.bis.org/api-doc/v1/ ; no key, no registration; terms at
https://www.bis.org/terms_statistics.htm . A series is
``GET /data/{flow}/{key}?startPeriod=&endPeriod=``:

- ``WS_CBPOL``, key ``FREQ.REF_AREA``: central bank policy rates, % a year;
- ``WS_XRU``, key ``FREQ.REF_AREA.CURRENCY.COLLECTION``: units of a currency for one US dollar,
  collection ``A`` is the average of the period;
- ``WS_LONG_CPI``, key ``FREQ.REF_AREA.UNIT_MEASURE``: consumer prices, ``628`` is the index with
  2010 = 100.

Answers are SDMX-ML: ``generic:Obs`` with ``generic:ObsDimension`` (the period) and
``generic:ObsValue`` in one ``generic:Series``.
"""

from functools import partial

from sanctions_model.data.sources.http import HttpClient
from sanctions_model.data.sources.sdmx import SdmxSeries

_PRODUCER = "Bank for International Settlements"
_series = partial(
    SdmxSeries,
    url="https://stats.bis.org/api/v1",
    client=HttpClient(hosts=frozenset({"stats.bis.org"})),
    producer=_PRODUCER,
)

POLICY_RATE = _series(
    name="BIS policy rates",
    series="key_rate_average_pct_pa",
    flow="WS_CBPOL",
    key="D.RU",
    freq="D",
    unit="% a year",
    stated={"UNIT_MULT": "0"},
)
EXCHANGE_RATE = _series(
    name="BIS exchange rates",
    series="usd_rub_average_rub",
    flow="WS_XRU",
    key="M.RU.RUB.A",
    freq="M",
    unit="RUB for 1 USD",
    stated={"CURRENCY": "RUB", "COLLECTION": "A", "UNIT_MULT": "0"},
)
CONSUMER_PRICES = _series(
    name="BIS consumer prices",
    series="cpi_growth_nsa_pct",
    flow="WS_LONG_CPI",
    key="M.RU.628",
    freq="M",
    unit="index, 2010 = 100",
    producer=f"{_PRODUCER}, from national sources",
    stated={"UNIT_MEASURE": "628", "UNIT_MULT": "0"},
)
