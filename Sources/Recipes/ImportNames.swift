import SystemPackage
import Web

extension Import {
    /// What the file or directory is called at its source.
    package var name: FilePath.Component? {
        switch source {
        case .local(let path), .layer(_, let path), .image(_, let path): path.lastComponent
        case .http(let address): address.fileName
        }
    }
}

extension [Import] {
    /// Pairs of imports that come to one place in /stacker/imports, where the later one replaces the earlier one, or, if
    /// both are directories, mixes with it.
    var sharingName: [(later: Import, earlier: Import, name: String)] {
        var seen: [String: Import] = [:]
        return compactMap { entry in
            guard entry.destination == nil, !entry.meansContents, let name = entry.name?.string else { return nil }
            guard let earlier = seen.updateValue(entry, forKey: name), earlier.source != entry.source else {
                return nil
            }
            return (entry, earlier, name)
        }
    }
}

extension WebAddress {
    /// What a file from there is called: all that follows the last "/" of the URL, as it is written, also where that is
    /// a query; as for a path, a "/" at the end does not count. `nil` if it is no name.
    package var fileName: FilePath.Component? {
        FilePath(description).lastComponent.flatMap { $0.kind == .regular ? $0 : nil }
    }
}
