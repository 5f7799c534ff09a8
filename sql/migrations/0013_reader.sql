-- 0013_reader.sql: the role for BI tools, which may read the views and nothing else.
-- A person gives it to logins: GRANT floorfuse_reader TO grafana. Roles belong to the whole server, so
-- it may be there already; where we may not make roles, the owner of the server makes it and grants.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'floorfuse_reader') THEN
        CREATE ROLE floorfuse_reader NOLOGIN;
    END IF;
EXCEPTION
    WHEN insufficient_privilege THEN
        RAISE NOTICE 'no right to make the role floorfuse_reader; ask the owner of the server to';
    WHEN duplicate_object OR unique_violation THEN
        RAISE NOTICE 'another database of this server made the role floorfuse_reader just now';
END
$$;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'floorfuse_reader') THEN
        GRANT SELECT ON v_heat_cell, v_camera_bucket, v_exposure, v_pair_residual
            TO floorfuse_reader;
    END IF;
END
$$;
