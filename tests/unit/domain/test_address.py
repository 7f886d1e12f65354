"""An address is whole or not there, and what is wrong with it is told without repeating it."""

import pytest

from stopship.domain.address import ShippingAddress, address_from, address_of
from stopship.domain.errors import InvalidInput

TOLD = {
    "name": " Ida  Example ",
    "address1": "Ring 7",
    "zip": "10115",
    "city": "Berlin",
    "country_code": "de",
}


def test_an_address_is_taken_with_its_blanks_in_order() -> None:
    address = address_from(TOLD)
    assert address == ShippingAddress("Ida Example", "Ring 7", "Berlin", "DE", zip="10115")
    assert address_of(address.as_bytes) == address


def test_the_same_address_has_the_same_hash_and_another_has_another() -> None:
    one, same, other = (
        address_from(TOLD),
        address_from(dict(reversed(TOLD.items()))),
        address_from({**TOLD, "zip": "1"}),
    )
    assert one and same and other
    assert one.sha256 == same.sha256 != other.sha256


@pytest.mark.parametrize("told", [{}, {"name": " ", "city": ""}])
def test_nothing_said_is_no_address(told: dict[str, str]) -> None:
    assert address_from(told) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "address.name"),
        ({"address1": " "}, "address.address1"),
        ({"city": ""}, "address.city"),
        ({"country_code": ""}, "address.country_code"),
        ({"country_code": "Germany"}, "address.country_code"),
        ({"country_code": "D1"}, "address.country_code"),
        ({"address2": "secret" * 50}, "address.address2"),
    ],
)
def test_what_is_wrong_is_named_and_not_repeated(changes: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        address_from({**TOLD, **changes})
    assert refusal.value.field == field and refusal.value.fix
    assert "secret" not in str(refusal.value) and "Germany" not in str(refusal.value)
