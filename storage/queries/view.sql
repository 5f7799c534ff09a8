-- view.sql: which views there are and what their columns say.

-- view_list: list the views
-- Views for people begin with v_; what else a database has is none of ours.
SELECT relname, obj_description(oid, 'pg_class')
FROM pg_class
WHERE relkind = 'v' AND starts_with(relname, 'v_') AND pg_table_is_visible(oid)
ORDER BY relname;

-- view_columns: look up the view
SELECT a.attname, col_description(c.oid, a.attnum), a.atttypid::regtype, n.nspname
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relname = $1 AND c.relkind = 'v' AND starts_with(c.relname, 'v_') AND pg_table_is_visible(c.oid)
    AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum;
