UPDATE course SET title = 'Big Data' WHERE id = 2
