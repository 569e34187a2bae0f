import Failure
import FileTree
import Fixtures
import OCI
import SystemPackage
import Testing

@testable import Registry

@Suite("A push to a registry")
struct ImagePushTests {
    private static let layer = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 5 &+ $0 >> 9) }

    /// A layout with an image of one layer.
    private func withImage<Result>(_ body: (Layout, Descriptor) throws -> Result) throws -> Result {
        try withTemporaryDirectory { directory in
            let writer = try LayoutWriter(openingOrCreating: directory.appending("oci"))
            let config = try writer.put(JSON.encode(ImageConfig(platform: ImagePullTests.platform)), .config)
            let manifest = ImageManifest(config: config, layers: [try writer.put(Self.layer, .tar)])
            return try body(writer.layout, writer.put(JSON.encode(manifest), .manifest))
        }
    }

    private func expectWhole(_ registry: TestRegistry, _ repository: String = "x") {
        #expect(registry.content("/v2/\(repository)/blobs/\(Digest(of: Self.layer))")?.bytes == Self.layer)
        #expect(registry.content("/v2/\(repository)/manifests/v1")?.type == MediaType.manifest.rawValue)
    }

    private func push(_ registry: TestRegistry, _ name: String = "x:v1", mountable: [Digest: String] = [:]) throws {
        try withImage { layout, image in
            try ImagePush(from: layout, to: registry.client(), mountable: mountable)
                .push(image, to: registry.reference(name))
        }
    }

    @Test("sends what is missing, each blob in one piece, and the manifest last; a second time only that")
    func pushes() throws {
        let registry = TestRegistry()
        try push(registry)
        expectWhole(registry)
        let methods = registry.server.requests.map(\.method).filter { $0 != "HEAD" }
        #expect(methods.sorted() == ["POST", "POST", "PUT", "PUT", "PUT"])
        #expect(registry.requests.last == "PUT /v2/x/manifests/v1")
        let before = registry.requests.count
        try push(registry)
        #expect(registry.server.requests.dropFirst(before).map(\.method) == ["HEAD", "HEAD", "PUT"])
    }

    @Test("a second tag asks for no blob again")
    func tags() throws {
        let registry = TestRegistry()
        try withImage { layout, image in
            let push = ImagePush(from: layout, to: try registry.client())
            try push.push(image, to: registry.reference("x:v1"))
            let before = registry.requests.count
            try push.push(image, to: registry.reference("x:v2"))
            #expect(registry.requests.dropFirst(before) == ["PUT /v2/x/manifests/v2"])
        }
    }

    @Test("a blob of another repository is mounted; where that can't be, it is sent", arguments: [201, 202, 400])
    func mounts(status: Int) throws {
        let registry = TestRegistry { request, _ in
            guard request.target.contains("?mount=") else { return nil }
            return status == 202 ? nil : .response(request, "\(status) Status")
        }
        let digest = Digest(of: Self.layer)
        try push(registry, mountable: [digest: "base/image"])
        let mount = "POST /v2/x/blobs/uploads/?mount=sha256%3A\(digest.hex)&from=base%2Fimage"
        #expect(registry.requests.contains(mount))
        let isSent = registry.content("/v2/x/blobs/\(digest)") != nil
        #expect(isSent == (status != 201))
    }

    @Test("a registry that takes only parts gets parts", arguments: [true, false])
    func parts(isAnnounced: Bool) throws {
        let registry = TestRegistry { request, right in
            if isAnnounced, request.method == "POST" {
                return .response(
                    request, "202 Accepted",
                    ["OCI-Chunk-Min-Length: 1000", "Location: /v2/x/blobs/uploads/\(request.number)"])
            }
            let isWhole = request.method == "PUT" && request.target.contains("/blobs/") && !request.body.isEmpty
            return isWhole ? .response(request, "413 Too Large") : nil
        }
        try push(registry)
        expectWhole(registry)
        let part = registry.server.requests.first { $0.method == "PATCH" && $0.body.count == Self.layer.count }
        #expect(part?.headers["content-range"] == "0-699999")
    }

    @Test("an upload that breaks is begun anew")
    func retries() throws {
        let registry = TestRegistry { request, _ in
            guard request.method == "PUT", request.target.contains("/blobs/") else { return nil }
            switch request.number {
            case 1: return [.reset]
            case 2: return .response(request, "503 Service Unavailable")
            default: return nil
            }
        }
        try push(registry)
        expectWhole(registry)
        let broken = TestRegistry { request, _ in
            request.method == "PUT" ? .response(request, "500 Internal Server Error") : nil
        }
        let failure = #expect(throws: Failure.self) { try push(broken) }
        #expect(failure?.description.contains("couldn't send blob") == true)
        #expect(failure?.report(trace: true).contains("_state") == false)
        #expect(broken.content("/v2/x/manifests/v1") == nil)
    }

    @Test("what a registry refuses is said with its own word for it")
    func refused() throws {
        let registry = TestRegistry { request, _ in
            request.method == "POST"
                ? .response(request, "403 Forbidden", [], #"{"errors":[{"code":"DENIED","message":"no"}]}"#) : nil
        }
        let failure = #expect(throws: Failure.self) { try push(registry) }
        #expect(failure?.description.contains("the server says 403 Forbidden (DENIED)") == true)
        #expect(registry.requests.allSatisfy { !$0.contains("/manifests/") })
    }
}
