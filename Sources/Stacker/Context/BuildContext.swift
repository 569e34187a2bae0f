import Containers
import Host
import Layers
import OCI
import Roots

/// What all steps of a build have in common: what was asked for and by whom, where everything is, and what is remembered.
///
/// Nothing in it changes but what its parts lock by themselves: several layers are built at once.
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
    /// What the user is told.
    private(set) var log: Log
    /// Layers of bases that are being encoded once more.
    let conversions = KeyedLocks<Digest>()
    /// Ends all that is under way.
    let cancellation: Cancellation
    /// What is done when, if somebody asked.
    let timeline: BuildTimeline
    /// Whether scripts have run.
    let scripts = ScriptNote()
    /// Where the output of scripts goes.
    private(set) var scriptOutput = ContainerOutput.inherited

    /// The same for one layer of several that are built at a time, which says by `lines` what it has to say.
    func saying(by lines: LayerLines) -> BuildContext {
        var context = self
        context.log = lines.log
        context.scriptOutput = lines.scripts
        return context
    }

    /// The same, asked for images of other types.
    func asking(for types: [LayerType]) -> BuildContext {
        var context = self
        context.request.layerTypes = types
        return context
    }
}
