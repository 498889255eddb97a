CREATE TABLE kept AS SELECT * FROM stream_module_lesson WHERE id = 4; DELETE FROM stream_module_lesson WHERE id = 4
