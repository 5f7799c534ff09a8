-- 0014_calibration_words.sql: calibrations with their text, who made them, and since when they hold.
-- A version is known as soon as its camera tells of it, which may be before any bucket came with it.
ALTER TABLE calibration
    ALTER COLUMN first_used_at DROP NOT NULL,
    ADD COLUMN text text,                    -- the calibration file; NULL: from before this column
    ADD COLUMN author text,
    ADD COLUMN note text,
    ADD COLUMN valid_from timestamptz,       -- as the file says; NULL: it does not
    ADD COLUMN added_at timestamptz;

UPDATE calibration SET added_at = first_used_at;

ALTER TABLE calibration
    ALTER COLUMN added_at SET DEFAULT now(),
    ALTER COLUMN added_at SET NOT NULL;

-- The file is what the version is the sum of: once known it stays.
CREATE FUNCTION refuse_other_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF old.text IS NOT NULL AND new.text IS DISTINCT FROM old.text THEN
        RAISE EXCEPTION 'the text of calibration % never changes', left(old.version, 8);
    END IF;
    RETURN new;
END
$$;

COMMENT ON FUNCTION refuse_other_text() IS 'Trigger: the text of a calibration never changes';

CREATE TRIGGER calibration_text_never_changes BEFORE UPDATE ON calibration
    FOR EACH ROW EXECUTE FUNCTION refuse_other_text();

CREATE VIEW v_calibration AS
WITH since AS (
    SELECT
        k.store_id, k.calibration_id, k.camera_id, k.version, k.author, k.note, k.added_at, k.text,
        coalesce(k.valid_from, k.first_used_at, k.added_at) AS valid_from_known
    FROM calibration AS k
)
SELECT
    k.store_id,
    s.chain,
    s.store,
    c.camera,
    k.version AS calibration,
    left(k.version, 8) AS calibration_short,
    k.valid_from_known AS valid_from,
    lead(k.valid_from_known)
        OVER (PARTITION BY k.store_id, k.camera_id ORDER BY k.valid_from_known, k.calibration_id)
        AS valid_to,
    k.author,
    k.note,
    k.added_at,
    u.first_bucket_at,
    u.last_bucket_at,
    k.text AS file
FROM since AS k
JOIN store AS s USING (store_id)
JOIN camera AS c USING (store_id, camera_id)
LEFT JOIN LATERAL (
    SELECT min(b.bucket_at) AS first_bucket_at, max(b.bucket_at) AS last_bucket_at
    FROM camera_bucket AS b
    WHERE b.store_id = k.store_id AND b.camera_id = k.camera_id
        AND b.calibration_id = k.calibration_id
) AS u ON true;

COMMENT ON VIEW v_calibration IS 'Every version of every camera''s calibration, and when it was in force';
COMMENT ON COLUMN v_calibration.store_id IS 'Key of the store, unique in the chain';
COMMENT ON COLUMN v_calibration.chain IS 'Id of the chain';
COMMENT ON COLUMN v_calibration.store IS 'Id of the store';
COMMENT ON COLUMN v_calibration.camera IS 'Id of the camera';
COMMENT ON COLUMN v_calibration.calibration IS 'Version: SHA-256 of the calibration file';
COMMENT ON COLUMN v_calibration.calibration_short IS 'Its first eight digits, as programs print it';
COMMENT ON COLUMN v_calibration.valid_from IS
    'Since when the camera stands like this: as the file says, else when it was first used';
COMMENT ON COLUMN v_calibration.valid_to IS 'When the next version begins; NULL: the latest';
COMMENT ON COLUMN v_calibration.author IS 'Who made it, as the file says';
COMMENT ON COLUMN v_calibration.note IS 'What the file says about itself';
COMMENT ON COLUMN v_calibration.added_at IS 'When the database first heard of it';
COMMENT ON COLUMN v_calibration.first_bucket_at IS 'Start of the first bucket counted with it';
COMMENT ON COLUMN v_calibration.last_bucket_at IS 'Start of the last bucket counted with it';
COMMENT ON COLUMN v_calibration.file IS 'The calibration file itself';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'floorfuse_reader') THEN
        GRANT SELECT ON v_calibration TO floorfuse_reader;
    END IF;
END
$$;
