DROP TABLE failure_rows;
