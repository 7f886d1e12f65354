"""Where the cases behind a figure are listed."""

from collections.abc import Mapping
from urllib.parse import urlencode

from stopship.domain.kpi.figure import Figure
from stopship.frozen import frozen


@frozen
class Links:
    """``base`` is the desk's address, "" for links within it. ``merchant`` "" for all."""

    base: str
    merchant: str

    def cases(self, figure: Figure, only: Mapping[str, str] | None = None) -> str:
        """The console's list of what the figure counted: its measure, its week, and the slice that it is of."""
        chosen = {
            k: v for k, v in {**figure.slice, **(only or {})}.items() if not (figure.kpi.priced and k == "currency")
        }
        asked = {"week": figure.week, **({"merchant": self.merchant} if self.merchant else {}), **chosen}
        return f"{self.base.rstrip('/')}/console/kpi/{figure.kpi.name}/cases?{urlencode(sorted(asked.items()))}"
