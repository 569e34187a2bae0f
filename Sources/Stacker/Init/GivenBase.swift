import Failure
import FileTree
import OCI
import Registry
import SystemPackage

/// What a user wants an image to begin with, as a recipe says it.
struct GivenBase {
    /// `from:`'s type.
    let kind: String
    /// `from:`'s url.
    let url: String
    /// How the user wrote it.
    let name: String

    /// Reads `docker://REGISTRY/NAME:TAG`, `oci:DIRECTORY:TAG` or a path, and sees what of it is on this machine.
    init(_ text: String) throws {
        name = text
        guard text.hasPrefix("docker://") || text.hasPrefix("oci:") else {
            (kind, url) = ("tar", text)
            let help = "it can be docker://REGISTRY/NAME:TAG, oci:DIRECTORY:TAG, scratch, or the path of a tar archive"
            let found = try attempt("couldn't find the base \(text)", help: ImageReference.advice(on: text) ?? help) {
                try FileStatus(at: FilePath(text)).kind
            }
            guard found == .regular else { throw Failure("the base \(text) is no file", help: help) }
            return
        }
        switch try ImagePlace(text) {
        case .registry: (kind, url) = ("docker", text)
        case .layout(let path, let tag):
            let platform = Platform(os: "linux", architecture: Platform.hostArchitecture)
            _ = try attempt("couldn't find the base \(text)") { try Layout(at: path).resolve(tag, for: platform) }
            (kind, url) = ("oci", "\(path):\(tag)")
        }
    }
}
