"""Reading a page as a browser does: the address it is at, its one form, and what has to be filled in."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

NAME = "Jo Miller"
QUANTITY = "quantity."


@dataclass
class Form(HTMLParser):
    """``fields`` by name: the attributes of each input."""

    url: str
    method: str = ""
    action: str = ""
    fields: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.method, self.action = told.get("method", "get").upper(), urljoin(self.url, told.get("action", ""))
        if tag == "input" and self.method:
            self.fields[told["name"]] = told

    def filled_in(self, habit: str, keeps: int) -> dict[str, str]:
        """As a person does who found what the habit says. A field that nobody told him of is left empty."""
        values: dict[str, str] = {}
        for name, told in self.fields.items():
            if told["type"] == "text":
                values[name] = NAME
            elif told["type"] == "number":
                values[name] = str(min(keeps, int(told["max"])))
            elif told["type"] == "checkbox" and ("required" in told or habit == "carrier"):
                values[name] = told["value"]
        return values


def form_of(url: str, html: str) -> Form:
    found = Form(url)
    found.feed(html)
    return found
