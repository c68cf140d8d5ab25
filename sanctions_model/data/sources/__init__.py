"""Sources of data, one small file each; `registry` has the table of all of them."""

from sanctions_model.data.sources.registry import SOURCES

__all__ = ["SOURCES"]
