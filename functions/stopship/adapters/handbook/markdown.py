"""The handbook as Markdown. The map is a file beside it."""

from collections.abc import Iterator, Sequence

from stopship.application.handbook.model import Block, EscalationMap, Handbook, Sheet, Steps, Text

MAP = "escalation.svg"


def render(book: Handbook) -> str:
    return "\n".join(_lines(book)) + "\n"


def _lines(book: Handbook) -> Iterator[str]:
    yield f"# {book.title}"
    yield ""
    yield f"Written from {book.policy}. Do not edit: change the policy and write it again."
    for chapter in book.chapters:
        yield ""
        yield f"## {chapter.title}"
        for block in chapter.blocks:
            yield ""
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Text(text):
            yield text
        case Steps(steps):
            yield from (f"{number}. {step}" for number, step in enumerate(steps, 1))
        case Sheet(head, rows):
            yield _row(head)
            yield _row(["---"] * len(head))
            yield from (_row(row) for row in rows)
        case EscalationMap():
            yield f"![Who is next when a deadline passes]({MAP})"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |"
