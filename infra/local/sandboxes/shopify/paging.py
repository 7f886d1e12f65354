"""Lists as GraphQL shows them: pages with a cursor, and plain lists that are cut short."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

PAGE_MAXIMUM = 250

type View = Mapping[str, Any]
type Resolver = Callable[..., Any]


def connection(items: Sequence[Any], show: Callable[[Any], View]) -> Resolver:
    """A page of ``items`` by first and after. The cursor is a place in the list."""

    def resolve(_: Any, first: int | None = None, after: str | None = None) -> View:
        if first is None or not 0 < first <= PAGE_MAXIMUM:
            raise GraphQLError(f"first must be between 1 and {PAGE_MAXIMUM}", extensions={"code": "BAD_USER_INPUT"})
        start = _place(after)
        page = items[start : start + first]
        end = start + len(page)
        info = {"hasNextPage": end < len(items), "endCursor": f"place-{end}" if page else None}
        return {"nodes": [show(item) for item in page], "pageInfo": info}

    return resolve


def _place(after: str | None) -> int:
    text = (after or "place-0").removeprefix("place-")
    if not text.isdecimal():
        raise GraphQLError("Invalid cursor for current pagination sort.", extensions={"code": "BAD_USER_INPUT"})
    return int(text)


def listed(items: Sequence[Any], show: Callable[[Any], View]) -> Resolver:
    """A plain list that ``first`` cuts short, as some of Shopify's are: no next page."""
    return lambda _, first=None: [show(item) for item in items[:first]]
