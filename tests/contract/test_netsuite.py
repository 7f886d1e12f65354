"""The NetSuite adapter against the NetSuite sandbox, over HTTP."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.local.sandboxes.process import Sandboxes
from stopship.adapters.access_tokens import MemoryTokens, SharedTokens
from stopship.adapters.clock import SystemClock
from stopship.adapters.netsuite.connection import NetSuiteConnection
from stopship.adapters.netsuite.erp import NetSuiteErp
from stopship.adapters.netsuite.tokens import AccessTokens
from stopship.application.ports import ErpUpdate, SalesOrder
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from tests.fakes.sandboxes_anew import sandboxes_anew

MERCHANT = "acme"
_numbers = count(1)
FIELDS = {
    "case_id": "case-abc",
    "ticket_id": "",
    "reason": "CUSTOMER_REQUEST",
    "requested_at": "2026-11-24T10:00:00.123456Z",
    "stopship_sent_at": "2026-11-24T10:00:01.000000Z",
    "stopship_acked_at": "2026-11-24T10:00:02.000000Z",
    "ack_level": "system_cancelled",
    "final_outcome": "stopped",
    "final_at": "2026-11-24T10:00:03.000000Z",
}


class LocalSigner:
    """Signs as KMS would, with a key of the test's own."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)

    def public(self) -> str:
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, padding.PSS(padding.MGF1(SHA256()), SHA256.digest_size), SHA256())


@pytest.fixture(scope="module")
def signer() -> LocalSigner:
    return LocalSigner()


@pytest.fixture(scope="module")
def sandboxes(signer: LocalSigner) -> Iterator[Sandboxes]:
    with sandboxes_anew() as running:
        settings = {"client_id": "client-1", "certificates": {"cert-1": signer.public()}, "concurrency": 5}
        running.configure(merchants={MERCHANT: {"netsuite": settings}})
        yield running


@pytest.fixture
def connection(sandboxes: Sandboxes) -> NetSuiteConnection:
    return NetSuiteConnection(MERCHANT, sandboxes.netsuite_endpoint(MERCHANT), "client-1", "cert-1")


@pytest.fixture
def erp(connection: NetSuiteConnection, signer: LocalSigner) -> NetSuiteErp:
    return NetSuiteErp(connection, signer, SystemClock())


@pytest.fixture
def order_ref() -> str:
    return f"O'Neil #{next(_numbers)}"


def create(sandboxes: Sandboxes, order_ref: str, **more: Any) -> str:
    lines = [
        {"sku": "MUG", "quantity": 3, "line_ref": "line-1"},
        {"sku": "TEE", "quantity": 2, "line_ref": "line-2", "fulfilled": 1, "billed": 1},
        {"sku": "CAP", "quantity": 2, "line_ref": "line-3", "fulfilled": 1, "billed": 0},
    ]
    return sandboxes.netsuite_order(MERCHANT, order_ref, lines, **more)


def read(erp: NetSuiteErp, order_ref: str) -> SalesOrder:
    found = erp.read_sales_order(order_ref)
    assert found is not None
    return found


def update(
    *, close: tuple[int, ...] = (), reduce: dict[int, int] | None = None, hold: str = "", note: str = "n"
) -> ErpUpdate:
    return ErpUpdate(FIELDS, note, hold, close, reduce or {})


def writes(sandboxes: Sandboxes, order_ref: str) -> list[dict[str, Any]]:
    found = sandboxes.journal("netsuite", MERCHANT, order_ref)
    return [entry.detail["changes"] for entry in found if entry.operation == "update"]


# -------------------------------------------------------------------------------------------- reading


def test_a_sales_order_is_found_by_the_order_reference(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str) -> None:
    record_id = create(sandboxes, order_ref)
    order = read(erp, order_ref)
    assert (order.record_id, order.status) == (record_id, "B")
    assert [(x.line, x.line_ref, x.sku, x.quantity, x.fulfilled, x.billed, x.closed) for x in order.lines] == [
        (1, "line-1", "MUG", 3, 0, 0, False),
        (2, "line-2", "TEE", 2, 1, 1, False),
        (3, "line-3", "CAP", 2, 1, 0, False),
    ]
    assert set(order.fields.values()) == {""}


def test_an_order_that_netsuite_does_not_have_is_none(erp: NetSuiteErp) -> None:
    assert erp.read_sales_order("nowhere") is None


