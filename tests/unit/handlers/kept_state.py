"""What moto holds right after a deployment, kept so that the next test's can be put back instead of made anew."""

import pickle
from collections.abc import Sequence
from typing import Any

from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

_STORES = (("dynamodb", ""), ("s3", "aws"), ("secretsmanager", ""), ("stepfunctions", ""))
"""Services whose whole state is plain data, and the name under which moto keeps one that is the same in all regions."""


class KeptState:
    """Queues are made anew and parameters put back one by one: moto's own objects for them hold locks and functions."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._kept = [pickle.dumps(backend.__dict__) for backend in self._backends()]
        self._parameters = list(self._parameter_store().items())
        self._bucket_owners = dict(get_backend("s3").bucket_accounts)
        self._queues = list(_backend("sqs", region).queues)

    def put_back(self) -> None:
        # Mails belong to no deployment; objects lie in files, which only S3 itself closes.
        _backend("ses", self._region).reset()
        _backend("s3", "aws").reset()
        for backend, kept in zip(self._backends(), self._kept, strict=True):
            backend.__dict__.clear()
            backend.__dict__.update(pickle.loads(kept))
        owners = get_backend("s3").bucket_accounts
        owners.clear()
        owners.update(self._bucket_owners)
        store = self._parameter_store()
        store.clear()
        for name, versions in self._parameters:
            store[name] = list(versions)
        queues = _backend("sqs", self._region)
        queues.queues.clear()
        for name in self._queues:
            queues.create_queue(name)

    def _backends(self) -> Sequence[Any]:
        return [_backend(service, place or self._region) for service, place in _STORES]

    def _parameter_store(self) -> Any:
        return _backend("ssm", self._region)._parameters


def _backend(service: str, place: str) -> Any:
    return get_backend(service)[DEFAULT_ACCOUNT_ID][place]
