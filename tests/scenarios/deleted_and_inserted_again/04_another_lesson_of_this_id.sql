INSERT INTO stream_module_lesson (id, title, stream_module_id) VALUES (4, 'Statistics', 2)
