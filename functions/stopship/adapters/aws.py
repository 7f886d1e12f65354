"""AWS clients, one per service and process. botocore alone is half of boto3's import time, and all that is needed."""

from functools import cache
from typing import Any

import botocore
import botocore.config
import botocore.session


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
