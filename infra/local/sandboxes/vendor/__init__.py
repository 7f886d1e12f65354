"""Drop shippers who have a mailbox and nothing else: they read the mail that SES took, open its links, and fill in the page's own form.

A vendor knows the orders that he was given. What he does with a mail about one is its habit: ``stopped`` (he keeps the goods), ``too_late``,
``carrier`` (too late, and a carrier has them), ``partly`` (he keeps ``keeps`` of each line) or ``silent``; ``answer_seconds`` later, so that
a long one is a late answer. ``scanned`` puts a mail scanner before him, which opens every link, by HEAD and GET, and again with the
form's fields as a query, before anybody reads the mail.

Settings (merchant, "vendor", <vendor name>): ``address``; ``answer_seconds``. The mail comes from the emulated account at ``aws_endpoint``.

Control, below ``/_sandbox/vendor/{merchant}/{vendor}``: ``POST /orders`` {orderRef, legs: {legId: {lineId: quantity}}, displayRef?, habit?,
scanned?, answer_seconds?, keeps?}; ``GET /orders/{orderRef}``; ``POST /habit`` {orderRef, and what changes}; ``POST /answer`` {orderRef,
habit}: somebody else of his answers the last mail now; ``POST /ship`` {orderRef, force?}; ``POST /mail`` {message_id, subject, text}: a mail
that came in another way.
"""

from typing import Any

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.vendor.control import Control
from infra.local.sandboxes.vendor.mailbox import Mailbox
from infra.local.sandboxes.vendor.people import PARTNER, Vendor


def build(base: Base) -> Partner:
    vendors: dict[tuple[str, str], Vendor] = {}
    mailbox = Mailbox(base, vendors)

    def save() -> list[dict[str, Any]]:
        return [vendor.save() for vendor in vendors.values()]

    def restore(saved: list[dict[str, Any]]) -> None:
        for raw in saved:
            vendor = Vendor(base, raw["merchant"], raw["name"])
            vendors[vendor.merchant, vendor.name] = vendor
            vendor.restore(raw)
        if vendors:
            mailbox.open()

    return Partner(PARTNER, "/vendor", [], [*Control(base, vendors, mailbox).routes()], save, restore)
