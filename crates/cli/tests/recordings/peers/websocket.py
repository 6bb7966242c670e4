"""A WebSocket server and its client, both by the library websockets.

    websocket.py serve ADDRESS PORT      until it is ended
    websocket.py call ADDRESS PORT

Both print a JSON line per connection: the bytes of all frames they sent and received. The library tells each frame in its debug log; what a frame
takes on the wire follows from its length (RFC 6455 section 5.2), and frames of a client are masked.
"""

import asyncio
import json
import logging
import re
import sys

import websockets

FRAME = re.compile(r"^([<>]) (?:TEXT|BINARY|CONT|CLOSE|PING|PONG) .*\[(?:.*, )?(\d+) bytes?(?:, continued)?\]$")


class Frames(logging.Handler):
    """Adds up the frames of one connection, by direction as the log marks it."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.begin()

    def begin(self):
        self.bytes = {"<": 0, ">": 0}
        self.count = {"<": 0, ">": 0}

    def emit(self, record):
        frame = FRAME.match(record.getMessage())
        if frame:
            direction, length = frame[1], int(frame[2])
            self.count[direction] += 1
            self.bytes[direction] += 2 + (8 if length > 65535 else 2 if length > 125 else 0) + length


def logger(name):
    frames = Frames()
    log = logging.getLogger(name)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.handlers = [frames]
    return log, frames


def tell(client, server, client_frames):
    row = {"upgraded_to": "websocket", "upgraded_client_bytes": client + 4 * client_frames, "upgraded_server_bytes": server}
    print(json.dumps(row), flush=True)


async def serve(address, port):
    log, frames = logger("server")

    async def talk(connection):
        frames.begin()
        try:
            async for message in connection:
                await connection.send(message)
        except websockets.ConnectionClosedError:
            pass
        await connection.wait_closed()
        tell(frames.bytes["<"], frames.bytes[">"], frames.count["<"])

    async with websockets.serve(talk, address, port, logger=log, compression=None, ping_interval=None):
        await asyncio.Future()


async def call(address, port):
    log, frames = logger("client")
    uri = f"ws://{address}:{port}/prices?token=not-for-any-database"
    async with websockets.connect(uri, logger=log, compression=None, ping_interval=None, subprotocols=["prices"]) as connection:
        for message in ("tea-1", "ä" * 100, bytes(range(256)) * 4, "", ["in ", "three ", "frames"]):
            await connection.send(message)
            await connection.recv()
        await (await connection.ping(b"alive"))
        await connection.close(1000, "enough")
    tell(frames.bytes[">"], frames.bytes["<"], frames.count[">"])


ROLES = {"serve": serve, "call": call}
asyncio.run(ROLES[sys.argv[1]](sys.argv[2], int(sys.argv[3])))
