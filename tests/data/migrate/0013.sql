-- Somebody who may read everything, as every reader could before there were scopes.
CREATE ROLE analyst NOLOGIN;
GRANT floorfuse_reader TO analyst;
