"""How the processes of a cell reach one another: session folder, shared-memory blocks, and the only ZeroMQ here."""
