"""/vendor-answers/{token}: the page behind a link of a stop-ship mail. To open it changes nothing; a filled-in form, sent, is the answer."""

import hashlib
from typing import TYPE_CHECKING, Any

from stopship.adapters.clock import SystemClock
from stopship.application.acknowledge import Heard, acknowledge, refuse
from stopship.application.ports import Callback
from stopship.domain.errors import InvalidInput, NotAuthentic, NotFound
from stopship.frozen import frozen
from stopship.wiring import desk, evidence, merchants
from stopship.wiring.pages import Page, PageRequest, page_door

if TYPE_CHECKING:
    from stopship.adapters.email_vendor.links import Link
    from stopship.adapters.email_vendor.request import Asked

SOURCE = "vendor-answers"


@frozen
class Opened:
    """A proved link, and what it is about."""

    link: "Link"
    callback: Callback
    vendor: str
    asked: "Asked"
    language: str

    @property
    def closed(self) -> str:
        """Why it can be answered no more; "" while it can."""
        if self.callback.state == "used":
            return "used"
        return "expired" if self.link.expired(SystemClock().now()) else ""


def show(request: PageRequest) -> Page:
    opened = _open(request)
    if request.reads:
        return _said(opened, 410, opened.closed) if opened.closed else _form(opened)
    if request.method != "POST":
        return explain(request, 405)
    if opened.closed:
        refuse(desk(), opened.callback, opened.closed)
        return _said(opened, 409 if opened.closed == "used" else 410, opened.closed)
    return _answer(opened, request.body)


def _open(request: PageRequest) -> Opened:
    """Raises NotAuthentic for a link that this desk has not written, whatever is wrong with it."""
    from stopship.adapters.email_vendor import links
    from stopship.adapters.email_vendor.request import Asked
    from stopship.adapters.email_vendor.texts import TEXTS, spoken

    link = links.read(request.path.get("token", ""))
    callback = desk().ledger.callback(link.callback_id)
    if callback is None or callback.purpose != "acknowledgement":
        raise NotAuthentic
    connected = _connections(callback.merchant)
    links.prove(link, callback.merchant, connected.get("vendor_answers", {}).get("secrets", ()))
    case = desk().cases.load(callback.merchant, callback.case_id)
    leg, order = case.legs[callback.subject], case.order.fact if case.order else None
    skus = {row["line_id"]: row["sku"] for row in order.lines} if order else {}
    asked = Asked(order.display_ref if order else case.order_ref, leg.plan.lines, skus, callback.expires_at)
    told = connected.get("warehouses", {}).get(leg.plan.warehouse, {}).get("language", "")
    language = told if told in TEXTS else spoken(request.accept_language)
    return Opened(link, callback, leg.plan.warehouse, asked, language)


def _connections(merchant: str) -> dict[str, Any]:
    try:
        return merchants().connections(merchant)
    except NotFound as error:
        raise NotAuthentic from error


def _answer(opened: Opened, body: bytes) -> Page:
    from stopship.adapters.email_vendor import answers

    if len(body) > answers.MOST_BYTES:
        return _said(opened, 413, "too_large")
    try:
        form = answers.read_form(opened.link.answer, opened.asked, body)
    except InvalidInput as error:
        return _form(opened, error.field)
    now, callback = SystemClock().now(), opened.callback
    said = answers.evidence(form, callback.callback_id, now)
    # The key is the hash that the ledger holds, so that whoever has the fact finds the name.
    _, digest = evidence().keep(callback.merchant, SOURCE, hashlib.sha256(said).hexdigest(), said)
    heard = acknowledge(desk(), callback, answers.stop_answer(opened.vendor, form, now, digest))
    status, text = {Heard.ACCEPTED: (200, "thanks"), Heard.LATE: (410, "thanks_late"), Heard.USED: (409, "used")}[
        heard.how
    ]
    return _said(opened, status, text)


def _form(opened: Opened, problem: str = "") -> Page:
    from stopship.adapters.email_vendor import page
    from stopship.adapters.email_vendor.texts import texts

    words = texts(opened.language)
    html = page.form(opened.language, words, opened.asked, opened.link.answer, problem)
    return Page(400 if problem else 200, html, page.HEADERS)


def _said(opened: Opened, status: int, text: str) -> Page:
    from stopship.adapters.email_vendor import page
    from stopship.adapters.email_vendor.texts import texts

    words = texts(opened.language)
    title = words.page_title.format(order=opened.asked.order)
    return Page(status, page.message(opened.language, title, getattr(words, text)), page.HEADERS)


_EXPLAINED = {400: "invalid", 404: "invalid", 405: "method", 413: "too_large", 500: "failed"}


def explain(request: PageRequest, status: int) -> Page:
    """In the reader's own language: whose link it was is not known, or not proved."""
    from stopship.adapters.email_vendor import page
    from stopship.adapters.email_vendor.texts import spoken, texts

    language = spoken(request.accept_language)
    more = {"allow": "GET, HEAD, POST"} if status == 405 else {}
    html = page.message(language, "Stopship", getattr(texts(language), _EXPLAINED[status]))
    return Page(status, html, {**page.HEADERS, **more})


handler = page_door(show, explain)
