-- The datamart of model 'courses', revision 001: courses
-- Complete: a new datamart runs this file and none before it.

CREATE TABLE IF NOT EXISTS dm_courses_modules_lessons_streams_history (
    dm_course_module_lesson_stream_uuid UUID,
    dm_course_module_lesson_stream_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    h_course_id Nullable(Int32),
    h_course_title LowCardinality(Nullable(String)),
    s_course_icon_url LowCardinality(Nullable(String)),
    s_course_is_auto_course_enroll Nullable(Bool),
    s_course_is_demo_enroll Nullable(Bool),
    s_course_created_at Nullable(DateTime64(6, 'UTC')),
    s_course_updated_at Nullable(DateTime64(6, 'UTC')),
    s_course_deleted_at Nullable(DateTime64(6, 'UTC')),
    h_module_id Nullable(Int32),
    h_module_title LowCardinality(Nullable(String)),
    l_module_order_in_stream Nullable(Int32),
    s_module_created_at Nullable(DateTime64(6, 'UTC')),
    s_module_updated_at Nullable(DateTime64(6, 'UTC')),
    s_module_deleted_at Nullable(DateTime64(6, 'UTC')),
    h_lesson_id Nullable(Int32),
    h_lesson_title Nullable(String),
    s_lesson_description Nullable(String),
    s_lesson_teacher_id Nullable(Int32),
    s_lesson_start_at Nullable(DateTime64(6, 'UTC')),
    s_lesson_end_at Nullable(DateTime64(6, 'UTC')),
    s_lesson_homework_url Nullable(String),
    s_lesson_online_lesson_join_url Nullable(String),
    s_lesson_online_lesson_recording_url Nullable(String),
    s_lesson_deleted_at Nullable(DateTime64(6, 'UTC')),
    h_stream_id Nullable(Int32),
    h_stream_name LowCardinality(Nullable(String)),
    s_stream_is_open Nullable(Bool),
    s_stream_homework_deadline_days Nullable(Int32),
    s_stream_start_at Nullable(DateTime64(6, 'UTC')),
    s_stream_end_at Nullable(DateTime64(6, 'UTC')),
    s_stream_created_at Nullable(DateTime64(6, 'UTC')),
    s_stream_updated_at Nullable(DateTime64(6, 'UTC')),
    s_stream_deleted_at Nullable(DateTime64(6, 'UTC'))
)
ENGINE = ReplacingMergeTree
ORDER BY (h_course_id, h_stream_id, h_module_id, h_lesson_id, dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version; model courses, mart course_module_lesson_stream, declaration 4aec9a6c6dc4';

CREATE TABLE IF NOT EXISTS dm_courses_modules_lessons_streams_current (
    dm_course_module_lesson_stream_uuid UUID,
    dm_course_module_lesson_stream_load_ts DateTime64(6, 'UTC'),
    is_deleted UInt8,
    row_hash Int64,
    h_course_id Nullable(Int32),
    h_course_title LowCardinality(Nullable(String)),
    s_course_icon_url LowCardinality(Nullable(String)),
    s_course_is_auto_course_enroll Nullable(Bool),
    s_course_is_demo_enroll Nullable(Bool),
    s_course_created_at Nullable(DateTime64(6, 'UTC')),
    s_course_updated_at Nullable(DateTime64(6, 'UTC')),
    s_course_deleted_at Nullable(DateTime64(6, 'UTC')),
    h_module_id Nullable(Int32),
    h_module_title LowCardinality(Nullable(String)),
    l_module_order_in_stream Nullable(Int32),
    s_module_created_at Nullable(DateTime64(6, 'UTC')),
    s_module_updated_at Nullable(DateTime64(6, 'UTC')),
    s_module_deleted_at Nullable(DateTime64(6, 'UTC')),
    h_lesson_id Nullable(Int32),
    h_lesson_title Nullable(String),
    s_lesson_description Nullable(String),
    s_lesson_teacher_id Nullable(Int32),
    s_lesson_start_at Nullable(DateTime64(6, 'UTC')),
    s_lesson_end_at Nullable(DateTime64(6, 'UTC')),
    s_lesson_homework_url Nullable(String),
    s_lesson_online_lesson_join_url Nullable(String),
    s_lesson_online_lesson_recording_url Nullable(String),
    s_lesson_deleted_at Nullable(DateTime64(6, 'UTC')),
    h_stream_id Nullable(Int32),
    h_stream_name LowCardinality(Nullable(String)),
    s_stream_is_open Nullable(Bool),
    s_stream_homework_deadline_days Nullable(Int32),
    s_stream_start_at Nullable(DateTime64(6, 'UTC')),
    s_stream_end_at Nullable(DateTime64(6, 'UTC')),
    s_stream_created_at Nullable(DateTime64(6, 'UTC')),
    s_stream_updated_at Nullable(DateTime64(6, 'UTC')),
    s_stream_deleted_at Nullable(DateTime64(6, 'UTC'))
)
ENGINE = ReplacingMergeTree(dm_course_module_lesson_stream_load_ts, is_deleted)
ORDER BY (h_course_id, h_stream_id, h_module_id, h_lesson_id, dm_course_module_lesson_stream_uuid)
SETTINGS allow_nullable_key = 1
COMMENT 'The latest version of every row; model courses, mart course_module_lesson_stream, declaration 4aec9a6c6dc4';

CREATE TABLE IF NOT EXISTS dm_courses_modules_lessons_streams_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads of the warehouse that the mart holds; model courses, mart course_module_lesson_stream, declaration 4aec9a6c6dc4';

CREATE TABLE IF NOT EXISTS dm_courses_modules_lessons_streams_loads_kept (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts)
COMMENT 'Loads that only the mart has; model courses, mart course_module_lesson_stream, declaration 4aec9a6c6dc4';

CREATE MATERIALIZED VIEW IF NOT EXISTS dm_courses_modules_lessons_streams_to_current TO dm_courses_modules_lessons_streams_current AS
SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, is_deleted, row_hash, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_history
COMMENT 'Carries each new row version on; model courses, mart course_module_lesson_stream';

CREATE OR REPLACE VIEW dm_courses_modules_lessons_streams AS
SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_current FINAL
COMMENT 'What is current and not deleted; model courses, mart course_module_lesson_stream';

CREATE OR REPLACE VIEW dm_courses_modules_lessons_streams_as_of AS
SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_history FINAL
WHERE is_deleted = 0 AND (dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts) IN (
    SELECT dm_course_module_lesson_stream_uuid, max(dm_course_module_lesson_stream_load_ts)
    FROM dm_courses_modules_lessons_streams_history
    WHERE dm_course_module_lesson_stream_load_ts <= {ts:DateTime64(6, 'UTC')}
    GROUP BY dm_course_module_lesson_stream_uuid
)
COMMENT 'The mart as of any time; model courses, mart course_module_lesson_stream';
