"""The mail door: what SES has received is kept with the checks' verdicts under its merchant, queued, and worked against a real store."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from infra.local.mail import notification
from infra.local.sandboxes.process import Sandboxes
from stopship.adapters import aws
from stopship.adapters.mail import kept, receipt
from stopship.adapters.mailer_ses import MARKS, SesMailer
from stopship.domain.case import fold
from stopship.domain.errors import InvalidInput, PartnerRefused
from stopship.handlers.receive_mail import handler
from tests.fakes.sandboxes_anew import sandboxes_anew
from tests.unit.handlers import deployment as d
from tests.unit.handlers.conftest import REGION
from tests.unit.handlers.deployment import Deployment
from tests.unit.mail.mails import CUSTOMER, FORGED, PROVEN, mail

MAIL_BUCKET, SHOP_KEY = "mail", "shop-token"
WROTE_TO, MERCHANT = "cancel@post.example", "post"
_numbers = count(7_100_000_001)
_ids = count(1)


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        told = {
            "shop": "post.myshopify.com",
            "access_token": SHOP_KEY,
            "webhook_secrets": ["s"],
            "locations": {"1": "north"},
        }
        running.configure(merchants={MERCHANT: {"shopify": told, "warehouse": {"north": {"secrets": ["s"]}}}})
        yield running


@pytest.fixture
def door(deployed: Deployment, sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setenv("STOPSHIP_MAIL_BUCKET", MAIL_BUCKET)
    deployed.clients["s3"].create_bucket(Bucket=MAIL_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    store = {**d.STORE, "endpoint": f"{sandboxes.endpoint}/shopify/{MERCHANT}", "access_token": SHOP_KEY}
    told = {**d.connections({}, shopify=store), "mail": {"sender": WROTE_TO}}
    deployed.connect(MERCHANT, told, {"mail": receipt.route(WROTE_TO)})
    aws.client("sesv2").create_email_identity(EmailIdentity=WROTE_TO)
    return deployed


def order(sandboxes: Sandboxes, email: str = CUSTOMER) -> str:
    """Gives the order's public number, without "#"."""
    ref, line, name = str(next(_numbers)), str(next(_numbers)), str(next(_numbers))[-6:]
    body = {
        "order_ref": ref,
        "name": f"#{name}",
        "email": email,
        "lines": [{"id": line, "sku": "MUG", "quantity": 1, "price": "12.50"}],
        "legs": [{"id": str(next(_numbers)), "warehouse": "north", "lines": {line: 1}}],
        "financial": "captured",
    }
    sandboxes.command(f"shopify/{MERCHANT}/orders", body)
    return name


def put(
    deployment: Deployment,
    raw: bytes,
    recipients: Sequence[str] = (WROTE_TO,),
    verdicts: Mapping[str, str] = PROVEN,
    source: str = CUSTOMER,
    bucket: str = MAIL_BUCKET,
) -> str:
    """The mail lies in its bucket; gives what SES publishes about it."""
    message_id = f"ses-{next(_ids)}"
    deployment.clients["s3"].put_object(Bucket=MAIL_BUCKET, Key=f"mail/{message_id}", Body=raw)
    action = {"TopicArn": "arn:aws:sns:::t", "BucketName": bucket, "ObjectKeyPrefix": "mail/"}
    return json.dumps(notification(raw, message_id, source, recipients, verdicts, action, f"mail/{message_id}"))


def receive(*told: str) -> list[str]:
    """Gives the ids of those that stay in the queue."""
    records = [d.record(body, f"m-{n}") for n, body in enumerate(told)]
    return [x["itemIdentifier"] for x in handler({"Records": records}, d.CONTEXT)["batchItemFailures"]]


def outbox() -> list[Any]:
    return list(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages)


def cases(deployment: Deployment, merchant: str = MERCHANT) -> dict[str, Any]:
    from stopship import wiring

    return {
        h.case_id: fold(merchant, h.case_id, wiring.ledger().load(merchant, h.case_id))
        for h in deployment.cases(merchant)
    }


def test_a_mail_is_kept_byte_for_byte_behind_its_verdicts_and_queued(door: Deployment) -> None:
    raw = mail("Bitte \u2026").replace(b"\n", b"\r\n") + b"\xff\x00"
    assert receive(put(door, raw)) == []
    (message,) = door.take_queue()
    (body,) = door.evidence.values()
    assert (message["merchant"], message["source"], message["why"]) == (MERCHANT, "mail", "")
    assert message["delivery_id"] == kept.mail_id(raw)
    found = kept.split(body)
    assert (found.raw, found.verdicts, found.source) == (raw, PROVEN, CUSTOMER)


def test_a_wish_goes_from_the_bucket_to_a_case_and_a_receipt_to_the_customer(
    door: Deployment, sandboxes: Sandboxes
) -> None:
    number = order(sandboxes)
    told = put(door, mail(f"Please cancel my order #{number}."))
    assert receive(told, told) == []
    assert door.work() == []
    assert receive(told) == []
    assert door.work() == []
    (case,) = cases(door).values()
    assert [r.fact.source for r in case.requests] == ["mail"]
    (receipt_mail,) = outbox()
    assert receipt_mail.destinations["ToAddresses"] == [CUSTOMER]
    assert number in receipt_mail.body
    assert CUSTOMER not in door.logged and "Please cancel" not in door.logged


def test_a_stranger_gets_nothing_and_the_order_gets_a_question(door: Deployment, sandboxes: Sandboxes) -> None:
    number = order(sandboxes, "somebody@else.example")
    receive(put(door, mail(f"Please cancel my order #{number}.")))
    assert door.work() == []
    (question,) = outbox()
    assert question.destinations["ToAddresses"] == ["somebody@else.example"]
    assert [x.cause for x in door.exceptions(MERCHANT)] == ["unmatched_message"]
    assert door.executions == []


