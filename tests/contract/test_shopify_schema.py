"""Every GraphQL document of the product against Shopify's own schema, and the sandbox's schema as a part of it."""

import copy
import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import (
    DirectiveLocation,
    GraphQLDirective,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    build_client_schema,
    build_schema,
    is_required_argument,
    is_required_input_field,
    is_specified_directive,
    parse,
    validate,
)
from graphql.language import FieldNode, Visitor, visit
from graphql.utilities import TypeInfo, TypeInfoVisitor

from infra.local.sandboxes.contracts import contracts
from infra.local.sandboxes.process import Sandboxes
from infra.local.sandboxes.shopify import cost, schema
from stopship.adapters.shopify import check, documents
from stopship.adapters.shopify.client import ShopifyClient
from stopship.adapters.shopify.connection import ShopifyConnection
from stopship.adapters.shopify.order_system import ShopifyOrderSystem
from stopship.adapters.shopify.scopes import SCOPES, with_reading
from stopship.application.ports import CancelCommand, CancelState
from stopship.domain.errors import PartnerContractBroken

LEAST_DOCUMENTS = 25
DOCUMENTS = pytest.mark.parametrize("name", sorted(documents.ALL))


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """Shopify's introspection, as published."""
    path = contracts() / schema.CONTRACT
    if not path.exists():
        pytest.skip(
            "Shopify's schema is not at hand: set STOPSHIP_CONTRACTS to the folder with the partners' contracts"
        )
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return found.get("data", found)


@pytest.fixture(scope="module")
def vendor(told: dict[str, Any]) -> GraphQLSchema:
    return build_client_schema(told, assume_valid=True)  # type: ignore[arg-type]


def problems(found: GraphQLSchema, name: str) -> list[str]:
    return [error.message for error in validate(found, parse(documents.ALL[name]))]


# ---------------------------------------------------------------------------------------------- scopes


@pytest.fixture(scope="module")
def openers(vendor: GraphQLSchema) -> dict[str, set[str]]:
    """Each topic that a merchant subscribes to, and the scopes any one of which opens it, in Shopify's own words."""
    told = vendor.type_map["WebhookSubscriptionTopic"].values  # type: ignore[attr-defined]
    words = {name: (told[name].description or "").partition("Requires")[2] for name in check.TOPICS}
    return {name: set(re.findall(r"(?:read|write)_[a-z_]+", text)) for name, text in words.items()}


def test_our_scopes_open_every_topic_that_is_subscribed_to(
    openers: dict[str, set[str]], record_property: Callable[[str, object], None]
) -> None:
    given = with_reading(SCOPES)
    record_property("checked", f"the scopes of {len(openers)} webhook topics against Shopify's own words")
    assert {name for name, scopes in openers.items() if not scopes} == set()
    assert {name for name, scopes in openers.items() if not scopes & given} == set()


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_scope_says_which_topics_are_closed_without_it(openers: dict[str, set[str]], scope: str) -> None:
    left = with_reading(set(SCOPES) - {scope})
    assert {name for name, scopes in openers.items() if not scopes & left} == set(SCOPES[scope].topics)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_what_a_scope_is_for_is_used(vendor: GraphQLSchema, scope: str) -> None:
    """A scope that no document and no topic needs would be asked for in vain."""
    row = SCOPES[scope]
    assert row.topics or row.needs
    assert set(row.needs) <= used(vendor)


def used(vendor: GraphQLSchema) -> set[str]:
    """Every type whose fields a document selects, and every field of a query's or mutation's top level."""
    found: set[str] = set()
    for text in (*documents.ALL.values(), check.PLACES):
        info = TypeInfo(vendor)

        class Names(Visitor):
            def enter_field(self, node: FieldNode, *_: Any, info: TypeInfo = info) -> None:
                parent = info.get_parent_type()
                found.update((parent.name if parent else "", node.name.value))

        visit(parse(text), TypeInfoVisitor(info, Names()))
    return found


# ---------------------------------------------------------------------------------------------- documents


def test_all_documents_fit_shopifys_schema(
    vendor: GraphQLSchema, record_property: Callable[[str, object], None]
) -> None:
    found = {name: problems(vendor, name) for name in documents.ALL}
    record_property("checked", f"{len(found)} documents against {len(vendor.type_map)} types of Shopify's schema")
    assert len(found) >= LEAST_DOCUMENTS
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@DOCUMENTS
def test_a_document_fits_the_sandboxs_schema(name: str) -> None:
    assert problems(schema.own(), name) == []


