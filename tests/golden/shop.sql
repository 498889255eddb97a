-- first: around 1, e_from_pg_datawarehouse 1, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_product_stock 1, l_update_s_product_offer 1, l_update_s_customer 1, l_update_links 1, l_update_h_depot 1, l_update_h_product 1, l_update_h_customer 1, close 1, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- first --full: around 1, e_from_pg_datawarehouse 2, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_product_stock 2, l_update_s_product_offer 2, l_update_s_customer 2, l_update_links 1, l_update_h_depot 1, l_update_h_product 1, l_update_h_customer 1, close 2, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- first --only to_datawarehouse: around 3, e_from_pg_datawarehouse 1, e_from_pg_datasource 1, t_find_new_rows 1, l_update_s_product_stock 1, l_update_s_product_offer 1, l_update_s_customer 1, l_update_links 1, l_update_h_depot 1, l_update_h_product 1, l_update_h_customer 1, close 1, around 2
-- first --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- first --where depot_code=1..1000: around 1, e_from_pg_datawarehouse 1, e_from_pg_datasource 2, t_find_new_rows 1, l_update_s_product_stock 1, l_update_s_product_offer 1, l_update_s_customer 1, l_update_links 1, l_update_h_depot 1, l_update_h_product 1, l_update_h_customer 1, close 3, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 1, l_update_datamart 1, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 2, l_update_datamart 2
-- changed: around 1, e_from_pg_datawarehouse 3, e_from_pg_datasource 3, t_find_new_rows 2, l_update_s_product_stock 1, l_update_s_product_offer 1, l_update_s_customer 1, l_update_links 1, l_update_h_depot 1, l_update_h_product 1, l_update_h_customer 1, close 4, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3, l_update_datamart 3, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 4, l_update_datamart 4
-- changed --full: around 1, e_from_pg_datawarehouse 4, e_from_pg_datasource 3, t_find_new_rows 2, l_update_s_product_stock 2, l_update_s_product_offer 2, l_update_s_customer 2, l_update_links 1, l_update_h_depot 1, l_update_h_product 1, l_update_h_customer 1, close 4, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3, l_update_datamart 5, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 4, l_update_datamart 6
-- changed --only to_datawarehouse: around 3, e_from_pg_datawarehouse 3, e_from_pg_datasource 3, t_find_new_rows 2, l_update_s_product_stock 1, l_update_s_product_offer 1, l_update_s_customer 1, l_update_links 1, l_update_h_depot 1, l_update_h_product 1, l_update_h_customer 1, close 4, around 2
-- changed --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3, l_update_datamart 3, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 4, l_update_datamart 4
-- changed --where depot_code=1..1000: around 1, e_from_pg_datawarehouse 5, e_from_pg_datasource 4, t_find_new_rows 3, l_update_s_product_stock 1, l_update_s_product_offer 1, l_update_s_customer 1, l_update_links 1, l_update_h_depot 1, l_update_h_product 1, l_update_h_customer 1, close 5, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 3, l_update_datamart 3, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 4, l_update_datamart 4
-- unchanged: around 1, e_from_pg_datawarehouse 3, e_from_pg_datasource 5, t_find_new_rows 4, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5
-- unchanged --full: around 1, e_from_pg_datawarehouse 4, e_from_pg_datasource 5, t_find_new_rows 4, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 6, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 7
-- unchanged --only to_datawarehouse: around 3, e_from_pg_datawarehouse 3, e_from_pg_datasource 5, t_find_new_rows 4, around 2
-- unchanged --only to_datamart: around 4, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5
-- unchanged --where depot_code=1..1000: around 1, e_from_pg_datawarehouse 5, e_from_pg_datasource 6, t_find_new_rows 5, around 2, e_from_ch_datamart 1, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5, e_from_ch_datamart 2, e_from_pg_datawarehouse (mart) 1, t_find_new_rows (mart) 5

