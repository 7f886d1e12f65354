"""The reason that a marketplace may be told, as a table: what is claimed must be shown."""

import itertools

import pytest

from stopship.domain.cancel_reason import BUYERS, Grounds, choose

NEUTRAL = "GeneralAdjustment"
CLAIMS = {
    **dict.fromkeys(sorted(BUYERS), "official"),
    "NoInventory": "stock",
    "ShippingAddressUndeliverable": "address",
}
SILENT = ("GeneralAdjustment", "CarrierCreditDecision", "CarrierCoverageFailure", "MerchandiseNotReceived")
ALL = [Grounds(*flags) for flags in itertools.product((False, True), repeat=3)]


@pytest.mark.parametrize("grounds", ALL)
@pytest.mark.parametrize(("reason", "needs"), CLAIMS.items())
@pytest.mark.parametrize("neutral", ["", NEUTRAL])
def test_a_claim_is_told_only_on_its_own_ground(reason: str, needs: str, grounds: Grounds, neutral: str) -> None:
    choice = choose(reason, neutral, grounds)
    assert choice.reason == (reason if getattr(grounds, needs) else neutral)
    assert choice.why


@pytest.mark.parametrize("grounds", ALL)
@pytest.mark.parametrize("reason", SILENT)
def test_what_claims_nothing_may_always_be_told(reason: str, grounds: Grounds) -> None:
    assert choose(reason, "", grounds).reason == reason


@pytest.mark.parametrize("neutral", sorted(CLAIMS))
def test_a_neutral_word_that_claims_something_is_no_way_out(neutral: str) -> None:
    assert choose("BuyerCanceled", neutral, Grounds()).reason == ""
