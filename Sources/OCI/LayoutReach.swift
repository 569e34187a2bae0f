import Failure
import FileTree
import Glibc
import SystemPackage

extension Layout {
    /// All blobs that these descriptors of manifests lead to, themselves among them, be they there or not; and those that
    /// the foreign entries of the layout's index lead to, which nobody can name otherwise.
    ///
    /// Nested indexes, artifacts and their subjects are followed, whatever their media types say: what stands where
    /// manifests stand is read, and is none only if it can't be one.
    public func reach(from descriptors: [Descriptor]) throws -> Set<Digest> {
        var reached: Set<Digest> = []
        var seen: Set<String> = []
        var rest = descriptors.map(Reference.ours) + (try index().foreign.map { .foreign($0.digest) })
        while let reference = rest.popLast() {
            switch reference {
            case .ours(let descriptor):
                guard reached.insert(descriptor.digest).inserted else { continue }
                guard let named = try references(in: descriptor) else { continue }
                reached.formUnion(named.contents.compactMap(\.ours))
                rest += named.manifests
            case .foreign(let digest):
                guard seen.insert(digest).inserted, let named = try references(inForeign: digest) else { continue }
                reached.formUnion(named.contents.compactMap(\.ours))
                rest += named.manifests
            }
        }
        return reached
    }

    /// - Returns: `nil` if the blob is not there, or can't be a manifest.
    private func references(in descriptor: Descriptor) throws -> References? {
        guard try holds(descriptor) else { return nil }
        if descriptor.mediaType.isIndex || descriptor.mediaType.isManifest {
            return try JSON.decode(References.self, from: read(descriptor))
        }
        guard descriptor.size <= Limit.manifest else { return nil }
        return try? JSON.decode(References.self, from: read(descriptor))
    }

    /// The same of a blob whose digest can't be checked: to keep too much does no harm.
    private func references(inForeign digest: String) throws -> References? {
        let parts = digest.split(separator: ":", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts.allSatisfy(FilePath.isName) else { return nil }
        let path = FilePath("blobs").appending(parts[0]).appending(parts[1])
        guard let file = try? root.openNoSymlinks(path, O_RDONLY | O_NONBLOCK), try file.status().kind == .regular,
            let bytes = try? file.readToEnd(limit: Limit.manifest)
        else { return nil }
        return try? JSON.decode(References.self, from: bytes)
    }
}

extension FilePath {
    /// Whether the text is one name, and no way upwards.
    fileprivate static func isName(_ text: String) -> Bool {
        let path = FilePath(text)
        return path.isRelative && path.components.count == 1 && path.components.first?.kind == .regular
    }
}

/// A blob that a document names, by a digest that we know or another one.
private enum Reference: Decodable {
    case ours(Descriptor)
    case foreign(String)

    init(from decoder: any Decoder) throws {
        if let descriptor = try? Descriptor(from: decoder) {
            self = .ours(descriptor)
        } else {
            self = .foreign(try decoder.container(keyedBy: AnyMember.self).decode(String.self, forKey: .init("digest")))
        }
    }

    var ours: Digest? {
        guard case .ours(let descriptor) = self else { return nil }
        return descriptor.digest
    }
}

/// All blobs that an index, a manifest or an artifact manifest names.
private struct References: Decodable {
    private var config: Reference?
    private var subject: Reference?
    private var layers: [Reference]?
    private var blobs: [Reference]?
    private var list: [Reference]?

    private enum CodingKeys: String, CodingKey {
        case config, subject, layers, blobs
        case list = "manifests"
    }

    /// Those that name others in their turn.
    var manifests: [Reference] { [subject].compactMap(\.self) + (list ?? []) }

    /// The others.
    var contents: [Reference] { [config].compactMap(\.self) + (layers ?? []) + (blobs ?? []) }
}
