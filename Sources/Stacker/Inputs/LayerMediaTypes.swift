import Failure
import FileTree
import OCI

extension Layout {
    /// The layers of an image with the media types that their blobs have. Those of an image are believed by others, who
    /// can't read a layer that is called something else.
    ///
    /// - Throws: also for a layer that need not be where its image is, and is not.
    func rightlyNamed(_ layers: [Descriptor]) throws -> [Descriptor] {
        try layers.map { layer in
            guard try holds(layer) else {
                if layer.mediaType.isForeignLayer {
                    throw layer.refusedAsForeign(because: Failure("it is not in \(path)"))
                }
                return layer
            }
            var layer = layer
            layer.mediaType = layer.mediaType.corrected(by: try open(layer).start(2048))
            return layer
        }
    }
}

extension OpenFile {
    /// The first bytes of a file that was just opened; fewer if it is shorter.
    fileprivate func start(_ count: Int) throws -> [UInt8] {
        try Array(unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[filled...])
                let read = try read(into: rest)
                if read == 0 { return }
                filled += read
            }
        }
    }
}
