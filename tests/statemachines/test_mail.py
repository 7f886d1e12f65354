"""A mail becomes a wish only from the address on its order; everything else is asked back once, or lies before a person."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopship.adapters.mail import kept, letters
from stopship.application.answer_mail import WORKER_SECONDS
from stopship.application.mail_texts import TEXTS, MailTemplate
from stopship.application.process_mail import process_mail
from stopship.application.process_message import Processed
from stopship.application.take_in import IntakeMessage
from stopship.contract import FUNCTIONS
from stopship.domain.case import Case
from stopship.domain.errors import PartnerUnavailable
from stopship.domain.events import MailAnswered, MailAnswerRequested, MessageKept
from stopship.domain.letter import Letter, OrderName
from stopship.domain.outcome import Outcome
from stopship.domain.policy import Cause
from tests.fakes.order_book import Order, Work
from tests.fakes.partners import captured
from tests.fakes.platform import Mail
from tests.fakes.trouble import Trouble
from tests.fakes.world import MERCHANT
from tests.statemachines.play import Play
from tests.unit.mail import mails
from tests.unit.mail.mails import CUSTOMER, FORGED, PROVEN, SILENT, mail

STRANGER = "eve@elsewhere.example"
REGION = "eu-west-1.amazonses.com"


def read(_: IntakeMessage, body: bytes) -> Letter:
    return letters.read(body, mails.RULES)


def arrive(play: Play, raw: bytes, verdicts: Mapping[str, str] = PROVEN, source: str = CUSTOMER) -> list[Processed]:
    """The mail comes in, and is worked until the queue has it no more."""
    world, delivery = play.world, kept.mail_id(raw)
    key, digest = world.evidence.keep(MERCHANT, "mail", delivery, mails.keep(raw, verdicts, source))
    message = IntakeMessage(MERCHANT, "mail", "received", delivery, key, digest, world.clock.now())
    done: list[Processed] = []

    def find(_: str, name: OrderName) -> list[str]:
        return [ref for ref, order in world.orders.items() if f"#{ref}" == name.name and order.known]

    world.door(lambda: done.append(process_mail(world.desk, read, find, message)))
    world.settle()
    return done


def answer_to(asked: Mail, text: str, sender: str = CUSTOMER, n: int = 2, **headers: str) -> bytes:
    """What a mail program makes of answering the desk's mail."""
    own = f"<{asked.message_id}@{REGION}>"
    references = f"{asked.headers.get('References', '')} {own}".strip()
    quoted = "\n".join(f"> {line}" for line in asked.text.splitlines())
    body = f"{text}\n\nOn Tue, 24 Nov 2026 at 10:00, Acme <cancel@acme.example> wrote:\n{quoted}\n"
    return mail(
        body,
        f"Re: {asked.subject}",
        sender,
        f"<m-{n}@customer.example>",
        In_Reply_To=own,
        References=references,
        **headers,
    )


def sent(play: Play, template: MailTemplate | None = None) -> list[Mail]:
    """Answers to mails: outcomes are told by others."""
    found = [x for x in play.world.mailer.sent if x.template.startswith("mail_")]
    return [x for x in found if template is None or x.template == template]


def kept_cases(play: Play) -> list[Case]:
    heads = play.world.ledger.cases(MERCHANT, limit=100).items
    return [play.world.desk.cases.load(MERCHANT, h.case_id) for h in heads if h.channel == "unmatched"]


def why(play: Play) -> list[str]:
    recorded = [r.event for c in kept_cases(play) for r in play.world.ledger.load(MERCHANT, c.case_id)]
    return [x.why for x in recorded if isinstance(x, MessageKept)]


def nothing_was_asked_of_the_order(play: Play) -> bool:
    return play.world.cases == [] and play.done == ["mail"] * len(sent(play))


@pytest.fixture
def order(play: Play) -> Order:
    order = play.world.order(contact=CUSTOMER)
    captured(order)
    return order


# ---------------------------------------------------------------------------------------------- wishes


