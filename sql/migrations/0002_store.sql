-- 0002_store.sql: chains and their stores.
-- store_id comes first in every primary key and is unique in the whole chain, so that the databases of
-- many stores can be replicated into one.
CREATE TABLE chain (
    chain text NOT NULL,
    CONSTRAINT chain_pkey PRIMARY KEY (chain)
);

COMMENT ON TABLE chain IS 'Retail chains; the id people gave them';

CREATE TABLE store (
    store_id integer NOT NULL,       -- allotted by the chain or a hash of chain and store
    chain    text NOT NULL,
    store    text NOT NULL,          -- the id people gave it
    timezone text NOT NULL,          -- IANA name, for local dates and hours
    CONSTRAINT store_pkey PRIMARY KEY (store_id),
    CONSTRAINT store_chain_store_key UNIQUE (chain, store),
    CONSTRAINT store_chain_fkey FOREIGN KEY (chain) REFERENCES chain (chain)
);

COMMENT ON TABLE store IS 'Stores of the chains; store_id is the key of all facts';
