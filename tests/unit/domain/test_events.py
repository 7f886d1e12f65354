"""What a version makes of facts that another one wrote."""

import pytest

from stopship.domain.events import (
    ErpUpdated,
    ErpUpdateRequested,
    ExceptionOpened,
    ExecutionStarted,
    OrderNotFound,
    from_data,
)


def test_a_field_that_an_older_version_did_not_know_has_its_default() -> None:
    told = ExceptionOpened(
        "exc-1", "", "silent_warehouse", "P2", "ops", "call", "2026-03-01T10:00:00.000000Z", ""
    ).data()
    del told["person"]
    assert from_data("ExceptionOpened", told).data()["person"] == ""


def test_an_update_of_the_erp_that_knew_no_holds_has_let_go_of_none() -> None:
    asked = ErpUpdateRequested("netsuite", "71", [1], 1).data()
    done = ErpUpdated("netsuite", "71", [1], {"case_id": "case-1"}).data()
    for name in ("hold", "release"):
        del asked[name]
    for name in ("hold", "released"):
        del done[name]
    assert from_data("ErpUpdateRequested", asked) == ErpUpdateRequested("netsuite", "71", [1], 1, "", [])
    assert from_data("ErpUpdated", done) == ErpUpdated("netsuite", "71", [1], {"case_id": "case-1"}, "", [])


def test_what_a_newer_version_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="OrderNotFound was written by a newer version"):
        from_data("OrderNotFound", {**OrderNotFound(1).data(), "seen_by": "nobody"})
    with pytest.raises(KeyError, match="FutureFact"):
        from_data("FutureFact", {})


def test_a_field_at_its_default_is_written_too_so_that_older_versions_refuse_the_fact() -> None:
    told = ExceptionOpened(
        "exc-1", "", "silent_warehouse", "P2", "ops", "call", "2026-03-01T10:00:00.000000Z", ""
    ).data()
    assert told["person"] == ""


def test_facts_are_equal_by_what_they_say_and_of_one_kind_only() -> None:
    begun = ExecutionStarted("case-a-1", 1, "opened")
    assert begun == ExecutionStarted("case-a-1", 1, "opened") != ExecutionStarted("case-a-1", 1, "resumed")
    assert begun != OrderNotFound(1)
    assert len({begun, ExecutionStarted("case-a-1", 1, "opened"), OrderNotFound(1)}) == 2
    assert repr(begun) == "ExecutionStarted(name='case-a-1', number=1, why='opened')"
