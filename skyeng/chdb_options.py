"""Settings of ClickHouse's embedded engine, for all who open it."""

from __future__ import annotations

#: A mutation is one task a part. With a pool of its two threads each part waits a tenth of a second for the one
#: before (1.4 s in place of 0.2 s for ten parts); a server has 16.
OPTIONS = {"background_pool_size": 8}
