"""International Monetary Fund: quarterly accounts, goods imports, consumer prices, Brent.

Service: SDMX 2.1 REST at ``https://api.imf.org/external/sdmx/2.1``, described at
https://data.imf.org/en/Resource-Pages/IMF-API ; no key. A series is
``GET /data/{agency},{flow}/{key}?startPeriod=&endPeriod=``:

- ``IMF.STA,QNEA``, key ``COUNTRY.INDICATOR.PRICE_TYPE.S_ADJUSTMENT.TYPE_OF_TRANSFORMATION``
  ``.FREQUENCY``: ``RUS.B1GQ.Q.NSA.XDC.Q`` is GDP at constant prices, not seasonally adjusted;
- ``IMF.STA,BOP``, key ``COUNTRY.BOP_ACCOUNTING_ENTRY.INDICATOR.UNIT.FREQUENCY``:
  ``RUS.DB_T.G.USD.Q`` is the debit of goods, in US dollars (units, not millions);
- ``IMF.STA,CPI``, key ``COUNTRY.INDEX_TYPE.COICOP_1999.TYPE_OF_TRANSFORMATION.FREQUENCY``:
  ``RUS.CPI._T.IX.M`` is the index of all items;
- ``IMF.RES,PCPS``, key ``COUNTRY.INDICATOR.DATA_TRANSFORMATION.FREQUENCY``:
  ``G001.POILBRE.USD.M`` is Brent in US dollars a barrel, mean of the month.

Answers are SDMX-ML, generic or structure-specific; months are written ``2024-M01``. Their
attribute ``SCALE`` says how the IMF's own pages show a series, not what the figures are in, so it
is not read; figures in another unit show in the comparison with those at hand.
"""

from functools import partial

from sanctions_model.data.sources.http import HttpClient
from sanctions_model.data.sources.sdmx import SdmxSeries

_PRODUCER = "International Monetary Fund"
_series = partial(
    SdmxSeries,
    url="https://api.imf.org/external/sdmx/2.1",
    client=HttpClient(hosts=frozenset({"api.imf.org"})),
    producer=f"{_PRODUCER}, from national sources",
)

OUTPUT = _series(
    name="IMF quarterly accounts",
    series="gdp_index_nsa_2021eq100",
    flow="IMF.STA,QNEA",
    key="RUS.B1GQ.Q.NSA.XDC.Q",
    freq="Q",
    unit="constant prices, domestic currency",
    stated={"PRICE_TYPE": "Q", "S_ADJUSTMENT": "NSA", "TYPE_OF_TRANSFORMATION": "XDC"},
)
GOODS_IMPORTS = _series(
    name="IMF balance of payments",
    series="imports_goods_sa_usd_bn",
    flow="IMF.STA,BOP",
    key="RUS.DB_T.G.USD.Q",
    freq="Q",
    unit="USD bn a quarter",
    stated={"UNIT": "USD"},
    divisor=1e9,
)
CONSUMER_PRICES = _series(
    name="IMF consumer prices",
    series="cpi_growth_nsa_pct",
    flow="IMF.STA,CPI",
    key="RUS.CPI._T.IX.M",
    freq="M",
    unit="index",
    stated={"TYPE_OF_TRANSFORMATION": "IX"},
)
BRENT = _series(
    name="IMF commodity prices",
    series="brent_usd_bbl",
    flow="IMF.RES,PCPS",
    key="G001.POILBRE.USD.M",
    freq="M",
    unit="USD a barrel",
    producer=_PRODUCER,
    stated={"DATA_TRANSFORMATION": "USD"},
)