@DOCUMENTS
def test_a_document_costs_less_than_one_query_may(name: str) -> None:
    points = cost.requested(schema.own(), parse(documents.ALL[name]), {})
    assert 0 < points < cost.MAXIMUM_QUERY


@pytest.mark.parametrize(
    ("kind", "field", "document"),
    [
        ("Order", "cancelledAt", "ORDER"),
        ("Mutation", "orderCancel", "CANCEL"),
        ("FulfillmentHold", "handle", "HOLDS"),
        ("OrderTransaction", "authorizationExpiresAt", "PAYMENTS"),
    ],
)
def test_a_renamed_field_of_shopifys_is_noticed(told: dict[str, Any], kind: str, field: str, document: str) -> None:
    changed = copy.deepcopy(told)
    owner = next(x for x in changed["__schema"]["types"] if x["name"] == kind)
    next(x for x in owner["fields"] if x["name"] == field)["name"] = f"{field}Renamed"
    theirs = build_client_schema(changed, assume_valid=True)  # type: ignore[arg-type]
    assert any(f"'{field}'" in problem for problem in problems(theirs, document))
    assert f"{kind}.{field} is not in the vendor's" in differences(schema.own(), theirs)


# ---------------------------------------------------------------------------------------------- our schema in theirs


def differences(ours: GraphQLSchema, theirs: GraphQLSchema) -> list[str]:
    """Where ours is no part of theirs. Empty: whatever fits ours fits theirs, and answers have the same form."""
    found: list[str] = []
    for name, one in ours.type_map.items():
        other = theirs.type_map.get(name)
        if name.startswith("__"):
            continue
        if type(one) is not type(other):
            found.append(f"{name} is not in the vendor's")
        elif not isinstance(one, GraphQLScalarType):
            found += _inside(one, other)
    return found + [f"@{x.name} is not the vendor's" for x in ours.directives if not _same(x, theirs)]


def _same(directive: GraphQLDirective, theirs: GraphQLSchema) -> bool:
    other = theirs.get_directive(directive.name)
    if is_specified_directive(directive):
        return True
    return other is not None and (_form(directive) == _form(other))


def _form(directive: GraphQLDirective) -> tuple[dict[str, str], set[DirectiveLocation]]:
    return {name: str(one.type) for name, one in directive.args.items()}, set(directive.locations)


def _inside(one: Any, other: Any) -> Iterator[str]:
    if isinstance(one, GraphQLEnumType):
        yield from (f"{one.name}.{value} is not in the vendor's" for value in one.values if value not in other.values)
    elif isinstance(one, GraphQLInputObjectType):
        yield from _members(one.name, one.fields, other.fields)
        missing = [n for n, f in other.fields.items() if is_required_input_field(f) and n not in one.fields]
        yield from (f"{one.name}.{name} is required by the vendor" for name in missing)
    elif isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
        interfaces = {x.name for x in one.interfaces} - {x.name for x in other.interfaces}
        yield from (f"{one.name} is no {name}" for name in interfaces)
        yield from _members(one.name, one.fields, other.fields)
        for name, field in one.fields.items():
            if name in other.fields:
                yield from _arguments(f"{one.name}.{name}", field, other.fields[name])


def _arguments(place: str, field: Any, other: Any) -> Iterator[str]:
    yield from _members(place, field.args, other.args)
    missing = [n for n, a in other.args.items() if is_required_argument(a) and n not in field.args]
    yield from (f"{place}({name}) is required by the vendor" for name in missing)


def _members(place: str, mine: Any, theirs: Any) -> Iterator[str]:
    for name, member in mine.items():
        other = theirs.get(name)
        if other is None:
            yield f"{place}.{name} is not in the vendor's"
        elif str(member.type) != str(other.type):
            yield f"{place}.{name} is {member.type}, the vendor's {other.type}"
        elif getattr(member, "default_value", Undefined) != getattr(other, "default_value", Undefined):
            yield f"{place}.{name} has another default"


