"""Alerts to web hooks and mailboxes, by the one variable `SKYENG_ALERTS`."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from skyeng.errors import SettingsError

log = logging.getLogger(__name__)

ALERTS = "SKYENG_ALERTS"

_EXAMPLES = "https://example.org/hook, mailtos://user:password@example.org?to=ops@example.org"


@dataclass(frozen=True)
class Alerts:
    """The recipients. URLs may hold passwords, and are shown nowhere."""

    urls: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Alerts:
        """URLs, separated by blanks or commas, as Apprise writes them; any other http(s) one gets JSON by POST.

        Raises `SettingsError` for one that Apprise does not know, by its place in the list.
        """
        alerts = cls(tuple(environment.get(ALERTS, "").replace(",", " ").split()))
        for place, url in enumerate(alerts.urls, 1):
            if _service(url) is None:
                raise SettingsError(
                    f"{ALERTS}: URL number {place} cannot be used",
                    expected=f"a web hook, a mail address or another service of Apprise, such as {_EXAMPLES}",
                    remedy="write it as on https://appriseit.com/services, or unset the variable",
                )
        return alerts

    def send(self, title: str, text: str) -> bool:
        """Send a message to all recipients; whether all took it. A failure is logged, and stops nothing."""
        services = [_service(url) for url in self.urls]
        reached = [service.notify(title=title, body=text) for service in services]
        for place, well in enumerate(reached, 1):
            if not well:
                log.error("%s: URL number %d took no message: %s", ALERTS, place, title)
        return all(reached)


def _service(url: str) -> Any:
    """What Apprise makes of a URL: that of a service that it knows, else a hook that takes JSON; None for neither."""
    try:
        from apprise import Apprise  # loads two hundred services: only whoever has something to tell waits for it
        from apprise.plugins import N_MGR
    except ImportError as exc:
        raise SettingsError(
            f"{ALERTS} is set, and the package apprise is not installed",
            expected="the extra 'watch'",
            remedy="install skyeng[watch], or unset the variable",
        ) from exc
    for name in ("apprise", "urllib3"):  # at lower levels they log addresses
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    known = parts.scheme not in ("http", "https") or any(plugin.parse_native_url(url) for plugin in N_MGR.plugins())
    if not known:
        # Apprise sends only those parameters to the hook that begin with a sign.
        query = "&".join(f"-{part}" for part in parts.query.split("&") if part)
        scheme = {"http": "json", "https": "jsons"}[parts.scheme]
        url = urlunsplit((scheme, parts.netloc, parts.path, query, ""))
    return Apprise.instantiate(url)
