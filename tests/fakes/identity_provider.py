"""An identity provider in memory: people with passwords and groups, and the challenges that a real one puts."""

from dataclasses import dataclass, field
from itertools import count

from stopship.application.ports import Challenge, ChallengeKind, SignedIn
from stopship.domain.errors import InvalidInput, NotAuthentic

CODE = "123456"
PASSWORD = "Correct-horse-9"


@dataclass
class Person:
    groups: frozenset[str]
    password: str = PASSWORD
    first_time: bool = False
    """The password was given by an administrator."""
    app: bool = False
    """Has an authenticator app."""
    must_enroll: bool = False
    locked: bool = False


@dataclass
class FakePeople:
    """Implements ``ports.People``. ``asked`` counts the questions about groups."""

    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    challenges: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    seconds: float = 3600
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def add(self, name: str, *groups: str, **more: object) -> Person:
        self.people[name] = Person(frozenset(groups), **more)  # type: ignore[arg-type]
        return self.people[name]

    def sign_in(self, name: str, password: str) -> SignedIn | Challenge:
        person = self.people.get(name)
        if person is None or person.locked or person.password != password:
            raise NotAuthentic
        return self._next(name, person)

    def answer(self, challenge: Challenge, word: str) -> SignedIn | Challenge:
        if self.challenges.pop(challenge.reference, "") != challenge.name:
            raise NotAuthentic
        person = self.people[challenge.name]
        if challenge.kind is ChallengeKind.CHOOSE:
            if len(word) < 12:
                self.challenges[challenge.reference] = challenge.name
                raise InvalidInput("new password", "is too weak", "twelve characters or more")
            person.password, person.first_time = word, False
            return self._next(challenge.name, person)
        if word != CODE:
            raise NotAuthentic
        person.app = True
        return self._signed_in(challenge.name, person)

    def refresh(self, refresh_token: str) -> SignedIn:
        self.asked += 1
        name = self.tokens.get(refresh_token, "")
        person = self.people.get(name)
        if person is None or person.locked:
            raise NotAuthentic
        return SignedIn(f"id-of-{name}", person.groups, self.seconds)

    def sign_out(self, refresh_token: str) -> None:
        self.tokens.pop(refresh_token, None)

    def _next(self, name: str, person: Person) -> SignedIn | Challenge:
        if person.first_time:
            return self._challenge(ChallengeKind.CHOOSE, name)
        if person.must_enroll and not person.app:
            return self._challenge(ChallengeKind.ENROLL, name, "JBSWY3DPEHPK3PXP")
        return self._challenge(ChallengeKind.CODE, name) if person.app else self._signed_in(name, person)

    def _challenge(self, kind: ChallengeKind, name: str, secret: str = "") -> Challenge:
        reference = f"challenge-{next(self._numbers)}"
        self.challenges[reference] = name
        return Challenge(kind, name, reference, secret)

    def _signed_in(self, name: str, person: Person) -> SignedIn:
        token = f"refresh-{next(self._numbers)}"
        self.tokens[token] = name
        return SignedIn(f"id-of-{name}", person.groups, self.seconds, token)
