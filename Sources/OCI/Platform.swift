import Failure

/// For which machine an image is, in Go's names: `linux`, `amd64`.
package struct Platform: Sendable, Hashable, CustomStringConvertible {
    /// `linux`, …
    package var os: String
    /// `amd64`, `arm64`, …
    package var architecture: String
    /// `v7`, …
    package var variant: String?
    /// `os.version`, `os.features` and what else there may be.
    package var others = OtherMembers()

    /// Makes a platform of its parts.
    package init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// `linux/amd64`, `linux/arm/v7`; as it may stand in a message, whatever an image says.
    package var description: String { shown("\(os)/\(architecture)\(variant.map { "/\($0)" } ?? "")", limit: 100) }

    /// The same, by the one of its names that others make of them all: arm64/v8 is arm64, amd64/v1 is amd64, and arm is
    /// arm/v7. containerd, BuildKit and buildah do so, too.
    package var normalized: Platform {
        var platform = self
        if variant?.isEmpty == true { platform.variant = nil }
        switch (architecture, platform.variant) {
        case ("arm64", "v8"), ("amd64", "v1"): platform.variant = nil
        case ("arm", nil): platform.variant = "v7"
        default: break
        }
        return platform
    }

    /// Whether an image that says that it is for `other` is for this platform. A variant that one of both doesn't name is
    /// whichever the other one names.
    package func takes(_ other: Platform) -> Bool {
        guard isSameKind(as: other) else { return false }
        guard let variant, let theirs = other.variant, !theirs.isEmpty else { return true }
        return variant == theirs || normalized.variant == other.normalized.variant
    }

    /// Whether both are for the same kind of machine; a variant is one of a kind.
    package func isSameKind(as other: Platform) -> Bool {
        os == other.os && architecture == other.architecture
    }
}

extension Platform: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case os, architecture, variant
    }

    /// Reads a platform.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        os = try members.decodeIfPresent(String.self, forKey: .os) ?? ""
        architecture = try members.decodeIfPresent(String.self, forKey: .architecture) ?? ""
        variant = try members.decodeIfPresent(String.self, forKey: .variant)
        others = try OtherMembers(of: decoder, besides: CodingKeys.self)
    }

    /// Writes it.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        if !os.isEmpty { try members.encode(os, forKey: .os) }
        if !architecture.isEmpty { try members.encode(architecture, forKey: .architecture) }
        try members.encodeIfPresent(variant, forKey: .variant)
        try others.encode(to: encoder)
    }
}

extension Platform {
    /// What programs run on this machine without anybody's help.
    package static var machine: Platform { Platform(os: "linux", architecture: hostArchitecture).normalized }

    /// Go's name of the processor that this program was built for.
    package static var hostArchitecture: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #elseif arch(powerpc64le)
            "ppc64le"
        #elseif arch(s390x)
            "s390x"
        #elseif arch(riscv64)
            "riscv64"
        #elseif arch(i386)
            "386"
        #else
            "arm"
        #endif
    }
}
