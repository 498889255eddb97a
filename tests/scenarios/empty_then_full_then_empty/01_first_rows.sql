INSERT INTO course (id, title) VALUES (1, 'Only'); INSERT INTO stream (id, course_id, name) VALUES (1, 1, 'S')
