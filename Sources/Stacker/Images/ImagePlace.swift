import Failure
import Registry
import SystemPackage
import Web

/// Where an image is, or is to be.
enum ImagePlace {
    case layout(FilePath, tag: String)
    case registry(ImageReference)

    /// Reads `oci:directory:tag` or `docker://registry/name:tag`.
    init(_ text: String) throws {
        if text.hasPrefix("docker://") {
            self = .registry(
                try attempt("couldn't understand \(quoted(WebAddress.withoutCredentials(text)))") {
                    try ImageReference(String(text.dropFirst("docker://".count)))
                })
            return
        }
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "oci", !parts[1].isEmpty, !parts[2].isEmpty else {
            throw Failure(
                "\(quoted(WebAddress.withoutCredentials(text))) names no image",
                help: "write oci:DIRECTORY:TAG or docker://REGISTRY/NAME:TAG")
        }
        self = .layout(FilePath(String(parts[1])), tag: String(parts[2]))
    }
}
