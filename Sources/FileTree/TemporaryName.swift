import SystemPackage

extension FilePath {
    /// A hidden name in which something is made before it is moved to `name`: `.NAME.<16 random hex digits>.tmp`.
    ///
    /// Nobody else comes up with the same one, in whatever namespace: a process id is no such thing, it is 1 in each pid
    /// namespace. So nothing has to be removed before it is used.
    package static func temporaryName(for name: String) -> FilePath {
        FilePath(".\(name).\(UInt64.random(in: 0...UInt64.max).hexadecimal).tmp")
    }

    /// Whether it is a name under which something is made that is not whole.
    package var isTemporary: Bool { string.hasPrefix(".") && string.hasSuffix(".tmp") }

    /// Whether it is one that ``temporaryName(for:)`` could give.
    package func isTemporary(for name: String) -> Bool {
        let (text, start, end) = (string, ".\(name).", ".tmp")
        guard text.hasPrefix(start), text.hasSuffix(end) else { return false }
        let random = text.dropFirst(start.count).dropLast(end.count)
        return random.count == 16 && random.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
