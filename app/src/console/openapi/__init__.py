"""The API's own description, OpenAPI 3.1: made of the routes, their guards and the examples beside each domain."""
