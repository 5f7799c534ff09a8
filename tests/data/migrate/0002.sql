-- Two stores, in time zones on either side of UTC.
INSERT INTO chain (chain) VALUES ('acme');
INSERT INTO store (store_id, chain, store, timezone) VALUES
    (7, 'acme', 'north', 'Europe/Berlin'),
    (8, 'acme', 'south', 'America/New_York');
