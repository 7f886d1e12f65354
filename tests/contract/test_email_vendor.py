"""The vendor who is asked by mail, behind the warehouse port, with SES as moto plays it."""

import re
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from stopship.adapters import aws
from stopship.adapters.clock import SystemClock
from stopship.adapters.email_vendor.links import Answer, prove, read
from stopship.adapters.email_vendor.texts import TEXTS
from stopship.adapters.email_vendor.warehouse import EmailVendorWarehouse, connect
from stopship.adapters.mailer_ses import SesMailer
from stopship.application.ports import Place, StopCommand, Warehouse
from stopship.domain.capabilities import CAPABILITIES, PickReading, notices_repeats, only_people_know
from stopship.domain.errors import InvalidInput, PartnerRefused, PartnerUnavailable
from stopship.domain.order import AckLevel, FulfillmentType, PickState
from stopship.wiring.partners import WAREHOUSE_KINDS, ConfiguredPartners

REGION, MERCHANT, NAME = "eu-central-1", "acme", "atelier"
SENDER, ADDRESS = "orders@acme.example", "stock@atelier.example"
SECRETS = ["links-new", "links-old"]
CONFIG: dict[str, Any] = {
    "kind": "email_vendor",
    "address": ADDRESS,
    "language": "en",
    "mail": {"sender": SENDER},
    "vendor_answers": {"secrets": SECRETS},
}
COMMAND = StopCommand(
    case_id="case-1",
    order_ref="5400000001",
    leg_id="6001",
    lines={"11": 2, "12": 1},
    physical=True,
    deadline="2026-11-24T16:00:00.000000Z",
    callback_url="https://desk.example/v1/acknowledgments/door-1",
    key="case-1:6001:stop:1",
    display_ref="#1001",
    skus={"11": "MUG-350", "12": ""},
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What SES has taken."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    aws.client.cache_clear()
    with mock_aws():
        aws.client("sesv2").create_email_identity(EmailIdentity=SENDER)
        yield ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
    aws.client.cache_clear()


@pytest.fixture
def vendor(sent: Any) -> EmailVendorWarehouse:
    return connect(MERCHANT, NAME, CONFIG, SystemClock())


def tokens(text: str) -> dict[str, str]:
    found = re.findall(r"^https://desk\.example/v1/vendor-answers/(\S+\.(\w+)\.\d+\.\S+)$", text, re.MULTILINE)
    return {answer: token for token, answer in found}


def test_a_stop_is_one_mail_to_the_vendor_and_proves_only_that_it_was_sent(
    vendor: EmailVendorWarehouse, sent: Any
) -> None:
    answer = vendor.stop_ship(COMMAND)
    (mail,) = sent
    assert (mail.source, mail.destinations["ToAddresses"]) == (SENDER, [ADDRESS])
    assert (answer.level, answer.source, answer.state) == (AckLevel.SENT, NAME, PickState.UNKNOWN)
    assert answer.reference == mail.id


def test_the_mail_names_order_articles_quantities_and_deadline(vendor: EmailVendorWarehouse, sent: Any) -> None:
    vendor.stop_ship(COMMAND)
    (mail,) = sent
    assert mail.subject == "Please stop order #1001"
    for words in ("2 x MUG-350", "1 x 12", "2026-11-24 16:00 UTC", "changes nothing yet"):
        assert words in mail.body


def test_each_link_lies_beside_the_callback_and_is_signed_for_one_answer(
    vendor: EmailVendorWarehouse, sent: Any
) -> None:
    vendor.stop_ship(COMMAND)
    links = tokens(sent[0].body)
    assert set(links) == set(Answer)
    for answer, token in links.items():
        link = read(token)
        prove(link, MERCHANT, SECRETS[:1])
        assert (link.callback_id, link.answer) == ("door-1", answer)


def test_the_same_stop_again_has_the_same_links_and_says_that_it_is_the_same(
    vendor: EmailVendorWarehouse, sent: Any
) -> None:
    from dataclasses import replace

    vendor.stop_ship(COMMAND)
    vendor.stop_ship(replace(COMMAND, repeated=True))
    first, second = sent
    assert tokens(first.body) == tokens(second.body)
    assert first.subject == second.subject
    assert "had this message before" in second.body and "had this message before" not in first.body


@pytest.mark.parametrize("language", TEXTS)
def test_the_mail_is_written_in_the_vendors_language(sent: Any, language: str) -> None:
    connect(MERCHANT, NAME, {**CONFIG, "language": language}, SystemClock()).stop_ship(COMMAND)
    (mail,) = sent
    assert mail.subject == TEXTS[language].subject.format(order="#1001")
    assert not re.search(r"[{}]", mail.subject + mail.body)


def test_an_order_number_over_two_lines_stays_in_its_header(sent: Any, vendor: EmailVendorWarehouse) -> None:
    from dataclasses import replace

    vendor.stop_ship(replace(COMMAND, display_ref="#1\r\nBcc: x@example.com"))
    assert sent[0].subject == "Please stop order #1 Bcc: x@example.com"


def test_nothing_can_be_held_or_read_by_mail(vendor: EmailVendorWarehouse, sent: Any) -> None:
    hold = vendor.place_hold("case-1", "5400000001", "k")
    assert (hold.level, hold.reason) == (AckLevel.REJECTED, "no_holds")
    vendor.release_hold("case-1", "5400000001", "k")
    assert vendor.read_pick_state("5400000001", "6001").state is PickState.UNKNOWN
    assert sent == []


# ---------------------------------------------------------------------------------------------- SES in trouble


def test_a_sender_that_is_not_verified_is_a_refusal_and_no_mail(sent: Any) -> None:
    vendor = connect(MERCHANT, NAME, {**CONFIG, "mail": {"sender": "x@nobody.example"}}, SystemClock())
    with pytest.raises(PartnerRefused):
        vendor.stop_ship(COMMAND)
    assert sent == []


@pytest.mark.parametrize(
    ("code", "status", "in_doubt"),
    [
        ("TooManyRequestsException", 429, False),
        ("LimitExceededException", 400, False),
        ("SendingPausedException", 400, False),
        ("InternalServiceErrorException", 500, True),
        ("ServiceUnavailable", 503, True),
    ],
)
def test_what_ses_answers_tells_whether_it_may_have_taken_the_mail(
    sent: Any, code: str, status: int, *, in_doubt: bool
) -> None:
    client = aws.client("sesv2", attempts=1)
    with Stubber(client) as stub:
        stub.add_client_error("send_email", code, http_status_code=status)
        with pytest.raises(PartnerUnavailable) as error:
            SesMailer(client).send(SENDER, ADDRESS, "s", "t", {})
    assert error.value.in_doubt is in_doubt


@pytest.mark.parametrize(("code", "status"), [("MessageRejected", 400), ("BadRequestException", 400)])
def test_what_no_repeat_would_change_is_a_refusal(sent: Any, code: str, status: int) -> None:
    client = aws.client("sesv2", attempts=1)
    with Stubber(client) as stub:
        stub.add_client_error("send_email", code, http_status_code=status)
        with pytest.raises(PartnerRefused):
            SesMailer(client).send(SENDER, ADDRESS, "s", "t", {})


@pytest.mark.parametrize(
    ("trouble", "in_doubt"),
    [
        (botocore.exceptions.ReadTimeoutError(endpoint_url="x"), True),
        (botocore.exceptions.ConnectionClosedError(endpoint_url="x"), True),
        (botocore.exceptions.ConnectTimeoutError(endpoint_url="x"), False),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="x"), False),
    ],
)
def test_a_lost_connection_tells_whether_ses_may_have_taken_the_mail(trouble: Exception, *, in_doubt: bool) -> None:
    class Lost:
        def send_email(self, **_: Any) -> Any:
            raise trouble

    with pytest.raises(PartnerUnavailable) as error:
        SesMailer(Lost()).send(SENDER, ADDRESS, "s", "t", {})
    assert error.value.in_doubt is in_doubt


