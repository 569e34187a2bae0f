import Failure
import OCI
import Progress

/// What `stacker inspect` shows of an output layout.
package struct Inspection {
    private var entries: [Entry] = []
    /// The indexes that were looked into, by tag.
    private var indexes: [ExactText: Set<Digest>] = [:]
    private var nestedCount = 0
    /// The images that indexes name, read once, and how many bytes they have, as often as they are named.
    private var nestedImages: [Digest: (manifest: ImageManifest, config: ImageConfig)] = [:]
    private var nestedBytes: Int64 = 0

    enum Entry {
        case image(Image)
        case other(Other)

        /// What it is for, as far as that is known.
        var platform: Platform? {
            switch self {
            case .image(let image): image.platform ?? image.config.platform
            case .other(let other): other.platform
            }
        }
    }

    /// One image.
    struct Image: Encodable {
        var tag: String?
        /// What the index says that it is of says of the image's platform.
        var platform: Platform?
        var manifest: ImageManifest
        var config: ImageConfig
    }

    /// Something else that other programs have put there.
    struct Other: Encodable {
        var tag: String?
        var platform: Platform?
        /// What it is, in words.
        var kind: String
        var mediaType: MediaType?
        var digest: String
        var size: Int64?
        /// What is wrong with it.
        var problem: String?
    }

    /// Reads the image with this tag, or all that there are, in the order of the index.
    ///
    /// - Parameter platform: what images are to be for; whatever else there is is left out then.
    /// - Throws: `Failure` if what was asked for can't be read; one of several is shown with what is wrong with it.
    package init(of layout: Layout, tag: String?, platform: Platform? = nil) throws {
        let index = try layout.index()
        if let tag, !index.has(tag: tag) {
            let tags = index.tags.prefix(20).map { shown($0) }.joined(separator: ", ")
            throw Failure(
                "there is no image \(shown(tag)) in \(layout.path)",
                help: tags.isEmpty ? "the layout holds no images" : "it holds \(tags)")
        }
        for entry in index.manifests where tag.map({ entry == index.entry(tag: $0) }) ?? true {
            // Of two entries of one tag the later one counts.
            guard let name = entry.tag else {
                entries.append(.other(Other(entry, "an entry without a tag")))
                continue
            }
            guard entry == index.entry(tag: name) else { continue }
            // The one that was asked for is nothing that could be left out.
            if tag != nil { try add(entry, name, in: layout) } else { addWhole(entry, name, in: layout) }
        }
        for entry in index.foreign where tag.map(entry.hasTag) ?? true {
            entries.append(
                .other(Other(tag: entry.tag, kind: "an entry whose digest is no sha256", digest: entry.digest)))
        }
        let help = tag == nil ? "name one image: stacker inspect TAG" : nil
        guard nestedCount <= Self.limit else {
            throw Failure("the indexes in \(layout.path) have more than \(Self.limit) entries", help: help)
        }
        guard nestedBytes <= Self.bytesLimit else {
            throw Failure("the images that the indexes in \(layout.path) name say too much of themselves", help: help)
        }
        if let platform { try leave(platform, in: layout) }
    }

    private mutating func leave(_ platform: Platform, in layout: Layout) throws {
        let offered = entries.compactMap(\.platform)
        entries = entries.filter { $0.platform.map(platform.takes) == true }
        guard entries.isEmpty else { return }
        throw Failure(
            "there is no image for \(platform) in \(layout.path)",
            help: "there are some for \(Set(offered.map(\.description)).sorted().prefix(20).joined(separator: ", "))")
    }

    // MARK: - What there is

    /// How deep indexes in indexes are followed.
    private static let depth = 4
    /// How many entries of such indexes are shown.
    private static let limit = 10_000
    /// How many bytes may be shown of the manifests and configs that they name.
    private static let bytesLimit: Int64 = 64 << 20

    /// Of what cannot be shown, says why.
    private mutating func addWhole(
        _ entry: Descriptor, _ tag: String, in layout: Layout, isNested: Bool = false, depth: Int = depth
    ) {
        do {
            try add(entry, tag, in: layout, isNested: isNested, depth: depth)
        } catch {
            var other = Other(entry, "an entry that can't be shown", tag)
            other.problem = "\(error)"
            entries.append(.other(other))
        }
    }

    private mutating func add(
        _ entry: Descriptor, _ tag: String, in layout: Layout, isNested: Bool = false, depth: Int = depth
    ) throws {
        // A blob that was looked into as an index is one, whoever else names it.
        if indexes[ExactText(tag)]?.contains(entry.digest) == true { return }
        if isNested, nestedImages[entry.digest] != nil {
            return try addManifest(entry, tag, in: layout, isNested: true)
        }
        if isNested, try layout.lacks(entry) {
            // Who copies the image for one platform leaves the index as it is, since its digest is known.
            entries.append(.other(Other(entry, "an image that is not in the layout", tag)))
            return
        }
        if !entry.mediaType.isIndex, !entry.mediaType.isManifest, entry.size > SharedRecord.sizeLimit {
            entries.append(.other(Other(entry, "something \(entry.mediaType.inWords)", tag)))
            return
        }
        let bytes = try layout.read(entry)
        let type = try MediaType(ofManifest: bytes, called: entry.mediaType)
        if type.isIndex, depth > 0 {
            let index = try attempt("couldn't understand index \(entry.digest) of \(layout.path)") {
                try JSON.decode(ImageIndex.self, from: bytes)
            }
            addNested(index, entry, tag, in: layout, depth: depth - 1)
        } else if type.isManifest {
            try addManifest(entry, tag, in: layout, isNested: isNested)
        } else {
            entries.append(.other(Other(entry, "something \(type.inWords)", tag)))
        }
    }

    /// Of each tag, an index is looked into once, however often it is listed: few could lead to one another without end.
    private mutating func addNested(
        _ index: ImageIndex, _ entry: Descriptor, _ tag: String, in layout: Layout, depth: Int
    ) {
        guard indexes[ExactText(tag), default: []].insert(entry.digest).inserted else { return }
        for nested in index.manifests {
            nestedCount += 1
            guard nestedCount <= Self.limit, nestedBytes <= Self.bytesLimit else { return }
            addWhole(nested, tag, in: layout, isNested: true, depth: depth)
        }
    }

    private mutating func addManifest(
        _ entry: Descriptor, _ tag: String, in layout: Layout, isNested: Bool
    ) throws {
        let known = isNested ? nestedImages[entry.digest] : nil
        let manifest = try known?.manifest ?? layout.manifest(entry)
        guard let artifact = manifest.artifact else {
            let config = try known?.config ?? layout.config(manifest)
            if isNested {
                nestedImages[entry.digest] = (manifest, config)
                nestedBytes += entry.size + manifest.config.size
                guard nestedBytes <= Self.bytesLimit else { return }
            }
            entries.append(
                .image(
                    Image(tag: tag, platform: isNested ? entry.platform : nil, manifest: manifest, config: config)))
            return
        }
        entries.append(.other(Other(entry, artifact, tag)))
    }

    /// The images by their tags, and by the platforms of those that an index names, in the order in which they are shown; one
    /// that a tag leads to by several ways, for the first.
    var images: [(tag: String, platform: Platform?)] {
        var seen: [ExactText: Set<[Digest]>] = [:]
        return entries.compactMap { entry in
            guard case .image(let image) = entry, let tag = image.tag,
                seen[ExactText(tag), default: []].insert(image.manifest.blobs.map(\.digest)).inserted
            else { return nil }
            return (tag, image.platform)
        }
    }

    // MARK: - How it is shown

    /// For people.
    package func text() throws -> String {
        try entries.map { entry in
            switch entry {
            case .image(let image): try image.text()
            case .other(let other): other.text
            }
        }.joined(separator: "\n")
    }

    /// For programs: an array of objects with `tag`, `manifest` and `config`; what is no image, or can't be
    /// shown, has `kind`, `digest` and `size` in place of the latter two, and `problem` if something is wrong with it.
    package func json() throws -> String { try JSON.shownText(entries) }
}

