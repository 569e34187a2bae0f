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
