import Dispatch
import Failure
import FileTree
import Fixtures
import Glibc
import Host
import Layers
import OCI
import Synchronization
import SystemPackage
import Testing

@testable import Roots
@testable import Stacker

@Suite("Layers that are unpacked while they come")
struct LayerArrivalsTests {
    /// A layer with a small file at its beginning and four mebibytes behind it; where it comes to; and what unpacks it.
    private struct Scene {
        let roots: RootsDirectory
        let writer: LayoutWriter
        let layer: Descriptor
        let bytes: [UInt8]
        let arrivals: LayerArrivals

        init(in root: FilePath, compression: Compression = .none, diffID: Digest? = nil) throws {
            try root.appending("tree/a").write("first")
            try root.appending("tree/b").write(String(repeating: "0123456789abcdef", count: 1 << 18))
            let blobs = try Directory(creating: root.appending("blobs"))
            let layers = try encodeLayer(
                Directory(at: root.appending("tree")), as: [.tar(compression)], into: blobs)
            let encoded = try #require(layers?.first)
            layer = encoded.descriptor
            bytes = try #require(try blobs.readFile(FilePath(layer.digest.hex), limit: 8 << 20))
            roots = try RootsDirectory(takingOver: root.appending("roots"))
            writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
            config.rootfs.diffIDs = [diffID ?? encoded.diffID]
            let manifest = ImageManifest(
                config: Descriptor(mediaType: .config, digest: Digest(of: []), size: 0), layers: [layer])
            arrivals = LayerArrivals(
                Image(manifest, config),
                LayerUnpacker(
                    roots: roots, hardLinkOverflow: .split, log: try Log(level: .quiet),
                    cancellation: try Cancellation()))
        }

        func append(_ bytes: ArraySlice<UInt8>, to blob: IncomingBlob) throws {
            try bytes.withUnsafeBytes { try blob.append($0) }
        }

        /// The first file of the layer, under whatever name the layer has by now.
        var firstFile: String? {
            get throws {
                for name in try roots.directory.names() {
                    let file = try? roots.path.appending(name.string).appending("overlay/a").text()
                    if let file { return file }
                }
                return nil
            }
        }

        func waitForFirstFile(saying text: String = "first") throws {
            for _ in 0..<6000 {
                if try firstFile == text { return }
                usleep(10_000)
            }
            Issue.record("the first file was not unpacked while the rest was still to come")
        }

        /// Gives whoever unpacks the time to put the layer in place, which is not to be done before the blob is verified.
        func expectNotInPlace() throws {
            for _ in 0..<30 where try !roots.holdsOwnContent(of: layer.digest) { usleep(10_000) }
            #expect(try !roots.holdsOwnContent(of: layer.digest))
        }

        /// What there is of layers, complete or not.
        var directories: [FilePath] {
            get throws { try roots.directory.names().filter { !$0.string.hasPrefix(".stacker") } }
        }
    }

    @Test(
        "are there in part before they have come, and in whole when they have",
        arguments: [Compression.none, .gzip()])
    func overlaps(compression: Compression) throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root, compression: compression)
            try scene.arrivals.unpack {
                let blob = try IncomingBlob(scene.layer, into: scene.writer)
                scene.arrivals.begin(blob.follow())
                let half = scene.bytes.count / 2
                try scene.append(scene.bytes[..<half], to: blob)
                try scene.waitForFirstFile()
                #expect(try !scene.roots.holdsOwnContent(of: scene.layer.digest))
                try scene.append(scene.bytes[half...], to: blob)
                try blob.finish()
            }
            #expect(try scene.directories == [scene.layer.digest.directoryName])
            let file = scene.roots.contentPath(of: scene.layer.digest).appending("b")
            #expect(try file.text().utf8.count == 4 << 20)
            #expect(try scene.roots.hasVerified(scene.writer.layout.open(scene.layer), of: scene.layer.digest))
        }
    }

    @Test("leave nothing if the blob is another one, even if the content is the same")
    func wrong() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root, compression: .gzip())
            var other = scene.bytes
            // The system that a gzip member was made on: no matter to whoever unpacks it.
            other[9] ^= 1
            let failure = #expect(throws: Failure.self) {
                try scene.arrivals.unpack {
                    let blob = try IncomingBlob(scene.layer, into: scene.writer)
                    scene.arrivals.begin(blob.follow())
                    try scene.append(other[..<(other.count - 1)], to: blob)
                    try scene.waitForFirstFile()
                    try scene.append(other.suffix(1), to: blob)
                    try scene.expectNotInPlace()
                    try blob.finish()
                }
            }
            #expect(failure?.description.contains("its content has the digest") == true)
            #expect(try scene.directories == [])
        }
    }

    @Test("leave nothing if the rest does not come")
    func abandoned() throws {
        struct Cut: Error {}
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            #expect(throws: Cut.self) {
                try scene.arrivals.unpack {
                    let blob = try IncomingBlob(scene.layer, into: scene.writer)
                    scene.arrivals.begin(blob.follow())
                    try scene.append(scene.bytes[..<(2 << 20)], to: blob)
                    try scene.waitForFirstFile()
                    throw Cut()
                }
            }
            #expect(try scene.directories == [])
        }
    }

    @Test("begin anew if they come anew")
    func restarted() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            try scene.arrivals.unpack {
                let blob = try IncomingBlob(scene.layer, into: scene.writer)
                scene.arrivals.begin(blob.follow())
                var damaged = scene.bytes[..<(2 << 20)]
                damaged[try #require(scene.bytes.firstRange(of: Array("first".utf8))).lowerBound] = UInt8(ascii: "X")
                try scene.append(damaged, to: blob)
                try scene.waitForFirstFile(saying: "Xirst")
                try blob.restart()
                try scene.append(scene.bytes[...], to: blob)
                try blob.finish()
            }
            #expect(try scene.firstFile == "first")
            #expect(try scene.directories == [scene.layer.digest.directoryName])
        }
    }

    @Test("end the pull if they are not what the config says, and leave nothing")
    func disagrees() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root, diffID: Digest(of: "else".utf8))
            let failure = #expect(throws: Failure.self) {
                try scene.arrivals.unpack {
                    let blob = try IncomingBlob(scene.layer, into: scene.writer)
                    scene.arrivals.begin(blob.follow())
                    try scene.append(scene.bytes[...], to: blob)
                    try blob.finish()
                    // Another blob that never comes to its end.
                    for _ in 0..<3000 {
                        try scene.arrivals.check()
                        usleep(10_000)
                    }
                    Issue.record("the pull goes on")
                }
            }
            #expect(failure?.description.contains("but the image config says") == true)
            #expect(try scene.directories == [])
        }
    }
}
