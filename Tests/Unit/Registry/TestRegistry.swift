import FileTree
import Fixtures
import OCI
import Synchronization
import SystemPackage

@testable import Registry
@testable import Web

/// A registry on 127.0.0.1 that does what is right, but for the requests that a test answers itself.
final class TestRegistry: Sendable {
    typealias Request = TestServer.Request
    typealias Steps = [TestServer.Step]

    struct Content: Sendable {
        var type: String
        var bytes: [UInt8]
    }

    private final class Store: Sendable {
        let contents = Mutex<[String: Content]>([:])
        let uploads = Mutex<[String: [UInt8]]>([:])
    }

    private let store = Store()
    let server: TestServer
    /// How long its clients wait for a word of it.
    private let patience: Duration

    /// Starts it.
    ///
    /// - Parameters:
    ///   - patience: short where a test is about silence. Elsewhere a machine that is busy must not look like a server
    ///     that is: each request that is sent again is one too many.
    ///   - fault: answers a request in the registry's place, if it likes; gets the right answer.
    init(
        patience: Duration = .seconds(60), _ fault: @escaping @Sendable (Request, Steps) -> Steps? = { _, _ in nil }
    ) {
        self.patience = patience
        let store = store
        server = TestServer { request in
            let right = Self.answer(request, store)
            return fault(request, right) ?? right
        }
    }

    var port: Int { server.port }

    /// The requests so far, one text each.
    var requests: [String] { server.requests.map { "\($0.method) \($0.target)" } }

    func reference(_ name: String) throws -> ImageReference { try ImageReference("127.0.0.1:\(port)/\(name)") }

    /// A client that speaks plain http and tries again after next to no time.
    func client(_ credentials: Credentials = Credentials(environment: { _ in nil })) throws -> RegistryClient {
        var settings = WebSettings { _ in nil }
        settings.readTimeout = patience
        settings.connectTimeout = .seconds(60)
        settings.retryDelay = .milliseconds(2)
        return RegistryClient(
            try reference("x").registry, isInsecure: true, web: WebClient(settings), credentials: credentials)
    }

    // MARK: - What it has

    func content(_ path: String) -> Content? { store.contents.withLock { $0[path] } }

    @discardableResult
    func add(blob bytes: [UInt8], _ type: MediaType, to repository: String = "x") -> Descriptor {
        let descriptor = Descriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
        store.contents.withLock {
            $0["/v2/\(repository)/blobs/\(descriptor.digest)"] = Content(type: "application/octet-stream", bytes: bytes)
        }
        return descriptor
    }

    @discardableResult
    func add(
        manifest: some Encodable, _ type: MediaType, tag: String? = nil, to repository: String = "x"
    ) throws -> Descriptor {
        let bytes = try JSON.encode(manifest)
        let descriptor = Descriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
        for name in [descriptor.digest.description, tag].compactMap(\.self) {
            store.contents.withLock {
                $0["/v2/\(repository)/manifests/\(name)"] = Content(type: type.rawValue, bytes: bytes)
            }
        }
        return descriptor
    }

    /// An image x:latest of layers with these contents.
    @discardableResult
    func addImage(
        layers: [[UInt8]], type: MediaType = .tar, config configType: MediaType = .config,
        manifest manifestType: MediaType = .manifest, tag: String? = "latest"
    ) throws -> (descriptor: Descriptor, manifest: ImageManifest) {
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        config.rootfs.diffIDs = layers.map { Digest(of: $0) }
        var manifest = ImageManifest(
            config: add(blob: try JSON.encode(config), configType), layers: layers.map { add(blob: $0, type) })
        manifest.mediaType = manifestType
        return (try add(manifest: manifest, manifestType, tag: tag), manifest)
    }

    // MARK: - What it answers

    private static func answer(_ request: Request, _ store: Store) -> Steps {
        let path = String(request.target.prefix { $0 != "?" })
        switch request.method {
        case "GET", "HEAD":
            guard let content = store.contents.withLock({ $0[path] }) else { return .notFound(request) }
            let headers = [
                "Content-Type: \(content.type)", "Docker-Content-Digest: \(Digest(of: content.bytes))",
            ]
            if let range = request.headers["range"], let start = Int(range.dropFirst(6).dropLast()) {
                let end = content.bytes.count
                return .response(
                    request, "206 Partial Content", headers + ["Content-Range: bytes \(start)-\(end - 1)/\(end)"],
                    bytes: Array(content.bytes[start...]))
            }
            return .response(request, "200 OK", headers, bytes: content.bytes)
        case "POST":
            let name = "\(path)\(request.number)"
            store.uploads.withLock { $0[name] = [] }
            return .response(request, "202 Accepted", ["Location: \(name)?_state=s3cr3t"])
        case "PATCH":
            store.uploads.withLock { $0[path, default: []] += request.body }
            return .response(request, "202 Accepted", ["Location: \(path)?_state=s3cr3t"])
        case "PUT":
            if path.contains("/manifests/") {
                let type = request.headers["content-type"] ?? ""
                store.contents.withLock { contents in
                    let content = Content(type: type, bytes: request.body)
                    contents[path] = content
                    let directory = path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)
                    contents["\(directory)/\(Digest(of: request.body))"] = content
                }
                return .response(request, "201 Created")
            }
            let bytes = store.uploads.withLock { $0.removeValue(forKey: path) ?? [] } + request.body
            let digest = request.target.firstRange(of: "digest=").map { request.target[$0.upperBound...] } ?? ""
            let wanted = digest.replacing("%3A", with: ":")
            guard wanted == Digest(of: bytes).description else {
                return .response(request, "400 Bad Request", [], #"{"errors":[{"code":"DIGEST_INVALID"}]}"#)
            }
            let repository = path.prefix(upTo: path.firstRange(of: "/blobs/")?.lowerBound ?? path.endIndex)
            store.contents.withLock {
                $0["\(repository)/blobs/\(wanted)"] = Content(type: "application/octet-stream", bytes: bytes)
            }
            return .response(request, "201 Created")
        default: return .response(request, "405 Method Not Allowed")
        }
    }
}

extension [TestServer.Step] {
    static func notFound(_ request: TestServer.Request) -> Self {
        let code = request.target.contains("/manifests/") ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN"
        return .response(request, "404 Not Found", [], #"{"errors":[{"code":"\#(code)","message":"m\u0007 no"}]}"#)
    }

    /// The same answer, cut after so many bytes of content.
    func cut(after count: Int) -> Self {
        guard case .send(let content) = last else { return self }
        return dropLast() + [.send([UInt8](content.prefix(count)))]
    }
}

extension Layout {
    /// The names of all files beside the blobs and among them that are no blobs.
    func strays() throws -> [FilePath] {
        try blobs.names().filter { Digest(hex: $0.string) == nil }
    }
}
