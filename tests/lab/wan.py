#!/usr/bin/env python3
"""wan.py VETH BRIDGE delay_ms [jitter_ms [loss [dup]]]: what tc's netem does, in user space, since many kernels lack it.

Relays frames between VETH, which was taken off the bridge, and a TAP that it puts on the bridge, with a delay, jitter
(which reorders), loss and duplication. Ends when it is killed; the TAP goes with it."""
import fcntl, heapq, os, random, select, socket, struct, subprocess, sys, time

veth, bridge = sys.argv[1:3]
delay, jitter, loss, dup = (list(map(float, sys.argv[3:])) + [0] * 4)[:4]

tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
name = "w-" + veth[2:]
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR))
# The guests' kernels leave checksums and segmentation to the card: the frames' headers that say so are passed on.
fcntl.ioctl(tap, TUNSETOFFLOAD, 0x1 | 0x2 | 0x4)  # checksum, TCP over IPv4, TCP over IPv6

SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 1, 15, 23
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
raw.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
raw.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
raw.bind((veth, 0))
raw.setblocking(False)
promiscuous = 1
raw.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, struct.pack("IHH8s", socket.if_nametoindex(veth), promiscuous, 0, b""))
subprocess.check_call(["ip", "link", "set", name, "master", bridge, "up"])

waiting, count = [], 0
while True:
    pause = max(0, waiting[0][0] - time.monotonic()) if waiting else 1
    for fd in select.select([tap, raw], [], [], pause)[0]:
        for _ in range(64):
            try:
                frame, out = (os.read(tap, 70000), raw) if fd == tap else (raw.recv(70000), tap)
            except BlockingIOError:
                break
            if random.random() < loss:
                continue
            for _ in range(2 if random.random() < dup else 1):
                count += 1
                due = time.monotonic() + (delay + random.uniform(0, jitter)) / 1000
                heapq.heappush(waiting, (due, count, out, frame))
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, out, frame = heapq.heappop(waiting)
        try:
            raw.send(frame) if out is raw else os.write(tap, frame)
        except OSError:
            pass  # the link is down: the frame is lost, as on any line
