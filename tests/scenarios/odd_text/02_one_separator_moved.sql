UPDATE stream_module_lesson SET title = 'a|b', description = 'c' WHERE id = 2
