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

from sanctions_model.adapters.http import HttpClient
from sanctions_model.adapters.sdmx import SdmxSeries

__all__ = ["BRENT", "CONSUMER_PRICES", "GOODS_IMPORTS", "OUTPUT"]

_URL = "https://api.imf.org/external/sdmx/2.1"
_CLIENT = HttpClient(hosts=frozenset({"api.imf.org"}))
_PRODUCER = "International Monetary Fund"

OUTPUT = SdmxSeries(
    name="IMF quarterly accounts",
    series="gdp_index_nsa_2021eq100",
    url=_URL,
    flow="IMF.STA,QNEA",
    key="RUS.B1GQ.Q.NSA.XDC.Q",
    freq="Q",
    unit="constant prices, domestic currency",
    producer=f"{_PRODUCER}, from national sources",
    client=_CLIENT,
    stated={"PRICE_TYPE": "Q", "S_ADJUSTMENT": "NSA", "TYPE_OF_TRANSFORMATION": "XDC"},
)
GOODS_IMPORTS = SdmxSeries(
    name="IMF balance of payments",
    series="imports_goods_sa_usd_bn",
    url=_URL,
    flow="IMF.STA,BOP",
    key="RUS.DB_T.G.USD.Q",
    freq="Q",
    unit="USD bn a quarter",
    producer=f"{_PRODUCER}, from national sources",
    client=_CLIENT,
    stated={"UNIT": "USD"},
    divisor=1e9,
)
CONSUMER_PRICES = SdmxSeries(
    name="IMF consumer prices",
    series="cpi_growth_nsa_pct",
    url=_URL,
    flow="IMF.STA,CPI",
    key="RUS.CPI._T.IX.M",
    freq="M",
    unit="index",
    producer=f"{_PRODUCER}, from national sources",
    client=_CLIENT,
    stated={"TYPE_OF_TRANSFORMATION": "IX"},
)
BRENT = SdmxSeries(
    name="IMF commodity prices",
    series="brent_usd_bbl",
    url=_URL,
    flow="IMF.RES,PCPS",
    key="G001.POILBRE.USD.M",
    freq="M",
    unit="USD a barrel",
    producer=_PRODUCER,
    client=_CLIENT,
    stated={"DATA_TRANSFORMATION": "USD"},
)
