"""A service that multicast DNS announces, and somebody who asks for it; both by the library zeroconf.

    mdns.py announce ADDRESS             until it is ended
    mdns.py ask ADDRESS                  prints what it was answered, a JSON line per question
"""

import json
import socket
import sys
import threading

from zeroconf import ServiceInfo, Zeroconf

TYPE = "_shop._tcp.local."
NAME = "till._shop._tcp.local."


def announce(zeroconf, address):
    info = ServiceInfo(TYPE, NAME, 8080, addresses=[socket.inet_aton(address)], properties={"floor": "2"}, server="till.local.")
    zeroconf.register_service(info)
    print("announced", flush=True)
    threading.Event().wait()


def ask(zeroconf, _address):
    info = zeroconf.get_service_info(TYPE, NAME, timeout=3000)
    print(json.dumps({"type": "SRV", "name": info.name.rstrip("."), "answers": [info.server.rstrip(".")]}))


ROLES = {"announce": announce, "ask": ask}
role, own = sys.argv[1:]
conversation = Zeroconf(interfaces=[own])
try:
    ROLES[role](conversation, own)
finally:
    conversation.close()
