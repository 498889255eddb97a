-- first: around 1, e_from_pg_datawarehouse 1, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_lesson 1, l_update_s_module 1, l_update_s_stream 1, l_update_s_course 1, l_update_links 1, l_update_h_lesson 1, l_update_h_module 1, l_update_h_stream 1, l_update_h_course 1, close 1, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1
-- first --full: around 1, e_from_pg_datawarehouse 2, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_lesson 2, l_update_s_module 2, l_update_s_stream 2, l_update_s_course 2, l_update_links 1, l_update_h_lesson 1, l_update_h_module 1, l_update_h_stream 1, l_update_h_course 1, close 2, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1
-- first --only to_datawarehouse: around 3, e_from_pg_datawarehouse 1, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_lesson 1, l_update_s_module 1, l_update_s_stream 1, l_update_s_course 1, l_update_links 1, l_update_h_lesson 1, l_update_h_module 1, l_update_h_stream 1, l_update_h_course 1, close 1, around 2
-- first --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1
-- first --where lesson_id=1..1000: around 1, e_from_pg_datawarehouse 1, e_from_pg_datasource 2, t_find_new_rows 1, l_update_s_lesson 1, l_update_s_module 1, l_update_s_stream 1, l_update_s_course 1, l_update_links 1, l_update_h_lesson 1, l_update_h_module 1, l_update_h_stream 1, l_update_h_course 1, close 3, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1
-- changed: around 1, e_from_pg_datawarehouse 3, e_from_pg_datasource 3, t_find_new_rows 2, l_update_s_lesson 1, l_update_s_module 1, l_update_s_stream 1, l_update_s_course 1, l_update_links 1, l_update_h_lesson 1, l_update_h_module 1, l_update_h_stream 1, l_update_h_course 1, close 4, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- changed --full: around 1, e_from_pg_datawarehouse 4, e_from_pg_datasource 3, t_find_new_rows 2, l_update_s_lesson 2, l_update_s_module 2, l_update_s_stream 2, l_update_s_course 2, l_update_links 1, l_update_h_lesson 1, l_update_h_module 1, l_update_h_stream 1, l_update_h_course 1, close 4, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 3
-- changed --only to_datawarehouse: around 3, e_from_pg_datawarehouse 3, e_from_pg_datasource 3, t_find_new_rows 2, l_update_s_lesson 1, l_update_s_module 1, l_update_s_stream 1, l_update_s_course 1, l_update_links 1, l_update_h_lesson 1, l_update_h_module 1, l_update_h_stream 1, l_update_h_course 1, close 4, around 2
-- changed --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- changed --where lesson_id=1..1000: around 1, e_from_pg_datawarehouse 5, e_from_pg_datasource 4, t_find_new_rows 3, l_update_s_lesson 1, l_update_s_module 1, l_update_s_stream 1, l_update_s_course 1, l_update_links 1, l_update_h_lesson 1, l_update_h_module 1, l_update_h_stream 1, l_update_h_course 1, close 5, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- unchanged: around 1, e_from_pg_datawarehouse 3, e_from_pg_datasource 5, t_find_new_rows 4, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3
-- unchanged --full: around 1, e_from_pg_datawarehouse 4, e_from_pg_datasource 5, t_find_new_rows 4, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 4
-- unchanged --only to_datawarehouse: around 3, e_from_pg_datawarehouse 3, e_from_pg_datasource 5, t_find_new_rows 4, around 2
-- unchanged --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3
-- unchanged --where lesson_id=1..1000: around 1, e_from_pg_datawarehouse 5, e_from_pg_datasource 6, t_find_new_rows 5, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3

-- step around 1
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_control');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_control;
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_courses');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_courses;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT formatQuerySingleLine('SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_history
WHERE is_past = 0
    AND dm_course_module_lesson_stream_load_ts <= (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads)
    AND dm_course_module_lesson_stream_load_end_ts > (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads)'),