def test_a_proven_mail_from_the_address_on_the_order_is_a_wish_with_a_receipt_that_promises_nothing(
    play: Play, order: Order
) -> None:
    (done,) = arrive(play, mail())
    assert (done.how, done.case_id) == ("opened", play.world.case.case_id)
    request = play.world.case.requests[0].fact
    assert (request.source, request.reason, request.requester) == ("mail", "customer_request", "customer")
    assert (request.lines, request.evidence, request.official, request.ticket_ref) == ({}, [], False, "")
    (receipt,) = sent(play)
    assert (receipt.to, receipt.template) == (CUSTOMER, MailTemplate.RECEIVED)
    assert "#1001" in receipt.text and "cancelled" not in receipt.text
    assert receipt.headers["In-Reply-To"] == "<m-1@customer.example>"
    assert (play.outcome, play.world.exceptions) == (Outcome.STOPPED, [])
    assert [x.template for x in play.world.mailer.sent] == ["mail_received", "outcome_stopped"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Bitte stornieren Sie meine Bestellung #1001.", "angekommen"),
        ("Je souhaite annuler ma commande #1001.", "bien reçu"),
        ("Please cancel my order #1001.", "have received"),
    ],
)
def test_the_receipt_speaks_the_language_of_the_mail(play: Play, order: Order, text: str, word: str) -> None:
    arrive(play, mail(text))
    assert word in sent(play)[0].text


@pytest.mark.parametrize("template", list(MailTemplate))
def test_no_text_says_that_anything_is_cancelled(template: MailTemplate) -> None:
    """I8: that is an outcome's to say."""
    for texts in TEXTS.values():
        said = f"{texts[template].subject} {texts[template].text}".casefold()
        assert not any(
            x in said for x in ("cancelled", "canceled", "storniert", "annulée", "annulé ", "refund", "erstatte")
        )


def test_a_mail_that_comes_twice_and_is_worked_three_times_acts_once(play: Play, order: Order) -> None:
    copy = b"Received: from another by inbound-smtp\n" + mail()
    found = [x.how for raw in (mail(), mail(), copy) for x in arrive(play, raw)]
    assert found == ["opened", "repeated", "repeated"]
    assert len(play.world.case.requests) == 1
    assert len(sent(play)) == 1


