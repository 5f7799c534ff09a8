-- 0034_loss.sql: what did not get through: frames, messages, connections and records that were lost, refused or dropped.
-- The fusion program counts them by reason, and starts each count anew with every hour, so that days can be added up. A
-- count may fall as well: frames that were missed and turn up after all are taken back.
CREATE TABLE loss (
    store_id integer NOT NULL,
    since_at timestamptz NOT NULL,           -- when counting began: the full hour, or the start of fusion in it
    camera   text NOT NULL,                  -- its id, not its key: one that nobody knows is refused too; '': of none
    source   text NOT NULL,                  -- who counted, e.g. wire, fusion, camera, gate, database
    reason   text NOT NULL,
    unit     text NOT NULL,                  -- of losses: frames, messages, ...
    losses   bigint NOT NULL,                -- until the next full hour, or fusion's end; 0: all turned up
    first_at timestamptz NOT NULL,           -- when the first of them was told of
    last_at  timestamptz NOT NULL,           -- when the count last changed
    CONSTRAINT loss_pkey PRIMARY KEY (store_id, since_at, camera, source, reason),
    CONSTRAINT loss_store_id_fkey FOREIGN KEY (store_id) REFERENCES store (store_id),
    CONSTRAINT loss_camera_check CHECK (camera ~ '^[a-z0-9-]*$'),
    CONSTRAINT loss_source_check CHECK (source ~ '^[a-z][a-z_]*$'),
    CONSTRAINT loss_reason_check CHECK (reason ~ '^[a-z][a-z_]*$'),
    CONSTRAINT loss_unit_check CHECK (unit ~ '^[a-z][a-z_]*$'),
    CONSTRAINT loss_losses_check CHECK (losses >= 0),
    CONSTRAINT loss_last_at_check CHECK (last_at >= first_at)
);

COMMENT ON TABLE loss IS 'What was lost, refused or dropped on its way, by hour and reason';
COMMENT ON COLUMN loss.store_id IS 'Key of the store, unique in the chain';
COMMENT ON COLUMN loss.since_at IS 'When counting began: a full hour, or the start of fusion in it';
COMMENT ON COLUMN loss.camera IS 'Id of the camera it is about; empty: of none in particular';
COMMENT ON COLUMN loss.source IS 'Who counted: wire, fusion, camera, gate, database';
COMMENT ON COLUMN loss.reason IS 'Why, one word of those in docs/delivery.md';
COMMENT ON COLUMN loss.unit IS 'What was counted: frames, observations, messages, connections, records';
COMMENT ON COLUMN loss.losses IS 'How many until the next full hour; 0: they turned up after all';
COMMENT ON COLUMN loss.first_at IS 'When the first of them was told of';
COMMENT ON COLUMN loss.last_at IS 'When the count last changed';

-- Nothing was lost where there is no row, so what turned up again is left out as well.
CREATE VIEW v_loss AS
SELECT l.store_id, s.chain, s.store, c.camera_id, nullif(l.camera, '') AS camera, l.since_at,
    (l.since_at AT TIME ZONE s.timezone)::date AS local_date,
    extract(hour FROM l.since_at AT TIME ZONE s.timezone)::integer AS local_hour,
    l.source, l.reason, l.unit, l.losses, l.first_at, l.last_at
FROM loss AS l
JOIN store AS s USING (store_id)
LEFT JOIN camera AS c ON c.store_id = l.store_id AND c.camera = l.camera
WHERE l.losses > 0;

COMMENT ON VIEW v_loss IS 'What was lost, refused or dropped on its way, by hour and reason; no row: nothing';
COMMENT ON COLUMN v_loss.store_id IS 'Key of the store, unique in the chain';
COMMENT ON COLUMN v_loss.chain IS 'Id of the chain';
COMMENT ON COLUMN v_loss.store IS 'Id of the store';
COMMENT ON COLUMN v_loss.camera_id IS 'Key of the camera; NULL: of none in particular, or of one that no bucket knows yet';
COMMENT ON COLUMN v_loss.camera IS 'Id of the camera; NULL: of none in particular';
COMMENT ON COLUMN v_loss.since_at IS 'When counting began: a full hour, or the start of fusion in it';
COMMENT ON COLUMN v_loss.local_date IS 'Date of since_at at the store';
COMMENT ON COLUMN v_loss.local_hour IS 'Hour of since_at at the store, 0 .. 23';
COMMENT ON COLUMN v_loss.source IS 'Who counted: wire, fusion, camera, gate, database';
COMMENT ON COLUMN v_loss.reason IS 'Why, one word of those in docs/delivery.md; it says which are gone for good';
COMMENT ON COLUMN v_loss.unit IS 'Unit of losses; do not add different ones: frames, observations, messages, connections, records';
COMMENT ON COLUMN v_loss.losses IS 'How many until the next full hour';
COMMENT ON COLUMN v_loss.first_at IS 'When the first of them was told of';
COMMENT ON COLUMN v_loss.last_at IS 'When the count last changed';
