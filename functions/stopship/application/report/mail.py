"""The report as a mail: its first page, and the same in plain words for who cannot see it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from stopship.application.report.model import Report
from stopship.application.report.wording import difference, shown


class HtmlMailer(Protocol):
    def send(
        self,
        sender: str,
        to: str,
        subject: str,
        text: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        html: str = "",
    ) -> str: ...


def mail_report(mailer: HtmlMailer, sender: str, recipients: Sequence[str], report: Report, page: str) -> list[str]:
    """To each by itself. Gives the message ids. Raises what the mailer raises; who had it already has it then, and may have it again."""
    subject = f"Cancellation desk, {report.title}, week {report.week}"
    tags = {"merchant": report.merchant, "template": "weekly_report"}
    return [mailer.send(sender, to, subject, as_text(report), tags, html=page) for to in recipients]


def as_text(report: Report) -> str:
    """The first page in words."""
    lines = [f"Cancellation desk, {report.title}, {report.first_day} to {report.last_day}", ""]
    for x in report.headlines:
        change = difference(x.now, x.before)
        lines.append(f"{x.label}: {shown(x.now)}{f' ({change})' if change else ''}")
    lines += ["", *report.costs, ""]
    lines += [f"{place}. {x.title}. {x.why}" for place, x in enumerate(report.actions, 1)]
    return "\n".join([*lines, "", *report.notes]) + "\n"
