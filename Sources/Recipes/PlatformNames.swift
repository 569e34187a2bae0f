import Failure
import OCI

/// The names that Go has for operating systems and processors: what `os` and `arch` of a layer can be. Anything else would
/// be an image that no program takes for its machine.
///
/// [Go, internal/syslist](https://github.com/golang/go/blob/master/src/internal/syslist/syslist.go), which image-spec means
/// by GOOS and GOARCH.
package enum PlatformNames {
    /// GOOS.
    package static let systems = [
        "linux", "windows", "darwin", "freebsd", "aix", "android", "dragonfly", "hurd", "illumos", "ios", "js", "nacl",
        "netbsd", "openbsd", "plan9", "solaris", "wasip1", "zos",
    ]

    /// GOARCH, those first that are meant most.
    package static let architectures = [
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

    /// The variants that image-spec has for a processor; none for those whose variants it doesn't name.
    ///
    /// [image-spec, image-index.md, "Platform variants"](https://github.com/opencontainers/image-spec/blob/main/image-index.md#platform-variants)
    private static let variants = [
        "arm": ["v7", "v6", "v8", "v5"], "arm64": ["v8", "v9"], "amd64": ["v1", "v2", "v3", "v4"],
    ]

    /// Reads a platform as it stands in a recipe or on a command line: `linux/arm64`, `linux/arm/v7`. Of several names for one
    /// it gives ``Platform/normalized``: nothing that is built depends on how it was called.
    ///
    /// - Throws: `Failure` for what is none, with the one that is probably meant.
    package static func platform(_ text: String) throws -> Platform {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts.contains("") else {
            // What people write of a processor alone, in whosever words.
            let meant = parts.count == 1 ? name(meantBy: text, in: architectures) : nil
            throw Failure(
                "\(quoted(text)) is no platform",
                help: meant.map { "write linux/\($0)" }
                    ?? "write the system and the processor: linux/arm64, linux/arm/v7")
        }
        for (value, known, what) in [(parts[0], systems, "system"), (parts[1], architectures, "processor")]
        where !known.contains(value) {
            let near =
                variantsOfArm[value.lowercased()] ?? name(meantBy: value, in: known) ?? nearest(to: value, in: known)
            throw Failure(
                "unknown \(what) \(quoted(value)) in platform \(quoted(text))\(near.map { ": did you mean \($0)?" } ?? "")",
                help: near == nil ? "it is one of \(known.joined(separator: ", "))" : nil)
        }
        let variant = parts.count == 3 ? parts[2] : nil
        if let variant {
            guard let known = variants[parts[1]] else {
                throw Failure(
                    "there are no variants of \(parts[1]): \(quoted(text))", help: "write \(parts[0])/\(parts[1])")
            }
            guard known.contains(variant) else {
                throw Failure(
                    "unknown variant \(quoted(variant)) in platform \(quoted(text))",
                    help: "of \(parts[1]) there are \(known.sorted().joined(separator: ", "))")
            }
        }
        return Platform(os: parts[0], architecture: parts[1], variant: variant).normalized
    }

    /// Names of arm that say a variant.
    private static let variantsOfArm = [
        "armhf": "arm/v7", "armv7": "arm/v7", "armv7l": "arm/v7", "armv6": "arm/v6", "armv6l": "arm/v6",
        "armv5": "arm/v5",
        "armel": "arm/v5",
    ]

    /// What others call by this name.
    private static func name(meantBy value: String, in known: [String]) -> String? {
        let value = value.lowercased()
        if known.contains(value) { return value }
        return aliases[value].flatMap { known.contains($0) ? $0 : nil }
    }

    /// - Returns: why a layer can't have this value of `key`; `nil` if it can.
    static func problem(_ value: String, of key: LayerKey) -> (what: String, help: String?)? {
        let known = key == .os ? systems : architectures
        guard !known.contains(value) else { return nil }
        let unknown = "unknown \(key.rawValue) \(quoted(value))"
        // With its variant, as it stands on a command line of Docker's: linux/arm64/v8.
        let meant = value.split(separator: "/").lazy.compactMap { name(meantBy: String($0), in: known) }.first
        if let near = meant ?? nearest(to: value, in: known) { return ("\(unknown): did you mean \(near)?", nil) }
        return (unknown, "\(key.rawValue) is one of \(known.joined(separator: ", "))")
    }
}

extension LayerDefinition {
    /// Checks `os` and `arch`.
    ///
    /// - Parameter dummy: what stands for values that are not known, and may stand for any.
    /// - Throws: `Failure` with the place and, where one comes near, the name that is probably meant.
    package func checkPlatform(unless dummy: String?) throws {
        for (key, value) in [(LayerKey.os, os), (.architecture, architecture)] {
            guard let value, dummy.map(value.contains) != true,
                let problem = PlatformNames.problem(value, of: key)
            else { continue }
            throw Failure("\(position(of: key)): \(problem.what)", help: problem.help)
        }
    }
}
