-- How many lessons and hours does each teacher give, week by week?
-- Weeks begin on Monday. Deleted lessons and lessons without a teacher or a date do not count.
SELECT
    s_lesson_teacher_id AS teacher_id,
    toMonday(s_lesson_start_at) AS week,
    count() AS lessons,
    round(sum(dateDiff('second', s_lesson_start_at, s_lesson_end_at)) / 3600, 2) AS hours
FROM dm_courses_modules_lessons_streams
WHERE s_lesson_teacher_id IS NOT NULL AND s_lesson_start_at IS NOT NULL AND s_lesson_deleted_at IS NULL
GROUP BY teacher_id, week
ORDER BY week, teacher_id
