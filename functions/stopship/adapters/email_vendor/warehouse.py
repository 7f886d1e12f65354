"""A vendor who is asked by mail, as the use cases see a warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any
from urllib.parse import urljoin

from stopship.adapters.email_vendor import links, mail
from stopship.adapters.email_vendor.links import Answer
from stopship.adapters.email_vendor.request import Asked
from stopship.adapters.email_vendor.texts import DEFAULT, TEXTS, texts
from stopship.application.ports import Clock, Mailer, StopCommand
from stopship.domain.carrier import Parcel
from stopship.domain.errors import InvalidInput
from stopship.domain.order import AckLevel, PickObservation, PickState, StopAnswer
from stopship.frozen import frozen

PAGE = "../vendor-answers/"
"""Where the pages lie, seen from a callback's address."""


@frozen
class EmailVendorConnection:
    """``address`` is the vendor's, ``sender`` a verified one of the merchant's. ``secrets`` sign the merchant's links, the newest first."""

    merchant: str
    name: str
    address: str = field(repr=False)
    sender: str
    secrets: Sequence[str] = field(repr=False)
    language: str = DEFAULT


class EmailVendorWarehouse:
    """Implements ports.Warehouse. A mail cannot be read back or taken back: each call of ``stop_ship`` sends one."""

    def __init__(self, connection: EmailVendorConnection, mailer: Mailer, clock: Clock) -> None:
        self._connection, self._mailer, self._clock = connection, mailer, clock

    def place_hold(self, case_id: str, order_ref: str, key: str) -> StopAnswer:  # noqa: ARG002
        """A mail that asks to hold would be one more that asks the same: there is only the stop."""
        return StopAnswer(AckLevel.REJECTED, self._connection.name, reason="no_holds")

    def release_hold(self, case_id: str, order_ref: str, key: str) -> None:
        """There is none to release."""

    def read_pick_state(self, order_ref: str, leg_id: str) -> PickObservation:  # noqa: ARG002
        """Nobody can be asked but by the stop itself."""
        return PickObservation(PickState.UNKNOWN, self._connection.name, self._clock.now())

    def parcels(self, order_ref: str, leg_id: str) -> Sequence[Parcel]:  # noqa: ARG002
        """A mailbox knows no tracking numbers; the store may."""
        return ()

    def stop_ship(self, command: StopCommand) -> StopAnswer:
        """Sends the mail. That it was taken for delivery proves nothing more than that it was sent."""
        told, words = self._connection, texts(self._connection.language)
        asked = Asked(command.display_ref or command.order_ref, command.lines, command.skus, command.deadline)
        subject = mail.subject(asked, words, reminder=command.reminder)
        text = mail.text(asked, words, self._links(command), repeated=command.repeated, reminder=command.reminder)
        template = "stop_ship_reminder" if command.reminder else "stop_ship"
        tags = {"merchant": told.merchant, "case": command.case_id, "template": template}
        message = self._mailer.send(told.sender, told.address, subject, text, tags)
        return StopAnswer(AckLevel.SENT, told.name, reference=message)

    def _links(self, command: StopCommand) -> dict[Answer, str]:
        callback_id = command.callback_url.rpartition("/")[2]
        merchant, secret = self._connection.merchant, self._connection.secrets[0]
        tokens = {a: links.write(merchant, callback_id, a, command.deadline, secret) for a in Answer}
        return {answer: urljoin(command.callback_url, PAGE + token) for answer, token in tokens.items()}


def connect(merchant: str, name: str, config: Mapping[str, Any], clock: Clock) -> EmailVendorWarehouse:
    """Raises InvalidInput as ``connection`` does."""
    from stopship.adapters import aws
    from stopship.adapters.mailer_ses import SesMailer

    # The client's own retries would send again without anybody knowing.
    mailer = SesMailer(aws.client("sesv2", attempts=1))
    return EmailVendorWarehouse(connection(merchant, name, config), mailer, clock)


def connection(merchant: str, name: str, config: Mapping[str, Any]) -> EmailVendorConnection:
    """From the merchant's configuration: {address, language?, fulfillment_type?}, and what he has once for all vendors:
    ``mail`` {sender} and ``vendor_answers`` {secrets: [current, previous ...]}. Raises InvalidInput naming what is missing."""
    return EmailVendorConnection(
        merchant=merchant,
        name=name,
        address=_told(config, f"warehouses.{name}", "address"),
        sender=_told(config.get("mail", {}), "mail", "sender"),
        secrets=tuple(_told(config.get("vendor_answers", {}), "vendor_answers", "secrets")),
        language=_language(name, config),
    )


def _told(config: Mapping[str, Any], place: str, setting: str) -> Any:
    if not config.get(setting):
        raise InvalidInput(f"{place}.{setting}", "is missing", "add it to the merchant's connections")
    return config[setting]


def _language(name: str, config: Mapping[str, Any]) -> str:
    language = str(config.get("language", DEFAULT))
    if language not in TEXTS:
        raise InvalidInput(f"warehouses.{name}.language", "is none that we write", f"use one of {', '.join(TEXTS)}")
    return language
