"""A laptop's stand-in for a ClickHouse server: its HTTP interface over one embedded chDB engine.

    python -m skyeng.local.clickhouse_http --folder DIR --port PORT

with the users' passwords in SKYENG_STANDIN_LOADER_PASSWORD and SKYENG_STANDIN_ANALYST_PASSWORD.

It is no server: chDB lets one process at a time open a folder, and this is that process, so that
several tasks, notebooks and SQL clients can use one datamart at once. It listens on loopback only,
without TLS. Two users: `loader` may do everything, `analyst` may only read.

What is like a server: GET and POST, `database`, `default_format`, settings and `param_x` in the URL,
sessions (`SET`, `USE` and temporary tables of a `session_id`; an analyst's session keeps `USE` only),
bodies plain or in gzip, deflate, lz4 or zstd, the codes and texts of errors.

How rows flow. A result goes from the engine through a pipe to the client, in any format, and is never
held: where a client asks to wait for its end, or it is short, it is gathered first, beyond a megabyte
in a temporary file. What a statement other than a query gives (`CHECK`, `KILL`) is held. An insert's
data are written to a temporary file, and the engine reads that: nothing is inserted of a body that
breaks off, and a whole one goes in by blocks, as on a server. Both need room in `TMPDIR`.

What is not there: other users, roles and grants, external data, native compression (`compress=1`; in
JDBC, `compress=false`), `input()`, several statements at once, progress headers, `system.query_log`,
TLS. The query id in a response is the client's own or made up, and unknown to the engine. As an analyst,
no name `file`, `eval` or `python` can be used, a column's neither.
"""
