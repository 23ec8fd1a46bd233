"""Policies behind LeRobot's asynchronous-inference servers: gRPC; its pickles are never loaded freely."""
