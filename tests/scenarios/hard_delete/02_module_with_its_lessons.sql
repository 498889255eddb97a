DELETE FROM stream_module_lesson WHERE stream_module_id = 9;
DELETE FROM stream_module WHERE id = 9
