INSERT INTO stream (id, course_id, name) VALUES (10, 10, 'Des_1')
