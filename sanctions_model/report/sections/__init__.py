"""What stands behind the report's answers: data, forecasts, tests and what others found.

Each module makes a table of one section and writes it as HTML; `background` puts them together.
"""
