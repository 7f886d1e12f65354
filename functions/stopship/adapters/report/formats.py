"""Every form that a report comes in."""

from collections.abc import Callable

from stopship.adapters.report import html, parquet, pdf, rows
from stopship.application.report.links import Links
from stopship.application.report.model import Report
from stopship.frozen import frozen


@frozen
class Format:
    """``name`` is the file's ending."""

    name: str
    content_type: str
    render: Callable[[Report, Links], bytes]


def _text(render: Callable[[Report, Links], str]) -> Callable[[Report, Links], bytes]:
    return lambda report, links: render(report, links).encode()


FORMATS = (
    Format("html", "text/html; charset=utf-8", _text(html.render)),
    Format("pdf", "application/pdf", pdf.render),
    Format("csv", "text/csv; charset=utf-8", _text(rows.as_csv)),
    Format("parquet", "application/vnd.apache.parquet", parquet.render),
    Format("json", "application/json", _text(rows.as_json)),
)
