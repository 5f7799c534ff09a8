-- Moves what is there; January 2027 gets no partition of its own.
SELECT ensure_heat_partitions('2026-10-31', '2026-11-30');
