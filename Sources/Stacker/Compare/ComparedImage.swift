import Failure
import FileTree
import Host
import OCI

/// One side of a comparison of images: its documents, and what its layers can be read from.
struct ComparedImage: Sendable {
    /// Of its manifest.
    let digest: Digest
    let manifest: JSONValue
    let config: JSONValue
    let platform: Platform?
    let layers: [LayerSource]

    /// An image of a layout.
    ///
    /// - Parameter use: keeps what there is from being removed.
    init(_ descriptor: Descriptor, in layout: Layout, _ use: LayoutLock) throws {
        digest = descriptor.digest
        let bytes = try layout.read(descriptor)
        let parts = try attempt("couldn't understand manifest \(digest) of \(layout.path)") {
            try JSON.decode(ImageManifest.self, from: bytes)
        }
        manifest = try JSON.decode(JSONValue.self, from: bytes)
        let configBytes = try layout.read(parts.config)
        // What is no image has layers all the same, whose diff IDs nobody knows, and a config that may be anything.
        config = try attempt("couldn't understand config \(parts.config.digest) of \(layout.path)") {
            guard configBytes.first == UInt8(ascii: "{") else { return JSONValue.null }
            return try JSON.decode(JSONValue.self, from: configBytes)
        }
        let known = try? JSON.decode(ImageConfig.self, from: configBytes)
        platform = known?.platform
        let diffIDs = known?.rootfs.diffIDs ?? []
        layers = parts.layers.enumerated().map { index, layer in
            LayerSource(descriptor: layer, diffID: diffIDs.count == parts.layers.count ? diffIDs[index] : nil) {
                defer { withExtendedLifetime(use) {} }
                let named = try layout.rightlyNamed([layer])[0]
                return (try layout.open(named), named)
            }
        }
    }

    /// An image by its name. Of one of a registry the layers that are read are fetched.
    init(_ image: NamedImage) throws {
        let documents = try image.documents()
        digest = Digest(of: documents.manifest)
        manifest = try JSON.decode(JSONValue.self, from: documents.manifest)
        config = try JSON.decode(JSONValue.self, from: documents.config)
        platform = image.config.platform
        layers = image.layers.enumerated().map { number, layer in
            LayerSource(descriptor: layer, diffID: image.config.rootfs.diffIDs[number]) {
                let layer = try image.open([number])[0]
                return (layer.blob, layer.descriptor)
            }
        }
    }
}

/// One side of a comparison: an image, or several for different platforms.
indirect enum ComparedSubject: Sendable {
    case image(ComparedImage)
    case index(ComparedIndex)
    /// Of an image nothing but its descriptor is there.
    case absent(Descriptor)

    var digest: Digest {
        switch self {
        case .image(let image): image.digest
        case .index(let index): index.digest
        case .absent(let descriptor): descriptor.digest
        }
    }
}

/// An index, and what it names.
struct ComparedIndex: Sendable {
    let digest: Digest
    /// What it says beside the images.
    let members: JSONValue
    let entries: [Descriptor]
    /// What it says of each of them.
    let words: [JSONValue]
    /// Finds what an entry is.
    let subject: @Sendable (Descriptor) throws -> ComparedSubject

    /// As deep as others look.
    static let depth = 4
    /// The most images that are compared.
    static let limit = 1000

    /// What names each entry: the platform that it is for, or its place among those that say the same.
    var names: [EntryName] {
        EntryName.numbered(entries.map { $0.platform.map { "\($0)" } ?? "an entry without a platform" })
    }
}

extension Layout {
    /// What an entry of the layout's index is.
    func subject(_ entry: Descriptor, depth: Int = ComparedIndex.depth) throws -> ComparedSubject {
        if depth < ComparedIndex.depth, try lacks(entry) { return .absent(entry) }
        let use = try LayoutLock.use(of: self) { try StopSignal.check() }
        let bytes = try read(entry)
        let type = try MediaType(ofManifest: bytes, called: entry.mediaType)
        guard type.isIndex, depth > 0 else {
            guard type.isManifest else { throw Failure("\(entry.digest) of \(path) is no image") }
            return .image(try ComparedImage(entry, in: self, use))
        }
        let index = try attempt("couldn't understand index \(entry.digest) of \(path)") {
            try JSON.decode(ImageIndex.self, from: bytes)
        }
        guard index.manifests.count <= ComparedIndex.limit else {
            throw Failure("index \(entry.digest) of \(path) names more than \(ComparedIndex.limit) images")
        }
        return .index(try ComparedIndex(index, of: bytes) { try subject($0, depth: depth - 1) })
    }

    /// The layout's own index.
    func comparedIndex() throws -> ComparedIndex {
        let index = try index()
        guard index.manifests.count <= ComparedIndex.limit else {
            throw Failure(
                "a layout has more than \(ComparedIndex.limit) images", help: "name one: oci:\(path):TAG")
        }
        return try ComparedIndex(index, of: JSON.encode(index)) { try subject($0) }
    }
}

extension ComparedIndex {
    fileprivate init(
        _ index: ImageIndex, of bytes: [UInt8], subject: @escaping @Sendable (Descriptor) throws -> ComparedSubject
    ) throws {
        var members = try JSON.decode(JSONValue.self, from: bytes).members
        // What is left there are entries that we can't use.
        members["manifests"] = members["manifests"]?.withoutDescriptors
        self.init(
            digest: Digest(of: bytes), members: .object(members), entries: index.manifests,
            words: try index.manifests.map { try JSON.decode(JSONValue.self, from: JSON.encode($0)) },
            subject: subject)
    }
}

extension JSONValue {
    /// Those of an object.
    var members: [String: JSONValue] {
        if case .object(let members) = self { members } else { [:] }
    }

    /// The list without what is a descriptor; `nil` if no more is in it.
    fileprivate var withoutDescriptors: JSONValue? {
        guard case .array(let list) = self else { return self }
        let rest = list.filter { (try? JSON.decode(Descriptor.self, from: JSON.encode($0))) == nil }
        return rest.isEmpty ? nil : .array(rest)
    }

    /// The object without these members.
    func without(_ names: String...) -> JSONValue { .object(members.filter { !names.contains($0.key) }) }
}
