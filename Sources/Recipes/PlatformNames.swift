import Failure

/// The names that Go has for operating systems and processors: what `os` and `arch` of a layer can be. Anything else would
/// be an image that no program takes for its machine.
///
/// [Go, internal/syslist](https://github.com/golang/go/blob/master/src/internal/syslist/syslist.go), which image-spec means
/// by GOOS and GOARCH.
enum PlatformNames {
    /// GOOS.
    private static let systems = [
        "linux", "windows", "darwin", "freebsd", "aix", "android", "dragonfly", "hurd", "illumos", "ios", "js", "nacl",
        "netbsd", "openbsd", "plan9", "solaris", "wasip1", "zos",
    ]

    /// GOARCH, those first that are meant most.
    private static let architectures = [
        "arm64", "amd64", "arm", "386", "ppc64le", "s390x", "riscv64", "loong64", "mips64le", "mips64", "mipsle",
        "mips",
        "ppc64", "wasm", "amd64p32", "arm64be", "armbe", "mips64p32", "mips64p32le", "ppc", "riscv", "s390", "sparc",
        "sparc64",
    ]

    /// What others call them: the kernel, compilers, Debian.
    private static let aliases = [
        "aarch64": "arm64", "armv8": "arm64", "arm64v8": "arm64", "x86_64": "amd64", "x86-64": "amd64", "x64": "amd64",
        "i386": "386", "i486": "386", "i586": "386", "i686": "386", "x86": "386", "ia32": "386", "armhf": "arm",
        "armel": "arm", "armv5": "arm", "armv6": "arm", "armv6l": "arm", "armv7": "arm", "armv7l": "arm",
        "powerpc64le": "ppc64le", "ppc64el": "ppc64le", "powerpc64": "ppc64", "powerpc": "ppc", "mips64el": "mips64le",
        "mipsel": "mipsle", "loongarch64": "loong64", "macos": "darwin", "macosx": "darwin", "osx": "darwin",
        "win32": "windows", "win64": "windows", "sunos": "solaris",
    ]

    /// - Returns: why a layer can't have this value of `key`; `nil` if it can.
    static func problem(_ value: String, of key: LayerKey) -> (what: String, help: String?)? {
        let known = key == .os ? systems : architectures
        guard !known.contains(value) else { return nil }
        let unknown = "unknown \(key.rawValue) \(quoted(value))"
        // With its variant, as it stands on a command line of Docker's: linux/arm64/v8.
        let parts = value.lowercased().split(separator: "/").map(String.init)
        let meant = parts.lazy.compactMap { part in
            known.contains(part) ? part : aliases[part].flatMap { known.contains($0) ? $0 : nil }
        }.first
        if let near = meant ?? nearest(to: value, in: known) { return ("\(unknown): did you mean \(near)?", nil) }
        return (unknown, "\(key.rawValue) is one of \(known.joined(separator: ", "))")
    }
}

extension LayerDefinition {
    /// Checks `os` and `arch`.
    ///
    /// - Parameter dummy: what stands for values that are not known, and may stand for any.
    /// - Throws: `Failure` with the place and, where one comes near, the name that is probably meant.
    func checkPlatform(unless dummy: String?) throws {
        for (key, value) in [(LayerKey.os, os), (.architecture, architecture)] {
            guard let value, dummy.map(value.contains) != true,
                let problem = PlatformNames.problem(value, of: key)
            else { continue }
            throw Failure("\(position(of: key)): \(problem.what)", help: problem.help)
        }
    }
}