formatQuerySingleLine('SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_ts <= (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_course_module_lesson_stream_load_end_ts > (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})');
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
SELECT to_regclass('control.migrations_courses');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_courses;
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
SELECT to_regclass('control.migrations_courses');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_courses;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT formatQuerySingleLine('SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_history
WHERE is_past = 0
    AND dm_course_module_lesson_stream_load_ts <= (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads)
    AND dm_course_module_lesson_stream_load_end_ts > (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads)'),
formatQuerySingleLine('SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_ts <= (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_course_module_lesson_stream_load_end_ts > (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})');
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
WHERE made.model IS DISTINCT FROM 'courses' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
SELECT 'h_courses' WHERE EXISTS (SELECT FROM vault.h_courses WHERE h_course_load_ts > '-infinity')
UNION ALL
SELECT 'h_streams' WHERE EXISTS (SELECT FROM vault.h_streams WHERE h_stream_load_ts > '-infinity')
UNION ALL
SELECT 'h_modules' WHERE EXISTS (SELECT FROM vault.h_modules WHERE h_module_load_ts > '-infinity')
UNION ALL
SELECT 'h_lessons' WHERE EXISTS (SELECT FROM vault.h_lessons WHERE h_lesson_load_ts > '-infinity')
UNION ALL
SELECT 'l_courses_modules_lessons_streams' WHERE EXISTS (SELECT FROM vault.l_courses_modules_lessons_streams WHERE l_course_module_lesson_stream_load_ts > '-infinity')
UNION ALL
SELECT 's_courses_modules_lessons_streams_effectivity' WHERE EXISTS (SELECT FROM vault.s_courses_modules_lessons_streams_effectivity WHERE s_course_module_lesson_stream_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 's_courses' WHERE EXISTS (SELECT FROM vault.s_courses WHERE s_course_load_ts > '-infinity')
UNION ALL
SELECT 's_streams' WHERE EXISTS (SELECT FROM vault.s_streams WHERE s_stream_load_ts > '-infinity')
UNION ALL
SELECT 's_modules' WHERE EXISTS (SELECT FROM vault.s_modules WHERE s_module_load_ts > '-infinity')
UNION ALL
SELECT 's_lessons' WHERE EXISTS (SELECT FROM vault.s_lessons WHERE s_lesson_load_ts > '-infinity');
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
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
WHERE made.model IS DISTINCT FROM 'courses' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
SELECT 'h_courses' WHERE EXISTS (SELECT FROM vault.h_courses WHERE h_course_load_ts > '-infinity')
UNION ALL
SELECT 'h_streams' WHERE EXISTS (SELECT FROM vault.h_streams WHERE h_stream_load_ts > '-infinity')
UNION ALL
SELECT 'h_modules' WHERE EXISTS (SELECT FROM vault.h_modules WHERE h_module_load_ts > '-infinity')
UNION ALL
SELECT 'h_lessons' WHERE EXISTS (SELECT FROM vault.h_lessons WHERE h_lesson_load_ts > '-infinity')
UNION ALL
SELECT 'l_courses_modules_lessons_streams' WHERE EXISTS (SELECT FROM vault.l_courses_modules_lessons_streams WHERE l_course_module_lesson_stream_load_ts > '-infinity')
UNION ALL
SELECT 's_courses_modules_lessons_streams_effectivity' WHERE EXISTS (SELECT FROM vault.s_courses_modules_lessons_streams_effectivity WHERE s_course_module_lesson_stream_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 's_courses' WHERE EXISTS (SELECT FROM vault.s_courses WHERE s_course_load_ts > '-infinity')
UNION ALL
SELECT 's_streams' WHERE EXISTS (SELECT FROM vault.s_streams WHERE s_stream_load_ts > '-infinity')
UNION ALL
SELECT 's_modules' WHERE EXISTS (SELECT FROM vault.s_modules WHERE s_module_load_ts > '-infinity')
UNION ALL
SELECT 's_lessons' WHERE EXISTS (SELECT FROM vault.s_lessons WHERE s_lesson_load_ts > '-infinity');
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
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed'
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
SELECT row_key, row_hash, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
    FROM (
        SELECT link.l_course_module_lesson_stream_hk AS row_key, 
            h_courses.h_course_id AS course_id,
            s_courses.s_course_title AS course_title,
            s_courses.s_course_icon_url AS course_icon_url,
            s_courses.s_course_is_auto_course_enroll AS course_is_auto_course_enroll,
            s_courses.s_course_is_demo_enroll AS course_is_demo_enroll,
            s_courses.s_course_created_at AS course_created_at,
            s_courses.s_course_updated_at AS course_updated_at,
            s_courses.s_course_deleted_at AS course_deleted_at,
            h_modules.h_module_id AS module_id,
            s_modules.s_module_title AS module_title,
            s_modules.s_module_order_in_stream AS module_order_in_stream,
            s_modules.s_module_created_at AS module_created_at,
            s_modules.s_module_updated_at AS module_updated_at,
            s_modules.s_module_deleted_at AS module_deleted_at,
            h_lessons.h_lesson_id AS lesson_id,
            s_lessons.s_lesson_title AS lesson_title,
            s_lessons.s_lesson_description AS lesson_description,
            s_lessons.s_lesson_teacher_id AS lesson_teacher_id,
            s_lessons.s_lesson_start_at AS lesson_start_at,
            s_lessons.s_lesson_end_at AS lesson_end_at,
            s_lessons.s_lesson_homework_url AS lesson_homework_url,
            s_lessons.s_lesson_online_lesson_join_url AS lesson_online_lesson_join_url,
            s_lessons.s_lesson_online_lesson_recording_url AS lesson_online_lesson_recording_url,
            s_lessons.s_lesson_deleted_at AS lesson_deleted_at,
            h_streams.h_stream_id AS stream_id,
            s_streams.s_stream_name AS stream_name,
            s_streams.s_stream_is_open AS stream_is_open,
            s_streams.s_stream_homework_deadline_days AS stream_homework_deadline_days,
            s_streams.s_stream_start_at AS stream_start_at,
            s_streams.s_stream_end_at AS stream_end_at,
            s_streams.s_stream_created_at AS stream_created_at,
            s_streams.s_stream_updated_at AS stream_updated_at,
            s_streams.s_stream_deleted_at AS stream_deleted_at
        FROM vault.l_courses_modules_lessons_streams AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_courses_modules_lessons_streams_effectivity AS version
            WHERE version.s_course_module_lesson_stream_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_course_module_lesson_stream_hk, s_course_module_lesson_stream_effectivity_load_ts FROM vault.s_courses_modules_lessons_streams_effectivity WHERE s_course_module_lesson_stream_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_course_module_lesson_stream_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_course_module_lesson_stream_hk = version.l_course_module_lesson_stream_hk AND (later.s_course_module_lesson_stream_effectivity_load_ts) > (version.s_course_module_lesson_stream_effectivity_load_ts)
                )
        ) AS s_courses_modules_lessons_streams_effectivity ON s_courses_modules_lessons_streams_effectivity.l_course_module_lesson_stream_hk = link.l_course_module_lesson_stream_hk
        JOIN vault.h_courses ON h_courses.h_course_hk = link.h_course_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_courses AS version
            WHERE version.s_course_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_course_hk, s_course_load_ts FROM vault.s_courses WHERE s_course_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_course_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_course_hk = version.h_course_hk AND (later.s_course_load_ts) > (version.s_course_load_ts)
                )
        ) AS s_courses ON s_courses.h_course_hk = link.h_course_hk
        JOIN vault.h_modules ON h_modules.h_module_hk = link.h_module_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_modules AS version
            WHERE version.s_module_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_module_hk, s_module_load_ts FROM vault.s_modules WHERE s_module_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_module_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_module_hk = version.h_module_hk AND (later.s_module_load_ts) > (version.s_module_load_ts)
                )
        ) AS s_modules ON s_modules.h_module_hk = link.h_module_hk
        JOIN vault.h_lessons ON h_lessons.h_lesson_hk = link.h_lesson_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_lessons AS version
            WHERE version.s_lesson_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_lesson_hk, s_lesson_load_ts FROM vault.s_lessons WHERE s_lesson_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_lesson_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_lesson_hk = version.h_lesson_hk AND (later.s_lesson_load_ts) > (version.s_lesson_load_ts)
                )
        ) AS s_lessons ON s_lessons.h_lesson_hk = link.h_lesson_hk
        JOIN vault.h_streams ON h_streams.h_stream_hk = link.h_stream_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_streams AS version
            WHERE version.s_stream_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_stream_hk, s_stream_load_ts FROM vault.s_streams WHERE s_stream_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_stream_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_stream_hk = version.h_stream_hk AND (later.s_stream_load_ts) > (version.s_stream_load_ts)
                )
        ) AS s_streams ON s_streams.h_stream_hk = link.h_stream_hk
        WHERE s_courses_modules_lessons_streams_effectivity.s_course_module_lesson_stream_effectivity_is_active
            AND (s_courses.s_course_load_ts IS NULL) IS NOT TRUE
            AND (s_streams.s_stream_load_ts IS NULL) IS NOT TRUE
            AND (s_modules.s_module_load_ts IS NULL) IS NOT TRUE
            AND (s_lessons.s_lesson_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.courses_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.courses_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.courses_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.courses_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.courses_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.courses_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.courses_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.courses_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.courses_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.courses_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.courses_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.courses_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('courses', 'courses', 'lesson_id', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
WHERE made.model IS DISTINCT FROM 'courses' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
SELECT 'h_courses' WHERE NOT EXISTS (SELECT FROM vault.h_courses WHERE h_course_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_streams' WHERE NOT EXISTS (SELECT FROM vault.h_streams WHERE h_stream_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_modules' WHERE NOT EXISTS (SELECT FROM vault.h_modules WHERE h_module_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_lessons' WHERE NOT EXISTS (SELECT FROM vault.h_lessons WHERE h_lesson_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_courses' WHERE NOT EXISTS (SELECT FROM vault.s_courses WHERE h_course_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_streams' WHERE NOT EXISTS (SELECT FROM vault.s_streams WHERE h_stream_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_modules' WHERE NOT EXISTS (SELECT FROM vault.s_modules WHERE h_module_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_lessons' WHERE NOT EXISTS (SELECT FROM vault.s_lessons WHERE h_lesson_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'l_courses_modules_lessons_streams' WHERE NOT EXISTS (SELECT FROM vault.l_courses_modules_lessons_streams )
UNION ALL
SELECT 's_courses_modules_lessons_streams_effectivity' WHERE NOT EXISTS (SELECT FROM vault.s_courses_modules_lessons_streams_effectivity );
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
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.courses_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
WHERE made.model IS DISTINCT FROM 'courses' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
INSERT INTO vault.h_courses (h_course_hk, h_course_load_ts, h_course_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.h_streams (h_stream_hk, h_stream_load_ts, h_stream_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.h_modules (h_module_hk, h_module_load_ts, h_module_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.h_lessons (h_lesson_hk, h_lesson_load_ts, h_lesson_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_courses (h_course_hk, s_course_load_ts, s_course_record_source, s_course_hashdiff)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost', md5(convert_to('', 'UTF8'))::uuid)
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_streams (h_stream_hk, s_stream_load_ts, s_stream_record_source, s_stream_hashdiff)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost', md5(convert_to('', 'UTF8'))::uuid)
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_modules (h_module_hk, s_module_load_ts, s_module_record_source, s_module_hashdiff)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost', md5(convert_to('', 'UTF8'))::uuid)
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_lessons (h_lesson_hk, s_lesson_load_ts, s_lesson_record_source, s_lesson_hashdiff)
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
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.courses_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed'
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
SELECT row_key, row_hash, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
    FROM (
        SELECT link.l_course_module_lesson_stream_hk AS row_key, 
            h_courses.h_course_id AS course_id,
            s_courses.s_course_title AS course_title,
            s_courses.s_course_icon_url AS course_icon_url,
            s_courses.s_course_is_auto_course_enroll AS course_is_auto_course_enroll,
            s_courses.s_course_is_demo_enroll AS course_is_demo_enroll,
            s_courses.s_course_created_at AS course_created_at,
            s_courses.s_course_updated_at AS course_updated_at,
            s_courses.s_course_deleted_at AS course_deleted_at,
            h_modules.h_module_id AS module_id,
            s_modules.s_module_title AS module_title,
            s_modules.s_module_order_in_stream AS module_order_in_stream,
            s_modules.s_module_created_at AS module_created_at,
            s_modules.s_module_updated_at AS module_updated_at,
            s_modules.s_module_deleted_at AS module_deleted_at,
            h_lessons.h_lesson_id AS lesson_id,
            s_lessons.s_lesson_title AS lesson_title,
            s_lessons.s_lesson_description AS lesson_description,
            s_lessons.s_lesson_teacher_id AS lesson_teacher_id,
            s_lessons.s_lesson_start_at AS lesson_start_at,
            s_lessons.s_lesson_end_at AS lesson_end_at,
            s_lessons.s_lesson_homework_url AS lesson_homework_url,
            s_lessons.s_lesson_online_lesson_join_url AS lesson_online_lesson_join_url,
            s_lessons.s_lesson_online_lesson_recording_url AS lesson_online_lesson_recording_url,
            s_lessons.s_lesson_deleted_at AS lesson_deleted_at,
            h_streams.h_stream_id AS stream_id,
            s_streams.s_stream_name AS stream_name,
            s_streams.s_stream_is_open AS stream_is_open,
            s_streams.s_stream_homework_deadline_days AS stream_homework_deadline_days,
            s_streams.s_stream_start_at AS stream_start_at,
            s_streams.s_stream_end_at AS stream_end_at,
            s_streams.s_stream_created_at AS stream_created_at,
            s_streams.s_stream_updated_at AS stream_updated_at,
            s_streams.s_stream_deleted_at AS stream_deleted_at
        FROM vault.l_courses_modules_lessons_streams AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_courses_modules_lessons_streams_effectivity AS version
            WHERE version.s_course_module_lesson_stream_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_course_module_lesson_stream_hk, s_course_module_lesson_stream_effectivity_load_ts FROM vault.s_courses_modules_lessons_streams_effectivity WHERE s_course_module_lesson_stream_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_course_module_lesson_stream_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_course_module_lesson_stream_hk = version.l_course_module_lesson_stream_hk AND (later.s_course_module_lesson_stream_effectivity_load_ts) > (version.s_course_module_lesson_stream_effectivity_load_ts)
                )
        ) AS s_courses_modules_lessons_streams_effectivity ON s_courses_modules_lessons_streams_effectivity.l_course_module_lesson_stream_hk = link.l_course_module_lesson_stream_hk
        JOIN vault.h_courses ON h_courses.h_course_hk = link.h_course_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_courses AS version
            WHERE version.s_course_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_course_hk, s_course_load_ts FROM vault.s_courses WHERE s_course_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_course_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_course_hk = version.h_course_hk AND (later.s_course_load_ts) > (version.s_course_load_ts)
                )
        ) AS s_courses ON s_courses.h_course_hk = link.h_course_hk
        JOIN vault.h_modules ON h_modules.h_module_hk = link.h_module_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_modules AS version
            WHERE version.s_module_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_module_hk, s_module_load_ts FROM vault.s_modules WHERE s_module_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_module_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_module_hk = version.h_module_hk AND (later.s_module_load_ts) > (version.s_module_load_ts)
                )
        ) AS s_modules ON s_modules.h_module_hk = link.h_module_hk
        JOIN vault.h_lessons ON h_lessons.h_lesson_hk = link.h_lesson_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_lessons AS version
            WHERE version.s_lesson_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_lesson_hk, s_lesson_load_ts FROM vault.s_lessons WHERE s_lesson_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_lesson_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_lesson_hk = version.h_lesson_hk AND (later.s_lesson_load_ts) > (version.s_lesson_load_ts)
                )
        ) AS s_lessons ON s_lessons.h_lesson_hk = link.h_lesson_hk
        JOIN vault.h_streams ON h_streams.h_stream_hk = link.h_stream_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_streams AS version
            WHERE version.s_stream_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_stream_hk, s_stream_load_ts FROM vault.s_streams WHERE s_stream_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_stream_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_stream_hk = version.h_stream_hk AND (later.s_stream_load_ts) > (version.s_stream_load_ts)
                )
        ) AS s_streams ON s_streams.h_stream_hk = link.h_stream_hk
        WHERE s_courses_modules_lessons_streams_effectivity.s_course_module_lesson_stream_effectivity_is_active
            AND (s_courses.s_course_load_ts IS NULL) IS NOT TRUE
            AND (s_streams.s_stream_load_ts IS NULL) IS NOT TRUE
            AND (s_modules.s_module_load_ts IS NULL) IS NOT TRUE
            AND (s_lessons.s_lesson_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.courses_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.courses_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.courses_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.courses_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.courses_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.courses_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.courses_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.courses_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.courses_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.courses_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.courses_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.courses_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('courses', 'courses', 'lesson_id', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.courses_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT count(*), count(row_place) FROM control.courses_rows;
-- pg_datawarehouse, session 3
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.courses_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.courses_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.courses_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.courses_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.courses_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('courses', 'courses', 'lesson_id', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
INSERT INTO control.courses_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.courses_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 3
ANALYZE control.courses_buckets;
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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

-- step e_from_pg_datawarehouse 5
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
WHERE made.model IS DISTINCT FROM 'courses' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
SELECT 'h_courses' WHERE NOT EXISTS (SELECT FROM vault.h_courses WHERE h_course_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_streams' WHERE NOT EXISTS (SELECT FROM vault.h_streams WHERE h_stream_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_modules' WHERE NOT EXISTS (SELECT FROM vault.h_modules WHERE h_module_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_lessons' WHERE NOT EXISTS (SELECT FROM vault.h_lessons WHERE h_lesson_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_courses' WHERE NOT EXISTS (SELECT FROM vault.s_courses WHERE h_course_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_streams' WHERE NOT EXISTS (SELECT FROM vault.s_streams WHERE h_stream_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_modules' WHERE NOT EXISTS (SELECT FROM vault.s_modules WHERE h_module_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_lessons' WHERE NOT EXISTS (SELECT FROM vault.s_lessons WHERE h_lesson_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'l_courses_modules_lessons_streams' WHERE NOT EXISTS (SELECT FROM vault.l_courses_modules_lessons_streams )
UNION ALL
SELECT 's_courses_modules_lessons_streams_effectivity' WHERE NOT EXISTS (SELECT FROM vault.s_courses_modules_lessons_streams_effectivity );
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
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
-- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
-- pg_datasource, session 2
COPY (
SELECT course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, row_hash, md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N'), coalesce(lesson_id::text, '\N'), coalesce(module_id::text, '\N'), coalesce(stream_id::text, '\N')), 'UTF8'))::uuid, CASE WHEN num_nonnulls(lesson_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(lesson_id::text, '\N')), 'UTF8'))::uuid END
FROM (
    SELECT *, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
FROM (
    SELECT
    course_id::integer AS course_id,
    course_title::text COLLATE "C" AS course_title,
    course_icon_url::text COLLATE "C" AS course_icon_url,
    course_is_auto_course_enroll::boolean AS course_is_auto_course_enroll,
    course_is_demo_enroll::boolean AS course_is_demo_enroll,
    course_created_at::timestamp without time zone AS course_created_at,
    course_updated_at::timestamp without time zone AS course_updated_at,
    course_deleted_at::timestamp without time zone AS course_deleted_at,
    module_id::integer AS module_id,
    module_title::text COLLATE "C" AS module_title,
    module_order_in_stream::integer AS module_order_in_stream,
    module_created_at::timestamp without time zone AS module_created_at,
    module_updated_at::timestamp without time zone AS module_updated_at,
    module_deleted_at::timestamp without time zone AS module_deleted_at,
    lesson_id::integer AS lesson_id,
    lesson_title::text COLLATE "C" AS lesson_title,
    lesson_description::text COLLATE "C" AS lesson_description,
    lesson_teacher_id::integer AS lesson_teacher_id,
    lesson_start_at::timestamp without time zone AS lesson_start_at,
    lesson_end_at::timestamp without time zone AS lesson_end_at,
    lesson_homework_url::text COLLATE "C" AS lesson_homework_url,
    lesson_online_lesson_join_url::text COLLATE "C" AS lesson_online_lesson_join_url,
    lesson_online_lesson_recording_url::text COLLATE "C" AS lesson_online_lesson_recording_url,
    lesson_deleted_at::timestamp without time zone AS lesson_deleted_at,
    stream_id::integer AS stream_id,
    stream_name::text COLLATE "C" AS stream_name,
    stream_is_open::boolean AS stream_is_open,
    stream_homework_deadline_days::integer AS stream_homework_deadline_days,
    stream_start_at::timestamp without time zone AS stream_start_at,
    stream_end_at::timestamp without time zone AS stream_end_at,
    stream_created_at::timestamp without time zone AS stream_created_at,
    stream_updated_at::timestamp without time zone AS stream_updated_at,
    stream_deleted_at::timestamp without time zone AS stream_deleted_at
FROM (
    -- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.courses (course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, row_hash, row_key, h_lesson_hk) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.courses (course_id, module_id, lesson_id, stream_id, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
-- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
-- pg_datasource, session 2
COPY (
SELECT course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, row_hash, md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N'), coalesce(lesson_id::text, '\N'), coalesce(module_id::text, '\N'), coalesce(stream_id::text, '\N')), 'UTF8'))::uuid, CASE WHEN num_nonnulls(lesson_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(lesson_id::text, '\N')), 'UTF8'))::uuid END
FROM (
    SELECT *, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
FROM (
    SELECT
    course_id::integer AS course_id,
    course_title::text COLLATE "C" AS course_title,
    course_icon_url::text COLLATE "C" AS course_icon_url,
    course_is_auto_course_enroll::boolean AS course_is_auto_course_enroll,
    course_is_demo_enroll::boolean AS course_is_demo_enroll,
    course_created_at::timestamp without time zone AS course_created_at,
    course_updated_at::timestamp without time zone AS course_updated_at,
    course_deleted_at::timestamp without time zone AS course_deleted_at,
    module_id::integer AS module_id,
    module_title::text COLLATE "C" AS module_title,
    module_order_in_stream::integer AS module_order_in_stream,
    module_created_at::timestamp without time zone AS module_created_at,
    module_updated_at::timestamp without time zone AS module_updated_at,
    module_deleted_at::timestamp without time zone AS module_deleted_at,
    lesson_id::integer AS lesson_id,
    lesson_title::text COLLATE "C" AS lesson_title,
    lesson_description::text COLLATE "C" AS lesson_description,
    lesson_teacher_id::integer AS lesson_teacher_id,
    lesson_start_at::timestamp without time zone AS lesson_start_at,
    lesson_end_at::timestamp without time zone AS lesson_end_at,
    lesson_homework_url::text COLLATE "C" AS lesson_homework_url,
    lesson_online_lesson_join_url::text COLLATE "C" AS lesson_online_lesson_join_url,
    lesson_online_lesson_recording_url::text COLLATE "C" AS lesson_online_lesson_recording_url,
    lesson_deleted_at::timestamp without time zone AS lesson_deleted_at,
    stream_id::integer AS stream_id,
    stream_name::text COLLATE "C" AS stream_name,
    stream_is_open::boolean AS stream_is_open,
    stream_homework_deadline_days::integer AS stream_homework_deadline_days,
    stream_start_at::timestamp without time zone AS stream_start_at,
    stream_end_at::timestamp without time zone AS stream_end_at,
    stream_created_at::timestamp without time zone AS stream_created_at,
    stream_updated_at::timestamp without time zone AS stream_updated_at,
    stream_deleted_at::timestamp without time zone AS stream_deleted_at
FROM (
    -- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS feed
WHERE feed.lesson_id >= '1'::integer AND feed.lesson_id <= '1000'::integer
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.courses (course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, row_hash, row_key, h_lesson_hk) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.courses (course_id, module_id, lesson_id, stream_id, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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

-- step e_from_pg_datasource 3
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
-- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 1
DROP TABLE IF EXISTS pg_temp.found;
CREATE TEMPORARY TABLE found (
    bucket bigint, row_count bigint, hash_sum numeric, weighted_sum numeric
) ON COMMIT DROP;
-- pg_datasource, session 2
COPY (
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT *, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
FROM (
    SELECT
    course_id::integer AS course_id,
    course_title::text COLLATE "C" AS course_title,
    course_icon_url::text COLLATE "C" AS course_icon_url,
    course_is_auto_course_enroll::boolean AS course_is_auto_course_enroll,
    course_is_demo_enroll::boolean AS course_is_demo_enroll,
    course_created_at::timestamp without time zone AS course_created_at,
    course_updated_at::timestamp without time zone AS course_updated_at,
    course_deleted_at::timestamp without time zone AS course_deleted_at,
    module_id::integer AS module_id,
    module_title::text COLLATE "C" AS module_title,
    module_order_in_stream::integer AS module_order_in_stream,
    module_created_at::timestamp without time zone AS module_created_at,
    module_updated_at::timestamp without time zone AS module_updated_at,
    module_deleted_at::timestamp without time zone AS module_deleted_at,
    lesson_id::integer AS lesson_id,
    lesson_title::text COLLATE "C" AS lesson_title,
    lesson_description::text COLLATE "C" AS lesson_description,
    lesson_teacher_id::integer AS lesson_teacher_id,
    lesson_start_at::timestamp without time zone AS lesson_start_at,
    lesson_end_at::timestamp without time zone AS lesson_end_at,
    lesson_homework_url::text COLLATE "C" AS lesson_homework_url,
    lesson_online_lesson_join_url::text COLLATE "C" AS lesson_online_lesson_join_url,
    lesson_online_lesson_recording_url::text COLLATE "C" AS lesson_online_lesson_recording_url,
    lesson_deleted_at::timestamp without time zone AS lesson_deleted_at,
    stream_id::integer AS stream_id,
    stream_name::text COLLATE "C" AS stream_name,
    stream_is_open::boolean AS stream_is_open,
    stream_homework_deadline_days::integer AS stream_homework_deadline_days,
    stream_start_at::timestamp without time zone AS stream_start_at,
    stream_end_at::timestamp without time zone AS stream_end_at,
    stream_created_at::timestamp without time zone AS stream_created_at,
    stream_updated_at::timestamp without time zone AS stream_updated_at,
    stream_deleted_at::timestamp without time zone AS stream_deleted_at
FROM (
    -- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS feed
) AS typed
) AS hashed
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY pg_temp.found (bucket, row_count, hash_sum, weighted_sum) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
WITH compared AS MATERIALIZED (
    SELECT
        bucket,
        coalesce(held.row_count, 0) AS held,
        coalesce(found.row_count, 0) - coalesce(held.row_count, 0) AS came,
        coalesce(found.hash_sum, 0) - coalesce(held.hash_sum, 0) AS hash_sum,
        coalesce(found.weighted_sum, 0) - coalesce(held.weighted_sum, 0) AS weighted_sum
    FROM (
        SELECT bucket, row_count, hash_sum, weighted_sum FROM control.courses_buckets
    ) AS held
    FULL JOIN pg_temp.found AS found USING (bucket)
), differing AS (
    SELECT bucket, greatest(held, held + came) AS row_count, hash_sum, weighted_sum * 32 AS weighted_sum,
        CASE
            WHEN true AND bucket >= -4611686018427387904 AND abs(hash_sum) > 1099511627776
            THEN round(weighted_sum * 32 / hash_sum)
        END AS within
    FROM compared
    WHERE came <> 0 OR hash_sum <> 0 OR weighted_sum <> 0
), told AS (
    SELECT bucket, row_count, (bucket << 4) + within::bigint AS place
    FROM differing
    WHERE within BETWEEN 0 AND 15 AND abs(weighted_sum - within * hash_sum) <= 4 * 32 * within
), untold AS (
    SELECT bucket, row_count, true AND bucket >= -4611686018427387904 AS listed
    FROM differing
    WHERE bucket NOT IN (SELECT bucket FROM told)
), places AS (
    SELECT place FROM told
    UNION ALL
    SELECT (bucket << 4) + within FROM untold CROSS JOIN generate_series(0, 15) AS within WHERE listed
), list AS MATERIALIZED (
    SELECT coalesce(sum(length(place::text) + 1), 0) AS characters FROM places
)
SELECT
    (SELECT coalesce(array_agg(place), ARRAY[]::bigint[])::text FROM places
        WHERE (SELECT characters FROM list) <= 9000000),
    (SELECT coalesce(array_agg(bucket) FILTER (WHERE NOT listed), ARRAY[]::bigint[])::text FROM untold),
    (SELECT characters FROM list),
    (SELECT count(*) FROM told) + (SELECT coalesce(sum(row_count), 0) FROM untold),
    (SELECT coalesce(sum(held), 0) FROM compared);
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
-- pg_datasource, session 2
COPY (
SELECT course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, row_hash, md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N'), coalesce(lesson_id::text, '\N'), coalesce(module_id::text, '\N'), coalesce(stream_id::text, '\N')), 'UTF8'))::uuid, CASE WHEN num_nonnulls(lesson_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(lesson_id::text, '\N')), 'UTF8'))::uuid END
FROM (
    SELECT *, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
FROM (
    SELECT
    course_id::integer AS course_id,
    course_title::text COLLATE "C" AS course_title,
    course_icon_url::text COLLATE "C" AS course_icon_url,
    course_is_auto_course_enroll::boolean AS course_is_auto_course_enroll,
    course_is_demo_enroll::boolean AS course_is_demo_enroll,
    course_created_at::timestamp without time zone AS course_created_at,
    course_updated_at::timestamp without time zone AS course_updated_at,
    course_deleted_at::timestamp without time zone AS course_deleted_at,
    module_id::integer AS module_id,
    module_title::text COLLATE "C" AS module_title,
    module_order_in_stream::integer AS module_order_in_stream,
    module_created_at::timestamp without time zone AS module_created_at,
    module_updated_at::timestamp without time zone AS module_updated_at,
    module_deleted_at::timestamp without time zone AS module_deleted_at,
    lesson_id::integer AS lesson_id,
    lesson_title::text COLLATE "C" AS lesson_title,
    lesson_description::text COLLATE "C" AS lesson_description,
    lesson_teacher_id::integer AS lesson_teacher_id,
    lesson_start_at::timestamp without time zone AS lesson_start_at,
    lesson_end_at::timestamp without time zone AS lesson_end_at,
    lesson_homework_url::text COLLATE "C" AS lesson_homework_url,
    lesson_online_lesson_join_url::text COLLATE "C" AS lesson_online_lesson_join_url,
    lesson_online_lesson_recording_url::text COLLATE "C" AS lesson_online_lesson_recording_url,
    lesson_deleted_at::timestamp without time zone AS lesson_deleted_at,
    stream_id::integer AS stream_id,
    stream_name::text COLLATE "C" AS stream_name,
    stream_is_open::boolean AS stream_is_open,
    stream_homework_deadline_days::integer AS stream_homework_deadline_days,
    stream_start_at::timestamp without time zone AS stream_start_at,
    stream_end_at::timestamp without time zone AS stream_end_at,
    stream_created_at::timestamp without time zone AS stream_created_at,
    stream_updated_at::timestamp without time zone AS stream_updated_at,
    stream_deleted_at::timestamp without time zone AS stream_deleted_at
FROM (
    -- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE (lesson_id = ANY('{1}'::integer[]))
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.courses (course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, row_hash, row_key, h_lesson_hk) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.courses (course_id, module_id, lesson_id, stream_id, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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

-- step e_from_pg_datasource 4
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
-- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 1
DROP TABLE IF EXISTS pg_temp.found;
CREATE TEMPORARY TABLE found (
    bucket bigint, row_count bigint, hash_sum numeric, weighted_sum numeric
) ON COMMIT DROP;
-- pg_datasource, session 2
COPY (
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT *, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
FROM (
    SELECT
    course_id::integer AS course_id,
    course_title::text COLLATE "C" AS course_title,
    course_icon_url::text COLLATE "C" AS course_icon_url,
    course_is_auto_course_enroll::boolean AS course_is_auto_course_enroll,
    course_is_demo_enroll::boolean AS course_is_demo_enroll,
    course_created_at::timestamp without time zone AS course_created_at,
    course_updated_at::timestamp without time zone AS course_updated_at,
    course_deleted_at::timestamp without time zone AS course_deleted_at,
    module_id::integer AS module_id,
    module_title::text COLLATE "C" AS module_title,
    module_order_in_stream::integer AS module_order_in_stream,
    module_created_at::timestamp without time zone AS module_created_at,
    module_updated_at::timestamp without time zone AS module_updated_at,
    module_deleted_at::timestamp without time zone AS module_deleted_at,
    lesson_id::integer AS lesson_id,
    lesson_title::text COLLATE "C" AS lesson_title,
    lesson_description::text COLLATE "C" AS lesson_description,
    lesson_teacher_id::integer AS lesson_teacher_id,
    lesson_start_at::timestamp without time zone AS lesson_start_at,
    lesson_end_at::timestamp without time zone AS lesson_end_at,
    lesson_homework_url::text COLLATE "C" AS lesson_homework_url,
    lesson_online_lesson_join_url::text COLLATE "C" AS lesson_online_lesson_join_url,
    lesson_online_lesson_recording_url::text COLLATE "C" AS lesson_online_lesson_recording_url,
    lesson_deleted_at::timestamp without time zone AS lesson_deleted_at,
    stream_id::integer AS stream_id,
    stream_name::text COLLATE "C" AS stream_name,
    stream_is_open::boolean AS stream_is_open,
    stream_homework_deadline_days::integer AS stream_homework_deadline_days,
    stream_start_at::timestamp without time zone AS stream_start_at,
    stream_end_at::timestamp without time zone AS stream_end_at,
    stream_created_at::timestamp without time zone AS stream_created_at,
    stream_updated_at::timestamp without time zone AS stream_updated_at,
    stream_deleted_at::timestamp without time zone AS stream_deleted_at
FROM (
    -- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS feed
WHERE feed.lesson_id >= '1'::integer AND feed.lesson_id <= '1000'::integer
) AS typed
) AS hashed
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY pg_temp.found (bucket, row_count, hash_sum, weighted_sum) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
WITH compared AS MATERIALIZED (
    SELECT
        bucket,
        coalesce(held.row_count, 0) AS held,
        coalesce(found.row_count, 0) - coalesce(held.row_count, 0) AS came,
        coalesce(found.hash_sum, 0) - coalesce(held.hash_sum, 0) AS hash_sum,
        coalesce(found.weighted_sum, 0) - coalesce(held.weighted_sum, 0) AS weighted_sum
    FROM (
        SELECT
            coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
        FROM (
            SELECT row_place, row_hash
            FROM (
                SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
            ) AS hashed
            OFFSET '0'
        ) AS narrow
        GROUP BY 1
    ) AS held
    FULL JOIN pg_temp.found AS found USING (bucket)
), differing AS (
    SELECT bucket, greatest(held, held + came) AS row_count, hash_sum, weighted_sum * 32 AS weighted_sum,
        CASE
            WHEN true AND bucket >= -4611686018427387904 AND abs(hash_sum) > 1099511627776
            THEN round(weighted_sum * 32 / hash_sum)
        END AS within
    FROM compared
    WHERE came <> 0 OR hash_sum <> 0 OR weighted_sum <> 0
), told AS (
    SELECT bucket, row_count, (bucket << 4) + within::bigint AS place
    FROM differing
    WHERE within BETWEEN 0 AND 15 AND abs(weighted_sum - within * hash_sum) <= 4 * 32 * within
), untold AS (
    SELECT bucket, row_count, true AND bucket >= -4611686018427387904 AS listed
    FROM differing
    WHERE bucket NOT IN (SELECT bucket FROM told)
), places AS (
    SELECT place FROM told
    UNION ALL
    SELECT (bucket << 4) + within FROM untold CROSS JOIN generate_series(0, 15) AS within WHERE listed
), list AS MATERIALIZED (
    SELECT coalesce(sum(length(place::text) + 1), 0) AS characters FROM places
)
SELECT
    (SELECT coalesce(array_agg(place), ARRAY[]::bigint[])::text FROM places
        WHERE (SELECT characters FROM list) <= 9000000),
    (SELECT coalesce(array_agg(bucket) FILTER (WHERE NOT listed), ARRAY[]::bigint[])::text FROM untold),
    (SELECT characters FROM list),
    (SELECT count(*) FROM told) + (SELECT coalesce(sum(row_count), 0) FROM untold),
    (SELECT coalesce(sum(held), 0) FROM compared);
-- pg_datawarehouse, session 1
SELECT count(*) FROM control.courses_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
-- pg_datasource, session 2
COPY (
SELECT course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, row_hash, md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N'), coalesce(lesson_id::text, '\N'), coalesce(module_id::text, '\N'), coalesce(stream_id::text, '\N')), 'UTF8'))::uuid, CASE WHEN num_nonnulls(lesson_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(lesson_id::text, '\N')), 'UTF8'))::uuid END
FROM (
    SELECT *, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
FROM (
    SELECT
    course_id::integer AS course_id,
    course_title::text COLLATE "C" AS course_title,
    course_icon_url::text COLLATE "C" AS course_icon_url,
    course_is_auto_course_enroll::boolean AS course_is_auto_course_enroll,
    course_is_demo_enroll::boolean AS course_is_demo_enroll,
    course_created_at::timestamp without time zone AS course_created_at,
    course_updated_at::timestamp without time zone AS course_updated_at,
    course_deleted_at::timestamp without time zone AS course_deleted_at,
    module_id::integer AS module_id,
    module_title::text COLLATE "C" AS module_title,
    module_order_in_stream::integer AS module_order_in_stream,
    module_created_at::timestamp without time zone AS module_created_at,
    module_updated_at::timestamp without time zone AS module_updated_at,
    module_deleted_at::timestamp without time zone AS module_deleted_at,
    lesson_id::integer AS lesson_id,
    lesson_title::text COLLATE "C" AS lesson_title,
    lesson_description::text COLLATE "C" AS lesson_description,
    lesson_teacher_id::integer AS lesson_teacher_id,
    lesson_start_at::timestamp without time zone AS lesson_start_at,
    lesson_end_at::timestamp without time zone AS lesson_end_at,
    lesson_homework_url::text COLLATE "C" AS lesson_homework_url,
    lesson_online_lesson_join_url::text COLLATE "C" AS lesson_online_lesson_join_url,
    lesson_online_lesson_recording_url::text COLLATE "C" AS lesson_online_lesson_recording_url,
    lesson_deleted_at::timestamp without time zone AS lesson_deleted_at,
    stream_id::integer AS stream_id,
    stream_name::text COLLATE "C" AS stream_name,
    stream_is_open::boolean AS stream_is_open,
    stream_homework_deadline_days::integer AS stream_homework_deadline_days,
    stream_start_at::timestamp without time zone AS stream_start_at,
    stream_end_at::timestamp without time zone AS stream_end_at,
    stream_created_at::timestamp without time zone AS stream_created_at,
    stream_updated_at::timestamp without time zone AS stream_updated_at,
    stream_deleted_at::timestamp without time zone AS stream_deleted_at
FROM (
    -- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS feed
WHERE feed.lesson_id >= '1'::integer AND feed.lesson_id <= '1000'::integer
) AS typed
) AS hashed
) AS placed
WHERE (lesson_id = ANY('{1}'::integer[]))
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.courses (course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, row_hash, row_key, h_lesson_hk) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.courses (course_id, module_id, lesson_id, stream_id, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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

-- step e_from_pg_datasource 5
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
-- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 1
DROP TABLE IF EXISTS pg_temp.found;
CREATE TEMPORARY TABLE found (
    bucket bigint, row_count bigint, hash_sum numeric, weighted_sum numeric
) ON COMMIT DROP;
-- pg_datasource, session 2
COPY (
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT *, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
FROM (
    SELECT
    course_id::integer AS course_id,
    course_title::text COLLATE "C" AS course_title,
    course_icon_url::text COLLATE "C" AS course_icon_url,
    course_is_auto_course_enroll::boolean AS course_is_auto_course_enroll,
    course_is_demo_enroll::boolean AS course_is_demo_enroll,
    course_created_at::timestamp without time zone AS course_created_at,
    course_updated_at::timestamp without time zone AS course_updated_at,
    course_deleted_at::timestamp without time zone AS course_deleted_at,
    module_id::integer AS module_id,
    module_title::text COLLATE "C" AS module_title,
    module_order_in_stream::integer AS module_order_in_stream,
    module_created_at::timestamp without time zone AS module_created_at,
    module_updated_at::timestamp without time zone AS module_updated_at,
    module_deleted_at::timestamp without time zone AS module_deleted_at,
    lesson_id::integer AS lesson_id,
    lesson_title::text COLLATE "C" AS lesson_title,
    lesson_description::text COLLATE "C" AS lesson_description,
    lesson_teacher_id::integer AS lesson_teacher_id,
    lesson_start_at::timestamp without time zone AS lesson_start_at,
    lesson_end_at::timestamp without time zone AS lesson_end_at,
    lesson_homework_url::text COLLATE "C" AS lesson_homework_url,
    lesson_online_lesson_join_url::text COLLATE "C" AS lesson_online_lesson_join_url,
    lesson_online_lesson_recording_url::text COLLATE "C" AS lesson_online_lesson_recording_url,
    lesson_deleted_at::timestamp without time zone AS lesson_deleted_at,
    stream_id::integer AS stream_id,
    stream_name::text COLLATE "C" AS stream_name,
    stream_is_open::boolean AS stream_is_open,
    stream_homework_deadline_days::integer AS stream_homework_deadline_days,
    stream_start_at::timestamp without time zone AS stream_start_at,
    stream_end_at::timestamp without time zone AS stream_end_at,
    stream_created_at::timestamp without time zone AS stream_created_at,
    stream_updated_at::timestamp without time zone AS stream_updated_at,
    stream_deleted_at::timestamp without time zone AS stream_deleted_at
FROM (
    -- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS feed
) AS typed
) AS hashed
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY pg_temp.found (bucket, row_count, hash_sum, weighted_sum) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
WITH compared AS MATERIALIZED (
    SELECT
        bucket,
        coalesce(held.row_count, 0) AS held,
        coalesce(found.row_count, 0) - coalesce(held.row_count, 0) AS came,
        coalesce(found.hash_sum, 0) - coalesce(held.hash_sum, 0) AS hash_sum,
        coalesce(found.weighted_sum, 0) - coalesce(held.weighted_sum, 0) AS weighted_sum
    FROM (
        SELECT bucket, row_count, hash_sum, weighted_sum FROM control.courses_buckets
    ) AS held
    FULL JOIN pg_temp.found AS found USING (bucket)
), differing AS (
    SELECT bucket, greatest(held, held + came) AS row_count, hash_sum, weighted_sum * 32 AS weighted_sum,
        CASE
            WHEN true AND bucket >= -4611686018427387904 AND abs(hash_sum) > 1099511627776
            THEN round(weighted_sum * 32 / hash_sum)
        END AS within
    FROM compared
    WHERE came <> 0 OR hash_sum <> 0 OR weighted_sum <> 0
), told AS (
    SELECT bucket, row_count, (bucket << 4) + within::bigint AS place
    FROM differing
    WHERE within BETWEEN 0 AND 15 AND abs(weighted_sum - within * hash_sum) <= 4 * 32 * within
), untold AS (
    SELECT bucket, row_count, true AND bucket >= -4611686018427387904 AS listed
    FROM differing
    WHERE bucket NOT IN (SELECT bucket FROM told)
), places AS (
    SELECT place FROM told
    UNION ALL
    SELECT (bucket << 4) + within FROM untold CROSS JOIN generate_series(0, 15) AS within WHERE listed
), list AS MATERIALIZED (
    SELECT coalesce(sum(length(place::text) + 1), 0) AS characters FROM places
)
SELECT
    (SELECT coalesce(array_agg(place), ARRAY[]::bigint[])::text FROM places
        WHERE (SELECT characters FROM list) <= 9000000),
    (SELECT coalesce(array_agg(bucket) FILTER (WHERE NOT listed), ARRAY[]::bigint[])::text FROM untold),
    (SELECT characters FROM list),
    (SELECT count(*) FROM told) + (SELECT coalesce(sum(row_count), 0) FROM untold),
    (SELECT coalesce(sum(held), 0) FROM compared);
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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

-- step e_from_pg_datasource 6
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
-- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 1
DROP TABLE IF EXISTS pg_temp.found;
CREATE TEMPORARY TABLE found (
    bucket bigint, row_count bigint, hash_sum numeric, weighted_sum numeric
) ON COMMIT DROP;
-- pg_datasource, session 2
COPY (
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT *, lesson_id::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_id, 2521744729986988404), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(lesson_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_deleted_at, timestamp '2000-01-01'), 9046492851519083445 + timestamp_cmp(lesson_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_description, 6795440311765426105), 0) # coalesce(timestamp_hash_extended(lesson_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_end_at, timestamp '2000-01-01'), 570043933131210464 + timestamp_cmp(lesson_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(lesson_homework_url, 5981874122588898326), 0) # coalesce(hashint4extended(lesson_id, 2531349138430548646), 0) # coalesce(hashtextextended(lesson_online_lesson_join_url, 2783679191337998308), 0) # coalesce(hashtextextended(lesson_online_lesson_recording_url, 2005852767117672677), 0) # coalesce(timestamp_hash_extended(lesson_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', lesson_start_at, timestamp '2000-01-01'), 8717527099267339779 + timestamp_cmp(lesson_start_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(lesson_teacher_id, 5299136845738895984), 0) # coalesce(hashtextextended(lesson_title, 4449114261905803187), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_id, 4702373663717438764), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_id, 1115182652120517356), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
FROM (
    SELECT
    course_id::integer AS course_id,
    course_title::text COLLATE "C" AS course_title,
    course_icon_url::text COLLATE "C" AS course_icon_url,
    course_is_auto_course_enroll::boolean AS course_is_auto_course_enroll,
    course_is_demo_enroll::boolean AS course_is_demo_enroll,
    course_created_at::timestamp without time zone AS course_created_at,
    course_updated_at::timestamp without time zone AS course_updated_at,
    course_deleted_at::timestamp without time zone AS course_deleted_at,
    module_id::integer AS module_id,
    module_title::text COLLATE "C" AS module_title,
    module_order_in_stream::integer AS module_order_in_stream,
    module_created_at::timestamp without time zone AS module_created_at,
    module_updated_at::timestamp without time zone AS module_updated_at,
    module_deleted_at::timestamp without time zone AS module_deleted_at,
    lesson_id::integer AS lesson_id,
    lesson_title::text COLLATE "C" AS lesson_title,
    lesson_description::text COLLATE "C" AS lesson_description,
    lesson_teacher_id::integer AS lesson_teacher_id,
    lesson_start_at::timestamp without time zone AS lesson_start_at,
    lesson_end_at::timestamp without time zone AS lesson_end_at,
    lesson_homework_url::text COLLATE "C" AS lesson_homework_url,
    lesson_online_lesson_join_url::text COLLATE "C" AS lesson_online_lesson_join_url,
    lesson_online_lesson_recording_url::text COLLATE "C" AS lesson_online_lesson_recording_url,
    lesson_deleted_at::timestamp without time zone AS lesson_deleted_at,
    stream_id::integer AS stream_id,
    stream_name::text COLLATE "C" AS stream_name,
    stream_is_open::boolean AS stream_is_open,
    stream_homework_deadline_days::integer AS stream_homework_deadline_days,
    stream_start_at::timestamp without time zone AS stream_start_at,
    stream_end_at::timestamp without time zone AS stream_end_at,
    stream_created_at::timestamp without time zone AS stream_created_at,
    stream_updated_at::timestamp without time zone AS stream_updated_at,
    stream_deleted_at::timestamp without time zone AS stream_deleted_at
FROM (
    -- Every row of every source table appears: a course without streams, a stream without modules,
-- a module without lessons, and orphans, because the foreign keys may be null.
SELECT
    course.id                     AS course_id,
    course.title                  AS course_title,
    course.icon_url               AS course_icon_url,
    course.is_auto_course_enroll  AS course_is_auto_course_enroll,
    course.is_demo_enroll         AS course_is_demo_enroll,
    course.created_at             AS course_created_at,
    course.updated_at             AS course_updated_at,
    course.deleted_at             AS course_deleted_at,
    stream.id                     AS stream_id,
    stream.name                   AS stream_name,
    stream.is_open                AS stream_is_open,
    stream.homework_deadline_days AS stream_homework_deadline_days,
    stream.start_at               AS stream_start_at,
    stream.end_at                 AS stream_end_at,
    stream.created_at             AS stream_created_at,
    stream.updated_at             AS stream_updated_at,
    stream.deleted_at             AS stream_deleted_at,
    module.id                     AS module_id,
    module.title                  AS module_title,
    module.order_in_stream        AS module_order_in_stream,
    module.created_at             AS module_created_at,
    module.updated_at             AS module_updated_at,
    module.deleted_at             AS module_deleted_at,
    lesson.id                     AS lesson_id,
    lesson.title                  AS lesson_title,
    lesson.description            AS lesson_description,
    lesson.teacher_id             AS lesson_teacher_id,
    lesson.start_at               AS lesson_start_at,
    lesson.end_at                 AS lesson_end_at,
    lesson.homework_url           AS lesson_homework_url,
    lesson.online_lesson_join_url AS lesson_online_lesson_join_url,
    lesson.online_lesson_recording_url AS lesson_online_lesson_recording_url,
    lesson.deleted_at             AS lesson_deleted_at
FROM course
FULL JOIN stream ON stream.course_id = course.id
FULL JOIN stream_module AS module ON module.stream_id = stream.id
FULL JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
) AS feed
WHERE feed.lesson_id >= '1'::integer AND feed.lesson_id <= '1000'::integer
) AS typed
) AS hashed
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY pg_temp.found (bucket, row_count, hash_sum, weighted_sum) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
WITH compared AS MATERIALIZED (
    SELECT
        bucket,
        coalesce(held.row_count, 0) AS held,
        coalesce(found.row_count, 0) - coalesce(held.row_count, 0) AS came,
        coalesce(found.hash_sum, 0) - coalesce(held.hash_sum, 0) AS hash_sum,
        coalesce(found.weighted_sum, 0) - coalesce(held.weighted_sum, 0) AS weighted_sum
    FROM (
        SELECT
            coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
        FROM (
            SELECT row_place, row_hash
            FROM (
                SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
            ) AS hashed
            OFFSET '0'
        ) AS narrow
        GROUP BY 1
    ) AS held
    FULL JOIN pg_temp.found AS found USING (bucket)
), differing AS (
    SELECT bucket, greatest(held, held + came) AS row_count, hash_sum, weighted_sum * 32 AS weighted_sum,
        CASE
            WHEN true AND bucket >= -4611686018427387904 AND abs(hash_sum) > 1099511627776
            THEN round(weighted_sum * 32 / hash_sum)
        END AS within
    FROM compared
    WHERE came <> 0 OR hash_sum <> 0 OR weighted_sum <> 0
), told AS (
    SELECT bucket, row_count, (bucket << 4) + within::bigint AS place
    FROM differing
    WHERE within BETWEEN 0 AND 15 AND abs(weighted_sum - within * hash_sum) <= 4 * 32 * within
), untold AS (
    SELECT bucket, row_count, true AND bucket >= -4611686018427387904 AS listed
    FROM differing
    WHERE bucket NOT IN (SELECT bucket FROM told)
), places AS (
    SELECT place FROM told
    UNION ALL
    SELECT (bucket << 4) + within FROM untold CROSS JOIN generate_series(0, 15) AS within WHERE listed
), list AS MATERIALIZED (
    SELECT coalesce(sum(length(place::text) + 1), 0) AS characters FROM places
)
SELECT
    (SELECT coalesce(array_agg(place), ARRAY[]::bigint[])::text FROM places
        WHERE (SELECT characters FROM list) <= 9000000),
    (SELECT coalesce(array_agg(bucket) FILTER (WHERE NOT listed), ARRAY[]::bigint[])::text FROM untold),
    (SELECT characters FROM list),
    (SELECT count(*) FROM told) + (SELECT coalesce(sum(row_count), 0) FROM untold),
    (SELECT coalesce(sum(held), 0) FROM compared);
-- pg_datawarehouse, session 1
SELECT count(*) FROM control.courses_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'courses', 'courses', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.courses AS staged
LEFT JOIN control.courses_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT course_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(course_id) = 0
            GROUP BY course_id
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
            FROM stage.courses
            WHERE num_nulls(course_id) = 0
            GROUP BY course_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT module_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(module_id) = 0
            GROUP BY module_id
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
            FROM stage.courses
            WHERE num_nulls(module_id) = 0
            GROUP BY module_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT lesson_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(lesson_id) = 0
            GROUP BY lesson_id
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
            FROM stage.courses
            WHERE num_nulls(lesson_id) = 0
            GROUP BY lesson_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT stream_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(stream_id) = 0
            GROUP BY stream_id
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
            FROM stage.courses
            WHERE num_nulls(stream_id) = 0
            GROUP BY stream_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT course_id, module_id, stream_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(course_id, module_id, stream_id) = 0
            GROUP BY course_id, module_id, stream_id
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
            FROM stage.courses
            WHERE num_nulls(course_id, module_id, stream_id) = 0
            GROUP BY course_id, module_id, stream_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.courses WHERE num_nonnulls(course_id, module_id, lesson_id, stream_id) = 0
    OR (num_nonnulls(course_id) = 0 AND NOT (ROW(course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at) IS NULL))
    OR (num_nonnulls(module_id) = 0 AND NOT (ROW(module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at) IS NULL))
    OR (num_nonnulls(lesson_id) = 0 AND NOT (ROW(lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at) IS NULL))
    OR (num_nonnulls(stream_id) = 0 AND NOT (ROW(stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at) IS NULL))
    OR (course_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR course_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR course_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_start_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_end_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_start_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_end_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone);
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, course_id, module_id, stream_id, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
    FROM stage.courses
    OFFSET '0'
) AS hashed
GROUP BY course_id, module_id, stream_id;
-- pg_datawarehouse, session 2
INSERT INTO stage.courses_shared (course_id, module_id, stream_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at)
SELECT course_id, module_id, stream_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at FROM stage.courses WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.courses_shared
    WHERE course_id IS NOT NULL
    GROUP BY course_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 3435278931627319729), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 540167202364048259), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 8203305160394480192), 0) # coalesce(hashtextextended(course_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 3435278931627319729), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 540167202364048259), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 8203305160394480192), 0) # coalesce(hashtextextended(course_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0)))
)
OR EXISTS (
    SELECT FROM stage.courses_shared
    WHERE stream_id IS NOT NULL
    GROUP BY stream_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 5046565917424894278 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 5143166169066890197), 0) # coalesce(hashint4extended(stream_is_open::integer, 1949899390861053), 0) # coalesce(hashtextextended(stream_name, 3161608036343723885), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6657433490176814662 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 5046565917424894278 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 5143166169066890197), 0) # coalesce(hashint4extended(stream_is_open::integer, 1949899390861053), 0) # coalesce(hashtextextended(stream_name, 3161608036343723885), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6657433490176814662 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)))
)
OR EXISTS (
    SELECT FROM stage.courses_shared
    WHERE module_id IS NOT NULL
    GROUP BY module_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 3663518930084133705), 0) # coalesce(hashtextextended(module_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 3663518930084133705), 0) # coalesce(hashtextextended(module_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM stage.courses AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.courses AS staged WHERE lesson_id IS NULL GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'courses' AND feed = 'courses';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'courses', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'courses' AND feed = 'courses') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.courses)
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
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.courses_rows
) AS held WHERE (row_place = ANY('{1}'::bigint[]));
-- pg_datawarehouse, session 2
INSERT INTO stage.courses_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.courses_rows
) AS held
WHERE (row_place = ANY('{1}'::bigint[]))
  AND NOT EXISTS (SELECT FROM stage.courses AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.courses AS staged
USING control.courses_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.courses AS staged
LEFT JOIN control.courses_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT course_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(course_id) = 0
            GROUP BY course_id
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
            FROM stage.courses
            WHERE num_nulls(course_id) = 0
            GROUP BY course_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT module_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(module_id) = 0
            GROUP BY module_id
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
            FROM stage.courses
            WHERE num_nulls(module_id) = 0
            GROUP BY module_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT lesson_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(lesson_id) = 0
            GROUP BY lesson_id
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
            FROM stage.courses
            WHERE num_nulls(lesson_id) = 0
            GROUP BY lesson_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT stream_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(stream_id) = 0
            GROUP BY stream_id
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
            FROM stage.courses
            WHERE num_nulls(stream_id) = 0
            GROUP BY stream_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT course_id, module_id, stream_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(course_id, module_id, stream_id) = 0
            GROUP BY course_id, module_id, stream_id
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
            FROM stage.courses
            WHERE num_nulls(course_id, module_id, stream_id) = 0
            GROUP BY course_id, module_id, stream_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.courses WHERE num_nonnulls(course_id, module_id, lesson_id, stream_id) = 0
    OR (num_nonnulls(course_id) = 0 AND NOT (ROW(course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at) IS NULL))
    OR (num_nonnulls(module_id) = 0 AND NOT (ROW(module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at) IS NULL))
    OR (num_nonnulls(lesson_id) = 0 AND NOT (ROW(lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at) IS NULL))
    OR (num_nonnulls(stream_id) = 0 AND NOT (ROW(stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at) IS NULL))
    OR (course_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR course_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR course_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_start_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_end_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_start_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_end_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone);
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, course_id, module_id, stream_id, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
    FROM stage.courses
    OFFSET '0'
) AS hashed
GROUP BY course_id, module_id, stream_id;
-- pg_datawarehouse, session 2
INSERT INTO stage.courses_shared (course_id, module_id, stream_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at)
SELECT course_id, module_id, stream_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at FROM stage.courses WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.courses_shared
    WHERE course_id IS NOT NULL
    GROUP BY course_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 3435278931627319729), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 540167202364048259), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 8203305160394480192), 0) # coalesce(hashtextextended(course_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 3435278931627319729), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 540167202364048259), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 8203305160394480192), 0) # coalesce(hashtextextended(course_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0)))
)
OR EXISTS (
    SELECT FROM stage.courses_shared
    WHERE stream_id IS NOT NULL
    GROUP BY stream_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 5046565917424894278 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 5143166169066890197), 0) # coalesce(hashint4extended(stream_is_open::integer, 1949899390861053), 0) # coalesce(hashtextextended(stream_name, 3161608036343723885), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6657433490176814662 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 5046565917424894278 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 5143166169066890197), 0) # coalesce(hashint4extended(stream_is_open::integer, 1949899390861053), 0) # coalesce(hashtextextended(stream_name, 3161608036343723885), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6657433490176814662 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)))
)
OR EXISTS (
    SELECT FROM stage.courses_shared
    WHERE module_id IS NOT NULL
    GROUP BY module_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 3663518930084133705), 0) # coalesce(hashtextextended(module_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 3663518930084133705), 0) # coalesce(hashtextextended(module_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 2
SELECT count(*) > 0
FROM (
    SELECT held.row_key
    FROM (SELECT lesson_id::bigint AS place FROM stage.courses) AS staged
    JOIN control.courses_rows AS held ON held.row_place = staged.place
    OFFSET '0'
) AS beside
WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = beside.row_key
);
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.changed;
CREATE TEMPORARY TABLE changed (satellite text, hash_key uuid, staged tid) ON COMMIT DROP;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'course', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || course_created_at::text, 'deleted_at=' || course_deleted_at::text, 'icon_url=' || replace(replace(course_icon_url, '\', '\\'), '|', '\|'), 'is_auto_course_enroll=' || course_is_auto_course_enroll::text, 'is_demo_enroll=' || course_is_demo_enroll::text, 'title=' || replace(replace(course_title, '\', '\\'), '|', '\|'), 'updated_at=' || course_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.courses
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses WHERE course_id IS NOT NULL GROUP BY course_id)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_course_created_at::text, 'deleted_at=' || s_course_deleted_at::text, 'icon_url=' || replace(replace(s_course_icon_url, '\', '\\'), '|', '\|'), 'is_auto_course_enroll=' || s_course_is_auto_course_enroll::text, 'is_demo_enroll=' || s_course_is_demo_enroll::text, 'title=' || replace(replace(s_course_title, '\', '\\'), '|', '\|'), 'updated_at=' || s_course_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_courses AS version
    WHERE version.h_course_hk = delivered.hash_key ORDER BY s_course_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'stream', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(stream_id::text, '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || stream_created_at::text, 'deleted_at=' || stream_deleted_at::text, 'end_at=' || stream_end_at::text, 'homework_deadline_days=' || stream_homework_deadline_days::text, 'is_open=' || stream_is_open::text, 'name=' || replace(replace(stream_name, '\', '\\'), '|', '\|'), 'start_at=' || stream_start_at::text, 'updated_at=' || stream_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.courses
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses WHERE stream_id IS NOT NULL GROUP BY stream_id)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_stream_created_at::text, 'deleted_at=' || s_stream_deleted_at::text, 'end_at=' || s_stream_end_at::text, 'homework_deadline_days=' || s_stream_homework_deadline_days::text, 'is_open=' || s_stream_is_open::text, 'name=' || replace(replace(s_stream_name, '\', '\\'), '|', '\|'), 'start_at=' || s_stream_start_at::text, 'updated_at=' || s_stream_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_streams AS version
    WHERE version.h_stream_hk = delivered.hash_key ORDER BY s_stream_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'module', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(module_id::text, '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || module_created_at::text, 'deleted_at=' || module_deleted_at::text, 'order_in_stream=' || module_order_in_stream::text, 'title=' || replace(replace(module_title, '\', '\\'), '|', '\|'), 'updated_at=' || module_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.courses
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses WHERE module_id IS NOT NULL GROUP BY module_id)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_module_created_at::text, 'deleted_at=' || s_module_deleted_at::text, 'order_in_stream=' || s_module_order_in_stream::text, 'title=' || replace(replace(s_module_title, '\', '\\'), '|', '\|'), 'updated_at=' || s_module_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_modules AS version
    WHERE version.h_module_hk = delivered.hash_key ORDER BY s_module_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
ANALYZE pg_temp.changed;
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM stage.courses AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.courses AS staged WHERE lesson_id IS NULL GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_course_module_lesson_stream_hk AS row_key, changed.staged
            FROM vault.l_courses_modules_lessons_streams AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_course_hk
            WHERE changed.satellite = 'course'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.courses_rows
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''course'' here, while other rows of the same ''course'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM contradicted
JOIN stage.courses AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_course_module_lesson_stream_hk AS row_key, changed.staged
            FROM vault.l_courses_modules_lessons_streams AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_stream_hk
            WHERE changed.satellite = 'stream'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.courses_rows
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''stream'' here, while other rows of the same ''stream'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM contradicted
JOIN stage.courses AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_course_module_lesson_stream_hk AS row_key, changed.staged
            FROM vault.l_courses_modules_lessons_streams AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_module_hk
            WHERE changed.satellite = 'module'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.courses_rows
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''module'' here, while other rows of the same ''module'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM contradicted
JOIN stage.courses AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'courses' AND feed = 'courses';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'courses', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'courses' AND feed = 'courses') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.courses)
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

-- step t_find_new_rows 3
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
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
) AS held WHERE (row_place = ANY('{1}'::bigint[]));
-- pg_datawarehouse, session 2
INSERT INTO stage.courses_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
) AS held
WHERE (row_place = ANY('{1}'::bigint[]))
  AND NOT EXISTS (SELECT FROM stage.courses AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.courses AS staged
USING control.courses_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.courses AS staged
LEFT JOIN control.courses_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT course_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(course_id) = 0
            GROUP BY course_id
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
            FROM stage.courses
            WHERE num_nulls(course_id) = 0
            GROUP BY course_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT module_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(module_id) = 0
            GROUP BY module_id
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
            FROM stage.courses
            WHERE num_nulls(module_id) = 0
            GROUP BY module_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT lesson_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(lesson_id) = 0
            GROUP BY lesson_id
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
            FROM stage.courses
            WHERE num_nulls(lesson_id) = 0
            GROUP BY lesson_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT stream_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(stream_id) = 0
            GROUP BY stream_id
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
            FROM stage.courses
            WHERE num_nulls(stream_id) = 0
            GROUP BY stream_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT course_id, module_id, stream_id FROM stage.courses LIMIT 50000) AS few
            WHERE num_nulls(course_id, module_id, stream_id) = 0
            GROUP BY course_id, module_id, stream_id
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
            FROM stage.courses
            WHERE num_nulls(course_id, module_id, stream_id) = 0
            GROUP BY course_id, module_id, stream_id
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.courses WHERE num_nonnulls(course_id, module_id, lesson_id, stream_id) = 0
    OR (num_nonnulls(course_id) = 0 AND NOT (ROW(course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at) IS NULL))
    OR (num_nonnulls(module_id) = 0 AND NOT (ROW(module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at) IS NULL))
    OR (num_nonnulls(lesson_id) = 0 AND NOT (ROW(lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at) IS NULL))
    OR (num_nonnulls(stream_id) = 0 AND NOT (ROW(stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at) IS NULL))
    OR (course_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR course_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR course_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR module_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_start_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_end_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR lesson_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_start_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_end_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_created_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_updated_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone OR stream_deleted_at NOT BETWEEN '0001-01-01 00:00:00'::timestamp without time zone AND '9999-12-31 23:59:59.999999'::timestamp without time zone);
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, course_id, module_id, stream_id, hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5738595943324466654 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 8226277045126124173 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 131874729651191463), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 7342353112680000241), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 755186204919639160), 0) # coalesce(hashtextextended(course_title, 3905480388856725232), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 7302176574305283094 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 8513804298517551463 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 6279118338487870845 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 8149034346573657296), 0) # coalesce(hashtextextended(module_title, 1704884783164965232), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 812885650970119030 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 6252879054078596651 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 9218234248843742698 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 9126108372406702 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 4124947496326706162), 0) # coalesce(hashint4extended(stream_is_open::integer, 4542960372077674149), 0) # coalesce(hashtextextended(stream_name, 4607074215146708431), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6223963054767471669 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 1231761211078048357 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)) AS row_hash
    FROM stage.courses
    OFFSET '0'
) AS hashed
GROUP BY course_id, module_id, stream_id;
-- pg_datawarehouse, session 2
INSERT INTO stage.courses_shared (course_id, module_id, stream_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at)
SELECT course_id, module_id, stream_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at FROM stage.courses WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.courses_shared
    WHERE course_id IS NOT NULL
    GROUP BY course_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 3435278931627319729), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 540167202364048259), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 8203305160394480192), 0) # coalesce(hashtextextended(course_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(course_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(course_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(course_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(course_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(course_icon_url, 3435278931627319729), 0) # coalesce(hashint4extended(course_is_auto_course_enroll::integer, 540167202364048259), 0) # coalesce(hashint4extended(course_is_demo_enroll::integer, 8203305160394480192), 0) # coalesce(hashtextextended(course_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(course_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', course_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(course_updated_at, timestamp '2000-01-01'))), 0)))
)
OR EXISTS (
    SELECT FROM stage.courses_shared
    WHERE stream_id IS NOT NULL
    GROUP BY stream_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 5046565917424894278 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 5143166169066890197), 0) # coalesce(hashint4extended(stream_is_open::integer, 1949899390861053), 0) # coalesce(hashtextextended(stream_name, 3161608036343723885), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6657433490176814662 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(stream_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(stream_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(stream_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_end_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_end_at, timestamp '2000-01-01'), 5046565917424894278 + timestamp_cmp(stream_end_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(stream_homework_deadline_days, 5143166169066890197), 0) # coalesce(hashint4extended(stream_is_open::integer, 1949899390861053), 0) # coalesce(hashtextextended(stream_name, 3161608036343723885), 0) # coalesce(timestamp_hash_extended(stream_start_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_start_at, timestamp '2000-01-01'), 6657433490176814662 + timestamp_cmp(stream_start_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(stream_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', stream_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(stream_updated_at, timestamp '2000-01-01'))), 0)))
)
OR EXISTS (
    SELECT FROM stage.courses_shared
    WHERE module_id IS NOT NULL
    GROUP BY module_id
    HAVING min(hashint4extended(0, coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 3663518930084133705), 0) # coalesce(hashtextextended(module_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0))) <> max(hashint4extended(0, coalesce(timestamp_hash_extended(module_created_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_created_at, timestamp '2000-01-01'), 5721287937545330844 + timestamp_cmp(module_created_at, timestamp '2000-01-01'))), 0) # coalesce(timestamp_hash_extended(module_deleted_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_deleted_at, timestamp '2000-01-01'), 5832135941133676637 + timestamp_cmp(module_deleted_at, timestamp '2000-01-01'))), 0) # coalesce(hashint4extended(module_order_in_stream, 3663518930084133705), 0) # coalesce(hashtextextended(module_title, 5015326363455406388), 0) # coalesce(timestamp_hash_extended(module_updated_at, timestamp_hash_extended(date_bin(interval '4294.967296 s', module_updated_at, timestamp '2000-01-01'), 6323655638698797933 + timestamp_cmp(module_updated_at, timestamp '2000-01-01'))), 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 2
SELECT count(*) > 0
FROM (
    SELECT held.row_key
    FROM (SELECT lesson_id::bigint AS place FROM stage.courses) AS staged
    JOIN control.courses_rows AS held ON held.row_place = staged.place
    OFFSET '0'
) AS beside
WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = beside.row_key
);
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.changed;
CREATE TEMPORARY TABLE changed (satellite text, hash_key uuid, staged tid) ON COMMIT DROP;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'course', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || course_created_at::text, 'deleted_at=' || course_deleted_at::text, 'icon_url=' || replace(replace(course_icon_url, '\', '\\'), '|', '\|'), 'is_auto_course_enroll=' || course_is_auto_course_enroll::text, 'is_demo_enroll=' || course_is_demo_enroll::text, 'title=' || replace(replace(course_title, '\', '\\'), '|', '\|'), 'updated_at=' || course_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.courses
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses WHERE course_id IS NOT NULL GROUP BY course_id)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_course_created_at::text, 'deleted_at=' || s_course_deleted_at::text, 'icon_url=' || replace(replace(s_course_icon_url, '\', '\\'), '|', '\|'), 'is_auto_course_enroll=' || s_course_is_auto_course_enroll::text, 'is_demo_enroll=' || s_course_is_demo_enroll::text, 'title=' || replace(replace(s_course_title, '\', '\\'), '|', '\|'), 'updated_at=' || s_course_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_courses AS version
    WHERE version.h_course_hk = delivered.hash_key ORDER BY s_course_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'stream', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(stream_id::text, '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || stream_created_at::text, 'deleted_at=' || stream_deleted_at::text, 'end_at=' || stream_end_at::text, 'homework_deadline_days=' || stream_homework_deadline_days::text, 'is_open=' || stream_is_open::text, 'name=' || replace(replace(stream_name, '\', '\\'), '|', '\|'), 'start_at=' || stream_start_at::text, 'updated_at=' || stream_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.courses
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses WHERE stream_id IS NOT NULL GROUP BY stream_id)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_stream_created_at::text, 'deleted_at=' || s_stream_deleted_at::text, 'end_at=' || s_stream_end_at::text, 'homework_deadline_days=' || s_stream_homework_deadline_days::text, 'is_open=' || s_stream_is_open::text, 'name=' || replace(replace(s_stream_name, '\', '\\'), '|', '\|'), 'start_at=' || s_stream_start_at::text, 'updated_at=' || s_stream_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_streams AS version
    WHERE version.h_stream_hk = delivered.hash_key ORDER BY s_stream_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'module', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(module_id::text, '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || module_created_at::text, 'deleted_at=' || module_deleted_at::text, 'order_in_stream=' || module_order_in_stream::text, 'title=' || replace(replace(module_title, '\', '\\'), '|', '\|'), 'updated_at=' || module_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.courses
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses WHERE module_id IS NOT NULL GROUP BY module_id)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_module_created_at::text, 'deleted_at=' || s_module_deleted_at::text, 'order_in_stream=' || s_module_order_in_stream::text, 'title=' || replace(replace(s_module_title, '\', '\\'), '|', '\|'), 'updated_at=' || s_module_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_modules AS version
    WHERE version.h_module_hk = delivered.hash_key ORDER BY s_module_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
ANALYZE pg_temp.changed;
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM stage.courses AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.courses AS staged WHERE lesson_id IS NULL GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_course_module_lesson_stream_hk AS row_key, changed.staged
            FROM vault.l_courses_modules_lessons_streams AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_course_hk
            WHERE changed.satellite = 'course'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''course'' here, while other rows of the same ''course'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM contradicted
JOIN stage.courses AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_course_module_lesson_stream_hk AS row_key, changed.staged
            FROM vault.l_courses_modules_lessons_streams AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_stream_hk
            WHERE changed.satellite = 'stream'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''stream'' here, while other rows of the same ''stream'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM contradicted
JOIN stage.courses AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_course_module_lesson_stream_hk AS row_key, changed.staged
            FROM vault.l_courses_modules_lessons_streams AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_module_hk
            WHERE changed.satellite = 'module'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''module'' here, while other rows of the same ''module'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key,h_lesson_hk}'::text[])::text
FROM contradicted
JOIN stage.courses AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'courses' AND feed = 'courses';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'courses', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'courses' AND feed = 'courses') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.courses)
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

-- step t_find_new_rows 4
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
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.courses_rows
) AS held WHERE false;
-- pg_datawarehouse, session 2
INSERT INTO stage.courses_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.courses_rows
) AS held
WHERE false
  AND NOT EXISTS (SELECT FROM stage.courses AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.courses AS staged
USING control.courses_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.courses AS staged
LEFT JOIN control.courses_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'courses' AND feed = 'courses';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'courses', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'courses' AND feed = 'courses') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.courses)
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

-- step t_find_new_rows 5
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
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.courses_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
) AS held WHERE false;
-- pg_datawarehouse, session 2
INSERT INTO stage.courses_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.courses_rows WHERE row_place >= '1'::integer AND row_place <= '1000'::integer
) AS held
WHERE false
  AND NOT EXISTS (SELECT FROM stage.courses AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.courses AS staged
USING control.courses_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.courses AS staged
LEFT JOIN control.courses_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'courses' AND feed = 'courses';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'courses', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'courses' AND feed = 'courses') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.courses)
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

