"""Sessions in memory, for tests."""

from stopship.domain.session import Session


class MemorySessions:
    """Implements ``ports.Sessions``."""

    def __init__(self) -> None:
        self.kept: dict[str, Session] = {}

    def load(self, key: str) -> Session | None:
        return self.kept.get(key)

    def save(self, session: Session) -> None:
        self.kept[session.key] = session

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)
