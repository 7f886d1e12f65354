"""One process with all partner sandboxes: ``python -m infra.local.sandboxes.server --port 8700 [--state FILE]``.

Control, beside the partners' own routes:

- ``GET /_sandbox/health`` -> {pid, partners}
- ``POST /_sandbox/renew``: everything begins anew, as after a start without state
- ``POST /_sandbox/configure`` {desk_url?, aws_endpoint?, merchants?: {merchant: {partner: {...}}}}
- ``PUT /_sandbox/traps`` {order_ref, operation, kind, times?, seconds?, after?, detail?}; ``GET``; ``DELETE``
- ``GET /_sandbox/journal?partner=&merchant=&order_ref=`` -> effects
- ``GET /_sandbox/deliveries``; ``PUT /_sandbox/deliveries`` {paused?, duplicates?}; ``POST /_sandbox/deliveries/release`` {reverse?};
  ``POST /_sandbox/deliveries/{message_id}/again``
- ``/_sandbox/<partner>/...``: each partner's own commands
"""

import argparse
import importlib
import importlib.util
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from infra.local.sandboxes.base import Base, Partner
from infra.local.sandboxes.traps import trap_from

HOST = "127.0.0.1"
HEALTH = "/_sandbox/health"
MODULES = (
    "shopify",
    "warehouse",
    "netsuite",
    "amazon",
    "shiphero",
    "shipbob",
    "shipstation",
    "stripe",
    "ups",
    "zendesk",
    "vendor",
    "chat",
)
STOP_SECONDS = 3


def build_partners(base: Base) -> list[Partner]:
    """Every partner module that is there."""
    names = [f"infra.local.sandboxes.{module}" for module in MODULES]
    return [importlib.import_module(name).build(base) for name in names if importlib.util.find_spec(name)]


def _control(base: Base, partners: list[Partner]) -> list[Route]:
    async def health(_: Request) -> Response:
        return JSONResponse({"pid": os.getpid(), "partners": [p.name for p in partners]})

    async def configure(request: Request) -> Response:
        told = await request.json()
        base.deliver.desk_url = told.get("desk_url", base.deliver.desk_url)
        base.deliver.aws_endpoint = told.get("aws_endpoint", base.deliver.aws_endpoint)
        for merchant, settings in told.get("merchants", {}).items():
            for partner, values in settings.items():
                base.settings.setdefault(merchant, {}).setdefault(partner, {}).update(values)
        return JSONResponse({})

    async def traps(request: Request) -> Response:
        if request.method == "DELETE":
            base.traps.clear()
        if request.method == "PUT":
            told = await request.json()
            order_ref, operation = told.pop("order_ref"), told.pop("operation")
            base.traps.set(order_ref, operation, trap_from(told))
        return JSONResponse(base.traps.save())

    async def journal(request: Request) -> Response:
        wanted = {name: request.query_params.get(name) for name in ("partner", "merchant", "order_ref")}
        return JSONResponse([asdict(entry) for entry in base.journal.entries(**wanted)])

    async def deliveries(request: Request) -> Response:
        if request.method == "PUT":
            told = await request.json()
            base.deliver.paused = told.get("paused", base.deliver.paused)
            base.deliver.duplicates = told.get("duplicates", base.deliver.duplicates)
        return JSONResponse([message.as_json() for message in base.deliver.messages])

    async def release(request: Request) -> Response:
        base.deliver.release(reverse=(await request.json()).get("reverse", False))
        return JSONResponse({})

    async def again(request: Request) -> Response:
        base.deliver.again(request.path_params["message_id"])
        return JSONResponse({})

    return [
        Route("/health", health),
        Route("/configure", configure, methods=["POST"]),
        Route("/traps", traps, methods=["GET", "PUT", "DELETE"]),
        Route("/journal", journal),
        Route("/deliveries", deliveries, methods=["GET", "PUT"]),
        Route("/deliveries/release", release, methods=["POST"]),
        Route("/deliveries/{message_id}/again", again, methods=["POST"]),
    ]


def _save(base: Base, partners: list[Partner]) -> dict[str, Any]:
    return {
        "traps": base.traps.save(),
        "journal": base.journal.save(),
        "deliver": base.deliver.save(),
        "settings": base.settings,
        "partners": {partner.name: partner.save() for partner in partners},
    }


def _restore(base: Base, partners: list[Partner], saved: dict[str, Any]) -> None:
    base.traps.restore(saved["traps"])
    base.journal.restore(saved["journal"])
    base.settings.update(saved["settings"])
    for partner in partners:
        if saved["partners"].get(partner.name) is not None:
            partner.restore(saved["partners"][partner.name])
    base.deliver.restore(saved["deliver"])


async def bad_command(_: Request, error: Exception) -> Response:
    """A control message that names what is not there or has the wrong shape; the caller's own test is at fault."""
    return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)


class Partners:
    """All partners as one application, which can begin anew: nothing of before is left but the address."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.base = Base()
        self.partners = build_partners(self.base)
        control = Starlette(
            routes=[
                *_control(self.base, self.partners),
                *(Mount(f"/{p.name}", routes=p.control) for p in self.partners),
            ],
            exception_handlers={KeyError: bad_command, ValueError: bad_command, TypeError: bad_command},
        )
        mounted = [Mount(partner.prefix, routes=partner.routes) for partner in self.partners]
        self._app = Starlette(routes=[Mount("/_sandbox", app=control), *mounted])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def renew(self, _: Request) -> Response:
        await self.base.deliver.close()
        self.begin()
        return JSONResponse({})


def application(state: Path | None = None) -> Starlette:
    partners = Partners()
    routes = [Route("/_sandbox/renew", partners.renew, methods=["POST"]), Mount("/", app=partners)]
    return Starlette(routes=routes, lifespan=_lifespan(partners, state))


def _lifespan(partners: Partners, state: Path | None) -> Callable[[Starlette], Any]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if state and state.exists():
            _restore(partners.base, partners.partners, json.loads(state.read_text()))
        yield
        if state:
            part = state.with_suffix(".part")
            part.write_text(json.dumps(_save(partners.base, partners.partners)))
            part.replace(state)
        await partners.base.deliver.close()

    return lifespan


def main() -> None:
    parser = argparse.ArgumentParser(description="Partner sandboxes on the loopback interface.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, default=None, help="keep state in this file over a graceful stop")
    told = parser.parse_args()
    uvicorn.run(
        application(told.state),
        host=HOST,
        port=told.port,
        access_log=False,
        log_level="warning",
        lifespan="on",
        # A partner's clock is the partner's own to show.
        date_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


if __name__ == "__main__":
    main()
