"""Whether a UPS account is connected: a token, and tracking of a number that nobody's parcel has. Reads only.

Source: UPS developer portal: OAuth "Create Token", Tracking v1. Void and Delivery Intercept have no reading without a parcel of ours.
"""

from typing import Final

from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.checking import found
from stopship.adapters.ups.client import UpsClient
from stopship.adapters.ups.connection import UpsConnection
from stopship.application.ports import Clock
from stopship.domain.finding import Finding, good, unknown

CREDENTIALS: Final = "make client id and secret of an app with Tracking, and put them into carriers.ups"
SERVICE_AND_PARCEL: Final = "0000000000"
"""What follows the account in a tracking number, as no label has it."""


def check(connection: UpsConnection, clock: Clock, tokens: SharedTokens) -> list[Finding]:
    number = f"1Z{connection.account.upper()}{SERVICE_AND_PARCEL}"
    client = UpsClient(connection, clock, tokens)
    looked = found("credentials", CREDENTIALS, lambda: client.track(number))
    if isinstance(looked, Finding):
        return [looked]
    return [
        good("credentials", "UPS lets us in, and tracking answers"),
        unknown(
            "voiding and intercepting",
            "no reading tells whether the app and the account may",
            "see that the app has Shipping and Delivery Intercept, and that the account is the shipper's",
        ),
    ]
