-- The datamart of model 'campus', first version.

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
SETTINGS allow_nullable_key = 1;

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
SETTINGS allow_nullable_key = 1;

CREATE TABLE IF NOT EXISTS dm_enrolments_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY load_ts;

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_enrolments_to_current TO dm_enrolments_current AS
SELECT dm_enrolment_uuid, dm_enrolment_load_ts, is_deleted, row_hash, code, name, email, group_number
FROM dm_enrolments_history;

CREATE OR REPLACE VIEW dm_enrolments AS
SELECT dm_enrolment_uuid, dm_enrolment_load_ts, code, name, email, group_number
FROM dm_enrolments_current FINAL;

CREATE OR REPLACE VIEW dm_enrolments_as_of AS
SELECT
    dm_enrolment_uuid,
    dm_enrolment_load_ts,
    tupleElement(latest, 2) AS code,
    tupleElement(latest, 3) AS name,
    tupleElement(latest, 4) AS email,
    tupleElement(latest, 5) AS group_number
FROM (
    SELECT
        dm_enrolment_uuid,
        max(version) AS dm_enrolment_load_ts,
        argMax(tuple(is_deleted, code, name, email, group_number), version) AS latest
    FROM (
        SELECT dm_enrolment_uuid, dm_enrolment_load_ts AS version, is_deleted, code, name, email, group_number
        FROM dm_enrolments_history
        WHERE dm_enrolment_load_ts <= {ts:DateTime64(6, 'UTC')}
    )
    GROUP BY dm_enrolment_uuid
)
WHERE tupleElement(latest, 1) = 0;

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
SETTINGS allow_nullable_key = 1;

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
SETTINGS allow_nullable_key = 1;

CREATE TABLE IF NOT EXISTS dm_rooms_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY load_ts;

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_rooms_to_current TO dm_rooms_current AS
SELECT dm_room_uuid, dm_room_load_ts, is_deleted, row_hash, group_number, room, seats
FROM dm_rooms_history;

CREATE OR REPLACE VIEW dm_rooms AS
SELECT dm_room_uuid, dm_room_load_ts, group_number, room, seats
FROM dm_rooms_current FINAL;

CREATE OR REPLACE VIEW dm_rooms_as_of AS
SELECT
    dm_room_uuid,
    dm_room_load_ts,
    tupleElement(latest, 2) AS group_number,
    tupleElement(latest, 3) AS room,
    tupleElement(latest, 4) AS seats
FROM (
    SELECT
        dm_room_uuid,
        max(version) AS dm_room_load_ts,
        argMax(tuple(is_deleted, group_number, room, seats), version) AS latest
    FROM (
        SELECT dm_room_uuid, dm_room_load_ts AS version, is_deleted, group_number, room, seats
        FROM dm_rooms_history
        WHERE dm_room_load_ts <= {ts:DateTime64(6, 'UTC')}
    )
    GROUP BY dm_room_uuid
)
WHERE tupleElement(latest, 1) = 0;
