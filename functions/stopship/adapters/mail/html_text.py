"""The visible text of an HTML mail. What a mail program marks as quoted comes out behind ">", as in a plain mail."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

_UNSEEN = frozenset(
    {"head", "script", "style", "title", "template", "noscript", "object", "svg", "math", "select", "textarea"}
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_BLOCK = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
    }
    | {"h6", "header", "hr", "html", "li", "main", "ol", "p", "pre", "section", "table", "tbody", "tr", "ul"}
)
_QUOTES = re.compile(
    r"\b(gmail_quote|gmail_attr|yahoo_quoted|protonmail_quote|moz-cite-prefix|tutanota_quote|zmail_extra|gmx_quote|OutlookMessageHeader)"
    r"|(divRplyFwdMsg|appendonsend|mail-editor-reference-message-container|OLK_SRC_BODY_SECTION|isForwardContent)",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_AFTER = re.compile(r"divRplyFwdMsg|appendonsend|moz-cite-prefix|OutlookMessageHeader", re.IGNORECASE)
"""Marks that stand before what is quoted, not around it: everything from here on is quoted."""
MAX_TAG = 5_000
"""Characters of one tag; a longer one is left out."""

type Attributes = Sequence[tuple[str, str | None]]


def text_of(html: str) -> str:
    """What is no HTML comes out as text."""
    reader = _Reader()
    reader.feed("".join(_whole_tags(html)))
    reader.close()
    return reader.text()


def _whole_tags(html: str) -> Iterator[str]:
    """The text and the tags that are whole, without comments and declarations: on what is left open the standard library's parser begins
    again at every "<", and some declarations end it."""
    place, close = 0, -1
    while (begin := html.find("<", place)) >= 0:
        yield html[place:begin]
        if html.startswith("<!--", begin):
            end = html.find("-->", begin + 4)
            if end < 0:
                return
            place = end + 3
            continue
        close = html.find(">", begin) if close < begin else close
        if close < 0:
            yield html[begin:].replace("<", "&lt;")
            return
        following = html.find("<", begin + 1, close)
        if following >= 0:
            yield f"&lt;{html[begin + 1 : following]}"
            place = following
            continue
        if html[begin + 1] not in "!?" and close - begin <= MAX_TAG:
            yield html[begin : close + 1]
        place = close + 1
    yield html[place:]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[tuple[str, bool, bool]] = []
        """Tag, whether it hides what is in it, whether it quotes it."""
        self._count: Counter[str] = Counter()
        self._unseen = self._quotes = 0
        self._lines: list[str] = [""]
        self._quoted_from_here = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        style = " ".join(value or "" for name, value in attrs if name == "style")
        unseen = tag in _UNSEEN or bool(_HIDDEN.search(style)) or any(name == "hidden" for name, _ in attrs)
        quote = tag == "blockquote" or bool(_QUOTES.search(marks))
        if tag == "br" or tag in _BLOCK:
            self._break()
        self._quoted_from_here = self._quoted_from_here or bool(_AFTER.search(marks))
        if tag not in _VOID:
            self._open.append((tag, unseen, quote))
            self._count[tag] += 1
            self._unseen += unseen
            self._quotes += quote

    def handle_endtag(self, tag: str) -> None:
        """Closes what is still open inside it, too. An end without a beginning closes nothing."""
        if tag in _BLOCK:
            self._break()
        if not self._count[tag]:
            return
        closed = ""
        while closed != tag:
            closed, unseen, quote = self._open.pop()
            self._count[closed] -= 1
            self._unseen -= unseen
            self._quotes -= quote

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if not self._lines[-1] and (self._quoted_from_here or self._quotes):
            self._lines[-1] = ">"
        self._lines[-1] += re.sub(r"\s+", " ", data)

    def _break(self) -> None:
        if self._lines[-1].strip():
            self._lines.append("")

    def text(self) -> str:
        lines = [line if line.startswith(">") else line.strip() for line in self._lines]
        return "\n".join(line for line in lines if line.strip())
