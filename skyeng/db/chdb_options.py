"""Settings of ClickHouse's embedded engine, for all who open it."""

from __future__ import annotations

#: An append ends with a mutation, one task for each part. With the engine's two threads each part waits for the one
#: before it (1.4 s instead of 0.2 s for ten parts); a server has 16 threads. After a merge the engine waits up to 1.1 s
#: before it looks for work again, which every fifth append would wait for.
OPTIONS = {
    "background_pool_size": 8,
    "background_processing_pool_thread_sleep_seconds_if_nothing_to_do": 0.02,
    "background_processing_pool_task_sleep_seconds_when_no_work_random_part": 0,
}
