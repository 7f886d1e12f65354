"""What is shipped: how big it is, and what it costs to import from it where nothing can be written."""

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from infra import packaging
from infra.bench.fresh import NEVER_WRITES, interleaved
from infra.bench.number import Number
from infra.bench.runtime import sdk
from stopship.contract import HANDLER_MODULE

ROUNDS = 9
MOST_MEGABYTES = 8.0
MOST_OVER_WARM = 1.3
HANDLERS = ("desk_api", "receive_acknowledgment", "normalize_intake")
"""With pydantic and Powertools' resolver; with a partner's models; with nothing but botocore."""
A_ZIPS_TIME = (1980, 1, 1, 0, 0, 0)


def package() -> list[Number]:
    """The dependency zip's size, and imports from what was unpacked, over warm imports."""
    return [Number("dependency zip, arm64", dependency_megabytes(), MOST_MEGABYTES, "MB"), *from_the_zip()]


def dependency_megabytes() -> float:
    """Of the layer that is deployed, packed as the deployment packs it."""
    with TemporaryDirectory(prefix="layer-") as name:
        return pack(packaging.layer("arm64"), Path(name) / "layer.zip") / 1e6


def from_the_zip() -> list[Number]:
    """Warm means: timestamped bytecode, written by an import before. Medians of one interleaved run."""
    with shipped() as cold, warm() as ready, sdk() as runtime:
        modules = [f"{HANDLER_MODULE}.{name}" for name in HANDLERS]
        paths = [([*cold, runtime], NEVER_WRITES), ([*ready, runtime], {})]
        measured = [(module, path, more) for module in modules for path, more in paths]
        found = [median(seconds) for seconds in interleaved(ROUNDS, measured)]
    return [
        Number(f"import {name} from the zip / warm", found[2 * i] / found[2 * i + 1], MOST_OVER_WARM, "x")
        for i, name in enumerate(HANDLERS)
    ]


@contextmanager
def shipped() -> Iterator[list[Path]]:
    """Code and dependencies as Lambda unpacks them: timestamps of 1980, nothing writable."""
    with TemporaryDirectory(prefix="task-") as name:
        root = Path(name)
        for part, built in (("code", packaging.code()), ("layer", packaging.layer("host"))):
            pack(built, root / f"{part}.zip")
            unpack(root / f"{part}.zip", root / part)
        try:
            yield [root / "code", root / "layer" / "python"]
        finally:
            for directory, _, _ in os.walk(root):
                Path(directory).chmod(0o755)


@contextmanager
def warm() -> Iterator[list[Path]]:
    """The same sources without shipped bytecode: an import leaves its own behind, and the next one finds it."""
    with TemporaryDirectory(prefix="warm-") as name:
        root = Path(name)
        for part, built in (("code", packaging.code()), ("layer", packaging.layer("host"))):
            pack(built, root / f"{part}.zip", leave_out=".pyc")
            with zipfile.ZipFile(root / f"{part}.zip") as archive:
                archive.extractall(root / part)
        yield [root / "code", root / "layer" / "python"]


def pack(root: Path, target: Path, *, leave_out: str = "none") -> int:
    """Bytes of the zip. All timestamps are alike, as in a deployment."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in root.rglob("*") if p.is_file() and p.suffix != leave_out):
            entry = zipfile.ZipInfo(str(path.relative_to(root)), A_ZIPS_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return target.stat().st_size


def unpack(archive: Path, target: Path) -> None:
    """As Lambda does it: the archive's timestamps, read-only."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(target)
    then = _epoch_of_1980()
    for path in [*target.rglob("*"), target]:
        os.utime(path, (then, then))
        path.chmod(0o555 if path.is_dir() else 0o444)


def _epoch_of_1980() -> float:
    from datetime import UTC, datetime

    return datetime(*A_ZIPS_TIME, tzinfo=UTC).timestamp()
