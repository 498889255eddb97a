-- The datamart of model 'campus', revision 001: campus
-- Complete: a new datamart runs this file and none before it.

CREATE TABLE IF NOT EXISTS dm_enrolments_history (
    dm_enrolment_uuid UUID,
    dm_enrolment_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    code Nullable(String),
    name Nullable(String),
    email Nullable(String),
    group_number Nullable(Int32)
)
ENGINE = ReplacingMergeTree
ORDER BY (code, dm_enrolment_uuid, dm_enrolment_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version; model campus, mart enrolment, declaration 187477a31b13';

CREATE TABLE IF NOT EXISTS dm_enrolments_current (
    dm_enrolment_uuid UUID,
    dm_enrolment_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    code Nullable(String),
    name Nullable(String),
    email Nullable(String),
    group_number Nullable(Int32)
)
ENGINE = ReplacingMergeTree(dm_enrolment_load_ts, is_deleted)
ORDER BY (code, dm_enrolment_uuid)
SETTINGS allow_nullable_key = 1
COMMENT 'The latest version of every row; model campus, mart enrolment, declaration 187477a31b13';

CREATE TABLE IF NOT EXISTS dm_enrolments_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads of the warehouse that the mart holds; model campus, mart enrolment, declaration 187477a31b13';

CREATE TABLE IF NOT EXISTS dm_enrolments_loads_kept (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads that only the mart has; model campus, mart enrolment, declaration 187477a31b13';

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_enrolments_to_current TO dm_enrolments_current AS
SELECT dm_enrolment_uuid, dm_enrolment_load_ts, is_deleted, row_hash, code, name, email, group_number
FROM dm_enrolments_history
COMMENT 'Carries each new row version on; model campus, mart enrolment';

CREATE OR REPLACE VIEW dm_enrolments AS
SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_current FINAL
COMMENT 'What is current and not deleted; model campus, mart enrolment';

CREATE OR REPLACE VIEW dm_enrolments_as_of AS
SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_history FINAL
WHERE is_deleted = 0 AND (dm_enrolment_uuid, dm_enrolment_load_ts) IN (
    SELECT dm_enrolment_uuid, max(dm_enrolment_load_ts)
    FROM dm_enrolments_history
    WHERE dm_enrolment_load_ts <= {ts:DateTime64(6, 'UTC')}
    GROUP BY dm_enrolment_uuid
)
COMMENT 'The mart as of any time; model campus, mart enrolment';

CREATE TABLE IF NOT EXISTS dm_rooms_history (
    dm_room_uuid UUID,
    dm_room_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    group_number Nullable(Int32),
    room Nullable(String),
    seats Nullable(Int32)
)
ENGINE = ReplacingMergeTree
ORDER BY (dm_room_uuid, dm_room_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version; model campus, mart room, declaration 55c0c511a012';

CREATE TABLE IF NOT EXISTS dm_rooms_current (
    dm_room_uuid UUID,
    dm_room_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    group_number Nullable(Int32),
    room Nullable(String),
    seats Nullable(Int32)
)
ENGINE = ReplacingMergeTree(dm_room_load_ts, is_deleted)
ORDER BY (dm_room_uuid)
SETTINGS allow_nullable_key = 1
COMMENT 'The latest version of every row; model campus, mart room, declaration 55c0c511a012';

CREATE TABLE IF NOT EXISTS dm_rooms_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads of the warehouse that the mart holds; model campus, mart room, declaration 55c0c511a012';

CREATE TABLE IF NOT EXISTS dm_rooms_loads_kept (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads that only the mart has; model campus, mart room, declaration 55c0c511a012';

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_rooms_to_current TO dm_rooms_current AS
SELECT dm_room_uuid, dm_room_load_ts, is_deleted, row_hash, group_number, room, seats
FROM dm_rooms_history
COMMENT 'Carries each new row version on; model campus, mart room';

CREATE OR REPLACE VIEW dm_rooms AS
SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_current FINAL
COMMENT 'What is current and not deleted; model campus, mart room';

CREATE OR REPLACE VIEW dm_rooms_as_of AS
SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_history FINAL
WHERE is_deleted = 0 AND (dm_room_uuid, dm_room_load_ts) IN (
    SELECT dm_room_uuid, max(dm_room_load_ts)
    FROM dm_rooms_history
    WHERE dm_room_load_ts <= {ts:DateTime64(6, 'UTC')}
    GROUP BY dm_room_uuid
)
COMMENT 'The mart as of any time; model campus, mart room';
