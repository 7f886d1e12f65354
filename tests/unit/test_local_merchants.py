"""The local merchants' settings are such as the desk takes."""

import pytest

from infra.local.merchants import CHAT_ROOM, MERCHANTS, TOLD_IN_CHAT, connections, policy_of
from stopship.adapters.notices import SETTING
from stopship.adapters.policy_file import check, effective
from stopship.domain.policy import Level, Team


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_a_local_policy_is_good(merchant: str) -> None:
    assert check(policy_of(merchant)) == []


def test_the_room_that_the_policy_names_has_an_address() -> None:
    ways = {effective(policy_of(TOLD_IN_CHAT))[1].notices.contacts_of(team, Level.TEAM) for team in Team}
    assert ways == {(f"webhook:{CHAT_ROOM}",)}
    assert CHAT_ROOM in connections(TOLD_IN_CHAT, "http://sandboxes", "http://desk", "key")[SETTING]
