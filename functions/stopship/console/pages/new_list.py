"""Many cancels at once, as a list that somebody pastes: each row is a wish of its own, and nothing is taken while a row is wrong."""

from stopship.application.take_in import take_in_parts
from stopship.console.answers import Answer
from stopship.console.pages.page import page
from stopship.console.told import Told
from stopship.console.visit import Visit
from stopship.domain.agent import Doing
from stopship.domain.errors import InvalidInput, InvalidRows, RowError


def show_list(visit: Visit) -> Answer:
    return _form(visit, "")


def ask_for_list(visit: Visit) -> Answer:
    """The same list again acts once."""
    from stopship.adapters.ops_csv.rows import read_rows
    from stopship.adapters.ops_csv.wish import SOURCE, topic

    merchant, text = visit.merchant(), visit.asked.form.get("list", ("",))[0]
    visit.demand(Doing.ASK, merchant)
    body = text.encode()
    try:
        listed = read_rows(body)
        if listed.errors:
            raise InvalidRows(listed.errors)
    except InvalidRows as error:
        told = Told(
            "bad",
            f"{len(error.errors)} rows are wrong: nothing was taken.",
            "Correct them, and send the whole list again.",
        )
        return _form(visit, text, told, error.errors, status=400)
    except InvalidInput as error:
        return _form(visit, text, Told("bad", f"The list {error.problem}.", error.fix), status=400)
    take_in_parts(
        visit.desk.evidence,
        visit.office.intake,
        merchant=merchant,
        source=SOURCE,
        parts=[(topic(row), row.delivery_id(listed.sha256)) for row in listed.rows],
        body=body,
        received_at=visit.now,
        actor=visit.agent.subject,
    )
    told = Told(
        "good",
        f"{len(listed.rows)} cancels are asked for.",
        "Each is a case of its own; sending the same list again does nothing.",
    )
    return _form(visit, "", told, orders=[row.order_ref for row in listed.rows])


def _form(
    visit: Visit,
    text: str,
    message: Told | None = None,
    errors: tuple[RowError, ...] | list[RowError] = (),
    *,
    orders: list[str] | None = None,
    status: int = 200,
) -> Answer:
    able = [m for m in visit.merchants if visit.may(Doing.ASK, m)]
    return page(
        visit,
        "new_list.html",
        "new",
        status=status,
        text=text,
        message=message,
        errors=errors,
        orders=orders or [],
        merchants=able,
        chosen=visit.asked.field("merchant"),
    )
