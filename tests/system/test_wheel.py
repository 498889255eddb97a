"""The wheel: it installs `skyeng` alone, with all files that the package needs, and runs in a new environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv") or str(ROOT / ".boot" / "bin" / "uv")


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run([str(it) for it in command], capture_output=True, text=True, check=False, **options)  # pyright: ignore[reportCallIssue, reportArgumentType]
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not Path(UV).exists():
        pytest.skip("no uv to build with")
    folder = tmp_path_factory.mktemp("wheel")
    run(UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_it_has_one_package_with_every_file_that_a_checkout_has(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.partition("/")[0] for name in names} == {"skyeng", f"skyeng-{wheel.name.split('-')[1]}.dist-info"}
    assert "skyeng/py.typed" in names
    for installed, folder in (
        ("skyeng/resources_/migrations", ROOT / "warehouse" / "migrations"),
        ("skyeng/resources_/ddl", ROOT / "datamart" / "ddl"),
        ("skyeng/resources_/dags", ROOT / "dags"),
        ("skyeng", ROOT / "skyeng"),
    ):
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        wanted = {f"{installed}/{it}" for it in files if "__pycache__" not in it}
        assert wanted
        assert wanted <= names


@pytest.mark.slow
@pytest.mark.longest
def test_it_runs_the_demo_in_a_new_environment(wheel: Path, tmp_path: Path) -> None:
    """With the versions of the lock file, and nothing of the checkout."""
    versions, environment = tmp_path / "versions.txt", tmp_path / "environment"
    run(UV, "export", "--quiet", "--locked", "--no-dev", "--no-emit-project", "--extra=local", "-o", versions, cwd=ROOT)
    run(UV, "venv", "--quiet", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--python", python, "--no-deps", "-r", versions, wheel)
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "CH_", "SKYENG_"))}
    alone = {"cwd": tmp_path, "env": settings | {"SKYENG_HOME": str(tmp_path / "home")}}
    shown = run(environment / "bin" / "skyeng", "demo", **alone)
    assert "Data Engineering" in shown
    assert run(environment / "bin" / "skyeng", "verify", **alone).count("equal") == 3
    folder = Path(run(python, "-m", "skyeng.resources", "dags", **alone).strip())
    assert sorted(it.name for it in folder.iterdir() if it.suffix) == [
        "faulty_models.py",
        "pools.json",
        "subject_areas.py",
    ]
    assert environment in folder.parents
