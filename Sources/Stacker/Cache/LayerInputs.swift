import Failure
import OCI
import OrderedCollections
import Recipes

/// Everything that decides what comes out of a layer's build, each input under a name a user understands, with a digest
/// of its content.
struct LayerInputs: Sendable, Equatable, Codable {
    private(set) var inputs: [Input] = []

    struct Input: Sendable, Equatable, Codable {
        var name: Name
        /// Which part of it, where it has several.
        var part: String?
        var digest: Digest
        /// The build of another layer from which the digest was taken: as long as that is the same, so is the digest.
        var basis: Digest?
    }

    /// The same, but for the inputs of these names, which are taken from another build.
    func taking(_ names: Set<Name>, from other: LayerInputs) -> LayerInputs {
        var result = self
        result.inputs = inputs.filter { !names.contains($0.name) } + other.inputs.filter { names.contains($0.name) }
        return result
    }

    /// Adds an input whose content is at hand.
    mutating func add(_ name: Name, part: String? = nil, _ content: String) {
        add(name, part: part, Digest(of: content.utf8))
    }

    /// Adds an input whose content is known by its digest.
    mutating func add(_ name: Name, part: String? = nil, _ digest: Digest, basis: Digest? = nil) {
        inputs.append(Input(name: name, part: part, digest: digest, basis: basis))
    }

    /// The input of that name and part.
    func input(_ name: Name, part: String?) -> Input? {
        inputs.first { $0.name == name && $0.part == part }
    }

    /// Whether the contents of all imports are among them. Otherwise what one is taken from stands for it.
    var haveContents: Bool { inputs.allSatisfy { $0.basis != $0.digest } }

    /// Why these inputs do not give what `cached` gave: all differences in words, `nil` if there is none. The contents of
    /// overlay dirs are another matter: see ``changedOverlayDirectories(since:)``.
    func difference(from cached: LayerInputs) -> String? {
        if self == cached { return nil }
        let now = Set(inputs.map(\.key))
        let before = Dictionary(cached.inputs.map { ($0.key, $0.digest) }) { first, _ in first }
        func counts(_ input: Input) -> Bool { input.name != .overlayDirectoryContent }
        var changed = inputs.filter { counts($0) && before[$0.key] != $0.digest }
        changed += cached.inputs.filter { counts($0) && !now.contains($0.key) }
        // An import that came or went is a change of the definition, and need not be said twice.
        let isInBoth = { (input: Input) in before[input.key] != nil && now.contains(input.key) }
        if changed.contains(where: { $0.name != .importContent }) {
            changed.removeAll { $0.name == .importContent && !isInBoth($0) }
        }
        // A layer without an image has no inputs of one: they come and go with build_only.
        if changed.contains(where: { $0.name == .definition && $0.part == LayerKey.buildOnly.rawValue }) {
            changed.removeAll { $0.name != .definition && !isInBoth($0) }
        }
        let byName = OrderedDictionary(grouping: changed, by: \.name)
        return byName.isEmpty ? nil : byName.map(Self.changeInWords).joined(separator: "; ")
    }

    /// `import content changed: a, b`
    private static func changeInWords(_ name: Name, _ inputs: [Input]) -> String {
        let parts = inputs.compactMap(\.part)
        let shown = parts.prefix(20) + (parts.count > 20 ? ["and \(parts.count - 20) more"] : [])
        let verb = name == .importContent ? "changed" : "was changed"
        return "\(name.rawValue) \(verb)\(parts.isEmpty ? "" : ": \(shown.joined(separator: ", "))")"
    }

    /// The paths of the overlay dirs whose contents are not what they were.
    func changedOverlayDirectories(since cached: LayerInputs) -> Set<String> {
        let before = Dictionary(cached.inputs.map { ($0.key, $0.digest) }) { first, _ in first }
        return Set(
            inputs.filter { $0.name == .overlayDirectoryContent && before[$0.key] != $0.digest }.compactMap(\.part))
    }
}

// In JSON an input is one string, DIGEST BASIS NAME: PART, with a dash for no basis: a layer has ten of them, and an object
// takes several times as long to read.
extension LayerInputs.Input {
    private enum CodingKeys: String, CodingKey {
        case name, part, digest, basis
    }

    init(from decoder: any Decoder) throws {
        guard let text = try? decoder.singleValueContainer().decode(String.self) else {
            // As earlier versions wrote it.
            let members = try decoder.container(keyedBy: CodingKeys.self)
            name = LayerInputs.Name(rawValue: try members.decode(String.self, forKey: .name))
            part = try members.decodeIfPresent(String.self, forKey: .part)
            digest = try members.decode(Digest.self, forKey: .digest)
            basis = try members.decodeIfPresent(Digest.self, forKey: .basis)
            return
        }
        var rest = text[...]
        func word() -> Substring {
            let end = rest.utf8.firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex
            defer { rest = rest[end...].dropFirst() }
            return rest[..<end]
        }
        guard let digest = Digest(hex: word()) else { throw Failure("\(shown(text)) is no input of a layer") }
        self.digest = digest
        basis = Digest(hex: word())
        // No name has a colon. In bytes: what a part begins with may be one character with the space before it.
        let end = rest.utf8.firstIndex(of: UInt8(ascii: ":"))
        name = LayerInputs.Name(rawValue: String(rest[..<(end ?? rest.endIndex)]))
        part = end.map { String(Substring(rest.utf8[$0...].dropFirst(2))) }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let basis = basis?.hex ?? "-"
        try container.encode("\(digest.hex) \(basis) \(name.rawValue)\(part.map { ": \($0)" } ?? "")")
    }
}

extension LayerInputs.Input {
    fileprivate struct Key: Hashable {
        var name: LayerInputs.Name
        var part: String
    }

    /// Which input it is.
    fileprivate var key: Key { Key(name: name, part: part ?? "") }
}
