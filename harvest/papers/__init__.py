"""Papers: articles in, records of their property tables out; `pipeline.extract` is the whole way."""
