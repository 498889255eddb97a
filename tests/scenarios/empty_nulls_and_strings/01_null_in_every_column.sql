INSERT INTO course (id, created_at) VALUES (1, NULL);
INSERT INTO stream (id, course_id, created_at, homework_deadline_days) VALUES (1, 1, NULL, NULL);
INSERT INTO stream_module (id, stream_id, created_at) VALUES (1, 1, NULL);
INSERT INTO stream_module_lesson (id, stream_module_id) VALUES (1, 1)
