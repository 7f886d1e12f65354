"""Customer messages through SES."""

from collections.abc import Mapping
from typing import Any

from stopship.domain.errors import PartnerRefused, PartnerUnavailable

MARKS: Mapping[str, str] = {"Auto-Submitted": "auto-generated", "X-Stopship": "1"}
"""On every mail: no machine should answer it (RFC 3834), and the mail door knows it again."""


class SesMailer:
    """``client`` is a sesv2 client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(
        self,
        sender: str,
        to: str,
        subject: str,
        text: str,
        tags: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Raises PartnerRefused when SES rejects the message (an unverified sender), PartnerUnavailable otherwise."""
        try:
            answer = self._client.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": subject, "Charset": "UTF-8"},
                        "Body": {"Text": {"Data": text, "Charset": "UTF-8"}},
                        "Headers": [{"Name": k, "Value": v} for k, v in {**MARKS, **(headers or {})}.items()],
                    }
                },
                EmailTags=[{"Name": k, "Value": v} for k, v in tags.items()],
            )
        except self._client.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("MessageRejected", "MailFromDomainNotVerifiedException", "AccountSuspendedException"):
                raise PartnerRefused("ses", code, "the message was not taken") from error
            raise PartnerUnavailable("ses", code, in_doubt=False) from error
        return str(answer["MessageId"])
