"""AWS clients, one per service and process. botocore alone is half of boto3's import time, and all that is needed."""

from functools import cache
from typing import Any

import botocore.config
import botocore.session

_CONFIG = botocore.config.Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 4}, tcp_keepalive=True
)


@cache
def client(service: str) -> Any:
    """The low-level client of a service, with bounded time-outs and standard retries."""
    return botocore.session.get_session().create_client(service, config=_CONFIG)
