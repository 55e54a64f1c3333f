#!/bin/sh
# What the app has: rows with every awkward byte, keys of its own and of another app, and a file in its volume.
set -eu
task() { docker ps --quiet --filter "label=com.docker.swarm.service.name=$1"; }
docker exec -i -u 0 "$(task mariadb_mariadb)" mariadb shop <<'SQL'
CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, what TEXT, data BLOB, made TIMESTAMP(6) DEFAULT NOW(6));
INSERT INTO orders (what, data) VALUES ('a''b),\n(c', x'00ff0a28'), ('ü € 😀', NULL), ('-- Dumping data for table `x`', x'5c');
CREATE TABLE parts (order_id INT, name VARCHAR(20), FOREIGN KEY (order_id) REFERENCES orders (id));
INSERT INTO parts VALUES (1, 'one'), (2, 'two');
CREATE VIEW big AS SELECT * FROM orders WHERE id > 1;
CREATE TRIGGER stamp BEFORE INSERT ON parts FOR EACH ROW SET NEW.name = LOWER(NEW.name);
CREATE PROCEDURE add_order(w TEXT) INSERT INTO orders (what) VALUES (w);
SQL
redis() {
  docker exec -i "$(task redis_redis)" sh -c 'REDISCLI_AUTH=$(cat /run/secrets/admin_password) exec redis-cli --user admin "$@"' sh "$@"
}
redis set shop:cart full
redis hset shop:user name Ann
redis set shop:short-lived soon ex 100000
redis set other:key theirs
docker exec "$(task shop_web)" sh -c 'echo precious > /data/upload.txt'