def test_our_schema_is_a_part_of_shopifys(
    vendor: GraphQLSchema, record_property: Callable[[str, object], None]
) -> None:
    ours = schema.own()
    members = sum(len(getattr(one, "fields", ())) for name, one in ours.type_map.items() if not name.startswith("__"))
    record_property("checked", f"{len(ours.type_map)} types and {members} fields of our schema against Shopify's")
    assert differences(ours, vendor) == []


@pytest.mark.parametrize(
    ("was", "becomes", "expected"),
    [
        ("cancelledAt: DateTime\n", "canceledAt: DateTime\n", "Order.canceledAt is not in the vendor's"),
        ("email: String\n", "email: String!\n", "Order.email is String!, the vendor's String"),
        (
            "handle: String\n  held",
            "handle: [String]\n  held",
            "FulfillmentHold.handle is [String], the vendor's String",
        ),
        ("orderCancel(notifyCustomer", "orderCancel(tellCustomer", "Mutation.orderCancel.tellCustomer is not in the"),
        ("reason: OrderCancelReason!, ", "", "Mutation.orderCancel(reason) is required by the vendor"),
        ("  DECLINED\n", "  DENIED\n", "DENIED is not in the vendor's"),
        ("  parentId: ID\n", "  parentId: ID!\n", "OrderTransactionInput.parentId is ID!, the vendor's ID"),
        ("  gateway: String!\n", "", "OrderTransactionInput.gateway is required by the vendor"),
        ("directive @idempotent(key: String!)", "directive @idempotent(key: ID!)", "@idempotent is not the vendor's"),
        ("notifyCustomer: Boolean = false", "notifyCustomer: Boolean = true", "notifyCustomer has another default"),
    ],
)
def test_a_schema_of_ours_that_strays_is_noticed(vendor: GraphQLSchema, was: str, becomes: str, expected: str) -> None:
    text = schema.OWN.read_text()
    assert was in text
    found = differences(build_schema(text.replace(was, becomes, 1), assume_valid=True), vendor)
    assert any(expected in difference for difference in found), found


class Used(Visitor):
    """Collects every field that a document selects, with the fields of the interfaces' implementations."""

    def __init__(self, info: TypeInfo, found: set[str]) -> None:
        super().__init__()
        self._info, self._found = info, found

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._info.get_parent_type()
        assert parent is not None
        for owner in [parent, *(schema.own().get_possible_types(parent) if _is_interface(parent) else ())]:  # type: ignore[arg-type]
            self._found.add(f"{owner.name}.{node.name.value}")


def _is_interface(value: object) -> bool:
    return isinstance(value, GraphQLInterfaceType)


def test_our_schema_has_nothing_that_no_document_asks_for() -> None:
    found: set[str] = set()
    for text in (*documents.ALL.values(), check.SHOP, check.PLACES, check.SUBSCRIPTIONS):
        info = TypeInfo(schema.own())
        visit(parse(text), TypeInfoVisitor(info, Used(info, found)))
    there = {
        f"{name}.{field}"
        for name, one in schema.own().type_map.items()
        if isinstance(one, GraphQLObjectType) and not name.startswith("__")
        for field in one.fields
    }
    assert there - found == set()


# ---------------------------------------------------------------------------------------------- without the vendor's


def test_the_sandbox_works_the_same_where_the_vendors_schema_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("STOPSHIP_CONTRACTS", str(tmp_path))
    with Sandboxes.start() as running:
        settings = {"access_token": "t", "locations": {"7": "east"}, "cancel_seconds": 0}
        running.configure(merchants={"acme": {"shopify": settings}})
        lines = [{"id": "2", "sku": "MUG", "quantity": 1, "price": "9.00"}]
        told = {"order_ref": "1", "lines": lines, "legs": [{"id": "3", "warehouse": "east", "lines": {"2": 1}}]}
        running.command("shopify/acme/orders", told)
        connection = ShopifyConnection("acme", "s", f"{running.endpoint}/shopify/acme", "t", {"7": "east"})
        shop = ShopifyOrderSystem(connection)
        command = CancelCommand("1", "case-1", True, {}, "CUSTOMER", False, "k")
        assert shop.cancel(command).state is CancelState.DONE
        assert [e.operation for e in running.journal("shopify")] == ["cancel"]
        found = shop.read_order("1")
        assert found is not None
        assert ([line.cancelled for line in found.lines], found.legs) == ([1], ())
        with pytest.raises(PartnerContractBroken):
            ShopifyClient(connection).run("{ shop { name } }", {})
