"""The table of sources. A new source is one file beside this one and one line here."""

from sanctions_model.data.sources import bis, imf
from sanctions_model.data.sources.bank_of_russia import KeyRate, LendingRate, OfficialRate
from sanctions_model.data.sources.eia import BrentSpot
from sanctions_model.data.sources.interface import Adapter

# Several sources of one series stand in the order in which they are asked; the first that answers
# is used. Producers come before those who pass their figures on.
SOURCES: tuple[Adapter, ...] = (
    KeyRate(),
    bis.POLICY_RATE,
    OfficialRate(),
    bis.EXCHANGE_RATE,
    LendingRate(),
    bis.CONSUMER_PRICES,
    imf.CONSUMER_PRICES,
    BrentSpot(),
    imf.BRENT,
    imf.OUTPUT,
    imf.GOODS_IMPORTS,
)
