"""Join a Swarm through the engine's API, so that the token is in no process list. Reads the JSON body from stdin."""

import http.client
import socket
import sys

connection = http.client.HTTPConnection("localhost")
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.connect("/var/run/docker.sock")
connection.request("POST", "/swarm/join", sys.stdin.read(), {"Content-Type": "application/json"})
answer = connection.getresponse()
if answer.status != 200:
    sys.exit(answer.read().decode())