@pytest.mark.parametrize("text", ["Please cancel my order #1001.", "Please cancel my order."])
def test_two_workers_on_copies_of_one_mail_answer_it_once(
    play: Play, order: Order, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The second copy comes while the first one's answer is being sent."""
    send, copies = play.world.mailer.send, [b"Received: by another way\n" + mail(text)]

    def slowly(*told: Any) -> str:
        while copies:
            arrive(play, copies.pop())
        return send(*told)

    monkeypatch.setattr(play.world.mailer, "send", slowly)
    arrive(play, mail(text))
    assert copies == [] and len(sent(play)) == 1


def test_the_desk_waits_for_a_worker_as_long_as_one_may_live() -> None:
    worker = next(f for f in FUNCTIONS if f.module == "process_intake")
    assert worker.timeout_seconds == WORKER_SECONDS


def test_a_second_mail_of_the_customers_joins_the_case(play: Play, order: Order) -> None:
    play.world.warehouses["north"].manner = play.world.warehouses["north"].manner.__class__.SILENT
    arrive(play, mail())
    (done,) = arrive(play, mail("Bitte stornieren Sie #1001", message_id="<m-9@customer.example>"))
    assert done.how == "joined"
    assert len(play.world.cases) == 1


def test_a_sender_of_whom_nothing_is_known_makes_a_wish_if_the_order_knows_him(play: Play, order: Order) -> None:
    (done,) = arrive(play, mail(), SILENT)
    assert done.how == "opened"


# ---------------------------------------------------------------------------------------------- strangers


@pytest.mark.parametrize("verdicts", [PROVEN, SILENT, FORGED], ids=["proven", "silent", "forged"])
def test_a_stranger_makes_no_wish_and_learns_nothing_and_the_order_is_asked(
    play: Play, order: Order, verdicts: dict[str, str]
) -> None:
    (done,) = arrive(play, mail(sender=STRANGER), verdicts, STRANGER)
    assert done.how == "kept"
    assert nothing_was_asked_of_the_order(play)
    (question,) = sent(play)
    assert (question.to, question.template) == (CUSTOMER, MailTemplate.IS_IT_YOU)
    assert STRANGER not in f"{question}" and "m-1@" not in f"{question.headers}"
    assert play.world.the_exception.cause == Cause.UNMATCHED_MESSAGE
    assert play.world.the_exception.owner == "ops"


def test_a_forged_sender_makes_no_wish_although_the_order_knows_the_address(play: Play, order: Order) -> None:
    arrive(play, mail(), FORGED)
    assert nothing_was_asked_of_the_order(play)
    assert [(x.to, x.template) for x in sent(play)] == [(CUSTOMER, MailTemplate.IS_IT_YOU)]


def test_the_address_on_the_order_is_asked_once_however_many_mails_strangers_write(play: Play, order: Order) -> None:
    for n in range(4):
        arrive(play, mail(sender=f"eve{n}@elsewhere.example", message_id=f"<s-{n}@x.example>"), source=STRANGER)
    assert len(sent(play)) == 1
    assert len(kept_cases(play)) == 4


def test_whoever_answers_the_question_has_what_was_sent_to_the_order(play: Play, order: Order) -> None:
    """Also where the checks say no, as they do for a forwarded mail: the id of the question went to that address only."""
    arrive(play, mail(), FORGED)
    (question,) = sent(play)
    (done,) = arrive(play, answer_to(question, "Yes"), FORGED)
    assert done.how == "opened"
    assert [x.template for x in sent(play)] == [MailTemplate.IS_IT_YOU, MailTemplate.RECEIVED]
    assert play.world.exceptions == []


def test_a_stranger_who_answers_for_the_customer_makes_no_wish(play: Play, order: Order) -> None:
    arrive(play, mail(sender=STRANGER), source=STRANGER)
    (question,) = sent(play)
    arrive(play, answer_to(question, "Yes", STRANGER), source=STRANGER)
    own_thread = mail("Yes", "Re: Hello", STRANGER, "<s-2@x.example>", In_Reply_To="<m-1@customer.example>")
    arrive(play, own_thread, source=STRANGER)
    assert play.world.cases == []
    assert len(sent(play)) == 1


@pytest.mark.parametrize("text", ["No, that was not me", "No! Do not cancel it", "What is this? Where is my order?"])
def test_a_customer_who_says_anything_but_yes_keeps_the_order(play: Play, order: Order, text: str) -> None:
    arrive(play, mail(sender=STRANGER), source=STRANGER)
    (question,) = sent(play)
    arrive(play, answer_to(question, text))
    assert play.world.cases == []
    assert len(sent(play)) == 1


def test_an_order_without_an_address_is_left_to_a_person(play: Play) -> None:
    play.world.order(contact="")
    arrive(play, mail())
    assert play.world.cases == [] and sent(play) == []
    assert "the order has none" in why(play)[0]


def test_an_unclear_mail_of_a_strangers_asks_nobody(play: Play, order: Order) -> None:
    arrive(play, mail("Can I cancel order #1001?", sender=STRANGER), source=STRANGER)
    assert play.world.cases == [] and sent(play) == []
    assert len(kept_cases(play)) == 1


# ---------------------------------------------------------------------------------------------- asking back


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Please cancel my order.", "names no order"),
        ("Please cancel order #1001 and #1002", "names several orders"),
        ("Please cancel order #7777.", "names an order that is not known"),
    ],
)
def test_a_wish_without_one_known_order_is_asked_back_once_and_answered_by_its_number(
    play: Play, order: Order, text: str, said: str
) -> None:
    play.world.order("1002", contact=CUSTOMER, works=[Work("w2", "north", {"L1": 2})])
    arrive(play, mail(text))
    assert nothing_was_asked_of_the_order(play)
    assert said in why(play)[0]
    (question,) = sent(play)
    assert (question.to, question.template) == (CUSTOMER, MailTemplate.WHICH_ORDER)
    assert not any(x in question.text + question.subject for x in ("1001", "1002", "7777"))
    assert play.world.the_exception.owner and play.world.the_exception.next_action and play.world.the_exception.deadline
    (done,) = arrive(play, answer_to(question, "It is 1001"))
    assert (done.how, play.world.case.order_ref) == ("opened", "1001")
    assert [x.template for x in sent(play)] == [MailTemplate.WHICH_ORDER, MailTemplate.RECEIVED]
    assert play.world.exceptions == []
    (was_kept,) = kept_cases(play)
    assert was_kept.closed and was_kept.exceptions
    assert all(x.resolved and x.resolved.fact.by == f"evidence:{done.case_id}" for x in was_kept.exceptions.values())


def test_an_answer_that_only_refers_to_the_first_mail_is_in_the_thread_too(play: Play, order: Order) -> None:
    arrive(play, mail("Please cancel my order."))
    again = mail("1001", "Re: Hello", message_id="<m-2@customer.example>", References="<m-1@customer.example>")
    (done,) = arrive(play, again)
    assert done.how == "opened"


