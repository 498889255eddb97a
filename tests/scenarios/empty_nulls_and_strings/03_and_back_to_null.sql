UPDATE course SET title = NULL
