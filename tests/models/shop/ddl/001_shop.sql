-- The datamart of model 'shop', first version.

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
SETTINGS allow_nullable_key = 1;

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
SETTINGS allow_nullable_key = 1;

CREATE TABLE IF NOT EXISTS dm_orders_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY load_ts;

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_orders_to_current TO dm_orders_current AS
SELECT dm_order_uuid, dm_order_load_ts, is_deleted, row_hash, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history;

CREATE OR REPLACE VIEW dm_orders AS
SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_current FINAL;

CREATE OR REPLACE VIEW dm_orders_as_of AS
SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history FINAL
WHERE is_deleted = 0 AND (dm_order_uuid, dm_order_load_ts) IN (
    SELECT dm_order_uuid, max(dm_order_load_ts)
    FROM dm_orders_history
    WHERE dm_order_load_ts <= {ts:DateTime64(6, 'UTC')}
    GROUP BY dm_order_uuid
);

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
SETTINGS allow_nullable_key = 1;

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
SETTINGS allow_nullable_key = 1;

CREATE TABLE IF NOT EXISTS dm_stocks_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY load_ts;

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_stocks_to_current TO dm_stocks_current AS
SELECT dm_stock_uuid, dm_stock_load_ts, is_deleted, row_hash, code, sku, pieces
FROM dm_stocks_history;

CREATE OR REPLACE VIEW dm_stocks AS
SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_current FINAL;

CREATE OR REPLACE VIEW dm_stocks_as_of AS
SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_history FINAL
WHERE is_deleted = 0 AND (dm_stock_uuid, dm_stock_load_ts) IN (
    SELECT dm_stock_uuid, max(dm_stock_load_ts)
    FROM dm_stocks_history
    WHERE dm_stock_load_ts <= {ts:DateTime64(6, 'UTC')}
    GROUP BY dm_stock_uuid
);