extension Inspection.Entry: Encodable {
    func encode(to encoder: any Encoder) throws {
        switch self {
        case .image(let image): try image.encode(to: encoder)
        case .other(let other): try other.encode(to: encoder)
        }
    }
}

extension Inspection.Image {
    fileprivate func text() throws -> String {
        var lines = [shown(tag ?? "") + (platform.map { " (\($0))" } ?? "")]
        for (number, layer) in manifest.layers.enumerated() {
            lines.append(
                "\tlayer \(number): \(layer.digest.hex.prefix(12))... (\(humanSize(layer.size)) packed, \(shown(layer.mediaType.description)))"
            )
        }
        if let annotations = manifest.annotations, !annotations.isEmpty {
            lines.append("Annotations:")
            lines += annotations.sorted { $0.key < $1.key }
                .map { "  \(shown($0.key)): \(shown($0.value, limit: .max))" }
        }
        lines.append("Image config:")
        lines.append(try JSON.shownText(config))
        return lines.joined(separator: "\n")
    }
}

extension Inspection.Other {
    fileprivate init(_ entry: Descriptor, _ kind: String, _ tag: String? = nil) {
        self.init(
            tag: tag, platform: entry.platform, kind: kind,
            mediaType: entry.mediaType == .unknown ? nil : entry.mediaType, digest: "\(entry.digest)", size: entry.size)
    }

    /// One line.
    fileprivate var text: String {
        let name = [tag.map { shown($0) }, platform.map { "(\($0))" }].compactMap(\.self).joined(separator: " ")
        let facts = [shown(digest), size.map(humanSize)].compactMap(\.self).joined(separator: ", ")
        let trouble = problem.map { ": \(shown($0, limit: 1000))" } ?? ""
        return "\(name.isEmpty ? "" : "\(name): ")\(kind) (\(facts))\(trouble)"
    }
}

extension ImageManifest {
    /// What it is, if it is no image: an artifact, by the type that it gives itself, or the one of what it holds.
    fileprivate var artifact: String? {
        let own = others["artifactType"]?.text.map(MediaType.init(rawValue:))
        let isConfig = config.mediaType == .config || config.mediaType == .dockerConfig
        if isConfig, layers.isEmpty || layers.contains(where: { $0.mediaType.ociLayer != nil }) { return nil }
        let types = [own, isConfig ? layers.first?.mediaType : config.mediaType, layers.first?.mediaType]
        let empty = MediaType(rawValue: "application/vnd.oci.empty.v1+json")
        return "an artifact \((types.compactMap(\.self).first { $0 != empty } ?? .unknown).inWords)"
    }
}
