"""Orders as customers name them: by the form that the merchant's order numbers have."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from stopship.domain.letter import OrderName
from stopship.frozen import frozen

MARK: Final = " \ue000 "
"""Stands in the text for an order that was named: a private character, which no text that is read has."""
_AMAZON = re.compile(r"(?<![\d-])\d{3}-\d{7}-\d{7}(?![\d-])")
"""Amazon's order ids: 3-7-7 digits (SP-API, Orders)."""
_CALLED = (
    r"(?:order|purchase|bestellung|bestellnummer|bestellnr\.?|bestell-nr\.?|bestell-nummer|auftrag|auftragsnummer|auftragsnr\.?|commande|achat)"
    r"(?:[\s:#()-]{1,3}(?:number|no\.?|num\.?|nr\.?|nummer|numero|n\.?|id|ref\.?|reference|is|ist|lautet|est|mit|der|die|le|with|the)){0,4}"
    r"[\s:#()°-]{1,4}"
)
"""What stands before a number that is an order's."""


@frozen
class Form:
    """How a channel's orders are called: ``prefix``, then so many digits, then ``suffix``, as the shop's settings have it."""

    channel: str
    prefix: str = "#"
    suffix: str = ""
    least: int = 4
    most: int = 12


def forms(connections: Mapping[str, Any], channels: Sequence[str]) -> tuple[Form, ...]:
    """From {"<channel>": {"order_name": {"prefix", "suffix", "digits": [least, most]}}}; without it Shopify's own default."""
    return tuple(_form(channel, connections.get(channel, {}).get("order_name", {})) for channel in sorted(channels))


def _form(channel: str, told: Mapping[str, Any]) -> Form:
    least, most = told.get("digits", (4, 12))
    return Form(channel, str(told.get("prefix", "#")), str(told.get("suffix", "")), int(least), int(most))


def find(text: str, known: Sequence[Form]) -> tuple[tuple[OrderName, ...], str]:
    """The orders that ``text`` names, in its order, each once; and the text with a mark in their place."""
    found: dict[OrderName, None] = {}
    if any(form.channel == "amazon" for form in known):
        found |= dict.fromkeys(OrderName("amazon", x) for x in _AMAZON.findall(text))
        text = _AMAZON.sub(MARK, text)
    for form in known:
        if form.channel == "amazon":
            continue
        for pattern in _patterns(form):
            found |= dict.fromkeys(_name(form, x["number"]) for x in pattern.finditer(text))
            text = pattern.sub(lambda x: f"{x['before'] or ''}{MARK}", text)
    return tuple(found), text


def alone(text: str, known: Sequence[Form]) -> tuple[OrderName, ...]:
    """Numbers that stand alone and could be an order's."""
    found: dict[OrderName, None] = {}
    for form in known:
        if form.channel != "amazon":
            numbers = re.findall(rf"(?<![\w.,/:+-])\d{{{form.least},{form.most}}}(?![\w/:-]|[.,]\d)", text, re.ASCII)
            found |= dict.fromkeys(_name(form, x) for x in numbers)
    return tuple(found)


def _patterns(form: Form) -> Iterator[re.Pattern[str]]:
    """The whole name; then, where the prefix is no word of its own, the number behind a word for an order."""
    number = rf"(?P<number>\d{{{form.least},{form.most}}})"
    prefix, suffix = re.escape(form.prefix), re.escape(form.suffix)
    ends = r"(?![\w#]|-\d|[.,]\d)"
    if form.prefix or form.suffix:
        yield re.compile(rf"(?P<before>)(?<![\w#]){prefix}\s?{number}{suffix}{ends}", re.IGNORECASE | re.ASCII)
    yield re.compile(rf"(?P<before>\b{_CALLED})(?:{prefix})?{number}{suffix}{ends}", re.IGNORECASE | re.ASCII)
    if form.suffix:
        yield re.compile(rf"(?P<before>\b{_CALLED}){number}{ends}", re.IGNORECASE | re.ASCII)


def _name(form: Form, number: str) -> OrderName:
    return OrderName(form.channel, f"{form.prefix}{number}{form.suffix}")
