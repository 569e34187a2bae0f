import Layers

/// What `stacker build` was asked to do.
package struct BuildRequest: Sendable {
    /// What is done about files of base layers that should get more names than the roots' file system allows.
    package var hardLinkOverflow = HardLinkOverflow.split
    /// The recipes to build, as the user named them.
    package var recipes: [String] = ["stacker.yaml"]
    /// Substitutions, each `NAME=value`.
    package var substitutions: [String] = []
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
    /// Whether those registries may be spoken to without verified TLS.
    package var cachesSkipTLS = false
    /// A program to run, with the terminal, where a script has failed.
    package var onRunFailure: [String]?
    /// What stacker's own annotations begin with.
    package var annotationsNamespace = "io.stackeroci"

    /// `stacker build` without options.
    package init() {}
}

extension BuildRequest {
    /// How a layer of a type is encoded.
    func format(of type: LayerType) -> LayerFormat {
        LayerFormat(type, compression: compression, verity: addsVerity, level: imageLevels[type])
    }
}
