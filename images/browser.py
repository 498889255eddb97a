"""Pictures of Airflow's UI, taken with the browser of the machine."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, FloatRect, Locator, Page, sync_playwright

from images.system import MART, WAREHOUSE, Shown

_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Pixels of the file per pixel of the page, so that letters are sharp on any screen.
_SCALE = 2
#: Hides what floats over the graph (map, buttons, the library's name), and the dots under it.
_STYLE = """
.react-flow__panel, .react-flow__minimap, .react-flow__background { visibility: hidden; }
.react-flow { background: white !important; }
"""
#: Elements side by side, each with its own height.
_ROW = "display: flex; justify-content: space-evenly; align-items: flex-start"
#: White margin around a graph, in pixels.
_EDGE = 8
_GROUPS = ["hubs", "links_and_satellites"]


@dataclass(frozen=True)
class Picture:
    """A graph, and the factor by which the UI enlarged it to fill its panel."""

    png: bytes
    zoom: float


@dataclass(frozen=True)
class Photographer:
    """A browser that is logged in to Airflow, and takes pictures."""

    browser: Browser
    address: str
    token: str

    @contextmanager
    def page(self, path: str, size: tuple[int, int], store: Mapping[str, Any]) -> Iterator[Page]:
        """A page of the UI. `store` has the choices of a user that the UI stores."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=_SCALE,
            color_scheme="light",
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        try:
            context.add_cookies([{"name": "_token", "value": self.token, "url": self.address}])
            choices = {key: json.dumps(value) for key, value in store.items()} | {"theme": "light"}
            context.add_init_script(f"Object.entries({json.dumps(choices)}).forEach(it => localStorage.setItem(...it))")
            page = context.new_page()
            page.goto(self.address + path)
            yield page
        finally:
            context.close()

    def chain(self, dag_id: str, run_id: str) -> Picture:
        """A run of a DAG, with the asset and the other DAG before or after it, from top to bottom."""
        store = {
            "default_dag_view": "graph",
            f"dependencies-{dag_id}": "all",
            f"direction-{dag_id}": "DOWN",
            **_panels("graph", 70),
        }
        with self.page(_run_path(dag_id, run_id), (1400, 1300), store) as page:
            for kind in ("task", "asset"):
                page.wait_for_selector(f".react-flow__node-{kind}")
            page.get_by_text("success").first.wait_for()
            return _graph(page)

    def groups(self, run_id: str) -> Picture:
        """The tasks of `to_datawarehouse` from `t_find_new_rows` on, with both task groups open."""
        store = {
            "default_dag_view": "graph",
            f"{WAREHOUSE}/open-groups": _GROUPS,
            **_panels("graph", 75),
        }
        path = _run_path(WAREHOUSE, run_id) + "?root=t_find_new_rows&downstream=true"
        with self.page(path, (1500, 1000), store) as page:
            page.get_by_text("l_update_links").first.wait_for()
            page.get_by_text("success").first.wait_for()
            return _graph(page)

    def grid(self, run_id: str) -> bytes:
        """All runs of `to_datawarehouse`, with a skipped one selected, beside the beginning of its list of tasks.

        The page is as wide as the list up to the states. Further columns would be cut.
        """
        store = {"default_dag_view": "grid", f"{WAREHOUSE}/open-groups": _GROUPS, **_panels("grid", 43.9)}
        with self.page(_run_path(WAREHOUSE, run_id), (1040, 760), store) as page:
            page.get_by_text("l_update_links").first.wait_for()
            page.get_by_text("Skipped").first.wait_for()
            _rest(page)
            panels, row = _box(page.locator("[data-panel-group]").first), _box(page.locator("tbody tr").nth(1))
            right, bottom = panels["x"] + panels["width"], row["y"] + row["height"]
            return _clipped(page, panels["x"] - _EDGE, panels["y"] - _EDGE, right, bottom)

    def beside(self, pictures: Sequence[Picture], width: int) -> bytes:
        """Graphs side by side on white, all at the same scale."""
        shown = "".join(
            f'<img style="zoom:{1 / _SCALE / it.zoom}" src="data:image/png;base64,{base64.b64encode(it.png).decode()}">'
            for it in pictures
        )
        context = self.browser.new_context(viewport={"width": width, "height": 1600}, device_scale_factor=_SCALE)
        try:
            page = context.new_page()
            page.set_content(f'<body style="margin:0"><div style="{_ROW}">{shown}</div>')
            return page.locator("div").screenshot()
        finally:
            context.close()


@contextmanager
def photographer(executable: str, address: str, password: str) -> Iterator[Photographer]:
    """A logged-in browser for the length of a block."""
    # Chromium's sandbox refuses to run for root.
    arguments = [*_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        try:
            request = playwright.request.new_context()
            answer = request.post(f"{address}/auth/token", data={"username": "admin", "password": password})
            yield Photographer(browser, address, answer.json()["access_token"])
        finally:
            browser.close()


def take(camera: Photographer, shown: Shown) -> Iterator[tuple[str, bytes]]:
    """All pictures of the UI, with their names."""
    chains = camera.chain(WAREHOUSE, shown.loaded), camera.chain(MART, shown.triggered)
    yield "airflow-graph", camera.beside(chains, width=1000)
    yield "airflow-groups", camera.groups(shown.loaded).png
    yield "airflow-grid", camera.grid(shown.skipped)


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/dags/{dag_id}/runs/{quote(run_id, safe='')}"


def _panels(view: str, left: float) -> dict[str, Any]:
    """The UI's stored layout, with the width of the left panel in percent."""
    layout = {"expandToSizes": {}, "layout": [left, 100 - left]}
    return {f"react-resizable-panels:{view}-ltr": {"details-panel,main-panel": layout}}


def _graph(page: Page) -> Picture:
    """A picture of all nodes of the graph, and nothing else."""
    _rest(page)
    boxes = [_box(node) for node in page.locator(".react-flow__node").all()]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right = max(box["x"] + box["width"] for box in boxes)
    bottom = max(box["y"] + box["height"] for box in boxes)
    zoom = page.locator(".react-flow__viewport").evaluate("it => new DOMMatrix(getComputedStyle(it).transform).a")
    return Picture(_clipped(page, left - _EDGE, top - _EDGE, right + _EDGE, bottom + _EDGE), zoom)


def _clipped(page: Page, left: float, top: float, right: float, bottom: float) -> bytes:
    clip: FloatRect = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    return page.screenshot(style=_STYLE, clip=clip)


def _box(found: Locator) -> FloatRect:
    box = found.bounding_box()
    if box is None:
        raise LookupError(f"not to be seen: {found}")
    return box


def _rest(page: Page) -> None:
    """Wait until nothing moves any more: the page lays out graphs and panels after it is shown."""
    before = b""
    for _ in range(40):
        now = page.screenshot()
        if now == before:
            return
        before = now
        page.wait_for_timeout(500)
    raise TimeoutError("the page does not come to rest")
