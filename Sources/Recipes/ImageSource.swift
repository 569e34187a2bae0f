import Failure
import Registry
import SystemPackage

/// An image that files are imported from.
package enum ImageSource: Sendable, Hashable {
    /// One in a registry.
    case docker(ImageReference, insecure: Bool)
    /// One in an OCI layout on this machine, at an absolute path.
    case oci(layout: FilePath, tag: String)

    /// The same as something to build on.
    package var base: Base {
        switch self {
        case .docker(let reference, let insecure): .docker(reference, insecure: insecure)
        case .oci(let layout, let tag): .oci(layout: layout, tag: tag)
        }
    }

    /// Whether a text is meant to name a file in an image. A file whose name begins like that is written `./oci:…`.
    static func isMeant(by text: String) -> Bool { text.hasPrefix("docker://") || text.hasPrefix("oci:") }

    /// Other programs' ways to name an image that is on this machine: containers-transports(5).
    private static let otherTransports = [
        "containers-storage", "dir", "docker-archive", "docker-daemon", "oci-archive",
    ]

    /// What to do about a text that names an image in a way that stacker has no part in; `nil` if it doesn't. As a file can
    /// have such a name, this is for one that is not there.
    package static func adviceOnTransport(_ text: String) -> String? {
        guard let transport = otherTransports.first(where: { text.hasPrefix("\($0):") }) else { return nil }
        return "an image is named by docker:// or oci: only. skopeo copy \(transport):… oci:directory:tag makes an OCI "
            + "layout of this one: write oci:directory:tag//path/in/the/image then"
    }

    /// What to do about an image as other programs name it, `dir:directory` say; `nil` if it is named otherwise.
    package static func adviceOnImage(_ text: String) -> String? {
        guard otherTransports.contains(where: { text.hasPrefix("\($0):") }) else { return nil }
        return "an image is named by docker:// or oci: only: skopeo copy \(shown(text)) oci:directory:tag makes a "
            + "layout of it"
    }

    /// Reads `docker://registry/name:tag//path` or `oci:directory:tag//path`: the first "//" divides.
    ///
    /// - Parameter directory: what the layout is relative to.
    /// - Returns: the image, and an absolute path in it.
    package static func parse(_ text: String, relativeTo directory: FilePath) throws -> (
        image: ImageSource, path: FilePath
    ) {
        let isDocker = text.hasPrefix("docker://")
        let rest = text.dropFirst(isDocker ? "docker://".count : "oci:".count)
        guard let mark = rest.firstRange(of: "//"), mark.lowerBound > rest.startIndex else {
            throw Failure(
                "it names no file in an image",
                help: isDocker
                    ? "write docker://registry/name:tag//path/in/the/image"
                    : "write oci:directory:tag//path/in/the/image; a file of that name is ./oci:…")
        }
        let name = String(rest[..<mark.lowerBound])
        let path = FilePath("/").pushing(FilePath(String(rest[mark.upperBound...].drop { $0 == "/" })))
            .lexicallyNormalized()
        if isDocker { return (.docker(try ImageReference(name), insecure: false), path) }
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw Failure("\(quoted(name)) is not directory:tag", help: "write oci:directory:tag//path/in/the/image")
        }
        let layout = directory.pushing(FilePath(String(parts[0]))).lexicallyNormalized()
        return (.oci(layout: layout, tag: String(parts[1])), path)
    }
}
