"""What may be shipped."""

import zipfile
from pathlib import Path

import pytest

from infra.bench import package
from infra.bench.package import A_ZIPS_TIME, MOST_MEGABYTES, dependency_megabytes, pack, unpack


def test_the_dependency_zip_has_at_most_8_megabytes() -> None:
    assert 0 < dependency_megabytes() <= MOST_MEGABYTES == 8.0


def test_what_lambda_unpacks_is_of_1980_and_read_only(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "a.py").write_text("x = 1\n")
    (tmp_path / "built" / "a.pyc").write_bytes(b"compiled")
    pack(tmp_path / "built", tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {A_ZIPS_TIME}
    unpack(tmp_path / "a.zip", tmp_path / "task")
    unpacked = tmp_path / "task" / "a.py"
    assert unpacked.stat().st_mode & 0o222 == 0
    assert unpacked.stat().st_mtime == package._epoch_of_1980()
    assert (tmp_path / "task" / "a.pyc").exists()


def test_the_warm_copy_has_no_bytecode_of_the_package(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "a.py").write_text("x = 1\n")
    (tmp_path / "built" / "a.pyc").write_bytes(b"compiled")
    pack(tmp_path / "built", tmp_path / "a.zip", leave_out=".pyc")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["a.py"]


@pytest.mark.parametrize("module", package.HANDLERS)
def test_what_is_measured_is_a_handler_that_is_shipped(module: str) -> None:
    assert (package.packaging.CODE / "handlers" / f"{module}.py").exists()
