"""An executor that does at once, in the caller's thread, what it is given: with it a run is the same every time."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Self

import pytest

from stopship.application import check_fulfillment_state, first_holds, normalize_intake


class AtOnce:
    """Errors wait in the future, as they do in a pool; a crash takes the process with it."""

    def __init__(self, max_workers: int = 1) -> None:
        self.max_workers = max_workers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left to wait for."""

    def submit[T](self, run: Callable[..., T], *args: Any) -> "Future[T]":
        future: Future[T] = Future()
        try:
            future.set_result(run(*args))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asks for the result
            future.set_exception(error)
        return future


def use_one_thread(patch: pytest.MonkeyPatch) -> None:
    for module in (check_fulfillment_state, first_holds, normalize_intake):
        patch.setattr(module, "ThreadPoolExecutor", AtOnce)
