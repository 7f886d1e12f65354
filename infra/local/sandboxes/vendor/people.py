"""A vendor's people: somebody reads the mail, looks at the goods, opens a link and sends the form."""

import asyncio
import re
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import LOOPBACK, WAIT_SECONDS
from infra.local.sandboxes.vendor.form import form_of
from infra.local.sandboxes.vendor.state import Mail, Order

PARTNER: Final = "vendor"
ANSWER_SECONDS = 0.3
SCANS = ("HEAD", "GET")
_LINK = re.compile(r"^(https?://\S+\.(stopped|too_late|partly)\.\d+\.\S+)$", re.MULTILINE)


class Vendor:
    """One vendor of one merchant."""

    def __init__(self, base: Base, merchant: str, name: str) -> None:
        self._base, self.merchant, self.name = base, merchant, name
        self.orders: dict[str, Order] = {}
        self.mails: list[Mail] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def setting(self, name: str, default: Any) -> Any:
        return self._base.setting(self.merchant, PARTNER, self.name, {}).get(name, default)

    def write(self, operation: str, order_ref: str, **detail: Any) -> None:
        self._base.journal.write(PARTNER, self.merchant, operation, order_ref, "", {"vendor": self.name, **detail})

    # ---------------------------------------------------------------------------------------- mail

    def receive(self, mail: Mail) -> None:
        """A mail comes in. One about an order that he was never given stays unread."""
        self.mails.append(mail)
        order = next((o for o in self.orders.values() if _is_about(mail, o)), None)
        if order is None:
            mail.done = True
            return
        mail.order_ref = order.order_ref
        self.write("mail", order.order_ref, message_id=mail.message_id)
        self._run(self._work_on(mail, order))

    async def _work_on(self, mail: Mail, order: Order) -> None:
        if order.scanned and not mail.opened:
            await self._scan(mail)
        if order.habit != "silent":
            seconds = order.answer_seconds
            await asyncio.sleep(self.setting("answer_seconds", ANSWER_SECONDS) if seconds is None else seconds)
            await self.answer(mail, order, order.habit)
        mail.done = True

    async def _scan(self, mail: Mail) -> None:
        """Every link, in every way, and once more with what the form would send as a query."""
        for method in SCANS:
            for link in links(mail).values():
                page = await self._open(mail, method, link)
                fields = form_of(link, page.text).fields
                if fields:
                    await self._open(mail, method, f"{link}?{'&'.join(f'{name}=1' for name in fields)}")

    async def answer(self, mail: Mail, order: Order, habit: str) -> None:
        """Opens the link, looks at the goods, and sends the form as the page gives it."""
        link = links(mail)["too_late" if habit == "carrier" else habit]
        form = form_of(link, (await self._open(mail, "GET", link)).text)
        if not form.method:
            mail.sent.append(0)
            return
        self._act(order, habit)
        answer = await self._fetch(form.method, form.action, form.filled_in(habit, order.keeps))
        mail.sent.append(answer.status_code)

    def _act(self, order: Order, habit: str) -> None:
        before = dict(order.held)
        if habit == "stopped":
            order.held = dict(order.lines)
        if habit == "partly":
            order.held = {line: min(order.keeps, quantity) for line, quantity in order.lines.items()}
        if habit == "carrier" and not order.shipped:
            self.ship(order, force=False)
        if order.held != before:
            self.write("held", order.order_ref, lines=dict(order.held))

    async def _open(self, mail: Mail, method: str, link: str) -> httpx.Response:
        answer = await self._fetch(method, link, None)
        mail.opened.append(f"{method} {answer.status_code}")
        return answer

    async def _fetch(self, method: str, url: str, form: dict[str, str] | None) -> httpx.Response:
        """Tries again, as people do, while the desk does not answer. Nothing is ever opened beyond this machine."""
        if urlsplit(url).hostname not in LOOPBACK:
            raise ValueError(f"{url} is not on this machine")
        async with httpx.AsyncClient(timeout=20.0, trust_env=False) as client:
            for pause in WAIT_SECONDS:
                try:
                    answer = await client.request(method, url, data=form)
                except httpx.TransportError:
                    await asyncio.sleep(pause)
                    continue
                if not answer.is_server_error:
                    return answer
                await asyncio.sleep(pause)
            return await client.request(method, url, data=form)

    # ---------------------------------------------------------------------------------------- goods

    def ship(self, order: Order, *, force: bool) -> None:
        """What he has not taken out of the work leaves; with ``force`` everything, as happens."""
        if force:
            order.held = {}
        order.shipped = True
        for leg_id in order.legs:
            lines = order.open(leg_id)
            if lines:
                self.write("ship", order.order_ref, leg_id=leg_id, lines=lines)
                for tell in self._base.on_shipment:
                    tell(self.merchant, order.order_ref, leg_id, lines, f"1Z{order.order_ref}{leg_id}")

    # ---------------------------------------------------------------------------------------- process

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def save(self) -> dict[str, Any]:
        return {
            "merchant": self.merchant,
            "name": self.name,
            "orders": [asdict(order) for order in self.orders.values()],
            "mails": [asdict(mail) for mail in self.mails],
        }

    def restore(self, raw: dict[str, Any]) -> None:
        """Takes up where the last process stopped: a mail that nobody has finished with is read again."""
        self.orders = {one["order_ref"]: Order(**one) for one in raw["orders"]}
        self.mails = [Mail(**one) for one in raw["mails"]]
        for mail in self.mails:
            if not mail.done:
                self._run(self._work_on(mail, self.orders[mail.order_ref]))


def links(mail: Mail) -> dict[str, str]:
    """By the answer that they stand for."""
    return {answer: link for link, answer in _LINK.findall(mail.text)}


def _is_about(mail: Mail, order: Order) -> bool:
    """The number stands in the subject, as a word of its own."""
    return bool({order.order_ref, order.display_ref} & set(mail.subject.split()))
