"""Under enforcement, loopback counts as secure transport: policies that deny plain HTTP are there for networks."""

from collections.abc import Callable

from infra.local.emulator.vendor import module, replace

app = module("app")


def _pinned(stock: Callable[[str, bool], None]) -> Callable[[str, bool], None]:
    def pin(source: str, _secure: bool) -> None:  # noqa: FBT001 - MiniStack's signature
        stock(source, True)

    return pin


def apply() -> None:
    replace(app, "pin_request_origin", _pinned)
