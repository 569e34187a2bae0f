import Glibc

/// What scripts find around them that no recipe speaks of. As it begins, it is what every build gives them, whoever builds
/// and wherever: no input of a layer, and in no key of a cache.
struct ScriptSurroundings: Sendable, Equatable {
    /// The name of the machine.
    var hostName = "stacker"
    /// The mask of the modes of new files.
    var umask: mode_t = 0o022
    /// On how many processors they run; on all of this machine's if `nil`.
    var processors: Int?
    /// Variables that a script has unless the image, the platform or the recipe says otherwise.
    var variables: [String: String] = [:]
    /// Variables that the caller seems to have, for recipes that let them through.
    var callersVariables: [String: String] = [:]
    /// Whether directories of the layers below list their names backwards.
    var reversesDirectories = false
}
