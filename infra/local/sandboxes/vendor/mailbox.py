"""The way from SES to the vendors: looks into the emulated account's outbox, and puts what is for a vendor into his mailbox, once."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import LOOPBACK
from infra.local.sandboxes.vendor.people import Vendor
from infra.local.sandboxes.vendor.state import Mail

OUTBOX = "/_ministack/ses/messages"
LOOK_SECONDS = 0.25


class Mailbox:
    def __init__(self, base: Base, vendors: Mapping[tuple[str, str], Vendor]) -> None:
        self._base, self._vendors = base, vendors
        self._looking: asyncio.Task[None] | None = None

    def open(self) -> None:
        """From now on mail arrives, for as long as the process lives."""
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        async with httpx.AsyncClient(timeout=10.0, trust_env=False) as client:
            while True:
                for raw in await self._outbox(client):
                    self._deliver(raw)
                await asyncio.sleep(LOOK_SECONDS)

    async def _outbox(self, client: httpx.AsyncClient) -> list[dict[str, Any]]:
        """Empty while there is no account, or none that answers: it may be starting again."""
        endpoint = self._base.deliver.aws_endpoint
        if urlsplit(endpoint).hostname not in LOOPBACK:
            return []
        try:
            answer = await client.get(endpoint.rstrip("/") + OUTBOX)
        except httpx.TransportError:
            return []
        if not answer.is_success:
            return []
        return [mail for mails in answer.json()["messages"].values() for mail in mails]

    def _deliver(self, raw: dict[str, Any]) -> None:
        for vendor in self._vendors.values():
            address = vendor.setting("address", "")
            known = any(mail.message_id == raw["MessageId"] for mail in vendor.mails)
            if address and address in raw["To"] and not known:
                vendor.receive(Mail(raw["MessageId"], raw["Subject"], raw["BodyText"]))
