UPDATE stream_module_lesson SET stream_module_id = 5 WHERE id = 1
