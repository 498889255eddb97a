UPDATE stream_module_lesson SET title = 'Variables and Types' WHERE id = 1