def test_the_client_never_sends_again_by_itself(vendor: EmailVendorWarehouse) -> None:
    client = vendor._mailer._client  # type: ignore[attr-defined]
    assert client.meta.config.retries["total_max_attempts"] == 1


# ---------------------------------------------------------------------------------------------- configuration


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": ""}, "warehouses.atelier.address"),
        ({"mail": {}}, "mail.sender"),
        ({"vendor_answers": {}}, "vendor_answers.secrets"),
        ({"vendor_answers": {"secrets": []}}, "vendor_answers.secrets"),
        ({"language": "tlh"}, "warehouses.atelier.language"),
    ],
)
def test_what_is_missing_in_the_configuration_is_named(sent: Any, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        connect(MERCHANT, NAME, {**CONFIG, **change}, SystemClock())
    assert (error.value.field, sent) == (field, [])


class Configured:
    """A merchant with a vendor, a warehouse of the desk's own contract, and one that says that it is a vendor's."""

    def connections(self, merchant: str) -> dict[str, Any]:
        own = {"kind": "generic_3pl", "endpoint": "http://127.0.0.1:1", "secrets": ["s"]}
        vendor = {"kind": "email_vendor", "address": ADDRESS, "fulfillment_type": "drop_ship"}
        return {
            "warehouses": {NAME: vendor, "north": own, "mill": {**own, "fulfillment_type": "drop_ship"}},
            "mail": {"sender": SENDER},
            "vendor_answers": {"secrets": SECRETS},
        }


def test_the_wiring_knows_the_vendor_what_he_is_and_that_he_takes_no_holds(sent: Any) -> None:
    partners = ConfiguredPartners(Configured())  # type: ignore[arg-type]
    vendor: Warehouse = partners.warehouses(MERCHANT)[NAME]
    assert vendor.stop_ship(COMMAND).level is AckLevel.SENT and len(sent) == 1
    assert partners.hold_first(MERCHANT) == ["north", "mill"]
    assert partners.places(MERCHANT) == {
        NAME: Place("email_vendor", FulfillmentType.DROP_SHIP),
        "north": Place("generic_3pl"),
        "mill": Place("generic_3pl", FulfillmentType.DROP_SHIP),
    }


def test_a_kind_of_place_that_nobody_knows_is_not_taken_for_another() -> None:
    class Misspelt(Configured):
        def connections(self, merchant: str) -> dict[str, Any]:
            return {"warehouses": {NAME: {"kind": "email_vendor", "fulfillment_type": "dropship"}}}

    with pytest.raises(ValueError, match="dropship"):
        ConfiguredPartners(Misspelt()).places(MERCHANT)  # type: ignore[arg-type]


def test_the_capability_table_says_what_is_tested_here() -> None:
    row = CAPABILITIES["email_vendor"]
    assert (row.proves, row.pick_state, row.holds) == (AckLevel.PHYSICALLY_STOPPED, PickReading.NONE, "")
    assert only_people_know("email_vendor") and not notices_repeats("email_vendor")
    others = WAREHOUSE_KINDS - {"email_vendor"}
    assert [kind for kind in others if only_people_know(kind) or not notices_repeats(kind)] == []
