import Failure
import OCI

/// What may differ between two things without their counting as different.
package enum IgnoredDifference: String, Sendable, CaseIterable, Encodable {
    case time, owner, mode, attributes, order, form, compression, history, annotations

    /// Those that a user lists.
    ///
    /// - Throws: `Failure` for a word that is none of them.
    package static func list(_ text: String) throws -> Set<IgnoredDifference> {
        try Set(
            text.split(separator: ",").map { word in
                guard let ignored = IgnoredDifference(rawValue: String(word)) else {
                    throw Failure("nothing called \"\(shown(String(word)))\" can be ignored", help: "name \(names)")
                }
                return ignored
            })
    }

    /// All of them, for a message.
    package static var names: String {
        let names = allCases.map(\.rawValue)
        return "\(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")"
    }
}

extension Set<IgnoredDifference> {
    /// In the order in which they are listed everywhere.
    var inOrder: [IgnoredDifference] { IgnoredDifference.allCases.filter(contains) }

    /// Whether the headers of archives are compared: what is ignored of entries is in them, too.
    var hasForm: Bool { isDisjoint(with: [.form, .time, .owner, .mode, .attributes, .order]) }

    /// A manifest, a descriptor or an index without what is ignored of it.
    func strip(_ document: JSONValue?) -> JSONValue? {
        guard case .object(var members)? = document else { return document }
        if contains(.annotations) {
            members["annotations"] = nil
        } else if contains(.time), let annotations = members["annotations"], case .object = annotations {
            members["annotations"] = annotations.without("org.opencontainers.image.created")
        }
        return .object(members)
    }

    /// A config without what is ignored of it.
    func strip(config: JSONValue) -> JSONValue {
        guard case .object(var members) = config else { return config }
        if contains(.time) {
            members["created"] = nil
            if case .array(let steps)? = members["history"] {
                members["history"] = .array(
                    steps.map { step in
                        if case .object = step { step.without("created") } else { step }
                    })
            }
        }
        if contains(.history) { members["history"] = nil }
        return .object(members)
    }
}
