INSERT INTO stream_module (id, stream_id, title) VALUES (100, 10, 'Colours')
