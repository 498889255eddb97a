INSERT INTO course (id, title) VALUES (1, 'Only')
