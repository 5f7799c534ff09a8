-- What headquarters knows a store again by.
UPDATE store SET origin = '00000000-0000-4000-8000-000000000007' WHERE store_id = 7;
INSERT INTO joined_store (store_id, chain, store, joined_at, contact_at, errors)
VALUES (8, 'acme', 'south', '2027-01-20 10:00Z', '2027-01-21 10:00Z', 3);
