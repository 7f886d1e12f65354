"""The two schemas: our own, which answers; and the vendor's, which every document must fit as well where it is at hand.

The vendor's is read when the first document comes (0.4 s), never at the start, and each document is checked once.
"""

import gzip
import json
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    build_client_schema,
    build_schema,
    parse,
    validate,
)

from infra.local.sandboxes.contracts import contracts
from stopship.adapters.shopify.connection import API_VERSION

OWN = Path(__file__).with_name("schema.graphql")
CONTRACT = f"shopify/admin-graphql/admin_{API_VERSION}.json.gz"


@cache
def own() -> GraphQLSchema:
    schema = build_schema(OWN.read_text())
    money = schema.type_map["Money"]
    assert isinstance(money, GraphQLScalarType)
    money.parse_value = _money  # type: ignore[method-assign]
    return schema


def _money(value: Any) -> str:
    try:
        finite = isinstance(value, str) and Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise GraphQLError("Money is decimal text.")
    return str(value)


@cache
def vendor() -> GraphQLSchema | None:
    """Shopify's own schema, None when it is not at hand."""
    path = contracts() / CONTRACT
    if not path.exists():
        return None
    told = json.loads(gzip.decompress(path.read_bytes()))
    # graphql-core finds fault with the published schema itself, which is not ours to judge.
    return build_client_schema(told.get("data", told), assume_valid=True)


@cache
def checked(query: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """The document, and why it cannot run."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, (error,)
    theirs = vendor()
    found = validate(theirs, document) if theirs else []
    return document, tuple(found or validate(own(), document))
