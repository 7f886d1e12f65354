"""The two schemas: our own, which answers; and the vendor's, which every document must fit as well where it is at hand."""

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_client_schema,
    build_schema,
    parse,
    validate,
)

from infra.local.sandboxes.contracts import contracts

OWN: Final = Path(__file__).with_name("schema.graphql")
FREE: Final = frozenset({"pageInfo", "edges", "data"})
CONTRACT: Final = "shiphero/introspection.json.gz"


@cache
def own() -> GraphQLSchema:
    return build_schema(OWN.read_text())


@cache
def vendor() -> GraphQLSchema | None:
    """ShipHero's own schema, None when it is not at hand."""
    path = contracts() / CONTRACT
    if not path.exists():
        return None
    told = json.loads(gzip.decompress(path.read_bytes()))
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


def operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))


def roots(document: DocumentNode) -> list[str]:
    """The names of the fields that the document asks for at the top."""
    return [x.name.value for x in operation(document).selection_set.selections if isinstance(x, FieldNode)]


def complexity(document: DocumentNode) -> int:
    """Credits, as far as it is published: an object costs one, times the size of the pages around it."""
    fragments = {x.name.value: x.selection_set for x in document.definitions if isinstance(x, FragmentDefinitionNode)}
    return _cost(operation(document).selection_set, fragments)


def _cost(chosen: SelectionSetNode, fragments: dict[str, SelectionSetNode]) -> int:
    total = 0
    for node in chosen.selections:
        if isinstance(node, FragmentSpreadNode):
            total += _cost(fragments[node.name.value], fragments)
        elif isinstance(node, FieldNode) and node.selection_set:
            own = 0 if node.name.value in FREE else 1
            total += _page(node) * (own + _cost(node.selection_set, fragments))
    return total


def _page(node: FieldNode) -> int:
    sizes = [x.value for x in node.arguments if x.name.value in ("first", "last")]
    return next((int(size.value) for size in sizes if isinstance(size, IntValueNode)), 1)
