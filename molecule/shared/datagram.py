"""Runs in a container beside the machine: send a datagram to ADDRESS PORT and print what comes back in two seconds."""

import socket
import sys

with socket.socket(type=socket.SOCK_DGRAM) as sender:
    sender.settimeout(2)
    sender.sendto(b"hello", (sys.argv[1], int(sys.argv[2])))
    try:
        print(sender.recv(100).decode())
    except TimeoutError:
        print("silence")
