INSERT INTO stream_module_lesson (id, stream_module_id, title) VALUES (100, 100, 'Red')
