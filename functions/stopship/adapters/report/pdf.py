"""The report as PDF, drawn with fpdf2: A4, the first page for who reads one page, then tables, bars and columns with their axes.

The built-in fonts know Latin letters only; what they lack is shown as "?". fpdf2 is imported when the first PDF is made.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from stopship.adapters.report.html import BLUE, FAINT, GREY, INK, LINE, PALE, TONES, weeks_shown
from stopship.application.report.links import Links
from stopship.application.report.model import Action, Breakdown, Change, Headline, Report, Row
from stopship.application.report.scale import share, top
from stopship.application.report.wording import difference, plain, shown, written
from stopship.domain.instant import parse
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Kpi

if TYPE_CHECKING:
    pass

MARGIN, WIDTH, FOOT = 15.0, 180.0, 280.0
"""Millimetres; FOOT is where a page is full."""
_ROW, _SMALL = 5.4, 4.2
_BAR = 34.0


def render(report: Report, links: Links) -> bytes:
    sheet = _Sheet(report, links)
    sheet.first_page()
    sheet.trends()
    for section in report.sections:
        sheet.heading(section.title, room=14 + _room(section.tables[0]))
        for table in section.tables:
            sheet.table(table)
    sheet.definitions()
    return bytes(sheet.pdf.output())


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")


class _Sheet:
    def __init__(self, report: Report, links: Links) -> None:
        from fpdf import FPDF

        self.report, self.links = report, links
        self.pdf: FPDF = FPDF(format="A4")
        # The same report is the same file.
        self.pdf.set_creation_date(parse(report.as_of))
        self.pdf.set_title(_latin(f"Cancellation desk, {report.title}, {report.week}"))
        self.pdf.set_lang("en")
        self.pdf.set_margins(MARGIN, MARGIN)
        self.pdf.set_auto_page_break(auto=False)
        self.page()

    # -------------------------------------------------------------------------------------- words

    def page(self) -> None:
        self.pdf.add_page()
        self.pdf.set_y(287)
        self._font(7, GREY)
        left = f"Cancellation desk, {self.report.title}, {self.report.week}"
        self.pdf.cell(WIDTH / 2, 4, _latin(left))
        self.pdf.cell(WIDTH / 2, 4, f"page {self.pdf.page_no()}", align="R")
        self.pdf.set_xy(MARGIN, MARGIN)

    def need(self, room: float) -> bool:
        """A new page where there is not so much left. Whether there was one."""
        if self.pdf.get_y() + room <= FOOT:
            return False
        self.page()
        return True

    def _font(self, size: float, colour: str = INK, *, bold: bool = False) -> None:
        self.pdf.set_font("Helvetica", "B" if bold else "", size)
        self.pdf.set_text_color(*_rgb(colour))

    def _fits(self, text: str, width: float) -> str:
        """Cut at the end where it is too long, and seen to be."""
        text = _latin(text)
        if self.pdf.get_string_width(text) <= width:
            return text
        while text and self.pdf.get_string_width(f"{text}...") > width:
            text = text[:-1]
        return f"{text}..."

    def _lines(self, text: str, width: float) -> list[str]:
        """As the present font breaks it."""
        found = self.pdf.multi_cell(width, 3, _latin(text), align="L", dry_run=True, output="LINES")
        return [str(line) for line in found] if isinstance(found, list) else []

    def heading(self, text: str, room: float = 20) -> None:
        self.need(room)
        self.pdf.set_y(self.pdf.get_y() + 4)
        self._font(12, bold=True)
        self.pdf.cell(WIDTH, 6, _latin(text))
        self.pdf.set_y(self.pdf.get_y() + 6.5)
        self._rule(LINE)
        self.pdf.set_y(self.pdf.get_y() + 1.5)

    def _rule(self, colour: str, width: float = 0.2) -> None:
        self.pdf.set_draw_color(*_rgb(colour))
        self.pdf.set_line_width(width)
        self.pdf.line(MARGIN, self.pdf.get_y(), MARGIN + WIDTH, self.pdf.get_y())

    def paragraph(self, text: str, size: float = 9, colour: str = INK) -> None:
        self._font(size, colour)
        self.need(len(self._lines(text, WIDTH)) * size * 0.48)
        self._font(size, colour)
        self.pdf.set_x(MARGIN)
        self.pdf.multi_cell(WIDTH, size * 0.48, _latin(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self.pdf.set_y(self.pdf.get_y() + 1)

    def points(self, rows: Iterable[str]) -> None:
        for row in rows:
            self.paragraph(f"-  {row}")

    # -------------------------------------------------------------------------------------- the first page

    def first_page(self) -> None:
        r = self.report
        self._font(8, GREY)
        self.pdf.cell(WIDTH, 4, "Cancellation desk: weekly report", new_x="LMARGIN", new_y="NEXT")
        self._font(17, bold=True)
        state = "" if r.over else " (not over)"
        title = f"{r.title}, week {r.week[-2:]} of {r.week[:4]}{state}"
        self.pdf.cell(WIDTH, 8, self._fits(title, WIDTH), new_x="LMARGIN", new_y="NEXT")
        said = f"{r.first_day} to {r.last_day}, each merchant by its own clock; facts as of {r.as_of[:16].replace('T', ' ')} UTC."
        self.paragraph(said, 8, GREY)
        self._headlines()
        self.heading("What changed")
        self.points(
            [_change(x) for x in r.changes]
            or ["Nothing that is more than chance: the table above shows every difference."]
        )
        self.heading("What it cost")
        self.points(r.costs)
        self.heading("Recommended for next week")
        for place, action in enumerate(r.actions, 1):
            self._action(place, action)
        if not r.actions:
            self.paragraph("Nothing: no warehouse, cause or team stands out.")
        self.heading("To be known of the data")
        self.points(r.notes)

    def _headlines(self) -> None:
        widths = (70.0, 28.0, 28.0, 28.0, 26.0)
        self._head(("measure", "this week", "week before", "change", "8 weeks, from 0"), widths, left=(0, 4))
        for x in self.report.headlines:
            y = self.pdf.get_y()
            self._font(9)
            self.pdf.cell(widths[0], _ROW, self._fits(x.label, widths[0] - 2))
            self._font(9, bold=True)
            self._linked(widths[1], x.now, x.only)
            self._font(9, GREY)
            self.pdf.cell(widths[2], _ROW, _latin(shown(x.before)), align="R")
            self._font(9, TONES[x.tone])
            self.pdf.cell(widths[3], _ROW, _latin(difference(x.now, x.before)), align="R")
            self._columns(x.trend, MARGIN + sum(widths[:4]) + 3, y + _ROW - 0.8, _ROW - 1.4, 2.2)
            self._next_row(y)

    def _next_row(self, y: float, height: float = _ROW) -> None:
        self.pdf.set_xy(MARGIN, y + height)
        self._rule(LINE, 0.1)

    def _head(self, names: Sequence[str], widths: Sequence[float], left: Sequence[int]) -> None:
        """Names may take two lines; they stand at the foot of the row."""
        self._font(7, GREY, bold=True)
        y = self.pdf.get_y()
        wrapped = [self._lines(n, w - 1) for n, w in zip(names, widths, strict=True)]
        height = 3.0 * max(len(lines) for lines in wrapped) + 1
        x = MARGIN
        for i, (lines, width) in enumerate(zip(wrapped, widths, strict=True)):
            for line, text in enumerate(lines):
                self.pdf.set_xy(x, y + height - 1 - 3.0 * (len(lines) - line))
                self.pdf.cell(width, 3, text, align="L" if i in left else "R")
            x += width
        self.pdf.set_xy(MARGIN, y + height)
        self._rule(INK, 0.3)

    def _linked(self, width: float, figure: Figure | None, only: object = None) -> None:
        link = (
            self.links.cases(figure, only if isinstance(only, dict) else None)
            if figure is not None and figure.upper
            else ""
        )
        self.pdf.cell(width, _ROW, _latin(shown(figure)), align="R", link=link)

    def _action(self, place: int, x: Action) -> None:
        self.need(16)
        y = self.pdf.get_y()
        self._font(14, BLUE, bold=True)
        self.pdf.cell(8, 6, str(place))
        self._font(9.5, bold=True)
        self.pdf.cell(WIDTH - 8, 5, self._fits(x.title, WIDTH - 8))
        self._font(9)
        self.pdf.set_xy(MARGIN + 8, y + 5)
        self.pdf.multi_cell(WIDTH - 8, 4.2, _latin(x.why), align="L", new_x="LMARGIN", new_y="NEXT")
        self._font(7.5, GREY)
        self.pdf.set_x(MARGIN + 8)
        cases = ", ".join(case for _, case in x.cases)
        text = self._fits(f"{cases} ... all of them: {x.figure.upper or 0:,}", WIDTH - 8)
        self.pdf.cell(WIDTH - 8, 4, text, link=self.links.cases(x.figure, x.only))
        self.pdf.set_xy(MARGIN, self.pdf.get_y() + 5.5)

    # -------------------------------------------------------------------------------------- drawings

    def _rect(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self.pdf.set_fill_color(*_rgb(colour))
        self.pdf.rect(x, y, width, height, style="F")

    def _columns(self, trend: Sequence[Figure | None], x: float, foot: float, height: float, width: float) -> None:
        end = top(trend)
        for place, figure in enumerate(trend):
            tall = share(figure, end) * height
            if tall:
                colour = BLUE if place == len(trend) - 1 else PALE
                self._rect(x + place * (width + 0.5), foot - tall, width, tall, colour)
        self.pdf.set_draw_color(*_rgb(GREY))
        self.pdf.set_line_width(0.15)
        self.pdf.line(x, foot, x + len(trend) * (width + 0.5), foot)

    def trends(self) -> None:
        """Three in a row, each with its own axis."""
        drawn = [x for x in self.report.headlines if any(f is not None and f.value is not None for f in x.trend)]
        if not drawn:
            return
        self.page()
        self.heading("Eight weeks")
        for start in range(0, len(drawn), 3):
            self.need(36)
            y = self.pdf.get_y()
            for place, x in enumerate(drawn[start : start + 3]):
                self._trend(x, MARGIN + place * 61, y)
            self.pdf.set_xy(MARGIN, y + 38)

    def _trend(self, headline: Headline, x: float, y: float) -> None:
        end = top(headline.trend)
        known = next(f for f in headline.trend if f is not None)
        self._font(8, bold=True)
        self.pdf.set_xy(x, y)
        self.pdf.cell(58, 4, self._fits(headline.label, 58))
        self._font(6.5, GREY)
        axis = written(end, headline.kpi.unit, known.slice.get("currency", ""))
        for text, at in ((axis, y + 5.5), ("0", y + 25.5)):
            self.pdf.set_xy(x, at)
            self.pdf.cell(18, 3, _latin(text), align="R")
        self._columns(headline.trend, x + 19, y + 28, 21, 4.2)
        self._font(6.5, GREY)
        self.pdf.set_xy(x + 19, y + 28.8)
        self.pdf.cell(38, 3, _latin(f"{weeks_shown(headline.trend)}; now {shown(headline.now)}"))

    # -------------------------------------------------------------------------------------- tables

    def table(self, table: Breakdown) -> None:
        self.need(_room(table))
        self.pdf.set_y(self.pdf.get_y() + 2)
        self._font(9, bold=True)
        self.pdf.cell(WIDTH, 4.5, _latin(table.title), new_x="LMARGIN", new_y="NEXT")
        self._font(7, GREY)
        self.pdf.cell(WIDTH, 3.5, _latin(table.says), new_x="LMARGIN", new_y="NEXT")
        if not table.rows:
            self.paragraph("Nothing of the kind in this week.", 8)
        elif table.matrix:
            self._matrix(table)
        else:
            self._breakdown(table)
        self.pdf.set_y(self.pdf.get_y() + 2)

    def _breakdown(self, table: Breakdown) -> None:
        drawn = next((kpi for kpi in table.kpis if kpi.name == table.drawn), None)
        end = top([row.now.get(table.drawn) for row in table.rows])
        bar = _BAR if drawn else 0.0
        each = min(30.0, (WIDTH - bar - (34.0 if len(table.by) == 1 else 24.0) * len(table.by)) / len(table.kpis))
        key = (WIDTH - bar - each * len(table.kpis)) / len(table.by)
        widths = (*[key] * len(table.by), *[each] * len(table.kpis), *([bar] if drawn else []))
        names = [*(plain(x) for x in table.by), *(kpi.title for kpi in table.kpis)]
        names += [f"{drawn.title}, 0 to {written(end, drawn.unit, _currency(table))}"] if drawn else []
        left = (*range(len(table.by)), *([len(names) - 1] if drawn else []))
        self._head(names, widths, left)
        for row in table.rows:
            if self.need(_ROW + _SMALL):
                self._head(names, widths, left)
            self._row(row, table.kpis, widths, drawn, share(row.now.get(table.drawn), end))

    def _row(self, row: Row, kpis: Sequence[Kpi], widths: Sequence[float], drawn: Kpi | None, part: float) -> None:
        y = self.pdf.get_y()
        self._font(8.5)
        for value, width in zip(row.key, widths, strict=False):
            self.pdf.cell(width, _ROW, self._fits(plain(value), width - 2))
        x = MARGIN + sum(widths[: len(row.key)])
        changed = [difference(row.now.get(k.name), row.before.get(k.name)) for k in kpis]
        for kpi, change, width in zip(kpis, changed, widths[len(row.key) :], strict=False):
            self.pdf.set_xy(x, y)
            self._font(8.5)
            self._linked(width, row.now.get(kpi.name))
            self._font(6, GREY)
            self.pdf.set_xy(x, y + _ROW - 1.6)
            self.pdf.cell(width, 2.6, _latin(change), align="R")
            x += width
        if drawn:
            self._rect(x + 4, y + 1.2, _BAR - 4, 3, FAINT)
            self._rect(x + 4, y + 1.2, (_BAR - 4) * part, 3, BLUE)
        self._next_row(y, _ROW + 1.4 if any(changed) else _ROW)

    def _matrix(self, table: Breakdown) -> None:
        across, down = (sorted({row.key[place] for row in table.rows}) for place in (0, 1))
        found = {row.key: row.now.get(table.drawn) for row in table.rows}
        widths = (40.0, *[(WIDTH - 40) / len(across)] * len(across))
        names = [plain(table.by[1]), *(plain(x) for x in across)]
        self._head(names, widths, (0,))
        for name in down:
            if self.need(_ROW):
                self._head(names, widths, (0,))
            y = self.pdf.get_y()
            self._font(8.5)
            self.pdf.cell(widths[0], _ROW, self._fits(plain(name), 38))
            for place, one in enumerate(across):
                self._shade(found.get((one, name)), MARGIN + 40 + place * widths[1], y, widths[1])
            self._next_row(y)

    def _shade(self, figure: Figure | None, x: float, y: float, width: float) -> None:
        strength = float(figure.value) / 100 if figure is not None and figure.value is not None else 0.0
        colour = "#" + "".join(f"{round(255 - (255 - c) * strength * 0.55):02x}" for c in _rgb(BLUE))
        self._rect(x, y, width, _ROW, colour)
        self.pdf.set_xy(x, y)
        self._font(8.5)
        of = f"  of {figure.lower:,}" if figure is not None and figure.lower else ""
        link = self.links.cases(figure) if figure is not None and figure.upper else ""
        self.pdf.cell(width - 1, _ROW, _latin(shown(figure) + of), align="R", link=link)

    def definitions(self) -> None:
        self.heading("What each measure means", room=40)
        used = {x.kpi.name: x.kpi for x in self.report.headlines}
        used |= {kpi.name: kpi for section in self.report.sections for table in section.tables for kpi in table.kpis}
        for kpi in used.values():
            over = f", over {kpi.words.over}" if kpi.words.over else ""
            text = f"{kpi.title} ({kpi.name}): {kpi.words.counts}{over}. Clock: {kpi.words.clock}. Left out: {kpi.words.excludes}."
            self.paragraph(text, 7.5)


def _room(table: Breakdown) -> float:
    """What it takes to begin the table: all of it, so that it is not torn apart, or its head where it is longer than a page."""
    lines = {row.key[-1] for row in table.rows} if table.matrix else table.rows
    whole = 24 + len(lines) * (_ROW + 1.4)
    return whole if whole < FOOT - MARGIN - 14 else 30.0


def _currency(table: Breakdown) -> str:
    found = next((f for row in table.rows for f in row.now.values() if f is not None), None)
    return found.slice.get("currency", "") if found else ""


def _change(x: Change) -> str:
    h = x.headline
    text = f"{h.label} went from {shown(h.before)} to {shown(h.now)}."
    if x.by:
        before = "none" if x.before is None else shown(x.before)
        text += f" Most of it is {plain(x.by)} {plain(x.part)}: {before} before, {shown(x.now)} now."
    return text
