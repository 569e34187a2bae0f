import FileTree

@testable import Layers

/// A suite whose tests encode a tree and unpack what came of it.
protocol LayerSuite {
    var place: LayerPlace { get }
}

/// Where they do that.
struct LayerPlace {
    let scratch: Scratch
    let tree: Directory
    let blobs: Directory
    let out: Directory

    init() throws {
        scratch = try Scratch()
        tree = try scratch.sub("tree")
        blobs = try scratch.sub("blobs")
        out = try scratch.sub("out")
    }
}

extension LayerSuite {
    var scratch: Scratch { place.scratch }
    /// What is encoded.
    var tree: Directory { place.tree }
    /// Where the blobs of layers are.
    var blobs: Directory { place.blobs }
    /// Where layers are unpacked.
    var out: Directory { place.out }
}
