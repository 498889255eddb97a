TRUNCATE course, stream, stream_module, stream_module_lesson
