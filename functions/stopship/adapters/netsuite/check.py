"""Whether an account is set up as the adapter needs it: what infra/netsuite deploys, and what its role lets us do. Reads only."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from stopship.adapters.access_tokens import SharedTokens
from stopship.adapters.checking import found, lacking
from stopship.adapters.netsuite.client import NetSuiteClient
from stopship.adapters.netsuite.connection import NetSuiteConnection
from stopship.adapters.netsuite.mapping import FIELDS, HOLDS, NOTE, PREFIX, hold_field
from stopship.adapters.netsuite.reasons import LIST, REASON
from stopship.adapters.netsuite.tokens import AccessTokens, TokenSigner
from stopship.application.ports import Clock
from stopship.domain.finding import Finding, good, unknown, wrong

DEPLOY: Final = "deploy infra/netsuite to the account: suitecloud project:deploy"
CERTIFICATE: Final = "upload the certificate of the stack's signing key, and map it to integration, user and role"
NOBODYS_ORDER: Final = "stopship-connect-check"
LEAST_CALLS: Final = 2


def types() -> dict[str, str]:
    """The JSON type of each custom field in the metadata catalog."""
    texts = {PREFIX + name: "string" for name in (*FIELDS, NOTE) if name != REASON}
    return {**texts, PREFIX + REASON: "object", **{PREFIX + hold_field(hold): "boolean" for hold in HOLDS}}


def check(
    connection: NetSuiteConnection, signer: TokenSigner, clock: Clock, tokens: SharedTokens, codes: set[str]
) -> list[Finding]:
    """``codes`` are the reason codes that the merchant's policy may write."""
    access = AccessTokens(connection, signer, clock, tokens)
    token = found("access token", CERTIFICATE, access.current)
    if isinstance(token, Finding):
        return [token]
    client = NetSuiteClient(connection, access)
    query = "give the role SuiteAnalytics Workbook (edit) and REST Web Services"
    orders = found("queries", query, lambda: client.find(NOBODYS_ORDER))
    return [
        good("access token", "the certificate is accepted"),
        orders if isinstance(orders, Finding) else good("queries", "sales orders are found by their order reference"),
        *_fields(client, connection.line_ref_field),
        _reasons(client, codes),
        _limits(client),
        unknown(
            "changing sales orders",
            "no reading tells whether the role may edit them",
            "see that the role has Sales Order with level Edit",
        ),
    ]


def _fields(client: NetSuiteClient, line_ref_field: str) -> Iterator[Finding]:
    schema = found("custom fields", "give the role Sales Order (edit) and REST Web Services", client.catalog)
    if isinstance(schema, Finding):
        yield schema
        return
    there = _properties(schema)
    yield lacking("custom fields", set(types()), set(there), DEPLOY, "fields")
    for name, kind in types().items():
        told = there.get(name, {}).get("type", kind)
        if told != kind:
            yield wrong(f"field {name}", f"is of type {told}, not {kind}", f"remove the field, then {DEPLOY}")
    if line_ref_field and line_ref_field not in _properties(_rows(schema)):
        says = f"{line_ref_field} is not on the lines, so that they can only be matched by SKU"
        yield wrong("line field", says, DEPLOY)
    elif line_ref_field:
        yield good("line field", f"{line_ref_field} is on the lines")


def _rows(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of one line: item.items[]."""
    items = _properties(_properties(schema).get("item", {})).get("items", {})
    row = items.get("items", {})
    return row if isinstance(row, Mapping) else {}


def _properties(schema: Mapping[str, Any]) -> dict[str, Any]:
    told = schema.get("properties")
    return {name: x for name, x in told.items() if isinstance(x, Mapping)} if isinstance(told, Mapping) else {}


def _reasons(client: NetSuiteClient, codes: set[str]) -> Finding:
    values = found("reason list", DEPLOY, lambda: client.list_values(LIST))
    if isinstance(values, Finding):
        return values
    return lacking("reason list", codes, set(values), f"add them to {LIST}, each under its own name", "reason codes")


def _limits(client: NetSuiteClient) -> Finding:
    """A role that is no administrator's is refused here, which is as it should be."""
    told = found("calls at a time", "", client.limits)
    if isinstance(told, Finding):
        says = "only an administrator may read the limit"
        return unknown("calls at a time", says, "look at Setup > Integration > Integration Governance")
    limit = told.get("integrationConcurrencyLimit", told.get("accountConcurrencyLimit"))
    if not isinstance(limit, int):
        return unknown("calls at a time", "the answer names no limit", "look at Integration Governance")
    if limit < LEAST_CALLS:
        return wrong("calls at a time", f"the limit is {limit}", f"allot at least {LEAST_CALLS} to the integration")
    return good("calls at a time", f"the limit is {limit}")
