"""Finances API 2024-06-19: refunds that Amazon has booked for an order. What happened in the last 48 hours may be missing, so that a refund
which is not there is not a refund that was not made."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import httpx

from stopship.adapters import http
from stopship.adapters.amazon.client import PARTNER, AmazonClient
from stopship.domain import instant
from stopship.domain.errors import PartnerContractBroken
from stopship.frozen import frozen

LAG_SECONDS: Final = 48 * 3600
PATH: Final = "/finances/2024-06-19/transactions"
_MOST_PAGES = 20


@frozen
class Refund:
    """``amount`` is what the seller paid, as a positive number: Amazon's fees are taken off it. ``skus`` are those it names."""

    refund_id: str
    posted_at: str
    amount: Decimal
    currency: str
    skus: frozenset[str]


def refunds(client: AmazonClient, order_ref: str) -> list[Refund]:
    """Without a marketplace: with one, seller-fulfilled orders of the US store are left out (the model's own note)."""
    return [_refund(x) for x in _transactions(client, order_ref) if _is_refund(x)]


def _transactions(client: AmazonClient, order_ref: str) -> Iterator[Mapping[str, Any]]:
    asked = {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": order_ref}
    token = ""
    for _ in range(_MOST_PAGES):
        answer = client.call(
            "listTransactions", "GET", PATH, params={**asked, **({"nextToken": token} if token else {})}
        )
        if answer.status_code == httpx.codes.NOT_FOUND:
            return
        payload = http.json_object(PARTNER, answer).get("payload") or {}
        found = payload.get("transactions") if isinstance(payload, Mapping) else None
        if found is not None and not isinstance(found, list):
            raise PartnerContractBroken(PARTNER, "payload.transactions: not as the contract says")
        yield from (x for x in found or () if isinstance(x, Mapping))
        token = str(payload.get("nextToken") or "")
        if not token:
            return
    raise PartnerContractBroken(PARTNER, f"more than {_MOST_PAGES} pages of transactions for one order")


def _is_refund(transaction: Mapping[str, Any]) -> bool:
    """Either of the two words that Amazon has for it ("Refund Order" in ``description``)."""
    told = f"{transaction.get('transactionType', '')} {transaction.get('description', '')}"
    return "refund" in told.lower()


def _refund(transaction: Mapping[str, Any]) -> Refund:
    total = transaction.get("totalAmount") or {}
    try:
        amount = abs(Decimal(str(total["currencyAmount"])))
        posted = instant.normal(str(transaction["postedDate"]))
    except (KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise PartnerContractBroken(PARTNER, "a refund has no amount or no date") from error
    return Refund(
        str(transaction.get("transactionId", "")),
        posted,
        amount,
        str(total.get("currencyCode", "")),
        _skus(transaction),
    )


def _skus(transaction: Mapping[str, Any]) -> frozenset[str]:
    items = [x for x in transaction.get("items") or () if isinstance(x, Mapping)]
    contexts = [c for item in items for c in item.get("contexts") or () if isinstance(c, Mapping)]
    return frozenset(str(c["sku"]) for c in contexts if c.get("sku"))
