"""Between the console and the runtime: the one thread that owns sockets, the inbox, requests out, replay."""
