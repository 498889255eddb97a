UPDATE course SET title = ''; UPDATE stream_module_lesson SET title = '', description = ''
