"""Makes the pictures of the README.

    uv run --group pictures --extra local --extra airflow python -m images.make

The vault and the datamart are drawn from the model. The same model gives the same pictures. The pictures of Airflow are
taken with the Chromium of the machine, from a `skyeng up` that is started for them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from images import datamart, vault
from skyeng.errors import SkyengError, UsageError
from skyeng.model import load_model

HERE = Path(__file__).parent
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the requested pictures, by default all. Exit codes are those of `skyeng`."""
    options = _options(arguments)
    try:
        for part in [options.only] if options.only else _PARTS:
            for name, picture in _PARTS[part](options):
                (HERE / name).write_bytes(picture)
                print(f"images/{name}: {len(picture) / 1000:.0f} kB")
    except SkyengError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return exc.exit_code
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m images.make", description="Make the pictures of the README.")
    parser.add_argument("--only", choices=list(_PARTS), help="those drawn from the model, or those of Airflow")
    parser.add_argument(
        "--browser",
        default=os.environ.get("SKYENG_BROWSER"),
        help="Chromium's executable; by default SKYENG_BROWSER, or the one on PATH",
    )
    parser.add_argument(
        "--home",
        type=Path,
        default=os.environ.get("SKYENG_PICTURES_HOME"),
        help="SKYENG_HOME of a running `skyeng up` to take instead; its school is changed "
        "unless it has shown runs of every kind; by default SKYENG_PICTURES_HOME",
    )
    return parser.parse_args(arguments)


def drawn(_options: argparse.Namespace | None = None) -> Iterator[tuple[str, bytes]]:
    """The pictures drawn from the model, with their file names."""
    model = load_model("courses")
    yield "vault.svg", vault.draw(model).svg().encode()
    for mart in model.marts:
        name = "datamart.svg" if len(model.marts) == 1 else f"datamart-{mart.name}.svg"
        yield name, datamart.draw(model, mart).svg().encode()


def _taken(options: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """The pictures of Airflow, with their file names."""
    # Only these pictures need the browser's driver.
    from images import browser, system

    executable = options.browser or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if executable is None:
        raise UsageError("no Chromium on PATH", remedy="install it, or say where it is: --browser /path/of/chromium")
    with system.system(options.home) as found:
        shown = system.history(found)
        with browser.photographer(executable, found.api.address, found.api.password) as camera:
            for name, picture in browser.take(camera, shown):
                yield f"{name}.png", picture


_PARTS = {"model": drawn, "airflow": _taken}

if __name__ == "__main__":
    sys.exit(main())
