"""One look at every AWS request as it is answered, for whoever keeps account of requests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from infra.local.emulator.vendor import module, need, replace

app = module("app")
router = module("core.router")
iam_actions = module("core.iam_actions")
responses = module("core.responses")

RPC_OPERATION = "/operation/"

type Answer = tuple[int, dict[str, str], Any]


@dataclass(frozen=True)
class Request:
    """An AWS API request, read as IAM reads it."""

    service: str
    action: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    parameters: dict[str, Any]

    @property
    def operation(self) -> str:
        return self.action.partition(":")[2]

    def resource(self) -> str:
        arguments = (self.service, self.method, self.path, self.headers, self.body, self.parameters)
        account, region = responses.get_account_id(), responses.get_region()
        return str(iam_actions.extract_resource_arn(*arguments, region, account))

    def elements(self) -> list[tuple[str, str]]:
        """The (action, ARN) pairs of a DynamoDB transaction, none for anything else."""
        if self.service != "dynamodb":
            return []
        account, region = responses.get_account_id(), responses.get_region()
        pairs = iam_actions.dynamodb_transaction_checks(self.action, self.body, region, account)
        return [(str(action), str(arn)) for action, arn in pairs]


Observer = Callable[[Request, Answer], None]

_observers: list[Observer] = []


def observe(observer: Observer) -> None:
    """Call it after each request has its answer and before the caller gets it."""
    _observers.append(observer)


def _read(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, parameters: dict[str, Any]
) -> Request:
    action = iam_actions.extract_iam_action(service, method, path, headers, body, parameters)
    if action is None:
        namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service, service)
        action = f"{namespace}:{path.rpartition(RPC_OPERATION)[2] if RPC_OPERATION in path else method}"
    return Request(service, action, method, path, headers, body, parameters)


def _tell(request: Request, answer: Answer) -> None:
    for observer in _observers:
        observer(request, answer)


def _dispatched(stock: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def dispatch(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
    ) -> Answer:
        answer = await stock(method, path, headers, body, query, request_id)
        parameters = app._routing_params(method, path, headers, body, query)
        service = router.detect_service(method, path, headers, parameters)
        _tell(_read(service, method, path, headers, body, parameters), answer)
        return answer

    return dispatch


def _mailed(stock: Callable[..., Awaitable[Answer | None]]) -> Callable[..., Awaitable[Answer | None]]:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any], request_id: str
    ) -> Answer | None:
        answer = await stock(method, path, headers, body, query, request_id)
        if answer is not None:
            _tell(_read("ses", method, path, headers, body, query), answer)
        return answer

    return handle


def apply() -> None:
    for owner, name in ((app, "_routing_params"), (router, "detect_service"), (iam_actions, "extract_iam_action")):
        need(owner, name)
    for name in ("extract_resource_arn", "dynamodb_transaction_checks", "SERVICE_TO_IAM_NAMESPACE"):
        need(iam_actions, name)
    replace(app, "_dispatch_service_request", _dispatched)
    # SES v2 has a door of its own in front of the common one.
    replace(app, "_handle_ses_v2_request", _mailed)
