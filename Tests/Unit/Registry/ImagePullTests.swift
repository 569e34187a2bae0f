import Failure
import FileTree
import Fixtures
import Glibc
import OCI
import Synchronization
import SystemPackage
import Testing

@testable import Registry

@Suite("A pull from a registry")
struct ImagePullTests {
    static let platform = Platform(os: "linux", architecture: "amd64")
    static let layer = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }

    /// Pulls x:latest into a layout.
    private func pull(
        _ registry: TestRegistry, _ name: String = "x", into layout: Layout, _ platform: Platform = platform,
        keepsParts: Bool = true
    ) throws -> ImagePull.Found {
        let pull = ImagePull(try registry.reference(name), from: try registry.client())
        let found = try pull.find(platform)
        try pull.fetch(found, into: LayoutWriter(layout), keepsParts: keepsParts)
        return found
    }

    private func withLayout<Result>(_ body: (Layout) throws -> Result) throws -> Result {
        try withTemporaryDirectory { try body(Layout(openingOrCreating: $0.appending("oci"))) }
    }

    /// What a pull fails with; afterwards there is no layer, whole or not.
    private func failure(_ registry: TestRegistry, _ name: String = "x") throws -> String {
        try withLayout { layout in
            let failure = #expect(throws: Failure.self) { try pull(registry, name, into: layout) }
            // What came of a blob may be gone on with.
            #expect(try layout.strays().allSatisfy { $0.string.hasSuffix(".part") })
            for blob in try layout.blobs.names() where Digest(hex: blob.string) != nil {
                #expect(try layout.blobs.readFile(blob, limit: 1 << 20).map { Digest(of: $0).hex } == blob.string)
            }
            return failure?.report(trace: false) ?? ""
        }
    }

    @Test("brings manifest, config and layers, each once")
    func pulls() throws {
        let registry = TestRegistry()
        let image = try registry.addImage(layers: [Self.layer, [1], Self.layer])
        try withLayout { layout in
            let found = try pull(registry, into: layout)
            #expect(found.descriptor.digest == image.descriptor.digest)
            #expect(found.source == image.descriptor.digest)
            #expect(try layout.manifest(found.descriptor) == image.manifest)
            for layer in image.manifest.layers { #expect(try layout.holds(layer)) }
            #expect(registry.requests.count == 4)
            _ = try pull(registry, into: layout)
            #expect(registry.requests.count == 5)
        }
    }

    @Test("ends when it is told to, and is no image then")
    func ends() throws {
        struct Stop: Error {}
        let registry = TestRegistry()
        try registry.addImage(layers: [Self.layer])
        try withLayout { layout in
            let pull = ImagePull(try registry.reference("x"), from: try registry.client())
            let found = try pull.find(Self.platform)
            #expect(throws: (any Error).self) {
                try pull.fetch(found, into: LayoutWriter(layout), keepsParts: true, checkpoint: { throw Stop() })
            }
            #expect(try !layout.holds(found.descriptor))
        }
    }

    @Test("of an image without layers brings its config")
    func withoutLayers() throws {
        let registry = TestRegistry()
        try registry.addImage(layers: [])
        try withLayout { layout in
            let manifest = try pull(registry, into: layout).manifest
            #expect(try layout.config(manifest).platform.architecture == "amd64")
        }
    }

    @Test("of Docker's schema 2 makes an OCI image with the same blobs; a list is read by os and arch")
    func docker() throws {
        let registry = TestRegistry()
        let gzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")
        let images = try ["arm64", "amd64"].map { architecture in
            let image = try registry.addImage(
                layers: [Array(architecture.utf8)], type: gzip, config: .dockerConfig, manifest: .dockerManifest,
                tag: nil)
            var entry = image.descriptor
            entry.platform = Platform(os: "linux", architecture: architecture)
            return (entry: entry, manifest: image.manifest)
        }
        var list = ImageIndex(manifests: images.map(\.entry))
        list.mediaType = .dockerManifestList
        let source = try registry.add(manifest: list, .dockerManifestList, tag: "latest")
        try withLayout { layout in
            let found = try pull(registry, into: layout)
            #expect(found.source == source.digest)
            let manifest = try layout.manifest(found.descriptor)
            #expect(manifest.mediaType == .manifest)
            #expect(manifest.config.mediaType == .config)
            #expect(manifest.layers.map(\.mediaType) == [.tarGzip])
            #expect(manifest.layers.map(\.digest) == images[1].manifest.layers.map(\.digest))
            let other = try pull(registry, into: layout, Platform(os: "linux", architecture: "arm64"))
            #expect(other.manifest.layers.map(\.digest) == images[0].manifest.layers.map(\.digest))
            let failure = #expect(throws: Failure.self) {
                try pull(registry, into: layout, Platform(os: "linux", architecture: "s390x"))
            }
            #expect(failure?.report(trace: false).contains("it has linux/arm64, linux/amd64") == true)
        }
    }

    // MARK: - Faults

    /// The name of what is kept of ``layer``.
    private static let part = FilePath(".\(Digest(of: layer).hex).part")

    @Test("goes on with what an earlier one has left")
    func goesOn() throws {
        let isBroken = Mutex(true)
        let registry = TestRegistry { request, right in
            guard request.target.hasSuffix("\(Digest(of: Self.layer))"), isBroken.withLock({ $0 }) else { return nil }
            return request.headers["range"] == nil ? right.cut(after: 50_000) : .response(request, "502 Bad Gateway")
        }
        try registry.addImage(layers: [Self.layer])
        try withLayout { layout in
            #expect(throws: Failure.self) { try pull(registry, into: layout) }
            let kept = try layout.blobs.status(Self.part)?.size ?? 0
            isBroken.withLock { $0 = false }
            let before = registry.server.requests.count
            try layout.removeOldParts()
            let found = try pull(registry, into: layout)
            #expect(try layout.read(found.manifest.layers[0]) == Self.layer)
            #expect(try layout.strays() == [])
            let ranges = registry.server.requests.dropFirst(before).compactMap { $0.headers["range"] }
            // How much of what was sent before the cut arrives is up to the kernel.
            #expect(ranges == (kept > 0 ? ["bytes=\(kept)-"] : []))
        }
    }

    @Test("begins anew if what was left has other bytes, or is too long", arguments: [1000, 300_000, 300_001])
    func wrongPart(count: Int) throws {
        let registry = TestRegistry()
        let layer = registry.add(blob: Self.layer, .tar)
        try withLayout { layout in
            try layout.blobs.replaceFile(Self.part, with: [UInt8](repeating: 1, count: count))
            try registry.client().download(layer, of: "x", to: LayoutWriter(layout), keepsPart: true)
            #expect(try layout.read(layer) == Self.layer)
            #expect(try layout.strays() == [])
        }
    }

    @Test("leaves what another writer is at alone")
    func lockedPart() throws {
        let registry = TestRegistry()
        let layer = registry.add(blob: Self.layer, .tar)
        try withLayout { layout in
            try layout.blobs.replaceFile(Self.part, with: [1, 2, 3])
            let other = try layout.blobs.open(Self.part, O_RDWR)
            #expect(flock(other.number, LOCK_EX | LOCK_NB) == 0)
            try registry.client().download(layer, of: "x", to: LayoutWriter(layout), keepsPart: true)
            #expect(try layout.read(layer) == Self.layer)
            #expect(try layout.strays() == [Self.part])
            #expect(try layout.blobs.readFile(Self.part, limit: 10) == [1, 2, 3])
        }
    }

    @Test("keeps nothing where nobody would remove it")
    func keepsNothing() throws {
        let registry = TestRegistry { request, right in
            guard request.target.hasSuffix("\(Digest(of: Self.layer))") else { return nil }
            return request.headers["range"] == nil ? right.cut(after: 50_000) : .response(request, "502 Bad Gateway")
        }
        try registry.addImage(layers: [Self.layer])
        try withLayout { layout in
            #expect(throws: Failure.self) { try pull(registry, into: layout, keepsParts: false) }
            let left = try layout.strays()
            #expect(left == [])
        }
    }

    @Test("begins one of its own where a part can't be opened")
    func foreignPart() throws {
        let registry = TestRegistry()
        let layer = registry.add(blob: Self.layer, .tar)
        try withLayout { layout in
            // Whoever may open everything can't open that.
            try layout.blobs.makeDirectory(Self.part)
            try registry.client().download(layer, of: "x", to: LayoutWriter(layout), keepsPart: true)
            #expect(try layout.read(layer) == Self.layer)
            #expect(try layout.strays() == [Self.part])
        }
    }

    @Test("what was left long ago goes, what was left lately stays")
    func staleParts() throws {
        try withLayout { layout in
            for name in ["new.part", "old.part"] {
                try layout.blobs.replaceFile(FilePath(".\(name)"), with: [1])
            }
            let old = try layout.blobs.open(".old.part", O_RDWR)
            let times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
            #expect(futimens(old.number, times) == 0)
            try layout.removeOldParts()
            #expect(try layout.strays() == [".new.part"])
        }
    }

    @Test("goes on where a connection was cut")
    func resumes() throws {
        let registry = TestRegistry { request, right in
            guard request.target.contains("/blobs/"), request.number < 5 else { return nil }
            return right.cut(after: 50_000)
        }
        try registry.addImage(layers: [Self.layer])
        try withLayout { layout in
            let found = try pull(registry, into: layout)
            #expect(try layout.holds(found.manifest.layers[0]))
            #expect(try layout.read(found.manifest.layers[0]) == Self.layer)
        }
        let ranges = registry.server.requests.compactMap { $0.headers["range"] }
        // How much of what was sent before the cut arrives is up to the kernel.
        #expect(!ranges.isEmpty && !ranges.contains("bytes=0-"))
    }

    @Test(
        "begins anew with a server that knows no ranges, or sends another part",
        arguments: [true, false])
    func restarts(ignoresRange: Bool) throws {
        let isFirst = Mutex(true)
        let registry = TestRegistry { request, right in
            guard request.target.contains("/blobs/") else { return nil }
            if request.headers["range"] == nil {
                let cuts = isFirst.withLock { first in
                    defer { first = false }
                    return first
                }
                return cuts ? right.cut(after: 100) : nil
            }
            if ignoresRange { return .response(request, "200 OK", [], bytes: Self.layer) }
            return .response(
                request, "206 Partial Content", ["Content-Range: bytes 7-299999/300000"], bytes: Self.layer)
        }
        let layer = registry.add(blob: Self.layer, .tar)
        try withLayout { layout in
            try registry.client().download(layer, of: "x", to: LayoutWriter(layout))
            #expect(try layout.read(layer) == Self.layer)
        }
    }

    @Test("begins anew unseen by a reader who has read nothing")
    func restartsUnread() throws {
        let registry = TestRegistry { request, right in
            guard request.target.contains("/blobs/") else { return nil }
            guard request.headers["range"] == nil else {
                return .response(request, "200 OK", [], bytes: Self.layer)
            }
            return request.number < 3 ? right.cut(after: 50_000) : nil
        }
        let layer = registry.add(blob: Self.layer, .tar)
        try withLayout { layout in
            let arriving = Mutex<ArrivingBlob?>(nil)
            try registry.client().download(layer, of: "x", to: LayoutWriter(layout)) { blob in
                arriving.withLock { $0 = blob }
            }
            let blob = arriving.withLock { $0 }
            let source = try #require(blob).reader {}
            let read = try [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
                count = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            #expect(read == Self.layer)
        }
    }

    @Test("never takes another content than the one that was named", arguments: [0, -1, 1])
    func wrongContent(excess: Int) throws {
        let registry = TestRegistry { request, _ in
            guard request.target.hasSuffix("\(Digest(of: Self.layer))") else { return nil }
            return .response(request, "200 OK", [], bytes: [UInt8](repeating: 1, count: Self.layer.count + excess))
        }
        try registry.addImage(layers: [Self.layer])
        let message = try failure(registry)
        #expect(message.contains("couldn't get blob \(Digest(of: Self.layer)) of 127.0.0.1:\(registry.port)/x"))
        let reason = ["its content has the digest", "is longer than", "bytes came, the descriptor says"]
        #expect(message.contains(reason[excess < 0 ? 2 : excess]))
    }

    @Test("survives a 500, a 429 with Retry-After and a reset")
    func retries() throws {
        let registry = TestRegistry { request, _ in
            switch request.number {
            case 1: .response(request, "500 Internal Server Error")
            case 2: .response(request, "429 Too Many Requests", ["Retry-After: 0"])
            case 3: [.reset]
            case 5: .response(request, "503 Service Unavailable", ["Retry-After: 1"])
            case 6: .response(request, "503 Service Unavailable", ["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"])
            default: nil
            }
        }
        try registry.addImage(layers: [Self.layer])
        try withLayout { layout in
            let found = try pull(registry, into: layout)
            #expect(try layout.read(found.manifest.layers[0]) == Self.layer)
        }
    }

    @Test("gives up at once a server that wants an hour, and in the end one that never recovers")
    func givesUp() throws {
        for time in ["3600", "Fri, 31 Dec 9999 23:59:59 GMT"] {
            let limited = TestRegistry { request, _ in
                .response(request, "429 Too Many Requests", ["Retry-After: \(time)"])
            }
            #expect(try failure(limited).contains(": the server says 429 Too Many Requests"))
            #expect(limited.requests.count == 1)
        }
        let broken = TestRegistry { request, _ in .response(request, "502 Bad Gateway") }
        #expect(try failure(broken).contains("in 4 attempts: the server says 502 Bad Gateway"))
        let silent = TestRegistry(patience: .milliseconds(500)) { _, _ in [.pause(milliseconds: 20_000)] }
        #expect(try failure(silent).contains("the server said nothing for 0.5 seconds"))
    }

    @Test("does not use a manifest that is not the one that was named")
    func wrongManifest() throws {
        let registry = TestRegistry { request, right in
            request.target.hasSuffix("/changed")
                ? .response(
                    request, "200 OK", ["Docker-Content-Digest: \(Digest(of: [1]))"], bytes: Array("{}".utf8)) : nil
        }
        let image = try registry.addImage(layers: [])
        #expect(try failure(registry, "x:changed").contains("and should have \(Digest(of: [1]))"))
        #expect(try failure(registry, "x:missing").contains("there is no image docker://127.0.0.1"))
        #expect(try failure(registry, "x:missing").contains("404 Not Found (MANIFEST_UNKNOWN)"))
        let other = TestRegistry { request, _ in .response(request, "200 OK", [], bytes: Array("{}".utf8)) }
        #expect(try failure(other, "x@\(image.descriptor.digest)").contains("should have \(image.descriptor.digest)"))
    }

    @Test(
        "takes no success for a manifest that does not bring all of one",
        arguments: ["202 Accepted", "204 No Content", "206 Partial Content"])
    func partialManifest(status: String) throws {
        let registry = TestRegistry { request, right in
            guard request.target.contains("/manifests/"), case .send(let bytes)? = right.last else { return nil }
            return .response(
                request, status, ["Content-Type: \(MediaType.manifest)", "Content-Range: bytes 0-9/1000"], bytes: bytes)
        }
        try registry.addImage(layers: [])
        #expect(try failure(registry).contains("the server says \(status), which does not bring all of it"))
        let pull = try ImagePull(registry.reference("x"), from: registry.client())
        #expect(throws: Failure.self) { try pull.source() }
    }

    @Test(
        "refuses by name what it can't use",
        arguments: [("application/x-lunch", "application/x-lunch"), ("", "it has none")])
    func refusesLayers(type: String, reason: String) throws {
        let registry = TestRegistry()
        try registry.addImage(layers: [[1]], type: MediaType(rawValue: type))
        let message = try failure(registry)
        #expect(message.contains("layer \(Digest(of: [1])) is of a type that stacker can't unpack: \(reason)"))
        #expect(registry.requests.count == 1)
    }

    @Test(
        "takes foreign layers from a registry that has them",
        arguments: [
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        ])
    func foreignLayers(type: String) throws {
        let registry = TestRegistry()
        try registry.addImage(layers: [[1]], type: MediaType(rawValue: type))
        try withLayout { layout in
            let layer = try pull(registry, into: layout).manifest.layers[0]
            #expect(layer.mediaType.rawValue == "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")
            #expect(try layout.holds(layer))
        }
        let without = TestRegistry { request, _ in
            request.target.hasSuffix("\(Digest(of: [1]))") ? .notFound(request) : nil
        }
        try without.addImage(layers: [[1]], type: MediaType(rawValue: type))
        #expect(try failure(without).contains("layer \(Digest(of: [1])) is a foreign one"))
    }

    @Test("refuses artifacts, schema 1, and what is two things at once")
    func refusesManifests() throws {
        let registry = TestRegistry()
        try registry.addImage(layers: [], config: MediaType(rawValue: "application/vnd.oci.empty.v1+json"), tag: "a")
        try registry.add(manifest: ["schemaVersion": 1], .dockerManifestSchema1, tag: "b")
        try registry.add(manifest: ["manifests": [[String: String]()], "layers": []], .manifest, tag: "c")
        try registry.add(manifest: ["x": 1], MediaType(rawValue: "text/plain"), tag: "d")
        #expect(try failure(registry, "x:a").contains("it is no image: its config is of type"))
        #expect(try failure(registry, "x:b").contains("schema 1, which is obsolete"))
        #expect(try failure(registry, "x:c").contains("is an index and an image at once"))
        #expect(try failure(registry, "x:d").contains("it is no image: its media type is text/plain"))
    }

    @Test("asks for nothing by a digest, and with one HEAD by a tag")
    func source() throws {
        let registry = TestRegistry()
        let image = try registry.addImage(layers: [])
        let client = try registry.client()
        let pinned = try ImagePull(registry.reference("x@\(image.descriptor.digest)"), from: client)
        #expect(try pinned.source() == image.descriptor.digest)
        #expect(registry.requests == [])
        #expect(try ImagePull(registry.reference("x"), from: client).source() == image.descriptor.digest)
        #expect(registry.requests == ["HEAD /v2/x/manifests/latest"])
    }
}
