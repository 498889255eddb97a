UPDATE course SET title = 'BIG data' WHERE id = 2
