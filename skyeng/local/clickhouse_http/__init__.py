"""Local ClickHouse HTTP endpoint: the HTTP interface of a ClickHouse server over one embedded chDB engine.

    python -m skyeng.local.clickhouse_http --folder DIR --port PORT

The passwords of the users are in SKYENG_STANDIN_LOADER_PASSWORD and SKYENG_STANDIN_ANALYST_PASSWORD.

It is not a ClickHouse server. chDB allows only one process at a time to open a folder, and this is that process. So
several tasks, notebooks and SQL clients can use one datamart at the same time. It listens on loopback only, without
TLS. There are two users: `loader` may do everything, `analyst` may only read.

It supports GET and POST, and `database`, `default_format`, settings and `param_x` in the URL. It supports sessions:
`SET`, `USE` and temporary tables of a `session_id`; the session of an analyst stores `USE` only. Bodies are plain, or
compressed with gzip, deflate, lz4 or zstd. Errors have the codes and texts of a server.

The rows of a result go from the engine through a pipe to the client, in any format, and are not held in memory. A
result is collected before it is sent if it is short, or if the client asks to wait for its end. Above two megabytes, it
is collected in a temporary file. The result of a statement other than a query (`CHECK`, `KILL`) is held in memory.

The data of an insert are written to a temporary file, which the engine reads. Nothing is inserted from an incomplete
body. A complete body is inserted in blocks, as on a server. Results and inserts both need space in `TMPDIR`.

It does not support other users, roles and grants, external data, native compression (`compress=1`; in JDBC, set
`compress=false`), `input()`, several statements at once, progress headers, `system.query_log`, or TLS. The query id in
a response is the client's own or generated, and is unknown to the engine. An analyst cannot use the names `file`,
`eval` and `python`, not even for a column.
"""
