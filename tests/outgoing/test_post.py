"""The guarded way out, against real sockets and a resolver that lies."""

import datetime
import socket
import ssl
import time
from asyncio.selector_events import BaseSelectorEventLoop

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.outgoing.post import Refused, Unreachable, check, get, post


def send(url, **limits):
    return post(url, b"{}", {"X-Test": "1"}, **{"timeout_s": 2.0, "limit_bytes": 1000, **limits})


def read_request(client):
    """Head and body: whoever closes with something unread resets the connection."""
    found = b""
    while not found.endswith(b"\r\n\r\n{}"):
        found += client.recv(4096)
    return found


def answers(*parts, pause_s=0.0, keep=None):
    def handle(client):
        found = read_request(client)
        if keep is not None:
            keep.append(found)
        for part in parts:
            client.sendall(part)
            time.sleep(pause_s)

    return handle


def resolving(monkeypatch, *addresses):
    """Every name has these addresses; connections go to loopback and are counted by address."""
    asked, connected = [], []
    really_connect = BaseSelectorEventLoop.sock_connect

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    async def sock_connect(self, sock, address):
        connected.append(address[0])
        await really_connect(self, sock, ("127.0.0.1", address[1]))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(BaseSelectorEventLoop, "sock_connect", sock_connect)
    return asked, connected


def test_a_post_reaches_a_permitted_server_and_brings_its_answer(raw_server):
    kept = []
    port = raw_server(answers(b"HTTP/1.1 202 Accepted\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok", keep=kept))
    answer = send(f"http://127.0.0.1:{port}/in?x=1")
    assert (answer.status, answer.headers["x-a"], answer.body, answer.complete) == (202, "b", b"ok", True)
    assert kept[0].startswith(b"POST /in?x=1 HTTP/1.1\r\n") and f"Host: 127.0.0.1:{port}".encode() in kept[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://0177.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
    ],
)
def test_every_way_to_write_loopback_is_refused_unless_it_is_permitted(url, raw_server, settings):
    connections = []
    port = raw_server(lambda client: connections.append(client))
    settings.OUTGOING_ALLOW = []
    with pytest.raises((Refused, Unreachable)):
        send(url.format(port=port))
    assert connections == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "https://",
        "https://user:word@example.org/",
        "https://user@127.0.0.1/",
        "https://example.org:99999/",
        "https://exa mple.org/",
        "https://example.org/\r\nX-Evil: 1",
        "https://example.org\\@127.0.0.1/",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
    ],
)
def test_what_is_not_a_plain_web_address_is_refused_before_any_lookup(url, monkeypatch):
    asked, _ = resolving(monkeypatch, "8.8.8.8")
    with pytest.raises(Refused):
        check(url)
    assert asked == []
    assert check("https://example.org/in").addresses == ("8.8.8.8",)


@pytest.mark.parametrize(("demo", "refused"), [(True, False), (False, True)])
def test_plain_http_is_for_the_demo_alone(demo, refused, settings, monkeypatch):
    resolving(monkeypatch, "8.8.8.8")
    settings.HUB_DEMO = demo
    assert check("https://example.org/").port == 443
    if refused:
        with pytest.raises(Refused, match="only https"):
            check("http://example.org/")
    else:
        assert check("http://example.org/").port == 80


def test_one_inward_address_among_public_ones_refuses_the_name(monkeypatch, settings):
    settings.OUTGOING_ALLOW = []
    resolving(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(Refused, match="not a public address"):
        check("https://rebind.example/")
    resolving(monkeypatch, "8.8.8.8", "1.1.1.1")
    assert check("https://rebind.example/").addresses == ("8.8.8.8", "1.1.1.1")


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch, raw_server, settings):
    settings.OUTGOING_ALLOW = []
    port = raw_server(answers(b"HTTP/1.1 204 No Content\r\n\r\n"))
    asked, connected = resolving(monkeypatch, "8.8.8.8")
    assert send(f"http://rebind.example:{port}/").status == 204
    assert (asked, connected) == (["rebind.example"], ["8.8.8.8"])


