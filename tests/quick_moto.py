"""What moto does for every call and slowly, done once: its answers are the same.

It copies a whole table, with every item in it, for each item of a transaction, lest one is refused; it looks for the name under which an
object may hold a field in six ways, for every field of every answer, most of which are not there; it makes a pair of RSA keys for a key that
signs nothing; and it drops boto3's session with each account, so that the next client finds and reads anew what AWS's services look like.
"""

from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from botocore import session
from botocore.loaders import create_loader
from moto.core import responses, serialize
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.kms import models as kms


def quicken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(DynamoDBBackend, "transact_write_items", _transact)
    patch.setattr(serialize.ResponseSerializer, "get_value", _value)
    patch.setattr(responses, "camelcase_to_underscores", cache(responses.camelcase_to_underscores))
    patch.setattr(kms, "generate_private_key", _private_key)
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

_any_value = serialize.ResponseSerializer.get_value
_NAMES: dict[tuple[Any, ...], tuple[str, ...]] = {}
"""By all that the names of a plain dict's field are chosen by: the field, its shape, and what that is part of."""


def _value(serializer: serialize.ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
    picker = serializer._value_picker
    if type(value) is not dict or not _is_plain(picker):
        return _any_value(serializer, value, key, shape)
    place = type(picker), key, shape, getattr(shape, "parent", None)
    names = _NAMES.get(place)
    if names is None:
        context = serialize.AttributePickerContext(obj=value, key=key, shape=shape)
        names = _NAMES[place] = tuple(dict.fromkeys(picker.get_possible_keys(context)))
    return next((value[name] for name in names if name in value), None)


def _is_plain(picker: Any) -> bool:
    providers = getattr(picker, "alias_providers", None)
    return providers is serialize.DEFAULT_ALIAS_PROVIDERS and not picker.response_transformers


# ---------------------------------------------------------------------------------------------- keys

_new_private_key = kms.generate_private_key
_unused_private_key = cache(_new_private_key)


def _private_key(spec: str) -> Any:
    """Of one that signs, it is its own."""
    return _new_private_key(spec) if spec.startswith(("RSA_", "ECC_", "SM2")) else _unused_private_key(spec)
