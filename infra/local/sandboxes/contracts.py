"""Where the partners' own contracts lie. They are reference material beside the repository, and never a part of it."""

import os
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[3]


def contracts() -> Path:
    """The folder, which need not be there: the environment's STOPSHIP_CONTRACTS, or the one beside the repository."""
    told = os.environ.get("STOPSHIP_CONTRACTS")
    return Path(told) if told else REPOSITORY.parent / "shared" / "contracts"
