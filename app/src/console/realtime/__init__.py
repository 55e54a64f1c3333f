"""The Socket.IO process: sends what changes to signed-in browsers."""
