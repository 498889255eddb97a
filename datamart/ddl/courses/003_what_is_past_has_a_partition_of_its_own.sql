-- The datamart of model 'courses', revision 003: what is past has a partition of its own
-- Complete: a new datamart runs this file and none before it.

CREATE TABLE IF NOT EXISTS dm_courses_modules_lessons_streams_history (
    dm_course_module_lesson_stream_uuid UUID,
    dm_course_module_lesson_stream_load_ts DateTime64(6, 'UTC') COMMENT 'The load that brought the row version',
    dm_course_module_lesson_stream_load_end_ts DateTime64(6, 'UTC') COMMENT 'The load that replaced it or deleted the row',
    is_past UInt8 DEFAULT dm_course_module_lesson_stream_load_end_ts < toDateTime64('9999-12-31 23:59:59.999999', 6, 'UTC') COMMENT 'Whether it had ended when it was written here',
    row_hash Int64 COMMENT 'Of the vault''s row; -1 where only the mart has it',
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
ENGINE = MergeTree
PARTITION BY is_past
ORDER BY (h_course_id, h_stream_id, h_module_id, h_lesson_id, dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts)
SETTINGS allow_nullable_key = 1
COMMENT 'Every row version, and from which load to which it is valid; model courses, mart course_module_lesson_stream, declaration 4aec9a6c6dc4';

CREATE TABLE IF NOT EXISTS dm_courses_modules_lessons_streams_loads (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse',
    is_retained Bool COMMENT 'Whether only the mart has these row versions',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    registered_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY (load_ts, is_retained)
COMMENT 'Loads that can be seen; the newest one is what is current; model courses, mart course_module_lesson_stream, declaration 4aec9a6c6dc4';

CREATE OR REPLACE VIEW dm_courses_modules_lessons_streams AS
SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_history
WHERE is_past = 0
    AND dm_course_module_lesson_stream_load_ts <= (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads)
    AND dm_course_module_lesson_stream_load_end_ts > (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads)
COMMENT 'What is current; model courses, mart course_module_lesson_stream';

CREATE OR REPLACE VIEW dm_courses_modules_lessons_streams_as_of AS
SELECT dm_course_module_lesson_stream_uuid, dm_course_module_lesson_stream_load_ts, h_course_id, h_course_title, s_course_icon_url, s_course_is_auto_course_enroll, s_course_is_demo_enroll, s_course_created_at, s_course_updated_at, s_course_deleted_at, h_module_id, h_module_title, l_module_order_in_stream, s_module_created_at, s_module_updated_at, s_module_deleted_at, h_lesson_id, h_lesson_title, s_lesson_description, s_lesson_teacher_id, s_lesson_start_at, s_lesson_end_at, s_lesson_homework_url, s_lesson_online_lesson_join_url, s_lesson_online_lesson_recording_url, s_lesson_deleted_at, h_stream_id, h_stream_name, s_stream_is_open, s_stream_homework_deadline_days, s_stream_start_at, s_stream_end_at, s_stream_created_at, s_stream_updated_at, s_stream_deleted_at
FROM dm_courses_modules_lessons_streams_history
WHERE dm_course_module_lesson_stream_load_ts <= (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
    AND dm_course_module_lesson_stream_load_end_ts > (SELECT max(load_ts) FROM dm_courses_modules_lessons_streams_loads WHERE load_ts <= {ts:DateTime64(6, 'UTC')})
COMMENT 'The mart as of any time; model courses, mart course_module_lesson_stream';
