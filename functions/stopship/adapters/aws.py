"""AWS clients, one per service and process. botocore alone is half of boto3's import time, and all that is needed."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import botocore
import botocore.config
import botocore.exceptions
import botocore.session

_THROTTLED: Final = frozenset(
    {
        "KmsThrottled",
        "KmsThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_THROTTLED_IN_TRANSACTION: Final = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError"})
_SERVER_ERROR: Final = 500


@cache
def client(service: str, attempts: int = 4) -> Any:
    """The low-level client of a service, with bounded time-outs and standard retries; one attempt for what must not be done again
    without anybody knowing."""
    config = botocore.config.Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
    )
    return botocore.session.get_session().create_client(service, config=config)


@cache
def anonymous(service: str) -> Any:
    """A client for calls that anybody may make: what signs in has no identity yet, and none of ours is lent to it."""
    config = botocore.config.Config(
        connect_timeout=2,
        read_timeout=10,
        retries={"mode": "standard", "total_max_attempts": 2},
        signature_version=botocore.UNSIGNED,
    )
    return botocore.session.get_session().create_client(service, config=config)


def will_pass(error: Exception) -> bool:
    """Whether AWS could not do it now, or its answer was lost: throttled, failed inside, not reached. A request that is wrong stays wrong."""
    if isinstance(error, botocore.exceptions.ClientError):
        return _answer_will_pass(error.response)
    return isinstance(error, botocore.exceptions.ConnectionError | botocore.exceptions.HTTPClientError)


def _answer_will_pass(response: Mapping[str, Any]) -> bool:
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    known = response["Error"]["Code"] in _THROTTLED or bool(reasons & _THROTTLED_IN_TRANSACTION)
    return known or status >= _SERVER_ERROR
