import Layers
import Roots

/// What all steps of a build have in common: what was asked for and by whom, where everything is, and what is remembered.
///
/// Nothing in it changes but what its parts lock by themselves. That is what it takes to work on several layers at once,
/// and not all of it: what is staged for a shared cache, and what is noted of pulled images, is one layer's at a time.
struct BuildContext: Sendable {
    private(set) var request: BuildRequest
    let identity: BuildIdentity
    let directories: StackerDirectories
    let roots: RootsDirectory
    let servers: Servers
    let layouts: OpenLayouts
    /// What earlier builds have made, and this one.
    let cache: BuildCache
    /// The contents of files, as far as they were read.
    let digests: FileDigests
    let log: Log

    /// The same, asked for images of other types.
    func asking(for types: [LayerType]) -> BuildContext {
        var context = self
        context.request.layerTypes = types
        return context
    }
}
