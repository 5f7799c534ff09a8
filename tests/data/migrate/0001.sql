-- When a version came is known ever after.
UPDATE schema_version SET applied_at = '2026-10-01 08:00Z' WHERE version = 1;
