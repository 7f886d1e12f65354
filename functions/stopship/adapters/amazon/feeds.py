"""Feeds API 2021-06-30: a document is uploaded, a feed made of it, and the result read from a processing report, item by item.

That a feed was taken, or even DONE, says nothing about its items: only the report does.
"""

import gzip
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from stopship.adapters import http
from stopship.adapters.amazon.client import PARTNER, AmazonClient
from stopship.adapters.amazon.connection import AmazonConnection
from stopship.adapters.words import known
from stopship.domain.errors import PartnerContractBroken, PartnerRefused
from stopship.frozen import frozen

ACKNOWLEDGEMENT: Final = "POST_ORDER_ACKNOWLEDGEMENT_DATA"
ADJUSTMENT: Final = "POST_PAYMENT_ADJUSTMENT_DATA"
OURS: Final = frozenset({ACKNOWLEDGEMENT, ADJUSTMENT})
CONTENT_TYPE: Final = "text/xml; charset=UTF-8"
FEEDS: Final = "/feeds/2021-06-30"
RUNNING: Final = ("IN_QUEUE", "IN_PROGRESS")
GIVEN_UP: Final = ("CANCELLED", "FATAL")
RESULT_CODES: Final = ("Error", "Warning")
MAX_REPORT_BYTES = 5_000_000


@frozen
class Problem:
    """One error of a report. ``message_id`` is the feed message that it is about; ``item`` the order item, where Amazon names it."""

    code: str
    text: str
    message_id: str = ""
    item: str = ""


@frozen
class Report:
    """``finished`` is false while the feed waits or works."""

    finished: bool
    problems: tuple[Problem, ...] = ()


def one_message(seller_id: str, kind: str) -> tuple[ET.Element, ET.Element]:
    """A feed of one message: the whole, and the message's own element, to be filled in."""
    envelope = ET.Element("AmazonEnvelope")
    header = ET.SubElement(envelope, "Header")
    ET.SubElement(header, "DocumentVersion").text = "1.01"
    ET.SubElement(header, "MerchantIdentifier").text = seller_id
    ET.SubElement(envelope, "MessageType").text = kind
    message = ET.SubElement(envelope, "Message")
    ET.SubElement(message, "MessageID").text = "1"
    return envelope, ET.SubElement(message, kind)


def acknowledgement(seller_id: str, order_ref: str, items: Sequence[str], reason: str, key: str) -> bytes:
    """One message that cancels these items. ``key`` is the merchant order id, by which we know our own."""
    envelope, body = one_message(seller_id, "OrderAcknowledgement")
    ET.SubElement(body, "AmazonOrderID").text = order_ref
    ET.SubElement(body, "MerchantOrderID").text = key
    ET.SubElement(body, "StatusCode").text = "Failure"
    for item in items:
        row = ET.SubElement(body, "Item")
        ET.SubElement(row, "AmazonOrderItemCode").text = item
        ET.SubElement(row, "CancelReason").text = reason
    written: bytes = ET.tostring(envelope, encoding="utf-8", xml_declaration=True)
    return written


def submit(
    client: AmazonClient, connection: AmazonConnection, document: bytes, feed_type: str = ACKNOWLEDGEMENT
) -> str:
    """Gives the feed id."""
    made = _object(
        client.call("createFeedDocument", "POST", f"{FEEDS}/documents", {"contentType": CONTENT_TYPE}), "the document"
    )
    _put(connection, _text(made, "url"), document)
    feed = {
        "feedType": feed_type,
        "marketplaceIds": list(connection.marketplace_ids),
        "inputFeedDocumentId": _text(made, "feedDocumentId"),
    }
    return _text(_object(client.call("createFeed", "POST", f"{FEEDS}/feeds", feed), "the feed"), "feedId")


def made_since(client: AmazonClient, feed_type: str, since: str) -> bool:
    """Whether any feed of this type was made since, by whatever software of the seller's."""
    params = {"feedTypes": feed_type, "createdSince": since, "pageSize": "1"}
    answer = client.call("getFeeds", "GET", f"{FEEDS}/feeds", params=params)
    found = _object(answer, "the list of feeds").get("feeds")
    if not isinstance(found, list):
        raise PartnerContractBroken(PARTNER, "feeds: not as the contract says")
    return bool(found)


