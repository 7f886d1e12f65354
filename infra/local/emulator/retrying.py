"""How long Step Functions waits before a retry."""

import random
from typing import Any


def retry_delay(retrier: dict[str, Any], attempts: int) -> float:
    """Seconds before the next attempt: exponential, up to the ceiling, anywhere below it with full jitter."""
    delay = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** attempts
    delay = min(delay, float(retrier.get("MaxDelaySeconds", delay)))
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay
