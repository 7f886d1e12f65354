"""The cancel form: shows pages, and takes a confirmed statement in as every other door does. It reads no order and no credential."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from stopship.adapters.cancel_form import intent, pages
from stopship.adapters.cancel_form.entry import Entry, language_of, read_entry, read_fields
from stopship.adapters.cancel_form.intent import Expired, Visit
from stopship.adapters.cancel_form.pages import Place
from stopship.adapters.cancel_form.texts import statement
from stopship.adapters.cancel_form.wish import SOURCE, TOPIC
from stopship.adapters.clock import SystemClock
from stopship.application.take_in import as_its_id, take_in
from stopship.domain.errors import InvalidInput, NotFound
from stopship.domain.instant import parse
from stopship.telemetry import about, logger
from stopship.wiring import evidence, form_seal, intake_queue, merchants
from stopship.wiring.doors import Request, Response, read

FORM: Final = "form"
SUMMARY: Final = "summary"
_MERCHANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


def handler(event: Mapping[str, Any], _context: object) -> Response:
    """Whatever happens, a person gets a page that says whether something was sent."""
    language = _language(event)
    try:
        return _answer(event["routeKey"], read(event), language)
    except NotFound:
        return _html(404, pages.notice(language, "not_found"))
    except InvalidInput:
        return _html(400, pages.notice(language, "unreadable"))
    except Exception:  # noqa: BLE001 - the customer gets a plain page, the log gets everything
        logger().exception("form failed")
        return _html(500, pages.notice(language, "failed"))


def _answer(route: str, request: Request, language: str) -> Response:
    merchant = request.path.get("merchant", "")
    shop = _shop(merchant)
    if route == "GET /cancel/{merchant}":
        return _empty_form(Place(merchant, shop, language))
    fields = read_fields(request.body)
    entry = read_entry(fields)
    confirming = route == "POST /cancel/{merchant}/confirm"
    place = Place(merchant, shop, entry.language, depth=1 if confirming else 0)
    try:
        step = _confirmed if confirming else _entered
        return step(place, entry, fields.get("token", ""))
    except Expired:
        page = pages.form(place, _token(place, FORM, _visit()), entry, expired=True)
        return _html(400, page)


def _empty_form(place: Place) -> Response:
    return _html(200, pages.form(place, _token(place, FORM, _visit()), Entry(language=place.language)))


def _entered(place: Place, entry: Entry, token: str) -> Response:
    visit = intent.check(form_seal(), token, SystemClock().now(), FORM, place.merchant)
    if entry.wrong:
        return _html(400, pages.form(place, _token(place, FORM, visit), entry, entry.wrong))
    return _html(200, pages.summary(place, _token(place, SUMMARY, visit, entry), entry))


def _confirmed(place: Place, entry: Entry, token: str) -> Response:
    """A repeat finds what was kept the first time, and shows the same receipt."""
    now = SystemClock().now()
    visit = intent.check(form_seal(), token, now, SUMMARY, place.merchant, entry)
    reference = visit.reference(place.merchant, entry)
    told = {"order": entry.order, "email": entry.email, "name": entry.name, "language": entry.language}
    said = {**told, "statement": statement(entry.language, entry.order), "reference": reference, "received_at": now}
    body = json.dumps(said, sort_keys=True).encode()
    message = take_in(
        evidence(),
        intake_queue(),
        merchant=place.merchant,
        source=SOURCE,
        topic=TOPIC,
        delivery_id=reference,
        body=body,
        received_at=now,
        says=as_its_id,
    )
    if message.raw_sha256 != hashlib.sha256(body).hexdigest():
        said = json.loads(evidence().load(message.evidence_key))
    logger().info("statement taken", extra=about({"merchant": place.merchant, "delivery_id": reference}))
    return _html(200, pages.receipt(place, entry, reference, said["received_at"]))


def _visit() -> Visit:
    return Visit(int(parse(SystemClock().now()).timestamp()), secrets.token_urlsafe(16))


def _token(place: Place, step: str, visit: Visit, entry: Entry | None = None) -> str:
    return intent.issue(form_seal(), visit, step, place.merchant, entry)


def _shop(merchant: str) -> str:
    """The name under which customers know the merchant. Raises NotFound where there is no form."""
    if not _MERCHANT.fullmatch(merchant):
        raise NotFound("form")
    told = merchants().settings(merchant).get("cancel_form")
    if not told:
        raise NotFound("form")
    return str(told["shop"])


def _language(event: Mapping[str, Any]) -> str:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    asked = (event.get("queryStringParameters") or {}).get("lang", "")
    return language_of(asked, headers.get("accept-language", ""))


def _html(status: int, page: str) -> Response:
    return {"statusCode": status, "headers": dict(pages.HEADERS), "body": page}
