UPDATE stream_module_lesson SET title = 'Variables' WHERE id = 1
