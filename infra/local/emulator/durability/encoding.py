"""Records as text, and back; bytes among them survive."""

import json
from typing import Any

from infra.local.emulator.vendor import module, need

persistence = module("core.persistence")
_default = need(persistence, "_json_default")
_hook = need(persistence, "_json_object_hook")


def encode(record: Any) -> str:
    return json.dumps(record, default=_default, separators=(",", ":"))


def decode(text: str) -> Any:
    return json.loads(text, object_hook=_hook)
