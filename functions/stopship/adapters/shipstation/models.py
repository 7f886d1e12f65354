"""The parts of ShipStation's answers that the desk reads (ShipEngine OpenAPI 1.1). Addresses are not among them.

Words of its enums are kept as text: one that is not known here must not be taken for another.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

Word = Annotated[StrictStr, Field(max_length=100)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Item(Model):
    """``external_order_item_id`` is the order source's line id."""

    quantity: Annotated[StrictInt, Field(ge=0)] = 0
    external_order_id: StrictStr | None = None
    external_order_item_id: StrictStr | None = None


class Shipment(Model):
    shipment_id: Word
    shipment_status: Word
    external_order_id: StrictStr | None = None
    items: list[Item] = []


class Shipments(Model):
    shipments: list[Shipment]
    pages: StrictInt


class Label(Model):
    """``tracking_status`` is the carrier's word, by which a parcel has left or not."""

    label_id: Word
    status: Word
    shipment_id: Word
    external_order_id: StrictStr | None = None
    tracking_status: Word | None = None
    tracking_number: Word | None = Field(default=None, repr=False)
    carrier_code: Word | None = None


class Labels(Model):
    labels: list[Label]
    pages: StrictInt


class VoidResult(Model):
    """``reason_code`` says why where ``approved`` is false: a refusal comes inside a 200."""

    approved: StrictBool
    reason_code: Word | None = None


class Webhook(Model):
    event: Word = ""
    url: StrictStr | None = None
