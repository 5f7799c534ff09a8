-- Somebody who may read the south alone, and no counts below 8.
CREATE ROLE planner NOLOGIN;
SELECT allow_reader('planner', 'acme', 'south', 8);
