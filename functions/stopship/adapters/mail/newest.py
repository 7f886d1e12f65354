"""The newest part of a mail: what its writer wrote now, without what is quoted, forwarded or signed below it."""

import re
from typing import Final

MAX_LINE: Final = 2_000
MAX_LINES: Final = 2_000
_ATTRIBUTION_LINES: Final = 4
"""Over how many lines a mail program breaks "On ... wrote:"."""

_DIVIDER = re.compile(
    r"^\s*(?:-{2,}|_{2,}|\*{2,}|={2,})?\s*(?:"
    r"original message|original appointment|forwarded message|forwarded by|ursprungliche nachricht|originalnachricht"
    r"|original-nachricht|weitergeleitete nachricht|weitergeleitet von|message d'origine|message original|message transfere"
    r"|message transmis|courriel original"
    r")\b.*(?:-{2,}|_{2,}|\*{2,}|={2,}|:)?\s*$"
)
_BEGIN = re.compile(
    r"^\s*(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)|debut du message (?:reexpedie|transfere))\s*:?\s*$"
)
_RULE = re.compile(r"^\s*(?:_{10,}|-{20,}|={20,}|\*{20,})\s*$")
_SIGNATURE = re.compile(r"^(?:--|\u2014|__)\s?$")
_MOBILE = re.compile(
    r"^\s*(?:sent from my \S+.*|sent from (?:outlook|yahoo|mail|proton|samsung).*|get outlook for .*|sent with proton.*"
    r"|von meinem \S+(?: \S+){0,3} gesendet.*|gesendet (?:von|mit|aus) .*|diese nachricht wurde von meinem .*"
    r"|envoye (?:de|depuis|a partir d)\b.*|telecharger outlook .*|outlook fur .* beziehen.*|holen sie sich outlook.*)$"
)
_WROTE = re.compile(r"\b(?:wrote|schrieb|a ecrit|escribio|ha scritto)\b")
_OPENINGS = ("on ", "le ", "am ", "el ", "il ", "den ", "op ")
_DATED = re.compile(r"^\d{4}-\d{2}-\d{2}\b")
_LONGEST_ATTRIBUTION: Final = 700
_FROM = re.compile(r"^\W{0,3}(?:from|von|de|expediteur|absender)\W{0,3}\s?:")
_MORE = re.compile(
    r"^\W{0,3}(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|envoye|envoye le|a|objet|destinataire)\W{0,3}\s?:"
)
_PLAIN = str.maketrans(
    {
        "ä": "a",
        "ö": "o",
        "ü": "u",
        "é": "e",
        "è": "e",
        "ê": "e",
        "à": "a",
        "â": "a",
        "ç": "c",
        "ô": "o",
        "î": "i",
        "û": "u",
        "ù": "u",
        "\u2019": "'",
    }
)


def newest(text: str) -> str:
    """ "" when nothing is new. Where the answer stands below what it quotes, the answer is what stands below the last quoted line."""
    lines = [line[:MAX_LINE].rstrip() if line.strip() else "" for line in text.split("\n")[:MAX_LINES]]
    end, quoted = _first_cut(lines)
    above = _signed_off(lines[:end])
    if any(line.strip() for line in above):
        return "\n".join(above).strip()
    if not quoted:
        return ""
    last = max((n for n, line in enumerate(lines) if _is_quote(line)), default=-1)
    below = lines[last + 1 :] if last >= 0 else []
    end, _ = _first_cut(below)
    return "\n".join(_signed_off(below[:end])).strip()


def _first_cut(lines: list[str]) -> tuple[int, bool]:
    """Where the first line stands that is not the writer's own, and whether what stands there may have an answer below it."""
    for number, line in enumerate(lines):
        if _is_quote(line):
            return number, True
        plain = _plain(line)
        if _DIVIDER.match(plain) or _BEGIN.match(plain) or _RULE.match(plain) or _is_header_block(lines, number, plain):
            return number, False
        if _is_attribution(lines, number):
            return number, True
    return len(lines), False


def _is_quote(line: str) -> bool:
    return line.lstrip().startswith(">")


def _plain(line: str) -> str:
    return line.casefold().translate(_PLAIN).strip()


def _is_attribution(lines: list[str], number: int) -> bool:
    """A line, or a few that a mail program has broken, that introduces a quote. An empty line ends it."""
    whole = ""
    for line in lines[number : number + _ATTRIBUTION_LINES]:
        if not line.strip():
            return False
        whole = f"{whole} {_plain(line)}".strip()
        if _introduces(whole):
            return True
        if not whole.startswith(("on ", "le ", "am ", "den ")):
            return False
    return False


def _introduces(line: str) -> bool:
    """ "On ... wrote:", "Acme <...> schrieb am 3.11.:", "2026-11-03 10:12 Acme <...>:" """
    if not line.endswith(":") or len(line) > _LONGEST_ATTRIBUTION:
        return False
    wrote = _WROTE.search(line)
    if wrote is None:
        return bool(_DATED.match(line)) and "@" in line
    return line.startswith(_OPENINGS) or "@" in line or any(x.isdigit() for x in line[wrote.end() :])


def _is_header_block(lines: list[str], number: int, plain: str) -> bool:
    """The head of an earlier mail, as Outlook and GMX put it: a sender, and more of the kind within the next lines."""
    if not (_FROM.match(plain) or _MORE.match(plain)):
        return False
    near = [_plain(line) for line in lines[number : number + 6]]
    return any(_FROM.match(line) for line in near) and sum(bool(_MORE.match(line)) for line in near) >= 2


def _signed_off(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line) or _MOBILE.match(_plain(line)):
            return lines[:number]
    return lines
