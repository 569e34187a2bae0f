import Failure
import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("Layers side by side")
struct SideBySideTests {
    private static let formats: [LayerFormat] = [.tar(), .tar(.zstd()), .tar(.none), .squashfs(), .erofs()]

    /// A tree of some megabytes, of which half can be compressed; another one for each number.
    private func makeTree(_ number: Int, in directory: FilePath) throws -> Directory {
        let tree = try Directory(creating: directory.appending("tree\(number)"))
        let random = try OpenFile("/dev/urandom", O_RDONLY)
        for name in 0..<6 {
            let file = try tree.open(FilePath("file\(name)"), O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            for piece in 0..<8 {
                try file.writeAll(random.readExactly(64 << 10, at: 0))
                try file.writeAll([UInt8](repeating: UInt8(number + piece), count: 80 << 10))
            }
        }
        for name in 0..<200 { try tree.replaceFile(FilePath("small\(name)"), with: "\(number) \(name)".utf8) }
        return tree
    }

    private func pack(
        _ tree: Directory, as formats: [LayerFormat] = formats, into blobs: Directory, on processors: Processors
    ) throws -> [EncodedLayer] {
        var options = EncodeOptions()
        options.processors = processors
        options.workers = processors.count
        // Parts of seconds are in no squashfs.
        options.latestTime = Timestamp(seconds: 1000)
        guard let layers = try encodeLayer(tree, as: formats, into: blobs, options: options) else {
            throw Failure("there is nothing in the tree")
        }
        return layers
    }

    @Test(
        "packed and unpacked in four threads at once they are, byte for byte, what each is alone",
        arguments: [1, 16])
    func together(processors count: Int) throws {
        try withTemporaryDirectory { (directory: FilePath) throws -> Void in
            let processors = Processors(count)
            let blobs = try Directory(creating: directory.appending("blobs"))
            let trees = try (0..<4).map { try makeTree($0, in: directory) }
            let alone = try trees.map { try pack($0, into: blobs, on: Processors(2)).map(\.descriptor) }
            try inThreads(4) { thread in
                for round in 0..<2 {
                    let own = try Directory(creating: directory.appending("\(thread)"))
                    let layers = try pack(trees[thread], into: own, on: processors)
                    guard layers.map(\.descriptor) == alone[thread] else {
                        throw Failure("round \(round): thread \(thread) has other blobs")
                    }
                    for layer in layers {
                        try unpack(layer, of: own, on: processors) { copy in
                            let again = try pack(copy, as: [.tar(.none)], into: own, on: processors).map(\.descriptor)
                            if again != [alone[thread][2]] {
                                throw Failure("round \(round): unpacked by thread \(thread) it is another tree")
                            }
                        }
                    }
                }
            }
            let fresh = Processors(count)
            #expect(processors.threads.rest == fresh.threads.rest && processors.memory.rest == fresh.memory.rest)
        }
    }

    private func unpack(
        _ layer: EncodedLayer, of blobs: Directory, on processors: Processors, _ body: (Directory) throws -> Void
    ) throws {
        var options = UnpackOptions()
        options.processors = processors
        let name = FilePath("copy")
        try blobs.removeTree(name)
        let copy = try blobs.makePlainDirectory(name)
        let blob = try blobs.openNoSymlinks(FilePath(layer.descriptor.digest.hex), O_RDONLY)
        _ = try unpackLayer(blob, layer.descriptor, diffID: layer.diffID, into: copy, options: options)
        try body(copy)
        try blobs.removeTree(name)
    }
}
