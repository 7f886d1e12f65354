"""Amazon's JSON: an order as the Orders API gives it, and an ORDER_CHANGE notification."""

import secrets
from decimal import Decimal
from typing import Any, Final

from infra.local.sandboxes.amazon.money import proceeds, worth
from infra.local.sandboxes.amazon.state import Feed, Item, Order, now

MARKETPLACE: Final = "ATVPDKIKX0DER"
INCLUDED: Final = frozenset(
    {
        "BUYER",
        "RECIPIENT",
        "PROCEEDS",
        "EXPENSE",
        "PROMOTION",
        "CANCELLATION",
        "FULFILLMENT",
        "PACKAGES",
        "TAX",
        "PAYMENT",
        "FULFILLMENT_ORDERS",
    }
)
NOTIFIED: Final = {
    "CANCELLED": "Canceled",
    "PENDING": "Pending",
    "SHIPPED": "Shipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "UNSHIPPED": "Unshipped",
}
"""The two spellings of one status: Orders API 2026-01-01, and the notification."""


def order_body(order: Order, included: set[str]) -> dict[str, Any]:
    """The order with the data that was asked for (orders 2026-01-01, includedData)."""
    total = sum((worth(x) for x in order.items), Decimal(0))
    body: dict[str, Any] = {
        "orderId": order.order_ref,
        "createdTime": order.created_at,
        "lastUpdatedTime": order.changed_at,
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": MARKETPLACE, "marketplaceName": "Amazon.com"},
        "orderItems": [_item_body(item, included) for item in order.items],
    }
    if "FULFILLMENT" in included:
        body["fulfillment"] = {"fulfillmentStatus": order.status, "fulfilledBy": order.fulfilled_by}
    if "PACKAGES" in included and order.packages:
        body["packages"] = list(order.packages)
    if "PROCEEDS" in included and not order.pending:
        body["proceeds"] = {"grandTotal": {"amount": str(total), "currencyCode": "USD"}}
    return body


def _item_body(item: Item, included: set[str]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "orderItemId": item.item_id,
        "quantityOrdered": item.quantity,
        "product": {"sellerSku": item.sku},
    }
    if "FULFILLMENT" in included:
        left = 0 if item.cancelled_by else item.quantity - item.shipped
        body["fulfillment"] = {"quantityFulfilled": item.shipped, "quantityUnfulfilled": left}
    if "PROCEEDS" in included:
        body["proceeds"] = proceeds(item)
    if "CANCELLATION" in included and (item.asked_by or item.cancelled_by):
        body["cancellation"] = {
            **({"cancellationRequest": {"requester": item.asked_by, "cancelReason": ""}} if item.asked_by else {}),
            **({"cancellationExecution": {"cancelledBy": item.cancelled_by}} if item.cancelled_by else {}),
        }
    return body


def notification(seller_id: str, order: Order, kind: str, reason: str) -> dict[str, Any]:
    """ORDER_CHANGE (OrderChangeNotification, version 1.0)."""
    items = [
        {
            "OrderItemId": x.item_id,
            "SellerSKU": x.sku,
            "SupplySourceId": None,
            "Quantity": x.quantity,
            "QuantityShipped": x.shipped,
            "IsBuyerRequestedCancel": x.asked_by == "BUYER",
        }
        for x in order.items
    ]
    change = {
        "NotificationLevel": "OrderLevel",
        "SellerId": seller_id,
        "AmazonOrderId": order.order_ref,
        "OrderChangeType": kind,
        "OrderChangeTrigger": {"TimeOfOrderChange": order.changed_at, "ChangeReason": reason},
        "Summary": {
            "MarketplaceId": MARKETPLACE,
            "OrderStatus": NOTIFIED[order.status],
            "PurchaseDate": order.created_at,
            "DestinationPostalCode": None,
            "FulfillmentType": "AFN" if order.fulfilled_by == "AMAZON" else "MFN",
            "OrderType": "StandardOrder",
            "OrderItems": items,
        },
    }
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": now(),
        "Payload": {"OrderChangeNotification": change},
        "NotificationMetadata": {
            "ApplicationId": "amzn1.sp.solution.sandbox",
            "SubscriptionId": f"subscription-{seller_id}",
            "PublishTime": now(),
            "NotificationId": secrets.token_hex(16),
        },
    }


def feed_notification(seller_id: str, feed: Feed) -> dict[str, Any]:
    """FEED_PROCESSING_FINISHED (FeedProcessingFinishedNotification, version 2020-09-04)."""
    ended = {
        "sellerId": seller_id,
        "accountId": f"amzn1.merchant.o.{seller_id}",
        "feedId": feed.feed_id,
        "feedType": feed.feed_type,
        "processingStatus": feed.ended,
        **({"resultFeedDocumentId": feed.report} if feed.report else {}),
    }
    return {
        "notificationVersion": "2020-09-04",
        "notificationType": "FEED_PROCESSING_FINISHED",
        "payloadVersion": "2020-09-04",
        "eventTime": now(),
        "payload": {"feedProcessingFinishedNotification": ended},
        "notificationMetadata": {
            "applicationId": "amzn1.sp.solution.sandbox",
            "subscriptionId": f"subscription-{seller_id}",
            "publishTime": now(),
            "notificationId": secrets.token_hex(16),
        },
    }
