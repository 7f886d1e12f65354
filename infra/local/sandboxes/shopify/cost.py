"""What a query costs and how much of it a shop lets an app spend (shopify.dev, "API limits": a leaky bucket of points).

The price list: scalars and enums 0, an object 1, a mutation 10, a connection by its size. How a size counts is not published; a
measured query of 250 variants with one object each costs 25, which the logarithm below meets.
"""

import math
import time
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
)
from graphql.utilities import value_from_ast_untyped

MUTATION_POINTS = 10
MAXIMUM_QUERY = 1000
# Shopify Plus: 1,000 points a second.
BUCKET_POINTS = 20_000.0
RESTORE_RATE = 1_000.0


def requested(schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> int:
    """The most that the document can cost, told before it runs."""
    root = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    start = schema.get_root_type(root.operation)
    flat = MUTATION_POINTS if root.operation.value == "mutation" else 0
    return _selected(schema, start, root.selection_set, variables, flat)


def _selected(
    schema: GraphQLSchema, parent: Any, chosen: SelectionSetNode | None, told: dict[str, Any], flat: int
) -> int:
    total = 0
    for node in chosen.selections if chosen else ():
        if isinstance(node, InlineFragmentNode):
            inside = schema.type_map[node.type_condition.name.value] if node.type_condition else parent
            total += _selected(schema, inside, node.selection_set, told, 0)
        elif isinstance(node, FieldNode):
            total += flat + _field(schema, parent, node, told)
        elif isinstance(node, FragmentSpreadNode):
            raise ValueError("named fragments are not priced here")
    return total


def _field(schema: GraphQLSchema, parent: Any, node: FieldNode, told: dict[str, Any]) -> int:
    definition = parent.fields.get(node.name.value)
    kind = get_named_type(definition.type) if definition else None
    if not is_composite_type(kind):
        return 0
    assert isinstance(kind, GraphQLObjectType) or kind is not None
    inside = _selected(schema, kind, node.selection_set, told, 0)
    size = next((value_from_ast_untyped(a.value, told) for a in node.arguments if a.name.value == "first"), None)
    free = kind.name.endswith("Connection") or kind.name in ("PageInfo",) or parent.name == "Mutation"
    own = 0 if free else 1
    return _counted(size) * max(inside, 1) if size else own + inside


def _counted(size: int) -> int:
    return max(1, math.ceil(2 * math.log(size)))


def actual(data: Any, *, mutation: bool) -> int:
    """What the answer really held."""
    return (MUTATION_POINTS if mutation else 0) + max(0, _objects(data) - 1)


def _objects(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(_objects(x) for x in value.values())
    return sum(_objects(x) for x in value) if isinstance(value, list) else 0


@dataclass(slots=True)
class Bucket:
    """Points of one app in one shop; it fills up again with time."""

    spent: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def available(self, maximum: float, rate: float) -> float:
        passed, self.at = time.monotonic() - self.at, time.monotonic()
        self.spent = max(0.0, self.spent - passed * rate)
        return maximum - self.spent

    def spend(self, points: float) -> None:
        self.spent += points


def extension(asked: int, spent: int | None, maximum: float, available: float, rate: float) -> dict[str, Any]:
    status = {"maximumAvailable": maximum, "currentlyAvailable": round(available, 1), "restoreRate": rate}
    return {"cost": {"requestedQueryCost": asked, "actualQueryCost": spent, "throttleStatus": status}}
