"""One suite, two stores of access tokens: in memory, and DynamoDB with KMS (moto). And on both: of many workers, one fetches."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from threading import Barrier, Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stopship.adapters.access_tokens import (
    EARLY_SECONDS,
    LEASE_SECONDS,
    LOOKS,
    MAX_BYTES,
    NOTHING,
    QUIET_SECONDS,
    RETRY_SECONDS,
    AccessToken,
    MemoryTokens,
    Place,
    SharedTokens,
    TokenStore,
)
from stopship.adapters.access_tokens_dynamodb import DynamoTokens
from stopship.domain.errors import PartnerContractBroken, PartnerRefused, PartnerUnavailable
from stopship.domain.instant import plus

TABLE = "tokens"
NOW = "2026-11-26T10:00:00.000000Z"
PLACE = Place.of("netsuite", "acme", "client-1", "cert-1")
WORKERS = 20


class OneCallAtATime:
    """DynamoDB isolates conditional writes from each other; moto's table leaves that to its caller."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)

        def call(**request: Any) -> Any:
            with self._lock:
                return found(**request)

        return call if callable(found) else found


def new_token_table() -> Any:
    client = boto3.client("dynamodb", region_name="eu-central-1")
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    return client


class Deployed:
    """The table and the key, as infra/token_table.py makes them."""

    def __init__(self) -> None:
        self.database = new_token_table()
        self.kms = boto3.client("kms", region_name="eu-central-1")
        self.key = self.kms.create_key()["KeyMetadata"]["Arn"]
        self.store = DynamoTokens(OneCallAtATime(self.database), TABLE, self.kms, self.key)

    def item(self) -> dict[str, Any]:
        item: dict[str, Any] = self.database.get_item(TableName=TABLE, Key={"pk": {"S": PLACE.key}})["Item"]
        return item


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Deployed()


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> TokenStore:
    if request.param == "memory":
        return MemoryTokens()
    found: Deployed = request.getfixturevalue("deployed")
    return found.store


class SetClock:
    def __init__(self, now: str = NOW) -> None:
        self.moment = now

    def now(self) -> str:
        return self.moment

    def pass_by(self, seconds: float) -> None:
        self.moment = plus(self.moment, seconds)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


class Partner:
    """A token endpoint that numbers what it gives. ``clock`` says when a token of an hour ends."""

    def __init__(self, clock: SetClock, seconds: float = 3600) -> None:
        self._clock, self._seconds, self._numbers, self._lock = clock, seconds, count(1), Lock()
        self.given: list[str] = []

    def fetch(self) -> AccessToken:
        with self._lock:
            token = AccessToken(f"secret-{next(self._numbers)}", plus(self._clock.now(), self._seconds))
            self.given.append(token.value)
            return token


@pytest.fixture
def partner(clock: SetClock) -> Partner:
    return Partner(clock)


def token(name: str = "t-1", seconds: float = 3600) -> AccessToken:
    return AccessToken(name, plus(NOW, seconds))


def take(store: TokenStore, worker: str, generation: str = "", now: str = NOW) -> bool:
    return store.lease(PLACE, worker, generation, now, plus(now, LEASE_SECONDS))


def never() -> AccessToken:
    raise AssertionError("nobody was to fetch")


def impatient(_: float) -> None:
    """Waits for nothing."""


# -------------------------------------------------------------------------------------------- the store


def test_a_place_that_nobody_wrote_to_has_nothing(store: TokenStore) -> None:
    assert store.read(PLACE) == NOTHING


def test_a_token_that_was_kept_is_read_and_the_lease_has_ended(store: TokenStore) -> None:
    assert take(store, "a")
    assert store.keep(PLACE, "a", token(), "")
    kept = store.read(PLACE)
    assert (kept.token, kept.replaced_at, kept.leased_until) == (token(), "", "")
    assert kept.generation


def test_every_token_is_another_generation(store: TokenStore) -> None:
    seen = []
    for name in ("t-1", "t-2"):
        assert take(store, "a", store.read(PLACE).generation)
        assert store.keep(PLACE, "a", token(name), "")
        seen.append(store.read(PLACE).generation)
    assert len(set(seen)) == 2


def test_a_lease_that_runs_is_nobody_elses(store: TokenStore) -> None:
    assert take(store, "a")
    assert not take(store, "b")
    assert not store.keep(PLACE, "b", token(), "")
    assert store.read(PLACE).token is None


def test_a_lease_that_ran_out_is_the_next_ones_and_the_first_can_no_longer_keep(store: TokenStore) -> None:
    assert take(store, "a")
    late = plus(NOW, LEASE_SECONDS)
    assert take(store, "b", now=late)
    assert not store.keep(PLACE, "a", token("from-a"), "")
    assert store.keep(PLACE, "b", token("from-b"), "")
    kept = store.read(PLACE)
    assert kept.token is not None
    assert kept.token.value == "from-b"


def test_a_lease_for_a_token_that_was_renewed_meanwhile_is_not_given(store: TokenStore) -> None:
    """Otherwise who looked just before would fetch once more just after."""
    assert take(store, "a")
    assert store.keep(PLACE, "a", token(), "")
    assert not take(store, "b", generation="")
    assert not take(store, "b", generation="another")
    assert take(store, "b", store.read(PLACE).generation)


def test_a_lease_leaves_the_token_to_be_used(store: TokenStore) -> None:
    take(store, "a")
    store.keep(PLACE, "a", token(), "")
    assert take(store, "b", store.read(PLACE).generation)
    assert store.read(PLACE).token == token()


def test_a_fetch_that_failed_puts_the_next_one_off(store: TokenStore) -> None:
    assert take(store, "a")
    store.put_off(PLACE, "a", plus(NOW, RETRY_SECONDS))
    assert not take(store, "b")
    assert take(store, "b", now=plus(NOW, RETRY_SECONDS))


def test_who_has_no_lease_puts_nothing_off(store: TokenStore) -> None:
    store.put_off(PLACE, "a", plus(NOW, 1000))
    assert take(store, "b")
    store.put_off(PLACE, "a", plus(NOW, 1000))
    assert store.keep(PLACE, "b", token(), "")


@pytest.mark.parametrize(
    "other",
    [
        Place.of("netsuite", "borealis", "client-1", "cert-1"),
        Place.of("amazon", "acme", "client-1", "cert-1"),
        Place.of("netsuite", "acme", "client-1", "cert-2"),
    ],
)
def test_another_merchant_partner_or_credential_is_another_place(store: TokenStore, other: Place) -> None:
    take(store, "a")
    store.keep(PLACE, "a", token(), "")
    assert store.read(other) == NOTHING


# -------------------------------------------------------------------------------------------- DynamoDB


def test_neither_the_token_nor_a_credential_stands_in_the_table(deployed: Deployed) -> None:
    take(deployed.store, "a")
    deployed.store.keep(PLACE, "a", token("very-secret"), "")
    written = repr(deployed.item())
    assert "very-secret" not in written
    assert "client-1" not in written


def test_an_item_ends_with_its_token(deployed: Deployed) -> None:
    take(deployed.store, "a")
    deployed.store.keep(PLACE, "a", token(seconds=3600), "")
    assert deployed.item()["ttl"] == {"N": str(1795687200 + 3600)}


def test_a_token_of_another_place_cannot_be_put_here(deployed: Deployed) -> None:
    """It is encrypted for its place alone; what does not open is no token."""
    take(deployed.store, "a")
    deployed.store.keep(PLACE, "a", token(), "")
    other = replace(PLACE, merchant="borealis")
    deployed.database.put_item(TableName=TABLE, Item={**deployed.item(), "pk": {"S": other.key}})
    assert deployed.store.read(other).token is None


def test_a_token_that_the_key_does_not_open_is_fetched_again(
    deployed: Deployed, clock: SetClock, partner: Partner
) -> None:
    SharedTokens(deployed.store, clock).current(PLACE, partner.fetch)
    deployed.database.put_item(TableName=TABLE, Item={**deployed.item(), "sealed": {"B": b"not from this key"}})
    after = DynamoTokens(deployed.database, TABLE, deployed.kms, deployed.key)
    assert SharedTokens(after, clock).current(PLACE, partner.fetch) == "secret-2"
    kept = after.read(PLACE)
    assert kept.token is not None
    assert kept.token.value == "secret-2"


