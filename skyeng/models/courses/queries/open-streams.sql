-- Which streams are open now, and what is taught next?
-- Open: marked so, not over and not deleted. A stream without a lesson to come shows NULL.
SELECT
    h_course_title AS course,
    h_stream_name AS stream,
    minIf(s_lesson_start_at, upcoming) AS next_lesson_at,
    argMinIf(h_lesson_title, s_lesson_start_at, upcoming) AS next_lesson
FROM (
    SELECT *, s_lesson_start_at > now64(6) AND s_lesson_deleted_at IS NULL AS upcoming
    FROM dm_courses_modules_lessons_streams
)
WHERE s_stream_is_open AND s_stream_deleted_at IS NULL AND (s_stream_end_at IS NULL OR s_stream_end_at > now64(6))
GROUP BY h_course_title, h_stream_id, h_stream_name
ORDER BY next_lesson_at NULLS LAST, stream
