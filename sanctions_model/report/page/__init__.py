"""The interactive page: one file that answers by itself."""
