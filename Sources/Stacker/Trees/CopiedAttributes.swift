import Failure
import FileTree
import Layers
import Recipes

/// Which extended attributes a copy has of what it is a copy of: of those that a layer carries.
enum CopiedAttributes {
    /// None.
    case none
    /// Of a file of this machine: no ACLs. They name this machine's users, as a file's owner does, who is not copied either;
    /// and a default ACL is what a directory has of the place that it was made in.
    case ofHost
    /// Of a file of an image: ACLs, too.
    case ofImage

    /// The name of the ACL that is for the file itself.
    static let accessList: AttributeName = "system.posix_acl_access"

    /// The attributes of an open file or directory.
    func of(_ file: OpenFile) throws -> [ExtendedAttribute] {
        if self == .none { return [] }
        return try attempt("couldn't read its extended attributes") { try file.attributes(where: carries) }
    }

    /// The attributes of a regular file.
    func of(_ name: FileName, in parent: Directory) throws -> [ExtendedAttribute] {
        if self == .none || name.withCString(parent.hasNoAttributes) { return [] }
        return try attempt("couldn't read its extended attributes") {
            try parent.attributes(of: name.path, where: carries)
        }
    }

    /// Namespaces of what names this machine's users, or only its root sees.
    private static let ofMachine = ["system.", "trusted."]

    private func carries(_ name: AttributeName) -> Bool {
        CarriedAttributes.carries(name) && (self == .ofImage || !Self.ofMachine.contains(where: name.hasPrefix))
    }
}

extension Import {
    /// Which attributes the import brings.
    var attributes: CopiedAttributes {
        switch source {
        case .layer, .image: .ofImage
        case .local, .http: .ofHost
        }
    }
}
