"""`stopship handbook`: the SOP, the reason codes, the escalation map and the NetSuite fields, written from the policy in force."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.output import NOT_POSSIBLE, console, fail
from stopship.adapters import policy_file
from stopship.adapters.handbook import html, markdown, picture
from stopship.application.handbook.model import ErpField, EscalationMap, Handbook
from stopship.application.handbook.write import write_handbook

OBJECTS = Path(__file__).parents[1] / "netsuite" / "Objects"
KINDS = {"TEXT": "text", "CLOBTEXT": "long text", "CHECKBOX": "check box", "SELECT": "list"}


def handbook(
    out: Annotated[Path, typer.Option(help="the folder that the files go to")] = Path("handbook"),
    policy: Annotated[
        Path | None, typer.Option(help="a merchant's policy file; the packaged default without one")
    ] = None,
    merchant: Annotated[str, typer.Option(help="whose handbook it is")] = "",
) -> None:
    """Write the handbook: handbook.md, handbook.html and escalation.svg. The same policy gives the same files."""
    try:
        text = policy.read_text(encoding="utf-8") if policy else ""
        _, rules = policy_file.effective(text)
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"{policy}: {error}", NOT_POSSIBLE) from error
    except policy_file.PolicyRefused as error:
        raise fail(f"{policy}: {error}. Look at it with `stopship policy check {policy}`", NOT_POSSIBLE) from error
    book = write_handbook(rules, merchant, erp_fields())
    out.mkdir(parents=True, exist_ok=True)
    files = {
        "handbook.md": markdown.render(book),
        "handbook.html": html.render(book),
        markdown.MAP: picture.draw(map_of(book)),
    }
    for name, content in files.items():
        (out / name).write_text(content, encoding="utf-8")
        console.print(str(out / name), highlight=False, soft_wrap=True)


def map_of(book: Handbook) -> EscalationMap:
    return next(block for chapter in book.chapters for block in chapter.blocks if isinstance(block, EscalationMap))


def erp_fields() -> list[ErpField]:
    """Every field of the NetSuite project that is deployed, as it is there."""
    return [_field(file) for file in sorted(OBJECTS.glob("cust*_cxl_*.xml")) if not file.name.startswith("customlist")]


def _field(file: Path) -> ErpField:
    root = ET.parse(file).getroot()  # noqa: S314 - our own file
    told = {child.tag: (child.text or "").strip() for child in root}
    kind = told["fieldtype"]
    return ErpField(root.attrib["scriptid"], told["label"], KINDS.get(kind, kind.lower()), told["description"])
