"""What an account has once the SuiteCloud project of infra/netsuite is deployed to it: custom fields by type, and a list's values."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

OBJECTS: Final = Path(__file__).parents[2] / "netsuite" / "Objects"
MAX_CHARACTERS: Final = {"TEXT": 300, "CLOBTEXT": 1_000_000}


@dataclass(frozen=True, slots=True)
class Field:
    """``type`` is the project's word (TEXT, CLOBTEXT, CHECKBOX, SELECT); ``list_id`` the list that a SELECT chooses from."""

    script_id: str
    type: str
    label: str
    list_id: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """``body`` and ``column`` are the transaction's fields, ``lists`` each list's value names, whose places from 1 are their ids."""

    body: dict[str, Field]
    column: dict[str, Field]
    lists: dict[str, tuple[str, ...]]


@cache
def deployed() -> Account:
    """The project as it lies in the repository."""
    roots = [ElementTree.parse(path).getroot() for path in sorted(OBJECTS.glob("*.xml"))]  # noqa: S314 - our own files
    fields = {
        kind: {f.script_id: f for f in (_field(root) for root in roots if root.tag == kind)}
        for kind in ("transactionbodycustomfield", "transactioncolumncustomfield")
    }
    lists = {
        str(root.get("scriptid")): tuple(value.text or "" for value in root.iterfind("customvalues/customvalue/value"))
        for root in roots
        if root.tag == "customlist"
    }
    return Account(fields["transactionbodycustomfield"], fields["transactioncolumncustomfield"], lists)


def _field(root: ElementTree.Element) -> Field:
    chosen = root.findtext("selectrecordtype", "").removeprefix("[scriptid=").removesuffix("]")
    return Field(str(root.get("scriptid")), root.findtext("fieldtype", ""), root.findtext("label", ""), chosen)


def stored(field: Field, values: tuple[str, ...], value: Any) -> Any:
    """What the record API keeps of a written value, and shows when it is read. Raises ValueError for what the type does not take."""
    if value is None:
        return False if field.type == "CHECKBOX" else None
    if field.type == "CHECKBOX" and isinstance(value, bool):
        return value
    if field.type == "SELECT" and isinstance(value, dict):
        number = str(value.get("id", ""))
        if number.isdigit() and 1 <= int(number) <= len(values):
            return {"id": number, "refName": values[int(number) - 1]}
    if field.type in ("TEXT", "CLOBTEXT") and isinstance(value, str) and len(value) <= MAX_CHARACTERS[field.type]:
        return value
    raise ValueError(f"{field.script_id} does not take this value")


def schema(fields: dict[str, Field]) -> dict[str, Any]:
    """The fields' part of the metadata catalog's JSON schema."""
    reference = {"id": {"type": "string"}, "refName": {"type": "string"}, "externalId": {"type": "string"}}
    known: dict[str, dict[str, Any]] = {
        "CHECKBOX": {"type": "boolean"},
        "SELECT": {"type": "object", "properties": reference},
        "TEXT": {"type": "string"},
        "CLOBTEXT": {"type": "string"},
    }
    return {f.script_id: {"title": f.label, **known[f.type], "nullable": True} for f in fields.values()}
