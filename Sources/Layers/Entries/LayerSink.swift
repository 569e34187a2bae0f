import OCI

/// Takes the entries of a tree in the order of a ``TreeWalk`` and makes a layer of them: one sink for each format that
/// was asked for, all fed by one walk.
protocol LayerSink: AnyObject {
    /// The next entry. For the first name of a regular file, its content follows.
    func add(_ entry: TreeEntry) throws
    /// The next piece of the content of the file that was added last. The pieces add up to its size.
    func addContent(_ bytes: UnsafeRawBufferPointer) throws
    /// All of the content was given.
    func endContent() throws
    /// There are no more entries: completes the blob and gives it its name.
    func finish() throws -> EncodedLayer
    /// Something failed: removes what was written. Nothing is called after it.
    func abandon()
}

/// A layer that was written.
package struct EncodedLayer: Sendable, Hashable {
    /// The blob; its file is named by the digest's hexadecimal digits.
    package var descriptor: Descriptor
    /// The digest of the uncompressed tar, or of a squashfs or erofs itself: an element of the image config's `rootfs.diff_ids`.
    package var diffID: Digest
    /// How many entries it has, whiteouts included.
    package var entries: Int
}
