-- How many lessons does each course have?
-- A lesson that is taught in several streams counts once; a course without lessons says 0.
SELECT h_course_title AS course, count(h_lesson_title) AS lessons
FROM (
    SELECT h_course_title, h_lesson_title
    FROM dm_courses_modules_lessons_streams
    GROUP BY h_course_title, h_lesson_title
)
GROUP BY h_course_title
ORDER BY h_course_title
