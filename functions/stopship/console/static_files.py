"""The pages' own files, each under a path that says what is in it, so that browsers keep it for good."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from stopship.console.answers import Answer
from stopship.domain.errors import NotFound
from stopship.frozen import frozen

FOLDER: Final = Path(__file__).parent / "static"
KINDS: Final = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
HTMX_VERSION: Final = "2.0.11"
HTMX_SHA256: Final = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
"""dist/htmx.min.js of the package htmx.org, as its registry ships it."""


@frozen
class StaticFile:
    name: str
    body: bytes

    @property
    def digest(self) -> str:
        return sha256(self.body).hexdigest()[:16]


@cache
def static_file(name: str) -> StaticFile:
    """Raises NotFound for anything but the files that are named here."""
    if name not in KINDS:
        raise NotFound(f"file {name}")
    return StaticFile(name, (FOLDER / name).read_bytes())


def address(name: str) -> str:
    return f"/console/static/{static_file(name).digest}/{name}"


def serve(digest: str, name: str) -> Answer:
    """An old digest gets the file as it is now, which no browser keeps: a page that was open during a deployment goes on."""
    found = static_file(name)
    keep = "public, max-age=31536000, immutable" if digest == found.digest else "no-store"
    return Answer(200, found.body, KINDS[name], {"cache-control": keep})
