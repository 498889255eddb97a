-- first: around 1, e_from_pg_datawarehouse 1, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_room 1, l_update_s_student 1, l_update_links 1, l_update_h_room 1, l_update_h_group 1, l_update_h_student 1, close 1, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- first --full: around 1, e_from_pg_datawarehouse 2, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_room 2, l_update_s_student 2, l_update_links 1, l_update_h_room 1, l_update_h_group 1, l_update_h_student 1, close 2, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- first --only to_datawarehouse: around 3, e_from_pg_datawarehouse 1, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_room 1, l_update_s_student 1, l_update_links 1, l_update_h_room 1, l_update_h_group 1, l_update_h_student 1, close 1, around 2
-- first --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- changed: around 1, e_from_pg_datawarehouse 3, e_from_pg_datasource 2, t_find_new_rows 1, l_update_s_room 1, l_update_s_student 1, l_update_links 1, l_update_h_room 1, l_update_h_group 1, l_update_h_student 1, close 1, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3, l_update_datamart 3, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 4, l_update_datamart 4
-- changed --full: around 1, e_from_pg_datawarehouse 4, e_from_pg_datasource 2, t_find_new_rows 1, l_update_s_room 2, l_update_s_student 2, l_update_links 1, l_update_h_room 1, l_update_h_group 1, l_update_h_student 1, close 2, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3, l_update_datamart 5, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 4, l_update_datamart 6
-- changed --only to_datawarehouse: around 3, e_from_pg_datawarehouse 3, e_from_pg_datasource 2, t_find_new_rows 1, l_update_s_room 1, l_update_s_student 1, l_update_links 1, l_update_h_room 1, l_update_h_group 1, l_update_h_student 1, close 1, around 2
-- changed --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3, l_update_datamart 3, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 4, l_update_datamart 4
-- unchanged: around 1, e_from_pg_datawarehouse 3, e_from_pg_datasource 2, t_find_new_rows 2, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5
-- unchanged --full: around 1, e_from_pg_datawarehouse 4, e_from_pg_datasource 2, t_find_new_rows 2, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 6, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 7
-- unchanged --only to_datawarehouse: around 3, e_from_pg_datawarehouse 3, e_from_pg_datasource 2, t_find_new_rows 2, around 2
-- unchanged --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5

-- step around 1
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_control');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_control;
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_campus');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_campus;
-- pg_datawarehouse, session 1
SELECT expected.place, coalesce(
    CASE WHEN expected.kind = 'column' THEN format_type(atttypid, atttypmod) END,
    CASE WHEN expected.kind IN ('table', 'view') THEN relation.relkind::text END,
    ''
)
FROM unnest(
    :places::integer[], :kinds::text[], :schemas::text[], :names::text[], :parts::text[],
    :types::text[]
) AS expected (place, kind, schema_name, name, part, type)
LEFT JOIN pg_namespace AS space ON space.nspname = expected.schema_name
LEFT JOIN pg_class AS relation ON relation.relnamespace = space.oid AND relation.relname = expected.name
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attname = expected.part AND NOT attisdropped
WHERE CASE expected.kind
    WHEN 'table' THEN relation.relkind IS DISTINCT FROM 'r'
    WHEN 'view' THEN relation.relkind IS DISTINCT FROM 'v'
    WHEN 'column' THEN relation.relkind = 'r' AND format_type(atttypid, atttypmod) IS DISTINCT FROM expected.type
    WHEN 'function' THEN
        to_regprocedure(format('%I.%I(timestamp with time zone)', expected.schema_name, expected.name)) IS NULL
    ELSE relation.relkind = 'r' AND NOT EXISTS (
        SELECT FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        WHERE indrelid = relation.oid AND index.relname = expected.part
    )
END
ORDER BY expected.place;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT expected.place, coalesce(
    CASE WHEN expected.kind = 'column' THEN format_type(atttypid, atttypmod) END,
    CASE WHEN expected.kind IN ('table', 'view') THEN relation.relkind::text END,
    ''
)
FROM unnest(
    :places::integer[], :kinds::text[], :schemas::text[], :names::text[], :parts::text[],
    :types::text[]
) AS expected (place, kind, schema_name, name, part, type)
LEFT JOIN pg_namespace AS space ON space.nspname = expected.schema_name
LEFT JOIN pg_class AS relation ON relation.relnamespace = space.oid AND relation.relname = expected.name
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attname = expected.part AND NOT attisdropped
WHERE CASE expected.kind
    WHEN 'table' THEN relation.relkind IS DISTINCT FROM 'r'
    WHEN 'view' THEN relation.relkind IS DISTINCT FROM 'v'
    WHEN 'column' THEN relation.relkind = 'r' AND format_type(atttypid, atttypmod) IS DISTINCT FROM expected.type
    WHEN 'function' THEN
        to_regprocedure(format('%I.%I(timestamp with time zone)', expected.schema_name, expected.name)) IS NULL
    ELSE relation.relkind = 'r' AND NOT EXISTS (
        SELECT FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        WHERE indrelid = relation.oid AND index.relname = expected.part
    )
