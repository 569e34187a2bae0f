import Failure
import OCI

extension ImageDraft {
    /// Refuses an image whose manifest or config is longer than what registries take and programs read: nobody could use
    /// it, stacker neither.
    ///
    /// - Parameter image: how a message names the image.
    /// - Throws: `Failure` that names what makes it so long, with its size.
    func refuseOversized(_ image: String) throws {
        try Self.refuse("manifest of image \(image)", try manifestSize()) {
            annotations.map { ("its annotation \($0)", $1) }
        }
        try Self.refuse("config of image \(image)", try JSON.encode(config).count) {
            let execution = config.config
            return (execution?.labels ?? [:]).map { ("its label \($0)", $1) }
                + (execution?.env ?? []).map { ("its variable \($0.prefix { $0 != "=" })", $0) }
                + [("its cmd", execution?.cmd), ("its entrypoint", execution?.entrypoint)].map {
                    ($0, ($1 ?? []).joined(separator: " "))
                }
        }
    }

    private func manifestSize() throws -> Int {
        // JSON makes at most six bytes of one. Recipes are mostly far from any limit, and each layer has one.
        let most = annotations.reduce(layers.count << 12) { $0 + 6 * ($1.key.utf8.count + $1.value.utf8.count) }
        if most < Layout.documentLimit { return most }
        let config = Descriptor(mediaType: .config, digest: Digest(of: []), size: 0)
        return try JSON.encode(ImageManifest(config: config, layers: layers, annotations: annotations)).count
    }

    private static func refuse(_ what: String, _ size: Int, _ parts: () -> [(name: String, text: String)]) throws {
        let limit = Layout.documentLimit
        guard size > limit else { return }
        let largest = parts().max { $0.text.utf8.count < $1.text.utf8.count }
        let most = largest.map { ": \(shown($0.name, limit: 120)) alone has \(humanSize(Int64($0.text.utf8.count)))" }
        throw Failure(
            "the \(what) would have \(size) bytes, and may have \(limit)\(most ?? "")",
            help: "registries and other programs read no more; keep what is long in a file of the image, "
                + "and the recipe, which is an annotation, short")
    }
}
