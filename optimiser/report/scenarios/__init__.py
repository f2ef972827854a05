"""The report of a table of scenarios: its cards, figures, workbook and page."""
