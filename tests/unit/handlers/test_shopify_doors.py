"""Shopify's doors by what a topic means: over HTTPS and over its partner bus, wishes, counts, privacy duties, and what is not kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from stopship import wiring
from stopship.application.answer_exception import Answer, answer_exception
from stopship.application.audit import verify
from stopship.application.raise_exception import raise_exception
from stopship.contract import SHOPIFY_COUNTED, SHOPIFY_PRIVACY, route_parameter_name
from stopship.domain.events import PersonalDataErased, PrivacyRequestReceived
from stopship.domain.privacy import of_order
from stopship.handlers import count_orders, erase_personal_data, process_intake, receive_webhook
from tests.unit.handlers import deployment as d
from tests.unit.handlers.deployment import Deployment

NUMBER = 820982911946154508
ANOTHER = 5001
CANCELLED: dict[str, Any] = json.loads(d.sample("shopify/orders_cancelled.json"))
SECRET_WORDS = ("jon@example.com", "john@example.com", "555-625-1199", "191167")
CUSTOMER = {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"}
REDACT = {"shop_id": 1, "shop_domain": d.SHOP, "customer": CUSTOMER, "orders_to_redact": [NUMBER]}
REQUEST = {
    "shop_id": 1,
    "shop_domain": d.SHOP,
    "customer": CUSTOMER,
    "orders_requested": [NUMBER],
    "data_request": {"id": 9},
}
SHOP_REDACT = {"shop_id": 1, "shop_domain": d.SHOP}
CREATED = {
    "id": NUMBER,
    "admin_graphql_api_id": f"gid://shopify/Order/{NUMBER}",
    "created_at": "2026-11-25T23:30:00-05:00",
    "email": "jon@example.com",
    "test": False,
    "line_items": [{"requires_shipping": True, "fulfillment_service": "manual"}],
}


def raw(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def post(payload: Any, topic: str, delivery: str = "p-1", **signed: str) -> dict[str, Any]:
    answer: dict[str, Any] = receive_webhook.handler(
        d.shopify(raw(payload), topic=topic, delivery=delivery, **signed), d.CONTEXT
    )
    return answer


def event(payload: Any, topic: str, delivery: str = "b-1", shop: str = d.SHOP) -> dict[str, Any]:
    """As EventBridge hands it to a queue."""
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Webhook-Id": delivery,
        "X-Shopify-API-Version": "2026-07",
    }
    return {
        "version": "0",
        "id": "e-1",
        "detail-type": "shopifyWebhook",
        "source": "aws.partner/shopify.com/1234567/stopship",
        "account": "123456789012",
        "time": "2026-11-26T04:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"payload": payload, "metadata": headers},
    }


def run(handler: Callable[[Any, Any], dict[str, Any]], *bodies: Any) -> list[str]:
    """The ids of those that stay in the queue."""
    batch = [d.record(json.dumps(body), f"m-{n}") for n, body in enumerate(bodies)]
    return [x["itemIdentifier"] for x in handler({"Records": batch}, d.CONTEXT)["batchItemFailures"]]


def clean(deployed: Deployment) -> None:
    report = verify(wiring.ledger().scan())
    assert report.problems == ()


# ---------------------------------------------------------------------------------------------- the bus


def test_a_cancel_that_comes_over_the_bus_opens_the_case_of_its_shops_merchant(deployed: Deployment) -> None:
    assert run(process_intake.handler, event(CANCELLED, "orders/cancelled")) == []
    (case,) = deployed.cases()
    assert (case.channel, case.order_ref) == ("shopify", str(NUMBER))
    assert deployed.cases(d.ZETA) == []
    (kept,) = deployed.evidence.values()
    assert json.loads(kept)["detail"]["metadata"]["X-Shopify-Topic"] == "orders/cancelled"


def test_the_same_delivery_over_bus_and_https_is_one_case(deployed: Deployment) -> None:
    assert post(CANCELLED, "orders/cancelled", "d-1")["statusCode"] == 200
    assert deployed.work() == []
    assert run(process_intake.handler, event(CANCELLED, "orders/cancelled", "d-1")) == []
    assert run(process_intake.handler, event(CANCELLED, "orders/cancelled", "d-2")) == []
    assert len(deployed.cases()) == len(deployed.executions) == 1


@pytest.mark.parametrize(
    ("topic", "shop"), [("orders/cancelled", "stranger.myshopify.com"), ("orders/cancelled", ""), ("", d.SHOP)]
)
def test_what_the_bus_brings_for_nobody_or_about_nothing_is_kept_and_makes_no_case(
    deployed: Deployment, topic: str, shop: str
) -> None:
    assert run(process_intake.handler, event(CANCELLED, topic, shop=shop)) == []
    assert [case for case in deployed.cases() if case.channel != "unmatched"] == []
    shown = [*deployed.exceptions("_unrouted"), *deployed.exceptions()]
    assert [x.cause for x in shown] == ["unmatched_message"]
    assert deployed.executions == []


@pytest.mark.parametrize("damage", [{"detail": None}, {"detail": {"payload": [1], "metadata": {}}}, {"detail": {}}])
def test_a_damaged_event_of_the_bus_is_kept(deployed: Deployment, damage: dict[str, Any]) -> None:
    assert run(process_intake.handler, {**event(CANCELLED, "orders/cancelled"), **damage}) == []
    assert deployed.cases() == []
    assert len(deployed.exceptions("_unrouted")) == 1


def test_a_body_over_https_that_looks_like_an_event_is_still_held_to_its_signature(deployed: Deployment) -> None:
    forged = receive_webhook.handler(
        d.shopify(raw(event(CANCELLED, "orders/cancelled")), secret="wrong-secret"), d.CONTEXT
    )
    assert forged["statusCode"] == 401
    assert deployed.untouched()


# ---------------------------------------------------------------------------------------------- what is not kept


@pytest.mark.parametrize("topic", ["customers/update", "draft_orders/create", "tender_transactions/create"])
def test_of_what_concerns_no_cancel_nothing_is_kept(deployed: Deployment, topic: str) -> None:
    answer = post({"email": "jon@example.com"}, topic)
    assert (answer["statusCode"], d.body_of(answer)["kept"]) == (200, False)
    assert deployed.untouched()


def test_a_topic_that_nobody_decided_about_is_kept_and_shown(deployed: Deployment) -> None:
    assert post({"id": 1}, "wormholes/opened")["statusCode"] == 200
    assert deployed.work() == []
    assert [x.cause for x in deployed.exceptions()] == ["unmatched_message"]


def test_an_app_that_was_uninstalled_is_shown_to_a_person(deployed: Deployment) -> None:
    assert post({"id": 1}, "app/uninstalled")["statusCode"] == 200
    assert deployed.work() == []
    assert len(deployed.exceptions()) == 1


# ---------------------------------------------------------------------------------------------- counts


def counted(day: str, merchant: str = d.ACME) -> dict[str, int]:
    return dict(wiring.ledger().orders_counted(merchant, "shopify", day))


def test_an_order_is_counted_once_by_its_own_day_and_nothing_of_its_customer_is_kept(deployed: Deployment) -> None:
    for _ in range(2):
        assert post(CREATED, "orders/create")["statusCode"] == 200
    assert (deployed.evidence, deployed.take_queue()) == ({}, [])
    waiting = deployed.take_queue(deployed.counts_url)
    assert "jon@example.com" not in json.dumps(waiting)
    assert run(count_orders.handler, *waiting, event(CREATED, "orders/create", "another")) == []
    assert counted("2026-11-26") == {"in_house": 1}
    assert counted("2026-11-26", d.ZETA) == {}
    assert not [word for word in SECRET_WORDS if word in json.dumps(deployed.items)]
    clean(deployed)


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([("manual", True), ("manual", True)], "in_house"),
        ([("acme-3pl", True)], "third_party"),
        ([("acme-3pl", True), ("manual", True)], "mixed"),
        ([("acme-3pl", True), ("manual", False)], "third_party"),
        ([("manual", False)], "none"),
        ([], "none"),
    ],
)
def test_an_order_is_counted_by_who_fulfils_it(deployed: Deployment, lines: list[tuple[str, bool]], kind: str) -> None:
    items = [{"fulfillment_service": service, "requires_shipping": ships} for service, ships in lines]
    assert run(count_orders.handler, event({**CREATED, "line_items": items}, "orders/create")) == []
    assert counted("2026-11-26") == {kind: 1}


def test_a_test_order_does_not_count(deployed: Deployment) -> None:
    assert post({**CREATED, "test": True}, "orders/create")["statusCode"] == 200
    assert run(count_orders.handler, event({**CREATED, "test": True}, "orders/create")) == []
    assert deployed.take_queue(deployed.counts_url) == []
    assert deployed.items == []


def test_an_order_that_cannot_be_read_is_shown_over_https_and_stays_in_its_queue_from_the_bus(
    deployed: Deployment,
) -> None:
    odd = {"id": 1, "line_items": "none"}
    assert post(odd, "orders/create")["statusCode"] == 200
    assert deployed.work() == []
    assert len(deployed.exceptions()) == 1
    good = event(CREATED, "orders/create")
    assert run(count_orders.handler, event(odd, "orders/create"), good) == ["m-0"]
    assert run(count_orders.handler, event(CREATED, "orders/create", shop="stranger.myshopify.com")) == ["m-0"]
    assert counted("2026-11-26") == {"in_house": 1}


# ---------------------------------------------------------------------------------------------- privacy


def versioned(deployed: Deployment) -> None:
    deployed.clients["s3"].put_bucket_versioning(Bucket=d.BUCKET, VersioningConfiguration={"Status": "Enabled"})


def versions(deployed: Deployment) -> list[str]:
    answer = deployed.clients["s3"].list_object_versions(Bucket=d.BUCKET)
    return [x["Key"] for part in ("Versions", "DeleteMarkers") for x in answer.get(part, [])]


def cancelled(deployed: Deployment, number: int, delivery: str) -> str:
    """A cancel of that order, whose evidence key is given."""
    before = set(deployed.evidence)
    body = d.sample("shopify/orders_cancelled.json").replace(str(NUMBER).encode(), str(number).encode())
    answer = receive_webhook.handler(d.shopify(body, delivery=delivery), d.CONTEXT)
    assert answer["statusCode"] == 200
    assert deployed.work() == []
    (key,) = set(deployed.evidence) - before
    return key


def duty(deployed: Deployment, payload: Any, topic: str, delivery: str = "p-1") -> list[str]:
    assert post(payload, topic, delivery)["statusCode"] == 200
    return run(erase_personal_data.handler, *deployed.take_queue(deployed.privacy_url))


def facts(kind: type, merchant: str = d.ACME) -> list[Any]:
    heads = wiring.ledger().cases(merchant, limit=100).items
    recorded = [r for head in heads for r in wiring.ledger().load(merchant, head.case_id)]
    return [r.event for r in recorded if isinstance(r.event, kind)]


@pytest.mark.parametrize("topic", SHOPIFY_PRIVACY)
def test_a_duty_that_is_not_signed_is_refused_and_nothing_is_kept(deployed: Deployment, topic: str) -> None:
    payload = {"shop/redact": SHOP_REDACT, "customers/redact": REDACT}.get(topic, REQUEST)
    assert post(payload, topic, secret="wrong-secret")["statusCode"] == 401
    assert deployed.untouched()
    assert deployed.take_queue(deployed.privacy_url) == []


def test_a_customers_evidence_is_erased_in_all_its_versions_and_the_chain_stays_whole(deployed: Deployment) -> None:
    versioned(deployed)
    his, other = cancelled(deployed, NUMBER, "d-1"), cancelled(deployed, ANOTHER, "d-2")
    deployed.clients["s3"].put_object(Bucket=d.BUCKET, Key=his, Body=b"a second version of jon@example.com")
    deployed.clients["s3"].delete_object(Bucket=d.BUCKET, Key=his)
    assert versions(deployed).count(his) == 3
    assert duty(deployed, REDACT, "customers/redact") == []
    assert versions(deployed) == [other]
    (done,) = facts(PersonalDataErased)
    assert (done.duty, done.objects) == ("erase_customer", 2)
    (asked,) = facts(PrivacyRequestReceived)
    assert asked.order_refs == [str(NUMBER)]
    assert not [word for word in SECRET_WORDS if word in json.dumps(deployed.items)]
    assert not [word for word in SECRET_WORDS if word in deployed.logged]
    clean(deployed)
    assert deployed.exceptions() == []


def test_a_duty_is_done_once_however_often_it_comes(deployed: Deployment) -> None:
    versioned(deployed)
    cancelled(deployed, NUMBER, "d-1")
    assert post(REDACT, "customers/redact")["statusCode"] == 200
    messages = deployed.take_queue(deployed.privacy_url)
    assert run(erase_personal_data.handler, *messages, *messages) == []
    assert run(erase_personal_data.handler, *messages) == []
    assert (len(facts(PersonalDataErased)), versions(deployed)) == (1, [])
    clean(deployed)


def test_what_is_kept_of_a_signal_without_a_case_is_erased_too(deployed: Deployment) -> None:
    paid = {**CREATED, "updated_at": "2026-11-26T00:00:00Z"}
    assert post(paid, "orders/paid", "d-1")["statusCode"] == 200
    assert deployed.work() == []
    assert len(deployed.evidence) == 1
    assert duty(deployed, REDACT, "customers/redact") == []
    assert deployed.evidence == {}


def test_notes_that_people_wrote_on_the_orders_exceptions_go_too(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled(deployed, NUMBER, "d-1")
    case = deployed.cases()[0]
    monkeypatch.setattr("stopship.application.raise_exception.set_timer", lambda *_: None)
    monkeypatch.setattr(type(wiring.desk().tasks), "wake", lambda *_: True)
    raise_exception(
        wiring.desk(),
        d.ACME,
        case.case_id,
        leg_id="",
        step="payment",
        cause="money_failed",
        error="",
        detail="",
        token="t",
    )
    (item,) = deployed.exceptions()
    answer_exception(wiring.desk(), d.ACME, item.exception_id, Answer("no_refund", "ann", "jon@example.com called"))
    assert len(deployed.evidence) == 2
    assert duty(deployed, REDACT, "customers/redact") == []
    assert deployed.evidence == {}
    clean(deployed)


def test_a_process_that_dies_before_it_is_recorded_goes_on_when_the_duty_comes_again(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled(deployed, NUMBER, "d-1")
    assert post(REDACT, "customers/redact")["statusCode"] == 200
    messages = deployed.take_queue(deployed.privacy_url)
    with monkeypatch.context() as patch:
        patch.setattr(
            "stopship.application.answer_privacy._record", lambda *_: (_ for _ in ()).throw(RuntimeError("died"))
        )
        assert run(erase_personal_data.handler, *messages) == ["m-0"]
    assert len(deployed.evidence) == 1
    assert run(erase_personal_data.handler, *messages) == []
    assert (len(facts(PersonalDataErased)), deployed.evidence) == (1, {})


def test_evidence_that_s3_keeps_is_not_said_to_be_erased(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled(deployed, NUMBER, "d-1")
    assert post(REDACT, "customers/redact")["statusCode"] == 200
    messages = deployed.take_queue(deployed.privacy_url)
    refusal = {"Errors": [{"Code": "AccessDenied"}]}
    with monkeypatch.context() as patch:
        patch.setattr(
            type(wiring.evidence()._client._made or deployed.clients["s3"]), "delete_objects", lambda *_, **__: refusal
        )
        assert run(erase_personal_data.handler, *messages) == ["m-0"]
    assert facts(PersonalDataErased) == []
    assert run(erase_personal_data.handler, *messages) == []
    assert len(facts(PersonalDataErased)) == 1


def test_a_request_for_data_becomes_an_exception_that_names_what_is_held(deployed: Deployment) -> None:
    his = cancelled(deployed, NUMBER, "d-1")
    cancelled(deployed, ANOTHER, "d-2")
    assert duty(deployed, REQUEST, "customers/data_request") == []
    assert duty(deployed, REQUEST, "customers/data_request") == []
    (shown,) = deployed.exceptions()
    assert (shown.cause, shown.tier, shown.state) == ("data_request", "P3", "open")
    assert shown.owner and shown.next_action and shown.deadline
    recorded = wiring.ledger().load(d.ACME, shown.case_id)
    (opened,) = [r.event for r in recorded if type(r.event).__name__ == "ExceptionOpened"]
    assert [v for k, v in opened.evidence.items() if k.startswith("held_")] == [his]
    assert opened.evidence["request"] in deployed.evidence
    assert not [word for word in SECRET_WORDS if word in json.dumps(deployed.items)]
    answer_exception(wiring.desk(), d.ACME, shown.exception_id, Answer("done_by_hand", "ann"))
    assert deployed.exceptions() == []
    clean(deployed)


def test_the_request_for_data_is_itself_erased_with_the_customer(deployed: Deployment) -> None:
    cancelled(deployed, NUMBER, "d-1")
    assert duty(deployed, {**REQUEST, "orders_requested": []}, "customers/data_request", "p-1") == []
    assert len(deployed.evidence) == 2
    assert duty(deployed, REDACT, "customers/redact", "p-2") == []
    assert deployed.evidence == {}


def test_a_shops_evidence_is_erased_and_another_channels_and_merchants_stay(deployed: Deployment) -> None:
    versioned(deployed)
    cancelled(deployed, NUMBER, "d-1")
    cancelled(deployed, ANOTHER, "d-2")
    kept = [
        wiring.evidence().keep(merchant, source, "x", b"{}")[0]
        for merchant, source in ((d.ACME, "amazon"), (d.ZETA, "shopify"), (d.ACME, "shopify-other"))
    ]
    flow = wiring.evidence().keep(d.ACME, "shopify-flow", "x", b"{}")[0]
    assert duty(deployed, SHOP_REDACT, "shop/redact") == []
    assert sorted(versions(deployed)) == sorted(kept)
    assert flow not in versions(deployed)
    clean(deployed)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("shop/redact", REDACT),
        ("shop/redact", REQUEST),
        ("customers/redact", REQUEST),
        ("customers/redact", SHOP_REDACT),
        ("customers/redact", CANCELLED),
        ("shop/redact", {"shop_id": 1}),
        ("shop/redact", {**SHOP_REDACT, "shop_domain": "stranger.myshopify.com"}),
        ("customers/redact", {**REDACT, "orders_to_redact": ["all"]}),
        ("customers/data_request", {**REQUEST, "customer": None}),
    ],
)
def test_a_body_that_was_signed_for_something_else_erases_nothing(
    deployed: Deployment, topic: str, payload: dict[str, Any]
) -> None:
    his = cancelled(deployed, NUMBER, "d-1")
    assert duty(deployed, payload, topic) == []
    assert his in deployed.evidence
    assert facts(PersonalDataErased) == []
    assert [x.cause for x in deployed.exceptions()] == ["unmatched_message"]


def test_a_duty_signed_for_one_shop_erases_nothing_of_another_with_the_same_secret(deployed: Deployment) -> None:
    other = "zeta.myshopify.com"
    secret = {**d.connections({}), "shopify": {**d.STORE, "shop": other}}
    deployed.clients["secretsmanager"].put_secret_value(
        SecretId="stopship/test/merchants/zeta", SecretString=json.dumps(secret)
    )
    deployed.clients["ssm"].put_parameter(
        Name=route_parameter_name(d.STAGE, "shopify", other), Value=d.ZETA, Type="String"
    )
    theirs = wiring.evidence().keep(d.ZETA, "shopify", "x", b"{}")[0]
    assert post(SHOP_REDACT, "shop/redact", shop=other)["statusCode"] == 200
    assert run(erase_personal_data.handler, *deployed.take_queue(deployed.privacy_url)) == []
    assert theirs in deployed.evidence
    assert facts(PersonalDataErased, d.ZETA) == []


def test_a_duty_that_comes_over_the_bus_is_done_as_well(deployed: Deployment) -> None:
    cancelled(deployed, NUMBER, "d-1")
    assert run(erase_personal_data.handler, event(REDACT, "customers/redact")) == []
    assert run(erase_personal_data.handler, event(REDACT, "customers/redact")) == []
    assert deployed.evidence == {}
    assert len(facts(PersonalDataErased)) == 1


def test_a_duty_for_a_shop_that_nobody_connected_is_shown_and_erases_nothing(deployed: Deployment) -> None:
    his = cancelled(deployed, NUMBER, "d-1")
    stranger = event(
        {**REDACT, "shop_domain": "stranger.myshopify.com"}, "customers/redact", shop="stranger.myshopify.com"
    )
    assert run(erase_personal_data.handler, stranger) == []
    assert his in deployed.evidence
    assert len(deployed.exceptions("_unrouted")) == 1


def test_a_duty_or_a_count_that_lands_in_the_intake_is_shown_and_does_nothing(deployed: Deployment) -> None:
    his = cancelled(deployed, NUMBER, "d-1")
    for n, topic in enumerate((*SHOPIFY_PRIVACY, *SHOPIFY_COUNTED)):
        assert run(process_intake.handler, event(REDACT, topic, f"b-{n}")) == []
    assert his in deployed.evidence
    assert len(deployed.exceptions()) == len(SHOPIFY_PRIVACY) + len(SHOPIFY_COUNTED)


def test_the_topics_of_the_rules_are_those_of_the_table() -> None:
    from stopship.adapters.shopify.topics import TOPICS, Meaning

    by_meaning = {m: {t for t, row in TOPICS.items() if row.meaning is m} for m in Meaning}
    assert by_meaning[Meaning.COUNT] == set(SHOPIFY_COUNTED)
    assert by_meaning[Meaning.PRIVACY] == set(SHOPIFY_PRIVACY)


def test_what_evidence_is_about_is_listed_for_its_merchant_only(deployed: Deployment) -> None:
    key = cancelled(deployed, NUMBER, "d-1")
    subject = of_order("shopify", str(NUMBER))
    assert wiring.ledger().evidence_of(d.ACME, subject) == [key]
    assert wiring.ledger().evidence_of(d.ZETA, subject) == []


def test_an_item_of_the_index_that_was_moved_is_found_by_the_audit(deployed: Deployment) -> None:
    wiring.ledger().note_evidence(d.ACME, "order:shopify:1", "acme/shopify/1")
    assert run(count_orders.handler, event(CREATED, "orders/create")) == []
    clean(deployed)
    for item in deployed.items:
        moved = {**item, "pk": {"S": item["pk"]["S"] + "0"}}
        deployed.clients["dynamodb"].put_item(TableName=d.TABLE, Item=moved)
    assert len(verify(wiring.ledger().scan()).problems) >= 2


def test_a_wish_is_listed_before_it_is_acted_on(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> None:
        raise RuntimeError("died")

    with monkeypatch.context() as patch:
        patch.setattr("stopship.application.process_message.receive_request", die)
        assert run(process_intake.handler, event(CANCELLED, "orders/cancelled")) == ["m-0"]
    assert len(wiring.ledger().evidence_of(d.ACME, of_order("shopify", str(NUMBER)))) == 1
    assert deployed.cases() == []