def test_two_sales_orders_for_one_order_are_never_chosen_between(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    create(sandboxes, order_ref)
    with pytest.raises(PartnerContractBroken):
        erp.read_sales_order(order_ref)


# -------------------------------------------------------------------------------------------- writing


def test_a_stopped_line_is_closed_and_the_audit_fields_come_back_unchanged(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    after = erp.update(read(erp, order_ref), update(close=(1,), note="Stopship case-abc"))
    assert [x.closed for x in after.lines] == [True, False, False]
    assert {name: after.fields[name] for name in FIELDS} == FIELDS
    assert after.fields["note"] == "Stopship case-abc"
    assert after == read(erp, order_ref)


def test_the_reason_is_chosen_from_the_accounts_own_list(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    after = erp.update(read(erp, order_ref), update())
    (changes,) = writes(sandboxes, order_ref)
    assert changes["custbody_cxl_reason"] == {"id": "5"}
    assert after.fields["reason"] == "CUSTOMER_REQUEST"


def test_a_reason_that_the_list_lacks_is_refused_by_name_and_nothing_is_written(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    with pytest.raises(PartnerRefused, match="customlist_cxl_reason has no value BORED: add it") as caught:
        erp.update(read(erp, order_ref), ErpUpdate({**FIELDS, "reason": "BORED"}, "n", "", (), {}))
    assert caught.value.code == "unknown_reason"
    assert writes(sandboxes, order_ref) == []


def test_a_field_that_the_account_lacks_is_refused_by_its_name(sandboxes: Sandboxes, signer: LocalSigner) -> None:
    settings = {"client_id": "c", "certificates": {"k": signer.public()}, "not_installed": ["custbody_cxl_final_at"]}
    sandboxes.configure(merchants={"halfway": {"netsuite": settings}})
    sandboxes.netsuite_order("halfway", "o-1", [{"sku": "MUG", "quantity": 3}])
    erp = NetSuiteErp(
        NetSuiteConnection("halfway", sandboxes.netsuite_endpoint("halfway"), "c", "k"), signer, SystemClock()
    )
    with pytest.raises(PartnerRefused, match="custbody_cxl_final_at"):
        erp.update(read(erp, "o-1"), update())


def test_every_line_write_carries_its_line_number(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str) -> None:
    create(sandboxes, order_ref)
    erp.update(read(erp, order_ref), update(close=(1,), reduce={2: 1}))
    (changes,) = writes(sandboxes, order_ref)
    assert changes["item"]["items"] == [{"line": 1, "isclosed": True}, {"line": 2, "quantity": 1}]


def test_the_same_update_twice_is_one_write(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str) -> None:
    create(sandboxes, order_ref)
    order = read(erp, order_ref)
    first, second = (erp.update(order, update(close=(1,), reduce={2: 1}, hold="fraud")) for _ in range(2))
    assert first == second
    assert len(writes(sandboxes, order_ref)) == 1


@pytest.mark.parametrize("hold", ["fraud", "address", "warehouse"])
def test_a_hold_sets_its_own_flag_only(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str, hold: str) -> None:
    create(sandboxes, order_ref)
    after = erp.update(read(erp, order_ref), update(hold=hold))
    flags = {name for name in ("hold_fraud", "hold_address", "hold_warehouse") if after.fields[name] == "true"}
    assert flags == {f"hold_{hold}"}


def test_a_hold_is_let_go_of_alone_and_once(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str) -> None:
    create(sandboxes, order_ref)
    for hold in ("fraud", "warehouse"):
        erp.update(read(erp, order_ref), ErpUpdate({"case_id": "case-1"}, "", hold, (), {}))
    assert read(erp, order_ref).holds == {"fraud", "warehouse"}
    for _ in range(2):
        after = erp.update(read(erp, order_ref), ErpUpdate({}, "", "", (), {}, release=("warehouse", "address")))
    assert after.holds == {"fraud"} and after == read(erp, order_ref)
    assert writes(sandboxes, order_ref)[2:] == [{"custbody_cxl_hold_warehouse": False}]


def test_closing_every_line_closes_the_order(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str) -> None:
    sandboxes.netsuite_order(MERCHANT, order_ref, [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 1}])
    assert erp.update(read(erp, order_ref), update(close=(1, 2))).status == "H"


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (update(reduce={2: 0}), "below_fulfilled"),
        (update(reduce={1: 4}), "quantity_would_grow"),
        (update(close=(9,)), "no_such_line"),
        (update(close=(3,)), "invoice_before_close"),
    ],
)
def test_a_write_that_would_break_the_books_is_refused_and_nothing_is_written(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str, wanted: ErpUpdate, code: str
) -> None:
    create(sandboxes, order_ref)
    with pytest.raises(PartnerRefused) as caught:
        erp.update(read(erp, order_ref), wanted)
    assert caught.value.code == code
    assert writes(sandboxes, order_ref) == []


def test_a_line_that_shipped_since_it_was_read_is_not_cut_below_what_shipped(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    order = read(erp, order_ref)
    stale = replace(order, lines=tuple(replace(x, fulfilled=0, billed=0) for x in order.lines))
    with pytest.raises(PartnerRefused):
        erp.update(stale, update(reduce={2: 0}))
    assert writes(sandboxes, order_ref) == []


# -------------------------------------------------------------------------------------------- traps


def test_the_record_api_really_adds_a_line_when_the_number_is_missing(
    sandboxes: Sandboxes, connection: NetSuiteConnection, signer: LocalSigner, erp: NetSuiteErp, order_ref: str
) -> None:
    """The trap that the adapter avoids is there in the sandbox."""
    record_id = create(sandboxes, order_ref)
    read(erp, order_ref)
    token = AccessTokens(connection, signer, SystemClock()).current()
    url = f"{sandboxes.netsuite_endpoint(MERCHANT)}/services/rest/record/v1/salesOrder/{record_id}"
    body = {"item": {"items": [{"isclosed": True}]}}
    assert httpx.patch(url, json=body, headers={"Authorization": f"Bearer {token}"}).status_code == 204
    assert len(read(erp, order_ref).lines) == 4


def test_a_line_that_appears_during_the_write_is_reported(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    sandboxes.trap(order_ref, "update", "recreate")
    with pytest.raises(PartnerContractBroken) as caught:
        erp.update(read(erp, order_ref), update(close=(1,)))
    assert caught.value.evidence == {"before": 3, "after": 4}


def test_a_write_that_netsuite_only_pretends_to_take_is_reported(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    sandboxes.trap(order_ref, "update", "false_ok")
    with pytest.raises(PartnerContractBroken, match="did not take effect"):
        erp.update(read(erp, order_ref), update(close=(1,)))


def test_a_script_that_refuses_gives_netsuites_own_code(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str) -> None:
    create(sandboxes, order_ref)
    sandboxes.trap(order_ref, "update", "rejected")
    with pytest.raises(PartnerRefused) as caught:
        erp.update(read(erp, order_ref), update(close=(1,)))
    assert caught.value.code == "USER_ERROR"
    assert writes(sandboxes, order_ref) == []


def test_the_other_spelling_of_too_busy_is_no_refusal(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str) -> None:
    create(sandboxes, order_ref)
    sandboxes.trap(order_ref, "update", "rejected", detail={"code": "SSS_REQUEST_LIMIT_EXCEEDED"})
    with pytest.raises(PartnerUnavailable) as caught:
        erp.update(read(erp, order_ref), update(close=(1,)))
    assert not caught.value.in_doubt


@pytest.mark.parametrize(("kind", "in_doubt"), [("http_429", False), ("http_500", True), ("reset", True)])
@pytest.mark.parametrize("operation", ["search", "read", "update"])
def test_a_call_that_fails_can_be_repeated(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str, operation: str, kind: Any, in_doubt: bool
) -> None:
    create(sandboxes, order_ref)
    sandboxes.trap(order_ref, operation, kind)
    with pytest.raises(PartnerUnavailable) as caught:
        erp.update(read(erp, order_ref), update(close=(1,)))
    assert caught.value.in_doubt is in_doubt
    assert writes(sandboxes, order_ref) == []
    erp.update(read(erp, order_ref), update(close=(1,)))
    assert len(writes(sandboxes, order_ref)) == 1


@pytest.mark.parametrize(("kind", "after"), [("http_500_after", False), ("reset", True)])
def test_a_lost_answer_to_a_write_does_not_write_twice(
    sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str, kind: Any, after: bool
) -> None:
    create(sandboxes, order_ref)
    sandboxes.trap(order_ref, "update", kind, after=after)
    with pytest.raises(PartnerUnavailable) as caught:
        erp.update(read(erp, order_ref), update(close=(1,), reduce={2: 1}))
    assert caught.value.in_doubt
    after_repeat = erp.update(read(erp, order_ref), update(close=(1,), reduce={2: 1}))
    assert len(writes(sandboxes, order_ref)) == 1
    assert len(after_repeat.lines) == 3


def test_more_calls_than_the_account_allows_are_turned_away(
    sandboxes: Sandboxes, connection: NetSuiteConnection, signer: LocalSigner, erp: NetSuiteErp, order_ref: str
) -> None:
    record_id = create(sandboxes, order_ref)
    read(erp, order_ref)
    sandboxes.trap(order_ref, "read", "slow", times=6, seconds=3)
    token = AccessTokens(connection, signer, SystemClock()).current()
    url = f"{connection.endpoint}/services/rest/record/v1/salesOrder/{record_id}"
    # Made before, so that the six leave together.
    client = httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=20.0, trust_env=False)
    with client, ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda _: client.get(url).status_code, range(6))
        assert sorted(answers) == [200] * 5 + [429]


# -------------------------------------------------------------------------------------------- tokens


def granted(sandboxes: Sandboxes) -> int:
    return len([e for e in sandboxes.journal("netsuite", MERCHANT) if e.operation == "token"])


def test_one_token_serves_many_calls_and_many_instances(
    sandboxes: Sandboxes, connection: NetSuiteConnection, signer: LocalSigner, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    read(NetSuiteErp(connection, signer, SystemClock()), order_ref)
    before = granted(sandboxes)
    read(NetSuiteErp(connection, signer, SystemClock()), order_ref)
    assert granted(sandboxes) == before


def test_a_revoked_token_is_replaced_once(sandboxes: Sandboxes, erp: NetSuiteErp, order_ref: str) -> None:
    create(sandboxes, order_ref)
    read(erp, order_ref)
    before = granted(sandboxes)
    sandboxes.netsuite_revoke_tokens(MERCHANT)
    read(erp, order_ref)
    assert granted(sandboxes) == before + 1


def test_a_token_that_is_about_to_end_is_renewed_first(
    sandboxes: Sandboxes, connection: NetSuiteConnection, signer: LocalSigner
) -> None:
    sandboxes.configure(
        merchants={
            "brief": {"netsuite": {"client_id": "c", "certificates": {"k": signer.public()}, "token_seconds": 30}}
        }
    )
    brief = NetSuiteConnection("brief", sandboxes.netsuite_endpoint("brief"), "c", "k")
    for _ in range(2):
        NetSuiteErp(brief, signer, SystemClock()).read_sales_order("none")
    assert [e.operation for e in sandboxes.journal("netsuite", "brief")] == ["token", "token"]


@pytest.mark.parametrize("change", [{"client_id": "someone-else"}, {"certificate_id": "cert-9"}])
def test_an_unknown_client_or_certificate_gets_no_token(
    sandboxes: Sandboxes, connection: NetSuiteConnection, signer: LocalSigner, change: dict[str, str]
) -> None:
    with pytest.raises(PartnerRefused) as caught:
        NetSuiteErp(replace(connection, **change), signer, SystemClock()).read_sales_order("x")
    assert caught.value.code == "invalid_grant"


def test_an_assertion_that_another_key_signed_gets_no_token(sandboxes: Sandboxes, signer: LocalSigner) -> None:
    sandboxes.configure(merchants={"thief": {"netsuite": {"client_id": "c", "certificates": {"k": signer.public()}}}})
    connection = NetSuiteConnection("thief", sandboxes.netsuite_endpoint("thief"), "c", "k")
    with pytest.raises(PartnerRefused):
        NetSuiteErp(connection, LocalSigner(), SystemClock()).read_sales_order("x")
    assert sandboxes.journal("netsuite", "thief") == []


def test_a_token_endpoint_that_is_down_is_not_a_refusal(sandboxes: Sandboxes, signer: LocalSigner) -> None:
    sandboxes.configure(merchants={"down": {"netsuite": {"client_id": "c", "certificates": {"k": signer.public()}}}})
    connection = NetSuiteConnection("down", sandboxes.netsuite_endpoint("down"), "c", "k")
    sandboxes.trap("*", "token", "http_500")
    with pytest.raises(PartnerUnavailable):
        NetSuiteErp(connection, signer, SystemClock()).read_sales_order("x")


def test_of_twenty_processes_with_one_store_one_asks_for_a_token(
    sandboxes: Sandboxes, connection: NetSuiteConnection, signer: LocalSigner, order_ref: str
) -> None:
    create(sandboxes, order_ref)
    sandboxes.configure(merchants={MERCHANT: {"netsuite": {"concurrency": 20}}})
    store, before = MemoryTokens(), granted(sandboxes)
    processes = [NetSuiteErp(connection, signer, SystemClock(), SharedTokens(store, SystemClock())) for _ in range(20)]
    try:
        with ThreadPoolExecutor(len(processes)) as pool:
            assert {o.status for o in pool.map(lambda erp: read(erp, order_ref), processes)} == {"B"}
        assert granted(sandboxes) == before + 1
        sandboxes.netsuite_revoke_tokens(MERCHANT)
        with ThreadPoolExecutor(len(processes)) as pool:
            assert {o.status for o in pool.map(lambda erp: read(erp, order_ref), processes)} == {"B"}
        assert granted(sandboxes) == before + 2
    finally:
        sandboxes.configure(merchants={MERCHANT: {"netsuite": {"concurrency": 5}}})
