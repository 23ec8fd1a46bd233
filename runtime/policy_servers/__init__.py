"""Policies that run on another machine: what the plugins for their servers share, on both ends of the wire.

`mapping` says how a server sees and moves this cell, `observing` and `acting` carry it out, `preflight` lists what
does not fit before anything moves, `line` keeps one connection in a thread of its own, and `remote_policy` puts it
all behind the `Policy` port. `serving` is the other end: one of our policies behind somebody's protocol. The bytes
of each protocol belong to its plugin.
"""
