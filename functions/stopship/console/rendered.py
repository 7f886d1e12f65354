"""Templates. Everything is escaped, and a name that is not there is an error, never a blank."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stopship.console import spoken
from stopship.console.static_files import address

if TYPE_CHECKING:
    import jinja2

FOLDER = Path(__file__).parent / "templates"


@cache
def environment() -> "jinja2.Environment":
    """Loaded by the first page, not by a function that starts."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["static"] = address
    made.filters.update(
        moment=spoken.moment,
        day=spoken.day,
        words=spoken.words,
        short=spoken.short,
        money=spoken.money,
        lasting=spoken.lasting,
    )
    return made


def rendered(template: str, **values: Any) -> str:
    return environment().get_template(template).render(**values)
