"""The page behind a link: what was asked, and a form for one answer. No script, nothing from elsewhere, and no effect until it is sent."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape

from stopship.adapters.email_vendor.answers import ACTOR, CONFIRM, HANDED_OVER, QUANTITY, YES
from stopship.adapters.email_vendor.links import Answer
from stopship.adapters.email_vendor.request import Asked
from stopship.adapters.email_vendor.texts import Texts

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #767676}"
    "input[type=text],input[type=number]{font:inherit;padding:.4rem;border:1px solid #595959;max-width:100%}"
    "button{font:inherit;padding:.6rem 1.2rem;border:0;background:#0b5394;color:#fff}"
    ":focus-visible{outline:3px solid #b45f06;outline-offset:2px}[role=alert]{border-left:4px solid #a61c00;padding-left:.6rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Mapping[str, str] = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    # The address is the key to the form: it must not reach another site.
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}


def form(language: str, texts: Texts, asked: Asked, answer: Answer, problem: str = "") -> str:
    """The form for one answer; ``problem`` is a field of ``Texts.wrong`` that was wrong in what was sent."""
    title, explained = _named(texts, answer)
    parts = [
        f"<p>{escape(texts.page_asked)}</p>",
        _goods(texts, asked),
        f"<p>{escape(texts.page_until.format(until=asked.until))}</p>",
        f"<h2>{escape(title)}</h2><p>{escape(explained)}</p>",
        f'<p role="alert">{escape(texts.wrong[problem])}</p>' if problem else "",
        # Without an action it is sent to the address of the page itself.
        '<form method="post">',
        _quantities(texts, asked) if answer is Answer.PARTLY else "",
        _tick(HANDED_OVER, texts.handed_over) if answer is Answer.TOO_LATE else "",
        f'<p><label for="{ACTOR}">{escape(texts.name)}</label><br>'
        f'<input type="text" id="{ACTOR}" name="{ACTOR}" required minlength="2" maxlength="80" autocomplete="name"></p>',
        _tick(CONFIRM, texts.confirm, required=True),
        f'<p><button type="submit">{escape(texts.send)}</button></p></form>',
    ]
    return _page(language, texts.page_title.format(order=asked.order), "".join(parts))


def message(language: str, title: str, said: str) -> str:
    """A page that only says something."""
    return _page(language, title, f'<p role="status">{escape(said)}</p>')


def _named(texts: Texts, answer: Answer) -> tuple[str, str]:
    return {
        Answer.STOPPED: (texts.stopped, texts.stopped_explained),
        Answer.TOO_LATE: (texts.too_late, texts.too_late_explained),
        Answer.PARTLY: (texts.partly, texts.partly_explained),
    }[answer]


def _goods(texts: Texts, asked: Asked) -> str:
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{quantity}</td></tr>" for _, name, quantity in asked.rows)
    head = f'<tr><th scope="col">{escape(texts.article)}</th><th scope="col">{escape(texts.quantity)}</th></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _quantities(texts: Texts, asked: Asked) -> str:
    return "".join(
        f'<p><label for="q{i}">{escape(texts.held_back)}: {escape(name)}</label><br><input type="number" id="q{i}" '
        f'name="{escape(QUANTITY + line)}" min="0" max="{most}" step="1" required></p>'
        for i, (line, name, most) in enumerate(asked.rows)
    )


def _tick(name: str, label: str, *, required: bool = False) -> str:
    needed = " required" if required else ""
    return (
        f'<p><input type="checkbox" id="{name}" name="{name}" value="{YES}"{needed}> '
        f'<label for="{name}">{escape(label)}</label></p>'
    )


def _page(language: str, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
