INSERT INTO course (id, title) VALUES (50, 'Data Science');
INSERT INTO stream_module_lesson (id, title, stream_module_id) VALUES (50, 'Variables', 1)
