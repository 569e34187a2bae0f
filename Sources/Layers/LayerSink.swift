import OCI

/// Takes the entries of a tree in the order of a ``TreeWalk`` and makes a layer of them: one sink for each format that
/// was asked for, all fed by one walk.
protocol LayerSink: AnyObject {
    /// The next entry. For a regular file with ``TreeEntry/carriesContent``, its content follows.
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
