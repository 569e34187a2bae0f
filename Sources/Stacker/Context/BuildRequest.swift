import FileTree
import Glibc
import Host
import Layers
import OCI
import Recipes
import SystemPackage

/// What `stacker build` was asked to do.
package struct BuildRequest: Sendable {
    /// What is done about files of base layers that should get more names than the roots' file system allows.
    package var hardLinkOverflow = HardLinkOverflow.split
    /// The recipes to build, as the user named them.
    package var recipes: [String] = ["stacker.yaml"]
    /// Substitutions, each `NAME=value`.
    package var substitutions: [String] = []
    /// For which platforms layers are built, each once; none leaves it to the recipes.
    package var platforms: [Platform] = []
    /// A YAML file of further substitutions; those above win.
    package var substituteFile: String?
    /// The types of layer to write; the first gives the unpacked layer its name. Each counts once.
    package var layerTypes: [LayerType] = [.tar] {
        didSet { layerTypes = layerTypes.unique }
    }
    /// How tar layers are compressed.
    package var compression = Compression.gzip()
    /// How hard layers that are images of file systems are compressed, each type as ``LayerType/levels`` has it; the
    /// standard one goes without saying.
    package var imageLevels: [LayerType: Int] = [:]
    /// Whether layers that are images of file systems end with a dm-verity hash tree.
    package var addsVerity = true
    /// Whether build_only layers are merged with the image on them into one layer, where the recipe says nothing of it.
    package var collapsesBuildOnly = false
    /// What users write to have a base's registry spoken to without TLS, for messages.
    package var plainRegistryRemedy = "insecure: true"
    /// Refuse imports over http that have no hash.
    package var requiresHashes = false
    /// Build every layer, whatever the cache says.
    package var ignoresCache = false
    /// Repositories of registries from which layers are taken that other machines have built: `docker://registry/name`.
    package var cacheFrom: [String] = []
    /// Repositories in which layers are put for other machines.
    package var cacheTo: [String] = []
    /// Whether that goes for layers with cache directories, too, whose content may be anybody's who has built there.
    package var sharesCacheDirectories = false
    /// The file of the private key that signs what is put there; without it, nothing is signed.
    package var cacheSign: String?
    /// The files of the public keys by one of which everything must be signed that is taken; without any, nothing need be.
    package var cacheTrust: [String] = []
    /// Whether those registries may be spoken to without verified TLS.
    package var cachesSkipTLS = false
    /// Whether only that is built which neither this machine nor a cache has, and only that is taken from caches which it
    /// needs.
    package var buildsOnlyMissing = false
    /// How many layers are built at a time, at most; 1 or more.
    package var jobs = 1
    /// Whether a layer that can't be built ends nothing but what needs it.
    package var keepsGoing = false
    /// A program to run, with the terminal, where a script has failed.
    package var onRunFailure: [String]?
    /// Whether it is said where the time went, with a trace in a file.
    package var reportsTimes = false
    /// The file of the trace; `nil` for one in the stacker directory.
    package var traceFile: String?
    /// The time that nothing in images may be later than, in seconds since 1970, as it is written; `nil` for none. It is that
    /// of the environment where nothing else is said.
    package var sourceDateEpoch = Environment["SOURCE_DATE_EPOCH"]
    /// What stacker's own annotations begin with.
    package var annotationsNamespace = "io.stackeroci"
    /// What scripts find around them.
    var surroundings = ScriptSurroundings()
    /// Whether what is kept of web servers and registries is what they have: they are not asked.
    var trustsKept = false
    /// Whether all that is built, or fails, is gone when the command ends: nobody can look at it then.
    var leavesNothing = false

    /// `stacker build` without options.
    package init() {}
}

extension BuildRequest {
    /// Where the recipes are that were named.
    var locations: Set<RecipeSource.Location> {
        get throws {
            let here = try FilePath.currentDirectory()
            return Set(recipes.map { RecipeSource($0, workingDirectory: here).location })
        }
    }

    /// As many layers at a time as there are processors.
    package static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// How many layers are built at a time: a program that is run where a script failed has the terminal, and what the
    /// script left, for itself.
    var layersAtOnce: Int { onRunFailure == nil ? min(jobs, Self.layersWithinDescriptors) : 1 }

    /// The most descriptors that a layer takes, about: copying a deep tree holds ``DepthFirstWalk/reach`` directories on
    /// either side, and something else is open beside them.
    private static let descriptorsOfLayer: rlim_t = 256

    /// How many layers this process may have descriptors for; 1 at least.
    private static var layersWithinDescriptors: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1 }
        return Int(clamping: max(1, limit.rlim_cur / descriptorsOfLayer))
    }

    /// How a layer of a type is encoded.
    func format(of type: LayerType) -> LayerFormat {
        LayerFormat(type, compression: compression, verity: addsVerity, level: imageLevels[type])
    }
}

extension BuildRequest {
    /// Whether there is a lower level than that at which layers of one of the types are compressed.
    var canCompressLess: Bool { layerTypes.contains { format(of: $0).canCompressLess } }
}
