"""Telling people that an exception grows old: by the desk's topic, to which they subscribe by mail, or by a webhook of their chat.

A webhook's address is a secret (Slack, "Sending messages using incoming webhooks": whoever has the URL can post), so the policy knows only its
name; the body is the one that Slack and its likes take: ``{"text": ...}``.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from stopship.application.ports import Notice
from stopship.domain.errors import PartnerRefused, PartnerUnavailable
from stopship.domain.policy import BY_TOPIC

SETTING = "escalation_webhooks"
"""Name to URL, in the merchant's secret."""
_WEBHOOK = "webhook:"
_MOST_SUBJECT = 100
"""Characters (Amazon SNS API reference, Publish)."""


class DeskNotices:
    """Implements ``ports.Notices``. ``connections`` gives a merchant's secret."""

    def __init__(self, sns: Any, topic_arn: str, connections: Callable[[str], Mapping[str, Any]]) -> None:
        self._sns, self._topic, self._connections = sns, topic_arn, connections

    def tell(self, way: str, notice: Notice) -> None:
        if way == BY_TOPIC:
            self._publish(notice)
        else:
            self._post(way.removeprefix(_WEBHOOK), notice)

    def _publish(self, notice: Notice) -> None:
        """The attributes let a subscriber take only what concerns him (SNS subscription filter policies)."""
        from botocore.exceptions import BotoCoreError, ClientError

        told = {"merchant": notice.merchant, "team": notice.team, "level": notice.level, "tier": notice.tier}
        try:
            self._sns.publish(
                TopicArn=self._topic,
                Subject=headline(notice)[:_MOST_SUBJECT],
                Message=text_of(notice),
                MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in told.items()},
            )
        except ClientError as error:
            raise PartnerRefused("sns", error.response["Error"]["Code"], "the notice was not taken") from error
        except BotoCoreError as error:
            raise PartnerUnavailable("sns", type(error).__name__, in_doubt=True) from error

    def _post(self, name: str, notice: Notice) -> None:
        from stopship.adapters.http import call, refuse

        url = self._connections(notice.merchant).get(SETTING, {}).get(name, "")
        if not url:
            raise PartnerRefused(_WEBHOOK + name, "not_configured", f"the secret has no {SETTING}.{name}")
        body = json.dumps({"text": f"{headline(notice)}\n{text_of(notice)}"}).encode()
        answer = call(_WEBHOOK + name, "POST", url, headers={"Content-Type": "application/json"}, content=body)
        if not answer.is_success:
            raise refuse(_WEBHOOK + name, answer, f"status_{answer.status_code}", "the notice was not taken")


def headline(notice: Notice) -> str:
    when = "is due" if notice.share == _ALL else f"{notice.share} % of its time are over"
    return f"{notice.tier} for {notice.team}: {notice.cause.replace('_', ' ')}, {when}"


_ALL = 100


def text_of(notice: Notice) -> str:
    """Ids and codes only: a chat keeps what it is told."""
    return f"Next: {notice.next_action}\nDue: {notice.deadline}\nMerchant: {notice.merchant}\n{notice.link}"
