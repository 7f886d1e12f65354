"""What moto does for every call and slowly, done once: its answers are the same.

It copies a whole table, with every item in it, for each item of a transaction, lest one is refused; it looks for the name under which an
object may hold a field in six ways, for every field of every answer, most of which are not there; and it drops boto3's session with each
account, so that the next client finds and reads anew what AWS's services look like.
"""

from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from botocore import session
from botocore.loaders import create_loader
from moto.core import serialize
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table


def quicken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DynamoDBBackend, "transact_write_items", _transact)
    patch.setattr(serialize.AttributePicker, "__call__", _picked)
    patch.setattr(session, "create_loader", cache(create_loader))


# ---------------------------------------------------------------------------------------------- transactions

_whole_copies = DynamoDBBackend.transact_write_items


def _transact(backend: DynamoDBBackend, writes: Sequence[dict[str, Any]]) -> None:
    """A put sets another item in the place of the one that was there, which itself stays as it is: what is to be restored is which
    items there were."""
    if any("Put" not in write for write in writes):
        _whole_copies(backend, list(writes))
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Table, "__deepcopy__", _with_the_same_items, raising=False)
        _whole_copies(backend, list(writes))


def _with_the_same_items(table: Table, memo: dict[int, Any]) -> Table:
    twin = Table.__new__(Table)
    twin.__dict__.update(table.__dict__)
    twin.items = defaultdict(dict, {k: dict(v) if isinstance(v, dict) else v for k, v in table.items.items()})
    memo[id(table)] = twin
    twin.stream_shard = deepcopy(table.stream_shard, memo)
    return twin


# ---------------------------------------------------------------------------------------------- answers

_pick, _PROVIDERS = serialize.AttributePicker.__call__, serialize.DEFAULT_ALIAS_PROVIDERS
_NAMES: dict[tuple[Any, ...], tuple[str, ...]] = {}
"""By all that they are chosen by: the field, its shape and what that is part of, and the object's class."""


def _picked(picker: serialize.AttributePicker, context: serialize.AttributePickerContext) -> Any:
    if type(context.obj) is not dict or picker.response_transformers or picker.alias_providers is not _PROVIDERS:
        return _pick(picker, context)
    return next((context.obj[name] for name in _names(picker, context) if name in context.obj), None)


def _names(picker: serialize.AttributePicker, context: serialize.AttributePickerContext) -> tuple[str, ...]:
    shape = context.shape
    place = type(picker), context.key, shape, getattr(shape, "parent", None), type(context.obj)
    names = _NAMES.get(place)
    if names is None:
        names = _NAMES[place] = tuple(dict.fromkeys(picker.get_possible_keys(context)))
    return names
