DELETE FROM stream_module_lesson WHERE id = 100
