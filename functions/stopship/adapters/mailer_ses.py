"""Messages through SES."""

from collections.abc import Mapping
from typing import Any

from stopship.domain.errors import PartnerRefused, PartnerUnavailable

_REFUSALS = frozenset(
    {"MessageRejected", "MailFromDomainNotVerifiedException", "AccountSuspendedException", "BadRequestException"}
)
_SERVER_ERROR = 500
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
        html: str = "",
    ) -> str:
        """``html`` is the same in another form, for whoever can show it. Raises PartnerRefused when SES rejects the message (an unverified sender), PartnerUnavailable otherwise: in doubt when the
        answer was lost, for SES has no idempotency key and nothing that could be read back."""
        from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError

        try:
            answer = self._client.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": {"Data": subject, "Charset": "UTF-8"},
                        "Body": _body(text, html),
                        "Headers": [{"Name": k, "Value": v} for k, v in {**MARKS, **(headers or {})}.items()],
                    }
                },
                EmailTags=[{"Name": k, "Value": v} for k, v in tags.items()],
            )
        except ClientError as error:
            raise _from_answer(error.response) from error
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            raise PartnerUnavailable("ses", "it could not be reached", in_doubt=False) from error
        except HTTPClientError as error:
            raise PartnerUnavailable("ses", "its answer was lost", in_doubt=True) from error
        return str(answer["MessageId"])


def _body(text: str, html: str) -> dict[str, dict[str, str]]:
    plain = {"Text": {"Data": text, "Charset": "UTF-8"}}
    return {**plain, "Html": {"Data": html, "Charset": "UTF-8"}} if html else plain


def _from_answer(response: Mapping[str, Any]) -> PartnerRefused | PartnerUnavailable:
    code, status = response["Error"]["Code"], response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _REFUSALS:
        return PartnerRefused("ses", code, "the message was not taken")
    return PartnerUnavailable("ses", code, in_doubt=status >= _SERVER_ERROR)
