"""`skyeng watch`: metrics and alerts, independent of what runs the loads."""

from __future__ import annotations

import click

from skyeng import config
from skyeng.cli import show
from skyeng.config import Settings
from skyeng.errors import UsageError
from skyeng.local.stores import opened
from skyeng.model import load_model
from skyeng.model.discovery import sound_models
from skyeng.watch.alerts import Alerts


@click.command()
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option(
    "--address", default="127.0.0.1", show_default=True, help="Where metrics are served; 0.0.0.0: everywhere."
)
@click.option("--port", type=click.IntRange(1, 65535), default=9464, show_default=True, help="Port of the metrics.")
@click.option("--every", type=click.FloatRange(min=1), default=30, show_default=True, help="Seconds between two scans.")
def watch(models: tuple[str, ...], address: str, port: int, every: float) -> None:
    """Serve metrics for Prometheus, and send alerts of late loads and marts.

    Without MODEL, all models of the package and of SKYENG_MODELS are watched.
    SKYENG_ALERTS has the recipients. A load is late after the time in
    SKYENG_LATE (30min). Ctrl-C ends the command.
    """
    try:
        from skyeng.watch.watcher import watch as look
    except ImportError as exc:
        raise UsageError(
            f"the package {exc.name} is not installed", expected="the extra 'watch'", remedy="install skyeng[watch]"
        ) from exc
    watched = [load_model(model) for model in models] or [*sound_models()]
    late, alerts = config.late(), Alerts.read()
    try:
        with opened(Settings.read()) as stores:
            show.say(f"watching {', '.join(model.name for model in watched)}: http://{address}:{port}/metrics")
            look(watched, stores, late=late, alerts=alerts, address=address, port=port, every=every)
    except KeyboardInterrupt:
        show.say("stopped")
