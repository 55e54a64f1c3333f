"""The core of the stack and tree plugins: it imports nothing of Ansible and needs only the standard library.

The controller packs files (payload, names); the host compares, applies and judges (everything else).
"""
