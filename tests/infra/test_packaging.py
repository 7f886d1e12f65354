"""What ships to Lambda."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra import packaging

UNCHECKED_HASH = 0b01
"""PEP 552: bit 0 says hash-based, bit 1 says that the source is checked."""
AARCH64 = 183
"""e_machine of an ELF file for arm64."""


@pytest.fixture(scope="module")
def layer() -> Path:
    return packaging.layer("arm64")


def flags(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[4:8], "little")


ROOTS = [packaging.code, lambda: packaging.layer("arm64"), lambda: packaging.report_layer("arm64")]


@pytest.mark.parametrize("root", ROOTS, ids=["code", "layer", "reports"])
def test_every_module_ships_with_bytecode_that_is_never_checked(root) -> None:  # type: ignore[no-untyped-def]
    sources, compiled = list(root().rglob("*.py")), list(root().rglob("*.pyc"))
    assert len(sources) == len(compiled) > 0
    assert {flags(path) for path in compiled} == {UNCHECKED_HASH}


@pytest.mark.parametrize("root", ROOTS[1:], ids=["layer", "reports"])
def test_every_binary_of_the_layers_is_arm64(root) -> None:  # type: ignore[no-untyped-def]
    binaries = list(root().rglob("*.so"))
    assert binaries
    assert {int.from_bytes(p.read_bytes()[18:20], "little") for p in binaries} == {AARCH64}


def test_the_layer_does_not_carry_what_the_runtime_has(layer: Path) -> None:
    assert not {"boto3", "botocore"} & {p.name for p in (layer / "python").iterdir()}


def test_both_layers_together_are_within_lambdas_limit(layer: Path) -> None:
    """250 MB unzipped, with the code (AWS Lambda developer guide, quotas)."""
    files = [p for root in (layer, packaging.report_layer("arm64"), packaging.code()) for p in root.rglob("*")]
    assert sum(p.stat().st_size for p in files if p.is_file()) < 200e6


def test_the_code_ships_its_policy_and_no_tests() -> None:
    code = packaging.code()
    assert (code / "stopship" / "policy" / "default.toml").exists()
    assert [p.name for p in code.iterdir()] == ["stopship"]


@pytest.mark.parametrize(
    ("what", "file"),
    [(["--no-dev"], packaging.REQUIREMENTS), (["--only-group", "reports"], packaging.REPORT_REQUIREMENTS)],
    ids=["layer", "reports"],
)
def test_the_pinned_requirements_are_what_the_project_resolves_to(what: list[str], file: Path) -> None:
    root = packaging.REPOSITORY
    if not (root / "uv.lock").exists():
        pytest.skip("no resolution here: the environment was not made by uv")
    command = ["export", "--frozen", *what, "--no-emit-project", "--no-annotate", "--no-header", "--quiet"]
    done = subprocess.run([sys.executable, "-m", "uv", *command], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == file.read_text()


@pytest.mark.parametrize("file", [packaging.REQUIREMENTS, packaging.REPORT_REQUIREMENTS], ids=["layer", "reports"])
def test_every_requirement_is_pinned_by_hash_and_names_no_host(file: Path) -> None:
    text = file.read_text()
    pins = [line for line in text.splitlines() if "==" in line]
    assert text.count("--hash=sha256:") >= len(pins) > 0
    assert "://" not in text


def test_a_requirement_whose_content_differs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = tmp_path / "requirements.txt"
    forged.write_text("h11==0.16.0 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setattr(packaging, "REQUIREMENTS", forged)
    with pytest.raises(packaging.PackagingFailed):
        packaging.build_layer(tmp_path / "layer", "arm64", forged)
    assert not (tmp_path / "layer" / "python" / "h11").exists()
