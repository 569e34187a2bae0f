import Failure
import OCI
import Progress

extension ImageDraft {
    /// Refuses an image whose manifest or config is longer than what registries take and programs read: nobody could use
    /// it, stacker neither.
    ///
    /// - Parameter image: how a message names the image.
    /// - Throws: `Failure` that names what makes it so long, with its size.
    func refuseOversized(_ image: String) throws {
        if fitsInAnyCase(Layout.documentLimit) { return }
        let configSize = try JSON.encode(config).count
        let manifest = manifest(config: Descriptor(mediaType: .config, digest: Digest(of: []), size: Int64(configSize)))
        try Self.refuse("manifest of image \(image)", try JSON.encode(manifest).count) {
            // A descriptor may have a blob's content in it, and a manifest members that we don't know.
            annotations.map { ("its annotation \($0)", $1) } + Self.parts("its ", manifest.others.members)
                + layers.flatMap { layer in
                    Self.parts("of layer \(layer.digest) the ", layer.others.members)
                        + (layer.annotations ?? [:]).map { ("of layer \(layer.digest) the annotation \($0)", $1) }
                }
        }
        try Self.refuse("config of image \(image)", configSize) {
            let execution = config.config
            return (execution?.labels ?? [:]).map { ("its label \($0)", $1) }
                + (execution?.env ?? []).map { ("its variable \($0.prefix { $0 != "=" })", $0) }
                + [("its cmd", execution?.cmd), ("its entrypoint", execution?.entrypoint)].map {
                    ($0, ($1 ?? []).joined(separator: " "))
                }
        }
    }

    private static func parts(_ whose: String, _ members: [String: JSONValue]) -> [(name: String, text: String)] {
        members.compactMap { name, value in
            (try? JSON.encode(value)).map { ("\(whose)member \(name)", String(decoding: $0, as: UTF8.self)) }
        }
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
