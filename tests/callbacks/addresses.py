"""Ways to write an address that leads inside, and a few that lead outside."""

from urllib.parse import quote

_LOOPBACK_V4 = [
    "127.0.0.1",
    "127.0.0.53",
    "127.1.2.3",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "127.0.0.1.",
]
_PRIVATE_V4 = [
    *(
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.254",
        "192.168.0.1",
        "192.168.255.255",
        "169.254.169.254",
    ),
    *("169.254.0.1", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255"),
    *("198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
]
_NUMBERS = ["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.5.4", "169.254.169.254", "0.0.0.0", "100.64.0.1"]
_V6 = [
    *("::1", "::", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::ffff:127.0.0.1", "::ffff:7f00:1"),
    *("::ffff:10.0.0.1", "::ffff:192.168.0.1", "::ffff:169.254.169.254", "0:0:0:0:0:ffff:127.0.0.1", "::127.0.0.1"),
    *("::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::", "2002:c0a8:1::1", "2001:0:7f00:1::", "2001::1"),
    *("fe80::1", "fe80::1%25lo", "fe80::1%25eth0", "febf::1", "fec0::1", "fc00::1", "fd00::1", "fdff::1"),
    *("ff02::1", "ff05::1:3", "2001:db8::1", "100::1", "::ffff:0:127.0.0.1", "3fff::1", "5f00::1", "2001:2::1"),
]
_NAMES = ["localhost", "LOCALHOST", "localhost.", "ip6-localhost", "ip6-loopback", "localhost.localdomain"]


def _spellings(address: str) -> list[str]:
    """One IPv4 address as people who mean harm write it: one number, octal, hexadecimal, mixed, short."""
    parts = [int(part) for part in address.split(".")]
    whole = (parts[0] << 24) + (parts[1] << 16) + (parts[2] << 8) + parts[3]
    return [
        *(str(whole), hex(whole), f"0{whole:o}", f"0x{whole:08X}", f"00000{whole:o}"),
        *(".".join(f"0{part:o}" for part in parts), ".".join(hex(part) for part in parts)),
        ".".join(f"000{part:o}" for part in parts),
        *(
            f"{hex(parts[0])}.{parts[1]}.0{parts[2]:o}.{parts[3]}",
            f"{parts[0]}.{(parts[1] << 16) + (parts[2] << 8) + parts[3]}",
        ),
        f"{parts[0]}.{parts[1]}.{(parts[2] << 8) + parts[3]}",
        f"{hex(parts[0])}.{hex((parts[1] << 16) + (parts[2] << 8) + parts[3])}",
    ]


INSIDE_HOSTS = list(
    dict.fromkeys(
        [
            *_LOOPBACK_V4,
            *_PRIVATE_V4,
            *(spelling for address in _NUMBERS for spelling in _spellings(address)),
            *(f"[{address}]" for address in _V6),
            *_NAMES,
            *("①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "127.0.0.1%00.mall.test", quote("127.0.0.1\t"), "ⓛocalhost"),
        ]
    )
)


def urls(port: int) -> list[str]:
    """Every address as a callback address, on the port of whoever counts who comes."""
    plain = [f"http://{host}:{port}/hook" for host in INSIDE_HOSTS]
    tricks = [
        f"http://mall.example@127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}#@mall.example/",
        f"http://127.0.0.1:{port}?@mall.example/",
        f"http://127.0.0.1:{port}\\@mall.example/",
        f"http:///127.0.0.1:{port}/",
        f"http:127.0.0.1:{port}/",
        f"https://127.0.0.1:{port}/",
        f"HTTP://LOCALHOST:{port}/",
        f"ftp://127.0.0.1:{port}/",
        f"gopher://127.0.0.1:{port}/_x",
        "file:///etc/passwd",
        f"//127.0.0.1:{port}/",
        f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://[::1%25lo]:{port}/",
    ]
    return plain + tricks


OUTSIDE = [
    "93.184.216.34",
    "1.1.1.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "223.5.5.5",
    "64:ff9b::808:808",
]