def test_a_thread_is_asked_once_even_when_the_answer_does_not_help(play: Play, order: Order) -> None:
    play.world.order("1002", contact=CUSTOMER, works=[Work("w2", "north", {"L1": 2})])
    arrive(play, mail("Please cancel my order."))
    (question,) = sent(play)
    for n, text in enumerate(["the big one", "Please cancel my order, the big one", "#1001 and 1002"], 2):
        arrive(play, answer_to(question, text, n=n))
    assert len(sent(play)) == 1
    assert play.world.cases == []
    assert len(kept_cases(play)) == 4


def test_a_number_that_stands_alone_is_an_order_only_where_it_was_asked_for(play: Play, order: Order) -> None:
    arrive(play, mail("Please cancel my order. My number is 1001"))
    assert play.world.cases == []
    arrive(play, mail("1001", message_id="<m-3@customer.example>"))
    assert play.world.cases == []


def test_the_mail_that_led_to_the_question_does_not_answer_it_when_it_comes_again(play: Play, order: Order) -> None:
    raw = mail("Please cancel my order. Call me on 1001", References="<old@customer.example>")
    for _ in range(3):
        arrive(play, raw)
    assert play.world.cases == []
    assert len(sent(play)) == 1 and len(kept_cases(play)) == 1


def test_somebody_elses_number_in_an_answer_makes_no_wish(play: Play, order: Order) -> None:
    """A stranger who got the neutral question answers it with another's order."""
    arrive(play, mail("Please cancel my order.", sender=STRANGER), source=STRANGER)
    (question,) = sent(play)
    assert question.to == STRANGER
    arrive(play, answer_to(question, "#1001", STRANGER), source=STRANGER)
    assert play.world.cases == []
    assert len(sent(play)) == 1


@pytest.mark.parametrize("verdicts", [SILENT, FORGED])
def test_a_sender_who_is_not_proven_is_not_answered(play: Play, order: Order, verdicts: dict[str, str]) -> None:
    arrive(play, mail("Please cancel my order."), verdicts)
    assert sent(play) == []
    assert len(kept_cases(play)) == 1


def test_an_unclear_wish_about_a_known_order_is_asked_back_and_yes_makes_it(play: Play, order: Order) -> None:
    arrive(play, mail("Kann ich die Bestellung #1001 noch stornieren?"))
    (question,) = sent(play)
    assert (question.to, question.template) == (CUSTOMER, MailTemplate.WHOLE_ORDER)
    assert "antworten Sie" in question.text and "#1001" in question.text
    (done,) = arrive(play, answer_to(question, "Ja, bitte"))
    assert done.how == "opened"
    assert "angekommen" in sent(play)[-1].text


def test_an_answer_in_no_language_is_confirmed_in_that_of_the_question(play: Play, order: Order) -> None:
    arrive(play, mail("Bitte stornieren Sie meine Bestellung."))
    (question,) = sent(play)
    arrive(play, answer_to(question, "1001"))
    assert "angekommen" in sent(play)[-1].text


@pytest.mark.parametrize(
    "text", ["Please do not cancel order #1001", "Where is order #1001?", "New address for #1001", "Hi"]
)
def test_what_is_no_cancel_is_kept_for_a_person_and_not_answered(play: Play, order: Order, text: str) -> None:
    (done,) = arrive(play, mail(text))
    assert done.how == "kept"
    assert play.world.cases == [] and sent(play) == []
    assert play.world.the_exception.tier == "P3"


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<x>"}, {"X_Stopship": "1"}]
)
def test_a_machines_mail_is_neither_a_wish_nor_answered(play: Play, order: Order, headers: dict[str, str]) -> None:
    (done,) = arrive(play, mail(**headers))  # type: ignore[arg-type]
    assert done.how == "not_ours"
    assert play.world.cases == [] and kept_cases(play) == [] and sent(play) == []


def test_our_own_question_that_comes_back_is_not_answered(play: Play, order: Order) -> None:
    arrive(play, mail("Please cancel my order."))
    (question,) = sent(play)
    own = answer_to(question, "Yes", "cancel@acme.example", Auto_Submitted="auto-replied")
    arrive(play, own, source="cancel@acme.example")
    arrive(play, answer_to(question, "Out of office. Please cancel order #1001", n=5, Auto_Submitted="auto-replied"))
    assert play.world.cases == []
    assert len(sent(play)) == 1


