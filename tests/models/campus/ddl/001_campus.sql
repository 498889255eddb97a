-- The datamart of model 'campus', revision 001: campus
-- Complete: a new datamart runs this file and none before it.

CREATE TABLE IF NOT EXISTS dm_enrolments_history (
    dm_enrolment_uuid UUID,
    dm_enrolment_load_ts DateTime64(6, 'UTC') COMMENT 'The load that brought the row version',
    dm_enrolment_load_end_ts DateTime64(6, 'UTC') COMMENT 'The load that replaced it or deleted the row',
    is_past UInt8 DEFAULT dm_enrolment_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') COMMENT 'Whether it had ended when it was written here',
    row_hash Int64 COMMENT 'Of the vault''s row; -1 where only the mart has it',
    code Nullable(String),
    name Nullable(String),
    email Nullable(String),
    group_number Nullable(Int32)
)
ENGINE = MergeTree
PARTITION BY is_past
ORDER BY (code, dm_enrolment_uuid, dm_enrolment_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version, and from which load to which it is valid; model campus, mart enrolment, declaration 187477a31b13';

CREATE TABLE IF NOT EXISTS dm_enrolments_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse',
    is_retained Bool COMMENT 'Whether only the mart has these row versions',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    registered_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts, is_retained)
COMMENT 'Loads that can be seen; the newest one is what is current; model campus, mart enrolment, declaration 187477a31b13';

CREATE OR REPLACE VIEW dm_enrolments AS
SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_history
WHERE is_past = 0
    AND dm_enrolment_load_ts <= (SELECT max(load_ts) FROM dm_enrolments_loads)
    AND dm_enrolment_load_end_ts > (SELECT max(load_ts) FROM dm_enrolments_loads)
COMMENT 'What is current; model campus, mart enrolment';

CREATE OR REPLACE VIEW dm_enrolments_as_of AS
SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_history
WHERE dm_enrolment_load_ts <= (SELECT max(load_ts) FROM dm_enrolments_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
    AND dm_enrolment_load_end_ts > (SELECT max(load_ts) FROM dm_enrolments_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
COMMENT 'The mart as of any time; model campus, mart enrolment';

CREATE TABLE IF NOT EXISTS dm_rooms_history (
    dm_room_uuid UUID,
    dm_room_load_ts DateTime64(6, 'UTC') COMMENT 'The load that brought the row version',
    dm_room_load_end_ts DateTime64(6, 'UTC') COMMENT 'The load that replaced it or deleted the row',
    is_past UInt8 DEFAULT dm_room_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') COMMENT 'Whether it had ended when it was written here',
    row_hash Int64 COMMENT 'Of the vault''s row; -1 where only the mart has it',
    group_number Nullable(Int32),
    room Nullable(String),
    seats Nullable(Int32)
)
ENGINE = MergeTree
PARTITION BY is_past
ORDER BY (dm_room_uuid, dm_room_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version, and from which load to which it is valid; model campus, mart room, declaration 55c0c511a012';

CREATE TABLE IF NOT EXISTS dm_rooms_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse',
    is_retained Bool COMMENT 'Whether only the mart has these row versions',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    registered_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts, is_retained)
COMMENT 'Loads that can be seen; the newest one is what is current; model campus, mart room, declaration 55c0c511a012';

CREATE OR REPLACE VIEW dm_rooms AS
SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_history
WHERE is_past = 0
    AND dm_room_load_ts <= (SELECT max(load_ts) FROM dm_rooms_loads)
    AND dm_room_load_end_ts > (SELECT max(load_ts) FROM dm_rooms_loads)
COMMENT 'What is current; model campus, mart room';

CREATE OR REPLACE VIEW dm_rooms_as_of AS
SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_history
WHERE dm_room_load_ts <= (SELECT max(load_ts) FROM dm_rooms_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
    AND dm_room_load_end_ts > (SELECT max(load_ts) FROM dm_rooms_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
COMMENT 'The mart as of any time; model campus, mart room';
