INSERT INTO stream_module_lesson SELECT * FROM kept
