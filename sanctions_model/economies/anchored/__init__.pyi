"""The room's public names, where they live."""

__all__ = ["anchored_transmission"]

from .model import anchored_transmission
