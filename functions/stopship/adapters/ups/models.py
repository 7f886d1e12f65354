"""The parts of UPS's answers that the desk reads (Tracking, Shipping v2409, Delivery Intercept v2). Names, addresses and signatures are not
among them, and texts for people are not either: they change with the locale.

Words of its tables are kept as text: one that is not known here must not be taken for another.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr
from pydantic.alias_generators import to_camel

Word = Annotated[StrictStr, Field(max_length=100)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True, alias_generator=to_camel)


# ---------------------------------------------------------------------------------------------- tracking


class Status(Model):
    """``type`` is one of a dozen letters (UPS, "Activity status type"); ``code`` says more than anybody needs."""

    type: Word | None = None
    code: Word | None = None


class Activity(Model):
    """The moment is in GMT: YYYYMMDD, and HHMMSS without its leading zeros."""

    status: Status | None = None
    gmt_date: Word | None = None
    gmt_time: Word | None = None


class Package(Model):
    """``activity`` has the newest first."""

    tracking_number: Word | None = None
    activity: list[Activity] = []


class Shipment(Model):
    package: list[Package] = []


class TrackResponse(Model):
    shipment: list[Shipment]


class Tracked(Model):
    track_response: TrackResponse


# ---------------------------------------------------------------------------------------------- void


class Code(Model):
    code: Word = Field(alias="Code")


class Summary(Model):
    status: Code = Field(alias="Status")


class PackageResult(Model):
    tracking_number: Word = Field(alias="TrackingNumber")
    status: Code = Field(alias="Status")


class VoidResponse(Model):
    summary: Summary = Field(alias="SummaryResult")
    packages: list[PackageResult] = Field(default=[], alias="PackageLevelResults")


class Voided(Model):
    response: VoidResponse = Field(alias="VoidShipmentResponse")


# ---------------------------------------------------------------------------------------------- intercept


class Fault(Model):
    error_code: Word


class Eligibility(Model):
    create_eligibility: Word
    cancel_eligibility: Word
    reasons: list["ReasonOption"] | None = Field(default=None, alias="reasonOptionsForRTS")


class ReasonOption(Model):
    id: Word


class Feature(Model):
    intercept_feature: Word
    eligibility_value: Eligibility


class EligibilityResponse(Model):
    """A failure is a 200 too: ``success`` is false, and the map is null."""

    success: StrictBool = False
    errors: list[Fault] | None = None
    common_eligibility_map: list[Feature] | None


class Eligible(Model):
    response: EligibilityResponse


class ChargeInfo(Model):
    tracking_number: Word
    total_charge: Decimal
    charge_currency: Word


class ChargesResponse(Model):
    success: StrictBool = False
    errors: list[Fault] | None = None
    charge_info: list[ChargeInfo] | None = None


class Charges(Model):
    response: ChargesResponse


class Taken(Model):
    """The answer to a request or to its cancel: only ``success`` says which way it went."""

    success: StrictBool
    status_code: Word
    errors: list[Fault] | None = None
