import Failure
import Host
import OCI
import Recipes
import Roots
import SystemPackage

/// One `stacker build`: recipes in, images in the output layout out.
package struct Build {
    private let request: BuildRequest
    private let identity: BuildIdentity
    private let project: Project

    /// Reads the recipes and puts their layers in order; nothing is made on disk.
    package init(_ request: BuildRequest, in directories: StackerDirectories, log: Log) throws {
        self.request = request
        identity = try BuildIdentity(request)
        project = try Project(request, in: directories, log: log)
        for warning in project.recipes.warnings { log.warn(warning.description) }
        _ = try SharedCache.repositories(request)
        _ = try SharedTrust(request)
        if let warning = try SharedSigner(request)?.warning { project.log.warn(warning) }
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
        if request.traceFile != nil { try timing.refuseUnusable() }
    }

    /// The layers, in build order.
    var layers: [LayerDefinition] { project.recipes.layers.map(\.definition) }

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

    /// What `--timing` reports.
    private var timing: TimingReport {
        get throws {
            let path = try request.traceFile.map { try FilePath($0).absolute() }
            let graph = LayerGraph(project.recipes, own: project.directories.own)
            return TimingReport(
                path: path ?? project.directories.stacker.appending(TimingReport.standardName),
                needs: LayerNeeds(
                    names: project.recipes.layers.map(\.definition.name),
                    needs: zip(graph.needs, graph.follows).map { $0.union($1).sorted() }),
                jobs: request.layersAtOnce, processors: BuildRequest.processors,
                canCompressLess: request.canCompressLess, log: project.log)
        }
    }

    /// Which layers could be built at the same time, `rank N: LAYER, LAYER`; then the stacker files in build order, one a
    /// line: `N build FILE: requires: [FILE FILE]`.
    package var order: [String] {
        let names = project.recipes.layers.map(\.definition.name)
        let ranks = LayerGraph(project.recipes, own: project.directories.own).ranks
        let lines = Set(ranks).sorted().map { rank in
            "rank \(rank): \(names.indices.filter { ranks[$0] == rank }.map { shown(names[$0]) }.joined(separator: ", "))"
        }
        return lines
            + project.recipes.files.enumerated().map { number, file in
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
            try directories.locked {
                guard request.reportsTimes else { return try buildAll(mayBuild: mayBuild, .off) }
                return try timing.follow { try buildAll(mayBuild: mayBuild, $0) }
            }
        }
    }

    private func buildAll(mayBuild: Bool, _ timeline: BuildTimeline) throws -> Bool {
        if mayBuild { try Layout.refuseImpossible(project.directories.oci) }
        let lost = LostEntries()
        var project = project
        while true {
            do {
                return try buildAll(of: project, besides: lost, mayBuild: mayBuild, timeline)
            } catch  where lost.areNew {
                // What a cache seemed to have is to be built after all, and what that needs is to be had.
                project = try project.afresh()
            }
        }
    }

    private func buildAll(
        of project: Project, besides lost: LostEntries, mayBuild: Bool, _ timeline: BuildTimeline
    ) throws -> Bool {
        var run = try BuildRun(request, identity, project, mayBuild: mayBuild, timeline)
        defer { run.clear() }
        var project = project
        if mayBuild { try run.refuseOtherPlatforms(project.recipes) }
        if request.buildsOnlyMissing { project.recipes = try run.keepMissing(of: project.recipes, besides: lost) }
        if mayBuild {
            try BuildCrew(run, project, request).build()
        } else {
            for layer in project.recipes.layers {
                run.announce(layer)
                guard try run.provide(layer) else { return false }
                try run.end(layer)
            }
        }
        try timeline.measure(.finish) { try run.finish() }
        try run.requireShared()
        return true
    }
}
