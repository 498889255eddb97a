UPDATE stream_module_lesson SET title = 'a', description = 'b|c' WHERE id = 2
