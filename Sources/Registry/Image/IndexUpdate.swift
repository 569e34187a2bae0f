import Failure
import OCI
import Web

extension RegistryClient {
    /// How often an index is written that others write at the same time.
    private static let mostUpdates = 6

    /// Sees that the index of a reference has these entries, whose manifests the repository has.
    ///
    /// Whoever reads the index before ours is there, and writes theirs after it, undoes it. That shows when it is looked at
    /// again later than they need from the one to the other.
    ///
    /// - Returns: the index that is there.
    func updateIndex(_ reference: ImageReference, with entries: [Descriptor]) throws -> ImageIndex {
        var delay = web.settings.retryDelay
        for _ in 0..<Self.mostUpdates {
            let found = try indexThatIs(reference)
            var index = found.index
            let isChanged = index.update(with: entries)
            if found.isIndex, !isChanged { return index }
            index.mediaType = .index
            let bytes = try JSON.encode(index)
            let descriptor = Descriptor(mediaType: .index, digest: Digest(of: bytes), size: Int64(bytes.count))
            try put(bytes, descriptor, as: reference)
            // Two that began together must not go on together.
            try web.wait(delay + delay * Double.random(in: 0...1))
            delay = min(delay * 2, .milliseconds(500))
            let now = try indexThatIs(reference)
            if now.isIndex, now.index.holds(entries) { return now.index }
        }
        throw Failure(
            "others write the index of docker://\(reference) at the same time: ours was gone after each of "
                + "\(Self.mostUpdates) attempts",
            help: "publish it once more, or the runners one after the other")
    }

    /// The index that a reference names, or one with the image that it names; an empty one if it names nothing.
    private func indexThatIs(_ reference: ImageReference) throws -> (index: ImageIndex, isIndex: Bool) {
        guard let found = try manifestIfThere(reference) else { return (ImageIndex(), false) }
        return try attempt("couldn't use what docker://\(reference) is", help: "publish with another tag") {
            if found.mediaType.isIndex { return (try JSON.decode(ImageIndex.self, from: found.bytes), true) }
            guard found.mediaType.isManifest else {
                throw Failure("it is no image, and no index of images: it is \(found.mediaType.inWords)")
            }
            let image = try JSON.decode(ImageManifest.self, from: found.bytes)
            // An artifact has none.
            _ = try image.converted()
            let bytes = try content(of: image.config, in: reference.repository)
            let descriptor = Descriptor(
                mediaType: found.mediaType, digest: found.digest, size: Int64(found.bytes.count))
            return (
                ImageIndex(manifests: [try descriptor.entry(for: JSON.decode(ImageConfig.self, from: bytes))]), false
            )
        }
    }
}
