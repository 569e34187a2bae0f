/// The names by which a tar layer says what it hides.
///
/// [image-spec, layer.md, "Whiteouts"](https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts)
enum Whiteout {
    /// `.wh.`, before the name that is hidden.
    static let prefix = Array(".wh.".utf8)
    /// The name of the file that makes its directory opaque.
    static let opaque = Array(".wh..wh..opq".utf8)
    /// `.wh..wh.`: names that aufs keeps for itself.
    static let aufsPrefix = Array(".wh..wh.".utf8)
}
