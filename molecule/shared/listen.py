"""Runs on the machine: answer on each of the ports given as arguments, over TCP and UDP."""

import select
import socket
import sys

sockets = []
for port in map(int, sys.argv[1:]):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        server = socket.socket(type=kind)
        server.bind(("", port))
        if kind == socket.SOCK_STREAM:
            server.listen()
        sockets.append(server)
while True:
    for ready in select.select(sockets, [], [])[0]:
        if ready.type == socket.SOCK_STREAM:
            ready.accept()[0].close()
        else:
            ready.sendto(b"answer", ready.recvfrom(100)[1])
