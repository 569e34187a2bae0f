import CFixtures
import Glibc
import Synchronization

/// A web server on 127.0.0.1 that says exactly what a test tells it to, right or wrong.
///
/// Each connection has a thread of its own and is good for one request. When the server goes, nobody listens any more.
package final class TestServer: Sendable {
    /// What a client asked for.
    package struct Request: Sendable {
        /// GET, HEAD, CONNECT.
        package let method: String
        /// The path with the query; from a client that takes this server for its proxy, a whole URL.
        package let target: String
        /// By name in lower case.
        package let headers: [String: String]
        /// The content.
        package let body: [UInt8]
        /// Which request with this method it is, from 1.
        package let number: Int
    }

    /// What the server does, one step after the other; then it closes the connection.
    package enum Step: Sendable {
        case send([UInt8])
        case pause(milliseconds: Int)
        /// Ends the connection with a reset, as a crash does.
        case reset

        /// Some text.
        package static func text(_ text: String) -> Step { .send(Array(text.utf8)) }
    }

    /// The port that it listens on.
    package let port: Int
    private let listener: Int32
    private let log: RequestLog
    private let acceptor = Mutex<Thread?>(nil)

    /// Starts it. It ends with the last reference to it, or with ``stop()``.
    package init(_ respond: @escaping @Sendable (Request) -> [Step]) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        precondition(isListening, "no server on 127.0.0.1")
        port = Int(UInt16(bigEndian: address.sin_port))
        let log = RequestLog()
        self.log = log
        let thread = Thread {
            // A program that another test starts must not hold a connection open: its end would not be seen.
            while case let connection = fixtures_accept(descriptor), connection >= 0 || Self.isPassing(errno) {
                guard connection >= 0 else { continue }
                _ = Thread {
                    Self.serve(connection, respond) { log.record($0) }
                    close(connection)
                }
            }
        }
        acceptor.withLock { $0 = thread }
    }

    deinit { stop() }

    /// All requests so far.
    package var requests: [Request] { log.requests.withLock { $0 } }

    /// Nobody listens from here on.
    package func stop() {
        guard let thread = acceptor.withLock({ $0.take() }) else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        close(listener)
    }

    /// Whether it is no reason to stop: a signal, or a client that has gone before its turn.
    private static func isPassing(_ error: Int32) -> Bool { error == EINTR || error == ECONNABORTED }

    private final class RequestLog: Sendable {
        let requests = Mutex<[Request]>([])

        /// Notes a request and gives it its number.
        func record(_ request: Request) -> Request {
            requests.withLock { requests in
                let number = 1 + requests.count { $0.method == request.method }
                requests.append(
                    Request(
                        method: request.method, target: request.target, headers: request.headers, body: request.body,
                        number: number))
                return requests[requests.count - 1]
            }
        }
    }

    private static func serve(
        _ connection: Int32, _ respond: (Request) -> [Step], _ record: (Request) -> Request
    ) {
        guard let request = read(connection) else { return }
        for step in respond(record(request)) {
            switch step {
            case .pause(let milliseconds): usleep(UInt32(milliseconds) * 1000)
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
                return
            case .send(let bytes):
                var rest = bytes[...]
                while !rest.isEmpty {
                    let sent = rest.withUnsafeBytes {
                        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    if sent <= 0 { return }
                    rest = rest.dropFirst(sent)
                }
            }
        }
    }

    /// Reads a request; `nil` if the client goes before its end.
    private static func read(_ connection: Int32) -> Request? {
        var text = ""
        var byte: UInt8 = 0
        while !text.hasSuffix("\r\n\r\n") {
            guard recv(connection, &byte, 1, 0) == 1 else { return nil }
            // The first byte of a TLS handshake, which is not spoken here.
            if text.isEmpty, byte == 0x16 { return nil }
            text.unicodeScalars.append(Unicode.Scalar(byte))
        }
        var lines = text.split(separator: "\r\n").map(String.init)[...]
        let first = (lines.popFirst() ?? "").split(separator: " ")
        guard first.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines {
            let name = line.prefix { $0 != ":" }
            headers[name.lowercased()] = String(line.dropFirst(name.count + 1).drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        guard let body = read(connection, length) else { return nil }
        return Request(
            method: String(first[0]), target: String(first[1]), headers: headers, body: body, number: 0)
    }

    private static func read(_ connection: Int32, _ length: Int) -> [UInt8]? {
        var body = [UInt8](repeating: 0, count: length)
        var count = 0
        while count < length {
            let got = body.withUnsafeMutableBytes {
                recv(connection, $0.baseAddress?.advanced(by: count), length - count, 0)
            }
            guard got > 0 else { return nil }
            count += got
        }
        return body
    }
}

extension [TestServer.Step] {
    /// A whole response. A HEAD gets its head only.
    package static func response(
        _ request: TestServer.Request, _ status: String = "200 OK", _ headers: [String] = [], _ body: String = ""
    ) -> [TestServer.Step] {
        response(request, status, headers, bytes: [UInt8](body.utf8))
    }

    /// A whole response whose content need not be text.
    package static func response(
        _ request: TestServer.Request, _ status: String, _ headers: [String], bytes: [UInt8]
    ) -> [TestServer.Step] {
        let head = ["HTTP/1.1 \(status)", "Content-Length: \(bytes.count)", "Connection: close"] + headers
        return [.text(head.joined(separator: "\r\n") + "\r\n\r\n"), .send(request.method == "HEAD" ? [] : bytes)]
    }
}
