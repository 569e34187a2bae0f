import OCI

extension Bases {
    /// Removes a blob that is not what its name says, as a crash of the machine can leave it, from where base images are
    /// kept: it is fetched again.
    func dropIfDamaged(_ blob: Descriptor, in layout: Layout) throws {
        guard try layout.holds(blob), try !context.roots.isWhole(blob, in: layout) else { return }
        context.log.info("blob \(blob.digest) in \(layout.path) is damaged; fetching it again")
        try layout.remove(blob)
        // There it may be the same file under another name.
        guard let output = try Layout(ifThereAt: context.directories.oci) else { return }
        if try output.holds(blob), try !context.roots.isWhole(blob, in: output) { try output.remove(blob) }
    }
}
