-- A small school: 3 courses, 6 streams, 18 modules, 36 lessons. Every course has six distinct
-- lessons. Lessons are a week apart, dated from today, so that some streams are always open.
INSERT INTO course (id, title, created_at, icon_url, is_auto_course_enroll, is_demo_enroll) VALUES
    (1, 'Data Science', timestamp '2025-03-03 09:00:00', 'https://school.example/icons/ds.svg', false, true),
    (2, 'Data Engineering', timestamp '2025-03-03 09:05:00', 'https://school.example/icons/de.svg', true, false),
    (3, 'Data Analysis', timestamp '2025-03-03 09:10:00', NULL, false, NULL);

-- Day of the first lesson, from today: three streams run now, two are over, one is to come.
INSERT INTO stream (id, course_id, name, is_open, homework_deadline_days, start_at, end_at, created_at)
SELECT id, course_id, name, is_open, deadline, first_day, first_day + interval '36 days', first_day - interval '60 days'
FROM (
    VALUES
        (1, 1, 'DS_Stream_1', true, 7, current_date - 17),
        (2, 2, 'DE_Stream_1', false, 7, current_date - 150),
        (3, 2, 'DE_Stream_2', true, 10, current_date - 10),
        (4, 3, 'DA_Stream_1', false, 7, current_date - 143),
        (5, 3, 'DA_Stream_2', true, 7, current_date - 3),
        (6, 3, 'DA_Stream_3', true, 14, current_date + 30)
) AS planned (id, course_id, name, is_open, deadline, first_day);

INSERT INTO stream_module (id, stream_id, title, order_in_stream, created_at)
SELECT row_number() OVER (ORDER BY stream.id, place), stream.id, title, place, stream.created_at
FROM stream
JOIN (
    VALUES
        (1, 1, 'Python'), (1, 2, 'Math'), (1, 3, 'Machine Learning'),
        (2, 1, 'Python'), (2, 2, 'Databases'), (2, 3, 'ETL'),
        (3, 1, 'Python'), (3, 2, 'BI'), (3, 3, 'Jupyter Notebook')
) AS syllabus (course_id, place, title) USING (course_id);

-- One teacher a stream. No lesson of Calculus has homework, and Reporting was never recorded.
INSERT INTO stream_module_lesson (
    id, title, description, start_at, end_at, homework_url, teacher_id, stream_module_id,
    online_lesson_join_url, online_lesson_recording_url
)
SELECT
    id,
    title,
    'Lesson ' || place || ' of ' || name,
    start_at,
    start_at + interval '90 minutes',
    CASE WHEN title <> 'Calculus' THEN 'https://school.example/homework/' || id END,
    100 + stream_id,
    module_id,
    'https://meet.example/' || id,
    CASE WHEN start_at < current_date AND title <> 'Reporting' THEN 'https://video.example/' || id END
FROM (
    SELECT
        row_number() OVER (ORDER BY module.id, lesson) AS id,
        lessons.title,
        (order_in_stream - 1) * 2 + lesson AS place,
        stream.name,
        stream.id AS stream_id,
        module.id AS module_id,
        stream.start_at + ((order_in_stream - 1) * 2 + lesson - 1) * interval '7 days' + interval '18 hours' AS start_at
    FROM stream_module AS module
    JOIN stream ON stream.id = module.stream_id
    JOIN (
        VALUES
            (1, 'Python', 1, 'Variables'), (1, 'Python', 2, 'Data Structures'),
            (1, 'Math', 1, 'Calculus'), (1, 'Math', 2, 'Linear Algebra'),
            (1, 'Machine Learning', 1, 'PyTorch'), (1, 'Machine Learning', 2, 'TensorFlow'),
            (2, 'Python', 1, 'Variables'), (2, 'Python', 2, 'Data Structures'),
            (2, 'Databases', 1, 'SQL'), (2, 'Databases', 2, 'PostgreSQL'),
            (2, 'ETL', 1, 'Cron'), (2, 'ETL', 2, 'Apache Airflow'),
            (3, 'Python', 1, 'Variables'), (3, 'Python', 2, 'Data Structures'),
            (3, 'BI', 1, 'Apache Superset'), (3, 'BI', 2, 'Power BI'),
            (3, 'Jupyter Notebook', 1, 'Reporting'), (3, 'Jupyter Notebook', 2, 'Analytics')
    ) AS lessons (course_id, module, lesson, title)
        ON lessons.course_id = stream.course_id AND lessons.module = module.title
) AS timetable;

SELECT setval('course_id_seq', 3), setval('stream_id_seq', 6),
       setval('stream_module_id_seq', 18), setval('stream_module_lesson_id_seq', 36);
