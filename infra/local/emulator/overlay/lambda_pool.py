"""At most a few environments per function; a call that finds none free waits for one.

AWS would scale out. Stock MiniStack does too, and fifty calls at once leave eighty-seven processes and 5 GB behind. A
caller that has waited long starts one past the limit all the same, so that a function that invokes itself cannot
lock itself out.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from infra.local.emulator.vendor import module, replace

runtime = module("core.lambda_runtime")
service = module("services.lambda_svc")

MOST = min(4, max(1, (os.cpu_count() or 2) // 2))
"""Half as many as there are cores: the functions share these, and where they are few the start of a second environment of each costs more
than it brings."""
LIMIT = int(os.environ.get("LAMBDA_MAX_WORKERS", MOST))
PATIENCE_SECONDS = float(os.environ.get("LAMBDA_WAIT_SECONDS", "20"))

_released = threading.Condition()


def _acquire(stock: Callable[..., Any]) -> Callable[..., Any]:
    def acquire(
        name: str,
        config: dict[str, Any],
        code: bytes,
        qualifier: str = "$LATEST",
        max_concurrency: int | None = None,
    ) -> Any:
        patience = time.monotonic() + PATIENCE_SECONDS
        while True:
            limit = LIMIT if time.monotonic() < patience else max_concurrency
            worker, how = stock(name, config, code, qualifier=qualifier, max_concurrency=limit)
            if worker is not None or limit is None:
                return worker, how
            with _released:
                _released.wait(0.25)

    return acquire


def _release(stock: Callable[[Any], None]) -> Callable[[Any], None]:
    def release(worker: Any) -> None:
        stock(worker)
        with _released:
            _released.notify_all()

    return release


def apply() -> None:
    # lambda_svc holds its own reference to each of the two.
    acquire = _acquire(runtime.acquire_worker)
    release = _release(runtime.release_worker)
    for owner in (runtime, service):
        replace(owner, "acquire_worker", lambda _: acquire)
        replace(owner, "release_worker", lambda _: release)


def stop_all() -> None:
    """End every environment; called when the emulator stops."""
    runtime.reset()