def test_a_function_that_may_not_decrypt_says_so_instead_of_fetching(
    deployed: Deployed, clock: SetClock, partner: Partner
) -> None:
    """A missing grant must not turn into a fetch by every worker."""
    SharedTokens(deployed.store, clock).current(PLACE, partner.fetch)
    other = deployed.kms.create_key()["KeyMetadata"]["Arn"]
    after = DynamoTokens(deployed.database, TABLE, deployed.kms, other)
    with pytest.raises(deployed.kms.exceptions.ClientError, match="AccessDeniedException"):
        SharedTokens(after, clock).current(PLACE, never)
    assert partner.given == ["secret-1"]


def test_a_token_is_decrypted_once_however_often_it_is_looked_at(deployed: Deployed) -> None:
    take(deployed.store, "a")
    deployed.store.keep(PLACE, "a", token(), "")
    assert deployed.store.read(PLACE).token == token()
    deployed.kms.disable_key(KeyId=deployed.key.rpartition("/")[2])
    assert deployed.store.read(PLACE).token == token()


# -------------------------------------------------------------------------------------------- the workers


def at_once(work: list[Callable[[], str]]) -> list[str]:
    """All start together."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], str]) -> str:
        barrier.wait(10)
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def workers(store: TokenStore, clock: SetClock, number: int = WORKERS) -> list[SharedTokens]:
    """Each a process of its own."""
    return [SharedTokens(store, clock) for _ in range(number)]


def test_of_twenty_workers_one_fetches_and_all_have_its_token(
    store: TokenStore, clock: SetClock, partner: Partner
) -> None:
    given = at_once([lambda w=w: w.current(PLACE, partner.fetch) for w in workers(store, clock)])  # type: ignore[misc]
    assert partner.given == ["secret-1"]
    assert set(given) == {"secret-1"}


def test_of_twenty_workers_that_were_refused_one_fetches(store: TokenStore, clock: SetClock, partner: Partner) -> None:
    all_of_them = workers(store, clock)
    for worker in all_of_them:
        worker.current(PLACE, partner.fetch)
    clock.pass_by(QUIET_SECONDS)
    again = at_once([lambda w=w: w.current(PLACE, partner.fetch, refused="secret-1") for w in all_of_them])  # type: ignore[misc]
    assert partner.given == ["secret-1", "secret-2"]
    assert set(again) == {"secret-2"}


def test_a_worker_uses_what_it_knows_without_a_look_at_the_store(clock: SetClock, partner: Partner) -> None:
    store = MemoryTokens()
    worker = SharedTokens(store, clock)
    worker.current(PLACE, partner.fetch)
    store.read = never  # type: ignore[assignment, method-assign]
    assert worker.current(PLACE, never) == "secret-1"


def test_while_one_renews_early_the_others_use_the_token_that_ends_soon(
    store: TokenStore, clock: SetClock, partner: Partner
) -> None:
    one, *others = workers(store, clock)
    one.current(PLACE, partner.fetch)
    clock.pass_by(3600 - EARLY_SECONDS)
    meanwhile: list[str] = []

    def renew() -> AccessToken:
        meanwhile.extend(other.current(PLACE, never) for other in others)
        return partner.fetch()

    assert one.current(PLACE, renew) == "secret-2"
    assert meanwhile == ["secret-1"] * (WORKERS - 1)
    assert {other.current(PLACE, never) for other in others} == {"secret-2"}


def test_a_token_that_ends_within_a_calls_time_is_used_by_nobody(
    store: TokenStore, clock: SetClock, partner: Partner
) -> None:
    one, other = workers(store, clock, 2)
    one.current(PLACE, partner.fetch)
    clock.pass_by(3600 - 10)

    def renew() -> AccessToken:
        with pytest.raises(PartnerUnavailable):
            SharedTokens(store, clock, impatient).current(PLACE, never)
        return partner.fetch()

    assert other.current(PLACE, renew) == "secret-2"


def test_a_worker_that_dies_with_the_lease_delays_the_others_only_until_it_ends(
    store: TokenStore, clock: SetClock, partner: Partner
) -> None:
    assert take(store, "the dead")
    looks: list[float] = []

    def look(seconds: float) -> None:
        looks.append(seconds)
        clock.pass_by(LEASE_SECONDS / 4)

    assert SharedTokens(store, clock, look).current(PLACE, partner.fetch) == "secret-1"
    assert len(looks) == 4
    assert partner.given == ["secret-1"]


def test_who_has_waited_long_enough_says_that_it_may_be_tried_again(store: TokenStore, clock: SetClock) -> None:
    assert take(store, "a slow one")
    looks: list[float] = []
    with pytest.raises(PartnerUnavailable) as caught:
        SharedTokens(store, clock, looks.append).current(PLACE, never)
    assert len(looks) == LOOKS
    assert (caught.value.in_doubt, caught.value.retry_after) == (False, LEASE_SECONDS)


def test_a_partner_that_gives_no_token_is_not_asked_by_everybody_in_turn(store: TokenStore, clock: SetClock) -> None:
    asked: list[str] = []

    def refuse() -> AccessToken:
        asked.append("once")
        raise PartnerRefused("netsuite", "invalid_grant", "no")

    with pytest.raises(PartnerRefused):
        SharedTokens(store, clock).current(PLACE, refuse)
    for worker in [SharedTokens(store, clock, impatient) for _ in range(WORKERS)]:
        with pytest.raises(PartnerUnavailable):
            worker.current(PLACE, refuse)
    assert asked == ["once"]
    clock.pass_by(RETRY_SECONDS)
    with pytest.raises(PartnerRefused):
        SharedTokens(store, clock, impatient).current(PLACE, refuse)
    assert asked == ["once", "once"]


def test_a_process_that_is_ended_under_way_leaves_the_lease_to_the_next(
    store: TokenStore, clock: SetClock, partner: Partner
) -> None:
    def end() -> AccessToken:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SharedTokens(store, clock).current(PLACE, end)
    clock.pass_by(RETRY_SECONDS)
    assert SharedTokens(store, clock, impatient).current(PLACE, partner.fetch) == "secret-1"


def test_a_fetch_that_outlived_its_lease_serves_its_worker_and_overwrites_nobodys(
    store: TokenStore, clock: SetClock, partner: Partner
) -> None:
    slow, quick = workers(store, clock, 2)

    def late() -> AccessToken:
        found = partner.fetch()
        clock.pass_by(LEASE_SECONDS)
        assert quick.current(PLACE, partner.fetch) == "secret-2"
        return found

    assert slow.current(PLACE, late) == "secret-1"
    assert SharedTokens(store, clock).current(PLACE, never) == "secret-2"


def test_a_refused_token_that_another_worker_replaced_is_not_fetched_again(
    store: TokenStore, clock: SetClock, partner: Partner
) -> None:
    one, other = workers(store, clock, 2)
    one.current(PLACE, partner.fetch)
    other.current(PLACE, never)
    assert one.current(PLACE, partner.fetch, refused="secret-1") == "secret-2"
    assert other.current(PLACE, never, refused="secret-1") == "secret-2"


def test_a_partner_that_refuses_every_token_does_not_make_a_storm(
    store: TokenStore, clock: SetClock, partner: Partner
) -> None:
    worker = SharedTokens(store, clock)
    refused = worker.current(PLACE, partner.fetch)
    for _ in range(WORKERS):
        refused = worker.current(PLACE, partner.fetch, refused=refused)
    assert partner.given == ["secret-1", "secret-2"]
    clock.pass_by(QUIET_SECONDS)
    worker.current(PLACE, partner.fetch, refused=refused)
    assert partner.given == ["secret-1", "secret-2", "secret-3"]


def test_a_token_too_long_to_be_kept_is_a_broken_contract_without_the_token(store: TokenStore, clock: SetClock) -> None:
    with pytest.raises(PartnerContractBroken) as caught:
        SharedTokens(store, clock).current(PLACE, lambda: token("x" * (MAX_BYTES + 1)))
    assert "xx" not in str(caught.value)
    assert store.read(PLACE).token is None


def test_no_token_is_ever_written_to_a_log_or_shown(
    store: TokenStore, clock: SetClock, partner: Partner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="stopship")
    worker = SharedTokens(store, clock)
    worker.current(PLACE, partner.fetch)
    worker.current(PLACE, partner.fetch, refused="secret-1")
    assert "secret-" not in repr(store.read(PLACE))
    assert not [record for record in caplog.records if "secret-" in record.getMessage()]
