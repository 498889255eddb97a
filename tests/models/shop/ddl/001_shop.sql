-- The datamart of model 'shop', revision 001: shop
-- Complete: a new datamart runs this file and none before it.

CREATE TABLE IF NOT EXISTS dm_orders_history (
    dm_order_uuid UUID,
    dm_order_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    country Nullable(String),
    number Nullable(String),
    name LowCardinality(Nullable(String)),
    born_on Nullable(Date32),
    member_since Nullable(DateTime64(6, 'UTC')),
    settings Nullable(String),
    sku Nullable(String),
    price Nullable(Decimal(12, 2)),
    weight Nullable(Float64),
    is_vegan Nullable(Bool),
    ean Nullable(UUID)
)
ENGINE = ReplacingMergeTree
ORDER BY (sku, dm_order_uuid, dm_order_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version; model shop, mart order, declaration b9bc1cbad022';

CREATE TABLE IF NOT EXISTS dm_orders_current (
    dm_order_uuid UUID,
    dm_order_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    country Nullable(String),
    number Nullable(String),
    name LowCardinality(Nullable(String)),
    born_on Nullable(Date32),
    member_since Nullable(DateTime64(6, 'UTC')),
    settings Nullable(String),
    sku Nullable(String),
    price Nullable(Decimal(12, 2)),
    weight Nullable(Float64),
    is_vegan Nullable(Bool),
    ean Nullable(UUID)
)
ENGINE = ReplacingMergeTree(dm_order_load_ts, is_deleted)
ORDER BY (sku, dm_order_uuid)
SETTINGS allow_nullable_key = 1
COMMENT 'The latest version of every row; model shop, mart order, declaration b9bc1cbad022';

CREATE TABLE IF NOT EXISTS dm_orders_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads of the warehouse that the mart holds; model shop, mart order, declaration b9bc1cbad022';

CREATE TABLE IF NOT EXISTS dm_orders_loads_kept (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads that only the mart has; model shop, mart order, declaration b9bc1cbad022';

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_orders_to_current TO dm_orders_current AS
SELECT dm_order_uuid, dm_order_load_ts, is_deleted, row_hash, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history
COMMENT 'Carries each new row version on; model shop, mart order';

CREATE OR REPLACE VIEW dm_orders AS
SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_current FINAL
COMMENT 'What is current and not deleted; model shop, mart order';

CREATE OR REPLACE VIEW dm_orders_as_of AS
SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history FINAL
WHERE is_deleted = 0 AND (dm_order_uuid, dm_order_load_ts) IN (
    SELECT dm_order_uuid, max(dm_order_load_ts)
    FROM dm_orders_history
    WHERE dm_order_load_ts <= {ts:DateTime64(6, 'UTC')}
    GROUP BY dm_order_uuid
)
COMMENT 'The mart as of any time; model shop, mart order';

CREATE TABLE IF NOT EXISTS dm_stocks_history (
    dm_stock_uuid UUID,
    dm_stock_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    code Nullable(Int64),
    sku Nullable(String),
    pieces Nullable(Int16)
)
ENGINE = ReplacingMergeTree
ORDER BY (dm_stock_uuid, dm_stock_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version; model shop, mart stock, declaration 3171143861b5';

CREATE TABLE IF NOT EXISTS dm_stocks_current (
    dm_stock_uuid UUID,
    dm_stock_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    code Nullable(Int64),
    sku Nullable(String),
    pieces Nullable(Int16)
)
ENGINE = ReplacingMergeTree(dm_stock_load_ts, is_deleted)
ORDER BY (dm_stock_uuid)
SETTINGS allow_nullable_key = 1
COMMENT 'The latest version of every row; model shop, mart stock, declaration 3171143861b5';

CREATE TABLE IF NOT EXISTS dm_stocks_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads of the warehouse that the mart holds; model shop, mart stock, declaration 3171143861b5';

CREATE TABLE IF NOT EXISTS dm_stocks_loads_kept (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads that only the mart has; model shop, mart stock, declaration 3171143861b5';

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_stocks_to_current TO dm_stocks_current AS
SELECT dm_stock_uuid, dm_stock_load_ts, is_deleted, row_hash, code, sku, pieces
FROM dm_stocks_history
COMMENT 'Carries each new row version on; model shop, mart stock';

CREATE OR REPLACE VIEW dm_stocks AS
SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_current FINAL
COMMENT 'What is current and not deleted; model shop, mart stock';

CREATE OR REPLACE VIEW dm_stocks_as_of AS
SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_history FINAL
WHERE is_deleted = 0 AND (dm_stock_uuid, dm_stock_load_ts) IN (
    SELECT dm_stock_uuid, max(dm_stock_load_ts)
    FROM dm_stocks_history
    WHERE dm_stock_load_ts <= {ts:DateTime64(6, 'UTC')}
    GROUP BY dm_stock_uuid
)
COMMENT 'The mart as of any time; model shop, mart stock';
