#!/usr/bin/env python3
"""A SOCKS 5 proxy on 127.0.0.1, for tests: every name that it is told leads to one port of this machine.

    tools/serve/socks-proxy.py STATE PORT

Its own port is written to STATE/port once it listens; each name that it is told is a line "NAME:PORT" in STATE/names.
RFC 1928 has the protocol.
"""

import asyncio
import os
import sys

state, target = sys.argv[1], int(sys.argv[2])


async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def answer(reader, writer):
    _, count = await reader.readexactly(2)
    await reader.readexactly(count)
    writer.write(b"\x05\x00")
    _, _, _, kind = await reader.readexactly(4)
    # Only a name (3) is taken: an address would mean that the client has looked for it.
    length = (await reader.readexactly(1))[0] if kind == 3 else sys.exit("told an address, not a name")
    name = (await reader.readexactly(length)).decode()
    port = int.from_bytes(await reader.readexactly(2), "big")
    with open(os.path.join(state, "names"), "a", encoding="utf-8") as names:
        names.write(f"{name}:{port}\n")
    there, back = await asyncio.open_connection("127.0.0.1", target)
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    await asyncio.gather(copy(reader, back), copy(there, writer))


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = os.path.join(state, "port")
    with open(port + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(port + ".new", port)
    await server.serve_forever()


asyncio.run(main())
