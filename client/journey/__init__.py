"""One whole rehearsal tender, played over HTTP and WebSocket with the client as everybody."""
