"""What a case can be found by, and that nothing of it can be read."""

from hashlib import sha256

import pytest

from stopship.domain import events as e
from stopship.domain.search import TermKind, addresses_in, term, terms_of, terms_typed, tracking_term

TICKET = e.RequestReceived("d", "fraud", "ops", "ops", "t", "t", {}, "ZD-1", False, [], "")
ORDER = e.OrderRead("#1001", [], "1", "EUR", False, False, "", "t")
NUMBER = "1Z999AA10123456784"
HASH = sha256(NUMBER.encode()).hexdigest()
LEFT = e.ShipmentSeen("l", "s", "t", True, {}, HASH)
READ = e.CarrierRead("l", "ups", "in_transit", [HASH], "", "", "", "", "", "", "t")


@pytest.mark.parametrize(
    ("event", "typed"),
    [
        (TICKET, " zd-1 "),
        (ORDER, "1001"),
        (ORDER, "#1001"),
        (LEFT, NUMBER),
        (LEFT, NUMBER.lower()),
        (READ, "1Z999 AA1 0123456784"),
    ],
)
def test_what_a_fact_names_is_found_as_people_type_it(event: e.Event, typed: str) -> None:
    (noted,) = terms_of("acme", event)
    assert noted in terms_typed("acme", typed)


def test_facts_that_name_nothing_are_found_by_nothing() -> None:
    unnamed = (e.OrderNotFound(1), e.ShipmentSeen("l", "s", "t", True, {}, ""))
    assert [x for event in unnamed for x in terms_of("acme", event)] == []


def test_the_same_word_at_another_merchant_or_of_another_kind_is_another_term() -> None:
    kinds = [term("acme", kind, "1001") for kind in TermKind]
    assert len({t.digest for t in kinds}) == len(kinds)
    assert term("acme", TermKind.EMAIL, "a@b.co") != term("zeta", TermKind.EMAIL, "a@b.co")
    assert tracking_term("acme", HASH) != tracking_term("zeta", HASH)


def test_addresses_of_a_message_are_hashed_whatever_their_case() -> None:
    found = addresses_in("acme", b'{"email":"Ann@Example.com","copy":"ann@example.com","note":"no @ address@"}')
    assert found == terms_typed("acme", "ann@EXAMPLE.com")
    assert "ann" not in repr(found)


def test_a_message_that_names_many_people_is_about_none_of_them() -> None:
    assert addresses_in("acme", b" ".join(b"p%d@example.com" % n for n in range(6))) == []
