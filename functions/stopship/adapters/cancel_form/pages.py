"""The pages: one document each, nothing from elsewhere, every value escaped, links that do not know the host."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from typing import Final

from stopship.adapters.cancel_form.entry import LANGUAGES, Entry
from stopship.adapters.cancel_form.texts import TEXTS, statement
from stopship.frozen import frozen

_STYLE: Final = (
    "body{font:1.06rem/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0}"
    "main{max-width:38rem;margin:0 auto;padding:1.5rem}"
    "label,dt{display:block;font-weight:600;margin-top:1.2rem}"
    "input{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;border:1px solid #595959;border-radius:4px}"
    "input[aria-invalid]{border:2px solid #a40000}"
    "button{font:inherit;font-weight:600;margin-top:1.6rem;padding:.7rem 1.2rem;border:0;border-radius:4px;color:#fff;background:#00457c}"
    "button:focus,input:focus,a:focus{outline:3px solid #e08700;outline-offset:2px}"
    ".hint{color:#505050;margin:.2rem 0}.wrong{color:#a40000;font-weight:600;margin:.2rem 0}"
    ".alert{border:2px solid #a40000;padding:.2rem 1rem}dd{margin:0;overflow-wrap:anywhere}nav a{margin-right:1rem}"
    "blockquote{border-left:4px solid #00457c;margin:1rem 0;padding:.2rem 1rem;overflow-wrap:anywhere}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""The style stands in the page under its hash; nothing else may be loaded, run, framed, or posted elsewhere."""


@frozen
class Place:
    """Whose form, in which language, and how many steps below ``/cancel/{merchant}`` the page itself is."""

    merchant: str
    shop: str
    language: str
    depth: int = 0

    def text(self, name: str) -> str:
        return TEXTS[self.language][name].format(shop=self.shop)

    def link(self, step: str = "") -> str:
        """Relative, so that it holds behind any host and any path that the API is mapped to."""
        return "../" * self.depth + self.merchant + (f"/{step}" if step else "")


def form(place: Place, token: str, entry: Entry, wrong: Sequence[str] = (), *, expired: bool = False) -> str:
    parts = [f"<h1>{_of(place, 'title')}</h1>"]
    if wrong or expired:
        told = [place.text("expired")] if expired else [place.text(f"{name}_wrong") for name in wrong]
        rows = "".join(f"<li>{escape(x)}</li>" for x in told)
        parts.append(f'<div class="alert" role="alert"><h2>{_of(place, "wrong")}</h2><ul>{rows}</ul></div>')
    parts += [f"<p>{_of(place, name)}</p>" for name in ("intro", "any_time", "shipped")]
    parts.append(f'<form method="post" action="{escape(place.link())}" novalidate>')
    parts += [
        _hidden("token", token),
        _hidden("lang", place.language),
        _field(place, "order", entry.order, 'autocomplete="off" required maxlength="51"', wrong),
        _field(place, "email", entry.email, 'type="email" autocomplete="email" required maxlength="254"', wrong),
        _field(place, "name", entry.name, 'autocomplete="name" maxlength="200"', wrong),
        f'<button type="submit">{_of(place, "next")}</button></form>',
        _languages(place),
    ]
    return _page(place, "title", parts)


def summary(place: Place, token: str, entry: Entry) -> str:
    """The same for every order and address: it shows only what was entered."""
    kept = [_hidden(name, getattr(entry, name)) for name in ("order", "email", "name")] + [
        _hidden("lang", place.language)
    ]
    parts = [
        f"<h1>{_of(place, 'summary')}</h1><p>{_of(place, 'summary_intro')}</p>",
        f"<blockquote><p>{escape(statement(place.language, entry.order))}</p></blockquote>",
        _entered(place, entry),
        f"<p>{_of(place, 'shipped')}</p>",
        f'<form method="post" action="{escape(place.link("confirm"))}">',
        _hidden("token", token),
        *kept,
        f'<button type="submit">{_of(place, "confirm")}</button></form>',
        f'<p><a href="{escape(place.link())}?lang={place.language}">{_of(place, "back")}</a></p>',
    ]
    return _page(place, "summary", parts)


def receipt(place: Place, entry: Entry, reference: str, received_at: str) -> str:
    """``received_at`` in the ledger's form, UTC."""
    rows = {"received_at": spoken(received_at), "reference": reference}
    told = "".join(f"<dt>{_of(place, name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
    parts = [
        f"<h1>{_of(place, 'received')}</h1><p>{_of(place, 'received_intro')}</p><dl>{told}",
        f"<dt>{_of(place, 'content')}</dt><dd>{escape(statement(place.language, entry.order))}</dd></dl>",
        _entered(place, entry),
        f"<p>{_of(place, 'received_next')}</p><p>{_of(place, 'shipped')}</p>",
    ]
    return _page(place, "received", parts)


def notice(language: str, name: str) -> str:
    """A page without a form: not_found, failed or unreadable."""
    place = Place("", "", language)
    return _page(place, name, [f"<h1>{_of(place, name)}</h1><p>{_of(place, f'{name}_text')}</p>"])


def spoken(moment: str) -> str:
    """``2026-11-24 12:00:05 UTC``."""
    return f"{moment[:10]} {moment[11:19]} UTC"


def _page(place: Place, title: str, parts: Sequence[str]) -> str:
    return (
        f'<!DOCTYPE html><html lang="{place.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{_of(place, title)}</title><style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>"
    )


def _of(place: Place, name: str) -> str:
    return escape(place.text(name))


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def _field(place: Place, name: str, value: str, more: str, wrong: Sequence[str]) -> str:
    """Label, field, and what belongs to it by ``aria-describedby``."""
    notes, texts = [], TEXTS[place.language]
    if f"{name}_hint" in texts:
        notes.append((f"{name}-hint", "hint", place.text(f"{name}_hint")))
    if name in wrong:
        notes.append((f"{name}-wrong", "wrong", place.text(f"{name}_wrong")))
        more += ' aria-invalid="true"'
    if notes:
        more += f' aria-describedby="{" ".join(n for n, _, _ in notes)}"'
    told = "".join(f'<p id="{id_}" class="{kind}">{escape(text)}</p>' for id_, kind, text in notes)
    label = f'<label for="{name}">{_of(place, name)}</label>'
    return f'{label}<input id="{name}" name="{name}" value="{escape(value)}" {more}>{told}'


def _entered(place: Place, entry: Entry) -> str:
    shown = {"order": entry.order, "email": entry.email, "name": entry.name}
    rows = (f"<dt>{_of(place, name)}</dt><dd>{escape(value)}</dd>" for name, value in shown.items() if value)
    return f"<dl>{''.join(rows)}</dl>"


def _languages(place: Place) -> str:
    links = (
        f'<a href="{escape(place.link())}?lang={x}" lang="{x}" hreflang="{x}">{escape(TEXTS[x]["language"])}</a>'
        for x in LANGUAGES
        if x != place.language
    )
    return f"<nav>{''.join(links)}</nav>"