def test_a_report_or_a_virus_is_shown_to_a_person(play: Play, order: Order) -> None:
    arrive(play, mails.sample("bounce_dsn"), source="")
    arrive(play, mail(), {**PROVEN, "virus": "FAIL"})
    assert play.world.cases == [] and sent(play) == []
    assert sorted(why(play)) == ["a mail: it reports what became of another mail", "a mail: the virus check says FAIL"]


# ---------------------------------------------------------------------------------------------- nothing personal, nothing lost


def test_no_address_subject_or_text_is_written_down(play: Play, order: Order) -> None:
    arrive(play, mail("Please cancel my order. Marie-Secret lives in Wonderland", "Topsecret subject"))
    (question,) = sent(play)
    arrive(play, answer_to(question, "#1001"))
    arrive(play, mail("Can I cancel #1001? Wonderland", sender=STRANGER, message_id="<m-7@x.example>"), source=STRANGER)
    stored = " ".join(str(x) for x in play.world.ledger.scan()).casefold()
    for word in (CUSTOMER, STRANGER, "customer.example", "wonderland", "topsecret", "secret", "m-1@"):
        assert word.casefold() not in stored


@pytest.mark.parametrize("trouble", [Trouble.REFUSE, Trouble.DOWN])
def test_mail_that_cannot_be_sent_stands_in_no_wishs_way(play: Play, order: Order, trouble: Trouble) -> None:
    play.world.faults.on("mail.send", trouble)
    if trouble is Trouble.DOWN:
        with pytest.raises(PartnerUnavailable):
            arrive(play, mail())
        play.world.later(120)
    assert arrive(play, mail())[0].how in ("opened", "repeated")
    answered = [x for x in _facts(play) if isinstance(x, MailAnswered)]
    assert [x.status for x in answered] == ["refused:no" if trouble is Trouble.REFUSE else "sent"]


def test_an_order_system_that_refuses_leaves_the_mail_to_a_person_and_one_that_is_away_is_asked_again(
    play: Play, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def contact(ref: str) -> str:
        asked.append(ref)
        return play.world.call("store.contact", lambda: CUSTOMER)

    monkeypatch.setattr(play.world.store, "contact", contact)
    play.world.faults.on("store.contact", Trouble.DOWN)
    play.world.faults.on("store.contact", Trouble.BROKEN)
    with pytest.raises(PartnerUnavailable):
        arrive(play, mail())
    assert kept_cases(play) == []
    (done,) = arrive(play, mail())
    assert done.how == "kept"
    assert "PartnerContractBroken" in why(play)[0]
    assert arrive(play, mail())[0].how == "repeated"
    assert play.world.cases == []


def _facts(play: Play) -> list[Any]:
    ledger = play.world.ledger
    return [r.event for h in ledger.cases(MERCHANT, limit=100).items for r in ledger.load(MERCHANT, h.case_id)]


@pytest.mark.parametrize("point", range(1, 26))
def test_a_process_that_dies_anywhere_asks_and_wishes_all_the_same(play: Play, order: Order, point: int) -> None:
    """A question or a receipt may be said once more than once, and nothing else is done twice."""
    play.world.faults.crash([point])
    arrive(play, mail("Please cancel my order."))
    question = sent(play)[0]
    arrive(play, answer_to(question, "1001"))
    play.world.sweep()
    facts = _facts(play)
    assert len([x for x in facts if isinstance(x, MailAnswerRequested)]) == 2
    assert len([x for x in facts if isinstance(x, MailAnswered)]) == 2
    assert len(play.world.case.requests) == 1
    assert len(kept_cases(play)) == 1
    assert len(sent(play)) <= 3
    assert play.outcome == Outcome.STOPPED


@given(
    raw=st.binary(max_size=400) | st.sampled_from(sorted(mails.EVENTS.glob("*.eml"))),
    cut=st.integers(0, 2000),
    more=st.binary(max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_whatever_comes_is_a_wish_a_question_or_kept_and_nothing_is_lost(raw: Any, cut: int, more: bytes) -> None:
    play = Play()
    captured(play.world.order(contact="mara.holt@gmail.example"))
    whole = raw if isinstance(raw, bytes) else raw.read_bytes()
    (done,) = arrive(play, whole[:cut] + more + whole[cut:])
    assert done.how in ("opened", "kept", "not_ours")
    assert len(play.world.evidence.kept) == 1
    assert len(kept_cases(play)) == (done.how == "kept")
    assert len(play.world.cases) == (done.how == "opened")
    assert play.violations() == []