END
ORDER BY expected.place;
-- pg_datawarehouse, session 1
SELECT declared.schema_name, declared.table_name, owned.model
FROM unnest(:schemas::text[], :names::text[]) AS declared (schema_name, table_name)
LEFT JOIN control.model_tables AS owned USING (schema_name, table_name)
WHERE owned.model <> :model OR owned.model IS NULL AND (
    EXISTS (
        SELECT FROM pg_class WHERE relnamespace = to_regnamespace(declared.schema_name) AND relname = table_name
    ) OR EXISTS (
        SELECT FROM pg_proc WHERE pronamespace = to_regnamespace(declared.schema_name) AND proname = table_name
    )
);
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT formatQuerySingleLine('SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_history
WHERE is_past = 0
    AND dm_enrolment_load_ts <= (SELECT max(load_ts) FROM dm_enrolments_loads)
    AND dm_enrolment_load_end_ts > (SELECT max(load_ts) FROM dm_enrolments_loads)'),
formatQuerySingleLine('SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_history
WHERE dm_enrolment_load_ts <= (SELECT max(load_ts) FROM dm_enrolments_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_enrolment_load_end_ts > (SELECT max(load_ts) FROM dm_enrolments_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})'),
formatQuerySingleLine('SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_history
WHERE is_past = 0
    AND dm_room_load_ts <= (SELECT max(load_ts) FROM dm_rooms_loads)
    AND dm_room_load_end_ts > (SELECT max(load_ts) FROM dm_rooms_loads)'),
formatQuerySingleLine('SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_history
WHERE dm_room_load_ts <= (SELECT max(load_ts) FROM dm_rooms_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_room_load_end_ts > (SELECT max(load_ts) FROM dm_rooms_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- pg_datawarehouse, session 3
SELECT set_config('application_name', :name, false);
-- pg_datawarehouse, session 3
SELECT pg_try_advisory_lock(hashtextextended(:key, 0));
-- pg_datawarehouse, session 3
SET idle_session_timeout = '60000ms';
-- pg_datawarehouse, session 3
COMMIT;

-- step around 2
-- pg_datawarehouse, session 1
SELECT pg_advisory_unlock_all();
-- pg_datawarehouse, session 1
COMMIT;

-- step around 3
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_control');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_control;
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_campus');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_campus;
-- pg_datawarehouse, session 1
SELECT expected.place, coalesce(
    CASE WHEN expected.kind = 'column' THEN format_type(atttypid, atttypmod) END,
    CASE WHEN expected.kind IN ('table', 'view') THEN relation.relkind::text END,
    ''
)
FROM unnest(
    :places::integer[], :kinds::text[], :schemas::text[], :names::text[], :parts::text[],
    :types::text[]
) AS expected (place, kind, schema_name, name, part, type)
LEFT JOIN pg_namespace AS space ON space.nspname = expected.schema_name
LEFT JOIN pg_class AS relation ON relation.relnamespace = space.oid AND relation.relname = expected.name
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attname = expected.part AND NOT attisdropped
WHERE CASE expected.kind
    WHEN 'table' THEN relation.relkind IS DISTINCT FROM 'r'
    WHEN 'view' THEN relation.relkind IS DISTINCT FROM 'v'
    WHEN 'column' THEN relation.relkind = 'r' AND format_type(atttypid, atttypmod) IS DISTINCT FROM expected.type
    WHEN 'function' THEN
        to_regprocedure(format('%I.%I(timestamp with time zone)', expected.schema_name, expected.name)) IS NULL
    ELSE relation.relkind = 'r' AND NOT EXISTS (
        SELECT FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        WHERE indrelid = relation.oid AND index.relname = expected.part
    )
END
ORDER BY expected.place;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT expected.place, coalesce(
    CASE WHEN expected.kind = 'column' THEN format_type(atttypid, atttypmod) END,
    CASE WHEN expected.kind IN ('table', 'view') THEN relation.relkind::text END,
    ''
)
FROM unnest(
    :places::integer[], :kinds::text[], :schemas::text[], :names::text[], :parts::text[],
    :types::text[]
) AS expected (place, kind, schema_name, name, part, type)
LEFT JOIN pg_namespace AS space ON space.nspname = expected.schema_name
LEFT JOIN pg_class AS relation ON relation.relnamespace = space.oid AND relation.relname = expected.name
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attname = expected.part AND NOT attisdropped
WHERE CASE expected.kind
    WHEN 'table' THEN relation.relkind IS DISTINCT FROM 'r'
    WHEN 'view' THEN relation.relkind IS DISTINCT FROM 'v'
    WHEN 'column' THEN relation.relkind = 'r' AND format_type(atttypid, atttypmod) IS DISTINCT FROM expected.type
    WHEN 'function' THEN
        to_regprocedure(format('%I.%I(timestamp with time zone)', expected.schema_name, expected.name)) IS NULL
    ELSE relation.relkind = 'r' AND NOT EXISTS (
        SELECT FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        WHERE indrelid = relation.oid AND index.relname = expected.part
    )
END
ORDER BY expected.place;
-- pg_datawarehouse, session 1
SELECT declared.schema_name, declared.table_name, owned.model
FROM unnest(:schemas::text[], :names::text[]) AS declared (schema_name, table_name)
LEFT JOIN control.model_tables AS owned USING (schema_name, table_name)
WHERE owned.model <> :model OR owned.model IS NULL AND (
    EXISTS (
        SELECT FROM pg_class WHERE relnamespace = to_regnamespace(declared.schema_name) AND relname = table_name
    ) OR EXISTS (
        SELECT FROM pg_proc WHERE pronamespace = to_regnamespace(declared.schema_name) AND proname = table_name
    )
);
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT set_config('application_name', :name, false);
-- pg_datawarehouse, session 2
SELECT pg_try_advisory_lock(hashtextextended(:key, 0));
-- pg_datawarehouse, session 2
SET idle_session_timeout = '60000ms';
-- pg_datawarehouse, session 2
COMMIT;

-- step around 4
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_control');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_control;
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_campus');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_campus;
-- pg_datawarehouse, session 1
SELECT expected.place, coalesce(
    CASE WHEN expected.kind = 'column' THEN format_type(atttypid, atttypmod) END,
    CASE WHEN expected.kind IN ('table', 'view') THEN relation.relkind::text END,
    ''
)
FROM unnest(
    :places::integer[], :kinds::text[], :schemas::text[], :names::text[], :parts::text[],
    :types::text[]
) AS expected (place, kind, schema_name, name, part, type)
LEFT JOIN pg_namespace AS space ON space.nspname = expected.schema_name
LEFT JOIN pg_class AS relation ON relation.relnamespace = space.oid AND relation.relname = expected.name
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attname = expected.part AND NOT attisdropped
WHERE CASE expected.kind
    WHEN 'table' THEN relation.relkind IS DISTINCT FROM 'r'
    WHEN 'view' THEN relation.relkind IS DISTINCT FROM 'v'
    WHEN 'column' THEN relation.relkind = 'r' AND format_type(atttypid, atttypmod) IS DISTINCT FROM expected.type
    WHEN 'function' THEN
        to_regprocedure(format('%I.%I(timestamp with time zone)', expected.schema_name, expected.name)) IS NULL
    ELSE relation.relkind = 'r' AND NOT EXISTS (
        SELECT FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        WHERE indrelid = relation.oid AND index.relname = expected.part
    )
END
ORDER BY expected.place;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT expected.place, coalesce(
    CASE WHEN expected.kind = 'column' THEN format_type(atttypid, atttypmod) END,
    CASE WHEN expected.kind IN ('table', 'view') THEN relation.relkind::text END,
    ''
)
FROM unnest(
    :places::integer[], :kinds::text[], :schemas::text[], :names::text[], :parts::text[],
    :types::text[]
) AS expected (place, kind, schema_name, name, part, type)
LEFT JOIN pg_namespace AS space ON space.nspname = expected.schema_name
LEFT JOIN pg_class AS relation ON relation.relnamespace = space.oid AND relation.relname = expected.name
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attname = expected.part AND NOT attisdropped
WHERE CASE expected.kind
    WHEN 'table' THEN relation.relkind IS DISTINCT FROM 'r'
    WHEN 'view' THEN relation.relkind IS DISTINCT FROM 'v'
    WHEN 'column' THEN relation.relkind = 'r' AND format_type(atttypid, atttypmod) IS DISTINCT FROM expected.type
    WHEN 'function' THEN
        to_regprocedure(format('%I.%I(timestamp with time zone)', expected.schema_name, expected.name)) IS NULL
    ELSE relation.relkind = 'r' AND NOT EXISTS (
        SELECT FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        WHERE indrelid = relation.oid AND index.relname = expected.part
    )
END
ORDER BY expected.place;
-- pg_datawarehouse, session 1
SELECT declared.schema_name, declared.table_name, owned.model
FROM unnest(:schemas::text[], :names::text[]) AS declared (schema_name, table_name)
LEFT JOIN control.model_tables AS owned USING (schema_name, table_name)
WHERE owned.model <> :model OR owned.model IS NULL AND (
    EXISTS (
        SELECT FROM pg_class WHERE relnamespace = to_regnamespace(declared.schema_name) AND relname = table_name
    ) OR EXISTS (
        SELECT FROM pg_proc WHERE pronamespace = to_regnamespace(declared.schema_name) AND proname = table_name
    )
);
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT formatQuerySingleLine('SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_history
WHERE is_past = 0
    AND dm_enrolment_load_ts <= (SELECT max(load_ts) FROM dm_enrolments_loads)
    AND dm_enrolment_load_end_ts > (SELECT max(load_ts) FROM dm_enrolments_loads)'),
formatQuerySingleLine('SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_history
WHERE dm_enrolment_load_ts <= (SELECT max(load_ts) FROM dm_enrolments_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_enrolment_load_end_ts > (SELECT max(load_ts) FROM dm_enrolments_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})'),
formatQuerySingleLine('SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_history
WHERE is_past = 0
    AND dm_room_load_ts <= (SELECT max(load_ts) FROM dm_rooms_loads)
    AND dm_room_load_end_ts > (SELECT max(load_ts) FROM dm_rooms_loads)'),
formatQuerySingleLine('SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_history
WHERE dm_room_load_ts <= (SELECT max(load_ts) FROM dm_rooms_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_room_load_end_ts > (SELECT max(load_ts) FROM dm_rooms_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;

-- step e_from_pg_datawarehouse 1
-- pg_datasource, session 1
SELECT hashint4extended(0, coalesce(hashint8extended(736888247817640029, (4294967296)::bigint), 0) # coalesce(hashint8extended(30780824399341246, (-4294967297)::bigint), 0) # coalesce(hashint4extended((true)::boolean::integer, 7908873046293930821), 0) # coalesce(CASE WHEN isfinite(('2106-02-07')::date) THEN hashint4extended(('2106-02-07')::date - date '2000-01-01', 1231011236929849822) ELSE hash_record_extended(ROW(date_send(('2106-02-07')::date)), 1231011236929849822) END, 0) # coalesce(CASE WHEN isfinite(('infinity')::date) THEN hashint4extended(('infinity')::date - date '2000-01-01', 4135447950172951237) ELSE hash_record_extended(ROW(date_send(('infinity')::date)), 4135447950172951237) END, 0) # coalesce(CASE WHEN (0.1)::double precision = 0 THEN hash_record_extended(ROW(float8send((0.1)::double precision)), 326579294422009963) ELSE hashfloat8extended((0.1)::double precision, 326579294422009963) END, 0) # coalesce(CASE WHEN ('-0')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-0')::double precision)), 5210995971968765743) ELSE hashfloat8extended(('-0')::double precision, 5210995971968765743) END, 0) # coalesce(CASE WHEN ('NaN')::double precision = 0 THEN hash_record_extended(ROW(float8send(('NaN')::double precision)), 4705048385455117356) ELSE hashfloat8extended(('NaN')::double precision, 4705048385455117356) END, 0) # coalesce(CASE WHEN ('-Infinity')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-Infinity')::double precision)), 5900325901865850670) ELSE hashfloat8extended(('-Infinity')::double precision, 5900325901865850670) END, 0) # coalesce(hashtextextended(getdatabaseencoding()::text, 3114945948160729173), 0) # coalesce(hashint4extended((42)::integer, 4475209463048016947), 0) # coalesce(hashint4extended((-2147483648)::integer, 6823754459846276105), 0) # coalesce(hashtextextended(('{"k": [1, null, "v"]}')::jsonb::text, 885275458666710694), 0) # coalesce(hashint8extended(2593648159594145771, hash_numeric_extended((12.5)::numeric(38,10), ((12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(1298838267928388120, hash_numeric_extended((-12.5)::numeric(38,10), ((-12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(6070841109313218595, hash_numeric_extended((0)::numeric(38,10), ((0)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(3931165226769606704, hash_numeric_extended(('NaN')::numeric(38,10), (('NaN')::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint4extended((-7)::smallint, 285569376512032689), 0) # coalesce(hashtextextended(('')::text, 3283499036510794384), 0) # coalesce(hashtextextended(('text')::text, 3522905855916064042), 0) # coalesce(timestamp_hash_extended(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'), 7748383633815140671 + timestamp_cmp(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('1969-12-31 23:59:59')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'), 603019389264847619 + timestamp_cmp(('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('infinity')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('infinity')::timestamp without time zone, timestamp '2000-01-01'), 6990717047859252641 + timestamp_cmp(('infinity')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3442354216144726465 + timestamp_cmp((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3743008821752331066 + timestamp_cmp((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(uuid_hash_extended(('00000000-0000-0000-0000-00000000002a')::uuid, 7746156350180101240), 0));
-- pg_datawarehouse, session 2
SELECT hashint4extended(0, coalesce(hashint8extended(736888247817640029, (4294967296)::bigint), 0) # coalesce(hashint8extended(30780824399341246, (-4294967297)::bigint), 0) # coalesce(hashint4extended((true)::boolean::integer, 7908873046293930821), 0) # coalesce(CASE WHEN isfinite(('2106-02-07')::date) THEN hashint4extended(('2106-02-07')::date - date '2000-01-01', 1231011236929849822) ELSE hash_record_extended(ROW(date_send(('2106-02-07')::date)), 1231011236929849822) END, 0) # coalesce(CASE WHEN isfinite(('infinity')::date) THEN hashint4extended(('infinity')::date - date '2000-01-01', 4135447950172951237) ELSE hash_record_extended(ROW(date_send(('infinity')::date)), 4135447950172951237) END, 0) # coalesce(CASE WHEN (0.1)::double precision = 0 THEN hash_record_extended(ROW(float8send((0.1)::double precision)), 326579294422009963) ELSE hashfloat8extended((0.1)::double precision, 326579294422009963) END, 0) # coalesce(CASE WHEN ('-0')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-0')::double precision)), 5210995971968765743) ELSE hashfloat8extended(('-0')::double precision, 5210995971968765743) END, 0) # coalesce(CASE WHEN ('NaN')::double precision = 0 THEN hash_record_extended(ROW(float8send(('NaN')::double precision)), 4705048385455117356) ELSE hashfloat8extended(('NaN')::double precision, 4705048385455117356) END, 0) # coalesce(CASE WHEN ('-Infinity')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-Infinity')::double precision)), 5900325901865850670) ELSE hashfloat8extended(('-Infinity')::double precision, 5900325901865850670) END, 0) # coalesce(hashtextextended(getdatabaseencoding()::text, 3114945948160729173), 0) # coalesce(hashint4extended((42)::integer, 4475209463048016947), 0) # coalesce(hashint4extended((-2147483648)::integer, 6823754459846276105), 0) # coalesce(hashtextextended(('{"k": [1, null, "v"]}')::jsonb::text, 885275458666710694), 0) # coalesce(hashint8extended(2593648159594145771, hash_numeric_extended((12.5)::numeric(38,10), ((12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(1298838267928388120, hash_numeric_extended((-12.5)::numeric(38,10), ((-12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(6070841109313218595, hash_numeric_extended((0)::numeric(38,10), ((0)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(3931165226769606704, hash_numeric_extended(('NaN')::numeric(38,10), (('NaN')::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint4extended((-7)::smallint, 285569376512032689), 0) # coalesce(hashtextextended(('')::text, 3283499036510794384), 0) # coalesce(hashtextextended(('text')::text, 3522905855916064042), 0) # coalesce(timestamp_hash_extended(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'), 7748383633815140671 + timestamp_cmp(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('1969-12-31 23:59:59')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'), 603019389264847619 + timestamp_cmp(('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('infinity')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('infinity')::timestamp without time zone, timestamp '2000-01-01'), 6990717047859252641 + timestamp_cmp(('infinity')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3442354216144726465 + timestamp_cmp((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3743008821752331066 + timestamp_cmp((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(uuid_hash_extended(('00000000-0000-0000-0000-00000000002a')::uuid, 7746156350180101240), 0));
-- pg_datawarehouse, session 2
COMMIT;
-- pg_datasource, session 1
COMMIT;
-- pg_datawarehouse, session 3
SELECT load_id, load_ts, lease IS NOT NULL, scheduler, clock_timestamp() < lease + greatest(
    started_at, (SELECT max(finished_at) FROM control.load_steps AS done WHERE done.load_id = loads.load_id))
FROM control.loads WHERE model = :model AND status = 'open';
-- pg_datawarehouse, session 3
WITH forgotten AS (
    DELETE FROM control.load_steps AS step
    USING control.loads AS load
    WHERE step.load_id <= (
        SELECT load_id FROM control.loads WHERE load_ts < clock_timestamp() - :keep ORDER BY load_ts DESC LIMIT 1
    ) AND load.load_id = step.load_id AND load.model = :model AND load.status <> 'open' AND load.load_ts < (
        SELECT max(load_ts) FROM control.loads WHERE model = :model AND status = 'closed'
    )
    RETURNING step.load_id
)
DELETE FROM control.load_feeds
WHERE load_id IN (SELECT load_id FROM forgotten) AND rows_new + rows_changed + rows_gone = 0;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT expected.name
FROM unnest(:names::text[], :kinds::text[], :definitions::text[]) AS expected (name, kind, definition)
LEFT JOIN control.model_tables AS made ON (made.schema_name, made.table_name) = ('vault', expected.name)
WHERE made.model IS DISTINCT FROM 'campus' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
    WHEN 'view' THEN pg_get_viewdef(to_regclass(format('vault.%I', expected.name)))
    ELSE pg_get_functiondef(to_regprocedure(format('vault.%I(timestamp with time zone)', expected.name)))
END);
-- pg_datawarehouse, session 3
SELECT load_id, feed, rows_active
FROM control.loads
LEFT JOIN control.load_feeds USING (load_id)
WHERE load_id = (
    SELECT load_id FROM control.loads WHERE model = :model AND status = 'closed' ORDER BY load_ts DESC LIMIT 1
);
-- pg_datawarehouse, session 3
SELECT 'h_students' WHERE EXISTS (SELECT FROM vault.h_students WHERE h_student_load_ts > '-infinity')
UNION ALL
SELECT 'h_groups' WHERE EXISTS (SELECT FROM vault.h_groups WHERE h_group_load_ts > '-infinity')
UNION ALL
SELECT 'h_rooms' WHERE EXISTS (SELECT FROM vault.h_rooms WHERE h_room_load_ts > '-infinity')
UNION ALL
SELECT 'l_students_groups' WHERE EXISTS (SELECT FROM vault.l_students_groups WHERE l_student_group_load_ts > '-infinity')
UNION ALL
SELECT 's_students_groups_effectivity' WHERE EXISTS (SELECT FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 'l_groups_rooms' WHERE EXISTS (SELECT FROM vault.l_groups_rooms WHERE l_group_room_load_ts > '-infinity')
UNION ALL
SELECT 's_groups_rooms_effectivity' WHERE EXISTS (SELECT FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 's_students' WHERE EXISTS (SELECT FROM vault.s_students WHERE s_student_load_ts > '-infinity')
UNION ALL
SELECT 's_rooms' WHERE EXISTS (SELECT FROM vault.s_rooms WHERE s_room_load_ts > '-infinity');
-- pg_datawarehouse, session 3
SELECT hash_version FROM control.loads
WHERE model = :model AND status = 'closed' ORDER BY load_ts DESC LIMIT 1;
-- pg_datawarehouse, session 3
SELECT bookkeeping_valid, row_hash_method FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
INSERT INTO control.loads
    (model, load_ts, status, run_by, lease, scheduler, hash_version, row_hash_method)
SELECT
    :model,
    greatest(clock_timestamp(), max(load_ts) + interval '1 microsecond') + :later * interval '1 microsecond',
    'open', :run_by, :lease, :scheduler, :hash_version, :method
FROM control.loads
WHERE model = :model
ON CONFLICT (load_ts) DO NOTHING
RETURNING load_id, load_ts;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments'') + pg_relation_size(''stage.enrolments_gone'') + pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments; DELETE FROM stage.enrolments_gone; DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'enrolments' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.enrolments_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'enrolments', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.rooms'') + pg_relation_size(''stage.rooms_gone'') + pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms; DELETE FROM stage.rooms_gone; DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'rooms' AND placed_by = 'group_number';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.rooms_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'rooms', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
UPDATE control.models SET bookkeeping_valid = true, row_hash_method = :method
WHERE model = :model AND (bookkeeping_valid, row_hash_method) IS DISTINCT FROM (true, :method);
-- pg_datawarehouse, session 3
COMMIT;

-- step e_from_pg_datawarehouse 2
-- pg_datasource, session 1
SELECT hashint4extended(0, coalesce(hashint8extended(736888247817640029, (4294967296)::bigint), 0) # coalesce(hashint8extended(30780824399341246, (-4294967297)::bigint), 0) # coalesce(hashint4extended((true)::boolean::integer, 7908873046293930821), 0) # coalesce(CASE WHEN isfinite(('2106-02-07')::date) THEN hashint4extended(('2106-02-07')::date - date '2000-01-01', 1231011236929849822) ELSE hash_record_extended(ROW(date_send(('2106-02-07')::date)), 1231011236929849822) END, 0) # coalesce(CASE WHEN isfinite(('infinity')::date) THEN hashint4extended(('infinity')::date - date '2000-01-01', 4135447950172951237) ELSE hash_record_extended(ROW(date_send(('infinity')::date)), 4135447950172951237) END, 0) # coalesce(CASE WHEN (0.1)::double precision = 0 THEN hash_record_extended(ROW(float8send((0.1)::double precision)), 326579294422009963) ELSE hashfloat8extended((0.1)::double precision, 326579294422009963) END, 0) # coalesce(CASE WHEN ('-0')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-0')::double precision)), 5210995971968765743) ELSE hashfloat8extended(('-0')::double precision, 5210995971968765743) END, 0) # coalesce(CASE WHEN ('NaN')::double precision = 0 THEN hash_record_extended(ROW(float8send(('NaN')::double precision)), 4705048385455117356) ELSE hashfloat8extended(('NaN')::double precision, 4705048385455117356) END, 0) # coalesce(CASE WHEN ('-Infinity')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-Infinity')::double precision)), 5900325901865850670) ELSE hashfloat8extended(('-Infinity')::double precision, 5900325901865850670) END, 0) # coalesce(hashtextextended(getdatabaseencoding()::text, 3114945948160729173), 0) # coalesce(hashint4extended((42)::integer, 4475209463048016947), 0) # coalesce(hashint4extended((-2147483648)::integer, 6823754459846276105), 0) # coalesce(hashtextextended(('{"k": [1, null, "v"]}')::jsonb::text, 885275458666710694), 0) # coalesce(hashint8extended(2593648159594145771, hash_numeric_extended((12.5)::numeric(38,10), ((12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(1298838267928388120, hash_numeric_extended((-12.5)::numeric(38,10), ((-12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(6070841109313218595, hash_numeric_extended((0)::numeric(38,10), ((0)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(3931165226769606704, hash_numeric_extended(('NaN')::numeric(38,10), (('NaN')::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint4extended((-7)::smallint, 285569376512032689), 0) # coalesce(hashtextextended(('')::text, 3283499036510794384), 0) # coalesce(hashtextextended(('text')::text, 3522905855916064042), 0) # coalesce(timestamp_hash_extended(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'), 7748383633815140671 + timestamp_cmp(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('1969-12-31 23:59:59')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'), 603019389264847619 + timestamp_cmp(('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('infinity')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('infinity')::timestamp without time zone, timestamp '2000-01-01'), 6990717047859252641 + timestamp_cmp(('infinity')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3442354216144726465 + timestamp_cmp((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3743008821752331066 + timestamp_cmp((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(uuid_hash_extended(('00000000-0000-0000-0000-00000000002a')::uuid, 7746156350180101240), 0));
-- pg_datawarehouse, session 2
SELECT hashint4extended(0, coalesce(hashint8extended(736888247817640029, (4294967296)::bigint), 0) # coalesce(hashint8extended(30780824399341246, (-4294967297)::bigint), 0) # coalesce(hashint4extended((true)::boolean::integer, 7908873046293930821), 0) # coalesce(CASE WHEN isfinite(('2106-02-07')::date) THEN hashint4extended(('2106-02-07')::date - date '2000-01-01', 1231011236929849822) ELSE hash_record_extended(ROW(date_send(('2106-02-07')::date)), 1231011236929849822) END, 0) # coalesce(CASE WHEN isfinite(('infinity')::date) THEN hashint4extended(('infinity')::date - date '2000-01-01', 4135447950172951237) ELSE hash_record_extended(ROW(date_send(('infinity')::date)), 4135447950172951237) END, 0) # coalesce(CASE WHEN (0.1)::double precision = 0 THEN hash_record_extended(ROW(float8send((0.1)::double precision)), 326579294422009963) ELSE hashfloat8extended((0.1)::double precision, 326579294422009963) END, 0) # coalesce(CASE WHEN ('-0')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-0')::double precision)), 5210995971968765743) ELSE hashfloat8extended(('-0')::double precision, 5210995971968765743) END, 0) # coalesce(CASE WHEN ('NaN')::double precision = 0 THEN hash_record_extended(ROW(float8send(('NaN')::double precision)), 4705048385455117356) ELSE hashfloat8extended(('NaN')::double precision, 4705048385455117356) END, 0) # coalesce(CASE WHEN ('-Infinity')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-Infinity')::double precision)), 5900325901865850670) ELSE hashfloat8extended(('-Infinity')::double precision, 5900325901865850670) END, 0) # coalesce(hashtextextended(getdatabaseencoding()::text, 3114945948160729173), 0) # coalesce(hashint4extended((42)::integer, 4475209463048016947), 0) # coalesce(hashint4extended((-2147483648)::integer, 6823754459846276105), 0) # coalesce(hashtextextended(('{"k": [1, null, "v"]}')::jsonb::text, 885275458666710694), 0) # coalesce(hashint8extended(2593648159594145771, hash_numeric_extended((12.5)::numeric(38,10), ((12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(1298838267928388120, hash_numeric_extended((-12.5)::numeric(38,10), ((-12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(6070841109313218595, hash_numeric_extended((0)::numeric(38,10), ((0)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(3931165226769606704, hash_numeric_extended(('NaN')::numeric(38,10), (('NaN')::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint4extended((-7)::smallint, 285569376512032689), 0) # coalesce(hashtextextended(('')::text, 3283499036510794384), 0) # coalesce(hashtextextended(('text')::text, 3522905855916064042), 0) # coalesce(timestamp_hash_extended(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'), 7748383633815140671 + timestamp_cmp(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('1969-12-31 23:59:59')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'), 603019389264847619 + timestamp_cmp(('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('infinity')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('infinity')::timestamp without time zone, timestamp '2000-01-01'), 6990717047859252641 + timestamp_cmp(('infinity')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3442354216144726465 + timestamp_cmp((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3743008821752331066 + timestamp_cmp((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(uuid_hash_extended(('00000000-0000-0000-0000-00000000002a')::uuid, 7746156350180101240), 0));
-- pg_datawarehouse, session 2
COMMIT;
-- pg_datasource, session 1
COMMIT;
-- pg_datawarehouse, session 3
SELECT load_id, load_ts, lease IS NOT NULL, scheduler, clock_timestamp() < lease + greatest(
    started_at, (SELECT max(finished_at) FROM control.load_steps AS done WHERE done.load_id = loads.load_id))
FROM control.loads WHERE model = :model AND status = 'open';
-- pg_datawarehouse, session 3
WITH forgotten AS (
    DELETE FROM control.load_steps AS step
    USING control.loads AS load
    WHERE step.load_id <= (
        SELECT load_id FROM control.loads WHERE load_ts < clock_timestamp() - :keep ORDER BY load_ts DESC LIMIT 1
    ) AND load.load_id = step.load_id AND load.model = :model AND load.status <> 'open' AND load.load_ts < (
        SELECT max(load_ts) FROM control.loads WHERE model = :model AND status = 'closed'
    )
    RETURNING step.load_id
)
DELETE FROM control.load_feeds
WHERE load_id IN (SELECT load_id FROM forgotten) AND rows_new + rows_changed + rows_gone = 0;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT expected.name
FROM unnest(:names::text[], :kinds::text[], :definitions::text[]) AS expected (name, kind, definition)
LEFT JOIN control.model_tables AS made ON (made.schema_name, made.table_name) = ('vault', expected.name)
WHERE made.model IS DISTINCT FROM 'campus' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
    WHEN 'view' THEN pg_get_viewdef(to_regclass(format('vault.%I', expected.name)))
    ELSE pg_get_functiondef(to_regprocedure(format('vault.%I(timestamp with time zone)', expected.name)))
END);
-- pg_datawarehouse, session 3
SELECT load_id, feed, rows_active
FROM control.loads
LEFT JOIN control.load_feeds USING (load_id)
WHERE load_id = (
    SELECT load_id FROM control.loads WHERE model = :model AND status = 'closed' ORDER BY load_ts DESC LIMIT 1
);
-- pg_datawarehouse, session 3
SELECT 'h_students' WHERE EXISTS (SELECT FROM vault.h_students WHERE h_student_load_ts > '-infinity')
UNION ALL
SELECT 'h_groups' WHERE EXISTS (SELECT FROM vault.h_groups WHERE h_group_load_ts > '-infinity')
UNION ALL
SELECT 'h_rooms' WHERE EXISTS (SELECT FROM vault.h_rooms WHERE h_room_load_ts > '-infinity')
UNION ALL
SELECT 'l_students_groups' WHERE EXISTS (SELECT FROM vault.l_students_groups WHERE l_student_group_load_ts > '-infinity')
UNION ALL
SELECT 's_students_groups_effectivity' WHERE EXISTS (SELECT FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 'l_groups_rooms' WHERE EXISTS (SELECT FROM vault.l_groups_rooms WHERE l_group_room_load_ts > '-infinity')
UNION ALL
SELECT 's_groups_rooms_effectivity' WHERE EXISTS (SELECT FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 's_students' WHERE EXISTS (SELECT FROM vault.s_students WHERE s_student_load_ts > '-infinity')
UNION ALL
SELECT 's_rooms' WHERE EXISTS (SELECT FROM vault.s_rooms WHERE s_room_load_ts > '-infinity');
-- pg_datawarehouse, session 3
SELECT hash_version FROM control.loads
WHERE model = :model AND status = 'closed' ORDER BY load_ts DESC LIMIT 1;
-- pg_datawarehouse, session 3
SELECT bookkeeping_valid, row_hash_method FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
INSERT INTO control.loads
    (model, load_ts, status, run_by, lease, scheduler, hash_version, row_hash_method)
SELECT
    :model,
    greatest(clock_timestamp(), max(load_ts) + interval '1 microsecond') + :later * interval '1 microsecond',
    'open', :run_by, :lease, :scheduler, :hash_version, :method
FROM control.loads
WHERE model = :model
ON CONFLICT (load_ts) DO NOTHING
RETURNING load_id, load_ts;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments'') + pg_relation_size(''stage.enrolments_gone'') + pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments; DELETE FROM stage.enrolments_gone; DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'enrolments' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.enrolments_rows);
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 3
SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20;
-- pg_datawarehouse, session 3
DROP TABLE IF EXISTS pg_temp.rebuilt;
-- pg_datawarehouse, session 3
CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS
SELECT row_key, row_hash, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(student_code, 5282632370521179625), 0) # coalesce(hashtextextended(student_email, 4714376830982188156), 0) # coalesce(hashtextextended(student_name, 4781249363000093499), 0)) AS row_hash
    FROM (
        SELECT link.l_student_group_hk AS row_key, 
            h_students.h_student_code AS student_code,
            s_students.s_student_name AS student_name,
            s_students.s_student_email AS student_email,
            h_groups.h_group_number AS group_number
        FROM vault.l_students_groups AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_students_groups_effectivity AS version
            WHERE version.s_student_group_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT l_student_group_hk, s_student_group_effectivity_applied_ts, s_student_group_effectivity_load_ts FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_student_group_hk = version.l_student_group_hk AND (later.s_student_group_effectivity_applied_ts, later.s_student_group_effectivity_load_ts) > (version.s_student_group_effectivity_applied_ts, version.s_student_group_effectivity_load_ts)
                )
        ) AS s_students_groups_effectivity ON s_students_groups_effectivity.l_student_group_hk = link.l_student_group_hk
        JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_students AS version
            WHERE version.s_student_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT h_student_hk, s_student_applied_ts, s_student_load_ts FROM vault.s_students WHERE s_student_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_student_hk = version.h_student_hk AND (later.s_student_applied_ts, later.s_student_load_ts) > (version.s_student_applied_ts, version.s_student_load_ts)
                )
        ) AS s_students ON s_students.h_student_hk = link.h_student_hk
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        WHERE s_students_groups_effectivity.s_student_group_effectivity_is_active
            AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.enrolments_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.enrolments_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.enrolments_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.enrolments_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.enrolments_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.enrolments_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.enrolments_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.enrolments_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'enrolments' AND placed_by = '';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.enrolments_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.enrolments_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.enrolments_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.enrolments_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('campus', 'enrolments', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'enrolments', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.rooms'') + pg_relation_size(''stage.rooms_gone'') + pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms; DELETE FROM stage.rooms_gone; DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'rooms' AND placed_by = 'group_number';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.rooms_rows);
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 3
SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20;
-- pg_datawarehouse, session 3
DROP TABLE IF EXISTS pg_temp.rebuilt;
-- pg_datawarehouse, session 3
CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS
SELECT row_key, row_hash, group_number::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(room_name, 3779472206230134614), 0) # coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
    FROM (
        SELECT link.l_group_room_hk AS row_key, 
            h_groups.h_group_number AS group_number,
            h_rooms.h_room_name AS room_name,
            s_rooms.s_room_seats AS room_seats
        FROM vault.l_groups_rooms AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_groups_rooms_effectivity AS version
            WHERE version.s_group_room_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_group_room_hk, s_group_room_effectivity_load_ts FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_group_room_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_group_room_hk = version.l_group_room_hk AND (later.s_group_room_effectivity_load_ts) > (version.s_group_room_effectivity_load_ts)
                )
        ) AS s_groups_rooms_effectivity ON s_groups_rooms_effectivity.l_group_room_hk = link.l_group_room_hk
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_rooms AS version
            WHERE version.s_room_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_room_hk, s_room_load_ts FROM vault.s_rooms WHERE s_room_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_room_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_room_hk = version.h_room_hk AND (later.s_room_load_ts) > (version.s_room_load_ts)
                )
        ) AS s_rooms ON s_rooms.h_room_hk = link.h_room_hk
        WHERE s_groups_rooms_effectivity.s_group_room_effectivity_is_active
            AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.rooms_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.rooms_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.rooms_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.rooms_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.rooms_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.rooms_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.rooms_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.rooms_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'rooms' AND placed_by = 'group_number';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.rooms_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.rooms_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.rooms_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.rooms_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('campus', 'rooms', 'group_number', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'rooms', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
UPDATE control.models SET bookkeeping_valid = true, row_hash_method = :method
WHERE model = :model AND (bookkeeping_valid, row_hash_method) IS DISTINCT FROM (true, :method);
-- pg_datawarehouse, session 3
COMMIT;

-- step e_from_pg_datawarehouse 3
-- pg_datasource, session 1
SELECT hashint4extended(0, coalesce(hashint8extended(736888247817640029, (4294967296)::bigint), 0) # coalesce(hashint8extended(30780824399341246, (-4294967297)::bigint), 0) # coalesce(hashint4extended((true)::boolean::integer, 7908873046293930821), 0) # coalesce(CASE WHEN isfinite(('2106-02-07')::date) THEN hashint4extended(('2106-02-07')::date - date '2000-01-01', 1231011236929849822) ELSE hash_record_extended(ROW(date_send(('2106-02-07')::date)), 1231011236929849822) END, 0) # coalesce(CASE WHEN isfinite(('infinity')::date) THEN hashint4extended(('infinity')::date - date '2000-01-01', 4135447950172951237) ELSE hash_record_extended(ROW(date_send(('infinity')::date)), 4135447950172951237) END, 0) # coalesce(CASE WHEN (0.1)::double precision = 0 THEN hash_record_extended(ROW(float8send((0.1)::double precision)), 326579294422009963) ELSE hashfloat8extended((0.1)::double precision, 326579294422009963) END, 0) # coalesce(CASE WHEN ('-0')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-0')::double precision)), 5210995971968765743) ELSE hashfloat8extended(('-0')::double precision, 5210995971968765743) END, 0) # coalesce(CASE WHEN ('NaN')::double precision = 0 THEN hash_record_extended(ROW(float8send(('NaN')::double precision)), 4705048385455117356) ELSE hashfloat8extended(('NaN')::double precision, 4705048385455117356) END, 0) # coalesce(CASE WHEN ('-Infinity')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-Infinity')::double precision)), 5900325901865850670) ELSE hashfloat8extended(('-Infinity')::double precision, 5900325901865850670) END, 0) # coalesce(hashtextextended(getdatabaseencoding()::text, 3114945948160729173), 0) # coalesce(hashint4extended((42)::integer, 4475209463048016947), 0) # coalesce(hashint4extended((-2147483648)::integer, 6823754459846276105), 0) # coalesce(hashtextextended(('{"k": [1, null, "v"]}')::jsonb::text, 885275458666710694), 0) # coalesce(hashint8extended(2593648159594145771, hash_numeric_extended((12.5)::numeric(38,10), ((12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(1298838267928388120, hash_numeric_extended((-12.5)::numeric(38,10), ((-12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(6070841109313218595, hash_numeric_extended((0)::numeric(38,10), ((0)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(3931165226769606704, hash_numeric_extended(('NaN')::numeric(38,10), (('NaN')::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint4extended((-7)::smallint, 285569376512032689), 0) # coalesce(hashtextextended(('')::text, 3283499036510794384), 0) # coalesce(hashtextextended(('text')::text, 3522905855916064042), 0) # coalesce(timestamp_hash_extended(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'), 7748383633815140671 + timestamp_cmp(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('1969-12-31 23:59:59')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'), 603019389264847619 + timestamp_cmp(('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('infinity')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('infinity')::timestamp without time zone, timestamp '2000-01-01'), 6990717047859252641 + timestamp_cmp(('infinity')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3442354216144726465 + timestamp_cmp((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3743008821752331066 + timestamp_cmp((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(uuid_hash_extended(('00000000-0000-0000-0000-00000000002a')::uuid, 7746156350180101240), 0));
-- pg_datawarehouse, session 2
SELECT hashint4extended(0, coalesce(hashint8extended(736888247817640029, (4294967296)::bigint), 0) # coalesce(hashint8extended(30780824399341246, (-4294967297)::bigint), 0) # coalesce(hashint4extended((true)::boolean::integer, 7908873046293930821), 0) # coalesce(CASE WHEN isfinite(('2106-02-07')::date) THEN hashint4extended(('2106-02-07')::date - date '2000-01-01', 1231011236929849822) ELSE hash_record_extended(ROW(date_send(('2106-02-07')::date)), 1231011236929849822) END, 0) # coalesce(CASE WHEN isfinite(('infinity')::date) THEN hashint4extended(('infinity')::date - date '2000-01-01', 4135447950172951237) ELSE hash_record_extended(ROW(date_send(('infinity')::date)), 4135447950172951237) END, 0) # coalesce(CASE WHEN (0.1)::double precision = 0 THEN hash_record_extended(ROW(float8send((0.1)::double precision)), 326579294422009963) ELSE hashfloat8extended((0.1)::double precision, 326579294422009963) END, 0) # coalesce(CASE WHEN ('-0')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-0')::double precision)), 5210995971968765743) ELSE hashfloat8extended(('-0')::double precision, 5210995971968765743) END, 0) # coalesce(CASE WHEN ('NaN')::double precision = 0 THEN hash_record_extended(ROW(float8send(('NaN')::double precision)), 4705048385455117356) ELSE hashfloat8extended(('NaN')::double precision, 4705048385455117356) END, 0) # coalesce(CASE WHEN ('-Infinity')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-Infinity')::double precision)), 5900325901865850670) ELSE hashfloat8extended(('-Infinity')::double precision, 5900325901865850670) END, 0) # coalesce(hashtextextended(getdatabaseencoding()::text, 3114945948160729173), 0) # coalesce(hashint4extended((42)::integer, 4475209463048016947), 0) # coalesce(hashint4extended((-2147483648)::integer, 6823754459846276105), 0) # coalesce(hashtextextended(('{"k": [1, null, "v"]}')::jsonb::text, 885275458666710694), 0) # coalesce(hashint8extended(2593648159594145771, hash_numeric_extended((12.5)::numeric(38,10), ((12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(1298838267928388120, hash_numeric_extended((-12.5)::numeric(38,10), ((-12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(6070841109313218595, hash_numeric_extended((0)::numeric(38,10), ((0)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(3931165226769606704, hash_numeric_extended(('NaN')::numeric(38,10), (('NaN')::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint4extended((-7)::smallint, 285569376512032689), 0) # coalesce(hashtextextended(('')::text, 3283499036510794384), 0) # coalesce(hashtextextended(('text')::text, 3522905855916064042), 0) # coalesce(timestamp_hash_extended(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'), 7748383633815140671 + timestamp_cmp(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('1969-12-31 23:59:59')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'), 603019389264847619 + timestamp_cmp(('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('infinity')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('infinity')::timestamp without time zone, timestamp '2000-01-01'), 6990717047859252641 + timestamp_cmp(('infinity')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3442354216144726465 + timestamp_cmp((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3743008821752331066 + timestamp_cmp((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(uuid_hash_extended(('00000000-0000-0000-0000-00000000002a')::uuid, 7746156350180101240), 0));
-- pg_datawarehouse, session 2
COMMIT;
-- pg_datasource, session 1
COMMIT;
-- pg_datawarehouse, session 3
SELECT load_id, load_ts, lease IS NOT NULL, scheduler, clock_timestamp() < lease + greatest(
    started_at, (SELECT max(finished_at) FROM control.load_steps AS done WHERE done.load_id = loads.load_id))
FROM control.loads WHERE model = :model AND status = 'open';
-- pg_datawarehouse, session 3
WITH forgotten AS (
    DELETE FROM control.load_steps AS step
    USING control.loads AS load
    WHERE step.load_id <= (
        SELECT load_id FROM control.loads WHERE load_ts < clock_timestamp() - :keep ORDER BY load_ts DESC LIMIT 1
    ) AND load.load_id = step.load_id AND load.model = :model AND load.status <> 'open' AND load.load_ts < (
        SELECT max(load_ts) FROM control.loads WHERE model = :model AND status = 'closed'
    )
    RETURNING step.load_id
)
DELETE FROM control.load_feeds
WHERE load_id IN (SELECT load_id FROM forgotten) AND rows_new + rows_changed + rows_gone = 0;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT expected.name
FROM unnest(:names::text[], :kinds::text[], :definitions::text[]) AS expected (name, kind, definition)
LEFT JOIN control.model_tables AS made ON (made.schema_name, made.table_name) = ('vault', expected.name)
WHERE made.model IS DISTINCT FROM 'campus' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
    WHEN 'view' THEN pg_get_viewdef(to_regclass(format('vault.%I', expected.name)))
    ELSE pg_get_functiondef(to_regprocedure(format('vault.%I(timestamp with time zone)', expected.name)))
END);
-- pg_datawarehouse, session 3
SELECT load_id, feed, rows_active
FROM control.loads
LEFT JOIN control.load_feeds USING (load_id)
WHERE load_id = (
    SELECT load_id FROM control.loads WHERE model = :model AND status = 'closed' ORDER BY load_ts DESC LIMIT 1
);
-- pg_datawarehouse, session 3
SELECT 'h_students' WHERE NOT EXISTS (SELECT FROM vault.h_students WHERE h_student_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_groups' WHERE NOT EXISTS (SELECT FROM vault.h_groups WHERE h_group_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_rooms' WHERE NOT EXISTS (SELECT FROM vault.h_rooms WHERE h_room_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_students' WHERE NOT EXISTS (SELECT FROM vault.s_students WHERE h_student_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_rooms' WHERE NOT EXISTS (SELECT FROM vault.s_rooms WHERE h_room_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'l_students_groups' WHERE NOT EXISTS (SELECT FROM vault.l_students_groups )
UNION ALL
SELECT 's_students_groups_effectivity' WHERE NOT EXISTS (SELECT FROM vault.s_students_groups_effectivity )
UNION ALL
SELECT 'l_groups_rooms' WHERE NOT EXISTS (SELECT FROM vault.l_groups_rooms )
UNION ALL
SELECT 's_groups_rooms_effectivity' WHERE NOT EXISTS (SELECT FROM vault.s_groups_rooms_effectivity );
-- pg_datawarehouse, session 3
SELECT hash_version FROM control.loads
WHERE model = :model AND status = 'closed' ORDER BY load_ts DESC LIMIT 1;
-- pg_datawarehouse, session 3
SELECT bookkeeping_valid, row_hash_method FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
INSERT INTO control.loads
    (model, load_ts, status, run_by, lease, scheduler, hash_version, row_hash_method)
SELECT
    :model,
    greatest(clock_timestamp(), max(load_ts) + interval '1 microsecond') + :later * interval '1 microsecond',
    'open', :run_by, :lease, :scheduler, :hash_version, :method
FROM control.loads
WHERE model = :model
ON CONFLICT (load_ts) DO NOTHING
RETURNING load_id, load_ts;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments'') + pg_relation_size(''stage.enrolments_gone'') + pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments; DELETE FROM stage.enrolments_gone; DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'enrolments' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.enrolments_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'enrolments', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.rooms'') + pg_relation_size(''stage.rooms_gone'') + pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms; DELETE FROM stage.rooms_gone; DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'rooms' AND placed_by = 'group_number';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.rooms_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'rooms', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
UPDATE control.models SET bookkeeping_valid = true, row_hash_method = :method
WHERE model = :model AND (bookkeeping_valid, row_hash_method) IS DISTINCT FROM (true, :method);
-- pg_datawarehouse, session 3
COMMIT;

-- step e_from_pg_datawarehouse 4
-- pg_datasource, session 1
SELECT hashint4extended(0, coalesce(hashint8extended(736888247817640029, (4294967296)::bigint), 0) # coalesce(hashint8extended(30780824399341246, (-4294967297)::bigint), 0) # coalesce(hashint4extended((true)::boolean::integer, 7908873046293930821), 0) # coalesce(CASE WHEN isfinite(('2106-02-07')::date) THEN hashint4extended(('2106-02-07')::date - date '2000-01-01', 1231011236929849822) ELSE hash_record_extended(ROW(date_send(('2106-02-07')::date)), 1231011236929849822) END, 0) # coalesce(CASE WHEN isfinite(('infinity')::date) THEN hashint4extended(('infinity')::date - date '2000-01-01', 4135447950172951237) ELSE hash_record_extended(ROW(date_send(('infinity')::date)), 4135447950172951237) END, 0) # coalesce(CASE WHEN (0.1)::double precision = 0 THEN hash_record_extended(ROW(float8send((0.1)::double precision)), 326579294422009963) ELSE hashfloat8extended((0.1)::double precision, 326579294422009963) END, 0) # coalesce(CASE WHEN ('-0')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-0')::double precision)), 5210995971968765743) ELSE hashfloat8extended(('-0')::double precision, 5210995971968765743) END, 0) # coalesce(CASE WHEN ('NaN')::double precision = 0 THEN hash_record_extended(ROW(float8send(('NaN')::double precision)), 4705048385455117356) ELSE hashfloat8extended(('NaN')::double precision, 4705048385455117356) END, 0) # coalesce(CASE WHEN ('-Infinity')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-Infinity')::double precision)), 5900325901865850670) ELSE hashfloat8extended(('-Infinity')::double precision, 5900325901865850670) END, 0) # coalesce(hashtextextended(getdatabaseencoding()::text, 3114945948160729173), 0) # coalesce(hashint4extended((42)::integer, 4475209463048016947), 0) # coalesce(hashint4extended((-2147483648)::integer, 6823754459846276105), 0) # coalesce(hashtextextended(('{"k": [1, null, "v"]}')::jsonb::text, 885275458666710694), 0) # coalesce(hashint8extended(2593648159594145771, hash_numeric_extended((12.5)::numeric(38,10), ((12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(1298838267928388120, hash_numeric_extended((-12.5)::numeric(38,10), ((-12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(6070841109313218595, hash_numeric_extended((0)::numeric(38,10), ((0)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(3931165226769606704, hash_numeric_extended(('NaN')::numeric(38,10), (('NaN')::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint4extended((-7)::smallint, 285569376512032689), 0) # coalesce(hashtextextended(('')::text, 3283499036510794384), 0) # coalesce(hashtextextended(('text')::text, 3522905855916064042), 0) # coalesce(timestamp_hash_extended(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'), 7748383633815140671 + timestamp_cmp(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('1969-12-31 23:59:59')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'), 603019389264847619 + timestamp_cmp(('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('infinity')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('infinity')::timestamp without time zone, timestamp '2000-01-01'), 6990717047859252641 + timestamp_cmp(('infinity')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3442354216144726465 + timestamp_cmp((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3743008821752331066 + timestamp_cmp((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(uuid_hash_extended(('00000000-0000-0000-0000-00000000002a')::uuid, 7746156350180101240), 0));
-- pg_datawarehouse, session 2
SELECT hashint4extended(0, coalesce(hashint8extended(736888247817640029, (4294967296)::bigint), 0) # coalesce(hashint8extended(30780824399341246, (-4294967297)::bigint), 0) # coalesce(hashint4extended((true)::boolean::integer, 7908873046293930821), 0) # coalesce(CASE WHEN isfinite(('2106-02-07')::date) THEN hashint4extended(('2106-02-07')::date - date '2000-01-01', 1231011236929849822) ELSE hash_record_extended(ROW(date_send(('2106-02-07')::date)), 1231011236929849822) END, 0) # coalesce(CASE WHEN isfinite(('infinity')::date) THEN hashint4extended(('infinity')::date - date '2000-01-01', 4135447950172951237) ELSE hash_record_extended(ROW(date_send(('infinity')::date)), 4135447950172951237) END, 0) # coalesce(CASE WHEN (0.1)::double precision = 0 THEN hash_record_extended(ROW(float8send((0.1)::double precision)), 326579294422009963) ELSE hashfloat8extended((0.1)::double precision, 326579294422009963) END, 0) # coalesce(CASE WHEN ('-0')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-0')::double precision)), 5210995971968765743) ELSE hashfloat8extended(('-0')::double precision, 5210995971968765743) END, 0) # coalesce(CASE WHEN ('NaN')::double precision = 0 THEN hash_record_extended(ROW(float8send(('NaN')::double precision)), 4705048385455117356) ELSE hashfloat8extended(('NaN')::double precision, 4705048385455117356) END, 0) # coalesce(CASE WHEN ('-Infinity')::double precision = 0 THEN hash_record_extended(ROW(float8send(('-Infinity')::double precision)), 5900325901865850670) ELSE hashfloat8extended(('-Infinity')::double precision, 5900325901865850670) END, 0) # coalesce(hashtextextended(getdatabaseencoding()::text, 3114945948160729173), 0) # coalesce(hashint4extended((42)::integer, 4475209463048016947), 0) # coalesce(hashint4extended((-2147483648)::integer, 6823754459846276105), 0) # coalesce(hashtextextended(('{"k": [1, null, "v"]}')::jsonb::text, 885275458666710694), 0) # coalesce(hashint8extended(2593648159594145771, hash_numeric_extended((12.5)::numeric(38,10), ((12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(1298838267928388120, hash_numeric_extended((-12.5)::numeric(38,10), ((-12.5)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(6070841109313218595, hash_numeric_extended((0)::numeric(38,10), ((0)::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint8extended(3931165226769606704, hash_numeric_extended(('NaN')::numeric(38,10), (('NaN')::numeric(38,10) < 0)::integer)), 0) # coalesce(hashint4extended((-7)::smallint, 285569376512032689), 0) # coalesce(hashtextextended(('')::text, 3283499036510794384), 0) # coalesce(hashtextextended(('text')::text, 3522905855916064042), 0) # coalesce(timestamp_hash_extended(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'), 7748383633815140671 + timestamp_cmp(('2026-01-02 03:04:05.678901')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('1969-12-31 23:59:59')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'), 603019389264847619 + timestamp_cmp(('1969-12-31 23:59:59')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(('infinity')::timestamp without time zone, timestamp_hash_extended(date_bin(interval '4294.967296 s', ('infinity')::timestamp without time zone, timestamp '2000-01-01'), 6990717047859252641 + timestamp_cmp(('infinity')::timestamp without time zone, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3442354216144726465 + timestamp_cmp((('2026-01-02 03:04:05.678901+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 3743008821752331066 + timestamp_cmp((('1969-12-31 23:59:59+00')::timestamp with time zone AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(uuid_hash_extended(('00000000-0000-0000-0000-00000000002a')::uuid, 7746156350180101240), 0));
-- pg_datawarehouse, session 2
COMMIT;
-- pg_datasource, session 1
COMMIT;
-- pg_datawarehouse, session 3
SELECT load_id, load_ts, lease IS NOT NULL, scheduler, clock_timestamp() < lease + greatest(
    started_at, (SELECT max(finished_at) FROM control.load_steps AS done WHERE done.load_id = loads.load_id))
FROM control.loads WHERE model = :model AND status = 'open';
-- pg_datawarehouse, session 3
WITH forgotten AS (
    DELETE FROM control.load_steps AS step
    USING control.loads AS load
    WHERE step.load_id <= (
        SELECT load_id FROM control.loads WHERE load_ts < clock_timestamp() - :keep ORDER BY load_ts DESC LIMIT 1
    ) AND load.load_id = step.load_id AND load.model = :model AND load.status <> 'open' AND load.load_ts < (
        SELECT max(load_ts) FROM control.loads WHERE model = :model AND status = 'closed'
    )
    RETURNING step.load_id
)
DELETE FROM control.load_feeds
WHERE load_id IN (SELECT load_id FROM forgotten) AND rows_new + rows_changed + rows_gone = 0;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT expected.name
FROM unnest(:names::text[], :kinds::text[], :definitions::text[]) AS expected (name, kind, definition)
LEFT JOIN control.model_tables AS made ON (made.schema_name, made.table_name) = ('vault', expected.name)
WHERE made.model IS DISTINCT FROM 'campus' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
    WHEN 'view' THEN pg_get_viewdef(to_regclass(format('vault.%I', expected.name)))
    ELSE pg_get_functiondef(to_regprocedure(format('vault.%I(timestamp with time zone)', expected.name)))
END);
-- pg_datawarehouse, session 3
SELECT load_id, feed, rows_active
FROM control.loads
LEFT JOIN control.load_feeds USING (load_id)
WHERE load_id = (
    SELECT load_id FROM control.loads WHERE model = :model AND status = 'closed' ORDER BY load_ts DESC LIMIT 1
);
-- pg_datawarehouse, session 3
INSERT INTO vault.h_students (h_student_hk, h_student_load_ts, h_student_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.h_groups (h_group_hk, h_group_load_ts, h_group_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.h_rooms (h_room_hk, h_room_load_ts, h_room_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_students (h_student_hk, s_student_load_ts, s_student_record_source, s_student_applied_ts, s_student_hashdiff)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost', '-infinity'::timestamptz, md5(convert_to('', 'UTF8'))::uuid)
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_rooms (h_room_hk, s_room_load_ts, s_room_record_source, s_room_hashdiff)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost', md5(convert_to('', 'UTF8'))::uuid)
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
SELECT hash_version FROM control.loads
WHERE model = :model AND status = 'closed' ORDER BY load_ts DESC LIMIT 1;
-- pg_datawarehouse, session 3
SELECT bookkeeping_valid, row_hash_method FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
INSERT INTO control.loads
    (model, load_ts, status, run_by, lease, scheduler, hash_version, row_hash_method)
SELECT
    :model,
    greatest(clock_timestamp(), max(load_ts) + interval '1 microsecond') + :later * interval '1 microsecond',
    'open', :run_by, :lease, :scheduler, :hash_version, :method
FROM control.loads
WHERE model = :model
ON CONFLICT (load_ts) DO NOTHING
RETURNING load_id, load_ts;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments'') + pg_relation_size(''stage.enrolments_gone'') + pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments; DELETE FROM stage.enrolments_gone; DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'enrolments' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.enrolments_rows);
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 3
SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20;
-- pg_datawarehouse, session 3
DROP TABLE IF EXISTS pg_temp.rebuilt;
-- pg_datawarehouse, session 3
CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS
SELECT row_key, row_hash, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(student_code, 5282632370521179625), 0) # coalesce(hashtextextended(student_email, 4714376830982188156), 0) # coalesce(hashtextextended(student_name, 4781249363000093499), 0)) AS row_hash
    FROM (
        SELECT link.l_student_group_hk AS row_key, 
            h_students.h_student_code AS student_code,
            s_students.s_student_name AS student_name,
            s_students.s_student_email AS student_email,
            h_groups.h_group_number AS group_number
        FROM vault.l_students_groups AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_students_groups_effectivity AS version
            WHERE version.s_student_group_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT l_student_group_hk, s_student_group_effectivity_applied_ts, s_student_group_effectivity_load_ts FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_student_group_hk = version.l_student_group_hk AND (later.s_student_group_effectivity_applied_ts, later.s_student_group_effectivity_load_ts) > (version.s_student_group_effectivity_applied_ts, version.s_student_group_effectivity_load_ts)
                )
        ) AS s_students_groups_effectivity ON s_students_groups_effectivity.l_student_group_hk = link.l_student_group_hk
        JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_students AS version
            WHERE version.s_student_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT h_student_hk, s_student_applied_ts, s_student_load_ts FROM vault.s_students WHERE s_student_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_student_hk = version.h_student_hk AND (later.s_student_applied_ts, later.s_student_load_ts) > (version.s_student_applied_ts, version.s_student_load_ts)
                )
        ) AS s_students ON s_students.h_student_hk = link.h_student_hk
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        WHERE s_students_groups_effectivity.s_student_group_effectivity_is_active
            AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.enrolments_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.enrolments_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.enrolments_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.enrolments_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.enrolments_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.enrolments_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.enrolments_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.enrolments_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'enrolments' AND placed_by = '';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.enrolments_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.enrolments_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.enrolments_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.enrolments_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('campus', 'enrolments', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'enrolments', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.rooms'') + pg_relation_size(''stage.rooms_gone'') + pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms; DELETE FROM stage.rooms_gone; DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'rooms' AND placed_by = 'group_number';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.rooms_rows);
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 3
SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20;
-- pg_datawarehouse, session 3
DROP TABLE IF EXISTS pg_temp.rebuilt;
-- pg_datawarehouse, session 3
CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS
SELECT row_key, row_hash, group_number::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(room_name, 3779472206230134614), 0) # coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
    FROM (
        SELECT link.l_group_room_hk AS row_key, 
            h_groups.h_group_number AS group_number,
            h_rooms.h_room_name AS room_name,
            s_rooms.s_room_seats AS room_seats
        FROM vault.l_groups_rooms AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_groups_rooms_effectivity AS version
            WHERE version.s_group_room_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_group_room_hk, s_group_room_effectivity_load_ts FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_group_room_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_group_room_hk = version.l_group_room_hk AND (later.s_group_room_effectivity_load_ts) > (version.s_group_room_effectivity_load_ts)
                )
        ) AS s_groups_rooms_effectivity ON s_groups_rooms_effectivity.l_group_room_hk = link.l_group_room_hk
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_rooms AS version
            WHERE version.s_room_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_room_hk, s_room_load_ts FROM vault.s_rooms WHERE s_room_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_room_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_room_hk = version.h_room_hk AND (later.s_room_load_ts) > (version.s_room_load_ts)
                )
        ) AS s_rooms ON s_rooms.h_room_hk = link.h_room_hk
        WHERE s_groups_rooms_effectivity.s_group_room_effectivity_is_active
            AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.rooms_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.rooms_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.rooms_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.rooms_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.rooms_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.rooms_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.rooms_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.rooms_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'rooms' AND placed_by = 'group_number';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.rooms_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.rooms_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.rooms_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.rooms_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('campus', 'rooms', 'group_number', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'rooms', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
UPDATE control.models SET bookkeeping_valid = true, row_hash_method = :method
WHERE model = :model AND (bookkeeping_valid, row_hash_method) IS DISTINCT FROM (true, :method);
-- pg_datawarehouse, session 3
COMMIT;

-- step e_from_pg_datasource 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT row_hash_method FROM control.loads WHERE load_id = :load_id;
-- pg_datasource, session 2
SELECT * FROM (
SELECT student_code, group_number, student_name, student_email, seen_at FROM enrolment
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.enrolments_rows);
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
-- pg_datasource, session 2
COPY (
SELECT student_code, student_name, student_email, group_number, applied_ts, row_hash, md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N'), coalesce(replace(replace(student_code, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid, CASE WHEN num_nonnulls(student_code) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(student_code, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END
FROM (
    SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(student_code, 5282632370521179625), 0) # coalesce(hashtextextended(student_email, 4714376830982188156), 0) # coalesce(hashtextextended(student_name, 4781249363000093499), 0)) AS row_hash
FROM (
    SELECT
    student_code::text COLLATE "C" AS student_code,
    student_name::text COLLATE "C" AS student_name,
    student_email::text COLLATE "C" AS student_email,
    group_number::integer AS group_number,
    seen_at AS applied_ts
FROM (
    SELECT student_code, group_number, student_name, student_email, seen_at FROM enrolment
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.enrolments (student_code, student_name, student_email, group_number, applied_ts, row_hash, row_key, h_student_hk) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.enrolments (student_code, group_number, applied_ts, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'enrolments', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
SELECT * FROM (
SELECT group_number, room_name, room_seats FROM room
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.rooms_rows);
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
-- pg_datasource, session 2
COPY (
SELECT group_number, room_name, room_seats, row_hash, md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N'), coalesce(replace(replace(room_name, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid, CASE WHEN num_nonnulls(group_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N')), 'UTF8'))::uuid END
FROM (
    SELECT *, group_number::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(room_name, 3779472206230134614), 0) # coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
FROM (
    SELECT
    group_number::integer AS group_number,
    room_name::text COLLATE "C" AS room_name,
    room_seats::integer AS room_seats
FROM (
    SELECT group_number, room_name, room_seats FROM room
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.rooms (group_number, room_name, room_seats, row_hash, row_key, h_group_hk) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.rooms (group_number, room_name, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'rooms', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
COMMIT;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step e_from_pg_datasource 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT row_hash_method FROM control.loads WHERE load_id = :load_id;
-- pg_datasource, session 2
SELECT * FROM (
SELECT student_code, group_number, student_name, student_email, seen_at FROM enrolment
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.enrolments_rows);
-- pg_datawarehouse, session 1
SELECT count(*) FROM control.enrolments_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
-- pg_datasource, session 2
COPY (
SELECT student_code, student_name, student_email, group_number, applied_ts, row_hash, md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N'), coalesce(replace(replace(student_code, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid, CASE WHEN num_nonnulls(student_code) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(student_code, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END
FROM (
    SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(student_code, 5282632370521179625), 0) # coalesce(hashtextextended(student_email, 4714376830982188156), 0) # coalesce(hashtextextended(student_name, 4781249363000093499), 0)) AS row_hash
FROM (
    SELECT
    student_code::text COLLATE "C" AS student_code,
    student_name::text COLLATE "C" AS student_name,
    student_email::text COLLATE "C" AS student_email,
    group_number::integer AS group_number,
    seen_at AS applied_ts
FROM (
    SELECT student_code, group_number, student_name, student_email, seen_at FROM enrolment
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.enrolments (student_code, student_name, student_email, group_number, applied_ts, row_hash, row_key, h_student_hk) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.enrolments (student_code, group_number, applied_ts, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'enrolments', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
SELECT * FROM (
SELECT group_number, room_name, room_seats FROM room
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.rooms_rows);
-- pg_datawarehouse, session 1
SELECT count(*) FROM control.rooms_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
-- pg_datasource, session 2
COPY (
SELECT group_number, room_name, room_seats, row_hash, md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N'), coalesce(replace(replace(room_name, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid, CASE WHEN num_nonnulls(group_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N')), 'UTF8'))::uuid END
FROM (
    SELECT *, group_number::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(room_name, 3779472206230134614), 0) # coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
FROM (
    SELECT
    group_number::integer AS group_number,
    room_name::text COLLATE "C" AS room_name,
    room_seats::integer AS room_seats
FROM (
    SELECT group_number, room_name, room_seats FROM room
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.rooms (group_number, room_name, room_seats, row_hash, row_key, h_group_hk) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.rooms (group_number, room_name, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'campus', 'rooms', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
COMMIT;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step t_find_new_rows 1
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 2
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 2
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 2
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT student_code FROM stage.enrolments LIMIT 50000) AS few
            WHERE num_nulls(student_code) = 0
            GROUP BY student_code
        ) AS keys
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= 2 * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM stage.enrolments
            WHERE num_nulls(student_code) = 0
            GROUP BY student_code
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT group_number FROM stage.enrolments LIMIT 50000) AS few
            WHERE num_nulls(group_number) = 0
            GROUP BY group_number
        ) AS keys
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= 2 * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM stage.enrolments
            WHERE num_nulls(group_number) = 0
            GROUP BY group_number
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.enrolments WHERE num_nonnulls(student_code, group_number) = 0
    OR (num_nonnulls(student_code) = 0 AND NOT (ROW(student_name, student_email) IS NULL))
    OR (applied_ts IS NULL OR NOT isfinite(applied_ts));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, applied_ts, group_number, 0 AS row_hash
    FROM stage.enrolments
    OFFSET '0'
) AS hashed
GROUP BY applied_ts, group_number;
-- pg_datawarehouse, session 2
INSERT INTO stage.enrolments_shared (applied_ts, group_number)
SELECT applied_ts, group_number FROM stage.enrolments WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key for one time' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_student_hk}'::text[])::text
FROM stage.enrolments AS staged
WHERE (row_key, applied_ts) IN (SELECT row_key, applied_ts FROM stage.enrolments AS staged WHERE student_code IS NULL GROUP BY row_key, applied_ts HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key, applied_ts)
ORDER BY row_key, applied_ts
LIMIT 6;
-- pg_datawarehouse, session 2
DELETE FROM stage.enrolments AS staged
WHERE (
    SELECT s_student_group_effectivity_is_active FROM vault.s_students_groups_effectivity
    WHERE l_student_group_hk = staged.row_key AND s_student_group_effectivity_applied_ts = staged.applied_ts
    ORDER BY s_student_group_effectivity_load_ts DESC LIMIT 1
)
AND (student_code IS NULL OR (
    SELECT s_student_hashdiff FROM vault.s_students
    WHERE h_student_hk = md5(convert_to(concat_ws('|', coalesce(replace(replace(staged.student_code, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid AND s_student_applied_ts = staged.applied_ts
    ORDER BY s_student_load_ts DESC LIMIT 1
) = md5(convert_to(concat_ws('|', 'email=' || replace(replace(student_email, '\', '\\'), '|', '\|'), 'name=' || replace(replace(student_name, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid);
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.enrolments AS staged
LEFT JOIN control.enrolments_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, applied_ts, group_number, 0 AS row_hash
    FROM stage.enrolments
    OFFSET '0'
) AS hashed
GROUP BY applied_ts, group_number;
-- pg_datawarehouse, session 2
INSERT INTO stage.enrolments_shared (applied_ts, group_number)
SELECT applied_ts, group_number FROM stage.enrolments WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'campus' AND feed = 'enrolments';
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT group_number FROM stage.rooms LIMIT 50000) AS few
            WHERE num_nulls(group_number) = 0
            GROUP BY group_number
        ) AS keys
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= 2 * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM stage.rooms
            WHERE num_nulls(group_number) = 0
            GROUP BY group_number
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT room_name FROM stage.rooms LIMIT 50000) AS few
            WHERE num_nulls(room_name) = 0
            GROUP BY room_name
        ) AS keys
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= 2 * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM stage.rooms
            WHERE num_nulls(room_name) = 0
            GROUP BY room_name
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.rooms WHERE num_nonnulls(group_number, room_name) = 0
    OR (num_nonnulls(room_name) = 0 AND NOT (ROW(room_seats) IS NULL));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, room_name, hashint4extended(0, coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
    FROM stage.rooms
    OFFSET '0'
) AS hashed
GROUP BY room_name;
-- pg_datawarehouse, session 2
INSERT INTO stage.rooms_shared (room_name, room_seats)
SELECT room_name, room_seats FROM stage.rooms WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.rooms_shared
    WHERE room_name IS NOT NULL
    GROUP BY room_name
    HAVING min(hashint4extended(0, coalesce(hashint4extended(room_seats, 5358943224505493447), 0))) <> max(hashint4extended(0, coalesce(hashint4extended(room_seats, 5358943224505493447), 0)))
);
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_group_hk}'::text[])::text
FROM stage.rooms AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.rooms AS staged WHERE group_number IS NULL GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
INSERT INTO stage.rooms_gone
SELECT held.row_key
FROM control.rooms_rows AS held
JOIN vault.l_groups_rooms AS link ON link.l_group_room_hk = held.row_key
WHERE CASE WHEN ARRAY[link.h_group_hk] = ARRAY['00000000-0000-0000-0000-000000000000'::uuid] THEN ARRAY[link.l_group_room_hk] ELSE ARRAY[link.h_group_hk] END IN (SELECT CASE WHEN ARRAY[CASE WHEN num_nonnulls(group_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N')), 'UTF8'))::uuid END] = ARRAY['00000000-0000-0000-0000-000000000000'::uuid] THEN ARRAY[staged.row_key] ELSE ARRAY[CASE WHEN num_nonnulls(group_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N')), 'UTF8'))::uuid END] END FROM stage.rooms AS staged)
  AND NOT EXISTS (SELECT FROM stage.rooms AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
DELETE FROM stage.rooms AS staged
USING control.rooms_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.rooms AS staged
LEFT JOIN control.rooms_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, room_name, hashint4extended(0, coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
    FROM stage.rooms
    OFFSET '0'
) AS hashed
GROUP BY room_name;
-- pg_datawarehouse, session 2
INSERT INTO stage.rooms_shared (room_name, room_seats)
SELECT room_name, room_seats FROM stage.rooms WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.rooms_shared
    WHERE room_name IS NOT NULL
    GROUP BY room_name
    HAVING min(hashint4extended(0, coalesce(hashint4extended(room_seats, 5358943224505493447), 0))) <> max(hashint4extended(0, coalesce(hashint4extended(room_seats, 5358943224505493447), 0)))
);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'campus' AND feed = 'rooms';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'enrolments', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.enrolments)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'rooms', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'campus' AND feed = 'rooms') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.rooms)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 2
COMMIT;
-- pg_datawarehouse, session 3
SELECT feed, rows_new, rows_changed, rows_gone FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 3
COMMIT;

-- step t_find_new_rows 2
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 2
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 2
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 2
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT student_code FROM stage.enrolments LIMIT 50000) AS few
            WHERE num_nulls(student_code) = 0
            GROUP BY student_code
        ) AS keys
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= 2 * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM stage.enrolments
            WHERE num_nulls(student_code) = 0
            GROUP BY student_code
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT group_number FROM stage.enrolments LIMIT 50000) AS few
            WHERE num_nulls(group_number) = 0
            GROUP BY group_number
        ) AS keys
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= 2 * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM stage.enrolments
            WHERE num_nulls(group_number) = 0
            GROUP BY group_number
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.enrolments WHERE num_nonnulls(student_code, group_number) = 0
    OR (num_nonnulls(student_code) = 0 AND NOT (ROW(student_name, student_email) IS NULL))
    OR (applied_ts IS NULL OR NOT isfinite(applied_ts));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, applied_ts, group_number, 0 AS row_hash
    FROM stage.enrolments
    OFFSET '0'
) AS hashed
GROUP BY applied_ts, group_number;
-- pg_datawarehouse, session 2
INSERT INTO stage.enrolments_shared (applied_ts, group_number)
SELECT applied_ts, group_number FROM stage.enrolments WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key for one time' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_student_hk}'::text[])::text
FROM stage.enrolments AS staged
WHERE (row_key, applied_ts) IN (SELECT row_key, applied_ts FROM stage.enrolments AS staged WHERE student_code IS NULL GROUP BY row_key, applied_ts HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key, applied_ts)
ORDER BY row_key, applied_ts
LIMIT 6;
-- pg_datawarehouse, session 2
DELETE FROM stage.enrolments AS staged
WHERE (
    SELECT s_student_group_effectivity_is_active FROM vault.s_students_groups_effectivity
    WHERE l_student_group_hk = staged.row_key AND s_student_group_effectivity_applied_ts = staged.applied_ts
    ORDER BY s_student_group_effectivity_load_ts DESC LIMIT 1
)
AND (student_code IS NULL OR (
    SELECT s_student_hashdiff FROM vault.s_students
    WHERE h_student_hk = md5(convert_to(concat_ws('|', coalesce(replace(replace(staged.student_code, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid AND s_student_applied_ts = staged.applied_ts
    ORDER BY s_student_load_ts DESC LIMIT 1
) = md5(convert_to(concat_ws('|', 'email=' || replace(replace(student_email, '\', '\\'), '|', '\|'), 'name=' || replace(replace(student_name, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid);
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.enrolments AS staged
LEFT JOIN control.enrolments_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, applied_ts, group_number, 0 AS row_hash
    FROM stage.enrolments
    OFFSET '0'
) AS hashed
GROUP BY applied_ts, group_number;
-- pg_datawarehouse, session 2
INSERT INTO stage.enrolments_shared (applied_ts, group_number)
SELECT applied_ts, group_number FROM stage.enrolments WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'campus' AND feed = 'enrolments';
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT group_number FROM stage.rooms LIMIT 50000) AS few
            WHERE num_nulls(group_number) = 0
            GROUP BY group_number
        ) AS keys
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= 2 * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM stage.rooms
            WHERE num_nulls(group_number) = 0
            GROUP BY group_number
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT room_name FROM stage.rooms LIMIT 50000) AS few
            WHERE num_nulls(room_name) = 0
            GROUP BY room_name
        ) AS keys
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= 2 * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM stage.rooms
            WHERE num_nulls(room_name) = 0
            GROUP BY room_name
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.rooms WHERE num_nonnulls(group_number, room_name) = 0
    OR (num_nonnulls(room_name) = 0 AND NOT (ROW(room_seats) IS NULL));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, room_name, hashint4extended(0, coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
    FROM stage.rooms
    OFFSET '0'
) AS hashed
GROUP BY room_name;
-- pg_datawarehouse, session 2
INSERT INTO stage.rooms_shared (room_name, room_seats)
SELECT room_name, room_seats FROM stage.rooms WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.rooms_shared
    WHERE room_name IS NOT NULL
    GROUP BY room_name
    HAVING min(hashint4extended(0, coalesce(hashint4extended(room_seats, 5358943224505493447), 0))) <> max(hashint4extended(0, coalesce(hashint4extended(room_seats, 5358943224505493447), 0)))
);
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_group_hk}'::text[])::text
FROM stage.rooms AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.rooms AS staged WHERE group_number IS NULL GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
INSERT INTO stage.rooms_gone
SELECT held.row_key
FROM control.rooms_rows AS held
JOIN vault.l_groups_rooms AS link ON link.l_group_room_hk = held.row_key
WHERE CASE WHEN ARRAY[link.h_group_hk] = ARRAY['00000000-0000-0000-0000-000000000000'::uuid] THEN ARRAY[link.l_group_room_hk] ELSE ARRAY[link.h_group_hk] END IN (SELECT CASE WHEN ARRAY[CASE WHEN num_nonnulls(group_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N')), 'UTF8'))::uuid END] = ARRAY['00000000-0000-0000-0000-000000000000'::uuid] THEN ARRAY[staged.row_key] ELSE ARRAY[CASE WHEN num_nonnulls(group_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N')), 'UTF8'))::uuid END] END FROM stage.rooms AS staged)
  AND NOT EXISTS (SELECT FROM stage.rooms AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
DELETE FROM stage.rooms AS staged
USING control.rooms_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.rooms AS staged
LEFT JOIN control.rooms_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, room_name, hashint4extended(0, coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
    FROM stage.rooms
    OFFSET '0'
) AS hashed
GROUP BY room_name;
-- pg_datawarehouse, session 2
INSERT INTO stage.rooms_shared (room_name, room_seats)
SELECT room_name, room_seats FROM stage.rooms WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.rooms_shared
    WHERE room_name IS NOT NULL
    GROUP BY room_name
    HAVING min(hashint4extended(0, coalesce(hashint4extended(room_seats, 5358943224505493447), 0))) <> max(hashint4extended(0, coalesce(hashint4extended(room_seats, 5358943224505493447), 0)))
);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'campus' AND feed = 'rooms';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'enrolments', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.enrolments)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'rooms', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'campus' AND feed = 'rooms') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.rooms)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
UPDATE control.loads SET status = 'closed', finished_at = clock_timestamp()
WHERE load_id = :load_id;
-- pg_datawarehouse, session 2
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 2
COMMIT;
-- pg_datawarehouse, session 3
SELECT feed, rows_new, rows_changed, rows_gone FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 3
COMMIT;

