"""What a merchant's configuration costs: few reads, whoever asks for whom, and an answer while AWS refuses to be asked more often."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from stopship.adapters import merchants as module
from stopship.adapters.merchants import Merchants
from stopship.domain.errors import NotFound

SHOP, STRANGER = "acme.myshopify.com", "stranger.myshopify.com"


class ClientError(Exception):
    """As botocore's."""

    def __init__(self, code: str) -> None:
        self.response = {"Error": {"Code": code}}


class ParameterNotFound(ClientError):
    pass


class Exceptions:
    ClientError = ClientError
    ParameterNotFound = ParameterNotFound


@dataclass
class Aws:
    """Both services, and the clock: every read is counted, and ``refuses`` is what each of them gets instead of an answer."""

    there: dict[str, str] = field(default_factory=dict)
    refuses: str = ""
    reads: int = 0
    seconds: float = 0.0
    exceptions = Exceptions

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        return {"Parameter": {"Value": self._read(Name, ParameterNotFound("ParameterNotFound"))}}

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803
        return {"SecretString": self._read(SecretId, ClientError("ResourceNotFoundException"))}

    def _read(self, name: str, missing: ClientError) -> str:
        self.reads += 1
        if self.refuses:
            raise ClientError(self.refuses)
        if name not in self.there:
            raise missing
        return self.there[name]


@pytest.fixture
def aws() -> Aws:
    return Aws(
        {
            f"/stopship/prod/routes/shopify/{SHOP}": "acme",
            "/stopship/prod/merchants/acme": json.dumps({"cancel_form": {}}),
            "stopship/prod/merchants/acme": json.dumps({"shopify": {}}),
        }
    )


@pytest.fixture
def merchants(aws: Aws) -> Merchants:
    return Merchants("prod", aws, aws, lambda: aws.seconds)


def ask(merchants: Merchants, what: str) -> Any:
    match what:
        case "route":
            return merchants.route("shopify", STRANGER)
        case "connections":
            return merchants.connections("nobody")
        case _:
            return merchants.settings("nobody") or None


@pytest.mark.parametrize("what", ["route", "connections", "settings"])
def test_a_name_that_is_not_there_is_asked_for_once_a_minute(aws: Aws, merchants: Merchants, what: str) -> None:
    said = set()
    for _ in range(100):
        try:
            assert ask(merchants, what) is None
        except NotFound as error:
            said.add(str(error))
    assert aws.reads == 1
    assert said == {"route": {"shopify address"}, "connections": {"merchant"}, "settings": set()}[what]
    aws.seconds = 61
    aws.there |= {
        f"/stopship/prod/routes/shopify/{STRANGER}": "new",
        "/stopship/prod/merchants/nobody": json.dumps({"a": 1}),
        "stopship/prod/merchants/nobody": json.dumps({"a": 1}),
    }
    assert ask(merchants, what)
    assert aws.reads == 2


def test_names_that_somebody_invents_fill_no_memory_and_push_out_no_merchant(
    aws: Aws, merchants: Merchants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_MISSING", 10)
    assert merchants.route("shopify", SHOP) == "acme"
    for n in range(100):
        assert merchants.settings(f"nobody-{n}") == {}
    assert len(merchants._missing) == 10 and len(merchants._cache) == 1
    reads = aws.reads
    assert merchants.route("shopify", SHOP) == "acme"
    assert merchants.settings("nobody-99") == {}
    assert aws.reads == reads


def test_what_was_known_serves_while_aws_refuses_to_be_asked_and_is_soon_asked_for_again(
    aws: Aws, merchants: Merchants
) -> None:
    assert merchants.route("shopify", SHOP) == "acme"
    aws.seconds, aws.refuses = 61, "ThrottlingException"
    assert [merchants.route("shopify", SHOP) for _ in range(20)] == ["acme"] * 20
    assert aws.reads == 2
    aws.refuses, aws.there[f"/stopship/prod/routes/shopify/{SHOP}"] = "", "zeta"
    aws.seconds = 67
    assert merchants.route("shopify", SHOP) == "zeta"


@pytest.mark.parametrize("refusal", ["AccessDeniedException", "ExpiredTokenException"])
def test_no_other_refusal_is_covered_by_what_was_known(aws: Aws, merchants: Merchants, refusal: str) -> None:
    assert merchants.connections("acme") == {"shopify": {}}
    aws.seconds, aws.refuses = 61, refusal
    with pytest.raises(ClientError):
        merchants.connections("acme")


def test_a_refusal_for_want_of_rate_makes_nobody_unknown(aws: Aws, merchants: Merchants) -> None:
    """He would be answered 404, and not come again."""
    aws.refuses = "ThrottlingException"
    with pytest.raises(ClientError):
        merchants.route("shopify", SHOP)
    aws.refuses = ""
    assert merchants.route("shopify", SHOP) == "acme"


def test_a_merchant_who_is_gone_is_not_remembered(aws: Aws, merchants: Merchants) -> None:
    assert merchants.connections("acme")
    aws.there.clear()
    aws.seconds = 61
    for refusal in ("", "ThrottlingException"):
        aws.refuses = refusal
        with pytest.raises(NotFound):
            merchants.connections("acme")
