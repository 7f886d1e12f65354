"""What Zendesk keeps for one account: tickets with fields, tags and comments."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

AGENT, CUSTOMER = 1001, 2002


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Comment:
    comment_id: int
    body: str
    public: bool
    author_id: int
    created_at: str

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.comment_id,
            "type": "Comment",
            "body": self.body,
            "plain_body": self.body,
            "public": self.public,
            "author_id": self.author_id,
            "created_at": self.created_at,
            "attachments": [],
        }


@dataclass(slots=True)
class Ticket:
    """``fields`` by field id, as text: a key of JSON is text."""

    ticket_id: str
    fields: dict[str, str] = field(default_factory=dict)
    form_id: int = 0
    tags: list[str] = field(default_factory=list)
    status: str = "open"
    description: str = "Please help."
    created_at: str = field(default_factory=now)
    comments: list[Comment] = field(default_factory=list)

    def say(self, body: str, author_id: int, *, public: bool) -> Comment:
        comment = Comment(9000 + len(self.comments), body, public, author_id, now())
        self.comments.append(comment)
        return comment

    def as_json(self) -> dict[str, Any]:
        form = {"ticket_form_id": self.form_id} if self.form_id else {}
        return {
            "id": int(self.ticket_id),
            "subject": "Cancel",
            "description": self.description,
            "status": self.status,
            "requester_id": CUSTOMER,
            "submitter_id": CUSTOMER,
            "created_at": self.created_at,
            "updated_at": now(),
            "tags": self.tags,
            "custom_fields": [{"id": int(name), "value": value} for name, value in self.fields.items()],
            "via": {"channel": "web"},
            **form,
        }


def ticket_from(raw: dict[str, Any]) -> Ticket:
    return Ticket(**{**raw, "comments": [Comment(**comment) for comment in raw.get("comments", [])]})
