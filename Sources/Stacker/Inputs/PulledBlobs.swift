import Failure
import FileTree
import OCI
import Registry
import SystemPackage

/// The blobs in `layer-bases/oci` that stacker has pulled: `pulled-blobs` in its directory, a line for each.
///
/// Other programs may keep images in that layout, and nothing about a blob tells whose it is. Only these are stacker's to
/// remove when nothing needs them any more.
struct PulledBlobs {
    private static let name: FilePath = "pulled-blobs"
    private let stackerDirectory: FilePath

    init(in stackerDirectory: FilePath) {
        self.stackerDirectory = stackerDirectory
    }

    /// Those that are noted. A line that is no digest counts for nothing.
    func digests() throws -> Set<Digest> {
        try attempt("couldn't read \(stackerDirectory.appending(Self.name.string))") {
            let text = try Directory(at: stackerDirectory).readFile(Self.name, limit: 64 << 20) ?? []
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
            return Set(lines.compactMap { Digest(hex: $0) })
        }
    }

    /// Notes what is missing of an image that is about to be pulled. A blob that is there is another's, or noted.
    func note(_ image: ImagePull.Found, before layout: Layout) throws {
        let blobs = [image.descriptor] + image.manifest.blobs
        try add(blobs.filter { try !layout.holds($0) }.map(\.digest))
    }

    /// Notes blobs.
    func add(_ digests: some Sequence<Digest>) throws {
        let known = try self.digests()
        let all = known.union(digests)
        if all.count > known.count { try write(all) }
    }

    /// Forgets all others.
    func write(_ digests: Set<Digest>) throws {
        let text = digests.sorted().map { "\($0.hex)\n" }.joined()
        try Directory(at: stackerDirectory).replaceFile(Self.name, with: text.utf8)
    }
}
