"""Tasks, alarms, fault injections, requests and the watch over the worker processes.

The deciding parts are pure state machines that serve both clocks; `supervisor` alone has sockets and time.
"""
