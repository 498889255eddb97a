UPDATE stream SET course_id = 1 WHERE id = 20;
UPDATE stream_module SET stream_id = 20 WHERE id = 200;
UPDATE stream_module_lesson SET stream_module_id = 200 WHERE id = 2000
