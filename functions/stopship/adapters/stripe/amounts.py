"""Amounts as Stripe counts them: in the currency's smallest unit (docs.stripe.com/currencies)."""

from decimal import Decimal
from typing import Final

from stopship.adapters.stripe.client import PARTNER
from stopship.domain.errors import PartnerRefused

# ISK and UGX have no decimals any more, and are still counted in hundredths.
WITHOUT_DECIMALS: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
WITH_THREE: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def places(currency: str) -> int:
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in WITH_THREE else 2


def from_minor(value: object, currency: str) -> Decimal:
    """Raises TypeError for what is not a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("an amount that is not a whole number")
    return Decimal(value).scaleb(-places(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """Raises PartnerRefused "amount_form" for an amount that Stripe cannot express: nothing is rounded here."""
    minor = amount.scaleb(places(currency))
    if minor != minor.to_integral_value() or (currency in WITH_THREE and minor % 10):
        raise PartnerRefused(PARTNER, "amount_form", f"{amount} {currency} has more decimals than Stripe takes")
    return int(minor)
