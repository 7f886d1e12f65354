"""The XML that travels in feed documents: acknowledgements in, processing reports out."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

ADJUSTMENT: Final = "POST_PAYMENT_ADJUSTMENT_DATA"
FEED_TYPES: Final = frozenset({"POST_ORDER_ACKNOWLEDGEMENT_DATA", ADJUSTMENT})
CONTENT_TYPE: Final = "text/xml; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of a report: the message that it is about, the item, and what Amazon says."""

    message_id: str
    item: str
    code: str
    text: str


def orders_of(document: str) -> Iterator[str]:
    for element in ET.fromstring(document).iter("AmazonOrderID"):  # noqa: S314 - our own desk wrote it
        yield element.text or ""


def messages_of(document: str) -> list[ET.Element]:
    return ET.fromstring(document).findall("Message")  # noqa: S314 - our own desk wrote it


def report(feed_id: str, done: int, problems: list[Problem]) -> str:
    """The processing report (Feeds API, "processing report"): a summary, and one result for each problem."""
    messages = {problem.message_id for problem in problems}
    root = ET.Element("AmazonEnvelope")
    ET.SubElement(root, "MessageType").text = "ProcessingReport"
    message = ET.SubElement(root, "Message")
    ET.SubElement(message, "MessageID").text = "1"
    body = ET.SubElement(message, "ProcessingReport")
    ET.SubElement(body, "DocumentTransactionID").text = feed_id
    ET.SubElement(body, "StatusCode").text = "Complete"
    summary = ET.SubElement(body, "ProcessingSummary")
    counts = {"Processed": done + len(messages), "Successful": done, "WithError": len(messages), "WithWarning": 0}
    for name, count in counts.items():
        ET.SubElement(summary, f"Messages{name}").text = str(count)
    for problem in problems:
        result = ET.SubElement(body, "Result")
        ET.SubElement(result, "MessageID").text = problem.message_id
        ET.SubElement(result, "ResultCode").text = "Error"
        ET.SubElement(result, "ResultMessageCode").text = problem.code
        ET.SubElement(result, "ResultDescription").text = problem.text
        about = ET.SubElement(result, "AdditionalInfo")
        ET.SubElement(about, "AmazonOrderItemCode").text = problem.item
    return ET.tostring(root, encoding="unicode")
