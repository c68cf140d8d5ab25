"""Grey imports and output sector by sector, beside the economy's own import premium."""

from sanctions_model.scenarios.sectors.figures import Sector, load_sectors
from sanctions_model.scenarios.sectors.imported import load_output_losses, output_table
from sanctions_model.scenarios.sectors.pooling import PooledPremium, pool_premium, pooled_effects
from sanctions_model.scenarios.sectors.premiums import SECTOR, sector_premiums, sector_table

__all__ = [
    "SECTOR",
    "PooledPremium",
    "Sector",
    "load_output_losses",
    "load_sectors",
    "output_table",
    "pool_premium",
    "pooled_effects",
    "sector_premiums",
    "sector_table",
]
