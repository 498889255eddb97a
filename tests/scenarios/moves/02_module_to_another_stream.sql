UPDATE stream_module SET stream_id = 4 WHERE id = 2
