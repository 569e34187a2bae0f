import FileTree

/// The extended attributes by which overlayfs says of a file what nothing else can. A mount with `userxattr`, as ours are,
/// has them in `user.overlay.`, any other one in `trusted.overlay.`.
///
/// [Linux, "Overlay Filesystem"](https://docs.kernel.org/filesystems/overlayfs.html)
package enum OverlayAttribute {
    /// Of a directory that hides what lower layers have there.
    package static let opaque = ExtendedAttribute(name: "user.overlay.opaque", value: Array("y".utf8))
    /// The same for either kind of mount, sorted by name.
    static let opaqueToAll = [ExtendedAttribute(name: "trusted.overlay.opaque", value: opaque.value), opaque]
    /// Of a directory that was copied up, of which overlayfs only asks whether it is there
    /// (ovl_path_check_origin_xattr in fs/overlayfs/util.c). In a lower directory it has no other meaning.
    ///
    /// It has overlayfs look for whiteouts in the directory also where no other layer has it: otherwise it would list the
    /// names of those that hide nothing, as files that are not there.
    static let origin = ExtendedAttribute(name: "user.overlay.origin", value: [])
    /// The same for either kind of mount, sorted by name.
    static let originToAll = [ExtendedAttribute(name: "trusted.overlay.origin", value: origin.value), origin]

    /// Whether an attribute of this name is one of them.
    package static func has(_ name: AttributeName) -> Bool {
        name.hasPrefix("user.overlay.") || name.hasPrefix("trusted.overlay.")
    }

    /// Whether a directory with these attributes hides the lower ones.
    static func isOpaque(_ attributes: [ExtendedAttribute]) -> Bool { attributes.contains(where: opaqueToAll.contains) }

    /// The one that makes a file more than what it seems, if there is one: a directory that shows another lower directory,
    /// or a file whose content is in a lower layer. A layer cannot say either.
    static func redirection(_ attributes: [ExtendedAttribute]) -> AttributeName? {
        attributes.first { has($0.name) && ($0.name.hasSuffix(".redirect") || $0.name.hasSuffix(".metacopy")) }?.name
    }
}

extension Directory {
    /// Whether overlayfs takes this directory as hiding all below it.
    package var isOpaque: Bool {
        get throws {
            for mark in OverlayAttribute.opaqueToAll.reversed() where try file.attribute(mark.name) == mark.value {
                return true
            }
            return false
        }
    }
}
