import SystemPackage

/// The places of a container that nothing may be bound on, since stacker itself mounts something there, or below.
package enum ReservedPlace {
    /// Why nothing can be bound at a path of the container.
    ///
    /// - Parameter path: absolute, without `.` and `..`.
    /// - Returns: half a sentence; `nil` if a bind can be there.
    package static func objection(to path: FilePath) -> String? {
        let names = path.components.map(\.string)
        switch names.first {
        case nil: return "it is the layer itself"
        case "proc", "dev", "sys": return names.count == 1 ? "the container has one of its own" : nil
        case "stacker":
            let isStackers = names.count == 1 || names[1] == "imports" || names[1] == "oci-labels"
            return isStackers ? "stacker keeps the script and its imports there" : nil
        default: return nil
        }
    }
}
