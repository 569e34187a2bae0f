import Synchronization

/// The handles of a client that no request uses now, with the connections that they keep open.
final class WebConnections: Sendable {
    private let idle = Mutex<[CurlHandle]>([])

    /// Lends a handle; the one that was used last, whose connections are the likeliest to be still there.
    func withHandle<Result>(_ body: (CurlHandle) throws -> Result) throws -> Result {
        let handle = try idle.withLock { $0.popLast() } ?? CurlHandle()
        defer { if handle.isUsable { idle.withLock { $0.append(handle) } } }
        return try body(handle)
    }
}
