"""Runs in a container beside the machine: connect to TARGET PORT by way of GATEWAY, and print whether it answers."""

import socket
import subprocess
import sys

gateway, target, port = sys.argv[1:]
subprocess.run(["ip", "route", "add", target, "via", gateway], check=True)
try:
    socket.create_connection((target, int(port)), 3).close()
    print("answer")
except OSError:
    print("silence")
