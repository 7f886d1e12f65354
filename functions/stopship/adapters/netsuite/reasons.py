"""The reason, as a value of the account's own list: it is written by the value's id, which every account numbers for itself.

Sources: Oracle NetSuite help, "Custom Lists as XML Definitions" (the list), "Executing SuiteQL Queries Through REST Web Services".
"""

from typing import Final

from stopship.adapters.netsuite.client import NetSuiteClient
from stopship.adapters.netsuite.connection import NetSuiteConnection
from stopship.adapters.netsuite.tokens import PARTNER
from stopship.domain.errors import PartnerRefused

REASON: Final = "reason"
LIST: Final = "customlist_cxl_reason"

_known: dict[str, dict[str, str]] = {}
"""Ids by code, by account: a list changes about as often as a policy."""


class Reasons:
    def __init__(self, connection: NetSuiteConnection, client: NetSuiteClient) -> None:
        self._account, self._client = connection.endpoint, client

    def reference(self, code: str) -> dict[str, str]:
        """What a select field takes. A code that was not there is looked for again, for it may have been added. Raises PartnerRefused
        when the list has no such value: another reason would be a guess."""
        if code not in _known.get(self._account, {}):
            _known[self._account] = self._client.list_values(LIST)
        if code not in _known[self._account]:
            raise PartnerRefused(PARTNER, "unknown_reason", f"{LIST} has no value {code}: add it to the list")
        return {"id": _known[self._account][code]}