-- step l_update_s_room 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_rooms (h_room_hk, s_room_load_ts, s_room_record_source, s_room_seats, s_room_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', room_seats, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(room_name) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(room_name, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'seats=' || room_seats::text, ''), 'UTF8'))::uuid AS hashdiff, room_seats
    FROM stage.rooms_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.rooms_shared WHERE room_name IS NOT NULL GROUP BY room_name)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_room_hashdiff AS hashdiff
    FROM vault.s_rooms
    WHERE h_room_hk = delivered.hash_key
    ORDER BY s_room_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_room 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_rooms (h_room_hk, s_room_load_ts, s_room_record_source, s_room_seats, s_room_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', room_seats, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(room_name) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(room_name, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'seats=' || room_seats::text, ''), 'UTF8'))::uuid AS hashdiff, room_seats
    FROM stage.rooms_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.rooms_shared WHERE room_name IS NOT NULL GROUP BY room_name)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'seats=' || s_room_seats::text, ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_rooms
    WHERE h_room_hk = delivered.hash_key
    ORDER BY s_room_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_student 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_students (h_student_hk, s_student_load_ts, s_student_record_source, s_student_applied_ts, s_student_name, s_student_email, s_student_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', applied_ts, student_name, student_email, delivered.hashdiff
FROM (
    SELECT h_student_hk AS hash_key, md5(convert_to(concat_ws('|', 'email=' || replace(replace(student_email, '\', '\\'), '|', '\|'), 'name=' || replace(replace(student_name, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff, applied_ts, student_name, student_email
    FROM stage.enrolments
    WHERE student_code IS NOT NULL
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_student_hashdiff AS hashdiff
    FROM vault.s_students
    WHERE h_student_hk = delivered.hash_key AND s_student_applied_ts = delivered.applied_ts
    ORDER BY s_student_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_student 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_students (h_student_hk, s_student_load_ts, s_student_record_source, s_student_applied_ts, s_student_name, s_student_email, s_student_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', applied_ts, student_name, student_email, delivered.hashdiff
FROM (
    SELECT h_student_hk AS hash_key, md5(convert_to(concat_ws('|', 'email=' || replace(replace(student_email, '\', '\\'), '|', '\|'), 'name=' || replace(replace(student_name, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff, applied_ts, student_name, student_email
    FROM stage.enrolments
    WHERE student_code IS NOT NULL
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'email=' || replace(replace(s_student_email, '\', '\\'), '|', '\|'), 'name=' || replace(replace(s_student_name, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_students
    WHERE h_student_hk = delivered.hash_key AND s_student_applied_ts = delivered.applied_ts
    ORDER BY s_student_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_links 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.l_students_groups (l_student_group_hk, l_student_group_load_ts, l_student_group_record_source, h_student_hk, h_group_hk)
SELECT keyed.row_key, :load_ts, 'pg_datasource', h_student_hk, h_group_hk
FROM (
    SELECT staged.row_key, h_student_hk AS h_student_hk, coalesce(of_group.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_group_hk
    FROM stage.enrolments AS staged
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(group_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N')), 'UTF8'))::uuid END AS hash_key, group_number
    FROM (
        SELECT DISTINCT group_number FROM stage.enrolments_shared WHERE group_number IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_group ON of_group.group_number = staged.group_number
    WHERE staged.ctid IN (SELECT min(ctid) FROM stage.enrolments GROUP BY row_key)
    OFFSET '0'
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.l_students_groups AS known WHERE known.l_student_group_hk = keyed.row_key);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_students_groups_effectivity (l_student_group_hk, s_student_group_effectivity_load_ts, s_student_group_effectivity_record_source, s_student_group_effectivity_applied_ts, s_student_group_effectivity_is_active)
WITH staged AS (
    SELECT CASE WHEN ARRAY[CASE WHEN num_nonnulls(student_code) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(student_code, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END] = ARRAY['00000000-0000-0000-0000-000000000000'::uuid] THEN ARRAY[staged.row_key] ELSE ARRAY[CASE WHEN num_nonnulls(student_code) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(student_code, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END] END AS driving, staged.row_key, staged.applied_ts FROM stage.enrolments AS staged
), stored AS (
    SELECT DISTINCT ON (link.l_student_group_hk, version.s_student_group_effectivity_applied_ts)
        CASE WHEN ARRAY[link.h_student_hk] = ARRAY['00000000-0000-0000-0000-000000000000'::uuid] THEN ARRAY[link.l_student_group_hk] ELSE ARRAY[link.h_student_hk] END AS driving, link.l_student_group_hk AS row_key, version.s_student_group_effectivity_applied_ts AS applied_ts,
        version.s_student_group_effectivity_load_ts AS load_ts, version.s_student_group_effectivity_is_active AS active
    FROM vault.l_students_groups AS link
    JOIN vault.s_students_groups_effectivity AS version ON version.l_student_group_hk = link.l_student_group_hk
    WHERE CASE WHEN ARRAY[link.h_student_hk] = ARRAY['00000000-0000-0000-0000-000000000000'::uuid] THEN ARRAY[link.l_student_group_hk] ELSE ARRAY[link.h_student_hk] END IN (SELECT driving FROM staged)
    ORDER BY link.l_student_group_hk, version.s_student_group_effectivity_applied_ts, version.s_student_group_effectivity_load_ts DESC
), seen AS (
    SELECT driving, row_key, applied_ts, load_ts FROM stored WHERE active
    UNION ALL
    SELECT driving, row_key, applied_ts, :load_ts FROM staged
), chosen AS (
    SELECT DISTINCT ON (driving, applied_ts) driving, row_key, applied_ts
    FROM seen
    ORDER BY driving, applied_ts, load_ts DESC
), followed AS (
    SELECT row_key, lead(row_key) OVER later AS next_key, lead(applied_ts) OVER later AS next_ts
    FROM chosen
    WINDOW later AS (PARTITION BY driving ORDER BY applied_ts)
), wanted AS (
    SELECT row_key, applied_ts, true AS active FROM chosen
    UNION
    SELECT row_key, next_ts, false FROM followed WHERE next_key <> row_key
    UNION
    SELECT seen.row_key, applied_ts, false
    FROM seen JOIN chosen USING (driving, applied_ts)
    WHERE seen.row_key <> chosen.row_key
)
SELECT wanted.row_key, :load_ts, 'pg_datasource', wanted.applied_ts, wanted.active
FROM wanted
LEFT JOIN stored USING (row_key, applied_ts)
WHERE stored.active IS DISTINCT FROM wanted.active;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.l_groups_rooms (l_group_room_hk, l_group_room_load_ts, l_group_room_record_source, h_group_hk, h_room_hk)
SELECT keyed.row_key, :load_ts, 'pg_datasource', h_group_hk, h_room_hk
FROM (
    SELECT staged.row_key, h_group_hk AS h_group_hk, coalesce(of_room.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_room_hk
    FROM stage.rooms AS staged
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(room_name) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(room_name, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, room_name
    FROM (
        SELECT DISTINCT room_name FROM stage.rooms_shared WHERE room_name IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_room ON of_room.room_name = staged.room_name
    
    OFFSET '0'
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.l_groups_rooms AS known WHERE known.l_group_room_hk = keyed.row_key);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_groups_rooms_effectivity (l_group_room_hk, s_group_room_effectivity_load_ts, s_group_room_effectivity_record_source, s_group_room_effectivity_is_active)
SELECT delivered.row_key, :load_ts, 'pg_datasource', delivered.active
FROM (
    SELECT row_key, true AS active FROM stage.rooms
    UNION ALL
    SELECT row_key, false AS active FROM stage.rooms_gone
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_group_room_effectivity_is_active
    FROM vault.s_groups_rooms_effectivity
    WHERE l_group_room_hk = delivered.row_key
    ORDER BY s_group_room_effectivity_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE coalesce(latest.s_group_room_effectivity_is_active, false) <> delivered.active;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_room 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_rooms (h_room_hk, h_room_load_ts, h_room_record_source, h_room_name)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', room_name
FROM (
    (
    SELECT CASE WHEN num_nonnulls(room_name) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(room_name, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, room_name
    FROM (
        SELECT DISTINCT room_name FROM stage.rooms_shared WHERE room_name IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_rooms AS known WHERE known.h_room_hk = keyed.hash_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_group 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_groups (h_group_hk, h_group_load_ts, h_group_record_source, h_group_number)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', group_number
FROM (
    (
    SELECT CASE WHEN num_nonnulls(group_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(group_number::text, '\N')), 'UTF8'))::uuid END AS hash_key, group_number
    FROM (
        SELECT DISTINCT group_number FROM stage.enrolments_shared WHERE group_number IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
    UNION
    (
    SELECT h_group_hk AS hash_key, group_number
    FROM (
        SELECT * FROM stage.rooms WHERE group_number IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_groups AS known WHERE known.h_group_hk = keyed.hash_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_student 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'campus' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_students (h_student_hk, h_student_load_ts, h_student_record_source, h_student_code)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', student_code
FROM (
    (
    SELECT h_student_hk AS hash_key, student_code
    FROM (
        SELECT * FROM stage.enrolments WHERE student_code IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_students AS known WHERE known.h_student_hk = keyed.hash_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step close 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT row_hash_method FROM control.loads WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments'') + pg_relation_size(''stage.enrolments_gone'') + pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments; DELETE FROM stage.enrolments_gone; DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.enrolments (student_code, student_name, student_email, group_number, row_hash, row_key)
SELECT student_code, student_name, student_email, group_number, row_hash, row_key
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(student_code, 5282632370521179625), 0) # coalesce(hashtextextended(student_email, 4714376830982188156), 0) # coalesce(hashtextextended(student_name, 4781249363000093499), 0)) AS row_hash
    FROM (
        SELECT link.l_student_group_hk AS row_key, 
            h_students.h_student_code AS student_code,
            s_students.s_student_name AS student_name,
            s_students.s_student_email AS student_email,
            h_groups.h_group_number AS group_number
        FROM (
            SELECT every.*
            FROM vault.l_students_groups AS every
            WHERE every.l_student_group_hk IN (
                SELECT l_student_group_hk FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts = :load_ts
                UNION
                SELECT l_student_group_hk FROM vault.l_students_groups WHERE h_student_hk IN (SELECT h_student_hk FROM vault.s_students WHERE s_student_load_ts = :load_ts)
            )
        ) AS link
        JOIN LATERAL (
            SELECT *
            FROM vault.s_students_groups_effectivity AS version
            WHERE version.l_student_group_hk = link.l_student_group_hk AND version.s_student_group_effectivity_load_ts <= :load_ts
            ORDER BY version.s_student_group_effectivity_applied_ts DESC, version.s_student_group_effectivity_load_ts DESC
            LIMIT 1
        ) AS s_students_groups_effectivity ON true
        JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
        JOIN LATERAL (
            SELECT *
            FROM vault.s_students AS version
            WHERE version.h_student_hk = link.h_student_hk AND version.s_student_load_ts <= :load_ts
            ORDER BY version.s_student_applied_ts DESC, version.s_student_load_ts DESC
            LIMIT 1
        ) AS s_students ON true
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        WHERE s_students_groups_effectivity.s_student_group_effectivity_is_active
            AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS now;
-- pg_datawarehouse, session 1
INSERT INTO stage.enrolments_gone
SELECT held.row_key
FROM control.enrolments_rows AS held
WHERE held.row_key IN (
    SELECT l_student_group_hk FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts = :load_ts
    UNION
    SELECT l_student_group_hk FROM vault.l_students_groups WHERE h_student_hk IN (SELECT h_student_hk FROM vault.s_students WHERE s_student_load_ts = :load_ts)
) AND NOT EXISTS (SELECT FROM stage.enrolments AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 1
DELETE FROM stage.enrolments AS staged
USING control.enrolments_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 1
SELECT count(*), count(held.row_key)
FROM stage.enrolments AS staged
LEFT JOIN control.enrolments_rows AS held USING (row_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'enrolments', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.enrolments)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'enrolments' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.enrolments_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.enrolments
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.enrolments_rows AS held USING stage.enrolments_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.enrolments_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.enrolments
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.enrolments_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments'') + pg_relation_size(''stage.enrolments_gone'') + pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments; DELETE FROM stage.enrolments_gone; DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 1
SELECT row_hash_method FROM control.loads WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.rooms'') + pg_relation_size(''stage.rooms_gone'') + pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms; DELETE FROM stage.rooms_gone; DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.rooms (group_number, room_name, room_seats, row_hash, row_key)
SELECT group_number, room_name, room_seats, row_hash, row_key
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(room_name, 3779472206230134614), 0) # coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
    FROM (
        SELECT link.l_group_room_hk AS row_key, 
            h_groups.h_group_number AS group_number,
            h_rooms.h_room_name AS room_name,
            s_rooms.s_room_seats AS room_seats
        FROM (
            SELECT every.*
            FROM vault.l_groups_rooms AS every
            WHERE every.l_group_room_hk IN (
                SELECT l_group_room_hk FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts = :load_ts
                UNION
                SELECT l_group_room_hk FROM vault.l_groups_rooms WHERE h_room_hk IN (SELECT h_room_hk FROM vault.s_rooms WHERE s_room_load_ts = :load_ts)
            )
        ) AS link
        JOIN LATERAL (
            SELECT *
            FROM vault.s_groups_rooms_effectivity AS version
            WHERE version.l_group_room_hk = link.l_group_room_hk AND version.s_group_room_effectivity_load_ts <= :load_ts
            ORDER BY version.s_group_room_effectivity_load_ts DESC
            LIMIT 1
        ) AS s_groups_rooms_effectivity ON true
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
        JOIN LATERAL (
            SELECT *
            FROM vault.s_rooms AS version
            WHERE version.h_room_hk = link.h_room_hk AND version.s_room_load_ts <= :load_ts
            ORDER BY version.s_room_load_ts DESC
            LIMIT 1
        ) AS s_rooms ON true
        WHERE s_groups_rooms_effectivity.s_group_room_effectivity_is_active
            AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS now;
-- pg_datawarehouse, session 1
INSERT INTO stage.rooms_gone
SELECT held.row_key
FROM control.rooms_rows AS held
WHERE held.row_key IN (
    SELECT l_group_room_hk FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts = :load_ts
    UNION
    SELECT l_group_room_hk FROM vault.l_groups_rooms WHERE h_room_hk IN (SELECT h_room_hk FROM vault.s_rooms WHERE s_room_load_ts = :load_ts)
) AND NOT EXISTS (SELECT FROM stage.rooms AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 1
DELETE FROM stage.rooms AS staged
USING control.rooms_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 1
SELECT count(*), count(held.row_key)
FROM stage.rooms AS staged
LEFT JOIN control.rooms_rows AS held USING (row_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'rooms', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'campus' AND feed = 'rooms') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.rooms)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'rooms' AND placed_by = 'group_number';
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.rooms_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, group_number::bigint FROM stage.rooms
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.rooms_rows AS held USING stage.rooms_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.rooms_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.rooms
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.rooms_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.rooms'') + pg_relation_size(''stage.rooms_gone'') + pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms; DELETE FROM stage.rooms_gone; DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 1
UPDATE control.loads SET status = 'closed', finished_at = clock_timestamp()
WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT feed, rows_new, rows_changed, rows_gone FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 2
COMMIT;

-- step close 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'campus' AND feed = 'rooms' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT row_hash_method FROM control.loads WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments'') + pg_relation_size(''stage.enrolments_gone'') + pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments; DELETE FROM stage.enrolments_gone; DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.enrolments (student_code, student_name, student_email, group_number, row_hash, row_key)
SELECT student_code, student_name, student_email, group_number, row_hash, row_key
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(student_code, 5282632370521179625), 0) # coalesce(hashtextextended(student_email, 4714376830982188156), 0) # coalesce(hashtextextended(student_name, 4781249363000093499), 0)) AS row_hash
    FROM (
        SELECT link.l_student_group_hk AS row_key, 
            h_students.h_student_code AS student_code,
            s_students.s_student_name AS student_name,
            s_students.s_student_email AS student_email,
            h_groups.h_group_number AS group_number
        FROM (
            SELECT every.*
            FROM vault.l_students_groups AS every
            WHERE every.l_student_group_hk IN (
                SELECT l_student_group_hk FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts = :load_ts
                UNION
                SELECT l_student_group_hk FROM vault.l_students_groups WHERE h_student_hk IN (SELECT h_student_hk FROM vault.s_students WHERE s_student_load_ts = :load_ts)
            )
        ) AS link
        JOIN LATERAL (
            SELECT *
            FROM vault.s_students_groups_effectivity AS version
            WHERE version.l_student_group_hk = link.l_student_group_hk AND version.s_student_group_effectivity_load_ts <= :load_ts
            ORDER BY version.s_student_group_effectivity_applied_ts DESC, version.s_student_group_effectivity_load_ts DESC
            LIMIT 1
        ) AS s_students_groups_effectivity ON true
        JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
        JOIN LATERAL (
            SELECT *
            FROM vault.s_students AS version
            WHERE version.h_student_hk = link.h_student_hk AND version.s_student_load_ts <= :load_ts
            ORDER BY version.s_student_applied_ts DESC, version.s_student_load_ts DESC
            LIMIT 1
        ) AS s_students ON true
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        WHERE s_students_groups_effectivity.s_student_group_effectivity_is_active
            AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS now;
-- pg_datawarehouse, session 1
INSERT INTO stage.enrolments_gone
SELECT held.row_key
FROM control.enrolments_rows AS held
WHERE held.row_key IN (
    SELECT l_student_group_hk FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts = :load_ts
    UNION
    SELECT l_student_group_hk FROM vault.l_students_groups WHERE h_student_hk IN (SELECT h_student_hk FROM vault.s_students WHERE s_student_load_ts = :load_ts)
) AND NOT EXISTS (SELECT FROM stage.enrolments AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 1
DELETE FROM stage.enrolments AS staged
USING control.enrolments_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 1
SELECT count(*), count(held.row_key)
FROM stage.enrolments AS staged
LEFT JOIN control.enrolments_rows AS held USING (row_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'enrolments', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'campus' AND feed = 'enrolments') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.enrolments)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'enrolments' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.enrolments_buckets);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.enrolments_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.enrolments
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.enrolments_rows AS held USING stage.enrolments_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.enrolments_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.enrolments
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.enrolments_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.enrolments'') + pg_relation_size(''stage.enrolments_gone'') + pg_relation_size(''stage.enrolments_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.enrolments, stage.enrolments_gone, stage.enrolments_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.enrolments; DELETE FROM stage.enrolments_gone; DELETE FROM stage.enrolments_shared;
END';
-- pg_datawarehouse, session 1
SELECT row_hash_method FROM control.loads WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.rooms'') + pg_relation_size(''stage.rooms_gone'') + pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms; DELETE FROM stage.rooms_gone; DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.rooms (group_number, room_name, room_seats, row_hash, row_key)
SELECT group_number, room_name, room_seats, row_hash, row_key
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint4extended(group_number, 6978701906494790382), 0) # coalesce(hashtextextended(room_name, 3779472206230134614), 0) # coalesce(hashint4extended(room_seats, 8940827290927053928), 0)) AS row_hash
    FROM (
        SELECT link.l_group_room_hk AS row_key, 
            h_groups.h_group_number AS group_number,
            h_rooms.h_room_name AS room_name,
            s_rooms.s_room_seats AS room_seats
        FROM (
            SELECT every.*
            FROM vault.l_groups_rooms AS every
            WHERE every.l_group_room_hk IN (
                SELECT l_group_room_hk FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts = :load_ts
                UNION
                SELECT l_group_room_hk FROM vault.l_groups_rooms WHERE h_room_hk IN (SELECT h_room_hk FROM vault.s_rooms WHERE s_room_load_ts = :load_ts)
            )
        ) AS link
        JOIN LATERAL (
            SELECT *
            FROM vault.s_groups_rooms_effectivity AS version
            WHERE version.l_group_room_hk = link.l_group_room_hk AND version.s_group_room_effectivity_load_ts <= :load_ts
            ORDER BY version.s_group_room_effectivity_load_ts DESC
            LIMIT 1
        ) AS s_groups_rooms_effectivity ON true
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
        JOIN LATERAL (
            SELECT *
            FROM vault.s_rooms AS version
            WHERE version.h_room_hk = link.h_room_hk AND version.s_room_load_ts <= :load_ts
            ORDER BY version.s_room_load_ts DESC
            LIMIT 1
        ) AS s_rooms ON true
        WHERE s_groups_rooms_effectivity.s_group_room_effectivity_is_active
            AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS now;
-- pg_datawarehouse, session 1
INSERT INTO stage.rooms_gone
SELECT held.row_key
FROM control.rooms_rows AS held
WHERE held.row_key IN (
    SELECT l_group_room_hk FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts = :load_ts
    UNION
    SELECT l_group_room_hk FROM vault.l_groups_rooms WHERE h_room_hk IN (SELECT h_room_hk FROM vault.s_rooms WHERE s_room_load_ts = :load_ts)
) AND NOT EXISTS (SELECT FROM stage.rooms AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 1
DELETE FROM stage.rooms AS staged
USING control.rooms_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 1
SELECT count(*), count(held.row_key)
FROM stage.rooms AS staged
LEFT JOIN control.rooms_rows AS held USING (row_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'rooms', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'campus' AND feed = 'rooms') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.rooms)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'campus' AND feed = 'rooms' AND placed_by = 'group_number';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.rooms_buckets);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.rooms_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, group_number::bigint FROM stage.rooms
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.rooms_rows AS held USING stage.rooms_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.rooms_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.rooms
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.rooms_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.rooms'') + pg_relation_size(''stage.rooms_gone'') + pg_relation_size(''stage.rooms_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.rooms, stage.rooms_gone, stage.rooms_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.rooms, stage.rooms_gone, stage.rooms_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.rooms; DELETE FROM stage.rooms_gone; DELETE FROM stage.rooms_shared;
END';
-- pg_datawarehouse, session 1
UPDATE control.loads SET status = 'closed', finished_at = clock_timestamp()
WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT feed, rows_new, rows_changed, rows_gone FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 2
COMMIT;

-- step e_from_ch_datamart 1
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_enrolment_load_ts, count(), countIf(dm_enrolment_load_end_ts = dm_enrolment_load_ts) FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 2
SELECT dm_enrolment_load_end_ts, count(), countIf(is_past = 1)
FROM dm_enrolments_history
WHERE dm_enrolment_load_end_ts > dm_enrolment_load_ts AND (dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_enrolment_load_end_ts;

-- step e_from_ch_datamart 2
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_room_load_ts, count(), countIf(dm_room_load_end_ts = dm_room_load_ts) FROM dm_rooms_history GROUP BY dm_room_load_ts;
-- ch_datamart, session 2
SELECT dm_room_load_end_ts, count(), countIf(is_past = 1)
FROM dm_rooms_history
WHERE dm_room_load_end_ts > dm_room_load_ts AND (dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_room_load_end_ts;

-- step e_from_pg_datawarehouse (mart) 1
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 1
COMMIT;

-- step t_find_new_rows (mart) 1
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 3
COMMIT;
-- pg_datawarehouse, session 4
SELECT load_ts FROM control.loads WHERE model = :model AND status = 'closed' ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('dm_enrolments_loads', 'dm_enrolments_loads_kept');
-- ch_datamart, session 2
SELECT load_ts, max(row_versions) FROM dm_enrolments_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 2
SELECT dm_enrolment_load_ts, count() FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts ORDER BY dm_enrolment_load_ts;

-- step t_find_new_rows (mart) 2
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 3
COMMIT;
-- pg_datawarehouse, session 4
SELECT load_ts FROM control.loads WHERE model = :model AND status = 'closed' ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('dm_rooms_loads', 'dm_rooms_loads_kept');
-- ch_datamart, session 2
SELECT load_ts, max(row_versions) FROM dm_rooms_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 2
SELECT dm_room_load_ts, count() FROM dm_rooms_history GROUP BY dm_room_load_ts ORDER BY dm_room_load_ts;

-- step t_find_new_rows (mart) 3
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 3
COMMIT;

-- step t_find_new_rows (mart) 4
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 3
COMMIT;

-- step t_find_new_rows (mart) 5


-- step t_find_new_rows (mart) 6
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 3
COMMIT;
-- pg_datawarehouse, session 4
SELECT rows_active FROM control.load_feeds JOIN control.loads USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' ORDER BY load_ts DESC LIMIT 1;
-- pg_datawarehouse, session 4
SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20;
-- pg_datawarehouse, session 4
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 4
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'code=' || replace(replace(student_code, '\', '\\'), '|', '\|'), 'dm_enrolment_uuid=' || row_key::text, 'group_number=' || group_number::text, 'student_digest_0=' || student_digest_0::text, ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_student_group_hk AS row_key, s_students.student_digest_0,
            h_students.h_student_code AS student_code,
            s_students.s_student_name AS student_name,
            s_students.s_student_email AS student_email,
            h_groups.h_group_number AS group_number
        FROM vault.l_students_groups AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_students_groups_effectivity AS version
            WHERE version.s_student_group_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT l_student_group_hk, s_student_group_effectivity_applied_ts, s_student_group_effectivity_load_ts FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_student_group_hk = version.l_student_group_hk AND (later.s_student_group_effectivity_applied_ts, later.s_student_group_effectivity_load_ts) > (version.s_student_group_effectivity_applied_ts, version.s_student_group_effectivity_load_ts)
                )
        ) AS s_students_groups_effectivity ON s_students_groups_effectivity.l_student_group_hk = link.l_student_group_hk
        JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'email=' || replace(replace(s_student_email, '\', '\\'), '|', '\|'), 'name=' || replace(replace(s_student_name, '\', '\\'), '|', '\|'), ''), 'UTF8')) AS student_digest_0
            FROM vault.s_students AS version
            WHERE version.s_student_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT h_student_hk, s_student_applied_ts, s_student_load_ts FROM vault.s_students WHERE s_student_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_student_hk = version.h_student_hk AND (later.s_student_applied_ts, later.s_student_load_ts) > (version.s_student_applied_ts, version.s_student_load_ts)
                )
        ) AS s_students ON s_students.h_student_hk = link.h_student_hk
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        WHERE s_students_groups_effectivity.s_student_group_effectivity_is_active
            AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
    ) AS active
    OFFSET '0'
) AS hashed
CROSS JOIN LATERAL (VALUES (0, hash_0)) AS each (place, row_hash)
GROUP BY place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer;
-- ch_datamart, session 2
SELECT bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT row_hash
    FROM (
        SELECT *, dm_enrolment_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('email=', replaceAll(replaceAll(email, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('name=', replaceAll(replaceAll(name, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')))) AS student_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('code=', replaceAll(replaceAll(code, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('dm_enrolment_uuid=', toString(dm_enrolment_uuid), '|'), ''), ifNull(concat('group_number=', toString(group_number), '|'), ''), ifNull(concat('student_digest_0=', toString(student_digest_0), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_enrolments
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 4
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.enrolments_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.enrolments_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 4
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.enrolments_changes GROUP BY load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_enrolment_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_enrolment_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_enrolment_uuid, dm_enrolment_load_ts, dm_enrolment_load_end_ts = dm_enrolment_load_ts AS row_deleted,
            if(dm_enrolment_load_end_ts = dm_enrolment_load_ts OR dm_enrolment_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_enrolment_load_end_ts) AS row_end_ts, code, name, email, group_number
        FROM dm_enrolments_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_enrolment_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_enrolment_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('email=', replaceAll(replaceAll(email, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('name=', replaceAll(replaceAll(name, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')))) AS student_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('code=', replaceAll(replaceAll(code, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('dm_enrolment_uuid=', toString(dm_enrolment_uuid), '|'), ''), ifNull(concat('group_number=', toString(group_number), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), ifNull(concat('student_digest_0=', toString(student_digest_0), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_enrolment_uuid, dm_enrolment_load_ts, dm_enrolment_load_end_ts = dm_enrolment_load_ts AS row_deleted,
            if(dm_enrolment_load_end_ts = dm_enrolment_load_ts OR dm_enrolment_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_enrolment_load_end_ts) AS row_end_ts, code, name, email, group_number
        FROM dm_enrolments_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_enrolment_load_ts;
-- pg_datawarehouse, session 4
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;

-- step t_find_new_rows (mart) 7
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- pg_datawarehouse, session 3
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 3
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 3
COMMIT;
-- pg_datawarehouse, session 4
SELECT rows_active FROM control.load_feeds JOIN control.loads USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' ORDER BY load_ts DESC LIMIT 1;
-- pg_datawarehouse, session 4
SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20;
-- pg_datawarehouse, session 4
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 4
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'dm_room_uuid=' || row_key::text, 'group_number=' || group_number::text, 'room=' || replace(replace(room_name, '\', '\\'), '|', '\|'), 'room_digest_1=' || room_digest_1::text, ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_group_room_hk AS row_key, s_rooms.room_digest_1,
            h_groups.h_group_number AS group_number,
            h_rooms.h_room_name AS room_name,
            s_rooms.s_room_seats AS room_seats
        FROM vault.l_groups_rooms AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_groups_rooms_effectivity AS version
            WHERE version.s_group_room_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_group_room_hk, s_group_room_effectivity_load_ts FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_group_room_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_group_room_hk = version.l_group_room_hk AND (later.s_group_room_effectivity_load_ts) > (version.s_group_room_effectivity_load_ts)
                )
        ) AS s_groups_rooms_effectivity ON s_groups_rooms_effectivity.l_group_room_hk = link.l_group_room_hk
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'seats=' || s_room_seats::text, ''), 'UTF8')) AS room_digest_1
            FROM vault.s_rooms AS version
            WHERE version.s_room_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_room_hk, s_room_load_ts FROM vault.s_rooms WHERE s_room_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_room_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_room_hk = version.h_room_hk AND (later.s_room_load_ts) > (version.s_room_load_ts)
                )
        ) AS s_rooms ON s_rooms.h_room_hk = link.h_room_hk
        WHERE s_groups_rooms_effectivity.s_group_room_effectivity_is_active
            AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
    ) AS active
    OFFSET '0'
) AS hashed
CROSS JOIN LATERAL (VALUES (0, hash_0)) AS each (place, row_hash)
GROUP BY place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer;
-- ch_datamart, session 2
SELECT bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT row_hash
    FROM (
        SELECT *, dm_room_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('seats=', toString(seats), '|'), ''), '')))) AS room_digest_1, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('dm_room_uuid=', toString(dm_room_uuid), '|'), ''), ifNull(concat('group_number=', toString(group_number), '|'), ''), ifNull(concat('room=', replaceAll(replaceAll(room, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('room_digest_1=', toString(room_digest_1), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_rooms
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 4
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.rooms_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.rooms_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 4
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.rooms_changes GROUP BY load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_room_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_room_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_room_uuid, dm_room_load_ts, dm_room_load_end_ts = dm_room_load_ts AS row_deleted,
            if(dm_room_load_end_ts = dm_room_load_ts OR dm_room_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_room_load_end_ts) AS row_end_ts, group_number, room, seats
        FROM dm_rooms_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_room_load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_room_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_room_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('seats=', toString(seats), '|'), ''), '')))) AS room_digest_1, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('dm_room_uuid=', toString(dm_room_uuid), '|'), ''), ifNull(concat('group_number=', toString(group_number), '|'), ''), ifNull(concat('room=', replaceAll(replaceAll(room, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('room_digest_1=', toString(room_digest_1), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_room_uuid, dm_room_load_ts, dm_room_load_end_ts = dm_room_load_ts AS row_deleted,
            if(dm_room_load_end_ts = dm_room_load_ts OR dm_room_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_room_load_end_ts) AS row_end_ts, group_number, room, seats
        FROM dm_rooms_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_room_load_ts;
-- pg_datawarehouse, session 4
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;

-- step l_update_datamart 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, false);
-- pg_datawarehouse, session 1
SELECT pg_try_advisory_lock(hashtextextended(:key, 0));
-- pg_datawarehouse, session 1
SET idle_session_timeout = '60000ms';
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 2
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_enrolments_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_enrolments_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), countIf(dm_enrolment_load_end_ts = dm_enrolment_load_ts) FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_end_ts, count(), countIf(is_past = 1)
FROM dm_enrolments_history
WHERE dm_enrolment_load_end_ts > dm_enrolment_load_ts AND (dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_enrolment_load_end_ts;
-- pg_datawarehouse, session 4
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 4
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;
-- pg_datawarehouse, session 5
SELECT load_ts FROM control.loads WHERE model = :model AND status = 'closed' ORDER BY load_ts;
-- pg_datawarehouse, session 5
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('dm_enrolments_loads', 'dm_enrolments_loads_kept');
-- ch_datamart, session 3
SELECT load_ts, max(row_versions) FROM dm_enrolments_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count() FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts ORDER BY dm_enrolment_load_ts;
-- pg_datawarehouse, session 6
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 6
COPY (
SELECT row_key, load_ts AT TIME ZONE 'UTC',
    CASE WHEN row_hash IS NULL THEN load_ts ELSE coalesce(row_end_ts, '9999-12-31 23:59:59.999999+00'::timestamptz) END AT TIME ZONE 'UTC',
    coalesce(row_hash, 0),
    student_code, student_name, student_email, group_number
FROM (
    SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, 
        h_students.h_student_code AS student_code,
        s_students.s_student_name AS student_name,
        s_students.s_student_email AS student_email,
        h_groups.h_group_number AS group_number
    FROM (
        SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
        FROM control.enrolments_changes
        WHERE load_ts > :after AND load_ts <= :ended_upto
    ) AS changes
    JOIN vault.l_students_groups AS link ON link.l_student_group_hk = changes.row_key
    JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_students AS version
        WHERE version.h_student_hk = link.h_student_hk AND version.s_student_load_ts <= changes.load_ts
        ORDER BY version.s_student_applied_ts DESC, version.s_student_load_ts DESC
        LIMIT 1
    ) AS s_students ON true
    JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_enrolments_history (dm_enrolment_uuid, dm_enrolment_load_ts, dm_enrolment_load_end_ts, row_hash, code, name, email, group_number) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), countIf(dm_enrolment_load_end_ts = dm_enrolment_load_ts) FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_end_ts, count(), countIf(is_past = 1)
FROM dm_enrolments_history
WHERE dm_enrolment_load_end_ts > dm_enrolment_load_ts AND (dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_enrolment_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_enrolments_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 6
COMMIT;
-- pg_datawarehouse, session 1
SELECT pg_advisory_unlock_all();
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_datamart 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, false);
-- pg_datawarehouse, session 1
SELECT pg_try_advisory_lock(hashtextextended(:key, 0));
-- pg_datawarehouse, session 1
SET idle_session_timeout = '60000ms';
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 2
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_rooms_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_rooms_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), countIf(dm_room_load_end_ts = dm_room_load_ts) FROM dm_rooms_history GROUP BY dm_room_load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_end_ts, count(), countIf(is_past = 1)
FROM dm_rooms_history
WHERE dm_room_load_end_ts > dm_room_load_ts AND (dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_room_load_end_ts;
-- pg_datawarehouse, session 4
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 4
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;
-- pg_datawarehouse, session 5
SELECT load_ts FROM control.loads WHERE model = :model AND status = 'closed' ORDER BY load_ts;
-- pg_datawarehouse, session 5
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('dm_rooms_loads', 'dm_rooms_loads_kept');
-- ch_datamart, session 3
SELECT load_ts, max(row_versions) FROM dm_rooms_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count() FROM dm_rooms_history GROUP BY dm_room_load_ts ORDER BY dm_room_load_ts;
-- pg_datawarehouse, session 6
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 6
COPY (
SELECT row_key, load_ts AT TIME ZONE 'UTC',
    CASE WHEN row_hash IS NULL THEN load_ts ELSE coalesce(row_end_ts, '9999-12-31 23:59:59.999999+00'::timestamptz) END AT TIME ZONE 'UTC',
    coalesce(row_hash, 0),
    group_number, room_name, room_seats
FROM (
    SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, 
        h_groups.h_group_number AS group_number,
        h_rooms.h_room_name AS room_name,
        s_rooms.s_room_seats AS room_seats
    FROM (
        SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
        FROM control.rooms_changes
        WHERE load_ts > :after AND load_ts <= :ended_upto
    ) AS changes
    JOIN vault.l_groups_rooms AS link ON link.l_group_room_hk = changes.row_key
    JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
    JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_rooms AS version
        WHERE version.h_room_hk = link.h_room_hk AND version.s_room_load_ts <= changes.load_ts
        ORDER BY version.s_room_load_ts DESC
        LIMIT 1
    ) AS s_rooms ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_rooms_history (dm_room_uuid, dm_room_load_ts, dm_room_load_end_ts, row_hash, group_number, room, seats) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), countIf(dm_room_load_end_ts = dm_room_load_ts) FROM dm_rooms_history GROUP BY dm_room_load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_end_ts, count(), countIf(is_past = 1)
FROM dm_rooms_history
WHERE dm_room_load_end_ts > dm_room_load_ts AND (dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_room_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_rooms_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 6
COMMIT;
-- pg_datawarehouse, session 1
SELECT pg_advisory_unlock_all();
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_datamart 3
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, false);
-- pg_datawarehouse, session 1
SELECT pg_try_advisory_lock(hashtextextended(:key, 0));
-- pg_datawarehouse, session 1
SET idle_session_timeout = '60000ms';
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 2
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_enrolments_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_enrolments_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), countIf(dm_enrolment_load_end_ts = dm_enrolment_load_ts) FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_end_ts, count(), countIf(is_past = 1)
FROM dm_enrolments_history
WHERE dm_enrolment_load_end_ts > dm_enrolment_load_ts AND (dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_enrolment_load_end_ts;
-- pg_datawarehouse, session 4
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 4
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;
-- pg_datawarehouse, session 5
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 5
COPY (
SELECT row_key, load_ts AT TIME ZONE 'UTC',
    CASE WHEN row_hash IS NULL THEN load_ts ELSE coalesce(row_end_ts, '9999-12-31 23:59:59.999999+00'::timestamptz) END AT TIME ZONE 'UTC',
    coalesce(row_hash, 0),
    student_code, student_name, student_email, group_number
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_students.h_student_code AS student_code,
        s_students.s_student_name AS student_name,
        s_students.s_student_email AS student_email,
        h_groups.h_group_number AS group_number
    FROM control.enrolments_changes AS changes
    JOIN vault.l_students_groups AS link ON link.l_student_group_hk = changes.row_key
    JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_students AS version
        WHERE version.h_student_hk = link.h_student_hk AND version.s_student_load_ts <= changes.load_ts
        ORDER BY version.s_student_applied_ts DESC, version.s_student_load_ts DESC
        LIMIT 1
    ) AS s_students ON true
    JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_enrolments_history (dm_enrolment_uuid, dm_enrolment_load_ts, dm_enrolment_load_end_ts, row_hash, code, name, email, group_number) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_enrolments_history
UPDATE dm_enrolment_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_enrolment_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_enrolment_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_enrolment_uuid IN (SELECT dm_enrolment_uuid FROM dm_enrolments_history WHERE dm_enrolment_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), countIf(dm_enrolment_load_end_ts = dm_enrolment_load_ts) FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_end_ts, count(), countIf(is_past = 1)
FROM dm_enrolments_history
WHERE dm_enrolment_load_end_ts > dm_enrolment_load_ts AND (dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_enrolment_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_enrolments_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 5
COMMIT;
-- pg_datawarehouse, session 1
SELECT pg_advisory_unlock_all();
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_datamart 4
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, false);
-- pg_datawarehouse, session 1
SELECT pg_try_advisory_lock(hashtextextended(:key, 0));
-- pg_datawarehouse, session 1
SET idle_session_timeout = '60000ms';
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 2
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_rooms_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_rooms_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), countIf(dm_room_load_end_ts = dm_room_load_ts) FROM dm_rooms_history GROUP BY dm_room_load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_end_ts, count(), countIf(is_past = 1)
FROM dm_rooms_history
WHERE dm_room_load_end_ts > dm_room_load_ts AND (dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_room_load_end_ts;
-- pg_datawarehouse, session 4
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 4
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;
-- pg_datawarehouse, session 5
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 5
COPY (
SELECT row_key, load_ts AT TIME ZONE 'UTC',
    CASE WHEN row_hash IS NULL THEN load_ts ELSE coalesce(row_end_ts, '9999-12-31 23:59:59.999999+00'::timestamptz) END AT TIME ZONE 'UTC',
    coalesce(row_hash, 0),
    group_number, room_name, room_seats
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_groups.h_group_number AS group_number,
        h_rooms.h_room_name AS room_name,
        s_rooms.s_room_seats AS room_seats
    FROM control.rooms_changes AS changes
    JOIN vault.l_groups_rooms AS link ON link.l_group_room_hk = changes.row_key
    JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
    JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_rooms AS version
        WHERE version.h_room_hk = link.h_room_hk AND version.s_room_load_ts <= changes.load_ts
        ORDER BY version.s_room_load_ts DESC
        LIMIT 1
    ) AS s_rooms ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_rooms_history (dm_room_uuid, dm_room_load_ts, dm_room_load_end_ts, row_hash, group_number, room, seats) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_rooms_history
UPDATE dm_room_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_room_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_room_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_room_uuid IN (SELECT dm_room_uuid FROM dm_rooms_history WHERE dm_room_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), countIf(dm_room_load_end_ts = dm_room_load_ts) FROM dm_rooms_history GROUP BY dm_room_load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_end_ts, count(), countIf(is_past = 1)
FROM dm_rooms_history
WHERE dm_room_load_end_ts > dm_room_load_ts AND (dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_room_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_rooms_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 5
COMMIT;
-- pg_datawarehouse, session 1
SELECT pg_advisory_unlock_all();
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_datamart 5
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, false);
-- pg_datawarehouse, session 1
SELECT pg_try_advisory_lock(hashtextextended(:key, 0));
-- pg_datawarehouse, session 1
SET idle_session_timeout = '60000ms';
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 2
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_enrolments_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_enrolments_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), countIf(dm_enrolment_load_end_ts = dm_enrolment_load_ts) FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_end_ts, count(), countIf(is_past = 1)
FROM dm_enrolments_history
WHERE dm_enrolment_load_end_ts > dm_enrolment_load_ts AND (dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_enrolment_load_end_ts;
-- pg_datawarehouse, session 4
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 4
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;
-- pg_datawarehouse, session 5
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 5
COPY (
SELECT row_key, load_ts AT TIME ZONE 'UTC',
    CASE WHEN row_hash IS NULL THEN load_ts ELSE coalesce(row_end_ts, '9999-12-31 23:59:59.999999+00'::timestamptz) END AT TIME ZONE 'UTC',
    coalesce(row_hash, 0),
    student_code, student_name, student_email, group_number
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_students.h_student_code AS student_code,
        s_students.s_student_name AS student_name,
        s_students.s_student_email AS student_email,
        h_groups.h_group_number AS group_number
    FROM control.enrolments_changes AS changes
    JOIN vault.l_students_groups AS link ON link.l_student_group_hk = changes.row_key
    JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_students AS version
        WHERE version.h_student_hk = link.h_student_hk AND version.s_student_load_ts <= changes.load_ts
        ORDER BY version.s_student_applied_ts DESC, version.s_student_load_ts DESC
        LIMIT 1
    ) AS s_students ON true
    JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_enrolments_history (dm_enrolment_uuid, dm_enrolment_load_ts, dm_enrolment_load_end_ts, row_hash, code, name, email, group_number) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_enrolments_history
UPDATE dm_enrolment_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_enrolment_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_enrolment_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_enrolment_uuid IN (SELECT dm_enrolment_uuid FROM dm_enrolments_history WHERE dm_enrolment_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), countIf(dm_enrolment_load_end_ts = dm_enrolment_load_ts) FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_end_ts, count(), countIf(is_past = 1)
FROM dm_enrolments_history
WHERE dm_enrolment_load_end_ts > dm_enrolment_load_ts AND (dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_enrolment_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_enrolments_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 5
COMMIT;
-- pg_datawarehouse, session 6
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 6
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_enrolments_history', 'dm_enrolments_loads', 'dm_enrolments', 'dm_enrolments_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_enrolments_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_enrolments_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), countIf(dm_enrolment_load_end_ts = dm_enrolment_load_ts) FROM dm_enrolments_history GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_end_ts, count(), countIf(is_past = 1)
FROM dm_enrolments_history
WHERE dm_enrolment_load_end_ts > dm_enrolment_load_ts AND (dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_enrolment_load_end_ts;
-- pg_datawarehouse, session 7
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 7
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 7
COMMIT;
-- pg_datawarehouse, session 8
SELECT rows_active FROM control.load_feeds JOIN control.loads USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' ORDER BY load_ts DESC LIMIT 1;
-- pg_datawarehouse, session 8
SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20;
-- pg_datawarehouse, session 8
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 8
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'code=' || replace(replace(student_code, '\', '\\'), '|', '\|'), 'dm_enrolment_uuid=' || row_key::text, 'group_number=' || group_number::text, 'student_digest_0=' || student_digest_0::text, ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_student_group_hk AS row_key, s_students.student_digest_0,
            h_students.h_student_code AS student_code,
            s_students.s_student_name AS student_name,
            s_students.s_student_email AS student_email,
            h_groups.h_group_number AS group_number
        FROM vault.l_students_groups AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_students_groups_effectivity AS version
            WHERE version.s_student_group_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT l_student_group_hk, s_student_group_effectivity_applied_ts, s_student_group_effectivity_load_ts FROM vault.s_students_groups_effectivity WHERE s_student_group_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_student_group_hk = version.l_student_group_hk AND (later.s_student_group_effectivity_applied_ts, later.s_student_group_effectivity_load_ts) > (version.s_student_group_effectivity_applied_ts, version.s_student_group_effectivity_load_ts)
                )
        ) AS s_students_groups_effectivity ON s_students_groups_effectivity.l_student_group_hk = link.l_student_group_hk
        JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'email=' || replace(replace(s_student_email, '\', '\\'), '|', '\|'), 'name=' || replace(replace(s_student_name, '\', '\\'), '|', '\|'), ''), 'UTF8')) AS student_digest_0
            FROM vault.s_students AS version
            WHERE version.s_student_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT h_student_hk, s_student_applied_ts, s_student_load_ts FROM vault.s_students WHERE s_student_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_student_hk = version.h_student_hk AND (later.s_student_applied_ts, later.s_student_load_ts) > (version.s_student_applied_ts, version.s_student_load_ts)
                )
        ) AS s_students ON s_students.h_student_hk = link.h_student_hk
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        WHERE s_students_groups_effectivity.s_student_group_effectivity_is_active
            AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
    ) AS active
    OFFSET '0'
) AS hashed
CROSS JOIN LATERAL (VALUES (0, hash_0)) AS each (place, row_hash)
GROUP BY place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer;
-- ch_datamart, session 3
SELECT bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT row_hash
    FROM (
        SELECT *, dm_enrolment_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('email=', replaceAll(replaceAll(email, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('name=', replaceAll(replaceAll(name, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')))) AS student_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('code=', replaceAll(replaceAll(code, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('dm_enrolment_uuid=', toString(dm_enrolment_uuid), '|'), ''), ifNull(concat('group_number=', toString(group_number), '|'), ''), ifNull(concat('student_digest_0=', toString(student_digest_0), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_enrolments
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 8
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.enrolments_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.enrolments_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.enrolments_changes GROUP BY load_ts;
-- pg_datawarehouse, session 8
SET LOCAL join_collapse_limit = DEFAULT; SET LOCAL from_collapse_limit = DEFAULT;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(row_hash)
FROM (
    SELECT load_ts, row_hash
    FROM (
        SELECT row_key, load_ts, row_deleted, row_end_ts, student_code, student_name, student_email, group_number, ('x' || left(md5(convert_to(concat_ws('|', 'code=' || replace(replace(student_code, '\', '\\'), '|', '\|'), 'dm_enrolment_uuid=' || row_key::text, 'group_number=' || group_number::text, 'row_deleted=' || row_deleted::text, 'row_end_ts=' || (row_end_ts AT TIME ZONE 'UTC')::text, 'student_digest_0=' || student_digest_0::text, ''), 'UTF8')), 16))::bit(64)::bigint AS row_hash
        FROM (
            SELECT row_key, load_ts, (row_hash IS NULL)::integer AS row_deleted,
                CASE WHEN row_hash IS NOT NULL THEN row_end_ts END AS row_end_ts, student_digest_0, student_code, student_name, student_email, group_number
            FROM (
                SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, s_students.student_digest_0,
                    h_students.h_student_code AS student_code,
                    s_students.s_student_name AS student_name,
                    s_students.s_student_email AS student_email,
                    h_groups.h_group_number AS group_number
                FROM (
                    SELECT *
                    FROM (
                    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
                    FROM control.enrolments_changes
                    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.enrolments_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'))
                ) AS logged
                    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
                    OFFSET '0'
                ) AS changes
                JOIN vault.l_students_groups AS link ON link.l_student_group_hk = changes.row_key
                JOIN vault.h_students ON h_students.h_student_hk = link.h_student_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'email=' || replace(replace(s_student_email, '\', '\\'), '|', '\|'), 'name=' || replace(replace(s_student_name, '\', '\\'), '|', '\|'), ''), 'UTF8')) AS student_digest_0
                    FROM vault.s_students AS version
                    WHERE version.h_student_hk = link.h_student_hk AND version.s_student_load_ts <= changes.load_ts
                    ORDER BY version.s_student_applied_ts DESC, version.s_student_load_ts DESC
                    LIMIT 1
                ) AS s_students ON true
                JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
                WHERE changes.load_ts > :after AND changes.load_ts <= :upto
                    AND (s_students.s_student_load_ts IS NULL) IS NOT TRUE
            ) AS versions
        ) AS flagged
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_enrolment_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_enrolment_uuid, dm_enrolment_load_ts, dm_enrolment_load_end_ts = dm_enrolment_load_ts AS row_deleted,
            if(dm_enrolment_load_end_ts = dm_enrolment_load_ts OR dm_enrolment_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_enrolment_load_end_ts) AS row_end_ts, code, name, email, group_number
        FROM dm_enrolments_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_enrolment_load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_enrolments_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_enrolment_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_enrolment_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('email=', replaceAll(replaceAll(email, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('name=', replaceAll(replaceAll(name, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')))) AS student_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('code=', replaceAll(replaceAll(code, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('dm_enrolment_uuid=', toString(dm_enrolment_uuid), '|'), ''), ifNull(concat('group_number=', toString(group_number), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), ifNull(concat('student_digest_0=', toString(student_digest_0), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_enrolment_uuid, dm_enrolment_load_ts, dm_enrolment_load_end_ts = dm_enrolment_load_ts AS row_deleted,
            if(dm_enrolment_load_end_ts = dm_enrolment_load_ts OR dm_enrolment_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_enrolment_load_end_ts) AS row_end_ts, code, name, email, group_number
        FROM dm_enrolments_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_enrolment_load_ts;
-- pg_datawarehouse, session 8
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 8
COMMIT;
-- pg_datawarehouse, session 9
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 9
COMMIT;
-- pg_datawarehouse, session 1
SELECT pg_advisory_unlock_all();
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_datamart 6
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, false);
-- pg_datawarehouse, session 1
SELECT pg_try_advisory_lock(hashtextextended(:key, 0));
-- pg_datawarehouse, session 1
SET idle_session_timeout = '60000ms';
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 2
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 2
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_rooms_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_rooms_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), countIf(dm_room_load_end_ts = dm_room_load_ts) FROM dm_rooms_history GROUP BY dm_room_load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_end_ts, count(), countIf(is_past = 1)
FROM dm_rooms_history
WHERE dm_room_load_end_ts > dm_room_load_ts AND (dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_room_load_end_ts;
-- pg_datawarehouse, session 4
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 4
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 4
COMMIT;
-- pg_datawarehouse, session 5
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- pg_datawarehouse, session 5
COPY (
SELECT row_key, load_ts AT TIME ZONE 'UTC',
    CASE WHEN row_hash IS NULL THEN load_ts ELSE coalesce(row_end_ts, '9999-12-31 23:59:59.999999+00'::timestamptz) END AT TIME ZONE 'UTC',
    coalesce(row_hash, 0),
    group_number, room_name, room_seats
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_groups.h_group_number AS group_number,
        h_rooms.h_room_name AS room_name,
        s_rooms.s_room_seats AS room_seats
    FROM control.rooms_changes AS changes
    JOIN vault.l_groups_rooms AS link ON link.l_group_room_hk = changes.row_key
    JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
    JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_rooms AS version
        WHERE version.h_room_hk = link.h_room_hk AND version.s_room_load_ts <= changes.load_ts
        ORDER BY version.s_room_load_ts DESC
        LIMIT 1
    ) AS s_rooms ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_rooms_history (dm_room_uuid, dm_room_load_ts, dm_room_load_end_ts, row_hash, group_number, room, seats) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_rooms_history
UPDATE dm_room_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_room_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_room_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_room_uuid IN (SELECT dm_room_uuid FROM dm_rooms_history WHERE dm_room_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), countIf(dm_room_load_end_ts = dm_room_load_ts) FROM dm_rooms_history GROUP BY dm_room_load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_end_ts, count(), countIf(is_past = 1)
FROM dm_rooms_history
WHERE dm_room_load_end_ts > dm_room_load_ts AND (dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_room_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_rooms_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 5
COMMIT;
-- pg_datawarehouse, session 6
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 6
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_rooms_history', 'dm_rooms_loads', 'dm_rooms', 'dm_rooms_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_rooms_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_rooms_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), countIf(dm_room_load_end_ts = dm_room_load_ts) FROM dm_rooms_history GROUP BY dm_room_load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_end_ts, count(), countIf(is_past = 1)
FROM dm_rooms_history
WHERE dm_room_load_end_ts > dm_room_load_ts AND (dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_room_load_end_ts;
-- pg_datawarehouse, session 7
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 7
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 7
COMMIT;
-- pg_datawarehouse, session 8
SELECT rows_active FROM control.load_feeds JOIN control.loads USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' ORDER BY load_ts DESC LIMIT 1;
-- pg_datawarehouse, session 8
SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20;
-- pg_datawarehouse, session 8
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 8
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'dm_room_uuid=' || row_key::text, 'group_number=' || group_number::text, 'room=' || replace(replace(room_name, '\', '\\'), '|', '\|'), 'room_digest_1=' || room_digest_1::text, ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_group_room_hk AS row_key, s_rooms.room_digest_1,
            h_groups.h_group_number AS group_number,
            h_rooms.h_room_name AS room_name,
            s_rooms.s_room_seats AS room_seats
        FROM vault.l_groups_rooms AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_groups_rooms_effectivity AS version
            WHERE version.s_group_room_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_group_room_hk, s_group_room_effectivity_load_ts FROM vault.s_groups_rooms_effectivity WHERE s_group_room_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_group_room_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_group_room_hk = version.l_group_room_hk AND (later.s_group_room_effectivity_load_ts) > (version.s_group_room_effectivity_load_ts)
                )
        ) AS s_groups_rooms_effectivity ON s_groups_rooms_effectivity.l_group_room_hk = link.l_group_room_hk
        JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
        JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'seats=' || s_room_seats::text, ''), 'UTF8')) AS room_digest_1
            FROM vault.s_rooms AS version
            WHERE version.s_room_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_room_hk, s_room_load_ts FROM vault.s_rooms WHERE s_room_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_room_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_room_hk = version.h_room_hk AND (later.s_room_load_ts) > (version.s_room_load_ts)
                )
        ) AS s_rooms ON s_rooms.h_room_hk = link.h_room_hk
        WHERE s_groups_rooms_effectivity.s_group_room_effectivity_is_active
            AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
    ) AS active
    OFFSET '0'
) AS hashed
CROSS JOIN LATERAL (VALUES (0, hash_0)) AS each (place, row_hash)
GROUP BY place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer;
-- ch_datamart, session 3
SELECT bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT row_hash
    FROM (
        SELECT *, dm_room_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('seats=', toString(seats), '|'), ''), '')))) AS room_digest_1, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('dm_room_uuid=', toString(dm_room_uuid), '|'), ''), ifNull(concat('group_number=', toString(group_number), '|'), ''), ifNull(concat('room=', replaceAll(replaceAll(room, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('room_digest_1=', toString(room_digest_1), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_rooms
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 8
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.rooms_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.rooms_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.rooms_changes GROUP BY load_ts;
-- pg_datawarehouse, session 8
SET LOCAL join_collapse_limit = DEFAULT; SET LOCAL from_collapse_limit = DEFAULT;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(row_hash)
FROM (
    SELECT load_ts, row_hash
    FROM (
        SELECT row_key, load_ts, row_deleted, row_end_ts, group_number, room_name, room_seats, ('x' || left(md5(convert_to(concat_ws('|', 'dm_room_uuid=' || row_key::text, 'group_number=' || group_number::text, 'room=' || replace(replace(room_name, '\', '\\'), '|', '\|'), 'room_digest_1=' || room_digest_1::text, 'row_deleted=' || row_deleted::text, 'row_end_ts=' || (row_end_ts AT TIME ZONE 'UTC')::text, ''), 'UTF8')), 16))::bit(64)::bigint AS row_hash
        FROM (
            SELECT row_key, load_ts, (row_hash IS NULL)::integer AS row_deleted,
                CASE WHEN row_hash IS NOT NULL THEN row_end_ts END AS row_end_ts, room_digest_1, group_number, room_name, room_seats
            FROM (
                SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, s_rooms.room_digest_1,
                    h_groups.h_group_number AS group_number,
                    h_rooms.h_room_name AS room_name,
                    s_rooms.s_room_seats AS room_seats
                FROM (
                    SELECT *
                    FROM (
                    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
                    FROM control.rooms_changes
                    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.rooms_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'campus' AND status = 'closed'))
                ) AS logged
                    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
                    OFFSET '0'
                ) AS changes
                JOIN vault.l_groups_rooms AS link ON link.l_group_room_hk = changes.row_key
                JOIN vault.h_groups ON h_groups.h_group_hk = link.h_group_hk
                JOIN vault.h_rooms ON h_rooms.h_room_hk = link.h_room_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'seats=' || s_room_seats::text, ''), 'UTF8')) AS room_digest_1
                    FROM vault.s_rooms AS version
                    WHERE version.h_room_hk = link.h_room_hk AND version.s_room_load_ts <= changes.load_ts
                    ORDER BY version.s_room_load_ts DESC
                    LIMIT 1
                ) AS s_rooms ON true
                WHERE changes.load_ts > :after AND changes.load_ts <= :upto
                    AND (s_rooms.s_room_load_ts IS NULL) IS NOT TRUE
            ) AS versions
        ) AS flagged
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_room_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_room_uuid, dm_room_load_ts, dm_room_load_end_ts = dm_room_load_ts AS row_deleted,
            if(dm_room_load_end_ts = dm_room_load_ts OR dm_room_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_room_load_end_ts) AS row_end_ts, group_number, room, seats
        FROM dm_rooms_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_room_load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_rooms_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_room_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_room_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('seats=', toString(seats), '|'), ''), '')))) AS room_digest_1, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('dm_room_uuid=', toString(dm_room_uuid), '|'), ''), ifNull(concat('group_number=', toString(group_number), '|'), ''), ifNull(concat('room=', replaceAll(replaceAll(room, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('room_digest_1=', toString(room_digest_1), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_room_uuid, dm_room_load_ts, dm_room_load_end_ts = dm_room_load_ts AS row_deleted,
            if(dm_room_load_end_ts = dm_room_load_ts OR dm_room_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_room_load_end_ts) AS row_end_ts, group_number, room, seats
        FROM dm_rooms_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_room_load_ts;
-- pg_datawarehouse, session 8
SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = :model AND feed = :feed AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts;
-- pg_datawarehouse, session 8
COMMIT;
-- pg_datawarehouse, session 9
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 9
COMMIT;
-- pg_datawarehouse, session 1
SELECT pg_advisory_unlock_all();
-- pg_datawarehouse, session 1
COMMIT;
