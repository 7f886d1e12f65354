"""The report as one HTML file that also goes by mail: tables and inline styles alone, no script, no style sheet, no picture to be fetched.

Bars and columns are table cells, because mail programs take pictures and drawings away; every one stands beside its number.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from html import escape

from stopship.application.report.links import Links
from stopship.application.report.model import Action, Breakdown, Change, Headline, Report, Row, Section
from stopship.application.report.scale import share, top
from stopship.application.report.wording import difference, plain, shown, written
from stopship.domain.kpi.figure import Figure
from stopship.domain.kpi.measure import Kpi

INK, GREY, FAINT, LINE = "#1c2430", "#5b6675", "#f4f6f8", "#dde2e8"
BLUE, PALE = "#2f6db5", "#b9cde4"
TONES = {"good": "#1a7f4b", "bad": "#b3261e", "": GREY}
WIDTH = 760
_FONT = "font-family:Arial,Helvetica,sans-serif"
_CELL = f"padding:5px 8px;border-bottom:1px solid {LINE};font-size:13px;vertical-align:top"
_RIGHT = f"{_CELL};text-align:right;white-space:nowrap"
_HEAD = (
    f"padding:5px 8px;border-bottom:2px solid {INK};font-size:11px;color:{GREY};text-align:left;vertical-align:bottom"
)
_HEAD_RIGHT = _HEAD.replace("text-align:left", "text-align:right")


def render(report: Report, links: Links) -> str:
    return _page(report, "".join((*_first(report, links), *_behind(report, links))))


def render_mail(report: Report, links: Links, whole: str) -> str:
    """The first page alone, because mail programs cut what is longer than about 100 KB; ``whole`` says where all of it is."""
    return _page(report, "".join((*_first(report, links), _text(f"Tables, plots and definitions: {whole}"))))


def _page(report: Report, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Cancellation desk, {escape(report.title)}, {report.week}</title></head>"
        f'<body style="margin:0;background:#e9edf1;{_FONT};color:{INK}">'
        f'<table role="presentation" align="center" width="{WIDTH}" cellspacing="0" cellpadding="0" '
        f'style="width:{WIDTH}px;max-width:100%;margin:0 auto;background:#ffffff;border-collapse:collapse">'
        f'<tr><td style="padding:24px 28px">{body}</td></tr></table></body></html>\n'
    )


def _first(report: Report, links: Links) -> Iterator[str]:
    yield _title(report)
    yield _headlines(report, links)
    yield _heading("What changed")
    yield (
        _list(_change(x, links) for x in report.changes)
        if report.changes
        else _text("Nothing that is more than chance: the table above shows every difference.")
    )
    yield _heading("What it cost")
    yield _list(escape(x) for x in report.costs)
    yield _heading("Recommended for next week")
    yield _actions(report.actions, links)
    yield _heading("To be known of the data")
    yield _list(escape(x) for x in report.notes)


def _behind(report: Report, links: Links) -> Iterator[str]:
    yield _heading("Eight weeks")
    yield _trends(report.headlines)
    for section in report.sections:
        yield from _section(section, links)
    yield _heading("What each measure means")
    yield _definitions(report)


def _title(report: Report) -> str:
    state = "" if report.over else ' <span style="color:#b3261e">(not over)</span>'
    return (
        f'<p style="margin:0;color:{GREY};font-size:12px">Cancellation desk: weekly report</p>'
        f'<h1 style="margin:2px 0 2px 0;font-size:24px">{escape(report.title)}, week {report.week[-2:]} of {report.week[:4]}{state}</h1>'
        f'<p style="margin:0 0 14px 0;color:{GREY};font-size:12px">{report.first_day} to {report.last_day}, each merchant by its own '
        f"clock; facts as of {report.as_of[:16].replace('T', ' ')} UTC. Each number leads to its cases.</p>"
    )


def _heading(text: str) -> str:
    return f'<h2 style="margin:22px 0 6px 0;font-size:16px;border-bottom:1px solid {LINE};padding-bottom:4px">{escape(text)}</h2>'


def _text(text: str) -> str:
    return f'<p style="margin:4px 0 8px 0;font-size:13px;line-height:1.45">{escape(text)}</p>'


def _list(rows: Iterable[str]) -> str:
    items = "".join(f'<li style="margin:0 0 5px 0">{row}</li>' for row in rows)
    return f'<ul style="margin:4px 0 0 0;padding-left:20px;font-size:13px;line-height:1.45">{items}</ul>'


def _table(head: str, rows: str) -> str:
    return f'<table width="100%" cellspacing="0" cellpadding="0" style="border-collapse:collapse;width:100%"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _th(text: str, *, right: bool = False) -> str:
    return f'<th scope="col" style="{_HEAD_RIGHT if right else _HEAD}">{escape(text)}</th>'


def _number(figure: Figure | None, links: Links, only: Mapping[str, str] | None = None) -> str:
    """The number, with a link to what it counted where it counted anything."""
    text = escape(shown(figure))
    if figure is None or not figure.upper:
        return text
    return f'<a href="{escape(links.cases(figure, only))}" style="color:{INK};text-decoration:underline">{text}</a>'


# ---------------------------------------------------------------------------------------------- the first page


def _headlines(report: Report, links: Links) -> str:
    head = (
        _th("measure")
        + "".join(_th(x, right=True) for x in ("this week", "week before", "change"))
        + _th("8 weeks, from 0")
    )
    return _table(head, "".join(_headline(x, links) for x in report.headlines))


def _headline(x: Headline, links: Links) -> str:
    tone = TONES[x.tone]
    return (
        f'<tr><td style="{_CELL}">{escape(x.label)}</td>'
        f'<td style="{_RIGHT};font-weight:bold">{_number(x.now, links, x.only)}</td>'
        f'<td style="{_RIGHT};color:{GREY}">{escape(shown(x.before))}</td>'
        f'<td style="{_RIGHT};color:{tone}">{escape(difference(x.now, x.before))}</td>'
        f'<td style="{_CELL};padding:2px 8px">{_columns(x.trend, 20, 9)}</td></tr>'
    )


def _columns(trend: Iterable[Figure | None], height: int, width: int) -> str:
    figures = list(trend)
    end = top(figures)
    cells = "".join(_column(x, end, height, width, last=x is figures[-1]) for x in figures)
    return f'<table role="presentation" cellspacing="0" cellpadding="0" style="border-collapse:collapse"><tr>{cells}</tr></table>'


def _column(figure: Figure | None, end: Decimal, height: int, width: int, *, last: bool) -> str:
    tall = round(share(figure, end) * height)
    colour = BLUE if last else PALE
    bar = (
        f'<div style="width:{width}px;height:{tall}px;background:{colour};font-size:0;line-height:0"></div>'
        if tall
        else ""
    )
    return f'<td style="height:{height}px;width:{width}px;padding:0 2px 0 0;vertical-align:bottom;border-bottom:1px solid {GREY}">{bar}</td>'


def _change(x: Change, links: Links) -> str:
    h = x.headline
    tone = TONES[h.tone]
    text = f"<b>{escape(h.label)}</b> went from {escape(shown(h.before))} to "
    text += f'<span style="color:{tone};font-weight:bold">{_number(h.now, links, h.only)}</span>.'
    if x.part or x.by:
        part = f"{plain(x.by)} {plain(x.part)}"
        text += f" Most of it is <b>{escape(part)}</b>: {escape(_or_none(x.before))} before, {_number(x.now, links, h.only)} now."
    return text


def _or_none(figure: Figure | None) -> str:
    return "none" if figure is None else shown(figure)


def _actions(actions: tuple[Action, ...], links: Links) -> str:
    if not actions:
        return _text("Nothing: no warehouse, cause or team stands out.")
    rows = "".join(_action(place, x, links) for place, x in enumerate(actions, 1))
    return f'<table width="100%" cellspacing="0" cellpadding="0" style="border-collapse:collapse">{rows}</table>'


def _action(place: int, x: Action, links: Links) -> str:
    first = ", ".join(escape(case) for _, case in x.cases)
    count = f"{x.figure.upper:,}" if x.figure.upper else "0"
    link = f'<a href="{escape(links.cases(x.figure, x.only))}" style="color:{BLUE}">all of them: {count}</a>'
    return (
        f'<tr><td style="{_CELL};font-size:20px;font-weight:bold;color:{BLUE};width:26px">{place}</td><td style="{_CELL}">'
        f'<b>{escape(x.title)}</b><br>{escape(x.why)}<br><span style="color:{GREY};font-size:12px">{first} ... {link}</span></td></tr>'
    )


# ---------------------------------------------------------------------------------------------- trends


def _trends(headlines: tuple[Headline, ...]) -> str:
    drawn = [x for x in headlines if any(f is not None and f.value is not None for f in x.trend)]
    rows = "".join(
        f"<tr>{''.join(_trend(x) for x in drawn[start : start + 3])}</tr>" for start in range(0, len(drawn), 3)
    )
    return f'<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="border-collapse:collapse">{rows}</table>'


def _trend(x: Headline) -> str:
    """With its axis: zero at the foot, a round number at the head."""
    end = top(x.trend)
    known = next(f for f in x.trend if f is not None)
    last = escape(shown(x.now))
    head = escape(written(end, x.kpi.unit, known.slice.get("currency", "")))
    axis = (
        f'<td style="font-size:10px;color:{GREY};vertical-align:top;text-align:right;padding-right:4px;white-space:nowrap">{head}</td>',
        f'<td style="font-size:10px;color:{GREY};vertical-align:bottom;text-align:right;padding-right:4px">0</td>',
    )
    names = weeks_shown(x.trend)
    return (
        f'<td style="width:33%;padding:8px 10px 10px 0;vertical-align:top"><div style="font-size:12px;font-weight:bold;height:30px">{escape(x.label)}</div>'
        f'<table role="presentation" cellspacing="0" cellpadding="0" style="border-collapse:collapse"><tr>{axis[0]}'
        f'<td rowspan="2">{_columns(x.trend, 56, 15)}</td></tr><tr>{axis[1]}</tr></table>'
        f'<div style="font-size:10px;color:{GREY}">{names}; now {last}</div></td>'
    )


def weeks_shown(trend: tuple[Figure | None, ...]) -> str:
    """Of which there is something to show."""
    weeks = [f.week[-3:] for f in trend if f is not None]
    return f"{weeks[0]} to {weeks[-1]}" if len(weeks) > 1 else f"{weeks[0]} only"


# ---------------------------------------------------------------------------------------------- tables


def _section(section: Section, links: Links) -> Iterator[str]:
    yield _heading(section.title)
    for table in section.tables:
        yield f'<h3 style="margin:14px 0 2px 0;font-size:13px">{escape(table.title)}</h3>'
        yield f'<p style="margin:0 0 4px 0;font-size:11px;color:{GREY}">{escape(table.says)}</p>'
        if not table.rows:
            yield _text("Nothing of the kind in this week.")
        else:
            yield _matrix(table, links) if table.matrix else _breakdown(table, links)


def _breakdown(table: Breakdown, links: Links) -> str:
    head = "".join(_th(plain(name)) for name in table.by)
    head += "".join(_th(kpi.title, right=True) for kpi in table.kpis)
    drawn = next((kpi for kpi in table.kpis if kpi.name == table.drawn), None)
    end = top([row.now.get(table.drawn) for row in table.rows])
    if drawn:
        unit = written(end, drawn.unit, _currency(table))
        head += _th(f"{drawn.title}, 0 to {unit}")
    return _table(head, "".join(_row(row, table, links, drawn, end) for row in table.rows))


def _currency(table: Breakdown) -> str:
    found = next((f for row in table.rows for f in row.now.values() if f is not None), None)
    return found.slice.get("currency", "") if found else ""


def _row(row: Row, table: Breakdown, links: Links, drawn: Kpi | None, end: Decimal) -> str:
    cells = "".join(f'<td style="{_CELL};white-space:nowrap">{escape(plain(value))}</td>' for value in row.key)
    for kpi in table.kpis:
        now, before = row.now.get(kpi.name), row.before.get(kpi.name)
        change = difference(now, before)
        small = f'<br><span style="font-size:10px;color:{GREY}">{escape(change)}</span>' if change else ""
        cells += f'<td style="{_RIGHT}">{_number(now, links)}{small}</td>'
    if drawn:
        cells += f'<td style="{_CELL};width:150px">{_bar(row.now.get(drawn.name), end)}</td>'
    return f"<tr>{cells}</tr>"


def _bar(figure: Figure | None, end: Decimal) -> str:
    wide = round(share(figure, end) * 100)
    filled = (
        f'<td style="width:{wide}%;background:{BLUE};height:12px;font-size:0;line-height:0">&nbsp;</td>' if wide else ""
    )
    rest = (
        f'<td style="width:{100 - wide}%;background:{FAINT};height:12px;font-size:0;line-height:0">&nbsp;</td>'
        if wide < 100
        else ""
    )
    return f'<table role="presentation" width="100%" cellspacing="0" cellpadding="0" style="border-collapse:collapse"><tr>{filled}{rest}</tr></table>'


def _matrix(table: Breakdown, links: Links) -> str:
    across, down = (sorted({row.key[place] for row in table.rows}) for place in (0, 1))
    found = {row.key: row.now.get(table.drawn) for row in table.rows}
    head = _th(plain(table.by[1])) + "".join(_th(plain(x), right=True) for x in across)
    rows = "".join(
        f'<tr><td style="{_CELL}">{escape(plain(y))}</td>{"".join(_shade(found.get((x, y)), links) for x in across)}</tr>'
        for y in down
    )
    return _table(head, rows)


def _shade(figure: Figure | None, links: Links) -> str:
    """The darker, the more; with the number, and of how many."""
    strength = share(figure, Decimal(100))
    colour = f"#{''.join(f'{round(255 - (255 - c) * strength * 0.55):02x}' for c in (47, 109, 181))}"
    of = (
        f' <span style="font-size:10px;color:{GREY}">of {figure.lower:,}</span>'
        if figure is not None and figure.lower
        else ""
    )
    return f'<td style="{_RIGHT};background:{colour}">{_number(figure, links)}{of}</td>'


def _definitions(report: Report) -> str:
    used = {x.kpi.name: x.kpi for x in report.headlines}
    used |= {kpi.name: kpi for section in report.sections for table in section.tables for kpi in table.kpis}
    rows = "".join(
        f'<tr><td style="{_CELL};font-size:11px;white-space:nowrap"><b>{escape(x.title)}</b><br><span style="color:{GREY}">{x.name}</span></td>'
        f'<td style="{_CELL};font-size:11px">{escape(_definition(x))}</td></tr>'
        for x in used.values()
    )
    return _table(_th("measure") + _th("definition"), rows)


def _definition(x: Kpi) -> str:
    over = f", over {x.words.over}" if x.words.over else ""
    return f"{x.words.counts}{over}. Clock: {x.words.clock}. Left out: {x.words.excludes}."
