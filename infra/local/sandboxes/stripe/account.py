"""One merchant's Stripe account: what it allows, what it does, what it says about it."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.base import Base
from infra.local.sandboxes.deliver import Message
from infra.local.sandboxes.stripe.bodies import charge_body, dispute_body, event_body, intent_body, refund_body
from infra.local.sandboxes.stripe.state import Intent, Kept, Refund
from infra.local.sandboxes.traps import Trap

PARTNER: Final = "stripe"
CANCELLABLE: Final = frozenset(
    {"requires_payment_method", "requires_capture", "requires_confirmation", "requires_action"}
)


class Refused(Exception):
    """Stripe's no, in its own form."""

    def __init__(self, status: int, kind: str, message: str, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status = status
        told = {"type": kind, "message": message, "code": code, "param": param}
        self.body = {"error": {name: value for name, value in told.items() if value}}

    def response(self) -> Response:
        return JSONResponse(self.body, self.status)


class Account:
    def __init__(self, base: Base, merchant: str) -> None:
        self._base, self.merchant = base, merchant
        self.intents: dict[str, Intent] = {}
        self.kept: dict[str, Kept] = {}
        self._later: set[asyncio.Task[None]] = set()

    def setting(self, name: str, default: Any = None) -> Any:
        return self._base.setting(self.merchant, PARTNER, name, default)

    def check(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.setting('secret_key')}":
            raise Refused(401, "invalid_request_error", "Invalid API Key provided")
        if not request.headers.get("stripe-version", ""):
            raise Refused(400, "invalid_request_error", "This sandbox wants the version with every call")

    # ---------------------------------------------------------------------------------------- finding

    def intent(self, name: str) -> Intent:
        if name not in self.intents:
            raise Refused(404, "invalid_request_error", "No such payment_intent", "resource_missing", "intent")
        return self.intents[name]

    def of_charge(self, name: str) -> Intent:
        found = next((x for x in self.intents.values() if x.charge_id == name and x.authorized), None)
        if found is None:
            raise Refused(404, "invalid_request_error", "No such charge", "resource_missing", "charge")
        return found

    def refunds(self, name: str) -> list[dict[str, Any]]:
        """The newest first."""
        one = self.intents.get(name)
        return [refund_body(r, one) for r in reversed(one.refunds)] if one else []

    # ---------------------------------------------------------------------------------------- acting

    def once(self, request: Request, form: dict[str, str], act: Any, *, store_failure: bool) -> Response:
        """Under the caller's key: the first answer again, whatever it was; another request under the key is refused."""
        key = request.headers.get("idempotency-key", "")
        kept = self.kept.get(key)
        if kept and (kept.path, kept.form) != (request.url.path, form):
            raise Refused(
                400, "idempotency_error", "Keys for idempotent requests can only be used with the same parameters"
            )
        if kept:
            return Response(kept.body, kept.status, {"Idempotent-Replayed": "true"}, "application/json")
        answer = JSONResponse({"error": {"type": "api_error", "message": "An unknown error occurred"}}, 500)
        if not store_failure:
            answer = JSONResponse(act())
        if key:
            self.kept[key] = Kept(request.url.path, form, answer.status_code, bytes(answer.body).decode())
        return answer

    def cancel(self, one: Intent, key: str, trap: Trap | None) -> dict[str, Any]:
        if one.status not in CANCELLABLE:
            message = f"You cannot cancel this PaymentIntent because it has a status of {one.status}."
            raise Refused(400, "invalid_request_error", message, "payment_intent_unexpected_state")
        released = one.capturable
        one.status = "succeeded" if one.captured else "canceled"
        one.final = True
        self._write("cancel", one, key, {"intent": one.intent_id, "released": released})
        if released:
            self._release(one, released)
        if trap and trap.kind == "recreate":
            self.add(Intent(one.amount, one.currency, dict(one.metadata), "requires_capture", authorized=one.amount))
        return intent_body(one)

    def capture(self, one: Intent, amount: int, *, final: bool) -> None:
        """Without ``final`` more can be captured later (multicapture)."""
        one.captured += amount
        if final:
            rest = one.authorized - one.captured
            one.status, one.final = "succeeded", True
            if rest:
                self._release(one, rest)

    def refund(self, one: Intent, amount: int, metadata: dict[str, str], key: str, trap: Trap | None) -> dict[str, Any]:
        if one.dispute:
            raise Refused(400, "invalid_request_error", "This charge is disputed", "charge_disputed")
        if one.captured and not one.refundable:
            raise Refused(400, "invalid_request_error", "Charge has already been refunded.", "charge_already_refunded")
        if not one.captured:
            raise Refused(400, "invalid_request_error", "This PaymentIntent has no successful charge to refund.")
        if amount > one.refundable:
            message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({one.refundable})"
            raise Refused(400, "invalid_request_error", message, param="amount")
        kind = trap.kind if trap else ""
        waits = kind in ("silent", "late")
        status = str(trap.detail.get("status", "pending")) if trap and waits else "succeeded"
        made = Refund(amount, status, metadata)
        one.refunds.append(made)
        self._write("refund", one, key, {"refund": made.refund_id, "amount": amount})
        self.tell("refund.created", refund_body(made, one))
        if trap and kind in ("late", "false_ok"):
            end = str(trap.detail.get("end", "succeeded" if kind == "late" else "failed"))
            self._soon(trap.seconds, one, made, end)
        return refund_body(made, one)

    def end_refund(self, one: Intent, made: Refund, status: str, reason: str = "") -> None:
        made.status = status
        made.failure_reason = (reason or "expired_or_canceled_card") if status == "failed" else ""
        told = refund_body(made, one)
        for kind in ("refund.updated", "charge.refund.updated", *(["refund.failed"] if status == "failed" else [])):
            self.tell(kind, told)

    def dispute(self, one: Intent, status: str) -> None:
        kind = "charge.dispute.updated" if one.dispute else "charge.dispute.created"
        one.dispute = status
        self.tell(kind, dispute_body(one))

    def add(self, one: Intent) -> None:
        self.intents[one.intent_id] = one

    def _release(self, one: Intent, amount: int) -> None:
        one.refunds.append(Refund(amount, "succeeded", release=True))
        self.tell("charge.refunded", charge_body(one))

    def _soon(self, seconds: float, one: Intent, made: Refund, status: str) -> None:
        async def later() -> None:
            await asyncio.sleep(seconds)
            self.end_refund(one, made, status)

        task = asyncio.get_running_loop().create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def _write(self, operation: str, one: Intent, key: str, detail: dict[str, Any]) -> None:
        self._base.journal.write(PARTNER, self.merchant, operation, one.order_ref, key, detail)

    # ---------------------------------------------------------------------------------------- telling

    def tell(self, kind: str, told: dict[str, Any]) -> None:
        """To the merchant's endpoint, when it has one."""
        if not self.setting("webhook_secrets") or not self._base.deliver.desk_url:
            return
        body = json.dumps(event_body(kind, told)).encode()
        url = f"/webhooks/stripe?merchant={self.merchant}"
        self._base.deliver.send(Message(PARTNER, self.merchant, kind, url, body))

    # ---------------------------------------------------------------------------------------- state

    def save(self) -> dict[str, Any]:
        return {
            "intents": [asdict(one) for one in self.intents.values()],
            "kept": {key: asdict(one) for key, one in self.kept.items()},
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        for raw in saved["intents"]:
            self.add(Intent(**{**raw, "refunds": [Refund(**r) for r in raw["refunds"]]}))
        self.kept.update({key: Kept(**raw) for key, raw in saved["kept"].items()})


def signature(body: bytes, secrets: list[str], seconds: int | None = None) -> str:
    """Stripe-Signature, with every secret while one is rolled."""
    at = int(time.time()) if seconds is None else seconds
    macs = [hmac.new(s.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for s in secrets]
    return ",".join([f"t={at}", *(f"v1={mac}" for mac in macs)])
