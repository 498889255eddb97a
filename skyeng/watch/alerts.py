"""Alerts to web hooks and mailboxes, configured by the variable `SKYENG_ALERTS`."""

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
    """The recipients. Their URLs can contain passwords, so they are never shown."""

    urls: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Alerts:
        """Read URLs of Apprise, separated by blanks or commas. Any other http(s) URL receives JSON by POST.

        Raises `SettingsError`, with the position in the list, for a URL that Apprise does not know.
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
        """Send a message to all recipients. True if all accepted it. A failure is only logged."""
        services = [_service(url) for url in self.urls]
        reached = [service.notify(title=title, body=text) for service in services]
        for place, well in enumerate(reached, 1):
            if not well:
                log.error("%s: URL number %d took no message: %s", ALERTS, place, title)
        return all(reached)


def _service(url: str) -> Any:
    """The Apprise service of a URL: a service that it knows, else a web hook that accepts JSON. None if neither."""
    try:
        from apprise import Apprise  # slow, it loads 200 services: import it only if needed
        from apprise.plugins import N_MGR
    except ImportError as exc:
        raise SettingsError(
            f"{ALERTS} is set, and the package apprise is not installed",
            expected="the extra 'watch'",
            remedy="install skyeng[watch], or unset the variable",
        ) from exc
    for name in ("apprise", "urllib3"):  # at lower levels, they log addresses
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    known = parts.scheme not in ("http", "https") or any(plugin.parse_native_url(url) for plugin in N_MGR.plugins())
    if not known:
        # Apprise sends a parameter to the hook only if it begins with a sign.
        query = "&".join(f"-{part}" for part in parts.query.split("&") if part)
        scheme = {"http": "json", "https": "jsons"}[parts.scheme]
        url = urlunsplit((scheme, parts.netloc, parts.path, query, ""))
    return Apprise.instantiate(url)
