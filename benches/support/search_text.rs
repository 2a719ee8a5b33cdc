//! The texts of the search index, made outside the service.
