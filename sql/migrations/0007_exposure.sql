-- 0007_exposure.sql: how long which cameras were looking.
-- Apart from the heat, because nobody seen is not the same as nobody there.
CREATE TABLE exposure (
    store_id      integer NOT NULL,
    floor_id      integer NOT NULL,
    bucket_at     timestamptz NOT NULL,
    camera_set_id integer NOT NULL,
    exposure_ms   bigint NOT NULL,           -- exactly these cameras were looking
    CONSTRAINT exposure_pkey PRIMARY KEY (store_id, floor_id, bucket_at, camera_set_id),
    CONSTRAINT exposure_camera_set_id_fkey
        FOREIGN KEY (store_id, camera_set_id) REFERENCES camera_set (store_id, camera_set_id)
) PARTITION BY RANGE (bucket_at);

COMMENT ON TABLE exposure IS 'How long exactly one set of cameras was looking, per floor and bucket';

CREATE TABLE exposure_default PARTITION OF exposure DEFAULT;

COMMENT ON TABLE exposure_default IS 'Exposure of months that have no partition of their own yet';
