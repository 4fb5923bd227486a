-- the labelled resources, which are few: how many of a record a reader may not
-- see is counted without reading the record
CREATE INDEX resource_labels ON resource (k, labels, deleted, name) WHERE labels <> 0;
