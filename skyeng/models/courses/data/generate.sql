-- A school of %(rows)s lessons: up to 200 courses, 2,000 streams and 20,000 modules, fewer for
-- few lessons (50 lessons a module). The same seed gives the same rows.
INSERT INTO course (id, title, created_at, updated_at, icon_url, is_auto_course_enroll, is_demo_enroll)
SELECT
    id,
    (ARRAY['Data Science', 'Data Engineering', 'Data Analysis', 'English', 'Maths', 'Physics', 'Design'])
        [1 + mod(hashint8extended(id, %(seed)s) & 2147483647, 7)] || ' ' || id,
    timestamp '2025-01-06 09:00:00' + id * interval '1 hour',
    CASE WHEN mod(id, 3) = 0 THEN timestamp '2025-06-01 12:00:00.123456' + id * interval '1 minute' END,
    'https://school.example/icons/' || id || '.svg',
    mod(id, 2) = 0,
    CASE WHEN mod(id, 5) <> 0 THEN mod(id, 3) = 0 END
FROM generate_series(1, greatest(1, least(200, ceil(%(rows)s / 5000.0)))::integer) AS id;

INSERT INTO stream (id, course_id, name, is_open, homework_deadline_days, start_at, end_at, created_at, updated_at)
SELECT
    id,
    1 + mod(id - 1, (SELECT count(*)::integer FROM course)),
    'Stream_' || id,
    mod(id, 4) <> 0,
    7 + mod(id, 3),
    timestamp '2025-02-03' + mod(id, 100) * interval '7 days',
    timestamp '2025-08-03' + mod(id, 100) * interval '7 days',
    timestamp '2025-01-06 10:00:00' + id * interval '1 minute',
    NULL
FROM generate_series(1, greatest(1, least(2000, ceil(%(rows)s / 500.0)))::integer) AS id;

INSERT INTO stream_module (id, stream_id, title, order_in_stream, created_at)
SELECT
    id,
    1 + mod(id - 1, (SELECT count(*)::integer FROM stream)),
    (ARRAY['Python', 'Databases', 'ETL', 'Math', 'BI', 'Grammar', 'Speaking', 'Projects'])
        [1 + mod(hashint8extended(id, %(seed)s + 1) & 2147483647, 8)] || ' ' || id,
    1 + (id - 1) / (SELECT count(*)::integer FROM stream),
    timestamp '2025-01-07' + id * interval '1 second'
FROM generate_series(1, greatest(1, least(20000, ceil(%(rows)s / 50.0)))::integer) AS id;

INSERT INTO stream_module_lesson (
    id, title, description, start_at, end_at, homework_url, teacher_id, stream_module_id,
    online_lesson_join_url, online_lesson_recording_url
)
SELECT
    id,
    (ARRAY['Variables', 'Data Structures', 'SQL', 'Cron', 'Calculus', 'Reporting', 'Analytics', 'Indexes'])
        [1 + mod(noise, 8)] || ' ' || id,
    repeat('What this lesson is about and what to read before it. ', 1 + mod(noise, 3)::integer),
    timestamp '2025-02-03 18:00:00' + mod(noise, 700) * interval '1 day',
    timestamp '2025-02-03 19:30:00' + mod(noise, 700) * interval '1 day',
    CASE WHEN mod(noise, 10) <> 0 THEN 'https://school.example/homework/' || id END,
    1 + mod(noise, 5000),
    1 + mod(id - 1, (SELECT count(*)::integer FROM stream_module)),
    'https://meet.example/' || noise,
    CASE WHEN mod(noise, 3) <> 0 THEN 'https://video.example/' || noise END
FROM (
    SELECT id, hashint8extended(id, %(seed)s + 2) & 2147483647 AS noise
    FROM generate_series(1, %(rows)s) AS id
) AS seeded;

SELECT setval('course_id_seq', (SELECT max(id) FROM course)),
       setval('stream_id_seq', (SELECT max(id) FROM stream)),
       setval('stream_module_id_seq', (SELECT max(id) FROM stream_module)),
       setval('stream_module_lesson_id_seq', (SELECT max(id) FROM stream_module_lesson));

ANALYZE course, stream, stream_module, stream_module_lesson;

SELECT 'courses' AS what, count(*) FROM course
UNION ALL SELECT 'streams', count(*) FROM stream
UNION ALL SELECT 'modules', count(*) FROM stream_module
UNION ALL SELECT 'lessons', count(*) FROM stream_module_lesson
