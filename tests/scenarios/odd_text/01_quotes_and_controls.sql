UPDATE course SET title = 'O''Brien''s "best" \ course | \N {x} %s' WHERE id = 1;
UPDATE stream SET name = E'tab\there\nline\rreturn \\. \b\f\v' WHERE id = 1;
UPDATE stream_module SET title = '🎓 データ عربي עברית ﷽ é é' WHERE id = 1;
UPDATE stream_module_lesson SET title = repeat('ж', 255), homework_url = repeat('u', 500), description = '\N' WHERE id = 1