def read_report(client: AmazonClient, connection: AmazonConnection, feed_id: str) -> Report:
    """What became of a feed. CANCELLED and FATAL are one problem each; a FATAL feed may have acted in part."""
    feed = _object(client.call("getFeed", "GET", f"{FEEDS}/feeds/{quote(feed_id, safe='')}"), "the feed")
    status = _text(feed, "processingStatus")
    if status in RUNNING:
        return Report(finished=False)
    document_id = feed.get("resultFeedDocumentId")
    if status in GIVEN_UP:
        return Report(True, (Problem(f"feed_{status.lower()}", "Amazon did not process the feed"),))
    known(PARTNER, "processingStatus", status, ("DONE",))
    if not document_id:
        raise PartnerContractBroken(PARTNER, "resultFeedDocumentId: a finished feed has a report")
    path = f"{FEEDS}/documents/{quote(str(document_id), safe='')}"
    document = _object(client.call("getFeedDocument", "GET", path), "the report")
    return Report(True, parse_report(_download(connection, document)))


def parse_report(raw: bytes) -> tuple[Problem, ...]:
    """The errors of a processing report; warnings do not stop anything. Raises PartnerContractBroken for what is no report."""
    if b"<!" in raw.replace(b"<!--", b""):
        raise PartnerContractBroken(PARTNER, "the report declares a document type")
    try:
        root = ET.fromstring(raw)  # noqa: S314 - declarations, the carriers of entity attacks, are refused above
    except ET.ParseError as error:
        raise PartnerContractBroken(PARTNER, "the report is not XML", {"bytes": len(raw)}) from error
    report = root.find(".//ProcessingReport")
    failed = report.findtext("ProcessingSummary/MessagesWithError") if report is not None else None
    if report is None or failed is None or not failed.strip().isdigit():
        raise PartnerContractBroken(PARTNER, "the report has no processing summary")
    results = report.findall("Result")
    codes = [known(PARTNER, "ResultCode", (r.findtext("ResultCode") or "").strip(), RESULT_CODES) for r in results]
    problems = tuple(_problem(r) for r, code in zip(results, codes, strict=True) if code == "Error")
    if int(failed) and not problems:
        return (Problem("unexplained", f"{failed.strip()} messages failed without a result"),)
    return problems


def _problem(result: ET.Element) -> Problem:
    return Problem(
        code=(result.findtext("ResultMessageCode") or "").strip(),
        text=(result.findtext("ResultDescription") or "").strip()[:300],
        message_id=(result.findtext("MessageID") or "").strip(),
        item=(result.findtext("AdditionalInfo/AmazonOrderItemCode") or "").strip(),
    )


def _put(connection: AmazonConnection, url: str, document: bytes) -> None:
    """The pre-signed address takes the bytes and no token; the content type is part of what was signed."""
    answer = http.call(PARTNER, "PUT", _safe(connection, url), headers={"Content-Type": CONTENT_TYPE}, content=document)
    if not answer.is_success:
        raise http.refuse(PARTNER, answer, "upload_refused", "the feed document was not taken")


def _download(connection: AmazonConnection, document: Mapping[str, Any]) -> bytes:
    answer = http.call(PARTNER, "GET", _safe(connection, _text(document, "url")))
    if not answer.is_success:
        raise http.refuse(PARTNER, answer, "report_refused", "the report could not be read")
    raw = answer.content
    if document.get("compressionAlgorithm"):
        known(PARTNER, "compressionAlgorithm", document["compressionAlgorithm"], ("GZIP",))
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError) as error:
            raise PartnerContractBroken(PARTNER, "the report is not GZIP") from error
    if len(raw) > MAX_REPORT_BYTES:
        raise PartnerContractBroken(PARTNER, "the report is too long", {"bytes": len(raw)})
    return raw


def _safe(connection: AmazonConnection, url: str) -> str:
    """Only encrypted addresses, or those of the very host that we were told to use."""
    parts, own = urlsplit(url), urlsplit(connection.endpoint)
    if parts.scheme != "https" and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        raise PartnerContractBroken(PARTNER, "a document's address is not encrypted")
    return url


def _object(answer: httpx.Response, what: str) -> dict[str, Any]:
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise PartnerRefused(PARTNER, "not_found", f"{what} is not there")
    return http.json_object(PARTNER, answer)


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found:
        raise PartnerContractBroken(PARTNER, f"{name}: not as the contract says", {"field": name})
    return found
