"""The AWS SDK as the Lambda runtime brings it: apart from everything else that is installed here."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

SDK = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")


@contextmanager
def sdk() -> Iterator[Path]:
    """A directory with the SDK and what it depends on, and nothing else."""
    with TemporaryDirectory(prefix="runtime-") as name:
        root = Path(name)
        for module in SDK:
            found = _installed(module)
            (root / found.name).symlink_to(found)
        yield root


def _installed(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