-- step l_update_s_lesson 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_lessons (h_lesson_hk, s_lesson_load_ts, s_lesson_record_source, s_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, s_lesson_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, delivered.hashdiff
FROM (
    SELECT h_lesson_hk AS hash_key, md5(convert_to(concat_ws('|', 'deleted_at=' || lesson_deleted_at::text, 'description=' || replace(replace(lesson_description, '\', '\\'), '|', '\|'), 'end_at=' || lesson_end_at::text, 'homework_url=' || replace(replace(lesson_homework_url, '\', '\\'), '|', '\|'), 'online_lesson_join_url=' || replace(replace(lesson_online_lesson_join_url, '\', '\\'), '|', '\|'), 'online_lesson_recording_url=' || replace(replace(lesson_online_lesson_recording_url, '\', '\\'), '|', '\|'), 'start_at=' || lesson_start_at::text, 'teacher_id=' || lesson_teacher_id::text, 'title=' || replace(replace(lesson_title, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at
    FROM stage.courses
    WHERE lesson_id IS NOT NULL
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_lesson_hashdiff AS hashdiff
    FROM vault.s_lessons
    WHERE h_lesson_hk = delivered.hash_key
    ORDER BY s_lesson_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_lesson 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_lessons (h_lesson_hk, s_lesson_load_ts, s_lesson_record_source, s_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, s_lesson_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, delivered.hashdiff
FROM (
    SELECT h_lesson_hk AS hash_key, md5(convert_to(concat_ws('|', 'deleted_at=' || lesson_deleted_at::text, 'description=' || replace(replace(lesson_description, '\', '\\'), '|', '\|'), 'end_at=' || lesson_end_at::text, 'homework_url=' || replace(replace(lesson_homework_url, '\', '\\'), '|', '\|'), 'online_lesson_join_url=' || replace(replace(lesson_online_lesson_join_url, '\', '\\'), '|', '\|'), 'online_lesson_recording_url=' || replace(replace(lesson_online_lesson_recording_url, '\', '\\'), '|', '\|'), 'start_at=' || lesson_start_at::text, 'teacher_id=' || lesson_teacher_id::text, 'title=' || replace(replace(lesson_title, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at
    FROM stage.courses
    WHERE lesson_id IS NOT NULL
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'deleted_at=' || s_lesson_deleted_at::text, 'description=' || replace(replace(s_lesson_description, '\', '\\'), '|', '\|'), 'end_at=' || s_lesson_end_at::text, 'homework_url=' || replace(replace(s_lesson_homework_url, '\', '\\'), '|', '\|'), 'online_lesson_join_url=' || replace(replace(s_lesson_online_lesson_join_url, '\', '\\'), '|', '\|'), 'online_lesson_recording_url=' || replace(replace(s_lesson_online_lesson_recording_url, '\', '\\'), '|', '\|'), 'start_at=' || s_lesson_start_at::text, 'teacher_id=' || s_lesson_teacher_id::text, 'title=' || replace(replace(s_lesson_title, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_lessons
    WHERE h_lesson_hk = delivered.hash_key
    ORDER BY s_lesson_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_module 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_modules (h_module_hk, s_module_load_ts, s_module_record_source, s_module_title, s_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, s_module_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(module_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(module_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || module_created_at::text, 'deleted_at=' || module_deleted_at::text, 'order_in_stream=' || module_order_in_stream::text, 'title=' || replace(replace(module_title, '\', '\\'), '|', '\|'), 'updated_at=' || module_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at
    FROM stage.courses_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses_shared WHERE module_id IS NOT NULL GROUP BY module_id)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_module_hashdiff AS hashdiff
    FROM vault.s_modules
    WHERE h_module_hk = delivered.hash_key
    ORDER BY s_module_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_module 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_modules (h_module_hk, s_module_load_ts, s_module_record_source, s_module_title, s_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, s_module_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(module_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(module_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || module_created_at::text, 'deleted_at=' || module_deleted_at::text, 'order_in_stream=' || module_order_in_stream::text, 'title=' || replace(replace(module_title, '\', '\\'), '|', '\|'), 'updated_at=' || module_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at
    FROM stage.courses_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses_shared WHERE module_id IS NOT NULL GROUP BY module_id)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_module_created_at::text, 'deleted_at=' || s_module_deleted_at::text, 'order_in_stream=' || s_module_order_in_stream::text, 'title=' || replace(replace(s_module_title, '\', '\\'), '|', '\|'), 'updated_at=' || s_module_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_modules
    WHERE h_module_hk = delivered.hash_key
    ORDER BY s_module_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_stream 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_streams (h_stream_hk, s_stream_load_ts, s_stream_record_source, s_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at, s_stream_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(stream_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(stream_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || stream_created_at::text, 'deleted_at=' || stream_deleted_at::text, 'end_at=' || stream_end_at::text, 'homework_deadline_days=' || stream_homework_deadline_days::text, 'is_open=' || stream_is_open::text, 'name=' || replace(replace(stream_name, '\', '\\'), '|', '\|'), 'start_at=' || stream_start_at::text, 'updated_at=' || stream_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at
    FROM stage.courses_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses_shared WHERE stream_id IS NOT NULL GROUP BY stream_id)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_stream_hashdiff AS hashdiff
    FROM vault.s_streams
    WHERE h_stream_hk = delivered.hash_key
    ORDER BY s_stream_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_stream 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_streams (h_stream_hk, s_stream_load_ts, s_stream_record_source, s_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at, s_stream_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(stream_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(stream_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || stream_created_at::text, 'deleted_at=' || stream_deleted_at::text, 'end_at=' || stream_end_at::text, 'homework_deadline_days=' || stream_homework_deadline_days::text, 'is_open=' || stream_is_open::text, 'name=' || replace(replace(stream_name, '\', '\\'), '|', '\|'), 'start_at=' || stream_start_at::text, 'updated_at=' || stream_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at
    FROM stage.courses_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses_shared WHERE stream_id IS NOT NULL GROUP BY stream_id)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_stream_created_at::text, 'deleted_at=' || s_stream_deleted_at::text, 'end_at=' || s_stream_end_at::text, 'homework_deadline_days=' || s_stream_homework_deadline_days::text, 'is_open=' || s_stream_is_open::text, 'name=' || replace(replace(s_stream_name, '\', '\\'), '|', '\|'), 'start_at=' || s_stream_start_at::text, 'updated_at=' || s_stream_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_streams
    WHERE h_stream_hk = delivered.hash_key
    ORDER BY s_stream_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_course 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_courses (h_course_hk, s_course_load_ts, s_course_record_source, s_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, s_course_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(course_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || course_created_at::text, 'deleted_at=' || course_deleted_at::text, 'icon_url=' || replace(replace(course_icon_url, '\', '\\'), '|', '\|'), 'is_auto_course_enroll=' || course_is_auto_course_enroll::text, 'is_demo_enroll=' || course_is_demo_enroll::text, 'title=' || replace(replace(course_title, '\', '\\'), '|', '\|'), 'updated_at=' || course_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at
    FROM stage.courses_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses_shared WHERE course_id IS NOT NULL GROUP BY course_id)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_course_hashdiff AS hashdiff
    FROM vault.s_courses
    WHERE h_course_hk = delivered.hash_key
    ORDER BY s_course_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_course 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_courses (h_course_hk, s_course_load_ts, s_course_record_source, s_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, s_course_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(course_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'created_at=' || course_created_at::text, 'deleted_at=' || course_deleted_at::text, 'icon_url=' || replace(replace(course_icon_url, '\', '\\'), '|', '\|'), 'is_auto_course_enroll=' || course_is_auto_course_enroll::text, 'is_demo_enroll=' || course_is_demo_enroll::text, 'title=' || replace(replace(course_title, '\', '\\'), '|', '\|'), 'updated_at=' || course_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at
    FROM stage.courses_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.courses_shared WHERE course_id IS NOT NULL GROUP BY course_id)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'created_at=' || s_course_created_at::text, 'deleted_at=' || s_course_deleted_at::text, 'icon_url=' || replace(replace(s_course_icon_url, '\', '\\'), '|', '\|'), 'is_auto_course_enroll=' || s_course_is_auto_course_enroll::text, 'is_demo_enroll=' || s_course_is_demo_enroll::text, 'title=' || replace(replace(s_course_title, '\', '\\'), '|', '\|'), 'updated_at=' || s_course_updated_at::text, ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_courses
    WHERE h_course_hk = delivered.hash_key
    ORDER BY s_course_load_ts DESC
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
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.l_courses_modules_lessons_streams (l_course_module_lesson_stream_hk, l_course_module_lesson_stream_load_ts, l_course_module_lesson_stream_record_source, h_course_hk, h_module_hk, h_lesson_hk, h_stream_hk)
SELECT keyed.row_key, :load_ts, 'pg_datasource', h_course_hk, h_module_hk, h_lesson_hk, h_stream_hk
FROM (
    SELECT staged.row_key, coalesce(of_course.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_course_hk, coalesce(of_module.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_module_hk, h_lesson_hk AS h_lesson_hk, coalesce(of_stream.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_stream_hk
    FROM stage.courses AS staged
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(course_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, course_id
    FROM (
        SELECT DISTINCT course_id FROM stage.courses_shared WHERE course_id IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_course ON of_course.course_id = staged.course_id
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(module_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(module_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, module_id
    FROM (
        SELECT DISTINCT module_id FROM stage.courses_shared WHERE module_id IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_module ON of_module.module_id = staged.module_id
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(stream_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(stream_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, stream_id
    FROM (
        SELECT DISTINCT stream_id FROM stage.courses_shared WHERE stream_id IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_stream ON of_stream.stream_id = staged.stream_id
    
    OFFSET '0'
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.l_courses_modules_lessons_streams AS known WHERE known.l_course_module_lesson_stream_hk = keyed.row_key);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_courses_modules_lessons_streams_effectivity (l_course_module_lesson_stream_hk, s_course_module_lesson_stream_effectivity_load_ts, s_course_module_lesson_stream_effectivity_record_source, s_course_module_lesson_stream_effectivity_is_active)
SELECT delivered.row_key, :load_ts, 'pg_datasource', delivered.active
FROM (
    SELECT row_key, true AS active FROM stage.courses
    UNION ALL
    SELECT row_key, false AS active FROM stage.courses_gone
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_course_module_lesson_stream_effectivity_is_active
    FROM vault.s_courses_modules_lessons_streams_effectivity
    WHERE l_course_module_lesson_stream_hk = delivered.row_key
    ORDER BY s_course_module_lesson_stream_effectivity_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE coalesce(latest.s_course_module_lesson_stream_effectivity_is_active, false) <> delivered.active;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_lesson 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_lessons (h_lesson_hk, h_lesson_load_ts, h_lesson_record_source, h_lesson_id)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', lesson_id
FROM (
    (
    SELECT h_lesson_hk AS hash_key, lesson_id
    FROM (
        SELECT * FROM stage.courses WHERE lesson_id IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_lessons AS known WHERE known.h_lesson_hk = keyed.hash_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_module 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_modules (h_module_hk, h_module_load_ts, h_module_record_source, h_module_id)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', module_id
FROM (
    (
    SELECT CASE WHEN num_nonnulls(module_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(module_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, module_id
    FROM (
        SELECT DISTINCT module_id FROM stage.courses_shared WHERE module_id IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_modules AS known WHERE known.h_module_hk = keyed.hash_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_stream 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_streams (h_stream_hk, h_stream_load_ts, h_stream_record_source, h_stream_id)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', stream_id
FROM (
    (
    SELECT CASE WHEN num_nonnulls(stream_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(stream_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, stream_id
    FROM (
        SELECT DISTINCT stream_id FROM stage.courses_shared WHERE stream_id IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_streams AS known WHERE known.h_stream_hk = keyed.hash_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_course 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_courses (h_course_hk, h_course_load_ts, h_course_record_source, h_course_id)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', course_id
FROM (
    (
    SELECT CASE WHEN num_nonnulls(course_id) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(course_id::text, '\N')), 'UTF8'))::uuid END AS hash_key, course_id
    FROM (
        SELECT DISTINCT course_id FROM stage.courses_shared WHERE course_id IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_courses AS known WHERE known.h_course_hk = keyed.hash_key);
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
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, lesson_id::bigint FROM stage.courses
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.courses_rows AS held USING stage.courses_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.courses_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.courses_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.courses_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.courses_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.courses_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.courses_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.courses_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('courses', 'courses', 'lesson_id', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.courses_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.courses_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.courses_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.courses
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.courses_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
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
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_buckets);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, lesson_id::bigint FROM stage.courses
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.courses_rows AS held USING stage.courses_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.courses_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.courses_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.courses_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.courses_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.courses_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.courses_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.courses_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('courses', 'courses', 'lesson_id', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.courses_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.courses_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.courses_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.courses
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.courses_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
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

-- step close 3
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT count(*) > 0
FROM (
    SELECT l_course_module_lesson_stream_hk FROM vault.s_courses_modules_lessons_streams_effectivity WHERE s_course_module_lesson_stream_effectivity_load_ts = :load_ts
    UNION
    SELECT l_course_module_lesson_stream_hk FROM vault.l_courses_modules_lessons_streams WHERE h_course_hk IN (SELECT h_course_hk FROM vault.s_courses WHERE s_course_load_ts = :load_ts)
    UNION
    SELECT l_course_module_lesson_stream_hk FROM vault.l_courses_modules_lessons_streams WHERE h_stream_hk IN (SELECT h_stream_hk FROM vault.s_streams WHERE s_stream_load_ts = :load_ts)
    UNION
    SELECT l_course_module_lesson_stream_hk FROM vault.l_courses_modules_lessons_streams WHERE h_module_hk IN (SELECT h_module_hk FROM vault.s_modules WHERE s_module_load_ts = :load_ts)
    UNION
    SELECT l_course_module_lesson_stream_hk FROM vault.l_courses_modules_lessons_streams WHERE h_lesson_hk IN (SELECT h_lesson_hk FROM vault.s_lessons WHERE s_lesson_load_ts = :load_ts)
) AS touched (row_key)
JOIN control.courses_rows AS held USING (row_key)
WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = touched.row_key
);
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, lesson_id::bigint FROM stage.courses
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.courses_rows AS held USING stage.courses_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.courses_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.courses_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.courses_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.courses_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.courses_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.courses_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.courses_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('courses', 'courses', 'lesson_id', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.courses_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.courses_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.courses_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.courses
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.courses_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
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

-- step close 4
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_buckets);
-- pg_datawarehouse, session 1
INSERT INTO control.courses_buckets AS kept (bucket, row_count, hash_sum, weighted_sum)
SELECT coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer), sum(sign), sum(sign * row_hash::numeric), sum(sign * coalesce((row_hash >> 5) * (row_place & 15), 0))
FROM (
    SELECT 1 AS sign, row_hash, lesson_id::bigint AS row_place FROM stage.courses
    UNION ALL
    SELECT -1, held.row_hash, held.row_place
    FROM control.courses_rows AS held
    WHERE held.row_key IN (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone)
) AS changes
GROUP BY 1
ON CONFLICT (bucket) DO UPDATE SET
    row_count = kept.row_count + EXCLUDED.row_count,
    hash_sum = kept.hash_sum + EXCLUDED.hash_sum,
    weighted_sum = kept.weighted_sum + EXCLUDED.weighted_sum;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, lesson_id::bigint FROM stage.courses
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.courses_rows AS held USING stage.courses_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.courses
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.courses_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
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

-- step close 5
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR UPDATE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'courses' AND feed = 'courses' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT count(*) > 0
FROM (
    SELECT l_course_module_lesson_stream_hk FROM vault.s_courses_modules_lessons_streams_effectivity WHERE s_course_module_lesson_stream_effectivity_load_ts = :load_ts
    UNION
    SELECT l_course_module_lesson_stream_hk FROM vault.l_courses_modules_lessons_streams WHERE h_course_hk IN (SELECT h_course_hk FROM vault.s_courses WHERE s_course_load_ts = :load_ts)
    UNION
    SELECT l_course_module_lesson_stream_hk FROM vault.l_courses_modules_lessons_streams WHERE h_stream_hk IN (SELECT h_stream_hk FROM vault.s_streams WHERE s_stream_load_ts = :load_ts)
    UNION
    SELECT l_course_module_lesson_stream_hk FROM vault.l_courses_modules_lessons_streams WHERE h_module_hk IN (SELECT h_module_hk FROM vault.s_modules WHERE s_module_load_ts = :load_ts)
    UNION
    SELECT l_course_module_lesson_stream_hk FROM vault.l_courses_modules_lessons_streams WHERE h_lesson_hk IN (SELECT h_lesson_hk FROM vault.s_lessons WHERE s_lesson_load_ts = :load_ts)
) AS touched (row_key)
JOIN control.courses_rows AS held USING (row_key)
WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone) AS delivered
    WHERE delivered.row_key = touched.row_key
);
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'courses' AND feed = 'courses' AND placed_by = 'lesson_id';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.courses_buckets);
-- pg_datawarehouse, session 1
INSERT INTO control.courses_buckets AS kept (bucket, row_count, hash_sum, weighted_sum)
SELECT coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer), sum(sign), sum(sign * row_hash::numeric), sum(sign * coalesce((row_hash >> 5) * (row_place & 15), 0))
FROM (
    SELECT 1 AS sign, row_hash, lesson_id::bigint AS row_place FROM stage.courses
    UNION ALL
    SELECT -1, held.row_hash, held.row_place
    FROM control.courses_rows AS held
    WHERE held.row_key IN (SELECT row_key FROM stage.courses UNION ALL SELECT row_key FROM stage.courses_gone)
) AS changes
GROUP BY 1
ON CONFLICT (bucket) DO UPDATE SET
    row_count = kept.row_count + EXCLUDED.row_count,
    hash_sum = kept.hash_sum + EXCLUDED.hash_sum,
    weighted_sum = kept.weighted_sum + EXCLUDED.weighted_sum;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, lesson_id::bigint FROM stage.courses
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.courses_rows AS held USING stage.courses_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.courses_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.courses
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.courses_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.courses'') + pg_relation_size(''stage.courses_gone'') + pg_relation_size(''stage.courses_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.courses, stage.courses_gone, stage.courses_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.courses, stage.courses_gone, stage.courses_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.courses; DELETE FROM stage.courses_gone; DELETE FROM stage.courses_shared;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_course_module_lesson_stream_load_ts, count(), countIf(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts) FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 2
SELECT dm_course_module_lesson_stream_load_end_ts, count(), countIf(is_past = 1)
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_end_ts > dm_course_module_lesson_stream_load_ts AND (dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_course_module_lesson_stream_load_end_ts;

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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
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
WHERE database = currentDatabase() AND table IN ('dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams_loads_kept');
-- ch_datamart, session 2
SELECT load_ts, max(row_versions) FROM dm_courses_modules_lessons_streams_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 2
SELECT dm_course_module_lesson_stream_load_ts, count() FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts ORDER BY dm_course_module_lesson_stream_load_ts;

-- step t_find_new_rows (mart) 2
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
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

-- step t_find_new_rows (mart) 3


-- step t_find_new_rows (mart) 4
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
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
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 4
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'course_digest_0=' || course_digest_0::text, 'dm_course_module_lesson_stream_uuid=' || row_key::text, 'h_course_id=' || course_id::text, 'h_lesson_id=' || lesson_id::text, 'h_module_id=' || module_id::text, 'h_stream_id=' || stream_id::text, 'lesson_digest_0=' || lesson_digest_0::text, 'module_digest_0=' || module_digest_0::text, 'stream_digest_0=' || stream_digest_0::text, ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_course_module_lesson_stream_hk AS row_key, s_courses.course_digest_0, s_streams.stream_digest_0, s_modules.module_digest_0, s_lessons.lesson_digest_0,
            h_courses.h_course_id AS course_id,
            s_courses.s_course_title AS course_title,
            s_courses.s_course_icon_url AS course_icon_url,
            s_courses.s_course_is_auto_course_enroll AS course_is_auto_course_enroll,
            s_courses.s_course_is_demo_enroll AS course_is_demo_enroll,
            s_courses.s_course_created_at AS course_created_at,
            s_courses.s_course_updated_at AS course_updated_at,
            s_courses.s_course_deleted_at AS course_deleted_at,
            h_modules.h_module_id AS module_id,
            s_modules.s_module_title AS module_title,
            s_modules.s_module_order_in_stream AS module_order_in_stream,
            s_modules.s_module_created_at AS module_created_at,
            s_modules.s_module_updated_at AS module_updated_at,
            s_modules.s_module_deleted_at AS module_deleted_at,
            h_lessons.h_lesson_id AS lesson_id,
            s_lessons.s_lesson_title AS lesson_title,
            s_lessons.s_lesson_description AS lesson_description,
            s_lessons.s_lesson_teacher_id AS lesson_teacher_id,
            s_lessons.s_lesson_start_at AS lesson_start_at,
            s_lessons.s_lesson_end_at AS lesson_end_at,
            s_lessons.s_lesson_homework_url AS lesson_homework_url,
            s_lessons.s_lesson_online_lesson_join_url AS lesson_online_lesson_join_url,
            s_lessons.s_lesson_online_lesson_recording_url AS lesson_online_lesson_recording_url,
            s_lessons.s_lesson_deleted_at AS lesson_deleted_at,
            h_streams.h_stream_id AS stream_id,
            s_streams.s_stream_name AS stream_name,
            s_streams.s_stream_is_open AS stream_is_open,
            s_streams.s_stream_homework_deadline_days AS stream_homework_deadline_days,
            s_streams.s_stream_start_at AS stream_start_at,
            s_streams.s_stream_end_at AS stream_end_at,
            s_streams.s_stream_created_at AS stream_created_at,
            s_streams.s_stream_updated_at AS stream_updated_at,
            s_streams.s_stream_deleted_at AS stream_deleted_at
        FROM vault.l_courses_modules_lessons_streams AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_courses_modules_lessons_streams_effectivity AS version
            WHERE version.s_course_module_lesson_stream_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_course_module_lesson_stream_hk, s_course_module_lesson_stream_effectivity_load_ts FROM vault.s_courses_modules_lessons_streams_effectivity WHERE s_course_module_lesson_stream_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_course_module_lesson_stream_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_course_module_lesson_stream_hk = version.l_course_module_lesson_stream_hk AND (later.s_course_module_lesson_stream_effectivity_load_ts) > (version.s_course_module_lesson_stream_effectivity_load_ts)
                )
        ) AS s_courses_modules_lessons_streams_effectivity ON s_courses_modules_lessons_streams_effectivity.l_course_module_lesson_stream_hk = link.l_course_module_lesson_stream_hk
        JOIN vault.h_courses ON h_courses.h_course_hk = link.h_course_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'h_course_title=' || replace(replace(s_course_title, '\', '\\'), '|', '\|'), 's_course_created_at=' || s_course_created_at::text, 's_course_deleted_at=' || s_course_deleted_at::text, 's_course_icon_url=' || replace(replace(s_course_icon_url, '\', '\\'), '|', '\|'), 's_course_is_auto_course_enroll=' || s_course_is_auto_course_enroll::text, 's_course_is_demo_enroll=' || s_course_is_demo_enroll::text, 's_course_updated_at=' || s_course_updated_at::text, ''), 'UTF8')) AS course_digest_0
            FROM vault.s_courses AS version
            WHERE version.s_course_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_course_hk, s_course_load_ts FROM vault.s_courses WHERE s_course_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_course_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_course_hk = version.h_course_hk AND (later.s_course_load_ts) > (version.s_course_load_ts)
                )
        ) AS s_courses ON s_courses.h_course_hk = link.h_course_hk
        JOIN vault.h_modules ON h_modules.h_module_hk = link.h_module_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'h_module_title=' || replace(replace(s_module_title, '\', '\\'), '|', '\|'), 'l_module_order_in_stream=' || s_module_order_in_stream::text, 's_module_created_at=' || s_module_created_at::text, 's_module_deleted_at=' || s_module_deleted_at::text, 's_module_updated_at=' || s_module_updated_at::text, ''), 'UTF8')) AS module_digest_0
            FROM vault.s_modules AS version
            WHERE version.s_module_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_module_hk, s_module_load_ts FROM vault.s_modules WHERE s_module_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_module_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_module_hk = version.h_module_hk AND (later.s_module_load_ts) > (version.s_module_load_ts)
                )
        ) AS s_modules ON s_modules.h_module_hk = link.h_module_hk
        JOIN vault.h_lessons ON h_lessons.h_lesson_hk = link.h_lesson_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'h_lesson_title=' || replace(replace(s_lesson_title, '\', '\\'), '|', '\|'), 's_lesson_deleted_at=' || s_lesson_deleted_at::text, 's_lesson_description=' || replace(replace(s_lesson_description, '\', '\\'), '|', '\|'), 's_lesson_end_at=' || s_lesson_end_at::text, 's_lesson_homework_url=' || replace(replace(s_lesson_homework_url, '\', '\\'), '|', '\|'), 's_lesson_online_lesson_join_url=' || replace(replace(s_lesson_online_lesson_join_url, '\', '\\'), '|', '\|'), 's_lesson_online_lesson_recording_url=' || replace(replace(s_lesson_online_lesson_recording_url, '\', '\\'), '|', '\|'), 's_lesson_start_at=' || s_lesson_start_at::text, 's_lesson_teacher_id=' || s_lesson_teacher_id::text, ''), 'UTF8')) AS lesson_digest_0
            FROM vault.s_lessons AS version
            WHERE version.s_lesson_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_lesson_hk, s_lesson_load_ts FROM vault.s_lessons WHERE s_lesson_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_lesson_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_lesson_hk = version.h_lesson_hk AND (later.s_lesson_load_ts) > (version.s_lesson_load_ts)
                )
        ) AS s_lessons ON s_lessons.h_lesson_hk = link.h_lesson_hk
        JOIN vault.h_streams ON h_streams.h_stream_hk = link.h_stream_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'h_stream_name=' || replace(replace(s_stream_name, '\', '\\'), '|', '\|'), 's_stream_created_at=' || s_stream_created_at::text, 's_stream_deleted_at=' || s_stream_deleted_at::text, 's_stream_end_at=' || s_stream_end_at::text, 's_stream_homework_deadline_days=' || s_stream_homework_deadline_days::text, 's_stream_is_open=' || s_stream_is_open::text, 's_stream_start_at=' || s_stream_start_at::text, 's_stream_updated_at=' || s_stream_updated_at::text, ''), 'UTF8')) AS stream_digest_0
            FROM vault.s_streams AS version
            WHERE version.s_stream_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_stream_hk, s_stream_load_ts FROM vault.s_streams WHERE s_stream_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_stream_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_stream_hk = version.h_stream_hk AND (later.s_stream_load_ts) > (version.s_stream_load_ts)
                )
        ) AS s_streams ON s_streams.h_stream_hk = link.h_stream_hk
        WHERE s_courses_modules_lessons_streams_effectivity.s_course_module_lesson_stream_effectivity_is_active
            AND (s_courses.s_course_load_ts IS NULL) IS NOT TRUE
            AND (s_streams.s_stream_load_ts IS NULL) IS NOT TRUE
            AND (s_modules.s_module_load_ts IS NULL) IS NOT TRUE
            AND (s_lessons.s_lesson_load_ts IS NULL) IS NOT TRUE
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
        SELECT *, dm_course_module_lesson_stream_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('h_course_title=', replaceAll(replaceAll(h_course_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_course_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_created_at))), '|'), ''), ifNull(concat('s_course_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_deleted_at))), '|'), ''), ifNull(concat('s_course_icon_url=', replaceAll(replaceAll(s_course_icon_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_course_is_auto_course_enroll=', toString(s_course_is_auto_course_enroll), '|'), ''), ifNull(concat('s_course_is_demo_enroll=', toString(s_course_is_demo_enroll), '|'), ''), ifNull(concat('s_course_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_updated_at))), '|'), ''), '')))) AS course_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_module_title=', replaceAll(replaceAll(h_module_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('l_module_order_in_stream=', toString(l_module_order_in_stream), '|'), ''), ifNull(concat('s_module_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_created_at))), '|'), ''), ifNull(concat('s_module_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_deleted_at))), '|'), ''), ifNull(concat('s_module_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_updated_at))), '|'), ''), '')))) AS module_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_lesson_title=', replaceAll(replaceAll(h_lesson_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_deleted_at))), '|'), ''), ifNull(concat('s_lesson_description=', replaceAll(replaceAll(s_lesson_description, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_end_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_end_at))), '|'), ''), ifNull(concat('s_lesson_homework_url=', replaceAll(replaceAll(s_lesson_homework_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_online_lesson_join_url=', replaceAll(replaceAll(s_lesson_online_lesson_join_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_online_lesson_recording_url=', replaceAll(replaceAll(s_lesson_online_lesson_recording_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_start_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_start_at))), '|'), ''), ifNull(concat('s_lesson_teacher_id=', toString(s_lesson_teacher_id), '|'), ''), '')))) AS lesson_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_stream_name=', replaceAll(replaceAll(h_stream_name, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_stream_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_created_at))), '|'), ''), ifNull(concat('s_stream_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_deleted_at))), '|'), ''), ifNull(concat('s_stream_end_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_end_at))), '|'), ''), ifNull(concat('s_stream_homework_deadline_days=', toString(s_stream_homework_deadline_days), '|'), ''), ifNull(concat('s_stream_is_open=', toString(s_stream_is_open), '|'), ''), ifNull(concat('s_stream_start_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_start_at))), '|'), ''), ifNull(concat('s_stream_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_updated_at))), '|'), ''), '')))) AS stream_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('course_digest_0=', toString(course_digest_0), '|'), ''), ifNull(concat('dm_course_module_lesson_stream_uuid=', toString(dm_course_module_lesson_stream_uuid), '|'), ''), ifNull(concat('h_course_id=', toString(h_course_id), '|'), ''), ifNull(concat('h_lesson_id=', toString(h_lesson_id), '|'), ''), ifNull(concat('h_module_id=', toString(h_module_id), '|'), ''), ifNull(concat('h_stream_id=', toString(h_stream_id), '|'), ''), ifNull(concat('lesson_digest_0=', toString(lesson_digest_0), '|'), ''), ifNull(concat('module_digest_0=', toString(module_digest_0), '|'), ''), ifNull(concat('stream_digest_0=', toString(stream_digest_0), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_courses_modules_lessons_streams
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 4
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.courses_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.courses_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 4
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.courses_changes GROUP BY load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_course_module_lesson_stream_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_course_module_lesson_stream_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts AS row_deleted,
            if(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts OR dm_course_module_lesson_stream_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_course_module_lesson_stream_load_end_ts) AS row_end_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
        FROM dm_courses_modules_lessons_streams_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_course_module_lesson_stream_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_course_module_lesson_stream_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('h_course_title=', replaceAll(replaceAll(h_course_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_course_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_created_at))), '|'), ''), ifNull(concat('s_course_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_deleted_at))), '|'), ''), ifNull(concat('s_course_icon_url=', replaceAll(replaceAll(s_course_icon_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_course_is_auto_course_enroll=', toString(s_course_is_auto_course_enroll), '|'), ''), ifNull(concat('s_course_is_demo_enroll=', toString(s_course_is_demo_enroll), '|'), ''), ifNull(concat('s_course_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_updated_at))), '|'), ''), '')))) AS course_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_module_title=', replaceAll(replaceAll(h_module_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('l_module_order_in_stream=', toString(l_module_order_in_stream), '|'), ''), ifNull(concat('s_module_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_created_at))), '|'), ''), ifNull(concat('s_module_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_deleted_at))), '|'), ''), ifNull(concat('s_module_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_updated_at))), '|'), ''), '')))) AS module_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_lesson_title=', replaceAll(replaceAll(h_lesson_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_deleted_at))), '|'), ''), ifNull(concat('s_lesson_description=', replaceAll(replaceAll(s_lesson_description, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_end_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_end_at))), '|'), ''), ifNull(concat('s_lesson_homework_url=', replaceAll(replaceAll(s_lesson_homework_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_online_lesson_join_url=', replaceAll(replaceAll(s_lesson_online_lesson_join_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_online_lesson_recording_url=', replaceAll(replaceAll(s_lesson_online_lesson_recording_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_start_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_start_at))), '|'), ''), ifNull(concat('s_lesson_teacher_id=', toString(s_lesson_teacher_id), '|'), ''), '')))) AS lesson_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_stream_name=', replaceAll(replaceAll(h_stream_name, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_stream_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_created_at))), '|'), ''), ifNull(concat('s_stream_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_deleted_at))), '|'), ''), ifNull(concat('s_stream_end_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_end_at))), '|'), ''), ifNull(concat('s_stream_homework_deadline_days=', toString(s_stream_homework_deadline_days), '|'), ''), ifNull(concat('s_stream_is_open=', toString(s_stream_is_open), '|'), ''), ifNull(concat('s_stream_start_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_start_at))), '|'), ''), ifNull(concat('s_stream_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_updated_at))), '|'), ''), '')))) AS stream_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('course_digest_0=', toString(course_digest_0), '|'), ''), ifNull(concat('dm_course_module_lesson_stream_uuid=', toString(dm_course_module_lesson_stream_uuid), '|'), ''), ifNull(concat('h_course_id=', toString(h_course_id), '|'), ''), ifNull(concat('h_lesson_id=', toString(h_lesson_id), '|'), ''), ifNull(concat('h_module_id=', toString(h_module_id), '|'), ''), ifNull(concat('h_stream_id=', toString(h_stream_id), '|'), ''), ifNull(concat('lesson_digest_0=', toString(lesson_digest_0), '|'), ''), ifNull(concat('module_digest_0=', toString(module_digest_0), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), ifNull(concat('stream_digest_0=', toString(stream_digest_0), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts AS row_deleted,
            if(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts OR dm_course_module_lesson_stream_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_course_module_lesson_stream_load_end_ts) AS row_end_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
        FROM dm_courses_modules_lessons_streams_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_course_module_lesson_stream_load_ts;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_courses_modules_lessons_streams_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_courses_modules_lessons_streams_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), countIf(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts) FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_end_ts, count(), countIf(is_past = 1)
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_end_ts > dm_course_module_lesson_stream_load_ts AND (dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_course_module_lesson_stream_load_end_ts;
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
WHERE database = currentDatabase() AND table IN ('dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams_loads_kept');
-- ch_datamart, session 3
SELECT load_ts, max(row_versions) FROM dm_courses_modules_lessons_streams_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count() FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts ORDER BY dm_course_module_lesson_stream_load_ts;
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
    course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at
FROM (
    SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, 
        h_courses.h_course_id AS course_id,
        s_courses.s_course_title AS course_title,
        s_courses.s_course_icon_url AS course_icon_url,
        s_courses.s_course_is_auto_course_enroll AS course_is_auto_course_enroll,
        s_courses.s_course_is_demo_enroll AS course_is_demo_enroll,
        s_courses.s_course_created_at AS course_created_at,
        s_courses.s_course_updated_at AS course_updated_at,
        s_courses.s_course_deleted_at AS course_deleted_at,
        h_modules.h_module_id AS module_id,
        s_modules.s_module_title AS module_title,
        s_modules.s_module_order_in_stream AS module_order_in_stream,
        s_modules.s_module_created_at AS module_created_at,
        s_modules.s_module_updated_at AS module_updated_at,
        s_modules.s_module_deleted_at AS module_deleted_at,
        h_lessons.h_lesson_id AS lesson_id,
        s_lessons.s_lesson_title AS lesson_title,
        s_lessons.s_lesson_description AS lesson_description,
        s_lessons.s_lesson_teacher_id AS lesson_teacher_id,
        s_lessons.s_lesson_start_at AS lesson_start_at,
        s_lessons.s_lesson_end_at AS lesson_end_at,
        s_lessons.s_lesson_homework_url AS lesson_homework_url,
        s_lessons.s_lesson_online_lesson_join_url AS lesson_online_lesson_join_url,
        s_lessons.s_lesson_online_lesson_recording_url AS lesson_online_lesson_recording_url,
        s_lessons.s_lesson_deleted_at AS lesson_deleted_at,
        h_streams.h_stream_id AS stream_id,
        s_streams.s_stream_name AS stream_name,
        s_streams.s_stream_is_open AS stream_is_open,
        s_streams.s_stream_homework_deadline_days AS stream_homework_deadline_days,
        s_streams.s_stream_start_at AS stream_start_at,
        s_streams.s_stream_end_at AS stream_end_at,
        s_streams.s_stream_created_at AS stream_created_at,
        s_streams.s_stream_updated_at AS stream_updated_at,
        s_streams.s_stream_deleted_at AS stream_deleted_at
    FROM (
        SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
        FROM control.courses_changes
        WHERE load_ts > :after AND load_ts <= :ended_upto
    ) AS changes
    JOIN vault.l_courses_modules_lessons_streams AS link ON link.l_course_module_lesson_stream_hk = changes.row_key
    JOIN vault.h_courses ON h_courses.h_course_hk = link.h_course_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_courses AS version
        WHERE version.h_course_hk = link.h_course_hk AND version.s_course_load_ts <= changes.load_ts
        ORDER BY version.s_course_load_ts DESC
        LIMIT 1
    ) AS s_courses ON true
    JOIN vault.h_modules ON h_modules.h_module_hk = link.h_module_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_modules AS version
        WHERE version.h_module_hk = link.h_module_hk AND version.s_module_load_ts <= changes.load_ts
        ORDER BY version.s_module_load_ts DESC
        LIMIT 1
    ) AS s_modules ON true
    JOIN vault.h_lessons ON h_lessons.h_lesson_hk = link.h_lesson_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_lessons AS version
        WHERE version.h_lesson_hk = link.h_lesson_hk AND version.s_lesson_load_ts <= changes.load_ts
        ORDER BY version.s_lesson_load_ts DESC
        LIMIT 1
    ) AS s_lessons ON true
    JOIN vault.h_streams ON h_streams.h_stream_hk = link.h_stream_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_streams AS version
        WHERE version.h_stream_hk = link.h_stream_hk AND version.s_stream_load_ts <= changes.load_ts
        ORDER BY version.s_stream_load_ts DESC
        LIMIT 1
    ) AS s_streams ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_courses.s_course_load_ts IS NULL) IS NOT TRUE
        AND (s_streams.s_stream_load_ts IS NULL) IS NOT TRUE
        AND (s_modules.s_module_load_ts IS NULL) IS NOT TRUE
        AND (s_lessons.s_lesson_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_courses_modules_lessons_streams_history (dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, dm_course_module_lesson_stream_load_end_ts, row_hash, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), countIf(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts) FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_end_ts, count(), countIf(is_past = 1)
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_end_ts > dm_course_module_lesson_stream_load_ts AND (dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_course_module_lesson_stream_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_courses_modules_lessons_streams_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_courses_modules_lessons_streams_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_courses_modules_lessons_streams_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), countIf(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts) FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_end_ts, count(), countIf(is_past = 1)
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_end_ts > dm_course_module_lesson_stream_load_ts AND (dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_course_module_lesson_stream_load_end_ts;
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
    course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_courses.h_course_id AS course_id,
        s_courses.s_course_title AS course_title,
        s_courses.s_course_icon_url AS course_icon_url,
        s_courses.s_course_is_auto_course_enroll AS course_is_auto_course_enroll,
        s_courses.s_course_is_demo_enroll AS course_is_demo_enroll,
        s_courses.s_course_created_at AS course_created_at,
        s_courses.s_course_updated_at AS course_updated_at,
        s_courses.s_course_deleted_at AS course_deleted_at,
        h_modules.h_module_id AS module_id,
        s_modules.s_module_title AS module_title,
        s_modules.s_module_order_in_stream AS module_order_in_stream,
        s_modules.s_module_created_at AS module_created_at,
        s_modules.s_module_updated_at AS module_updated_at,
        s_modules.s_module_deleted_at AS module_deleted_at,
        h_lessons.h_lesson_id AS lesson_id,
        s_lessons.s_lesson_title AS lesson_title,
        s_lessons.s_lesson_description AS lesson_description,
        s_lessons.s_lesson_teacher_id AS lesson_teacher_id,
        s_lessons.s_lesson_start_at AS lesson_start_at,
        s_lessons.s_lesson_end_at AS lesson_end_at,
        s_lessons.s_lesson_homework_url AS lesson_homework_url,
        s_lessons.s_lesson_online_lesson_join_url AS lesson_online_lesson_join_url,
        s_lessons.s_lesson_online_lesson_recording_url AS lesson_online_lesson_recording_url,
        s_lessons.s_lesson_deleted_at AS lesson_deleted_at,
        h_streams.h_stream_id AS stream_id,
        s_streams.s_stream_name AS stream_name,
        s_streams.s_stream_is_open AS stream_is_open,
        s_streams.s_stream_homework_deadline_days AS stream_homework_deadline_days,
        s_streams.s_stream_start_at AS stream_start_at,
        s_streams.s_stream_end_at AS stream_end_at,
        s_streams.s_stream_created_at AS stream_created_at,
        s_streams.s_stream_updated_at AS stream_updated_at,
        s_streams.s_stream_deleted_at AS stream_deleted_at
    FROM control.courses_changes AS changes
    JOIN vault.l_courses_modules_lessons_streams AS link ON link.l_course_module_lesson_stream_hk = changes.row_key
    JOIN vault.h_courses ON h_courses.h_course_hk = link.h_course_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_courses AS version
        WHERE version.h_course_hk = link.h_course_hk AND version.s_course_load_ts <= changes.load_ts
        ORDER BY version.s_course_load_ts DESC
        LIMIT 1
    ) AS s_courses ON true
    JOIN vault.h_modules ON h_modules.h_module_hk = link.h_module_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_modules AS version
        WHERE version.h_module_hk = link.h_module_hk AND version.s_module_load_ts <= changes.load_ts
        ORDER BY version.s_module_load_ts DESC
        LIMIT 1
    ) AS s_modules ON true
    JOIN vault.h_lessons ON h_lessons.h_lesson_hk = link.h_lesson_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_lessons AS version
        WHERE version.h_lesson_hk = link.h_lesson_hk AND version.s_lesson_load_ts <= changes.load_ts
        ORDER BY version.s_lesson_load_ts DESC
        LIMIT 1
    ) AS s_lessons ON true
    JOIN vault.h_streams ON h_streams.h_stream_hk = link.h_stream_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_streams AS version
        WHERE version.h_stream_hk = link.h_stream_hk AND version.s_stream_load_ts <= changes.load_ts
        ORDER BY version.s_stream_load_ts DESC
        LIMIT 1
    ) AS s_streams ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_courses.s_course_load_ts IS NULL) IS NOT TRUE
        AND (s_streams.s_stream_load_ts IS NULL) IS NOT TRUE
        AND (s_modules.s_module_load_ts IS NULL) IS NOT TRUE
        AND (s_lessons.s_lesson_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_courses_modules_lessons_streams_history (dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, dm_course_module_lesson_stream_load_end_ts, row_hash, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_courses_modules_lessons_streams_history
UPDATE dm_course_module_lesson_stream_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_course_module_lesson_stream_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_course_module_lesson_stream_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_course_module_lesson_stream_uuid IN (SELECT dm_course_module_lesson_stream_uuid FROM dm_courses_modules_lessons_streams_history WHERE dm_course_module_lesson_stream_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), countIf(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts) FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_end_ts, count(), countIf(is_past = 1)
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_end_ts > dm_course_module_lesson_stream_load_ts AND (dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_course_module_lesson_stream_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_courses_modules_lessons_streams_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 5
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_courses_modules_lessons_streams_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_courses_modules_lessons_streams_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), countIf(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts) FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_end_ts, count(), countIf(is_past = 1)
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_end_ts > dm_course_module_lesson_stream_load_ts AND (dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_course_module_lesson_stream_load_end_ts;
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
    course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_courses.h_course_id AS course_id,
        s_courses.s_course_title AS course_title,
        s_courses.s_course_icon_url AS course_icon_url,
        s_courses.s_course_is_auto_course_enroll AS course_is_auto_course_enroll,
        s_courses.s_course_is_demo_enroll AS course_is_demo_enroll,
        s_courses.s_course_created_at AS course_created_at,
        s_courses.s_course_updated_at AS course_updated_at,
        s_courses.s_course_deleted_at AS course_deleted_at,
        h_modules.h_module_id AS module_id,
        s_modules.s_module_title AS module_title,
        s_modules.s_module_order_in_stream AS module_order_in_stream,
        s_modules.s_module_created_at AS module_created_at,
        s_modules.s_module_updated_at AS module_updated_at,
        s_modules.s_module_deleted_at AS module_deleted_at,
        h_lessons.h_lesson_id AS lesson_id,
        s_lessons.s_lesson_title AS lesson_title,
        s_lessons.s_lesson_description AS lesson_description,
        s_lessons.s_lesson_teacher_id AS lesson_teacher_id,
        s_lessons.s_lesson_start_at AS lesson_start_at,
        s_lessons.s_lesson_end_at AS lesson_end_at,
        s_lessons.s_lesson_homework_url AS lesson_homework_url,
        s_lessons.s_lesson_online_lesson_join_url AS lesson_online_lesson_join_url,
        s_lessons.s_lesson_online_lesson_recording_url AS lesson_online_lesson_recording_url,
        s_lessons.s_lesson_deleted_at AS lesson_deleted_at,
        h_streams.h_stream_id AS stream_id,
        s_streams.s_stream_name AS stream_name,
        s_streams.s_stream_is_open AS stream_is_open,
        s_streams.s_stream_homework_deadline_days AS stream_homework_deadline_days,
        s_streams.s_stream_start_at AS stream_start_at,
        s_streams.s_stream_end_at AS stream_end_at,
        s_streams.s_stream_created_at AS stream_created_at,
        s_streams.s_stream_updated_at AS stream_updated_at,
        s_streams.s_stream_deleted_at AS stream_deleted_at
    FROM control.courses_changes AS changes
    JOIN vault.l_courses_modules_lessons_streams AS link ON link.l_course_module_lesson_stream_hk = changes.row_key
    JOIN vault.h_courses ON h_courses.h_course_hk = link.h_course_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_courses AS version
        WHERE version.h_course_hk = link.h_course_hk AND version.s_course_load_ts <= changes.load_ts
        ORDER BY version.s_course_load_ts DESC
        LIMIT 1
    ) AS s_courses ON true
    JOIN vault.h_modules ON h_modules.h_module_hk = link.h_module_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_modules AS version
        WHERE version.h_module_hk = link.h_module_hk AND version.s_module_load_ts <= changes.load_ts
        ORDER BY version.s_module_load_ts DESC
        LIMIT 1
    ) AS s_modules ON true
    JOIN vault.h_lessons ON h_lessons.h_lesson_hk = link.h_lesson_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_lessons AS version
        WHERE version.h_lesson_hk = link.h_lesson_hk AND version.s_lesson_load_ts <= changes.load_ts
        ORDER BY version.s_lesson_load_ts DESC
        LIMIT 1
    ) AS s_lessons ON true
    JOIN vault.h_streams ON h_streams.h_stream_hk = link.h_stream_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_streams AS version
        WHERE version.h_stream_hk = link.h_stream_hk AND version.s_stream_load_ts <= changes.load_ts
        ORDER BY version.s_stream_load_ts DESC
        LIMIT 1
    ) AS s_streams ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_courses.s_course_load_ts IS NULL) IS NOT TRUE
        AND (s_streams.s_stream_load_ts IS NULL) IS NOT TRUE
        AND (s_modules.s_module_load_ts IS NULL) IS NOT TRUE
        AND (s_lessons.s_lesson_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_courses_modules_lessons_streams_history (dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, dm_course_module_lesson_stream_load_end_ts, row_hash, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_courses_modules_lessons_streams_history
UPDATE dm_course_module_lesson_stream_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_course_module_lesson_stream_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_course_module_lesson_stream_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_course_module_lesson_stream_uuid IN (SELECT dm_course_module_lesson_stream_uuid FROM dm_courses_modules_lessons_streams_history WHERE dm_course_module_lesson_stream_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), countIf(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts) FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_end_ts, count(), countIf(is_past = 1)
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_end_ts > dm_course_module_lesson_stream_load_ts AND (dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_course_module_lesson_stream_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_courses_modules_lessons_streams_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 5
COMMIT;
-- pg_datawarehouse, session 6
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 6
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_courses_modules_lessons_streams_history', 'dm_courses_modules_lessons_streams_loads', 'dm_courses_modules_lessons_streams', 'dm_courses_modules_lessons_streams_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_courses_modules_lessons_streams_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_courses_modules_lessons_streams_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), countIf(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts) FROM dm_courses_modules_lessons_streams_history GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_end_ts, count(), countIf(is_past = 1)
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_end_ts > dm_course_module_lesson_stream_load_ts AND (dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_course_module_lesson_stream_load_end_ts;
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
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 8
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'course_digest_0=' || course_digest_0::text, 'dm_course_module_lesson_stream_uuid=' || row_key::text, 'h_course_id=' || course_id::text, 'h_lesson_id=' || lesson_id::text, 'h_module_id=' || module_id::text, 'h_stream_id=' || stream_id::text, 'lesson_digest_0=' || lesson_digest_0::text, 'module_digest_0=' || module_digest_0::text, 'stream_digest_0=' || stream_digest_0::text, ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_course_module_lesson_stream_hk AS row_key, s_courses.course_digest_0, s_streams.stream_digest_0, s_modules.module_digest_0, s_lessons.lesson_digest_0,
            h_courses.h_course_id AS course_id,
            s_courses.s_course_title AS course_title,
            s_courses.s_course_icon_url AS course_icon_url,
            s_courses.s_course_is_auto_course_enroll AS course_is_auto_course_enroll,
            s_courses.s_course_is_demo_enroll AS course_is_demo_enroll,
            s_courses.s_course_created_at AS course_created_at,
            s_courses.s_course_updated_at AS course_updated_at,
            s_courses.s_course_deleted_at AS course_deleted_at,
            h_modules.h_module_id AS module_id,
            s_modules.s_module_title AS module_title,
            s_modules.s_module_order_in_stream AS module_order_in_stream,
            s_modules.s_module_created_at AS module_created_at,
            s_modules.s_module_updated_at AS module_updated_at,
            s_modules.s_module_deleted_at AS module_deleted_at,
            h_lessons.h_lesson_id AS lesson_id,
            s_lessons.s_lesson_title AS lesson_title,
            s_lessons.s_lesson_description AS lesson_description,
            s_lessons.s_lesson_teacher_id AS lesson_teacher_id,
            s_lessons.s_lesson_start_at AS lesson_start_at,
            s_lessons.s_lesson_end_at AS lesson_end_at,
            s_lessons.s_lesson_homework_url AS lesson_homework_url,
            s_lessons.s_lesson_online_lesson_join_url AS lesson_online_lesson_join_url,
            s_lessons.s_lesson_online_lesson_recording_url AS lesson_online_lesson_recording_url,
            s_lessons.s_lesson_deleted_at AS lesson_deleted_at,
            h_streams.h_stream_id AS stream_id,
            s_streams.s_stream_name AS stream_name,
            s_streams.s_stream_is_open AS stream_is_open,
            s_streams.s_stream_homework_deadline_days AS stream_homework_deadline_days,
            s_streams.s_stream_start_at AS stream_start_at,
            s_streams.s_stream_end_at AS stream_end_at,
            s_streams.s_stream_created_at AS stream_created_at,
            s_streams.s_stream_updated_at AS stream_updated_at,
            s_streams.s_stream_deleted_at AS stream_deleted_at
        FROM vault.l_courses_modules_lessons_streams AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_courses_modules_lessons_streams_effectivity AS version
            WHERE version.s_course_module_lesson_stream_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_course_module_lesson_stream_hk, s_course_module_lesson_stream_effectivity_load_ts FROM vault.s_courses_modules_lessons_streams_effectivity WHERE s_course_module_lesson_stream_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_course_module_lesson_stream_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_course_module_lesson_stream_hk = version.l_course_module_lesson_stream_hk AND (later.s_course_module_lesson_stream_effectivity_load_ts) > (version.s_course_module_lesson_stream_effectivity_load_ts)
                )
        ) AS s_courses_modules_lessons_streams_effectivity ON s_courses_modules_lessons_streams_effectivity.l_course_module_lesson_stream_hk = link.l_course_module_lesson_stream_hk
        JOIN vault.h_courses ON h_courses.h_course_hk = link.h_course_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'h_course_title=' || replace(replace(s_course_title, '\', '\\'), '|', '\|'), 's_course_created_at=' || s_course_created_at::text, 's_course_deleted_at=' || s_course_deleted_at::text, 's_course_icon_url=' || replace(replace(s_course_icon_url, '\', '\\'), '|', '\|'), 's_course_is_auto_course_enroll=' || s_course_is_auto_course_enroll::text, 's_course_is_demo_enroll=' || s_course_is_demo_enroll::text, 's_course_updated_at=' || s_course_updated_at::text, ''), 'UTF8')) AS course_digest_0
            FROM vault.s_courses AS version
            WHERE version.s_course_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_course_hk, s_course_load_ts FROM vault.s_courses WHERE s_course_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_course_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_course_hk = version.h_course_hk AND (later.s_course_load_ts) > (version.s_course_load_ts)
                )
        ) AS s_courses ON s_courses.h_course_hk = link.h_course_hk
        JOIN vault.h_modules ON h_modules.h_module_hk = link.h_module_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'h_module_title=' || replace(replace(s_module_title, '\', '\\'), '|', '\|'), 'l_module_order_in_stream=' || s_module_order_in_stream::text, 's_module_created_at=' || s_module_created_at::text, 's_module_deleted_at=' || s_module_deleted_at::text, 's_module_updated_at=' || s_module_updated_at::text, ''), 'UTF8')) AS module_digest_0
            FROM vault.s_modules AS version
            WHERE version.s_module_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_module_hk, s_module_load_ts FROM vault.s_modules WHERE s_module_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_module_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_module_hk = version.h_module_hk AND (later.s_module_load_ts) > (version.s_module_load_ts)
                )
        ) AS s_modules ON s_modules.h_module_hk = link.h_module_hk
        JOIN vault.h_lessons ON h_lessons.h_lesson_hk = link.h_lesson_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'h_lesson_title=' || replace(replace(s_lesson_title, '\', '\\'), '|', '\|'), 's_lesson_deleted_at=' || s_lesson_deleted_at::text, 's_lesson_description=' || replace(replace(s_lesson_description, '\', '\\'), '|', '\|'), 's_lesson_end_at=' || s_lesson_end_at::text, 's_lesson_homework_url=' || replace(replace(s_lesson_homework_url, '\', '\\'), '|', '\|'), 's_lesson_online_lesson_join_url=' || replace(replace(s_lesson_online_lesson_join_url, '\', '\\'), '|', '\|'), 's_lesson_online_lesson_recording_url=' || replace(replace(s_lesson_online_lesson_recording_url, '\', '\\'), '|', '\|'), 's_lesson_start_at=' || s_lesson_start_at::text, 's_lesson_teacher_id=' || s_lesson_teacher_id::text, ''), 'UTF8')) AS lesson_digest_0
            FROM vault.s_lessons AS version
            WHERE version.s_lesson_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_lesson_hk, s_lesson_load_ts FROM vault.s_lessons WHERE s_lesson_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_lesson_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_lesson_hk = version.h_lesson_hk AND (later.s_lesson_load_ts) > (version.s_lesson_load_ts)
                )
        ) AS s_lessons ON s_lessons.h_lesson_hk = link.h_lesson_hk
        JOIN vault.h_streams ON h_streams.h_stream_hk = link.h_stream_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'h_stream_name=' || replace(replace(s_stream_name, '\', '\\'), '|', '\|'), 's_stream_created_at=' || s_stream_created_at::text, 's_stream_deleted_at=' || s_stream_deleted_at::text, 's_stream_end_at=' || s_stream_end_at::text, 's_stream_homework_deadline_days=' || s_stream_homework_deadline_days::text, 's_stream_is_open=' || s_stream_is_open::text, 's_stream_start_at=' || s_stream_start_at::text, 's_stream_updated_at=' || s_stream_updated_at::text, ''), 'UTF8')) AS stream_digest_0
            FROM vault.s_streams AS version
            WHERE version.s_stream_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_stream_hk, s_stream_load_ts FROM vault.s_streams WHERE s_stream_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_stream_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_stream_hk = version.h_stream_hk AND (later.s_stream_load_ts) > (version.s_stream_load_ts)
                )
        ) AS s_streams ON s_streams.h_stream_hk = link.h_stream_hk
        WHERE s_courses_modules_lessons_streams_effectivity.s_course_module_lesson_stream_effectivity_is_active
            AND (s_courses.s_course_load_ts IS NULL) IS NOT TRUE
            AND (s_streams.s_stream_load_ts IS NULL) IS NOT TRUE
            AND (s_modules.s_module_load_ts IS NULL) IS NOT TRUE
            AND (s_lessons.s_lesson_load_ts IS NULL) IS NOT TRUE
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
        SELECT *, dm_course_module_lesson_stream_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('h_course_title=', replaceAll(replaceAll(h_course_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_course_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_created_at))), '|'), ''), ifNull(concat('s_course_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_deleted_at))), '|'), ''), ifNull(concat('s_course_icon_url=', replaceAll(replaceAll(s_course_icon_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_course_is_auto_course_enroll=', toString(s_course_is_auto_course_enroll), '|'), ''), ifNull(concat('s_course_is_demo_enroll=', toString(s_course_is_demo_enroll), '|'), ''), ifNull(concat('s_course_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_updated_at))), '|'), ''), '')))) AS course_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_module_title=', replaceAll(replaceAll(h_module_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('l_module_order_in_stream=', toString(l_module_order_in_stream), '|'), ''), ifNull(concat('s_module_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_created_at))), '|'), ''), ifNull(concat('s_module_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_deleted_at))), '|'), ''), ifNull(concat('s_module_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_updated_at))), '|'), ''), '')))) AS module_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_lesson_title=', replaceAll(replaceAll(h_lesson_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_deleted_at))), '|'), ''), ifNull(concat('s_lesson_description=', replaceAll(replaceAll(s_lesson_description, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_end_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_end_at))), '|'), ''), ifNull(concat('s_lesson_homework_url=', replaceAll(replaceAll(s_lesson_homework_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_online_lesson_join_url=', replaceAll(replaceAll(s_lesson_online_lesson_join_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_online_lesson_recording_url=', replaceAll(replaceAll(s_lesson_online_lesson_recording_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_start_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_start_at))), '|'), ''), ifNull(concat('s_lesson_teacher_id=', toString(s_lesson_teacher_id), '|'), ''), '')))) AS lesson_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_stream_name=', replaceAll(replaceAll(h_stream_name, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_stream_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_created_at))), '|'), ''), ifNull(concat('s_stream_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_deleted_at))), '|'), ''), ifNull(concat('s_stream_end_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_end_at))), '|'), ''), ifNull(concat('s_stream_homework_deadline_days=', toString(s_stream_homework_deadline_days), '|'), ''), ifNull(concat('s_stream_is_open=', toString(s_stream_is_open), '|'), ''), ifNull(concat('s_stream_start_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_start_at))), '|'), ''), ifNull(concat('s_stream_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_updated_at))), '|'), ''), '')))) AS stream_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('course_digest_0=', toString(course_digest_0), '|'), ''), ifNull(concat('dm_course_module_lesson_stream_uuid=', toString(dm_course_module_lesson_stream_uuid), '|'), ''), ifNull(concat('h_course_id=', toString(h_course_id), '|'), ''), ifNull(concat('h_lesson_id=', toString(h_lesson_id), '|'), ''), ifNull(concat('h_module_id=', toString(h_module_id), '|'), ''), ifNull(concat('h_stream_id=', toString(h_stream_id), '|'), ''), ifNull(concat('lesson_digest_0=', toString(lesson_digest_0), '|'), ''), ifNull(concat('module_digest_0=', toString(module_digest_0), '|'), ''), ifNull(concat('stream_digest_0=', toString(stream_digest_0), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_courses_modules_lessons_streams
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 8
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.courses_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.courses_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.courses_changes GROUP BY load_ts;
-- pg_datawarehouse, session 8
SET LOCAL join_collapse_limit = DEFAULT; SET LOCAL from_collapse_limit = DEFAULT;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(row_hash)
FROM (
    SELECT load_ts, row_hash
    FROM (
        SELECT row_key, load_ts, row_deleted, row_end_ts, course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at, ('x' || left(md5(convert_to(concat_ws('|', 'course_digest_0=' || course_digest_0::text, 'dm_course_module_lesson_stream_uuid=' || row_key::text, 'h_course_id=' || course_id::text, 'h_lesson_id=' || lesson_id::text, 'h_module_id=' || module_id::text, 'h_stream_id=' || stream_id::text, 'lesson_digest_0=' || lesson_digest_0::text, 'module_digest_0=' || module_digest_0::text, 'row_deleted=' || row_deleted::text, 'row_end_ts=' || (row_end_ts AT TIME ZONE 'UTC')::text, 'stream_digest_0=' || stream_digest_0::text, ''), 'UTF8')), 16))::bit(64)::bigint AS row_hash
        FROM (
            SELECT row_key, load_ts, (row_hash IS NULL)::integer AS row_deleted,
                CASE WHEN row_hash IS NOT NULL THEN row_end_ts END AS row_end_ts, course_digest_0, module_digest_0, lesson_digest_0, stream_digest_0, course_id, course_title, course_icon_url, course_is_auto_course_enroll, course_is_demo_enroll, course_created_at, course_updated_at, course_deleted_at, module_id, module_title, module_order_in_stream, module_created_at, module_updated_at, module_deleted_at, lesson_id, lesson_title, lesson_description, lesson_teacher_id, lesson_start_at, lesson_end_at, lesson_homework_url, lesson_online_lesson_join_url, lesson_online_lesson_recording_url, lesson_deleted_at, stream_id, stream_name, stream_is_open, stream_homework_deadline_days, stream_start_at, stream_end_at, stream_created_at, stream_updated_at, stream_deleted_at
            FROM (
                SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, s_courses.course_digest_0, s_streams.stream_digest_0, s_modules.module_digest_0, s_lessons.lesson_digest_0,
                    h_courses.h_course_id AS course_id,
                    s_courses.s_course_title AS course_title,
                    s_courses.s_course_icon_url AS course_icon_url,
                    s_courses.s_course_is_auto_course_enroll AS course_is_auto_course_enroll,
                    s_courses.s_course_is_demo_enroll AS course_is_demo_enroll,
                    s_courses.s_course_created_at AS course_created_at,
                    s_courses.s_course_updated_at AS course_updated_at,
                    s_courses.s_course_deleted_at AS course_deleted_at,
                    h_modules.h_module_id AS module_id,
                    s_modules.s_module_title AS module_title,
                    s_modules.s_module_order_in_stream AS module_order_in_stream,
                    s_modules.s_module_created_at AS module_created_at,
                    s_modules.s_module_updated_at AS module_updated_at,
                    s_modules.s_module_deleted_at AS module_deleted_at,
                    h_lessons.h_lesson_id AS lesson_id,
                    s_lessons.s_lesson_title AS lesson_title,
                    s_lessons.s_lesson_description AS lesson_description,
                    s_lessons.s_lesson_teacher_id AS lesson_teacher_id,
                    s_lessons.s_lesson_start_at AS lesson_start_at,
                    s_lessons.s_lesson_end_at AS lesson_end_at,
                    s_lessons.s_lesson_homework_url AS lesson_homework_url,
                    s_lessons.s_lesson_online_lesson_join_url AS lesson_online_lesson_join_url,
                    s_lessons.s_lesson_online_lesson_recording_url AS lesson_online_lesson_recording_url,
                    s_lessons.s_lesson_deleted_at AS lesson_deleted_at,
                    h_streams.h_stream_id AS stream_id,
                    s_streams.s_stream_name AS stream_name,
                    s_streams.s_stream_is_open AS stream_is_open,
                    s_streams.s_stream_homework_deadline_days AS stream_homework_deadline_days,
                    s_streams.s_stream_start_at AS stream_start_at,
                    s_streams.s_stream_end_at AS stream_end_at,
                    s_streams.s_stream_created_at AS stream_created_at,
                    s_streams.s_stream_updated_at AS stream_updated_at,
                    s_streams.s_stream_deleted_at AS stream_deleted_at
                FROM (
                    SELECT *
                    FROM (
                    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
                    FROM control.courses_changes
                    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.courses_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'courses' AND status = 'closed'))
                ) AS logged
                    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
                    OFFSET '0'
                ) AS changes
                JOIN vault.l_courses_modules_lessons_streams AS link ON link.l_course_module_lesson_stream_hk = changes.row_key
                JOIN vault.h_courses ON h_courses.h_course_hk = link.h_course_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'h_course_title=' || replace(replace(s_course_title, '\', '\\'), '|', '\|'), 's_course_created_at=' || s_course_created_at::text, 's_course_deleted_at=' || s_course_deleted_at::text, 's_course_icon_url=' || replace(replace(s_course_icon_url, '\', '\\'), '|', '\|'), 's_course_is_auto_course_enroll=' || s_course_is_auto_course_enroll::text, 's_course_is_demo_enroll=' || s_course_is_demo_enroll::text, 's_course_updated_at=' || s_course_updated_at::text, ''), 'UTF8')) AS course_digest_0
                    FROM vault.s_courses AS version
                    WHERE version.h_course_hk = link.h_course_hk AND version.s_course_load_ts <= changes.load_ts
                    ORDER BY version.s_course_load_ts DESC
                    LIMIT 1
                ) AS s_courses ON true
                JOIN vault.h_modules ON h_modules.h_module_hk = link.h_module_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'h_module_title=' || replace(replace(s_module_title, '\', '\\'), '|', '\|'), 'l_module_order_in_stream=' || s_module_order_in_stream::text, 's_module_created_at=' || s_module_created_at::text, 's_module_deleted_at=' || s_module_deleted_at::text, 's_module_updated_at=' || s_module_updated_at::text, ''), 'UTF8')) AS module_digest_0
                    FROM vault.s_modules AS version
                    WHERE version.h_module_hk = link.h_module_hk AND version.s_module_load_ts <= changes.load_ts
                    ORDER BY version.s_module_load_ts DESC
                    LIMIT 1
                ) AS s_modules ON true
                JOIN vault.h_lessons ON h_lessons.h_lesson_hk = link.h_lesson_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'h_lesson_title=' || replace(replace(s_lesson_title, '\', '\\'), '|', '\|'), 's_lesson_deleted_at=' || s_lesson_deleted_at::text, 's_lesson_description=' || replace(replace(s_lesson_description, '\', '\\'), '|', '\|'), 's_lesson_end_at=' || s_lesson_end_at::text, 's_lesson_homework_url=' || replace(replace(s_lesson_homework_url, '\', '\\'), '|', '\|'), 's_lesson_online_lesson_join_url=' || replace(replace(s_lesson_online_lesson_join_url, '\', '\\'), '|', '\|'), 's_lesson_online_lesson_recording_url=' || replace(replace(s_lesson_online_lesson_recording_url, '\', '\\'), '|', '\|'), 's_lesson_start_at=' || s_lesson_start_at::text, 's_lesson_teacher_id=' || s_lesson_teacher_id::text, ''), 'UTF8')) AS lesson_digest_0
                    FROM vault.s_lessons AS version
                    WHERE version.h_lesson_hk = link.h_lesson_hk AND version.s_lesson_load_ts <= changes.load_ts
                    ORDER BY version.s_lesson_load_ts DESC
                    LIMIT 1
                ) AS s_lessons ON true
                JOIN vault.h_streams ON h_streams.h_stream_hk = link.h_stream_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'h_stream_name=' || replace(replace(s_stream_name, '\', '\\'), '|', '\|'), 's_stream_created_at=' || s_stream_created_at::text, 's_stream_deleted_at=' || s_stream_deleted_at::text, 's_stream_end_at=' || s_stream_end_at::text, 's_stream_homework_deadline_days=' || s_stream_homework_deadline_days::text, 's_stream_is_open=' || s_stream_is_open::text, 's_stream_start_at=' || s_stream_start_at::text, 's_stream_updated_at=' || s_stream_updated_at::text, ''), 'UTF8')) AS stream_digest_0
                    FROM vault.s_streams AS version
                    WHERE version.h_stream_hk = link.h_stream_hk AND version.s_stream_load_ts <= changes.load_ts
                    ORDER BY version.s_stream_load_ts DESC
                    LIMIT 1
                ) AS s_streams ON true
                WHERE changes.load_ts > :after AND changes.load_ts <= :upto
                    AND (s_courses.s_course_load_ts IS NULL) IS NOT TRUE
                    AND (s_streams.s_stream_load_ts IS NULL) IS NOT TRUE
                    AND (s_modules.s_module_load_ts IS NULL) IS NOT TRUE
                    AND (s_lessons.s_lesson_load_ts IS NULL) IS NOT TRUE
            ) AS versions
        ) AS flagged
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_course_module_lesson_stream_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts AS row_deleted,
            if(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts OR dm_course_module_lesson_stream_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_course_module_lesson_stream_load_end_ts) AS row_end_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
        FROM dm_courses_modules_lessons_streams_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_course_module_lesson_stream_load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_courses_modules_lessons_streams_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_course_module_lesson_stream_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_course_module_lesson_stream_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('h_course_title=', replaceAll(replaceAll(h_course_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_course_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_created_at))), '|'), ''), ifNull(concat('s_course_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_deleted_at))), '|'), ''), ifNull(concat('s_course_icon_url=', replaceAll(replaceAll(s_course_icon_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_course_is_auto_course_enroll=', toString(s_course_is_auto_course_enroll), '|'), ''), ifNull(concat('s_course_is_demo_enroll=', toString(s_course_is_demo_enroll), '|'), ''), ifNull(concat('s_course_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_course_updated_at))), '|'), ''), '')))) AS course_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_module_title=', replaceAll(replaceAll(h_module_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('l_module_order_in_stream=', toString(l_module_order_in_stream), '|'), ''), ifNull(concat('s_module_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_created_at))), '|'), ''), ifNull(concat('s_module_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_deleted_at))), '|'), ''), ifNull(concat('s_module_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_module_updated_at))), '|'), ''), '')))) AS module_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_lesson_title=', replaceAll(replaceAll(h_lesson_title, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_deleted_at))), '|'), ''), ifNull(concat('s_lesson_description=', replaceAll(replaceAll(s_lesson_description, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_end_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_end_at))), '|'), ''), ifNull(concat('s_lesson_homework_url=', replaceAll(replaceAll(s_lesson_homework_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_online_lesson_join_url=', replaceAll(replaceAll(s_lesson_online_lesson_join_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_online_lesson_recording_url=', replaceAll(replaceAll(s_lesson_online_lesson_recording_url, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_lesson_start_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_lesson_start_at))), '|'), ''), ifNull(concat('s_lesson_teacher_id=', toString(s_lesson_teacher_id), '|'), ''), '')))) AS lesson_digest_0, lower(hex(MD5(concat('', ifNull(concat('h_stream_name=', replaceAll(replaceAll(h_stream_name, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('s_stream_created_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_created_at))), '|'), ''), ifNull(concat('s_stream_deleted_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_deleted_at))), '|'), ''), ifNull(concat('s_stream_end_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_end_at))), '|'), ''), ifNull(concat('s_stream_homework_deadline_days=', toString(s_stream_homework_deadline_days), '|'), ''), ifNull(concat('s_stream_is_open=', toString(s_stream_is_open), '|'), ''), ifNull(concat('s_stream_start_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_start_at))), '|'), ''), ifNull(concat('s_stream_updated_at=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(s_stream_updated_at))), '|'), ''), '')))) AS stream_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('course_digest_0=', toString(course_digest_0), '|'), ''), ifNull(concat('dm_course_module_lesson_stream_uuid=', toString(dm_course_module_lesson_stream_uuid), '|'), ''), ifNull(concat('h_course_id=', toString(h_course_id), '|'), ''), ifNull(concat('h_lesson_id=', toString(h_lesson_id), '|'), ''), ifNull(concat('h_module_id=', toString(h_module_id), '|'), ''), ifNull(concat('h_stream_id=', toString(h_stream_id), '|'), ''), ifNull(concat('lesson_digest_0=', toString(lesson_digest_0), '|'), ''), ifNull(concat('module_digest_0=', toString(module_digest_0), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), ifNull(concat('stream_digest_0=', toString(stream_digest_0), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts AS row_deleted,
            if(dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts OR dm_course_module_lesson_stream_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_course_module_lesson_stream_load_end_ts) AS row_end_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
        FROM dm_courses_modules_lessons_streams_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_course_module_lesson_stream_load_ts;
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
