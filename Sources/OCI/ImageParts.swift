import Failure

/// All that goes where an image goes: for an index, the images that it names with all that they name.
package struct ImageParts: Sendable {
    /// The image or index itself.
    package let root: Descriptor
    /// The manifests and indexes that it names, each once, and before what names it. An image names none.
    package fileprivate(set) var members: [Descriptor] = []
    /// Configs and layers, each once.
    package fileprivate(set) var blobs: [Descriptor] = []
    private var seen: Set<Digest> = []

    /// Finds all of it in a layout.
    ///
    /// - Throws: `Failure` also for an index that names what is not there: who copies an image for one platform leaves its
    ///   index as it is.
    package init(of descriptor: Descriptor, in layout: Layout) throws {
        root = descriptor
        try add(descriptor, in: layout, depth: 0)
        blobs = blobs.eachOnce()
    }

    /// As deep as others look.
    private static let depth = 4
    /// The most manifests: nobody makes an image for so many platforms.
    private static let limit = 1000

    private mutating func add(_ descriptor: Descriptor, in layout: Layout, depth: Int) throws {
        if let index = try layout.index(of: descriptor) {
            try attempt("couldn't take all of index \(descriptor.digest) of \(layout.path)") {
                guard depth < Self.depth else { throw Failure("indexes are in one another deeper than \(Self.depth)") }
                if let foreign = index.foreign.first { _ = try Digest(foreign.digest) }
                for member in index.manifests where seen.insert(member.digest).inserted {
                    guard seen.count <= Self.limit else { throw Failure("it names more than \(Self.limit) images") }
                    guard try layout.holds(member) else {
                        throw Failure(
                            "its image \(member.digest)\(member.platform.map { " for \($0)" } ?? "") is not there",
                            help: "bring all of it here, as skopeo copy --multi-arch all does")
                    }
                    try add(member, in: layout, depth: depth + 1)
                    members.append(member)
                }
            }
        } else {
            blobs += try layout.manifest(descriptor).blobs
        }
    }
}
