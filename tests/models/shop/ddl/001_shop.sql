-- The datamart of model 'shop', revision 001: shop
-- Complete: a new datamart runs this file and none before it.

CREATE TABLE IF NOT EXISTS dm_orders_history (
    dm_order_uuid UUID,
    dm_order_load_ts DateTime64(6, 'UTC') COMMENT 'The load that brought the row version',
    dm_order_load_end_ts DateTime64(6, 'UTC') COMMENT 'The load that replaced it or deleted the row',
    is_past UInt8 DEFAULT dm_order_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') COMMENT 'Whether it had ended when it was written here',
    row_hash Int64 COMMENT 'Of the vault''s row; -1 where only the mart has it',
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
ENGINE = MergeTree
PARTITION BY is_past
ORDER BY (sku, dm_order_uuid, dm_order_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version, and from which load to which it is valid; model shop, mart order, declaration b9bc1cbad022';

CREATE TABLE IF NOT EXISTS dm_orders_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse',
    is_retained Bool COMMENT 'Whether only the mart has these row versions',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    registered_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts, is_retained)
COMMENT 'Loads that can be seen; the newest one is what is current; model shop, mart order, declaration b9bc1cbad022';

CREATE OR REPLACE VIEW dm_orders AS
SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history
WHERE is_past = 0
    AND dm_order_load_ts <= (SELECT max(load_ts) FROM dm_orders_loads)
    AND dm_order_load_end_ts > (SELECT max(load_ts) FROM dm_orders_loads)
COMMENT 'What is current; model shop, mart order';

CREATE OR REPLACE VIEW dm_orders_as_of AS
SELECT dm_order_uuid, dm_order_load_ts, country, number, name, born_on, member_since, settings, sku, price, weight, is_vegan, ean
FROM dm_orders_history
WHERE dm_order_load_ts <= (SELECT max(load_ts) FROM dm_orders_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
    AND dm_order_load_end_ts > (SELECT max(load_ts) FROM dm_orders_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
COMMENT 'The mart as of any time; model shop, mart order';

CREATE TABLE IF NOT EXISTS dm_stocks_history (
    dm_stock_uuid UUID,
    dm_stock_load_ts DateTime64(6, 'UTC') COMMENT 'The load that brought the row version',
    dm_stock_load_end_ts DateTime64(6, 'UTC') COMMENT 'The load that replaced it or deleted the row',
    is_past UInt8 DEFAULT dm_stock_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') COMMENT 'Whether it had ended when it was written here',
    row_hash Int64 COMMENT 'Of the vault''s row; -1 where only the mart has it',
    code Nullable(Int64),
    sku Nullable(String),
    pieces Nullable(Int16)
)
ENGINE = MergeTree
PARTITION BY is_past
ORDER BY (dm_stock_uuid, dm_stock_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version, and from which load to which it is valid; model shop, mart stock, declaration 3171143861b5';

CREATE TABLE IF NOT EXISTS dm_stocks_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse',
    is_retained Bool COMMENT 'Whether only the mart has these row versions',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    registered_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts, is_retained)
COMMENT 'Loads that can be seen; the newest one is what is current; model shop, mart stock, declaration 3171143861b5';

CREATE OR REPLACE VIEW dm_stocks AS
SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_history
WHERE is_past = 0
    AND dm_stock_load_ts <= (SELECT max(load_ts) FROM dm_stocks_loads)
    AND dm_stock_load_end_ts > (SELECT max(load_ts) FROM dm_stocks_loads)
COMMENT 'What is current; model shop, mart stock';

CREATE OR REPLACE VIEW dm_stocks_as_of AS
SELECT dm_stock_uuid, dm_stock_load_ts, code, sku, pieces
FROM dm_stocks_history
WHERE dm_stock_load_ts <= (SELECT max(load_ts) FROM dm_stocks_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
    AND dm_stock_load_end_ts > (SELECT max(load_ts) FROM dm_stocks_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
COMMENT 'The mart as of any time; model shop, mart stock';
