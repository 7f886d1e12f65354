"""The orders of a shop by a search (shopify.dev, "API search syntax"): fields with a value, in quotes or bare, joined by AND, OR and brackets."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError

from infra.local.sandboxes.shopify.paging import Resolver, connection
from infra.local.sandboxes.shopify.shop import Shop
from infra.local.sandboxes.shopify.state import Order
from stopship.domain import instant

_TOKEN = re.compile(r"""\s*(?:([()])|(AND|OR)\b|([a-z_]+):(<=|>=|<|>)?(?:'([^']*)'|"([^"]*)"|([^\s()'"]+)))""")

type Fits = Callable[[Order], bool]


def orders(shop: Shop, query: str, sort_key: str, show: Callable[[Order], Mapping[str, Any]]) -> Resolver:
    """By the moment they were made, whichever of the two keys is asked for."""
    fits = _parsed(query)
    found = [x for x in shop.orders.values() if fits(x)]
    if sort_key:
        found.sort(key=lambda x: (instant.normal(x.created_at), x.order_ref))
    return connection(found, show)


def _parsed(query: str) -> Fits:
    tokens, rest = [], query.rstrip()
    while rest:
        token = _TOKEN.match(rest)
        if token is None:
            raise GraphQLError(f"Invalid search query at {rest[:20]!r}.", extensions={"code": "BAD_USER_INPUT"})
        tokens.append(token)
        rest = rest[token.end() :]
    return _all_of(tokens) if tokens else lambda _: True


def _all_of(tokens: list[re.Match[str]]) -> Fits:
    """Consumes tokens to the end or to a closing bracket. OR joins what stands beside it; everything else is AND."""
    groups: list[list[Fits]] = []
    joining = False
    while tokens:
        token = tokens.pop(0)
        if token[1] == ")":
            break
        if token[2]:
            joining = token[2] == "OR"
            continue
        one = _all_of(tokens) if token[1] == "(" else _term(token)
        if joining and groups:
            groups[-1].append(one)
        else:
            groups.append([one])
        joining = False
    return lambda order: all(any(fits(order) for fits in group) for group in groups)


def _term(token: re.Match[str]) -> Fits:
    name, how, value = token[3], token[4] or "", next(x for x in (token[5], token[6], token[7]) if x is not None)
    match name:
        case "name":
            # A search is no comparison: what only begins with the name is found as well, and "#" is no part of it.
            wanted = value.lstrip("#").casefold()
            return lambda x: x.name.lstrip("#").casefold().startswith(wanted)
        case "financial_status":
            return lambda x: x.financial_status.lower() == value
        case "status" if value == "open":
            return lambda x: not x.cancelled_at
        case "created_at":
            limit = instant.normal(value)
            compare: Mapping[str, Callable[[str], bool]] = {
                "<=": lambda at: at <= limit,
                ">=": lambda at: at >= limit,
                "<": lambda at: at < limit,
                ">": lambda at: at > limit,
                "": lambda at: at == limit,
            }
            return lambda x: compare[how](instant.normal(x.created_at))
        case _:
            raise GraphQLError(f"The search field {name} is not known here.", extensions={"code": "BAD_USER_INPUT"})
