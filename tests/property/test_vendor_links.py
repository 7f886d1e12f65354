"""Whatever opens a vendor's links, and whatever is sent to links that the desk has not written, changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopship.adapters.email_vendor.links import Answer, Link, prove, read, write
from stopship.domain.errors import NotAuthentic
from tests.fakes.one_thread import use_one_thread
from tests.fakes.vendor import SECRET, Habit, Vendor
from tests.statemachines.play import Play
from tests.statemachines.test_vendors import settle_in
from tests.unit.handlers.vendor_request import call

READING = ("GET", "HEAD", "OPTIONS", "PROPFIND")
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
FORM = {"actor": "Jo", "confirm": "yes", "quantity.L1": "1"}
DEADLINE = "2026-03-02T09:15:00.000000Z"

texts = st.text(max_size=60)
ids = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)
forms = st.one_of(st.just(FORM), st.dictionaries(texts, texts, max_size=4))


@dataclass
class Asked:
    """A vendor who was asked and has not answered yet."""

    play: Play
    vendor: Vendor

    @property
    def tokens(self) -> list[str]:
        return list(self.vendor.mails[0].tokens.values())

    def state(self) -> tuple[object, ...]:
        """Everything that a request could change."""
        world = self.play.world
        return list(world.ledger.scan()), dict(world.evidence.kept), len(world.effects), world.agenda.busy


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    with pytest.MonkeyPatch.context() as patch:
        use_one_thread(patch)
        play = Play()
        vendor = settle_in(play, patch)
        vendor.habit = Habit.SILENT
        play.world.ask()
        play.world.later(30)
        yield Asked(play, vendor)


@st.composite
def forged(draw: st.DrawFn, tokens: list[str]) -> str:
    """A real link with something else in it, or something else altogether."""
    token = draw(st.sampled_from(tokens))
    door, _, expires, signature = token.split(".")
    made = draw(
        st.one_of(
            texts,
            st.just(door),
            st.builds(lambda at, x: token[:at] + x + token[at + 1 :], st.integers(0, len(token)), st.text(max_size=2)),
            st.builds(lambda a, e, s: ".".join((door, a, e, s)), texts, texts, texts),
            st.builds(lambda a, e: f"{door}.{a}.{e}.{signature}", st.sampled_from(Answer), st.integers(0, 10**11)),
            st.builds(lambda a, s: write("acme", door, a, DEADLINE, s), st.sampled_from(Answer), texts),
            st.builds(lambda m, a: write(m, door, a, DEADLINE, SECRET), ids, st.sampled_from(Answer)),
            st.builds(lambda d, a: write("acme", d, a, DEADLINE, SECRET), ids, st.sampled_from(Answer)),
            st.just(f"{door}.stopped.{expires}.{signature[::-1]}"),
        )
    )
    return "" if made in tokens else made


@given(data=st.data())
def test_any_sequence_of_requests_with_forged_links_and_of_mere_reads_changes_nothing(
    asked: Asked, data: st.DataObject
) -> None:
    before = asked.state()
    for _ in range(data.draw(st.integers(1, 6))):
        reads = data.draw(st.booleans())
        token = data.draw(st.sampled_from(asked.tokens) if reads else forged(asked.tokens))
        method = data.draw(st.sampled_from(READING if reads else METHODS))
        form: Mapping[str, str] = data.draw(forms)
        answer = call(method, token, form, query=data.draw(st.sampled_from([None, FORM])))
        assert answer["statusCode"] in ((200, 405) if reads else (404,))
    assert asked.state() == before


@given(form=st.dictionaries(st.sampled_from([*FORM, "handed_over", "x"]), texts, max_size=4), data=st.data())
def test_a_form_without_a_name_and_a_tick_answers_nothing(
    asked: Asked, form: dict[str, str], data: st.DataObject
) -> None:
    before, token = asked.state(), data.draw(st.sampled_from(asked.tokens))
    form.pop(data.draw(st.sampled_from(["actor", "confirm"])), "")
    assert call("POST", token, form)["statusCode"] == 400
    assert asked.state() == before


@given(merchant=ids, door=ids, answer=st.sampled_from(Answer), secret=texts, other=texts)
def test_a_link_proves_itself_under_its_own_secret_only(
    merchant: str, door: str, answer: Answer, secret: str, other: str
) -> None:
    link = read(write(merchant, door, answer, DEADLINE, secret))
    assert (link.callback_id, link.answer) == (door, answer)
    prove(link, merchant, [other, secret])
    wrong = [] if other == secret else [(link, merchant, [other])]
    changed = [Link(door, a, link.expires, link.signature) for a in Answer if a is not answer]
    later = Link(door, answer, link.expires + 1, link.signature)
    for case in [
        *wrong,
        (link, merchant + "x", [secret]),
        (link, merchant, []),
        *((x, merchant, [secret]) for x in (*changed, later)),
    ]:
        with pytest.raises(NotAuthentic):
            prove(*case)
