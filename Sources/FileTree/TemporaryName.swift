import SystemPackage

extension FilePath {
    /// A hidden name in which something is made before it is moved to `name`: `.NAME.<16 random hex digits>.tmp`.
    ///
    /// Nobody else comes up with the same one, in whatever namespace: a process id is no such thing, it is 1 in each pid
    /// namespace. So nothing has to be removed before it is used.
    package static func temporaryName(for name: String) -> FilePath {
        let random = String(UInt64.random(in: 0...UInt64.max), radix: 16)
        return FilePath(".\(name).\(String(repeating: "0", count: 16 - random.count))\(random).tmp")
    }
}
