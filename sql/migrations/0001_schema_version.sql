-- 0001_schema_version.sql: which migrations this database has seen.
-- The sum of each file is kept, because a migration that was edited after it was applied means that two
-- databases of one version differ.
CREATE TABLE schema_version (
    version    integer NOT NULL,
    name       text NOT NULL,        -- of the file, without number and ending
    sha256     text NOT NULL,        -- of the file, hexadecimal
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT schema_version_pkey PRIMARY KEY (version)
);

COMMENT ON TABLE schema_version IS 'Migrations applied to this database, one row each';
