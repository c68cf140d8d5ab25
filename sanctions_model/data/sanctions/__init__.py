"""Dated sanctions events and the intensities counted from them."""
