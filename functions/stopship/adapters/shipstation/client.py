"""The wire: calls with an API key, page by page, and ShipStation's errors in the desk's terms."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from stopship.adapters import http
from stopship.adapters.shipstation.models import Label, Labels, Model, Shipment, Shipments, VoidResult, Webhook
from stopship.domain.errors import PartnerContractBroken, PartnerRefused
from stopship.frozen import frozen

PAGE_SIZE: Final = "100"


@frozen
class ShipStationConnection:
    """``endpoint`` ends with the version (".../v2" at ShipStation, ".../v1" at ShipEngine: the operations are the same)."""

    merchant: str
    name: str
    endpoint: str
    api_key: str


class ShipStationClient:
    def __init__(self, connection: ShipStationConnection) -> None:
        self._connection = connection

    def shipments(self, order_ref: str) -> list[Shipment]:
        """Those of the order. The document says of the filter no more than "Sales Order ID", so that each one found must itself name the
        order as its source's."""
        found = [
            x for page in self._pages("/shipments", Shipments, {"sales_order_id": order_ref}) for x in page.shipments
        ]
        return [x for x in found if order_ref in {x.external_order_id, *(i.external_order_id for i in x.items)}]

    def webhooks(self) -> list[Webhook]:
        answer = self._call("GET", "/environment/webhooks")
        try:
            return TypeAdapter(list[Webhook]).validate_json(answer.content)
        except ValidationError as error:
            field = {"field": "webhooks"}
            raise PartnerContractBroken(self._connection.name, "webhooks: are no list of webhooks", field) from error

    def labels(self, shipment_id: str) -> list[Label]:
        return [x for page in self._pages("/labels", Labels, {"shipment_id": shipment_id}) for x in page.labels]

    def label(self, label_id: str) -> Label:
        return self._read(Label, self._call("GET", f"/labels/{quote(label_id, safe='')}"))

    def shipment(self, shipment_id: str) -> Shipment:
        return self._read(Shipment, self._call("GET", f"/shipments/{quote(shipment_id, safe='')}"))

    def void(self, label_id: str) -> VoidResult:
        return self._read(VoidResult, self._call("PUT", f"/labels/{quote(label_id, safe='')}/void"))

    def cancel(self, shipment_id: str) -> None:
        """Raises PartnerRefused where it has another status, or a label that is not voided."""
        self._call("PUT", f"/shipments/{quote(shipment_id, safe='')}/cancel", expected=httpx.codes.NO_CONTENT)

    def _pages[P: (Shipments, Labels)](self, path: str, kind: type[P], filters: Mapping[str, str]) -> Iterator[P]:
        number = 1
        while True:
            asked = {**filters, "page": str(number), "page_size": PAGE_SIZE}
            page = self._read(kind, self._call("GET", path, params=asked))
            yield page
            if number >= page.pages:
                return
            number += 1

    def _call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, expected: int = httpx.codes.OK
    ) -> httpx.Response:
        c = self._connection
        headers = {"API-Key": c.api_key, "Accept": "application/json"}
        answer = http.call(c.name, method, c.endpoint.rstrip("/") + path, headers=headers, params=params)
        if answer.is_client_error:
            raise self._refusal(answer)
        if answer.status_code != expected:
            raise PartnerContractBroken(c.name, "an unexpected status", {"status": answer.status_code})
        return answer

    def _refusal(self, answer: httpx.Response) -> PartnerRefused:
        """With ShipStation's own code. Its message may quote what was sent, so it is left out."""
        try:
            code = str(answer.json()["errors"][0]["error_code"])
        except (ValueError, KeyError, IndexError, TypeError):
            code = ""
        known = code if re.fullmatch(r"[a-z_]{1,60}", code) else f"status_{answer.status_code}"
        return http.refuse(self._connection.name, answer, known, "ShipStation refused the call")

    def _read[M: Model](self, kind: type[M], answer: httpx.Response) -> M:
        try:
            return TypeAdapter(kind).validate_json(answer.content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            raise PartnerContractBroken(self._connection.name, f"{place}: {first['msg']}", {"field": place}) from error
