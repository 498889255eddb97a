-- Which lessons lack homework, or a recording although they are over?
-- Deleted lessons do not count.
SELECT
    h_course_title AS course,
    h_stream_name AS stream,
    h_lesson_title AS lesson,
    s_lesson_homework_url IS NULL AS lacks_homework,
    ifNull(s_lesson_end_at < now64(6), false) AND s_lesson_online_lesson_recording_url IS NULL AS lacks_recording
FROM dm_courses_modules_lessons_streams
WHERE h_lesson_id IS NOT NULL AND s_lesson_deleted_at IS NULL AND (lacks_homework OR lacks_recording)
ORDER BY course, stream, h_lesson_id
