"""One self-contained HTML file: what a fit says, with an explorer that runs in the page."""

from sanctions_model.report.page.mixtures import drawn_futures
from sanctions_model.report.page.page import report_html, require_report_path, write_report

__all__ = ["drawn_futures", "report_html", "require_report_path", "write_report"]