-- step around 1
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_control');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_control;
-- pg_datawarehouse, session 1
SELECT to_regclass('control.migrations_shop');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_shop;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT formatQuerySingleLine('SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history
WHERE is_past = 0
    AND dm_order_load_ts <= (SELECT max(load_ts) FROM dm_orders_loads)
    AND dm_order_load_end_ts > (SELECT max(load_ts) FROM dm_orders_loads)'),
formatQuerySingleLine('SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history
WHERE dm_order_load_ts <= (SELECT max(load_ts) FROM dm_orders_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_order_load_end_ts > (SELECT max(load_ts) FROM dm_orders_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})'),
formatQuerySingleLine('SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_history
WHERE is_past = 0
    AND dm_stock_load_ts <= (SELECT max(load_ts) FROM dm_stocks_loads)
    AND dm_stock_load_end_ts > (SELECT max(load_ts) FROM dm_stocks_loads)'),
formatQuerySingleLine('SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_history
WHERE dm_stock_load_ts <= (SELECT max(load_ts) FROM dm_stocks_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_stock_load_end_ts > (SELECT max(load_ts) FROM dm_stocks_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})');
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
SELECT to_regclass('control.migrations_shop');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_shop;
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
SELECT to_regclass('control.migrations_shop');
-- pg_datawarehouse, session 1
SELECT version_num FROM control.migrations_shop;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT formatQuerySingleLine('SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history
WHERE is_past = 0
    AND dm_order_load_ts <= (SELECT max(load_ts) FROM dm_orders_loads)
    AND dm_order_load_end_ts > (SELECT max(load_ts) FROM dm_orders_loads)'),
formatQuerySingleLine('SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history
WHERE dm_order_load_ts <= (SELECT max(load_ts) FROM dm_orders_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_order_load_end_ts > (SELECT max(load_ts) FROM dm_orders_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})'),
formatQuerySingleLine('SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_history
WHERE is_past = 0
    AND dm_stock_load_ts <= (SELECT max(load_ts) FROM dm_stocks_loads)
    AND dm_stock_load_end_ts > (SELECT max(load_ts) FROM dm_stocks_loads)'),
formatQuerySingleLine('SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_history
WHERE dm_stock_load_ts <= (SELECT max(load_ts) FROM dm_stocks_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})
    AND dm_stock_load_end_ts > (SELECT max(load_ts) FROM dm_stocks_loads WHERE load_ts <= {ts:DateTime64(6, ''UTC'')})');
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
WHERE made.model IS DISTINCT FROM 'shop' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
SELECT 'h_customers' WHERE EXISTS (SELECT FROM vault.h_customers WHERE h_customer_load_ts > '-infinity')
UNION ALL
SELECT 'h_products' WHERE EXISTS (SELECT FROM vault.h_products WHERE h_product_load_ts > '-infinity')
UNION ALL
SELECT 'h_depots' WHERE EXISTS (SELECT FROM vault.h_depots WHERE h_depot_load_ts > '-infinity')
UNION ALL
SELECT 'l_customers_products' WHERE EXISTS (SELECT FROM vault.l_customers_products WHERE l_customer_product_load_ts > '-infinity')
UNION ALL
SELECT 's_customers_products_effectivity' WHERE EXISTS (SELECT FROM vault.s_customers_products_effectivity WHERE s_customer_product_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 'l_depots_products' WHERE EXISTS (SELECT FROM vault.l_depots_products WHERE l_depot_product_load_ts > '-infinity')
UNION ALL
SELECT 's_depots_products_effectivity' WHERE EXISTS (SELECT FROM vault.s_depots_products_effectivity WHERE s_depot_product_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 's_customers' WHERE EXISTS (SELECT FROM vault.s_customers WHERE s_customer_load_ts > '-infinity')
UNION ALL
SELECT 's_products_offers' WHERE EXISTS (SELECT FROM vault.s_products_offers WHERE s_product_offer_load_ts > '-infinity')
UNION ALL
SELECT 's_products_stocks' WHERE EXISTS (SELECT FROM vault.s_products_stocks WHERE s_product_stock_load_ts > '-infinity');
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
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
WHERE made.model IS DISTINCT FROM 'shop' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
SELECT 'h_customers' WHERE EXISTS (SELECT FROM vault.h_customers WHERE h_customer_load_ts > '-infinity')
UNION ALL
SELECT 'h_products' WHERE EXISTS (SELECT FROM vault.h_products WHERE h_product_load_ts > '-infinity')
UNION ALL
SELECT 'h_depots' WHERE EXISTS (SELECT FROM vault.h_depots WHERE h_depot_load_ts > '-infinity')
UNION ALL
SELECT 'l_customers_products' WHERE EXISTS (SELECT FROM vault.l_customers_products WHERE l_customer_product_load_ts > '-infinity')
UNION ALL
SELECT 's_customers_products_effectivity' WHERE EXISTS (SELECT FROM vault.s_customers_products_effectivity WHERE s_customer_product_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 'l_depots_products' WHERE EXISTS (SELECT FROM vault.l_depots_products WHERE l_depot_product_load_ts > '-infinity')
UNION ALL
SELECT 's_depots_products_effectivity' WHERE EXISTS (SELECT FROM vault.s_depots_products_effectivity WHERE s_depot_product_effectivity_load_ts > '-infinity')
UNION ALL
SELECT 's_customers' WHERE EXISTS (SELECT FROM vault.s_customers WHERE s_customer_load_ts > '-infinity')
UNION ALL
SELECT 's_products_offers' WHERE EXISTS (SELECT FROM vault.s_products_offers WHERE s_product_offer_load_ts > '-infinity')
UNION ALL
SELECT 's_products_stocks' WHERE EXISTS (SELECT FROM vault.s_products_stocks WHERE s_product_stock_load_ts > '-infinity');
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
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'
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
    SELECT *, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(hashtextextended(customer_country, 6687940236757526427), 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_number, 71201192894189970), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
    FROM (
        SELECT link.l_customer_product_hk AS row_key, 
            h_customers.h_customer_country AS customer_country,
            h_customers.h_customer_number AS customer_number,
            s_customers.s_customer_name AS customer_name,
            s_customers.s_customer_born_on AS customer_born_on,
            s_customers.s_customer_member_since AS customer_member_since,
            s_customers.s_customer_settings AS customer_settings,
            h_products.h_product_sku AS product_sku,
            s_products_offers.s_product_offer_price AS product_price,
            s_products_offers.s_product_offer_weight AS product_weight,
            s_products_offers.s_product_offer_is_vegan AS vegan,
            s_products_offers.s_product_offer_ean AS product_ean
        FROM vault.l_customers_products AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_customers_products_effectivity AS version
            WHERE version.s_customer_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_customer_product_hk, s_customer_product_effectivity_load_ts FROM vault.s_customers_products_effectivity WHERE s_customer_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_customer_product_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_customer_product_hk = version.l_customer_product_hk AND (later.s_customer_product_effectivity_load_ts) > (version.s_customer_product_effectivity_load_ts)
                )
        ) AS s_customers_products_effectivity ON s_customers_products_effectivity.l_customer_product_hk = link.l_customer_product_hk
        JOIN vault.h_customers ON h_customers.h_customer_hk = link.h_customer_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_customers AS version
            WHERE version.s_customer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_customer_hk, s_customer_load_ts FROM vault.s_customers WHERE s_customer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_customer_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_customer_hk = version.h_customer_hk AND (later.s_customer_load_ts) > (version.s_customer_load_ts)
                )
        ) AS s_customers ON s_customers.h_customer_hk = link.h_customer_hk
        JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_products_offers AS version
            WHERE version.s_product_offer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_product_hk, s_product_offer_load_ts FROM vault.s_products_offers WHERE s_product_offer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_product_offer_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_product_hk = version.h_product_hk AND (later.s_product_offer_load_ts) > (version.s_product_offer_load_ts)
                )
        ) AS s_products_offers ON s_products_offers.h_product_hk = link.h_product_hk
        WHERE s_customers_products_effectivity.s_customer_product_effectivity_is_active
            AND (s_customers.s_customer_load_ts IS NULL) IS NOT TRUE
            AND (s_products_offers.s_product_offer_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.orders_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.orders_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.orders_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.orders_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.orders_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.orders_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.orders_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.orders_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.orders_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.orders_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.orders_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.orders_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'orders', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'
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
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
    FROM (
        SELECT link.l_depot_product_hk AS row_key, 
            h_depots.h_depot_code AS depot_code,
            h_products.h_product_sku AS product_sku,
            s_products_stocks.s_product_stock_pieces AS product_pieces
        FROM vault.l_depots_products AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_depots_products_effectivity AS version
            WHERE version.s_depot_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_depot_product_hk, s_depot_product_effectivity_load_ts FROM vault.s_depots_products_effectivity WHERE s_depot_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_depot_product_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_depot_product_hk = version.l_depot_product_hk AND (later.s_depot_product_effectivity_load_ts) > (version.s_depot_product_effectivity_load_ts)
                )
        ) AS s_depots_products_effectivity ON s_depots_products_effectivity.l_depot_product_hk = link.l_depot_product_hk
        JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
        JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_products_stocks AS version
            WHERE version.s_product_stock_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_product_hk, s_product_stock_load_ts FROM vault.s_products_stocks WHERE s_product_stock_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_product_stock_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_product_hk = version.h_product_hk AND (later.s_product_stock_load_ts) > (version.s_product_stock_load_ts)
                )
        ) AS s_products_stocks ON s_products_stocks.h_product_hk = link.h_product_hk
        WHERE s_depots_products_effectivity.s_depot_product_effectivity_is_active
            AND (s_products_stocks.s_product_stock_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.stocks_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.stocks_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.stocks_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.stocks_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.stocks_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.stocks_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.stocks_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.stocks_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.stocks_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.stocks_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.stocks_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.stocks_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'stocks', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
WHERE made.model IS DISTINCT FROM 'shop' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
SELECT 'h_customers' WHERE NOT EXISTS (SELECT FROM vault.h_customers WHERE h_customer_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_products' WHERE NOT EXISTS (SELECT FROM vault.h_products WHERE h_product_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_depots' WHERE NOT EXISTS (SELECT FROM vault.h_depots WHERE h_depot_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_customers' WHERE NOT EXISTS (SELECT FROM vault.s_customers WHERE h_customer_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_products_offers' WHERE NOT EXISTS (SELECT FROM vault.s_products_offers WHERE h_product_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_products_stocks' WHERE NOT EXISTS (SELECT FROM vault.s_products_stocks WHERE h_product_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'l_customers_products' WHERE NOT EXISTS (SELECT FROM vault.l_customers_products )
UNION ALL
SELECT 's_customers_products_effectivity' WHERE NOT EXISTS (SELECT FROM vault.s_customers_products_effectivity )
UNION ALL
SELECT 'l_depots_products' WHERE NOT EXISTS (SELECT FROM vault.l_depots_products )
UNION ALL
SELECT 's_depots_products_effectivity' WHERE NOT EXISTS (SELECT FROM vault.s_depots_products_effectivity );
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
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.orders_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.stocks_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
WHERE made.model IS DISTINCT FROM 'shop' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
INSERT INTO vault.h_customers (h_customer_hk, h_customer_load_ts, h_customer_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.h_products (h_product_hk, h_product_load_ts, h_product_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.h_depots (h_depot_hk, h_depot_load_ts, h_depot_record_source)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost')
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_customers (h_customer_hk, s_customer_load_ts, s_customer_record_source, s_customer_hashdiff)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost', md5(convert_to('', 'UTF8'))::uuid)
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_products_offers (h_product_hk, s_product_offer_load_ts, s_product_offer_record_source, s_product_offer_hashdiff)
VALUES ('00000000-0000-0000-0000-000000000000'::uuid, '-infinity', 'ghost', md5(convert_to('', 'UTF8'))::uuid)
ON CONFLICT DO NOTHING;
-- pg_datawarehouse, session 3
INSERT INTO vault.s_products_stocks (h_product_hk, s_product_stock_load_ts, s_product_stock_record_source, s_product_stock_hashdiff)
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
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.orders_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'
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
    SELECT *, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(hashtextextended(customer_country, 6687940236757526427), 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_number, 71201192894189970), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
    FROM (
        SELECT link.l_customer_product_hk AS row_key, 
            h_customers.h_customer_country AS customer_country,
            h_customers.h_customer_number AS customer_number,
            s_customers.s_customer_name AS customer_name,
            s_customers.s_customer_born_on AS customer_born_on,
            s_customers.s_customer_member_since AS customer_member_since,
            s_customers.s_customer_settings AS customer_settings,
            h_products.h_product_sku AS product_sku,
            s_products_offers.s_product_offer_price AS product_price,
            s_products_offers.s_product_offer_weight AS product_weight,
            s_products_offers.s_product_offer_is_vegan AS vegan,
            s_products_offers.s_product_offer_ean AS product_ean
        FROM vault.l_customers_products AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_customers_products_effectivity AS version
            WHERE version.s_customer_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_customer_product_hk, s_customer_product_effectivity_load_ts FROM vault.s_customers_products_effectivity WHERE s_customer_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_customer_product_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_customer_product_hk = version.l_customer_product_hk AND (later.s_customer_product_effectivity_load_ts) > (version.s_customer_product_effectivity_load_ts)
                )
        ) AS s_customers_products_effectivity ON s_customers_products_effectivity.l_customer_product_hk = link.l_customer_product_hk
        JOIN vault.h_customers ON h_customers.h_customer_hk = link.h_customer_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_customers AS version
            WHERE version.s_customer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_customer_hk, s_customer_load_ts FROM vault.s_customers WHERE s_customer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_customer_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_customer_hk = version.h_customer_hk AND (later.s_customer_load_ts) > (version.s_customer_load_ts)
                )
        ) AS s_customers ON s_customers.h_customer_hk = link.h_customer_hk
        JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_products_offers AS version
            WHERE version.s_product_offer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_product_hk, s_product_offer_load_ts FROM vault.s_products_offers WHERE s_product_offer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_product_offer_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_product_hk = version.h_product_hk AND (later.s_product_offer_load_ts) > (version.s_product_offer_load_ts)
                )
        ) AS s_products_offers ON s_products_offers.h_product_hk = link.h_product_hk
        WHERE s_customers_products_effectivity.s_customer_product_effectivity_is_active
            AND (s_customers.s_customer_load_ts IS NULL) IS NOT TRUE
            AND (s_products_offers.s_product_offer_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.orders_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.orders_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.orders_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.orders_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.orders_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.orders_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.orders_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.orders_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.orders_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.orders_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.orders_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.orders_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'orders', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.orders_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT count(*), count(row_place) FROM control.orders_rows;
-- pg_datawarehouse, session 3
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.orders_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.orders_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.orders_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.orders_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.orders_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'orders', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
INSERT INTO control.orders_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.orders_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 3
ANALYZE control.orders_buckets;
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.stocks_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'
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
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
    FROM (
        SELECT link.l_depot_product_hk AS row_key, 
            h_depots.h_depot_code AS depot_code,
            h_products.h_product_sku AS product_sku,
            s_products_stocks.s_product_stock_pieces AS product_pieces
        FROM vault.l_depots_products AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_depots_products_effectivity AS version
            WHERE version.s_depot_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_depot_product_hk, s_depot_product_effectivity_load_ts FROM vault.s_depots_products_effectivity WHERE s_depot_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_depot_product_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_depot_product_hk = version.l_depot_product_hk AND (later.s_depot_product_effectivity_load_ts) > (version.s_depot_product_effectivity_load_ts)
                )
        ) AS s_depots_products_effectivity ON s_depots_products_effectivity.l_depot_product_hk = link.l_depot_product_hk
        JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
        JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
        LEFT JOIN (
            SELECT *
            FROM vault.s_products_stocks AS version
            WHERE version.s_product_stock_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_product_hk, s_product_stock_load_ts FROM vault.s_products_stocks WHERE s_product_stock_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_product_stock_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_product_hk = version.h_product_hk AND (later.s_product_stock_load_ts) > (version.s_product_stock_load_ts)
                )
        ) AS s_products_stocks ON s_products_stocks.h_product_hk = link.h_product_hk
        WHERE s_depots_products_effectivity.s_depot_product_effectivity_is_active
            AND (s_products_stocks.s_product_stock_load_ts IS NULL) IS NOT TRUE
    ) AS typed
) AS active;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.stocks_rows'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.stocks_rows IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.stocks_rows;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.stocks_rows;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.stocks_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt;
-- pg_datawarehouse, session 3
INSERT INTO control.stocks_rows (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.stocks_changes AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.stocks_changes
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.stocks_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.stocks_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.stocks_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.stocks_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'stocks', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.stocks_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 3
SELECT count(*), count(row_place) FROM control.stocks_rows;
-- pg_datawarehouse, session 3
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.stocks_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''control.stocks_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.stocks_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.stocks_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.stocks_buckets;
END';
-- pg_datawarehouse, session 3
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'stocks', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 3
INSERT INTO control.stocks_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.stocks_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 3
ANALYZE control.stocks_buckets;
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
WHERE made.model IS DISTINCT FROM 'shop' OR made.definition IS DISTINCT FROM md5(expected.definition || CASE expected.kind
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
SELECT 'h_customers' WHERE NOT EXISTS (SELECT FROM vault.h_customers WHERE h_customer_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_products' WHERE NOT EXISTS (SELECT FROM vault.h_products WHERE h_product_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'h_depots' WHERE NOT EXISTS (SELECT FROM vault.h_depots WHERE h_depot_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_customers' WHERE NOT EXISTS (SELECT FROM vault.s_customers WHERE h_customer_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_products_offers' WHERE NOT EXISTS (SELECT FROM vault.s_products_offers WHERE h_product_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 's_products_stocks' WHERE NOT EXISTS (SELECT FROM vault.s_products_stocks WHERE h_product_hk = '00000000-0000-0000-0000-000000000000'::uuid)
UNION ALL
SELECT 'l_customers_products' WHERE NOT EXISTS (SELECT FROM vault.l_customers_products )
UNION ALL
SELECT 's_customers_products_effectivity' WHERE NOT EXISTS (SELECT FROM vault.s_customers_products_effectivity )
UNION ALL
SELECT 'l_depots_products' WHERE NOT EXISTS (SELECT FROM vault.l_depots_products )
UNION ALL
SELECT 's_depots_products_effectivity' WHERE NOT EXISTS (SELECT FROM vault.s_depots_products_effectivity );
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
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datawarehouse, session 3
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 3
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 3
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 3
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
-- pg_datasource, session 2
COPY (
SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since, customer_settings, product_sku, product_price, product_weight, vegan, product_ean, row_hash, md5(convert_to(concat_ws('|', coalesce(replace(replace(customer_country, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(customer_number, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid
FROM (
    SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(hashtextextended(customer_country, 6687940236757526427), 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_number, 71201192894189970), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
FROM (
    SELECT
    customer_country::text COLLATE "C" AS customer_country,
    customer_number::text COLLATE "C" AS customer_number,
    customer_name::text COLLATE "C" AS customer_name,
    customer_born_on::date AS customer_born_on,
    customer_member_since::timestamp with time zone AS customer_member_since,
    customer_settings::jsonb AS customer_settings,
    product_sku::text COLLATE "C" AS product_sku,
    product_price::numeric(12,2) AS product_price,
    product_weight::double precision AS product_weight,
    vegan::boolean AS vegan,
    product_ean::uuid AS product_ean
FROM (
    SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.orders (customer_country, customer_number, customer_name, customer_born_on, customer_member_since, customer_settings, product_sku, product_price, product_weight, vegan, product_ean, row_hash, row_key) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.orders (customer_country, customer_number, product_sku, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
SELECT * FROM (
SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
-- pg_datasource, session 2
COPY (
SELECT depot_code, product_sku, product_pieces, row_hash, md5(convert_to(concat_ws('|', coalesce(depot_code::text, '\N'), coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid
FROM (
    SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
FROM (
    SELECT
    depot_code::bigint AS depot_code,
    product_sku::text COLLATE "C" AS product_sku,
    product_pieces::smallint AS product_pieces
FROM (
    SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.stocks (depot_code, product_sku, product_pieces, row_hash, row_key) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.stocks (depot_code, product_sku, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT count(*) FROM control.orders_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
SELECT * FROM (
SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
-- pg_datasource, session 2
COPY (
SELECT depot_code, product_sku, product_pieces, row_hash, md5(convert_to(concat_ws('|', coalesce(depot_code::text, '\N'), coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid
FROM (
    SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
FROM (
    SELECT
    depot_code::bigint AS depot_code,
    product_sku::text COLLATE "C" AS product_sku,
    product_pieces::smallint AS product_pieces
FROM (
    SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS feed
WHERE feed.depot_code >= '1'::bigint AND feed.depot_code <= '1000'::bigint
) AS typed
) AS hashed
) AS placed
WHERE true
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.stocks (depot_code, product_sku, product_pieces, row_hash, row_key) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.stocks (depot_code, product_sku, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.orders_rows);
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
        SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(hashtextextended(customer_country, 6687940236757526427), 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_number, 71201192894189970), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
FROM (
    SELECT
    customer_country::text COLLATE "C" AS customer_country,
    customer_number::text COLLATE "C" AS customer_number,
    customer_name::text COLLATE "C" AS customer_name,
    customer_born_on::date AS customer_born_on,
    customer_member_since::timestamp with time zone AS customer_member_since,
    customer_settings::jsonb AS customer_settings,
    product_sku::text COLLATE "C" AS product_sku,
    product_price::numeric(12,2) AS product_price,
    product_weight::double precision AS product_weight,
    vegan::boolean AS vegan,
    product_ean::uuid AS product_ean
FROM (
    SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
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
        SELECT bucket, row_count, hash_sum, weighted_sum FROM control.orders_buckets
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
    LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
-- pg_datasource, session 2
COPY (
SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since, customer_settings, product_sku, product_price, product_weight, vegan, product_ean, row_hash, md5(convert_to(concat_ws('|', coalesce(replace(replace(customer_country, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(customer_number, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid
FROM (
    SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(hashtextextended(customer_country, 6687940236757526427), 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_number, 71201192894189970), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
FROM (
    SELECT
    customer_country::text COLLATE "C" AS customer_country,
    customer_number::text COLLATE "C" AS customer_number,
    customer_name::text COLLATE "C" AS customer_name,
    customer_born_on::date AS customer_born_on,
    customer_member_since::timestamp with time zone AS customer_member_since,
    customer_settings::jsonb AS customer_settings,
    product_sku::text COLLATE "C" AS product_sku,
    product_price::numeric(12,2) AS product_price,
    product_weight::double precision AS product_weight,
    vegan::boolean AS vegan,
    product_ean::uuid AS product_ean
FROM (
    SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]))
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.orders (customer_country, customer_number, customer_name, customer_born_on, customer_member_since, customer_settings, product_sku, product_price, product_weight, vegan, product_ean, row_hash, row_key) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.orders (customer_country, customer_number, product_sku, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
SELECT * FROM (
SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_rows);
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
        SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
FROM (
    SELECT
    depot_code::bigint AS depot_code,
    product_sku::text COLLATE "C" AS product_sku,
    product_pieces::smallint AS product_pieces
FROM (
    SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
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
        SELECT bucket, row_count, hash_sum, weighted_sum FROM control.stocks_buckets
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
    LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
-- pg_datasource, session 2
COPY (
SELECT depot_code, product_sku, product_pieces, row_hash, md5(convert_to(concat_ws('|', coalesce(depot_code::text, '\N'), coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid
FROM (
    SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
FROM (
    SELECT
    depot_code::bigint AS depot_code,
    product_sku::text COLLATE "C" AS product_sku,
    product_pieces::smallint AS product_pieces
FROM (
    SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS feed
) AS typed
) AS hashed
) AS placed
WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]))
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.stocks (depot_code, product_sku, product_pieces, row_hash, row_key) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.stocks (depot_code, product_sku, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT count(*) FROM control.orders_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
SELECT * FROM (
SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_rows);
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
        SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
FROM (
    SELECT
    depot_code::bigint AS depot_code,
    product_sku::text COLLATE "C" AS product_sku,
    product_pieces::smallint AS product_pieces
FROM (
    SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS feed
WHERE feed.depot_code >= '1'::bigint AND feed.depot_code <= '1000'::bigint
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
                SELECT held.row_key, held.row_hash, held.row_place
                FROM control.stocks_rows AS held
                JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = held.row_key
                JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
                WHERE h_depots.h_depot_code >= '1'::bigint AND h_depots.h_depot_code <= '1000'::bigint
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
SELECT count(*) FROM control.stocks_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN SET LOCAL lock_timeout = ''2s'';
    LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ''600000ms'';
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END';
SELECT current_setting('skyeng.alone')::boolean;
-- pg_datawarehouse, session 1
TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
-- pg_datasource, session 2
COPY (
SELECT depot_code, product_sku, product_pieces, row_hash, md5(convert_to(concat_ws('|', coalesce(depot_code::text, '\N'), coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid
FROM (
    SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
FROM (
    SELECT
    depot_code::bigint AS depot_code,
    product_sku::text COLLATE "C" AS product_sku,
    product_pieces::smallint AS product_pieces
FROM (
    SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS feed
WHERE feed.depot_code >= '1'::bigint AND feed.depot_code <= '1000'::bigint
) AS typed
) AS hashed
) AS placed
WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]))
) TO STDOUT (FORMAT binary);
-- pg_datawarehouse, session 1
COPY stage.stocks (depot_code, product_sku, product_pieces, row_hash, row_key) FROM STDIN (FORMAT binary, FREEZE);
-- pg_datawarehouse, session 1
ANALYZE stage.stocks (depot_code, product_sku, row_key, row_hash);
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.orders_rows);
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
        SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(hashtextextended(customer_country, 6687940236757526427), 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_number, 71201192894189970), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
FROM (
    SELECT
    customer_country::text COLLATE "C" AS customer_country,
    customer_number::text COLLATE "C" AS customer_number,
    customer_name::text COLLATE "C" AS customer_name,
    customer_born_on::date AS customer_born_on,
    customer_member_since::timestamp with time zone AS customer_member_since,
    customer_settings::jsonb AS customer_settings,
    product_sku::text COLLATE "C" AS product_sku,
    product_price::numeric(12,2) AS product_price,
    product_weight::double precision AS product_weight,
    vegan::boolean AS vegan,
    product_ean::uuid AS product_ean
FROM (
    SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
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
        SELECT bucket, row_count, hash_sum, weighted_sum FROM control.orders_buckets
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
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
SELECT * FROM (
SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_rows);
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
        SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
FROM (
    SELECT
    depot_code::bigint AS depot_code,
    product_sku::text COLLATE "C" AS product_sku,
    product_pieces::smallint AS product_pieces
FROM (
    SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
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
        SELECT bucket, row_count, hash_sum, weighted_sum FROM control.stocks_buckets
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
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
       customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM flat_order -- denormalised already: rows repeat the customer and the product
WHERE note NOT LIKE '%cancelled%'
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT count(*) FROM control.orders_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'orders', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
    :everything, :rows_held
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held);
-- pg_datasource, session 2
SELECT * FROM (
SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS described LIMIT 0;
-- pg_datasource, session 2
SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(:oids);
-- pg_datawarehouse, session 1
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_rows);
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
        SELECT *, NULL::bigint AS row_place
FROM (
    SELECT *, hashint4extended(0, coalesce(hashint8extended(6131982882753146732, depot_code), 0) # coalesce(hashint4extended(product_pieces, 293606126910934568), 0) # coalesce(hashtextextended(product_sku, 884400453000257024), 0)) AS row_hash
FROM (
    SELECT
    depot_code::bigint AS depot_code,
    product_sku::text COLLATE "C" AS product_sku,
    product_pieces::smallint AS product_pieces
FROM (
    SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock
) AS feed
WHERE feed.depot_code >= '1'::bigint AND feed.depot_code <= '1000'::bigint
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
                SELECT held.row_key, held.row_hash, held.row_place
                FROM control.stocks_rows AS held
                JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = held.row_key
                JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
                WHERE h_depots.h_depot_code >= '1'::bigint AND h_depots.h_depot_code <= '1000'::bigint
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
SELECT count(*) FROM control.stocks_rows;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 1
INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    'shop', 'stocks', :load_id, :shift, :hashed, :places::bigint[], :buckets::bigint[],
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.orders AS staged
LEFT JOIN control.orders_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT customer_country, customer_number FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(customer_country, customer_number) = 0
            GROUP BY customer_country, customer_number
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
            FROM stage.orders
            WHERE num_nulls(customer_country, customer_number) = 0
            GROUP BY customer_country, customer_number
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT product_sku FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
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
            FROM stage.orders
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT customer_country, customer_number, product_sku FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(customer_country, customer_number, product_sku) = 0
            GROUP BY customer_country, customer_number, product_sku
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
            FROM stage.orders
            WHERE num_nulls(customer_country, customer_number, product_sku) = 0
            GROUP BY customer_country, customer_number, product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.orders WHERE num_nonnulls(customer_country, customer_number, product_sku) = 0
    OR num_nulls(customer_country, customer_number) NOT IN (0, 2)
    OR (num_nonnulls(customer_country, customer_number) = 0 AND NOT (ROW(customer_name, customer_born_on, customer_member_since, customer_settings) IS NULL))
    OR (num_nonnulls(product_sku) = 0 AND NOT (ROW(product_price, product_weight, vegan, product_ean) IS NULL))
    OR (customer_born_on NOT BETWEEN '0001-01-01'::date AND '9999-12-31'::date OR customer_member_since NOT BETWEEN '0001-01-01 00:00:00+00'::timestamp with time zone AND '9999-12-31 23:59:59.999999+00'::timestamp with time zone OR product_price NOT BETWEEN '-9999999999.99'::numeric(12,2) AND '9999999999.99'::numeric(12,2));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, customer_country, customer_number, product_sku, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
    FROM stage.orders
    OFFSET '0'
) AS hashed
GROUP BY customer_country, customer_number, product_sku;
-- pg_datawarehouse, session 2
INSERT INTO stage.orders_shared (customer_country, customer_number, product_sku, customer_name, customer_born_on, customer_member_since, customer_settings, product_price, product_weight, vegan, product_ean)
SELECT customer_country, customer_number, product_sku, customer_name, customer_born_on, customer_member_since, customer_settings, product_price, product_weight, vegan, product_ean FROM stage.orders WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.orders_shared
    WHERE customer_country IS NOT NULL
    GROUP BY customer_country, customer_number
    HAVING min(hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 4488792597708719742) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 4488792597708719742) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 8533244335742630828 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 3161608036343723885), 0) # coalesce(hashtextextended(customer_settings::text, 7528982095030606703), 0))) <> max(hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 4488792597708719742) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 4488792597708719742) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 8533244335742630828 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 3161608036343723885), 0) # coalesce(hashtextextended(customer_settings::text, 7528982095030606703), 0)))
)
OR EXISTS (
    SELECT FROM stage.orders_shared
    WHERE product_sku IS NOT NULL
    GROUP BY product_sku
    HAVING min(hashint4extended(0, coalesce(uuid_hash_extended(product_ean, 2967544540178659483), 0) # coalesce(hashint4extended(vegan::integer, 2580905757895929925), 0) # coalesce(hashint8extended(7014229761553084120, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2538122460374986818) ELSE hashfloat8extended(product_weight, 2538122460374986818) END, 0))) <> max(hashint4extended(0, coalesce(uuid_hash_extended(product_ean, 2967544540178659483), 0) # coalesce(hashint4extended(vegan::integer, 2580905757895929925), 0) # coalesce(hashint8extended(7014229761553084120, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2538122460374986818) ELSE hashfloat8extended(product_weight, 2538122460374986818) END, 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM stage.orders AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.orders AS staged WHERE true GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'orders';
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.stocks AS staged
LEFT JOIN control.stocks_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT depot_code FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(depot_code) = 0
            GROUP BY depot_code
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
            FROM stage.stocks
            WHERE num_nulls(depot_code) = 0
            GROUP BY depot_code
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT product_sku FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
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
            FROM stage.stocks
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT depot_code, product_sku FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(depot_code, product_sku) = 0
            GROUP BY depot_code, product_sku
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
            FROM stage.stocks
            WHERE num_nulls(depot_code, product_sku) = 0
            GROUP BY depot_code, product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.stocks WHERE num_nonnulls(depot_code, product_sku) = 0
    OR (num_nonnulls(product_sku) = 0 AND NOT (ROW(product_pieces) IS NULL));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, depot_code, product_sku, hashint4extended(0, coalesce(hashint4extended(product_pieces, 293606126910934568), 0)) AS row_hash
    FROM stage.stocks
    OFFSET '0'
) AS hashed
GROUP BY depot_code, product_sku;
-- pg_datawarehouse, session 2
INSERT INTO stage.stocks_shared (depot_code, product_sku, product_pieces)
SELECT depot_code, product_sku, product_pieces FROM stage.stocks WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.stocks_shared
    WHERE product_sku IS NOT NULL
    GROUP BY product_sku
    HAVING min(hashint4extended(0, coalesce(hashint4extended(product_pieces, 4453167753385513185), 0))) <> max(hashint4extended(0, coalesce(hashint4extended(product_pieces, 4453167753385513185), 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM stage.stocks AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.stocks AS staged WHERE true GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'stocks';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'orders', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'orders') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.orders)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'stocks', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'stocks') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.stocks)
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.orders_rows
) AS held WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]));
-- pg_datawarehouse, session 2
INSERT INTO stage.orders_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.orders_rows
) AS held
WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]))
  AND NOT EXISTS (SELECT FROM stage.orders AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.orders AS staged
USING control.orders_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.orders AS staged
LEFT JOIN control.orders_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT customer_country, customer_number FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(customer_country, customer_number) = 0
            GROUP BY customer_country, customer_number
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
            FROM stage.orders
            WHERE num_nulls(customer_country, customer_number) = 0
            GROUP BY customer_country, customer_number
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT product_sku FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
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
            FROM stage.orders
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT customer_country, customer_number, product_sku FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(customer_country, customer_number, product_sku) = 0
            GROUP BY customer_country, customer_number, product_sku
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
            FROM stage.orders
            WHERE num_nulls(customer_country, customer_number, product_sku) = 0
            GROUP BY customer_country, customer_number, product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.orders WHERE num_nonnulls(customer_country, customer_number, product_sku) = 0
    OR num_nulls(customer_country, customer_number) NOT IN (0, 2)
    OR (num_nonnulls(customer_country, customer_number) = 0 AND NOT (ROW(customer_name, customer_born_on, customer_member_since, customer_settings) IS NULL))
    OR (num_nonnulls(product_sku) = 0 AND NOT (ROW(product_price, product_weight, vegan, product_ean) IS NULL))
    OR (customer_born_on NOT BETWEEN '0001-01-01'::date AND '9999-12-31'::date OR customer_member_since NOT BETWEEN '0001-01-01 00:00:00+00'::timestamp with time zone AND '9999-12-31 23:59:59.999999+00'::timestamp with time zone OR product_price NOT BETWEEN '-9999999999.99'::numeric(12,2) AND '9999999999.99'::numeric(12,2));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, customer_country, customer_number, product_sku, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
    FROM stage.orders
    OFFSET '0'
) AS hashed
GROUP BY customer_country, customer_number, product_sku;
-- pg_datawarehouse, session 2
INSERT INTO stage.orders_shared (customer_country, customer_number, product_sku, customer_name, customer_born_on, customer_member_since, customer_settings, product_price, product_weight, vegan, product_ean)
SELECT customer_country, customer_number, product_sku, customer_name, customer_born_on, customer_member_since, customer_settings, product_price, product_weight, vegan, product_ean FROM stage.orders WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.orders_shared
    WHERE customer_country IS NOT NULL
    GROUP BY customer_country, customer_number
    HAVING min(hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 4488792597708719742) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 4488792597708719742) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 8533244335742630828 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 3161608036343723885), 0) # coalesce(hashtextextended(customer_settings::text, 7528982095030606703), 0))) <> max(hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 4488792597708719742) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 4488792597708719742) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 8533244335742630828 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 3161608036343723885), 0) # coalesce(hashtextextended(customer_settings::text, 7528982095030606703), 0)))
)
OR EXISTS (
    SELECT FROM stage.orders_shared
    WHERE product_sku IS NOT NULL
    GROUP BY product_sku
    HAVING min(hashint4extended(0, coalesce(uuid_hash_extended(product_ean, 2967544540178659483), 0) # coalesce(hashint4extended(vegan::integer, 2580905757895929925), 0) # coalesce(hashint8extended(7014229761553084120, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2538122460374986818) ELSE hashfloat8extended(product_weight, 2538122460374986818) END, 0))) <> max(hashint4extended(0, coalesce(uuid_hash_extended(product_ean, 2967544540178659483), 0) # coalesce(hashint4extended(vegan::integer, 2580905757895929925), 0) # coalesce(hashint8extended(7014229761553084120, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2538122460374986818) ELSE hashfloat8extended(product_weight, 2538122460374986818) END, 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.changed;
CREATE TEMPORARY TABLE changed (satellite text, hash_key uuid, staged tid) ON COMMIT DROP;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'customer', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(replace(replace(customer_country, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(customer_number, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'born_on=' || customer_born_on::text, 'member_since=' || (customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.orders
    WHERE ctid IN (SELECT min(ctid) FROM stage.orders WHERE customer_country IS NOT NULL GROUP BY customer_country, customer_number)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'born_on=' || s_customer_born_on::text, 'member_since=' || (s_customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(s_customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(s_customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_customers AS version
    WHERE version.h_customer_hk = delivered.hash_key ORDER BY s_customer_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'product_offer', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'ean=' || product_ean::text, 'is_vegan=' || vegan::text, 'price=' || trim_scale(product_price)::text, 'weight=' || CASE WHEN product_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(product_weight), 'hex') END, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.orders
    WHERE ctid IN (SELECT min(ctid) FROM stage.orders WHERE product_sku IS NOT NULL GROUP BY product_sku)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'ean=' || s_product_offer_ean::text, 'is_vegan=' || s_product_offer_is_vegan::text, 'price=' || trim_scale(s_product_offer_price)::text, 'weight=' || CASE WHEN s_product_offer_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(s_product_offer_weight), 'hex') END, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_products_offers AS version
    WHERE version.h_product_hk = delivered.hash_key ORDER BY s_product_offer_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
ANALYZE pg_temp.changed;
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM stage.orders AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.orders AS staged WHERE true GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_customer_product_hk AS row_key, changed.staged
            FROM vault.l_customers_products AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_customer_hk
            WHERE changed.satellite = 'customer'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.orders UNION ALL SELECT row_key FROM stage.orders_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.orders_rows
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''customer'' here, while other rows of the same ''customer'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM contradicted
JOIN stage.orders AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_customer_product_hk AS row_key, changed.staged
            FROM vault.l_customers_products AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_product_hk
            WHERE changed.satellite = 'product_offer'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.orders UNION ALL SELECT row_key FROM stage.orders_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.orders_rows
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''product_offer'' here, while other rows of the same ''product'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM contradicted
JOIN stage.orders AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'orders';
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.stocks_rows
) AS held WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]));
-- pg_datawarehouse, session 2
INSERT INTO stage.stocks_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.stocks_rows
) AS held
WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]))
  AND NOT EXISTS (SELECT FROM stage.stocks AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.stocks AS staged
USING control.stocks_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.stocks AS staged
LEFT JOIN control.stocks_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT depot_code FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(depot_code) = 0
            GROUP BY depot_code
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
            FROM stage.stocks
            WHERE num_nulls(depot_code) = 0
            GROUP BY depot_code
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT product_sku FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
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
            FROM stage.stocks
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT depot_code, product_sku FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(depot_code, product_sku) = 0
            GROUP BY depot_code, product_sku
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
            FROM stage.stocks
            WHERE num_nulls(depot_code, product_sku) = 0
            GROUP BY depot_code, product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.stocks WHERE num_nonnulls(depot_code, product_sku) = 0
    OR (num_nonnulls(product_sku) = 0 AND NOT (ROW(product_pieces) IS NULL));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, depot_code, product_sku, hashint4extended(0, coalesce(hashint4extended(product_pieces, 293606126910934568), 0)) AS row_hash
    FROM stage.stocks
    OFFSET '0'
) AS hashed
GROUP BY depot_code, product_sku;
-- pg_datawarehouse, session 2
INSERT INTO stage.stocks_shared (depot_code, product_sku, product_pieces)
SELECT depot_code, product_sku, product_pieces FROM stage.stocks WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.stocks_shared
    WHERE product_sku IS NOT NULL
    GROUP BY product_sku
    HAVING min(hashint4extended(0, coalesce(hashint4extended(product_pieces, 4453167753385513185), 0))) <> max(hashint4extended(0, coalesce(hashint4extended(product_pieces, 4453167753385513185), 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.changed;
CREATE TEMPORARY TABLE changed (satellite text, hash_key uuid, staged tid) ON COMMIT DROP;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'product_stock', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'pieces=' || product_pieces::text, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.stocks
    WHERE ctid IN (SELECT min(ctid) FROM stage.stocks WHERE product_sku IS NOT NULL GROUP BY product_sku)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'pieces=' || s_product_stock_pieces::text, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_products_stocks AS version
    WHERE version.h_product_hk = delivered.hash_key ORDER BY s_product_stock_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
ANALYZE pg_temp.changed;
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM stage.stocks AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.stocks AS staged WHERE true GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_depot_product_hk AS row_key, changed.staged
            FROM vault.l_depots_products AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_product_hk
            WHERE changed.satellite = 'product_stock'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.stocks UNION ALL SELECT row_key FROM stage.stocks_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.stocks_rows
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''product_stock'' here, while other rows of the same ''product'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM contradicted
JOIN stage.stocks AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'stocks';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'orders', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'orders') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.orders)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'stocks', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'stocks') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.stocks)
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.orders_rows
) AS held WHERE false;
-- pg_datawarehouse, session 2
INSERT INTO stage.orders_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.orders_rows
) AS held
WHERE false
  AND NOT EXISTS (SELECT FROM stage.orders AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.orders AS staged
USING control.orders_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.orders AS staged
LEFT JOIN control.orders_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT customer_country, customer_number FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(customer_country, customer_number) = 0
            GROUP BY customer_country, customer_number
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
            FROM stage.orders
            WHERE num_nulls(customer_country, customer_number) = 0
            GROUP BY customer_country, customer_number
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT product_sku FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
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
            FROM stage.orders
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT customer_country, customer_number, product_sku FROM stage.orders LIMIT 50000) AS few
            WHERE num_nulls(customer_country, customer_number, product_sku) = 0
            GROUP BY customer_country, customer_number, product_sku
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
            FROM stage.orders
            WHERE num_nulls(customer_country, customer_number, product_sku) = 0
            GROUP BY customer_country, customer_number, product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.orders WHERE num_nonnulls(customer_country, customer_number, product_sku) = 0
    OR num_nulls(customer_country, customer_number) NOT IN (0, 2)
    OR (num_nonnulls(customer_country, customer_number) = 0 AND NOT (ROW(customer_name, customer_born_on, customer_member_since, customer_settings) IS NULL))
    OR (num_nonnulls(product_sku) = 0 AND NOT (ROW(product_price, product_weight, vegan, product_ean) IS NULL))
    OR (customer_born_on NOT BETWEEN '0001-01-01'::date AND '9999-12-31'::date OR customer_member_since NOT BETWEEN '0001-01-01 00:00:00+00'::timestamp with time zone AND '9999-12-31 23:59:59.999999+00'::timestamp with time zone OR product_price NOT BETWEEN '-9999999999.99'::numeric(12,2) AND '9999999999.99'::numeric(12,2));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, customer_country, customer_number, product_sku, hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 222911690584328298) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 222911690584328298) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 5204412976866892984 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 1749533383364613280), 0) # coalesce(hashtextextended(customer_settings::text, 2772842617953279553), 0) # coalesce(uuid_hash_extended(product_ean, 342560816495993763), 0) # coalesce(hashint8extended(4878597100695960095, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2078447706580288873) ELSE hashfloat8extended(product_weight, 2078447706580288873) END, 0) # coalesce(hashint4extended(vegan::integer, 4517541200108123220), 0)) AS row_hash
    FROM stage.orders
    OFFSET '0'
) AS hashed
GROUP BY customer_country, customer_number, product_sku;
-- pg_datawarehouse, session 2
INSERT INTO stage.orders_shared (customer_country, customer_number, product_sku, customer_name, customer_born_on, customer_member_since, customer_settings, product_price, product_weight, vegan, product_ean)
SELECT customer_country, customer_number, product_sku, customer_name, customer_born_on, customer_member_since, customer_settings, product_price, product_weight, vegan, product_ean FROM stage.orders WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.orders_shared
    WHERE customer_country IS NOT NULL
    GROUP BY customer_country, customer_number
    HAVING min(hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 4488792597708719742) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 4488792597708719742) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 8533244335742630828 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 3161608036343723885), 0) # coalesce(hashtextextended(customer_settings::text, 7528982095030606703), 0))) <> max(hashint4extended(0, coalesce(CASE WHEN isfinite(customer_born_on) THEN hashint4extended(customer_born_on - date '2000-01-01', 4488792597708719742) ELSE hash_record_extended(ROW(date_send(customer_born_on)), 4488792597708719742) END, 0) # coalesce(timestamp_hash_extended((customer_member_since AT TIME ZONE 'UTC'), timestamp_hash_extended(date_bin(interval '4294.967296 s', (customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'), 8533244335742630828 + timestamp_cmp((customer_member_since AT TIME ZONE 'UTC'), timestamp '2000-01-01'))), 0) # coalesce(hashtextextended(customer_name, 3161608036343723885), 0) # coalesce(hashtextextended(customer_settings::text, 7528982095030606703), 0)))
)
OR EXISTS (
    SELECT FROM stage.orders_shared
    WHERE product_sku IS NOT NULL
    GROUP BY product_sku
    HAVING min(hashint4extended(0, coalesce(uuid_hash_extended(product_ean, 2967544540178659483), 0) # coalesce(hashint4extended(vegan::integer, 2580905757895929925), 0) # coalesce(hashint8extended(7014229761553084120, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2538122460374986818) ELSE hashfloat8extended(product_weight, 2538122460374986818) END, 0))) <> max(hashint4extended(0, coalesce(uuid_hash_extended(product_ean, 2967544540178659483), 0) # coalesce(hashint4extended(vegan::integer, 2580905757895929925), 0) # coalesce(hashint8extended(7014229761553084120, hash_numeric_extended(product_price, (product_price < 0)::integer)), 0) # coalesce(CASE WHEN product_weight = 0 THEN hash_record_extended(ROW(float8send(product_weight)), 2538122460374986818) ELSE hashfloat8extended(product_weight, 2538122460374986818) END, 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.changed;
CREATE TEMPORARY TABLE changed (satellite text, hash_key uuid, staged tid) ON COMMIT DROP;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'customer', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(replace(replace(customer_country, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(customer_number, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'born_on=' || customer_born_on::text, 'member_since=' || (customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.orders
    WHERE ctid IN (SELECT min(ctid) FROM stage.orders WHERE customer_country IS NOT NULL GROUP BY customer_country, customer_number)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'born_on=' || s_customer_born_on::text, 'member_since=' || (s_customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(s_customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(s_customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_customers AS version
    WHERE version.h_customer_hk = delivered.hash_key ORDER BY s_customer_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'product_offer', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'ean=' || product_ean::text, 'is_vegan=' || vegan::text, 'price=' || trim_scale(product_price)::text, 'weight=' || CASE WHEN product_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(product_weight), 'hex') END, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.orders
    WHERE ctid IN (SELECT min(ctid) FROM stage.orders WHERE product_sku IS NOT NULL GROUP BY product_sku)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'ean=' || s_product_offer_ean::text, 'is_vegan=' || s_product_offer_is_vegan::text, 'price=' || trim_scale(s_product_offer_price)::text, 'weight=' || CASE WHEN s_product_offer_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(s_product_offer_weight), 'hex') END, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_products_offers AS version
    WHERE version.h_product_hk = delivered.hash_key ORDER BY s_product_offer_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
ANALYZE pg_temp.changed;
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM stage.orders AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.orders AS staged WHERE true GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_customer_product_hk AS row_key, changed.staged
            FROM vault.l_customers_products AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_customer_hk
            WHERE changed.satellite = 'customer'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.orders UNION ALL SELECT row_key FROM stage.orders_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.orders_rows
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''customer'' here, while other rows of the same ''customer'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM contradicted
JOIN stage.orders AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_customer_product_hk AS row_key, changed.staged
            FROM vault.l_customers_products AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_product_hk
            WHERE changed.satellite = 'product_offer'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.orders UNION ALL SELECT row_key FROM stage.orders_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT row_key, row_hash, row_place FROM control.orders_rows
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''product_offer'' here, while other rows of the same ''product'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM contradicted
JOIN stage.orders AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'orders';
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT held.row_key, held.row_hash, held.row_place
    FROM control.stocks_rows AS held
    JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = held.row_key
    JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
    WHERE h_depots.h_depot_code >= '1'::bigint AND h_depots.h_depot_code <= '1000'::bigint
) AS held WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]));
-- pg_datawarehouse, session 2
INSERT INTO stage.stocks_gone
SELECT held.row_key
FROM (
    SELECT held.row_key, held.row_hash, held.row_place
    FROM control.stocks_rows AS held
    JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = held.row_key
    JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
    WHERE h_depots.h_depot_code >= '1'::bigint AND h_depots.h_depot_code <= '1000'::bigint
) AS held
WHERE (coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) = ANY('{1}'::bigint[]))
  AND NOT EXISTS (SELECT FROM stage.stocks AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.stocks AS staged
USING control.stocks_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.stocks AS staged
LEFT JOIN control.stocks_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT depot_code FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(depot_code) = 0
            GROUP BY depot_code
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
            FROM stage.stocks
            WHERE num_nulls(depot_code) = 0
            GROUP BY depot_code
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT product_sku FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
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
            FROM stage.stocks
            WHERE num_nulls(product_sku) = 0
            GROUP BY product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
WITH first AS MATERIALIZED (
    SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
        FROM (
            SELECT count(*) AS row_count
            FROM (SELECT depot_code, product_sku FROM stage.stocks LIMIT 50000) AS few
            WHERE num_nulls(depot_code, product_sku) = 0
            GROUP BY depot_code, product_sku
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
            FROM stage.stocks
            WHERE num_nulls(depot_code, product_sku) = 0
            GROUP BY depot_code, product_sku
        ) AS keys
) AS counted
WHERE NOT EXISTS (SELECT FROM settled);
-- pg_datawarehouse, session 2
SELECT count(*) > 0 FROM stage.stocks WHERE num_nonnulls(depot_code, product_sku) = 0
    OR (num_nonnulls(product_sku) = 0 AND NOT (ROW(product_pieces) IS NULL));
-- pg_datawarehouse, session 2
DO 'BEGIN
    IF pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks_shared;
END';
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.combined;
-- pg_datawarehouse, session 2
CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, depot_code, product_sku, hashint4extended(0, coalesce(hashint4extended(product_pieces, 293606126910934568), 0)) AS row_hash
    FROM stage.stocks
    OFFSET '0'
) AS hashed
GROUP BY depot_code, product_sku;
-- pg_datawarehouse, session 2
INSERT INTO stage.stocks_shared (depot_code, product_sku, product_pieces)
SELECT depot_code, product_sku, product_pieces FROM stage.stocks WHERE ctid IN (SELECT row_at FROM pg_temp.combined);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn);
-- pg_datawarehouse, session 2
SELECT EXISTS (
    SELECT FROM stage.stocks_shared
    WHERE product_sku IS NOT NULL
    GROUP BY product_sku
    HAVING min(hashint4extended(0, coalesce(hashint4extended(product_pieces, 4453167753385513185), 0))) <> max(hashint4extended(0, coalesce(hashint4extended(product_pieces, 4453167753385513185), 0)))
);
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 2
DROP TABLE IF EXISTS pg_temp.changed;
CREATE TEMPORARY TABLE changed (satellite text, hash_key uuid, staged tid) ON COMMIT DROP;
-- pg_datawarehouse, session 2
INSERT INTO pg_temp.changed
SELECT 'product_stock', delivered.hash_key, delivered.place
FROM (
    SELECT md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid AS hash_key, md5(convert_to(concat_ws('|', 'pieces=' || product_pieces::text, ''), 'UTF8'))::uuid AS hashdiff, ctid AS place
    FROM stage.stocks
    WHERE ctid IN (SELECT min(ctid) FROM stage.stocks WHERE product_sku IS NOT NULL GROUP BY product_sku)
    OFFSET '0'
) AS delivered
JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'pieces=' || s_product_stock_pieces::text, ''), 'UTF8'))::uuid AS hashdiff FROM vault.s_products_stocks AS version
    WHERE version.h_product_hk = delivered.hash_key ORDER BY s_product_stock_load_ts DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff;
-- pg_datawarehouse, session 2
ANALYZE pg_temp.changed;
-- pg_datawarehouse, session 2
SELECT CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN 'the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row' ELSE 'the feed delivers more than one row with this row key' END, jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM stage.stocks AS staged
WHERE (row_key) IN (SELECT row_key FROM stage.stocks AS staged WHERE true GROUP BY row_key HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY row_key)
ORDER BY row_key
LIMIT 6;
-- pg_datawarehouse, session 2
WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            SELECT link.l_depot_product_hk AS row_key, changed.staged
            FROM vault.l_depots_products AS link
            JOIN pg_temp.changed ON changed.hash_key = link.h_product_hk
            WHERE changed.satellite = 'product_stock'
            OFFSET '0'
        ) AS rows
        WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.stocks UNION ALL SELECT row_key FROM stage.stocks_gone) AS delivered
    WHERE delivered.row_key = rows.row_key
)
        OFFSET '0'
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            SELECT held.row_key, held.row_hash, held.row_place
            FROM control.stocks_rows AS held
            JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = held.row_key
            JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
            WHERE h_depots.h_depot_code >= '1'::bigint AND h_depots.h_depot_code <= '1000'::bigint
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT 6
)
SELECT 'changes ''product_stock'' here, while other rows of the same ''product'' do not', jsonb_strip_nulls(to_jsonb(staged.*) - '{row_hash,row_key}'::text[])::text
FROM contradicted
JOIN stage.stocks AS staged ON staged.ctid = contradicted.changing;
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'stocks';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'orders', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'orders') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.orders)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'stocks', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'stocks') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.stocks)
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.orders_rows
) AS held WHERE false;
-- pg_datawarehouse, session 2
INSERT INTO stage.orders_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.orders_rows
) AS held
WHERE false
  AND NOT EXISTS (SELECT FROM stage.orders AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.orders AS staged
USING control.orders_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.orders AS staged
LEFT JOIN control.orders_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'orders';
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.stocks_rows
) AS held WHERE false;
-- pg_datawarehouse, session 2
INSERT INTO stage.stocks_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.stocks_rows
) AS held
WHERE false
  AND NOT EXISTS (SELECT FROM stage.stocks AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.stocks AS staged
USING control.stocks_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.stocks AS staged
LEFT JOIN control.stocks_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'stocks';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'orders', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'orders') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.orders)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'stocks', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'stocks') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.stocks)
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.orders_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT row_key, row_hash, row_place FROM control.orders_rows
) AS held WHERE false;
-- pg_datawarehouse, session 2
INSERT INTO stage.orders_gone
SELECT held.row_key
FROM (
    SELECT row_key, row_hash, row_place FROM control.orders_rows
) AS held
WHERE false
  AND NOT EXISTS (SELECT FROM stage.orders AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.orders AS staged
USING control.orders_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.orders AS staged
LEFT JOIN control.orders_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'orders';
-- pg_datawarehouse, session 2
SELECT EXISTS (SELECT FROM control.stocks_rows);
-- pg_datawarehouse, session 2
SELECT shift, hashed, places::text, buckets::text, everything FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 2
SELECT count(*) FROM (
    SELECT held.row_key, held.row_hash, held.row_place
    FROM control.stocks_rows AS held
    JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = held.row_key
    JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
    WHERE h_depots.h_depot_code >= '1'::bigint AND h_depots.h_depot_code <= '1000'::bigint
) AS held WHERE false;
-- pg_datawarehouse, session 2
INSERT INTO stage.stocks_gone
SELECT held.row_key
FROM (
    SELECT held.row_key, held.row_hash, held.row_place
    FROM control.stocks_rows AS held
    JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = held.row_key
    JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
    WHERE h_depots.h_depot_code >= '1'::bigint AND h_depots.h_depot_code <= '1000'::bigint
) AS held
WHERE false
  AND NOT EXISTS (SELECT FROM stage.stocks AS staged WHERE staged.row_key = held.row_key);
-- pg_datawarehouse, session 2
SAVEPOINT delivered;
-- pg_datawarehouse, session 2
DELETE FROM stage.stocks AS staged
USING control.stocks_rows AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash;
-- pg_datawarehouse, session 2
SELECT count(*), count(held.row_key)
FROM stage.stocks AS staged
LEFT JOIN control.stocks_rows AS held USING (row_key);
-- pg_datawarehouse, session 2
UPDATE stage.selections SET unique_hubs = :unique, shared_hubs = :shared WHERE model = 'shop' AND feed = 'stocks';
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'orders', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'orders') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.orders)
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum);
-- pg_datawarehouse, session 2
INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT :load_id, 'stocks', :new, :changed, :gone,
    (SELECT rows_held FROM stage.selections WHERE model = 'shop' AND feed = 'stocks') + :new - :gone,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.stocks)
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

-- step l_update_s_product_stock 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_products_stocks (h_product_hk, s_product_stock_load_ts, s_product_stock_record_source, s_product_stock_pieces, s_product_stock_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', product_pieces, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(product_sku) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'pieces=' || product_pieces::text, ''), 'UTF8'))::uuid AS hashdiff, product_pieces
    FROM stage.stocks_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.stocks_shared WHERE product_sku IS NOT NULL GROUP BY product_sku)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_product_stock_hashdiff AS hashdiff
    FROM vault.s_products_stocks
    WHERE h_product_hk = delivered.hash_key
    ORDER BY s_product_stock_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_product_stock 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_products_stocks (h_product_hk, s_product_stock_load_ts, s_product_stock_record_source, s_product_stock_pieces, s_product_stock_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', product_pieces, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(product_sku) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'pieces=' || product_pieces::text, ''), 'UTF8'))::uuid AS hashdiff, product_pieces
    FROM stage.stocks_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.stocks_shared WHERE product_sku IS NOT NULL GROUP BY product_sku)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'pieces=' || s_product_stock_pieces::text, ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_products_stocks
    WHERE h_product_hk = delivered.hash_key
    ORDER BY s_product_stock_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_product_offer 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_products_offers (h_product_hk, s_product_offer_load_ts, s_product_offer_record_source, s_product_offer_price, s_product_offer_weight, s_product_offer_is_vegan, s_product_offer_ean, s_product_offer_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', product_price, product_weight, vegan, product_ean, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(product_sku) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'ean=' || product_ean::text, 'is_vegan=' || vegan::text, 'price=' || trim_scale(product_price)::text, 'weight=' || CASE WHEN product_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(product_weight), 'hex') END, ''), 'UTF8'))::uuid AS hashdiff, product_price, product_weight, vegan, product_ean
    FROM stage.orders_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.orders_shared WHERE product_sku IS NOT NULL GROUP BY product_sku)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_product_offer_hashdiff AS hashdiff
    FROM vault.s_products_offers
    WHERE h_product_hk = delivered.hash_key
    ORDER BY s_product_offer_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_product_offer 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_products_offers (h_product_hk, s_product_offer_load_ts, s_product_offer_record_source, s_product_offer_price, s_product_offer_weight, s_product_offer_is_vegan, s_product_offer_ean, s_product_offer_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', product_price, product_weight, vegan, product_ean, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(product_sku) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'ean=' || product_ean::text, 'is_vegan=' || vegan::text, 'price=' || trim_scale(product_price)::text, 'weight=' || CASE WHEN product_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(product_weight), 'hex') END, ''), 'UTF8'))::uuid AS hashdiff, product_price, product_weight, vegan, product_ean
    FROM stage.orders_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.orders_shared WHERE product_sku IS NOT NULL GROUP BY product_sku)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'ean=' || s_product_offer_ean::text, 'is_vegan=' || s_product_offer_is_vegan::text, 'price=' || trim_scale(s_product_offer_price)::text, 'weight=' || CASE WHEN s_product_offer_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(s_product_offer_weight), 'hex') END, ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_products_offers
    WHERE h_product_hk = delivered.hash_key
    ORDER BY s_product_offer_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_customer 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_customers (h_customer_hk, s_customer_load_ts, s_customer_record_source, s_customer_name, s_customer_born_on, s_customer_member_since, s_customer_settings, s_customer_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', customer_name, customer_born_on, customer_member_since, customer_settings, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(customer_country, customer_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(customer_country, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(customer_number, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'born_on=' || customer_born_on::text, 'member_since=' || (customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff, customer_name, customer_born_on, customer_member_since, customer_settings
    FROM stage.orders_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.orders_shared WHERE customer_country IS NOT NULL GROUP BY customer_country, customer_number)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_customer_hashdiff AS hashdiff
    FROM vault.s_customers
    WHERE h_customer_hk = delivered.hash_key
    ORDER BY s_customer_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_s_customer 2
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_customers (h_customer_hk, s_customer_load_ts, s_customer_record_source, s_customer_name, s_customer_born_on, s_customer_member_since, s_customer_settings, s_customer_hashdiff)
SELECT delivered.hash_key, :load_ts, 'pg_datasource', customer_name, customer_born_on, customer_member_since, customer_settings, delivered.hashdiff
FROM (
    SELECT CASE WHEN num_nonnulls(customer_country, customer_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(customer_country, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(customer_number, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, md5(convert_to(concat_ws('|', 'born_on=' || customer_born_on::text, 'member_since=' || (customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff, customer_name, customer_born_on, customer_member_since, customer_settings
    FROM stage.orders_shared
    WHERE ctid IN (SELECT min(ctid) FROM stage.orders_shared WHERE customer_country IS NOT NULL GROUP BY customer_country, customer_number)
    OFFSET '0'
) AS delivered
LEFT JOIN LATERAL (
    SELECT md5(convert_to(concat_ws('|', 'born_on=' || s_customer_born_on::text, 'member_since=' || (s_customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(s_customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(s_customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8'))::uuid AS hashdiff
    FROM vault.s_customers
    WHERE h_customer_hk = delivered.hash_key
    ORDER BY s_customer_load_ts DESC
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.l_customers_products (l_customer_product_hk, l_customer_product_load_ts, l_customer_product_record_source, h_customer_hk, h_product_hk)
SELECT keyed.row_key, :load_ts, 'pg_datasource', h_customer_hk, h_product_hk
FROM (
    SELECT staged.row_key, coalesce(of_customer.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_customer_hk, coalesce(of_product.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_product_hk
    FROM stage.orders AS staged
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(customer_country, customer_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(customer_country, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(customer_number, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, customer_country, customer_number
    FROM (
        SELECT DISTINCT customer_country, customer_number FROM stage.orders_shared WHERE customer_country IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_customer ON of_customer.customer_country = staged.customer_country AND of_customer.customer_number = staged.customer_number
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(product_sku) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, product_sku
    FROM (
        SELECT DISTINCT product_sku FROM stage.orders_shared WHERE product_sku IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_product ON of_product.product_sku = staged.product_sku
    
    OFFSET '0'
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.l_customers_products AS known WHERE known.l_customer_product_hk = keyed.row_key);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_customers_products_effectivity (l_customer_product_hk, s_customer_product_effectivity_load_ts, s_customer_product_effectivity_record_source, s_customer_product_effectivity_is_active)
SELECT delivered.row_key, :load_ts, 'pg_datasource', delivered.active
FROM (
    SELECT row_key, true AS active FROM stage.orders
    UNION ALL
    SELECT row_key, false AS active FROM stage.orders_gone
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_customer_product_effectivity_is_active
    FROM vault.s_customers_products_effectivity
    WHERE l_customer_product_hk = delivered.row_key
    ORDER BY s_customer_product_effectivity_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE coalesce(latest.s_customer_product_effectivity_is_active, false) <> delivered.active;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.l_depots_products (l_depot_product_hk, l_depot_product_load_ts, l_depot_product_record_source, h_depot_hk, h_product_hk)
SELECT keyed.row_key, :load_ts, 'pg_datasource', h_depot_hk, h_product_hk
FROM (
    SELECT staged.row_key, coalesce(of_depot.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_depot_hk, coalesce(of_product.hash_key, '00000000-0000-0000-0000-000000000000'::uuid) AS h_product_hk
    FROM stage.stocks AS staged
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(depot_code) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(depot_code::text, '\N')), 'UTF8'))::uuid END AS hash_key, depot_code
    FROM (
        SELECT DISTINCT depot_code FROM stage.stocks_shared WHERE depot_code IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_depot ON of_depot.depot_code = staged.depot_code
    LEFT JOIN (
    SELECT CASE WHEN num_nonnulls(product_sku) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, product_sku
    FROM (
        SELECT DISTINCT product_sku FROM stage.stocks_shared WHERE product_sku IS NOT NULL
    ) AS delivered
    OFFSET '0'
    ) AS of_product ON of_product.product_sku = staged.product_sku
    
    OFFSET '0'
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.l_depots_products AS known WHERE known.l_depot_product_hk = keyed.row_key);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.s_depots_products_effectivity (l_depot_product_hk, s_depot_product_effectivity_load_ts, s_depot_product_effectivity_record_source, s_depot_product_effectivity_is_active)
SELECT delivered.row_key, :load_ts, 'pg_datasource', delivered.active
FROM (
    SELECT row_key, true AS active FROM stage.stocks
    UNION ALL
    SELECT row_key, false AS active FROM stage.stocks_gone
) AS delivered
LEFT JOIN LATERAL (
    SELECT s_depot_product_effectivity_is_active
    FROM vault.s_depots_products_effectivity
    WHERE l_depot_product_hk = delivered.row_key
    ORDER BY s_depot_product_effectivity_load_ts DESC
    LIMIT 1
) AS latest ON true
WHERE coalesce(latest.s_depot_product_effectivity_is_active, false) <> delivered.active;
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_depot 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_depots (h_depot_hk, h_depot_load_ts, h_depot_record_source, h_depot_code)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', depot_code
FROM (
    (
    SELECT CASE WHEN num_nonnulls(depot_code) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(depot_code::text, '\N')), 'UTF8'))::uuid END AS hash_key, depot_code
    FROM (
        SELECT DISTINCT depot_code FROM stage.stocks_shared WHERE depot_code IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_depots AS known WHERE known.h_depot_hk = keyed.hash_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_product 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_products (h_product_hk, h_product_load_ts, h_product_record_source, h_product_sku)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', product_sku
FROM (
    (
    SELECT CASE WHEN num_nonnulls(product_sku) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, product_sku
    FROM (
        SELECT DISTINCT product_sku FROM stage.orders_shared WHERE product_sku IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
    UNION
    (
    SELECT CASE WHEN num_nonnulls(product_sku) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(product_sku, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, product_sku
    FROM (
        SELECT DISTINCT product_sku FROM stage.stocks_shared WHERE product_sku IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_products AS known WHERE known.h_product_hk = keyed.hash_key);
-- pg_datawarehouse, session 1
INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (:load_id, :step, :counts, :seconds)
ON CONFLICT (load_id, step) DO NOTHING;
-- pg_datawarehouse, session 1
COMMIT;

-- step l_update_h_customer 1
-- pg_datawarehouse, session 1
SELECT set_config('application_name', :name, true);
-- pg_datawarehouse, session 1
SELECT status FROM control.loads WHERE load_id = :load_id AND load_ts = :load_ts FOR SHARE;
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
SELECT step, counts FROM control.load_steps WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = 'shop' AND load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO vault.h_customers (h_customer_hk, h_customer_load_ts, h_customer_record_source, h_customer_country, h_customer_number)
SELECT keyed.hash_key, :load_ts, 'pg_datasource', customer_country, customer_number
FROM (
    (
    SELECT CASE WHEN num_nonnulls(customer_country, customer_number) = 0 THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE md5(convert_to(concat_ws('|', coalesce(replace(replace(customer_country, '\', '\\'), '|', '\|'), '\N'), coalesce(replace(replace(customer_number, '\', '\\'), '|', '\|'), '\N')), 'UTF8'))::uuid END AS hash_key, customer_country, customer_number
    FROM (
        SELECT DISTINCT customer_country, customer_number FROM stage.orders_shared WHERE customer_country IS NOT NULL
    ) AS delivered
    OFFSET '0'
    )
) AS keyed
WHERE NOT EXISTS (SELECT FROM vault.h_customers AS known WHERE known.h_customer_hk = keyed.hash_key);
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.orders
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.orders_rows AS held USING stage.orders_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.orders_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.orders_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.orders_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.orders_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.orders_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.orders_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.orders_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'orders', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.orders_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.orders_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.orders_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.orders
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.orders_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.stocks
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.stocks_rows AS held USING stage.stocks_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.stocks_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.stocks_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.stocks_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.stocks_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.stocks_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.stocks_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.stocks_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'stocks', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.stocks_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.stocks_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.stocks
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.stocks_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.orders_buckets);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.orders
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.orders_rows AS held USING stage.orders_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.orders_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.orders_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.orders_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.orders_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.orders_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.orders_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.orders_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'orders', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.orders_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.orders_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.orders_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.orders
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.orders_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_buckets);
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.stocks
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.stocks_rows AS held USING stage.stocks_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.stocks_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.stocks_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.stocks_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.stocks_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.stocks_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.stocks_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.stocks_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'stocks', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.stocks_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.stocks_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.stocks
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.stocks_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.orders
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.orders_rows AS held USING stage.orders_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.orders_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.orders_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.orders_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.orders_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.orders_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.orders_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.orders_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'orders', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.orders_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.orders_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.orders_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.orders
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.orders_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
SELECT count(*) > 0
FROM (
    SELECT l_depot_product_hk FROM vault.s_depots_products_effectivity WHERE s_depot_product_effectivity_load_ts = :load_ts
    UNION
    SELECT l_depot_product_hk FROM vault.l_depots_products WHERE h_product_hk IN (SELECT h_product_hk FROM vault.s_products_stocks WHERE s_product_stock_load_ts = :load_ts)
) AS touched (row_key)
JOIN control.stocks_rows AS held USING (row_key)
WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.stocks UNION ALL SELECT row_key FROM stage.stocks_gone) AS delivered
    WHERE delivered.row_key = touched.row_key
);
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.stocks
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.stocks_rows AS held USING stage.stocks_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= -4611686018427387904 AS placed, row_count FROM control.stocks_buckets WHERE row_count > 0
) AS filled;
-- pg_datawarehouse, session 1
SELECT count(*), count(row_place) FROM control.stocks_rows;
-- pg_datawarehouse, session 1
SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.stocks_rows TABLESAMPLE BERNOULLI (100) REPEATABLE (0)
) AS sampled;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''control.stocks_buckets'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE control.stocks_buckets IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE control.stocks_buckets;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM control.stocks_buckets;
END';
-- pg_datawarehouse, session 1
INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ('shop', 'stocks', '', 4, 64)
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed);
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_buckets (bucket, row_count, hash_sum, weighted_sum)
SELECT
    coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer) AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum(coalesce((row_hash >> 5) * (row_place & 15), 0)) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        SELECT row_hash, row_place FROM control.stocks_rows
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY 1;
-- pg_datawarehouse, session 1
ANALYZE control.stocks_buckets;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.stocks
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.stocks_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.orders_buckets);
-- pg_datawarehouse, session 1
INSERT INTO control.orders_buckets AS kept (bucket, row_count, hash_sum, weighted_sum)
SELECT coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer), sum(sign), sum(sign * row_hash::numeric), sum(sign * coalesce((row_hash >> 5) * (row_place & 15), 0))
FROM (
    SELECT 1 AS sign, row_hash, NULL::bigint AS row_place FROM stage.orders
    UNION ALL
    SELECT -1, held.row_hash, held.row_place
    FROM control.orders_rows AS held
    WHERE held.row_key IN (SELECT row_key FROM stage.orders UNION ALL SELECT row_key FROM stage.orders_gone)
) AS changes
GROUP BY 1
ON CONFLICT (bucket) DO UPDATE SET
    row_count = kept.row_count + EXCLUDED.row_count,
    hash_sum = kept.hash_sum + EXCLUDED.hash_sum,
    weighted_sum = kept.weighted_sum + EXCLUDED.weighted_sum;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.orders
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.orders_rows AS held USING stage.orders_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.orders
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.orders_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_buckets);
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_buckets AS kept (bucket, row_count, hash_sum, weighted_sum)
SELECT coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer), sum(sign), sum(sign * row_hash::numeric), sum(sign * coalesce((row_hash >> 5) * (row_place & 15), 0))
FROM (
    SELECT 1 AS sign, row_hash, NULL::bigint AS row_place FROM stage.stocks
    UNION ALL
    SELECT -1, held.row_hash, held.row_place
    FROM control.stocks_rows AS held
    WHERE held.row_key IN (SELECT row_key FROM stage.stocks UNION ALL SELECT row_key FROM stage.stocks_gone)
) AS changes
GROUP BY 1
ON CONFLICT (bucket) DO UPDATE SET
    row_count = kept.row_count + EXCLUDED.row_count,
    hash_sum = kept.hash_sum + EXCLUDED.hash_sum,
    weighted_sum = kept.weighted_sum + EXCLUDED.weighted_sum;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.stocks
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.stocks_rows AS held USING stage.stocks_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.stocks
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.stocks_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
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
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'orders' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT load_id FROM stage.selections WHERE model = 'shop' AND feed = 'stocks' AND load_id = :load_id;
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'orders' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.orders_buckets);
-- pg_datawarehouse, session 1
INSERT INTO control.orders_buckets AS kept (bucket, row_count, hash_sum, weighted_sum)
SELECT coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer), sum(sign), sum(sign * row_hash::numeric), sum(sign * coalesce((row_hash >> 5) * (row_place & 15), 0))
FROM (
    SELECT 1 AS sign, row_hash, NULL::bigint AS row_place FROM stage.orders
    UNION ALL
    SELECT -1, held.row_hash, held.row_place
    FROM control.orders_rows AS held
    WHERE held.row_key IN (SELECT row_key FROM stage.orders UNION ALL SELECT row_key FROM stage.orders_gone)
) AS changes
GROUP BY 1
ON CONFLICT (bucket) DO UPDATE SET
    row_count = kept.row_count + EXCLUDED.row_count,
    hash_sum = kept.hash_sum + EXCLUDED.hash_sum,
    weighted_sum = kept.weighted_sum + EXCLUDED.weighted_sum;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.orders
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.orders_rows AS held USING stage.orders_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.orders_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.orders
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.orders_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.orders'') + pg_relation_size(''stage.orders_gone'') + pg_relation_size(''stage.orders_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.orders, stage.orders_gone, stage.orders_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.orders, stage.orders_gone, stage.orders_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.orders; DELETE FROM stage.orders_gone; DELETE FROM stage.orders_shared;
END';
-- pg_datawarehouse, session 1
SELECT count(*) > 0
FROM (
    SELECT l_depot_product_hk FROM vault.s_depots_products_effectivity WHERE s_depot_product_effectivity_load_ts = :load_ts
    UNION
    SELECT l_depot_product_hk FROM vault.l_depots_products WHERE h_product_hk IN (SELECT h_product_hk FROM vault.s_products_stocks WHERE s_product_stock_load_ts = :load_ts)
) AS touched (row_key)
JOIN control.stocks_rows AS held USING (row_key)
WHERE NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.stocks UNION ALL SELECT row_key FROM stage.stocks_gone) AS delivered
    WHERE delivered.row_key = touched.row_key
);
-- pg_datawarehouse, session 1
SELECT shift, hashed FROM control.cuts
WHERE model = 'shop' AND feed = 'stocks' AND placed_by = '';
-- pg_datawarehouse, session 1
SELECT EXISTS (SELECT FROM control.stocks_buckets);
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_buckets AS kept (bucket, row_count, hash_sum, weighted_sum)
SELECT coalesce(row_place >> 4, (-9223372036854775808) + ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer), sum(sign), sum(sign * row_hash::numeric), sum(sign * coalesce((row_hash >> 5) * (row_place & 15), 0))
FROM (
    SELECT 1 AS sign, row_hash, NULL::bigint AS row_place FROM stage.stocks
    UNION ALL
    SELECT -1, held.row_hash, held.row_place
    FROM control.stocks_rows AS held
    WHERE held.row_key IN (SELECT row_key FROM stage.stocks UNION ALL SELECT row_key FROM stage.stocks_gone)
) AS changes
GROUP BY 1
ON CONFLICT (bucket) DO UPDATE SET
    row_count = kept.row_count + EXCLUDED.row_count,
    hash_sum = kept.hash_sum + EXCLUDED.hash_sum,
    weighted_sum = kept.weighted_sum + EXCLUDED.weighted_sum;
-- pg_datawarehouse, session 1
SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = :load_id;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_rows (row_key, row_hash, row_place)
SELECT row_key, row_hash, NULL::bigint FROM stage.stocks
ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place);
-- pg_datawarehouse, session 1
DELETE FROM control.stocks_rows AS held USING stage.stocks_gone AS gone WHERE held.row_key = gone.row_key;
-- pg_datawarehouse, session 1
INSERT INTO control.stocks_changes (load_ts, row_key, row_hash)
SELECT :load_ts, row_key, row_hash FROM stage.stocks
UNION ALL
SELECT :load_ts, row_key, NULL FROM stage.stocks_gone;
-- pg_datawarehouse, session 1
DO 'BEGIN
    IF pg_relation_size(''stage.stocks'') + pg_relation_size(''stage.stocks_gone'') + pg_relation_size(''stage.stocks_shared'') > 0 THEN
        SET LOCAL lock_timeout = ''2s'';
            LOCK TABLE stage.stocks, stage.stocks_gone, stage.stocks_shared IN ACCESS EXCLUSIVE MODE;
            SET LOCAL lock_timeout = ''600000ms'';
        TRUNCATE stage.stocks, stage.stocks_gone, stage.stocks_shared;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    DELETE FROM stage.stocks; DELETE FROM stage.stocks_gone; DELETE FROM stage.stocks_shared;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_order_load_ts, count(), countIf(dm_order_load_end_ts = dm_order_load_ts) FROM dm_orders_history GROUP BY dm_order_load_ts;
-- ch_datamart, session 2
SELECT dm_order_load_end_ts, count(), countIf(is_past = 1)
FROM dm_orders_history
WHERE dm_order_load_end_ts > dm_order_load_ts AND (dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_order_load_end_ts;

-- step e_from_ch_datamart 2
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_stock_load_ts, count(), countIf(dm_stock_load_end_ts = dm_stock_load_ts) FROM dm_stocks_history GROUP BY dm_stock_load_ts;
-- ch_datamart, session 2
SELECT dm_stock_load_end_ts, count(), countIf(is_past = 1)
FROM dm_stocks_history
WHERE dm_stock_load_end_ts > dm_stock_load_ts AND (dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_stock_load_end_ts;

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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
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
WHERE database = currentDatabase() AND table IN ('dm_orders_loads', 'dm_orders_loads_kept');
-- ch_datamart, session 2
SELECT load_ts, max(row_versions) FROM dm_orders_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 2
SELECT dm_order_load_ts, count() FROM dm_orders_history GROUP BY dm_order_load_ts ORDER BY dm_order_load_ts;

-- step t_find_new_rows (mart) 2
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
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
WHERE database = currentDatabase() AND table IN ('dm_stocks_loads', 'dm_stocks_loads_kept');
-- ch_datamart, session 2
SELECT load_ts, max(row_versions) FROM dm_stocks_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 2
SELECT dm_stock_load_ts, count() FROM dm_stocks_history GROUP BY dm_stock_load_ts ORDER BY dm_stock_load_ts;

-- step t_find_new_rows (mart) 3
-- pg_datawarehouse, session 1
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 2
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
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
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 4
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'country=' || replace(replace(customer_country, '\', '\\'), '|', '\|'), 'customer_digest_0=' || customer_digest_0::text, 'dm_order_uuid=' || row_key::text, 'number=' || replace(replace(customer_number, '\', '\\'), '|', '\|'), 'product_offer_digest_0=' || product_offer_digest_0::text, 'sku=' || replace(replace(product_sku, '\', '\\'), '|', '\|'), ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_customer_product_hk AS row_key, s_customers.customer_digest_0, s_products_offers.product_offer_digest_0,
            h_customers.h_customer_country AS customer_country,
            h_customers.h_customer_number AS customer_number,
            s_customers.s_customer_name AS customer_name,
            s_customers.s_customer_born_on AS customer_born_on,
            s_customers.s_customer_member_since AS customer_member_since,
            s_customers.s_customer_settings AS customer_settings,
            h_products.h_product_sku AS product_sku,
            s_products_offers.s_product_offer_price AS product_price,
            s_products_offers.s_product_offer_weight AS product_weight,
            s_products_offers.s_product_offer_is_vegan AS vegan,
            s_products_offers.s_product_offer_ean AS product_ean
        FROM vault.l_customers_products AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_customers_products_effectivity AS version
            WHERE version.s_customer_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_customer_product_hk, s_customer_product_effectivity_load_ts FROM vault.s_customers_products_effectivity WHERE s_customer_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_customer_product_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_customer_product_hk = version.l_customer_product_hk AND (later.s_customer_product_effectivity_load_ts) > (version.s_customer_product_effectivity_load_ts)
                )
        ) AS s_customers_products_effectivity ON s_customers_products_effectivity.l_customer_product_hk = link.l_customer_product_hk
        JOIN vault.h_customers ON h_customers.h_customer_hk = link.h_customer_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'born_on=' || s_customer_born_on::text, 'member_since=' || (s_customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(s_customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(s_customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8')) AS customer_digest_0
            FROM vault.s_customers AS version
            WHERE version.s_customer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_customer_hk, s_customer_load_ts FROM vault.s_customers WHERE s_customer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_customer_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_customer_hk = version.h_customer_hk AND (later.s_customer_load_ts) > (version.s_customer_load_ts)
                )
        ) AS s_customers ON s_customers.h_customer_hk = link.h_customer_hk
        JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'ean=' || s_product_offer_ean::text, 'is_vegan=' || s_product_offer_is_vegan::text, 'price=' || trim_scale(s_product_offer_price)::text, 'weight=' || CASE WHEN s_product_offer_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(s_product_offer_weight), 'hex') END, ''), 'UTF8')) AS product_offer_digest_0
            FROM vault.s_products_offers AS version
            WHERE version.s_product_offer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_product_hk, s_product_offer_load_ts FROM vault.s_products_offers WHERE s_product_offer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_product_offer_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_product_hk = version.h_product_hk AND (later.s_product_offer_load_ts) > (version.s_product_offer_load_ts)
                )
        ) AS s_products_offers ON s_products_offers.h_product_hk = link.h_product_hk
        WHERE s_customers_products_effectivity.s_customer_product_effectivity_is_active
            AND (s_customers.s_customer_load_ts IS NULL) IS NOT TRUE
            AND (s_products_offers.s_product_offer_load_ts IS NULL) IS NOT TRUE
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
        SELECT *, dm_order_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('born_on=', toString(born_on), '|'), ''), ifNull(concat('member_since=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(member_since))), '|'), ''), ifNull(concat('name=', replaceAll(replaceAll(name, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('settings=', replaceAll(replaceAll(settings, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')))) AS customer_digest_0, lower(hex(MD5(concat('', ifNull(concat('ean=', toString(ean), '|'), ''), ifNull(concat('is_vegan=', toString(is_vegan), '|'), ''), ifNull(concat('price=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toDecimalString(price, 2))), '|'), ''), ifNull(concat('weight=', if(isNaN(weight), 'NaN', leftPad(lower(hex(reinterpretAsUInt64(weight))), 16, '0')), '|'), ''), '')))) AS product_offer_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('country=', replaceAll(replaceAll(country, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('customer_digest_0=', toString(customer_digest_0), '|'), ''), ifNull(concat('dm_order_uuid=', toString(dm_order_uuid), '|'), ''), ifNull(concat('number=', replaceAll(replaceAll(number, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('product_offer_digest_0=', toString(product_offer_digest_0), '|'), ''), ifNull(concat('sku=', replaceAll(replaceAll(sku, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_orders
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 4
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.orders_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.orders_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 4
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.orders_changes GROUP BY load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_order_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_order_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_order_uuid, dm_order_load_ts, dm_order_load_end_ts = dm_order_load_ts AS row_deleted,
            if(dm_order_load_end_ts = dm_order_load_ts OR dm_order_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_order_load_end_ts) AS row_end_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
        FROM dm_orders_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_order_load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_order_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_order_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('born_on=', toString(born_on), '|'), ''), ifNull(concat('member_since=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(member_since))), '|'), ''), ifNull(concat('name=', replaceAll(replaceAll(name, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('settings=', replaceAll(replaceAll(settings, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')))) AS customer_digest_0, lower(hex(MD5(concat('', ifNull(concat('ean=', toString(ean), '|'), ''), ifNull(concat('is_vegan=', toString(is_vegan), '|'), ''), ifNull(concat('price=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toDecimalString(price, 2))), '|'), ''), ifNull(concat('weight=', if(isNaN(weight), 'NaN', leftPad(lower(hex(reinterpretAsUInt64(weight))), 16, '0')), '|'), ''), '')))) AS product_offer_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('country=', replaceAll(replaceAll(country, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('customer_digest_0=', toString(customer_digest_0), '|'), ''), ifNull(concat('dm_order_uuid=', toString(dm_order_uuid), '|'), ''), ifNull(concat('number=', replaceAll(replaceAll(number, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('product_offer_digest_0=', toString(product_offer_digest_0), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), ifNull(concat('sku=', replaceAll(replaceAll(sku, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_order_uuid, dm_order_load_ts, dm_order_load_end_ts = dm_order_load_ts AS row_deleted,
            if(dm_order_load_end_ts = dm_order_load_ts OR dm_order_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_order_load_end_ts) AS row_end_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
        FROM dm_orders_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_order_load_ts;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 2
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
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
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 4
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'code=' || depot_code::text, 'dm_stock_uuid=' || row_key::text, 'product_stock_digest_1=' || product_stock_digest_1::text, 'sku=' || replace(replace(product_sku, '\', '\\'), '|', '\|'), ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_depot_product_hk AS row_key, s_products_stocks.product_stock_digest_1,
            h_depots.h_depot_code AS depot_code,
            h_products.h_product_sku AS product_sku,
            s_products_stocks.s_product_stock_pieces AS product_pieces
        FROM vault.l_depots_products AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_depots_products_effectivity AS version
            WHERE version.s_depot_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_depot_product_hk, s_depot_product_effectivity_load_ts FROM vault.s_depots_products_effectivity WHERE s_depot_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_depot_product_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_depot_product_hk = version.l_depot_product_hk AND (later.s_depot_product_effectivity_load_ts) > (version.s_depot_product_effectivity_load_ts)
                )
        ) AS s_depots_products_effectivity ON s_depots_products_effectivity.l_depot_product_hk = link.l_depot_product_hk
        JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
        JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'pieces=' || s_product_stock_pieces::text, ''), 'UTF8')) AS product_stock_digest_1
            FROM vault.s_products_stocks AS version
            WHERE version.s_product_stock_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_product_hk, s_product_stock_load_ts FROM vault.s_products_stocks WHERE s_product_stock_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_product_stock_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_product_hk = version.h_product_hk AND (later.s_product_stock_load_ts) > (version.s_product_stock_load_ts)
                )
        ) AS s_products_stocks ON s_products_stocks.h_product_hk = link.h_product_hk
        WHERE s_depots_products_effectivity.s_depot_product_effectivity_is_active
            AND (s_products_stocks.s_product_stock_load_ts IS NULL) IS NOT TRUE
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
        SELECT *, dm_stock_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('pieces=', toString(pieces), '|'), ''), '')))) AS product_stock_digest_1, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('code=', toString(code), '|'), ''), ifNull(concat('dm_stock_uuid=', toString(dm_stock_uuid), '|'), ''), ifNull(concat('product_stock_digest_1=', toString(product_stock_digest_1), '|'), ''), ifNull(concat('sku=', replaceAll(replaceAll(sku, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_stocks
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 4
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.stocks_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.stocks_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 4
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.stocks_changes GROUP BY load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_stock_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_stock_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_stock_uuid, dm_stock_load_ts, dm_stock_load_end_ts = dm_stock_load_ts AS row_deleted,
            if(dm_stock_load_end_ts = dm_stock_load_ts OR dm_stock_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_stock_load_end_ts) AS row_end_ts, code, sku, pieces
        FROM dm_stocks_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_stock_load_ts;
-- ch_datamart, session 2
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 2
SELECT dm_stock_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_stock_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('pieces=', toString(pieces), '|'), ''), '')))) AS product_stock_digest_1, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('code=', toString(code), '|'), ''), ifNull(concat('dm_stock_uuid=', toString(dm_stock_uuid), '|'), ''), ifNull(concat('product_stock_digest_1=', toString(product_stock_digest_1), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), ifNull(concat('sku=', replaceAll(replaceAll(sku, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_stock_uuid, dm_stock_load_ts, dm_stock_load_end_ts = dm_stock_load_ts AS row_deleted,
            if(dm_stock_load_end_ts = dm_stock_load_ts OR dm_stock_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_stock_load_end_ts) AS row_end_ts, code, sku, pieces
        FROM dm_stocks_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_stock_load_ts;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_orders_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_orders_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), countIf(dm_order_load_end_ts = dm_order_load_ts) FROM dm_orders_history GROUP BY dm_order_load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_end_ts, count(), countIf(is_past = 1)
FROM dm_orders_history
WHERE dm_order_load_end_ts > dm_order_load_ts AND (dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_order_load_end_ts;
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
WHERE database = currentDatabase() AND table IN ('dm_orders_loads', 'dm_orders_loads_kept');
-- ch_datamart, session 3
SELECT load_ts, max(row_versions) FROM dm_orders_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count() FROM dm_orders_history GROUP BY dm_order_load_ts ORDER BY dm_order_load_ts;
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
    customer_country, customer_number, customer_name, customer_born_on, (customer_member_since AT TIME ZONE 'UTC'), customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM (
    SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, 
        h_customers.h_customer_country AS customer_country,
        h_customers.h_customer_number AS customer_number,
        s_customers.s_customer_name AS customer_name,
        s_customers.s_customer_born_on AS customer_born_on,
        s_customers.s_customer_member_since AS customer_member_since,
        s_customers.s_customer_settings AS customer_settings,
        h_products.h_product_sku AS product_sku,
        s_products_offers.s_product_offer_price AS product_price,
        s_products_offers.s_product_offer_weight AS product_weight,
        s_products_offers.s_product_offer_is_vegan AS vegan,
        s_products_offers.s_product_offer_ean AS product_ean
    FROM (
        SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
        FROM control.orders_changes
        WHERE load_ts > :after AND load_ts <= :ended_upto
    ) AS changes
    JOIN vault.l_customers_products AS link ON link.l_customer_product_hk = changes.row_key
    JOIN vault.h_customers ON h_customers.h_customer_hk = link.h_customer_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_customers AS version
        WHERE version.h_customer_hk = link.h_customer_hk AND version.s_customer_load_ts <= changes.load_ts
        ORDER BY version.s_customer_load_ts DESC
        LIMIT 1
    ) AS s_customers ON true
    JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_products_offers AS version
        WHERE version.h_product_hk = link.h_product_hk AND version.s_product_offer_load_ts <= changes.load_ts
        ORDER BY version.s_product_offer_load_ts DESC
        LIMIT 1
    ) AS s_products_offers ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_customers.s_customer_load_ts IS NULL) IS NOT TRUE
        AND (s_products_offers.s_product_offer_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_orders_history (dm_order_uuid, dm_order_load_ts, dm_order_load_end_ts, row_hash, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), countIf(dm_order_load_end_ts = dm_order_load_ts) FROM dm_orders_history GROUP BY dm_order_load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_end_ts, count(), countIf(is_past = 1)
FROM dm_orders_history
WHERE dm_order_load_end_ts > dm_order_load_ts AND (dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_order_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_orders_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_stocks_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_stocks_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), countIf(dm_stock_load_end_ts = dm_stock_load_ts) FROM dm_stocks_history GROUP BY dm_stock_load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_end_ts, count(), countIf(is_past = 1)
FROM dm_stocks_history
WHERE dm_stock_load_end_ts > dm_stock_load_ts AND (dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_stock_load_end_ts;
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
WHERE database = currentDatabase() AND table IN ('dm_stocks_loads', 'dm_stocks_loads_kept');
-- ch_datamart, session 3
SELECT load_ts, max(row_versions) FROM dm_stocks_loads GROUP BY load_ts, is_retained;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count() FROM dm_stocks_history GROUP BY dm_stock_load_ts ORDER BY dm_stock_load_ts;
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
    depot_code, product_sku, product_pieces
FROM (
    SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, 
        h_depots.h_depot_code AS depot_code,
        h_products.h_product_sku AS product_sku,
        s_products_stocks.s_product_stock_pieces AS product_pieces
    FROM (
        SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
        FROM control.stocks_changes
        WHERE load_ts > :after AND load_ts <= :ended_upto
    ) AS changes
    JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = changes.row_key
    JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
    JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_products_stocks AS version
        WHERE version.h_product_hk = link.h_product_hk AND version.s_product_stock_load_ts <= changes.load_ts
        ORDER BY version.s_product_stock_load_ts DESC
        LIMIT 1
    ) AS s_products_stocks ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_products_stocks.s_product_stock_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_stocks_history (dm_stock_uuid, dm_stock_load_ts, dm_stock_load_end_ts, row_hash, code, sku, pieces) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), countIf(dm_stock_load_end_ts = dm_stock_load_ts) FROM dm_stocks_history GROUP BY dm_stock_load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_end_ts, count(), countIf(is_past = 1)
FROM dm_stocks_history
WHERE dm_stock_load_end_ts > dm_stock_load_ts AND (dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_stock_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_stocks_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_orders_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_orders_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), countIf(dm_order_load_end_ts = dm_order_load_ts) FROM dm_orders_history GROUP BY dm_order_load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_end_ts, count(), countIf(is_past = 1)
FROM dm_orders_history
WHERE dm_order_load_end_ts > dm_order_load_ts AND (dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_order_load_end_ts;
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
    customer_country, customer_number, customer_name, customer_born_on, (customer_member_since AT TIME ZONE 'UTC'), customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_customers.h_customer_country AS customer_country,
        h_customers.h_customer_number AS customer_number,
        s_customers.s_customer_name AS customer_name,
        s_customers.s_customer_born_on AS customer_born_on,
        s_customers.s_customer_member_since AS customer_member_since,
        s_customers.s_customer_settings AS customer_settings,
        h_products.h_product_sku AS product_sku,
        s_products_offers.s_product_offer_price AS product_price,
        s_products_offers.s_product_offer_weight AS product_weight,
        s_products_offers.s_product_offer_is_vegan AS vegan,
        s_products_offers.s_product_offer_ean AS product_ean
    FROM control.orders_changes AS changes
    JOIN vault.l_customers_products AS link ON link.l_customer_product_hk = changes.row_key
    JOIN vault.h_customers ON h_customers.h_customer_hk = link.h_customer_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_customers AS version
        WHERE version.h_customer_hk = link.h_customer_hk AND version.s_customer_load_ts <= changes.load_ts
        ORDER BY version.s_customer_load_ts DESC
        LIMIT 1
    ) AS s_customers ON true
    JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_products_offers AS version
        WHERE version.h_product_hk = link.h_product_hk AND version.s_product_offer_load_ts <= changes.load_ts
        ORDER BY version.s_product_offer_load_ts DESC
        LIMIT 1
    ) AS s_products_offers ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_customers.s_customer_load_ts IS NULL) IS NOT TRUE
        AND (s_products_offers.s_product_offer_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_orders_history (dm_order_uuid, dm_order_load_ts, dm_order_load_end_ts, row_hash, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_orders_history
UPDATE dm_order_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_order_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_order_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_order_uuid IN (SELECT dm_order_uuid FROM dm_orders_history WHERE dm_order_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), countIf(dm_order_load_end_ts = dm_order_load_ts) FROM dm_orders_history GROUP BY dm_order_load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_end_ts, count(), countIf(is_past = 1)
FROM dm_orders_history
WHERE dm_order_load_end_ts > dm_order_load_ts AND (dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_order_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_orders_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_stocks_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_stocks_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), countIf(dm_stock_load_end_ts = dm_stock_load_ts) FROM dm_stocks_history GROUP BY dm_stock_load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_end_ts, count(), countIf(is_past = 1)
FROM dm_stocks_history
WHERE dm_stock_load_end_ts > dm_stock_load_ts AND (dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_stock_load_end_ts;
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
    depot_code, product_sku, product_pieces
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_depots.h_depot_code AS depot_code,
        h_products.h_product_sku AS product_sku,
        s_products_stocks.s_product_stock_pieces AS product_pieces
    FROM control.stocks_changes AS changes
    JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = changes.row_key
    JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
    JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_products_stocks AS version
        WHERE version.h_product_hk = link.h_product_hk AND version.s_product_stock_load_ts <= changes.load_ts
        ORDER BY version.s_product_stock_load_ts DESC
        LIMIT 1
    ) AS s_products_stocks ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_products_stocks.s_product_stock_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_stocks_history (dm_stock_uuid, dm_stock_load_ts, dm_stock_load_end_ts, row_hash, code, sku, pieces) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_stocks_history
UPDATE dm_stock_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_stock_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_stock_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_stock_uuid IN (SELECT dm_stock_uuid FROM dm_stocks_history WHERE dm_stock_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), countIf(dm_stock_load_end_ts = dm_stock_load_ts) FROM dm_stocks_history GROUP BY dm_stock_load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_end_ts, count(), countIf(is_past = 1)
FROM dm_stocks_history
WHERE dm_stock_load_end_ts > dm_stock_load_ts AND (dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_stock_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_stocks_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_orders_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_orders_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), countIf(dm_order_load_end_ts = dm_order_load_ts) FROM dm_orders_history GROUP BY dm_order_load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_end_ts, count(), countIf(is_past = 1)
FROM dm_orders_history
WHERE dm_order_load_end_ts > dm_order_load_ts AND (dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_order_load_end_ts;
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
    customer_country, customer_number, customer_name, customer_born_on, (customer_member_since AT TIME ZONE 'UTC'), customer_settings, product_sku, product_price, product_weight, vegan, product_ean
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_customers.h_customer_country AS customer_country,
        h_customers.h_customer_number AS customer_number,
        s_customers.s_customer_name AS customer_name,
        s_customers.s_customer_born_on AS customer_born_on,
        s_customers.s_customer_member_since AS customer_member_since,
        s_customers.s_customer_settings AS customer_settings,
        h_products.h_product_sku AS product_sku,
        s_products_offers.s_product_offer_price AS product_price,
        s_products_offers.s_product_offer_weight AS product_weight,
        s_products_offers.s_product_offer_is_vegan AS vegan,
        s_products_offers.s_product_offer_ean AS product_ean
    FROM control.orders_changes AS changes
    JOIN vault.l_customers_products AS link ON link.l_customer_product_hk = changes.row_key
    JOIN vault.h_customers ON h_customers.h_customer_hk = link.h_customer_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_customers AS version
        WHERE version.h_customer_hk = link.h_customer_hk AND version.s_customer_load_ts <= changes.load_ts
        ORDER BY version.s_customer_load_ts DESC
        LIMIT 1
    ) AS s_customers ON true
    JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_products_offers AS version
        WHERE version.h_product_hk = link.h_product_hk AND version.s_product_offer_load_ts <= changes.load_ts
        ORDER BY version.s_product_offer_load_ts DESC
        LIMIT 1
    ) AS s_products_offers ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_customers.s_customer_load_ts IS NULL) IS NOT TRUE
        AND (s_products_offers.s_product_offer_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_orders_history (dm_order_uuid, dm_order_load_ts, dm_order_load_end_ts, row_hash, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_orders_history
UPDATE dm_order_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_order_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_order_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_order_uuid IN (SELECT dm_order_uuid FROM dm_orders_history WHERE dm_order_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), countIf(dm_order_load_end_ts = dm_order_load_ts) FROM dm_orders_history GROUP BY dm_order_load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_end_ts, count(), countIf(is_past = 1)
FROM dm_orders_history
WHERE dm_order_load_end_ts > dm_order_load_ts AND (dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_order_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_orders_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 5
COMMIT;
-- pg_datawarehouse, session 6
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 6
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_orders_history', 'dm_orders_loads', 'dm_orders', 'dm_orders_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_orders_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_orders_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), countIf(dm_order_load_end_ts = dm_order_load_ts) FROM dm_orders_history GROUP BY dm_order_load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_end_ts, count(), countIf(is_past = 1)
FROM dm_orders_history
WHERE dm_order_load_end_ts > dm_order_load_ts AND (dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_order_load_end_ts;
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
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 8
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'country=' || replace(replace(customer_country, '\', '\\'), '|', '\|'), 'customer_digest_0=' || customer_digest_0::text, 'dm_order_uuid=' || row_key::text, 'number=' || replace(replace(customer_number, '\', '\\'), '|', '\|'), 'product_offer_digest_0=' || product_offer_digest_0::text, 'sku=' || replace(replace(product_sku, '\', '\\'), '|', '\|'), ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_customer_product_hk AS row_key, s_customers.customer_digest_0, s_products_offers.product_offer_digest_0,
            h_customers.h_customer_country AS customer_country,
            h_customers.h_customer_number AS customer_number,
            s_customers.s_customer_name AS customer_name,
            s_customers.s_customer_born_on AS customer_born_on,
            s_customers.s_customer_member_since AS customer_member_since,
            s_customers.s_customer_settings AS customer_settings,
            h_products.h_product_sku AS product_sku,
            s_products_offers.s_product_offer_price AS product_price,
            s_products_offers.s_product_offer_weight AS product_weight,
            s_products_offers.s_product_offer_is_vegan AS vegan,
            s_products_offers.s_product_offer_ean AS product_ean
        FROM vault.l_customers_products AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_customers_products_effectivity AS version
            WHERE version.s_customer_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_customer_product_hk, s_customer_product_effectivity_load_ts FROM vault.s_customers_products_effectivity WHERE s_customer_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_customer_product_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_customer_product_hk = version.l_customer_product_hk AND (later.s_customer_product_effectivity_load_ts) > (version.s_customer_product_effectivity_load_ts)
                )
        ) AS s_customers_products_effectivity ON s_customers_products_effectivity.l_customer_product_hk = link.l_customer_product_hk
        JOIN vault.h_customers ON h_customers.h_customer_hk = link.h_customer_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'born_on=' || s_customer_born_on::text, 'member_since=' || (s_customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(s_customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(s_customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8')) AS customer_digest_0
            FROM vault.s_customers AS version
            WHERE version.s_customer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_customer_hk, s_customer_load_ts FROM vault.s_customers WHERE s_customer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_customer_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_customer_hk = version.h_customer_hk AND (later.s_customer_load_ts) > (version.s_customer_load_ts)
                )
        ) AS s_customers ON s_customers.h_customer_hk = link.h_customer_hk
        JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'ean=' || s_product_offer_ean::text, 'is_vegan=' || s_product_offer_is_vegan::text, 'price=' || trim_scale(s_product_offer_price)::text, 'weight=' || CASE WHEN s_product_offer_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(s_product_offer_weight), 'hex') END, ''), 'UTF8')) AS product_offer_digest_0
            FROM vault.s_products_offers AS version
            WHERE version.s_product_offer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_product_hk, s_product_offer_load_ts FROM vault.s_products_offers WHERE s_product_offer_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_product_offer_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_product_hk = version.h_product_hk AND (later.s_product_offer_load_ts) > (version.s_product_offer_load_ts)
                )
        ) AS s_products_offers ON s_products_offers.h_product_hk = link.h_product_hk
        WHERE s_customers_products_effectivity.s_customer_product_effectivity_is_active
            AND (s_customers.s_customer_load_ts IS NULL) IS NOT TRUE
            AND (s_products_offers.s_product_offer_load_ts IS NULL) IS NOT TRUE
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
        SELECT *, dm_order_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('born_on=', toString(born_on), '|'), ''), ifNull(concat('member_since=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(member_since))), '|'), ''), ifNull(concat('name=', replaceAll(replaceAll(name, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('settings=', replaceAll(replaceAll(settings, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')))) AS customer_digest_0, lower(hex(MD5(concat('', ifNull(concat('ean=', toString(ean), '|'), ''), ifNull(concat('is_vegan=', toString(is_vegan), '|'), ''), ifNull(concat('price=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toDecimalString(price, 2))), '|'), ''), ifNull(concat('weight=', if(isNaN(weight), 'NaN', leftPad(lower(hex(reinterpretAsUInt64(weight))), 16, '0')), '|'), ''), '')))) AS product_offer_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('country=', replaceAll(replaceAll(country, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('customer_digest_0=', toString(customer_digest_0), '|'), ''), ifNull(concat('dm_order_uuid=', toString(dm_order_uuid), '|'), ''), ifNull(concat('number=', replaceAll(replaceAll(number, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('product_offer_digest_0=', toString(product_offer_digest_0), '|'), ''), ifNull(concat('sku=', replaceAll(replaceAll(sku, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_orders
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 8
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.orders_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.orders_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.orders_changes GROUP BY load_ts;
-- pg_datawarehouse, session 8
SET LOCAL join_collapse_limit = DEFAULT; SET LOCAL from_collapse_limit = DEFAULT;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(row_hash)
FROM (
    SELECT load_ts, row_hash
    FROM (
        SELECT row_key, load_ts, row_deleted, row_end_ts, customer_country, customer_number, customer_name, customer_born_on, customer_member_since, customer_settings, product_sku, product_price, product_weight, vegan, product_ean, ('x' || left(md5(convert_to(concat_ws('|', 'country=' || replace(replace(customer_country, '\', '\\'), '|', '\|'), 'customer_digest_0=' || customer_digest_0::text, 'dm_order_uuid=' || row_key::text, 'number=' || replace(replace(customer_number, '\', '\\'), '|', '\|'), 'product_offer_digest_0=' || product_offer_digest_0::text, 'row_deleted=' || row_deleted::text, 'row_end_ts=' || (row_end_ts AT TIME ZONE 'UTC')::text, 'sku=' || replace(replace(product_sku, '\', '\\'), '|', '\|'), ''), 'UTF8')), 16))::bit(64)::bigint AS row_hash
        FROM (
            SELECT row_key, load_ts, (row_hash IS NULL)::integer AS row_deleted,
                CASE WHEN row_hash IS NOT NULL THEN row_end_ts END AS row_end_ts, customer_digest_0, product_offer_digest_0, customer_country, customer_number, customer_name, customer_born_on, customer_member_since, customer_settings, product_sku, product_price, product_weight, vegan, product_ean
            FROM (
                SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, s_customers.customer_digest_0, s_products_offers.product_offer_digest_0,
                    h_customers.h_customer_country AS customer_country,
                    h_customers.h_customer_number AS customer_number,
                    s_customers.s_customer_name AS customer_name,
                    s_customers.s_customer_born_on AS customer_born_on,
                    s_customers.s_customer_member_since AS customer_member_since,
                    s_customers.s_customer_settings AS customer_settings,
                    h_products.h_product_sku AS product_sku,
                    s_products_offers.s_product_offer_price AS product_price,
                    s_products_offers.s_product_offer_weight AS product_weight,
                    s_products_offers.s_product_offer_is_vegan AS vegan,
                    s_products_offers.s_product_offer_ean AS product_ean
                FROM (
                    SELECT *
                    FROM (
                    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
                    FROM control.orders_changes
                    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.orders_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'))
                ) AS logged
                    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
                    OFFSET '0'
                ) AS changes
                JOIN vault.l_customers_products AS link ON link.l_customer_product_hk = changes.row_key
                JOIN vault.h_customers ON h_customers.h_customer_hk = link.h_customer_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'born_on=' || s_customer_born_on::text, 'member_since=' || (s_customer_member_since AT TIME ZONE 'UTC')::text, 'name=' || replace(replace(s_customer_name, '\', '\\'), '|', '\|'), 'settings=' || replace(replace(s_customer_settings::text, '\', '\\'), '|', '\|'), ''), 'UTF8')) AS customer_digest_0
                    FROM vault.s_customers AS version
                    WHERE version.h_customer_hk = link.h_customer_hk AND version.s_customer_load_ts <= changes.load_ts
                    ORDER BY version.s_customer_load_ts DESC
                    LIMIT 1
                ) AS s_customers ON true
                JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'ean=' || s_product_offer_ean::text, 'is_vegan=' || s_product_offer_is_vegan::text, 'price=' || trim_scale(s_product_offer_price)::text, 'weight=' || CASE WHEN s_product_offer_weight = 'NaN' THEN 'NaN' ELSE encode(float8send(s_product_offer_weight), 'hex') END, ''), 'UTF8')) AS product_offer_digest_0
                    FROM vault.s_products_offers AS version
                    WHERE version.h_product_hk = link.h_product_hk AND version.s_product_offer_load_ts <= changes.load_ts
                    ORDER BY version.s_product_offer_load_ts DESC
                    LIMIT 1
                ) AS s_products_offers ON true
                WHERE changes.load_ts > :after AND changes.load_ts <= :upto
                    AND (s_customers.s_customer_load_ts IS NULL) IS NOT TRUE
                    AND (s_products_offers.s_product_offer_load_ts IS NULL) IS NOT TRUE
            ) AS versions
        ) AS flagged
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_order_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_order_uuid, dm_order_load_ts, dm_order_load_end_ts = dm_order_load_ts AS row_deleted,
            if(dm_order_load_end_ts = dm_order_load_ts OR dm_order_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_order_load_end_ts) AS row_end_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
        FROM dm_orders_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_order_load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_orders_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_order_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_order_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('born_on=', toString(born_on), '|'), ''), ifNull(concat('member_since=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(member_since))), '|'), ''), ifNull(concat('name=', replaceAll(replaceAll(name, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('settings=', replaceAll(replaceAll(settings, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')))) AS customer_digest_0, lower(hex(MD5(concat('', ifNull(concat('ean=', toString(ean), '|'), ''), ifNull(concat('is_vegan=', toString(is_vegan), '|'), ''), ifNull(concat('price=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toDecimalString(price, 2))), '|'), ''), ifNull(concat('weight=', if(isNaN(weight), 'NaN', leftPad(lower(hex(reinterpretAsUInt64(weight))), 16, '0')), '|'), ''), '')))) AS product_offer_digest_0, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('country=', replaceAll(replaceAll(country, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('customer_digest_0=', toString(customer_digest_0), '|'), ''), ifNull(concat('dm_order_uuid=', toString(dm_order_uuid), '|'), ''), ifNull(concat('number=', replaceAll(replaceAll(number, '\\', '\\\\'), '|', '\\|'), '|'), ''), ifNull(concat('product_offer_digest_0=', toString(product_offer_digest_0), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), ifNull(concat('sku=', replaceAll(replaceAll(sku, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_order_uuid, dm_order_load_ts, dm_order_load_end_ts = dm_order_load_ts AS row_deleted,
            if(dm_order_load_end_ts = dm_order_load_ts OR dm_order_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_order_load_end_ts) AS row_end_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
        FROM dm_orders_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_order_load_ts;
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
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_stocks_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_stocks_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), countIf(dm_stock_load_end_ts = dm_stock_load_ts) FROM dm_stocks_history GROUP BY dm_stock_load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_end_ts, count(), countIf(is_past = 1)
FROM dm_stocks_history
WHERE dm_stock_load_end_ts > dm_stock_load_ts AND (dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_stock_load_end_ts;
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
    depot_code, product_sku, product_pieces
FROM (
    SELECT changes.row_key, changes.load_ts, NULL::timestamptz AS row_end_ts, changes.row_hash, 
        h_depots.h_depot_code AS depot_code,
        h_products.h_product_sku AS product_sku,
        s_products_stocks.s_product_stock_pieces AS product_pieces
    FROM control.stocks_changes AS changes
    JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = changes.row_key
    JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
    JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
    JOIN LATERAL (
        SELECT *
        FROM vault.s_products_stocks AS version
        WHERE version.h_product_hk = link.h_product_hk AND version.s_product_stock_load_ts <= changes.load_ts
        ORDER BY version.s_product_stock_load_ts DESC
        LIMIT 1
    ) AS s_products_stocks ON true
    WHERE changes.load_ts > :after AND changes.load_ts <= :upto
        AND (s_products_stocks.s_product_stock_load_ts IS NULL) IS NOT TRUE
) AS versions
) TO STDOUT;
-- ch_datamart, session 3
INSERT INTO dm_stocks_history (dm_stock_uuid, dm_stock_load_ts, dm_stock_load_end_ts, row_hash, code, sku, pieces) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
ALTER TABLE dm_stocks_history
UPDATE dm_stock_load_end_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC')
    WHERE dm_stock_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') AND dm_stock_load_ts < toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC') AND dm_stock_uuid IN (SELECT dm_stock_uuid FROM dm_stocks_history WHERE dm_stock_load_ts = toDateTime64('2026-01-02 00:00:00.000000', 6, 'UTC'))
SETTINGS mutations_sync = 2;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), countIf(dm_stock_load_end_ts = dm_stock_load_ts) FROM dm_stocks_history GROUP BY dm_stock_load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_end_ts, count(), countIf(is_past = 1)
FROM dm_stocks_history
WHERE dm_stock_load_end_ts > dm_stock_load_ts AND (dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_stock_load_end_ts;
-- pg_datawarehouse, session 1
SELECT;
-- pg_datawarehouse, session 1
COMMIT;
-- ch_datamart, session 3
INSERT INTO dm_stocks_loads (load_ts, is_retained, row_versions, hash_sum, rows_active) SETTINGS deduplicate_insert = 'disable', async_insert = 0 FORMAT TabSeparated;
-- pg_datawarehouse, session 5
COMMIT;
-- pg_datawarehouse, session 6
SELECT signature FROM control.models WHERE model = :model;
-- pg_datawarehouse, session 6
COMMIT;
-- ch_datamart, session 3
SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 3
SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ('skyeng_ddl', 'dm_stocks_history', 'dm_stocks_loads', 'dm_stocks', 'dm_stocks_as_of');
-- ch_datamart, session 3
SELECT model, file, checksum, objects FROM skyeng_ddl FINAL ORDER BY applied_at, file;
-- ch_datamart, session 3
SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?dm_stocks_history([^a-z0-9_]|$)');
-- ch_datamart, session 3
SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = 'dm_stocks_history' AND NOT is_done;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), countIf(dm_stock_load_end_ts = dm_stock_load_ts) FROM dm_stocks_history GROUP BY dm_stock_load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_end_ts, count(), countIf(is_past = 1)
FROM dm_stocks_history
WHERE dm_stock_load_end_ts > dm_stock_load_ts AND (dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') OR is_past = 1)
GROUP BY dm_stock_load_end_ts;
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
SELECT (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed')::text, (coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'
), '-infinity'))::text;
-- pg_datawarehouse, session 8
SELECT place, ((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & 63)::integer AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT ('x' || left(md5(convert_to(concat_ws('|', 'code=' || depot_code::text, 'dm_stock_uuid=' || row_key::text, 'product_stock_digest_1=' || product_stock_digest_1::text, 'sku=' || replace(replace(product_sku, '\', '\\'), '|', '\|'), ''), 'UTF8')), 16))::bit(64)::bigint AS hash_0
    FROM (
        SELECT link.l_depot_product_hk AS row_key, s_products_stocks.product_stock_digest_1,
            h_depots.h_depot_code AS depot_code,
            h_products.h_product_sku AS product_sku,
            s_products_stocks.s_product_stock_pieces AS product_pieces
        FROM vault.l_depots_products AS link
        LEFT JOIN (
            SELECT *
            FROM vault.s_depots_products_effectivity AS version
            WHERE version.s_depot_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT l_depot_product_hk, s_depot_product_effectivity_load_ts FROM vault.s_depots_products_effectivity WHERE s_depot_product_effectivity_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_depot_product_effectivity_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.l_depot_product_hk = version.l_depot_product_hk AND (later.s_depot_product_effectivity_load_ts) > (version.s_depot_product_effectivity_load_ts)
                )
        ) AS s_depots_products_effectivity ON s_depots_products_effectivity.l_depot_product_hk = link.l_depot_product_hk
        JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
        JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
        LEFT JOIN (
            SELECT *, md5(convert_to(concat_ws('|', 'pieces=' || s_product_stock_pieces::text, ''), 'UTF8')) AS product_stock_digest_1
            FROM vault.s_products_stocks AS version
            WHERE version.s_product_stock_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz
                AND NOT EXISTS (
                    SELECT FROM (
                        SELECT DISTINCT h_product_hk, s_product_stock_load_ts FROM vault.s_products_stocks WHERE s_product_stock_load_ts <= '2026-01-02 00:00:00+0000'::timestamptz AND s_product_stock_load_ts > '2026-01-01 00:00:00+0000'::timestamptz
                    ) AS later
                    WHERE later.h_product_hk = version.h_product_hk AND (later.s_product_stock_load_ts) > (version.s_product_stock_load_ts)
                )
        ) AS s_products_stocks ON s_products_stocks.h_product_hk = link.h_product_hk
        WHERE s_depots_products_effectivity.s_depot_product_effectivity_is_active
            AND (s_products_stocks.s_product_stock_load_ts IS NULL) IS NOT TRUE
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
        SELECT *, dm_stock_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('pieces=', toString(pieces), '|'), ''), '')))) AS product_stock_digest_1, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('code=', toString(code), '|'), ''), ifNull(concat('dm_stock_uuid=', toString(dm_stock_uuid), '|'), ''), ifNull(concat('product_stock_digest_1=', toString(product_stock_digest_1), '|'), ''), ifNull(concat('sku=', replaceAll(replaceAll(sku, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')), 1, 8))) AS row_hash FROM dm_stocks
    ) AS hashed
    
) AS narrow
GROUP BY bitAnd(bitShiftRight(bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), 63);
-- pg_datawarehouse, session 8
SELECT load_ts, count(*) FROM (
    SELECT *
    FROM (
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.stocks_changes
    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.stocks_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'))
) AS logged
    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    OFFSET '0'
) AS past GROUP BY load_ts ORDER BY load_ts;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(('x' || left(replace(row_key::text, '-', ''), 16))::bit(64)::bigint) FROM control.stocks_changes GROUP BY load_ts;
-- pg_datawarehouse, session 8
SET LOCAL join_collapse_limit = DEFAULT; SET LOCAL from_collapse_limit = DEFAULT;
-- pg_datawarehouse, session 8
SELECT load_ts, count(*), sum(row_hash)
FROM (
    SELECT load_ts, row_hash
    FROM (
        SELECT row_key, load_ts, row_deleted, row_end_ts, depot_code, product_sku, product_pieces, ('x' || left(md5(convert_to(concat_ws('|', 'code=' || depot_code::text, 'dm_stock_uuid=' || row_key::text, 'product_stock_digest_1=' || product_stock_digest_1::text, 'row_deleted=' || row_deleted::text, 'row_end_ts=' || (row_end_ts AT TIME ZONE 'UTC')::text, 'sku=' || replace(replace(product_sku, '\', '\\'), '|', '\|'), ''), 'UTF8')), 16))::bit(64)::bigint AS row_hash
        FROM (
            SELECT row_key, load_ts, (row_hash IS NULL)::integer AS row_deleted,
                CASE WHEN row_hash IS NOT NULL THEN row_end_ts END AS row_end_ts, product_stock_digest_1, depot_code, product_sku, product_pieces
            FROM (
                SELECT changes.row_key, changes.load_ts, changes.row_end_ts AS row_end_ts, changes.row_hash, s_products_stocks.product_stock_digest_1,
                    h_depots.h_depot_code AS depot_code,
                    h_products.h_product_sku AS product_sku,
                    s_products_stocks.s_product_stock_pieces AS product_pieces
                FROM (
                    SELECT *
                    FROM (
                    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
                    FROM control.stocks_changes
                    WHERE load_ts > :after AND load_ts <= :ended_upto AND row_key IN (SELECT row_key FROM control.stocks_changes WHERE load_ts > (SELECT min(load_ts) FROM control.loads WHERE model = 'shop' AND status = 'closed'))
                ) AS logged
                    WHERE load_ts <= :upto AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
                    OFFSET '0'
                ) AS changes
                JOIN vault.l_depots_products AS link ON link.l_depot_product_hk = changes.row_key
                JOIN vault.h_depots ON h_depots.h_depot_hk = link.h_depot_hk
                JOIN vault.h_products ON h_products.h_product_hk = link.h_product_hk
                JOIN LATERAL (
                    SELECT *, md5(convert_to(concat_ws('|', 'pieces=' || s_product_stock_pieces::text, ''), 'UTF8')) AS product_stock_digest_1
                    FROM vault.s_products_stocks AS version
                    WHERE version.h_product_hk = link.h_product_hk AND version.s_product_stock_load_ts <= changes.load_ts
                    ORDER BY version.s_product_stock_load_ts DESC
                    LIMIT 1
                ) AS s_products_stocks ON true
                WHERE changes.load_ts > :after AND changes.load_ts <= :upto
                    AND (s_products_stocks.s_product_stock_load_ts IS NULL) IS NOT TRUE
            ) AS versions
        ) AS flagged
    ) AS hashed
    OFFSET '0'
) AS narrow
GROUP BY load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), sum(reinterpretAsInt64(reverse(substring(UUIDToNum(dm_stock_uuid), 1, 8)))) FROM (SELECT * FROM (
    SELECT dm_stock_uuid, dm_stock_load_ts, dm_stock_load_end_ts = dm_stock_load_ts AS row_deleted,
            if(dm_stock_load_end_ts = dm_stock_load_ts OR dm_stock_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_stock_load_end_ts) AS row_end_ts, code, sku, pieces
        FROM dm_stocks_history
        WHERE row_hash != -1
) WHERE true) GROUP BY dm_stock_load_ts;
-- ch_datamart, session 3
SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM dm_stocks_loads FINAL
ORDER BY load_ts;
-- ch_datamart, session 3
SELECT dm_stock_load_ts, count(), sum(row_hash) FROM (
SELECT *, dm_stock_uuid AS row_key, lower(hex(MD5(concat('', ifNull(concat('pieces=', toString(pieces), '|'), ''), '')))) AS product_stock_digest_1, reinterpretAsInt64(reverse(substring(MD5(concat('', ifNull(concat('code=', toString(code), '|'), ''), ifNull(concat('dm_stock_uuid=', toString(dm_stock_uuid), '|'), ''), ifNull(concat('product_stock_digest_1=', toString(product_stock_digest_1), '|'), ''), ifNull(concat('row_deleted=', toString(row_deleted), '|'), ''), ifNull(concat('row_end_ts=', trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString(row_end_ts))), '|'), ''), ifNull(concat('sku=', replaceAll(replaceAll(sku, '\\', '\\\\'), '|', '\\|'), '|'), ''), '')), 1, 8))) AS row_hash FROM (SELECT * FROM (
    SELECT dm_stock_uuid, dm_stock_load_ts, dm_stock_load_end_ts = dm_stock_load_ts AS row_deleted,
            if(dm_stock_load_end_ts = dm_stock_load_ts OR dm_stock_load_end_ts = toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC'), NULL, dm_stock_load_end_ts) AS row_end_ts, code, sku, pieces
        FROM dm_stocks_history
        WHERE row_hash != -1
) WHERE row_deleted OR row_end_ts IS NOT NULL)
) GROUP BY dm_stock_load_ts;
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
