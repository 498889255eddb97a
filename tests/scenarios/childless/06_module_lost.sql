DELETE FROM stream_module WHERE id = 100
