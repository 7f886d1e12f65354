"""The handbook as one HTML file, to be read or printed."""

from collections.abc import Sequence
from html import escape

from stopship.adapters.handbook.picture import draw
from stopship.application.handbook.model import Block, EscalationMap, Handbook, Sheet, Steps, Text

_STYLE = (
    "body{font-family:Arial,Helvetica,sans-serif;color:#1c2430;max-width:1100px;margin:24px auto;padding:0 20px;line-height:1.45}"
    "h1{font-size:24px;margin-bottom:2px}h2{font-size:18px;margin-top:32px;border-bottom:1px solid #dde2e8;padding-bottom:4px}"
    "table{border-collapse:collapse;width:100%;margin:10px 0;font-size:13px}"
    "th{text-align:left;color:#5b6675;border-bottom:2px solid #1c2430;padding:5px 8px;vertical-align:bottom}"
    "td{border-bottom:1px solid #dde2e8;padding:5px 8px;vertical-align:top}"
    ".from{color:#5b6675;font-size:12px}@media print{tr{break-inside:avoid}}"
)


def render(book: Handbook) -> str:
    chapters = "".join(
        f"<section><h2>{escape(chapter.title)}</h2>{''.join(_block(block) for block in chapter.blocks)}</section>"
        for chapter in book.chapters
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(book.title)}</title><style>{_STYLE}</style></head>'
        f'<body><h1>{escape(book.title)}</h1><p class="from">Written from {escape(book.policy)}.</p>{chapters}</body></html>\n'
    )


def _block(block: Block) -> str:
    match block:
        case Text(text):
            return f"<p>{escape(text)}</p>"
        case Steps(steps):
            return f"<ol>{''.join(f'<li>{escape(step)}</li>' for step in steps)}</ol>"
        case Sheet(head, rows):
            titles = "".join(f'<th scope="col">{escape(x)}</th>' for x in head)
            return f"<table><thead><tr>{titles}</tr></thead><tbody>{''.join(_row(row) for row in rows)}</tbody></table>"
        case EscalationMap():
            return draw(block)


def _row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"
