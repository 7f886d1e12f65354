"""SES has received a mail: find out whose it is, keep it with the verdicts, queue it. What fails goes back to the queue alone."""

from collections.abc import Iterator

from stopship.adapters.clock import SystemClock
from stopship.adapters.mail import kept, receipt
from stopship.application.take_in import UNROUTED, as_its_id, take_in
from stopship.domain.errors import InvalidInput, NotFound
from stopship.telemetry import about, logger
from stopship.wiring import evidence, intake_queue, merchants, received_mails, settings
from stopship.wiring.batch import batch

SOURCE = "mail"


def receive(body: str) -> None:
    """``body`` is SES's notification of one mail."""
    try:
        mail = receipt.parse(body)
        if mail.bucket != settings().mail_bucket:
            raise InvalidInput("receipt.action.bucketName", "is not where this stage keeps its mail")
    except InvalidInput as error:
        told = body.encode("utf-8", "surrogatepass")
        _take(UNROUTED, "notification", "", told, SystemClock().now(), f"no received mail: {error}")
        return
    raw = received_mails().read(mail.key)
    too_large = f"over {kept.MAX_BYTES} bytes" if len(raw) > kept.MAX_BYTES else ""
    for merchant, why in _merchants(mail.recipients):
        _take(merchant, "received", kept.mail_id(raw), kept.join(mail, raw), mail.received_at, why or too_large)


def _merchants(recipients: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each merchant that the mail is for, once. An address that is nobody's does not hide one that is somebody's."""
    found: dict[str, None] = {}
    for address in recipients:
        try:
            found[merchants().route(SOURCE, receipt.route(address))] = None
        except NotFound:
            found.setdefault(UNROUTED)
    for merchant in found:
        if merchant != UNROUTED:
            yield merchant, ""
    if UNROUTED in found:
        yield UNROUTED, "unknown recipient"


def _take(merchant: str, topic: str, delivery: str, body: bytes, received_at: str, why: str) -> None:
    message = take_in(
        evidence(),
        intake_queue(),
        merchant=merchant,
        source=SOURCE,
        topic=topic,
        delivery_id=delivery,
        body=body,
        received_at=received_at,
        why=why,
        says=as_its_id,
    )
    logger().info("mail received", extra=about({"merchant": message.merchant, "source": SOURCE}))


handler = batch(receive)
