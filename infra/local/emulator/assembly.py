"""What a synthesised cloud assembly holds for one stack: its template and the files it refers to."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIRST_DAY_OF_ZIP = (1980, 1, 1, 0, 0, 0)
TEMPLATE_SUFFIX = ".template.json"
FAST = 1


class NoSuchStack(LookupError):
    """The assembly holds no stack of that name."""


@dataclass(frozen=True)
class Asset:
    """A file, or a directory that becomes a zip, and where the template expects it."""

    source: Path
    zipped: bool
    bucket: str
    key: str

    def content(self) -> bytes:
        return zip_directory(self.source) if self.zipped and self.source.is_dir() else self.source.read_bytes()


@dataclass(frozen=True)
class StackFiles:
    name: str
    template: Path
    assets: tuple[Asset, ...]


def zip_directory(root: Path) -> bytes:
    """The same bytes for the same files whenever it is made; compiled bytecode stays in, it ships on purpose."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST) as archive:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), FIRST_DAY_OF_ZIP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (path.stat().st_mode & 0xFFFF) << 16
            archive.writestr(entry, path.read_bytes(), compresslevel=FAST)
    return content.getvalue()


def _manifests(directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The artifacts of this assembly, then those of the assemblies nested in it, one a stage."""
    artifacts: dict[str, Any] = json.loads((directory / "manifest.json").read_text()).get("artifacts", {})
    yield directory, artifacts
    for artifact in artifacts.values():
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _manifests(directory / artifact["properties"]["directoryName"])


def _assets(directory: Path, template: Path, account: str, region: str) -> Iterator[Asset]:
    listed = directory / f"{template.name.removesuffix(TEMPLATE_SUFFIX)}.assets.json"
    files = json.loads(listed.read_text()).get("files", {}) if listed.exists() else {}
    for file in files.values():
        source, zipped = directory / file["source"]["path"], file["source"].get("packaging") == "zip"
        for destination in file["destinations"].values():
            bucket = destination["bucketName"].replace("${AWS::AccountId}", account)
            yield Asset(source, zipped, bucket.replace("${AWS::Region}", region), destination["objectKey"])


def find_stack(assembly: Path, name: str, account: str, region: str) -> StackFiles:
    """The stack of that name, or of that identifier in the assembly."""
    seen: list[str] = []
    for directory, artifacts in _manifests(assembly):
        for identifier, artifact in artifacts.items():
            if artifact["type"] != "aws:cloudformation:stack":
                continue
            stack = artifact["properties"].get("stackName", identifier)
            seen.append(stack)
            if name in (stack, identifier):
                template = directory / artifact["properties"]["templateFile"]
                return StackFiles(stack, template, tuple(_assets(directory, template, account, region)))
    raise NoSuchStack(f"{assembly} has no stack {name}; it has {', '.join(seen) or 'none'}")
