"""A frozen class is what the standard decorator makes of it, in all that the desk relies on."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from stopship.frozen import frozen


@frozen
class Piece:
    name: str
    count: int = 1
    marks: list[str] = field(default_factory=list)
    secret: str = field(default="", repr=False)
    seen: str = field(default="", compare=False)


@frozen
class Twin(Piece):
    """Adds one field."""

    twin_of: str = ""


@frozen
class Checked:
    parts: tuple[Piece, ...] = ()
    size: int = field(init=False, default=0)
    log: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", len(self.parts))


@frozen
class One:
    value: str


@frozen
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class StandardPiece:
    name: str
    count: int = 1
    marks: list[str] = field(default_factory=list)
    secret: str = field(default="", repr=False)
    seen: str = field(default="", compare=False)


def test_equal_fields_of_the_same_class_are_equal() -> None:
    assert Piece("a", 2) == Piece("a", 2)
    assert Piece("a", 2) != Piece("a", 3)
    assert Piece("a") != Twin("a")
    assert Piece("a") != "a"
    assert One("a") == One("a") != One("b")
    assert Nothing() == Nothing()


def test_a_field_that_does_not_count_does_not_count() -> None:
    assert Piece("a", seen="now") == Piece("a", seen="then")
    assert hash(One("a")) == hash(One("a"))


def test_equal_ones_are_one_key() -> None:
    assert len({One("a"), One("a"), One("b"), Nothing(), Nothing()}) == 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(Piece("a"))


def test_it_shows_as_the_standard_one_and_keeps_secrets() -> None:
    shown = repr(Piece("a", 2, ["x"], secret="hush"))
    assert shown == repr(StandardPiece("a", 2, ["x"], secret="hush")).removeprefix("Standard")
    assert "hush" not in shown
    assert repr(Twin("b", twin_of="a")) == "Twin(name='b', count=1, marks=[], seen='', twin_of='a')"


@pytest.mark.parametrize("one", [Piece("a"), Twin("a"), One("a")])
def test_nothing_of_it_changes(one: Any) -> None:
    before = repr(one)
    with pytest.raises(FrozenInstanceError):
        one.name = "b"
    with pytest.raises(FrozenInstanceError):
        one.other = "b"
    with pytest.raises(FrozenInstanceError):
        del one.name
    assert repr(one) == before


def test_each_has_a_list_of_its_own() -> None:
    assert Piece("a").marks is not Piece("a").marks
    assert Piece("a", marks=["x"]).marks == ["x"]
    assert Checked().log is not Checked().log


def test_arguments_are_those_of_the_fields() -> None:
    made: Any = Piece
    for wrong in (made, lambda: made("a", 1, [], "", "", "more"), lambda: made("a", colour="red")):
        with pytest.raises(TypeError, match=r"Piece.__init__\(\)"):
            wrong()
    other: Any = Checked
    with pytest.raises(TypeError):
        other(size=3)


def test_what_follows_from_fields_is_set_after_them() -> None:
    assert Checked((Piece("a"), Piece("b"))).size == 2


def test_it_is_a_dataclass_for_whoever_asks() -> None:
    one = Twin("b", 2, ["x"], twin_of="a")
    assert [x.name for x in fields(one)] == ["name", "count", "marks", "secret", "seen", "twin_of"]
    assert replace(one, count=3) == Twin("b", 3, ["x"], twin_of="a")
    assert asdict(Checked((Piece("a"),))) == {"parts": (asdict(Piece("a")),), "size": 1, "log": []}
    match one:
        case Twin(name, count):
            assert (name, count) == ("b", 2)


@pytest.mark.parametrize("one", [Piece("a", 2, ["x"]), Twin("b", twin_of="a"), Checked((Piece("a"),)), Nothing()])
def test_a_copy_is_equal(one: object) -> None:
    assert copy.copy(one) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one


def test_it_takes_no_more_memory_than_its_fields() -> None:
    assert not hasattr(Piece("a"), "__dict__")
    assert not hasattr(Twin("a"), "__dict__")


def test_a_class_keeps_the_methods_that_it_has() -> None:
    @frozen
    class Loud:
        name: str

        def __repr__(self) -> str:
            return self.name.upper()

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Loud) and other.name.upper() == self.name.upper()

        def __hash__(self) -> int:
            return hash(self.name.upper())

    assert repr(Loud("a")) == "A"
    assert Loud("a") == Loud("A")
    assert len({Loud("a"), Loud("A")}) == 1


def test_fields_by_keyword_alone_are_refused_where_they_are_written() -> None:
    with pytest.raises(TypeError, match="no keyword-only fields here, but name"):

        @frozen
        class Wrong:
            name: str = field(kw_only=True)
