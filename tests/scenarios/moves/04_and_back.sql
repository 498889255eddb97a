UPDATE stream_module_lesson SET stream_module_id = 1 WHERE id = 1;
UPDATE stream_module SET stream_id = 1 WHERE id = 2;
UPDATE stream SET course_id = 3 WHERE id = 6
