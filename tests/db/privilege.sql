-- privilege.sql: nobody can have a function with its owner's rights do what he may not.
\ir helper.sql
SELECT no_plan();

SELECT is_empty($$
    SELECT p.oid::regprocedure FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.provolatile = 'v' AND p.prokind = 'f'
        AND has_function_privilege('floorfuse_reader', p.oid, 'EXECUTE') $$,
    'readers may call no function that may change something');
SELECT set_eq($$
    SELECT p.proname FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
        AND has_function_privilege('floorfuse_reader', p.oid, 'EXECUTE') $$,
    ARRAY['is_open', 'reads_all_stores', 'readable_stores', 'reads_store', 'small_count_limit'],
    'of those with their owner''s rights they may call what views need');

-- A trigger function with its owner's rights, on a table of one's own, would read what that likes.
CREATE ROLE tap_reader LOGIN;
SELECT lives_ok($$ SELECT allow_reader('tap_reader') $$, 'a reader');
SET ROLE tap_reader;
CREATE TEMPORARY TABLE bait (store_id integer, floor_id integer, bucket_at timestamptz);
SELECT throws_ok($$ CREATE TRIGGER t AFTER INSERT ON bait REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION note_changed_buckets() $$, '42501', NULL,
    'a reader cannot use the trigger of buckets');
RESET ROLE;

CREATE ROLE tap_writer LOGIN;
GRANT floorfuse_writer TO tap_writer;
SET ROLE tap_writer;
SELECT throws_ok($$ SELECT apply_retention(1, '2100-01-01') $$, '42501', NULL,
    'a writer does not say what is old');
SELECT lives_ok($$ SELECT apply_retention(1) $$, 'but may have what is old deleted');
SELECT throws_ok($$ UPDATE zone_day SET visits = 0 $$, '42501', NULL, 'it does not change days');
SELECT throws_ok($$ INSERT INTO joined_store (store_id, chain, store) VALUES (1, 'a', 'b') $$, '42501', NULL,
    'nor what headquarters notes');
SELECT throws_ok($$ INSERT INTO reader_scope VALUES ('tap_writer', NULL, NULL, 0) $$, '42501', NULL,
    'nor who may read');
RESET ROLE;

SELECT * FROM finish();
