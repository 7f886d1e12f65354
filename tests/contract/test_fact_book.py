"""One suite, two books of facts: in memory, and DynamoDB (moto)."""

import random
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from stopship.adapters import facts_json
from stopship.adapters.facts_table import DynamoFacts, MemoryFacts
from stopship.application.ports import ChangedWeek, FactBook
from stopship.domain.errors import InvalidInput
from stopship.domain.kpi.facts import CaseFacts
from stopship.domain.kpi.from_events import facts_of
from tests.unit.kpi.week import MERCHANT, Story, orders, stories

TABLE = "facts"


@pytest.fixture(params=["memory", "dynamodb"])
def book(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FactBook]:
    if request.param == "memory":
        yield MemoryFacts()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        new_table(client)
        yield DynamoFacts(client, TABLE)


def new_table(client: object) -> None:
    client.create_table(  # type: ignore[attr-defined]
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": x, "AttributeType": "S"} for x in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )


def at_version(story: Story, events: int) -> CaseFacts | None:
    return facts_of(story.merchant, story.case_id, story.recorded[:events])


def test_what_is_put_comes_back_by_merchant_and_week(book: FactBook) -> None:
    facts = [x.facts for x in stories()]
    book.put(facts, orders())
    found, placed = book.of_week(MERCHANT, "2026-W47")
    assert sorted(found, key=lambda x: x.key) == facts
    assert set(placed) == {x for x in orders() if x.day < "2026-11-23"}
    assert [x.order_ref for x in book.of_week(MERCHANT, "2026-W48")[1]] == ["late"]
    assert book.of_week("other", "2026-W47") == ([], [])


def test_of_a_case_the_newest_version_stays_whatever_comes_when(book: FactBook) -> None:
    versions = [x for story in stories() for n in range(2, len(story.recorded) + 1) if (x := at_version(story, n))]
    random.Random(5).shuffle(versions)
    for one in [*versions, *versions[:20]]:
        book.put([one], [])
    assert sorted(book.of_week(MERCHANT, "2026-W47")[0], key=lambda x: x.key) == [x.facts for x in stories()]


def test_a_case_stays_in_the_week_in_which_it_was_opened(book: FactBook) -> None:
    (story,) = [x for x in stories() if x.case_id == "case-h"]
    book.put([story.facts], [])
    assert [x.week for x in book.changed()] == ["2026-W47"]


def test_what_changed_is_to_be_exported_until_it_is(book: FactBook) -> None:
    first, second, *_ = [x.facts for x in stories()]
    book.put([first], [])
    (week,) = book.changed()
    assert (week.merchant, week.week) == (MERCHANT, "2026-W47")
    book.exported(week)
    assert book.changed() == []
    book.put([second], [])
    assert len(book.changed()) == 1


def test_what_changes_during_an_export_is_exported_again(book: FactBook) -> None:
    first, second, *_ = [x.facts for x in stories()]
    book.put([first], [])
    (week,) = book.changed()
    book.put([second], [])
    book.exported(week)
    (again,) = book.changed()
    assert again.token != week.token


def test_an_older_version_changes_nothing(book: FactBook) -> None:
    (story,) = [x for x in stories() if x.case_id == "case-a"]
    book.put([story.facts], [])
    book.exported(book.changed()[0])
    older = at_version(story, 3)
    assert older
    book.put([older], [])
    assert book.changed() == []
    assert book.of_week(MERCHANT, "2026-W47")[0] == [story.facts]


def test_a_put_that_died_before_its_note_is_noted_when_it_is_repeated(book: FactBook) -> None:
    facts = stories()[0].facts
    book.put([facts], [])
    book.exported(book.changed()[0])
    book.put([facts], [])
    assert len(book.changed()) == 1


def test_exporting_a_week_that_nobody_knows_is_no_news(book: FactBook) -> None:
    book.exported(ChangedWeek("other", "2026-W01", "x"))
    assert book.changed() == []


def test_a_merchant_whose_name_would_be_another_key_is_refused(book: FactBook) -> None:
    facts = stories()[0].facts
    with pytest.raises(InvalidInput):
        book.put([replace(facts, case=replace(facts.case, merchant="a#b"))], [])
    assert list(book.everything()) == []


def test_everything_is_all_of_it(book: FactBook) -> None:
    facts = [x.facts for x in stories()]
    book.put(facts, orders()[:3])
    found = list(book.everything())
    assert sorted(facts_json.dump(x) for x in found if isinstance(x, CaseFacts)) == sorted(map(facts_json.dump, facts))
    assert {x for x in found if not isinstance(x, CaseFacts)} == set(orders()[:3])
