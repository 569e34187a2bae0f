import FileTree
import Glibc
import Layers
import SystemPackage

extension Directory {
    /// Gives this directory the owner, mode, extended attributes and times of another; what overlayfs keeps in
    /// attributes for itself stays behind.
    package func takeMetadata(of other: Directory) throws {
        guard let status = try other.status(".") else { throw Errno.noSuchFileOrDirectory }
        try checked(fchown(file.number, status.uid, status.gid), at: file.place)
        try checked(fchmod(file.number, status.permissions), at: file.place)
        for attribute in try other.attributes(of: ".") where !OverlayAttribute.has(attribute.name) {
            try setAttribute(attribute, of: ".")
        }
        let times = [status.modified.timespec, status.modified.timespec]
        try checked(futimens(file.number, times), at: file.place)
    }
}
