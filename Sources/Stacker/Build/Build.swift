import Failure
import Host
import OCI
import Roots

/// One `stacker build`: recipes in, images in the output layout out.
package struct Build {
    private let request: BuildRequest
    private let identity: BuildIdentity
    private let project: Project

    /// Reads the recipes and puts their layers in order; nothing is made on disk.
    package init(_ request: BuildRequest, in directories: StackerDirectories, log: Log) throws {
        self.request = request
        identity = try BuildIdentity()
        project = try Project(request, in: directories, log: log)
        for warning in project.recipes.warnings { log.warn(warning.description) }
        _ = try SharedCache.repositories(request)
        if request.requiresHashes { try project.recipes.requireHashes() }
        for layer in project.recipes.layers.map(\.definition) {
            for entry in layer.imports {
                guard case .local(let path) = entry.source else { continue }
                try directories.refuseContaining(path, "\(entry.position): import \(entry.path)")
            }
            for entry in layer.overlayDirectories {
                try directories.refuseContaining(entry.source, "\(entry.position): overlay dir \(entry.path)")
            }
        }
        try BuildChecks(recipes: project.recipes, request: request, identity: identity).run(log)
        try refuseUnusableLayout()
    }

    /// Before anything is made: a layout that can't be used is not worth a build.
    private func refuseUnusableLayout() throws {
        let path = project.directories.oci
        do {
            _ = try project.layouts.layout(ifThereAt: path)?.index()
        } catch let failure as Failure where failure.errno == .noSuchFileOrDirectory {
            // A clean has taken it away just now, or it is none.
            guard try Layout(ifThereAt: path) == nil else { throw failure }
        }
    }

    /// The stacker files in build order, one a line: `N build FILE: requires: [FILE FILE]`.
    package var order: [String] {
        project.recipes.files.enumerated().map { number, file in
            let requires = file.requires.map(\.description).joined(separator: " ")
            return "\(number) build \(file.recipe.source.location): requires: [\(requires)]"
        }
    }

    /// Goes through the layers in build order: what the cache has is taken from it, the rest is built.
    ///
    /// - Parameter mayBuild: false outside a namespace, where it is only found out whether there is anything to build.
    /// - Returns: false if a layer must be built and may not; nothing but tags has been changed then.
    package func run(mayBuild: Bool) throws -> Bool {
        let directories = project.directories
        try directories.refuseForeign()
        let fileSystem = try directories.whileOthersClean {
            let fileSystem = try RootsFileSystem(directories.roots)
            try fileSystem.refuseUnfit()
            if mayBuild, HostUser.current.uid != 0 { try fileSystem.refuseWithoutOverlay() }
            return fileSystem
        }
        if let warning = fileSystem.warning(request.hardLinkOverflow) { project.log.warn(warning) }
        return try DiskSpace.blaming(directories.stackerPlace, directories.rootsPlace, directories.ociPlace) {
            try directories.locked(creating: true) { try buildAll(mayBuild: mayBuild) }
        }
    }

    private func buildAll(mayBuild: Bool) throws -> Bool {
        if mayBuild { try Layout.refuseImpossible(project.directories.oci) }
        let run = try BuildRun(request, identity, project, mayBuild: mayBuild)
        for file in project.recipes.files {
            for layer in file.layers {
                guard try run.provide(layer, of: file.recipe) else { return false }
            }
        }
        try run.finish()
        return true
    }
}
