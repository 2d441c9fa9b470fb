"""The report of a dialed day: figures, table, JSON and one page, from the journal's records alone. Pure.

>>> from dialer.report import ReportContext, summarize
>>> from dialer.records import Closed
>>> from datetime import UTC, datetime
>>> summarize([Closed(datetime(2026, 11, 24, tzinfo=UTC))], ReportContext()).total.counts.attempt_count
0
"""

from dialer.report.context import CampaignContext, ReportContext
from dialer.report.export import as_json
from dialer.report.figures import DayFigures
from dialer.report.html import render_html
from dialer.report.summarize import summarize
from dialer.report.table import print_table

__all__ = ["CampaignContext", "DayFigures", "ReportContext", "as_json", "print_table", "render_html", "summarize"]
