"""The parts of ShipBob's answers that the desk reads (OpenAPI "Developer API (2026-01)"). Recipients are not among them.

Words of its enums are kept as text: one that is not known here must not be taken for another.
"""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

Word = Annotated[StrictStr, Field(max_length=100)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class InventoryItem(Model):
    quantity: StrictInt = 0


class Product(Model):
    sku: StrictStr | None = None
    inventory_items: list[InventoryItem] | None = None


class Tracking(Model):
    """At the carrier, as ShipBob's own labels name it."""

    carrier: StrictStr | None = None
    tracking_number: Annotated[StrictStr | None, Field(repr=False)] = None


class Shipment(Model):
    """One box of an order. ``status`` is one of OrderStatusEnum, or a word that is new."""

    id: StrictInt
    status: Word
    delivery_date: AwareDatetime | None = None
    products: list[Product] | None = None
    tracking: Tracking | None = None


class Order(Model):
    """``reference_id`` is the merchant's own id of the order."""

    id: StrictInt
    reference_id: StrictStr | None = None
    shipments: list[Shipment] | None = None


class LogEntry(Model):
    """One step of a shipment's timeline."""

    log_type_id: StrictInt
    timestamp: AwareDatetime


class CancelResult(Model):
    """What became of one shipment of a batch."""

    shipment_id: StrictInt
    is_success: StrictBool
    action: Word | None = None


class CancelResults(Model):
    results: list[CancelResult]


class ShipmentEvent(Model):
    """A webhook's body: the shipment that it is about."""

    id: StrictInt
    reference_id: Annotated[StrictStr, Field(min_length=1, max_length=200)]
    actual_fulfillment_date: AwareDatetime | None = None
    delivery_date: AwareDatetime | None = None


class Channel(Model):
    id: StrictInt
    scopes: list[Word] | None = None


class Channels(Model):
    items: list[Channel] | None = None


class Subscription(Model):
    """A webhook, as it was subscribed."""

    enabled: StrictBool = False
    topics: list[Word] | None = None
    url: StrictStr | None = None


class Subscriptions(Model):
    items: list[Subscription] | None = None
