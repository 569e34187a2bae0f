import OCI

/// The form in which a layer leaves the build.
public enum LayerType: String, Sendable, Hashable, Codable, CodingKeyRepresentable, CaseIterable {
    /// A tar archive, compressed.
    case tar

    /// The tag under which a layer's image of this type stands in the output layout.
    public func tag(for layer: String) -> String {
        switch self {
        case .tar: layer
        }
    }
}
