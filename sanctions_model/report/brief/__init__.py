"""The brief: one page that an office forwards, in several languages, as PDF, HTML and picture."""

__all__: list[str] = []
