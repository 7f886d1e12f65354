"""A sandbox's endpoints between the vendor's own document, where it is at hand."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.local.sandboxes.faults import Dropped
from infra.local.sandboxes.openapi import Operation
from infra.local.sandboxes.traps import Trap

type Endpoint = Callable[[Request], Awaitable[Response]]


class Judge(Protocol):
    """A vendor's document, or several as one."""

    def find(self, method: str, path: str) -> Operation | None: ...
    def wrong_request(
        self, method: str, path: str, query: Sequence[tuple[str, str]], headers: Mapping[str, str], body: bytes
    ) -> list[str]: ...


class BrokenContract(AssertionError):
    """The sandbox itself would have answered what the vendor's document does not allow."""


class OffContract(JSONResponse):
    """Breaks the document because a trap says so."""


def path_below(request: Request, partner: str) -> str:
    """The path below the merchant's prefix, as it was sent."""
    raw = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    _, _, path = raw.decode("ascii").partition(f"/{partner}/{request.path_params['merchant']}")
    return str(path.partition("?")[0])


def judged(
    partner: str,
    endpoint: Endpoint,
    vendor: Callable[[], Judge | None],
    refuse: Callable[[list[str]], Response],
) -> Endpoint:
    """A request that does not fit the document is refused, with 422 where that is the operation's only word for it; an answer that does not
    is BrokenContract."""

    async def run(request: Request) -> Response:
        document = vendor()
        if document is None:
            return await endpoint(request)
        method, path, body = request.method, path_below(request, partner), await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        wrong = document.wrong_request(method, path, request.query_params.multi_items(), headers, body)
        one = document.find(method, path)
        answer = await endpoint(request) if not wrong else refuse(wrong)
        if wrong and one and "422" in one.answers and "400" not in one.answers:
            answer.status_code = 422
        if one:
            _check(one, answer)
        return answer

    return run


def _check(one: Operation, answer: Response) -> None:
    """A caller without a right (401) and trouble on the way (429, 5xx) are no part of most documents."""
    status = answer.status_code
    on_the_way = str(status) not in one.answers and (status in (401, 429) or status >= 500)
    if isinstance(answer, Dropped | OffContract) or on_the_way:
        return
    faults = one.wrong_answer(status, bytes(answer.body))
    if faults:
        raise BrokenContract(f"{one.name}: {'; '.join(faults)}")


def changed(body: Any, trap: Trap | None) -> Response | None:
    """What a trap makes of an answer: detail {"change": {dotted place: value}}; None without such a trap."""
    change: Mapping[str, Any] | None = (trap.detail if trap else {}).get("change")
    if change is None:
        return None
    for place, value in change.items():
        *above, last = (int(x) if x.isdigit() else x for x in place.split("."))
        target = body
        for name in above:
            target = target[name]
        target[last] = value
    return OffContract(body)
