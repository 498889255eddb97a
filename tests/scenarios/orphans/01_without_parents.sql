INSERT INTO stream (id, name) VALUES (20, 'No course');
INSERT INTO stream_module (id, title) VALUES (200, 'No stream');
INSERT INTO stream_module_lesson (id, title) VALUES (2000, 'No module')
