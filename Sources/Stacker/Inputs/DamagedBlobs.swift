import OCI

extension BaseResolver {
    /// Removes a blob that is not what its name says, as a crash of the machine can leave it, from where base images are
    /// kept: it is fetched again.
    ///
    /// One that was hashed when its layer was unpacked, or here, and has not been touched since, is not read again.
    func dropIfDamaged(_ blob: Descriptor, in layout: Layout) throws {
        guard try layout.holds(blob) else { return }
        if try roots.hasVerified(layout.open(blob), of: blob.digest) { return }
        if isWhole(blob, in: layout) { return try roots.noteVerified(layout.open(blob), of: blob.digest) }
        log.info("blob \(blob.digest) in \(layout.path) is damaged; fetching it again")
        try layout.remove(blob)
        // There it may be the same file under another name.
        guard let output = try Layout(ifThereAt: output) else { return }
        if try output.holds(blob), !isWhole(blob, in: output) { try output.remove(blob) }
    }

    /// A file that can't be read is no better than one with other bytes.
    private func isWhole(_ blob: Descriptor, in layout: Layout) -> Bool {
        (try? Digest(of: layout.open(blob))) == blob.digest
    }
}
