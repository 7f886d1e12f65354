"""The SuiteCloud project sets up what the adapter writes and reads, field by field: no less, and nothing without a use."""

from typing import Any
from xml.etree import ElementTree

import pytest

from infra.local.sandboxes.suitecloud import OBJECTS, deployed, stored
from stopship.adapters import policy_file
from stopship.adapters.netsuite.connection import NetSuiteConnection
from stopship.adapters.netsuite.erp import differences
from stopship.adapters.netsuite.mapping import FIELDS, HOLDS, NOTE, PREFIX, hold_field, sales_order
from stopship.adapters.netsuite.reasons import LIST, REASON
from stopship.application.ports import ErpUpdate, SalesOrder

PROJECT = OBJECTS.parent
EMPTY = SalesOrder("1", "B", ())
DEFAULT_LINE_FIELD = NetSuiteConnection("acme", "http://127.0.0.1", "c", "k").line_ref_field


def everything_written() -> dict[str, Any]:
    """Every custom field of a PATCH that leaves none out, with a value of the kind that the adapter puts there."""
    changes: dict[str, Any] = {}
    for hold in HOLDS:
        changes |= differences(EMPTY, ErpUpdate(dict.fromkeys(FIELDS, "x"), "n", hold, (), {}))
    return {**changes, PREFIX + REASON: {"id": "1"}}


def objects() -> list[ElementTree.Element]:
    return [ElementTree.parse(path).getroot() for path in OBJECTS.glob("*.xml")]


def test_the_project_has_the_fields_that_are_written_and_no_others() -> None:
    assert set(deployed().body) == set(everything_written())


@pytest.mark.parametrize("name", sorted(deployed().body))
def test_each_field_takes_what_is_written_and_is_read_back_as_it_was_meant(name: str) -> None:
    field, written = deployed().body[name], everything_written()[name]
    kept = stored(field, deployed().lists.get(field.list_id, ()), written)
    record = {"id": "1", "orderStatus": {"id": "B"}, "item": {"items": []}, name: kept}
    expected = {PREFIX + REASON: deployed().lists[LIST][0]}.get(name, "true" if written is True else written)
    assert sales_order(record, "").fields[name.removeprefix(PREFIX)] == expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((PREFIX + name, "TEXT") for name in FIELDS if name != REASON),
        (PREFIX + REASON, "SELECT"),
        (PREFIX + NOTE, "CLOBTEXT"),
        *((PREFIX + hold_field(hold), "CHECKBOX") for hold in HOLDS),
    ],
)
def test_each_field_has_the_type_of_its_values(name: str, kind: str) -> None:
    assert deployed().body[name].type == kind


def test_the_note_may_be_longer_than_a_text_field_holds() -> None:
    long = "x" * 301
    assert stored(deployed().body[PREFIX + NOTE], (), long) == long
    with pytest.raises(ValueError, match="does not take this value"):
        stored(deployed().body[PREFIX + "case_id"], (), long)


def test_the_line_field_is_the_one_that_is_read_unless_told_otherwise() -> None:
    assert {name: field.type for name, field in deployed().column.items()} == {DEFAULT_LINE_FIELD: "TEXT"}


def test_the_reasons_are_the_policys_codes_for_the_erp() -> None:
    assert deployed().body[PREFIX + REASON].list_id == LIST
    codes = [rule.erp_code for rule in policy_file.load_default().reasons.values()]
    assert sorted(deployed().lists[LIST]) == sorted(set(codes))


def test_every_hold_that_the_policy_names_has_its_flag() -> None:
    named = {rule.erp_hold for rule in policy_file.load_default().reasons.values()} - {""}
    assert named <= set(HOLDS)
    assert {f"{PREFIX}hold_{hold}" for hold in named} <= set(deployed().body)


def test_every_object_is_named_as_its_file_and_within_what_netsuite_takes() -> None:
    """scriptid at most 38 characters for fields and lists, 40 for a list's values; a list's name at most 30 (SDF's own tables)."""
    for path in OBJECTS.glob("*.xml"):
        root = ElementTree.parse(path).getroot()
        assert root.get("scriptid") == path.stem
        assert len(path.stem) <= 38
        assert len(root.findtext("label", "")) <= 200
        assert len(root.findtext("name", "")) <= 30
        assert all(len(value.get("scriptid", "")) <= 40 for value in root.iterfind("customvalues/customvalue"))


def test_every_field_is_on_sales_orders_only() -> None:
    applied = {
        flag.tag for root in objects() for flag in root if flag.text == "T" and flag.tag.startswith(("body", "col"))
    }
    assert applied == {"bodysale", "colsale"}


def test_nothing_asks_a_person_for_a_value_and_every_value_is_stored() -> None:
    for root in objects():
        if root.tag != "customlist":
            assert (root.findtext("ismandatory"), root.findtext("storevalue")) == ("F", "T")


def test_what_an_object_refers_to_is_in_the_project() -> None:
    names = {str(root.get("scriptid")) for root in objects()}
    referred = {field.list_id for field in deployed().body.values() if field.list_id}
    assert referred <= names


def test_the_project_is_an_account_customization_whose_objects_are_all_deployed() -> None:
    manifest = ElementTree.parse(PROJECT / "manifest.xml").getroot()
    assert manifest.get("projecttype") == "ACCOUNTCUSTOMIZATION"
    assert [child.tag for child in manifest] == ["projectname", "frameworkversion", "dependencies"]
    deploy = ElementTree.parse(PROJECT / "deploy.xml").getroot()
    assert [path.text for path in deploy.iterfind("objects/path")] == ["~/Objects/*"]
