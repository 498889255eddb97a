INSERT INTO course (id, title) VALUES (10, 'Design')