def test_a_redirect_is_an_answer_and_is_not_followed(raw_server):
    reached = []
    inner = raw_server(answers(b"HTTP/1.1 200 OK\r\n\r\n", keep=reached))
    outer = raw_server(
        answers(
            f"HTTP/1.1 307 See\r\nLocation: http://127.0.0.1:{inner}/\r\nContent-Length: 0\r\n\r\n".encode()
        )
    )
    assert send(f"http://127.0.0.1:{outer}/").status == 307
    assert reached == []


def test_proxies_of_the_environment_are_not_used(raw_server, monkeypatch):
    proxied = []
    proxy = raw_server(answers(b"HTTP/1.1 200 OK\r\n\r\n", keep=proxied))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
    port = raw_server(answers(b"HTTP/1.1 204 No Content\r\n\r\n"))
    assert send(f"http://127.0.0.1:{port}/").status == 204
    assert proxied == []


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([], id="says nothing"),
        pytest.param([b"H"] * 100, id="drips its head"),
        pytest.param([b"HTTP/1.1 200 OK\r\nX: ", *[b"x"] * 100], id="drips its headers"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 99], id="drips its body"),
    ],
)
def test_the_whole_of_it_ends_in_time(parts, raw_server):
    def handle(client):
        answers(*parts, pause_s=0.05)(client)
        time.sleep(3 if not parts else 0)

    port = raw_server(handle)
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"no answer in time|broke off"):
        send(f"http://127.0.0.1:{port}/", timeout_s=0.5)
    assert time.monotonic() - began < 1.5


def test_a_long_answer_is_cut_and_without_a_limit_only_the_status_is_waited_for(raw_server):
    port = raw_server(answers(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000))
    answer = send(f"http://127.0.0.1:{port}/", limit_bytes=100)
    assert (len(answer.body), answer.complete) == (100, False)
    slow = raw_server(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 20, pause_s=0.1))
    assert send(f"http://127.0.0.1:{slow}/", limit_bytes=0, timeout_s=0.5).status == 200


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff garbage\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + b"x" * 60,
    ],
)
def test_garbage_is_nobody_answering(answer, raw_server):
    with pytest.raises(Unreachable):
        send(f"http://127.0.0.1:{raw_server(answers(answer))}/")


def test_nobody_listening_and_no_such_name_are_told_apart_from_refusals(raw_server, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unreachable, match="no connection"):
        send(f"http://127.0.0.1:{port}/")
    resolving(monkeypatch)
    with pytest.raises(Unreachable, match="no address"):
        send("http://nowhere.example/")


@pytest.mark.parametrize(("name", "holds"), [("hook.example", True), ("other.example", False)])
def test_the_certificate_is_verified_for_the_name(name, holds, tmp_path, monkeypatch, raw_server):
    """The certificate is hook.example's; the connection goes to a bare address either way."""
    cert, key = certificate("hook.example", tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)

    def handle(client):
        with server.wrap_socket(client, server_side=True) as secure:
            answers(b"HTTP/1.1 204 No Content\r\n\r\n")(secure)

    port = raw_server(handle)
    resolving(monkeypatch, "8.8.8.8")
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    if holds:
        assert send(f"https://{name}:{port}/").status == 204
    else:
        with pytest.raises(Unreachable, match="certificate"):
            send(f"https://{name}:{port}/")


def certificate(name, folder):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


def test_a_get_has_no_body_follows_nothing_and_reads_no_more_than_is_wanted(raw_server):
    kept = []

    def handle(client):
        found = b""
        while not found.endswith(b"\r\n\r\n"):
            found += client.recv(4096)
        kept.append(found)
        client.sendall(b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 50\r\n\r\n" + b"x" * 50)

    url = f"http://127.0.0.1:{raw_server(handle)}/api/collections/1/"
    answer = get(url, {"X-Test": "1"}, timeout_s=2, limit_bytes=20)
    assert (answer.status, answer.body, answer.complete) == (302, b"x" * 20, False)
    (head,) = kept
    assert head.startswith(b"GET /api/collections/1/ HTTP/1.1\r\n") and b"X-Test: 1" in head
    names = {line.partition(b":")[0].lower() for line in head.strip().split(b"\r\n")[1:]}
    assert names == {b"host", b"x-test", b"accept-encoding"}
