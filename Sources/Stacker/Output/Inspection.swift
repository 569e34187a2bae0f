import Failure
public import OCI

/// What `stacker inspect` shows of an output layout.
public struct Inspection {
    private var images: [Image] = []

    /// One image.
    struct Image: Encodable {
        var tag: String
        var manifest: ImageManifest
        var config: ImageConfig
    }

    /// Reads the image with this tag, or all that have one, in the order of the index.
    public init(of layout: Layout, tag: String?) throws {
        let index = try layout.index()
        if let tag, index.entry(tag: tag) == nil {
            throw Failure(
                "there is no image \(tag) in \(layout.path)", help: "it holds \(index.tags.joined(separator: ", "))")
        }
        for name in tag.map({ [$0] }) ?? index.tags {
            guard let entry = index.entry(tag: name), entry.mediaType.isManifest else { continue }
            let manifest = try layout.manifest(entry)
            images.append(Image(tag: name, manifest: manifest, config: try layout.config(manifest)))
        }
    }

    /// For people.
    public func text() throws -> String {
        try images.map { image in
            var lines = [image.tag]
            for (number, layer) in image.manifest.layers.enumerated() {
                lines.append(
                    "\tlayer \(number): \(layer.digest.hex.prefix(12))... (\(humanSize(layer.size)), \(layer.mediaType))"
                )
            }
            if let annotations = image.manifest.annotations, !annotations.isEmpty {
                lines.append("Annotations:")
                lines += annotations.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
            }
            lines.append("Image config:")
            lines.append(try JSON.text(image.config))
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// For programs: an array of objects with `tag`, `manifest` and `config`.
    public func json() throws -> String { try JSON.text(images) }
}

/// `2.1 MB`: a number of bytes in decimal units.
func humanSize(_ bytes: Int64) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    guard bytes >= 1000 else { return "\(bytes) B" }
    var size = Double(bytes) / 1000
    var unit = 0
    while size >= 999.95, unit < units.count - 1 {
        size /= 1000
        unit += 1
    }
    let tenths = (size * 10).rounded() / 10
    return size < 10 ? "\(tenths) \(units[unit])" : "\(Int(size.rounded())) \(units[unit])"
}
