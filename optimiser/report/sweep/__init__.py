"""The report of a sweep: hundreds of runs on one page, in a table and in a workbook."""

from optimiser.report.sweep.write import FORMATS, write_sweep_report

__all__ = ["FORMATS", "write_sweep_report"]