def test_a_number_that_only_begins_like_an_orders_is_another_order(door: Deployment, sandboxes: Sandboxes) -> None:
    number = order(sandboxes)
    receive(put(door, mail(f"Please cancel my order #{number[:4]}."), verdicts=FORGED))
    assert door.work() == []
    assert outbox() == []
    assert door.executions == []


@pytest.mark.parametrize(
    "recipient", ["nobody@post.example", "cancel@other.example", "a:b@post.example", "../x@y.example"]
)
def test_a_mail_to_an_address_of_nobodys_is_kept_and_shown(door: Deployment, recipient: str) -> None:
    assert receive(put(door, mail(), [recipient])) == []
    assert door.work() == []
    assert [x.cause for x in door.exceptions("_unrouted")] == ["unmatched_message"]
    assert next(iter(door.evidence)).startswith("_unrouted/mail/")
    assert door.exceptions(MERCHANT) == [] and outbox() == []


def test_a_label_behind_the_address_changes_nothing_and_two_merchants_each_get_the_mail(door: Deployment) -> None:
    door.connect("second", d.connections({}, shopify=d.STORE), {"mail": receipt.route("cancel@second.example")})
    told = put(door, mail(), ["Cancel+x@post.example", "cancel@second.example", WROTE_TO, "nobody@post.example"])
    assert receive(told) == []
    assert sorted(x["merchant"] for x in door.take_queue()) == ["_unrouted", MERCHANT, "second"]


def test_a_mail_that_cannot_be_read_from_the_bucket_stays_in_the_queue_and_the_others_go_on(door: Deployment) -> None:
    gone = put(door, mail()).replace("mail/ses-", "mail/gone-")
    assert receive(gone, put(door, mail())) == ["m-0"]
    assert len(door.take_queue()) == 1


@pytest.mark.parametrize(
    "told",
    [
        "",
        "Successfully validated SNS topic",
        "[]",
        "{}",
        '{"notificationType": "Bounce"}',
        '{"notificationType": "Received"}',
        "[" * 5000,
    ],
    ids=range(7),
)
def test_what_is_no_received_mail_is_kept_and_shown(door: Deployment, told: str) -> None:
    assert receive(told) == []
    assert door.work() == []
    assert [x.cause for x in door.exceptions("_unrouted")] == ["unmatched_message"]


def test_a_mail_from_another_bucket_is_never_read(door: Deployment) -> None:
    assert receive(put(door, mail(), bucket="evidence")) == []
    (message,) = door.take_queue()
    assert message["merchant"] == "_unrouted" and "receipt.action.bucketName" in message["why"]


def test_a_mail_that_is_too_large_is_kept_whole_and_left_to_a_person(door: Deployment, sandboxes: Sandboxes) -> None:
    raw = mail(f"Please cancel my order #{order(sandboxes)}.") + b"x" * kept.MAX_BYTES
    assert receive(put(door, raw)) == []
    assert door.work() == []
    assert kept.split(*door.evidence.values()).raw == raw
    assert door.executions == [] and outbox() == []


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "notificationType": st.just("Received") | st.text(),
            "mail": st.dictionaries(
                st.sampled_from(["messageId", "timestamp", "source"]), st.text() | st.none() | st.integers()
            ),
            "receipt": st.dictionaries(
                st.sampled_from(["recipients", "action", "spamVerdict", "virusVerdict"]),
                st.none()
                | st.lists(st.text())
                | st.dictionaries(st.sampled_from(["type", "status", "objectKey"]), st.text()),
            ),
        },
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_notification_is_read_or_refused(told: dict[str, Any]) -> None:
    try:
        assert receipt.parse(json.dumps(told)).recipients
    except InvalidInput as error:
        assert error.field


def test_every_mail_of_the_desk_says_that_a_machine_sent_it(door: Deployment) -> None:
    calls: list[dict[str, Any]] = []

    class Client:
        exceptions = aws.client("sesv2").exceptions

        def send_email(self, **call: Any) -> dict[str, str]:
            calls.append(call)
            return {"MessageId": "x"}

    SesMailer(Client()).send(
        "a@b.example", "c@d.example", "s", "t", {}, {"In-Reply-To": "<x@y>", "Auto-Submitted": "auto-replied"}
    )
    headers = {x["Name"]: x["Value"] for x in calls[0]["Content"]["Simple"]["Headers"]}
    assert headers == {**MARKS, "In-Reply-To": "<x@y>", "Auto-Submitted": "auto-replied"}


def test_a_sender_that_ses_does_not_know_is_a_refusal(door: Deployment) -> None:
    with pytest.raises(PartnerRefused):
        SesMailer(aws.client("sesv2")).send("not@verified.example", "c@d.example", "s", "t", {"merchant": "m"})


@pytest.mark.parametrize(("sender", "how"), [(CUSTOMER, "a wish"), ("stranger@else.example", "a question")])
def test_a_mail_that_names_an_order_is_listed_under_it_so_that_it_can_be_erased(
    door: Deployment, sandboxes: Sandboxes, sender: str, how: str
) -> None:
    number = order(sandboxes)
    raw = mail(f"Please cancel my order #{number}.").replace(CUSTOMER.encode(), sender.encode())
    assert receive(put(door, raw, source=sender)) == []
    (message,) = door.take_queue()
    assert door.work([message]) == []
    found = [
        str(item["evidence_key"]["S"])
        for item in door.items
        if "evidence_key" in item and "order:shopify:" in json.dumps(item)
    ]
    assert found == [message["evidence_key"]]
