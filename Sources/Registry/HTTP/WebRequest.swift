import AsyncHTTPClient
import FileTree
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import SystemPackage

/// What a server is asked.
struct WebRequest: Sendable {
    var method: HTTPMethod = .GET
    var address: WebAddress
    /// Beside those that every request has; one of these replaces those.
    var headers: [(name: String, value: String)] = []
    /// Takes the place of credentials in the address. It never goes to another server than that of the address.
    var authorization: WebAuthorization?
    var body: WebUpload?
    /// Without it, whoever answers is believed to be the server.
    var verifiesServer = true
    /// Whether a server that asks for a password gets the one that a login has kept for it.
    var mayLogIn = false
    /// Whether a redirect from https to http is followed. Whoever is on the way there decides what comes: only for what
    /// is known by its digest.
    var mayLeaveTLS = false
    /// Whether it is one of a registry's.
    var isOfRegistry = false
    /// What lets stacker speak to the server without TLS, for messages; `nil`: nothing.
    var plainRemedy: String? = "http:// in its URL"
    /// What a message says could not be done; `nil`: to get the address.
    var task: String?
}

/// What lets a client in. In text it shows nothing of it.
enum WebAuthorization: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    case basic(WebCredentials)
    case bearer(String)

    var description: String { "credentials" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether it is a user name and a password.
    var isPassword: Bool {
        if case .basic = self { return true }
        return false
    }

    /// The value of the header `Authorization`.
    var headerValue: String {
        switch self {
        case .basic(let credentials):
            HTTPClient.Authorization.basic(username: credentials.user, password: credentials.password).headerValue
        case .bearer(let token): "Bearer \(token)"
        }
    }
}

/// A content to send. It can be sent as often as a request has to be made.
enum WebUpload: Sendable {
    case bytes([UInt8])
    /// A part of a file: bytes from `start` on. `sent` gets the place in the file that has been come to.
    case file(OpenFile, start: Int64, length: Int64, sent: @Sendable (Int64) -> Void)

    private static let piece: Int64 = 256 << 10

    /// For the HTTP library. No more than one piece of a file is in memory.
    var body: HTTPClient.Body {
        switch self {
        case .bytes(let bytes): .byteBuffer(ByteBuffer(bytes: bytes))
        case .file(let file, let start, let length, let sent):
            .stream(contentLength: length) { writer in
                // The empty piece brings the event loop, of which nobody tells otherwise.
                writer.write(.byteBuffer(ByteBuffer())).flatMapWithEventLoop { _, loop in
                    let done = loop.makePromise(of: Void.self)
                    Self.send(file, from: start, to: start + length, writer, sent, done)
                    return done.futureResult
                }
            }
        }
    }

    /// One piece after the other, each when the one before is on its way; reading is not for NIO's own threads.
    private static func send(
        _ file: OpenFile, from start: Int64, to end: Int64, _ writer: HTTPClient.Body.StreamWriter,
        _ sent: @escaping @Sendable (Int64) -> Void, _ done: EventLoopPromise<Void>
    ) {
        sent(start)
        guard start < end else { return done.succeed() }
        let count = min(piece, end - start)
        NIOThreadPool.singleton.runIfActive(eventLoop: done.futureResult.eventLoop) {
            try read(file, at: start, count: Int(count))
        }.flatMap { writer.write(.byteBuffer($0)) }.whenComplete { result in
            switch result {
            case .success: send(file, from: start + count, to: end, writer, sent, done)
            case .failure(let error): done.fail(error)
            }
        }
    }

    private static func read(_ file: OpenFile, at start: Int64, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        var place = start
        while buffer.readableBytes < count {
            let missing = count - buffer.readableBytes
            // There may be room for more, and the file may have more: the next piece would come a second time.
            let got = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: missing) {
                try checked(pread(file.number, $0.baseAddress, min($0.count, missing), off_t(place)))
            }
            guard got > 0 else { throw Errno.ioError }
            place += Int64(got)
        }
        return buffer
    }
}
