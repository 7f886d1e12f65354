"""The machine's clock."""

from datetime import UTC, datetime

from stopship.domain.instant import text


class SystemClock:
    def now(self) -> str:
        return text(datetime.now(UTC))
