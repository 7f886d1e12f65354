"""With the emulator's enforcement on, every function and the state machine have nothing but their own roles, and it is enough."""

import json
from collections.abc import Iterator

import pytest

from infra.local.day.director import Director, Stage
from infra.local.day.plays import day
from infra.local.desk import LocalDesk
from infra.local.emulator.server import ENFORCE
from stopship.contract import function_name

pytestmark = pytest.mark.emulator

STORIES = {
    "unpicked, captured: refunded",
    "unpicked, authorised: voided",
    "silent warehouse: a person vouches",
    "ships after the stop: P1, return",
    "Amazon buyer, unpicked",
    "same wish on two channels",
}


@pytest.fixture(scope="module")
def enforced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDesk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENFORCE, "true")
        desk = LocalDesk.start(lambda _: None, tmp_path_factory.mktemp("enforced"))
    try:
        yield desk
    finally:
        desk.stop()


def test_cases_go_all_the_way_under_enforced_roles(enforced: LocalDesk) -> None:
    stage = Stage.of(enforced)
    chosen = {p.name: p for p in day(stage.numbers) if p.name in STORIES}
    assert set(chosen) == STORIES
    director = Director(stage, list(chosen.values()))
    for step in (director.set_up(), director.wish(), director.until_ended(600)):
        for _ in step:
            pass
    ends = {name: p.case.closed.fact.outcome for name, p in chosen.items() if p.case and p.case.closed}
    assert ends == {name: p.outcome for name, p in chosen.items()}


def test_what_a_role_does_not_allow_is_refused(enforced: LocalDesk) -> None:
    iam, functions = enforced.emulator.client("iam"), enforced.emulator.client("lambda")
    name = function_name("dev", "sweep_cases")
    role = functions.get_function(FunctionName=name)["Configuration"]["Role"].rsplit("/", 1)[-1]
    own = {
        x: iam.get_role_policy(RoleName=role, PolicyName=x)
        for x in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    for policy in own:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        answer = functions.invoke(FunctionName=name, Payload=b"{}")
        assert "is not authorized to perform: dynamodb:Query" in answer["Payload"].read().decode()
    finally:
        for policy, found in own.items():
            document = json.dumps(found["PolicyDocument"])
            iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)
