"""A caller of an HTTP API is not shown why a function failed: 500 and one sentence, as on AWS.

Stock MiniStack answers 502 with the function's error and trace, which a client could come to rely on.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from infra.local.emulator.vendor import module, replace

http_apis = module("services.apigateway")

OPAQUE = b'{"message":"Internal Server Error"}'


def _is_function_error(status: int, body: Any) -> bool:
    if status != 502:
        return False
    try:
        return "errorType" in json.loads(body)
    except (TypeError, ValueError):
        return False


def _invoked(stock: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def invoke(*arguments: Any, **named: Any) -> Any:
        answer = await stock(*arguments, **named)
        if not _is_function_error(answer[0], answer[2]):
            return answer
        return 500, {"Content-Type": "application/json"}, OPAQUE

    return invoke


def apply() -> None:
    replace(http_apis, "_invoke_lambda_proxy", _invoked)
