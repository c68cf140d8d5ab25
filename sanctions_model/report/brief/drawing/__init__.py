"""The brief drawn: a sheet of A4 and a picture, in the fonts of a language."""

__all__: list[str] = []
