"""`stopship facts check|rebuild|export`: are the facts what the ledger says; make them again from it; write them as Parquet."""

from collections.abc import Iterable
from itertools import batched
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.cases import Json, Stage
from infra.cli.facts import fact_book, reporting
from infra.cli.output import FOUND_PROBLEMS, as_json, console
from stopship.adapters import facts_json, ledger_items, reporting_rules
from stopship.adapters.clock import SystemClock
from stopship.adapters.facts_duckdb import write_parquet
from stopship.application.project_facts import rebuild
from stopship.domain.kpi.facts import CaseFacts, OrderFact

app = typer.Typer(help="The facts that figures are made of.", no_args_is_help=True)

type Fact = CaseFacts | OrderFact
AT_ONCE = 200


@app.command("check")
def check(stage: Stage = "", json: Json = False) -> None:
    """Reads the whole ledger and compares. Exit status 1 when a fact is missing, differs, or is too many; a case that moves meanwhile may show."""
    desk, book = fact_book(stage)
    wanted, found = _texts(rebuild(desk.ledger.scan(), ledger_items.recorded)), _texts(book.everything())
    wrong = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))
    if json:
        as_json({"facts": len(wanted), "wrong": [" ".join(key) for key in wrong]})
    else:
        for key in wrong:
            said = (
                "is missing" if key not in found else "is of nothing in the ledger" if key not in wanted else "differs"
            )
            console.print(f"{' '.join(key)} {said}", highlight=False)
        console.print(
            f"{len(wanted)} facts, {len(wrong)} wrong{': run `stopship facts rebuild`' if wrong else ''}",
            highlight=False,
        )
    if wrong:
        raise typer.Exit(FOUND_PROBLEMS)


def _texts(facts: Iterable[Fact]) -> dict[tuple[str, ...], str]:
    """By what they are of, as the bytes that are kept."""
    found: dict[tuple[str, ...], str] = {}
    for fact in facts:
        if isinstance(fact, CaseFacts):
            found["case", *fact.key] = facts_json.dump(fact)
        else:
            found["order", fact.merchant, fact.channel, fact.order_ref, fact.day] = repr(fact)
    return found


@app.command("rebuild")
def rebuild_(stage: Stage = "") -> None:
    """Makes all facts again from the ledger. Safe at any time: what is newer stays."""
    desk, book = fact_book(stage)
    count = 0
    for part in batched(rebuild(desk.ledger.scan(), ledger_items.recorded), AT_ONCE, strict=False):
        book.put([x for x in part if isinstance(x, CaseFacts)], [x for x in part if isinstance(x, OrderFact)])
        count += len(part)
    console.print(f"{count} facts are as the ledger says")


@app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(help="the folder that the files go to")],
    stage: Stage = "",
) -> None:
    """Writes the facts as Parquet, by merchant and week, for `stopship kpi --facts` and for whatever else reads Parquet."""
    began = SystemClock().now()
    desk, book = fact_book(stage)
    weeks: dict[tuple[str, str], tuple[list[CaseFacts], list[OrderFact]]] = {}
    for fact in book.everything():
        merchant = fact.case.merchant if isinstance(fact, CaseFacts) else fact.merchant
        cases, orders = weeks.setdefault((merchant, str(fact.week)), ([], []))
        cases.append(fact) if isinstance(fact, CaseFacts) else orders.append(fact)
    for (merchant, week), (cases, orders) in sorted(weeks.items()):
        write_parquet(folder, f"merchant={merchant}/week={week}", cases, orders)
    folder.mkdir(parents=True, exist_ok=True)
    rules = reporting(desk, sorted({merchant for merchant, _ in weeks}))
    (folder / reporting_rules.FILE).write_text(reporting_rules.dump(rules, began), encoding="utf-8")
    console.print(f"{len(weeks)} weeks of {len(rules)} merchants in {folder}", highlight=False, soft_wrap=True)
